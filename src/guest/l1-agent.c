/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * L1's init and only program: loads KVM, runs L2 under QEMU, streams what happens to the record
 * device, powers off. One thread, one loop: L1 may have one CPU, and whatever the agent does is time
 * that L2 does not have.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/timerfd.h>
#include <sys/utsname.h>
#include <termios.h>
#include <unistd.h>

#include "guest/guest.h"
#include "guest/l1.h"

#define AGENT_VERSION 2u
#define TICKS_PER_FLUSH 10 /* samples between two partial flushes */

static int write_block(void *opaque, const void *block, size_t size)
{
        struct l1_stream *s = opaque;

        if (s->offset + size > s->limit) {
                errno = ENOSPC;
                return -1;
        }
        if (pwrite(s->fd, block, size, (off_t)s->offset) != (ssize_t)size)
                return -1;
        s->offset += size;
        return 0;
}

int l1_stream_open(struct l1_stream *s, const char *device)
{
        static unsigned char block[RECORD_BLOCK_MAX] __attribute__((aligned(RECORD_PAGE)));

        s->fd = open(device, O_WRONLY | O_DIRECT | O_CLOEXEC);
        if (s->fd < 0 || ioctl(s->fd, BLKGETSIZE64, &s->limit) < 0) {
                guest_say("record device %s: %s", device, strerror(errno));
                return -1;
        }
        record_writer_init(&s->writer, block, write_block, s);
        return 0;
}

int l1_event(struct l1_stream *s, enum record_event_code code, int32_t value, const char *text)
{
        const struct record_event event = { .tsc = guest_tsc(), .code = code, .value = value };

        return record_put(&s->writer, RECORD_EVENT, 0, &event, sizeof event, text, (uint32_t)strlen(text));
}

int l1_error(struct l1_stream *s, const char *what)
{
        const int saved = errno;
        char text[256];

        snprintf(text, sizeof text, "%s: %s", what, strerror(saved));
        guest_say("%s", text);
        l1_event(s, RECORD_EVENT_ERROR, saved, text);
        return -1;
}

/* The kernel's own figure, "cpu MHz : 999.951": it is the TSC's where the kernel has no other. 0 if there is none. */
static uint32_t read_tsc_khz(void)
{
        static char text[8192];
        const char *line;
        unsigned mhz, khz;

        if (guest_read_file("/proc/cpuinfo", text, sizeof text) < 0)
                return 0;
        line = strstr(text, "cpu MHz");
        return line && sscanf(line, "cpu MHz : %u.%3u", &mhz, &khz) == 2 ? mhz * 1000 + khz : 0;
}

static int hello(struct l1_stream *s, const struct l1_params *p)
{
        struct record_hello record = { .isa = p->isa, .agent_version = AGENT_VERSION };
        struct utsname name;

        if (uname(&name) < 0)
                return -1;
        record.source = l1_kvm_has_exit_log() ? RECORD_SOURCE_EXIT_LOG : RECORD_SOURCE_TRACEPOINT;
        record.tsc_khz = read_tsc_khz();
        record.monotonic_ns = guest_monotonic_ns();
        record.tsc = guest_tsc();
        return record_put(&s->writer, RECORD_HELLO, 0, &record, sizeof record, name.release, (uint32_t)strlen(name.release));
}

static int read_params(struct l1_params *p)
{
        char isa[8] = "";

        if (guest_param("lab.isa", isa, sizeof isa) < 1 || guest_param("lab.records", p->records, sizeof p->records) < 1)
                return -1;
        if (strcmp(isa, "vmx") != 0 && strcmp(isa, "svm") != 0)
                return -1;
        p->isa = isa[0] == 'v' ? KVM_EXIT_LOG_ISA_VMX : KVM_EXIT_LOG_ISA_SVM;
        snprintf(p->l2_memory, sizeof p->l2_memory, "%ld", guest_param_number("lab.l2_memory", 16, 65536, 128));
        snprintf(p->l2_cpus, sizeof p->l2_cpus, "%ld", guest_param_number("lab.l2_cpus", 1, L1_VCPUS_MAX, 1));
        p->sample_ms = guest_param_number("lab.sample_ms", 1, 10000, 10);
        p->deadline_s = guest_param_number("lab.deadline_s", 1, 86400, 60);
        p->trace = guest_param_number("lab.trace", 0, 1, 0) == 1;
        p->operations = guest_param_number("lab.operations", 0, 1, 0) == 1;
        if (p->sample_ms < 0 || p->deadline_s < 0 || p->l2_memory[0] == '-' || p->l2_cpus[0] == '-')
                return -1;
        if (guest_param("lab.volume", p->volume.device, sizeof p->volume.device) < 0)
                return -1;
        if (guest_param("lab.kvm", p->kvm, sizeof p->kvm) < 0 || guest_param("lab.vendor", p->vendor, sizeof p->vendor) < 0)
                return -1;
        return guest_param("lab.l2", p->l2_append, sizeof p->l2_append) < 0 ? -1 : 0;
}

/* What is done at each sample. */
static int tick(struct l1_stream *s, struct l1_kvm *k, const struct l1_params *p, struct l1_qemu *q, unsigned number)
{
        const bool whole = number % TICKS_PER_FLUSH == 0;

        if (l1_kvm_attach(s, k, p, q->pid) < 0 || l1_qemu_drain(s, q) < 0 || l1_qemu_stop(s, q) < 0)
                return -1;
        if (l1_kvm_sample(s, k) < 0 || l1_kvm_drain(s, k) < 0 || l1_trace_drain(s, false) < 0)
                return -1;
        if (l1_kvm_stats(s, k, whole) < 0)
                return -1;
        return whole ? record_flush(&s->writer) : 0;
}

static int make_timer(long sample_ms)
{
        const struct timespec period = { .tv_sec = sample_ms / 1000, .tv_nsec = sample_ms % 1000 * 1000000 };
        const struct itimerspec spec = { .it_interval = period, .it_value = period };
        const int fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);

        if (fd >= 0 && timerfd_settime(fd, 0, &spec, NULL) < 0) {
                close(fd);
                return -1;
        }
        return fd;
}

/* Runs until QEMU ends, or is ended by the deadline. */
static int watch(struct l1_stream *s, struct l1_kvm *k, const struct l1_params *p, struct l1_qemu *q, int timer)
{
        const uint64_t deadline_ns = guest_monotonic_ns() + (uint64_t)p->deadline_s * 1000000000u;
        struct pollfd fds[2] = { { .fd = timer, .events = POLLIN }, { .fd = q->pidfd, .events = POLLIN } };
        unsigned number = 0;
        uint64_t expirations;

        if (timer < 0)
                return l1_error(s, "timerfd");
        while (!(fds[1].revents & POLLIN)) {
                if (poll(fds, 2, -1) < 0 && errno != EINTR)
                        return l1_error(s, "poll");
                if (!(fds[0].revents & POLLIN) || read(fds[0].fd, &expirations, sizeof expirations) < 0)
                        continue;
                if (tick(s, k, p, q, number++) < 0)
                        return l1_error(s, "recording");
                if (guest_monotonic_ns() > deadline_ns) {
                        l1_event(s, RECORD_EVENT_L2_DEADLINE, (int32_t)p->deadline_s, "");
                        kill(q->pid, SIGKILL);
                        return -1;
                }
        }
        return 0;
}

static int finish(struct l1_stream *s, struct l1_kvm *k, uint64_t *overruns)
{
        if (l1_kvm_sample(s, k) < 0 || l1_kvm_drain(s, k) < 0 || l1_kvm_stats(s, k, true) < 0 || l1_trace_drain(s, true) < 0)
                return l1_error(s, "recording the end");
        return l1_kvm_final(s, k, overruns);
}

static int run_guest(struct l1_stream *s, const struct l1_params *p, enum record_guest_kind kind, uint64_t *overruns)
{
        struct l1_kvm kvm = { .dirfd = -1, .hold = -1 };
        struct l1_qemu qemu = { .pid = -1 };
        int status, timer;

        if (l1_qemu_start(s, p, kind, &qemu) < 0)
                return -1;
        timer = make_timer(p->sample_ms);
        status = watch(s, &kvm, p, &qemu, timer);
        close(timer);
        if (status < 0)
                kill(qemu.pid, SIGKILL);
        if (l1_qemu_end(s, &qemu) < 0)
                status = -1;
        if (finish(s, &kvm, overruns) < 0)
                status = -1;
        l1_kvm_release(&kvm);
        return status;
}

static int run_known_answer(struct l1_stream *s, const struct l1_params *p, uint64_t *overruns)
{
        const struct record_guest guest = { .tsc = guest_tsc(), .kind = RECORD_GUEST_KNOWN_ANSWER };

        if (record_put(&s->writer, RECORD_GUEST, 0, &guest, sizeof guest, NULL, 0) < 0)
                return l1_error(s, "recording");
        return run_guest(s, p, RECORD_GUEST_KNOWN_ANSWER, overruns);
}

static int run_l2(struct l1_stream *s, struct l1_params *p, uint64_t *overruns)
{
        int status;

        if (p->volume.device[0] && l1_volume_load(s, &p->volume) < 0)
                return -1;
        if (p->trace && l1_trace_hist_start(s) < 0)
                return -1;
        status = run_guest(s, p, RECORD_GUEST_LINUX, overruns);
        if (!status && p->operations)
                status = run_known_answer(s, p, overruns);
        if (p->trace && l1_trace_hist_end(s) < 0)
                status = -1;
        return status;
}

static int work(struct l1_stream *s, struct l1_params *p, uint64_t *overruns)
{
        const char *failed = l1_load_modules(p);
        const int saved = errno;

        /* Only a loaded kvm.ko tells where the exits will come from, which is said first. */
        if (hello(s, p) < 0)
                return -1;
        if (failed) {
                guest_say("module %s: %s", failed, strerror(saved));
                l1_event(s, RECORD_EVENT_MODULE_FAILED, saved, failed);
                return -1;
        }
        l1_event(s, RECORD_EVENT_MODULES_LOADED, 0, "");
        if (!l1_kvm_has_exit_log() && l1_trace_start(s, p) < 0)
                return -1;
        return run_l2(s, p, overruns);
}

int main(void)
{
        static struct l1_params params;
        static struct l1_stream stream;
        struct record_end end = { 0 };

        if (guest_mount_basics() < 0 || mount("debugfs", "/sys/kernel/debug", "debugfs", 0, NULL) < 0 ||
            mount("tmpfs", "/tmp", "tmpfs", 0, NULL) < 0)
                guest_say("mount: %s", strerror(errno));
        if (read_params(&params) < 0) {
                guest_say("a lab.* parameter is missing or wrong");
                guest_power_off();
        }
        if (l1_stream_open(&stream, params.records) < 0)
                guest_power_off();
        end.status = work(&stream, &params, &end.overruns) < 0;
        end.tsc = guest_tsc();
        end.exits_written = stream.exits_written;
        if (record_put(&stream.writer, RECORD_END, 0, &end, sizeof end, NULL, 0) < 0 || record_flush(&stream.writer) < 0)
                guest_say("cannot write the end of the record: %s", strerror(errno));
        guest_say("end, status %d", end.status);
        /* An emulated serial port takes its time: what is not sent at power-off is lost. */
        tcdrain(STDOUT_FILENO);
        guest_power_off();
}

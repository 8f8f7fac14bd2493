/* SPDX-License-Identifier: GPL-2.0-or-later */
/* L2 under QEMU: the command line, the pipes, resets, the end. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "guest/guest.h"
#include "guest/l1.h"

#define PIPE_BYTES (1 << 20) /* L2 must not wait for us between two samples */
#define DISK "/tmp/disk"
#define DISK_BYTES (16 << 20) /* sparse */
#define ARGS_MAX 256
#define BUTTON_GRACE_NS 60000000000u /* of a guest whose power button was pressed */
#define RESETS_PER_REBOOT 2 /* SeaBIOS finds that it has run already, restores its memory from ROM and resets once more */

/* The descriptors QEMU finds its outputs at: beyond any that the agent has open, which dup2 would close. */
enum { CHILD_CONSOLE = 40, CHILD_REPORT, CHILD_MONITOR };

/* The ends that QEMU gets. */
struct outputs {
        int console, report, monitor, errors;
};

/* Returns our end, which does not block. */
static int make_pipe(int *theirs)
{
        int ends[2];

        if (pipe2(ends, O_CLOEXEC) < 0 || fcntl(ends[0], F_SETFL, O_NONBLOCK) < 0 || fcntl(ends[1], F_SETPIPE_SZ, PIPE_BYTES) < 0)
                return -1;
        *theirs = ends[1];
        return ends[0];
}

static int make_monitor(int *theirs)
{
        int ends[2];

        if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0 || fcntl(ends[0], F_SETFL, O_NONBLOCK) < 0)
                return -1;
        *theirs = ends[1];
        return ends[0];
}

static int make_disk(void)
{
        const int fd = open(DISK, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
        int status;

        if (fd < 0)
                return -1;
        status = ftruncate(fd, DISK_BYTES);
        close(fd);
        return status;
}

static void add_args(char *argv[], const char *const *more)
{
        unsigned n = 0;

        while (argv[n])
                n++;
        for (; *more && n < ARGS_MAX - 1; more++)
                argv[n++] = (char *)*more;
        argv[n] = NULL;
}

/* The volume's disks, then what it says: it may refer to them. The values last until exec. */
static void add_volume_args(char *argv[], const struct l1_volume *v)
{
        static char drives[L2_VOLUME_PARTS_MAX][512];
        static const char *const report[] = { "-serial", "chardev:report", NULL };
        const char *args[L2_VOLUME_ARGS_MAX + 1] = { NULL };

        if (!v->is.report_port)
                add_args(argv, report);
        for (unsigned i = 0; i < v->is.nr_parts; i++) {
                const char *const drive[] = { "-drive", drives[i], NULL };

                if (v->is.parts[i].format == L2_PART_FILE)
                        continue;
                l1_volume_drive(v, &v->is.parts[i], drives[i], sizeof drives[i]);
                add_args(argv, drive);
        }
        memcpy(args, v->is.args, v->is.nr_args * sizeof *args);
        add_args(argv, args);
}

static void exec_qemu(const struct l1_params *p, enum record_guest_kind kind)
{
        char memory[24], report[64], *const environment[] = { "PATH=/usr/bin", "HOME=/tmp", "TMPDIR=" L2_VOLUME_DIR, NULL };
        const char *const common[] = {
                "qemu-system-x86_64", "-L", "/usr/share/qemu", "-nodefaults", "-no-user-config",
                "-display", "none", "-vga", "none", "-machine", "pc,accel=kvm,usb=off,smbus=off,vmport=off", "-cpu", "host", "-m", memory,
                "-chardev", "file,id=console,path=/proc/self/fd/40", "-serial", "chardev:console",
                "-chardev", "file,id=report,path=/proc/self/fd/41",
                "-chardev", "socket,id=monitor,fd=42", "-mon", "chardev=monitor,mode=control", NULL,
        };
        const char *const report_port[] = { "-device", report, NULL }, *const cpus[] = { "-smp", p->l2_cpus, NULL };
        const char *const linux_only[] = {
                "-kernel", "/l2/bzImage", "-initrd", "/l2/initrd", "-append", p->l2_append,
                "-drive", "if=none,id=disk,format=raw,file.locking=off,file=" DISK, "-device", "virtio-blk-pci,drive=disk",
                "-netdev", "user,id=net,restrict=on,ipv6=off", "-device", "virtio-net-pci,netdev=net,romfile=", NULL,
        };
        const char *const known_answer_only[] = { "-kernel", "/l2/known-answer", NULL };
        const bool own = kind == RECORD_GUEST_LINUX && p->volume.device[0];
        char *argv[ARGS_MAX] = { NULL };

        snprintf(memory, sizeof memory, "%sM", p->l2_memory);
        snprintf(report, sizeof report, "isa-debugcon,iobase=0x%x,chardev=report", RECORD_REPORT_PORT);
        add_args(argv, common);
        if (kind == RECORD_GUEST_LINUX)
                add_args(argv, cpus);
        if (!own || p->volume.is.report_port)
                add_args(argv, report_port);
        if (own)
                add_volume_args(argv, &p->volume);
        else
                add_args(argv, kind == RECORD_GUEST_LINUX ? linux_only : known_answer_only);
        execve("/usr/bin/qemu-system-x86_64", argv, environment);
        fprintf(stderr, "cannot run QEMU: %s\n", strerror(errno));
        _exit(127);
}

static void child(const struct l1_params *p, enum record_guest_kind kind, const struct outputs *out)
{
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (dup2(out->errors, STDOUT_FILENO) < 0 || dup2(out->errors, STDERR_FILENO) < 0 || dup2(out->console, CHILD_CONSOLE) < 0 ||
            dup2(out->report, CHILD_REPORT) < 0 || dup2(out->monitor, CHILD_MONITOR) < 0)
                _exit(126);
        exec_qemu(p, kind);
}

/* QMP tells events once it was asked for its capabilities. */
static int open_monitor(const struct l1_qemu *q)
{
        static const char greeting[] = "{\"execute\":\"qmp_capabilities\"}\n";

        return write(q->monitor, greeting, sizeof greeting - 1) == (ssize_t)sizeof greeting - 1 ? 0 : -1;
}

/* Weak: a distribution's agent has others (l1-libvirt.c). */
__attribute__((weak)) int l1_qemu_start(struct l1_stream *s, const struct l1_params *p, enum record_guest_kind kind, struct l1_qemu *q)
{
        struct outputs out;

        q->kind = kind;
        q->volume = kind == RECORD_GUEST_LINUX && p->volume.device[0] ? &p->volume : NULL;
        q->console = make_pipe(&out.console);
        q->report = make_pipe(&out.report);
        q->errors = make_pipe(&out.errors);
        q->monitor = make_monitor(&out.monitor);
        if (q->console < 0 || q->report < 0 || q->errors < 0 || q->monitor < 0)
                return l1_error(s, "pipe");
        if (make_disk() < 0)
                return l1_error(s, DISK);
        q->pid = fork();
        if (q->pid < 0)
                return l1_error(s, "fork");
        if (q->pid == 0)
                child(p, kind, &out);
        close(out.console);
        close(out.report);
        close(out.errors);
        close(out.monitor);
        q->pidfd = (int)syscall(SYS_pidfd_open, q->pid, 0);
        if (q->pidfd < 0 || open_monitor(q) < 0) {
                l1_error(s, "QEMU");
                kill(q->pid, SIGKILL);
                return -1;
        }
        return l1_event(s, RECORD_EVENT_L2_STARTED, q->pid, "");
}

/* A guest that has nothing to report but what went wrong. */
static int take_complaint(struct l1_stream *s, const char *bytes, size_t size)
{
        char text[256];

        snprintf(text, sizeof text, "the known-answer guest: %.*s", (int)size, bytes);
        return l1_event(s, RECORD_EVENT_ERROR, 0, text);
}

/* As much as the pipe can hold and no more: a guest that floods it must not keep us from the clock. */
static int drain_pipe(struct l1_stream *s, struct l1_qemu *q, int fd, enum record_type type)
{
        char bytes[4096];
        ssize_t got = 0;

        for (size_t taken = 0; taken < PIPE_BYTES && (got = read(fd, bytes, sizeof bytes)) > 0; taken += (size_t)got) {
                const uint64_t tsc = guest_tsc();

                if (type == RECORD_L2_DATA && q->kind == RECORD_GUEST_KNOWN_ANSWER) {
                        if (take_complaint(s, bytes, (size_t)got) < 0)
                                return -1;
                        continue;
                }
                if (type == RECORD_CONSOLE && q->volume && l2_ready_take(&q->ready, &q->volume->is, bytes, (size_t)got)) {
                        q->ready_ns = guest_monotonic_ns();
                        if (l1_event(s, RECORD_EVENT_L2_READY, 0, "") < 0)
                                return -1;
                }
                if (type == RECORD_L2_DATA && (!q->volume || q->volume->is.report_port) && memchr(bytes, RECORD_REPORT_REBOOT, (size_t)got))
                        q->resets = RESETS_PER_REBOOT;
                if (record_put(&s->writer, type, 0, &tsc, sizeof tsc, bytes, (uint32_t)got) < 0)
                        return -1;
        }
        return got < 0 && errno != EAGAIN && errno != EINTR ? -1 : 0;
}

/* Resets are right when L2 said that it would reboot; any other is a fault that would repeat for ever. */
static int take_monitor_line(struct l1_stream *s, struct l1_qemu *q)
{
        const bool unasked = !q->resets;

        if (!strstr(q->line, "\"event\": \"RESET\""))
                return 0;
        if (l1_event(s, RECORD_EVENT_L2_RESET, unasked, "") < 0)
                return -1;
        if (!unasked) {
                q->resets--;
                return 0;
        }
        errno = ECANCELED;
        return -1;
}

/* Lines of QMP; of one that is too long the end is lost. */
static int drain_monitor(struct l1_stream *s, struct l1_qemu *q)
{
        char byte;

        while (read(q->monitor, &byte, 1) == 1) {
                if (byte != '\n') {
                        if (q->line_used + 1 < sizeof q->line)
                                q->line[q->line_used++] = byte;
                        continue;
                }
                q->line[q->line_used] = '\0';
                q->line_used = 0;
                if (take_monitor_line(s, q) < 0)
                        return -1;
        }
        return 0;
}

int l1_qemu_drain(struct l1_stream *s, struct l1_qemu *q)
{
        if (drain_pipe(s, q, q->console, RECORD_CONSOLE) < 0 || drain_pipe(s, q, q->report, RECORD_L2_DATA) < 0)
                return -1;
        return drain_monitor(s, q);
}

static int tell_monitor(const struct l1_qemu *q, const char *command)
{
        char line[64];
        const int length = snprintf(line, sizeof line, "{\"execute\":\"%s\"}\n", command);

        return write(q->monitor, line, (size_t)length) == length ? 0 : -1;
}

int l1_qemu_stop(struct l1_stream *s, struct l1_qemu *q)
{
        const uint64_t now_ns = guest_monotonic_ns();

        if (!q->ready_ns || !q->volume->is.powerdown)
                return 0;
        if (!q->button_ns) {
                if (now_ns < q->ready_ns + (uint64_t)q->volume->is.idle_ms * 1000000u)
                        return 0;
                q->button_ns = now_ns;
                if (l1_event(s, RECORD_EVENT_L2_POWERDOWN, 0, "") < 0)
                        return -1;
                return tell_monitor(q, "system_powerdown");
        }
        if (now_ns < q->button_ns + BUTTON_GRACE_NS)
                return 0;
        q->button_ns = now_ns;
        if (l1_event(s, RECORD_EVENT_L2_POWERDOWN, 1, "") < 0)
                return -1;
        return tell_monitor(q, "quit");
}

__attribute__((weak)) int l1_qemu_end(struct l1_stream *s, struct l1_qemu *q)
{
        char words[1024];
        ssize_t got;
        int status, value;

        if (waitpid(q->pid, &status, 0) < 0)
                return l1_error(s, "waitpid");
        if (l1_qemu_drain(s, q) < 0)
                return l1_error(s, "L2's output");
        got = read(q->errors, words, sizeof words - 1);
        words[got > 0 ? got : 0] = '\0';
        value = WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
        if (value)
                guest_say("QEMU ended with %d: %s", value, words);
        l1_event(s, RECORD_EVENT_L2_ENDED, value, words);
        close(q->console);
        close(q->report);
        close(q->errors);
        close(q->monitor);
        close(q->pidfd);
        return value ? -1 : 0;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * L2 through L1's own libvirt, in a distribution as L1: takes the place of l1-qemu.c's start and end, while what is read of L2 stays the same.
 * The parts of L2's volume become loop devices. The domain's XML came with the payload. It has the serial console and the report port as FIFOs and a second monitor as a socket, all in PAYLOAD_DIR.
 * libvirt makes the domain paused; by our monitor L2 begins to run when we are looking.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/loop.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "guest/guest.h"
#include "guest/l1.h"
#include "record/payload.h"

#define PIPE_BYTES (1 << 20)
#define DISK_BYTES (16 << 20)
#define PID_FILE "/run/libvirt/qemu/" PAYLOAD_DOMAIN ".pid"
#define LOG_FILE "/var/log/libvirt/qemu/" PAYLOAD_DOMAIN ".log"
#define LOG_WAIT_MS 5000

/*
 * The system has mounted all that, and a second /proc would hide the command line that the agent is given. What it may have loaded of KVM goes:
 * the lab has modules and parameters of its own.
 */
int guest_mount_basics(void)
{
        static const char *const modules[] = { "kvm_amd", "kvm_intel", "kvm", "irqbypass" };

        for (unsigned i = 0; i < sizeof modules / sizeof *modules; i++)
                syscall(SYS_delete_module, modules[i], O_NONBLOCK);
        return 0;
}

static int make_fifo(const char *path)
{
        int fd;

        unlink(path);
        if (mkfifo(path, 0666) < 0 || chmod(path, 0666) < 0)
                return -1;
        fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
        return fd < 0 || fcntl(fd, F_SETPIPE_SZ, PIPE_BYTES) < 0 ? -1 : fd;
}

/* What a program says goes to `errors`. */
static int run(const char *const *argv, int errors)
{
        const pid_t pid = fork();
        int status;

        if (pid < 0)
                return -1;
        if (pid == 0) {
                if (dup2(errors, STDOUT_FILENO) < 0 || dup2(errors, STDERR_FILENO) < 0)
                        _exit(126);
                execv(argv[0], (char *const *)argv);
                _exit(127);
        }
        if (waitpid(pid, &status, 0) < 0)
                return -1;
        errno = ECHILD;
        return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -1;
}

static int virsh_create(const char *xml, int errors)
{
        const char *const argv[] = { "/usr/bin/virsh", "-q", "-c", "qemu:///system", "create", xml, "--paused", NULL };

        return run(argv, errors);
}

/* The n-th part of the volume becomes /dev/loop<n>, read-only. */
static int attach_loop(const struct l1_volume *v, unsigned n)
{
        struct loop_config config = { .info = { .lo_offset = v->is.parts[n].offset, .lo_sizelimit = v->is.parts[n].size, .lo_flags = LO_FLAGS_READ_ONLY } };
        const int backing = open(v->device, O_RDONLY | O_CLOEXEC);
        char path[32];
        int loop, status;

        snprintf(path, sizeof path, "/dev/loop%u", n);
        loop = open(path, O_RDONLY | O_CLOEXEC);
        config.fd = (uint32_t)backing;
        status = backing < 0 || loop < 0 ? -1 : ioctl(loop, LOOP_CONFIGURE, &config);
        if (backing >= 0)
                close(backing);
        if (loop >= 0)
                close(loop);
        return status;
}

/* The micro L2's, empty. */
static int make_disk(void)
{
        const int fd = open(PAYLOAD_OVERLAY_DIR "/disk", O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
        int status;

        if (fd < 0)
                return -1;
        status = ftruncate(fd, DISK_BYTES) < 0 || fchmod(fd, 0666) < 0 ? -1 : 0;
        close(fd);
        return status;
}

/* A file of the volume's, which only the agent sees, as PAYLOAD_DIR/NAME. */
static int show_file(const struct l2_part *part)
{
        char from[sizeof L2_VOLUME_DIR + L2_VOLUME_NAME_MAX], to[sizeof PAYLOAD_DIR + L2_VOLUME_NAME_MAX];
        int in, out;
        uint64_t left = part->size;
        ssize_t sent = 1;

        snprintf(from, sizeof from, L2_VOLUME_DIR "/%s", part->name);
        snprintf(to, sizeof to, PAYLOAD_DIR "/%s", part->name);
        in = open(from, O_RDONLY | O_CLOEXEC);
        out = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
        while (in >= 0 && out >= 0 && left > 0 && (sent = sendfile(out, in, NULL, left)) > 0)
                left -= (uint64_t)sent;
        if (in >= 0)
                close(in);
        if (out >= 0)
                close(out);
        return in < 0 || out < 0 || left > 0 ? -1 : 0;
}

/* Disks get an overlay, PAYLOAD_OVERLAY_DIR/NAME.qcow2: L2 may write to it. */
static int attach_parts(const struct l1_volume *v, int errors)
{
        for (unsigned i = 0; i < v->is.nr_parts; i++) {
                const enum l2_part_format format = v->is.parts[i].format;
                char loop[32], overlay[sizeof PAYLOAD_OVERLAY_DIR + L2_VOLUME_NAME_MAX + 8];
                const char *const argv[] = { "/usr/bin/qemu-img", "create", "-q", "-f", "qcow2", "-F", format == L2_PART_QCOW2 ? "qcow2" : "raw",
                                             "-b", loop, overlay, NULL };

                if (format == L2_PART_FILE) {
                        if (show_file(&v->is.parts[i]) < 0)
                                return -1;
                        continue;
                }
                snprintf(loop, sizeof loop, "/dev/loop%u", i);
                snprintf(overlay, sizeof overlay, PAYLOAD_OVERLAY_DIR "/%s.qcow2", v->is.parts[i].name);
                if (attach_loop(v, i) < 0)
                        return -1;
                if (run(argv, errors) < 0 || chmod(overlay, 0666) < 0 || chmod(loop, 0666) < 0)
                        return -1;
        }
        return 0;
}

static int open_monitor(void)
{
        static const char words[] = "{\"execute\":\"qmp_capabilities\"}\n{\"execute\":\"cont\"}\n";
        const struct sockaddr_un address = { .sun_family = AF_UNIX, .sun_path = PAYLOAD_DIR "/monitor" };
        const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

        if (fd < 0 || connect(fd, (const struct sockaddr *)&address, sizeof address) < 0)
                return -1;
        return write(fd, words, sizeof words - 1) == (ssize_t)sizeof words - 1 && fcntl(fd, F_SETFL, O_NONBLOCK) == 0 ? fd : -1;
}

static pid_t read_pid(void)
{
        char text[32];

        return guest_read_file(PID_FILE, text, sizeof text) > 0 ? (pid_t)strtol(text, NULL, 10) : -1;
}

/* virsh's words, for the record and the console. */
static int complain(struct l1_stream *s, int errors)
{
        char words[512];
        const int saved = errno;
        const ssize_t got = read(errors, words, sizeof words - 1);

        words[got > 0 ? got : 0] = '\0';
        guest_say("virsh: %s", words);
        l1_event(s, RECORD_EVENT_ERROR, saved, words);
        return -1;
}

int l1_qemu_start(struct l1_stream *s, const struct l1_params *p, enum record_guest_kind kind, struct l1_qemu *q)
{
        const char *xml = kind == RECORD_GUEST_LINUX ? PAYLOAD_DIR "/" PAYLOAD_L2_XML : PAYLOAD_DIR "/" PAYLOAD_KNOWN_ANSWER_XML;
        int errors[2];

        q->kind = kind;
        q->volume = kind == RECORD_GUEST_LINUX && p->volume.device[0] ? &p->volume : NULL; /* all else is in the XML */
        unlink(LOG_FILE);
        q->console = make_fifo(PAYLOAD_DIR "/console");
        q->report = make_fifo(PAYLOAD_DIR "/report");
        if (q->console < 0 || q->report < 0 || pipe2(errors, O_CLOEXEC | O_NONBLOCK) < 0)
                return l1_error(s, "FIFO");
        q->errors = errors[0];
        if (make_disk() < 0 || (q->volume && attach_parts(q->volume, errors[1]) < 0) || virsh_create(xml, errors[1]) < 0)
                return complain(s, errors[0]);
        close(errors[1]);
        q->pid = read_pid();
        if (q->pid <= 0)
                return l1_error(s, PID_FILE);
        q->pidfd = (int)syscall(SYS_pidfd_open, q->pid, 0);
        if (q->pidfd < 0)
                return l1_error(s, "QEMU");
        if (l1_event(s, RECORD_EVENT_L2_STARTED, q->pid, "") < 0)
                return -1;
        q->monitor = open_monitor();
        if (q->monitor >= 0)
                return 0;
        l1_error(s, "QEMU's monitor");
        kill(q->pid, SIGKILL);
        return -1;
}

/* libvirt writes the reason when it has noticed the end: "shutting down, reason=shutdown". Our own kill is no "shutdown" either. */
static bool ended_well(char *words, size_t size)
{
        for (unsigned waited_ms = 0; waited_ms < LOG_WAIT_MS; waited_ms += 10) {
                if (guest_read_file(LOG_FILE, words, size) > 0 && strstr(words, "reason="))
                        return strstr(words, "reason=shutdown") != NULL;
                poll(NULL, 0, 10);
        }
        return false;
}

int l1_qemu_end(struct l1_stream *s, struct l1_qemu *q)
{
        static char words[65536];
        const char *last = words;
        int value;

        if (l1_qemu_drain(s, q) < 0)
                return l1_error(s, "L2's output");
        value = ended_well(words, sizeof words) ? 0 : 1;
        for (const char *line = words; line && *line; line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL)
                last = line;
        if (value)
                guest_say("L2 ended: %s", last);
        l1_event(s, RECORD_EVENT_L2_ENDED, value, value ? last : "");
        close(q->console);
        close(q->report);
        close(q->errors);
        close(q->monitor);
        close(q->pidfd);
        return value ? -1 : 0;
}

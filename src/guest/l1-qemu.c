/* SPDX-License-Identifier: GPL-2.0-or-later */
/* L2 under QEMU: the command line, the pipes, the end. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "guest/guest.h"
#include "guest/l1.h"

#define PIPE_BYTES (1 << 20) /* L2 must not wait for us between two samples */

/* The descriptors QEMU finds its outputs at. */
enum { CHILD_CONSOLE = 10, CHILD_REPORT = 11 };

static int make_pipe(int ends[2])
{
        if (pipe2(ends, O_CLOEXEC) < 0)
                return -1;
        if (fcntl(ends[0], F_SETFL, O_NONBLOCK) < 0 || fcntl(ends[1], F_SETPIPE_SZ, PIPE_BYTES) < 0)
                return -1;
        return 0;
}

static void exec_qemu(const struct l1_params *p)
{
        char memory[24], report[64], *const environment[] = { "PATH=/usr/bin", "HOME=/tmp", NULL };
        char *const argv[] = {
                "qemu-system-x86_64", "-L", "/usr/share/qemu", "-nodefaults", "-no-user-config", "-no-reboot",
                "-display", "none", "-vga", "none", "-monitor", "none",
                "-machine", "pc,accel=kvm,usb=off,smbus=off,vmport=off", "-cpu", "host", "-smp", (char *)p->l2_cpus, "-m", memory,
                "-chardev", "file,id=console,path=/proc/self/fd/10", "-serial", "chardev:console",
                "-chardev", "file,id=report,path=/proc/self/fd/11", "-device", report,
                "-kernel", "/l2/bzImage", "-initrd", "/l2/initrd", "-append", (char *)p->l2_append, NULL,
        };

        snprintf(memory, sizeof memory, "%sM", p->l2_memory);
        snprintf(report, sizeof report, "isa-debugcon,iobase=0x%x,chardev=report", RECORD_REPORT_PORT);
        execve("/usr/bin/qemu-system-x86_64", argv, environment);
        fprintf(stderr, "cannot run QEMU: %s\n", strerror(errno));
        _exit(127);
}

static void child(const struct l1_params *p, int console, int report, int errors)
{
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (dup2(errors, STDOUT_FILENO) < 0 || dup2(errors, STDERR_FILENO) < 0 || dup2(console, CHILD_CONSOLE) < 0 ||
            dup2(report, CHILD_REPORT) < 0)
                _exit(126);
        exec_qemu(p);
}

int l1_qemu_start(struct l1_stream *s, const struct l1_params *p, struct l1_qemu *q)
{
        int console[2], report[2], errors[2];

        if (make_pipe(console) < 0 || make_pipe(report) < 0 || make_pipe(errors) < 0)
                return l1_error(s, "pipe");
        q->pid = fork();
        if (q->pid < 0)
                return l1_error(s, "fork");
        if (q->pid == 0)
                child(p, console[1], report[1], errors[1]);
        close(console[1]);
        close(report[1]);
        close(errors[1]);
        q->console = console[0];
        q->report = report[0];
        q->errors = errors[0];
        q->pidfd = (int)syscall(SYS_pidfd_open, q->pid, 0);
        if (q->pidfd < 0)
                return l1_error(s, "pidfd_open");
        return l1_event(s, RECORD_EVENT_L2_STARTED, q->pid, "");
}

static int drain_pipe(struct l1_stream *s, int fd, enum record_type type)
{
        char bytes[4096];
        ssize_t got;

        while ((got = read(fd, bytes, sizeof bytes)) > 0) {
                const uint64_t tsc = guest_tsc();

                if (record_put(&s->writer, type, 0, &tsc, sizeof tsc, bytes, (uint32_t)got) < 0)
                        return -1;
        }
        return got < 0 && errno != EAGAIN && errno != EINTR ? -1 : 0;
}

int l1_qemu_drain(struct l1_stream *s, const struct l1_qemu *q)
{
        if (drain_pipe(s, q->console, RECORD_CONSOLE) < 0)
                return -1;
        return drain_pipe(s, q->report, RECORD_L2_DATA);
}

int l1_qemu_end(struct l1_stream *s, struct l1_qemu *q)
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
        return value ? -1 : 0;
}

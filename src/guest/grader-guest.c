/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The challenge guest under QEMU, watched: it ends, or its time is up, or L1's kernel oopsed under it. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "guest/grader.h"
#include "guest/guest.h"
#include "record/challenge.h"

#define PROGRAM_AT "0x400000" /* as in challenge/rom.S */
#define WORDS "/tmp/qemu.log"
#define TICK_MS 100
#define AFTER_OOPS_MS 500  /* for the rest of the kernel's words */
#define DEATH_WAIT_MS 3000 /* a process that an oops left behind may never die */

/* No console and no report port: what this guest tells, it tells L0. */
static void child(const struct l1_params *p, const char *program)
{
        char memory[24], leave[64], loader[96], *const environment[] = { "PATH=/usr/bin", "HOME=/tmp", NULL };
        char *const argv[] = {
                "qemu-system-x86_64", "-L", "/usr/share/qemu", "-nodefaults", "-no-user-config", "-no-reboot", "-display", "none", "-vga", "none", "-net", "none",
                "-machine", "pc,accel=kvm,usb=off,smbus=off,vmport=off", "-cpu", "host", "-smp", "2", "-m", memory,
                "-bios", "/l2/rom", "-device", "loader,file=/l2/challenge", "-device", loader,
                "-device", leave, NULL,
        };
        const int words = open(WORDS, O_WRONLY | O_CREAT | O_TRUNC, 0600);

        prctl(PR_SET_PDEATHSIG, SIGKILL);
        snprintf(memory, sizeof memory, "%sM", p->l2_memory);
        snprintf(loader, sizeof loader, "loader,file=/tmp/%s,addr=" PROGRAM_AT ",force-raw=on", program);
        snprintf(leave, sizeof leave, "isa-debug-exit,iobase=0x%x,iosize=1", CHALLENGE_LEAVE_PORT);
        if (words < 0 || dup2(words, STDOUT_FILENO) < 0 || dup2(words, STDERR_FILENO) < 0)
                _exit(126);
        execve("/usr/bin/qemu-system-x86_64", argv, environment);
        fprintf(stderr, "cannot run QEMU: %s\n", strerror(errno));
        _exit(127);
}

static bool has_ended(int pidfd, int timeout_ms)
{
        struct pollfd fd = { .fd = pidfd, .events = POLLIN };

        return poll(&fd, 1, timeout_ms) > 0;
}

/* Until QEMU has ended by itself, or there is a reason to end it, which is reported. */
static bool watch(const struct l1_params *p, int pidfd)
{
        const uint64_t deadline_ns = guest_monotonic_ns() + (uint64_t)p->deadline_s * 1000000000u;

        while (!has_ended(pidfd, TICK_MS)) {
                if (report_kernel_log()) {
                        has_ended(pidfd, AFTER_OOPS_MS);
                        report_kernel_log();
                        report_event("oops", 0, "");
                        return false;
                }
                if (guest_monotonic_ns() > deadline_ns) {
                        report_event("guest-deadline", p->deadline_s, "");
                        return false;
                }
                report_flush();
        }
        return true;
}

static int reap(pid_t pid, int pidfd, bool ended)
{
        char words[256] = "";
        int status, value;

        if (!ended) {
                report_flush();
                kill(pid, SIGKILL);
                ended = has_ended(pidfd, DEATH_WAIT_MS);
        }
        if (!ended || waitpid(pid, &status, WNOHANG) != pid) {
                report_event("guest-ended", -1, "QEMU did not die");
                return -1;
        }
        value = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
        guest_read_file(WORDS, words, sizeof words);
        report_event("guest-ended", value, words);
        return value == CHALLENGE_LEAVE_STATUS(CHALLENGE_LEAVE_DONE) ? 0 : -1;
}

int challenge_run(const struct l1_params *p, const char *program)
{
        const pid_t pid = fork();
        int pidfd, status;

        if (pid == 0)
                child(p, program);
        pidfd = pid < 0 ? -1 : (int)syscall(SYS_pidfd_open, pid, 0);
        if (pidfd < 0) {
                report_event("error", errno, "starting QEMU");
                return -1;
        }
        report_event("guest-started", 0, "");
        report_flush();
        status = reap(pid, pidfd, watch(p, pidfd));
        close(pidfd);
        return status;
}

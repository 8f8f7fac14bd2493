/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * exec-agent as init of a shell's L1 or L2, which have busybox and little else: mounts, loads KVM's modules (L1), keeps a
 * shell on the console and the agent on the second serial port, reaps, powers off. When the console's shell ends, so does the machine.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "guest/exec.h"
#include "guest/guest.h"
#include "guest/l1.h"

#define CONSOLE "/dev/ttyS0"
#define TOOLS "/tmp/bin" /* busybox's names; the root is read-only */

static volatile sig_atomic_t ends;

static void on_signal(int number)
{
        (void)number;
        ends = 1;
}

static void mount_all(void)
{
        if (guest_mount_basics() < 0)
                guest_say("mount: %s", strerror(errno));
        mount("debugfs", "/sys/kernel/debug", "debugfs", 0, NULL);
        mount("tracefs", "/sys/kernel/tracing", "tracefs", 0, NULL);
        mkdir("/tmp", 01777);
        if (mount("tmpfs", "/tmp", "tmpfs", 0, NULL) < 0)
                guest_say("/tmp: %s", strerror(errno));
        mkdir(TOOLS, 0755);
        mkdir("/dev/pts", 0755);
        mount("devpts", "/dev/pts", "devpts", 0, NULL);
}

static void set_environment(void)
{
        setenv("PATH", TOOLS ":/usr/bin:/bin", 1);
        setenv("HOME", "/tmp", 1);
        setenv("TERM", "linux", 0);
        setenv("PS1", access("/l2", F_OK) == 0 ? "L1# " : "L2# ", 1);
}

static pid_t start(void (*run)(void))
{
        const pid_t pid = fork();

        if (pid)
                return pid;
        signal(SIGUSR2, SIG_DFL);
        signal(SIGTERM, SIG_DFL);
        run();
        _exit(127);
}

static void run_tools(void)
{
        execl("/bin/busybox", "busybox", "--install", "-s", TOOLS, (char *)NULL);
}

/* A session of its own on the console, so that Ctrl-C and job control work. */
static void take_console(void)
{
        int fd;

        setsid();
        fd = open(CONSOLE, O_RDWR);
        if (fd < 0)
                return;
        ioctl(fd, TIOCSCTTY, 1);
        dup2(fd, STDIN_FILENO);
        dup2(fd, STDOUT_FILENO);
        dup2(fd, STDERR_FILENO);
        if (fd > 2)
                close(fd);
}

static void run_shell(void)
{
        take_console();
        execl("/bin/busybox", "sh", (char *)NULL);
}

static void run_l2(void)
{
        take_console();
        exec_run_l2();
        guest_say("QEMU: %s", strerror(errno));
}

/* For commands in L2 there is nobody at its console. */
static void run_l2_quietly(void)
{
        const int fd = open("/tmp/l2.log", O_RDWR | O_CREAT | O_TRUNC, 0600), nothing = open("/dev/null", O_RDONLY);

        dup2(nothing, STDIN_FILENO);
        dup2(fd, STDOUT_FILENO);
        dup2(fd, STDERR_FILENO);
        exec_run_l2();
        dprintf(fd, "QEMU: %s\n", strerror(errno));
}

static void run_agent(void)
{
        const int line = exec_open_line("/dev/ttyS1");

        if (line < 0) {
                guest_say("/dev/ttyS1: %s", strerror(errno));
                for (;;)
                        pause();
        }
        exec_serve(line);
}

/* The same parameters as a lab's L1 has; a shell whose modules do not load is of use all the same. */
static void load_modules(void)
{
        static struct l1_params params;
        char isa[8] = "";
        const char *failed;

        if (guest_param("lab.isa", isa, sizeof isa) < 1)
                return;
        params.isa = isa[0] == 'v' ? KVM_EXIT_LOG_ISA_VMX : KVM_EXIT_LOG_ISA_SVM;
        if (guest_param("lab.kvm", params.kvm, sizeof params.kvm) < 0 || guest_param("lab.vendor", params.vendor, sizeof params.vendor) < 0)
                guest_say("a lab.* parameter is too long");
        failed = l1_load_modules(&params);
        if (failed)
                guest_say("module %s: %s", failed, strerror(errno));
}

static void power_off(void)
{
        kill(-1, SIGTERM);
        sync();
        guest_power_off();
}

void exec_init(void)
{
        struct sigaction action = { .sa_handler = on_signal };
        char what[16] = "";
        pid_t console;

        mount_all();
        set_environment();
        load_modules();
        sigaction(SIGUSR1, &action, NULL);
        sigaction(SIGUSR2, &action, NULL);
        sigaction(SIGTERM, &action, NULL);
        waitpid(start(run_tools), NULL, 0);
        guest_param("shell.l2", what, sizeof what);
        start(run_agent);
        if (strcmp(what, "exec") == 0)
                start(run_l2_quietly);
        console = start(strcmp(what, "console") == 0 ? run_l2 : run_shell);
        while (!ends) {
                const pid_t pid = wait(NULL);

                if (pid == console || (pid < 0 && errno == ECHILD))
                        break;
        }
        power_off();
        for (;;)
                pause();
}

int exec_run_l2(void)
{
        char memory[32] = "", cpus[16] = "", append[2048] = "";
        const char *const argv[] = {
                "qemu-system-x86_64", "-L", "/usr/share/qemu", "-nodefaults", "-no-user-config", "-display", "none", "-vga", "none",
                "-machine", "pc,accel=kvm,usb=off,smbus=off,vmport=off", "-cpu", "host", "-m", memory, "-smp", cpus,
                "-chardev", "stdio,id=console,signal=off", "-serial", "chardev:console",
                "-chardev", "socket,id=exec,path=" EXEC_L2_SOCKET ",server=on,wait=off", "-serial", "chardev:exec",
                "-kernel", "/l2/bzImage", "-initrd", "/l2/shell-initrd", "-append", append, "-no-reboot", NULL,
        };

        snprintf(memory, sizeof memory, "%ldM", guest_param_number("lab.l2_memory", 16, 65536, 128));
        snprintf(cpus, sizeof cpus, "%ld", guest_param_number("lab.l2_cpus", 1, 64, 1));
        if (guest_param("lab.l2", append, sizeof append) < 1)
                snprintf(append, sizeof append, "console=ttyS0 quiet");
        return execv("/usr/bin/qemu-system-x86_64", (char *const *)argv);
}

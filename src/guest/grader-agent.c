/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * L1's init in a grading lab: loads the modules under test, boots the challenge guest and, if it was told so, once more with other parameters.
 * What L1's kernel may not survive comes when all else is done: the guest is booted with the last program, and a VM entry is made to fail (before that, if lab.entry_first=1). What it reports explains a failure and decides nothing: L1's kernel is the submission's, and could
 * say what it likes. What decides is what the challenge guest made the emulator log.
 *
 * Events: begin, module-failed ERRNO NAME, modules-loaded, guest-started, guest-ended STATUS WORDS (-1: did not end), guest-deadline SECONDS, oops,
 * failed-entry REASON, unload-failed ERRNO NAME, error ERRNO WHAT, end. The second round begins with "again", what may kill L1's kernel with "last".
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <termios.h>
#include <unistd.h>

#include "guest/grader.h"
#include "guest/guest.h"
#include "record/payload.h"

static int read_params(struct l1_params *p, char *again, size_t again_size)
{
        char isa[8] = "";

        if (guest_param("lab.isa", isa, sizeof isa) < 1 || guest_param("lab.records", p->records, sizeof p->records) < 1)
                return -1;
        if (strcmp(isa, "vmx") != 0 && strcmp(isa, "svm") != 0)
                return -1;
        p->isa = isa[0] == 'v' ? KVM_EXIT_LOG_ISA_VMX : KVM_EXIT_LOG_ISA_SVM;
        p->deadline_s = guest_param_number("lab.deadline_s", 1, 86400, 60);
        snprintf(p->l2_memory, sizeof p->l2_memory, "%ld", guest_param_number("lab.l2_memory", 48, 1024, 64));
        if (p->deadline_s < 0 || p->l2_memory[0] == '-' || guest_param("lab.kvm", p->kvm, sizeof p->kvm) < 0)
                return -1;
        return guest_param("lab.vendor", p->vendor, sizeof p->vendor) < 0 || guest_param("lab.again", again, again_size) < 0 ? -1 : 0;
}

static int round_once(const struct l1_params *p, const char *program)
{
        const int status = challenge_run(p, program);

        report_kernel_end();
        report_kernel_log();
        report_flush();
        return status;
}

static void refused_entry(const struct l1_params *p)
{
        report_event("failed-entry", failed_entry_try(p->isa == KVM_EXIT_LOG_ISA_VMX), "");
        report_kernel_log();
        report_flush();
}

/* entry_first: what the kernel prints of the refused entry comes later, when there were enough exits. */
static void what_may_kill(const struct l1_params *p, bool entry_first)
{
        report_event("last", 0, "");
        report_flush();
        if (entry_first)
                refused_entry(p);
        if (round_once(p, PAYLOAD_PROGRAM_LAST) == 0 && !entry_first)
                refused_entry(p);
}

static int load_modules(const struct l1_params *p)
{
        const char *failed = l1_load_modules(p);
        const int saved = errno;

        report_kernel_log();
        if (failed)
                report_event("module-failed", saved, failed);
        else
                report_event("modules-loaded", 0, "");
        report_flush();
        return failed ? -1 : 0;
}

/* kvm.ko stays: what a submission counts there goes on counting. */
static int reload_vendor(const struct l1_params *p, const char *params)
{
        const bool vmx = p->isa == KVM_EXIT_LOG_ISA_VMX;
        const int fd = open(vmx ? "/modules/kvm-intel.ko" : "/modules/kvm-amd.ko", O_RDONLY | O_CLOEXEC);
        int status;

        if (syscall(SYS_delete_module, vmx ? "kvm_intel" : "kvm_amd", O_NONBLOCK) < 0) {
                report_event("unload-failed", errno, vmx ? "kvm-intel" : "kvm-amd");
                return -1;
        }
        status = (int)syscall(SYS_finit_module, fd, params, 0);
        if (status < 0)
                report_event("module-failed", errno, vmx ? "kvm-intel" : "kvm-amd");
        else
                report_event("modules-loaded", 0, "");
        report_kernel_log();
        report_flush();
        close(fd);
        return status;
}

static void work(const struct l1_params *p, const char *again)
{
        if (payload_unpack(p->records) < 0) {
                report_event("error", errno, "payload");
                return;
        }
        /* From here on what goes wrong is the modules' doing. */
        report_event("begin", 0, "");
        report_flush();
        if (load_modules(p) < 0 || round_once(p, PAYLOAD_PROGRAM) < 0)
                return;
        if (again[0]) {
                report_event("again", 0, again);
                if (reload_vendor(p, again) < 0 || round_once(p, PAYLOAD_PROGRAM) < 0)
                        return;
        }
        what_may_kill(p, guest_param_number("lab.entry_first", 0, 1, 0) == 1);
}

int main(void)
{
        static struct l1_params params;
        static char again[256];

        if (guest_mount_basics() < 0 || mount("tmpfs", "/tmp", "tmpfs", 0, NULL) < 0 || mount("tmpfs", "/modules", "tmpfs", 0, NULL) < 0)
                guest_say("mount: %s", strerror(errno));
        if (read_params(&params, again, sizeof again) < 0) {
                guest_say("a lab.* parameter is missing or wrong");
                guest_power_off();
        }
        if (report_open(params.records) < 0) {
                guest_say("%s: %s", params.records, strerror(errno));
                guest_power_off();
        }
        work(&params, again);
        report_event("end", 0, "");
        report_flush();
        guest_say("end");
        /* An emulated serial port takes its time: what is not sent at power-off is lost. */
        tcdrain(STDOUT_FILENO);
        guest_power_off();
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A VM entry that fails: the task register of the guest is no busy TSS, which every VMX processor refuses (Intel SDM volume 3, section
 * 26.3.1.2). KVM sees exit reason 33 with bit 31 set, and must not take all 32 bits for an index. SVM's VMRUN checks less: a code
 * segment in long mode that is both of 64 bits and of 32 bits it refuses (AMD APM volume 2, section 15.5.1), with exit code -1.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "guest/grader.h"

#define MEMORY 4096u
#define CPUID_ENTRIES 256u /* KVM_MAX_CPUID_ENTRIES, arch/x86/include/asm/kvm_host.h */

#define CR0_PE 0x1u
#define CR0_PG 0x80000000u
#define CR4_PAE 0x20u
#define EFER_LME 0x100u
#define EFER_LMA 0x400u

/* All that KVM can offer: since 7.2 it takes no EFER.LME from a vCPU whose CPUID has no long mode. */
static int set_cpuid(int kvm, int vcpu)
{
        static unsigned char room[sizeof(struct kvm_cpuid2) + CPUID_ENTRIES * sizeof(struct kvm_cpuid_entry2)] __attribute__((aligned(8)));
        struct kvm_cpuid2 *cpuid = (struct kvm_cpuid2 *)room;

        cpuid->nent = CPUID_ENTRIES;
        return ioctl(kvm, KVM_GET_SUPPORTED_CPUID, cpuid) < 0 ? -1 : ioctl(vcpu, KVM_SET_CPUID2, cpuid);
}

static int set_bad_state(int vcpu, bool vmx)
{
        struct kvm_sregs sregs;

        if (ioctl(vcpu, KVM_GET_SREGS, &sregs) < 0)
                return -1;
        if (vmx) {
                sregs.tr.type = 0;
                sregs.tr.s = 1;
        } else {
                sregs.cr0 |= CR0_PE | CR0_PG;
                sregs.cr4 |= CR4_PAE;
                sregs.efer |= EFER_LME | EFER_LMA;
                sregs.cs.l = 1;
                sregs.cs.db = 1;
        }
        return ioctl(vcpu, KVM_SET_SREGS, &sregs);
}

static int enter(int kvm, int vcpu, bool vmx)
{
        const int size = ioctl(kvm, KVM_GET_VCPU_MMAP_SIZE, 0);
        struct kvm_run *run = size > 0 ? mmap(NULL, (size_t)size, PROT_READ | PROT_WRITE, MAP_SHARED, vcpu, 0) : MAP_FAILED;
        int reason = -1;

        if (run == MAP_FAILED)
                return -1;
        if (set_cpuid(kvm, vcpu) == 0 && set_bad_state(vcpu, vmx) == 0 && ioctl(vcpu, KVM_RUN, 0) == 0)
                reason = (int)run->exit_reason;
        munmap(run, (size_t)size);
        return reason;
}

static int make_memory(int vm)
{
        static unsigned char memory[MEMORY] __attribute__((aligned(4096)));
        const struct kvm_userspace_memory_region region = { .memory_size = MEMORY, .userspace_addr = (uintptr_t)memory };

        memset(memory, 0xf4, sizeof memory); /* HLT: if it is entered after all it ends there */
        return ioctl(vm, KVM_SET_USER_MEMORY_REGION, &region);
}

int failed_entry_try(bool vmx)
{
        const int kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);
        const int vm = kvm < 0 ? -1 : ioctl(kvm, KVM_CREATE_VM, 0);
        const int vcpu = vm < 0 || make_memory(vm) < 0 ? -1 : ioctl(vm, KVM_CREATE_VCPU, 0);
        const int reason = vcpu < 0 ? -1 : enter(kvm, vcpu, vmx);

        close(vcpu);
        close(vm);
        close(kvm);
        return reason;
}

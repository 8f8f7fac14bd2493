/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The table. Exit reasons: Intel SDM volume 3, appendix C; AMD APM volume 2, appendix C. What KVM intercepts: Linux 6.1,
 * arch/x86/kvm/vmx/vmx.c (vmcs_config, handle_*) and arch/x86/kvm/svm/svm.c (init_vmcb).
 */
#include "record/operations.h"

#define LINUX RECORD_GUEST_LINUX
#define KNOWN RECORD_GUEST_KNOWN_ANSWER
#define ALWAYS RECORD_EXPECT_ALWAYS
#define USUALLY RECORD_EXPECT_USUALLY
#define UNTOLD RECORD_EXPECT_NOTHING

const struct record_operation record_operations[OPERATIONS] = {
        /* name, what one repetition is, guest, rounds, repetitions, certainty, exits each, VMX reason, SVM code */
        [OPERATION_CALIBRATION_LINUX] = { "calibration-linux", "nothing, between two marks of Linux", LINUX, 8, 1, UNTOLD, 0, 0, 0 },
        [OPERATION_CALIBRATION] = { "calibration", "nothing, between two marks", KNOWN, 8, 1, UNTOLD, 0, 0, 0 },
        [OPERATION_COMPUTE] = { "compute", "100,000 turns of an empty loop", KNOWN, 3, 20, UNTOLD, 0, 0, 0 },
        [OPERATION_CPUID] = { "cpuid", "CPUID", KNOWN, 3, 500, ALWAYS, 1, 10, 0x72 },
        [OPERATION_RDTSC] = { "rdtsc", "RDTSC", KNOWN, 3, 500, USUALLY, 0, 16, 0x6e },
        [OPERATION_RDMSR] = { "rdmsr", "RDMSR of IA32_APIC_BASE", KNOWN, 3, 200, ALWAYS, 1, 31, 0x7c },
        [OPERATION_WRMSR] = { "wrmsr", "WRMSR of IA32_APIC_BASE with its own value", KNOWN, 3, 200, ALWAYS, 1, 32, 0x7c },
        [OPERATION_PORT_OUT] = { "port-out", "OUT to port 0x80, which QEMU handles", KNOWN, 3, 100, ALWAYS, 1, 30, 0x7b },
        [OPERATION_PORT_IN] = { "port-in", "IN from port 0x71 (clock), which QEMU handles", KNOWN, 3, 100, ALWAYS, 1, 30, 0x7b },
        [OPERATION_PORT_KERNEL] = { "port-in-kernel", "IN from port 0x21 (interrupt controller), which KVM handles", KNOWN, 3, 100, ALWAYS, 1, 30, 0x7b },
        [OPERATION_MMIO_USER] = { "mmio-read", "4-byte read of the HPET, which QEMU handles", KNOWN, 3, 100, USUALLY, 1, 49, 0x400 },
        [OPERATION_MMIO_KERNEL] = { "mmio-read-kernel", "4-byte read of the I/O APIC, which KVM handles", KNOWN, 3, 100, USUALLY, 1, 49, 0x400 },
        [OPERATION_CR0] = { "cr0-write", "MOV to CR0 that flips AM", KNOWN, 3, 100, USUALLY, 1, 28, 0x65 },
        [OPERATION_CR3] = { "cr3-write", "MOV to CR3 with its own value", KNOWN, 3, 100, USUALLY, 0, 28, 0x13 },
        [OPERATION_CR4] = { "cr4-write", "MOV to CR4 that flips MCE", KNOWN, 3, 100, USUALLY, 1, 28, 0x14 },
        [OPERATION_DR7] = { "dr7-write", "MOV to DR7 with its own value", KNOWN, 3, 100, UNTOLD, 0, 29, 0x37 },
        [OPERATION_XSETBV] = { "xsetbv", "XSETBV of XCR0 with its own value", KNOWN, 3, 100, USUALLY, 1, 55, 0x8d },
        [OPERATION_HYPERCALL] = { "hypercall", "VMCALL or VMMCALL, KVM's number 1 (does nothing)", KNOWN, 3, 200, ALWAYS, 1, 18, 0x81 },
        [OPERATION_WBINVD] = { "wbinvd", "WBINVD", KNOWN, 3, 100, ALWAYS, 1, 54, 0x89 },
        [OPERATION_PAUSE] = { "pause", "PAUSE", KNOWN, 3, 1000, USUALLY, 0, 40, 0x77 },
        [OPERATION_INVLPG] = { "invlpg", "INVLPG", KNOWN, 3, 200, USUALLY, 0, 14, 0x79 },
        [OPERATION_FIRST_TOUCH] = { "first-touch", "one byte written to a page that was never used", KNOWN, 3, 128, USUALLY, 1, 48, 0x400 },
        [OPERATION_IDLE] = { "idle", "0.1 s without anything to do", LINUX, 1, 5, UNTOLD, 0, 12, 0x78 },
        [OPERATION_SLEEP] = { "sleep", "nanosleep of 1 ms", LINUX, 1, 50, UNTOLD, 0, 12, 0x78 },
        [OPERATION_CONTEXT_SWITCH] = { "context-switch", "a byte to another process and back, over pipes", LINUX, 1, 200, UNTOLD, 0, 0, 0 },
        [OPERATION_PAGE_CHURN] = { "page-churn", "mmap, 16 pages touched, munmap", LINUX, 1, 50, UNTOLD, 0, 14, 0x79 },
        [OPERATION_FORK] = { "fork", "fork, exit, wait", LINUX, 1, 20, UNTOLD, 0, 0, 0 },
        [OPERATION_CONSOLE] = { "console", "1 KiB written to the serial console", LINUX, 1, 2, UNTOLD, 0, 30, 0x7b },
        [OPERATION_DISK_READ] = { "disk-read", "4 KiB read from a virtio disk, past the page cache", LINUX, 1, 50, UNTOLD, 0, 0, 0 },
        [OPERATION_DISK_WRITE] = { "disk-write", "4 KiB written to a virtio disk, past the page cache", LINUX, 1, 50, UNTOLD, 0, 0, 0 },
        [OPERATION_NETWORK] = { "network", "a frame over virtio-net and its answer", LINUX, 1, 50, UNTOLD, 0, 0, 0 },
        [OPERATION_IPI] = { "ipi", "an interrupt to the other vCPU and its answer (membarrier)", LINUX, 1, 100, UNTOLD, 0, 0, 0 },
        [OPERATION_REBOOT] = { "reboot", "from the reboot system call to user space again", LINUX, 1, 1, UNTOLD, 0, 0, 0 },
};

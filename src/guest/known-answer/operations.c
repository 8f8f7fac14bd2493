/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How the known-answer guest performs each of its operations; what they are for stands in record/operations.c. */
#include "guest/known-answer/known-answer.h"

#define LOOP_TURNS 100000u
#define IA32_APIC_BASE 0x1bu
#define PORT_PIC 0x21u
#define PORT_CLOCK_INDEX 0x70u
#define PORT_CLOCK 0x71u
#define CLOCK_REGISTER_D 0x0du /* reading it changes nothing */
#define PORT_POST 0x80u
#define HPET_CAPABILITIES 0xfed00000u
#define IOAPIC_SELECT 0xfec00000u
#define IOAPIC_WINDOW 0xfec00010u
#define CR0_AM (1u << 18)
#define CR4_MCE (1u << 6)
#define CR4_OSXSAVE (1u << 18)
#define CPUID_1_ECX_XSAVE (1u << 26)
#define CPUID_1_ECX_HYPERVISOR (1u << 31)
#define CPUID_HYPERVISOR 0x40000000u
#define KVM_EBX 0x4b4d564bu /* "KVMKVMKVM" */
#define KVM_ECX 0x564b4d56u
#define KVM_EDX 0x0000004du
#define AMD_EBX 0x68747541u   /* "AuthenticAMD" */
#define HYGON_EBX 0x6f677948u /* "HygonGenuine" */
#define DR7_RESET 0x400u
#define HYPERCALL_POLL_IRQ 1u /* KVM_HC_VAPIC_POLL_IRQ: an exit, and nothing else */

/* Where first-touch begins. SeaBIOS was below 1 MiB and in the last 2 MiB, the loader right above the image. */
#define TOUCH_FROM (32 * KNOWN_MIB)
#define TOUCH_FROM_SMALL (8 * KNOWN_MIB) /* of a machine with less than TOUCH_SMALL */
#define TOUCH_SMALL (48 * KNOWN_MIB)
#define TOUCH_SPARE (2 * KNOWN_MIB)

/* Read before a round, because reading can exit too. */
static uint32_t apic_base_low, apic_base_high;
static uint32_t cr0, cr3, cr4;
static uint32_t xcr0_low, xcr0_high;
static int vmmcall; /* not vmcall */
static uint32_t touch_next, touch_end;

struct cpuid_answer {
        uint32_t eax, ebx, ecx, edx;
};

static struct cpuid_answer cpuid(uint32_t leaf)
{
        struct cpuid_answer a;

        __asm__ __volatile__("cpuid" : "=a"(a.eax), "=b"(a.ebx), "=c"(a.ecx), "=d"(a.edx) : "0"(leaf), "2"(0));
        return a;
}

static uint32_t mmio_read(uint32_t address)
{
        return *(const volatile uint32_t *)address;
}

static int prepare_nothing(void)
{
        return 1;
}

static void run_nothing(uint32_t repetitions)
{
        (void)repetitions;
}

static void run_compute(uint32_t repetitions)
{
        while (repetitions--)
                for (uint32_t turn = LOOP_TURNS; turn; turn--)
                        __asm__ __volatile__("");
}

static void run_cpuid(uint32_t repetitions)
{
        while (repetitions--)
                cpuid(0);
}

static void run_rdtsc(uint32_t repetitions)
{
        while (repetitions--)
                __asm__ __volatile__("rdtsc" : : : "eax", "edx");
}

static int prepare_wrmsr(void)
{
        __asm__ __volatile__("rdmsr" : "=a"(apic_base_low), "=d"(apic_base_high) : "c"(IA32_APIC_BASE));
        return 1;
}

static void run_rdmsr(uint32_t repetitions)
{
        while (repetitions--)
                __asm__ __volatile__("rdmsr" : : "c"(IA32_APIC_BASE) : "eax", "edx");
}

static void run_wrmsr(uint32_t repetitions)
{
        while (repetitions--)
                __asm__ __volatile__("wrmsr" : : "c"(IA32_APIC_BASE), "a"(apic_base_low), "d"(apic_base_high) : "memory");
}

static void run_port_out(uint32_t repetitions)
{
        while (repetitions--)
                port_out(PORT_POST, 0);
}

static int prepare_port_in(void)
{
        port_out(PORT_CLOCK_INDEX, CLOCK_REGISTER_D);
        return 1;
}

static void run_port_in(uint32_t repetitions)
{
        while (repetitions--)
                port_in(PORT_CLOCK);
}

static void run_port_in_kernel(uint32_t repetitions)
{
        while (repetitions--)
                port_in(PORT_PIC);
}

static void run_mmio(uint32_t repetitions)
{
        while (repetitions--)
                mmio_read(HPET_CAPABILITIES);
}

static int prepare_mmio_kernel(void)
{
        *(volatile uint32_t *)IOAPIC_SELECT = 0; /* its identification */
        return 1;
}

static void run_mmio_kernel(uint32_t repetitions)
{
        while (repetitions--)
                mmio_read(IOAPIC_WINDOW);
}

static int prepare_cr0(void)
{
        cr0 = read_cr0();
        return 1;
}

static void run_cr0(uint32_t repetitions)
{
        while (repetitions--)
                write_cr0(cr0 ^= CR0_AM);
}

static int prepare_cr3(void)
{
        cr3 = read_cr3();
        return 1;
}

static void run_cr3(uint32_t repetitions)
{
        while (repetitions--)
                write_cr3(cr3);
}

static int prepare_cr4(void)
{
        cr4 = read_cr4();
        return 1;
}

static void run_cr4(uint32_t repetitions)
{
        while (repetitions--)
                write_cr4(cr4 ^= CR4_MCE);
}

static void run_dr7(uint32_t repetitions)
{
        while (repetitions--)
                __asm__ __volatile__("mov %0, %%dr7" : : "r"(DR7_RESET) : "memory");
}

static int prepare_xsetbv(void)
{
        if (!(cpuid(1).ecx & CPUID_1_ECX_XSAVE))
                return 0;
        write_cr4(read_cr4() | CR4_OSXSAVE);
        __asm__ __volatile__("xgetbv" : "=a"(xcr0_low), "=d"(xcr0_high) : "c"(0));
        return 1;
}

static void run_xsetbv(uint32_t repetitions)
{
        while (repetitions--)
                __asm__ __volatile__("xsetbv" : : "c"(0), "a"(xcr0_low), "d"(xcr0_high) : "memory");
}

/* Without KVM below, VMCALL and VMMCALL are undefined instructions, or somebody else's. */
static int on_kvm(void)
{
        const struct cpuid_answer a = cpuid(CPUID_HYPERVISOR);

        return (cpuid(1).ecx & CPUID_1_ECX_HYPERVISOR) && a.ebx == KVM_EBX && a.ecx == KVM_ECX && a.edx == KVM_EDX;
}

/* KVM rewrites the other vendor's instruction, at the price of another exit. */
static int prepare_hypercall(void)
{
        const uint32_t vendor = cpuid(0).ebx;

        vmmcall = vendor == AMD_EBX || vendor == HYGON_EBX;
        return on_kvm();
}

static void run_hypercall(uint32_t repetitions)
{
        uint32_t eax;

        while (vmmcall && repetitions--)
                __asm__ __volatile__("vmmcall" : "=a"(eax) : "0"(HYPERCALL_POLL_IRQ) : "memory");
        while (!vmmcall && repetitions--)
                __asm__ __volatile__("vmcall" : "=a"(eax) : "0"(HYPERCALL_POLL_IRQ) : "memory");
}

static void run_wbinvd(uint32_t repetitions)
{
        while (repetitions--)
                __asm__ __volatile__("wbinvd" : : : "memory");
}

static void run_pause(uint32_t repetitions)
{
        while (repetitions--)
                __asm__ __volatile__("pause");
}

static void run_invlpg(uint32_t repetitions)
{
        while (repetitions--)
                __asm__ __volatile__("invlpg (%0)" : : "r"(TOUCH_FROM_SMALL) : "memory");
}

/* Room for a round, and for the page that is touched before it. */
static int prepare_first_touch(void)
{
        return (touch_end - touch_next) / KNOWN_PAGE > record_operations[OPERATION_FIRST_TOUCH].repetitions;
}

static void run_first_touch(uint32_t repetitions)
{
        for (; repetitions--; touch_next += KNOWN_PAGE)
                *(volatile uint8_t *)touch_next = 1;
}

void known_operations_init(uint32_t memory)
{
        touch_next = memory < TOUCH_SMALL ? TOUCH_FROM_SMALL : TOUCH_FROM;
        touch_end = memory < touch_next + TOUCH_SPARE ? touch_next : memory - TOUCH_SPARE;
}

const struct known_operation known_operations[OPERATIONS] = {
        [OPERATION_CALIBRATION] = { prepare_nothing, run_nothing },
        [OPERATION_COMPUTE] = { prepare_nothing, run_compute },
        [OPERATION_CPUID] = { prepare_nothing, run_cpuid },
        [OPERATION_RDTSC] = { prepare_nothing, run_rdtsc },
        [OPERATION_RDMSR] = { prepare_nothing, run_rdmsr },
        [OPERATION_WRMSR] = { prepare_wrmsr, run_wrmsr },
        [OPERATION_PORT_OUT] = { prepare_nothing, run_port_out },
        [OPERATION_PORT_IN] = { prepare_port_in, run_port_in },
        [OPERATION_PORT_KERNEL] = { prepare_nothing, run_port_in_kernel },
        [OPERATION_MMIO_USER] = { prepare_nothing, run_mmio },
        [OPERATION_MMIO_KERNEL] = { prepare_mmio_kernel, run_mmio_kernel },
        [OPERATION_CR0] = { prepare_cr0, run_cr0 },
        [OPERATION_CR3] = { prepare_cr3, run_cr3 },
        [OPERATION_CR4] = { prepare_cr4, run_cr4 },
        [OPERATION_DR7] = { prepare_nothing, run_dr7 },
        [OPERATION_XSETBV] = { prepare_xsetbv, run_xsetbv },
        [OPERATION_HYPERCALL] = { prepare_hypercall, run_hypercall },
        [OPERATION_WBINVD] = { prepare_nothing, run_wbinvd },
        [OPERATION_PAUSE] = { prepare_nothing, run_pause },
        [OPERATION_INVLPG] = { prepare_nothing, run_invlpg },
        [OPERATION_FIRST_TOUCH] = { prepare_first_touch, run_first_touch },
};

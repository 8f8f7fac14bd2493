/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the challenge guest can be told to perform: the known-answer guest's operations, and the x2APIC's. */
#include "guest/challenge/challenge.h"
#include "guest/known-answer/known-answer.h"

#define IA32_APIC_BASE 0x1bu
#define APIC_BASE_X2APIC (1u << 10)
#define X2APIC_ICR 0x830u
#define CPUID_1_ECX_X2APIC (1u << 21)
#define NOBODY 0x55u       /* no processor has this id */
#define ICR_FIXED 0x4040u  /* vector 0x40, fixed, physical, assert */

static uint64_t read_msr(uint32_t msr)
{
        uint32_t low, high;

        __asm__ __volatile__("rdmsr" : "=a"(low), "=d"(high) : "c"(msr));
        return (uint64_t)high << 32 | low;
}

static void write_msr(uint32_t msr, uint32_t low, uint32_t high)
{
        __asm__ __volatile__("wrmsr" : : "c"(msr), "a"(low), "d"(high) : "memory");
}

int x2apic_enable(void)
{
        uint32_t eax = 1, ebx, ecx = 0, edx;
        uint64_t base;

        __asm__ __volatile__("cpuid" : "+a"(eax), "=b"(ebx), "+c"(ecx), "=d"(edx));
        if (!(ecx & CPUID_1_ECX_X2APIC))
                return 0;
        base = read_msr(IA32_APIC_BASE);
        write_msr(IA32_APIC_BASE, (uint32_t)base | APIC_BASE_X2APIC, (uint32_t)(base >> 32));
        return 1;
}

void x2apic_icr(uint32_t destination, uint32_t command)
{
        write_msr(X2APIC_ICR, command, destination);
}

/* The known-answer guest's, by our numbers. */
static const uint8_t known[CHALLENGE_OPS] = {
        [CHALLENGE_OP_CPUID] = OPERATION_CPUID,
        [CHALLENGE_OP_RDMSR] = OPERATION_RDMSR,
        [CHALLENGE_OP_WRMSR] = OPERATION_WRMSR,
        [CHALLENGE_OP_PORT_OUT] = OPERATION_PORT_OUT,
        [CHALLENGE_OP_PORT_IN] = OPERATION_PORT_IN,
        [CHALLENGE_OP_PORT_KERNEL] = OPERATION_PORT_KERNEL,
        [CHALLENGE_OP_MMIO_USER] = OPERATION_MMIO_USER,
        [CHALLENGE_OP_MMIO_KERNEL] = OPERATION_MMIO_KERNEL,
        [CHALLENGE_OP_CR0] = OPERATION_CR0,
        [CHALLENGE_OP_CR4] = OPERATION_CR4,
        [CHALLENGE_OP_DR7] = OPERATION_DR7,
        [CHALLENGE_OP_XSETBV] = OPERATION_XSETBV,
        [CHALLENGE_OP_HYPERCALL] = OPERATION_HYPERCALL,
        [CHALLENGE_OP_WBINVD] = OPERATION_WBINVD,
        [CHALLENGE_OP_FIRST_TOUCH] = OPERATION_FIRST_TOUCH,
};

int challenge_perform(uint32_t op, uint32_t repetitions)
{
        if (op == CHALLENGE_OP_ICR) {
                while (repetitions--)
                        x2apic_icr(NOBODY, ICR_FIXED);
                return 1;
        }
        if (op >= CHALLENGE_OPS || !known_operations[known[op]].prepare())
                return 0;
        known_operations[known[op]].run(repetitions);
        return 1;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The challenge's operations, for people; see challenge.h. */
#include "record/challenge.h"

const struct challenge_op_info challenge_ops[CHALLENGE_OPS] = {
        [CHALLENGE_OP_CPUID] = { "CPUID", 10, 0x72 },
        [CHALLENGE_OP_RDMSR] = { "RDMSR", 31, 0x7c },
        [CHALLENGE_OP_WRMSR] = { "WRMSR", 32, 0x7c },
        [CHALLENGE_OP_ICR] = { "WRMSR of the x2APIC's ICR", 32, 0x7c },
        [CHALLENGE_OP_PORT_OUT] = { "OUT to a port of QEMU's", 30, 0x7b },
        [CHALLENGE_OP_PORT_IN] = { "IN from a port of QEMU's", 30, 0x7b },
        [CHALLENGE_OP_PORT_KERNEL] = { "IN from a port of KVM's", 30, 0x7b },
        [CHALLENGE_OP_MMIO_USER] = { "read of the HPET", 49, 0x400 },
        [CHALLENGE_OP_MMIO_KERNEL] = { "read of the I/O APIC", 49, 0x400 },
        [CHALLENGE_OP_CR0] = { "MOV to CR0", 28, 0x65 },
        [CHALLENGE_OP_CR4] = { "MOV to CR4", 28, 0x14 },
        [CHALLENGE_OP_DR7] = { "MOV to DR7", 29, 0x37 },
        [CHALLENGE_OP_XSETBV] = { "XSETBV", 55, 0x8d },
        [CHALLENGE_OP_HYPERCALL] = { "hypercall", 18, 0x81 },
        [CHALLENGE_OP_WBINVD] = { "WBINVD", 54, 0x89 },
        [CHALLENGE_OP_FIRST_TOUCH] = { "first write to a page", 48, 0x400 },
};

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The challenge: what the challenge guest (an L2 without an operating system) is told to do to find out whether L1's kernel counts
 * its exits right, and how it tells what it saw. GLib-free, shared by the guest and the host.
 *
 * A program is a header and its steps, given to the guest as a multiboot module. The guest performs the steps in order.
 *
 * What it tells goes into the emulator's own exit log, which nothing in L1 can write: every OUT to a port is an exit whose port stands there.
 *   CHALLENGE_BEGIN_PORT                the program begins
 *   CHALLENGE_STEP_PORT + (n & 0xfff)   step n begins (of READ none is told: reads between two of these are told apart by their
 *                                       order, as each is exactly one exit of reason CPUID, and nothing else of the guest's is there)
 *   CHALLENGE_SYMBOL_PORT + 12 bits     a symbol of a report, during a FLUSH
 *   CHALLENGE_STEP_END_PORT             the step is done (not of READ)
 *   CHALLENGE_END_PORT                  all steps are done
 *   CHALLENGE_EXCEPTION_PORT + vector   an exception, which none is expected of, ended the guest
 *
 * A FLUSH tells all answers since the one before it, in order, each as symbols of 12 bits: a mask, then, low bits first, three symbols (12, 12 and 8
 * bits) for each register that the mask says is told, in the order eax, ebx, ecx, edx, time low, time high.
 *   mask bits 0-3: eax, ebx, ecx, edx are told; bits 4-7: they are not told because they are 0xffffffff; neither: 0; bit 8: the time follows
 */
#ifndef HARNESS_CHALLENGE_H
#define HARNESS_CHALLENGE_H

#include <stdint.h>

#define CHALLENGE_SYMBOL_PORT 0x4000u
#define CHALLENGE_STEP_PORT 0x5000u
#define CHALLENGE_BEGIN_PORT 0x6000u
#define CHALLENGE_STEP_END_PORT 0x6001u
#define CHALLENGE_END_PORT 0x6002u
#define CHALLENGE_EXCEPTION_PORT 0x6100u

/* QEMU's isa-debug-exit: what is written there ends it with status 2 * code + 1. */
#define CHALLENGE_LEAVE_PORT 0x501u
#define CHALLENGE_LEAVE_DONE 0x20u
#define CHALLENGE_LEAVE_BAD 0x21u
#define CHALLENGE_LEAVE_STATUS(code) (2 * (code) + 1)

#define CHALLENGE_MAGIC 0x314c4843u /* "CHL1" */
#define CHALLENGE_STEPS_MAX 16384u
#define CHALLENGE_ANSWERS_MAX 4096u /* between two FLUSH */

#define CHALLENGE_MASK_TIME 0x100u

enum challenge_step_kind {
        CHALLENGE_READ = 1,   /* CPUID with eax = a, ecx = b; ebx and edx hold `noise` before. Answer: the registers (and the TSC before it, if flags say so) */
        CHALLENGE_PERFORM,    /* operation `op`, a times. Answer: eax, ebx = TSC ticks it took (low, high); ecx = 1, or 0 if this machine cannot do it */
        CHALLENGE_CONCURRENT, /* operation `op` a times here and b times on the other vCPU, at once; then until the other sleeps. Answer as PERFORM's, ecx = 3 if both did */
        CHALLENGE_FLUSH,      /* tell the answers */
};

#define CHALLENGE_FLAG_TIME 1u /* of READ */

struct challenge_step {
        uint8_t kind, op, flags, reserved;
        uint32_t a, b, noise;
};

struct challenge_header {
        uint32_t magic, steps;
};

/* What a guest can be told to perform; the numbers are a program's own. */
enum challenge_op {
        CHALLENGE_OP_CPUID = 0,
        CHALLENGE_OP_RDMSR,
        CHALLENGE_OP_WRMSR,
        CHALLENGE_OP_ICR,      /* WRMSR of the x2APIC's ICR, fixed, to nobody: KVM's fastpath completes it */
        CHALLENGE_OP_PORT_OUT,
        CHALLENGE_OP_PORT_IN,
        CHALLENGE_OP_PORT_KERNEL,
        CHALLENGE_OP_MMIO_USER,
        CHALLENGE_OP_MMIO_KERNEL,
        CHALLENGE_OP_CR0,
        CHALLENGE_OP_CR4,
        CHALLENGE_OP_DR7,
        CHALLENGE_OP_XSETBV,
        CHALLENGE_OP_HYPERCALL,
        CHALLENGE_OP_WBINVD,
        CHALLENGE_OP_FIRST_TOUCH,
        CHALLENGE_OPS
};

struct challenge_op_info {
        const char *what;      /* "CPUID", for people */
        uint32_t vmx_reason, svm_code; /* of the exits that it causes, mainly; the truth is the emulator's log */
};
extern const struct challenge_op_info challenge_ops[CHALLENGE_OPS];

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The operations that L2 performs to show what each costs: one table for the guests that perform them and for the
 * host that reads them. GLib-free.
 *
 * An operation is performed in rounds. A round is: a mark that tells which operation begins (a one-byte OUT to port
 * RECORD_OPERATION_PORT + number), `repetitions` times the operation, the mark RECORD_MARK_OPERATION_END. The exits of
 * a round lie strictly between the two. What the marks themselves bring along is measured by the guest's own
 * calibration operation, which does nothing. A guest leaves out what its machine cannot do: no mark, no row.
 */
#ifndef HARNESS_OPERATIONS_H
#define HARNESS_OPERATIONS_H

#include <stdint.h>

#define RECORD_OPERATION_PORT 0x0e40u
#define RECORD_OPERATION_MAX 64u

/* Who performs it. */
enum record_guest_kind {
        RECORD_GUEST_LINUX = 0,        /* the L2 whose boot is measured */
        RECORD_GUEST_KNOWN_ANSWER = 1, /* a guest without an operating system: exactly so many instructions of a kind, interrupts off */
};

/* How sure it is that one repetition takes `per_repetition` exits of the reason told. */
enum record_operation_certainty {
        RECORD_EXPECT_NOTHING = 0, /* theory gives no number */
        RECORD_EXPECT_USUALLY,     /* so KVM is set up as a rule: a difference is a surprise, to be reported */
        RECORD_EXPECT_ALWAYS,      /* the processor or KVM knows no other way: a difference is an error */
};

struct record_operation {
        const char *name; /* as in operations.csv */
        const char *what; /* one repetition, for people */
        uint16_t guest;   /* enum record_guest_kind */
        uint16_t rounds;
        uint32_t repetitions; /* a round */
        uint16_t certainty;   /* enum record_operation_certainty */
        uint16_t per_repetition;
        uint32_t vmx_reason, svm_code; /* of the exits that are expected */
};

/* The numbers are part of the record format: new ones go to the end. */
enum record_operation_number {
        OPERATION_CALIBRATION_LINUX = 0,
        OPERATION_CALIBRATION = 1,
        OPERATION_COMPUTE,
        OPERATION_CPUID,
        OPERATION_RDTSC,
        OPERATION_RDMSR,
        OPERATION_WRMSR,
        OPERATION_PORT_OUT,
        OPERATION_PORT_IN,
        OPERATION_PORT_KERNEL,
        OPERATION_MMIO_USER,
        OPERATION_MMIO_KERNEL,
        OPERATION_CR0,
        OPERATION_CR3,
        OPERATION_CR4,
        OPERATION_DR7,
        OPERATION_XSETBV,
        OPERATION_HYPERCALL,
        OPERATION_WBINVD,
        OPERATION_PAUSE,
        OPERATION_INVLPG,
        OPERATION_FIRST_TOUCH,
        OPERATION_IDLE,
        OPERATION_SLEEP,
        OPERATION_CONTEXT_SWITCH,
        OPERATION_PAGE_CHURN,
        OPERATION_FORK,
        OPERATION_CONSOLE,
        OPERATION_DISK_READ,
        OPERATION_DISK_WRITE,
        OPERATION_NETWORK,
        OPERATION_IPI,
        OPERATION_REBOOT,
        OPERATIONS
};

extern const struct record_operation record_operations[OPERATIONS];

#endif

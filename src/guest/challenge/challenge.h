/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The parts of the challenge guest: its operations and its second processor. Freestanding: there is no C library here. */
#ifndef HARNESS_CHALLENGE_GUEST_H
#define HARNESS_CHALLENGE_GUEST_H

#include <stdint.h>

#include "record/challenge.h"

/* 0: this machine cannot do it. */
int challenge_perform(uint32_t op, uint32_t repetitions);

/* The x2APIC, by its MSRs: Intel SDM volume 3, section 10.12. 0: there is none. */
int x2apic_enable(void);
void x2apic_icr(uint32_t destination, uint32_t command);

/* Has the other processor perform an operation while we go on. 0: there is none. */
int other_start(uint32_t op, uint32_t repetitions);
/* Waits until it sleeps; what challenge_perform said there. */
int other_wait(void);

static inline uint64_t read_tsc(void)
{
        uint32_t low, high;

        __asm__ __volatile__("rdtsc" : "=a"(low), "=d"(high));
        return (uint64_t)high << 32 | low;
}

#endif

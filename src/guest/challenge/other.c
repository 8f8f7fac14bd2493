/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The second processor: started by INIT and a startup IPI (Intel SDM volume 3, section 8.4), performs one operation with interrupts off
 * and sleeps for good; the next INIT wakes it.
 */
#include "guest/challenge/challenge.h"
#include "guest/known-answer/known-answer.h"

#define OTHER_ID 1u
#define ICR_INIT 0x4500u
#define ICR_STARTUP 0x4600u /* + the page that it starts at */
#define TRAMPOLINE_PAGE 7u  /* below 640 KiB, where no boot loader is any more */
#define PATIENCE 20000u     /* exits: a hundred times what it takes; one that never comes should not cost the deadline of all */
#define SETTLE 500u         /* exits until it sleeps, once it has said that it is about to */
#define PORT_POST 0x80u
#define CR0_PG (1u << 31)

/* Of other-start.S. */
extern const char other_trampoline[], other_trampoline_end[];
void other_main(void);

static volatile uint32_t other_op, other_repetitions;
static volatile uint32_t other_done; /* 1: it could not; 2: it did */
static uint32_t our_cr3, our_cr4;

/* Waits by exits, which let L1 run the other one: Bochs keeps L1's interrupts back while interrupts are off here. */
static void let_run(uint32_t exits)
{
        while (exits--)
                port_out(PORT_POST, 0);
}

int other_start(uint32_t op, uint32_t repetitions)
{
        volatile char *page = (volatile char *)(TRAMPOLINE_PAGE * KNOWN_PAGE);

        for (uint32_t i = 0; other_trampoline + i < other_trampoline_end; i++)
                page[i] = other_trampoline[i];
        our_cr3 = read_cr3();
        our_cr4 = read_cr4();
        other_op = op;
        other_repetitions = repetitions;
        other_done = 0;
        x2apic_icr(OTHER_ID, ICR_INIT);
        let_run(1);
        x2apic_icr(OTHER_ID, ICR_STARTUP + TRAMPOLINE_PAGE);
        return 1;
}

int other_wait(void)
{
        for (uint32_t left = PATIENCE; left && !other_done; left--)
                let_run(1);
        let_run(SETTLE);
        return other_done == 2;
}

/* Where the second processor arrives, paging off, on its own stack. */
void other_main(void)
{
        write_cr4(our_cr4);
        write_cr3(our_cr3);
        write_cr0(read_cr0() | CR0_PG);
        other_done = challenge_perform(other_op, other_repetitions) ? 2 : 1;
        for (;;)
                __asm__ __volatile__("cli; hlt");
}

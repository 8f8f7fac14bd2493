/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The parts of L2's init: ports and marks, and the operations. */
#ifndef HARNESS_L2_H
#define HARNESS_L2_H

#include <stdbool.h>

#include "record/operations.h"
#include "record/record.h"

/* Opens the ports; 0 or -1 with errno. Everything below needs them. */
int l2_ports_open(void);
void l2_port_out(unsigned port, unsigned char byte);
unsigned char l2_port_in(unsigned port);
void l2_mark(enum record_mark what);

/* Performs every operation of Linux's that this machine can do, but the reboot. */
void l2_perform_operations(void);

/* The operation that ends in the init's next life: does not return. */
void l2_reboot(void) __attribute__((noreturn));
/* In that life: true, once. */
bool l2_rebooted(void);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The parts of the grader agent: its report, the payload, the challenge guest, a VM entry that must fail. */
#ifndef HARNESS_GRADER_H
#define HARNESS_GRADER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "guest/l1.h"

/* The report: collected in memory, written to the device whenever something happened, so that it is there when L1 dies. */
int report_open(const char *device);
void report_event(const char *name, long value, const char *text);
/* Takes the kernel's new messages. True if one of them tells of an oops. */
bool report_kernel_log(void);
/* Lets the kernel hand out its last message, too. */
void report_kernel_end(void);
void report_flush(void);

/* Writes the payload's modules to /modules and its programs to /tmp. */
int payload_unpack(const char *device);

/* Boots the challenge guest with one of the payload's programs, until it ends, its time is up or the kernel oopsed. 0 if the guest said that it was done. */
int challenge_run(const struct l1_params *p, const char *program);

/* A virtual machine whose state no processor accepts, entered once. What KVM said, or -1 with errno. */
int failed_entry_try(bool vmx);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where L1's kernel died, from its own words: nobody's proof, but what it says of a line can be held against the submission's. Pure. */
#pragma once
#include <glib.h>

#include "grade/agent-report.h"
#include "grade/judge.h"

/* "RIP: 0010:kvm_emulate_cpuid+0x1a3/0x2c0 [kvm]" */
typedef struct {
  char *function;       /* "kvm_emulate_cpuid" */
  char *module;         /* "kvm", "kvm-intel", "kvm-amd" */
  guint64 offset, size; /* of the instruction in the function; of the function */
} CrashFrame;
void crash_frame_free (CrashFrame *frame);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CrashFrame, crash_frame_free)

/* The innermost frame in KVM's modules of a trouble's text: its RIP, or the caller nearest to it. NULL: it names none. */
CrashFrame *crash_frame (const char *trouble);

/*
 * resolved: what `addr2line -i -f` said of the frame, pairs of lines from the innermost function on: "atomic64_read", "/lab/linux/arch/x86/include/asm/atomic.h:22
 * (discriminator 3)", "kvm_emulate_cpuid", "…"; NULL if it was not asked. diff: what was built against the lab's kernel. frame: NULL if none is known.
 */
Crash *crash_new (const char *name, const char *words, const CrashFrame *frame, const char *resolved, const char *diff);
void crash_free (Crash *crash);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Crash, crash_free)

/* What stopped an account that is not complete: adds the leaf that was asked, or the operation, to *less. FALSE: neither is known, or it is left out already. */
gboolean crash_add_culprit (const Account *account, ProgramLess *less);

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Every cross-check of a lab, as rows for checks.csv. `expected` is what the exit log tells (for the L0
 * log's checks: what L0 tells), `actual` what the other account tells. Verdicts:
 *
 *   ok                 equal
 *   explained:RULE     not equal, and a rule says why it may be so, which was verified
 *   not-run            the other account is not there
 *   fail               not equal
 *   surprise           not equal, but equality is only the rule: told, and no failure
 *
 * Rules:
 *   in-flight          the vCPU thread was ended inside an exit: counted when it began, never published; one a vCPU
 *   preempted          the agent was preempted while it read the counters: they lie between two instants of the log
 *   other-vcpus        other vCPUs exited while the counters were read: between two instants of the log
 *   entry-failures     KVM counts an entry that failed as an exit; the exit log counts these by themselves
 *   emulated-state     without unrestricted guest KVM counts turns of emulation, in which L2 is not entered, as exits
 *   fastpath           a kernel whose `exits` statistic leaves out exits that its fast path re-entered
 *   after-last-record  L0 saw at most one exit a vCPU after the last one recorded
 */
#pragma once
#include <glib.h>

#include "config/config.h"
#include "machine/machine.h"
#include "stats/summary.h"
#include "timeline/timeline.h"

typedef struct {
  char *check, *expected, *actual, *verdict;
} CheckRow;

typedef struct {
  GPtrArray *rows; /* of CheckRow, owned */
  guint failed, explained, not_run;
  char *first_failure; /* "l0-exits:reason=48: expected 7951, actual 7950"; NULL if none */
  guint surprises;     /* neither failed nor ok */
} Checks;

typedef struct {
  const Timeline *timeline;
  const LabSummary *summary;
  const GArray *l0;    /* of L0Exit; NULL: not run */
  const LeafMap *leaf_map; /* NULL: not run */
} CheckInputs;

Checks *checks_new (void);
void checks_free (Checks *checks);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Checks, checks_free)

/* Runs all of them. TRUE if none failed. */
gboolean lab_checks_run (const CheckInputs *inputs, Checks *checks);

/* For the single checks. `rule`, if not NULL, is the verified rule that explains a difference. */
void checks_compare (Checks *checks, guint64 expected, guint64 actual, const char *rule, const char *name_format, ...) G_GNUC_PRINTF (5, 6);
/* The same where only a rule of thumb tells what to expect: a difference is a surprise. */
void checks_compare_usual (Checks *checks, guint64 expected, guint64 actual, const char *name_format, ...) G_GNUC_PRINTF (4, 5);
/* The same of two texts. */
void checks_expect_text (Checks *checks, const char *name, const char *expected, const char *actual);
void checks_not_run (Checks *checks, const char *name);
void checks_fail_text (Checks *checks, const char *name, const char *expected, const char *actual);

/* In checks-boot.c, checks-counters.c, checks-leaves.c, checks-operations.c, checks-kvm.c, checks-l0.c. */
void check_counters (const CheckInputs *inputs, Checks *checks);
void check_samples (const CheckInputs *inputs, Checks *checks);
/* Of a distribution: what it tells of its boot. */
void check_boot (const CheckInputs *inputs, Checks *checks);
void check_leaves (const CheckInputs *inputs, Checks *checks);
/* The operations performed against what theory says of them (record/operations.h). */
void check_operations (const CheckInputs *inputs, Checks *checks);
void check_kvm_stats (const CheckInputs *inputs, Checks *checks);
void check_trace_hist (const CheckInputs *inputs, Checks *checks);
void check_l0 (const CheckInputs *inputs, Checks *checks);

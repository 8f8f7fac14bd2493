/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Judging: accounts of challenges and a rubric in, rows out. What is expected comes from the emulator's log (account.h), from the lab's own kernel
 * in the same lab (the baseline) and from the manual (the leaf map), never from the submission's kernel.
 */
#pragma once
#include <glib.h>

#include "config/config.h"
#include "grade/account.h"
#include "grade/agent-report.h"
#include "grade/grade.h"

/* What the lab's own kernel gives: the same program's parts, answered and timed without a change. */
typedef struct {
  Isa isa;
  struct {
    guint32 leaf, input, registers[4];
  } others[64];                   /* answers to the program's other leaves */
  guint nr_others;
  guint32 unknown[CHALLENGE_OPS][PROGRAM_LEAVES_MAX][2][4]; /* to the maps' leaves beside each operation, for reason 0 and for its own: what a leaf says that nobody implements */
  guint64 op_ticks[CHALLENGE_OPS]; /* a hundred of each operation */
  guint64 kernel_lines;
} Baseline;
/* FALSE: the account is not whole. */
gboolean baseline_take (const Account *account, const AgentReport *report, Baseline *baseline);

/* What became of L1's kernel; see crash.h. */
typedef struct {
  char *name;      /* "an oops" */
  char *words;     /* the kernel's first lines of it */
  char *place;     /* "arch/x86/kvm/cpuid.c:1605, in kvm_emulate_cpuid()", or what else is known of it; NULL: nothing */
  char *line;      /* "arch/x86/kvm/cpuid.c:1605: pr_info (…);": of the submission's own; NULL */
  gboolean theirs; /* FALSE: it is known to be at a line that is not the submission's */
} Crash;

/* One lab's run of a submission. */
typedef struct {
  Isa isa;
  const Program *program, *last_program;
  GPtrArray *accounts;          /* of Account: one for each round of the main program */
  const Account *last;          /* of the last program */
  const ProgramLess *less;      /* what both programs leave out, as it killed L1's kernel in a boot before; NULL: nothing */
  const Crash *crash;           /* the first of any boot; NULL: none */
  const AgentReport *report;
  const char *change;           /* what was built, as a diff; NULL: not known */
  const Baseline *baseline;
  const ReasonNames *names;
  const guint32 *leaves;        /* the program's */
  guint nr_leaves;
  const GPtrArray *findings;    /* of ScanFinding (module-scan.h) */
} JudgedLab;

/* The maps of `maps` (of LeafMap) that the answers fit best, more than one if they fit equally well; *fits: whether they fit at all. Borrowed, in their order. */
GPtrArray *judge_find_maps (const GPtrArray *labs, const GPtrArray *maps, gboolean *fits);

/* Fills grade->rows, points and max_points; one row for all labs (of JudgedLab). */
void judge_labs (const GPtrArray *labs, const Rubric *rubric, const LeafMap *map, Grade *grade);
/* Takes those rows of `from`, which was judged by the same rubric and map, that could not be looked at in `grade` and could there. */
void judge_take_unjudged (Grade *grade, Grade *from);
/* The same by the map that fits best, and of several by the one that gives most, the rubric's before others; sets leaf_map and leaf_map_how too. */
void judge_by_best_map (const GPtrArray *labs, const GPtrArray *maps, const Rubric *rubric, Grade *grade);

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
  guint32 others[64][4];          /* answers to the program's other leaves, in order */
  guint nr_others;
  guint32 unknown[PROGRAM_LEAVES_MAX][4]; /* to the maps' leaves with reason 0: what a leaf says that nobody implements */
  guint64 op_ticks[CHALLENGE_OPS]; /* a hundred of each operation */
  guint64 kernel_lines;
} Baseline;
/* FALSE: the account is not whole. */
gboolean baseline_take (const Account *account, const AgentReport *report, Baseline *baseline);

/* One lab's run of a submission. */
typedef struct {
  Isa isa;
  const Program *program;
  GPtrArray *accounts;          /* of Account: one for each round */
  const AgentReport *report;
  const Baseline *baseline;
  const ReasonNames *names;
  const guint32 *leaves;        /* the program's */
  guint nr_leaves;
  const GPtrArray *findings;    /* of ScanFinding (module-scan.h) */
} JudgedLab;

/* The map of `maps` (of LeafMap) that the answers fit best; *how says why, newly allocated. preferred: taken where two fit equally well. */
const LeafMap *judge_find_map (const GPtrArray *labs, const GPtrArray *maps, const char *preferred, char **how);

/* Fills grade->rows, points and max_points; one row for all labs (of JudgedLab). */
void judge_labs (const GPtrArray *labs, const Rubric *rubric, const LeafMap *map, Grade *grade);

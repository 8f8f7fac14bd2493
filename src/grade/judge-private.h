/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the parts of the judgement share. Internal to grade/judge*.c. */
#pragma once
#include "grade/judge.h"
#include "grade/log-look.h"
#include "grade/ranges.h"

/* One lab, one round, one row at work. */
typedef struct {
  const JudgedLab *lab;
  const Account *account;
  guint round;           /* 0, 1 */
  const Rubric *rubric;
  const LeafMap *map;
  const LogLook *look;   /* where the kernel log tells; else NULL */
  const GArray *undefined, *ungraded, *not_enabled; /* of NumberRange, of this ISA */
} Judge;

/* Two reads of one leaf with one input, and what lies between. */
typedef struct {
  const AccountStep *before, *after;
  guint32 leaf, input;
  guint32 exits;       /* by how much eax grew, modulo 2^32 */
  guint64 cycles;      /* by how much ebx:ecx grew */
  guint64 cycles_swapped; /* ecx:ebx */
  guint64 all, of_input; /* exits in the log between: all, and those of reason `input` */
  gint64 ticks;        /* of the TSC between; -1 if not told */
} Delta;

/* All of it but the two reads, the leaf and the input, which are given; both reads must be done. */
void judge_fill_delta (const Judge *judge, Delta *delta);
/* The n-th window's reads of a leaf; input: G_MAXUINT32 for a total's (0). FALSE if it was not done or not answered. */
gboolean judge_delta (const Judge *judge, const ProgramWindow *window, guint32 leaf, gboolean of_reason, Delta *delta);
const ProgramWindow *judge_window (const Judge *judge, guint number);
guint judge_windows (const Judge *judge);
const struct challenge_step *judge_between (const Judge *judge, const ProgramWindow *window);
/* One vCPU, and no fastpath: whether the exits of one are to be counted the rubric says, and placement judges. */
gboolean judge_is_plain (const Judge *judge, const ProgramWindow *window);
gboolean judge_performed (const Judge *judge, const ProgramWindow *window); /* the machine can do it */
/* "svm: 317 × CPUID", with the round if there are two. Newly allocated. */
char *judge_window_name (const Judge *judge, const ProgramWindow *window);
/* "vmx, shadow paging: " … for cases without a window. */
char *judge_lab_name (const Judge *judge);
/* FALSE if L1's kernel died at a line that is known not to be the submission's: then what was not reached is nobody's fault. */
gboolean judge_blames (const Judge *judge);
/* "an oops, see stability": why something was not reached. Newly allocated. */
char *judge_crash_words (const Judge *judge);
/* TRUE if the kernel leaves this leaf as it is without the submission. */
gboolean judge_leaf_is_missing (const Judge *judge, guint32 leaf);
/* A completed fastpath's exits may be missing where the rubric says so. */
gboolean judge_exits_agree (const Judge *judge, const ProgramWindow *window, guint64 expected, guint64 of_op, guint32 seen);

/* How an operation's exits are handled in Linux 6.1 (vmx_handle_exit, svm_invoke_exit_handler). */
typedef enum {
  DISPATCH_TABLE,    /* by the vendor's table of handlers */
  DISPATCH_EARLY,    /* by CONFIG_RETPOLINE's chain, which returns before the table */
  DISPATCH_FASTPATH, /* completed before the exit handler is called, which returns early */
  DISPATCH_NONE,     /* hardly an exit */
} Dispatch;
Dispatch judge_dispatch (Isa isa, guint op);
gboolean judge_is_user (guint op);  /* QEMU handles it: most of the time is no exit handler's */
gboolean judge_is_heavy (guint op); /* handling it in the kernel is most of the time */

void judge_add_findings (const Judge *judge, GradeRow *row); /* updates that could get lost, in the compiled modules */
void judge_total_exits (const Judge *judge, GradeRow *row);
void judge_exits_per_reason (const Judge *judge, GradeRow *row);
void judge_sums (const Judge *judge, GradeRow *row);
void judge_concurrency (const Judge *judge, GradeRow *row);
void judge_total_cycles (const Judge *judge, GradeRow *row);
void judge_cycles_per_reason (const Judge *judge, GradeRow *row);
void judge_placement (const Judge *judge, GradeRow *row);
void judge_undefined (const Judge *judge, GradeRow *row);
void judge_not_enabled (const Judge *judge, GradeRow *row);
void judge_registers (const Judge *judge, GradeRow *row);
void judge_other_leaves (const Judge *judge, GradeRow *row);
void judge_log_volume (const Judge *judge, GradeRow *row);
void judge_cost (const Judge *judge, GradeRow *row);
void judge_stability (const Judge *judge, GradeRow *row);
void judge_log_interval (const Judge *judge, GradeRow *row);
void judge_log_totals (const Judge *judge, GradeRow *row);
void judge_log_counts (const Judge *judge, GradeRow *row);
void judge_log_types (const Judge *judge, GradeRow *row);
void judge_log_names (const Judge *judge, GradeRow *row);
void judge_log_raw_reason (const Judge *judge, GradeRow *row);
void judge_log_concurrency (const Judge *judge, GradeRow *row); /* judge_concurrency's, where the kernel log tells */
void judge_log_lines (const Judge *judge, GradeRow *row);       /* judge_log_volume's */

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Counts of exits against the emulator's log: total, by reason, their sum, and of two vCPUs at once. */
#include "grade/judge-private.h"

#include <string.h>

#include "grade/module-scan.h"

static char *
more (guint64 count)
{
  return g_strdup_printf ("%" G_GUINT64_FORMAT " more", count);
}

static void
add_total_case (const Judge *judge, const ProgramWindow *window, GradeRow *row)
{
  Delta delta;
  if (!judge_delta (judge, window, judge->map->total_exits, FALSE, &delta))
    return;
  grade_case_add (row, delta.exits == (guint32) delta.all, judge_window_name (judge, window), more (delta.all), more (delta.exits));
}

void
judge_total_exits (const Judge *judge, GradeRow *row)
{
  for (guint i = 0; i < judge_windows (judge); i++)
    {
      const ProgramWindow *window = judge_window (judge, i);
      if (judge_is_plain (judge, window))
        add_total_case (judge, window, row);
    }
}

/* --- by reason -------------------------------------------------------------------------------- */

/* Reads of a leaf in a snapshot: of one reason each. */
static gboolean
snapshot_delta (const Judge *judge, guint index, guint32 leaf, Delta *delta)
{
  const ProgramWindow *snapshot = &judge->lab->program->snapshot;
  const struct challenge_step *step = program_step (judge->lab->program, snapshot->before.first + index);
  if (step->a != leaf)
    return FALSE;
  *delta = (Delta){
    .before = account_step (judge->account, snapshot->before.first + index),
    .after = account_step (judge->account, snapshot->after.first + index),
    .leaf = leaf,
    .input = step->b,
  };
  if (!delta->before->done || !delta->after->done)
    return FALSE;
  judge_fill_delta (judge, delta);
  return TRUE;
}

static void
add_window_reason (const Judge *judge, const ProgramWindow *window, GradeRow *row)
{
  Delta delta;
  if (!judge_delta (judge, window, judge->map->reason_exits, TRUE, &delta) || (delta.of_input == 0 && delta.exits == 0))
    return;
  g_autofree char *name = judge_window_name (judge, window);
  grade_case_add (row, delta.exits == (guint32) delta.of_input, g_strdup_printf ("%s: reason %s (%u)", name, reason_name (judge->lab->names, delta.input), delta.input),
                  more (delta.of_input), more (delta.exits));
}

/* A reason that neither occurred nor was counted tells nothing. */
static void
add_snapshot_reasons (const Judge *judge, GradeRow *row)
{
  g_autofree char *lab = judge_lab_name (judge);
  for (guint i = 0; i < judge->lab->program->snapshot.before.count; i++)
    {
      Delta delta;
      if (!snapshot_delta (judge, i, judge->map->reason_exits, &delta) || (delta.of_input == 0 && delta.exits == 0) || ranges_have (judge->not_enabled, delta.input))
        continue;
      grade_case_add (row, delta.exits == (guint32) delta.of_input, g_strdup_printf ("%s: between two snapshots: reason %s (%u)", lab, reason_name (judge->lab->names, delta.input), delta.input),
                      more (delta.of_input), more (delta.exits));
    }
}

void
judge_exits_per_reason (const Judge *judge, GradeRow *row)
{
  for (guint i = 0; i < judge_windows (judge); i++)
    {
      const ProgramWindow *window = judge_window (judge, i);
      if (judge_is_plain (judge, window))
        add_window_reason (judge, window, row);
    }
  add_snapshot_reasons (judge, row);
}

/* --- sums ------------------------------------------------------------------------------------- */

typedef struct {
  guint64 exits, cycles, cycles_swapped; /* as answered, over all reasons */
  gboolean total_done;
  Delta total;                   /* of the first reason's reads */
} Sums;

static gboolean
add_up (const Judge *judge, Sums *sums)
{
  for (guint i = 0; i < judge->lab->program->snapshot.before.count; i++)
    {
      Delta delta;
      if (snapshot_delta (judge, i, judge->map->reason_exits, &delta))
        sums->exits += delta.exits;
      if (judge->map->reason_cycles != 0 && snapshot_delta (judge, i, judge->map->reason_cycles, &delta))
        {
          sums->cycles += delta.cycles;
          sums->cycles_swapped += delta.cycles_swapped;
        }
      if (!sums->total_done && snapshot_delta (judge, i, judge->map->total_exits, &sums->total))
        sums->total_done = TRUE;
    }
  return sums->total_done && account_step (judge->account, judge->lab->program->snapshot.after.first)->done;
}

/* Exits other than the reads' own while snapshots are read: each may be in the total's difference and not in its reason's, or the other way round. */
static guint64
reading_exits (const Judge *judge)
{
  const ProgramWindow *snapshot = &judge->lab->program->snapshot;
  const ProgramRange sides[] = { snapshot->before, snapshot->after };
  const struct challenge_op_info *cpuid = &challenge_ops[CHALLENGE_OP_CPUID];
  guint64 exits = 0;
  for (guint i = 0; i < G_N_ELEMENTS (sides); i++)
    {
      const guint from = account_step (judge->account, sides[i].first)->at, to = account_step (judge->account, sides[i].first + sides[i].count - 1)->at;
      exits += account_count (judge->account, from, to, ACCOUNT_ALL_REASONS) - account_count (judge->account, from, to, judge->lab->isa == ISA_VMX ? cpuid->vmx_reason : cpuid->svm_code);
    }
  return exits;
}

/* The time that reading a snapshot takes: sums and total of cycles are of instants that far apart. */
static guint64
reading_ticks (const Judge *judge)
{
  const ProgramWindow *snapshot = &judge->lab->program->snapshot;
  const ProgramRange sides[] = { snapshot->before, snapshot->after };
  guint64 ticks = 0;
  for (guint i = 0; i < G_N_ELEMENTS (sides); i++)
    ticks += (guint64) MAX (account_step (judge->account, sides[i].first + sides[i].count - 1)->tsc - account_step (judge->account, sides[i].first)->tsc, 0);
  return ticks;
}

static guint64
apart (guint64 a, guint64 b)
{
  return MAX (a, b) - MIN (a, b);
}

/* Which word is the high one is no question of sums. */
static void
add_cycles_sum (const Judge *judge, const Sums *sums, GradeRow *row)
{
  const ProgramWindow *snapshot = &judge->lab->program->snapshot;
  const guint64 tolerance = reading_ticks (judge);
  for (guint i = 0; i < snapshot->before.count; i++)
    {
      Delta total;
      if (!snapshot_delta (judge, i, judge->map->total_cycles, &total))
        continue;
      g_autofree char *lab = judge_lab_name (judge);
      grade_case_add (row, apart (total.cycles, sums->cycles) <= tolerance || apart (total.cycles_swapped, sums->cycles_swapped) <= tolerance,
                      g_strdup_printf ("%s: cycles of all reasons, against total cycles", lab), g_strdup_printf ("%" G_GUINT64_FORMAT ", give or take %" G_GUINT64_FORMAT, total.cycles, tolerance),
                      g_strdup_printf ("%" G_GUINT64_FORMAT, sums->cycles));
      return;
    }
}

void
judge_sums (const Judge *judge, GradeRow *row)
{
  const guint32 total_cycles = judge->map->total_cycles, reason_cycles = judge->map->reason_cycles;
  Sums sums = { 0 };
  if (program_less_leaf (judge->lab->less, judge->map->reason_exits) || !add_up (judge, &sums))
    return;
  /* Between its own two reads each reason has as many reads as the total has between its. */
  const guint64 tolerance = 2 * reading_exits (judge);
  const gint32 difference = (gint32) (guint32) (sums.exits - sums.total.exits);
  g_autofree char *lab = judge_lab_name (judge);
  /* What stands still adds up to nothing: that is no sum. */
  const gboolean counts = sums.total.exits > 0 || sums.total.all == 0;
  grade_case_add (row, counts && (guint64) ABS ((gint64) difference) <= tolerance, g_strdup_printf ("%s: exits of all reasons, against total exits", lab),
                  g_strdup_printf ("%u, give or take %" G_GUINT64_FORMAT, sums.total.exits, tolerance), g_strdup_printf ("%" G_GUINT64_FORMAT, sums.exits));
  if (program_less_leaf (judge->lab->less, reason_cycles) || program_less_leaf (judge->lab->less, total_cycles))
    return;
  if (reason_cycles != 0 && !judge_leaf_is_missing (judge, reason_cycles) && !judge_leaf_is_missing (judge, total_cycles))
    add_cycles_sum (judge, &sums, row);
}

/* --- two vCPUs -------------------------------------------------------------------------------- */

/* TRUE if the same operation on one vCPU alone was counted, once or twice, give or take what lies between: only then the second one is what is judged. */
static gboolean
alone_is_counted (const Judge *judge, guint op, guint32 leaf, gboolean of_reason)
{
  for (guint i = 0; i < judge_windows (judge); i++)
    {
      const ProgramWindow *window = judge_window (judge, i);
      Delta delta;
      if (window->concurrent || judge_between (judge, window)->op != op || !judge_delta (judge, window, leaf, of_reason, &delta))
        continue;
      const guint64 expected = of_reason ? delta.of_input : delta.all;
      return apart (delta.exits, expected) <= expected / 16 || apart (delta.exits, 2 * expected) <= expected / 16;
    }
  return FALSE;
}

/* TRUE if it could be judged. */
static gboolean
add_concurrent_case (const Judge *judge, const ProgramWindow *window, guint32 leaf, gboolean of_reason, GradeRow *row)
{
  const struct challenge_step *step = judge_between (judge, window);
  Delta delta;
  if (leaf == 0 || !judge_delta (judge, window, leaf, of_reason, &delta) || !judge_performed (judge, window) || !alone_is_counted (judge, step->op, leaf, of_reason))
    return FALSE;
  /* What else the second vCPU's start brings along may be counted wrongly for another reason: half of its share must be missing. */
  const guint64 expected = of_reason ? delta.of_input : delta.all;
  const gboolean ok = (guint64) delta.exits + step->b / 2 >= expected;
  g_autofree char *name = judge_window_name (judge, window);
  grade_case_add (row, ok, g_strdup_printf ("%s: %s", name, of_reason ? "exits of its reason" : "total exits"), more (expected), more (delta.exits));
  return TRUE;
}

void
judge_add_findings (const Judge *judge, GradeRow *row)
{
  guint found = 0;
  for (guint i = 0; i < judge->lab->findings->len; i++)
    {
      const ScanFinding *finding = g_ptr_array_index (judge->lab->findings, i);
      if (finding->kind != SCAN_UNLOCKED_UPDATE)
        continue;
      found++;
      grade_case_add (row, FALSE, g_strdup_printf ("%s.ko, %s(): %s", finding->module, finding->function, finding->symbol), g_strdup ("an update that no other vCPU can come between"),
                      g_strdup_printf ("%s, without a lock", finding->instruction));
    }
  if (found == 0)
    grade_case_add (row, TRUE, g_strdup_printf ("%s: updates of what vCPUs share, in the compiled modules", isa_name (judge->lab->isa)), g_strdup ("none that could get lost"), g_strdup ("none"));
}

void
judge_concurrency (const Judge *judge, GradeRow *row)
{
  guint judged = 0;
  for (guint i = 0; i < judge_windows (judge); i++)
    {
      const ProgramWindow *window = judge_window (judge, i);
      if (!window->concurrent)
        continue;
      judged += add_concurrent_case (judge, window, judge->map->total_exits, FALSE, row) ? 1 : 0;
      judged += add_concurrent_case (judge, window, judge->map->reason_exits, TRUE, row) ? 1 : 0;
    }
  /* A round that never came says nothing of it. */
  if (judged == 0 && !judge->account->complete && !judge_blames (judge))
    return;
  if (judged == 0 && (judge->round == 0 || judge->account->began))
    grade_case_add (row, FALSE, g_strdup_printf ("%s: two vCPUs", isa_name (judge->lab->isa)), g_strdup ("exits of both are counted"),
                    judge->account->complete ? g_strdup ("not even those of one are") : judge_crash_words (judge));
  if (judge->round == 0)
    judge_add_findings (judge, row);
}

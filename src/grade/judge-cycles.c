/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Cycles. What an exit's handling takes is nobody's number exactly, for everybody may begin and end the clock elsewhere. What is certain: it is more
 * than nothing, it is at least a part of the time that the guest waited where the kernel alone made it wait, and never more than all of it.
 */
#include "grade/judge-private.h"

#include "grade/module-scan.h"

/* Of a light exit, most of the guest's wait is the way in and out, which no handler's clock sees. */
#define LIGHT_DIVISOR 5u

/* Ticks that the operation took: the guest's own clock. */
static guint64
ticks_between (const Judge *judge, const ProgramWindow *window)
{
  const AccountStep *step = account_step (judge->account, window->between.first);
  return (guint64) step->registers[1] << 32 | step->registers[0];
}

/* What cycles must show at least for this window; 1: anything. */
static guint64
least_cycles (const Judge *judge, const ProgramWindow *window)
{
  const struct challenge_step *step = judge_between (judge, window);
  const Dispatch dispatch = judge_dispatch (judge->lab->isa, step->op);
  const guint64 part = ticks_between (judge, window) * judge->rubric->cycles_min_percent / 100;
  if (judge_is_user (step->op) || dispatch == DISPATCH_NONE)
    return 1;
  return MAX (judge_is_heavy (step->op) ? part : part / LIGHT_DIVISOR, 1);
}

static gboolean
is_plausible (const Judge *judge, const ProgramWindow *window, const Delta *delta, guint64 cycles)
{
  return cycles >= least_cycles (judge, window) && cycles <= (guint64) MAX (delta->ticks, 0);
}

static char *
describe_cycles (const Judge *judge, const ProgramWindow *window, const Delta *delta)
{
  if (!is_plausible (judge, window, delta, delta->cycles) && is_plausible (judge, window, delta, delta->cycles_swapped))
    return g_strdup_printf ("%" G_GUINT64_FORMAT " more as EBX:ECX; %" G_GUINT64_FORMAT " as ECX:EBX", delta->cycles, delta->cycles_swapped);
  if (delta->cycles > G_MAXINT64)
    return g_strdup_printf ("%" G_GUINT64_FORMAT " fewer", -delta->cycles);
  return g_strdup_printf ("%" G_GUINT64_FORMAT " more", delta->cycles);
}

static void
add_case (const Judge *judge, const ProgramWindow *window, const Delta *delta, const char *of, GradeRow *row)
{
  g_autofree char *name = judge_window_name (judge, window);
  grade_case_add (row, is_plausible (judge, window, delta, delta->cycles), g_strdup_printf ("%s: %s", name, of),
                  g_strdup_printf ("%" G_GUINT64_FORMAT " to %" G_GINT64_FORMAT " more", least_cycles (judge, window), delta->ticks), describe_cycles (judge, window, delta));
}

static void
add_narrow (const Judge *judge, GradeRow *row)
{
  for (guint i = 0; judge->round == 0 && i < judge->lab->findings->len; i++)
    {
      const ScanFinding *finding = g_ptr_array_index (judge->lab->findings, i);
      if (finding->kind != SCAN_NARROW_CYCLES)
        continue;
      grade_case_add (row, FALSE, g_strdup_printf ("%s.ko, %s(): %s", finding->module, finding->function, finding->symbol), g_strdup ("cycles kept in 64 bits"),
                      g_strdup_printf ("%s: 32 bits", finding->instruction));
      row->flawed = TRUE;
    }
}

/* From the first window to the last: no less than what the windows between showed, and no more than the time. In the svm lab that is beyond 32 bits. */
static void
add_long_case (const Judge *judge, GradeRow *row)
{
  Delta delta, first = { 0 }, last = { 0 };
  guint64 sum = 0;
  for (guint i = 0; i < judge_windows (judge); i++)
    {
      const ProgramWindow *window = judge_window (judge, i);
      if (!judge_delta (judge, window, judge->map->total_cycles, FALSE, &delta))
        continue;
      if (judge_is_plain (judge, window) && !is_plausible (judge, window, &delta, delta.cycles))
        return; /* told by the window itself */
      first = first.before == NULL ? delta : first;
      last = delta;
      sum += delta.cycles;
    }
  if (first.before == NULL || first.before == last.before)
    return;
  g_autofree char *lab = judge_lab_name (judge);
  const guint64 begin = (guint64) first.before->registers[1] << 32 | first.before->registers[2];
  const guint64 end = (guint64) last.after->registers[1] << 32 | last.after->registers[2];
  const gint64 ticks = last.after->tsc - first.before->tsc;
  grade_case_add (row, end - begin >= sum && end - begin <= (guint64) MAX (ticks, 0), g_strdup_printf ("%s: total cycles over all windows, beyond 32 bits where the lab is long enough", lab),
                  g_strdup_printf ("%" G_GUINT64_FORMAT " to %" G_GINT64_FORMAT " more", sum, ticks), g_strdup_printf ("from %" G_GUINT64_FORMAT " to %" G_GUINT64_FORMAT, begin, end));
}

void
judge_total_cycles (const Judge *judge, GradeRow *row)
{
  for (guint i = 0; i < judge_windows (judge); i++)
    {
      const ProgramWindow *window = judge_window (judge, i);
      Delta delta;
      if (judge_is_plain (judge, window) && judge_delta (judge, window, judge->map->total_cycles, FALSE, &delta) && account_step (judge->account, window->between.first)->done)
        add_case (judge, window, &delta, "total cycles", row);
    }
  add_long_case (judge, row);
  add_narrow (judge, row);
}

/* Only windows whose operation really exits by its own reason: under shadow paging a page that is touched exits by another. */
void
judge_cycles_per_reason (const Judge *judge, GradeRow *row)
{
  for (guint i = 0; i < judge_windows (judge); i++)
    {
      const ProgramWindow *window = judge_window (judge, i);
      Delta delta;
      if (!judge_is_plain (judge, window) || !judge_delta (judge, window, judge->map->reason_cycles, TRUE, &delta) || delta.of_input < judge_between (judge, window)->a / 2 || delta.of_input == 0)
        continue;
      g_autofree char *of = g_strdup_printf ("cycles of reason %s (%u)", reason_name (judge->lab->names, delta.input), delta.input);
      add_case (judge, window, &delta, of, row);
    }
  add_narrow (judge, row);
}

/* --- placement -------------------------------------------------------------------------------- */

typedef struct {
  guint windows, right, few; /* windows; counted right; with fewer exits than there were */
} Tally;

typedef enum { COUNT_UNKNOWN, COUNT_FEW, COUNT_OFF, COUNT_RIGHT } Count;

/* What a leaf says of a window. Some exits of L1's own lie in every window; most of the window's must be missing to be told from a counter that is merely off. */
static Count
count_by (const Judge *judge, const ProgramWindow *window, guint32 leaf, gboolean of_reason)
{
  const guint32 repetitions = judge_between (judge, window)->a;
  Delta delta;
  if (judge_leaf_is_missing (judge, leaf) || !judge_delta (judge, window, leaf, of_reason, &delta))
    return COUNT_UNKNOWN;
  const guint64 expected = of_reason ? delta.of_input : delta.all;
  if (expected == 0)
    return COUNT_UNKNOWN;
  if (judge_exits_agree (judge, window, expected, repetitions, delta.exits) || delta.exits == 2 * expected)
    return COUNT_RIGHT; /* in two places: no exit is missed */
  return (guint64) delta.exits + repetitions / 2 < expected ? COUNT_FEW : COUNT_OFF;
}

/* What either leaf counts is counted in its place; that the other does not tell it is another row's. */
static void
tally_exits (const Judge *judge, Tally tallies[DISPATCH_NONE + 1])
{
  for (guint i = 0; i < judge_windows (judge); i++)
    {
      const ProgramWindow *window = judge_window (judge, i);
      const Count total = count_by (judge, window, judge->map->total_exits, FALSE), of_reason = count_by (judge, window, judge->map->reason_exits, TRUE);
      const Count count = MAX (total, of_reason);
      Tally *tally = &tallies[judge_dispatch (judge->lab->isa, judge_between (judge, window)->op)];
      if (window->concurrent)
        continue;
      tally->windows += count != COUNT_UNKNOWN ? 1 : 0;
      tally->right += count == COUNT_RIGHT ? 1 : 0;
      tally->few += count == COUNT_FEW ? 1 : 0;
    }
}

static void
add_exits_placement (const Judge *judge, const char *lab, GradeRow *row)
{
  static const struct {
    Dispatch dispatch;
    const char *what;
  } kinds[] = {
    { DISPATCH_TABLE, "exits that the table of handlers dispatches" },
    { DISPATCH_EARLY, "exits that are handled before the table of handlers" },
    { DISPATCH_FASTPATH, "exits that a fastpath completes before the handler" },
  };
  Tally tallies[DISPATCH_NONE + 1] = { 0 };
  guint right = 0, windows = 0;
  tally_exits (judge, tallies);
  for (guint i = 0; i < G_N_ELEMENTS (kinds); i++)
    {
      right += tallies[kinds[i].dispatch].right;
      windows += tallies[kinds[i].dispatch].windows;
    }
  /* A few right ones among many wrong are luck. */
  const gboolean counted = right * 3 >= windows;
  for (guint i = 0; i < G_N_ELEMENTS (kinds); i++)
    {
      const Tally *tally = &tallies[kinds[i].dispatch];
      if (tally->windows == 0)
        continue;
      grade_case_add (row, tally->few == 0 && right > 0 && counted, g_strdup_printf ("%s: %s", lab, kinds[i].what), g_strdup ("counted"),
                      tally->few > 0 ? g_strdup_printf ("not counted in %u of %u windows", tally->few, tally->windows)
                                     : right > 0 && counted ? g_strdup ("counted") : g_strdup_printf ("the count is right in %u of all %u windows", right, windows));
    }
}

/* Cycles that are there but too few: the clock does not run while the handler does. */
static void
add_cycles_placement (const Judge *judge, const char *lab, GradeRow *row)
{
  const guint32 total = judge->map->total_cycles, by_reason = judge->map->reason_cycles;
  const gboolean has_total = total != 0 && !judge_leaf_is_missing (judge, total);
  guint few = 0, windows = 0;
  for (guint i = 0; i < judge_windows (judge); i++)
    {
      const ProgramWindow *window = judge_window (judge, i);
      Delta delta;
      if (window->concurrent || !judge_is_heavy (judge_between (judge, window)->op) || !judge_delta (judge, window, has_total ? total : by_reason, !has_total, &delta))
        continue;
      if (delta.cycles == 0 || delta.cycles > (guint64) MAX (delta.ticks, 0) || (!has_total && delta.of_input == 0))
        continue;
      windows++;
      few += delta.cycles < least_cycles (judge, window) ? 1 : 0;
    }
  if (windows > 0)
    grade_case_add (row, few == 0, g_strdup_printf ("%s: cycles of exits whose handler takes long", lab), g_strdup ("the handler's time is in them"),
                    few > 0 ? g_strdup_printf ("hardly any of it in %u of %u windows", few, windows) : g_strdup ("it is"));
}

void
judge_placement (const Judge *judge, GradeRow *row)
{
  g_autofree char *lab = judge_lab_name (judge);
  add_exits_placement (judge, lab, row);
  add_cycles_placement (judge, lab, row);
}

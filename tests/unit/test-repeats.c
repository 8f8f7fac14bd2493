/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Figures over several runs of a lab: gathered by name, what is missing in one counts as 0. */
#include "unit/unit.h"

#include "report/tables.h"
#include "stats/repeats.h"

static LabSummary *
summary_of (guint64 boot_exits, guint64 cpuids, guint64 sleeps)
{
  LabSummary *s = lab_summary_new (ISA_VMX);
  const SpanSummary phase = { .name = "firmware", .start_ns = 10, .end_ns = 10 + (gint64) boot_exits, .exits = boot_exits };
  const ReasonSummary reason = { .code = 10, .exits = cpuids };
  const OperationSummary operation = { .number = OPERATION_SLEEP, .exits = sleeps, .reasons = g_array_new (FALSE, FALSE, sizeof (OperationReason)) };

  s->windows[WINDOW_BOOT] = (SpanSummary) { .exits = boot_exits, .end_ns = 1000 };
  s->windows[WINDOW_ALL] = (SpanSummary) { .exits = 2 * boot_exits };
  g_array_append_val (s->phases, phase);
  if (cpuids > 0)
    g_array_append_val (s->reasons[WINDOW_BOOT], reason);
  if (sleeps > 0)
    g_array_append_val (s->operations, operation);
  else
    g_array_unref (operation.reasons);
  return s;
}

static void
test_medians (void **state)
{
  g_autoptr (LabSummary) a = summary_of (100, 7, 0), b = summary_of (300, 0, 40), c = summary_of (200, 9, 0);
  const LabSummary *const summaries[] = { a, b, c };
  g_autoptr (GPtrArray) metrics = repeats_measure (summaries, 3);
  g_autoptr (GString) csv = table_repeats (metrics);

  (void) state;
  /* Of three values the 95 % interval of the median reaches from the least to the greatest: each is drawn alone often enough. */
  assert_string_equal (csv->str, "metric,n,median,low,high\n"
                                 "exits:window=boot,3,200,100,300\n"
                                 "ns:window=boot,3,1000,1000,1000\n"
                                 "exits:window=all,3,400,200,600\n"
                                 "exits:phase=firmware,3,200,100,300\n"
                                 "ns:phase=firmware,3,200,100,300\n"
                                 "exits:reason=10,3,7,0,9\n"
                                 "exits:operation=sleep,3,0,0,40\n");
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_medians),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}

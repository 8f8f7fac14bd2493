/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What stands where in a summary. */
#include "stats/summary.h"

#include <string.h>

#include "record/operations.h"

gboolean
lab_summary_has_window (const LabSummary *s, Window window)
{
  return window <= WINDOW_ALL || s->windows[window].name != NULL;
}

const ReasonSummary *
lab_summary_reason (const LabSummary *s, Window window, guint32 code)
{
  for (guint i = 0; i < s->reasons[window]->len; i++)
    {
      const ReasonSummary *reason = &g_array_index (s->reasons[window], ReasonSummary, i);
      if (reason->code == code)
        return reason;
    }
  return NULL;
}

static gint
compare_cycles (gconstpointer a, gconstpointer b)
{
  const ReasonSummary *x = *(const ReasonSummary *const *) a, *y = *(const ReasonSummary *const *) b;
  if (x->cycles != y->cycles)
    return x->cycles > y->cycles ? -1 : 1;
  return x->code < y->code ? -1 : x->code > y->code;
}

GPtrArray *
lab_summary_by_cycles (const LabSummary *s, Window window)
{
  GPtrArray *sorted = g_ptr_array_new ();

  for (guint i = 0; i < s->reasons[window]->len; i++)
    g_ptr_array_add (sorted, &g_array_index (s->reasons[window], ReasonSummary, i));
  g_ptr_array_sort (sorted, compare_cycles);
  return sorted;
}

const KindSummary *
lab_summary_kind (const LabSummary *s, const char *name)
{
  for (guint i = 0; i < s->kinds->len; i++)
    if (strcmp (g_array_index (s->kinds, KindSummary, i).name, name) == 0)
      return &g_array_index (s->kinds, KindSummary, i);
  return NULL;
}

const SpanSummary *
lab_summary_phase (const LabSummary *s, const char *name)
{
  for (guint i = 0; i < s->phases->len; i++)
    if (strcmp (g_array_index (s->phases, SpanSummary, i).name, name) == 0)
      return &g_array_index (s->phases, SpanSummary, i);
  return NULL;
}

const OperationSummary *
lab_summary_operation (const LabSummary *s, guint number)
{
  for (guint i = 0; s->operations != NULL && i < s->operations->len; i++)
    if (g_array_index (s->operations, OperationSummary, i).number == number)
      return &g_array_index (s->operations, OperationSummary, i);
  return NULL;
}

static gint
compare_shares (gconstpointer a, gconstpointer b)
{
  const UnitSummary *x = *(const UnitSummary *const *) a, *y = *(const UnitSummary *const *) b;
  if (x->share_milli != y->share_milli)
    return x->share_milli > y->share_milli ? -1 : 1;
  return x < y ? -1 : x > y;
}

GPtrArray *
lab_summary_top_units (const LabSummary *s)
{
  GPtrArray *units = g_ptr_array_new ();

  for (guint i = 0; s->units != NULL && i < s->units->len; i++)
    {
      UnitSummary *unit = &g_array_index (s->units, UnitSummary, i);
      if (unit->exits > 0 && unit->active_ns <= s->windows[WINDOW_BOOT].end_ns)
        g_ptr_array_add (units, unit);
    }
  g_ptr_array_sort (units, compare_shares);
  return units;
}

gboolean
operation_is_calibration (guint number)
{
  return number == OPERATION_CALIBRATION || number == OPERATION_CALIBRATION_LINUX;
}

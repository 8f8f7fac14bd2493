/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The CSV files, row by row. */
#include "report/tables.h"

#include "report/csv.h"

#define COMMA(out) g_string_append_c (out, ',')
#define END_ROW(out) g_string_append_c (out, '\n')

GString *
table_timeline (const LabSummary *s)
{
  GString *out = g_string_new ("t_ns,phase,exits,cycles\n");

  for (guint i = 0; i < s->rows->len; i++)
    {
      const SeriesRow *row = &g_array_index (s->rows, SeriesRow, i);
      csv_number (out, row->t_ns);
      COMMA (out);
      csv_text (out, g_array_index (s->phases, SpanSummary, row->phase).name);
      COMMA (out);
      csv_unsigned (out, row->exits);
      COMMA (out);
      csv_unsigned (out, row->cycles);
      END_ROW (out);
    }
  return out;
}

static void
timeline_reasons_row (GString *out, const LabSummary *s, const ReasonNames *names, guint row)
{
  for (guint i = 0; i < s->codes->len; i++)
    {
      const guint32 code = g_array_index (s->codes, guint32, i);
      const SeriesCell *cell = &g_array_index (s->cells, SeriesCell, (gsize) row * s->codes->len + i);
      if (cell->exits == 0)
        continue;
      csv_number (out, g_array_index (s->rows, SeriesRow, row).t_ns);
      COMMA (out);
      csv_unsigned (out, code);
      COMMA (out);
      csv_text (out, reason_name (names, code));
      COMMA (out);
      csv_unsigned (out, cell->exits);
      COMMA (out);
      csv_unsigned (out, cell->cycles);
      END_ROW (out);
    }
}

GString *
table_timeline_reasons (const LabSummary *s, const ReasonNames *names)
{
  GString *out = g_string_new ("t_ns,reason,name,exits,cycles\n");

  for (guint i = 0; i < s->rows->len; i++)
    timeline_reasons_row (out, s, names, i);
  return out;
}

static void
phases_row (GString *out, const SpanSummary *phase)
{
  const gint64 dispersion = dispersion_micro (&phase->dispersion);

  csv_text (out, phase->name);
  COMMA (out);
  csv_number (out, phase->start_ns);
  COMMA (out);
  csv_number (out, phase->end_ns);
  COMMA (out);
  csv_number (out, phase->end_ns - phase->start_ns);
  COMMA (out);
  csv_unsigned (out, phase->exits);
  COMMA (out);
  csv_fixed (out, span_rate_milli (phase), 3);
  COMMA (out);
  csv_unsigned (out, phase->cycles);
  COMMA (out);
  if (phase->exits > 0)
    csv_unsigned (out, phase->top_code);
  COMMA (out);
  csv_fixed (out, arith_ratio (phase->top_exits, 1000000, phase->exits), 6);
  COMMA (out);
  if (dispersion >= 0)
    csv_fixed (out, (guint64) dispersion, 6);
  END_ROW (out);
}

GString *
table_phases (const LabSummary *s)
{
  GString *out = g_string_new ("phase,start_ns,end_ns,duration_ns,exits,exits_per_s,cycles,top_reason,top_share,dispersion\n");

  for (guint i = 0; i < s->phases->len; i++)
    phases_row (out, &g_array_index (s->phases, SpanSummary, i));
  return out;
}

static void
reasons_row (GString *out, const SpanSummary *window, const ReasonSummary *reason, const ReasonNames *names)
{
  csv_unsigned (out, reason->code);
  COMMA (out);
  csv_text (out, reason_name (names, reason->code));
  COMMA (out);
  csv_text (out, window->name);
  COMMA (out);
  csv_unsigned (out, reason->exits);
  COMMA (out);
  csv_fixed (out, arith_ratio (reason->exits, 1000000, window->exits), 6);
  COMMA (out);
  csv_unsigned (out, reason->cycles);
  COMMA (out);
  csv_fixed (out, arith_ratio (reason->cycles, 1000, reason->exits), 3);
  COMMA (out);
  csv_unsigned (out, reason->cycles_p50);
  COMMA (out);
  csv_unsigned (out, reason->cycles_p99);
  COMMA (out);
  csv_number (out, reason->first_ns);
  COMMA (out);
  csv_number (out, reason->last_ns);
  END_ROW (out);
}

GString *
table_reasons (const LabSummary *s, const ReasonNames *names)
{
  GString *out = g_string_new ("reason,name,window,exits,share,cycles,cycles_mean,cycles_p50,cycles_p99,first_ns,last_ns\n");

  for (Window w = 0; w < WINDOWS; w++)
    for (guint i = 0; i < s->reasons[w]->len; i++)
      reasons_row (out, &s->windows[w], &g_array_index (s->reasons[w], ReasonSummary, i), names);
  return out;
}

GString *
table_checks (const Checks *checks)
{
  GString *out = g_string_new ("check,expected,actual,verdict\n");

  for (guint i = 0; i < checks->rows->len; i++)
    {
      const CheckRow *row = g_ptr_array_index (checks->rows, i);
      csv_text (out, row->check);
      COMMA (out);
      csv_text (out, row->expected);
      COMMA (out);
      csv_text (out, row->actual);
      COMMA (out);
      csv_text (out, row->verdict);
      END_ROW (out);
    }
  return out;
}

static void
segments_row (GString *out, const LabSummary *s, const SegmentSummary *segment)
{
  csv_number (out, segment->start_ns);
  COMMA (out);
  csv_number (out, segment->end_ns);
  COMMA (out);
  csv_unsigned (out, segment->exits);
  COMMA (out);
  csv_fixed (out, arith_ratio (segment->exits, G_GUINT64_CONSTANT (1000000000000), (guint64) (segment->end_ns - segment->start_ns)), 3);
  COMMA (out);
  csv_text (out, segment->burst ? "yes" : "no");
  COMMA (out);
  if (segment->exits > 0)
    csv_unsigned (out, segment->top_code);
  COMMA (out);
  if (segment->exits > 0)
    csv_fixed (out, arith_ratio (segment->top_exits, 1000000, segment->exits), 6);
  COMMA (out);
  if (segment->exits > 0)
    csv_text (out, g_array_index (s->kinds, KindSummary, segment->top_kind).name);
  COMMA (out);
  if (segment->exits > 0)
    csv_fixed (out, arith_ratio (segment->top_kind_exits, 1000000, segment->exits), 6);
  END_ROW (out);
}

GString *
table_segments (const LabSummary *s)
{
  GString *out = g_string_new ("start_ns,end_ns,exits,exits_per_s,burst,top_reason,top_share,top_kind,top_kind_share\n");

  for (guint i = 0; i < s->segments->len; i++)
    segments_row (out, s, &g_array_index (s->segments, SegmentSummary, i));
  return out;
}

static void
kinds_row (GString *out, const LabSummary *s, const KindSummary *kind, Window window)
{
  csv_text (out, kind->name);
  COMMA (out);
  csv_text (out, window_name (window));
  COMMA (out);
  csv_unsigned (out, kind->exits[window]);
  COMMA (out);
  csv_fixed (out, arith_ratio (kind->exits[window], 1000000, s->windows[window].exits), 6);
  COMMA (out);
  csv_unsigned (out, kind->cycles[window]);
  END_ROW (out);
}

GString *
table_kinds (const LabSummary *s)
{
  GString *out = g_string_new ("kind,window,exits,share,cycles\n");

  for (Window w = 0; w < WINDOWS; w++)
    for (guint i = 0; i < s->kinds->len; i++)
      {
        const KindSummary *kind = &g_array_index (s->kinds, KindSummary, i);
        if (kind->exits[w] > 0)
          kinds_row (out, s, kind, w);
      }
  return out;
}

static void
operations_row (GString *out, const OperationSummary *operation)
{
  csv_text (out, record_operations[operation->number].name);
  COMMA (out);
  csv_unsigned (out, operation->repetitions);
  COMMA (out);
  csv_unsigned (out, operation->exits);
  COMMA (out);
  csv_fixed (out, arith_ratio (operation->exits, 1000, operation->repetitions), 3);
  COMMA (out);
  csv_fixed (out, arith_ratio (operation->cycles, 1000, operation->repetitions), 3);
  COMMA (out);
  if (operation->reasons->len > 0)
    csv_unsigned (out, g_array_index (operation->reasons, OperationReason, 0).code);
  COMMA (out);
  if (operation->reasons->len > 0)
    csv_fixed (out, arith_ratio (g_array_index (operation->reasons, OperationReason, 0).exits, 1000000, operation->raw_exits), 6);
  END_ROW (out);
}

GString *
table_operations (const LabSummary *s)
{
  GString *out = g_string_new ("operation,repetitions,exits,exits_per_op,cycles_per_op,top_reason,top_share\n");

  for (guint i = 0; i < s->operations->len; i++)
    operations_row (out, &g_array_index (s->operations, OperationSummary, i));
  return out;
}

static void
operation_reasons_row (GString *out, const OperationSummary *operation, const OperationReason *reason, const ReasonNames *names)
{
  csv_text (out, record_operations[operation->number].name);
  COMMA (out);
  csv_unsigned (out, reason->code);
  COMMA (out);
  csv_text (out, reason_name (names, reason->code));
  COMMA (out);
  csv_unsigned (out, reason->exits);
  COMMA (out);
  csv_fixed (out, arith_ratio (reason->exits, 1000, operation->repetitions), 3);
  COMMA (out);
  csv_unsigned (out, reason->cycles);
  END_ROW (out);
}

GString *
table_operation_reasons (const LabSummary *s, const ReasonNames *names)
{
  GString *out = g_string_new ("operation,reason,name,exits,exits_per_op,cycles\n");

  for (guint i = 0; i < s->operations->len; i++)
    {
      const OperationSummary *operation = &g_array_index (s->operations, OperationSummary, i);
      for (guint k = 0; k < operation->reasons->len; k++)
        operation_reasons_row (out, operation, &g_array_index (operation->reasons, OperationReason, k), names);
    }
  return out;
}

static void
units_row (GString *out, const char *name, const UnitSummary *unit, gint64 duration_ns)
{
  const gboolean was_active = unit->active_ns >= unit->start_ns;

  csv_text (out, name);
  COMMA (out);
  csv_number (out, unit->start_ns);
  COMMA (out);
  if (was_active)
    csv_number (out, unit->active_ns);
  COMMA (out);
  if (was_active)
    csv_number (out, duration_ns);
  COMMA (out);
  csv_unsigned (out, unit->exits);
  COMMA (out);
  csv_unsigned (out, unit->alone);
  COMMA (out);
  csv_fixed (out, unit->share_milli, 3);
  COMMA (out);
  csv_unsigned (out, unit->cycles);
  COMMA (out);
  if (unit->exits > 0)
    csv_unsigned (out, unit->top_code);
  COMMA (out);
  if (unit->exits > 0)
    csv_fixed (out, arith_ratio (unit->top_exits, 1000000, unit->exits), 6);
  END_ROW (out);
}

GString *
table_units (const LabSummary *s)
{
  GString *out = g_string_new ("unit,start_ns,active_ns,duration_ns,exits,exits_alone,exits_share,cycles,top_reason,top_share\n");

  for (guint i = 0; i < s->units->len; i++)
    {
      const UnitSummary *unit = &g_array_index (s->units, UnitSummary, i);
      units_row (out, unit->name, unit, unit->active_ns - unit->start_ns);
    }
  if (s->units->len > 0)
    units_row (out, UNIT_NONE, &s->no_unit, s->no_unit.idle_ns);
  return out;
}

GString *
table_repeats (const GPtrArray *metrics)
{
  GString *out = g_string_new ("metric,n,median,low,high\n");

  for (guint i = 0; i < metrics->len; i++)
    {
      const RepeatedMetric *metric = g_ptr_array_index (metrics, i);
      csv_text (out, metric->metric);
      g_string_append_printf (out, ",%u,%" G_GUINT64_FORMAT ",%" G_GUINT64_FORMAT ",%" G_GUINT64_FORMAT "\n", metric->interval.n, metric->interval.median,
                              metric->interval.low, metric->interval.high);
    }
  return out;
}

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

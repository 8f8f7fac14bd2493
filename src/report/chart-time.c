/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Time axes, phases along them, and a lab's series in columns. */
#include <math.h>

#include "report/chart.h"

#define PHASES_MAX 64u /* whose names are laid out */
#define PHASE_ROWS 3

double
chart_tick_step (double range, guint n)
{
  double step = 1;

  if (!(range > 0) || n == 0)
    return 1;
  while (range / step > n)
    step *= 10;
  while (range / step * 10 <= n)
    step /= 10;
  if (range / step * 5 <= n)
    return step / 5;
  return range / step * 2 <= n ? step / 2 : step;
}

double
time_x (const TimeScale *scale, gint64 t_ns)
{
  if (scale->end_ns <= 0)
    return scale->x0;
  return scale->x0 + (scale->x1 - scale->x0) * CLAMP ((double) t_ns / (double) scale->end_ns, 0, 1);
}

/* In the unit that suits the axis: seconds, or what is 1e3 or 1e6 times finer. */
void
chart_time_axis (GString *out, const TimeScale *scale, double y)
{
  const double end = (double) MAX (scale->end_ns, 1);
  const double unit = end >= 0.2e9 ? 1e9 : end >= 0.2e6 ? 1e6 : 1e3;
  g_autoptr (GString) widest = g_string_new (" ms");
  say_value (widest, end / unit);
  const double room = (scale->x1 - scale->x0) / (chart_text_width (widest->str) + 24);
  const double step = chart_tick_step (end / unit, (guint) CLAMP (room, 1, 8));
  const guint n = (guint) (end / unit / step + 1e-9);

  chart_line (out, "axis", scale->x0, y, scale->x1, y);
  for (guint i = 0; i <= n; i++)
    {
      const double x = scale->x0 + (scale->x1 - scale->x0) * step * i * unit / end;
      g_autoptr (GString) text = g_string_new (NULL);

      chart_line (out, "axis", x, y, x, y + 5);
      say_value (text, step * i);
      if (i == n)
        g_string_append (text, unit >= 1e9 ? " s" : unit >= 1e6 ? " ms" : " µs");
      chart_text (out, x + chart_text_width (text->str) / 2 > CHART_WIDTH - 4 ? "a e" : "a m",
                  MIN (x, CHART_X1 + (i == n ? 0 : 16)), y + 21, text->str);
    }
}

typedef struct {
  double x, width; /* of the name's middle */
  double at;       /* the phase's middle, where its leader goes down to the bands */
  int row;         /* 0 is next to the bands; -1: no room */
} PhaseLabel;

/* Names and leaders must cross no other name. */
static gboolean
is_free (const PhaseLabel *labels, guint n, const PhaseLabel *label, int row)
{
  for (guint i = 0; i < n; i++)
    {
      const PhaseLabel *other = &labels[i];
      if (other->row == row && fabs (other->x - label->x) < (other->width + label->width) / 2 + 6)
        return FALSE;
      if (other->row > row && fabs (other->at - label->x) < label->width / 2 + 3)
        return FALSE;
      if (other->row >= 0 && other->row < row && fabs (other->x - label->at) < other->width / 2 + 3)
        return FALSE;
    }
  return TRUE;
}

/* In the lowest row that has room; over its leader, or to either side of it. */
static void
place_label (PhaseLabel *labels, guint n, PhaseLabel *label, const TimeScale *scale)
{
  for (int row = 0; row < PHASE_ROWS && label->row < 0; row++)
    for (int side = 0; side < 5 && label->row < 0; side++)
      {
        PhaseLabel try = *label;
        const double half = label->width / 2, shifts[] = { 0, half - 3, 3 - half, half + 4, -half - 4 };
        try.x = CLAMP (label->at + shifts[side], scale->x0 + half, MAX (scale->x1 - half, scale->x0 + half));
        if (is_free (labels, n, &try, row))
          {
            label->x = try.x;
            label->row = row;
          }
      }
}

static gint
compare_durations (gconstpointer a, gconstpointer b, gpointer phases)
{
  const SpanSummary *x = &g_array_index ((GArray *) phases, SpanSummary, *(const guint *) a);
  const SpanSummary *y = &g_array_index ((GArray *) phases, SpanSummary, *(const guint *) b);
  const gint64 dx = x->end_ns - x->start_ns, dy = y->end_ns - y->start_ns;
  return dx != dy ? (dx > dy ? -1 : 1) : x < y ? -1 : x > y;
}

/* The longest first; phases without a duration have no name. Returns the rows used. */
static guint
place_labels (const LabSummary *s, guint n, const TimeScale *scale, PhaseLabel *labels)
{
  guint order[PHASES_MAX], rows = 0;

  for (guint i = 0; i < n; i++)
    {
      const SpanSummary *phase = &g_array_index (s->phases, SpanSummary, i);
      const double middle = (time_x (scale, phase->start_ns) + time_x (scale, phase->end_ns)) / 2;
      labels[i] = (PhaseLabel) { middle, chart_text_width (phase->name) * 0.9, middle, -1 };
      order[i] = i;
    }
  if (n > 0)
    g_qsort_with_data (order, (gint) n, sizeof *order, compare_durations, s->phases);
  for (guint i = 0; i < n; i++)
    {
      const SpanSummary *phase = &g_array_index (s->phases, SpanSummary, order[i]);
      if (phase->end_ns > phase->start_ns)
        place_label (labels, n, &labels[order[i]], scale);
      rows = MAX (rows, (guint) (labels[order[i]].row + 1));
    }
  return rows;
}

static guint
phases_shown (const LabSummary *s, guint n)
{
  return MIN (MIN (n, chart_len (s->phases)), PHASES_MAX);
}

guint
chart_phase_rows (const LabSummary *s, guint n, const TimeScale *scale)
{
  PhaseLabel labels[PHASES_MAX];
  return MAX (place_labels (s, phases_shown (s, n), scale, labels), 1);
}

void
chart_phases (GString *out, const LabSummary *s, guint n, const TimeScale *scale, double y, double height)
{
  PhaseLabel labels[PHASES_MAX];

  n = phases_shown (s, n);
  place_labels (s, n, scale, labels);
  for (guint i = 0; i < n; i++)
    {
      const SpanSummary *phase = &g_array_index (s->phases, SpanSummary, i);
      const double a = time_x (scale, phase->start_ns), b = time_x (scale, phase->end_ns);
      g_autoptr (GString) tooltip = g_string_new (NULL);

      say_phase (tooltip, phase);
      chart_rect (out, i % 2 == 0 ? "band" : "hit", a, y, b - a, height, tooltip->str);
      if (labels[i].row > 0 || (labels[i].row == 0 && labels[i].width > b - a))
        chart_line (out, "axis", labels[i].at, y - 3 - labels[i].row * CHART_PHASE_ROW, labels[i].at, y);
      if (labels[i].row >= 0)
        chart_text (out, "a m", labels[i].x, y - 7 - labels[i].row * CHART_PHASE_ROW, phase->name);
    }
}

GArray *
chart_columns (const LabSummary *s, gint64 end_ns, guint max)
{
  GArray *edges = g_array_new (FALSE, FALSE, sizeof (ColumnEdge));
  const ColumnEdge start = { 0, EDGE_START }, end = { end_ns, EDGE_END };
  guint first = 0, last;

  g_array_append_val (edges, start);
  if (end_ns <= 0)
    return edges;
  while (first < chart_len (s->rows) && g_array_index (s->rows, SeriesRow, first).t_ns <= 0)
    first++;
  for (last = first; last < chart_len (s->rows) && g_array_index (s->rows, SeriesRow, last).t_ns < end_ns;)
    last++;
  const guint per = (last - first) / MAX (max, 1) + 1;
  for (guint row = first + per - 1; row < last; row += per)
    {
      const ColumnEdge edge = { g_array_index (s->rows, SeriesRow, row).t_ns, row };
      g_array_append_val (edges, edge);
    }
  /* A short column at the end would show a rate of chance. */
  const gint64 before = g_array_index (edges, ColumnEdge, edges->len - 1).t_ns;
  if (edges->len > 1 && end_ns - before < g_array_index (edges, ColumnEdge, 1).t_ns / 2)
    g_array_set_size (edges, edges->len - 1);
  g_array_append_val (edges, end);
  return edges;
}

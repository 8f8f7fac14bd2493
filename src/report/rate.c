/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The boot window's exits in columns, and the kinds that have a series of their own. */
#include "report/rate.h"

#include <math.h>

#define COLUMNS_MAX 300u
#define LOG_DECADES 5 /* at most, from the highest down */

void
rate_clear (Rate *rate)
{
  g_clear_pointer (&rate->edges, g_array_unref);
  g_free (rate->counts);
  g_free (rate->order);
}

/* Exits of the series so far: kinds `first` to before `end`, in order. */
static guint64
series_at (const Rate *rate, const ColumnEdge *edge, guint first, guint end)
{
  const LabSummary *s = rate->s;
  guint64 sum = 0;

  if (edge->row == EDGE_START)
    return 0;
  if (rate->kinds == 0)
    return edge->row == EDGE_END ? s->windows[WINDOW_BOOT].exits : g_array_index (s->rows, SeriesRow, edge->row).exits;
  for (guint i = first; i < end; i++)
    sum += edge->row == EDGE_END ? g_array_index (s->kinds, KindSummary, rate->order[i]).exits[WINDOW_BOOT]
                                 : g_array_index (s->kind_cells, guint64, (gsize) edge->row * rate->kinds + rate->order[i]);
  return sum;
}

static guint
series_end (const Rate *rate, guint series)
{
  return series + 1 == RATE_SERIES_MAX ? rate->kinds : series + 1;
}

double
rate_column_seconds (const Rate *rate, guint column)
{
  const ColumnEdge *edge = &g_array_index (rate->edges, ColumnEdge, column);
  return (double) MAX (edge[1].t_ns - edge[0].t_ns, 1) / 1e9;
}

double
rate_segment (const SegmentSummary *segment)
{
  return (double) segment->exits * 1e9 / (double) MAX (segment->end_ns - segment->start_ns, 1);
}

static gint
compare_kinds (gconstpointer a, gconstpointer b, gpointer kinds)
{
  const guint i = *(const guint *) a, j = *(const guint *) b;
  const guint64 x = g_array_index ((GArray *) kinds, KindSummary, i).exits[WINDOW_BOOT];
  const guint64 y = g_array_index ((GArray *) kinds, KindSummary, j).exits[WINDOW_BOOT];
  return x != y ? (x > y ? -1 : 1) : i < j ? -1 : i > j;
}

static void
order_kinds (Rate *rate)
{
  const LabSummary *s = rate->s;
  guint occur = 0;

  if (chart_len (s->kind_cells) == (guint64) chart_len (s->rows) * chart_len (s->kinds))
    rate->kinds = chart_len (s->kinds);
  rate->order = g_new (guint, (gsize) rate->kinds + 1);
  for (guint i = 0; i < rate->kinds; i++)
    {
      rate->order[i] = i;
      occur += g_array_index (s->kinds, KindSummary, i).exits[WINDOW_BOOT] > 0;
    }
  if (rate->kinds > 0)
    g_qsort_with_data (rate->order, (gint) rate->kinds, sizeof (guint), compare_kinds, s->kinds);
  rate->n_series = CLAMP (occur, 1, RATE_SERIES_MAX);
}

/* Decades around the rates of columns and steady stretches. */
static void
find_decades (Rate *rate, double least, double most)
{
  for (guint i = 0; i < chart_len (rate->s->segments); i++)
    {
      const SegmentSummary *segment = &g_array_index (rate->s->segments, SegmentSummary, i);
      most = MAX (most, rate_segment (segment));
      least = segment->exits > 0 ? MIN (least, rate_segment (segment)) : least;
    }
  rate->high = log10 (MAX (most, 10)) + 0.1;
  rate->low = CLAMP (floor (log10 (CLAMP (least, 0.1, MAX (most, 1)))), ceil (rate->high) - LOG_DECADES, floor (rate->high - 0.2));
}

void
rate_init (Rate *rate, const LabSummary *s)
{
  double least = G_MAXDOUBLE;

  *rate = (Rate) { .s = s };
  order_kinds (rate);
  rate->edges = chart_columns (s, s->windows[WINDOW_BOOT].end_ns, COLUMNS_MAX);
  rate->n_columns = rate->edges->len - 1;
  rate->counts = g_new0 (double, (gsize) rate->n_columns * rate->n_series + 1);
  for (guint column = 0; column < rate->n_columns; column++)
    {
      const ColumnEdge *edge = &g_array_index (rate->edges, ColumnEdge, column);
      double all = 0;
      for (guint i = 0; i < rate->n_series; i++)
        {
          const guint64 before = series_at (rate, edge, i, series_end (rate, i)), after = series_at (rate, edge + 1, i, series_end (rate, i));
          rate->counts[column * rate->n_series + i] = after > before ? (double) (after - before) : 0;
          all += rate->counts[column * rate->n_series + i];
        }
      rate->most = MAX (rate->most, all / rate_column_seconds (rate, column));
      least = all > 0 ? MIN (least, all / rate_column_seconds (rate, column)) : least;
    }
  /* Room above the highest column, for marks and bars. */
  rate->top = rate->most > 0 ? rate->most * 1.06 : 1;
  find_decades (rate, least, rate->most);
}

const char *
rate_series_name (const Rate *rate, guint series)
{
  if (rate->kinds == 0)
    return "exits";
  if (series + 1 == RATE_SERIES_MAX && rate->kinds > RATE_SERIES_MAX)
    return "the rest";
  return g_array_index (rate->s->kinds, KindSummary, rate->order[series]).name;
}

const char *
rate_series_class (const Rate *rate, guint series)
{
  if (rate->kinds == 0)
    return "k-x4";
  return series + 1 == RATE_SERIES_MAX && rate->kinds > RATE_SERIES_MAX ? "k-other" : chart_kind_class (rate_series_name (rate, series));
}

guint64
rate_series_exits (const Rate *rate, guint series)
{
  const ColumnEdge end = { 0, EDGE_END };
  return series_at (rate, &end, series, series_end (rate, series));
}

double
rate_column (const Rate *rate, guint column, guint series)
{
  double count = 0;

  for (guint i = 0; i < series; i++)
    count += rate->counts[(gsize) column * rate->n_series + i];
  return count / rate_column_seconds (rate, column);
}

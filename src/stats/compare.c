/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Two labs, figure by figure; see compare.h. */
#include "stats/compare.h"

#include <string.h>

static const char *const what_names[] = {
  [COMPARE_WINDOW] = "window", [COMPARE_PHASE] = "phase", [COMPARE_REASON] = "reason", [COMPARE_KIND] = "kind", [COMPARE_OPERATION] = "operation",
};

static const char *const verdict_names[] = {
  [COMPARE_IDENTICAL] = "identical", [COMPARE_EXACT] = "exact",
  [COMPARE_SIGNIFICANT] = "significant", [COMPARE_NOISE] = "noise",
  [COMPARE_UNKNOWN] = "unknown (run once)", [COMPARE_ONLY_A] = "only in A", [COMPARE_ONLY_B] = "only in B",
};

const char *
compare_what_name (CompareWhat what)
{
  return what_names[what];
}

const char *
compare_verdict_name (CompareVerdict verdict)
{
  return verdict_names[verdict];
}

static void
figure_free (gpointer data)
{
  CompareFigure *figure = data;
  g_free (figure->metric);
  g_free (figure->name);
  g_free (figure);
}

CompareSide *
compare_side_new (gboolean exact)
{
  CompareSide *side = g_new0 (CompareSide, 1);
  side->exact = exact;
  side->figures = g_ptr_array_new_with_free_func (figure_free);
  return side;
}

void
compare_side_free (CompareSide *side)
{
  if (side == NULL)
    return;
  g_ptr_array_unref (side->figures);
  g_free (side);
}

CompareFigure *
compare_side_find (const CompareSide *side, const char *metric, guint64 repetitions)
{
  for (guint i = 0; i < side->figures->len; i++)
    {
      CompareFigure *figure = g_ptr_array_index (side->figures, i);
      if (figure->repetitions == repetitions && strcmp (figure->metric, metric) == 0)
        return figure;
    }
  return NULL;
}

gboolean
compare_side_add (CompareSide *side, const CompareFigure *figure)
{
  if (side->figures->len == COMPARE_FIGURES_MAX || compare_side_find (side, figure->metric, figure->repetitions) != NULL)
    return FALSE;
  CompareFigure *copy = g_new0 (CompareFigure, 1);
  *copy = *figure;
  copy->metric = g_strdup (figure->metric);
  copy->name = g_strdup (figure->name);
  g_ptr_array_add (side->figures, copy);
  return TRUE;
}

static void
row_free (gpointer data)
{
  CompareRow *row = data;
  g_free (row->name);
  g_free (row);
}

/* What is known of a figure: an exact lab's is certain, a repeated one's lies in its interval. */
static Interval
known (const CompareSide *side, const CompareFigure *figure)
{
  const guint64 exits = figure != NULL ? figure->exits : 0;

  if (side->exact)
    return (Interval){ 2, exits, exits, exits };
  return figure != NULL ? figure->interval : (Interval){ 0 };
}

static guint64
value (const CompareSide *side, const CompareFigure *figure)
{
  if (figure == NULL)
    return 0;
  return !side->exact && figure->interval.n > 1 ? figure->interval.median : figure->exits;
}

/* A reason that is absent happened 0 times; a phase, an operation or a distribution's window that is absent was not there to be counted. */
static gboolean
counts_if_absent (CompareWhat what)
{
  return what == COMPARE_REASON || what == COMPARE_KIND;
}

static CompareVerdict
judge (const CompareSide *a, const CompareFigure *fa, const CompareSide *b, const CompareFigure *fb)
{
  const CompareFigure *any = fa != NULL ? fa : fb;
  const Interval ia = known (a, fa), ib = known (b, fb);

  if ((fa == NULL || fb == NULL) && !counts_if_absent (any->what))
    return fa != NULL ? COMPARE_ONLY_A : COMPARE_ONLY_B;
  if (a->exact && b->exact)
    return ia.median == ib.median ? COMPARE_IDENTICAL : COMPARE_EXACT;
  if (ia.n < 2 || ib.n < 2)
    return COMPARE_UNKNOWN;
  return intervals_differ (&ia, &ib) ? COMPARE_SIGNIFICANT : COMPARE_NOISE;
}

/* The number of repetitions is told where it keeps two figures of a name apart. */
static char *
row_name (const CompareFigure *figure, gboolean alone)
{
  if (figure->repetitions == 0 || !alone)
    return g_strdup (figure->name);
  return g_strdup_printf ("%s (%" G_GUINT64_FORMAT " times)", figure->name, figure->repetitions);
}

static CompareRow *
make_row (const CompareSide *a, const CompareFigure *fa, const CompareSide *b, const CompareFigure *fb)
{
  const CompareFigure *any = fa != NULL ? fa : fb;
  CompareRow *row = g_new0 (CompareRow, 1);

  row->what = any->what;
  row->name = row_name (any, fa == NULL || fb == NULL);
  row->a = value (a, fa);
  row->b = value (b, fb);
  row->difference = (gint64) row->b - (gint64) row->a;
  row->verdict = judge (a, fa, b, fb);
  return row;
}

static guint64
magnitude (gint64 value_of)
{
  return value_of < 0 ? 0 - (guint64) value_of : (guint64) value_of;
}

static gint
compare_rows (gconstpointer left, gconstpointer right)
{
  const CompareRow *a = *(CompareRow *const *) left, *b = *(CompareRow *const *) right;
  const guint64 ma = magnitude (a->difference), mb = magnitude (b->difference);

  if (ma != mb)
    return ma > mb ? -1 : 1;
  if (a->a != b->a)
    return a->a > b->a ? -1 : 1;
  return strcmp (a->name, b->name);
}

/* The rows of one kind of figure, sorted if they have no order of their own, behind those that are there. */
static void
add_rows (GPtrArray *rows, const CompareSide *a, const CompareSide *b, CompareWhat what)
{
  g_autoptr (GPtrArray) some = g_ptr_array_new ();

  for (guint i = 0; i < a->figures->len; i++)
    {
      const CompareFigure *figure = g_ptr_array_index (a->figures, i);
      if (figure->what == what)
        g_ptr_array_add (some, make_row (a, figure, b, compare_side_find (b, figure->metric, figure->repetitions)));
    }
  for (guint i = 0; i < b->figures->len; i++)
    {
      const CompareFigure *figure = g_ptr_array_index (b->figures, i);
      if (figure->what == what && compare_side_find (a, figure->metric, figure->repetitions) == NULL)
        g_ptr_array_add (some, make_row (a, NULL, b, figure));
    }
  if (what != COMPARE_WINDOW && what != COMPARE_PHASE)
    g_ptr_array_sort (some, compare_rows);
  g_ptr_array_extend (rows, some, NULL, NULL);
}

GPtrArray *
compare_sides (const CompareSide *a, const CompareSide *b)
{
  GPtrArray *rows = g_ptr_array_new_with_free_func (row_free);

  for (CompareWhat what = COMPARE_WINDOW; what <= COMPARE_OPERATION; what++)
    add_rows (rows, a, b, what);
  return rows;
}

gboolean
compare_row_changed (const CompareRow *row)
{
  if (row->verdict == COMPARE_ONLY_A || row->verdict == COMPARE_ONLY_B)
    return TRUE;
  return row->difference != 0 && row->verdict != COMPARE_NOISE;
}

gboolean
compare_percent (const CompareRow *row, gint64 *hundredths)
{
  if (row->a == 0)
    return FALSE;
  const unsigned __int128 scaled = (unsigned __int128) magnitude (row->difference) * 10000;
  const unsigned __int128 rounded = MIN ((scaled + row->a / 2) / row->a, G_MAXINT64);
  *hundredths = row->difference < 0 ? -(gint64) rounded : (gint64) rounded;
  return TRUE;
}

gboolean
compare_grew (const CompareRow *row, guint64 hundredths)
{
  if (row->difference <= 0 || (row->verdict != COMPARE_EXACT && row->verdict != COMPARE_SIGNIFICANT))
    return FALSE;
  return (unsigned __int128) (guint64) row->difference * 10000 > (unsigned __int128) hundredths * row->a;
}

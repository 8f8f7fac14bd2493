/* SPDX-License-Identifier: GPL-2.0-or-later */
/* CSV files to figures; see compare-read.h. */
#include "report/compare-read.h"

#include <string.h>

#include "base/error.h"
#include "report/csv-read.h"
#include "report/repeats-read.h"

/* Opens the table and finds its columns. names: NULL-terminated; columns: as many. */
static CsvTable *
open_table (const char *text, gsize size, const char *const *names, guint *columns, GError **error)
{
  g_autoptr (CsvTable) table = NULL;

  if (!csv_read (text, size, &table, error))
    return NULL;
  for (guint i = 0; names[i] != NULL; i++)
    if (!csv_column (table, names[i], &columns[i], error))
      return NULL;
  return g_steal_pointer (&table);
}

static gboolean
add (CompareSide *side, CompareWhat what, const char *id, const char *name, guint64 repetitions, guint64 exits, GError **error)
{
  g_autofree char *metric = g_strdup_printf ("exits:%s=%s", compare_what_name (what), id);
  const CompareFigure figure = { .what = what, .metric = metric, .name = (char *) name, .repetitions = repetitions, .exits = exits };

  return compare_side_add (side, &figure) || fail (error, HARNESS_ERROR_FAILED, "%s \"%s\" is there twice, or there are too many rows", compare_what_name (what), id);
}

gboolean
compare_read_phases (CompareSide *side, const char *text, gsize size, Window window, gint64 boot_ns, GError **error)
{
  static const char *const names[] = { "phase", "end_ns", "exits", NULL };
  guint columns[3];
  g_autoptr (CsvTable) table = open_table (text, size, names, columns, error);

  for (guint i = 0; table != NULL && i < csv_rows (table); i++)
    {
      const char *name = csv_field (table, i, columns[0]);
      guint64 end_ns, exits;

      if (!csv_field_number (table, i, columns[1], &end_ns, error) || !csv_field_number (table, i, columns[2], &exits, error))
        return FALSE;
      if ((window == WINDOW_ALL || (gint64) end_ns <= boot_ns) && !add (side, COMPARE_PHASE, name, name, 0, exits, error))
        return FALSE;
    }
  return table != NULL;
}

/* Of a window that only distributions have there need be no sum. */
static gboolean
has_sum (const guint64 *sums, Window window)
{
  return window <= WINDOW_ALL || sums[window] > 0;
}

/* FALSE: a window that a newer writer may have, and that is passed over. */
static gboolean
find_window (const char *name, Window *window)
{
  for (Window w = 0; w < WINDOWS; w++)
    if (strcmp (window_name (w), name) == 0)
      {
        *window = w;
        return TRUE;
      }
  return FALSE;
}

static gboolean
add_windows (CompareSide *side, const guint64 *sums, GError **error)
{
  for (Window w = 0; w < WINDOWS; w++)
    if (has_sum (sums, w) && (sums[w] > G_MAXINT64 || !add (side, COMPARE_WINDOW, window_name (w), window_name (w), 0, sums[w], error)))
      return FALSE;
  return TRUE;
}

/* The sum stays where it is once it is beyond what a figure may be. */
static void
add_up (guint64 *sum, guint64 exits)
{
  *sum = *sum > G_MAXINT64 ? *sum : *sum + exits;
}

/* Both files that have a column `window`. ids: the column that identifies a row; sums: of each window, if wanted. */
static gboolean
read_windowed (CompareSide *side, const CsvTable *table, const guint *columns, CompareWhat what, Window wanted, guint64 *sums, GError **error)
{
  for (guint i = 0; i < csv_rows (table); i++)
    {
      const char *id = csv_field (table, i, columns[0]), *name = csv_field (table, i, columns[1]);
      guint64 exits;
      Window window;

      if (!csv_field_number (table, i, columns[3], &exits, error))
        return FALSE;
      if (!find_window (csv_field (table, i, columns[2]), &window))
        continue;
      add_up (&sums[window], exits);
      if (window == wanted && !add (side, what, id, name, 0, exits, error))
        return FALSE;
    }
  return TRUE;
}

gboolean
compare_read_reasons (CompareSide *side, const char *text, gsize size, Window window, GError **error)
{
  static const char *const names[] = { "reason", "name", "window", "exits", NULL };
  guint columns[4];
  guint64 sums[WINDOWS] = { 0 };
  g_autoptr (CsvTable) table = open_table (text, size, names, columns, error);

  if (table == NULL || !read_windowed (side, table, columns, COMPARE_REASON, window, sums, error))
    return FALSE;
  for (Window w = 0; w < WINDOWS; w++)
    if (sums[w] > G_MAXINT64)
      return fail (error, HARNESS_ERROR_FAILED, "window %s: more exits than can be counted", window_name (w));
  return add_windows (side, sums, error);
}

gboolean
compare_read_kinds (CompareSide *side, const char *text, gsize size, Window window, GError **error)
{
  static const char *const names[] = { "kind", "kind", "window", "exits", NULL };
  guint columns[4];
  guint64 sums[WINDOWS] = { 0 };
  g_autoptr (CsvTable) table = open_table (text, size, names, columns, error);

  return table != NULL && read_windowed (side, table, columns, COMPARE_KIND, window, sums, error);
}

gboolean
compare_read_operations (CompareSide *side, const char *text, gsize size, GError **error)
{
  static const char *const names[] = { "operation", "repetitions", "exits", NULL };
  guint columns[3];
  g_autoptr (CsvTable) table = open_table (text, size, names, columns, error);

  for (guint i = 0; table != NULL && i < csv_rows (table); i++)
    {
      const char *name = csv_field (table, i, columns[0]);
      guint64 repetitions, exits;

      if (!csv_field_number (table, i, columns[1], &repetitions, error) || !csv_field_number (table, i, columns[2], &exits, error) ||
          !add (side, COMPARE_OPERATION, name, name, repetitions, exits, error))
        return FALSE;
    }
  return table != NULL;
}

/* The figure of that name, whatever its repetitions. */
static CompareFigure *
find_metric (const CompareSide *side, const char *metric)
{
  for (guint i = 0; i < side->figures->len; i++)
    {
      CompareFigure *figure = g_ptr_array_index (side->figures, i);
      if (strcmp (figure->metric, metric) == 0)
        return figure;
    }
  return NULL;
}

gboolean
compare_read_repeats (CompareSide *side, const char *text, gsize size, Window window, GError **error)
{
  g_autoptr (GPtrArray) metrics = NULL;

  if (!repeats_read (text, size, &metrics, error))
    return FALSE;
  for (guint i = 0; i < metrics->len; i++)
    {
      const RepeatedMetric *metric = g_ptr_array_index (metrics, i);
      CompareFigure *figure = find_metric (side, metric->metric);

      /* Reasons over several runs are told of window boot alone. */
      if (figure != NULL && (window == WINDOW_BOOT || figure->what != COMPARE_REASON))
        figure->interval = metric->interval;
    }
  return TRUE;
}

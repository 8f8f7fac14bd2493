/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A lab's repeats; see repeats-read.h. */
#include "report/repeats-read.h"

#include "base/error.h"
#include "report/csv-read.h"

enum { METRIC, N, MEDIAN, LOW, HIGH, COLUMNS };

static gboolean
read_interval (const CsvTable *table, guint row, const guint *columns, Interval *interval, GError **error)
{
  guint64 n;
  Interval got;

  if (!csv_field_number (table, row, columns[N], &n, error) || !csv_field_number (table, row, columns[MEDIAN], &got.median, error) ||
      !csv_field_number (table, row, columns[LOW], &got.low, error) || !csv_field_number (table, row, columns[HIGH], &got.high, error))
    return FALSE;
  if (n < 1 || n > G_MAXUINT || got.low > got.median || got.median > got.high)
    return fail (error, HARNESS_ERROR_FAILED, "metric \"%s\": no interval", csv_field (table, row, columns[METRIC]));
  got.n = (guint) n;
  *interval = got;
  return TRUE;
}

gboolean
repeats_read (const char *text, gsize size, GPtrArray **metrics, GError **error)
{
  static const char *const names[COLUMNS] = { "metric", "n", "median", "low", "high" };
  g_autoptr (GPtrArray) read = repeats_new ();
  g_autoptr (GHashTable) seen = g_hash_table_new (g_str_hash, g_str_equal);
  g_autoptr (CsvTable) table = NULL;
  guint columns[COLUMNS];

  if (!csv_read (text, size, &table, error))
    return FALSE;
  if (csv_rows (table) > REPEATS_METRICS_MAX)
    return fail (error, HARNESS_ERROR_FAILED, "more than %u metrics", REPEATS_METRICS_MAX);
  for (guint i = 0; i < COLUMNS; i++)
    if (!csv_column (table, names[i], &columns[i], error))
      return FALSE;
  for (guint i = 0; i < csv_rows (table); i++)
    {
      const char *metric = csv_field (table, i, columns[METRIC]);
      Interval interval;

      if (!g_hash_table_add (seen, (gpointer) metric))
        return fail (error, HARNESS_ERROR_FAILED, "metric \"%s\" is there twice", metric);
      if (!read_interval (table, i, columns, &interval, error))
        return FALSE;
      repeats_add (read, metric, &interval);
    }
  *metrics = g_steal_pointer (&read);
  return TRUE;
}

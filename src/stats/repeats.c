/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The figures of each repeat are gathered by name, then summarised. */
#include "stats/repeats.h"

#include <string.h>

typedef struct {
  guint n;         /* repeats */
  GPtrArray *names; /* of char *, in order; owned by values */
  GHashTable *values; /* name -> n values */
} Gathering;

static void G_GNUC_PRINTF (4, 5)
gather (Gathering *g, guint repeat, guint64 value, const char *format, ...)
{
  va_list args;

  va_start (args, format);
  g_autofree char *name = g_strdup_vprintf (format, args);
  va_end (args);
  guint64 *values = g_hash_table_lookup (g->values, name);
  if (values == NULL)
    {
      values = g_new0 (guint64, g->n);
      g_ptr_array_add (g->names, name);
      g_hash_table_insert (g->values, g_steal_pointer (&name), values);
    }
  values[repeat] = value;
}

static void
gather_summary (Gathering *g, guint repeat, const LabSummary *s)
{
  gather (g, repeat, s->windows[WINDOW_BOOT].exits, "exits:window=boot");
  gather (g, repeat, (guint64) s->windows[WINDOW_BOOT].end_ns, "ns:window=boot");
  gather (g, repeat, s->windows[WINDOW_ALL].exits, "exits:window=all");
  for (guint i = 0; i < s->phases->len; i++)
    {
      const SpanSummary *phase = &g_array_index (s->phases, SpanSummary, i);
      gather (g, repeat, phase->exits, "exits:phase=%s", phase->name);
      gather (g, repeat, (guint64) (phase->end_ns - phase->start_ns), "ns:phase=%s", phase->name);
    }
  for (guint i = 0; i < s->reasons[WINDOW_BOOT]->len; i++)
    {
      const ReasonSummary *reason = &g_array_index (s->reasons[WINDOW_BOOT], ReasonSummary, i);
      gather (g, repeat, reason->exits, "exits:reason=%u", reason->code);
    }
  for (guint i = 0; i < s->operations->len; i++)
    {
      const OperationSummary *operation = &g_array_index (s->operations, OperationSummary, i);
      gather (g, repeat, operation->exits, "exits:operation=%s", record_operations[operation->number].name);
    }
}

static void
metric_free (gpointer data)
{
  RepeatedMetric *metric = data;
  g_free (metric->metric);
  g_free (metric);
}

GPtrArray *
repeats_new (void)
{
  return g_ptr_array_new_with_free_func (metric_free);
}

void
repeats_add (GPtrArray *metrics, const char *name, const Interval *interval)
{
  RepeatedMetric *metric = g_new0 (RepeatedMetric, 1);

  *metric = (RepeatedMetric) { g_strdup (name), *interval };
  g_ptr_array_add (metrics, metric);
}

const Interval *
repeats_find (const GPtrArray *metrics, const char *name)
{
  for (guint i = 0; i < metrics->len; i++)
    {
      const RepeatedMetric *metric = g_ptr_array_index (metrics, i);
      if (strcmp (metric->metric, name) == 0)
        return &metric->interval;
    }
  return NULL;
}

GPtrArray *
repeats_measure (const LabSummary *const *summaries, guint n)
{
  GPtrArray *metrics = repeats_new ();
  g_autoptr (GPtrArray) names = g_ptr_array_new ();
  g_autoptr (GHashTable) values = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  Gathering g = { .n = n, .names = names, .values = values };

  for (guint i = 0; i < n; i++)
    gather_summary (&g, i, summaries[i]);
  for (guint i = 0; i < names->len; i++)
    {
      const char *name = g_ptr_array_index (names, i);
      const Interval interval = bootstrap_median (g_hash_table_lookup (values, name), n);
      repeats_add (metrics, name, &interval);
    }
  return metrics;
}

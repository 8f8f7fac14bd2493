/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The rows of checks.csv, the checks of the records against themselves, and the order of all. */
#include "stats/checks.h"

#include <string.h>

static void
check_row_free (gpointer data)
{
  CheckRow *row = data;
  g_free (row->check);
  g_free (row->expected);
  g_free (row->actual);
  g_free (row->verdict);
  g_free (row);
}

Checks *
checks_new (void)
{
  Checks *checks = g_new0 (Checks, 1);
  checks->rows = g_ptr_array_new_with_free_func (check_row_free);
  return checks;
}

void
checks_free (Checks *checks)
{
  if (checks == NULL)
    return;
  g_ptr_array_unref (checks->rows);
  g_free (checks->first_failure);
  g_free (checks);
}

/* Takes name and verdict. */
static void
add_row (Checks *checks, char *name, const char *expected, const char *actual, char *verdict)
{
  CheckRow *row = g_new0 (CheckRow, 1);
  *row = (CheckRow) { name, g_strdup (expected), g_strdup (actual), verdict };
  g_ptr_array_add (checks->rows, row);
}

void
checks_fail_text (Checks *checks, const char *name, const char *expected, const char *actual)
{
  add_row (checks, g_strdup (name), expected, actual, g_strdup ("fail"));
  checks->failed++;
  if (checks->first_failure == NULL)
    checks->first_failure = g_strdup_printf ("%s: expected %s, actual %s", name, expected, actual);
}

void
checks_compare (Checks *checks, guint64 expected, guint64 actual, const char *rule, const char *name_format, ...)
{
  va_list args;
  char expected_text[24], actual_text[24];

  va_start (args, name_format);
  g_autofree char *name = g_strdup_vprintf (name_format, args);
  va_end (args);
  g_snprintf (expected_text, sizeof expected_text, "%" G_GUINT64_FORMAT, expected);
  g_snprintf (actual_text, sizeof actual_text, "%" G_GUINT64_FORMAT, actual);
  if (expected == actual)
    add_row (checks, g_steal_pointer (&name), expected_text, actual_text, g_strdup ("ok"));
  else if (rule != NULL)
    {
      add_row (checks, g_steal_pointer (&name), expected_text, actual_text, g_strconcat ("explained:", rule, NULL));
      checks->explained++;
    }
  else
    checks_fail_text (checks, name, expected_text, actual_text);
}

void
checks_compare_usual (Checks *checks, guint64 expected, guint64 actual, const char *name_format, ...)
{
  va_list args;
  char expected_text[24], actual_text[24];

  va_start (args, name_format);
  char *name = g_strdup_vprintf (name_format, args);
  va_end (args);
  g_snprintf (expected_text, sizeof expected_text, "%" G_GUINT64_FORMAT, expected);
  g_snprintf (actual_text, sizeof actual_text, "%" G_GUINT64_FORMAT, actual);
  add_row (checks, name, expected_text, actual_text, g_strdup (expected == actual ? "ok" : "surprise"));
  checks->surprises += expected != actual ? 1 : 0;
}

void
checks_expect_text (Checks *checks, const char *name, const char *expected, const char *actual)
{
  const gboolean equal = strcmp (expected, actual) == 0;

  add_row (checks, g_strdup (name), expected, actual, g_strdup (equal ? "ok" : "surprise"));
  checks->surprises += equal ? 0 : 1;
}

void
checks_not_run (Checks *checks, const char *name)
{
  add_row (checks, g_strdup (name), "", "", g_strdup ("not-run"));
  checks->not_run++;
}

static void
check_records (const CheckInputs *in, Checks *checks)
{
  const Timeline *t = in->timeline;
  guint64 overruns = 0;

  for (guint i = 0; i < t->n_vcpus; i++)
    overruns += t->vcpus[i].log.overruns;
  checks_compare (checks, 1, t->whole, NULL, "records:whole");
  if (t->source == RECORD_SOURCE_EXIT_LOG)
    checks_compare (checks, 1, t->first_entry_told, NULL, "records:first-entry");
  checks_compare (checks, t->exits, t->end.exits_written, NULL, "records:exits");
  checks_compare (checks, 0, MAX (overruns, t->end.overruns), NULL, "records:overruns");
  if (t->boot == NULL)
    checks_compare (checks, 0, t->stray_marks, NULL, "records:stray-marks");
  else /* whatever a distribution looks for at these ports is its affair */
    checks_compare_usual (checks, 0, t->stray_marks, "records:stray-marks");
}

static void
check_sums (const CheckInputs *in, Checks *checks)
{
  const LabSummary *s = in->summary;
  const SeriesRow *last = &g_array_index (s->rows, SeriesRow, s->rows->len - 1);
  guint64 exits = 0, boot_exits = 0, cycles = 0;

  for (guint i = 0; i < s->phases->len; i++)
    {
      const SpanSummary *phase = &g_array_index (s->phases, SpanSummary, i);
      exits += phase->exits;
      cycles += phase->cycles;
      if (i < s->boot_phases)
        boot_exits += phase->exits;
    }
  checks_compare (checks, in->timeline->exits, exits, NULL, "sum:phases:exits");
  checks_compare (checks, in->timeline->cycles, cycles, NULL, "sum:phases:cycles");
  checks_compare (checks, s->windows[WINDOW_BOOT].exits, boot_exits, NULL, "sum:boot-phases:exits");
  checks_compare (checks, in->timeline->exits, last->exits, NULL, "sum:timeline:exits");
  checks_compare (checks, in->timeline->cycles, last->cycles, NULL, "sum:timeline:cycles");
  for (Window w = 0; w < WINDOWS; w++)
    {
      if (!lab_summary_has_window (s, w))
        continue;
      guint64 sum = 0;
      for (guint i = 0; i < s->reasons[w]->len; i++)
        sum += g_array_index (s->reasons[w], ReasonSummary, i).exits;
      checks_compare (checks, s->windows[w].exits, sum, NULL, "sum:reasons:%s", window_name (w));
    }
}

gboolean
lab_checks_run (const CheckInputs *inputs, Checks *checks)
{
  check_records (inputs, checks);
  check_sums (inputs, checks);
  check_counters (inputs, checks);
  check_samples (inputs, checks);
  check_boot (inputs, checks);
  check_leaves (inputs, checks);
  check_operations (inputs, checks);
  check_kvm_stats (inputs, checks);
  check_trace_hist (inputs, checks);
  check_l0 (inputs, checks);
  return checks->failed == 0;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How fast a recorded run is analysed:   bench-analysis [millions of exits [repetitions]]
 *
 * A generated run of that many exits is written to a temporary file and mapped, as the record device is. The medians
 * printed are wall times of:
 *   load      reading and checking every record, order, marks and phases
 *   summary   every figure of phases.csv, reasons.csv, timeline.csv, percentiles exact
 *   checks    all cross-checks but L0's
 *   csv       all tables but exits.csv.gz
 *   exits     exits.csv.gz: formatting, SHA-256 and compression, on all processors, discarded
 * and the exits per second without and with the last. Peak memory includes the mapped file's pages.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "unit/gen-records.h"

#include "report/exits.h"
#include "report/tables.h"
#include "stats/checks.h"
#include "stats/summary.h"

enum { LOAD, SUMMARY, CHECKS, CSV, EXITS, STAGES };
static const char *const stage_names[] = { "load", "summary", "checks", "csv", "exits" };
#define REPETITIONS_MAX 25u

static gboolean
discard (const void *data, gsize size, gpointer user, GError **error)
{
  (void) data;
  (void) error;
  *(guint64 *) user += size;
  return TRUE;
}

/* Generates in a child: its memory is not ours. */
static gboolean
generate (const char *path, guint64 exits)
{
  const pid_t child = fork ();
  int status = -1;

  if (child == 0)
    {
      g_autoptr (Gen) g = gen_new (ISA_VMX, 1);
      gen_boot (g, exits);
      g_bytes_unref (gen_end (g));
      _exit (g_file_set_contents (path, (const char *) g->bytes->data, g->bytes->len, NULL) ? 0 : 1);
    }
  return child > 0 && waitpid (child, &status, 0) == child && status == 0;
}

static double
since (gint64 *from)
{
  const gint64 now = g_get_monotonic_time ();
  const double seconds = (double) (now - *from) / 1e6;
  *from = now;
  return seconds;
}

static void
make_tables (const LabSummary *s, const Checks *checks, const ReasonNames *names)
{
  g_string_free (table_kinds (s), TRUE);
  g_string_free (table_segments (s), TRUE);
  g_string_free (table_timeline (s), TRUE);
  g_string_free (table_timeline_reasons (s, names), TRUE);
  g_string_free (table_phases (s), TRUE);
  g_string_free (table_reasons (s, names), TRUE);
  g_string_free (table_checks (checks), TRUE);
}

static gboolean
run_once (const char *path, const ReasonNames *names, const ExitKinds *kinds, double seconds[STAGES], guint64 *exits, guint64 *packed, GError **error)
{
  gint64 at = g_get_monotonic_time ();
  g_autoptr (GMappedFile) file = g_mapped_file_new (path, FALSE, error);
  g_autoptr (Timeline) t = NULL;
  g_autoptr (LabSummary) s = NULL;
  g_autoptr (Checks) checks = checks_new ();
  g_autofree char *sha256 = NULL;

  if (file == NULL)
    return FALSE;
  g_autoptr (GBytes) records = g_mapped_file_get_bytes (file);
  if (!timeline_load (records, &t, error))
    return FALSE;
  seconds[LOAD] = since (&at);
  if (!lab_summary_make (t, kinds, SUMMARY_BIN_NS, &s, error))
    return FALSE;
  seconds[SUMMARY] = since (&at);
  const CheckInputs inputs = { t, s, NULL, &gen_leaf_map };
  lab_checks_run (&inputs, checks);
  seconds[CHECKS] = since (&at);
  make_tables (s, checks, names);
  seconds[CSV] = since (&at);
  *packed = 0;
  if (!exits_write_gz (t, names, discard, packed, &sha256, error))
    return FALSE;
  seconds[EXITS] = since (&at);
  *exits = t->exits;
  return TRUE;
}

static int
compare (const void *a, const void *b)
{
  const double x = *(const double *) a, y = *(const double *) b;
  return (x > y) - (x < y);
}

static void
print (double times[STAGES][REPETITIONS_MAX], guint n, guint64 exits, guint64 packed)
{
  double sum = 0, all = 0;
  struct rusage usage;

  for (guint i = 0; i < STAGES; i++)
    {
      qsort (times[i], n, sizeof (double), compare);
      const double median = times[i][n / 2];
      printf ("%-10s %8.3f s   %7.2f million exits/s\n", stage_names[i], median, (double) exits / median / 1e6);
      all += median;
      sum += i == EXITS ? 0 : median;
    }
  getrusage (RUSAGE_SELF, &usage);
  printf ("%" G_GUINT64_FORMAT " exits, median of %u, %u processors\n", exits, n, g_get_num_processors ());
  printf ("analysis without exits.csv.gz: %.2f million exits/s; with it (%.1f MB): %.2f million exits/s; peak memory %ld MiB\n",
          (double) exits / sum / 1e6, (double) packed / 1e6, (double) exits / all / 1e6, usage.ru_maxrss / 1024);
}

int
main (int argc, char **argv)
{
  const double millions = argc > 1 ? g_ascii_strtod (argv[1], NULL) : 5;
  const guint n = argc > 2 ? CLAMP ((guint) atoi (argv[2]), 1, REPETITIONS_MAX) : 5;
  static double times[STAGES][REPETITIONS_MAX];
  g_autofree char *path = g_strdup_printf ("%s/bench-analysis-%d", g_get_tmp_dir (), getpid ());
  g_autoptr (ReasonNames) names = NULL;
  g_autoptr (ExitKinds) kinds = NULL;
  g_autoptr (GError) error = NULL;
  guint64 exits = 0, packed = 0;
  gboolean ok = reason_names_load ("configs/reasons/vmx.csv", &names, &error) &&
                exit_kinds_load ("configs/reasons/ports.csv", ISA_VMX, names, &kinds, &error) && generate (path, (guint64) (millions * 1e6));

  for (guint i = 0; ok && i < n; i++)
    {
      double seconds[STAGES];
      ok = run_once (path, names, kinds, seconds, &exits, &packed, &error);
      for (guint k = 0; ok && k < STAGES; k++)
        times[k][i] = seconds[k];
    }
  unlink (path);
  if (!ok)
    return fprintf (stderr, "bench-analysis: %s\n", error != NULL ? error->message : "cannot generate"), 1;
  print (times, n, exits, packed);
  return 0;
}

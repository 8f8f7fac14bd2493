/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How fast a recorded run is analysed, and in how much memory:   bench-analysis [millions of exits [repetitions]]
 *
 * A generated run of that many exits is written to a temporary folder and mapped, as the record device is. The medians
 * printed are wall times of:
 *   load      reading and checking every record, order, marks and phases
 *   summary   every figure of phases.csv, reasons.csv, timeline.csv, percentiles exact
 *   checks    all cross-checks but L0's
 *   csv       all tables but exits.csv.gz
 *   exits     exits.csv.gz: formatting, SHA-256 and compression on all processors, written to a file
 *   whole     all of it and the page's single exits by the one call that a run makes, results_lab(), and every file of the lab written
 *   pages     answers.md and report.html, written
 * each with the processor time that all threads took and the peak of the process's memory while it lasted (VmHWM: the pages of mapped files are counted too).
 * Then the size of report.html for a boot of 250,000 exits, all of which it has one by one.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "unit/gen-records.h"

#include "base/files.h"
#include "cli/lab-files.h"
#include "cli/run-files.h"
#include "report/exits.h"
#include "report/results.h"
#include "report/tables.h"
#include "stats/checks.h"
#include "stats/summary.h"

enum { LOAD, SUMMARY, CHECKS, CSV, EXITS, WHOLE, PAGES, STAGES };
static const char *const stage_names[] = { "load", "summary", "checks", "csv", "exits", "whole", "pages" };
#define REPETITIONS_MAX 25u

/* What a run of ten million exits should need at the most, and a boot's page. */
#define SECONDS_MAX 5
#define MIB_MAX 200
#define PAGE_MIB_MAX 2

typedef struct {
  char *dir;
  ReasonNames *names;
  ExitKinds *kinds;
  gint64 begun_us, begun_cpu_us;
  guint repetition;
  double seconds[STAGES][REPETITIONS_MAX], cpu_seconds[STAGES][REPETITIONS_MAX];
  guint64 peak_kib[STAGES];
  guint64 exits, record_bytes, packed_bytes, page_bytes;
} Bench;

static char *
in_dir (const Bench *b, const char *name)
{
  return g_build_filename (b->dir, name, NULL);
}

static int
write_block (void *opaque, const void *block, size_t size)
{
  return files_write_fd (*(int *) opaque, "records.bin", block, size, NULL) ? 0 : -1;
}

/* In a child: its memory is not ours. */
static gboolean
generate (const char *path, guint64 exits)
{
  const pid_t child = fork ();
  int status = -1;

  if (child == 0)
    {
      int fd = open (path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
      g_autoptr (Gen) g = gen_new (ISA_VMX, 1);
      g->writer.write_block = write_block;
      g->writer.opaque = &fd;
      gen_boot (g, exits);
      g_bytes_unref (gen_end (g));
      _exit (fd >= 0 && close (fd) == 0 ? 0 : 1);
    }
  return child > 0 && waitpid (child, &status, 0) == child && status == 0;
}

static guint64
peak_kib (void)
{
  g_autofree char *status = NULL;
  const char *line = g_file_get_contents ("/proc/self/status", &status, NULL, NULL) ? strstr (status, "\nVmHWM:") : NULL;
  return line != NULL ? g_ascii_strtoull (line + strlen ("\nVmHWM:"), NULL, 10) : 0;
}

static gint64
cpu_us (void)
{
  struct rusage usage;

  getrusage (RUSAGE_SELF, &usage);
  return (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * G_USEC_PER_SEC + usage.ru_utime.tv_usec + usage.ru_stime.tv_usec;
}

/* From here on it is another stage: the peak of memory begins anew (proc(5), clear_refs). */
static void
begin (Bench *b)
{
  const int fd = open ("/proc/self/clear_refs", O_WRONLY | O_CLOEXEC);

  if (fd < 0 || write (fd, "5", 1) != 1)
    fprintf (stderr, "bench-analysis: the peaks of memory are of all that went before\n");
  if (fd >= 0)
    close (fd);
  b->begun_us = g_get_monotonic_time ();
  b->begun_cpu_us = cpu_us ();
}

static void
end (Bench *b, guint stage)
{
  b->seconds[stage][b->repetition] = (double) (g_get_monotonic_time () - b->begun_us) / 1e6;
  b->cpu_seconds[stage][b->repetition] = (double) (cpu_us () - b->begun_cpu_us) / 1e6;
  b->peak_kib[stage] = MAX (b->peak_kib[stage], peak_kib ());
  begin (b);
}

static gboolean
write_exits (const void *data, gsize size, gpointer user, GError **error)
{
  return files_write_fd (*(int *) user, "exits.csv.gz", data, size, error);
}

static gboolean
make_exits (Bench *b, const Timeline *t, GError **error)
{
  g_autofree char *path = in_dir (b, "exits.csv.gz");
  g_autofree char *sha256 = NULL;
  int fd = open (path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  const gboolean ok = exits_write_gz (t, b->names, write_exits, &fd, &sha256, error);

  b->packed_bytes = (guint64) lseek (fd, 0, SEEK_CUR);
  close (fd);
  return ok;
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
run_stages (Bench *b, GBytes *records, GError **error)
{
  g_autoptr (Timeline) t = NULL;
  g_autoptr (LabSummary) s = NULL;
  g_autoptr (Checks) checks = checks_new ();

  begin (b);
  if (!timeline_load_mapped (records, &t, error))
    return FALSE;
  end (b, LOAD);
  if (!lab_summary_make (t, b->kinds, SUMMARY_BIN_NS, &s, error))
    return FALSE;
  end (b, SUMMARY);
  const CheckInputs inputs = { .timeline = t, .summary = s, .leaf_map = &gen_leaf_map };
  lab_checks_run (&inputs, checks);
  end (b, CHECKS);
  make_tables (s, checks, b->names);
  end (b, CSV);
  if (!make_exits (b, t, error))
    return FALSE;
  end (b, EXITS);
  b->exits = t->exits;
  return TRUE;
}

/* As a run has them; the caller frees `results`. */
static gboolean
write_lab (const Bench *b, GBytes *records, LabResults **results, GError **error)
{
  g_autofree char *exits = in_dir (b, "exits.csv.gz");
  int fd = open (exits, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  const ResultsInputs inputs = {
    .records = records, .isa = ISA_VMX, .names = b->names, .leaf_map = &gen_leaf_map, .sample_ns = SUMMARY_BIN_NS,
    .exits_sink = write_exits, .exits_user = &fd, .kinds = b->kinds, .records_are_mapped = TRUE,
  };
  const gboolean ok = results_lab (&inputs, results, error) && lab_write_files (*results, b->dir, error);

  close (fd);
  return ok;
}

static gboolean
write_pages (const Bench *b, const LabResults *results, GError **error)
{
  const HtmlLab lab = {
    { "vmx", "generated", "emulated", "exact", results->fingerprint, NULL, results->summary, results->checks, b->names, NULL },
    results->page_exits,
    results->page_exits_packed,
  };
  const RunStory story = { .run = "bench", .harness = HARNESS_VERSION, .labs = &lab, .n_labs = 1 };

  return run_files_write (b->dir, &story, error);
}

static gboolean
run_whole (Bench *b, GBytes *records, GError **error)
{
  g_autoptr (LabResults) results = NULL;

  begin (b);
  if (!write_lab (b, records, &results, error))
    return FALSE;
  end (b, WHOLE);
  if (!write_pages (b, results, error))
    return FALSE;
  end (b, PAGES);
  return TRUE;
}

/* A new generated run of that many exits, mapped; NULL: *error says why. */
static GBytes *
map_generated (const Bench *b, const char *name, guint64 exits, GError **error)
{
  g_autofree char *path = in_dir (b, name);

  if (!generate (path, exits))
    {
      g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_FAILED, "%s: cannot be generated", path);
      return NULL;
    }
  g_autoptr (GMappedFile) file = g_mapped_file_new (path, FALSE, error);
  return file != NULL ? g_mapped_file_get_bytes (file) : NULL;
}

static gboolean
measure_page (Bench *b, GError **error)
{
  g_autoptr (GBytes) records = map_generated (b, "boot.bin", RESULTS_PAGE_EXITS, error);
  g_autoptr (LabResults) results = NULL;
  g_autofree char *path = in_dir (b, "report.html");
  struct stat st = { 0 };

  if (records == NULL || !write_lab (b, records, &results, error) || !write_pages (b, results, error))
    return FALSE;
  if (stat (path, &st) == 0)
    b->page_bytes = (guint64) st.st_size;
  return TRUE;
}

static gboolean
run_all (Bench *b, guint64 exits, guint repetitions, GError **error)
{
  if (!reason_names_load ("configs/reasons/vmx.csv", &b->names, error) ||
      !exit_kinds_load ("configs/reasons/ports.csv", ISA_VMX, b->names, &b->kinds, error))
    return FALSE;
  g_autoptr (GBytes) records = map_generated (b, "records.bin", exits, error);
  if (records == NULL)
    return FALSE;
  b->record_bytes = g_bytes_get_size (records);
  for (b->repetition = 0; b->repetition < repetitions; b->repetition++)
    if (!run_stages (b, records, error) || !run_whole (b, records, error))
      return FALSE;
  return measure_page (b, error);
}

static int
compare (const void *a, const void *b)
{
  const double x = *(const double *) a, y = *(const double *) b;
  return (x > y) - (x < y);
}

static double
median (double *values, guint n)
{
  qsort (values, n, sizeof *values, compare);
  return values[n / 2];
}

static void
print (Bench *b)
{
  double medians[STAGES];

  for (guint i = 0; i < STAGES; i++)
    {
      const double wall = medians[i] = median (b->seconds[i], b->repetition), cpu = median (b->cpu_seconds[i], b->repetition);
      printf ("%-8s %7.3f s   %7.2f million exits/s   %7.3f s of processors   %4" G_GUINT64_FORMAT " MiB\n", stage_names[i], wall,
              (double) b->exits / wall / 1e6, cpu, b->peak_kib[i] >> 10);
    }
  printf ("%" G_GUINT64_FORMAT " exits, median of %u, %u processors; records.bin %.1f MB, exits.csv.gz %.1f MB\n", b->exits, b->repetition,
          g_get_num_processors (), (double) b->record_bytes / 1e6, (double) b->packed_bytes / 1e6);
  printf ("analysed and reported, whole and pages: %.2f s (should be at most %d), %" G_GUINT64_FORMAT " MiB (at most %d)\n", medians[WHOLE] + medians[PAGES],
          SECONDS_MAX, MAX (b->peak_kib[WHOLE], b->peak_kib[PAGES]) >> 10, MIB_MAX);
  printf ("report.html of a boot of %u exits: %.2f MiB (should be below %d)\n", RESULTS_PAGE_EXITS, (double) b->page_bytes / (1 << 20), PAGE_MIB_MAX);
}

int
main (int argc, char **argv)
{
  const double millions = argc > 1 ? g_ascii_strtod (argv[1], NULL) : 10;
  const guint n = argc > 2 ? CLAMP ((guint) atoi (argv[2]), 1, REPETITIONS_MAX) : 3;
  static Bench b;
  g_autoptr (GError) error = NULL;

  b.dir = g_dir_make_tmp ("bench-analysis-XXXXXX", &error);
  const gboolean ok = b.dir != NULL && run_all (&b, (guint64) (millions * 1e6), n, &error);
  if (b.dir != NULL)
    files_remove_tree (b.dir, NULL);
  if (ok)
    print (&b);
  else if (error != NULL)
    fprintf (stderr, "bench-analysis: %s\n", error->message);
  exit_kinds_free (b.kinds);
  reason_names_free (b.names);
  g_free (b.dir);
  return ok ? 0 : 1;
}

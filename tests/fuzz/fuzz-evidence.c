/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Fuzzes what reads kept evidence and judges it. LLVMFuzzerTestOneInput is the usual entry: bytes
 * are a file. The plain main (left out with -DFUZZ_ENGINE) damages the pieces of evidence whose
 * manifest is then made right, as who edits a folder could:   fuzz-evidence [seconds [seed]]
 *
 * Besides not crashing: what is read is judged, its rows keep to their points, and it is written
 * and read again.
 */
#include "unit/evidence-fixture.h"

#include "grade/grade-json.h"
#include "fuzz/fuzz.h"

int LLVMFuzzerTestOneInput (const unsigned char *data, size_t size);

static Bench bench;

static void
open_bench (void)
{
  if (bench.rubric == NULL)
    bench = bench_new ("a3");
}

static void
judge_it (const Evidence *evidence)
{
  g_autofree char *misfit = verdict_misfit (evidence, &bench.spec);
  if (misfit != NULL)
    return;
  g_autoptr (Grade) grade = bench_judge (&bench, evidence);
  g_autoptr (GString) json = grade_json (grade);
  for (guint i = 0; i < grade->rows->len; i++)
    {
      const GradeRow *row = g_ptr_array_index (grade->rows, i);
      if (row->points < 0 || row->points > row->max_points)
        abort ();
    }
}

static void
take (gboolean ok, Evidence *evidence, GError *error)
{
  g_autoptr (GBytes) again = NULL;
  if (ok != (evidence != NULL) || ok != (error == NULL))
    abort ();
  if (!ok)
    return;
  judge_it (evidence);
  if (!evidence_write (evidence, &again, NULL) || again == NULL)
    abort ();
}

int
LLVMFuzzerTestOneInput (const unsigned char *data, size_t size)
{
  g_autoptr (Evidence) evidence = NULL;
  g_autoptr (GError) error = NULL;
  open_bench ();
  const gboolean ok = evidence_read (data, size, &evidence, &error);
  take (ok, evidence, error);
  return 0;
}

#ifndef FUZZ_ENGINE
static Evidence *whole;

static void
damage_text (GByteArray *bytes)
{
  static const char interesting[] = "0123456789,[]{}\"-x \n";
  const guint8 letter = (guint8) interesting[draw (sizeof interesting - 1)];
  if (draw (4) == 0)
    g_byte_array_remove_range (bytes, draw (bytes->len), 1);
  else
    bytes->data[draw (bytes->len)] = letter;
}

static GBytes *
damaged (GBytes *from)
{
  GByteArray *bytes = g_byte_array_new ();
  gsize size;
  const void *data = g_bytes_get_data (from, &size);
  g_byte_array_append (bytes, data, (guint) size);
  for (unsigned n = 1 + draw (3); n > 0 && bytes->len > 1; n--)
    if (draw (3) > 0)
      damage_text (bytes);
    else if (draw (8) == 0)
      g_byte_array_set_size (bytes, draw (bytes->len));
    else
      bytes->data[draw (bytes->len)] ^= (guint8) (1u << draw (8));
  return g_byte_array_free_to_bytes (bytes);
}

static void
run_one (void)
{
  static const char *const names[] = { EVIDENCE_JSON,        EVIDENCE_COLLECTED, "svm-1-program",
                                       "svm-1-last-program", "svm-1-log",        "svm-1-report",
                                       "svm-1-console" };
  g_autoptr (Evidence) evidence = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (Bundle) other = bundle_new ();
  if (whole == NULL)
    {
      const Subject subject = { .mistake = TABLE_ONLY, .svm = TRUE };
      open_bench ();
      whole = evidence_of (&subject, bench.rubric);
    }
  g_autoptr (Bundle) bundle = evidence_bundle (whole);
  const guint victim = draw (G_N_ELEMENTS (names));
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autoptr (GBytes) bytes = i == victim || draw (8) == 0
                                   ? damaged (bundle_find (bundle, names[i]))
                                   : g_bytes_ref (bundle_find (bundle, names[i]));
      bundle_add (other, names[i], bytes);
    }
  const gboolean ok = evidence_of_bundle (other, &evidence, &error);
  take (ok, evidence, error);
}

int
main (int argc, char **argv)
{
  return fuzz_main (argc, argv, "fuzz-evidence", 1, run_one);
}
#endif

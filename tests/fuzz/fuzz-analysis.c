/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Fuzzes everything from records to results: whatever the bytes are, the analysis ends with results or an error.
 * LLVMFuzzerTestOneInput is the usual entry; the plain main (left out with -DFUZZ_ENGINE) mutates a generated run and
 * repairs the checksums, so that the mutation is read:   fuzz-analysis [seconds [seed]]
 */
#include <stdio.h>
#include <stdlib.h>

#include "fuzz/fuzz.h"
#include "unit/gen-records.h"

#include "report/answers.h"
#include "report/results.h"

int LLVMFuzzerTestOneInput (const unsigned char *data, size_t size);

static ReasonNames *names[2];
static ExitKinds *kinds[2];

static void
analyse (GBytes *records, Isa isa, const GArray *l0)
{
  const ResultsInputs inputs = {
    .records = records, .isa = isa, .l0 = l0, .names = names[isa], .leaf_map = &gen_leaf_map, .sample_ns = 10 * 1000 * 1000,
    .kinds = kinds[isa],
  };
  g_autoptr (LabResults) r = NULL;
  g_autoptr (GError) error = NULL;

  if (!results_lab (&inputs, &r, &error))
    {
      if (error == NULL || r != NULL)
        abort ();
      return;
    }
  const AnswersLab lab = { isa_name (isa), "machine", "emulated", "exact", r->fingerprint, r->detail, r->summary, r->checks, names[isa], NULL };
  g_string_free (answers_make (&lab, 1), TRUE);
}

static gboolean
load_names_of (Isa isa, const char *path)
{
  return names[isa] != NULL || (reason_names_load (path, &names[isa], NULL) &&
                                exit_kinds_load ("configs/reasons/ports.csv", isa, names[isa], &kinds[isa], NULL));
}

static gboolean
load_names (void)
{
  return load_names_of (ISA_VMX, "configs/reasons/vmx.csv") && load_names_of (ISA_SVM, "configs/reasons/svm.csv");
}

int
LLVMFuzzerTestOneInput (const unsigned char *data, size_t size)
{
  g_autoptr (GBytes) records = g_bytes_new (data, size);

  if (!load_names ())
    abort ();
  analyse (records, ISA_VMX, NULL);
  return 0;
}

#ifndef FUZZ_ENGINE
/* A few bytes anywhere; some are set to the extremes, where sums overflow. */
static void
run_one (const Gen *g)
{
  static const guint8 extremes[] = { 0, 1, 0x7f, 0x80, 0xff };
  g_autofree guint8 *data = g_memdup2 (g->bytes->data, g->bytes->len);
  const gsize size = draw (8) == 0 ? draw (g->bytes->len + 1) : g->bytes->len;

  for (guint n = 1 + draw (6); n > 0 && size > 0; n--)
    data[draw ((guint) size)] = draw (2) ? extremes[draw (sizeof extremes)] : (guint8) draw (256);
  if (draw (16) > 0)
    repair (data, size);
  g_autoptr (GBytes) records = g_bytes_new (data, size);
  analyse (records, g->isa, draw (2) ? g->l0 : NULL);
}

int
main (int argc, char **argv)
{
  const double seconds = argc > 1 ? g_ascii_strtod (argv[1], NULL) : 2;
  const gint64 until = g_get_monotonic_time () + (gint64) (seconds * 1e6);
  gulong runs = 0;

  fuzz_state = argc > 2 ? g_ascii_strtoull (argv[2], NULL, 0) | 1 : 1;
  if (!load_names ())
    return fprintf (stderr, "configs/reasons is not here; run from the source tree\n"), 2;
  for (Isa isa = ISA_VMX; g_get_monotonic_time () < until; isa = isa == ISA_VMX ? ISA_SVM : ISA_VMX)
    {
      g_autoptr (Gen) g = gen_new (isa, 1 + draw (2));
      g->trace = draw (2) != 0;
      gen_boot (g, draw (60));
      g_bytes_unref (gen_end (g));
      for (guint i = 0; i < 50; i++, runs++)
        run_one (g);
    }
  printf ("fuzz-analysis: %lu inputs\n", runs);
  exit_kinds_free (kinds[ISA_VMX]);
  exit_kinds_free (kinds[ISA_SVM]);
  reason_names_free (names[ISA_VMX]);
  reason_names_free (names[ISA_SVM]);
  return 0;
}
#endif

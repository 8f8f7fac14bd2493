/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Fuzzes everything from records to results, pages and exports: whatever the bytes are, the analysis ends with results or an error,
 * no phase ends before it begins, and nothing that a lab or its machine is called becomes markup.
 * LLVMFuzzerTestOneInput is the usual entry; the plain main (left out with -DFUZZ_ENGINE) mutates a generated run and
 * repairs the checksums, so that the mutation is read:   fuzz-analysis [seconds [seed]]
 */
#include <stdio.h>
#include <stdlib.h>

#include "fuzz/fuzz.h"
#include "unit/gen-distribution.h"

#include "base/error.h"
#include "report/answers.h"
#include "report/export-json.h"
#include "report/export-perfetto.h"
#include "report/export-prometheus.h"
#include "report/export-trace-dat.h"
#include "report/html-pack.h"
#include "report/html.h"
#include "report/pictures.h"
#include "report/results.h"

int LLVMFuzzerTestOneInput (const unsigned char *data, size_t size);

static ReasonNames *names[2];
static ExitKinds *kinds[2];

#define HOSTILE "a<b>\"'&`\\\x1b[0m</script>"

/* Takes so many bytes and no more. */
static gboolean
take (const void *data, gsize size, gpointer user, GError **error)
{
  gsize *room = user;

  (void) data;
  if (size > *room)
    return fail (error, HARNESS_ERROR_FAILED, "no space left");
  *room -= size;
  return TRUE;
}

static void
check_phases (const Timeline *t)
{
  for (guint i = 0; i < t->phases->len; i++)
    {
      const TimelinePhase *phase = &g_array_index (t->phases, TimelinePhase, i);
      if (phase->first > phase->end || phase->end > t->exits || phase->start_ns > phase->end_ns || (i > 0 && phase[-1].end != phase->first))
        abort ();
    }
}

static void
make_page (const AnswersLab *lab, GBytes *exits, guint64 packed)
{
  const HtmlLab labs[] = { { *lab, exits, packed }, { *lab, NULL, 0 } };
  const HtmlInputs page = { .run = HOSTILE, .harness = HOSTILE, .labs = labs, .n_labs = G_N_ELEMENTS (labs), .chart_library = "0;", .style = "", .script = "0;" };
  g_autoptr (GString) text = html_make (&page);
  GString *picture = lab->summary != NULL ? picture_rate (lab) : NULL;
  g_autofree char *standalone = picture != NULL ? picture_standalone (picture) : NULL;

  if (strstr (text->str, "<b>\"'") != NULL || (standalone != NULL && strstr (standalone, "<b>\"'") != NULL))
    abort ();
  if (picture != NULL)
    g_string_free (picture, TRUE);
}

/* All that others read, whole or to a disk that fills up. */
static void
make_exports (const LabResults *r, gsize room)
{
  g_autoptr (Manifest) m = manifest_new ();
  ManifestLab *about = manifest_add_lab (m, HOSTILE);
  const ExportLab lab = { about, r->timeline, names[r->timeline->isa], r->summary, r->checks };
  gsize left = room;

  results_fill_manifest (r, about);
  export_json (m, &lab, 1, take, &left, NULL);
  left = room;
  export_perfetto (HOSTILE, &lab, 1, take, &left, NULL);
  left = room;
  export_prometheus (m, &lab, 1, take, &left, NULL);
  left = room;
  export_trace_dat (&lab, take, &left, NULL);
  left = room;
  exits_write_csv (r->timeline, names[r->timeline->isa], take, &left, NULL);
}

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
  const AnswersLab lab = { HOSTILE, HOSTILE, "emulated", "exact", r->fingerprint, r->detail, r->summary, r->checks, names[isa], NULL };
  g_autoptr (GBytes) packed = NULL;
  guint64 n;
  check_phases (r->timeline);
  g_string_free (answers_make (&lab, 1), TRUE);
  html_pack_exits (r->timeline, names[isa], kinds[isa], RESULTS_PAGE_EXITS, &packed, &n);
  make_page (&lab, packed, n);
  make_exports (r, g_bytes_get_size (records) % 3 == 0 ? g_bytes_get_size (records) : G_MAXSIZE);
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

  for (guint n = draw (7); n > 0 && size > 0; n--)
    data[draw ((guint) size)] = draw (2) ? extremes[draw (sizeof extremes)] : (guint8) draw (256);
  if (draw (16) > 0)
    repair (data, size);
  g_autoptr (GBytes) records = g_bytes_new (data, size);
  analyse (records, g->isa, draw (2) ? g->l0 : NULL);
}

/* Rounds of operations, in their order as a rule; most are of one guest alone. */
static void
perform (Gen *g, guint guest_kind)
{
  for (guint number = 0; number < OPERATIONS; number++)
    {
      const struct record_operation *operation = &record_operations[number];
      const guint32 code = g->isa == ISA_VMX ? operation->vmx_reason : operation->svm_code;
      const guint rounds = draw (40) != 0 ? operation->rounds : draw (4);
      for (guint round = 0; round < rounds && (operation->guest == guest_kind || draw (60) == 0); round++)
        gen_round (g, number, code, draw (4), 100 + draw (1000));
    }
}

/* A distribution's boot, with a report as a rule; its lines and times may be of any sense. */
static void
generate_distribution (Gen *g)
{
  g_autoptr (GenBoot) b = gen_boot_new (g);

  if (draw (3) == 0)
    gen_distribution (b);
  else
    {
      for (guint n = 1 + draw (L2_VOLUME_READY_MAX); n > 0; n--)
        gen_ready_text (g, draw (8) ? "login:" : "n");
      if (draw (4) != 0)
        gen_firmware (g);
      gen_linux (b);
      gen_tell (b);
      for (guint n = draw (3); n > 0; n--)
        gen_clock (b, draw (3) ? draw (100000) : 0);
      for (guint n = draw (40); n > 0; n--)
        g_string_append_printf (b->report, "unit u%u.service %u %u\n", n, draw (60000), draw (90000));
      g_string_append (b->report, draw (8) ? "end\n" : "");
      if (draw (4) != 0)
        gen_send_report (b);
      if (draw (2) != 0)
        gen_event (g, RECORD_EVENT_L2_POWERDOWN, 0, "");
      gen_some (g, draw (20));
    }
  if (draw (4) == 0)
    {
      gen_next_guest (g, RECORD_GUEST_KNOWN_ANSWER);
      perform (g, RECORD_GUEST_KNOWN_ANSWER);
    }
  g_bytes_unref (gen_end (g));
}

/* A run: the boot, and as a rule operations and the guests after it. */
static void
generate (Gen *g)
{
  g->trace = draw (2) != 0;
  if (draw (16) == 0)
    gen_next_guest (g, draw (2));
  gen_boot_to_idle (g, draw (60));
  if (draw (4) != 0)
    {
      gen_mark (g, RECORD_MARK_OPERATIONS);
      perform (g, RECORD_GUEST_LINUX);
    }
  gen_poweroff (g);
  for (guint guests = draw (3); guests > 0; guests--)
    {
      const guint kind = draw (8) != 0 ? RECORD_GUEST_KNOWN_ANSWER : RECORD_GUEST_LINUX;
      gen_next_guest (g, kind);
      perform (g, kind);
    }
  g_bytes_unref (gen_end (g));
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
      if (draw (2) != 0)
        generate (g);
      else
        generate_distribution (g);
      for (guint i = 0; i < 20; i++, runs++)
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

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The figures of a run as JSON and for Prometheus, of a summary made by hand: golden files, and a strict reader of each. */
#include "unit/export-fixture.h"
#include "unit/golden.h"

#include <json-glib/json-glib.h>

#include "record/operations.h"
#include "report/export-json.h"
#include "report/export-prometheus.h"

typedef struct {
  Manifest *manifest;
  const ReasonNames *names;
  Timeline *timeline;
  LabSummary *summary;
  Checks *checks;
  ExportLab labs[2]; /* one complete, one that did not boot */
} Fixture;

static void
add_reason (LabSummary *s, Window window, guint32 code, guint64 exits, guint64 cycles)
{
  const ReasonSummary reason = { .code = code, .exits = exits, .cycles = cycles, .cycles_p50 = 10, .cycles_p99 = 20, .first_ns = 30, .last_ns = 1204000000 };
  g_array_append_val (s->reasons[window], reason);
}

static void
add_kinds (LabSummary *s)
{
  const KindSummary kinds[] = { { "io-serial", { 3, 4 }, { 30, 40 } }, { HOSTILE, { 1, 1 }, { 7, 7 } } };
  const SegmentSummary segments[] = { { 0, 500, 3, TRUE, 48, 2, 0, 3 }, { 500, 1204000001, 1, FALSE, 30, 1, 7, 1 } };

  s->kinds = g_array_new (FALSE, FALSE, sizeof (KindSummary));
  g_array_append_vals (s->kinds, kinds, G_N_ELEMENTS (kinds));
  s->segments = g_array_new (FALSE, FALSE, sizeof (SegmentSummary));
  g_array_append_vals (s->segments, segments, G_N_ELEMENTS (segments));
  s->bursts = (BurstSummary) { 1, 500, 3, 0, 3 };
  s->types_90 = 2;
  s->types_90_exits = 4;
}

static void
add_operations (LabSummary *s)
{
  OperationSummary operation = { .number = OPERATION_CPUID, .rounds = 3, .repetitions = 1500, .exits = 1500, .cycles = 99, .raw_exits = 1503, .raw_cycles = 109,
                                 .duration_ns = 77 };
  const OperationSummary newer = { .number = RECORD_OPERATION_MAX - 1 };
  const OperationReason reason = { 10, 1503, 109 };

  operation.reasons = g_array_new (FALSE, FALSE, sizeof (OperationReason));
  g_array_append_val (operation.reasons, reason);
  s->operations = g_array_new (FALSE, FALSE, sizeof (OperationSummary));
  g_array_append_val (s->operations, operation);
  g_array_append_val (s->operations, newer);
}

static LabSummary *
make_summary (void)
{
  LabSummary *s = g_new0 (LabSummary, 1);
  const SpanSummary phases[] = { { .name = "firmware", .end_ns = 500, .exits = 3, .cycles = 30, .top_code = 48, .top_exits = 2 },
                                 { .name = HOSTILE, .start_ns = 500, .end_ns = 1204000001, .exits = 2, .cycles = G_MAXUINT64, .top_code = 30, .top_exits = 1 } };

  for (Window w = 0; w < WINDOWS; w++)
    {
      s->reasons[w] = g_array_new (FALSE, FALSE, sizeof (ReasonSummary));
      if (w > WINDOW_ALL)
        continue;
      s->windows[w] = (SpanSummary) { .name = window_name (w), .end_ns = w == WINDOW_BOOT ? 500 : 1204000001, .exits = 4 + w, .cycles = 37, .top_code = 48, .top_exits = 3 };
    }
  for (guint i = 0; i < 4; i++)
    dispersion_add (&s->windows[WINDOW_ALL].dispersion, i);
  add_reason (s, WINDOW_BOOT, 48, 3, 30);
  add_reason (s, WINDOW_BOOT, 30, 1, 7);
  add_reason (s, WINDOW_ALL, 48, 4, G_MAXUINT64);
  s->phases = g_array_new (FALSE, FALSE, sizeof (SpanSummary));
  g_array_append_vals (s->phases, phases, G_N_ELEMENTS (phases));
  s->boot_phases = 1;
  return s;
}

static void
summary_free (LabSummary *s)
{
  for (Window w = 0; w < WINDOWS; w++)
    g_array_unref (s->reasons[w]);
  g_array_unref (s->phases);
  g_clear_pointer (&s->kinds, g_array_unref);
  g_clear_pointer (&s->segments, g_array_unref);
  if (s->operations != NULL)
    g_array_unref (g_array_index (s->operations, OperationSummary, 0).reasons);
  g_clear_pointer (&s->operations, g_array_unref);
  g_free (s);
}

static Manifest *
make_manifest (void)
{
  Manifest *m = manifest_new ();
  ManifestLab *lab = manifest_add_lab (m, "vmx");

  m->run = g_strdup (HOSTILE);
  m->status = g_strdup ("failed");
  manifest_add (m->versions, "harness", "0.1.0");
  manifest_add (m->inputs, "l1-image", "00ff");
  lab->machine = g_strdup ("bochs");
  lab->accel = g_strdup ("emulated");
  lab->determinism = g_strdup ("exact");
  lab->outcome = g_strdup ("ok");
  lab->fingerprint = g_strdup ("22dd");
  lab = manifest_add_lab (m, "bad " HOSTILE);
  lab->outcome = g_strdup ("l2-hang");
  return m;
}

static int
setup (void **state)
{
  Fixture *f = g_new0 (Fixture, 1);

  f->manifest = make_manifest ();
  f->names = committed_names (ISA_VMX);
  f->timeline = small_run (ISA_VMX);
  f->summary = make_summary ();
  f->checks = checks_new ();
  checks_compare (f->checks, 3, 3, NULL, "counters");
  checks_compare (f->checks, 3, 4, "in-flight", "explained");
  checks_compare (f->checks, 1, 2, NULL, "wrong %s", HOSTILE);
  checks_compare_usual (f->checks, 5, 6, "surprising");
  checks_not_run (f->checks, "l0");
  f->labs[0] = (ExportLab) { g_ptr_array_index (f->manifest->labs, 0), f->timeline, f->names, f->summary, f->checks };
  f->labs[1] = (ExportLab) { g_ptr_array_index (f->manifest->labs, 1), f->timeline, f->names, NULL, NULL };
  *state = f;
  return 0;
}

static int
teardown (void **state)
{
  Fixture *f = *state;

  manifest_free (f->manifest);
  timeline_free (f->timeline);
  summary_free (f->summary);
  checks_free (f->checks);
  g_free (f);
  return 0;
}

static GString *
make_json (const Fixture *f)
{
  g_autoptr (GError) error = NULL;
  GString *out = g_string_new (NULL);

  export_json (f->manifest, f->labs, 2, collect, out, &error);
  assert_no_failure (error);
  return out;
}

static GString *
make_prometheus (const Fixture *f)
{
  g_autoptr (GError) error = NULL;
  GString *out = g_string_new (NULL);

  export_prometheus (f->manifest, f->labs, 2, collect, out, &error);
  assert_no_failure (error);
  return out;
}

static void
test_json (void **state)
{
  Fixture *f = *state;
  g_autoptr (GString) bare = make_json (f);
  g_autoptr (JsonParser) parser = json_parser_new ();
  g_autoptr (GError) error = NULL;

  assert_golden ("export/figures-bare.json", bare->str, bare->len); /* without what a summary may lack */
  add_kinds (f->summary);
  add_operations (f->summary);
  g_autoptr (GString) out = make_json (f);
  assert_golden ("export/figures.json", out->str, out->len);
  json_parser_load_from_data (parser, out->str, (gssize) out->len, &error);
  assert_no_failure (error);
  JsonArray *labs = json_object_get_array_member (json_node_get_object (json_parser_get_root (parser)), "labs");
  assert_string_equal (json_object_get_string_member (json_array_get_object_element (labs, 1), "name"), "bad a\"b\\c\nd\357\277\275\x1b[0m</script>");
}

/* --- a strict reader of the text format 0.0.4 ------------------------------------------------- */

static const char *
read_name (const char *at)
{
  const gsize n = strspn (at, G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS "_");
  assert_true (n > 0 && !g_ascii_isdigit (*at));
  return at + n;
}

/* The value of a label, up to after its quote. */
static const char *
read_label_value (const char *at)
{
  assert_int_equal (*at++, '"');
  for (; *at != '"'; at++)
    {
      assert_true (*at != '\0' && *at != '\n');
      if (*at == '\\')
        {
          at++;
          assert_true (*at == '\\' || *at == '"' || *at == 'n');
        }
    }
  return at + 1;
}

/* NAME{LABEL="VALUE",…} NUMBER */
static void
read_sample (const char *line, const char *family)
{
  const char *at = read_name (line);

  assert_int_equal (at - line, strlen (family));
  assert_int_equal (strncmp (line, family, strlen (family)), 0);
  assert_int_equal (*at, '{');
  do
    {
      at = read_name (at + 1);
      assert_int_equal (*at, '=');
      at = read_label_value (at + 1);
    }
  while (*at == ',');
  assert_int_equal (*at, '}');
  assert_int_equal (at[1], ' ');
  assert_true (at[2] != '\0' && at[2 + strspn (at + 2, G_CSET_DIGITS ".")] == '\0');
}

/* Each family once, HELP and TYPE before its samples, which stand together; no series twice. */
static guint
read_exposition (const char *text)
{
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);
  g_autoptr (GHashTable) seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autofree char *family = NULL;
  guint samples = 0;

  assert_true (g_utf8_validate (text, -1, NULL));
  assert_true (g_str_has_suffix (text, "\n"));
  for (guint i = 0; lines[i + 1] != NULL; i++)
    if (g_str_has_prefix (lines[i], "# HELP "))
      {
        g_free (family);
        family = g_strndup (lines[i] + 7, (gsize) (read_name (lines[i] + 7) - lines[i] - 7));
        assert_true (g_hash_table_add (seen, g_strdup (family)));
        g_autofree char *counter = g_strdup_printf ("# TYPE %s counter", family);
        g_autofree char *gauge = g_strdup_printf ("# TYPE %s gauge", family);
        i++;
        assert_true (strcmp (lines[i], g_str_has_suffix (family, "_total") ? counter : gauge) == 0);
      }
    else
      {
        assert_non_null (family);
        read_sample (lines[i], family);
        assert_true (g_hash_table_add (seen, g_strndup (lines[i], (gsize) (strrchr (lines[i], ' ') - lines[i]))));
        samples++;
      }
  return samples;
}

static void
test_prometheus (void **state)
{
  Fixture *f = *state;
  g_autoptr (GString) bare = make_prometheus (f);

  /* run 1; labs 2 + 2; reasons 3 + 3; windows 2; phases 3 x 2; checks 5 */
  assert_int_equal (read_exposition (bare->str), 1 + 4 + 6 + 2 + 6 + 5);
  assert_null (strstr (bare->str, "harness_operation_exits"));
  add_kinds (f->summary);
  add_operations (f->summary);
  g_autoptr (GString) out = make_prometheus (f);
  /* kinds 2 x 2 windows x 2; operations 3 x 1 */
  assert_int_equal (read_exposition (out->str), 24 + 8 + 3);
  assert_golden ("export/figures.prom", out->str, out->len);
}

static void
test_full_disk (void **state)
{
  Fixture *f = *state;
  g_autoptr (GError) error = NULL, again = NULL;
  gsize room = 10;

  assert_false (export_json (f->manifest, f->labs, 2, full_disk, &room, &error));
  assert_failed (error, HARNESS_ERROR_FAILED, "no space left");
  assert_false (export_prometheus (f->manifest, f->labs, 2, full_disk, &room, &again));
  assert_failed (again, HARNESS_ERROR_FAILED, "no space left");
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown (test_json, setup, teardown),
    cmocka_unit_test_setup_teardown (test_prometheus, setup, teardown),
    cmocka_unit_test_setup_teardown (test_full_disk, setup, teardown),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The exits as traces: trace.dat against its golden file, a reader of its pages and trace-cmd itself; Perfetto's JSON; CSV. */
#include "unit/export-fixture.h"
#include "unit/golden.h"

#include <json-glib/json-glib.h>
#include <stdlib.h>

#include "base/run.h"
#include "record/operations.h"
#include "report/export-perfetto.h"
#include "report/export-trace-dat.h"
#include "timeline/cursor.h"

static GString *
make_trace_dat (const Timeline *t, const ReasonNames *names)
{
  const ManifestLab about = { .name = (char *) "vmx" };
  const ExportLab lab = { .about = &about, .timeline = t, .names = names };
  g_autoptr (GError) error = NULL;
  GString *out = g_string_new (NULL);

  export_trace_dat (&lab, collect, out, &error);
  assert_no_failure (error);
  return out;
}

static void
test_trace_dat_golden (void **state)
{
  (void) state;
  for (Isa isa = ISA_VMX; isa <= ISA_SVM; isa++)
    {
      g_autoptr (Timeline) t = small_run (isa);
      const ReasonNames *names = committed_names (isa);
      g_autoptr (GString) out = make_trace_dat (t, names);
      g_autofree char *name = g_strdup_printf ("export/%s.trace.dat", isa_name (isa));
      assert_golden (name, out->str, out->len);
    }
}

/* A run of many pages: three vCPUs and one that never ran, gaps of all sizes, returns to user space. */
static Timeline *
large_run (guint exits)
{
  g_autoptr (Gen) g = gen_new (ISA_VMX, 4);

  for (guint i = 0; i < exits; i++)
    {
      const guint v = (guint) gen_draw (g, 3);
      const guint64 gap = gen_draw (g, 50) == 0 ? gen_draw (g, 4000000000u) : gen_draw (g, 100000);
      const guint64 rip = gen_draw (g, G_MAXUINT32);
      const guint64 cycles = gen_draw (g, 5000);
      gen_exit_on (g, v, (guint32) gen_draw (g, 60), gen_draw (g, 1u << 31), gen_draw (g, 1u << 31) << 32 | i, rip, gap, cycles);
      if (g->vcpus[v].batched > 0 && gen_draw (g, 4) == 0)
        flag_last (g, v, KVM_EXIT_LOG_F_TO_USER);
    }
  return load_generated (g);
}

static guint32
u32_at (const char *at)
{
  guint32 value;
  memcpy (&value, at, sizeof value);
  return value;
}

static guint64
u64_at (const char *at)
{
  guint64 value;
  memcpy (&value, at, sizeof value);
  return value;
}

/* Written from the format's description alone: the next event of a CPU's data, or NULL. */
typedef struct {
  const char *page, *end; /* of the data */
  gsize at;               /* in the page; 0: before it */
  guint64 ns;
  guint extends, pages;
} Reader;

static const char *
next_event (Reader *r)
{
  for (;;)
    {
      if (r->at != 0 && r->at == 16 + u64_at (r->page + 8))
        {
          r->page += 4096;
          r->at = 0;
        }
      if (r->page == r->end)
        return NULL;
      if (r->at == 0)
        {
          r->ns = u64_at (r->page);
          assert_true (u64_at (r->page + 8) > 0 && u64_at (r->page + 8) <= 4080);
          r->at = 16;
          r->pages++;
        }
      const guint32 head = u32_at (r->page + r->at);
      const guint type_len = head & 31;
      r->ns += head >> 5;
      r->at += 4;
      if (type_len == 30)
        {
          r->ns += (guint64) u32_at (r->page + r->at) << 27;
          r->at += 4;
          r->extends++;
          continue;
        }
      assert_in_range (type_len, 1, 28);
      const char *event = r->page + r->at;
      r->at += type_len * 4;
      assert_true (r->at <= 4096);
      return event;
    }
}

static void
check_cpu (Reader *r, const Timeline *t, guint vcpu)
{
  const struct kvm_exit_log_record *exit;
  ExitCursor cursor;
  const char *event;

  exit_cursor_init_vcpu (&cursor, t, vcpu);
  while ((exit = exit_cursor_next (&cursor, NULL)) != NULL)
    {
      const gboolean ept = exit->reason == 48 || exit->reason == 49;
      event = next_event (r);
      assert_non_null (event);
      assert_int_equal (r->ns, timeline_ns (t, exit->tsc));
      assert_int_equal (u32_at (event) & 0xffff, 301);
      assert_int_equal (u32_at (event + 4), 1000 + vcpu);
      assert_int_equal (u32_at (event + 8), exit->reason);
      assert_int_equal (u64_at (event + 16), exit->rip);
      assert_int_equal (u32_at (event + 24), 1);
      assert_int_equal (u64_at (event + 32), exit->info1);
      assert_int_equal (u64_at (event + 40), ept ? exit->info2 : exit->info2 >> 32);
      assert_int_equal (u32_at (event + 48), ept ? 0 : (guint32) exit->info2);
      assert_int_equal (u32_at (event + 56), vcpu);
      if (exit->flags & KVM_EXIT_LOG_F_TO_USER)
        continue;
      event = next_event (r);
      assert_non_null (event);
      assert_int_equal (u32_at (event) & 0xffff, 300);
      assert_int_equal (r->ns, timeline_ns (t, exit->tsc + exit->cycles));
      assert_int_equal (u32_at (event + 8), vcpu);
    }
  assert_null (next_event (r));
}

/* Every event comes back from the pages, with its time to the nanosecond. */
static void
test_trace_dat_pages (void **state)
{
  g_autoptr (Timeline) t = large_run (20000);
  const ReasonNames *names = committed_names (ISA_VMX);
  g_autoptr (GString) out = make_trace_dat (t, names);
  char *flyrecord = memmem (out->str, out->len, "flyrecord", 10);
  guint64 expected;

  (void) state;
  assert_non_null (flyrecord);
  expected = ((gsize) (flyrecord - out->str) + 10 + 4 * 16 + 4095) / 4096 * 4096;
  for (guint v = 0; v < 4; v++)
    {
      const guint64 offset = u64_at (flyrecord + 10 + v * 16), size = u64_at (flyrecord + 10 + v * 16 + 8);
      Reader reader = { .page = out->str + offset, .end = out->str + offset + size };
      assert_int_equal (offset, expected);
      assert_true (offset + size <= out->len);
      check_cpu (&reader, t, v);
      assert_true (v == 3 ? size == 0 : reader.extends > 10 && reader.pages > 100);
      expected = offset + size;
    }
  assert_int_equal (expected, out->len);
}

/* What comes after "name=" in a line that `trace-cmd report -R` printed. */
static guint64
raw_field (const char *line, const char *name)
{
  const char *at = strstr (line, name);
  if (at == NULL)
    fail_msg ("no %s in %s", name, line);
  return g_ascii_strtoull (at + strlen (name), NULL, 0);
}

static void
check_report_line (const char *line, const Timeline *t, guint vcpu, const struct kvm_exit_log_record *exit)
{
  const gint64 ns = timeline_ns (t, exit->tsc);
  g_autofree char *place = g_strdup_printf ("[%03u] %5" G_GINT64_FORMAT ".%09" G_GINT64_FORMAT ": kvm_exit:", vcpu, ns / 1000000000, ns % 1000000000);

  assert_text_has (line, place);
  assert_int_equal (raw_field (line, "exit_reason="), exit->reason);
  assert_int_equal (raw_field (line, "guest_rip="), exit->rip);
  assert_int_equal (raw_field (line, "info1="), exit->info1);
  assert_int_equal (raw_field (line, "vcpu_id="), vcpu);
}

/* trace-cmd lists every exit, those of all vCPUs merged by time. */
static void
test_trace_cmd (void **state)
{
  g_autofree char *program = run_find_program ("trace-cmd");
  g_autofree char *path = g_build_filename (*state, "trace.dat", NULL);
  const char *argv[] = { "trace-cmd", "report", "-t", "-R", "-F", "kvm_exit", path, NULL };
  g_autofree char *report = NULL;
  g_autoptr (Timeline) t = large_run (5000);
  const ReasonNames *names = committed_names (ISA_VMX);
  g_autoptr (GString) out = make_trace_dat (t, names);
  g_autoptr (GError) error = NULL;
  guint64 n = 0;

  if (program == NULL)
    skip ();
  assert_true (g_file_set_contents (path, out->str, (gssize) out->len, NULL));
  run_capture (argv, &report, &error);
  assert_no_failure (error);
  g_auto (GStrv) lines = g_strsplit (report, "\n", -1);
  ExitCursor cursor;
  const struct kvm_exit_log_record *exit;
  guint vcpu = 0;
  exit_cursor_init (&cursor, t);
  for (char **line = lines; *line != NULL; line++)
    if (strstr (*line, "kvm_exit:") != NULL)
      {
        exit = exit_cursor_next (&cursor, &vcpu);
        assert_non_null (exit);
        check_report_line (*line, t, vcpu, exit);
        n++;
      }
  assert_int_equal (n, t->exits);
}

static GString *
make_perfetto (const ExportLab *labs, gsize n)
{
  g_autoptr (GError) error = NULL;
  GString *out = g_string_new (NULL);

  export_perfetto ("run " HOSTILE, labs, n, collect, out, &error);
  assert_no_failure (error);
  return out;
}

static void
add_round (Timeline *t, guint number, guint64 first, guint64 end, gint64 start_ns, gint64 end_ns)
{
  const TimelineOperation round = { number, first, end, start_ns, end_ns };
  g_array_append_val (t->operations, round);
}

static void
test_perfetto_golden (void **state)
{
  const ManifestLab about[] = { { .name = (char *) "vmx", .machine = (char *) "Bochs " HOSTILE, .determinism = (char *) "exact" },
                                { .name = (char *) "svm" } };
  g_autoptr (Timeline) vmx = small_run (ISA_VMX);
  g_autoptr (Timeline) svm = small_run (ISA_SVM);
  const ReasonNames *vmx_names = committed_names (ISA_VMX);
  const ReasonNames *svm_names = committed_names (ISA_SVM);
  const ExportLab labs[] = { { .about = &about[0], .timeline = vmx, .names = vmx_names }, { .about = &about[1], .timeline = svm, .names = svm_names } };

  (void) state;
  add_round (vmx, OPERATION_CPUID, 6, 8, 512000000, 513000000);
  add_round (vmx, RECORD_OPERATION_MAX - 1, 8, 8, 513000001, 513000002); /* of a newer guest: left out */
  g_autoptr (GString) out = make_perfetto (labs, 2);
  assert_golden ("export/perfetto.json", out->str, out->len);
}

/* The end of the slice before on a thread; slices of a thread must not overlap, or they are drawn as nested. */
static void
check_slice (JsonObject *event, GHashTable *ends)
{
  const gpointer thread = GINT_TO_POINTER ((gint) json_object_get_int_member (event, "tid"));
  const double *before = g_hash_table_lookup (ends, thread);
  const double ts = json_object_get_double_member (event, "ts");
  double *end = g_new (double, 1);

  if (before != NULL)
    assert_true (ts + 1e-4 >= *before);
  *end = ts + json_object_get_double_member (event, "dur");
  g_hash_table_replace (ends, thread, end);
}

static void
check_exit (JsonObject *event, const Timeline *t, guint vcpu, const struct kvm_exit_log_record *exit, guint64 number)
{
  JsonObject *args = json_object_get_object_member (event, "args");

  assert_int_equal (json_object_get_int_member (event, "tid"), 1004 + vcpu);
  assert_int_equal (json_object_get_int_member (args, "exit"), number);
  assert_int_equal (json_object_get_int_member (args, "t_ns"), timeline_ns (t, exit->tsc));
  assert_true (llabs ((gint64) (json_object_get_double_member (event, "ts") * 1000 + 0.5) - timeline_ns (t, exit->tsc)) == 0);
  assert_int_equal (json_object_get_int_member (args, "reason"), exit->reason);
  assert_int_equal (g_ascii_strtoull (json_object_get_string_member (args, "rip"), NULL, 16), exit->rip);
  assert_int_equal (g_ascii_strtoull (json_object_get_string_member (args, "info1"), NULL, 16), exit->info1);
  assert_int_equal (g_ascii_strtoull (json_object_get_string_member (args, "info2"), NULL, 16), exit->info2);
  assert_int_equal (json_object_get_int_member (args, "cycles"), exit->cycles);
}

/* A larger run, read back: every exit in order, nothing overlaps, the counter's bins hold all exits. */
static void
test_perfetto_structure (void **state)
{
  const ManifestLab about = { .name = (char *) "vmx" };
  g_autoptr (Timeline) t = large_run (5000);
  const ReasonNames *names = committed_names (ISA_VMX);
  const ExportLab lab = { .about = &about, .timeline = t, .names = names };
  g_autoptr (GString) out = make_perfetto (&lab, 1);
  g_autoptr (JsonParser) parser = json_parser_new ();
  g_autoptr (GHashTable) ends = g_hash_table_new_full (NULL, NULL, NULL, g_free);
  g_autoptr (GError) error = NULL;
  double counted = 0, rate = 0, since = 0;
  ExitCursor cursor;
  guint64 n = 0;

  (void) state;
  json_parser_load_from_data (parser, out->str, (gssize) out->len, &error);
  assert_no_failure (error);
  JsonArray *events = json_object_get_array_member (json_node_get_object (json_parser_get_root (parser)), "traceEvents");
  exit_cursor_init (&cursor, t);
  for (guint i = 0; i < json_array_get_length (events); i++)
    {
      JsonObject *event = json_array_get_object_element (events, i);
      const char kind = json_object_get_string_member (event, "ph")[0];
      guint vcpu = 0;
      if (kind == 'C')
        {
          const double ts = json_object_get_double_member (event, "ts");
          assert_true (ts == 0 || ts > since);
          counted += rate * (ts - since) / 1e6;
          rate = json_object_get_double_member (json_object_get_object_member (event, "args"), "exits/s");
          since = ts;
        }
      if (kind == 'X')
        check_slice (event, ends);
      if (kind != 'X' || strcmp (json_object_get_string_member (event, "cat"), "exit") != 0)
        continue;
      const struct kvm_exit_log_record *exit = exit_cursor_next (&cursor, &vcpu);
      assert_non_null (exit);
      check_exit (event, t, vcpu, exit, ++n);
    }
  assert_int_equal (n, t->exits);
  assert_true (rate == 0);
  assert_int_equal ((guint64) (counted + 0.5), t->exits);
}

static void
test_csv (void **state)
{
  g_autoptr (Timeline) t = large_run (20000);
  const ReasonNames *names = committed_names (ISA_VMX);
  g_autoptr (GString) plain = g_string_new (NULL);
  g_autoptr (GString) packed = g_string_new (NULL);
  g_autoptr (GError) error = NULL;
  g_autofree char *wanted = NULL;

  (void) state;
  assert_true (exits_write_gz (t, names, collect, packed, &wanted, &error));
  assert_true (exits_write_csv (t, names, collect, plain, &error));
  g_autofree char *got = g_compute_checksum_for_string (G_CHECKSUM_SHA256, plain->str, (gssize) plain->len);
  assert_string_equal (got, wanted);
  const char *last = g_strrstr_len (plain->str, (gssize) plain->len - 1, "\n") + 1;
  assert_int_equal (g_ascii_strtoull (last, NULL, 10), t->exits);

  g_autoptr (Gen) g = gen_new (ISA_VMX, 1);
  g_autoptr (Timeline) none = load_generated (g);
  g_string_truncate (plain, 0);
  assert_true (exits_write_csv (none, names, collect, plain, &error));
  assert_string_equal (plain->str, EXITS_HEADER);
}

/* Every piece that cannot be written ends the work with the sink's error. */
static void
test_full_disk (void **state)
{
  const ManifestLab about = { .name = (char *) "vmx" };
  g_autoptr (Timeline) t = large_run (3000);
  const ReasonNames *names = committed_names (ISA_VMX);
  const ExportLab lab = { .about = &about, .timeline = t, .names = names };

  (void) state;
  for (gsize room = 0; room <= 100000; room += 50000)
    for (guint format = 0; format < 3; format++)
      {
        g_autoptr (GError) error = NULL;
        gsize left = room;
        gboolean ok;
        if (format == 0)
          ok = export_trace_dat (&lab, full_disk, &left, &error);
        else if (format == 1)
          ok = export_perfetto ("run", &lab, 1, full_disk, &left, &error);
        else
          ok = exits_write_csv (t, names, full_disk, &left, &error);
        assert_false (ok);
        assert_failed (error, HARNESS_ERROR_FAILED, "no space left");
      }
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_trace_dat_golden),
    cmocka_unit_test (test_trace_dat_pages),
    cmocka_unit_test_setup_teardown (test_trace_cmd, folder_setup, folder_teardown),
    cmocka_unit_test (test_perfetto_golden),
    cmocka_unit_test (test_perfetto_structure),
    cmocka_unit_test (test_csv),
    cmocka_unit_test (test_full_disk),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}

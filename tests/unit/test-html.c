/* SPDX-License-Identifier: GPL-2.0-or-later */
/* report.html: a small page to the byte, hostile strings, what is inlined, and single exits packed and unpacked again. */
#include "unit/golden.h"
#include "unit/gen-records.h"
#include "unit/kinds.h"

#include <libxml/HTMLparser.h>
#include <zlib.h>

#include "report/html-pack.h"
#include "report/html.h"
#include "timeline/cursor.h"

#define STYLE "/* the style */"
#define SCRIPT "/* the script */"
#define LIBRARY "/* the library */"
#define MS 1000000
#define ROWS 4u

static ReasonNames *
load_names (Isa isa)
{
  g_autofree char *path = g_strdup_printf ("configs/reasons/%s.csv", isa_name (isa));
  g_autoptr (GError) error = NULL;
  ReasonNames *names = NULL;

  reason_names_load (path, &names, &error);
  assert_no_failure (error);
  return names;
}

/* Few types, so that the page of those that never occur is short; and configs/ may change. */
static ReasonNames *
few_names (Isa isa)
{
  static const char vmx[] = "code,name,kind,defined\n10,CPUID,cpuid,yes\n12,HLT,hlt,yes\n48,EPT_VIOLATION,memory,yes\n55,XSETBV,xsetbv,yes\n";
  static const char svm[] = "code,name,kind,defined\n0x72,CPUID,cpuid,yes\n0x78,HLT,hlt,yes\n0x8d,XSETBV,xsetbv,yes\n0x400,NPF,memory,yes\n";
  g_autofree char *folder = g_dir_make_tmp ("harness-unit-XXXXXX", NULL);
  g_autofree char *path = put_file (folder, "reasons.csv", isa == ISA_VMX ? vmx : svm);
  g_autoptr (GError) error = NULL;
  ReasonNames *names = NULL;

  reason_names_load (path, &names, &error);
  assert_no_failure (error);
  assert_true (files_remove_tree (folder, NULL));
  return names;
}

/* A lab made by hand: 30 ms in two phases of the boot and one after it, two types of exits. */
typedef struct {
  LabSummary s;
  Checks *checks;
  ReasonNames *names;
} Small;

#define NEW_ARRAY(type) g_array_new (FALSE, TRUE, sizeof (type))
#define ADD(array, type, ...) \
  do \
    { \
      const type value_ = __VA_ARGS__; \
      g_array_append_val (array, value_); \
    } \
  while (0)

static Dispersion
dispersion_of (guint64 a, guint64 b)
{
  Dispersion d = { 0 };

  dispersion_add (&d, a);
  dispersion_add (&d, b);
  return d;
}

static void
add_reasons (LabSummary *s, guint32 often, guint32 rare)
{
  s->reasons[WINDOW_BOOT] = NEW_ARRAY (ReasonSummary);
  ADD (s->reasons[WINDOW_BOOT], ReasonSummary, { often, 29999, 60000000, 1900, 9000, 0, 19 * MS, { [11] = 29999 } });
  ADD (s->reasons[WINDOW_BOOT], ReasonSummary, { rare, 1, 70000000, 70000000, 70000000, 5 * MS, 5 * MS, { [27] = 1 } });
  s->reasons[WINDOW_ALL] = NEW_ARRAY (ReasonSummary);
  ADD (s->reasons[WINDOW_ALL], ReasonSummary, { often, 30011, 60024000, 1900, 9000, 0, 29 * MS, { [11] = 30011 } });
  ADD (s->reasons[WINDOW_ALL], ReasonSummary, { rare, 1, 70000000, 70000000, 70000000, 5 * MS, 5 * MS, { [27] = 1 } });
}

static void
add_spans (LabSummary *s, guint32 often)
{
  const Dispersion even = dispersion_of (10, 10), uneven = dispersion_of (29000, 1000);

  s->windows[WINDOW_BOOT] = (SpanSummary) { "boot", 0, 20 * MS, 30000, 130000000, often, 29999, uneven };
  s->windows[WINDOW_ALL] = (SpanSummary) { "all", 0, 30 * MS, 30012, 130024000, often, 30011, uneven };
  s->phases = NEW_ARRAY (SpanSummary);
  ADD (s->phases, SpanSummary, { "firmware", 0, 10 * MS, 29000, 58000000, often, 29000, even });
  ADD (s->phases, SpanSummary, { "kernel", 10 * MS, 20 * MS, 1000, 72000000, often, 999, { 0 } });
  ADD (s->phases, SpanSummary, { "idle", 20 * MS, 30 * MS, 12, 24000, often, 12, { 0 } });
  s->boot_phases = 2;
  s->stability = (Stability) { FALSE, TRUE, 0, 1 };
}

static void
add_series (LabSummary *s, guint32 often, guint32 rare)
{
  static const guint64 exits[ROWS] = { 1, 29000, 30000, 30012 };

  s->rows = NEW_ARRAY (SeriesRow);
  s->codes = NEW_ARRAY (guint32);
  s->cells = NEW_ARRAY (SeriesCell);
  s->kind_cells = NEW_ARRAY (guint64);
  ADD (s->codes, guint32, MIN (often, rare));
  ADD (s->codes, guint32, MAX (often, rare));
  for (guint i = 0; i < ROWS; i++)
    {
      const guint64 memory = exits[i] - (i >= 1 ? 1 : 0);
      ADD (s->rows, SeriesRow, { i * 10 * MS, MIN (i, 2), exits[i], exits[i] * 2000 });
      /* The rare type has the lower code of both ISAs. */
      ADD (s->cells, SeriesCell, { exits[i] - memory, (exits[i] - memory) * 70000000 });
      ADD (s->cells, SeriesCell, { memory, memory * 2000 });
      ADD (s->kind_cells, guint64, memory);
      ADD (s->kind_cells, guint64, exits[i] - memory);
    }
}

static void
add_kinds (LabSummary *s)
{
  s->kinds = NEW_ARRAY (KindSummary);
  ADD (s->kinds, KindSummary, { "memory", { 29999, 30011 }, { 60000000, 60024000 } });
  ADD (s->kinds, KindSummary, { "hlt", { 1, 1 }, { 70000000, 70000000 } });
  s->segment_bin_ns = 10 * MS;
  s->segments = NEW_ARRAY (SegmentSummary);
  ADD (s->segments, SegmentSummary, { 0, 10 * MS, 29000, TRUE, s->windows[WINDOW_BOOT].top_code, 29000, 0, 29000 });
  ADD (s->segments, SegmentSummary, { 10 * MS, 20 * MS, 1000, FALSE, s->windows[WINDOW_BOOT].top_code, 999, 0, 999 });
  s->bursts = (BurstSummary) { 1, 10 * MS, 29000, 0, 29000 };
  s->types_90 = 1;
  s->types_90_exits = 29999;
}

static void
add_operations (LabSummary *s, guint32 code)
{
  OperationSummary cpuid = { .number = OPERATION_CPUID, .rounds = 3, .repetitions = 1500, .exits = 1500, .cycles = 3000000, .raw_exits = 1503 };
  OperationSummary compute = { .number = OPERATION_COMPUTE, .rounds = 3, .repetitions = 60 };

  s->operations = NEW_ARRAY (OperationSummary);
  cpuid.reasons = NEW_ARRAY (OperationReason);
  ADD (cpuid.reasons, OperationReason, { code, 1500, 3000000 });
  compute.reasons = NEW_ARRAY (OperationReason);
  g_array_append_val (s->operations, cpuid);
  g_array_append_val (s->operations, compute);
}

static Small *
small_new (Isa isa)
{
  Small *small = g_new0 (Small, 1);
  const gboolean vmx = isa == ISA_VMX;
  const guint32 often = vmx ? 48 : 0x400, rare = vmx ? 12 : 0x78;

  small->s.isa = isa;
  small->s.tsc_khz = 20000000;
  small->s.end_ns = 30 * MS;
  add_reasons (&small->s, often, rare);
  add_spans (&small->s, often);
  add_series (&small->s, often, rare);
  add_kinds (&small->s);
  add_operations (&small->s, vmx ? 10 : 0x72);
  small->names = few_names (isa);
  small->checks = checks_new ();
  checks_compare (small->checks, 7, 7, NULL, "total");
  checks_compare (small->checks, 7, 8, "in-flight", "kvm-stats:exits");
  return small;
}

/* As lab_summary_free(), but the struct is not on the heap by itself. */
static void
small_free (Small *small)
{
  GArray *arrays[] = { small->s.reasons[0], small->s.reasons[1], small->s.phases,   small->s.rows,     small->s.codes,
                       small->s.cells,      small->s.kinds,      small->s.kind_cells, small->s.segments };

  for (guint i = 0; i < small->s.operations->len; i++)
    g_array_unref (g_array_index (small->s.operations, OperationSummary, i).reasons);
  g_array_unref (small->s.operations);
  for (guint i = 0; i < G_N_ELEMENTS (arrays); i++)
    g_array_unref (arrays[i]);
  checks_free (small->checks);
  reason_names_free (small->names);
  g_free (small);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Small, small_free)

static HtmlLab
lab_of (const Small *small, const char *name)
{
  return (HtmlLab) { .lab = { name, "Bochs 2.7", "emulated", "exact", "00ff", NULL, &small->s, small->checks, small->names, NULL } };
}

static GString *
page_of (const HtmlLab *labs, gsize n, const char *library)
{
  const HtmlInputs inputs = {
    .run = "2026-01-31T12-00-00Z", .harness = "1.0", .labs = labs, .n_labs = n, .chart_library = library,
    .chart_library_css = "/* its style */", .style = STYLE, .script = SCRIPT,
  };
  return html_make (&inputs);
}

static void
assert_lacks (const char *text, const char *part)
{
  if (strstr (text, part) != NULL)
    fail_msg ("\"%s\" is in the page", part);
}

static void
test_golden (void **state)
{
  g_autoptr (Small) vmx = small_new (ISA_VMX), svm = small_new (ISA_SVM);
  HtmlLab labs[] = { lab_of (vmx, "vmx"), lab_of (svm, "svm") };
  g_autoptr (GBytes) bytes = g_bytes_new_static ("packed", 6);

  (void) state;
  labs[0].exits = bytes;
  labs[0].exits_packed = 5;
  g_autoptr (GString) page = page_of (labs, 2, LIBRARY);
  const char *body = strstr (page->str, "<body>");
  assert_non_null (body);
  /* The pictures and the verdicts have tests of their own: here only where they stand. */
  g_autoptr (GRegex) other = g_regex_new ("(<svg|<p class=\"(?:verdict|why)\").*?(</svg>|</p>)\\n?", G_REGEX_DOTALL, 0, NULL);
  g_autofree char *without = g_regex_replace (other, body, -1, 0, "\\1>…\\2", 0, NULL);
  assert_golden ("html/report.html", without, strlen (without));
}

/* sha256 of the two placeholders, worked out with openssl dgst -sha256 -binary | base64. */
static void
test_policy (void **state)
{
  g_autoptr (Small) vmx = small_new (ISA_VMX);
  const HtmlLab lab = lab_of (vmx, "vmx");
  g_autoptr (GString) page = page_of (&lab, 1, LIBRARY), without = page_of (&lab, 1, NULL);

  (void) state;
  assert_text_has (page->str, "content=\"default-src 'none'; style-src 'unsafe-inline'; img-src data:; script-src "
                              "'sha256-d7jiI3wlF5U1Gvxg7Ibr3KWneIF2aiFfqPxcvF/du24=' 'sha256-34yz4FrRYBzputQD0CvZnxBKJLU6sl9zPG7I5ZKi20Q='; base-uri 'none'; form-action 'none'\"");
  assert_text_has (page->str, "<script>" LIBRARY "</script>\n<script>" SCRIPT "</script>");
  assert_text_has (without->str, "content=\"default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'\"");
  assert_text_has (without->str, "charting library");
  assert_lacks (without->str, "<script");
  assert_lacks (without->str, "id=\"theme\"");
}

/* The library may not end its own element, nor open a comment in it. */
static void
test_inlined (void **state)
{
  g_autoptr (Small) vmx = small_new (ISA_VMX);
  const HtmlLab lab = lab_of (vmx, "vmx");
  g_autoptr (GString) page = page_of (&lab, 1, "a = '</SCRIPT><b>' + '<!--' +\r\n '</style>';");

  (void) state;
  assert_text_has (page->str, "<script>a = '<\\/SCRIPT><b>' + '<\\!--' +\n '<\\/style>';</script>");
}

#define EVIL "\" onmouseover=\"window.__pwned=3\" '><img src=x onerror='window.__pwned=1'></script><script>window.__pwned=2</script><!--\x01\x1b[31m"

static void
assert_harmless_node (const xmlNode *node)
{
  if (strcmp ((const char *) node->name, "img") == 0)
    fail_msg ("an element that is not ours");
  for (const xmlAttr *attribute = node->properties; attribute != NULL; attribute = attribute->next)
    if (g_str_has_prefix ((const char *) attribute->name, "on"))
      fail_msg ("a handler that is not ours");
}

/* As a parser of HTML sees it. */
static void
assert_harmless (const GString *page)
{
  xmlDoc *document = htmlReadMemory (page->str, (int) page->len, NULL, "UTF-8", HTML_PARSE_NOERROR | HTML_PARSE_NOWARNING | HTML_PARSE_NONET);
  guint elements = 0;

  assert_non_null (document);
  for (xmlNode *node = xmlDocGetRootElement (document); node != NULL;)
    {
      if (node->type == XML_ELEMENT_NODE)
        {
          assert_harmless_node (node);
          elements++;
        }
      if (node->children != NULL && node->type == XML_ELEMENT_NODE)
        {
          node = node->children;
          continue;
        }
      while (node != NULL && node->next == NULL)
        node = node->parent != (xmlNode *) document ? node->parent : NULL;
      node = node != NULL ? node->next : NULL;
    }
  xmlFreeDoc (document);
  assert_true (elements > 100);
}

static void
test_hostile (void **state)
{
  g_autoptr (Small) vmx = small_new (ISA_VMX), svm = small_new (ISA_SVM);
  g_autoptr (GBytes) bytes = g_bytes_new_static ("packed", 6);
  HtmlLab labs[] = { lab_of (vmx, "vmx"), lab_of (svm, EVIL), { .lab = { EVIL, EVIL, EVIL, EVIL, EVIL, EVIL, NULL, NULL, NULL, NULL } } };
  const char *folder = g_getenv ("BUILD");
  g_autofree char *library = NULL;

  (void) state;
  labs[0].lab.machine = labs[0].lab.accel = labs[0].lab.determinism = labs[0].lab.fingerprint = EVIL;
  labs[1].exits = bytes;
  g_array_index (svm->s.kinds, KindSummary, 0).name = EVIL;
  g_array_index (svm->s.phases, SpanSummary, 1).name = EVIL;
  checks_fail_text (svm->checks, EVIL, EVIL, EVIL);
  if (!g_file_get_contents ("/usr/share/javascript/dygraphs/dygraph.min.js", &library, NULL, NULL))
    library = g_strdup (LIBRARY);
  const HtmlInputs inputs = {
    .run = EVIL, .harness = EVIL, .labs = labs, .n_labs = G_N_ELEMENTS (labs), .chart_library = library, .chart_library_licence = EVIL,
  };
  g_autoptr (GString) page = html_make (&inputs);
  assert_lacks (page->str, "<img");
  assert_lacks (page->str, "<script>window");
  assert_harmless (page);
  assert_lacks (page->str, "<!--");
  assert_lacks (page->str, "\x01");
  assert_lacks (page->str, "\x1b");
  /* For the browser to open: tests/integration/browser.sh. */
  if (folder != NULL)
    g_free (put_file (folder, "tests/html/hostile.html", page->str));
}

/* The library's licence keeps its lines, and is text. */
static void
test_licence (void **state)
{
  const HtmlInputs inputs = { .run = "r", .harness = "1.0", .chart_library = LIBRARY, .chart_library_licence = "One <line>\n\n  and another\r\n" };
  g_autoptr (GString) page = html_make (&inputs);

  (void) state;
  assert_non_null (strstr (page->str, "<pre>One &lt;line&gt;\n\n  and another\n"));
  assert_lacks (page->str, "\xef\xbf\xbd");
}

/* Where no operation exits, none is called the one that exits most. */
static void
test_no_exits (void **state)
{
  g_autoptr (Small) vmx = small_new (ISA_VMX);
  const HtmlLab lab = lab_of (vmx, "vmx");

  (void) state;
  for (guint i = 0; i < vmx->s.operations->len; i++)
    g_array_index (vmx->s.operations, OperationSummary, i).exits = 0;
  g_autoptr (GString) page = page_of (&lab, 1, LIBRARY);
  assert_text_has (page->str, "None of the 2 operations that the guest performed takes an exit.");
  assert_lacks (page->str, "exits most");
}

/* Failed labs alone: no questions, no data, but why. */
static void
test_failed (void **state)
{
  const HtmlLab lab = { .lab = { "vmx", "Bochs 2.7", "emulated", "exact", NULL, "L2 hung", NULL, NULL, NULL, NULL } };
  g_autoptr (GString) page = page_of (&lab, 1, LIBRARY);

  (void) state;
  assert_text_has (page->str, "L2 hung");
  assert_lacks (page->str, "<section");
  assert_lacks (page->str, "lab-data");
}

/* What report.js does, in C. */
typedef struct {
  const guint8 *at, *end;
} Unpack;

static guint64
unpack_fixed (Unpack *u, guint size)
{
  guint64 value = 0;

  assert_true (u->end - u->at >= (gssize) size);
  memcpy (&value, u->at, size);
  u->at += size;
  return GUINT64_FROM_LE (value);
}

static Unpack
unpack_bytes (Unpack *u)
{
  const guint64 size = unpack_fixed (u, 4);
  const Unpack inner = { u->at, u->at + size };

  assert_true ((guint64) (u->end - u->at) >= size);
  u->at += size;
  return inner;
}

static guint64
unpack_varint (Unpack *u)
{
  guint64 value = 0;
  guint shift = 0;
  guint8 byte;

  do
    {
      byte = (guint8) unpack_fixed (u, 1);
      value |= (guint64) (byte & 0x7f) << shift;
      shift += 7;
    }
  while ((byte & 0x80) != 0);
  return value;
}

static guint64
unpack_split (Unpack *low)
{
  const guint64 byte = unpack_fixed (&low[0], 1);
  return unpack_varint (&low[1]) << 8 | byte;
}

static guint64
unpack_known (Unpack *values, GArray *known)
{
  const guint64 number = unpack_varint (&values[1]);

  if (number == 0)
    {
      const guint64 fresh = unpack_fixed (&values[0], 8);
      g_array_append_val (known, fresh);
      return fresh;
    }
  assert_true (number <= known->len);
  return g_array_index (known, guint64, number - 1);
}

static void
assert_same_exits (Unpack *columns, const guint32 *codes, const Unpack *kinds, guint n_codes, const Timeline *t, guint64 n, guint64 unit, gint64 now)
{
  g_autoptr (GArray) rips = g_array_new (FALSE, FALSE, sizeof (guint64)), infos = g_array_new (FALSE, FALSE, sizeof (guint64));
  ExitCursor cursor;

  exit_cursor_init (&cursor, t);
  for (guint64 i = 0; i < n; i++)
    {
      const struct kvm_exit_log_record *exit = exit_cursor_next (&cursor, NULL);
      const guint64 reason = unpack_varint (&columns[0]);
      assert_true (reason < n_codes);
      assert_int_equal (codes[reason], exit->reason);
      const ExitKinds *committed = committed_kinds (t->isa);
      const char *kind = exit_kind_name (committed, exit_kind (committed, exit->reason, exit->info1));
      assert_int_equal (kinds[reason].end - kinds[reason].at, strlen (kind));
      assert_memory_equal (kinds[reason].at, kind, strlen (kind));
      now += (gint64) (unpack_split (&columns[1]) * unit);
      assert_int_equal (now, timeline_ns (t, exit->tsc));
      assert_int_equal (unpack_split (&columns[3]), exit->cycles);
      assert_int_equal (unpack_known (&columns[5], rips), exit->rip);
      assert_int_equal (unpack_known (&columns[7], infos), exit->info1);
    }
  for (guint i = 0; i < 9; i++)
    assert_ptr_equal (columns[i].at, columns[i].end);
}

static void
assert_packed (GBytes *packed, const Timeline *t, const ReasonNames *names, guint64 n)
{
  uLongf size = 8 << 20;
  g_autofree guint8 *plain = g_malloc (size);
  gsize packed_size;
  const guint8 *data = g_bytes_get_data (packed, &packed_size);
  guint32 codes[16];
  Unpack columns[9], kinds[16];

  assert_int_equal (uncompress (plain, &size, data, packed_size), Z_OK);
  Unpack u = { plain, plain + size };
  assert_int_equal (unpack_fixed (&u, 4), 0x31505848); /* "HXP1" */
  assert_int_equal (unpack_fixed (&u, 4), n);
  const guint n_codes = (guint) unpack_fixed (&u, 4);
  const guint64 unit = unpack_fixed (&u, 8);
  const gint64 base = (gint64) unpack_fixed (&u, 8);
  assert_in_range (n_codes, n > 0 ? 1 : 0, G_N_ELEMENTS (codes));
  for (guint i = 0; i < n_codes; i++)
    {
      codes[i] = (guint32) unpack_fixed (&u, 4);
      const Unpack name = unpack_bytes (&u);
      kinds[i] = unpack_bytes (&u);
      assert_memory_equal (name.at, reason_name (names, codes[i]), (gsize) (name.end - name.at));
    }
  for (guint i = 0; i < 9; i++)
    columns[i] = unpack_bytes (&u);
  assert_ptr_equal (u.at, u.end);
  assert_same_exits (columns, codes, kinds, n_codes, t, n, unit, base);
}

static void
test_pack (void **state)
{
  static const guint64 most[] = { 0, 1, 700, G_MAXUINT64 };
  g_autoptr (ReasonNames) names = load_names (ISA_SVM);
  g_autoptr (Gen) g = gen_new (ISA_SVM, 2);
  g_autoptr (Timeline) t = NULL;
  g_autoptr (GError) error = NULL;

  (void) state;
  gen_exit (g, 0xffffffff, G_MAXUINT64, 0, G_MAXUINT64, 1, (guint64) 1 << 40);
  gen_boot (g, 3000);
  g_autoptr (GBytes) records = gen_end (g);
  timeline_load (records, &t, &error);
  assert_no_failure (error);
  for (guint i = 0; i < G_N_ELEMENTS (most); i++)
    {
      g_autoptr (GBytes) packed = NULL;
      guint64 n = 0;
      html_pack_exits (t, names, committed_kinds (t->isa), most[i], &packed, &n);
      assert_int_equal (n, MIN (t->exits, most[i]));
      assert_packed (packed, t, names, n);
    }
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_golden), cmocka_unit_test (test_policy), cmocka_unit_test (test_inlined),
    cmocka_unit_test (test_hostile), cmocka_unit_test (test_licence), cmocka_unit_test (test_no_exits), cmocka_unit_test (test_failed), cmocka_unit_test (test_pack),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The pictures of summaries filled by hand: golden files, odd input, and the parts that pictures are made of. */
#include "unit/golden.h"

#include <libxml/parser.h>
#include <libxml/tree.h>

#include "report/chart.h"
#include "report/pictures.h"
#include "report/svg.h"
#include "report/words.h"

#define MS G_GINT64_CONSTANT (1000000)
#define SIZE_MAX_KB 62u

/* A lab and all that it points to. */
typedef struct {
  AnswersLab lab;
  LabSummary *summary;
  ReasonNames *names;
} Made;

static void
made_free (Made *made)
{
  lab_summary_free (made->summary);
  reason_names_free (made->names);
  g_free (made);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Made, made_free)

/* A lab whose every array is there and empty. */
static Made *
made_new (const char *name, Isa isa)
{
  g_autofree char *path = g_strdup_printf ("configs/reasons/%s.csv", isa_name (isa));
  g_autoptr (GError) error = NULL;
  Made *made = g_new0 (Made, 1);
  LabSummary *s = made->summary = lab_summary_new (isa);

  reason_names_load (path, &made->names, &error);
  assert_no_failure (error);
  s->tsc_khz = 2000000;
  made->lab = (AnswersLab) { .name = name, .machine = "QEMU", .accel = "emulated", .determinism = "exact", .summary = s, .names = made->names };
  return made;
}

static void
add_phase (Made *made, const char *name, gint64 end_ns, guint64 exits, guint64 cycles, gboolean boot)
{
  LabSummary *s = made->summary;
  const gint64 start_ns = s->end_ns;
  const SpanSummary phase = { .name = name, .start_ns = start_ns, .end_ns = end_ns, .exits = exits, .cycles = cycles };

  g_array_append_val (s->phases, phase);
  s->end_ns = end_ns;
  for (Window w = boot ? WINDOW_BOOT : WINDOW_ALL; w < WINDOWS; w++)
    {
      s->windows[w].end_ns = end_ns;
      s->windows[w].exits += exits;
      s->windows[w].cycles += cycles;
    }
  s->boot_phases += boot;
}

static void
add_reason (Made *made, guint32 code, guint64 boot_exits, guint64 all_exits, guint bucket)
{
  LabSummary *s = made->summary;
  const guint64 exits[WINDOWS] = { boot_exits, all_exits };

  for (Window w = 0; w < WINDOWS; w++)
    {
      ReasonSummary reason = { .code = code, .exits = exits[w], .cycles = exits[w] << bucket, .last_ns = s->windows[w].end_ns };
      reason.cycles_p50 = G_GUINT64_CONSTANT (3) << (bucket - 2);
      reason.cycles_p99 = G_GUINT64_CONSTANT (3) << bucket;
      reason.costs[bucket] = (guint32) MIN (exits[w] - exits[w] / 4, G_MAXUINT32);
      reason.costs[bucket + 1] = (guint32) MIN (exits[w] / 4, G_MAXUINT32);
      if (exits[w] > 0)
        g_array_append_val (s->reasons[w], reason);
    }
  g_array_append_val (s->codes, code);
}

static void
add_kind (Made *made, const char *name, guint64 boot_exits, guint64 all_exits)
{
  const KindSummary kind = { .name = name, .exits = { boot_exits, all_exits } };
  g_array_append_val (made->summary->kinds, kind);
}

/*
 * How much of what it counts in a window a reason or kind has counted at a time: as the phases do in all, in waves
 * that differ by `salt`. Phases `first` to before `end` make the window.
 */
static guint64
so_far (const LabSummary *s, guint64 total, guint first, guint end, gint64 t_ns, guint salt)
{
  double counted = 0, all = 0;

  for (guint i = first; i < end; i++)
    {
      const SpanSummary *phase = &g_array_index (s->phases, SpanSummary, i);
      const gint64 length = MAX (phase->end_ns - phase->start_ns, 1), into = CLAMP (t_ns - phase->start_ns, 0, length);
      const guint wave = 150 + salt % 5 * 40, step = (guint) ((double) into * 1000 / (double) length);
      counted += (double) phase->exits * MIN (step / wave * wave + MIN (step % wave * 3, wave), 1000) / 1000;
      all += (double) phase->exits;
    }
  return all > 0 ? (guint64) ((double) total * counted / all) : 0;
}

static guint64
both_windows (const LabSummary *s, guint64 boot, guint64 all, gint64 t_ns, guint salt)
{
  return so_far (s, boot, 0, s->boot_phases, t_ns, salt) + so_far (s, all - boot, s->boot_phases, s->phases->len, t_ns, salt);
}

/* Rows every step_ns, with cells and kind cells. */
static void
fill_rows (Made *made, gint64 step_ns)
{
  LabSummary *s = made->summary;

  for (gint64 t = 0; t == 0 || t < s->end_ns + step_ns; t += step_ns)
    {
      SeriesRow row = { .t_ns = t };
      for (guint i = 0; i < s->codes->len; i++)
        {
          const guint32 code = g_array_index (s->codes, guint32, i);
          const ReasonSummary *boot = lab_summary_reason (s, WINDOW_BOOT, code), *all = lab_summary_reason (s, WINDOW_ALL, code);
          const SeriesCell cell = { both_windows (s, boot != NULL ? boot->exits : 0, all->exits, t, i), 0 };
          row.exits += cell.exits;
          g_array_append_val (s->cells, cell);
        }
      for (guint k = 0; k < s->kinds->len; k++)
        {
          const KindSummary *kind = &g_array_index (s->kinds, KindSummary, k);
          const guint64 exits = both_windows (s, kind->exits[WINDOW_BOOT], kind->exits[WINDOW_ALL], t, k);
          g_array_append_val (s->kind_cells, exits);
        }
      g_array_append_val (s->rows, row);
    }
}

static void
add_segment (Made *made, gint64 end_ns, guint64 exits, gboolean burst)
{
  LabSummary *s = made->summary;
  const gint64 start_ns = s->segments->len > 0 ? g_array_index (s->segments, SegmentSummary, s->segments->len - 1).end_ns : 0;
  const SegmentSummary segment = { .start_ns = start_ns, .end_ns = end_ns, .exits = exits, .burst = burst, .top_kind_exits = exits / 2 };

  g_array_append_val (s->segments, segment);
  if (!burst)
    return;
  s->bursts.segments++;
  s->bursts.exits += exits;
  s->bursts.duration_ns += end_ns - start_ns;
}

static void
add_operation (Made *made, guint number, guint64 repetitions, guint64 exits)
{
  OperationSummary op = { .number = number, .rounds = 3, .repetitions = repetitions, .exits = exits, .cycles = exits * 2000 };
  const OperationReason reason = { made->summary->isa == ISA_VMX ? 10 : 0x72, exits, exits * 2000 };

  op.reasons = g_array_new (FALSE, FALSE, sizeof (OperationReason));
  if (exits > 0)
    g_array_append_val (op.reasons, reason);
  g_array_append_val (made->summary->operations, op);
}

/* A run as they are: eight kinds and one more, phases long and short, bursts, operations. */
static void
add_unit (Made *made, const char *name, gint64 start_ns, gint64 active_ns, guint64 exits, guint32 code)
{
  const UnitSummary unit = { .name = g_strdup (name), .start_ns = start_ns, .active_ns = active_ns, .exits = exits, .alone = exits / 2, .share_milli = exits * 750,
                             .top_code = code, .top_exits = exits };
  g_array_append_val (made->summary->units, unit);
}

/* Labels behind their bars, before them, on them, and cut. */
static void
add_units (Made *made)
{
  add_unit (made, "systemd-journald.service", 400 * MS, 480 * MS, 1200, 0x400);
  add_unit (made, "dev-ttyS0.device", 450 * MS, 450 * MS, 0, 0);
  add_unit (made, "network.service", 20 * MS, 1025 * MS, 9000, 0x7b);
  add_unit (made, "cloud-final.service", 900 * MS, 1030 * MS, 333, 0x7c);
  add_unit (made, "systemd-fsck@dev-disk-by\\x2duuid-6c1dbf0f-0c2f-4aa2-8f0c-9a7a3f2b4a11.service", 500 * MS, 700 * MS, 40, 0x72);
  add_unit (made, "late.service", 1000 * MS, 2000 * MS, 100, 0x72);
  add_unit (made, "never.service", 1000 * MS, -1, 0, 0);
}

static Made *
usual (const char *name, Isa isa)
{
  static const guint32 codes[2][6] = { { 48, 30, 1, 32, 10, 12 }, { 0x400, 0x7b, 0x60, 0x7c, 0x72, 0x78 } };
  static const char *const kinds[] = { "memory", "io-pci", "mmio", "cpuid", "msr", "interrupt", "io-serial", "io-virtio", "hlt", "cr" };
  static const guint64 reason_exits[][WINDOWS] = { { 7000, 8000 }, { 3500, 4500 }, { 1800, 2300 }, { 900, 1400 }, { 360, 900 }, { 0, 300 } };
  static const guint64 kind_exits[][WINDOWS] = { { 6780, 8700 }, { 3390, 4350 }, { 1695, 2175 }, { 847, 1087 }, { 423, 544 },
                                                 { 211, 272 }, { 110, 136 }, { 60, 80 }, { 30, 40 }, { 14, 16 } };
  Made *made = made_new (name, isa);

  add_phase (made, "firmware", 70 * MS, 2000, 9000000, TRUE);
  add_phase (made, "loader", 82 * MS, 30, 120000, TRUE);
  add_phase (made, "decompressor", 210 * MS, 5700, 60000000, TRUE);
  add_phase (made, "early-kernel", 320 * MS, 2400, 20000000, TRUE);
  add_phase (made, "devices", 1030 * MS, 3400, 180000000, TRUE);
  add_phase (made, "user-space", 1031 * MS, 30, 1000000, TRUE);
  add_phase (made, "ready", 1031 * MS, 0, 0, FALSE);
  add_phase (made, "idle", 3031 * MS, 40, 3900000000, FALSE);
  add_phase (made, "operations", 3700 * MS, 3800, 600000000, FALSE);
  for (guint i = 0; i < 6; i++)
    add_reason (made, codes[isa][i], reason_exits[i][WINDOW_BOOT], reason_exits[i][WINDOW_ALL], 10 + i);
  for (guint i = 0; i < 10; i++)
    add_kind (made, kinds[i], kind_exits[i][WINDOW_BOOT], kind_exits[i][WINDOW_ALL]);
  fill_rows (made, 25 * MS);
  add_segment (made, 75 * MS, 2000, TRUE);
  add_segment (made, 100 * MS, 40, FALSE);
  add_segment (made, 200 * MS, 5500, TRUE);
  add_segment (made, 550 * MS, 3000, FALSE);
  add_segment (made, 1000 * MS, 20, FALSE);
  add_segment (made, 1031 * MS, 3000, TRUE);
  add_operation (made, OPERATION_CALIBRATION, 8, 0);
  add_operation (made, OPERATION_CPUID, 1500, 1500);
  add_operation (made, OPERATION_RDTSC, 1500, 0);
  add_operation (made, OPERATION_CONSOLE, 2, isa == ISA_VMX ? 3124 : 2998);
  add_operation (made, OPERATION_CONTEXT_SWITCH, 200, isa == ISA_VMX ? 25 : 1);
  if (isa == ISA_VMX)
    add_operation (made, OPERATION_XSETBV, 300, 300);
  else
    add_units (made);
  return made;
}

static xmlDocPtr
parse (const char *text)
{
  xmlDocPtr doc = xmlReadMemory (text, (int) strlen (text), "picture.svg", NULL, XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING);
  if (doc == NULL)
    fail_msg ("not well-formed: %.2000s", text);
  return doc;
}

/* What every picture is: one small svg element, with title and description, without numbers that are none. */
static void
assert_picture (const GString *svg)
{
  g_autofree char *file = picture_standalone (svg);
  xmlDocPtr doc = parse (svg->str), alone = parse (file);
  xmlNodePtr root = xmlDocGetRootElement (doc);

  assert_string_equal ((const char *) root->name, "svg");
  assert_true (xmlStrEqual (xmlFirstElementChild (root)->name, (const xmlChar *) "title"));
  assert_true (xmlStrEqual (xmlNextElementSibling (xmlFirstElementChild (root))->name, (const xmlChar *) "desc"));
  xmlChar *role = xmlGetProp (root, (const xmlChar *) "role");
  assert_string_equal ((const char *) role, "img");
  xmlFree (role);
  xmlFreeDoc (doc);
  xmlFreeDoc (alone);
  assert_null (strstr (svg->str, "nan"));
  assert_null (strstr (svg->str, "inf"));
  assert_true (svg->len < SIZE_MAX_KB * 1000);
}

static void
assert_all_pictures (const AnswersLab *labs, gsize n)
{
  for (const PictureKind *kind = picture_kinds; kind->name != NULL; kind++)
    {
      GString *svg = picture_by_name (kind->name, labs, n, NULL);
      assert_non_null (svg);
      assert_picture (svg);
      g_string_free (svg, TRUE);
    }
}

static void
assert_picture_has (GString *svg, const char *part)
{
  g_autofree char *text = g_string_free (svg, FALSE);
  assert_text_has (text, part);
}

static void
assert_picture_lacks (GString *svg, const char *part)
{
  g_autofree char *text = g_string_free (svg, FALSE);
  if (strstr (text, part) != NULL)
    fail_msg ("\"%s\" is in: %s", part, text);
}

static void
test_golden (void **state)
{
  g_autoptr (Made) vmx = usual ("vmx", ISA_VMX);
  g_autoptr (Made) svm = usual ("svm", ISA_SVM);
  const AnswersLab labs[] = { vmx->lab, svm->lab };

  (void) state;
  for (const PictureKind *kind = picture_kinds; kind->name != NULL; kind++)
    {
      GString *svg = picture_by_name (kind->name, labs, 2, "svm");
      g_autofree char *file = picture_standalone (svg);
      g_autofree char *name = g_strdup_printf ("pictures/%s.svg", kind->name);
      assert_picture (svg);
      assert_golden (name, file, strlen (file));
      g_string_free (svg, TRUE);
    }
}

/* Two kinds, three columns of 10 ms with 100, 200 and 50 exits; the scale's top is 20,000 times 1.06. */
static void
test_rate_heights (void **state)
{
  g_autoptr (Made) made = made_new ("svm", ISA_SVM);
  LabSummary *s = made->summary;
  static const guint64 cells[] = { 0, 0, 75, 25, 75, 225, 75, 275 };

  (void) state;
  add_phase (made, "boot", 30 * MS, 350, 1000, TRUE);
  add_kind (made, "memory", 75, 75);
  add_kind (made, "cpuid", 275, 275);
  g_array_append_vals (s->kind_cells, cells, G_N_ELEMENTS (cells));
  for (guint i = 0; i < 4; i++)
    {
      const SeriesRow row = { .t_ns = i * 10 * MS, .exits = cells[2 * i] + cells[2 * i + 1] };
      g_array_append_val (s->rows, row);
    }
  /* Plot: x from 62 to 624, so 187.3 a column; y from 119 down to 369: 250 units for 21,200 exits/s. All: 10k, 20k, 5k; cpuid: 2.5k, 20k, 5k. */
  assert_picture_has (picture_rate (&made->lab), "<path class=\"area k-memory\" d=\"M62 369H62V251.1H249.3V133.2H436.7V310H624V369z\">");
  assert_picture_has (picture_rate (&made->lab), "<path class=\"area k-cpuid\" d=\"M62 369H62V339.5H249.3V133.2H436.7V310H624V369z\">");
  assert_picture_has (picture_rate (&made->lab), "350 exits in 30 ms of guest time, on average 11,667 exits/s");
  assert_picture_has (picture_rate (&made->lab), "at most 20,000 exits/s in a column of 10 ms. cpuid 79 %, memory 21 %");
}

static void
test_operation_values (void **state)
{
  g_autoptr (Made) vmx = usual ("vmx", ISA_VMX);
  g_autoptr (Made) svm = usual ("svm", ISA_SVM);
  const AnswersLab labs[] = { vmx->lab, svm->lab };
  const char *order = "Exits a repetition: console vmx 1,562 svm 1,499; cpuid vmx 1 svm 1; xsetbv vmx 1; "
                      "context-switch vmx 0.13 svm 0.01; rdtsc vmx 0 svm 0</desc>";

  (void) state;
  assert_picture_has (picture_operations (labs, 2), order);
  assert_picture_has (picture_operations (labs, 2), "not performed");
  assert_picture_lacks (picture_operations (labs, 1), "not performed");
  assert_picture_lacks (picture_operations (labs, 2), "calibration");
  assert_picture_has (picture_operations (labs, 2), "vmx, CPUID: 1,500 exits in 1,500 repetitions, 2,000 cycles each, mostly CPUID");
}

/* 270,120,000 cycles at 2 GHz are 135 ms of 1,031. */
static void
test_share_values (void **state)
{
  g_autoptr (Made) made = usual ("vmx", ISA_VMX);

  (void) state;
  assert_picture_has (picture_share (&made->lab, 1), "vmx: 135 ms of 1.03 s inside exits (13 %)");
  assert_picture_has (picture_share (&made->lab, 1), "decompressor: 30 ms of 128 ms inside exits (23 %)");
  made->summary->tsc_khz = 0;
  assert_picture_has (picture_share (&made->lab, 1), "No lab has a boot to show.");
}

static void
test_without_summary (void **state)
{
  g_autoptr (Made) made = usual ("svm", ISA_SVM);
  const AnswersLab labs[] = { { .name = "vmx", .failure = "it broke" }, made->lab };

  (void) state;
  assert_all_pictures (labs, 1);
  assert_all_pictures (labs, 2);
  assert_all_pictures (&made->lab, 1);
  assert_picture_has (picture_rate (&labs[0]), "The lab failed");
  assert_picture_has (picture_cumulative (labs, 1), "No lab has a boot to show.");
  assert_picture_has (picture_operations (labs, 1), "No operations were performed.");
  assert_picture_has (picture_cumulative (labs, 2), "<desc>svm: 13,560 exits in 1.03 s</desc>");
  g_autoptr (GString) nothing = picture_by_name ("share", NULL, 0, NULL);
  assert_picture (nothing);
}

static void
test_empty (void **state)
{
  g_autoptr (Made) none = made_new ("svm", ISA_SVM);
  g_autoptr (Made) silent = made_new ("svm", ISA_SVM);
  g_autoptr (Made) one = made_new ("svm", ISA_SVM);
  LabSummary bare = { .isa = ISA_VMX, .tsc_khz = 1 };
  const AnswersLab null = { .name = "bare", .summary = &bare, .names = none->names };

  (void) state;
  assert_all_pictures (&none->lab, 1);
  assert_picture_has (picture_rate (&none->lab), "There were no exits.");
  /* Every array NULL, with and without a duration. */
  assert_all_pictures (&null, 1);
  bare.end_ns = bare.windows[WINDOW_BOOT].end_ns = 5 * MS;
  bare.windows[WINDOW_BOOT].exits = 5;
  bare.boot_phases = 3;
  assert_all_pictures (&null, 1);
  add_phase (silent, "firmware", 10 * MS, 0, 0, TRUE);
  fill_rows (silent, 10 * MS);
  assert_all_pictures (&silent->lab, 1);
  /* One exit at once, one bin, one reason, and phases that last no time. */
  add_phase (one, "nothing", 0, 0, 0, TRUE);
  add_phase (one, "firmware", 1, 1, 0, TRUE);
  add_phase (one, "nothing more", 1, 0, 0, TRUE);
  add_reason (one, 0x78, 1, 1, 2);
  add_kind (one, "hlt", 1, 1);
  fill_rows (one, 10 * MS);
  add_segment (one, 1, 1, TRUE);
  assert_all_pictures (&one->lab, 1);
  assert_picture_has (picture_rate (&one->lab), "1 exit in 1 ns of guest time");
}

static void
test_many_reasons (void **state)
{
  g_autoptr (Made) made = made_new ("svm", ISA_SVM);

  (void) state;
  add_phase (made, "firmware", 500 * MS, 4 << 20, 1 << 30, TRUE);
  add_phase (made, "later", 900 * MS, 4 << 20, 1 << 30, FALSE);
  for (guint i = 0; i < 40; i++)
    {
      g_autofree char *kind = g_strdup_printf ("kind-%u", i);
      add_reason (made, i, 5000 - i, 10000 - i, 4 + i);
      add_kind (made, g_intern_string (kind), 5000 - i, 10000 - i);
    }
  fill_rows (made, 1 * MS);
  for (guint i = 1; i <= 250; i++)
    add_segment (made, i * 2 * MS, i % 7 * 1000, i % 7 == 6);
  assert_all_pictures (&made->lab, 1);
  /* 19 rows of their own, 21 reasons in the last: those of 10,000 - 19 down to 10,000 - 39 exits. */
  assert_picture_has (picture_heat (&made->lab), "21 less frequent reasons: 209,391 exits");
  assert_picture_has (picture_costs (&made->lab), "not shown: 22 reasons with");
  assert_picture_has (picture_rate (&made->lab), "the rest");
  assert_picture_lacks (picture_rate (&made->lab), "kind-7\302\240");
  assert_picture_has (picture_rate (&made->lab), "kind-6\302\240");
}

/* The most that there can be: two hours in steps of 10 ms, thousands of stretches, 64-bit counts. */
static void
test_large (void **state)
{
  g_autoptr (Made) made = made_new ("svm", ISA_SVM);
  const guint64 most = G_MAXUINT64 / 4;
  const gint64 hour = G_GINT64_CONSTANT (3600) * 1000 * MS;

  (void) state;
  add_phase (made, "firmware", hour, most, G_MAXUINT64, TRUE);
  add_phase (made, "kernel", 2 * hour, most, 0, TRUE);
  add_phase (made, "idle", 2 * hour + MS, most, 0, FALSE);
  add_reason (made, 0x400, most, most, 46);
  add_reason (made, 0x78, 2, 3, 2);
  add_kind (made, "memory", most, most);
  add_kind (made, "hlt", 2, 3);
  fill_rows (made, 10 * MS);
  for (guint i = 1; i <= 4096; i++)
    add_segment (made, 2 * hour / 4096 * i, i % 2 == 0 ? most / 2048 : 1, i % 2 == 0);
  add_operation (made, OPERATION_CPUID, 1, G_MAXUINT64);
  add_operation (made, OPERATION_RDTSC, 0, 5);
  add_operation (made, OPERATION_RDMSR, G_MAXUINT64, 1);
  assert_all_pictures (&made->lab, 1);
  assert_picture_has (picture_operations (&made->lab, 1), "cpuid svm 18E; rdmsr svm &lt;0.01; rdtsc svm 0");
  assert_picture_has (picture_cumulative (&made->lab, 1), "svm: 9,223,372,036,854,775,806 exits in 7,200 s");
  assert_picture_has (picture_cumulative (&made->lab, 1), ">9.2E</text>");
}

static void
test_hostile_names (void **state)
{
  g_autoptr (Made) made = usual ("<b>&\"'\001\xff", ISA_SVM);
  const char *nasty = "</text><script>\"'&";

  (void) state;
  for (guint i = 0; i < made->summary->phases->len; i++)
    g_array_index (made->summary->phases, SpanSummary, i).name = nasty;
  for (guint i = 0; i < made->summary->kinds->len; i++)
    g_array_index (made->summary->kinds, KindSummary, i).name = nasty;
  assert_all_pictures (&made->lab, 1);
  assert_picture_lacks (picture_rate (&made->lab), "<script");
  assert_picture_lacks (picture_rate (&made->lab), "<b>");
  assert_picture_has (picture_rate (&made->lab), "&lt;b&gt;&amp;&quot;&#39;\357\277\275\357\277\275: exits");
}

/* A phase without a duration has no name there, but the long ones around it do. */
static void
test_phase_names (void **state)
{
  g_autoptr (Made) made = made_new ("svm", ISA_SVM);

  (void) state;
  add_phase (made, "alpha", 100 * MS, 10, 10, TRUE);
  add_phase (made, "blink", 100 * MS, 0, 0, TRUE);
  add_phase (made, "gamma", 200 * MS, 10, 10, TRUE);
  for (guint i = 0; i < 100; i++)
    add_phase (made, "crowd", (201 + i) * MS, 1, 1, TRUE);
  add_reason (made, 0x78, 120, 120, 10);
  fill_rows (made, 10 * MS);
  assert_all_pictures (&made->lab, 1);
  assert_picture_has (picture_share (&made->lab, 1), ">alpha</text>");
  assert_picture_lacks (picture_share (&made->lab, 1), ">blink</text>");
}

static void
test_by_name (void **state)
{
  g_autoptr (Made) vmx = usual ("vmx", ISA_VMX);
  g_autoptr (Made) svm = usual ("svm", ISA_SVM);
  const AnswersLab labs[] = { vmx->lab, svm->lab };

  (void) state;
  assert_null (picture_by_name ("portrait", labs, 2, NULL));
  assert_null (picture_by_name ("rate", labs, 2, "tcg"));
  assert_null (picture_by_name ("rate", labs, 0, NULL));
  assert_picture_has (picture_by_name ("rate", labs, 2, "svm"), "<title>svm: ");
  assert_picture_has (picture_by_name ("heat", labs, 2, NULL), "<title>vmx: ");
  assert_picture_has (picture_by_name ("share", labs, 2, "svm"), "vmx: ");
}

/* A class that a picture uses is in the style sheet; a file of its own carries that. */
static void
test_style (void **state)
{
  g_autoptr (Made) made = usual ("vmx", ISA_VMX);
  g_autofree char *style = svg_style ();
  g_autoptr (GRegex) regex = g_regex_new ("class=\"([^\"]*)\"", 0, 0, NULL);

  (void) state;
  assert_text_has (style, "@media (prefers-color-scheme:dark){.pic{color-scheme:dark;--surface:#14181f;");
  assert_text_has (style, "\n[data-theme=dark] .pic,.pic[data-theme=dark]{color-scheme:dark;--surface:#14181f;");
  assert_null (strpbrk (style, "<&"));
  for (const PictureKind *kind = picture_kinds; kind->name != NULL; kind++)
    {
      GString *svg = picture_by_name (kind->name, &made->lab, 1, NULL);
      g_autofree char *file = picture_standalone (svg);
      g_autoptr (GMatchInfo) match = NULL;

      assert_true (g_str_has_prefix (file, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"pic\""));
      assert_text_has (file, style);
      for (g_regex_match (regex, svg->str, 0, &match); g_match_info_matches (match); g_match_info_next (match, NULL))
        {
          g_autofree char *classes = g_match_info_fetch (match, 1);
          g_auto (GStrv) list = g_strsplit (classes, " ", -1);
          for (guint i = 0; list[i] != NULL; i++)
            {
              g_autofree char *rule = g_strdup_printf ("\\.%s[{,: ]", list[i]);
              if (!g_regex_match_simple (rule, style, 0, 0))
                fail_msg ("%s: class \"%s\" has no rule", kind->name, list[i]);
            }
        }
      g_string_free (svg, TRUE);
    }
}

static void
assert_say (void (*say) (GString *, double), double value, const char *wanted)
{
  g_autoptr (GString) out = g_string_new (NULL);
  say (out, value);
  assert_string_equal (out->str, wanted);
}

static void
test_say (void **state)
{
  g_autoptr (GString) out = g_string_new (NULL);

  (void) state;
  words_count (out, G_MAXUINT64);
  assert_string_equal (out->str, "18,446,744,073,709,551,615");
  assert_say (say_round, 999.5, "1,000");
  assert_say (say_round, 1e300, "18,446,744,073,709,551,615");
  assert_say (say_round, 2e19, "18,446,744,073,709,551,615");
  assert_say (say_round, -1, "0");
  assert_say (say_short, 0, "0");
  assert_say (say_short, 0.01, "0.01");
  assert_say (say_short, 999, "999");
  assert_say (say_short, 999.6, "1k");
  assert_say (say_short, 1500, "1.5k");
  assert_say (say_short, 13914, "14k");
  assert_say (say_short, 2e7, "20M");
  assert_say (say_seconds, 400, "400 ns");
  assert_say (say_seconds, 83532, "83.5 µs");
  assert_say (say_seconds, 665704, "666 µs");
  assert_say (say_seconds, 73818568, "73.8 ms");
  assert_say (say_seconds, 999600000, "1 s");
  assert_say (say_seconds, 1032335242, "1.03 s");
  assert_say (say_value, 0, "0");
  assert_say (say_value, 0.001, "<0.01");
  assert_say (say_value, 0.125, "0.13");
  assert_say (say_value, 12.56, "12.6");
  assert_say (say_value, 18096, "18,096");
  assert_say (say_value, 2.5e7, "25M");
  g_string_truncate (out, 0);
  say_percent (out, 1, 3000);
  say_percent (out, 1, 200);
  say_percent (out, 2, 3);
  say_percent (out, 999, 1000);
  say_percent (out, 1, 0);
  assert_string_equal (out->str, "<0.1 %0.5 %67 %99.9 %0 %");
}

static void
test_numbers (void **state)
{
  g_autoptr (GString) out = g_string_new (NULL);

  (void) state;
  chart_number (out, 12);
  chart_number (out, -0.5);
  chart_number (out, 3.14159);
  chart_number (out, 7.049);
  chart_number (out, -0.004);
  chart_number (out, 0.0 / 0.0);
  assert_string_equal (out->str, "12-0.53.147.0500");
  assert_true (chart_tick_step (100, 5) == 20);
  assert_true (chart_tick_step (100, 4) == 50);
  assert_true (chart_tick_step (101, 1) == 200);
  assert_true (chart_tick_step (0.9, 9) > 0.0999 && chart_tick_step (0.9, 9) < 0.1001);
  assert_true (chart_tick_step (0, 9) == 1);
}

static void
test_text (void **state)
{
  g_autoptr (GString) out = g_string_new (NULL);

  (void) state;
  svg_text (out, "a<b>&\"'\n\t\177é\xc3(\xe2\x80\xae");
  assert_string_equal (out->str, "a&lt;b&gt;&amp;&quot;&#39;\357\277\275\357\277\275\357\277\275é\357\277\275(\357\277\275");
  g_string_truncate (out, 0);
  chart_text_fitted (out, "x", 0, 0, 60, "abcdefghijklmnop");
  assert_string_equal (out->str, "<text class=\"x\" x=\"0\" y=\"0\">abcde…</text>\n");
  g_string_truncate (out, 0);
  chart_text_fitted (out, "", 0, 0, 60, "abcd");
  assert_string_equal (out->str, "<text x=\"0\" y=\"0\">abcd</text>\n");
}

static void
assert_edge (const GArray *edges, guint i, gint64 t_ms, gint64 row)
{
  assert_int_equal (g_array_index (edges, ColumnEdge, i).t_ns, t_ms * MS);
  assert_int_equal (g_array_index (edges, ColumnEdge, i).row, row);
}

/* Rows at 0, 10, … 100 ms. */
static void
test_columns (void **state)
{
  g_autoptr (Made) made = made_new ("svm", ISA_SVM);

  (void) state;
  add_phase (made, "all", 100 * MS, 0, 0, TRUE);
  fill_rows (made, 10 * MS);
  g_autoptr (GArray) all = chart_columns (made->summary, 94 * MS, 100);
  assert_int_equal (all->len, 10); /* what is left after 90 ms is less than half a column: it belongs to the last */
  assert_edge (all, 0, 0, EDGE_START);
  assert_edge (all, 1, 10, 1);
  assert_edge (all, 8, 80, 8);
  assert_edge (all, 9, 94, EDGE_END);
  g_autoptr (GArray) few = chart_columns (made->summary, 95 * MS, 4);
  assert_int_equal (few->len, 4); /* of 30 ms each, the last of 35 */
  assert_edge (few, 1, 30, 3);
  assert_edge (few, 2, 60, 6);
  assert_edge (few, 3, 95, EDGE_END);
  g_autoptr (GArray) none = chart_columns (made->summary, 0, 4);
  assert_int_equal (none->len, 1);
}

/* The same kind is the same colour for both labs, whatever the vendor calls it. */
static void
test_colours (void **state)
{
  g_autoptr (Made) vmx = usual ("a", ISA_VMX);
  g_autoptr (Made) svm = usual ("b", ISA_SVM);
  const AnswersLab labs[] = { svm->lab, vmx->lab, svm->lab, { .name = "failed" }, svm->lab };

  (void) state;
  assert_string_equal (chart_kind_class ("memory"), chart_kind_class ("ept"));
  assert_string_equal (chart_kind_class ("io-serial"), "k-io-serial");
  assert_string_equal (chart_kind_class ("other"), "k-other");
  assert_true (g_str_has_prefix (chart_kind_class ("no such kind"), "k-x"));
  assert_string_equal (chart_lab_class (labs, 0), "lab-1");
  assert_string_equal (chart_lab_class (labs, 1), "lab-0");
  assert_string_equal (chart_lab_class (labs, 2), "lab-2");
  assert_string_equal (chart_lab_class (labs, 4), "lab-3");
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_golden),
    cmocka_unit_test (test_rate_heights),
    cmocka_unit_test (test_operation_values),
    cmocka_unit_test (test_share_values),
    cmocka_unit_test (test_without_summary),
    cmocka_unit_test (test_empty),
    cmocka_unit_test (test_many_reasons),
    cmocka_unit_test (test_large),
    cmocka_unit_test (test_hostile_names),
    cmocka_unit_test (test_phase_names),
    cmocka_unit_test (test_by_name),
    cmocka_unit_test (test_style),
    cmocka_unit_test (test_say),
    cmocka_unit_test (test_numbers),
    cmocka_unit_test (test_text),
    cmocka_unit_test (test_columns),
    cmocka_unit_test (test_colours),
  };
  return cmocka_run_group_tests_name ("pictures", tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Kinds, costs, segments, bursts and operations of runs that are small enough to be worked out by hand. TSC 2 GHz: 2 ticks are 1 ns. */
#include "unit/unit.h"
#include "unit/gen-load.h"
#include "unit/kinds.h"

#include "report/tables.h"
#include "stats/summary.h"

#define MS G_GINT64_CONSTANT (1000000)
#define VMX_IO 30u

static LabSummary *
summarise (const Timeline *t, gint64 step_ns)
{
  g_autoptr (GError) error = NULL;
  LabSummary *s = NULL;

  lab_summary_make (t, committed_kinds (t->isa), step_ns, &s, &error);
  assert_no_failure (error);
  return s;
}

/* An exit that begins at that time. */
static void
gen_at (Gen *g, gint64 t_ns, guint32 code, guint64 info1, guint64 cycles)
{
  g->tsc = GEN_FIRST_ENTRY + (guint64) t_ns * 2;
  gen_exit (g, code, info1, 0, GEN_KERNEL_RIP, 0, cycles);
}

static void
gen_mark_at (Gen *g, gint64 t_ns, guint mark)
{
  gen_at (g, t_ns, VMX_IO, gen_out_info (ISA_VMX, RECORD_MARK_PORT + mark), 100);
}

/*
 * 100 ms with 10 CPUIDs each 10 ms, the tenth on the border; 20 ms with 100 writes to the serial port each; 80 ms with 8 EPT violations
 * each; a rest of 5 ms in which user space begins.
 */
static Gen *
three_stretches (void)
{
  Gen *g = gen_new (ISA_VMX, 1);

  for (guint i = 1; i <= 100; i++)
    gen_at (g, i * MS, 10, 0, 1000);
  for (guint i = 1; i <= 200; i++)
    gen_at (g, 100 * MS + i * MS / 10, VMX_IO, gen_out_info (ISA_VMX, 0x3f8), 1024);
  for (guint i = 0; i < 80; i++)
    gen_at (g, 120 * MS + (i / 8 * 10 + i % 8 + 1) * MS, 48, 0, i == 0 ? 0 : i == 1 ? 1 : 1023);
  gen_mark_at (g, 222 * MS, RECORD_MARK_USER_SPACE);
  gen_mark_at (g, 225 * MS, RECORD_MARK_READY);
  return g;
}

static void
assert_segment (const LabSummary *s, guint i, const SegmentSummary *wanted, const char *top_kind)
{
  const SegmentSummary *got = &g_array_index (s->segments, SegmentSummary, i);

  assert_int_equal (got->start_ns, wanted->start_ns);
  assert_int_equal (got->end_ns, wanted->end_ns);
  assert_int_equal (got->exits, wanted->exits);
  assert_int_equal (got->burst, wanted->burst);
  assert_int_equal (got->top_code, wanted->top_code);
  assert_int_equal (got->top_exits, wanted->top_exits);
  assert_int_equal (got->top_kind_exits, wanted->top_kind_exits);
  assert_string_equal (g_array_index (s->kinds, KindSummary, got->top_kind).name, top_kind);
}

/* 381 exits in 225 ms, 1693 a second; the second stretch has 10000. */
static void
test_segments (void **state)
{
  static const SegmentSummary wanted[] = {
    { .start_ns = 0, .end_ns = 100 * MS, .exits = 100, .top_code = 10, .top_exits = 100, .top_kind_exits = 100 },
    { .start_ns = 100 * MS, .end_ns = 120 * MS, .exits = 200, .burst = TRUE, .top_code = 30, .top_exits = 200, .top_kind_exits = 200 },
    { .start_ns = 120 * MS, .end_ns = 225 * MS, .exits = 81, .top_code = 48, .top_exits = 80, .top_kind_exits = 80 },
  };
  g_autoptr (Gen) g = three_stretches ();
  g_autoptr (Timeline) t = load_generated (g);
  g_autoptr (LabSummary) s = summarise (t, 10 * MS);
  g_autoptr (GString) table = table_segments (s);

  (void) state;
  assert_int_equal (s->segment_bin_ns, 10 * MS);
  assert_int_equal (s->segments->len, 3);
  assert_segment (s, 0, &wanted[0], "cpuid");
  assert_segment (s, 1, &wanted[1], "io-serial");
  assert_segment (s, 2, &wanted[2], "memory");
  assert_int_equal (s->bursts.segments, 1);
  assert_int_equal (s->bursts.duration_ns, 20 * MS);
  assert_int_equal (s->bursts.exits, 200);
  assert_int_equal (s->bursts.top_kind_exits, 200);
  assert_string_equal (g_array_index (s->kinds, KindSummary, s->bursts.top_kind).name, "io-serial");
  assert_string_equal (table->str, "start_ns,end_ns,exits,exits_per_s,burst,top_reason,top_share,top_kind,top_kind_share\n"
                                   "0,100000000,100,1000.000,no,10,1.000000,cpuid,1.000000\n"
                                   "100000000,120000000,200,10000.000,yes,30,1.000000,io-serial,1.000000\n"
                                   "120000000,225000000,81,771.429,no,48,0.987654,memory,0.987654\n");
}

/* Nine bins of 8 exits and one of m: m / 10 ms >= 2 (72 + m) / 100 ms from m = 18 on, where both sides are equal. */
static void
test_burst_border (void **state)
{
  (void) state;
  for (guint m = 17; m <= 18; m++)
    {
      g_autoptr (Gen) g = gen_new (ISA_VMX, 1);
      for (guint i = 0; i < 72; i++)
        gen_at (g, (i / 8 * 10 + i % 8 + 1) * MS, 10, 0, 1000);
      for (guint i = 1; i < m; i++)
        gen_at (g, 90 * MS + i * MS / 4, 10, 0, 1000);
      gen_mark_at (g, 99 * MS, RECORD_MARK_USER_SPACE);
      gen_mark_at (g, 100 * MS, RECORD_MARK_READY);
      g_autoptr (Timeline) t = load_generated (g);
      g_autoptr (LabSummary) s = summarise (t, 10 * MS);
      assert_int_equal (s->segments->len, 2);
      assert_int_equal (g_array_index (s->segments, SegmentSummary, 1).exits, m);
      assert_int_equal (g_array_index (s->segments, SegmentSummary, 1).burst, m == 18);
      assert_int_equal (s->bursts.segments, m == 18 ? 1 : 0);
      assert_int_equal (s->bursts.exits, m == 18 ? 18 : 0);
    }
}

static void
test_kinds (void **state)
{
  static const struct {
    const char *name;
    guint64 boot, all, cycles;
  } wanted[] = { { "io-serial", 200, 200, 204800 }, { "cpuid", 100, 100, 100000 }, { "memory", 80, 80, 1 + 78 * 1023 }, { "io-marks", 1, 2, 200 } };
  g_autoptr (Gen) g = three_stretches ();
  g_autoptr (Timeline) t = load_generated (g);
  g_autoptr (LabSummary) s = summarise (t, 10 * MS);
  g_autoptr (GString) table = table_kinds (s);

  (void) state;
  assert_int_equal (s->kinds->len, 4);
  for (guint i = 0; i < 4; i++)
    {
      const KindSummary *kind = &g_array_index (s->kinds, KindSummary, i);
      assert_string_equal (kind->name, wanted[i].name);
      assert_int_equal (kind->exits[WINDOW_BOOT], wanted[i].boot);
      assert_int_equal (kind->exits[WINDOW_ALL], wanted[i].all);
      assert_int_equal (kind->cycles[WINDOW_ALL], wanted[i].cycles);
    }
  assert_int_equal (s->kind_cells->len, s->rows->len * 4);
  /* at 110 ms: 100 to the port, 100 CPUIDs; at the end all */
  static const guint64 at_110_ms[] = { 100, 100, 0, 0 }, at_end[] = { 200, 100, 80, 2 };
  assert_memory_equal (&g_array_index (s->kind_cells, guint64, 11 * 4), at_110_ms, sizeof at_110_ms);
  assert_memory_equal (&g_array_index (s->kind_cells, guint64, s->kind_cells->len - 4), at_end, sizeof at_end);
  assert_string_equal (table->str, "kind,window,exits,share,cycles\n"
                                   "io-serial,boot,200,0.524934,204800\ncpuid,boot,100,0.262467,100000\nmemory,boot,80,0.209974,79795\n"
                                   "io-marks,boot,1,0.002625,100\n"
                                   "io-serial,all,200,0.523560,204800\ncpuid,all,100,0.261780,100000\nmemory,all,80,0.209424,79795\n"
                                   "io-marks,all,2,0.005236,200\n");
}

/* Of 381 exits 201 are I/O, 100 CPUID: 79 %; with the 80 EPT violations all. */
static void
test_types (void **state)
{
  g_autoptr (Gen) g = three_stretches ();
  g_autoptr (Gen) few = gen_new (ISA_VMX, 1);
  g_autoptr (Timeline) t = load_generated (g);
  g_autoptr (LabSummary) s = summarise (t, 10 * MS);

  (void) state;
  assert_int_equal (s->types_90, 3);
  assert_int_equal (s->types_90_exits, 381);

  /* 9 of 10 are nine tenths */
  for (guint i = 0; i < 9; i++)
    gen_at (few, (i + 1) * MS, 10, 0, 1000);
  gen_mark_at (few, 10 * MS, RECORD_MARK_USER_SPACE);
  gen_mark_at (few, 11 * MS, RECORD_MARK_READY);
  g_autoptr (Timeline) u = load_generated (few);
  g_autoptr (LabSummary) v = summarise (u, 10 * MS);
  assert_int_equal (v->types_90, 1);
  assert_int_equal (v->types_90_exits, 9);
}

/* The last bucket has all from 2^46 on: ten hours at 2 GHz. */
static void
test_costs (void **state)
{
  g_autoptr (Gen) g = three_stretches ();

  (void) state;
  gen_exit (g, 12, 0, 0, 0, 10, (G_GUINT64_CONSTANT (1) << 46) - 1);
  gen_exit (g, 12, 0, 0, 0, 10, G_GUINT64_CONSTANT (1) << 46);
  gen_exit (g, 12, 0, 0, 0, 10, G_GUINT64_CONSTANT (1) << 47);
  g_autoptr (Timeline) t = load_generated (g);
  g_autoptr (LabSummary) s = summarise (t, 1000000 * MS);
  const ReasonSummary *memory = lab_summary_reason (s, WINDOW_BOOT, 48), *io = lab_summary_reason (s, WINDOW_ALL, VMX_IO);
  const ReasonSummary *hlt = lab_summary_reason (s, WINDOW_ALL, 12);

  assert_int_equal (memory->costs[0], 1);
  assert_int_equal (memory->costs[1], 1);
  assert_int_equal (memory->costs[10], 78);
  assert_int_equal (io->costs[11], 200);
  assert_int_equal (io->costs[7], 2);
  assert_int_equal (lab_summary_reason (s, WINDOW_BOOT, VMX_IO)->costs[7], 1);
  assert_int_equal (hlt->costs[46], 1);
  assert_int_equal (hlt->costs[47], 2);
}

static void
test_ns (void **state)
{
  const LabSummary s = { .tsc_khz = 2000000 }, odd = { .tsc_khz = 3 };

  (void) state;
  assert_int_equal (lab_summary_ns (&s, 0), 0);
  assert_int_equal (lab_summary_ns (&s, 3), 1);
  assert_int_equal (lab_summary_ns (&s, 4000000000), 2000000000);
  assert_int_equal (lab_summary_ns (&odd, 2), 666666);
  assert_int_equal (lab_summary_ns (&s, G_MAXINT64), G_MAXINT64 / 2);
}

static LabSummary *
with_window (gint64 ready_ns)
{
  g_autoptr (Gen) g = gen_new (ISA_VMX, 1);

  gen_mark_at (g, 1000, RECORD_MARK_USER_SPACE);
  gen_mark_at (g, ready_ns, RECORD_MARK_READY);
  g_autoptr (Timeline) t = load_generated (g);
  return summarise (t, 1000 * MS);
}

static void
test_bins (void **state)
{
  static const struct {
    gint64 ready_ns, bin_ns;
  } cases[] = { { 5 * MS, 10 * MS }, { 40960 * MS, 10 * MS }, { 40970 * MS - 1, 10 * MS }, { 40970 * MS, 20 * MS }, { 81940 * MS, 40 * MS } };

  (void) state;
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (LabSummary) s = with_window (cases[i].ready_ns);
      const SegmentSummary *last = &g_array_index (s->segments, SegmentSummary, s->segments->len - 1);
      assert_int_equal (s->segment_bin_ns, cases[i].bin_ns);
      assert_int_equal (last->end_ns, cases[i].ready_ns);
    }
  g_autoptr (LabSummary) small = with_window (5 * MS);
  assert_int_equal (small->segments->len, 1);
  assert_int_equal (g_array_index (small->segments, SegmentSummary, 0).exits, 1);
  assert_false (g_array_index (small->segments, SegmentSummary, 0).burst);
}

/* Nothing happens in a stretch: no top of it in the table. */
static void
test_empty_segment (void **state)
{
  g_autoptr (Gen) g = gen_new (ISA_VMX, 1);

  (void) state;
  gen_mark_at (g, 1000, RECORD_MARK_USER_SPACE);
  for (guint i = 0; i < 800; i++)
    gen_at (g, (i + 1) * MS / 10, 10, 0, 1000);
  gen_mark_at (g, 205 * MS, RECORD_MARK_READY);
  g_autoptr (Timeline) t = load_generated (g);
  g_autoptr (LabSummary) s = summarise (t, 10 * MS);
  g_autoptr (GString) table = table_segments (s);
  assert_string_equal (table->str, "start_ns,end_ns,exits,exits_per_s,burst,top_reason,top_share,top_kind,top_kind_share\n"
                                   "0,80000000,801,10012.500,yes,10,0.998752,cpuid,0.998752\n"
                                   "80000000,205000000,0,0.000,no,,,,\n");
}

/* --- operations ------------------------------------------------------------------------------- */

static void
gen_many (Gen *g, guint32 code, guint n, guint64 cycles)
{
  for (guint i = 0; i < n; i++)
    gen_exit (g, code, 0, 0, GEN_KERNEL_RIP, 1000, cycles);
}

typedef struct {
  Gen *gen;
  GArray *rounds; /* of TimelineOperation */
} Performance;

/* A round of n exits of one reason, then a few of another, between two exits that are not its own. */
static void
perform (Performance *p, guint number, guint32 code, guint n, guint64 cycles, guint interrupts)
{
  gen_many (p->gen, 54, 1, 7);
  const TimelineOperation round = {
    .number = number, .first = p->gen->l0->len, .end = p->gen->l0->len + n + interrupts, .start_ns = 1000 * p->rounds->len, .end_ns = 1000 * p->rounds->len + 300,
  };
  gen_many (p->gen, code, n, cycles);
  gen_many (p->gen, 1, interrupts, 50);
  gen_many (p->gen, 54, 1, 7);
  g_array_append_val (p->rounds, round);
}

/* As many as the table says: 500 CPUIDs a round, 3 rounds; the calibration finds 3, 4 and 30 exits: the median is 4. */
static Timeline *
performed (guint cpuids_of_last_round, guint rdtscs)
{
  g_autoptr (Gen) g = gen_new (ISA_VMX, 1);
  Performance p = { g, g_array_new (FALSE, FALSE, sizeof (TimelineOperation)) };

  gen_mark (g, RECORD_MARK_USER_SPACE);
  gen_mark (g, RECORD_MARK_READY);
  perform (&p, OPERATION_IDLE, 12, 7, 1000, 0);
  perform (&p, OPERATION_CALIBRATION, 30, 3, 100, 0);
  perform (&p, OPERATION_CPUID, 10, 500, 2000, 5);
  perform (&p, OPERATION_CPUID, 10, 500, 2000, 5);
  perform (&p, OPERATION_COMPUTE, 1, 0, 0, 2);
  perform (&p, OPERATION_HYPERCALL, 18, 0, 0, 0);
  perform (&p, OPERATION_CALIBRATION, 30, 4, 100, 0);
  perform (&p, OPERATION_RDTSC, 16, rdtscs, 100, 9);
  perform (&p, OPERATION_CALIBRATION, 30, 30, 100, 0);
  perform (&p, OPERATION_CPUID, 10, cpuids_of_last_round, 2000, 6);
  Timeline *t = load_generated (g);
  g_array_unref (t->operations);
  t->operations = p.rounds;
  return t;
}

static const OperationSummary *
operation (const LabSummary *s, guint i, guint number)
{
  const OperationSummary *found = &g_array_index (s->operations, OperationSummary, i);
  assert_int_equal (found->number, number);
  return found;
}

static void
test_operations (void **state)
{
  g_autoptr (Timeline) t = performed (500, 0);
  g_autoptr (LabSummary) s = summarise (t, 10 * MS);

  (void) state;
  assert_int_equal (s->operations->len, 6);
  const OperationSummary *cpuid = operation (s, 2, OPERATION_CPUID);
  assert_int_equal (cpuid->rounds, 3);
  assert_int_equal (cpuid->repetitions, 1500);
  assert_int_equal (cpuid->raw_exits, 1516);
  assert_int_equal (cpuid->exits, 1516 - 3 * 4);
  assert_int_equal (cpuid->raw_cycles, 1500 * 2000 + 16 * 50);
  assert_int_equal (cpuid->cycles, 1500 * 2000 + 16 * 50 - 3 * 400);
  assert_int_equal (cpuid->round_exits_min, 505);
  assert_int_equal (cpuid->round_exits_max, 506);
  assert_int_equal (cpuid->duration_ns, 900);
  assert_int_equal (cpuid->reasons->len, 2);
  assert_int_equal (g_array_index (cpuid->reasons, OperationReason, 0).code, 10);
  assert_int_equal (g_array_index (cpuid->reasons, OperationReason, 0).exits, 1500);
  assert_int_equal (g_array_index (cpuid->reasons, OperationReason, 0).cycles, 1500 * 2000);
  assert_int_equal (g_array_index (cpuid->reasons, OperationReason, 1).code, 1);
  assert_int_equal (g_array_index (cpuid->reasons, OperationReason, 1).exits, 16);

  /* Linux's own calibration was not performed; what is less than nothing is nothing */
  assert_int_equal (operation (s, 0, OPERATION_IDLE)->exits, 7);
  assert_int_equal (operation (s, 3, OPERATION_COMPUTE)->raw_exits, 2);
  assert_int_equal (operation (s, 3, OPERATION_COMPUTE)->exits, 0);
  assert_int_equal (operation (s, 1, OPERATION_CALIBRATION)->raw_exits, 37);
  assert_int_equal (operation (s, 4, OPERATION_HYPERCALL)->rounds, 1);
  assert_int_equal (operation (s, 4, OPERATION_HYPERCALL)->reasons->len, 0);
}

static void
test_operation_tables (void **state)
{
  g_autoptr (Timeline) t = performed (500, 0);
  g_autoptr (LabSummary) s = summarise (t, 10 * MS);
  g_autoptr (GString) table = table_operations (s);
  g_autoptr (GString) reasons = table_operation_reasons (s, committed_names (ISA_VMX));

  (void) state;
  assert_string_equal (table->str, "operation,repetitions,exits,exits_per_op,cycles_per_op,top_reason,top_share\n"
                                   "idle,5,7,1.400,1400.000,12,1.000000\n"
                                   "calibration,3,25,8.333,833.333,30,1.000000\n"
                                   "cpuid,1500,1504,1.003,1999.733,10,0.989446\n"
                                   "compute,20,0,0.000,0.000,1,1.000000\n"
                                   "hypercall,200,0,0.000,0.000,,\n"
                                   "rdtsc,500,5,0.010,0.100,1,1.000000\n");
  assert_string_equal (reasons->str, "operation,reason,name,exits,exits_per_op,cycles\n"
                                     "idle,12,HLT,7,1.400,7000\n"
                                     "calibration,30,IO_INSTRUCTION,37,12.333,3700\n"
                                     "cpuid,10,CPUID,1500,1.000,3000000\n"
                                     "cpuid,1,EXTERNAL_INTERRUPT,16,0.011,800\n"
                                     "compute,1,EXTERNAL_INTERRUPT,2,0.100,100\n"
                                     "rdtsc,1,EXTERNAL_INTERRUPT,9,0.018,450\n");
}

static const CheckRow *
row_of (const Checks *checks, const char *name)
{
  for (guint i = 0; i < checks->rows->len; i++)
    {
      const CheckRow *row = g_ptr_array_index (checks->rows, i);
      if (strcmp (row->check, name) == 0)
        return row;
    }
  return NULL;
}

static void
assert_row (const Checks *checks, const char *name, const char *expected, const char *actual, const char *verdict)
{
  const CheckRow *row = row_of (checks, name);
  assert_non_null (row);
  assert_string_equal (row->expected, expected);
  assert_string_equal (row->actual, actual);
  assert_string_equal (row->verdict, verdict);
}

/* A hypercall that did not exit, and one CPUID of 1500 that did not, are errors; RDTSC's exits are a surprise. */
static void
test_operation_checks (void **state)
{
  g_autoptr (Timeline) t = performed (499, 2);
  g_autoptr (LabSummary) s = summarise (t, 10 * MS);
  const CheckInputs inputs = { t, s, NULL, NULL };
  g_autoptr (Checks) checks = checks_new ();

  (void) state;
  check_operations (&inputs, checks);
  assert_int_equal (checks->rows->len, 3);
  assert_row (checks, "operation:cpuid:reason=10", "1500", "1499", "fail");
  assert_row (checks, "operation:hypercall:reason=18", "200", "0", "fail");
  assert_row (checks, "operation:rdtsc:reason=16", "0", "2", "surprise");
  assert_int_equal (checks->failed, 2);
  assert_int_equal (checks->surprises, 1);
  assert_string_equal (checks->first_failure, "operation:cpuid:reason=10: expected 1500, actual 1499");

  g_autoptr (Timeline) good = performed (500, 0);
  g_autoptr (LabSummary) u = summarise (good, 10 * MS);
  const CheckInputs again = { good, u, NULL, NULL };
  g_autoptr (Checks) run = checks_new ();
  lab_checks_run (&again, run);
  assert_row (run, "operation:cpuid:reason=10", "1500", "1500", "ok");
  assert_row (run, "operation:rdtsc:reason=16", "0", "0", "ok");
  assert_int_equal (run->surprises, 0);
}

static void
test_no_operations (void **state)
{
  g_autoptr (Gen) g = three_stretches ();
  g_autoptr (Timeline) t = load_generated (g);
  g_autoptr (LabSummary) s = summarise (t, 10 * MS);

  (void) state;
  assert_int_equal (s->operations->len, 0);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_segments),      cmocka_unit_test (test_burst_border), cmocka_unit_test (test_kinds),
    cmocka_unit_test (test_types),         cmocka_unit_test (test_costs),        cmocka_unit_test (test_ns),
    cmocka_unit_test (test_bins),          cmocka_unit_test (test_empty_segment), cmocka_unit_test (test_operations),
    cmocka_unit_test (test_operation_tables), cmocka_unit_test (test_operation_checks), cmocka_unit_test (test_no_operations),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}

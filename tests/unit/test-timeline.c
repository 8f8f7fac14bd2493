/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Records to timelines: times, order, marks, phases, and every way that a run can end. */
#include "unit/unit.h"
#include "unit/gen-records.h"
#include "unit/kinds.h"

#include "stats/summary.h"
#include "timeline/cursor.h"
#include "timeline/outcome.h"
#include "timeline/phases.h"
#include "timeline/text.h"

static Timeline *
load (Gen *g)
{
  g_autoptr (GBytes) records = gen_end (g);
  g_autoptr (GError) error = NULL;
  Timeline *t = NULL;

  timeline_load (records, &t, &error);
  assert_no_failure (error);
  return t;
}

static void
assert_refused (Gen *g, const char *part)
{
  g_autoptr (GBytes) records = gen_end (g);
  g_autoptr (GError) error = NULL;
  g_autoptr (Timeline) t = NULL;

  assert_false (timeline_load (records, &t, &error));
  assert_failed (error, HARNESS_ERROR_FAILED, part);
  assert_null (t);
}

static void
assert_outcome (Gen *g, Outcome wanted, const char *part)
{
  g_autoptr (Timeline) t = load (g);
  g_autofree char *detail = NULL;
  g_autoptr (GError) error = NULL;

  assert_int_equal (timeline_outcome (t, &detail), wanted);
  assert_int_equal (timeline_check_complete (t, &error), wanted == OUTCOME_OK);
  if (part == NULL)
    assert_null (detail);
  else
    assert_failed (error, HARNESS_ERROR_FAILED, part);
}

static void
test_times (void **state)
{
  Timeline t = { .tsc_khz = 3000000, .first_entry_tsc = 1000 };

  (void) state;
  assert_int_equal (timeline_ns (&t, 1000), 0);
  assert_int_equal (timeline_ns (&t, 1003), 1);
  assert_int_equal (timeline_ns (&t, 1005), 1); /* down: 1.67 */
  assert_int_equal (timeline_ns (&t, 4000), 1000);
  assert_int_equal (timeline_ns (&t, 997), -1);
  /* 3 * 10^14 ticks are 10^5 s; times 10^6 they do not fit 64 bits */
  assert_true (timeline_ns (&t, 300000000000000 + 1000) == 100000000000000);
}

static void
test_phases (void **state)
{
  static const char *const names[] = { "firmware", "kernel", "user-space", "post-ready", "leaves", "report", "idle", "shutdown" };
  g_autoptr (Gen) g = gen_new (ISA_VMX, 1);

  (void) state;
  gen_boot (g, 100);
  g_autoptr (Timeline) t = load (g);
  guint64 at = 0;
  gint64 at_ns = 0;

  assert_int_equal (t->phases->len, G_N_ELEMENTS (names));
  for (guint i = 0; i < t->phases->len; i++)
    {
      const TimelinePhase *phase = &g_array_index (t->phases, TimelinePhase, i);
      assert_string_equal (phase->name, names[i]);
      assert_true (phase->first == at && phase->start_ns == at_ns);
      at = phase->end;
      at_ns = phase->end_ns;
    }
  assert_true (at == t->exits && at_ns == t->end_ns);
  assert_int_equal (g_array_index (t->phases, TimelinePhase, 0).end, 60);
  assert_int_equal (g_array_index (t->phases, TimelinePhase, 1).end, 160);
  assert_int_equal (t->marks[RECORD_MARK_READY].seq, 60 + 100 + 1 + 20);
  assert_int_equal (t->stray_marks, 0);
  assert_string_equal (t->l1_release, "6.1.0-lab");
  assert_string_equal (t->console->str, "SeaBIOS\r\nLinux version 6.1\r\nready\r\n");
}

/* What is a mark: SDM vol. 3, table 28-5, and APM vol. 2, figure 15-2. */
static void
test_mark_decoding (void **state)
{
  static const struct {
    Isa isa;
    guint32 reason;
    guint64 info1;
    guint mark;
  } cases[] = {
    { ISA_VMX, 30, 0x0e020000, 2 },
    { ISA_VMX, 30, 0x0e020040, 2 }, /* port in an immediate */
    { ISA_VMX, 31, 0x0e020000, 0 },
    { ISA_VMX, 30, 0x0e020008, 0 }, /* IN */
    { ISA_VMX, 30, 0x0e020001, 0 }, /* two bytes */
    { ISA_VMX, 30, 0x0e020010, 0 }, /* string */
    { ISA_VMX, 30, 0x0e000000, 0 },
    { ISA_VMX, 30, 0x0e3f0000, 63 },
    { ISA_VMX, 30, 0x0e400000, 0 },
    { ISA_VMX, 30, 0x10e020000, 0 },
    { ISA_SVM, 0x7b, 0x0e020210, 2 },
    { ISA_SVM, 0x7b, 0x0e020211, 0 }, /* IN */
    { ISA_SVM, 0x7b, 0x0e020220, 0 }, /* two bytes */
    { ISA_SVM, 0x7b, 0x0e020214, 0 }, /* string */
    { ISA_SVM, 0x7b, 0x0e020218, 0 }, /* REP */
    { ISA_SVM, 30, 0x0e020210, 0 },
  };

  (void) state;
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      const struct kvm_exit_log_record exit = { .reason = cases[i].reason, .info1 = cases[i].info1 };
      if (exit_mark (cases[i].isa, &exit) != cases[i].mark)
        fail_msg ("case %u", i);
    }
}

/* Marks that a firmware's probing or a forger makes are counted, not believed. */
static void
test_stray_marks (void **state)
{
  g_autoptr (Gen) g = gen_new (ISA_SVM, 1);

  (void) state;
  gen_mark (g, RECORD_MARK_POWEROFF);
  gen_mark (g, RECORD_MARK_READY);
  gen_mark (g, 42);
  gen_mark (g, RECORD_MARK_USER_SPACE);
  gen_mark (g, RECORD_MARK_LEAVES);
  gen_mark (g, RECORD_MARK_USER_SPACE);
  gen_mark (g, RECORD_MARK_READY);
  gen_mark (g, RECORD_MARK_READY);
  gen_mark (g, RECORD_MARK_IDLE_END);
  gen_mark (g, RECORD_MARK_POWEROFF);
  g_autoptr (Timeline) t = load (g);
  assert_int_equal (t->stray_marks, 7);
  assert_int_equal (t->marks[RECORD_MARK_USER_SPACE].seq, 3);
  assert_int_equal (t->marks[RECORD_MARK_READY].seq, 6);
  assert_int_equal (t->marks[RECORD_MARK_POWEROFF].seq, 9);
  assert_false (t->marks[RECORD_MARK_IDLE_END].seen);
}

static void
test_merge (void **state)
{
  g_autoptr (Gen) g = gen_new (ISA_VMX, 3);
  guint64 tsc = 0;
  guint vcpu, last = 0, seen[3] = { 0 };

  (void) state;
  for (guint i = 0; i < 500; i++)
    gen_exit_on (g, (guint) gen_draw (g, 3), 10, i, 0, 0, 1 + gen_draw (g, 9), 1 + gen_draw (g, 9));
  g_autoptr (Timeline) t = load (g);
  ExitCursor cursor;
  const struct kvm_exit_log_record *exit;
  exit_cursor_init (&cursor, t);
  for (guint64 i = 0; (exit = exit_cursor_next (&cursor, &vcpu)) != NULL; i++)
    {
      assert_int_equal (exit->info1, i);
      assert_true (exit->tsc > tsc);
      tsc = exit->tsc;
      seen[vcpu]++;
      last = vcpu;
    }
  assert_int_equal (seen[0] + seen[1] + seen[2], 500);
  assert_int_equal (t->vcpus[last].end_tsc, g->tsc);
}

static void
test_equal_times_by_vcpu (void **state)
{
  g_autoptr (Gen) g = gen_new (ISA_VMX, 2);
  ExitCursor cursor;

  (void) state;
  gen_exit_on (g, 1, 10, 7, 0, 0, 100, 50);
  g->tsc -= 50;
  gen_exit_on (g, 0, 10, 8, 0, 0, 0, 50);
  g_autoptr (Timeline) t = load (g);
  exit_cursor_init (&cursor, t);
  assert_int_equal (exit_cursor_next (&cursor, NULL)->info1, 8);
  assert_int_equal (exit_cursor_next (&cursor, NULL)->info1, 7);
  assert_null (exit_cursor_next (&cursor, NULL));
  assert_null (exit_cursor_next (&cursor, NULL));
}

static void
test_refused_overlap (void **state)
{
  g_autoptr (Gen) g = gen_new (ISA_VMX, 1);

  (void) state;
  gen_exit (g, 10, 0, 0, 0, 10, 100);
  g->tsc -= 50;
  gen_exit (g, 10, 0, 0, 0, 0, 100);
  assert_refused (g, "before");
}

static void
test_refused_before_entry (void **state)
{
  g_autoptr (Gen) g = gen_new (ISA_VMX, 1);

  (void) state;
  g->tsc = GEN_FIRST_ENTRY - 1;
  gen_exit (g, 10, 0, 0, 0, 0, 1);
  assert_refused (g, "before");
}

static void
test_refused_endless (void **state)
{
  g_autoptr (Gen) wraps = gen_new (ISA_VMX, 1);
  g_autoptr (Gen) days = gen_new (ISA_VMX, 1);

  (void) state;
  gen_exit (wraps, 10, 0, 0, 0, 10, G_MAXUINT64 - GEN_FIRST_ENTRY);
  assert_refused (wraps, "beyond the end of time");
  gen_exit (days, 10, 0, 0, 0, 10, (guint64) GEN_TSC_KHZ * 1000 * 86400 * 3);
  assert_refused (days, "two days");
}

static void
test_refused_reasons (void **state)
{
  g_autoptr (Gen) enough = gen_new (ISA_VMX, 1);
  g_autoptr (Gen) many = gen_new (ISA_VMX, 1);

  (void) state;
  for (guint i = 0; i < TIMELINE_OTHER_MAX; i++)
    gen_exit (enough, 1000 + i, 0, 0, 0, 10, 10);
  g_autoptr (Timeline) t = load (enough);
  assert_int_equal (t->n_others, TIMELINE_OTHER_MAX);
  assert_int_equal (t->reason_exits[timeline_reason (t, 1063)], 1);
  for (guint i = 0; i <= TIMELINE_OTHER_MAX; i++)
    gen_exit (many, 1000 + i, 0, 0, 0, 10, 10);
  assert_refused (many, "no manual knows");
}

static void
test_refused_vcpus (void **state)
{
  g_autoptr (Gen) unknown = gen_new (ISA_VMX, 1);
  g_autoptr (Gen) high = gen_new (ISA_VMX, 1);
  g_autoptr (Gen) other = gen_new (ISA_VMX, 1);
  const struct kvm_exit_log_record exit = { .tsc = GEN_FIRST_ENTRY };
  struct kvm_exit_log_header log = unknown->vcpus[0].log;

  (void) state;
  gen_put (unknown, RECORD_EXITS, 3, &exit, sizeof exit, NULL, 0);
  assert_refused (unknown, "never announced");
  gen_put (high, RECORD_EXITS, 64, &exit, sizeof exit, NULL, 0);
  assert_refused (high, "vCPU 64 is beyond");
  log.isa = KVM_EXIT_LOG_ISA_SVM;
  gen_put (other, RECORD_VCPU, 0, &log, sizeof log, NULL, 0);
  assert_refused (other, "another instruction set");
}

static void
test_refused_text (void **state)
{
  static const char *const bad[] = { "exits\n", "exits 12", "exits 99999999999999999999999\n", " \n", "exits -1\n", "ex\x01ts 1\n", "exits  1\n" };
  const guint64 tsc = 1;

  (void) state;
  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_autoptr (Gen) g = gen_new (ISA_VMX, 1);
      gen_put (g, RECORD_KVM_STATS, 0, &tsc, sizeof tsc, bad[i], strlen (bad[i]));
      assert_refused (g, "KVM statistics");
    }
}

static void
test_refused_bytes (void **state)
{
  g_autoptr (GBytes) nothing = g_bytes_new_static ("", 0);
  g_autoptr (GError) error = NULL;
  Timeline *t = NULL;

  (void) state;
  assert_false (timeline_load (nothing, &t, &error));
  assert_failed (error, HARNESS_ERROR_FAILED, "empty");
  g_clear_error (&error);

  g_autoptr (Gen) g = gen_new (ISA_VMX, 1);
  gen_boot (g, 10000);
  g_bytes_unref (gen_end (g));
  g->bytes->data[100000] ^= 1;
  g_autoptr (GBytes) damaged = g_bytes_new (g->bytes->data, g->bytes->len);
  assert_false (timeline_load (damaged, &t, &error));
  assert_failed (error, HARNESS_ERROR_FAILED, "checksum does not fit");
}

static void
test_outcomes (void **state)
{
  (void) state;
  g_autoptr (Gen) ok = gen_new (ISA_VMX, 1);
  gen_boot (ok, 10);
  assert_outcome (ok, OUTCOME_OK, NULL);

  g_autoptr (Gen) lost = gen_new (ISA_VMX, 1);
  gen_boot (lost, 10);
  lost->quiet_end = TRUE;
  assert_outcome (lost, OUTCOME_L1_LOST, "without an end: L1 died");

  g_autoptr (Gen) never = gen_new (ISA_VMX, 1);
  assert_outcome (never, OUTCOME_NO_EXITS, "never entered");

  g_autoptr (Gen) silent = gen_new (ISA_VMX, 1);
  gen_exit (silent, 10, 0, 0, 0, 10, 10);
  gen_console (silent, "one\r\ntwo\r\n\x1b[31mthree\r\nfour");
  assert_outcome (silent, OUTCOME_L2_SILENT, "no ready mark: L2 powered off or reset before it became ready; last console lines: two / ?[31mthree / four");

  g_autoptr (Gen) panic = gen_new (ISA_VMX, 1);
  gen_exit (panic, 10, 0, 0, 0, 10, 10);
  gen_console (panic, "[ 1.0] Kernel panic - not syncing: VFS: no root\r\n[ 1.1] CPU: 0");
  gen_event (panic, RECORD_EVENT_L2_DEADLINE, 60, "");
  assert_outcome (panic, OUTCOME_L2_PANIC, "L2's kernel panicked: Kernel panic - not syncing: VFS: no root");

  g_autoptr (Gen) hang = gen_new (ISA_VMX, 1);
  gen_exit (hang, 10, 0, 0, 0, 10, 10);
  gen_event (hang, RECORD_EVENT_L2_DEADLINE, 60, "");
  gen_event (hang, RECORD_EVENT_L2_ENDED, -9, "");
  assert_outcome (hang, OUTCOME_L2_HANG, "still ran after 60 s and never became ready; last console lines: (nothing)");

  g_autoptr (Gen) qemu = gen_new (ISA_VMX, 1);
  gen_event (qemu, RECORD_EVENT_L2_ENDED, 1, "could not open bios");
  assert_outcome (qemu, OUTCOME_QEMU_DIED, "status 1: could not open bios");

  g_autoptr (Gen) module = gen_new (ISA_VMX, 1);
  gen_event (module, RECORD_EVENT_MODULE_FAILED, 2, "kvm-intel");
  assert_outcome (module, OUTCOME_L1_FAILED, "kvm-intel: No such file");

  g_autoptr (Gen) overrun = gen_new (ISA_VMX, 1);
  gen_boot (overrun, 10);
  overrun->vcpus[0].log.overruns = 3;
  assert_outcome (overrun, OUTCOME_INCOMPLETE, "dropped 3 exits");

  g_autoptr (Gen) agent = gen_new (ISA_VMX, 1);
  gen_boot (agent, 10);
  agent->status = 1;
  assert_outcome (agent, OUTCOME_INCOMPLETE, "status 1");
}

/* Worked out by hand: five exits, two of them in the boot window. TSC 2 GHz: 2 ticks are 1 ns. */
static void
test_summary_by_hand (void **state)
{
  g_autoptr (Gen) g = gen_new (ISA_VMX, 1);
  g_autoptr (LabSummary) s = NULL;
  g_autoptr (GError) error = NULL;

  (void) state;
  gen_exit (g, 10, 0, 0, GEN_KERNEL_RIP, 2000, 1000); /* t 1000 ns, ends at 1500 */
  gen_mark (g, RECORD_MARK_USER_SPACE);               /* t 1500 + 2500 = 4000, 4000 cycles, ends at 6000 */
  gen_mark (g, RECORD_MARK_READY);                    /* t 8500 */
  gen_exit (g, 10, 0, 0, 0x400000, 1000, 3000);       /* t 10500 + 500 = 11000, ends at 12500 */
  gen_exit (g, 10, 0, 0, 0x400000, 40000000, 6000);   /* t 20012500, ends at 20015500 */
  g_autoptr (Timeline) t = load (g);
  lab_summary_make (t, committed_kinds (ISA_VMX), SUMMARY_BIN_NS, &s, &error);
  assert_no_failure (error);

  assert_int_equal (s->windows[WINDOW_BOOT].exits, 2);
  assert_int_equal (s->windows[WINDOW_BOOT].cycles, 5000);
  assert_int_equal (s->windows[WINDOW_BOOT].end_ns, 8500);
  assert_int_equal (s->windows[WINDOW_ALL].exits, 5);
  assert_int_equal (s->end_ns, 20015500);
  const ReasonSummary *cpuid = lab_summary_reason (s, WINDOW_ALL, 10);
  assert_int_equal (cpuid->exits, 3);
  assert_int_equal (cpuid->cycles, 10000);
  assert_int_equal (cpuid->cycles_p50, 3000);
  assert_int_equal (cpuid->cycles_p99, 6000);
  assert_int_equal (cpuid->first_ns, 1000);
  assert_int_equal (cpuid->last_ns, 20012500);
  assert_int_equal (lab_summary_reason (s, WINDOW_BOOT, 10)->cycles_p99, 1000);
  assert_null (lab_summary_reason (s, WINDOW_ALL, 48));

  /* rows at 0, 10, 20 and 30 ms: 0, 4, 4 and 5 exits */
  static const guint64 rows[] = { 0, 4, 4, 5 };
  assert_int_equal (s->rows->len, 4);
  for (guint i = 0; i < 4; i++)
    assert_int_equal (g_array_index (s->rows, SeriesRow, i).exits, rows[i]);
  /* bins of the whole run: 4 and 0, mean 2, variance 8, index 4 */
  assert_int_equal (s->windows[WINDOW_ALL].dispersion.bins, 2);
  assert_int_equal (dispersion_micro (&s->windows[WINDOW_ALL].dispersion), 4000000);
  /* kernel: 1 exit from 1000 to 4000 ns: 333333.333 a second */
  const SpanSummary *kernel = &g_array_index (s->phases, SpanSummary, 1);
  assert_string_equal (kernel->name, "kernel");
  assert_int_equal (span_rate_milli (kernel), 333333333);
}

/* An exit at 10 ms sharp: the row of that time has it, and so has the bin that ends there. */
static void
test_exit_on_the_border (void **state)
{
  g_autoptr (Gen) g = gen_new (ISA_VMX, 1);
  g_autoptr (LabSummary) s = NULL;
  g_autoptr (GError) error = NULL;

  (void) state;
  gen_mark (g, RECORD_MARK_USER_SPACE); /* 5000 to 9000 ticks */
  gen_exit (g, 10, 0, 0, 0, 10 * GEN_TSC_KHZ - 9000, 2000);
  gen_exit (g, 10, 0, 0, 0, 10 * GEN_TSC_KHZ, 2000);
  gen_mark (g, RECORD_MARK_READY);
  g_autoptr (Timeline) t = load (g);
  lab_summary_make (t, committed_kinds (ISA_VMX), SUMMARY_BIN_NS, &s, &error);
  assert_no_failure (error);
  assert_int_equal (g_array_index (s->rows, SeriesRow, 1).exits, 2);
  assert_int_equal (g_array_index (s->rows, SeriesRow, 2).exits, 2);
  assert_int_equal (g_array_index (s->rows, SeriesRow, 3).exits, 4);
  /* bins of the boot: 2 and 0; the third is not whole */
  assert_int_equal (s->windows[WINDOW_BOOT].dispersion.bins, 2);
  assert_int_equal (s->windows[WINDOW_BOOT].dispersion.sum, 2);
}

static void
test_text (void **state)
{
  static const char raw[] = "a\x00" "b\xff\xfe\x07 ok\n";
  g_autofree char *shown = text_printable (raw, sizeof raw - 1, 100);
  g_autofree char *cut = text_printable ("abcdef", 6, 3);
  g_autofree char *last = text_last_lines ("\r\n\r\nx1\r\ny2\r\n\r\n", 14, 1);

  (void) state;
  assert_true (g_utf8_validate (shown, -1, NULL));
  assert_null (strchr (shown, '\x07'));
  assert_text_has (shown, " ok");
  assert_string_equal (cut, "abc");
  assert_text_has (last, "y2");
  assert_null (strstr (last, "x1"));
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_times),
    cmocka_unit_test (test_phases),
    cmocka_unit_test (test_mark_decoding),
    cmocka_unit_test (test_stray_marks),
    cmocka_unit_test (test_merge),
    cmocka_unit_test (test_equal_times_by_vcpu),
    cmocka_unit_test (test_refused_overlap),
    cmocka_unit_test (test_refused_before_entry),
    cmocka_unit_test (test_refused_endless),
    cmocka_unit_test (test_refused_reasons),
    cmocka_unit_test (test_refused_vcpus),
    cmocka_unit_test (test_refused_text),
    cmocka_unit_test (test_refused_bytes),
    cmocka_unit_test (test_outcomes),
    cmocka_unit_test (test_summary_by_hand),
    cmocka_unit_test (test_exit_on_the_border),
    cmocka_unit_test (test_text),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}

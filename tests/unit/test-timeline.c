/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Records to timelines: times, order, marks, phases, and every way that a run can end. */
#include "unit/unit.h"
#include "unit/gen-load.h"
#include "unit/kinds.h"

#include "stats/summary.h"
#include "timeline/cursor.h"
#include "timeline/outcome.h"
#include "timeline/phases.h"
#include "timeline/text.h"

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
  g_autoptr (Timeline) t = load_generated (g);
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
  static const char *const names[] = { "firmware", "early-kernel", "user-space", "ready", "leaves", "report", "idle", "shutdown" };
  g_autoptr (Gen) g = gen_new (ISA_VMX, 1);

  (void) state;
  gen_boot (g, 100);
  g_autoptr (Timeline) t = load_generated (g);
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

/* What is a one-byte OUT: SDM vol. 3, table 28-5, and APM vol. 2, figure 15-2. */
static void
test_byte_out (void **state)
{
  static const struct {
    Isa isa;
    guint32 reason;
    guint64 info1;
    guint port;
  } cases[] = {
    { ISA_VMX, 30, 0x0e020000, 0xe02 },
    { ISA_VMX, 30, 0x0e020040, 0xe02 }, /* port in an immediate */
    { ISA_VMX, 31, 0x0e020000, 0 },
    { ISA_VMX, 30, 0x0e020008, 0 }, /* IN */
    { ISA_VMX, 30, 0x0e020001, 0 }, /* two bytes */
    { ISA_VMX, 30, 0x0e020010, 0 }, /* string */
    { ISA_VMX, 30, 0xffff0000, 0xffff },
    { ISA_SVM, 0x7b, 0x0e020210, 0xe02 },
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
      if (exit_byte_out (cases[i].isa, &exit) != cases[i].port)
        fail_msg ("case %u", i);
    }
}

static void
assert_phase (const Timeline *t, guint i, const char *name, guint64 first)
{
  const TimelinePhase *phase = &g_array_index (t->phases, TimelinePhase, i);
  assert_string_equal (phase->name, name);
  assert_int_equal (phase->first, first);
}

/* The cuts that have no mark: by port and instruction pointer. */
static void
test_phases_without_marks (void **state)
{
  g_autoptr (Gen) g = gen_new (ISA_SVM, 1);
  const guint64 dma = 0x518ull << 16 | 0x240; /* a four-byte OUT */
  const guint64 probe = gen_out_info (ISA_SVM, 0xcfb);

  (void) state;
  gen_exit (g, 0x7b, dma, 0, 0xec1f5, 10, 10);            /* 0: SeaBIOS reads fw_cfg too */
  gen_exit (g, 0x400, 0, 0, 0x6ff0000, 10, 10);           /* 1: its high part: no kernel */
  gen_exit (g, 0x7b, probe, 0, 0xe9801, 10, 10);          /* 2: the firmware's probe is not the kernel's */
  gen_exit (g, 0x7b, dma, 0, 0xa8, 10, 10);               /* 3: loader */
  gen_exit (g, 0x7b, dma, 0, 0xa8, 10, 10);
  gen_exit (g, 0x7b, 0x700010, 0, 0x122c, 10, 10);
  gen_exit (g, 0x72, 0, 0, 0x4aff69, 10, 10);             /* 6: decompressor */
  gen_exit (g, 0x72, 0, 0, 0x100000, 10, 10);
  gen_exit (g, 0x72, 0, 0, GEN_KERNEL_RIP, 10, 10);       /* 8: early kernel */
  gen_exit (g, 0x7b, 0xcf80240, 0, GEN_KERNEL_RIP, 10, 10); /* reads PCI before it probes */
  gen_exit (g, 0x7b, probe, 0, GEN_KERNEL_RIP, 10, 10);   /* 10: devices */
  gen_exit (g, 0x7b, dma, 0, 0xa8, 10, 10);               /* no way back */
  gen_mark (g, RECORD_MARK_USER_SPACE);                   /* 12 */
  gen_exit (g, 0x7b, probe, 0, GEN_KERNEL_RIP, 10, 10);
  g_autoptr (Timeline) t = load_generated (g);

  assert_int_equal (t->phases->len, 6);
  assert_phase (t, 0, "firmware", 0);
  assert_phase (t, 1, "loader", 3);
  assert_phase (t, 2, "decompressor", 6);
  assert_phase (t, 3, "early-kernel", 8);
  assert_phase (t, 4, "devices", 10);
  assert_phase (t, 5, "user-space", 12);
}

static void
begin_operations (Gen *g)
{
  gen_mark (g, RECORD_MARK_USER_SPACE);
  gen_mark (g, RECORD_MARK_READY);
  gen_mark (g, RECORD_MARK_OPERATIONS);
}

static void
assert_round (const Timeline *t, guint i, guint number, guint64 first, guint64 end)
{
  const TimelineOperation *round = &g_array_index (t->operations, TimelineOperation, i);
  assert_int_equal (round->number, number);
  assert_int_equal (round->first, first);
  assert_int_equal (round->end, end);
  assert_true (round->start_ns < round->end_ns);
}

static void
test_operations (void **state)
{
  g_autoptr (Gen) g = gen_new (ISA_VMX, 1);

  (void) state;
  begin_operations (g);                                    /* 0 to 2 */
  gen_round (g, OPERATION_CALIBRATION_LINUX, 0, 0, 0);     /* 3, 4 */
  gen_round (g, OPERATION_SLEEP, 12, 2, 100);              /* 5 to 8 */
  gen_round (g, OPERATION_REBOOT, 30, 3, 100);             /* 9 to 13 */
  gen_mark (g, RECORD_MARK_POWEROFF);                      /* 14 */
  gen_next_guest (g, RECORD_GUEST_KNOWN_ANSWER);
  gen_exit (g, 30, 0, 0, 0xfff0, 10, 10);                  /* 15 */
  gen_round (g, OPERATION_CPUID, 10, 5, 100);              /* 16 to 22 */
  g_autoptr (Timeline) t = load_generated (g);

  assert_int_equal (t->stray_marks, 0);
  assert_int_equal (t->unended_rounds, 0);
  assert_int_equal (t->operations->len, 4);
  assert_round (t, 0, OPERATION_CALIBRATION_LINUX, 4, 4);
  assert_round (t, 1, OPERATION_SLEEP, 6, 8);
  assert_round (t, 2, OPERATION_REBOOT, 10, 13);
  assert_round (t, 3, OPERATION_CPUID, 17, 22);
  assert_int_equal (t->phases->len, 8);
  assert_phase (t, 3, "operations", 2);
  assert_phase (t, 4, "reboot", 9);
  assert_phase (t, 5, "shutdown", 14);
  assert_phase (t, 6, "off", 15);
  assert_phase (t, 7, "known-answer", 15);
  assert_true (g_array_index (t->phases, TimelinePhase, 6).start_ns < g_array_index (t->phases, TimelinePhase, 6).end_ns);
  assert_int_equal (t->n_guests, 2);
  assert_int_equal (t->n_vcpus, 2);
  assert_int_equal (t->guests[1].first_vcpu, 1);
  /* The statistics of both guests together. */
  assert_int_equal (*(const guint64 *) g_hash_table_lookup (t->kvm_stats, "exits"), 23);
}

/* A round that overlaps another, is somebody else's or has no beginning is counted, not believed; one without an end too. */
static void
test_stray_operations (void **state)
{
  g_autoptr (Gen) g = gen_new (ISA_VMX, 1);

  (void) state;
  gen_begin (g, OPERATION_SLEEP);          /* before its time */
  begin_operations (g);
  gen_mark (g, RECORD_MARK_OPERATION_END); /* of nothing */
  gen_begin (g, OPERATION_CPUID);          /* the other guest's */
  gen_begin (g, OPERATIONS);               /* nobody's */
  gen_begin (g, OPERATION_SLEEP);
  gen_begin (g, OPERATION_IDLE);           /* in the other */
  gen_next_guest (g, RECORD_GUEST_KNOWN_ANSWER);
  gen_mark (g, RECORD_MARK_OPERATION_END); /* not this guest's round */
  gen_mark (g, RECORD_MARK_POWEROFF);      /* not this guest's mark */
  gen_begin (g, OPERATION_FORK);
  gen_begin (g, OPERATION_CPUID);
  g_autoptr (Timeline) t = load_generated (g);

  assert_int_equal (t->stray_marks, 8);
  assert_int_equal (t->unended_rounds, 2);
  assert_int_equal (t->operations->len, 0);
}

/* A round ends with its guest, also if the next is of the same kind. */
static void
test_round_across_guests (void **state)
{
  g_autoptr (Gen) g = gen_new (ISA_VMX, 1);

  (void) state;
  begin_operations (g);
  gen_next_guest (g, RECORD_GUEST_KNOWN_ANSWER);
  gen_begin (g, OPERATION_CPUID);
  gen_next_guest (g, RECORD_GUEST_KNOWN_ANSWER);
  gen_mark (g, RECORD_MARK_OPERATION_END);
  g_autoptr (Timeline) t = load_generated (g);

  assert_int_equal (t->operations->len, 0);
  assert_int_equal (t->unended_rounds, 1);
  assert_int_equal (t->stray_marks, 1);
}

/* Guests follow one another: records in which they overlap are refused. */
static void
test_refused_guests (void **state)
{
  g_autoptr (Gen) overlapping = gen_new (ISA_VMX, 1);
  g_autoptr (Gen) unknown = gen_new (ISA_VMX, 1);
  g_autoptr (Gen) early = gen_new (ISA_VMX, 1);
  g_autoptr (Gen) linux_again = gen_new (ISA_VMX, 1);
  const struct record_guest guest = { .kind = 7 };

  (void) state;
  gen_exit (overlapping, 10, 0, 0, 0, 1000, 10);
  gen_next_guest (overlapping, RECORD_GUEST_KNOWN_ANSWER);
  overlapping->tsc -= 500;
  gen_exit (overlapping, 10, 0, 0, 0, 10, 10);
  assert_refused (overlapping, "before");
  gen_put (unknown, RECORD_GUEST, 0, &guest, sizeof guest, NULL, 0);
  assert_refused (unknown, "unknown kind of guest 7");
  gen_exit (early, 10, 0, 0, 0, 1000, 10);
  gen_next_guest (early, RECORD_GUEST_KNOWN_ANSWER);
  gen_exit (early, 10, 0, 0, 0, 1000, 10);
  early->vcpus[0].log.first_entry_tsc = GEN_FIRST_ENTRY + 500; /* the other guest's exit ended at 1010 */
  assert_refused (early, "first entered");
  gen_exit (linux_again, 10, 0, 0, 0, 1000, 10);
  gen_next_guest (linux_again, RECORD_GUEST_KNOWN_ANSWER);
  gen_exit (linux_again, 10, 0, 0, 0, 1000, 10);
  gen_next_guest (linux_again, RECORD_GUEST_LINUX);
  assert_refused (linux_again, "the phases have another order");
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
  g_autoptr (Timeline) t = load_generated (g);
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
  g_autoptr (Timeline) t = load_generated (g);
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
  g_autoptr (Timeline) t = load_generated (g);
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
  g_autoptr (Timeline) t = load_generated (enough);
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
  assert_outcome (silent, OUTCOME_L2_SILENT, "no ready mark: L2 powered off before it became ready; last console lines: two / ?[31mthree / four");

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

/* A guest that performs operations came to its last one, and performed each in all its rounds. */
static void
test_outcomes_of_operations (void **state)
{
  g_autoptr (Gen) early = gen_new (ISA_VMX, 1);
  g_autoptr (Gen) unended = gen_new (ISA_VMX, 1);
  g_autoptr (Gen) whole = gen_new (ISA_VMX, 1);

  (void) state;
  gen_boot (early, 10);
  gen_next_guest (early, RECORD_GUEST_KNOWN_ANSWER);
  gen_exit (early, 10, 0, 0, 0xfff0, 1000, 10);
  assert_outcome (early, OUTCOME_INCOMPLETE, "operation first-touch: 0 of 3 rounds");

  gen_boot (unended, 10);
  gen_next_guest (unended, RECORD_GUEST_KNOWN_ANSWER);
  gen_begin (unended, OPERATION_CPUID);
  assert_outcome (unended, OUTCOME_INCOMPLETE, "has no end");

  gen_boot (whole, 10);
  gen_next_guest (whole, RECORD_GUEST_KNOWN_ANSWER);
  for (guint i = 0; i < 3; i++)
    gen_round (whole, OPERATION_FIRST_TOUCH, 48, 128, 100);
  assert_outcome (whole, OUTCOME_OK, NULL);
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
  g_autoptr (Timeline) t = load_generated (g);
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
  assert_string_equal (kernel->name, "early-kernel");
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
  g_autoptr (Timeline) t = load_generated (g);
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
    cmocka_unit_test (test_byte_out),
    cmocka_unit_test (test_phases_without_marks),
    cmocka_unit_test (test_operations),
    cmocka_unit_test (test_stray_operations),
    cmocka_unit_test (test_refused_guests),
    cmocka_unit_test (test_round_across_guests),
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
    cmocka_unit_test (test_outcomes_of_operations),
    cmocka_unit_test (test_summary_by_hand),
    cmocka_unit_test (test_exit_on_the_border),
    cmocka_unit_test (test_text),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}

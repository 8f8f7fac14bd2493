/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The boot of a distribution: its instants on the console, its clocks, phases, windows and units, and how it can end. */
#include "unit/unit.h"
#include "unit/gen-distribution.h"
#include "unit/gen-load.h"
#include "unit/kinds.h"

#include "stats/checks.h"
#include "stats/summary.h"
#include "timeline/boot.h"
#include "timeline/cursor.h"
#include "timeline/outcome.h"
#include "timeline/phases.h"

static const TimelinePhase *
phase (const Timeline *t, const char *name)
{
  for (guint i = 0; i < t->phases->len; i++)
    if (strcmp (g_array_index (t->phases, TimelinePhase, i).name, name) == 0)
      return &g_array_index (t->phases, TimelinePhase, i);
  fail_msg ("no phase %s", name);
  return NULL;
}

static void
assert_phases (const Timeline *t, const char *wanted)
{
  g_autoptr (GString) names = g_string_new (NULL);
  guint64 at = 0;

  for (guint i = 0; i < t->phases->len; i++)
    {
      const TimelinePhase *p = &g_array_index (t->phases, TimelinePhase, i);
      g_string_append_printf (names, "%s%s", i > 0 ? "," : "", p->name);
      assert_true (p->first == at && p->end > p->first);
      at = p->end;
    }
  assert_string_equal (names->str, wanted);
  assert_true (at == t->exits);
}

static gint64
exit_ns (const Timeline *t, guint64 wanted)
{
  const struct kvm_exit_log_record *exit;
  ExitCursor cursor;

  exit_cursor_init (&cursor, t);
  for (guint64 seq = 0; (exit = exit_cursor_next (&cursor, NULL)) != NULL; seq++)
    if (seq == wanted)
      return timeline_ns (t, exit->tsc);
  return -1;
}

/* That it is the first exit at or after a time which the generator knows to the report's microsecond. */
static void
assert_begins (const Timeline *t, const char *name, gint64 at_ns)
{
  const TimelinePhase *p = phase (t, name);

  if (p->start_ns < at_ns - 2000 || exit_ns (t, p->first - 1) >= at_ns)
    fail_msg ("%s begins at %" G_GINT64_FORMAT ", not at the first exit from %" G_GINT64_FORMAT " on", name, p->start_ns, at_ns);
}

static void
test_whole_boot (Isa isa)
{
  g_autoptr (Gen) g = gen_new (isa, 1);
  g_autoptr (GenBoot) b = gen_boot_new (g);

  gen_distribution (b);
  g_autoptr (Timeline) t = load_generated (g);
  assert_null (t->boot->report_error);
  assert_phases (t, "firmware,grub,kernel,initramfs,systemd,cloud-init,login,report,shutdown");
  assert_int_equal (phase (t, "grub")->first, 300); /* the mark */
  assert_int_equal (phase (t, "kernel")->first, 300 + 1 + 100 + 1);
  assert_begins (t, "initramfs", b->init_ns);
  assert_begins (t, "systemd", b->systemd_ns);
  assert_begins (t, "cloud-init", b->unit_ns[4]);
  assert_begins (t, "report", b->ready_ns);
  assert_int_equal (phase (t, "shutdown")->end - phase (t, "shutdown")->first, 32); /* 2 that L1 waited, 30 */
  assert_int_equal (t->stray_marks, 0);
  assert_int_equal (t->boot->clock.agree, 2);
  assert_int_equal (t->boot->clock.offset_ns, GEN_MONOTONIC_NS);
  assert_int_equal (t->boot->clock.error_ns, 900);
  assert_int_equal (t->boot->printk.offset_ns, GEN_PRINTK_NS);
  assert_true (timeline_check_complete (t, NULL));
}

static void
test_whole (void **state)
{
  (void) state;
  test_whole_boot (ISA_VMX);
  test_whole_boot (ISA_SVM);
}

static Timeline *
load_text (const char *text, const char *const *pieces, gboolean by_byte)
{
  g_autoptr (Gen) g = gen_new (ISA_VMX, 1);
  g_autoptr (GString) typed = g_string_new (NULL);

  gen_ready_text (g, text);
  for (; *pieces != NULL; pieces++)
    {
      gen_some (g, 3);
      if (by_byte)
        gen_serial (g, 0x3f8, *pieces, typed);
      else
        g_string_append (typed, *pieces);
      gen_exit (g, 12, 0, 0, GEN_KERNEL_RIP, 10, 10);
      gen_read_console (g, typed);
    }
  gen_exit (g, 12, 0, 0, GEN_KERNEL_RIP, 10, 10);
  return load_generated (g);
}

static void
assert_ready_at (const char *text, const char *const *pieces, gboolean by_byte, guint64 seq)
{
  g_autoptr (Timeline) t = load_text (text, pieces, by_byte);
  assert_true (t->marks[RECORD_MARK_READY].seen);
  assert_int_equal (t->marks[RECORD_MARK_READY].seq, seq);
  assert_int_equal (t->boot->ready[0].by_byte, by_byte);
}

/* gen_some draws some OUTs to 0x3f8 of its own, which are in earlier pieces' turn: see the counts. */
static void
test_console (void **state)
{
  static const char *const one[] = { "ab login: x", NULL };
  static const char *const straddling[] = { "ab lo", "gin: xyz", NULL };
  static const char *const last[] = { "login:", NULL };
  static const char *const twice[] = { "login:", "login:", NULL };
  static const char *const odd[] = { "a.*[login", " \t.*[login", NULL };

  (void) state;
  assert_ready_at ("login:", one, TRUE, 3 + 8);
  assert_ready_at ("login:", straddling, TRUE, 3 + 5 + 1 + 3 + 3);
  assert_ready_at ("login:", last, TRUE, 3 + 5);
  assert_ready_at ("login:", twice, TRUE, 3 + 5);
  assert_ready_at (" \t.*[login", odd, TRUE, 3 + 9 + 1 + 3 + 9);
  /* Written otherwise: the last exit before it was read. */
  assert_ready_at ("login:", one, FALSE, 3);
  assert_ready_at ("login:", straddling, FALSE, 3 + 1 + 3);
}

/* A piece that has fewer OUTs than bytes is not timed by those of the piece before. */
static void
test_console_of_two_kinds (void **state)
{
  g_autoptr (Gen) g = gen_new (ISA_VMX, 1);
  g_autoptr (GString) typed = g_string_new (NULL);

  (void) state;
  gen_ready_text (g, "login:");
  gen_serial (g, 0x3f8, "a long line by an 8250", typed);
  gen_read_console (g, typed);
  for (guint i = 0; i < 5; i++)
    gen_exit (g, 12, 0, 0, GEN_KERNEL_RIP, 10, 10);
  g_string_assign (typed, "login: ");
  gen_read_console (g, typed);
  gen_exit (g, 12, 0, 0, GEN_KERNEL_RIP, 10, 10);
  g_autoptr (Timeline) t = load_generated (g);
  assert_false (t->boot->ready[0].by_byte);
  assert_int_equal (t->marks[RECORD_MARK_READY].seq, strlen ("a long line by an 8250") + 5 - 1);
}

static void
test_texts_refused (void **state)
{
  g_autoptr (Gen) many = gen_new (ISA_VMX, 1), empty = gen_new (ISA_VMX, 1), lengthy = gen_new (ISA_VMX, 1);
  g_autofree char *letters = g_strnfill (L2_VOLUME_READY_BYTES_MAX + 1, 'x');
  Gen *const all[] = { many, empty, lengthy };

  (void) state;
  for (guint i = 0; i <= L2_VOLUME_READY_MAX; i++)
    gen_ready_text (many, "x");
  gen_ready_text (empty, "");
  gen_ready_text (lengthy, letters);
  for (guint i = 0; i < G_N_ELEMENTS (all); i++)
    {
      g_autoptr (GBytes) records = gen_end (all[i]);
      g_autoptr (GError) error = NULL;
      Timeline *t = NULL;
      assert_false (timeline_load (records, &t, &error));
      assert_failed (error, HARNESS_ERROR_FAILED, "that L2 is ready with");
    }
}

/* READY is the later of all texts; without a report nothing else is told. */
static void
test_without_report (void **state)
{
  g_autoptr (Gen) g = gen_new (ISA_SVM, 1);
  g_autoptr (GenBoot) b = gen_boot_new (g);

  (void) state;
  gen_ready_text (g, "login:");
  gen_ready_text (g, "[ok]");
  gen_firmware (g);
  gen_serial (g, 0x3f8, "Run /init as init process\n", b->typed);
  gen_linux (b);
  gen_event (g, RECORD_EVENT_L2_POWERDOWN, 0, "");
  gen_some (g, 30);
  g_autoptr (Timeline) t = load_generated (g);
  assert_string_equal (t->boot->report_error, "there is none");
  assert_phases (t, "firmware,grub,kernel,initramfs,login,idle,shutdown");
  assert_true (t->boot->login.seq < t->marks[RECORD_MARK_READY].seq);
  assert_int_equal (t->marks[RECORD_MARK_READY].seq - t->boot->login.seq, 7); /* a blank, CR, LF, four letters */
  assert_false (t->boot->cloud_init.seen);
  assert_int_equal (phase (t, "shutdown")->end - phase (t, "shutdown")->first, 30);
  assert_true (timeline_check_complete (t, NULL));
}

static Timeline *
load_with_tail (const char *console, void (*firmware) (Gen *g))
{
  g_autoptr (Gen) g = gen_new (ISA_VMX, 1);
  g_autoptr (GString) typed = g_string_new (NULL);

  gen_ready_text (g, "login:");
  firmware (g);
  gen_serial (g, 0x3f8, console, typed);
  gen_read_console (g, typed);
  for (guint i = 0; i < 50; i++)
    gen_exit (g, 48, 0, 0, 0x7e000000 + i, 10, 10);
  gen_some (g, 10);
  gen_serial (g, 0x3f8, "login:", typed);
  gen_read_console (g, typed);
  gen_some (g, 10);
  return load_generated (g);
}

/* The reset vector, and a processor that is started: a few exits below 1 MiB. */
static void
uefi (Gen *g)
{
  for (guint i = 0; i < 60; i++)
    gen_exit (g, 48, 0, 0, i < 5 ? 0xfff0 : 0x7e000000 + i, 10, 10);
}

static void
bios_without_mark (Gen *g)
{
  for (guint i = 0; i < 600; i++)
    gen_exit (g, 30, 0, 0, i % 2 ? 0xf0000 : 0x6ff0000, 10, 10);
}

static void
test_other_firmware (void **state)
{
  (void) state;
  /* gen_serial writes from the kernel's mapping; here it stands for the firmware, so the console is that of no exit. */
  g_autoptr (Timeline) quiet = load_with_tail ("", uefi);
  assert_phases (quiet, "firmware,kernel,shutdown");
  assert_int_equal (phase (quiet, "kernel")->first, 60 + 50);
  g_autoptr (Timeline) bios = load_with_tail ("", bios_without_mark);
  assert_phases (bios, "firmware,kernel,shutdown");
  assert_int_equal (phase (bios, "kernel")->first, 600);
}

static void
uefi_that_talks (Gen *g)
{
  const char text[] = "BdsDxe: starting Boot0001";
  uefi (g);
  for (const char *at = text; *at != '\0'; at++)
    gen_exit (g, 30, gen_out_info (g->isa, 0x3f8), 0, 0x7e000000, 10, 10);
  gen_put (g, RECORD_CONSOLE, 0, &g->tsc, sizeof g->tsc, text, strlen (text));
}

static void
test_uefi (void **state)
{
  (void) state;
  g_autoptr (Timeline) t = load_with_tail ("", uefi_that_talks);
  assert_phases (t, "firmware,grub,kernel,shutdown");
  assert_int_equal (phase (t, "grub")->first, 60 + strlen ("BdsDxe: starting") - 1);
  assert_int_equal (phase (t, "kernel")->first, 60 + strlen ("BdsDxe: starting Boot0001") + 50);
}

/* Where the report tells an address, the marks are CPUIDs there: neither those elsewhere nor marks by a port. */
static void
test_clock_by_cpuid (void **state)
{
  g_autoptr (Gen) g = gen_new (ISA_SVM, 1);
  g_autoptr (GenBoot) b = gen_boot_new (g);

  (void) state;
  gen_ready_text (g, "login:");
  gen_firmware (g);
  gen_linux (b);
  gen_tell (b);
  g_string_append (b->report, "clock-rip 140000000000005\n");
  gen_exit (g, 0x72, 0, 0, 140000000000000, 5000, 4000);
  gen_exit (g, 0x7b, 0, 0, 140000000000005, 5000, 4000);
  gen_mark (g, RECORD_MARK_CLOCK);
  gen_exit (g, 0x72, 0, 0, 140000000000005, 5000, 4000);
  const gint64 mark_ns = gen_now_ns (g) - 2000 - GEN_MONOTONIC_NS;
  g_string_append_printf (b->report, "clock %" G_GINT64_FORMAT " %" G_GINT64_FORMAT "\nend\n", mark_ns - 300, mark_ns + 300);
  gen_send_report (b);
  g_autoptr (Timeline) t = load_generated (g);
  assert_null (t->boot->report_error);
  assert_int_equal (t->boot->clock_marks, 1);
  assert_int_equal (t->boot->clock.offset_ns, GEN_MONOTONIC_NS);
  assert_int_equal (t->boot->clock.error_ns, 300);
}

/* Brackets that exclude each other are told; the tightest counts. */
static void
test_clocks (void **state)
{
  g_autoptr (Gen) g = gen_new (ISA_VMX, 1);
  g_autoptr (GenBoot) b = gen_boot_new (g);

  (void) state;
  gen_ready_text (g, "login:");
  gen_firmware (g);
  gen_linux (b);
  gen_tell (b);
  gen_clock (b, 5000);
  gen_mark (g, RECORD_MARK_CLOCK);
  g_string_append (b->report, "clock 100 90000\n"); /* far off */
  gen_clock (b, 100);
  gen_mark (g, RECORD_MARK_CLOCK); /* without a line */
  g_string_append (b->report, "failed ssh.service\nend\n");
  gen_send_report (b);
  g_autoptr (Timeline) t = load_generated (g);
  assert_int_equal (t->boot->clock.brackets, 3);
  assert_int_equal (t->boot->clock.agree, 2);
  assert_int_equal (t->boot->clock.error_ns, 100);
  assert_int_equal (t->boot->clock_marks, 4);
  assert_false (t->boot->printk.known);
  /* Without printk's clock the kernel's message has no place, and the console has it not. */
  assert_phases (t, "firmware,grub,kernel,systemd,cloud-init,login,report,shutdown");

  g_autoptr (LabSummary) s = NULL;
  assert_true (lab_summary_make (t, committed_kinds (ISA_VMX), 10000000, &s, NULL));
  g_autoptr (Checks) checks = checks_new ();
  check_boot (&(CheckInputs) { .timeline = t, .summary = s }, checks);
  g_autoptr (GString) rows = g_string_new (NULL);
  for (guint i = 0; i < checks->rows->len; i++)
    {
      const CheckRow *row = g_ptr_array_index (checks->rows, i);
      g_string_append_printf (rows, "%s %s %s %s\n", row->check, row->expected, row->actual, row->verdict);
    }
  assert_string_equal (rows->str, "boot:ready-texts-timed-by-byte 1 1 ok\n"
                                  "boot:report whole whole ok\n"
                                  "boot:clock-marks 3 4 surprise\n"
                                  "boot:clock-brackets-that-agree 3 2 surprise\n"
                                  "boot:printk-brackets-that-agree   not-run\n"
                                  "boot:failed-units 0 1 surprise\n"
                                  "boot:cloud-init done done ok\n");
  assert_int_equal (checks->failed, 0);
}

/* A damaged report is told and passed over. */
static void
test_damaged_report (void **state)
{
  g_autoptr (Gen) g = gen_new (ISA_VMX, 1);
  g_autoptr (GenBoot) b = gen_boot_new (g);

  (void) state;
  gen_ready_text (g, "login:");
  gen_firmware (g);
  gen_linux (b);
  gen_tell (b);
  gen_clock (b, 10);
  gen_send_report (b);
  gen_some (g, 5);
  g_autoptr (Timeline) t = load_generated (g);
  assert_string_equal (t->boot->report_error, "it is cut: there is no line \"end\"");
  assert_phases (t, "firmware,grub,kernel,report,shutdown");
  assert_int_equal (t->boot->units->len, 0);
  assert_true (timeline_check_complete (t, NULL));
}

/* Exits by hand: of each stretch between the generator's instants so many as it made. */
static void
test_units (void **state)
{
  g_autoptr (Gen) g = gen_new (ISA_SVM, 1);
  g_autoptr (GenBoot) b = gen_boot_new (g);
  static const struct {
    const char *name;
    guint64 exits, alone, share_milli;
  } wanted[] = {
    { "systemd-journald.service", 110, 60, 85000 },
    { "modprobe@fuse.service", 0, 0, 0 },
    { "systemd-udevd.service", 80, 30, 55000 },
    { "cloud-init-local.service", 80, 80, 80000 },
    { "cloud-final.service", 102, 102, 102000 },
    { "multi-user.target", 0, 0, 0 },
  };

  (void) state;
  gen_distribution (b);
  g_autoptr (Timeline) t = load_generated (g);
  g_autoptr (LabSummary) s = NULL;
  assert_true (lab_summary_make (t, committed_kinds (ISA_SVM), 10000000, &s, NULL));
  assert_int_equal (s->units->len, G_N_ELEMENTS (wanted));
  for (guint i = 0; i < s->units->len; i++)
    {
      const UnitSummary *unit = &g_array_index (s->units, UnitSummary, i);
      assert_string_equal (unit->name, wanted[i].name);
      if (unit->exits != wanted[i].exits || unit->alone != wanted[i].alone || unit->share_milli != wanted[i].share_milli)
        fail_msg ("%s: %" G_GUINT64_FORMAT " %" G_GUINT64_FORMAT " %" G_GUINT64_FORMAT, unit->name, unit->exits, unit->alone, unit->share_milli);
      assert_true (unit->top_exits <= unit->exits && (unit->exits == 0) == (unit->top_exits == 0));
    }
  assert_int_equal (s->no_unit.exits, 40 + 25);
  assert_string_equal (s->distribution, "debian 12");
  /* Windows end where the generator knows. */
  assert_int_equal (s->windows[WINDOW_LOGIN].exits, t->boot->login.seq);
  assert_int_equal (s->windows[WINDOW_CLOUD_INIT].exits, s->windows[WINDOW_BOOT].exits);
  assert_int_equal (s->reasons[WINDOW_CLOUD_INIT]->len, s->reasons[WINDOW_BOOT]->len);
}

/* The exit at a unit's very start is its, the one when it is active is not. */
static void
test_unit_borders (void **state)
{
  g_autoptr (Gen) g = gen_new (ISA_VMX, 1);
  g_autoptr (GenBoot) b = gen_boot_new (g);
  const gint64 step_ns = 10000, from_ns = 50000000;

  (void) state;
  gen_ready_text (g, "login:");
  g->tsc = GEN_FIRST_ENTRY + from_ns * GEN_TSC_KHZ / 1000000;
  for (guint i = 0; i < 6; i++)
    gen_exit (g, 12, 0, 0, GEN_KERNEL_RIP, i == 0 ? 0 : (guint64) step_ns * GEN_TSC_KHZ / 1000000 - 100, 100);
  gen_unit (b, "a.service", from_ns + step_ns, from_ns + 2 * step_ns + step_ns / 2);
  gen_unit (b, "b.service", from_ns + step_ns + step_ns / 2, from_ns + 3 * step_ns);
  gen_serial (g, 0x3f8, "login:", b->typed);
  gen_read_console (g, b->typed);
  gen_clock (b, 0);
  g_string_append (b->report, "end\n");
  gen_send_report (b);
  g_autoptr (Timeline) t = load_generated (g);
  g_autoptr (LabSummary) s = NULL;
  assert_true (lab_summary_make (t, committed_kinds (ISA_VMX), 10000000, &s, NULL));
  assert_int_equal (t->boot->clock.offset_ns, GEN_MONOTONIC_NS);
  assert_int_equal (g_array_index (s->units, UnitSummary, 0).exits, 2);
  assert_int_equal (g_array_index (s->units, UnitSummary, 1).exits, 1);
}

/* The kernel cuts its times off at the microsecond: what was lost leaves brackets open that would exclude each other. */
static void
test_printk_cut (void **state)
{
  g_autoptr (Gen) cut = gen_new (ISA_VMX, 1), whole = gen_new (ISA_VMX, 1);
  g_autoptr (GenBoot) of_cut = gen_boot_new (cut), of_whole = gen_boot_new (whole);

  (void) state;
  g_string_append (of_cut->report, "printk 5000100 5000000 5000200\nprintk 7000800 7000000 7000900\nend\n");
  g_string_append (of_whole->report, "printk 5000101 5000001 5000201\nprintk 7000801 7000001 7000901\nend\n");
  gen_ready_text (cut, "login:");
  gen_ready_text (whole, "login:");
  gen_send_report (of_cut);
  gen_send_report (of_whole);
  g_autoptr (Timeline) t = load_generated (cut), w = load_generated (whole);
  assert_int_equal (t->boot->printk.agree, 2);
  assert_int_equal (w->boot->printk.agree, 1);
}

/* The kernel's message of init, on the console so many exits after its time. */
static const char *
init_verdict (guint later)
{
  g_autoptr (Gen) g = gen_new (ISA_VMX, 1);
  g_autoptr (GenBoot) b = gen_boot_new (g);

  gen_ready_text (g, "login:");
  gen_firmware (g);
  b->init_ns = gen_now_ns (g);
  gen_some (g, later);
  gen_serial (g, 0x3f8, "Run /init as init process\nlogin:", b->typed);
  gen_read_console (g, b->typed);
  g_string_append_printf (b->report, "kernel %" G_GINT64_FORMAT " Run /init as init process\nprintk 3000000 1000001 3000002\n", b->init_ns - GEN_MONOTONIC_NS + 60000000);
  gen_mark (g, RECORD_MARK_CLOCK);
  g_string_append_printf (b->report, "clock %" G_GINT64_FORMAT " %" G_GINT64_FORMAT "\nend\n", gen_now_ns (g) - 2000 - GEN_MONOTONIC_NS + 62000000, gen_now_ns (g) - 2000 - GEN_MONOTONIC_NS + 62000000);
  gen_send_report (b);
  g_autoptr (Timeline) t = load_generated (g);
  g_autoptr (Checks) checks = checks_new ();
  check_boot (&(CheckInputs) { .timeline = t }, checks);
  for (guint i = 0; i < checks->rows->len; i++)
    {
      const CheckRow *row = g_ptr_array_index (checks->rows, i);
      if (strcmp (row->check, "boot:init-message-on-the-console-when-told") == 0)
        return g_intern_string (row->verdict);
    }
  return "none";
}

/* What L2 counts its TSC by: the report's word, else the console's, if it is no nonsense. */
static void
assert_rate (const char *console, const char *message, guint32 khz)
{
  g_autoptr (Gen) g = gen_new (ISA_VMX, 1);
  g_autoptr (GenBoot) b = gen_boot_new (g);

  gen_ready_text (g, "login:");
  gen_serial (g, 0x3f8, console, b->typed);
  gen_read_console (g, b->typed);
  if (message != NULL)
    g_string_append_printf (b->report, "kernel 0 %s\n", message);
  /* The mark is 100 s after L2's zero by L2, and the unit 60 s before it. */
  g->tsc += (guint64) GEN_TSC_KHZ * 61000;
  gen_mark (g, RECORD_MARK_CLOCK);
  const gint64 mark_ns = gen_now_ns (g) - 2000;
  g_string_append (b->report, "clock 100000000000 100000000000\nunit a.service 40000000 41000000\nend\n");
  gen_send_report (b);
  g_autoptr (Timeline) t = load_generated (g);
  assert_int_equal (t->boot->clock.from_khz, khz);
  const gint64 wanted_ns = mark_ns - (gint64) 60000000000 * khz / GEN_TSC_KHZ;
  assert_true (ABS (g_array_index (t->boot->units, TimelineUnit, 0).start_ns - wanted_ns) <= 1);
}

static void
test_rate (void **state)
{
  (void) state;
  assert_rate ("", NULL, GEN_TSC_KHZ);
  assert_rate ("[    0.008432] tsc: Detected 1999.902 MHz processor\r\n", NULL, 1999902);
  assert_rate ("[    0.008432] tsc: Detected 1999.902 MHz processor\r\n", "tsc: Detected 2000.001 MHz processor", 2000001);
  assert_rate ("tsc: Detected 1979.999 MHz processor\r\n", NULL, GEN_TSC_KHZ); /* more than a percent */
  assert_rate ("tsc: Detected 1980.000 MHz processor\r\n", NULL, 1980000);
  assert_rate ("tsc: Detected 1999.9 MHz processor\r\n", NULL, GEN_TSC_KHZ);
  assert_rate ("tsc: Detected 1999.902", NULL, 1999902);
  assert_rate ("tsc: Detected 99999999999999999999.902", NULL, GEN_TSC_KHZ);
  assert_rate ("tsc: Detected ", NULL, GEN_TSC_KHZ);
}

static void
test_init_message (void **state)
{
  (void) state;
  assert_string_equal (init_verdict (0), "ok");
  assert_string_equal (init_verdict (100), "ok");
  assert_string_equal (init_verdict (2000), "surprise");
}

static void
assert_ends (Gen *g, Outcome wanted, const char *part)
{
  g_autoptr (Timeline) t = load_generated (g);
  g_autofree char *detail = NULL;

  assert_int_equal (timeline_outcome (t, &detail), wanted);
  assert_text_has (detail, part);
}

static Gen *
half_booted (void)
{
  Gen *g = gen_new (ISA_VMX, 1);
  g_autoptr (GString) typed = g_string_new (NULL);

  gen_ready_text (g, "login:");
  gen_ready_text (g, "finished at");
  gen_firmware (g);
  gen_serial (g, 0x3f8, "Kernel panics seldom\r\nVFS: no root\r\n", typed);
  gen_read_console (g, typed);
  return g;
}

static void
test_outcomes (void **state)
{
  g_autoptr (Gen) hang = half_booted (), reset = half_booted (), off = half_booted (), half = half_booted ();
  g_autoptr (GString) typed = g_string_new (NULL);

  (void) state;
  gen_event (hang, RECORD_EVENT_L2_DEADLINE, 600, "");
  assert_ends (hang, OUTCOME_L2_HANG, "L2 hangs: it still ran after 600 s and never wrote \"login:\" nor \"finished at\"; last console lines: ");
  gen_event (reset, RECORD_EVENT_L2_RESET, 1, "");
  assert_ends (reset, OUTCOME_L2_RESET, "before it became ready");
  assert_ends (off, OUTCOME_L2_SILENT, "L2 powered off before it became ready: it never wrote \"login:\" nor \"finished at\"; last console lines: Kernel panics seldom / VFS: no root");
  gen_serial (half, 0x3f8, "login: ", typed);
  gen_read_console (half, typed);
  gen_event (half, RECORD_EVENT_L2_POWERDOWN, 0, "");
  gen_event (half, RECORD_EVENT_L2_DEADLINE, 60, "");
  assert_ends (half, OUTCOME_L2_HANG, "after 60 s and never wrote \"finished at\" though its power button was pressed");
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_whole),
    cmocka_unit_test (test_console),
    cmocka_unit_test (test_console_of_two_kinds),
    cmocka_unit_test (test_texts_refused),
    cmocka_unit_test (test_without_report),
    cmocka_unit_test (test_other_firmware),
    cmocka_unit_test (test_uefi),
    cmocka_unit_test (test_clocks),
    cmocka_unit_test (test_clock_by_cpuid),
    cmocka_unit_test (test_damaged_report),
    cmocka_unit_test (test_units),
    cmocka_unit_test (test_unit_borders),
    cmocka_unit_test (test_printk_cut),
    cmocka_unit_test (test_rate),
    cmocka_unit_test (test_init_message),
    cmocka_unit_test (test_outcomes),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The grader agent's report: what it says, and text that no agent would write. */
#include "unit.h"

#include "grade/agent-report.h"

static AgentReport *
read_text (const char *text)
{
  return agent_report_read (text, "");
}

static void
test_events (void **state)
{
  (void) state;
  g_autoptr (AgentReport) report = read_text ("event begin 0 \nevent modules-loaded 0 \nevent guest-started 0 x\nevent failed-entry 0\nevent again 0 ept=0\nevent module-failed 2 kvm_intel\n"
                                              "event module-failed 17 other\nevent oops 0\nevent guest-deadline 0\nevent end\n");
  assert_true (report->began && report->modules_loaded && report->guest_started && report->guest_done && report->again && report->oops && report->deadline && report->ended);
  assert_false (report->again_loaded);
  assert_string_equal (report->module_failed, "kvm_intel: a symbol that it needs is nowhere defined, or only in a module that is loaded later");
  g_autoptr (AgentReport) again = read_text ("event again 0 x\nevent modules-loaded 0\n");
  assert_true (again->again_loaded);
  assert_false (again->modules_loaded || again->began || again->ended);
}

static void
test_kernel (void **state)
{
  (void) state;
  g_autoptr (AgentReport) report = read_text ("kernel 100 6 hello there\nkernel 101 4 \nkernel 5000 3 last\n");
  assert_int_equal (report->kernel->len, 3);
  assert_string_equal (g_ptr_array_index (report->kernel, 0), "hello there");
  assert_string_equal (g_ptr_array_index (report->kernel, 1), "");
  assert_int_equal (report->kernel_count, 4901);
  assert_int_equal (report->traced->len, 0);
  g_autoptr (AgentReport) traced = read_text ("traced vmx_handle_exit: 7 of 9\ntraced \nkernel 1 6 x\n");
  assert_int_equal (traced->traced->len, 2);
  assert_string_equal (g_ptr_array_index (traced->traced, 0), "vmx_handle_exit: 7 of 9");
  assert_int_equal (traced->kernel->len, 1);
  assert_null (report->trouble);
}

static void
test_troubles (void **state)
{
  (void) state;
  static const struct {
    const char *line, *name;
  } cases[] = {
    { "kernel 1 3 BUG: unable to handle page fault for address: 0", "an oops" },
    { "kernel 1 3 kernel BUG at arch/x86/kvm/x86.c:1!", "a BUG" },
    { "kernel 1 3 watchdog: BUG: soft lockup - CPU#0 stuck", "a lockup" },
    { "kernel 1 4 WARNING: CPU: 0 PID: 1 at x.c:1", "a kernel warning" },
    { "kernel 1 4 WARNING: vmx/vmx.c:6868 at vmx_handle_exit+0x4ca/0x750 [kvm_intel], CPU#0: qemu-system-x86/43", "a kernel warning" },
    { "kernel 1 4 WARNING: possible circular locking dependency detected", "a report of lockdep" },
    { "kernel 1 4 UBSAN: array-index-out-of-bounds in x.c", "a report of UBSAN" },
    { "kernel 1 4 BUG: KCSAN: data-race in x", "a report of KCSAN" },
    { "kernel 1 3 BUG: scheduling while atomic: a/1", "a sleep in atomic context" },
    { "kernel 1 3 rcu: INFO: rcu_sched self-detected stall", "a stall" },
    { "kernel 1 3 Kernel panic - not syncing: x", "a kernel panic" },
    { "kernel 1 3 BUG: Bad page state", "a BUG" },
  };
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (AgentReport) report = read_text (cases[i].line);
      assert_non_null (report->trouble);
      assert_string_equal (report->trouble_name, cases[i].name);
      assert_text_has (report->trouble, cases[i].line + strlen ("kernel 1 3 "));
    }
  static const char *const fine[] = { "event WARNING: CPU 0", "kernel 1 6 kvm: Nested Virtualization enabled", "kernel 1 6 debug: oops_all", "Kernel panic", "kernel 1 6 kvm: WARNING: 3 exits: look at 0x30" };
  for (guint i = 0; i < G_N_ELEMENTS (fine); i++)
    {
      g_autoptr (AgentReport) report = read_text (fine[i]);
      assert_null (report->trouble);
    }
}

/* The report's own words come before the console's, of which a panic's are the only ones. */
static void
test_console (void **state)
{
  (void) state;
  g_autoptr (AgentReport) panic = agent_report_read ("event begin 0 \n", "a\n[    1.0] Kernel panic - not syncing: no\nafter\n");
  assert_string_equal (panic->trouble_name, "a kernel panic");
  assert_true (g_str_has_prefix (panic->trouble, "[    1.0] Kernel panic - not syncing: no\nafter\n"));
  g_autoptr (AgentReport) both = agent_report_read ("kernel 1 4 WARNING: CPU: 0\n", "Kernel panic\n");
  assert_string_equal (both->trouble_name, "a kernel warning");
}

/* The first lines that tell, cut where they are long. */
static void
test_trouble_is_bounded (void **state)
{
  (void) state;
  g_autoptr (GString) text = g_string_new ("kernel 1 6 before\nkernel 2 3 Oops: 0002\n");
  g_autofree char *wide = g_strnfill (5000, 'w');
  for (guint i = 3; i < 200; i++)
    g_string_append_printf (text, "kernel %u 3 %s\n", i, wide);
  g_autoptr (AgentReport) report = read_text (text->str);
  assert_true (g_str_has_prefix (report->trouble, "Oops: 0002\nww"));
  g_auto (GStrv) lines = g_strsplit (report->trouble, "\n", -1);
  assert_int_equal (g_strv_length (lines), 15);
  assert_int_equal (strlen (lines[1]), 200);
}

/* What is cut stays text: no letter is cut in two. */
static void
test_cut_letters (void **state)
{
  (void) state;
  g_autoptr (GString) text = g_string_new ("kernel 1 3 Oops: x");
  for (guint i = 0; i < 300; i++)
    g_string_append (text, "\xef\xbf\xbd");
  g_string_append (text, "\nevent module-failed 2 ");
  for (guint i = 0; i < 50; i++)
    g_string_append (text, "\xef\xbf\xbd");
  g_autoptr (AgentReport) report = read_text (text->str);
  assert_true (g_utf8_validate (report->trouble, -1, NULL));
  assert_int_equal (strlen (report->trouble), 199 + 1);
  assert_true (g_utf8_validate (report->module_failed, -1, NULL));
}

static void
test_unload (void **state)
{
  (void) state;
  g_autoptr (AgentReport) used = read_text ("event unload-failed 11 kvm-amd\n"), gone = read_text ("event unload-failed 2 kvm-amd\n");
  assert_string_equal (used->module_failed, "kvm-amd: it cannot be unloaded: it is still in use");
  assert_string_equal (gone->module_failed, "kvm-amd: it cannot be unloaded: No such file or directory");
}

/* No line of these is one, and nothing of them is taken for what it is not. */
static void
test_hostile (void **state)
{
  (void) state;
  static const char *const texts[] = {
    "", "\n\n\n", "event", "event ", "event  begin", "eventbegin 0", "kernel", "kernel ", "kernel 1", "kernel 1 ", "kernel 1 3", "kernel x 3 y", "kernel 1 33 y", "kernel 1  y", " event begin 0",
    "event beginning 0", "kernel 99999999999999999999999", "%s%n%s", "kernel %n 3 %s", "event %s %n %s",
  };
  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      g_autoptr (AgentReport) report = agent_report_read (texts[i], texts[i]);
      if (report->began || report->kernel->len > 0 || report->kernel_count > 0 || report->trouble != NULL || report->module_failed != NULL)
        fail_msg ("something was taken from \"%s\"", texts[i]);
    }
  g_autoptr (AgentReport) failed = read_text ("event module-failed -99999999999 0123456789012345678901234567890123456789more\n");
  assert_true (g_str_has_prefix (failed->module_failed, "0123456789012345678901234567890123456789: "));
  g_autoptr (AgentReport) large = read_text ("event module-failed 99999999999999 x\n");
  assert_non_null (large->module_failed);
}

/* Sequence numbers that do not grow hide no flood. */
static void
test_sequence (void **state)
{
  (void) state;
  static const char *const firsts[] = { "kernel -5 3 x\n", "kernel 18446744073709551615 3 x\n", "kernel 9000000000 3 x\n" };
  for (guint i = 0; i < G_N_ELEMENTS (firsts); i++)
    {
      g_autoptr (GString) text = g_string_new (firsts[i]);
      for (guint j = 0; j < 500; j++)
        g_string_append_printf (text, "kernel %u 6 flood\n", j);
      g_autoptr (AgentReport) report = read_text (text->str);
      assert_int_equal (report->kernel_count, 501);
    }
  g_autoptr (AgentReport) back = read_text ("kernel 100 6 a\nkernel 900 6 b\nkernel 101 6 c\n");
  assert_int_equal (back->kernel_count, 802);
}

static void
test_many_lines (void **state)
{
  (void) state;
  g_autoptr (GString) text = g_string_new (NULL);
  for (guint i = 0; i < 6000; i++)
    g_string_append_printf (text, "kernel %u 6 line\n", i);
  g_autoptr (AgentReport) report = read_text (text->str);
  assert_int_equal (report->kernel->len, 4000);
  assert_int_equal (report->kernel_count, 6000);
  agent_report_free (NULL);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_events),  cmocka_unit_test (test_kernel),  cmocka_unit_test (test_troubles), cmocka_unit_test (test_console), cmocka_unit_test (test_trouble_is_bounded),
    cmocka_unit_test (test_cut_letters),
    cmocka_unit_test (test_unload),
    cmocka_unit_test (test_hostile), cmocka_unit_test (test_sequence), cmocka_unit_test (test_many_lines),
  };
  return cmocka_run_group_tests_name ("agent-report", tests, NULL, NULL);
}

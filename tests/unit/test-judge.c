/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Judging what the fixture's kernels answer: right ones get everything in every map, lab and round; each mistake loses the rows
 * that tests/submissions/NAME/expect.conf names, and no other.
 */
#include "unit/judge-fixture.h"

/* --- right ------------------------------------------------------------------------------------ */

static void
test_right (void **state)
{
  (void) state;
  static const char *const maps[] = { "A", "B", "C" }, *const seeds[] = { "1", "2", "3" };
  for (guint i = 0; i < G_N_ELEMENTS (maps); i++)
    {
      for (guint j = 0; j < 12; j++)
        {
          const Subject subject = { .mistake = j & 1 ? COUNTED_LATE : RIGHT, .map = maps[i], .rubric = j & 2 ? "a4" : "a3", .rounds = (j & 2) != 0, .svm = j / 4 == 1, .both = j / 4 == 2, .seed = seeds[j % 3] };
          expect (&subject, maps[i], "", i == 2 ? "cycles-per-reason" : "");
        }
      const Subject a2 = { .map = maps[i], .rubric = "a2" };
      const Subject alone = { .map = maps[i], .rubric = "a2", .mistake = WITHOUT_REASONS, .svm = TRUE };
      expect (&a2, maps[i], "", "");
      expect (&alone, maps[i], "", "");
    }
}

static void
test_map_is_told (void **state)
{
  (void) state;
  const Subject b = { .map = "B" };
  g_autoptr (Grade) found = judge (&b);
  assert_string_equal (found->leaf_map_how, "found: its answers fit map B best");
  const Subject nothing = { .mistake = NOTHING };
  g_autoptr (Grade) none = judge (&nothing);
  assert_string_equal (none->leaf_map, "A");
  assert_string_equal (none->leaf_map_how, "no answer fits any map; judged by map A");
  g_autoptr (GPtrArray) runs = run_labs (&nothing);
  g_autoptr (Rubric) rubric = load_rubric ("a3");
  static const char *const preferred[] = { "B", "C", "A" };
  for (guint i = 0; i < G_N_ELEMENTS (preferred); i++)
    {
      g_free (rubric->leaf_map);
      rubric->leaf_map = g_strdup (preferred[i]);
      g_autoptr (Grade) grade = judge_runs (runs, rubric);
      assert_string_equal (grade->leaf_map, preferred[i]);
    }
}

/* Where the answers tell nothing the change's lines do; rows of which nothing can be seen say so, and teach nothing. */
static void
test_map_by_lines (void **state)
{
  (void) state;
  static const char cpuid[] = "diff --git a/arch/x86/kvm/cpuid.c b/arch/x86/kvm/cpuid.c\n--- a/arch/x86/kvm/cpuid.c\n+++ b/arch/x86/kvm/cpuid.c\n@@ -1,0 +1,2 @@\n+if (eax == 0x4ffffffC) eax = total;\n+if (eax == 0x4FFFFFFD) ebx = 1;\n";
  static const char vmx[] = "diff --git a/arch/x86/kvm/vmx/vmx.c b/arch/x86/kvm/vmx/vmx.c\n--- a/arch/x86/kvm/vmx/vmx.c\n+++ b/arch/x86/kvm/vmx/vmx.c\n@@ -1,0 +1,1 @@\n+total++;\n";
  const Subject nothing = { .mistake = NOTHING };
  g_autoptr (GPtrArray) runs = run_labs (&nothing);
  g_autoptr (Rubric) rubric = load_rubric ("a2");
  for (guint counts = 0; counts < 2; counts++)
    {
      g_autofree char *carried = g_strconcat (cpuid, counts != 0 ? vmx : "", NULL);
      g_autoptr (Grade) grade = judge_change (runs, rubric, carried);
      assert_string_equal (grade->leaf_map, "B");
      assert_string_equal (grade->leaf_map_how, "found: its lines name the leaves of map B best; its answers do not tell");
      assert_string_equal (grade_find_row (grade, ROW_TOTAL_EXITS)->reason,
                           counts != 0 ? "Leaf 0x4ffffffc always answers what it does without the change: it is not there, or its numbers stay 0."
                                       : "Leaf 0x4ffffffc is in the change, but its numbers stay 0: nothing but cpuid.c was changed, so nothing counts.");
      assert_string_equal (grade_find_row (grade, ROW_CONCURRENCY)->reason, "Nothing of this can be seen while no leaf is answered: see the rows above.");
    }
  g_autoptr (Grade) log_form = judge_change (runs, rubric, vmx);
  assert_string_equal (grade_find_row (log_form, ROW_TOTAL_EXITS)->reason, "Leaf 0x4fffffff always answers what it does without the change, and no line of the change names it.");
}

/* --- mistakes --------------------------------------------------------------------------------- */

static void
test_mistakes (void **state)
{
  (void) state;
  static const struct {
    Subject subject;
    const char *lost;
  } cases[] = {
    { { .mistake = TABLE_ONLY }, "total-exits,total-cycles,exits-per-reason,cycles-per-reason,placement" },
    { { .mistake = TABLE_ONLY, .svm = TRUE }, "total-exits,total-cycles,exits-per-reason,cycles-per-reason,placement" },
    { { .mistake = SINGLE_HANDLERS }, "total-exits,total-cycles,exits-per-reason,cycles-per-reason,placement" },
    { { .mistake = FASTPATH_LOST }, "placement" },
    { { .mistake = FASTPATH_LOST, .svm = TRUE }, "placement" },
    { { .mistake = COUNTED_TWICE }, "total-exits,exits-per-reason" },
    { { .mistake = COUNTED_TWICE, .svm = TRUE }, "total-exits,exits-per-reason" },
    { { .mistake = ASKING_ONLY }, "concurrency" },
    { { .mistake = ASKING_ONLY, .svm = TRUE }, "concurrency" },
    { { .mistake = CLOSED_EARLY }, "total-cycles,cycles-per-reason,placement" },
    { { .mistake = CLOSED_EARLY, .svm = TRUE }, "total-cycles,cycles-per-reason,placement" },
    { { .mistake = CYCLES_LOST, .rubric = "a2" }, "total-cycles" },
    { { .mistake = REASON_CYCLES_LOST }, "cycles-per-reason,sums" },
    { { .mistake = WORDS_SWAPPED }, "total-cycles,cycles-per-reason" },
    { { .mistake = WORDS_SWAPPED, .svm = TRUE }, "total-cycles,cycles-per-reason" },
    { { .mistake = WORDS_SWAPPED, .map = "B" }, "total-cycles,cycles-per-reason" },
    { { .mistake = ECX_ECHOED }, "registers" },
    { { .mistake = REGISTERS_STALE }, "registers" },
    { { .mistake = REGISTERS_STALE, .rubric = "a2", .svm = TRUE }, "registers" },
    { { .mistake = UNDEFINED_ZERO }, "undefined-reasons" },
    { { .mistake = UNDEFINED_ZERO, .svm = TRUE }, "undefined-reasons" },
    { { .mistake = NOT_ENABLED_ONES }, "not-enabled" },
    { { .mistake = CONFUSED }, "undefined-reasons,not-enabled" },
    { { .mistake = CONFUSED, .both = TRUE }, "undefined-reasons,not-enabled" },
    { { .mistake = HIGH_DEFINED }, "undefined-reasons" },
    { { .mistake = LAST_REASON_LEAKS }, "not-enabled" },
    { { .mistake = READ_UNCHECKED, .trouble = "BUG: unable to handle page fault" }, "undefined-reasons,stability" },
    { { .mistake = READ_UNCHECKED, .rubric = "a4", .rounds = TRUE }, "undefined-reasons,stability" },
    { { .mistake = A2_LEAF_BROKEN }, "total-exits,sums" },
    { { .mistake = OTHER_BROKEN }, "other-leaves" },
    { { .mistake = ARRAY_TOO_SMALL, .svm = TRUE }, "exits-per-reason,cycles-per-reason,sums" },
    { { .mistake = SLOW }, "cost" },
    { { .mistake = RIGHT, .kernel_lines = 20000 }, "log-volume" },
    { { .mistake = RIGHT, .kernel_lines = 101 }, "" },
    { { .mistake = RIGHT, .trouble = "WARNING: CPU: 0" }, "stability" },
    { { .mistake = RIGHT, .unended = TRUE }, "stability" },
    { { .mistake = CPUID_ONLY }, "total-exits,total-cycles,exits-per-reason,cycles-per-reason,placement" },
    { { .mistake = CONSTANTS, .rubric = "a2" }, "total-exits,total-cycles,concurrency,placement" },
    { { .mistake = CYCLES_32_BIT }, "total-cycles,cycles-per-reason,sums" },
    { { .mistake = MADE_UP }, "total-exits,total-cycles,exits-per-reason,cycles-per-reason,sums,concurrency,placement" },
  };
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    expect (&cases[i].subject, cases[i].subject.map != NULL ? cases[i].subject.map : "A", cases[i].lost, "");
}

/* A leaf that is not answered at all costs nothing where the rubric says so. */
static void
test_optional (void **state)
{
  (void) state;
  for (guint svm = 0; svm < 2; svm++)
    {
      const Subject a3 = { .mistake = WITHOUT_TOTALS, .svm = svm != 0 }, a4 = { .mistake = WITHOUT_TOTALS, .svm = svm != 0, .rubric = "a4", .rounds = TRUE };
      expect (&a3, "A", "", "total-exits,total-cycles,sums");
      expect (&a4, "A", "total-exits,total-cycles", "sums");
    }
  const Subject a4 = { .mistake = WITHOUT_TOTALS, .rubric = "a4", .rounds = TRUE };
  g_autoptr (Grade) grade = judge (&a4);
  assert_string_equal (grade_find_row (grade, ROW_TOTAL_EXITS)->reason, "Leaf 0x4fffffff always answers what it does without the change: it is not there, or its numbers stay 0.");
  assert_int_equal (grade_find_row (grade, ROW_TOTAL_EXITS)->points, 0);
}

/* The lab's own kernel answers no leaf: what is left is that it runs. */
static void
test_nothing_implemented (void **state)
{
  (void) state;
  for (guint svm = 0; svm < 2; svm++)
    {
      const Subject subject = { .mistake = NOTHING, .svm = svm != 0, .rubric = "a4", .rounds = TRUE };
      expect (&subject, "A", "total-exits,total-cycles,exits-per-reason,cycles-per-reason,undefined-reasons,not-enabled,registers,concurrency,placement", "sums");
    }
}

/* One leaf of two maps, answered by eax alone: what KVM's own answer left in the other registers makes it no leaf that nobody implemented. */
static void
test_eax_alone (void **state)
{
  (void) state;
  for (guint svm = 0; svm < 2; svm++)
    {
      const Subject subject = { .mistake = EAX_ALONE, .svm = svm != 0 };
      g_autoptr (Grade) grade = judge (&subject);
      g_autofree char *failed = rows_with (grade, ROW_FAILED), *left = rows_with (grade, ROW_SKIPPED);
      check_sums (grade);
      assert_string_equal (grade->leaf_map, "C");
      assert_string_equal (grade->leaf_map_how, "found: its answers fit maps B and C equally well; judged by C, which gives no less than another");
      assert_string_equal (failed, svm ? "" : "not-enabled,registers");
      assert_string_equal (left, "total-exits,total-cycles,cycles-per-reason,sums");
    }
}

/* A few windows that are right among many that are not earn nothing. */
static void
test_luck (void **state)
{
  (void) state;
  const Subject subject = { .mistake = CPUID_ONLY };
  g_autoptr (Grade) grade = judge (&subject);
  const GradeRow *row = grade_find_row (grade, ROW_EXITS_PER_REASON);
  assert_true (row->cases_ok > 0);
  assert_int_equal (row->points, 0);
  assert_text_has (row->reason, "too many for the others to be more than luck");
}

static void
test_messages (void **state)
{
  (void) state;
  const Subject subject = { .mistake = RIGHT, .kernel_lines = 400 }; /* fewer than the answers */
  g_autoptr (GPtrArray) runs = run_labs (&subject);
  g_autoptr (Rubric) rubric = load_rubric ("a3");
  for (rubric->log_lines_per_query = 0; rubric->log_lines_per_query < 2; rubric->log_lines_per_query++)
    {
      g_autoptr (Grade) grade = judge_runs (runs, rubric);
      const GradeRow *row = grade_find_row (grade, ROW_LOG_VOLUME);
      const GradeCase *one = g_ptr_array_index (row->cases, 0);
      assert_int_equal (row->status, rubric->log_lines_per_query == 0 ? ROW_FAILED : ROW_PASSED);
      assert_text_has (one->seen, "400 more: one for an answer of the leaves, of which there were ");
      assert_text_has (one->seen, "not one for each exit");
    }
}

/* --- rubrics ---------------------------------------------------------------------------------- */

/* Whether exits that a fastpath completes are counted is the rubric's to say. */
static void
test_fastpath (void **state)
{
  (void) state;
  static const Mistake mistakes[] = { RIGHT, FASTPATH_LOST };
  for (guint i = 0; i < 8; i++)
    {
      const Subject subject = { .mistake = mistakes[i & 1], .svm = (i & 2) != 0 };
      g_autoptr (GPtrArray) runs = run_labs (&subject);
      g_autoptr (Rubric) rubric = load_rubric ("a3");
      rubric->fastpath_counted = (i & 4) != 0;
      g_autoptr (Grade) grade = judge_runs (runs, rubric);
      g_autofree char *failed = rows_with (grade, ROW_FAILED);
      assert_string_equal (failed, rubric->fastpath_counted && subject.mistake == FASTPATH_LOST ? "placement" : "");
    }
}

static void
test_rows_left_out (void **state)
{
  (void) state;
  const Subject subject = { .mistake = TABLE_ONLY };
  g_autoptr (GPtrArray) runs = run_labs (&subject);
  g_autoptr (Rubric) rubric = load_rubric ("a3");
  for (guint i = 0; i < RUBRIC_ROWS; i++)
    rubric->points[i] = i == ROW_STABILITY || i == ROW_SUMS ? 150 : 0;
  g_autoptr (Grade) grade = judge_runs (runs, rubric);
  assert_int_equal (grade->rows->len, 2);
  assert_int_equal (grade->points, 300);
  assert_null (grade_find_row (grade, ROW_TOTAL_EXITS));
}

/* Points in proportion to what is right: by hand, 15 windows of one vCPU, all but the fastpath's; and a row that is whole or nothing. */
static void
test_partial_credit (void **state)
{
  (void) state;
  const Subject subject = { .mistake = TABLE_ONLY };
  g_autoptr (GPtrArray) runs = run_labs (&subject);
  LabRun *run = g_ptr_array_index (runs, 0);
  /* Without interrupts every table window is right: WRMSR and two of MMIO are early. */
  g_array_set_size (run->fixture->exits, 0);
  memset (run->fixture->counters, 0, sizeof run->fixture->counters);
  run->fixture->until_interrupt = G_MAXUINT;
  perform (run, FALSE);
  read_rounds (run, FALSE);
  g_autoptr (Rubric) rubric = load_rubric ("a3");
  rubric->points[ROW_TOTAL_EXITS] = 1000;
  g_autoptr (Grade) grade = judge_runs (runs, rubric);
  const GradeRow *row = grade_find_row (grade, ROW_TOTAL_EXITS);
  assert_int_equal (row->cases_total, 15);
  assert_int_equal (row->cases_ok, 12);
  assert_int_equal (row->points, 800);
  assert_int_equal (row->max_points, 1000);
  assert_text_has (row->reason, "(3 of 15 wrong.)");
  const GradeCase *first = g_ptr_array_index (row->cases, 0);
  assert_false (first->ok);
  run->report.trouble = (char *) "BUG: x";
  g_autoptr (Grade) again = judge_runs (runs, rubric);
  assert_int_equal (grade_find_row (again, ROW_STABILITY)->cases_ok, 3);
  assert_int_equal (grade_find_row (again, ROW_STABILITY)->points, 0);
}

/* --- findings --------------------------------------------------------------------------------- */

static void
test_findings (void **state)
{
  (void) state;
  ScanFinding unlocked = { .kind = SCAN_UNLOCKED_UPDATE, .module = (char *) "kvm-intel", .function = (char *) "vmx_handle_exit", .symbol = (char *) "total_exits",
                           .source = (char *) "arch/x86/kvm/vmx/vmx.c:1", .instruction = (char *) "addq $1, total_exits(%rip)" };
  ScanFinding narrow = unlocked;
  narrow.kind = SCAN_NARROW_CYCLES;
  g_autoptr (GPtrArray) findings = g_ptr_array_new ();
  const Subject subject = { .mistake = RIGHT, .findings = findings, .rounds = TRUE, .rubric = "a4" };
  g_ptr_array_add (findings, &unlocked);
  expect (&subject, "A", "concurrency", "");
  g_autoptr (Grade) grade = judge (&subject);
  const GradeRow *row = grade_find_row (grade, ROW_CONCURRENCY);
  const GradeCase *one = g_ptr_array_index (row->cases, 0);
  assert_int_equal (row->points, 0);
  assert_int_equal (row->cases_total - row->cases_ok, 1); /* told once, however many rounds */
  assert_string_equal (one->what, "kvm-intel.ko, vmx_handle_exit(): total_exits");
  assert_string_equal (one->seen, "addq $1, total_exits(%rip), without a lock");
  g_ptr_array_index (findings, 0) = &narrow;
  expect (&subject, "A", "total-cycles,cycles-per-reason", "");
  g_autoptr (Grade) cycles = judge (&subject);
  assert_int_equal (grade_find_row (cycles, ROW_TOTAL_CYCLES)->points, 0);
  assert_int_equal (grade_find_row (cycles, ROW_CYCLES_PER_REASON)->points, 0);
}

/* Clocks at the ends of their range, which L1 can make the guest's. */
static void
test_wild_clocks (void **state)
{
  (void) state;
  static const gint64 clocks[] = { 0, G_MAXINT64, 1, G_MAXINT64 - 1 };
  for (guint i = 0; i < 16; i++)
    {
      const Subject subject = { .mistake = RIGHT };
      g_autoptr (GPtrArray) runs = run_labs (&subject);
      const LabRun *run = g_ptr_array_index (runs, 0);
      const Account *account = g_ptr_array_index (run->judged.accounts, 0);
      const ProgramRange sides[] = { run->program->snapshot.before, run->program->snapshot.after };
      for (guint j = 0; j < 2; j++)
        {
          g_array_index (account->steps, AccountStep, sides[j].first).tsc = clocks[i % 4];
          g_array_index (account->steps, AccountStep, sides[j].first + sides[j].count - 1).tsc = clocks[i / 4];
        }
      for (guint j = 0; j < account->steps->len; j += 3)
        g_array_index (account->steps, AccountStep, j).tsc = j < sides[0].first ? clocks[(i + j) % 4] : g_array_index (account->steps, AccountStep, j).tsc;
      g_autoptr (Rubric) rubric = load_rubric ("a3");
      g_autoptr (Grade) grade = judge_runs (runs, rubric);
      check_sums (grade);
    }
}

static void
test_baseline (void **state)
{
  (void) state;
  g_autoptr (World) world = world_new (ISA_SVM);
  g_autoptr (Program) program = world_program (world, "x");
  g_autoptr (Fixture) fixture = fixture_new (world, program, world_map (world, "A"), NOTHING);
  const AgentReport report = { .kernel_count = 7 };
  Baseline baseline = { .nr_others = 99 };
  fixture_run (fixture);
  g_autoptr (Account) account = account_read (program, fixture->exits, 0);
  assert_true (baseline_take (account, &report, &baseline));
  assert_int_equal (baseline.isa, ISA_SVM);
  assert_int_equal (baseline.nr_others, program->other.count);
  assert_int_equal (baseline.kernel_lines, 7);
  assert_memory_equal (baseline.others[3].registers, account_step (account, program->other.first + 3)->registers, 16);
  assert_int_equal (baseline.unknown[0][0][0][0] | baseline.unknown[3][3][1][0], 0);
  /* A CPUID is 700 ticks of way, 300 of handler and 20 between; now and then an interrupt. */
  assert_in_range (baseline.op_ticks[CHALLENGE_OP_CPUID], 102000, 106000);
  g_array_set_size (fixture->exits, fixture->exits->len - 1);
  g_autoptr (Account) cut = account_read (program, fixture->exits, 0);
  assert_false (baseline_take (cut, &report, &baseline));
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_right),
    cmocka_unit_test (test_map_is_told), cmocka_unit_test (test_map_by_lines),
    cmocka_unit_test (test_mistakes),
    cmocka_unit_test (test_optional),
    cmocka_unit_test (test_nothing_implemented),
    cmocka_unit_test (test_eax_alone),
    cmocka_unit_test (test_luck),
    cmocka_unit_test (test_messages),
    cmocka_unit_test (test_fastpath),
    cmocka_unit_test (test_rows_left_out),
    cmocka_unit_test (test_partial_credit),
    cmocka_unit_test (test_findings),
    cmocka_unit_test (test_wild_clocks),
    cmocka_unit_test (test_baseline),
  };
  return cmocka_run_group_tests_name ("judge", tests, NULL, NULL);
}

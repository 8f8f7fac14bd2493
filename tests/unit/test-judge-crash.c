/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Judging what an L1 that died left: what it did not get to, what was left out in the next boot, and whose line it was. */
#include "unit/judge-fixture.h"

/* --- a crash ---------------------------------------------------------------------------------- */

/* Booted again without the leaf that killed it: the rows of that leaf, and stability, are not judged because of it. */
static void
test_crash_at_a_leaf (void **state)
{
  (void) state;
  g_autoptr (GArray) leaves = g_array_new (FALSE, FALSE, sizeof (guint32));
  const guint32 killer = 0x4ffffffc;
  g_array_append_val (leaves, killer);
  const ProgramLess less = { leaves, 0 };
  for (guint i = 0; i < 4; i++)
    {
      const Crash crash = { .name = (char *) "an oops", .place = (char *) "arch/x86/kvm/cpuid.c:11, in f()", .theirs = (i & 1) != 0 };
      const Subject subject = { .mistake = RIGHT, .less = &less, .crash = &crash, .svm = (i & 2) != 0 };
      expect (&subject, "A", crash.theirs ? "cycles-per-reason,stability" : "", crash.theirs ? "" : "cycles-per-reason,stability");
      g_autoptr (Grade) grade = judge (&subject);
      assert_string_equal (grade_find_row (grade, ROW_CYCLES_PER_REASON)->reason, "Not judged because of an oops in L1's kernel, which is told above.");
      const GradeRow *row = grade_find_row (grade, ROW_STABILITY);
      if (crash.theirs)
        assert_string_equal (((const GradeCase *) g_ptr_array_index (row->cases, 0))->seen, "an oops at arch/x86/kvm/cpuid.c:11, in f()");
      assert_int_equal (row->cases_total - row->cases_ok, crash.theirs ? 1 : 0);
    }
}

/* One operation costs its own windows. */
static void
test_crash_at_an_operation (void **state)
{
  (void) state;
  const ProgramLess less = { NULL, 1u << CHALLENGE_OP_CR0 };
  const Crash crash = { .name = (char *) "an oops", .theirs = TRUE };
  const Subject subject = { .mistake = RIGHT, .less = &less, .crash = &crash };
  expect (&subject, "A", "total-exits,total-cycles,exits-per-reason,cycles-per-reason,stability", "");
  g_autoptr (Grade) grade = judge (&subject);
  const GradeRow *row = grade_find_row (grade, ROW_TOTAL_EXITS);
  assert_int_equal (row->cases_total, 15);
  assert_int_equal (row->cases_ok, 14);
  assert_string_equal (row->reason, "1 of 15 not judged because of an oops in L1's kernel, which is told above.");
}

/* --- accounts that are not whole --------------------------------------------------------------- */

/* Judges what the log has up to the begin of a step, or to some exits before. */
static Grade *
judge_cut (const Subject *subject, gboolean last, guint (*step) (const Program *program), guint earlier)
{
  g_autoptr (GPtrArray) runs = run_labs (subject);
  LabRun *run = g_ptr_array_index (runs, 0);
  g_autoptr (Rubric) rubric = load_rubric (subject->rubric != NULL ? subject->rubric : "a3");
  g_array_set_size (run->fixture->exits, g_array_index (last ? run->last_truth : run->truth, AccountStep, step (last ? run->last_program : run->program)).at - earlier);
  read_rounds (run, subject->rounds);
  return judge_runs (runs, rubric);
}

static guint
in_undefined (const Program *program)
{
  return program->undefined.first + program->undefined.count / 2;
}

static guint
in_windows (const Program *program)
{
  return g_array_index (program->windows, ProgramWindow, 4).before.first;
}

static guint
at_begin (const Program *program)
{
  (void) program;
  return 0;
}

static void
test_died_in_undefined (void **state)
{
  (void) state;
  const Subject subject = { .mistake = RIGHT };
  g_autoptr (Grade) grade = judge_cut (&subject, TRUE, in_undefined, 0);
  g_autofree char *failed = rows_with (grade, ROW_FAILED);
  check_sums (grade);
  assert_string_equal (failed, "undefined-reasons,stability");
  const GradeRow *row = grade_find_row (grade, ROW_UNDEFINED_REASONS);
  const GradeCase *one = g_ptr_array_index (row->cases, 0);
  assert_in_range (row->cases_ok, 20, row->cases_total - 5); /* what was told before is kept */
  assert_string_equal (one->seen, "no answer: the guest went no further");
}

/* What the guest did not get to is not right: to end early is no way around a window. */
static void
test_died_in_windows (void **state)
{
  (void) state;
  const Subject subject = { .mistake = RIGHT };
  g_autoptr (Grade) grade = judge_cut (&subject, FALSE, in_windows, 0);
  g_autofree char *failed = rows_with (grade, ROW_FAILED);
  check_sums (grade);
  assert_string_equal (failed, "total-exits,total-cycles,exits-per-reason,cycles-per-reason,sums,undefined-reasons,not-enabled,concurrency,stability");
  const GradeRow *row = grade_find_row (grade, ROW_TOTAL_EXITS);
  assert_int_equal (row->cases_total, 15);
  assert_in_range (row->cases_ok, 3, 4);
  assert_int_equal (grade_find_row (grade, ROW_SUMS)->points, 0);
}

/* Died in the middle, at a line that is not the submission's: what it did not get to is nobody's fault, what it did is judged. */
static void
test_crash_elsewhere (void **state)
{
  (void) state;
  const Crash crash = { .name = (char *) "an oops", .place = (char *) "f()+0x1, in kvm.ko" };
  const Subject subject = { .mistake = RIGHT, .crash = &crash, .trouble = "BUG: x", .unended = TRUE };
  g_autoptr (Grade) grade = judge_cut (&subject, FALSE, in_windows, 0);
  g_autofree char *failed = rows_with (grade, ROW_FAILED), *left = rows_with (grade, ROW_SKIPPED);
  check_sums (grade);
  assert_string_equal (failed, "");
  assert_string_equal (left, "sums,undefined-reasons,not-enabled,concurrency,stability");
  assert_in_range (grade_find_row (grade, ROW_TOTAL_EXITS)->cases_total, 3, 4);
}

static void
test_died_at_begin (void **state)
{
  (void) state;
  const Subject subject = { .mistake = RIGHT };
  g_autoptr (Grade) grade = judge_cut (&subject, FALSE, at_begin, 0);
  g_autofree char *passed = rows_with (grade, ROW_PASSED);
  check_sums (grade);
  assert_string_equal (passed, "log-volume");
}

/* The second round alone is missing, and the first one was whole: half of each row that has rounds. */
static void
test_second_round_missing (void **state)
{
  (void) state;
  for (guint i = 0; i < 2; i++)
    {
      const Subject subject = { .mistake = RIGHT, .rounds = TRUE, .rubric = "a4" };
      g_autoptr (Grade) grade = judge_cut (&subject, FALSE, at_begin, i * 20);
      check_sums (grade);
      const GradeRow *row = grade_find_row (grade, ROW_TOTAL_EXITS);
      assert_int_equal (row->cases_total, 30);
      assert_int_equal (row->cases_ok, 15);
      assert_int_equal (row->points, row->max_points / 2);
      assert_int_equal (grade_find_row (grade, ROW_STABILITY)->status, ROW_FAILED);
      assert_int_equal (grade_find_row (grade, ROW_UNDEFINED_REASONS)->status, ROW_FAILED);
      assert_int_equal (grade_find_row (grade, ROW_CONCURRENCY)->status, i == 0 ? ROW_FAILED : ROW_PASSED);
    }
}

static guint
in_snapshot (const Program *program)
{
  return program->snapshot.before.first + 60;
}

/* What the boot without a leaf cannot tell, the one that it killed may have told before. */
static void
test_two_boots (void **state)
{
  (void) state;
  g_autoptr (GArray) leaves = g_array_new (FALSE, FALSE, sizeof (guint32));
  const guint32 killer = 0x4ffffffd;
  g_array_append_val (leaves, killer);
  const ProgramLess less = { leaves, 0 };
  const Crash crash = { .name = (char *) "an oops", .theirs = TRUE };
  const Subject died = { .mistake = RIGHT, .crash = &crash }, again = { .mistake = RIGHT, .crash = &crash, .less = &less };
  g_autoptr (Grade) before = judge_cut (&died, FALSE, in_snapshot, 0), grade = judge (&again);
  g_autofree char *lost = rows_with (grade, ROW_FAILED);
  assert_string_equal (lost, "exits-per-reason,sums,stability");
  judge_take_unjudged (grade, before);
  check_sums (grade);
  g_autofree char *left = rows_with (grade, ROW_FAILED);
  assert_string_equal (left, "sums,stability");
  assert_int_equal (grade_find_row (grade, ROW_EXITS_PER_REASON)->cases_total, 14); /* one operation has no exit of its own reason */
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_crash_at_a_leaf),
    cmocka_unit_test (test_crash_at_an_operation),
    cmocka_unit_test (test_died_in_undefined),
    cmocka_unit_test (test_died_in_windows),
    cmocka_unit_test (test_crash_elsewhere),
    cmocka_unit_test (test_died_at_begin),
    cmocka_unit_test (test_second_round_missing),
    cmocka_unit_test (test_two_boots),
  };
  return cmocka_run_group_tests_name ("judge-crash", tests, NULL, NULL);
}

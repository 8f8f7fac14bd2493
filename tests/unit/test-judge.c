/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Judging what the fixture's kernels answer: right ones get everything in every map, lab and round; each mistake loses the rows
 * that tests/submissions/NAME/expect.conf names, and no other.
 */
#include "challenge-fixture.h"

#include "grade/module-scan.h"

#define BASELINE_LINES 20u

/* A kernel under judgement, in one lab or in both. */
typedef struct {
  Mistake mistake;
  const char *map;      /* that it implements; NULL: A */
  const char *rubric;   /* NULL: a3 */
  gboolean rounds;      /* two */
  gboolean svm, both;   /* else vmx */
  guint kernel_lines;   /* more than the baseline's */
  const char *trouble;
  gboolean unended;     /* L1 did not come to its end */
  const GPtrArray *findings;
  const ProgramLess *less; /* left out of the programs */
  const Crash *crash;   /* of L1's kernel */
  const char *seed;     /* of the program; NULL: "submission" */
} Subject;

typedef struct {
  World *world;
  Program *program, *last_program;
  GArray *truth, *last_truth;
  Account *last;
  Fixture *fixture;
  AgentReport report;
  Baseline baseline;
  GPtrArray *none; /* findings */
  JudgedLab judged;
} LabRun;

static void
lab_run_free (gpointer data)
{
  LabRun *run = data;
  g_ptr_array_unref (run->judged.accounts);
  g_ptr_array_unref (run->none);
  account_free (run->last);
  g_array_unref (run->truth);
  g_array_unref (run->last_truth);
  program_free (run->last_program);
  fixture_free (run->fixture);
  program_free (run->program);
  world_free (run->world);
  g_free (run);
}

/* The lab's own kernel, under a program of its own. */
static void
take_baseline (const World *world, Baseline *baseline)
{
  g_autoptr (Program) program = world_program (world, "baseline");
  g_autoptr (Fixture) fixture = fixture_new (world, program, world_map (world, "A"), NOTHING);
  const AgentReport report = { .kernel_count = BASELINE_LINES };
  fixture_run (fixture);
  g_autoptr (Account) account = account_read (program, fixture->exits, 0);
  assert_true (baseline_take (account, &report, baseline));
}

/* The rounds of the main program, and the last one. */
static void
perform (LabRun *run, gboolean rounds)
{
  run->fixture->program = run->program;
  run->fixture->shadow = FALSE;
  fixture_run (run->fixture);
  run->fixture->shadow = TRUE;
  if (rounds)
    fixture_run (run->fixture);
  g_clear_pointer (&run->truth, g_array_unref);
  g_clear_pointer (&run->last_truth, g_array_unref);
  run->truth = g_array_copy (run->fixture->truth);
  run->fixture->program = run->last_program;
  fixture_run (run->fixture);
  run->last_truth = g_array_copy (run->fixture->truth);
}

static LabRun *
run_lab (const Subject *subject, Isa isa)
{
  LabRun *run = g_new0 (LabRun, 1);
  run->world = world_new (isa);
  run->program = world_program_without (run->world, subject->seed != NULL ? subject->seed : "submission", subject->less, FALSE);
  run->last_program = world_program_without (run->world, subject->seed != NULL ? subject->seed : "submission", subject->less, TRUE);
  run->fixture = fixture_new (run->world, run->program, world_map (run->world, subject->map != NULL ? subject->map : "A"), subject->mistake);
  run->report = (AgentReport){
    .began = TRUE,
    .kernel_count = BASELINE_LINES + subject->kernel_lines,
    .trouble = (char *) subject->trouble,
    .trouble_name = (char *) "an oops",
    .ended = !subject->unended,
  };
  take_baseline (run->world, &run->baseline);
  perform (run, subject->rounds);
  run->none = g_ptr_array_new ();
  run->judged = (JudgedLab){
    .isa = isa,
    .program = run->program,
    .last_program = run->last_program,
    .less = subject->less,
    .crash = subject->crash,
    .accounts = g_ptr_array_new_with_free_func ((GDestroyNotify) account_free),
    .report = &run->report,
    .baseline = &run->baseline,
    .names = run->world->names,
    .leaves = (const guint32 *) (const void *) run->world->leaves->data,
    .nr_leaves = run->world->leaves->len,
    .findings = subject->findings != NULL ? subject->findings : run->none,
  };
  return run;
}

static void
read_rounds (LabRun *run, gboolean rounds)
{
  Account *first = account_read (run->program, run->fixture->exits, 0);
  g_ptr_array_set_size (run->judged.accounts, 0);
  g_ptr_array_add (run->judged.accounts, first);
  if (rounds)
    g_ptr_array_add (run->judged.accounts, first = account_read (run->program, run->fixture->exits, first->last + 1));
  account_free (run->last);
  run->last = account_read (run->last_program, run->fixture->exits, first->last + 1);
  run->judged.last = run->last;
}

static GPtrArray *
run_labs (const Subject *subject)
{
  GPtrArray *runs = g_ptr_array_new_with_free_func (lab_run_free);
  if (!subject->svm || subject->both)
    g_ptr_array_add (runs, run_lab (subject, ISA_VMX));
  if (subject->svm || subject->both)
    g_ptr_array_add (runs, run_lab (subject, ISA_SVM));
  for (guint i = 0; i < runs->len; i++)
    read_rounds (g_ptr_array_index (runs, i), subject->rounds);
  return runs;
}

/* Finds the map and judges by it. */
static Grade *
judge_runs (const GPtrArray *runs, const Rubric *rubric)
{
  g_autoptr (GPtrArray) labs = g_ptr_array_new ();
  const World *world = ((LabRun *) g_ptr_array_index (runs, 0))->world;
  Grade *grade = grade_new ();
  for (guint i = 0; i < runs->len; i++)
    g_ptr_array_add (labs, &((LabRun *) g_ptr_array_index (runs, i))->judged);
  judge_by_best_map (labs, world->maps, rubric, grade);
  return grade;
}

static Grade *
judge (const Subject *subject)
{
  g_autoptr (GPtrArray) runs = run_labs (subject);
  g_autoptr (Rubric) rubric = load_rubric (subject->rubric != NULL ? subject->rubric : "a3");
  return judge_runs (runs, rubric);
}

/* --- what came of it --------------------------------------------------------------------------- */

static char *
rows_with (const Grade *grade, RowStatus status)
{
  g_autoptr (GString) text = g_string_new (NULL);
  for (guint i = 0; i < grade->rows->len; i++)
    {
      const GradeRow *row = g_ptr_array_index (grade->rows, i);
      if (row->status == status)
        g_string_append_printf (text, "%s%s", text->len > 0 ? "," : "", row_name (row->kind));
    }
  return g_string_free (g_steal_pointer (&text), FALSE);
}

static void
print_failures (const Grade *grade)
{
  for (guint i = 0; i < grade->rows->len; i++)
    {
      const GradeRow *row = g_ptr_array_index (grade->rows, i);
      for (guint j = 0; row->status == ROW_FAILED && j < MIN (row->cases->len, 4); j++)
        {
          const GradeCase *one = g_ptr_array_index (row->cases, j);
          if (!one->ok)
            print_message ("%s: %s: expected %s, seen %s\n", row_name (row->kind), one->what, one->expected, one->seen);
        }
    }
}

/* Points and sums are what the rows say. */
static void
check_sums (const Grade *grade)
{
  gint64 points = 0, most = 0;
  for (guint i = 0; i < grade->rows->len; i++)
    {
      const GradeRow *row = g_ptr_array_index (grade->rows, i);
      points += row->points;
      most += row->max_points;
      assert_true (row->reason[0] != '\0');
      assert_true (row->points >= 0 && row->points <= row->max_points);
      assert_int_equal (row->status == ROW_PASSED, row->cases_total > 0 && row->cases_ok == row->cases_total);
      if (row->status == ROW_PASSED)
        assert_int_equal (row->points, row->max_points);
      if (row->status == ROW_SKIPPED)
        assert_int_equal (row->max_points, 0);
    }
  assert_true (points == grade->points && most == grade->max_points);
}

static void
expect (const Subject *subject, const char *map, const char *lost, const char *skipped)
{
  g_autoptr (Grade) grade = judge (subject);
  g_autofree char *failed = rows_with (grade, ROW_FAILED), *left = rows_with (grade, ROW_SKIPPED);
  check_sums (grade);
  if (strcmp (failed, lost) != 0 || strcmp (left, skipped) != 0)
    {
      print_failures (grade);
      fail_msg ("mistake %d, %s: lost [%s], not [%s]; skipped [%s], not [%s]", subject->mistake, subject->both ? "both" : subject->svm ? "svm" : "vmx", failed, lost, left, skipped);
    }
  assert_string_equal (grade->leaf_map, map);
}

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
  assert_string_equal (grade_find_row (grade, ROW_TOTAL_EXITS)->reason, "Leaf 0x4fffffff is answered as without the change.");
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
    cmocka_unit_test (test_map_is_told),
    cmocka_unit_test (test_mistakes),
    cmocka_unit_test (test_optional),
    cmocka_unit_test (test_nothing_implemented),
    cmocka_unit_test (test_eax_alone),
    cmocka_unit_test (test_luck),
    cmocka_unit_test (test_messages),
    cmocka_unit_test (test_crash_at_a_leaf),
    cmocka_unit_test (test_crash_at_an_operation),
    cmocka_unit_test (test_crash_elsewhere),
    cmocka_unit_test (test_fastpath),
    cmocka_unit_test (test_rows_left_out),
    cmocka_unit_test (test_partial_credit),
    cmocka_unit_test (test_findings),
    cmocka_unit_test (test_died_in_undefined),
    cmocka_unit_test (test_died_in_windows),
    cmocka_unit_test (test_died_at_begin),
    cmocka_unit_test (test_second_round_missing),
    cmocka_unit_test (test_wild_clocks),
    cmocka_unit_test (test_baseline),
  };
  return cmocka_run_group_tests_name ("judge", tests, NULL, NULL);
}

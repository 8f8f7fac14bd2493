/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A kernel of the fixture's, judged: what the tests of the judge share. */
#pragma once
#include "unit/challenge-fixture.h"

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

static inline void
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
static inline void
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
static inline void
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

static inline LabRun *
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

static inline void
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

static inline GPtrArray *
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

/* Finds the map and judges by it. carried: the diff of what was built. */
static inline Grade *
judge_change (const GPtrArray *runs, const Rubric *rubric, const char *carried)
{
  g_autoptr (GPtrArray) labs = g_ptr_array_new ();
  const World *world = ((LabRun *) g_ptr_array_index (runs, 0))->world;
  Grade *grade = grade_new ();
  for (guint i = 0; i < runs->len; i++)
    g_ptr_array_add (labs, &((LabRun *) g_ptr_array_index (runs, i))->judged);
  g_free (grade->carried);
  grade->carried = g_strdup (carried);
  judge_by_best_map (labs, world->maps, rubric, grade);
  return grade;
}

static inline Grade *
judge_runs (const GPtrArray *runs, const Rubric *rubric)
{
  return judge_change (runs, rubric, "");
}

static inline Grade *
judge (const Subject *subject)
{
  g_autoptr (GPtrArray) runs = run_labs (subject);
  g_autoptr (Rubric) rubric = load_rubric (subject->rubric != NULL ? subject->rubric : "a3");
  return judge_runs (runs, rubric);
}

/* --- what came of it --------------------------------------------------------------------------- */

static inline char *
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

static inline void
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
static inline void
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

static inline void
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

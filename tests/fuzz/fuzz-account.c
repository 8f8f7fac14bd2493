/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Fuzzes what reads a grading lab: the account of a challenge from exits, the agent's report, the baseline, finding the leaf map and judging.
 * LLVMFuzzerTestOneInput is the usual entry: bytes are exits, then text. The plain main (left out with -DFUZZ_ENGINE) damages the logs of guests that
 * performed the program under kernels with and without mistakes:   fuzz-account [seconds [seed]]
 *
 * Besides not crashing: rows keep to their points, and what is done stands in the log where the account says.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "unit/challenge-fixture.h"
#include "grade/crash.h"
#include "fuzz/fuzz.h"

int LLVMFuzzerTestOneInput (const unsigned char *data, size_t size);

/* One vendor's lab, and a baseline of it. */
typedef struct {
  World *world;
  Program *program, *last;
  Baseline baseline;
} Lab;

static Lab lab_of[2];
static Rubric *rubrics[3];

static void
check (gboolean ok)
{
  if (!ok)
    abort ();
}

static void
open_lab (Isa isa)
{
  Lab *lab = &lab_of[isa];
  const AgentReport report = { .kernel_count = 10 };
  lab->world = world_new (isa);
  lab->program = world_program (lab->world, "fuzz");
  lab->last = world_program_without (lab->world, "fuzz", NULL, TRUE);
  g_autoptr (Fixture) fixture = fixture_new (lab->world, lab->program, world_map (lab->world, "A"), NOTHING);
  fixture_run (fixture);
  g_autoptr (Account) account = account_read (lab->program, fixture->exits, 0);
  check (baseline_take (account, &report, &lab->baseline));
}

static void
open_labs (void)
{
  static const char *const names[] = { "a2", "a3", "a4" };
  if (lab_of[0].world != NULL)
    return;
  open_lab (ISA_VMX);
  open_lab (ISA_SVM);
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    rubrics[i] = load_rubric (names[i]);
}

static void
check_account (const Account *account)
{
  const guint length = account->exits->len;
  check (account->complete == (account->stopped == NULL));
  check (length == 0 || (account->first < length && account->last < length));
  for (guint i = 0; i < account->steps->len; i++)
    {
      const AccountStep *step = account_step (account, i);
      check (!step->done || (account->began && step->at >= account->first && step->at < length && step->end < length));
      check (!account->complete || step->done);
    }
}

static void
check_grade (const Grade *grade)
{
  gint64 points = 0;
  for (guint i = 0; i < grade->rows->len; i++)
    {
      const GradeRow *row = g_ptr_array_index (grade->rows, i);
      points += row->points;
      check (row->points >= 0 && row->points <= row->max_points && row->cases_ok <= row->cases_total && row->cases->len <= GRADE_CASES_MAX && row->reason[0] != '\0');
      check (row->status != ROW_PASSED || row->cases_ok == row->cases_total);
    }
  check (points == grade->points && points <= grade->max_points);
}

/* Everything that is made of exits and a report. */
static void
judge_all (const Lab *lab, const GArray *exits, const char *text, guint rubric)
{
  g_autoptr (AgentReport) report = agent_report_read (text, text);
  g_autoptr (GPtrArray) accounts = g_ptr_array_new_with_free_func ((GDestroyNotify) account_free), all = g_ptr_array_new (), findings = g_ptr_array_new ();
  g_autoptr (Grade) grade = grade_new ();
  Account *first = account_read (lab->program, exits, 0), *second = account_read (lab->program, exits, first->last + 1);
  g_autoptr (Account) last = account_read (lab->last, exits, (rubric == 2 ? second : first)->last + 1);
  g_autoptr (CrashFrame) frame = report->trace != NULL ? crash_frame (report->trace) : NULL;
  g_autoptr (Crash) crash = report->trouble != NULL ? crash_new (report->trouble_name, report->trouble, frame, rubric == 1 ? text : NULL, text) : NULL;
  ProgramLess less = { 0 };
  crash_add_culprit (first, &less);
  Baseline baseline;
  g_ptr_array_add (accounts, first);
  if (rubric == 2)
    g_ptr_array_add (accounts, second);
  check_account (first);
  check_account (second);
  check_account (last);
  check (baseline_take (first, report, &baseline) == first->complete);
  JudgedLab judged = {
    .isa = lab->world->isa,
    .program = lab->program,
    .last_program = lab->last,
    .last = last,
    .less = rubric == 1 ? &less : NULL,
    .crash = crash,
    .accounts = accounts,
    .report = report,
    .baseline = first->complete && rubric == 0 ? &baseline : &lab->baseline,
    .names = lab->world->names,
    .leaves = (const guint32 *) (const void *) lab->world->leaves->data,
    .nr_leaves = lab->world->leaves->len,
    .findings = findings,
  };
  g_ptr_array_add (all, &judged);
  judge_by_best_map (all, lab->world->maps, rubrics[rubric], grade);
  check_grade (grade);
  g_clear_pointer (&less.leaves, g_array_unref);
  if (rubric != 2)
    account_free (second);
}

/* Byte 0: lab and rubric; then exits of 6 bytes up to one whose reason is 0xff; then the report. */
int
LLVMFuzzerTestOneInput (const unsigned char *data, size_t size)
{
  g_autoptr (GArray) exits = g_array_new (FALSE, TRUE, sizeof (L0Exit));
  size_t at = 1;
  if (size == 0)
    return 0;
  open_labs ();
  for (; size - at >= 6 && data[at] != 0xff; at += 6)
    {
      const L0Exit one = { .reason = data[at] | (guint32) (data[at + 1] & 4) << 8, .info1 = (guint64) data[at + 2] << 24 | (guint64) data[at + 3] << 16 | (data[at + 1] & 8) | (data[at + 1] & 1), .clock = -1 };
      g_array_append_val (exits, one);
    }
  g_autofree char *text = g_strndup ((const char *) data + at, size - at);
  judge_all (&lab_of[data[0] & 1], exits, text, (data[0] >> 1) % 3);
  return 0;
}

#ifndef FUZZ_ENGINE
static char *
draw_report (void)
{
  static const char *const parts[] = { "event ",  "begin ", "again ",  "end\n",  "module-failed ", "kernel ", "1 ",    "-7 ",        "99999999999999999999 ", "3 ",
                                       "oops 0\n", "\n",     "WARNING: CPU", "BUG: ", "Oops:",         "%s%n",    "x\n", "\xff\xfe\n", "modules-loaded 0\n",     "Kernel panic", "RIP: 0010:", "f+0x1/0x2 [kvm]\n",
                                       "Call Trace:\n", "+++ b/a.c\n@@ -1 +1 @@\n+", "f\na.c:1\n" };
  GString *text = g_string_new (NULL);
  for (unsigned n = draw (60); n > 0; n--)
    g_string_append (text, parts[draw (G_N_ELEMENTS (parts))]);
  return g_string_free (text, FALSE);
}

/* Symbols become others, also to the numbers' ends; exits go, come and move. */
static void
damage_one (const Lab *lab, GArray *exits)
{
  static const guint32 ports[] = { 0x4000, 0x41ff, 0x400f, 0x40f0, 0x4fff, 0x5000, 0x5fff, 0x6000, 0x6001, 0x6002, 0x6100, 0x61ff, 0x6200 };
  const gboolean vmx = lab->world->isa == ISA_VMX;
  const guint at = draw (exits->len), kind = draw (6);
  const L0Exit mark = { .reason = vmx ? 30 : 0x7b, .info1 = (guint64) (draw (2) ? ports[draw (G_N_ELEMENTS (ports))] : 0x4000 + draw (0x1000)) << 16 };
  L0Exit *one = &g_array_index (exits, L0Exit, at);
  if (kind == 0)
    g_array_remove_range (exits, at, MIN (1 + draw (3), exits->len - at));
  else if (kind == 1)
    g_array_insert_val (exits, at, mark);
  else if (kind == 2)
    g_array_set_size (exits, at + 1);
  else if (kind == 3)
    *one = mark;
  else if (kind == 4)
    one->reason = draw (2) ? draw (0x500) : vmx ? 10 : 0x72;
  else if (one->reason == mark.reason && one->info1 >> 16 >= CHALLENGE_SYMBOL_PORT && one->info1 >> 16 < CHALLENGE_STEP_PORT)
    one->info1 ^= (guint64) (1u << draw (12)) << 16;
}

/* Symbols of whole registers, which leaves the report well-formed: any number, also at the ends of 64 bits. */
static void
damage_numbers (GArray *exits, guint32 reason)
{
  const unsigned every = 1 + draw (50), ends = draw (3);
  for (guint i = 0; i + 2 < exits->len; i++)
    {
      L0Exit *one = &g_array_index (exits, L0Exit, i);
      const guint port = (guint) (one->info1 >> 16);
      /* Masks are below 0x200; what is above is a register's first or second symbol. */
      if (one->reason == reason && port >= CHALLENGE_SYMBOL_PORT + 0x200 && port < CHALLENGE_STEP_PORT && draw (every) == 0)
        one->info1 = (guint64) (CHALLENGE_SYMBOL_PORT + (ends == 0 ? 0xfff : 0x200 + draw (0xdff))) << 16;
    }
}

static void
run_one (void)
{
  const Lab *lab = &lab_of[draw (2)];
  g_autoptr (Fixture) fixture = fixture_new (lab->world, lab->program, g_ptr_array_index (lab->world->maps, draw (3)), (Mistake) draw (NOTHING + 1));
  /* A clock that starts at the end of 63 bits, now and then. */
  fixture->tsc = draw (3) ? fixture->tsc : (guint64) G_MAXINT64 - draw (100000000);
  fixture_run (fixture);
  const guint rubric = draw (3);
  fixture->shadow = TRUE;
  if (rubric == 2)
    fixture_run (fixture);
  fixture->program = lab->last;
  fixture_run (fixture);
  for (guint i = 0; i < 6; i++)
    {
      g_autoptr (GArray) exits = g_array_new (FALSE, TRUE, sizeof (L0Exit));
      g_autofree char *text = draw_report ();
      g_array_append_vals (exits, fixture->exits->data, fixture->exits->len);
      for (unsigned n = i == 0 ? 0 : draw (5); n > 0 && exits->len > 0; n--)
        damage_one (lab, exits);
      if (draw (3) == 0)
        damage_numbers (exits, lab->world->isa == ISA_VMX ? 30 : 0x7b);
      judge_all (lab, exits, text, rubric);
    }
}

static void
run_bytes (void)
{
  const unsigned size = draw (2000);
  g_autofree unsigned char *data = g_malloc (size + 1);
  for (unsigned i = 0; i < size; i++)
    data[i] = (unsigned char) (draw (4) ? draw (256) : draw (2) ? 0x7b : 30);
  LLVMFuzzerTestOneInput (data, size);
}

static void
run_both (void)
{
  run_one ();
  run_bytes ();
}

int
main (int argc, char **argv)
{
  open_labs ();
  const int status = fuzz_main (argc, argv, "fuzz-account", 1, run_both);
  for (guint i = 0; i < G_N_ELEMENTS (lab_of); i++)
    {
      program_free (lab_of[i].program);
      world_free (lab_of[i].world);
    }
  for (guint i = 0; i < G_N_ELEMENTS (rubrics); i++)
    rubric_free (rubrics[i]);
  return status;
}
#endif

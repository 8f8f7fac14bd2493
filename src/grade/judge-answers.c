/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Answers that no counting is needed for: reasons that the manual does not define, reasons without a handler, registers, other leaves. */
#include "grade/judge-private.h"

#include <string.h>

static char *
registers_text (const guint32 *registers)
{
  return g_strdup_printf ("eax=0x%x ebx=0x%x ecx=0x%x edx=0x%x", registers[0], registers[1], registers[2], registers[3]);
}

static gboolean
is_leaf_by_reason (const Judge *judge, guint32 leaf)
{
  return leaf != 0 && (leaf == judge->map->reason_exits || leaf == judge->map->reason_cycles);
}

static gboolean
are (const guint32 *registers, guint32 eax, guint32 ebx, guint32 ecx, guint32 edx)
{
  return registers[0] == eax && registers[1] == ebx && registers[2] == ecx && registers[3] == edx;
}

static char *
leaf_name (const Judge *judge, const struct challenge_step *step)
{
  g_autofree char *lab = judge_lab_name (judge);
  return g_strdup_printf ("%s: leaf 0x%x, ecx = %u (0x%x)", lab, step->a, step->b, step->b);
}

static void
note_leaf (GradeRow *row, gboolean ok, guint32 leaf)
{
  if (!ok && row->leaf == 0)
    row->leaf = leaf;
}

/* --- undefined -------------------------------------------------------------------------------- */

/* Of the last program, which comes once, after all rounds. What it did not get to is wrong, unless L1 died at a line that is not the submission's. */
void
judge_undefined (const Judge *judge, GradeRow *row)
{
  const Program *program = judge->lab->last_program;
  for (guint i = 0; judge->round == 0 && judge->lab->last->began && i < program->undefined.count; i++)
    {
      const struct challenge_step *step = program_step (program, program->undefined.first + i);
      const AccountStep *answer = account_step (judge->lab->last, program->undefined.first + i);
      if (step->kind != CHALLENGE_READ || !is_leaf_by_reason (judge, step->a) || judge_leaf_is_missing (judge, step->a))
        continue;
      if (!ranges_have (judge->undefined, step->b) || ranges_have (judge->ungraded, step->b) || (!answer->done && !judge_blames (judge)))
        continue;
      const gboolean ok = answer->done && are (answer->registers, 0, 0, 0, G_MAXUINT32);
      note_leaf (row, ok, step->a);
      grade_case_add (row, ok, g_strdup_printf ("%s: leaf 0x%x, ecx = %u (0x%x)", isa_name (judge->lab->isa), step->a, step->b, step->b),
                      g_strdup ("eax=0x0 ebx=0x0 ecx=0x0 edx=0xffffffff"), answer->done ? registers_text (answer->registers) : g_strdup ("no answer: the guest went no further"));
    }
}

/* --- not enabled ------------------------------------------------------------------------------ */

/* One case for each reason and leaf: both snapshots must say so. */
void
judge_not_enabled (const Judge *judge, GradeRow *row)
{
  const ProgramWindow *snapshot = &judge->lab->program->snapshot;
  for (guint i = 0; i < snapshot->before.count; i++)
    {
      const struct challenge_step *step = program_step (judge->lab->program, snapshot->before.first + i);
      const AccountStep *before = account_step (judge->account, snapshot->before.first + i);
      const AccountStep *after = account_step (judge->account, snapshot->after.first + i);
      if (!is_leaf_by_reason (judge, step->a) || !ranges_have (judge->not_enabled, step->b) || judge_leaf_is_missing (judge, step->a) || !before->done || !after->done)
        continue;
      const gboolean first_ok = are (before->registers, 0, 0, 0, 0), ok = first_ok && are (after->registers, 0, 0, 0, 0);
      note_leaf (row, ok, step->a);
      grade_case_add (row, ok, leaf_name (judge, step), g_strdup ("eax=0x0 ebx=0x0 ecx=0x0 edx=0x0"),
                      registers_text (first_ok ? after->registers : before->registers));
    }
}

/* --- registers -------------------------------------------------------------------------------- */

typedef struct {
  guint32 leaf;
  gboolean defined[4]; /* by the map */
  guint wrong[4], answers;
  guint32 example[4];
} LeafRegisters;

static void
look_at_answer (LeafRegisters *leaf, const AccountStep *answer)
{
  leaf->answers++;
  for (guint i = 0; i < 4; i++)
    {
      if (leaf->defined[i] || answer->registers[i] == 0)
        continue;
      if (leaf->wrong[i]++ == 0)
        leaf->example[i] = answer->registers[i];
    }
}

/* Successful answers only: by reason, those whose reason is defined and has a handler. */
static void
look_at_range (const Judge *judge, ProgramRange range, gboolean by_reason, LeafRegisters *leaf)
{
  for (guint i = range.first; i < range.first + range.count; i++)
    {
      const struct challenge_step *step = program_step (judge->lab->program, i);
      const AccountStep *answer = account_step (judge->account, i);
      if (step->a != leaf->leaf || !answer->done)
        continue;
      if (by_reason && (ranges_have (judge->undefined, step->b) || ranges_have (judge->ungraded, step->b) || ranges_have (judge->not_enabled, step->b)))
        continue;
      look_at_answer (leaf, answer);
    }
}

static void
add_leaf (const Judge *judge, guint32 number, gboolean exits, gboolean cycles, gboolean by_reason, GradeRow *row)
{
  static const char *const names[] = { "eax", "ebx", "ecx", "edx" };
  LeafRegisters leaf = { .leaf = number, .defined = { exits, cycles, cycles, FALSE } };
  if (number == 0 || judge_leaf_is_missing (judge, number))
    return;
  for (guint i = 0; i < judge_windows (judge); i++)
    {
      look_at_range (judge, judge_window (judge, i)->before, by_reason, &leaf);
      look_at_range (judge, judge_window (judge, i)->after, by_reason, &leaf);
    }
  look_at_range (judge, judge->lab->program->snapshot.after, by_reason, &leaf);
  g_autofree char *lab = judge_lab_name (judge);
  for (guint i = 0; leaf.answers > 0 && i < G_N_ELEMENTS (names); i++)
    {
      if (leaf.defined[i])
        continue;
      note_leaf (row, leaf.wrong[i] == 0, number);
      grade_case_add (row, leaf.wrong[i] == 0, g_strdup_printf ("%s: leaf 0x%x: %s", lab, number, names[i]), g_strdup_printf ("0 in all %u answers", leaf.answers),
                      leaf.wrong[i] == 0 ? g_strdup ("0") : g_strdup_printf ("not 0 in %u, 0x%x for one", leaf.wrong[i], leaf.example[i]));
    }
}

void
judge_registers (const Judge *judge, GradeRow *row)
{
  const LeafMap *map = judge->map;
  const gboolean shared = map->total_exits == map->total_cycles;
  add_leaf (judge, map->total_exits, TRUE, shared, FALSE, row);
  if (!shared)
    add_leaf (judge, map->total_cycles, FALSE, TRUE, FALSE, row);
  add_leaf (judge, map->reason_exits, TRUE, FALSE, TRUE, row);
  add_leaf (judge, map->reason_cycles, FALSE, TRUE, TRUE, row);
}

/* --- other leaves ----------------------------------------------------------------------------- */

static const guint32 *
other_expected (const Baseline *baseline, const struct challenge_step *step)
{
  for (guint i = 0; i < baseline->nr_others; i++)
    if (baseline->others[i].leaf == step->a && baseline->others[i].input == step->b)
      return baseline->others[i].registers;
  return NULL;
}

/* Of the first round, as the baseline: other parameters of the module may show the guest another processor. */
void
judge_other_leaves (const Judge *judge, GradeRow *row)
{
  const ProgramRange range = judge->lab->program->other;
  for (guint i = 0; judge->round == 0 && i < range.count; i++)
    {
      const struct challenge_step *step = program_step (judge->lab->program, range.first + i);
      const AccountStep *answer = account_step (judge->account, range.first + i);
      const guint32 *expected = other_expected (judge->lab->baseline, step);
      if (answer->done && expected != NULL)
        grade_case_add (row, memcmp (answer->registers, expected, sizeof answer->registers) == 0, leaf_name (judge, step), registers_text (expected), registers_text (answer->registers));
    }
  for (guint i = 0; judge->round == 0 && i < judge->lab->baseline->nr_others; i++)
    if (program_less_leaf (judge->lab->less, judge->lab->baseline->others[i].leaf))
      grade_case_add (row, FALSE, g_strdup_printf ("%s: leaf 0x%x", isa_name (judge->lab->isa), judge->lab->baseline->others[i].leaf), g_strdup ("an answer"), judge_crash_words (judge));
}

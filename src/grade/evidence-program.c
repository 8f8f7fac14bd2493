/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whether a program that was read is one that the judge may be given: what program_draw() holds,
 * and the judge relies on.
 */
#include "grade/evidence-private.h"

static gboolean
is_step (const struct challenge_step *step)
{
  return step->kind >= CHALLENGE_READ && step->kind <= CHALLENGE_FLUSH && step->op < CHALLENGE_OPS;
}

static gboolean
are_steps (const Program *program)
{
  for (guint i = 0; i < program->steps->len; i++)
    if (!is_step (program_step (program, i)))
      return FALSE;
  return TRUE;
}

/* It lies in the program, with a step behind it: a FLUSH tells it. */
static gboolean
is_range (const Program *program, const ProgramRange *range)
{
  return range->first < program->steps->len && range->count < program->steps->len - range->first;
}

static gboolean
is_range_of (const Program *program, const ProgramRange *range, guint kind)
{
  if (!is_range (program, range))
    return FALSE;
  for (guint i = 0; i < range->count; i++)
    if (program_step (program, range->first + i)->kind != kind)
      return FALSE;
  return TRUE;
}

/* Both sides read the same, in the same order, and what is between comes between. */
static gboolean
are_sides (const Program *program, const ProgramWindow *window)
{
  const ProgramRange *before = &window->before, *after = &window->after;

  if (!is_range_of (program, before, CHALLENGE_READ) || !is_range_of (program, after, CHALLENGE_READ) ||
      before->count != after->count)
    return FALSE;
  for (guint i = 0; i < before->count; i++)
    {
      const struct challenge_step *one = program_step (program, before->first + i),
                                  *other = program_step (program, after->first + i);

      if (one->a != other->a || one->b != other->b)
        return FALSE;
    }
  return before->first + before->count <= window->between.first &&
         window->between.first + window->between.count <= after->first;
}

static gboolean
is_window (const Program *program, const ProgramWindow *window)
{
  return window->between.count == 1 &&
         is_range_of (program, &window->between,
                      window->concurrent ? CHALLENGE_CONCURRENT : CHALLENGE_PERFORM) &&
         are_sides (program, window);
}

/* A log's program has none: all of it is 0. */
static gboolean
is_snapshot (const Program *program)
{
  const ProgramWindow *snapshot = &program->snapshot;

  if (snapshot->before.count == 0)
    return snapshot->after.count == 0 && snapshot->between.count == 0 &&
           is_range (program, &snapshot->before) && is_range (program, &snapshot->after);
  return is_range_of (program, &snapshot->between, CHALLENGE_PERFORM) && are_sides (program, snapshot);
}

gboolean
evidence_program_is_sound (const Program *program, gboolean last)
{
  const ProgramRange *undefined = &program->undefined;

  if (!are_steps (program) || !is_range_of (program, &program->other, CHALLENGE_READ) ||
      !is_snapshot (program))
    return FALSE;
  if (undefined->first >= program->steps->len || undefined->count > program->steps->len - undefined->first)
    return FALSE;
  for (guint i = 0; i < program->windows->len; i++)
    if (!is_window (program, &g_array_index (program->windows, ProgramWindow, i)))
      return FALSE;
  return last || program->windows->len > 0;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which leaf maps a submission may implement, from its answers alone: those under which most of them are right, or nearly. */
#include "grade/judge-private.h"

#define EXACT 4u
#define NEAR 1u

/* Half as many to half as many again: counted somewhere, if not in the right place. 0 is what no leaf at all answers. */
static guint
score_exits (guint32 seen, guint64 expected)
{
  if (expected == 0 || seen == 0)
    return 0;
  if (seen == (guint32) expected)
    return EXACT;
  return seen >= expected / 2 && seen <= expected + expected / 2 ? NEAR : 0;
}

static guint
score_cycles (const Delta *delta)
{
  const gboolean plausible = delta->ticks > 0 && ((delta->cycles > 0 && delta->cycles <= (guint64) delta->ticks) || (delta->cycles_swapped > 0 && delta->cycles_swapped <= (guint64) delta->ticks));
  return plausible ? NEAR : 0;
}

static guint
score_window (const Judge *judge, const ProgramWindow *window)
{
  const LeafMap *map = judge->map;
  Delta delta;
  guint score = 0;
  if (map->total_exits != 0 && judge_delta (judge, window, map->total_exits, FALSE, &delta))
    score += score_exits (delta.exits, delta.all);
  if (map->reason_exits != 0 && judge_delta (judge, window, map->reason_exits, TRUE, &delta))
    score += score_exits (delta.exits, delta.of_input);
  if (map->total_cycles != 0 && judge_delta (judge, window, map->total_cycles, FALSE, &delta))
    score += score_cycles (&delta);
  if (map->reason_cycles != 0 && judge_delta (judge, window, map->reason_cycles, TRUE, &delta))
    score += delta.of_input > 0 ? score_cycles (&delta) : 0;
  return score;
}

static guint
score_map (const GPtrArray *labs, const LeafMap *map)
{
  guint score = 0;
  for (guint i = 0; i < labs->len; i++)
    {
      const JudgedLab *lab = g_ptr_array_index (labs, i);
      for (guint j = 0; j < lab->accounts->len; j++)
        {
          const Judge judge = { .lab = lab, .account = g_ptr_array_index (lab->accounts, j), .map = map };
          for (guint k = 0; k < judge_windows (&judge); k++)
            score += score_window (&judge, judge_window (&judge, k));
        }
    }
  return score;
}

GPtrArray *
judge_find_maps (const GPtrArray *labs, const GPtrArray *maps, gboolean *fits)
{
  GPtrArray *best = g_ptr_array_new ();
  guint best_score = 0;
  for (guint i = 0; i < maps->len; i++)
    {
      LeafMap *map = g_ptr_array_index (maps, i);
      const guint score = score_map (labs, map);
      if (score > best_score)
        g_ptr_array_set_size (best, 0);
      if (score >= best_score)
        g_ptr_array_add (best, map);
      best_score = MAX (best_score, score);
    }
  *fits = best_score > 0;
  return best;
}

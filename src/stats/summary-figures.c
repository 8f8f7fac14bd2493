/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is made of the tallies when the walk is over: reasons and their costs, kinds, stability. */
#include "stats/summary-build.h"

#include <string.h>

static gint
compare_reasons (gconstpointer a, gconstpointer b)
{
  const ReasonSummary *x = a, *y = b;
  if (x->exits != y->exits)
    return x->exits > y->exits ? -1 : 1;
  return x->code < y->code ? -1 : x->code > y->code;
}

static void
make_reasons (const Builder *b, Window window, const Tally *tallies)
{
  GArray *reasons = b->summary->reasons[window];
  SpanSummary *span = &b->summary->windows[window];

  for (guint i = 0; i < b->indices->len; i++)
    {
      const guint index = g_array_index (b->indices, guint, i);
      const Tally *tally = &tallies[index];
      if (tally->exits == 0)
        continue;
      ReasonSummary reason = {
        .code = b->timeline->reason_codes[index],
        .exits = tally->exits,
        .cycles = tally->cycles,
        .cycles_p50 = arith_percentile (b->values[index], tally->exits, 50),
        .cycles_p99 = arith_percentile (b->values[index], tally->exits, 99),
        .first_ns = tally->first_ns,
        .last_ns = tally->last_ns,
      };
      memcpy (reason.costs, tally->costs, sizeof reason.costs);
      g_array_append_val (reasons, reason);
    }
  g_array_sort (reasons, compare_reasons);
  if (reasons->len > 0)
    {
      span->top_code = g_array_index (reasons, ReasonSummary, 0).code;
      span->top_exits = g_array_index (reasons, ReasonSummary, 0).exits;
    }
}

/* The most frequent types until they make nine tenths. */
static void
count_types (LabSummary *s)
{
  const GArray *reasons = s->reasons[WINDOW_BOOT];
  const guint64 exits = s->windows[WINDOW_BOOT].exits;

  while (s->types_90 < reasons->len && s->types_90_exits * 10 < exits * 9)
    s->types_90_exits += g_array_index (reasons, ReasonSummary, s->types_90++).exits;
}

static gint
compare_kinds (gconstpointer a, gconstpointer b)
{
  const KindSummary *x = a, *y = b;
  if (x->exits[WINDOW_ALL] != y->exits[WINDOW_ALL])
    return x->exits[WINDOW_ALL] > y->exits[WINDOW_ALL] ? -1 : 1;
  return strcmp (x->name, y->name);
}

/* Of the rows' columns, one for each kind there is, those of the kinds that occur, in their order. */
static void
make_kind_cells (Builder *b)
{
  LabSummary *s = b->summary;
  const guint n = s->kinds->len;

  g_array_set_size (s->kind_cells, s->rows->len * n);
  for (guint k = 0; k < b->n_kinds; k++)
    for (guint row = 0; b->kinds[k].exits > 0 && row < s->rows->len; row++)
      g_array_index (s->kind_cells, guint64, (gsize) row * n + b->kind_places[k]) = g_array_index (b->kind_rows, guint64, (gsize) row * b->n_kinds + k);
}

/* Of the windows that end before the run. */
static void
set_kind (const Builder *b, guint i, KindSummary *kind)
{
  for (Window w = 0; w < WINDOWS; w++)
    if (w != WINDOW_ALL)
      {
        kind->exits[w] = b->end_kinds[w][i].exits;
        kind->cycles[w] = b->end_kinds[w][i].cycles;
      }
}

static void
make_kinds (Builder *b)
{
  GArray *kinds = b->summary->kinds;

  for (guint i = 0; i < b->n_kinds; i++)
    {
      KindSummary kind = {
        .name = exit_kind_name (b->exit_kinds, i),
        .exits = { [WINDOW_ALL] = b->kinds[i].exits },
        .cycles = { [WINDOW_ALL] = b->kinds[i].cycles },
      };
      set_kind (b, i, &kind);
      if (kind.exits[WINDOW_ALL] > 0)
        g_array_append_val (kinds, kind);
    }
  g_array_sort (kinds, compare_kinds);
  for (guint place = 0; place < kinds->len; place++)
    for (guint i = 0; i < b->n_kinds; i++)
      if (exit_kind_name (b->exit_kinds, i) == g_array_index (kinds, KindSummary, place).name)
        b->kind_places[i] = place;
  make_kind_cells (b);
  g_clear_pointer (&b->kind_rows, g_array_unref);
}

/* The highest and lowest rate among the phases of the boot that last a bin at least. */
static void
judge_stability (LabSummary *s)
{
  Stability *stability = &s->stability;
  guint compared = 0;

  stability->even = dispersion_is_even (&s->windows[WINDOW_BOOT].dispersion);
  for (guint i = 0; i < s->boot_phases; i++)
    {
      const SpanSummary *phase = &g_array_index (s->phases, SpanSummary, i);
      if (phase->dispersion.bins == 0)
        continue;
      const guint64 rate = span_rate_milli (phase);
      if (compared == 0 || rate > span_rate_milli (&g_array_index (s->phases, SpanSummary, stability->fastest)))
        stability->fastest = i;
      if (compared == 0 || rate < span_rate_milli (&g_array_index (s->phases, SpanSummary, stability->slowest)))
        stability->slowest = i;
      compared++;
    }
  stability->has_rates = compared >= 2;
}

void
summary_figures (Builder *b)
{
  for (Window w = 0; w < WINDOWS; w++)
    if (w == WINDOW_ALL || b->ends[w] != NULL)
      make_reasons (b, w, w == WINDOW_ALL ? b->all : b->ends[w]);
  g_clear_pointer (&b->store, g_free); /* the most there is: nobody else needs it */
  count_types (b->summary);
  make_kinds (b);
  judge_stability (b->summary);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the operations cost: one walk over the exits, of which most lie in no round and are passed by. */
#include "stats/summary-build.h"

#include "timeline/cursor.h"

typedef struct {
  SeriesCell reasons[TIMELINE_REASONS];
} ReasonTallies;

typedef struct {
  const Timeline *timeline;
  GArray *operations;                  /* of OperationSummary */
  guint places[OPERATIONS];            /* of a number in `operations`, plus 1; 0: not performed */
  ReasonTallies *tallies[OPERATIONS];  /* by number; NULL: not performed */
  GArray *exits[OPERATIONS], *cycles[OPERATIONS]; /* of guint64: of each round */
} Walk;

static OperationSummary *
operation_of (Walk *w, guint number)
{
  if (w->places[number] == 0)
    {
      const OperationSummary new = { .number = number, .round_exits_min = G_MAXUINT64, .reasons = g_array_new (FALSE, FALSE, sizeof (OperationReason)) };
      g_array_append_val (w->operations, new);
      w->places[number] = w->operations->len;
      w->tallies[number] = g_new0 (ReasonTallies, 1);
      w->exits[number] = g_array_new (FALSE, FALSE, sizeof (guint64));
      w->cycles[number] = g_array_new (FALSE, FALSE, sizeof (guint64));
    }
  return &g_array_index (w->operations, OperationSummary, w->places[number] - 1);
}

static void
end_round (Walk *w, const TimelineOperation *round, const SeriesCell *met)
{
  OperationSummary *operation = operation_of (w, round->number);

  g_array_append_val (w->exits[round->number], met->exits);
  g_array_append_val (w->cycles[round->number], met->cycles);
  operation->rounds++;
  operation->repetitions += record_operations[round->number].repetitions;
  operation->raw_exits += met->exits;
  operation->raw_cycles += met->cycles;
  operation->round_exits_min = MIN (operation->round_exits_min, met->exits);
  operation->round_exits_max = MAX (operation->round_exits_max, met->exits);
  operation->duration_ns += round->end_ns - round->start_ns;
}

/* The exits [round->first, round->end); *seq is the number of the cursor's next one. */
static void
walk_round (Walk *w, ExitCursor *cursor, const TimelineOperation *round, guint64 *seq)
{
  const struct kvm_exit_log_record *exit;
  SeriesCell met = { 0 };

  operation_of (w, round->number);
  for (; *seq < round->end && (exit = exit_cursor_next (cursor, NULL)) != NULL; (*seq)++)
    {
      if (*seq < round->first)
        continue;
      SeriesCell *cell = &w->tallies[round->number]->reasons[timeline_reason (w->timeline, exit->reason)];
      cell->exits++;
      cell->cycles += exit->cycles;
      met.exits++;
      met.cycles += exit->cycles;
    }
  end_round (w, round, &met);
}

static gint
compare_reasons (gconstpointer a, gconstpointer b)
{
  const OperationReason *x = a, *y = b;
  if (x->exits != y->exits)
    return x->exits > y->exits ? -1 : 1;
  return x->code < y->code ? -1 : x->code > y->code;
}

static void
make_reasons (const Walk *w, OperationSummary *operation)
{
  for (guint i = 0; i < TIMELINE_REASONS; i++)
    {
      const SeriesCell *cell = &w->tallies[operation->number]->reasons[i];
      const OperationReason reason = { w->timeline->reason_codes[i], cell->exits, cell->cycles };
      if (cell->exits > 0)
        g_array_append_val (operation->reasons, reason);
    }
  g_array_sort (operation->reasons, compare_reasons);
}

static guint64
less (guint64 value, guint64 part)
{
  return value > part ? value - part : 0;
}

static guint64
median (const GArray *values)
{
  return arith_percentile ((const guint64 *) (gconstpointer) values->data, values->len, 50);
}

/* What a round of nothing brings along in that guest is taken off from every round: the median, for an interrupt that came meanwhile is not the marks'. */
static void
calibrate (const Walk *w, OperationSummary *operation)
{
  const guint number = record_operations[operation->number].guest == RECORD_GUEST_LINUX ? OPERATION_CALIBRATION_LINUX : OPERATION_CALIBRATION;

  operation->exits = operation->raw_exits;
  operation->cycles = operation->raw_cycles;
  if (w->places[number] == 0)
    return;
  operation->exits = less (operation->raw_exits, operation->rounds * median (w->exits[number]));
  operation->cycles = less (operation->raw_cycles, operation->rounds * median (w->cycles[number]));
}

void
summary_operations (const Timeline *t, GArray *operations)
{
  Walk w = { .timeline = t, .operations = operations };
  ExitCursor cursor;
  guint64 seq = 0;

  exit_cursor_init (&cursor, t);
  for (guint i = 0; i < t->operations->len; i++)
    {
      const TimelineOperation *round = &g_array_index (t->operations, TimelineOperation, i);
      if (round->number < OPERATIONS)
        walk_round (&w, &cursor, round, &seq);
    }
  for (guint i = 0; i < operations->len; i++)
    {
      OperationSummary *operation = &g_array_index (operations, OperationSummary, i);
      make_reasons (&w, operation);
      calibrate (&w, operation);
    }
  for (guint i = 0; i < OPERATIONS; i++)
    {
      g_clear_pointer (&w.tallies[i], g_free);
      g_clear_pointer (&w.exits[i], g_array_unref);
      g_clear_pointer (&w.cycles[i], g_array_unref);
    }
}

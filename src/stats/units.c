/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which exits fell into the start of which unit of systemd's. One sweep over the exits and over the instants at which a unit begins
 * to be started or is active: between two of these the same units are being started, so what they have in common is counted once
 * and each takes what was added between its own two instants.
 */
#include <string.h>

#include "stats/summary-build.h"
#include "timeline/boot.h"
#include "timeline/cursor.h"

#define SHARE_SCALE 1000000000u /* of an exit, while shares are summed up */
#define SCOPE G_MAXUINT         /* instead of a unit: where exits without a unit are counted */

typedef struct {
  gint64 t_ns;
  guint unit;
  gboolean begins;
} Instant;

/* So far. */
typedef struct {
  guint64 exits, cycles;
  unsigned __int128 shares;
  guint64 by_reason[TIMELINE_REASONS];
} Count;

typedef struct {
  const Timeline *timeline;
  LabSummary *summary;
  GArray *instants;
  guint next; /* into instants */
  Count now, before; /* before: at the last instant */
  Count none;
  Count **begun;     /* of each unit that is being started: how it was when that began */
  guint starting;    /* so many units */
  guint64 indices;   /* the sum of their numbers: of one alone, its number */
  gboolean in_scope;
} Sweep;

static UnitSummary *
unit_of (const Sweep *w, guint i)
{
  return &g_array_index (w->summary->units, UnitSummary, i);
}

static gint
compare_instants (gconstpointer a, gconstpointer b)
{
  const Instant *x = a, *y = b;
  if (x->t_ns != y->t_ns)
    return x->t_ns < y->t_ns ? -1 : 1;
  return x->unit < y->unit ? -1 : x->unit > y->unit;
}

static void
add_span (Sweep *w, guint unit, gint64 start_ns, gint64 end_ns)
{
  const Instant both[] = { { start_ns, unit, TRUE }, { end_ns, unit, FALSE } };
  if (end_ns > start_ns)
    g_array_append_vals (w->instants, both, 2);
}

/* The most frequent reason; of equals the lowest code. */
static void
find_top (const Timeline *t, const guint64 *from, const guint64 *to, UnitSummary *unit)
{
  for (guint i = 0; i < TIMELINE_REASONS; i++)
    {
      const guint64 exits = to[i] - from[i];
      if (exits > unit->top_exits || (exits > 0 && exits == unit->top_exits && t->reason_codes[i] < unit->top_code))
        {
          unit->top_exits = exits;
          unit->top_code = t->reason_codes[i];
        }
    }
}

static guint64
milli_of (unsigned __int128 shares)
{
  return (guint64) ((shares + SHARE_SCALE / 2000) / (SHARE_SCALE / 1000));
}

static void
take (const Sweep *w, const Count *from, const Count *to, UnitSummary *unit)
{
  unit->exits = to->exits - from->exits;
  unit->cycles = to->cycles - from->cycles;
  unit->share_milli = milli_of (to->shares - from->shares);
  find_top (w->timeline, from->by_reason, to->by_reason, unit);
}

/* What was counted since the last instant is its units'. */
static void
settle (Sweep *w)
{
  const guint64 exits = w->now.exits - w->before.exits;

  if (w->starting > 0)
    w->now.shares += (unsigned __int128) exits * SHARE_SCALE / w->starting;
  if (w->starting == 1)
    unit_of (w, (guint) w->indices)->alone += exits;
  if (w->starting == 0 && w->in_scope)
    {
      w->none.exits += exits;
      w->none.cycles += w->now.cycles - w->before.cycles;
      for (guint i = 0; i < TIMELINE_REASONS; i++)
        w->none.by_reason[i] += w->now.by_reason[i] - w->before.by_reason[i];
    }
  w->before = w->now;
}

static void
pass (Sweep *w, const Instant *instant)
{
  settle (w);
  if (instant->unit == SCOPE)
    {
      w->in_scope = instant->begins;
      return;
    }
  if (instant->begins)
    {
      w->begun[instant->unit] = g_memdup2 (&w->now, sizeof w->now);
      w->starting++;
      w->indices += instant->unit;
      return;
    }
  take (w, w->begun[instant->unit], &w->now, unit_of (w, instant->unit));
  g_clear_pointer (&w->begun[instant->unit], g_free);
  w->starting--;
  w->indices -= instant->unit;
}

/* The first TSC whose time is t_ns or later. */
static guint64
tsc_of (const Timeline *t, gint64 t_ns)
{
  return t->first_entry_tsc + (guint64) (((unsigned __int128) MAX (t_ns, 0) * t->tsc_khz + 999999) / 1000000);
}

static guint64
next_tsc (const Sweep *w)
{
  return w->next < w->instants->len ? tsc_of (w->timeline, g_array_index (w->instants, Instant, w->next).t_ns) : G_MAXUINT64;
}

static void
walk (Sweep *w)
{
  const Timeline *t = w->timeline;
  const struct kvm_exit_log_record *exit;
  guint64 due = next_tsc (w);
  ExitCursor cursor;
  guint vcpu = 0;

  exit_cursor_init (&cursor, t);
  while ((exit = exit_cursor_next (&cursor, &vcpu)) != NULL && (t->n_guests == 1 || timeline_guest (t, vcpu) == 0))
    {
      for (; exit->tsc >= due; due = next_tsc (w))
        pass (w, &g_array_index (w->instants, Instant, w->next++));
      w->now.exits++;
      w->now.cycles += exit->cycles;
      w->now.by_reason[timeline_reason (t, exit->reason)]++;
    }
  while (w->next < w->instants->len)
    pass (w, &g_array_index (w->instants, Instant, w->next++));
}

/* How long no unit was being started, within the scope. */
static gint64
none_ns (const Sweep *w)
{
  gint64 sum = 0, since = 0;
  guint starting = 0;
  gboolean in_scope = FALSE;

  for (guint i = 0; i < w->instants->len; i++)
    {
      const Instant *instant = &g_array_index (w->instants, Instant, i);
      if (in_scope && starting == 0)
        sum += instant->t_ns - since;
      if (instant->unit == SCOPE)
        in_scope = instant->begins;
      else
        starting = instant->begins ? starting + 1 : starting - 1;
      since = instant->t_ns;
    }
  return sum;
}

static void
add_units (Sweep *w)
{
  const TimelineBoot *boot = w->timeline->boot;
  UnitSummary *none = &w->summary->no_unit;

  for (guint i = 0; i < boot->units->len; i++)
    {
      const TimelineUnit *from = &g_array_index (boot->units, TimelineUnit, i);
      const UnitSummary unit = { .name = g_strdup (from->name), .start_ns = from->start_ns, .active_ns = from->active_ns };
      g_array_append_val (w->summary->units, unit);
      add_span (w, i, from->start_ns, from->active_ns);
    }
  none->start_ns = boot->systemd.seen ? boot->systemd.t_ns : g_array_index (boot->units, TimelineUnit, 0).start_ns;
  none->active_ns = w->timeline->marks[RECORD_MARK_READY].t_ns;
  add_span (w, SCOPE, none->start_ns, none->active_ns);
  g_array_sort (w->instants, compare_instants);
}

static void
finish_none (Sweep *w)
{
  static const guint64 nothing[TIMELINE_REASONS];
  UnitSummary *none = &w->summary->no_unit;

  none->exits = none->alone = w->none.exits;
  none->share_milli = w->none.exits * 1000;
  none->cycles = w->none.cycles;
  none->idle_ns = none_ns (w);
  find_top (w->timeline, nothing, w->none.by_reason, none);
}

void
summary_units (const Timeline *t, LabSummary *summary)
{
  if (t->boot == NULL || t->boot->units->len == 0)
    return;
  g_autofree Sweep *w = g_new0 (Sweep, 1);
  w->timeline = t;
  w->summary = summary;
  w->instants = g_array_new (FALSE, FALSE, sizeof (Instant));
  w->begun = g_new0 (Count *, t->boot->units->len);
  add_units (w);
  walk (w);
  finish_none (w);
  g_free (w->begun);
  g_array_unref (w->instants);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The patch's counters against its own exit log: the final counters reason by reason (exits, cycles,
 * extremes, histogram), and every sample against the log at that instant.
 */
#include "stats/checks.h"
#include "timeline/cursor.h"

typedef struct {
  guint64 exits, cycles, min, max;
  guint64 buckets[KVM_EXIT_LOG_NR_BUCKETS];
} SlotTally;

static void
tally_add (SlotTally *tally, guint64 cycles)
{
  const guint bucket = cycles == 0 ? 0 : 63u - (guint) __builtin_clzll (cycles);

  tally->min = tally->exits == 0 ? cycles : MIN (tally->min, cycles);
  tally->max = MAX (tally->max, cycles);
  tally->buckets[MIN (bucket, KVM_EXIT_LOG_NR_BUCKETS - 1)]++;
  tally->exits++;
  tally->cycles += cycles;
}

static SlotTally *
tally_log (const Timeline *t)
{
  SlotTally *tallies = g_new0 (SlotTally, KVM_EXIT_LOG_NR_SLOTS);
  const struct kvm_exit_log_record *exit;
  ExitCursor cursor;

  exit_cursor_init (&cursor, t);
  while ((exit = exit_cursor_next (&cursor, NULL)) != NULL)
    tally_add (&tallies[timeline_slot (t->isa, exit->reason)], exit->cycles);
  return tallies;
}

/* The same from the counters, summed over the vCPUs. */
static SlotTally *
tally_slots (const Timeline *t)
{
  SlotTally *tallies = g_new0 (SlotTally, KVM_EXIT_LOG_NR_SLOTS);

  for (guint v = 0; v < t->n_vcpus; v++)
    for (guint i = 0; i < t->vcpus[v].slots->len; i++)
      {
        const struct kvm_exit_log_slot *slot = &g_array_index (t->vcpus[v].slots, struct kvm_exit_log_slot, i);
        SlotTally *tally = &tallies[timeline_slot (t->isa, slot->reason)];

        tally->min = tally->exits == 0 ? slot->cycles_min : MIN (tally->min, slot->cycles_min);
        tally->max = MAX (tally->max, slot->cycles_max);
        tally->exits += slot->exits;
        tally->cycles += slot->cycles;
        for (guint b = 0; b < KVM_EXIT_LOG_NR_BUCKETS; b++)
          tally->buckets[b] += slot->buckets[b];
      }
  return tallies;
}

/* Exits that ended and stand in the same bucket in both. */
static guint64
equal_buckets (const SlotTally *a, const SlotTally *b)
{
  guint64 sum = 0;
  for (guint i = 0; i < KVM_EXIT_LOG_NR_BUCKETS; i++)
    sum += MIN (a->buckets[i], b->buckets[i]);
  return sum;
}

static void
compare_slot (Checks *checks, guint32 code, const SlotTally *log, const SlotTally *slot, guint64 *in_flight)
{
  const char *rule = NULL;

  if (slot->exits > log->exits && slot->exits - log->exits <= *in_flight)
    {
      *in_flight -= slot->exits - log->exits;
      rule = "in-flight";
    }
  checks_compare (checks, log->exits, slot->exits, rule, "counters:exits:reason=%u", code);
  checks_compare (checks, log->cycles, slot->cycles, NULL, "counters:cycles:reason=%u", code);
  checks_compare (checks, log->min, slot->min, NULL, "counters:cycles-min:reason=%u", code);
  checks_compare (checks, log->max, slot->max, NULL, "counters:cycles-max:reason=%u", code);
  checks_compare (checks, log->exits, equal_buckets (log, slot), NULL, "counters:histogram:reason=%u", code);
}

/* The code that names a slot in a row: the architectural one, or 255 for all that have no slot. */
static guint32
slot_code (Isa isa, guint slot)
{
  if (isa == ISA_VMX || slot < 0xe0 || slot == 255)
    return slot;
  return slot < 0xf0 ? 0x400 + (slot - 0xe0) : 0xffffffff;
}

static gboolean
has_counters (const Timeline *t)
{
  gboolean any = FALSE;
  for (guint v = 0; v < t->n_vcpus; v++)
    {
      if (t->vcpus[v].attached && !t->vcpus[v].has_final)
        return FALSE;
      any = any || t->vcpus[v].attached;
    }
  return any;
}

/* Exits begun and not published, at most one of each vCPU. */
static guint64
count_in_flight (const Timeline *t)
{
  guint64 sum = 0;
  for (guint v = 0; v < t->n_vcpus; v++)
    if (t->vcpus[v].log.exits == t->vcpus[v].exits + 1)
      sum++;
  return sum;
}

void
check_counters (const CheckInputs *in, Checks *checks)
{
  const Timeline *t = in->timeline;
  guint64 exits = 0, cycles = 0, in_flight = count_in_flight (t);

  if (!has_counters (t))
    {
      if (t->source == RECORD_SOURCE_TRACEPOINT)
        checks_not_run (checks, "counters");
      else
        checks_fail_text (checks, "counters", "final counters of every vCPU", "none");
      return;
    }
  for (guint v = 0; v < t->n_vcpus; v++)
    {
      exits += t->vcpus[v].log.exits;
      cycles += t->vcpus[v].log.cycles;
    }
  checks_compare (checks, t->exits, exits, exits == t->exits + in_flight ? "in-flight" : NULL, "counters:exits");
  checks_compare (checks, t->cycles, cycles, NULL, "counters:cycles");
  g_autofree SlotTally *log = tally_log (t);
  g_autofree SlotTally *slots = tally_slots (t);
  for (guint i = 0; i < KVM_EXIT_LOG_NR_SLOTS; i++)
    if (log[i].exits > 0 || slots[i].exits > 0)
      compare_slot (checks, slot_code (t->isa, i), &log[i], &slots[i], &in_flight);
}

/* The log of one vCPU up to some exit. */
typedef struct {
  guint64 exits, cycles;
  guint64 last_cycles; /* of the last exit, which may not have ended */
  guint64 by_slot[KVM_EXIT_LOG_NR_SLOTS], cycles_by_slot[KVM_EXIT_LOG_NR_SLOTS];
  guint last_slot;
} LogState;

typedef struct {
  const Timeline *timeline;
  ExitCursor cursor;
  const struct kvm_exit_log_record *next;
  LogState state;
} LogWalk;

static void
walk_start (LogWalk *walk, const Timeline *t, guint vcpu)
{
  *walk = (LogWalk) { .timeline = t };
  exit_cursor_init_vcpu (&walk->cursor, t, vcpu);
  walk->next = walk->cursor.n > 0 ? exit_cursor_next (&walk->cursor, NULL) : NULL;
}

static void
walk_step (LogWalk *walk)
{
  LogState *s = &walk->state;

  s->last_slot = timeline_slot (walk->timeline->isa, walk->next->reason);
  s->last_cycles = walk->next->cycles;
  s->exits++;
  s->cycles += s->last_cycles;
  s->by_slot[s->last_slot]++;
  s->cycles_by_slot[s->last_slot] += s->last_cycles;
  walk->next = exit_cursor_next (&walk->cursor, NULL);
}

/* A counter read between instants `low`, whose last exit may not have ended, and `high` of the log. */
static gboolean
between (const LogState *low, const LogState *high, guint slot, guint64 exits, guint64 cycles)
{
  const guint64 open = low->last_slot == slot && low->exits > 0 ? low->last_cycles : 0;
  return exits >= low->by_slot[slot] && exits <= high->by_slot[slot] && cycles >= low->cycles_by_slot[slot] - open &&
         cycles <= high->cycles_by_slot[slot];
}

static gboolean
sample_lies_between (const Timeline *t, const TimelineSample *sample, const LogState *low, const LogState *high)
{
  guint64 seen = 0;

  for (guint i = 0; i < sample->n_reasons; i++)
    {
      const struct record_sample_reason *r = &sample->reasons[i];
      const guint slot = timeline_slot (t->isa, r->reason);

      if (!between (low, high, slot, r->exits, r->cycles))
        return FALSE;
      seen += r->exits;
    }
  return seen >= low->exits && seen <= high->exits && sample->sample->cycles >= low->cycles - low->last_cycles &&
         sample->sample->cycles <= high->cycles;
}

/* All counters are those of one instant: `at`, with its last exit ended or still going on. */
static gboolean
sample_is_exact (const Timeline *t, const TimelineSample *sample, const LogState *at, guint64 next_tsc)
{
  const gboolean open = at->exits > 0 && sample->sample->cycles == at->cycles - at->last_cycles && at->last_cycles > 0;
  guint64 seen = 0;

  if (sample->sample->exits != at->exits || (!open && sample->sample->cycles != at->cycles) || next_tsc <= sample->sample->tsc)
    return FALSE;
  for (guint i = 0; i < sample->n_reasons; i++)
    {
      const struct record_sample_reason *r = &sample->reasons[i];
      const guint slot = timeline_slot (t->isa, r->reason);
      const guint64 going_on = open && slot == at->last_slot ? at->last_cycles : 0;

      if (r->exits != at->by_slot[slot] || r->cycles != at->cycles_by_slot[slot] - going_on)
        return FALSE;
      seen += r->exits;
    }
  return seen == at->exits;
}

typedef struct {
  guint64 samples, exact, preempted, backwards;
} SampleTally;

/* Walks to the sample's exits, then to the last exit at its time: the counters are those of one of these, or between. */
static void
check_sample (LogWalk *walk, const TimelineSample *sample, SampleTally *tally)
{
  const Timeline *t = walk->timeline;

  while (walk->next != NULL && walk->state.exits < sample->sample->exits)
    walk_step (walk);
  if (sample_is_exact (t, sample, &walk->state, walk->next != NULL ? walk->next->tsc : G_MAXUINT64))
    {
      tally->exact++;
      return;
    }
  const LogState low = walk->state;
  while (walk->next != NULL && walk->next->tsc <= sample->sample->tsc)
    walk_step (walk);
  if (low.exits == sample->sample->exits && sample_lies_between (t, sample, &low, &walk->state))
    tally->preempted++;
}

static void
check_samples_of_vcpu (const Timeline *t, guint vcpu, SampleTally *tally)
{
  g_autofree LogWalk *walk = g_new (LogWalk, 1);
  guint64 tsc = 0, exits = 0, cycles = 0;

  walk_start (walk, t, vcpu);
  for (guint i = 0; i < t->samples->len; i++)
    {
      const TimelineSample *sample = &g_array_index (t->samples, TimelineSample, i);
      if (sample->vcpu != vcpu)
        continue;
      tally->samples++;
      if (sample->sample->tsc < tsc || sample->sample->exits < exits || sample->sample->cycles < cycles)
        tally->backwards++;
      tsc = sample->sample->tsc;
      exits = sample->sample->exits;
      cycles = sample->sample->cycles;
      check_sample (walk, sample, tally);
    }
}

void
check_samples (const CheckInputs *in, Checks *checks)
{
  const Timeline *t = in->timeline;
  SampleTally tally = { 0 };

  if (t->samples->len == 0)
    {
      checks_not_run (checks, "samples");
      return;
    }
  for (guint v = 0; v < TIMELINE_VCPUS_MAX; v++)
    check_samples_of_vcpu (t, v, &tally);
  checks_compare (checks, 0, tally.backwards, NULL, "samples:going-backwards");
  checks_compare (checks, tally.samples, tally.exact, tally.exact + tally.preempted == tally.samples ? "preempted" : NULL, "samples:equal-to-log");
}

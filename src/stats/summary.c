/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One walk over the exits feeds every figure but the operations'; what needs all of them is made after it. Kept per exit: its cycles,
 * 8 bytes, by reason and in order of time, so that the boot window is the beginning of each array.
 */
#include "stats/summary-build.h"

#include <string.h>

#include "base/error.h"
#include "timeline/boot.h"
#include "timeline/cursor.h"
#include "timeline/text.h"

#define CELLS_MAX (16u << 20)

static void
builder_free (Builder *b)
{
  g_free (b->store);
  g_clear_pointer (&b->indices, g_array_unref);
  g_clear_pointer (&b->kind_rows, g_array_unref);
  g_clear_pointer (&b->boot_bins.borders, g_array_unref);
  for (guint i = 0; i < WINDOWS; i++)
    g_free (b->ends[i]);
  lab_summary_free (b->summary);
  g_free (b);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Builder, builder_free)

const char *
window_name (Window window)
{
  static const char *const names[] = { [WINDOW_BOOT] = "boot", [WINDOW_ALL] = "all", [WINDOW_LOGIN] = "login", [WINDOW_CLOUD_INIT] = "cloud-init" };
  return names[window];
}

static void
clear_operation (gpointer operation)
{
  g_array_unref (((OperationSummary *) operation)->reasons);
}

static void
clear_unit (gpointer unit)
{
  g_free (((UnitSummary *) unit)->name);
}

LabSummary *
lab_summary_new (Isa isa)
{
  LabSummary *s = g_new0 (LabSummary, 1);

  s->isa = isa;
  for (guint i = 0; i < WINDOWS; i++)
    s->reasons[i] = g_array_new (FALSE, FALSE, sizeof (ReasonSummary));
  s->phases = g_array_new (FALSE, FALSE, sizeof (SpanSummary));
  s->rows = g_array_new (FALSE, FALSE, sizeof (SeriesRow));
  s->codes = g_array_new (FALSE, FALSE, sizeof (guint32));
  s->cells = g_array_new (FALSE, FALSE, sizeof (SeriesCell));
  s->kinds = g_array_new (FALSE, FALSE, sizeof (KindSummary));
  s->kind_cells = g_array_new (FALSE, FALSE, sizeof (guint64));
  s->segments = g_array_new (FALSE, FALSE, sizeof (SegmentSummary));
  s->operations = g_array_new (FALSE, FALSE, sizeof (OperationSummary));
  g_array_set_clear_func (s->operations, clear_operation);
  s->units = g_array_new (FALSE, FALSE, sizeof (UnitSummary));
  g_array_set_clear_func (s->units, clear_unit);
  return s;
}

void
lab_summary_free (LabSummary *s)
{
  if (s == NULL)
    return;
  for (guint i = 0; i < WINDOWS; i++)
    g_clear_pointer (&s->reasons[i], g_array_unref);
  g_clear_pointer (&s->phases, g_array_unref);
  g_clear_pointer (&s->rows, g_array_unref);
  g_clear_pointer (&s->codes, g_array_unref);
  g_clear_pointer (&s->cells, g_array_unref);
  g_clear_pointer (&s->kinds, g_array_unref);
  g_clear_pointer (&s->kind_cells, g_array_unref);
  g_clear_pointer (&s->segments, g_array_unref);
  g_clear_pointer (&s->operations, g_array_unref);
  g_clear_pointer (&s->units, g_array_unref);
  g_free (s->distribution);
  g_free (s->ready_text);
  g_free (s);
}

guint64
span_rate_milli (const SpanSummary *span)
{
  return arith_ratio (span->exits, G_GUINT64_CONSTANT (1000000000000), (guint64) (span->end_ns - span->start_ns));
}

gint64
lab_summary_ns (const LabSummary *s, guint64 cycles)
{
  return (gint64) ((unsigned __int128) cycles * 1000000 / s->tsc_khz);
}

static void
binner_start (Binner *binner, gint64 start_ns)
{
  *binner = (Binner) { .bin_end_ns = start_ns + SUMMARY_BIN_NS };
}

static inline void
binner_close (Binner *binner)
{
  dispersion_add (&binner->dispersion, binner->count);
  binner->count = 0;
  binner->bin_end_ns += SUMMARY_BIN_NS;
}

/* Before an exit at now_ns is counted: one on the border belongs to the bin that ends there, as in a SeriesRow. */
static inline void
binner_advance (Binner *binner, gint64 now_ns)
{
  while (now_ns > binner->bin_end_ns)
    binner_close (binner);
}

/* At the end of the span, no exit follows. */
static void
binner_finish (Binner *binner, gint64 end_ns)
{
  while (end_ns >= binner->bin_end_ns)
    binner_close (binner);
}

static guint
phase_at (const LabSummary *s, gint64 t_ns)
{
  guint phase = 0;
  while (phase + 1 < s->phases->len && g_array_index (s->phases, SpanSummary, phase + 1).start_ns <= t_ns)
    phase++;
  return phase;
}

/* Room for n more values. */
static guint64 *
extend (GArray *values, guint n)
{
  g_array_set_size (values, values->len + n);
  return &g_array_index (values, guint64, values->len - n);
}

static void
add_row (Builder *b)
{
  LabSummary *s = b->summary;
  guint64 *kinds = extend (b->kind_rows, b->n_kinds);
  const SeriesRow row = { b->next_row_ns, phase_at (s, b->next_row_ns), b->exits, b->cycles };

  g_array_append_val (s->rows, row);
  for (guint i = 0; i < b->indices->len; i++)
    {
      const Tally *tally = &b->all[g_array_index (b->indices, guint, i)];
      const SeriesCell cell = { tally->exits, tally->cycles };
      g_array_append_val (s->cells, cell);
    }
  for (guint i = 0; i < b->n_kinds; i++)
    kinds[i] = b->kinds[i].exits;
  b->next_row_ns += b->step_ns;
}

static void
add_border (Builder *b)
{
  guint64 *exits = extend (b->boot_bins.borders, b->indices->len + b->n_kinds);

  for (guint i = 0; i < b->indices->len; i++)
    *exits++ = b->all[g_array_index (b->indices, guint, i)].exits;
  for (guint i = 0; i < b->n_kinds; i++)
    *exits++ = b->kinds[i].exits;
  b->boot_bins.next_ns += b->summary->segment_bin_ns;
}

/* The most frequent reason; indices are in ascending order of code. */
static void
find_top (const Builder *b, SpanSummary *span)
{
  for (guint i = 0; i < b->indices->len; i++)
    {
      const guint index = g_array_index (b->indices, guint, i);
      if (b->phase_exits[index] > span->top_exits)
        {
          span->top_exits = b->phase_exits[index];
          span->top_code = b->timeline->reason_codes[index];
        }
    }
}

static void
end_phase (Builder *b)
{
  SpanSummary *span = &g_array_index (b->summary->phases, SpanSummary, b->phase);

  binner_finish (&b->phase_bins, span->end_ns);
  span->dispersion = b->phase_bins.dispersion;
  find_top (b, span);
  memset (b->phase_exits, 0, sizeof b->phase_exits);
  b->phase++;
  if (b->phase < b->summary->phases->len)
    binner_start (&b->phase_bins, span->end_ns);
}

/* A window ends here: all that was counted so far is its. */
static void
end_window (Builder *b, Window window)
{
  SpanSummary *span = &b->summary->windows[window];

  b->ends[window] = g_memdup2 (b->all, sizeof b->all);
  memcpy (b->end_kinds[window], b->kinds, sizeof b->kinds);
  span->exits = b->exits;
  span->cycles = b->cycles;
  Binner bins = b->window_bins; /* the whole run's go on */
  binner_finish (&bins, span->end_ns);
  span->dispersion = bins.dispersion;
}

static void
end_boot (Builder *b)
{
  const SpanSummary *boot = &b->summary->windows[WINDOW_BOOT];

  end_window (b, WINDOW_BOOT);
  while (b->boot_bins.next_ns <= boot->end_ns)
    add_border (b);
  add_border (b); /* the end itself */
  b->boot_bins.next_ns = G_MAXINT64;
}

/* Brings rows and bins up to the time of an exit, before it is counted. */
static inline void
advance (Builder *b, guint64 seq, gint64 t_ns)
{
  const GArray *phases = b->timeline->phases;

  while (b->next_row_ns < t_ns)
    add_row (b);
  while (b->boot_bins.next_ns < t_ns)
    add_border (b);
  while (b->phase + 1 < phases->len && seq >= g_array_index (phases, TimelinePhase, b->phase).end)
    end_phase (b);
  if (seq == b->end_seqs[WINDOW_BOOT])
    end_boot (b);
  for (Window w = WINDOW_LOGIN; w < WINDOWS; w++)
    if (seq == b->end_seqs[w])
      end_window (b, w);
  binner_advance (&b->phase_bins, t_ns);
  binner_advance (&b->window_bins, t_ns);
}

/* By the number of bits that the cycles need. */
static inline guint
cost_bucket (guint64 cycles)
{
  const guint bits = cycles == 0 ? 0 : 64u - (guint) __builtin_clzll (cycles);
  return MIN (bits, SUMMARY_COST_BUCKETS - 1);
}

static inline void
count (Builder *b, const struct kvm_exit_log_record *exit, gint64 t_ns)
{
  const guint index = timeline_reason (b->timeline, exit->reason);
  Tally *tally = &b->all[index];
  SeriesCell *kind = &b->kinds[exit_kind (b->exit_kinds, exit->reason, exit->info1)];
  SpanSummary *phase = &g_array_index (b->summary->phases, SpanSummary, b->phase);

  b->values[index][tally->exits++] = exit->cycles;
  tally->costs[cost_bucket (exit->cycles)]++;
  tally->cycles += exit->cycles;
  tally->last_ns = t_ns;
  if (tally->exits == 1)
    tally->first_ns = t_ns;
  kind->exits++;
  kind->cycles += exit->cycles;
  b->phase_exits[index]++;
  phase->exits++;
  phase->cycles += exit->cycles;
  b->phase_bins.count++;
  b->window_bins.count++;
  b->exits++;
  b->cycles += exit->cycles;
}

static void
walk (Builder *b)
{
  LabSummary *s = b->summary;
  SpanSummary *all = &s->windows[WINDOW_ALL];
  const struct kvm_exit_log_record *exit;
  ExitCursor cursor;

  exit_cursor_init (&cursor, b->timeline);
  for (guint64 seq = 0; (exit = exit_cursor_next (&cursor, NULL)) != NULL; seq++)
    {
      const gint64 t_ns = timeline_ns (b->timeline, exit->tsc);
      advance (b, seq, t_ns);
      count (b, exit, t_ns);
    }
  while (s->rows->len == 0 || g_array_index (s->rows, SeriesRow, s->rows->len - 1).t_ns < s->end_ns)
    add_row (b);
  while (b->phase < s->phases->len)
    end_phase (b);
  all->exits = b->exits;
  all->cycles = b->cycles;
  binner_finish (&b->window_bins, all->end_ns);
  all->dispersion = b->window_bins.dispersion;
}

static gint
compare_codes (gconstpointer a, gconstpointer b, gpointer timeline)
{
  const Timeline *t = timeline;
  const guint32 x = t->reason_codes[*(const guint *) a], y = t->reason_codes[*(const guint *) b];
  return x < y ? -1 : x > y;
}

/* The reasons that occur, and room for the cycles of each of their exits. */
static void
lay_out_reasons (Builder *b)
{
  const Timeline *t = b->timeline;
  guint64 *at = b->store = g_new (guint64, t->exits);

  b->indices = g_array_new (FALSE, FALSE, sizeof (guint));
  for (guint i = 0; i < TIMELINE_REASONS; i++)
    if (t->reason_exits[i] > 0)
      {
        g_array_append_val (b->indices, i);
        b->values[i] = at;
        at += t->reason_exits[i];
      }
  g_array_sort_with_data (b->indices, compare_codes, (gpointer) t);
  for (guint i = 0; i < b->indices->len; i++)
    g_array_append_val (b->summary->codes, t->reason_codes[g_array_index (b->indices, guint, i)]);
}

/* A window of a distribution's, if its end can be told. */
static void
set_window (Builder *b, Window window, const TimelineMark *end)
{
  b->end_seqs[window] = end->seen ? end->seq : G_MAXUINT64;
  if (end->seen)
    b->summary->windows[window] = (SpanSummary) { .name = window_name (window), .end_ns = end->t_ns };
}

static void
set_windows (Builder *b)
{
  static const TimelineMark untold;
  const TimelineBoot *boot = b->timeline->boot;

  b->end_seqs[WINDOW_BOOT] = b->timeline->marks[RECORD_MARK_READY].seq;
  set_window (b, WINDOW_LOGIN, boot != NULL ? &boot->login : &untold);
  set_window (b, WINDOW_CLOUD_INIT, boot != NULL ? &boot->cloud_init : &untold);
}

/* What L2 is, where it is no guest of ours. */
static void
describe (const TimelineBoot *boot, LabSummary *s)
{
  const BootReport *report = boot->report;

  s->ready_text = text_printable (boot->ready[0].bytes, boot->ready[0].size, boot->ready[0].size);
  if (report == NULL || report->id == NULL)
    s->distribution = g_strdup ("");
  else
    s->distribution = report->version != NULL ? g_strconcat (report->id, " ", report->version, NULL) : g_strdup (report->id);
}

static LabSummary *
summary_of (const Timeline *t)
{
  LabSummary *s = lab_summary_new (t->isa);

  s->tsc_khz = t->tsc_khz;
  s->end_ns = t->end_ns;
  s->windows[WINDOW_BOOT] = (SpanSummary) { .name = "boot", .end_ns = t->marks[RECORD_MARK_READY].t_ns };
  s->windows[WINDOW_ALL] = (SpanSummary) { .name = "all", .end_ns = t->end_ns };
  for (guint i = 0; i < t->phases->len; i++)
    {
      const TimelinePhase *from = &g_array_index (t->phases, TimelinePhase, i);
      const SpanSummary span = { .name = from->name, .start_ns = from->start_ns, .end_ns = from->end_ns };
      g_array_append_val (s->phases, span);
      if (from->end <= t->marks[RECORD_MARK_READY].seq)
        s->boot_phases = i + 1;
    }
  return s;
}

static Builder *
builder_new (const Timeline *t, const ExitKinds *kinds, gint64 step_ns)
{
  Builder *b = g_new0 (Builder, 1);

  b->timeline = t;
  b->exit_kinds = kinds;
  b->n_kinds = exit_kinds_count (kinds);
  b->summary = summary_of (t);
  b->step_ns = step_ns;
  b->kind_rows = g_array_new (FALSE, FALSE, sizeof (guint64));
  lay_out_reasons (b);
  set_windows (b);
  if (t->boot != NULL)
    describe (t->boot, b->summary);
  binner_start (&b->phase_bins, 0);
  binner_start (&b->window_bins, 0);
  summary_segments_init (b);
  return b;
}

gboolean
lab_summary_make (const Timeline *t, const ExitKinds *kinds, gint64 step_ns, LabSummary **summary, GError **error)
{
  if (t->exits == 0 || !t->marks[RECORD_MARK_READY].seen)
    return fail (error, HARNESS_ERROR_FAILED, "no boot to summarise: L2 never became ready");
  g_autoptr (Builder) b = builder_new (t, kinds, step_ns);
  if ((guint64) (t->end_ns / step_ns + 2) * (b->indices->len + b->n_kinds) > CELLS_MAX)
    return fail (error, HARNESS_ERROR_FAILED, "%" G_GINT64_FORMAT " s of guest time are too many samples; try: a larger sample_ms",
                 t->end_ns / 1000000000);
  walk (b);
  summary_figures (b);
  summary_segments (b);
  summary_operations (t, b->summary->operations);
  summary_units (t, b->summary);
  *summary = g_steal_pointer (&b->summary);
  return TRUE;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The stretches of the boot window between which the rate of exits changes, and the bursts among them. */
#include "stats/segments.h"
#include "stats/summary-build.h"

static guint
columns (const Builder *b)
{
  return b->indices->len + b->n_kinds;
}

/* Exits of a column up to a border; border bins + 1 is the window's end. */
static guint64
at_border (const Builder *b, guint border, guint column)
{
  return g_array_index (b->boot_bins.borders, guint64, (gsize) border * columns (b) + column);
}

/* The first border is before every exit, also before one at time 0. */
void
summary_segments_init (Builder *b)
{
  LabSummary *s = b->summary;
  const gint64 window_ns = s->windows[WINDOW_BOOT].end_ns;

  s->segment_bin_ns = SUMMARY_BIN_NS;
  while (window_ns / s->segment_bin_ns > SEGMENTS_BINS_MAX)
    s->segment_bin_ns *= 2;
  b->boot_bins.bins = (guint) (window_ns / s->segment_bin_ns);
  b->boot_bins.next_ns = s->segment_bin_ns;
  b->boot_bins.borders = g_array_new (FALSE, TRUE, sizeof (guint64));
  g_array_set_size (b->boot_bins.borders, columns (b));
}

/* The first bin of every segment; one segment if the window has no whole bin. */
static GArray *
find_firsts (const Builder *b)
{
  const guint bins = b->boot_bins.bins;
  g_autofree guint64 *counts = g_new0 (guint64, MAX (bins, 1));

  for (guint i = 0; i < bins; i++)
    for (guint column = 0; column < b->indices->len; column++)
      counts[i] += at_border (b, i + 1, column) - at_border (b, i, column);
  return segments_find (counts, MAX (bins, 1));
}

/* What lies between two borders, by kind. */
static void
add_kinds (const Builder *b, guint from, guint to, guint64 *exits)
{
  for (guint i = 0; i < b->n_kinds; i++)
    exits[i] += at_border (b, to, b->indices->len + i) - at_border (b, from, b->indices->len + i);
}

/* The most frequent kind; of equals the first by name. */
static void
find_top_kind (const Builder *b, const guint64 *exits, guint *top, guint64 *top_exits)
{
  for (guint i = 0; i < b->n_kinds; i++)
    if (exits[i] > *top_exits)
      {
        *top_exits = exits[i];
        *top = b->kind_places[i];
      }
}

static void
find_top_reason (const Builder *b, guint from, guint to, SegmentSummary *segment)
{
  for (guint i = 0; i < b->indices->len; i++)
    {
      const guint64 exits = at_border (b, to, i) - at_border (b, from, i);
      segment->exits += exits;
      if (exits > segment->top_exits)
        {
          segment->top_exits = exits;
          segment->top_code = b->timeline->reason_codes[g_array_index (b->indices, guint, i)];
        }
    }
}

/* exits / duration >= 2 * window's exits / window's duration */
static gboolean
is_burst (const SegmentSummary *segment, const SpanSummary *window)
{
  const guint64 segment_ns = (guint64) (segment->end_ns - segment->start_ns), window_ns = (guint64) (window->end_ns - window->start_ns);
  return segment->exits > 0 && segment_ns > 0 &&
         (unsigned __int128) segment->exits * window_ns >= (unsigned __int128) 2 * window->exits * segment_ns;
}

static void
add_to_bursts (const Builder *b, const SegmentSummary *segment, const guint64 *kinds, guint64 *burst_kinds)
{
  BurstSummary *bursts = &b->summary->bursts;

  bursts->segments++;
  bursts->duration_ns += segment->end_ns - segment->start_ns;
  bursts->exits += segment->exits;
  for (guint i = 0; i < b->n_kinds; i++)
    burst_kinds[i] += kinds[i];
}

/* From bin `from` to bin `to`; `to` == bins: to the window's end, which a rest of a bin may follow. */
static void
add_segment (Builder *b, guint from, guint to, gboolean last, guint64 *burst_kinds)
{
  LabSummary *s = b->summary;
  const SpanSummary *window = &s->windows[WINDOW_BOOT];
  const guint border = last ? b->boot_bins.bins + 1 : to;
  guint64 kinds[EXIT_KINDS_MAX] = { 0 };
  SegmentSummary segment = { .start_ns = from * s->segment_bin_ns, .end_ns = last ? window->end_ns : to * s->segment_bin_ns };

  find_top_reason (b, from, border, &segment);
  add_kinds (b, from, border, kinds);
  find_top_kind (b, kinds, &segment.top_kind, &segment.top_kind_exits);
  segment.burst = is_burst (&segment, window);
  if (segment.burst)
    add_to_bursts (b, &segment, kinds, burst_kinds);
  g_array_append_val (s->segments, segment);
}

void
summary_segments (Builder *b)
{
  BurstSummary *bursts = &b->summary->bursts;
  g_autoptr (GArray) firsts = find_firsts (b);
  guint64 burst_kinds[EXIT_KINDS_MAX] = { 0 };

  for (guint i = 0; i < firsts->len; i++)
    {
      const gboolean last = i + 1 == firsts->len;
      add_segment (b, g_array_index (firsts, guint, i), last ? 0 : g_array_index (firsts, guint, i + 1), last, burst_kinds);
    }
  find_top_kind (b, burst_kinds, &bursts->top_kind, &bursts->top_kind_exits);
}

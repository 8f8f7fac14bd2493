/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Is the rate of exits stable? */
#include "report/answers-parts.h"

#include "report/csv.h"
#include "report/verdict.h"
#include "report/words.h"

#define SEGMENTS_SHOWN 12u

/* The counts of the bins are differences of timeline.csv's rows, if these are as far apart as bins. */
static void
cite_bins (GString *out, const AnswersLab *lab)
{
  const LabSummary *s = lab->summary;
  const guint64 whole_ns = s->windows[WINDOW_BOOT].dispersion.bins * SUMMARY_BIN_NS;
  const gboolean same_step = s->rows->len > 1 && g_array_index (s->rows, SeriesRow, 1).t_ns == SUMMARY_BIN_NS;

  answers_cite (out, lab, same_step ? "timeline.csv" : "exits.csv.gz", "t_ns<=%" G_GUINT64_FORMAT, whole_ns);
}

static void
put_verdict (GString *out, const AnswersLab *lab)
{
  const LabSummary *s = lab->summary;
  g_autoptr (GString) verdict = verdict_stability (lab);

  g_string_truncate (verdict, verdict->len - 1); /* the full stop comes after the citations */
  answers_text (out, verdict->str);
  if (s->stability.has_rates)
    answers_cite (out, lab, "phases.csv", "phase=%s; phase=%s", answers_phase (s, s->stability.fastest)->name,
                  answers_phase (s, s->stability.slowest)->name);
  if (s->segments->len > 0)
    answers_cite (out, lab, "segments.csv", s->bursts.segments > 0 ? "burst=yes" : "all rows");
  g_string_append_c (out, '.');
}

static void
put_dispersion (GString *out, const AnswersLab *lab)
{
  const SpanSummary *boot = &lab->summary->windows[WINDOW_BOOT];
  const gint64 dispersion = dispersion_micro (&boot->dispersion);

  if (dispersion < 0)
    return;
  g_string_append (out, " The index of dispersion is ");
  words_fixed (out, (guint64) dispersion, 6);
  g_string_append (out, " over ");
  words_amount (out, boot->dispersion.bins, "bin", "bins");
  cite_bins (out, lab);
  g_string_append_c (out, '.');
}

static void
put_bursts (GString *out, const AnswersLab *lab)
{
  const BurstSummary *bursts = &lab->summary->bursts;

  if (bursts->segments == 0)
    {
      g_string_append (out, "; none of them is a burst.");
      return;
    }
  g_string_append (out, "; ");
  words_count (out, bursts->segments);
  g_string_append (out, bursts->segments == 1 ? " of them is a burst: " : " of them are bursts: ");
  words_amount (out, bursts->exits, "exit", "exits");
  g_string_append (out, " in ");
  words_seconds (out, bursts->duration_ns);
  answers_cite (out, lab, "segments.csv", "burst=yes");
  g_string_append_c (out, '.');
}

static void
put_changes (GString *out, const AnswersLab *lab)
{
  const guint stretches = lab->summary->segments->len;

  if (stretches < 2) /* the verdict says so */
    return;
  g_string_append (out, " The rate changes ");
  words_amount (out, stretches - 1, "time", "times");
  g_string_append (out, ", which cuts the boot into ");
  words_amount (out, stretches, "stretch", "stretches");
  answers_cite (out, lab, "segments.csv", "all rows");
  put_bursts (out, lab);
}

static void
put_lab (GString *out, const AnswersLab *lab)
{
  answers_begin (out, lab);
  put_verdict (out, lab);
  put_dispersion (out, lab);
  put_changes (out, lab);
  g_string_append_c (out, '\n');
}

static guint64
segment_rate_milli (const SegmentSummary *segment)
{
  return arith_ratio (segment->exits, G_GUINT64_CONSTANT (1000000000000), (guint64) (segment->end_ns - segment->start_ns));
}

static gint
compare_rates (gconstpointer a, gconstpointer b)
{
  const SegmentSummary *x = *(const SegmentSummary *const *) a, *y = *(const SegmentSummary *const *) b;
  const guint64 of_x = segment_rate_milli (x), of_y = segment_rate_milli (y);
  if (of_x != of_y)
    return of_x > of_y ? -1 : 1;
  return x->start_ns < y->start_ns ? -1 : x->start_ns > y->start_ns;
}

static gint
compare_starts (gconstpointer a, gconstpointer b)
{
  const SegmentSummary *x = *(const SegmentSummary *const *) a, *y = *(const SegmentSummary *const *) b;
  return x->start_ns < y->start_ns ? -1 : x->start_ns > y->start_ns;
}

/* The fastest, in order of time. */
static GPtrArray *
segments_shown (const LabSummary *s)
{
  GPtrArray *shown = g_ptr_array_new ();

  for (guint i = 0; i < s->segments->len; i++)
    g_ptr_array_add (shown, &g_array_index (s->segments, SegmentSummary, i));
  g_ptr_array_sort (shown, compare_rates);
  if (shown->len > SEGMENTS_SHOWN)
    g_ptr_array_set_size (shown, SEGMENTS_SHOWN);
  g_ptr_array_sort (shown, compare_starts);
  return shown;
}

static void
put_segment (GString *out, const AnswersLab *lab, const SegmentSummary *segment)
{
  g_string_append (out, "| ");
  answers_seconds (out, segment->start_ns);
  g_string_append (out, " | ");
  answers_seconds (out, segment->end_ns - segment->start_ns);
  g_string_append_printf (out, " | %" G_GUINT64_FORMAT " | ", segment->exits);
  csv_fixed (out, segment_rate_milli (segment), 3);
  g_string_append_printf (out, " | %s |", segment->burst ? "yes" : "no");
  if (segment->exits > 0)
    {
      g_string_append_c (out, ' ');
      answers_reason (out, lab, segment->top_code);
      g_string_append (out, ", ");
      answers_percent (out, segment->top_exits, segment->exits);
      g_string_append (out, " | ");
      answers_text (out, g_array_index (lab->summary->kinds, KindSummary, segment->top_kind).name);
      g_string_append (out, ", ");
      answers_percent (out, segment->top_kind_exits, segment->exits);
      g_string_append (out, " |");
    }
  else
    answers_no_cells (out, 2);
  answers_cite (out, lab, "segments.csv", "start_ns=%" G_GINT64_FORMAT, segment->start_ns);
  g_string_append (out, " |\n");
}

static void
put_segments (GString *out, const AnswersLab *lab)
{
  static const AnswersColumn columns[] = {
    { "begins at", TRUE }, { "lasts", TRUE }, { "exits", TRUE }, { "exits/s", TRUE }, { "burst", FALSE }, { "most frequent type", FALSE },
    { "most frequent kind", FALSE }, { "source", FALSE },
  };
  const LabSummary *s = lab->summary;
  g_autoptr (GPtrArray) shown = segments_shown (s);

  if (s->segments->len < 2)
    return;
  g_string_append (out, "\nThe ");
  if (shown->len < s->segments->len)
    g_string_append_printf (out, "%u fastest of %u ", shown->len, s->segments->len);
  g_string_append (out, "stretches of ");
  answers_text (out, lab->name);
  g_string_append (out, ":\n");
  answers_table (out, columns, G_N_ELEMENTS (columns), NULL, 0, NULL, 0);
  for (guint i = 0; i < shown->len; i++)
    put_segment (out, lab, g_ptr_array_index (shown, i));
}

static void
put_phase_cells (GString *out, const AnswersLab *lab, const char *name)
{
  const SpanSummary *phase = lab_summary_phase (lab->summary, name);

  if (phase == NULL)
    {
      answers_no_cells (out, 3);
      return;
    }
  g_string_append_printf (out, " %" G_GUINT64_FORMAT " | ", phase->exits);
  answers_seconds (out, phase->end_ns - phase->start_ns);
  g_string_append (out, " | ");
  csv_fixed (out, span_rate_milli (phase), 3);
  g_string_append (out, " |");
}

static void
put_phases (GString *out, const AnswersLab *labs, gsize n)
{
  static const AnswersColumn first[] = { { "phase", FALSE } };
  static const AnswersColumn per_lab[] = { { "exits", TRUE }, { "time", TRUE }, { "exits/s", TRUE } };
  g_autoptr (GPtrArray) names = answers_phase_names (labs, n, FALSE);

  g_string_append (out, "\nThe phases, those after the boot too:\n");
  answers_table (out, first, G_N_ELEMENTS (first), per_lab, G_N_ELEMENTS (per_lab), labs, n);
  for (guint p = 0; p < names->len; p++)
    {
      g_string_append_printf (out, "| %s |", (const char *) g_ptr_array_index (names, p));
      for (gsize i = 0; i < n; i++)
        put_phase_cells (out, &labs[i], g_ptr_array_index (names, p));
      g_string_append_c (out, '\n');
    }
  answers_sources (out, labs, n, "phases.csv", "all rows");
}

/* The bins that changes are sought in may be longer than those of the dispersion: see segments.h. */
static void
put_method (GString *out, const AnswersLab *labs, gsize n)
{
  g_string_append (out, "The index of dispersion is the variance of the counts of 10 ms over their mean, in window boot: 1 for events at a constant rate and "
                        "by chance (a Poisson process), more for a rate that varies. Changes of the rate are sought by PELT (Killick, Fearnhead and Eckley, "
                        "JASA 107, 2012) on the Anscombe transforms (Biometrika 35, 1948) of counts of ");
  for (gsize i = 0; i < n; i++)
    if (i == 0 || labs[i].summary->segment_bin_ns != labs[0].summary->segment_bin_ns)
      g_string_append_printf (out, "%s%" G_GINT64_FORMAT " ms", i > 0 ? " or " : "", labs[i].summary->segment_bin_ns / 1000000);
  g_string_append (out, ". A burst is a stretch of at least twice the window's mean rate.\n\n");
}

void
answer_rate (GString *out, const AnswersLab *labs, gsize n)
{
  put_method (out, labs, n);
  for (gsize i = 0; i < n; i++)
    put_lab (out, &labs[i]);
  for (gsize i = 0; i < n; i++)
    put_segments (out, &labs[i]);
  put_phases (out, labs, n);
}

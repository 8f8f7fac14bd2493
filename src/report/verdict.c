/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What decides is the index of dispersion; phases, changes of the rate and bursts tell how. The three need not be of one
 * mind: counts can be uneven though no change lasts, and phases can differ by chance. What is said is what was found.
 */
#include "report/verdict.h"

#include "report/words.h"

#define SAME_MILLI 1050 /* rates up to this many thousandths of each other are called the same */

static const SpanSummary *
phase_of (const LabSummary *s, guint i)
{
  return &g_array_index (s->phases, SpanSummary, i);
}

static void
put_phase_rate (GString *out, const SpanSummary *phase)
{
  g_string_append_printf (out, "%s ", phase->name);
  words_rate (out, span_rate_milli (phase));
}

static gboolean
phases_differ (const LabSummary *s)
{
  const guint64 high = span_rate_milli (phase_of (s, s->stability.fastest)), low = span_rate_milli (phase_of (s, s->stability.slowest));
  return low == 0 ? high > 0 : arith_ratio (high, 1000, low) > SAME_MILLI;
}

/* Only if there are rates to compare. */
static void
put_phases (GString *out, const LabSummary *s)
{
  const SpanSummary *fast = phase_of (s, s->stability.fastest), *slow = phase_of (s, s->stability.slowest);

  if (!phases_differ (s))
    g_string_append (out, "the mean rate is about the same in all phases (");
  else if (span_rate_milli (slow) == 0)
    g_string_append (out, "the rate varies between phases (");
  else
    {
      g_string_append (out, "the rate varies ");
      words_factor (out, span_rate_milli (fast), span_rate_milli (slow));
      g_string_append (out, "-fold between phases (");
    }
  put_phase_rate (out, fast);
  g_string_append (out, ", ");
  put_phase_rate (out, slow);
  g_string_append_c (out, ')');
}

/* How uneven the counts are, in words that hold for any index. */
static void
put_dispersion (GString *out, const SpanSummary *boot)
{
  const guint64 micro = (guint64) dispersion_micro (&boot->dispersion);

  g_string_append (out, "counts of 10 ms vary ");
  words_factor (out, micro, 1000000);
  g_string_append (out, " times as much as by chance");
}

static void
put_bursts (GString *out, const LabSummary *s)
{
  const SpanSummary *boot = &s->windows[WINDOW_BOOT];
  const BurstSummary *bursts = &s->bursts;

  words_percent (out, bursts->exits, boot->exits);
  g_string_append (out, " of the boot's exits fall in ");
  words_percent (out, (guint64) bursts->duration_ns, (guint64) (boot->end_ns - boot->start_ns));
  g_string_append (out, " of its time, ");
  if (bursts->top_kind_exits == bursts->exits)
    g_string_append (out, "all of them ");
  else
    g_string_append (out, bursts->top_kind_exits * 2 > bursts->exits ? "most of them " : "more of them than of any other kind ");
  words_kind (out, g_array_index (s->kinds, KindSummary, bursts->top_kind).name);
}

static void
put_changes (GString *out, const LabSummary *s)
{
  if (s->segments->len <= 1)
    g_string_append (out, "no lasting change of the rate was found");
  else if (s->bursts.segments > 0)
    put_bursts (out, s);
  else
    {
      g_string_append (out, "the rate changes ");
      words_amount (out, s->segments->len - 1, "time", "times");
      g_string_append (out, ", but nowhere reaches twice its mean");
    }
}

static void
put_stable (GString *out, const LabSummary *s)
{
  g_string_append (out, "Stable: counts of 10 ms vary no more than by chance");
  if (s->stability.has_rates)
    {
      g_string_append (out, "; ");
      put_phases (out, s);
    }
  if (s->segments->len > 0)
    {
      g_string_append (out, "; ");
      put_changes (out, s);
    }
}

static void
put_unstable (GString *out, const LabSummary *s)
{
  const gboolean by_phase = s->stability.has_rates && phases_differ (s);

  g_string_append (out, "Not stable: ");
  if (!by_phase)
    put_dispersion (out, &s->windows[WINDOW_BOOT]);
  if (!by_phase && s->stability.has_rates)
    g_string_append (out, ", though ");
  if (s->stability.has_rates)
    put_phases (out, s);
  if (s->segments->len > 0)
    {
      g_string_append (out, "; ");
      put_changes (out, s);
    }
}

GString *
verdict_stability (const AnswersLab *lab)
{
  const LabSummary *s = lab->summary;
  const SpanSummary *boot = &s->windows[WINDOW_BOOT];
  GString *out = g_string_new (NULL);

  if (boot->dispersion.bins >= 2 && boot->dispersion.sum == 0)
    g_string_append (out, "Stable: there are no exits in the whole bins of 10 ms of the boot window");
  else if (dispersion_micro (&boot->dispersion) < 0)
    {
      g_string_append (out, "Too short to tell: the boot window has ");
      words_amount (out, boot->dispersion.bins, "whole bin", "whole bins");
      g_string_append (out, " of 10 ms");
    }
  else if (s->stability.even)
    put_stable (out, s);
  else
    put_unstable (out, s);
  g_string_append_c (out, '.');
  return out;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Time inside and outside of exits. Each lab's boot is a bar: along it time, phase by phase; what is filled from the bottom is
 * the share that exits took. So areas are times: of a phase, and of the boot.
 */
#include "report/chart.h"
#include "report/pictures.h"

#define BAR 92.0
#define HEAD 26.0  /* the lab's line above its labels */
#define FOOT 50.0  /* time axis and what keeps labs apart */

/* Of time outside of exits there is none left where several vCPUs' exits add up to more than the time. */
static double
inside_ns (const LabSummary *s, const SpanSummary *span)
{
  return s->tsc_khz > 0 ? (double) span->cycles * 1e6 / s->tsc_khz : 0;
}

static double
share_of (const LabSummary *s, const SpanSummary *span)
{
  const double ns = (double) (span->end_ns - span->start_ns);
  return ns > 0 ? inside_ns (s, span) / ns : 0;
}

static gboolean
is_shown (const AnswersLab *lab)
{
  return lab->summary != NULL && lab->summary->tsc_khz > 0 && lab->summary->windows[WINDOW_BOOT].end_ns > 0;
}

static TimeScale
scale_of (const LabSummary *s)
{
  return (TimeScale) { CHART_X0 + 42, CHART_X1, s->windows[WINDOW_BOOT].end_ns };
}

static double
lab_height (const LabSummary *s)
{
  const TimeScale scale = scale_of (s);
  return HEAD + chart_phase_rows (s, s->boot_phases, &scale) * CHART_PHASE_ROW + 6 + BAR + FOOT;
}

static void
say_share (GString *text, const LabSummary *s, const SpanSummary *span)
{
  say_seconds (text, inside_ns (s, span));
  g_string_append (text, " of ");
  say_seconds (text, (double) (span->end_ns - span->start_ns));
  g_string_append (text, " inside exits (");
  say_percent (text, share_of (s, span), 1);
  g_string_append_c (text, ')');
}

/* A phase's time: tinted as a whole, filled from below by what exits took, with the share above that if there is room. */
static void
put_phase (GString *out, const AnswersLab *labs, gsize i, const SpanSummary *phase, double y)
{
  const LabSummary *s = labs[i].summary;
  const TimeScale scale = scale_of (s);
  const double a = time_x (&scale, phase->start_ns), b = time_x (&scale, phase->end_ns);
  const double height = BAR * MIN (share_of (s, phase), 1);
  const double gap = b - a > 4 ? 0.75 : 0;
  g_autofree char *tint = g_strdup_printf ("tint %s", chart_lab_class (labs, i));
  g_autofree char *fill = g_strdup_printf ("area %s", chart_lab_class (labs, i));
  g_autoptr (GString) tooltip = g_string_new (NULL);
  g_autoptr (GString) text = g_string_new (NULL);

  g_string_append_printf (tooltip, "%s: ", phase->name);
  say_share (tooltip, s, phase);
  say_percent (text, share_of (s, phase), 1);
  chart_rect (out, tint, a + gap, y, b - a - 2 * gap, BAR, NULL);
  chart_rect (out, fill, a + gap, y + BAR - height, b - a - 2 * gap, height, NULL);
  if (chart_text_width (text->str) + 4 <= b - a)
    chart_text (out, height > BAR - 24 ? "m on" : "m", (a + b) / 2, height > BAR - 24 ? y + BAR - height + 18 : y + BAR - height - 7, text->str);
  chart_rect (out, "hit", a, y, b - a, BAR, tooltip->str);
}

static void
put_lab (GString *out, const AnswersLab *labs, gsize i, double y)
{
  const LabSummary *s = labs[i].summary;
  const TimeScale scale = scale_of (s);
  const double bar = y + HEAD + 6 + chart_phase_rows (s, s->boot_phases, &scale) * CHART_PHASE_ROW;
  g_autofree char *class = g_strdup_printf ("b own %s", chart_lab_class (labs, i));
  g_autoptr (GString) text = g_string_new (NULL);

  say_share (text, s, &s->windows[WINDOW_BOOT]);
  chart_text_fitted (out, class, CHART_X0, y + 12, 150, labs[i].name);
  chart_text (out, "e", CHART_X1, y + 12, text->str);
  for (guint percent = 0; percent <= 100; percent += 50)
    {
      g_autofree char *tick = g_strdup_printf (percent == 100 ? "%u %%" : "%u", percent);
      chart_line (out, "grid", scale.x0 - 4, bar + BAR - BAR * percent / 100, scale.x1, bar + BAR - BAR * percent / 100);
      chart_text (out, "a e", scale.x0 - 7, bar + BAR - BAR * percent / 100 + 5, tick);
    }
  chart_phases (out, s, s->boot_phases, &scale, bar, BAR);
  for (guint p = 0; p < MIN (s->boot_phases, chart_len (s->phases)); p++)
    put_phase (out, labs, i, &g_array_index (s->phases, SpanSummary, p), bar);
  chart_time_axis (out, &scale, bar + BAR);
}

GString *
picture_share (const AnswersLab *labs, gsize n)
{
  const char *title = "Time inside exits, over each lab’s boot";
  g_autoptr (GString) desc = g_string_new (NULL);
  double height = CHART_TOP + 10;

  for (gsize i = 0; i < n; i++)
    if (is_shown (&labs[i]))
      {
        g_string_append_printf (desc, "%s%s: ", desc->len > 0 ? "; " : "", labs[i].name);
        say_share (desc, labs[i].summary, &labs[i].summary->windows[WINDOW_BOOT]);
        height += lab_height (labs[i].summary);
      }
  if (desc->len == 0)
    return chart_empty (title, "No lab has a boot to show.");
  GString *out = g_string_new (NULL);
  chart_begin (out, height - 14, title, "Filled: the share of time that exits take. Areas are times.", desc->str);
  double y = CHART_TOP + 10;
  for (gsize i = 0; i < n; i++)
    if (is_shown (&labs[i]))
      {
        put_lab (out, labs, i, y);
        y += lab_height (labs[i].summary);
      }
  chart_end (out);
  return out;
}

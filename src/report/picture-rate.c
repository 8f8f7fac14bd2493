/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Exits per second over the boot window: kinds stacked on a linear scale, phases behind, changes of the rate and bursts
 * on top; below, all exits and the mean of each steady stretch on a log scale, since rates differ a hundredfold.
 */
#include <math.h>

#include "report/pictures.h"
#include "report/rate.h"
#include "report/words.h"

#define TOOLTIPS_MAX 60u /* where there are more stretches, bursts alone have one */
#define HAIR 0.5 /* what is closer is drawn as one */
#define PLOT_HEIGHT 250.0
#define LOG_HEIGHT 84.0
#define LOG_GAP 18.0
#define LEGEND_ROW 22.0

static double
log_y (const Rate *rate, double per_second)
{
  const double at = per_second > 0 ? (log10 (per_second) - rate->low) / (rate->high - rate->low) : 0;
  return rate->log_y1 - (rate->log_y1 - rate->log_y0) * CLAMP (at, 0, 1);
}

static double
rate_y (const Rate *rate, double per_second)
{
  return rate->y1 - (rate->y1 - rate->y0) * MIN (per_second / rate->top, 1);
}

/* The kinds with their share of the boot's exits, row by row. Returns the height; draws nothing if out is NULL. */
static double
legend (GString *out, const Rate *rate, double y)
{
  double x = CHART_X0, start = y;

  for (guint i = 0; i < rate->n_series; i++)
    {
      g_autoptr (GString) text = g_string_new (rate_series_name (rate, i));
      g_autofree char *class = g_strdup_printf ("area %s", rate_series_class (rate, i));
      g_string_append (text, "\u00a0");
      say_percent (text, (double) rate_series_exits (rate, i), (double) rate->s->windows[WINDOW_BOOT].exits);
      const double width = chart_text_width (text->str) + 34;
      if (x > CHART_X0 && x + width > CHART_X1 + 16)
        {
          x = CHART_X0;
          y += LEGEND_ROW;
        }
      if (out != NULL)
        {
          chart_rect (out, class, x, y - 11, 12, 12, NULL);
          chart_text (out, "", x + 18, y, text->str);
        }
      x += width;
    }
  return y - start + LEGEND_ROW;
}

static void
put_grid (GString *out, const Rate *rate)
{
  const double step = chart_tick_step (rate->top, 6);

  for (guint i = 0; step * i <= rate->top * 1.0001; i++)
    {
      const double y = rate_y (rate, step * i);
      g_autoptr (GString) text = g_string_new (NULL);
      if (i > 0)
        chart_line (out, "grid", rate->time.x0, y, rate->time.x1, y);
      say_short (text, step * i);
      chart_text (out, "a e", rate->time.x0 - 8, y + 5, text->str);
    }
}

/* What lies below the steps of the first so many series. */
static void
put_steps (GString *out, const Rate *rate, const char *class, guint series, gboolean logarithmic, const char *tooltip)
{
  const double base = logarithmic ? rate->log_y1 : rate->y1;
  double y = base;

  chart_path_begin (out, class);
  chart_point (out, 'M', rate->time.x0, base);
  for (guint column = 0; column < rate->n_columns; column++)
    {
      const double value = rate_column (rate, column, series), next = logarithmic ? log_y (rate, value) : rate_y (rate, value);
      if (ABS (next - y) < 0.05)
        continue;
      chart_step (out, 'H', time_x (&rate->time, g_array_index (rate->edges, ColumnEdge, column).t_ns));
      chart_step (out, 'V', next);
      y = next;
    }
  chart_step (out, 'H', rate->time.x1);
  chart_step (out, 'V', base);
  g_string_append_c (out, 'z');
  chart_path_end (out, tooltip);
}

/* From the whole stack down to its lowest part: what is drawn later covers what lies below it. */
static void
put_stack (GString *out, const Rate *rate)
{
  for (guint upper = rate->n_series; upper > 0; upper--)
    {
      g_autofree char *class = g_strdup_printf ("area %s", rate_series_class (rate, upper - 1));
      put_steps (out, rate, class, upper, FALSE, rate_series_name (rate, upper - 1));
    }
}

/* The mean of each steady stretch; of those that would be less than a hair's width, the mean of several. */
static void
put_means (GString *out, const Rate *rate, const char *class)
{
  const guint n = rate->s->segments->len;
  double exits = 0;
  gint64 start_ns = 0;

  chart_path_begin (out, class);
  for (guint i = 0; i < n; i++)
    {
      const SegmentSummary *segment = &g_array_index (rate->s->segments, SegmentSummary, i);
      const double a = time_x (&rate->time, start_ns), b = time_x (&rate->time, segment->end_ns);

      exits += (double) segment->exits;
      if (b - a < HAIR && i + 1 < n)
        continue;
      const double y = log_y (rate, exits * 1e9 / (double) MAX (segment->end_ns - start_ns, 1));
      if (start_ns == 0)
        chart_point (out, 'M', a, y);
      else
        chart_step (out, 'V', y);
      chart_step (out, 'H', b);
      start_ns = segment->end_ns;
      exits = 0;
    }
  chart_path_end (out, NULL);
}

/* All exits on the log scale. */
static void
put_log (GString *out, const Rate *rate)
{
  const gint low = (gint) rate->low;

  for (gint power = low; power <= rate->high; power++)
    {
      const double y = log_y (rate, pow (10, power));
      g_autoptr (GString) text = g_string_new (NULL);
      if (power > low)
        chart_line (out, "grid", rate->time.x0, y, rate->time.x1, y);
      say_short (text, pow (10, power));
      if ((power - low) % 2 == 0 || rate->high - rate->low < 4)
        chart_text (out, "a e", rate->time.x0 - 8, y + 5, text->str);
    }
  put_steps (out, rate, "area k-other", rate->n_series, TRUE, NULL);
  if (chart_len (rate->s->segments) == 0)
    return;
  put_means (out, rate, "halo");
  put_means (out, rate, "mean");
}

static void
say_segment (GString *text, const Rate *rate, const SegmentSummary *segment)
{
  g_string_append (text, segment->burst ? "burst, " : "steady, ");
  say_seconds (text, (double) segment->start_ns);
  g_string_append (text, " to ");
  say_seconds (text, (double) segment->end_ns);
  g_string_append (text, ": ");
  words_amount (text, segment->exits, "exit", "exits");
  g_string_append (text, ", ");
  say_round (text, rate_segment (segment));
  g_string_append (text, " exits/s");
  if (segment->top_kind < rate->kinds)
    {
      g_string_append (text, ", of which ");
      say_percent (text, (double) segment->top_kind_exits, (double) segment->exits);
      g_string_append_printf (text, " %s", g_array_index (rate->s->kinds, KindSummary, segment->top_kind).name);
    }
}

/* A box for each burst, as one path; those less than a hair's width apart share one. */
static void
put_bursts (GString *out, const Rate *rate, const char *class, double y0, double y1)
{
  const guint n = chart_len (rate->s->segments);

  chart_path_begin (out, class);
  for (guint i = 0; i < n;)
    {
      const SegmentSummary *segment = &g_array_index (rate->s->segments, SegmentSummary, i++);
      const double a = time_x (&rate->time, segment->start_ns);
      double end = MAX (time_x (&rate->time, segment->end_ns), a + 1);
      if (!segment->burst)
        continue;
      for (; i < n && time_x (&rate->time, segment[1].start_ns) < end + HAIR; i++)
        if ((++segment)->burst)
          end = MAX (time_x (&rate->time, segment->end_ns), end);
      chart_point (out, 'M', a, y0);
      chart_step (out, 'H', end);
      chart_step (out, 'V', y1);
      chart_step (out, 'H', a);
      g_string_append_c (out, 'z');
    }
  chart_path_end (out, NULL);
}

/* Marks at the changes of the rate, bars over the bursts. */
static void
put_marks (GString *out, const Rate *rate)
{
  double last = rate->time.x0;

  put_bursts (out, rate, "burst", rate->y0, rate->y0 + 5);
  chart_path_begin (out, "mark");
  for (guint i = 1; i < chart_len (rate->s->segments); i++)
    {
      const double x = time_x (&rate->time, g_array_index (rate->s->segments, SegmentSummary, i).start_ns);
      if (x - last < HAIR)
        continue;
      chart_point (out, 'M', x, rate->y0);
      chart_step (out, 'V', rate->y0 + 9);
      last = x;
    }
  chart_path_end (out, NULL);
}

/* What to point at, on top of all. */
static void
put_tooltips (GString *out, const Rate *rate)
{
  const guint n = chart_len (rate->s->segments);

  for (guint i = 0, put = 0; i < n && put < TOOLTIPS_MAX; i++)
    {
      const SegmentSummary *segment = &g_array_index (rate->s->segments, SegmentSummary, i);
      const double a = time_x (&rate->time, segment->start_ns), b = time_x (&rate->time, segment->end_ns);
      g_autoptr (GString) tooltip = g_string_new (NULL);
      if (n > TOOLTIPS_MAX && !segment->burst)
        continue;
      say_segment (tooltip, rate, segment);
      chart_rect (out, "hit", a, rate->y0, b - a, rate->log_y1 - rate->y0, tooltip->str);
      put++;
    }
}

static char *
subtitle_of (const Rate *rate)
{
  const SpanSummary *boot = &rate->s->windows[WINDOW_BOOT];
  GString *text = g_string_new (NULL);

  words_amount (text, boot->exits, "exit", "exits");
  g_string_append (text, " in ");
  say_seconds (text, (double) boot->end_ns);
  g_string_append (text, " of guest time, on average ");
  say_round (text, (double) boot->exits * 1e9 / (double) boot->end_ns);
  g_string_append (text, " exits/s");
  return g_string_free (text, FALSE);
}

static void
say_bursts (GString *text, const Rate *rate)
{
  const BurstSummary *bursts = &rate->s->bursts;

  if (bursts->segments == 0)
    return;
  words_count (text, bursts->segments);
  g_string_append (text, bursts->segments == 1 ? " burst: " : " bursts: ");
  say_percent (text, (double) bursts->exits, (double) rate->s->windows[WINDOW_BOOT].exits);
  g_string_append (text, " of the exits in ");
  say_percent (text, (double) bursts->duration_ns, (double) rate->s->windows[WINDOW_BOOT].end_ns);
  g_string_append (text, " of the time");
}

static char *
desc_of (const Rate *rate, const char *subtitle)
{
  GString *text = g_string_new (subtitle);

  g_string_append (text, "; at most ");
  say_round (text, rate->most);
  g_string_append (text, " exits/s in a column of ");
  say_seconds (text, rate_column_seconds (rate, 0) * 1e9);
  g_string_append (text, ". ");
  for (guint i = 0; i < rate->n_series && rate->kinds > 0; i++)
    {
      g_string_append_printf (text, "%s%s ", i > 0 ? ", " : "", rate_series_name (rate, i));
      say_percent (text, (double) rate_series_exits (rate, i), (double) rate->s->windows[WINDOW_BOOT].exits);
    }
  g_string_append (text, rate->kinds > 0 ? ". " : "");
  if (chart_len (rate->s->segments) > 1)
    g_string_append_printf (text, "The rate changes %u times. ", rate->s->segments->len - 1);
  say_bursts (text, rate);
  return g_string_free (text, FALSE);
}

/* What line and bars mean, in words below the axis. */
static void
put_captions (GString *out, const Rate *rate, double y)
{
  g_autoptr (GString) text = g_string_new ("lower part: all exits, log scale");

  if (chart_len (rate->s->segments) == 0)
    {
      chart_text (out, "a", CHART_X0, y, text->str);
      return;
    }
  chart_line (out, "mean", CHART_X0, y - 4, CHART_X0 + 16, y - 4);
  g_string_printf (text, "on the lower, log scale: mean between changes of the rate (%u)", rate->s->segments->len - 1);
  chart_text_fitted (out, "a", CHART_X0 + 22, y, CHART_X1 - CHART_X0 - 22, text->str);
  if (rate->s->bursts.segments == 0)
    return;
  g_string_truncate (text, 0);
  say_bursts (text, rate);
  chart_rect (out, "burst", CHART_X0, y + LEGEND_ROW - 7, 16, 5, NULL);
  chart_text_fitted (out, "a", CHART_X0 + 22, y + LEGEND_ROW, CHART_X1 - CHART_X0 - 22, text->str);
}

static GString *
draw (Rate *rate, const char *title)
{
  const LabSummary *s = rate->s;
  const double legend_height = legend (NULL, rate, 0);
  const guint captions = chart_len (s->segments) == 0 || s->bursts.segments == 0 ? 1 : 2;
  g_autofree char *subtitle = subtitle_of (rate);
  g_autofree char *desc = desc_of (rate, subtitle);
  GString *out = g_string_new (NULL);

  rate->time = (TimeScale) { CHART_X0 + 46, CHART_X1, s->windows[WINDOW_BOOT].end_ns };
  rate->y0 = CHART_TOP + 12 + legend_height + chart_phase_rows (s, s->boot_phases, &rate->time) * CHART_PHASE_ROW;
  rate->y1 = rate->y0 + PLOT_HEIGHT;
  rate->log_y0 = rate->y1 + LOG_GAP;
  rate->log_y1 = rate->log_y0 + LOG_HEIGHT;
  chart_begin (out, rate->log_y1 + 40 + captions * LEGEND_ROW, title, subtitle, desc);
  legend (out, rate, CHART_TOP + 14);
  chart_text (out, "a e", rate->time.x0 - 8, rate->y0 - 8, "exits/s");
  chart_phases (out, s, s->boot_phases, &rate->time, rate->y0, rate->log_y1 - rate->y0);
  put_grid (out, rate);
  put_bursts (out, rate, "glow", rate->y0, rate->log_y1);
  put_stack (out, rate);
  chart_line (out, "axis", rate->time.x0, rate->y1, rate->time.x1, rate->y1);
  put_log (out, rate);
  put_marks (out, rate);
  put_tooltips (out, rate);
  chart_time_axis (out, &rate->time, rate->log_y1);
  put_captions (out, rate, rate->log_y1 + 47);
  chart_end (out);
  return out;
}

GString *
picture_rate (const AnswersLab *lab)
{
  g_autofree char *title = g_strdup_printf ("%s: exits per second over the boot", lab->name);

  if (lab->summary == NULL || lab->summary->windows[WINDOW_BOOT].end_ns <= 0 || lab->summary->windows[WINDOW_BOOT].exits == 0)
    return chart_empty (title, lab->summary == NULL ? "The lab failed: there is nothing to show." : "There were no exits.");
  g_auto (Rate) rate = { 0 };
  rate_init (&rate, lab->summary);
  return draw (&rate, title);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Exits so far, each lab over its own boot window; below, which phase each lab is in at that share of its boot. */
#include "report/chart.h"
#include "report/pictures.h"
#include "report/svg.h"
#include "report/words.h"

#define POINTS_MAX 240u
#define PLOT_HEIGHT 270.0
#define STRIP 24.0     /* of a lab's phases, without their names */
#define STRIP_BAR 9.0
#define STRIP_LABEL 56.0

typedef struct {
  const AnswersLab *labs;
  gsize n;
  guint64 most;  /* exits of the lab that has most */
  double top;    /* of the y axis */
  double x0, x1, y0, y1;
} Cumulative;

static const SpanSummary *
boot_of (const AnswersLab *lab)
{
  return lab->summary != NULL && lab->summary->windows[WINDOW_BOOT].end_ns > 0 ? &lab->summary->windows[WINDOW_BOOT] : NULL;
}

static TimeScale
scale_of (const Cumulative *c, gsize i)
{
  return (TimeScale) { c->x0, c->x1, boot_of (&c->labs[i])->end_ns };
}

static double
exits_y (const Cumulative *c, guint64 exits)
{
  return c->y1 - (c->y1 - c->y0) * MIN ((double) exits / c->top, 1);
}

static void
put_curve (GString *out, const Cumulative *c, gsize i)
{
  const LabSummary *s = c->labs[i].summary;
  const SpanSummary *boot = boot_of (&c->labs[i]);
  g_autoptr (GArray) edges = chart_columns (s, boot->end_ns, POINTS_MAX);
  const TimeScale scale = scale_of (c, i);
  g_autofree char *class = g_strdup_printf ("line %s", chart_lab_class (c->labs, i));

  chart_path_begin (out, class);
  for (guint j = 0; j < edges->len; j++)
    {
      const ColumnEdge *edge = &g_array_index (edges, ColumnEdge, j);
      const guint64 exits = edge->row == EDGE_START ? 0 : edge->row == EDGE_END ? boot->exits
                                                        : g_array_index (s->rows, SeriesRow, edge->row).exits;
      chart_point (out, j == 0 ? 'M' : 'L', time_x (&scale, edge->t_ns), exits_y (c, exits));
    }
  chart_path_end (out, c->labs[i].name);
}

/* Where each phase of the boot ends, as a dot on the curve. */
static void
put_dots (GString *out, const Cumulative *c, gsize i)
{
  const LabSummary *s = c->labs[i].summary;
  const TimeScale scale = scale_of (c, i);
  guint64 exits = 0;

  for (guint p = 0; p < MIN (s->boot_phases, chart_len (s->phases)); p++)
    {
      const SpanSummary *phase = &g_array_index (s->phases, SpanSummary, p);
      g_autoptr (GString) tooltip = g_string_new (NULL);

      exits += phase->exits;
      g_string_append_printf (tooltip, "%s, end of %s: ", c->labs[i].name, phase->name);
      words_amount (tooltip, exits, "exit", "exits");
      g_string_append_printf (out, "<circle class=\"dot %s\" r=\"3.5\" cx=\"", chart_lab_class (c->labs, i));
      chart_number (out, time_x (&scale, phase->end_ns));
      g_string_append (out, "\" cy=\"");
      chart_number (out, exits_y (c, exits));
      g_string_append (out, "\"><title>");
      svg_text (out, tooltip->str);
      g_string_append (out, "</title></circle>\n");
    }
}

/* Names and totals at the ends of the curves, moved apart where they would touch. */
static void
put_ends (GString *out, const Cumulative *c)
{
  double taken = -1e9;

  for (gsize done = 0; done < c->n; done++)
    {
      /* From the highest down: the one that has `done` labs above it. */
      for (gsize i = 0; i < c->n; i++)
        {
          const SpanSummary *boot = boot_of (&c->labs[i]);
          gsize above = 0;
          for (gsize j = 0; boot != NULL && j < c->n; j++)
            {
              const SpanSummary *other = boot_of (&c->labs[j]);
              above += other != NULL && (other->exits > boot->exits || (other->exits == boot->exits && j < i));
            }
          if (boot == NULL || above != done)
            continue;
          g_autoptr (GString) total = g_string_new (NULL);
          g_autofree char *class = g_strdup_printf ("b own %s", chart_lab_class (c->labs, i));
          const double y = MAX (exits_y (c, boot->exits) - 3, taken + 40);
          if (boot->exits < 10000000)
            words_count (total, boot->exits);
          else
            say_short (total, (double) boot->exits);
          chart_text_fitted (out, class, c->x1 + 10, y, CHART_X1 - c->x1 - 2, c->labs[i].name);
          chart_text (out, "", c->x1 + 10, y + 18, total->str);
          taken = y;
        }
    }
}

static void
put_axes (GString *out, const Cumulative *c)
{
  const double step = chart_tick_step (c->top, 6);

  for (guint i = 0; step * i <= c->top * 1.0001; i++)
    {
      const double y = c->y1 - (c->y1 - c->y0) * step * i / c->top;
      g_autoptr (GString) text = g_string_new (NULL);
      chart_line (out, i > 0 ? "grid" : "axis", c->x0, y, c->x1, y);
      say_short (text, step * i);
      chart_text (out, "a e", c->x0 - 8, y + 5, text->str);
    }
  chart_text (out, "a e", c->x0 - 8, c->y0 - 12, "exits");
  for (guint i = 0; i <= 4; i++)
    {
      const double x = c->x0 + (c->x1 - c->x0) * i / 4;
      g_autofree char *text = g_strdup_printf (i == 4 ? "%u %% of the boot" : "%u", i * 25);
      chart_line (out, "axis", x, c->y1, x, c->y1 + 5);
      chart_text (out, i == 4 ? "a e" : "a m", i == 4 ? x + 60 : x, c->y1 + 21, text);
    }
}

static double
strip_height (const Cumulative *c, gsize i)
{
  const TimeScale scale = scale_of (c, i);
  return chart_phase_rows (c->labs[i].summary, c->labs[i].summary->boot_phases, &scale) * CHART_PHASE_ROW + STRIP;
}

/* Which phases the dots are the ends of: the lab's own, along the same axis. */
static void
put_strip (GString *out, const Cumulative *c, gsize i, double y)
{
  const LabSummary *s = c->labs[i].summary;
  const TimeScale scale = scale_of (c, i);
  const double bar = y + strip_height (c, i) - STRIP + 6;
  g_autofree char *class = g_strdup_printf ("b own e %s", chart_lab_class (c->labs, i));
  g_autofree char *tint = g_strdup_printf ("tint %s", chart_lab_class (c->labs, i));
  g_autofree char *fill = g_strdup_printf ("area %s", chart_lab_class (c->labs, i));

  chart_text_fitted (out, class, c->x0 - 8, bar + 8, STRIP_LABEL, c->labs[i].name);
  chart_rect (out, tint, c->x0, bar, c->x1 - c->x0, STRIP_BAR, NULL);
  for (guint p = 1; p < MIN (s->boot_phases, chart_len (s->phases)); p++)
    chart_rect (out, fill, time_x (&scale, g_array_index (s->phases, SpanSummary, p).start_ns) - 0.75, bar, 1.5, STRIP_BAR, NULL);
  chart_phases (out, s, s->boot_phases, &scale, bar, STRIP_BAR);
}

static void
say_ends (GString *text, const Cumulative *c)
{
  for (gsize i = 0; i < c->n; i++)
    {
      const SpanSummary *boot = boot_of (&c->labs[i]);
      if (boot == NULL)
        continue;
      g_string_append_printf (text, "%s%s: ", text->len > 0 ? "; " : "", c->labs[i].name);
      words_amount (text, boot->exits, "exit", "exits");
      g_string_append (text, " in ");
      say_seconds (text, (double) boot->end_ns);
    }
}

GString *
picture_cumulative (const AnswersLab *labs, gsize n)
{
  const char *title = "Exits so far, over each lab’s boot";
  Cumulative c = { .labs = labs, .n = n, .x0 = CHART_X0 + STRIP_LABEL, .x1 = CHART_X1 - 82, .y0 = CHART_TOP + 30 };
  g_autoptr (GString) ends = g_string_new (NULL);
  guint shown = 0;

  for (gsize i = 0; i < n; i++)
    {
      const SpanSummary *boot = boot_of (&labs[i]);
      c.most = boot != NULL ? MAX (c.most, boot->exits) : c.most;
      shown += boot != NULL;
    }
  if (shown == 0)
    return chart_empty (title, "No lab has a boot to show.");
  say_ends (ends, &c);
  c.top = c.most > 0 ? (double) c.most * 1.04 : 1;
  c.y1 = c.y0 + PLOT_HEIGHT;
  double y = c.y1 + 30;
  for (gsize i = 0; i < n; i++)
    y += boot_of (&labs[i]) != NULL ? strip_height (&c, i) : 0;
  GString *out = g_string_new (NULL);
  chart_begin (out, y + 12, title, ends->str, ends->str);
  put_axes (out, &c);
  y = c.y1 + 30;
  for (gsize i = 0; i < n; i++)
    if (boot_of (&labs[i]) != NULL)
      {
        put_curve (out, &c, i);
        put_dots (out, &c, i);
        put_strip (out, &c, i, y);
        y += strip_height (&c, i);
      }
  put_ends (out, &c);
  chart_end (out);
  return out;
}

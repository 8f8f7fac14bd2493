/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A strip a reason over the whole run: the darker (in the dark: the brighter), the more exits per second. */
#include <math.h>

#include "report/chart.h"
#include "report/pictures.h"
#include "report/words.h"

#define COLUMNS_MAX 160u
#define ROWS_MAX 20u /* the last is for the reasons that found no row, if there are more */
#define ROW 25.0
#define STRIP 19.0
#define LEVELS 9u
#define NAME_LEAST 90.0 /* widths of the names */
#define NAME_MOST 175.0
#define TOTAL 54.0    /* and of the totals beside them */

typedef struct {
  const LabSummary *s;
  const ReasonNames *names;
  GArray *edges;      /* of ColumnEdge */
  guint n_columns, n_rows;
  guint hidden;       /* reasons in the last row; 0: every reason has its own */
  double *rates;      /* rows x columns */
  double least, most; /* rates, but 0 */
  double low;         /* level 0 ends at 10^low exits/s, each level is half a decade */
  TimeScale time;
} Heat;

static void
heat_clear (Heat *heat)
{
  g_array_unref (heat->edges);
  g_free (heat->rates);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Heat, heat_clear)

static const ReasonSummary *
reason_at (const Heat *heat, guint i)
{
  return &g_array_index (heat->s->reasons[WINDOW_ALL], ReasonSummary, i);
}

/* Where a code stands in the cells; -1 if nowhere. */
static gint64
cell_column (const LabSummary *s, guint32 code)
{
  if (chart_len (s->cells) != (guint64) chart_len (s->rows) * chart_len (s->codes))
    return -1;
  for (guint i = 0; i < s->codes->len; i++)
    if (g_array_index (s->codes, guint32, i) == code)
      return i;
  return -1;
}

static guint64
exits_at (const Heat *heat, guint reason, gint64 cell, const ColumnEdge *edge)
{
  if (edge->row == EDGE_START)
    return 0;
  if (edge->row == EDGE_END)
    return reason_at (heat, reason)->exits;
  return g_array_index (heat->s->cells, SeriesCell, (gsize) edge->row * heat->s->codes->len + (gsize) cell).exits;
}

static void
add_reason (Heat *heat, guint reason)
{
  double *rates = heat->rates + (gsize) MIN (reason, heat->n_rows - 1) * heat->n_columns;
  const gint64 cell = cell_column (heat->s, reason_at (heat, reason)->code);

  for (guint i = 0; i < heat->n_columns && cell >= 0; i++)
    {
      const ColumnEdge *edge = &g_array_index (heat->edges, ColumnEdge, i);
      const guint64 before = exits_at (heat, reason, cell, edge), after = exits_at (heat, reason, cell, edge + 1);
      if (after > before)
        rates[i] += (double) (after - before) * 1e9 / (double) MAX (edge[1].t_ns - edge[0].t_ns, 1);
    }
}

static void
heat_init (Heat *heat, const AnswersLab *lab)
{
  const LabSummary *s = lab->summary;
  const guint n = chart_len (s->reasons[WINDOW_ALL]);

  *heat = (Heat) { .s = s, .names = lab->names, .least = G_MAXDOUBLE };
  heat->edges = chart_columns (s, s->end_ns, COLUMNS_MAX);
  heat->n_columns = heat->edges->len - 1;
  heat->n_rows = MIN (n, ROWS_MAX);
  heat->hidden = n > ROWS_MAX ? n - ROWS_MAX + 1 : 0;
  heat->rates = g_new0 (double, (gsize) heat->n_rows * heat->n_columns + 1);
  for (guint i = 0; i < n; i++)
    add_reason (heat, i);
  for (gsize i = 0; i < (gsize) heat->n_rows * heat->n_columns; i++)
    if (heat->rates[i] > 0)
      {
        heat->least = MIN (heat->least, heat->rates[i]);
        heat->most = MAX (heat->most, heat->rates[i]);
      }
  /* Half decades upwards to what holds the highest rate. */
  heat->low = ceil (log10 (MAX (heat->most, 1)) * 2) / 2 - (LEVELS - 1) / 2.0;
}

static guint
level_of (const Heat *heat, double rate)
{
  return (guint) CLAMP (ceil ((log10 (rate) - heat->low) * 2 - 1e-9), 0, LEVELS - 1);
}

/* The columns of one level, neighbours joined. */
static void
put_level (GString *out, const Heat *heat, guint row, guint level, double y)
{
  const double *rates = heat->rates + (gsize) row * heat->n_columns;
  gboolean begun = FALSE;

  for (guint i = 0; i < heat->n_columns; i++)
    {
      const guint first = i;
      while (i < heat->n_columns && rates[i] > 0 && level_of (heat, rates[i]) == level)
        i++;
      if (i == first)
        continue;
      if (!begun)
        g_string_append_printf (out, "<path class=\"heat h-%u\" d=\"", level);
      begun = TRUE;
      chart_point (out, 'M', round (time_x (&heat->time, g_array_index (heat->edges, ColumnEdge, first).t_ns) * 10) / 10, y);
      chart_step (out, 'H', time_x (&heat->time, g_array_index (heat->edges, ColumnEdge, i).t_ns));
    }
  if (begun)
    g_string_append (out, "\"/>\n");
}

static void
say_row (GString *name, GString *tooltip, guint64 *exits, const Heat *heat, guint row)
{
  if (heat->hidden > 0 && row + 1 == heat->n_rows)
    {
      g_string_append_printf (name, "%u more", heat->hidden);
      for (guint i = row; i < row + heat->hidden; i++)
        *exits += reason_at (heat, i)->exits;
      g_string_append_printf (tooltip, "%u less frequent reasons: ", heat->hidden);
      words_amount (tooltip, *exits, "exit", "exits");
      return;
    }
  const ReasonSummary *reason = reason_at (heat, row);
  g_string_append (name, reason_name (heat->names, reason->code));
  *exits = reason->exits;
  g_string_append_printf (tooltip, "%s: ", name->str);
  words_amount (tooltip, *exits, "exit", "exits");
  g_string_append (tooltip, " (");
  say_percent (tooltip, (double) *exits, (double) heat->s->windows[WINDOW_ALL].exits);
  g_string_append (tooltip, "), first at ");
  say_seconds (tooltip, (double) reason->first_ns);
  g_string_append (tooltip, ", last at ");
  say_seconds (tooltip, (double) reason->last_ns);
}

/* Room for the longest name, within limits. */
static double
names_width (const Heat *heat)
{
  double width = NAME_LEAST;
  for (guint row = 0; row < heat->n_rows; row++)
    width = MAX (width, chart_text_width (reason_name (heat->names, reason_at (heat, row)->code)));
  return MIN (width, NAME_MOST);
}

static void
put_row (GString *out, const Heat *heat, guint row, double y)
{
  g_autoptr (GString) name = g_string_new (NULL);
  g_autoptr (GString) tooltip = g_string_new (NULL);
  g_autoptr (GString) total = g_string_new (NULL);
  guint64 exits = 0;

  say_row (name, tooltip, &exits, heat, row);
  say_short (total, (double) exits);
  chart_text_fitted (out, "", CHART_X0, y + 15, heat->time.x0 - CHART_X0 - TOTAL, name->str);
  chart_text (out, "u e", heat->time.x0 - 10, y + 15, total->str);
  chart_rect (out, "strip", heat->time.x0, y, heat->time.x1 - heat->time.x0, STRIP, NULL);
  for (guint level = 0; level < LEVELS; level++)
    put_level (out, heat, row, level, y + STRIP / 2);
  chart_rect (out, "hit", CHART_X0, y, heat->time.x1 - CHART_X0, STRIP, tooltip->str);
}

/* Boxes for the levels, the full decades named at their borders. */
static void
put_legend (GString *out, const Heat *heat, double y)
{
  const double box = (heat->time.x1 - heat->time.x0 - 60) / LEVELS;

  chart_text (out, "a", CHART_X0, y + 11, "exits/s");
  for (guint level = 0; level < LEVELS; level++)
    {
      const double x = heat->time.x0 + level * box, border = heat->low + level / 2.0;
      g_autofree char *class = g_strdup_printf ("area h-%u", level);
      g_autoptr (GString) text = g_string_new (NULL);
      chart_rect (out, class, x, y, box - 2, 13, NULL);
      if (fabs (border - round (border)) > 0.25)
        continue;
      say_short (text, pow (10, border));
      chart_text (out, "a m", x + box - 1, y + 30, text->str);
    }
}

static char *
desc_of (const Heat *heat, const char *subtitle)
{
  GString *text = g_string_new (subtitle);

  g_string_append (text, ". Most frequent: ");
  for (guint i = 0; i < MIN (heat->n_rows, 5); i++)
    {
      const ReasonSummary *reason = reason_at (heat, i);
      g_string_append_printf (text, "%s%s ", i > 0 ? ", " : "", reason_name (heat->names, reason->code));
      words_count (text, reason->exits);
    }
  g_string_append (text, ". The highest rate of a reason in a column is ");
  say_round (text, heat->most);
  g_string_append (text, " exits/s.");
  return g_string_free (text, FALSE);
}

static char *
subtitle_of (const Heat *heat)
{
  GString *text = g_string_new (NULL);

  words_amount (text, heat->s->windows[WINDOW_ALL].exits, "exit", "exits");
  g_string_append_printf (text, " of %u reason%s in ", chart_len (heat->s->reasons[WINDOW_ALL]),
                          chart_len (heat->s->reasons[WINDOW_ALL]) == 1 ? "" : "s");
  say_seconds (text, (double) heat->s->end_ns);
  g_string_append (text, "; a column is ");
  say_seconds (text, (double) g_array_index (heat->edges, ColumnEdge, 1).t_ns);
  return g_string_free (text, FALSE);
}

GString *
picture_heat (const AnswersLab *lab)
{
  g_autofree char *title = g_strdup_printf ("%s: each exit reason over the whole run", lab->name);
  const LabSummary *s = lab->summary;

  if (s == NULL || s->end_ns <= 0 || chart_len (s->reasons[WINDOW_ALL]) == 0)
    return chart_empty (title, s == NULL ? "The lab failed: there is nothing to show." : "There were no exits.");
  g_auto (Heat) heat = { 0 };
  heat_init (&heat, lab);
  heat.time = (TimeScale) { CHART_X0 + names_width (&heat) + TOTAL, CHART_X1, s->end_ns };
  g_autofree char *subtitle = subtitle_of (&heat);
  g_autofree char *desc = desc_of (&heat, subtitle);
  const double y0 = CHART_TOP + 8 + chart_phase_rows (s, chart_len (s->phases), &heat.time) * CHART_PHASE_ROW;
  const double y1 = y0 + 8 + heat.n_rows * ROW;
  GString *out = g_string_new (NULL);
  chart_begin (out, y1 + 88, title, subtitle, desc);
  chart_phases (out, s, chart_len (s->phases), &heat.time, y0, y1 - y0);
  for (guint row = 0; row < heat.n_rows; row++)
    put_row (out, &heat, row, y0 + 5 + row * ROW);
  chart_time_axis (out, &heat.time, y1);
  put_legend (out, &heat, y1 + 42);
  chart_end (out);
  return out;
}

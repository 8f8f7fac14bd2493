/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What exits cost: a row a reason of the boot window, how its exits spread over cycles, and its share of all cycles. */
#include <math.h>

#include "report/chart.h"
#include "report/pictures.h"
#include "report/words.h"

#define ROWS_MAX 18u
#define ROW 40.0
#define NAME_LEAST 90.0
#define NAME_MOST 175.0
#define BARS 28.0 /* height of the highest bar of a row */

typedef struct {
  const LabSummary *s;
  const ReasonNames *names;
  GPtrArray *rows;            /* of const ReasonSummary *, most cycles first */
  guint n, shown;
  guint low, high;            /* buckets that have exits, of those shown */
  double x0, x1;              /* of the histograms */
} Costs;

static const ReasonSummary *
row_of (const Costs *costs, guint i)
{
  return g_ptr_array_index (costs->rows, i);
}

static void
costs_init (Costs *costs, const AnswersLab *lab)
{
  GPtrArray *rows = lab_summary_by_cycles (lab->summary, WINDOW_BOOT);

  *costs = (Costs) { .s = lab->summary, .names = lab->names, .rows = rows, .n = rows->len, .x0 = NAME_LEAST, .x1 = CHART_X1 - 142 };
  costs->shown = MIN (costs->n, ROWS_MAX);
  costs->low = SUMMARY_COST_BUCKETS;
  for (guint i = 0; i < costs->shown; i++)
    costs->x0 = MAX (costs->x0, chart_text_width (reason_name (costs->names, row_of (costs, i)->code)));
  costs->x0 = CHART_X0 + MIN (costs->x0, NAME_MOST) + 12;
  for (guint i = 0; i < costs->shown; i++)
    for (guint b = 0; b < SUMMARY_COST_BUCKETS; b++)
      if (row_of (costs, i)->costs[b] > 0)
        {
          costs->low = MIN (costs->low, b);
          costs->high = MAX (costs->high, b);
        }
  costs->low = MIN (costs->low, costs->high);
}

/* Of log2 cycles: bucket b is from b - 1 to b. */
static double
log_x (const Costs *costs, double log_cycles)
{
  const double buckets = costs->high - costs->low + 1;
  return costs->x0 + (costs->x1 - costs->x0) * CLAMP ((log_cycles - (costs->low - 1.0)) / buckets, 0, 1);
}

static double
cycles_x (const Costs *costs, guint64 cycles)
{
  return log_x (costs, log2 ((double) MAX (cycles, 1)));
}

static void
put_bars (GString *out, const Costs *costs, const ReasonSummary *reason, double base)
{
  g_autofree char *class = g_strdup_printf ("area %s", chart_kind_class (reason_kind (costs->names, reason->code)));
  guint32 most = 0;

  for (guint b = 0; b < SUMMARY_COST_BUCKETS; b++)
    most = MAX (most, reason->costs[b]);
  for (guint b = 0; b < SUMMARY_COST_BUCKETS; b++)
    {
      const double a = log_x (costs, b - 1.0), width = log_x (costs, b) - a;
      const double height = most > 0 ? MAX (BARS * reason->costs[b] / most, 1.5) : 0;
      g_autoptr (GString) tooltip = g_string_new (NULL);
      if (reason->costs[b] == 0)
        continue;
      words_amount (tooltip, reason->costs[b], "exit", "exits");
      g_string_append (tooltip, " of ");
      words_count (tooltip, b == 0 ? 0 : (guint64) 1 << (b - 1));
      g_string_append (tooltip, b + 1 == SUMMARY_COST_BUCKETS ? " cycles or more" : " to ");
      if (b + 1 < SUMMARY_COST_BUCKETS)
        {
          words_count (tooltip, ((guint64) 1 << b) - 1);
          g_string_append (tooltip, " cycles");
        }
      chart_rect (out, class, a + 0.75, base - height, width - 1.5, height, tooltip->str);
    }
}

/* The median as a full line, the 99th percentile as a short, dashed one. */
static void
put_marks (GString *out, const Costs *costs, const ReasonSummary *reason, double base)
{
  const double median = cycles_x (costs, reason->cycles_p50), high = cycles_x (costs, reason->cycles_p99);

  chart_line (out, "halo", median, base - BARS - 2, median, base + 3);
  chart_line (out, "mark", median, base - BARS - 2, median, base + 3);
  chart_line (out, "one", high, base - BARS - 2, high, base + 3);
}

static void
put_row (GString *out, const Costs *costs, const ReasonSummary *reason, double y)
{
  const double base = y + ROW - 6;
  g_autoptr (GString) exits = g_string_new (NULL);
  g_autoptr (GString) median = g_string_new (NULL);
  g_autoptr (GString) share = g_string_new (NULL);
  g_autoptr (GString) tooltip = g_string_new (reason_name (costs->names, reason->code));

  say_short (exits, (double) reason->exits);
  g_string_append (exits, reason->exits == 1 ? " exit" : " exits");
  say_short (median, (double) reason->cycles_p50);
  say_percent (share, (double) reason->cycles, (double) costs->s->windows[WINDOW_BOOT].cycles);
  g_string_append (tooltip, ": ");
  words_amount (tooltip, reason->exits, "exit", "exits");
  g_string_append (tooltip, ", ");
  words_count (tooltip, reason->cycles);
  g_string_append (tooltip, " cycles, median ");
  words_count (tooltip, reason->cycles_p50);
  g_string_append (tooltip, ", 99th percentile ");
  words_count (tooltip, reason->cycles_p99);
  chart_rect (out, "hit", CHART_X0, y, CHART_X1 - CHART_X0, ROW - 4, tooltip->str);
  chart_text_fitted (out, "", CHART_X0, base - 15, costs->x0 - CHART_X0 - 8, reason_name (costs->names, reason->code));
  chart_text (out, "a", CHART_X0, base + 2, exits->str);
  chart_line (out, "axis", costs->x0, base, costs->x1, base);
  put_bars (out, costs, reason, base);
  put_marks (out, costs, reason, base);
  chart_text (out, "e", costs->x1 + 70, base - 4, median->str);
  chart_text (out, "b e", CHART_X1, base - 4, share->str);
}

/* Grid at the powers of ten; their names at the bottom. */
static void
put_axis (GString *out, const Costs *costs, double y0, double y1)
{
  double last = -1e9;

  for (guint64 power = 1, i = 0; i < 16; power *= 10, i++)
    {
      const double at = log2 ((double) power);
      g_autoptr (GString) text = g_string_new (NULL);
      if (at < costs->low - 1.0 || at > costs->high)
        continue;
      say_short (text, (double) power);
      chart_line (out, "grid", log_x (costs, at), y0, log_x (costs, at), y1 + 5);
      if (log_x (costs, at) - last < 44)
        continue;
      last = log_x (costs, at);
      chart_text (out, "a m", last, y1 + 21, text->str);
    }
  chart_text (out, "a", CHART_X0, y1 + 21, "cycles an exit");
}

static void
put_caption (GString *out, const Costs *costs, double y)
{
  g_autoptr (GString) text = g_string_new ("median");
  guint64 cycles = 0;

  chart_line (out, "mark", CHART_X0 + 2, y - 13, CHART_X0 + 2, y + 2);
  chart_text (out, "a", CHART_X0 + 10, y, text->str);
  chart_line (out, "one", CHART_X0 + 82, y - 13, CHART_X0 + 82, y + 2);
  chart_text (out, "a", CHART_X0 + 90, y, "99th percentile");
  if (costs->shown == costs->n)
    return;
  for (guint i = costs->shown; i < costs->n; i++)
    cycles += row_of (costs, i)->cycles;
  g_string_printf (text, "not shown: %u reasons with ", costs->n - costs->shown);
  say_percent (text, (double) cycles, (double) costs->s->windows[WINDOW_BOOT].cycles);
  chart_text (out, "a e", CHART_X1, y, text->str);
}

static char *
desc_of (const Costs *costs, const char *subtitle)
{
  GString *text = g_string_new (subtitle);

  g_string_append (text, ". Median cycles and share of all cycles: ");
  for (guint i = 0; i < MIN (costs->shown, 6); i++)
    {
      g_string_append_printf (text, "%s%s ", i > 0 ? "; " : "", reason_name (costs->names, row_of (costs, i)->code));
      words_count (text, row_of (costs, i)->cycles_p50);
      g_string_append (text, ", ");
      say_percent (text, (double) row_of (costs, i)->cycles, (double) costs->s->windows[WINDOW_BOOT].cycles);
    }
  return g_string_free (text, FALSE);
}

static GString *
draw (const Costs *costs, const char *title)
{
  g_autoptr (GString) subtitle = g_string_new (NULL);
  const double y0 = CHART_TOP + 22, y1 = y0 + costs->shown * ROW + 4;

  words_amount (subtitle, costs->s->windows[WINDOW_BOOT].exits, "exit", "exits");
  g_string_append (subtitle, " took ");
  words_count (subtitle, costs->s->windows[WINDOW_BOOT].cycles);
  g_string_append (subtitle, " cycles over the boot");
  g_autofree char *desc = desc_of (costs, subtitle->str);
  GString *out = g_string_new (NULL);
  chart_begin (out, y1 + 64, title, subtitle->str, desc);
  chart_text (out, "a e", costs->x1 + 70, CHART_TOP + 14, "median");
  chart_text (out, "a e", CHART_X1, CHART_TOP + 14, "of cycles");
  put_axis (out, costs, y0, y1);
  for (guint i = 0; i < costs->shown; i++)
    put_row (out, costs, row_of (costs, i), y0 + i * ROW);
  put_caption (out, costs, y1 + 50);
  chart_end (out);
  return out;
}

GString *
picture_costs (const AnswersLab *lab)
{
  g_autofree char *title = g_strdup_printf ("%s: what an exit costs, by reason", lab->name);
  Costs costs;

  if (lab->summary == NULL || chart_len (lab->summary->reasons[WINDOW_BOOT]) == 0)
    return chart_empty (title, lab->summary == NULL ? "The lab failed: there is nothing to show." : "There were no exits.");
  costs_init (&costs, lab);
  GString *out = draw (&costs, title);
  g_ptr_array_unref (costs.rows);
  return out;
}

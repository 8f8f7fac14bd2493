/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The starts of systemd's units along the boot, as `systemd-analyze plot` has them, with what they have of the exits: a bar a unit, from when
 * it began to be started to when it was active, coloured by the kind of its most frequent exits and labelled with its fair share, which stands
 * first, for a name may be cut.
 */
#include "report/chart.h"
#include "report/pictures.h"
#include "report/words.h"

#define SHOWN 30u
#define ROW 21.0
#define BAR 13.0
#define GAP 6.0 /* between a bar and its text */
#define FOOT 34.0

typedef struct {
  const AnswersLab *lab;
  const LabSummary *s;
  GPtrArray *units; /* of const UnitSummary *, by start */
  TimeScale time;
  double y0;
} Gantt;

static void
gantt_clear (Gantt *gantt)
{
  g_clear_pointer (&gantt->units, g_ptr_array_unref);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Gantt, gantt_clear)

/* They lie in one array in order of their start. */
static gint
compare_places (gconstpointer a, gconstpointer b)
{
  const UnitSummary *x = *(const UnitSummary *const *) a, *y = *(const UnitSummary *const *) b;
  return x < y ? -1 : x > y;
}

static void
gantt_init (Gantt *gantt, const AnswersLab *lab)
{
  const LabSummary *s = lab->summary;

  *gantt = (Gantt) { .lab = lab, .s = s, .units = lab_summary_top_units (s), .time = { CHART_X0, CHART_X1, s->windows[WINDOW_BOOT].end_ns } };
  if (gantt->units->len > SHOWN)
    g_ptr_array_set_size (gantt->units, SHOWN);
  g_ptr_array_sort (gantt->units, compare_places);
  gantt->y0 = CHART_TOP + 12 + chart_phase_rows (s, s->boot_phases, &gantt->time) * CHART_PHASE_ROW;
}

static void
say_unit (GString *text, const AnswersLab *lab, const UnitSummary *unit)
{
  g_string_append_printf (text, "%s: ", unit->name);
  say_seconds (text, (double) unit->start_ns);
  g_string_append (text, " to ");
  say_seconds (text, (double) unit->active_ns);
  g_string_append (text, ", ");
  words_amount (text, unit->exits, "exit", "exits");
  g_string_append (text, " meanwhile, ");
  words_count (text, unit->alone);
  g_string_append (text, " alone, a fair share of ");
  words_count (text, arith_ratio (unit->share_milli, 1, 1000));
  g_string_append_printf (text, "; mostly %s", reason_name (lab->names, unit->top_code));
}

/* Behind the bar if there is room, before it if there is, else on it. */
static void
put_label (GString *out, const UnitSummary *unit, double a, double b, double y)
{
  g_autoptr (GString) text = g_string_new (NULL);
  const double right = CHART_X1 - b - GAP, left = a - GAP - CHART_X0;

  say_short (text, (double) unit->share_milli / 1000);
  g_string_append_printf (text, "  %s", unit->name);
  const double width = chart_text_width (text->str);
  if (width <= right)
    chart_text (out, "", b + GAP, y + BAR - 1.5, text->str);
  else if (width <= left)
    chart_text (out, "e", a - GAP, y + BAR - 1.5, text->str);
  else if (MAX (left, right) > b - a)
    chart_text_fitted (out, left > right ? "e" : "", left > right ? a - GAP : b + GAP, y + BAR - 1.5, MAX (left, right), text->str);
  else
    chart_text_fitted (out, "on", a + GAP, y + BAR - 1.5, b - a - 2 * GAP, text->str);
}

static void
put_unit (GString *out, const Gantt *gantt, guint i)
{
  const UnitSummary *unit = g_ptr_array_index (gantt->units, i);
  const double a = time_x (&gantt->time, unit->start_ns), b = MAX (time_x (&gantt->time, unit->active_ns), a + 1.5);
  const double y = gantt->y0 + 6 + i * ROW;
  g_autofree char *class = g_strdup_printf ("area %s", chart_kind_class (reason_kind (gantt->lab->names, unit->top_code)));
  g_autoptr (GString) tooltip = g_string_new (NULL);

  say_unit (tooltip, gantt->lab, unit);
  chart_rect (out, class, a, y, b - a, BAR, NULL);
  put_label (out, unit, a, b, y);
  chart_rect (out, "hit", CHART_X0, y - (ROW - BAR) / 2, CHART_X1 - CHART_X0, ROW, tooltip->str);
}

static void
say_all (GString *desc, const Gantt *gantt)
{
  for (guint i = 0; i < gantt->units->len; i++)
    {
      g_string_append (desc, i > 0 ? ". " : "");
      say_unit (desc, gantt->lab, g_ptr_array_index (gantt->units, i));
    }
}

GString *
picture_units (const AnswersLab *lab)
{
  g_autofree char *title = g_strdup_printf ("Starts of units and their exits, %s", lab->name);
  g_auto (Gantt) gantt = { 0 };

  if (lab->summary == NULL || chart_len (lab->summary->units) == 0)
    return chart_empty (title, "No units are told of: L2 is no distribution, or reported nothing.");
  gantt_init (&gantt, lab);
  if (gantt.units->len == 0 || gantt.time.end_ns <= 0)
    return chart_empty (title, "No exit falls into the start of a unit.");
  GString *out = g_string_new (NULL);
  g_autoptr (GString) desc = g_string_new (NULL);
  const double height = gantt.units->len * ROW + 10;

  say_all (desc, &gantt);
  chart_begin (out, gantt.y0 + height + FOOT, title, "Exits while being started, by fair share; coloured by kind.", desc->str);
  chart_phases (out, gantt.s, gantt.s->boot_phases, &gantt.time, gantt.y0, height);
  for (guint i = 0; i < gantt.units->len; i++)
    put_unit (out, &gantt, i);
  chart_time_axis (out, &gantt.time, gantt.y0 + height);
  chart_end (out);
  return out;
}

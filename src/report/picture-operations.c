/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Exits that one repetition of each operation takes, the labs' bars below each other, on a log scale. */
#include <math.h>

#include "report/chart.h"
#include "report/pictures.h"
#include "report/words.h"

#define LABS_MAX 4u
#define BAR 16.0
#define GAP 10.0 /* between operations */
#define NAME_LEAST 90.0
#define NAME_MOST 160.0
#define LOW (-2.0) /* the scale begins at 10^LOW */

typedef struct {
  guint number;
  double most;
} Row;

typedef struct {
  const AnswersLab *labs;
  gsize which[LABS_MAX]; /* the labs shown, into labs */
  guint n_labs;
  GArray *rows; /* of Row, most exits a repetition first */
  double high;  /* the scale ends at 10^high */
  double x0, x1;
} Operations;

static void
operations_clear (Operations *ops)
{
  g_clear_pointer (&ops->rows, g_array_unref);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Operations, operations_clear)

static double
per_repetition (const OperationSummary *op)
{
  return op->repetitions > 0 ? (double) op->exits / (double) op->repetitions : 0;
}

static gint
compare_rows (gconstpointer a, gconstpointer b)
{
  const Row *x = a, *y = b;
  if (x->most != y->most)
    return x->most > y->most ? -1 : 1;
  return x->number < y->number ? -1 : x->number > y->number;
}

/* The calibrations are what the others are already less by: they are no rows. */
static gboolean
is_row (guint number)
{
  return number < OPERATIONS && !operation_is_calibration (number);
}

static void
operations_init (Operations *ops, const AnswersLab *labs, gsize n)
{
  *ops = (Operations) { .labs = labs, .high = 1, .x0 = NAME_LEAST, .x1 = CHART_X1 - 74 };
  ops->rows = g_array_new (FALSE, FALSE, sizeof (Row));
  for (gsize i = 0; i < n && ops->n_labs < LABS_MAX; i++)
    if (labs[i].summary != NULL && chart_len (labs[i].summary->operations) > 0)
      ops->which[ops->n_labs++] = i;
  for (guint number = 0; number < OPERATIONS; number++)
    {
      Row row = { number, -1 };
      for (guint i = 0; i < ops->n_labs; i++)
        {
          const OperationSummary *op = lab_summary_operation (labs[ops->which[i]].summary, number);
          if (op != NULL)
            row.most = MAX (row.most, per_repetition (op));
        }
      if (row.most < 0 || !is_row (number))
        continue;
      g_array_append_val (ops->rows, row);
      ops->high = MAX (ops->high, log10 (MAX (row.most, 1)));
      ops->x0 = MAX (ops->x0, chart_text_width (record_operations[number].name));
    }
  ops->x0 = CHART_X0 + MIN (ops->x0, NAME_MOST) + 10;
  g_array_sort (ops->rows, compare_rows);
}

static double
value_x (const Operations *ops, double value)
{
  const double at = value > 0 ? (log10 (value) - LOW) / (ops->high - LOW) : 0;
  return ops->x0 + (ops->x1 - ops->x0) * CLAMP (at, 0, 1);
}

static void
say_operation (GString *text, const AnswersLab *lab, const OperationSummary *op)
{
  g_string_append_printf (text, "%s, %s: ", lab->name, record_operations[op->number].what);
  words_amount (text, op->exits, "exit", "exits");
  g_string_append (text, " in ");
  words_count (text, op->repetitions);
  g_string_append (text, op->repetitions == 1 ? " repetition" : " repetitions");
  if (op->repetitions > 0)
    {
      g_string_append (text, ", ");
      words_count (text, op->cycles / op->repetitions);
      g_string_append (text, " cycles each");
    }
  if (chart_len (op->reasons) > 0)
    g_string_append_printf (text, ", mostly %s", reason_name (lab->names, g_array_index (op->reasons, OperationReason, 0).code));
}

static void
put_bar (GString *out, const Operations *ops, gsize lab, guint number, double y)
{
  const OperationSummary *op = lab_summary_operation (ops->labs[lab].summary, number);
  g_autofree char *class = g_strdup_printf ("area %s", chart_lab_class (ops->labs, lab));
  g_autoptr (GString) tooltip = g_string_new (NULL);
  g_autoptr (GString) text = g_string_new (NULL);

  if (op == NULL)
    {
      chart_text (out, "a", ops->x0 + 6, y + BAR - 3.5, "not performed");
      return;
    }
  const double value = per_repetition (op);
  /* A sliver, so that something less than the scale's beginning is told from nothing. */
  const double width = value > 0 ? MAX (value_x (ops, value) - ops->x0, 2) : 0;
  say_operation (tooltip, &ops->labs[lab], op);
  say_value (text, value);
  if (width > 0)
    chart_rect (out, class, ops->x0, y, width, BAR - 1.5, tooltip->str);
  chart_text (out, value > 0 ? "" : "u", ops->x0 + width + 6, y + BAR - 3.5, text->str);
}

static double
row_height (const Operations *ops)
{
  return MAX (ops->n_labs * BAR, 15) + GAP;
}

static void
put_row (GString *out, const Operations *ops, guint i, double y)
{
  const struct record_operation *op = &record_operations[g_array_index (ops->rows, Row, i).number];
  const double height = row_height (ops);

  if (i % 2 == 0)
    chart_rect (out, "band", CHART_X0 - 6, y, CHART_X1 - CHART_X0 + 12, height, op->what);
  chart_text_fitted (out, "e", ops->x0 - 10, y + height / 2 + 5, ops->x0 - 10 - CHART_X0, op->name);
}

static void
put_axis (GString *out, const Operations *ops, double y0, double y1)
{
  /* So many decades from one name to the next. */
  const gint every = (gint) ceil ((ops->high - LOW) * 46 / (ops->x1 - ops->x0));

  for (gint power = (gint) LOW; power <= ops->high; power++)
    {
      const double x = value_x (ops, pow (10, power));
      g_autoptr (GString) text = g_string_new (NULL);
      say_short (text, pow (10, power));
      chart_line (out, power == 0 ? "one" : power == (gint) LOW ? "axis" : "grid", x, y0, x, y1);
      if (power % every == 0)
        chart_text (out, power == 0 ? "b m" : "a m", x, y0 - 8, text->str);
    }
}

/* Each lab's name in its colour, with a box of it. */
static void
put_legend (GString *out, const Operations *ops, double y)
{
  double x = CHART_X0;

  for (guint i = 0; i < ops->n_labs; i++)
    {
      const AnswersLab *lab = &ops->labs[ops->which[i]];
      g_autofree char *box = g_strdup_printf ("area %s", chart_lab_class (ops->labs, ops->which[i]));
      g_autofree char *name = g_strdup_printf ("b own %s", chart_lab_class (ops->labs, ops->which[i]));
      chart_rect (out, box, x, y - 11, 12, 12, NULL);
      chart_text_fitted (out, name, x + 18, y, 120, lab->name);
      x += MIN (chart_text_width (lab->name), 120) + 42;
    }
}

static char *
desc_of (const Operations *ops)
{
  GString *text = g_string_new ("Exits a repetition");

  for (guint i = 0; i < ops->rows->len; i++)
    {
      const guint number = g_array_index (ops->rows, Row, i).number;
      g_string_append_printf (text, "%s %s", i == 0 ? ":" : ";", record_operations[number].name);
      for (guint j = 0; j < ops->n_labs; j++)
        {
          const AnswersLab *lab = &ops->labs[ops->which[j]];
          const OperationSummary *op = lab_summary_operation (lab->summary, number);
          if (op == NULL)
            continue;
          g_string_append_printf (text, " %s ", lab->name);
          say_value (text, per_repetition (op));
        }
    }
  return g_string_free (text, FALSE);
}

GString *
picture_operations (const AnswersLab *labs, gsize n)
{
  const char *title = "Exits that an operation takes";
  g_auto (Operations) ops = { 0 };

  operations_init (&ops, labs, n);
  if (ops.rows->len == 0)
    return chart_empty (title, "No operations were performed.");
  g_autofree char *desc = desc_of (&ops);
  const double y0 = CHART_TOP + 46, height = row_height (&ops), y1 = y0 + height * ops.rows->len;
  GString *out = g_string_new (NULL);
  chart_begin (out, y1 + 14, title, "Exits a repetition, log scale, without what the measuring itself brings along", desc);
  put_legend (out, &ops, CHART_TOP + 12);
  for (guint i = 0; i < ops.rows->len; i++)
    put_row (out, &ops, i, y0 + i * height);
  put_axis (out, &ops, y0, y1);
  for (guint i = 0; i < ops.rows->len; i++)
    for (guint j = 0; j < ops.n_labs; j++)
      put_bar (out, &ops, ops.which[j], g_array_index (ops.rows, Row, i).number,
               y0 + i * height + (height - ops.n_labs * BAR) / 2 + j * BAR);
  chart_end (out);
  return out;
}

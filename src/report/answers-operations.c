/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which operations cause more exits, and how many each? */
#include "report/answers-parts.h"

#include <string.h>

#include "report/csv.h"
#include "report/words.h"

#define RANKED 3u
#define NOTES_SHOWN 20u /* checks that are told one by one */
#define CHECK_PREFIX "operation:"

/* Those performed, in the order of the table; no calibration. Of const OperationSummary *. */
static GPtrArray *
performed (const AnswersLab *lab)
{
  GPtrArray *all = g_ptr_array_new ();
  for (guint number = 0; number < OPERATIONS; number++)
    {
      const OperationSummary *operation = operation_is_calibration (number) ? NULL : lab_summary_operation (lab->summary, number);
      if (operation != NULL)
        g_ptr_array_add (all, (gpointer) operation);
    }
  return all;
}

static const char *
name_of (const OperationSummary *operation)
{
  return record_operations[operation->number].name;
}

static guint64
exits_milli (const OperationSummary *operation)
{
  return arith_ratio (operation->exits, 1000, operation->repetitions);
}

static guint64
cycles_milli (const OperationSummary *operation)
{
  return arith_ratio (operation->cycles, 1000, operation->repetitions);
}

static gint
compare (guint64 a, guint64 b, const OperationSummary *x, const OperationSummary *y)
{
  if (a != b)
    return a > b ? -1 : 1;
  return x->number < y->number ? -1 : x->number > y->number;
}

static gint
compare_exits (gconstpointer a, gconstpointer b)
{
  const OperationSummary *x = *(const OperationSummary *const *) a, *y = *(const OperationSummary *const *) b;
  return compare (exits_milli (x), exits_milli (y), x, y);
}

static gint
compare_cycles (gconstpointer a, gconstpointer b)
{
  const OperationSummary *x = *(const OperationSummary *const *) a, *y = *(const OperationSummary *const *) b;
  return compare (cycles_milli (x), cycles_milli (y), x, y);
}

/* A figure of one repetition: whole if it is whole or large. */
static void
put_each (GString *out, guint64 milli)
{
  if (milli % 1000 == 0 || milli >= 1000000)
    words_count (out, arith_ratio (milli, 1, 1000));
  else
    words_fixed (out, milli, 3);
}

/* " Most exits each: reboot with 18,100 […], … ." Sorts them. */
static void
put_ranked (GString *out, const AnswersLab *lab, GPtrArray *all, const char *what, GCompareFunc order, guint64 (*figure) (const OperationSummary *))
{
  g_ptr_array_sort (all, order);
  for (guint i = 0; i < MIN (all->len, RANKED); i++)
    {
      const OperationSummary *operation = g_ptr_array_index (all, i);
      if (figure (operation) == 0)
        break;
      if (i == 0)
        g_string_append_printf (out, " Most %s each: ", what);
      else
        g_string_append (out, ", ");
      g_string_append_printf (out, "%s with ", name_of (operation));
      put_each (out, figure (operation));
      answers_cite (out, lab, "operations.csv", "operation=%s", name_of (operation));
    }
  if (all->len > 0 && figure (g_ptr_array_index (all, 0)) > 0)
    g_string_append_c (out, '.');
}

/* Their names, separated by commas; returns how many. */
static guint
list_free_of_exits (GString *list, const GPtrArray *all)
{
  guint n = 0;
  for (guint i = 0; i < all->len; i++)
    {
      const OperationSummary *operation = g_ptr_array_index (all, i);
      if (operation->exits == 0)
        g_string_append_printf (list, "%s%s", n++ > 0 ? ", " : "", name_of (operation));
    }
  return n;
}

static void
put_causes (GString *out, const AnswersLab *lab, const GPtrArray *all)
{
  g_autoptr (GString) list = g_string_new (NULL);
  const guint without = list_free_of_exits (list, all);

  g_string_append (out, "of ");
  words_amount (out, all->len, "operation", "operations");
  g_string_append_printf (out, " performed %u ha%s exits", all->len - without, all->len - without == 1 ? "s" : "ve");
  answers_cite (out, lab, "operations.csv", "all rows");
  if (without > 0)
    {
      g_string_append_printf (out, " and %u none: %s", without, list->str);
      answers_cite (out, lab, "operations.csv", "exits=0");
    }
  g_string_append_c (out, '.');
}

/* Which are missing, by the guest that would have performed them. */
static void
put_missing (GString *out, const AnswersLab *lab)
{
  static const char *const guests[] = { [RECORD_GUEST_LINUX] = "Linux", [RECORD_GUEST_KNOWN_ANSWER] = "the known-answer guest" };

  for (guint guest = 0; guest < G_N_ELEMENTS (guests); guest++)
    {
      g_autoptr (GString) list = g_string_new (NULL);
      guint missing = 0, of = 0;
      for (guint number = 0; number < OPERATIONS; number++)
        {
          if (record_operations[number].guest != guest || operation_is_calibration (number))
            continue;
          of++;
          if (lab_summary_operation (lab->summary, number) == NULL)
            g_string_append_printf (list, "%s%s", missing++ > 0 ? ", " : "", record_operations[number].name);
        }
      if (missing == of)
        g_string_append_printf (out, " Nothing that %s performs was performed: it did not run, or not so far.", guests[guest]);
      else if (missing > 0)
        g_string_append_printf (out, " Left out by %s, which found that this lab's machine cannot do them: %s.", guests[guest], list->str);
    }
}

static gboolean
is_about_operations (const CheckRow *row)
{
  return g_str_has_prefix (row->check, CHECK_PREFIX);
}

/* Of the checks of operations. */
static guint
count_verdicts (const AnswersLab *lab, const char *verdict)
{
  guint n = 0;
  for (guint i = 0; i < lab->checks->rows->len; i++)
    {
      const CheckRow *row = g_ptr_array_index (lab->checks->rows, i);
      n += is_about_operations (row) && (verdict == NULL || strcmp (row->verdict, verdict) == 0) ? 1 : 0;
    }
  return n;
}

static void
put_expected (GString *out, const AnswersLab *lab)
{
  const guint told = count_verdicts (lab, NULL);

  if (told == 0)
    return;
  g_string_append_printf (out, " The manuals and KVM's source tell a number of exits for %u of them; as expected: %u; surprises: %u; errors: %u", told,
                          count_verdicts (lab, "ok"), count_verdicts (lab, "surprise"), count_verdicts (lab, "fail"));
  answers_cite (out, lab, "checks.csv", "check=" CHECK_PREFIX "…");
  g_string_append (out, count_verdicts (lab, "ok") == told ? "." : ":");
}

static void
put_note (GString *out, const AnswersLab *lab, const CheckRow *row)
{
  g_autofree char *check = markdown_text (row->check);

  g_string_append (out, "  - ");
  answers_text (out, row->verdict);
  g_string_append (out, ": ");
  answers_text (out, row->check + strlen (CHECK_PREFIX));
  g_string_append (out, ": expected ");
  answers_text (out, row->expected);
  g_string_append (out, " exits, found ");
  answers_text (out, row->actual);
  answers_cite (out, lab, "checks.csv", "check=%s", check);
  g_string_append_c (out, '\n');
}

static void
put_notes (GString *out, const AnswersLab *lab)
{
  guint shown = 0;

  for (guint i = 0; i < lab->checks->rows->len; i++)
    {
      const CheckRow *row = g_ptr_array_index (lab->checks->rows, i);
      if (!is_about_operations (row) || strcmp (row->verdict, "ok") == 0)
        continue;
      if (shown == NOTES_SHOWN)
        {
          g_string_append (out, "  - and more\n");
          return;
        }
      put_note (out, lab, row);
      shown++;
    }
}

static void
put_lab (GString *out, const AnswersLab *lab)
{
  g_autoptr (GPtrArray) all = performed (lab);

  answers_begin (out, lab);
  if (all->len == 0)
    {
      g_string_append (out, "no operations were performed.\n");
      return;
    }
  put_causes (out, lab, all);
  put_ranked (out, lab, all, "exits", compare_exits, exits_milli);
  put_ranked (out, lab, all, "cycles in exits", compare_cycles, cycles_milli);
  put_missing (out, lab);
  put_expected (out, lab);
  g_string_append_c (out, '\n');
  put_notes (out, lab);
}

static void
put_cells (GString *out, const AnswersLab *lab, guint number)
{
  const OperationSummary *operation = lab_summary_operation (lab->summary, number);

  if (operation == NULL)
    {
      answers_no_cells (out, 3);
      return;
    }
  g_string_append_c (out, ' ');
  csv_fixed (out, exits_milli (operation), 3);
  g_string_append (out, " | ");
  csv_fixed (out, cycles_milli (operation), 3);
  g_string_append (out, " | ");
  if (operation->exits > 0 && operation->reasons->len > 0)
    {
      const OperationReason *top = &g_array_index (operation->reasons, OperationReason, 0);
      answers_reason (out, lab, top->code);
      g_string_append (out, ", ");
      answers_percent (out, top->exits, operation->raw_exits);
    }
  else
    g_string_append (out, "none");
  g_string_append (out, " |");
}

static gboolean
any_performed (const AnswersLab *labs, gsize n, guint number)
{
  for (gsize i = 0; i < n; i++)
    if (lab_summary_operation (labs[i].summary, number) != NULL)
      return TRUE;
  return FALSE;
}

static void
put_table (GString *out, const AnswersLab *labs, gsize n)
{
  static const AnswersColumn first[] = { { "operation", FALSE }, { "one repetition is", FALSE } };
  static const AnswersColumn per_lab[] = { { "exits each", TRUE }, { "cycles each", TRUE }, { "main reason", FALSE } };

  answers_table (out, first, G_N_ELEMENTS (first), per_lab, G_N_ELEMENTS (per_lab), labs, n);
  for (guint number = 0; number < OPERATIONS; number++)
    {
      if (operation_is_calibration (number) || !any_performed (labs, n, number))
        continue;
      g_string_append_printf (out, "| %s | %s |", record_operations[number].name, record_operations[number].what);
      for (gsize i = 0; i < n; i++)
        put_cells (out, &labs[i], number);
      g_string_append_c (out, '\n');
    }
  answers_sources (out, labs, n, "operations.csv", "all rows");
}

void
answer_operations (GString *out, const AnswersLab *labs, gsize n)
{
  gboolean any = FALSE;

  for (guint number = 0; number < OPERATIONS && !any; number++)
    any = !operation_is_calibration (number) && any_performed (labs, n, number);
  if (!any)
    {
      g_string_append (out, "No operations were performed in this run. To have them: `operations = 1` in group `[l2]` of configs/labs/LAB.conf, "
                            "then another full-run.\n");
      return;
    }
  g_string_append (out, "An operation is repeated between two marks. What two marks bring along with nothing between them (calibration) is taken off; exits that "
                        "are not the operation's own, as an interrupt that came meanwhile, are not. The main reason is the most frequent one of all exits between the "
                        "marks.\n\n");
  for (gsize i = 0; i < n; i++)
    put_lab (out, &labs[i]);
  put_table (out, labs, n);
}

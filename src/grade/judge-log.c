/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Statistics in the kernel log, row by row, against the emulator's log; see log-look.h for what each print is
 * held against. */
#include "grade/judge-private.h"

#include <string.h>

#include "grade/log-look.h"

#define LINES_PER_PRINT 100u /* a table of all that the manual has, and around it */

static const LogMoment *
moment_at (const LogLook *look, guint index)
{
  return &g_array_index (look->moments, LogMoment, index);
}

/* Without a total its counts' sum, which a refused entry that has no type, or the exit at which it prints, may
 * not be in. */
static guint64
told_total (const LogMoment *moment)
{
  const guint64 sum = moment->print->sum;
  if (moment->print->has_total)
    return moment->print->total;
  if (moment->until > moment->n)
    return moment->n;
  return sum % LOG_INTERVAL == LOG_INTERVAL - 1 ? sum + 1 : sum;
}

static char *
number (guint64 value)
{
  return g_strdup_printf ("%" G_GUINT64_FORMAT, value);
}

/* "NPF (0x400)", "EPT_VIOLATION (48)" */
static char *
type_text (const Judge *judge, guint32 code)
{
  return g_strdup_printf (judge->lab->isa == ISA_VMX ? "%s (%u)" : "%s (0x%x)",
                          reason_name (judge->lab->names, code), code);
}

static char *
moment_text (const Judge *judge, const LogMoment *moment)
{
  return g_strdup_printf ("%s: the print at %" G_GUINT64_FORMAT " exits", isa_name (judge->lab->isa),
                          told_total (moment));
}

/* Nothing was printed: each row that asks for it is lost, once it was due. TRUE if there is no more to say. */
static gboolean
is_silent (const Judge *judge, GradeRow *row)
{
  const LogLook *look = judge->look;
  if (look->moments->len > 0)
    return FALSE;
  if (log_look_is_due (look) && judge_blames (judge))
    grade_case_add (row, FALSE,
                    g_strdup_printf ("%s: %" G_GUINT64_FORMAT " exits", isa_name (judge->lab->isa),
                                     log_truth_all (look->truth, &look->views[0])),
                    g_strdup ("statistics in the kernel log"), g_strdup ("none"));
  return TRUE;
}

/* --- interval --------------------------------------------------------------------------------- */

/* A counter of a VM's own begins anew with it. */
static gboolean
begins_anew (const LogMoment *before, const LogMoment *moment)
{
  return before == NULL
         || (moment->view->from > before->view->from && told_total (moment) <= told_total (before));
}

/* Where there is no total, a refused entry, or the exit at which it prints, may be in one sum and not in the other. */
static gboolean
is_due (const LogMoment *before, const LogMoment *moment)
{
  const guint64 total = told_total (moment), due = told_total (before) + LOG_INTERVAL;
  const gboolean vague = !before->print->has_total || !moment->print->has_total;
  return total == due || (vague && (total == due + 1 || total + 1 == due));
}

static void
add_interval (const Judge *judge, const LogMoment *before, const LogMoment *moment, GradeRow *row)
{
  const guint64 total = told_total (moment), last = before != NULL ? told_total (before) : 0;
  g_autofree char *lab = g_strdup (isa_name (judge->lab->isa));
  if (begins_anew (before, moment))
    {
      grade_case_add (row, total <= LOG_INTERVAL + 1 && total + 1 >= LOG_INTERVAL,
                      g_strdup_printf ("%s: the first print", lab), number (LOG_INTERVAL), number (total));
      return;
    }
  grade_case_add (row, is_due (before, moment),
                  g_strdup_printf ("%s: the print after that at %" G_GUINT64_FORMAT, lab, last),
                  number (last + LOG_INTERVAL),
                  total == last ? g_strdup_printf ("%" G_GUINT64_FORMAT " once more", total) : number (total));
}

void
judge_log_interval (const Judge *judge, GradeRow *row)
{
  const LogLook *look = judge->look;
  if (is_silent (judge, row))
    return;
  for (guint i = 0; i < look->moments->len; i++)
    add_interval (judge, i > 0 ? moment_at (look, i - 1) : NULL, moment_at (look, i), row);
}

/* --- totals ----------------------------------------------------------------------------------- */

/* Exits that no total has: the last print is less than an interval before the end. */
static void
add_end (const Judge *judge, GradeRow *row)
{
  const LogLook *look = judge->look;
  const LogMoment *last = moment_at (look, look->moments->len - 1);
  const guint64 all = log_truth_all (look->truth, last->view), told = told_total (last);
  const guint64 due = told + (all > told ? (all - told) / LOG_INTERVAL * LOG_INTERVAL : 0);
  if (!judge->lab->report->ended || look->reading->cut || !judge->lab->last->complete)
    return;
  grade_case_add (
      row, told <= all && all - told <= LOG_INTERVAL,
      g_strdup_printf ("%s: %" G_GUINT64_FORMAT " exits, the last print", isa_name (judge->lab->isa), all),
      g_strdup_printf ("at %" G_GUINT64_FORMAT, told <= all ? due : all / LOG_INTERVAL * LOG_INTERVAL),
      g_strdup_printf ("at %" G_GUINT64_FORMAT, told));
}

void
judge_log_totals (const Judge *judge, GradeRow *row)
{
  const LogLook *look = judge->look;
  if (is_silent (judge, row))
    return;
  for (guint i = 0; i < look->moments->len; i++)
    {
      const LogMoment *moment = moment_at (look, i);
      if (moment->total == LOG_TOTAL_UNKNOWN)
        continue;
      grade_case_add (row, moment->total == LOG_TOTAL_RIGHT, moment_text (judge, moment),
                      g_strdup_printf ("a total of %" G_GUINT64_FORMAT, moment->n),
                      moment->print->has_total ? number (moment->print->total) : g_strdup ("no total"));
    }
  add_end (judge, row);
}

/* --- counts and types ------------------------------------------------------------------------- */

/* Of the refused VM entry either is right, and of what the manual has not log-raw-reason speaks. */
static gboolean
is_asked (const LogLook *look, guint32 code)
{
  return code != look->refused_code && (log_truth_has (look->truth, code) || log_names_has (look->names, code));
}

static void
add_counts (const Judge *judge, const LogMoment *moment, GradeRow *row)
{
  const LogLook *look = judge->look;
  for (guint i = 0; i < moment->print->entries->len; i++)
    {
      const LogEntry *entry = &g_array_index (moment->print->entries, LogEntry, i);
      const guint64 truth = log_truth_count (look->truth, moment->view, moment->n, entry->code);
      if (!is_asked (look, entry->code) || truth == 0)
        continue;
      g_autofree char *when = moment_text (judge, moment), *type = type_text (judge, entry->code);
      grade_case_add (row, log_moment_fits (look, moment, entry), g_strdup_printf ("%s: %s", when, type),
                      number (truth), number (entry->count));
    }
}

void
judge_log_counts (const Judge *judge, GradeRow *row)
{
  const LogLook *look = judge->look;
  if (is_silent (judge, row))
    return;
  for (guint i = 0; i < look->moments->len; i++)
    add_counts (judge, moment_at (look, i), row);
}

/* What the kernel held back by a rate limit is not there either. */
static char *
missing_text (const LogLook *look)
{
  if (look->reading->suppressed > 0)
    return g_strdup_printf ("it is not there; the kernel kept back %" G_GUINT64_FORMAT
                            " messages by a rate limit",
                            look->reading->suppressed);
  return g_strdup ("it is not there");
}

static void
add_missing (const Judge *judge, const LogMoment *moment, GradeRow *row)
{
  const LogLook *look = judge->look;
  g_autoptr (GArray) types = log_truth_types (look->truth, moment->view, moment->n);
  for (guint i = 0; i < types->len; i++)
    {
      const guint32 code = g_array_index (types, guint32, i);
      const LogEntry *entry = log_moment_entry (moment, code);
      if (!is_asked (look, code))
        continue;
      g_autofree char *when = moment_text (judge, moment), *type = type_text (judge, code);
      grade_case_add (row, entry != NULL, g_strdup_printf ("%s: %s", when, type), g_strdup ("is there"),
                      entry != NULL ? g_strdup ("it is") : missing_text (look));
    }
}

static void
add_invented (const Judge *judge, const LogMoment *moment, GradeRow *row)
{
  const LogLook *look = judge->look;
  for (guint i = 0; i < moment->print->entries->len; i++)
    {
      const LogEntry *entry = &g_array_index (moment->print->entries, LogEntry, i);
      if (!is_asked (look, entry->code) || entry->count == 0
          || log_truth_count (look->truth, moment->view, moment->until, entry->code) > 0)
        continue;
      g_autofree char *when = moment_text (judge, moment), *type = type_text (judge, entry->code);
      grade_case_add (row, FALSE, g_strdup_printf ("%s: %s", when, type), g_strdup ("none occurred"),
                      number (entry->count));
    }
}

void
judge_log_types (const Judge *judge, GradeRow *row)
{
  const LogLook *look = judge->look;
  if (is_silent (judge, row))
    return;
  for (guint i = 0; i < look->moments->len; i++)
    {
      add_missing (judge, moment_at (look, i), row);
      add_invented (judge, moment_at (look, i), row);
    }
}

/* --- names ------------------------------------------------------------------------------------ */

static char *
name_text (const Judge *judge, guint32 code, const char *name, LogNameKind kind, guint32 other)
{
  g_autofree char *head = grade_text_head (name, 80);
  g_autofree char *type = type_text (judge, other);
  switch (kind)
    {
    case LOG_NAME_NONE:
      return head[0] != '\0' ? g_strdup_printf ("\"%s\"", head) : g_strdup ("no name");
    case LOG_NAME_OTHERS:
      return g_strdup_printf ("\"%s\", which is %s%s", head, type,
                              other == code + 1 || other + 1 == code ? ": shifted by one" : "");
    case LOG_NAME_FREE:
      return g_strdup_printf ("\"%s\", which no table has: see whether it will do", head);
    case LOG_NAME_RIGHT:
      break;
    }
  return g_strdup_printf ("\"%s\"", head);
}

static void
add_name (const Judge *judge, const LogEntry *entry, GradeRow *row)
{
  const LogLook *look = judge->look;
  const char *name = entry->name != NULL ? entry->name : "";
  guint32 other = entry->code;
  const LogNameKind kind = log_names_judge (look->names, entry->code, name, &other);
  g_autofree char *type = type_text (judge, entry->code), *lab = g_strdup (isa_name (judge->lab->isa));
  grade_case_add (row, kind == LOG_NAME_RIGHT || kind == LOG_NAME_FREE,
                  g_strdup_printf ("%s: the name of %s", lab, type), g_strdup ("one of its own"),
                  name_text (judge, entry->code, name, kind, other));
  if (!entry->numbered)
    grade_case_add (row, FALSE, g_strdup_printf ("%s: the number of %s", lab, type), g_strdup ("is there"),
                    g_strdup ("the name alone"));
}

/* Each type that occurred, once: by its first entry. */
void
judge_log_names (const Judge *judge, GradeRow *row)
{
  const LogLook *look = judge->look;
  g_autoptr (GHashTable) done = g_hash_table_new (NULL, NULL);
  if (is_silent (judge, row))
    return;
  for (guint i = 0; i < look->moments->len; i++)
    {
      const LogPrint *print = moment_at (look, i)->print;
      for (guint j = 0; j < print->entries->len; j++)
        {
          const LogEntry *entry = &g_array_index (print->entries, LogEntry, j);
          if (is_asked (look, entry->code) && log_truth_has (look->truth, entry->code)
              && g_hash_table_add (done, GUINT_TO_POINTER (entry->code)))
            add_name (judge, entry, row);
        }
    }
  if (g_hash_table_size (done) == 0)
    grade_case_add (row, FALSE, g_strdup_printf ("%s: exit types", isa_name (judge->lab->isa)),
                    g_strdup ("number, name and count of each"), g_strdup ("totals alone"));
}

/* --- what no array expects -------------------------------------------------------------------- */

static void
add_beyond (const Judge *judge, GradeRow *row)
{
  const LogLook *look = judge->look;
  g_autoptr (GHashTable) done = g_hash_table_new (NULL, NULL);
  for (guint i = 0; i < look->moments->len; i++)
    {
      const LogPrint *print = moment_at (look, i)->print;
      for (guint j = 0; j < print->entries->len; j++)
        {
          const LogEntry *entry = &g_array_index (print->entries, LogEntry, j);
          if (entry->count == 0 || log_truth_has (look->truth, entry->code)
              || log_names_has (look->names, entry->code)
              || !g_hash_table_add (done, GUINT_TO_POINTER (entry->code)))
            continue;
          grade_case_add (row, FALSE, g_strdup_printf ("%s: types in the log", isa_name (judge->lab->isa)),
                          g_strdup ("those that the manual has"),
                          g_strdup_printf ("%u (0x%x)", entry->code, entry->code));
        }
    }
}

/*
 * A VM entry that the processor refuses is told by a reason with its highest bit set (SVM: by -1). Whether it
 * is counted is a matter of taste; statistics must go on behind it, and no number may be there that no manual
 * has.
 */
void
judge_log_raw_reason (const Judge *judge, GradeRow *row)
{
  const LogLook *look = judge->look;
  gboolean behind = FALSE, short_of = FALSE;
  if (is_silent (judge, row) || look->refused == G_MAXUINT || !judge_blames (judge))
    return;
  for (guint i = 0; i < look->moments->len; i++)
    {
      behind |= log_moment_is_behind (moment_at (look, i), look->refused);
      short_of |= moment_at (look, i)->total == LOG_TOTAL_WRONG;
    }
  /* Whose totals lack exits may not have come to another print. */
  if (behind || !short_of || !judge->lab->last->complete)
    grade_case_add (
        row, behind,
        g_strdup_printf ("%s: after a VM entry that the processor refuses", isa_name (judge->lab->isa)),
        g_strdup ("statistics go on"), g_strdup (behind ? "they do" : "no print"));
  add_beyond (judge, row);
}

/* --- two vCPUs, volume ------------------------------------------------------------------------ */

/* In the last print before both were at work the type was counted right: only then the second one is what is judged. */
static gboolean
was_right_before (const LogLook *look, guint begin, guint32 code)
{
  gboolean right = FALSE;
  for (guint i = 0; i < look->moments->len && !log_moment_is_behind (moment_at (look, i), begin); i++)
    {
      const LogMoment *moment = moment_at (look, i);
      const LogEntry *entry = log_moment_entry (moment, code);
      right = entry != NULL && log_moment_fits (look, moment, entry);
    }
  return right;
}

static void
add_concurrent (const Judge *judge, const ProgramWindow *window, GradeRow *row)
{
  const LogLook *look = judge->look;
  const struct challenge_step *step = judge_between (judge, window);
  const struct challenge_op_info *info = &challenge_ops[step->op];
  const guint32 code = judge->lab->isa == ISA_VMX ? info->vmx_reason : info->svm_code;
  const AccountStep *done = account_step (judge->account, window->between.first);
  const LogMoment *moment = NULL;
  for (guint i = 0; i < look->moments->len && moment == NULL; i++)
    if (log_moment_is_behind (moment_at (look, i), done->end) && moment_at (look, i)->view->from == 0)
      moment = moment_at (look, i);
  const LogEntry *entry = moment != NULL ? log_moment_entry (moment, code) : NULL;
  if (!done->done || entry == NULL || !was_right_before (look, done->at, code))
    return;
  const guint64 truth = log_truth_count (look->truth, moment->view, moment->n, code);
  grade_case_add (row, entry->count + step->b / 2 >= truth, judge_window_name (judge, window), number (truth),
                  number (entry->count));
}

void
judge_log_concurrency (const Judge *judge, GradeRow *row)
{
  if (is_silent (judge, row))
    return;
  for (guint i = 0; i < judge_windows (judge); i++)
    if (judge_window (judge, i)->concurrent)
      add_concurrent (judge, judge_window (judge, i), row);
  judge_add_findings (judge, row);
}

void
judge_log_lines (const Judge *judge, GradeRow *row)
{
  const LogLook *look = judge->look;
  const AgentReport *report = judge->lab->report;
  const guint64 lines = report->kernel_count - MIN (report->kernel_count, judge->lab->baseline->kernel_lines);
  const guint64 exits = log_truth_all (look->truth, &look->views[0]), prints = exits / LOG_INTERVAL + 2;
  const guint64 most = judge->rubric->log_lines_max + prints * LINES_PER_PRINT;
  if (!report->began)
    return;
  grade_case_add (row, lines <= most,
                  g_strdup_printf ("%s: kernel messages, in %" G_GUINT64_FORMAT " exits",
                                   isa_name (judge->lab->isa), exits),
                  g_strdup_printf ("at most %" G_GUINT64_FORMAT " more than without the change", most),
                  g_strdup_printf ("%" G_GUINT64_FORMAT " more", lines));
}

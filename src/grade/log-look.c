/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Prints and their exits; see log-look.h. */
#include "grade/log-look.h"

#include <string.h>

#include "grade/diff-lines.h"
#include "machine/machine.h"

#define VMX_INVALID_STATE 33u   /* SDM volume 3, appendix C: VM-entry failure due to invalid guest state */
#define LOG_BESIDE_MAX 200u    /* exits of another vCPU while one prints a hundred lines; 5 to 16 were seen at a dozen lines */
#define SVM_INVALID G_MAXUINT32 /* APM volume 2, appendix C: VMEXIT_INVALID, -1 */

/* --- where one may begin to count --------------------------------------------------------------- */

static guint
find_refused (const JudgedLab *lab, guint32 code)
{
  const Account *first = g_ptr_array_index (lab->accounts, 0);
  for (guint i = first->last + 1; i < first->exits->len; i++)
    if (g_array_index (first->exits, L0Exit, i).reason == code)
      return i;
  return G_MAXUINT;
}

/* All exits since the modules were loaded; all but the refused entry; those of the last VM. */
static void
fill_views (LogLook *look)
{
  look->views[0] = (LogView){ 0, G_MAXUINT };
  look->n_views = 1;
  if (look->refused == G_MAXUINT)
    return;
  look->views[1] = (LogView){ 0, look->refused };
  look->views[2] = (LogView){ look->refused + 1, G_MAXUINT };
  look->n_views = LOG_VIEWS;
}

static void
find_concurrent (LogLook *look, const Account *account)
{
  const GArray *windows = account->program->windows;
  look->concurrent = g_array_new (FALSE, FALSE, sizeof (LogSpan));
  for (guint i = 0; i < windows->len; i++)
    {
      const ProgramWindow *window = &g_array_index (windows, ProgramWindow, i);
      const AccountStep *step = window->concurrent ? account_step (account, window->between.first) : NULL;
      if (step == NULL || !step->done)
        continue;
      const LogSpan span = { step->at, step->end };
      g_array_append_val (look->concurrent, span);
    }
}

/* --- prints ----------------------------------------------------------------------------------- */

static guint
nonzero (const LogPrint *print)
{
  guint n = 0;
  for (guint i = 0; i < print->entries->len; i++)
    n += g_array_index (print->entries, LogEntry, i).count > 0 ? 1 : 0;
  return n;
}

/* A VM of its own has no more exits than it has. */
static gboolean
may_be_view (const LogLook *look, guint index, guint64 told)
{
  return look->views[index].from == 0 || told <= log_truth_all (look->truth, &look->views[index]);
}

/* The view in which most of its counts are those of the first n; of equal ones the one before. */
static guint
best_view (const LogLook *look, const LogPrint *print, guint64 n, const LogView **view)
{
  guint most = 0;
  for (guint i = 0; i < look->n_views; i++)
    {
      const guint exact = log_print_exact (print, look->truth, &look->views[i], n);
      if (exact <= most || !may_be_view (look, i, print->has_total ? print->total : print->sum))
        continue;
      most = exact;
      *view = &look->views[i];
    }
  return most;
}

/* Exits that had happened for certain when it was printed: enough for each of its counts. 0: it has more of a
 * type than ever were. */
static guint64
least_exits (const LogLook *look, const LogPrint *print, const LogView *view)
{
  guint64 least = 0;
  for (guint i = 0; i < print->entries->len; i++)
    {
      const LogEntry *entry = &g_array_index (print->entries, LogEntry, i);
      const guint64 reach = log_truth_reach (look->truth, view, entry->code, entry->count);
      if (reach == G_MAXUINT64)
        return 0;
      least = MAX (least, reach);
    }
  return least;
}

/* There were more exits than its total says. */
static gboolean
is_too_few (const LogLook *look, const LogPrint *print, const LogView *view)
{
  const guint64 least = least_exits (look, print, view);
  return least == 0 || least > print->total;
}

/* Each exit was counted twice: most counts are twice what half as many exits have. */
static gboolean
is_doubled (const LogLook *look, const LogPrint *print, const LogView *view, guint64 told)
{
  guint doubled = 0;
  for (guint i = 0; i < print->entries->len; i++)
    {
      const LogEntry *entry = &g_array_index (print->entries, LogEntry, i);
      doubled
          += entry->count > 0 && entry->count == 2 * log_truth_count (look->truth, view, told / 2, entry->code)
                 ? 1
                 : 0;
    }
  return 2 * doubled >= nonzero (print);
}

/* So many exits may have been counted when what was due at the n-th is printed: others made them meanwhile. n: none. */
static guint64
most_until (const LogLook *look, const LogView *view, guint64 n)
{
  for (guint i = 0; i < look->concurrent->len; i++)
    {
      const LogSpan *span = &g_array_index (look->concurrent, LogSpan, i);
      if (view->from + n > span->from && view->from + n <= span->to)
        return MIN (n + LOG_BESIDE_MAX, span->to - view->from);
    }
  return n;
}

/*
 * Statistics due at a total while two vCPUs are at work: whoever prints reads the counts one by one, and the other vCPU's go on. So
 * each count lies between what it was at that total and what it came to be soon after. One that does not costs itself alone.
 */
static gboolean
is_of_two (const LogLook *look, const LogPrint *print, LogMoment *moment)
{
  const LogView *view = &look->views[0];
  const guint64 told = print->has_total ? print->total : print->sum - print->sum % LOG_INTERVAL;
  const guint64 until = most_until (look, view, told), behind = told % LOG_INTERVAL;
  guint fitting = 0;
  *moment = (LogMoment){ print, view, told, until, print->has_total ? LOG_TOTAL_RIGHT : LOG_TOTAL_MISSING };
  if (told < LOG_INTERVAL || behind > 1 || until == told || print->sum > until)
    return FALSE;
  for (guint i = 0; i < print->entries->len; i++)
    {
      const LogEntry *entry = &g_array_index (print->entries, LogEntry, i);
      fitting += entry->count > 0 && log_moment_fits (look, moment, entry) ? 1 : 0;
    }
  return fitting >= 2 && fitting + (behind == 0 ? 1 : 0) >= nonzero (print);
}

typedef struct {
  guint64 n;
  guint exact;
  const LogView *view;
} Instant;

static void
try_instant (const LogLook *look, const LogPrint *print, const LogView *before, guint64 n, Instant *best)
{
  Instant one = { .n = n, .view = before };
  one.exact = best_view (look, print, n, &one.view);
  if (one.exact > best->exact)
    *best = one;
}

/*
 * The exits that a print speaks of: as many as its total says; or as its counts add up to; or the least that
 * can have happened, where some types are not counted. The one holds that most of its counts bear out. A total
 * that a print was due at holds where no count but one, which is less, does not. If none has half of the
 * counts, a total is one if they add up to it.
 */
static LogMoment
moment_of (const LogLook *look, const LogPrint *print, const LogView *before)
{
  const guint n = nonzero (print);
  const guint64 told = print->has_total ? print->total : print->sum;
  Instant best = { .n = told, .view = before };
  LogMoment of_two;
  try_instant (look, print, before, told, &best);
  const gboolean exact = best.exact == n && (print->has_total || told % LOG_INTERVAL <= 1 || told % LOG_INTERVAL == LOG_INTERVAL - 1);
  if (!exact && is_of_two (look, print, &of_two))
    return of_two;
  if (print->has_total && told % LOG_INTERVAL == 0 && n > 2 && best.exact + 1 >= n
      && !is_too_few (look, print, best.view))
    return (LogMoment){ print, best.view, told, told, LOG_TOTAL_RIGHT };
  try_instant (look, print, before, print->sum, &best);
  for (guint i = 0; i < look->n_views; i++)
    if (may_be_view (look, i, told))
      try_instant (look, print, &look->views[i], least_exits (look, print, &look->views[i]), &best);
  if (n > 1 && 2 * best.exact < n && is_doubled (look, print, before, told))
    return (LogMoment){ print, before, told / 2, told / 2, print->has_total ? LOG_TOTAL_WRONG : LOG_TOTAL_MISSING };
  if (n == 0 || (n == 1 && best.n != told) || 2 * best.exact < n)
    return (LogMoment){ print, best.view, told, told,
                        !print->has_total              ? LOG_TOTAL_MISSING
                        : n == 0 || told == print->sum ? LOG_TOTAL_RIGHT
                                                       : LOG_TOTAL_UNKNOWN };
  return (LogMoment){ print, best.view, best.n, best.n,
                      !print->has_total ? LOG_TOTAL_MISSING
                      : best.n == told  ? LOG_TOTAL_RIGHT
                                        : LOG_TOTAL_WRONG };
}

/* One that begins at 0 or 1 tells nothing: some print at their first exit. */
static gboolean
is_first_exit (const LogPrint *print)
{
  return (print->has_total ? print->total : print->sum) <= 1 && print->sum <= 1;
}

static void
fill_moments (LogLook *look)
{
  const LogView *view = &look->views[0];
  look->moments = g_array_new (FALSE, FALSE, sizeof (LogMoment));
  for (guint i = 0; i < look->reading->prints->len; i++)
    {
      const LogPrint *print = g_ptr_array_index (look->reading->prints, i);
      if (is_first_exit (print))
        continue;
      const LogMoment moment = moment_of (look, print, view);
      view = moment.view;
      g_array_append_val (look->moments, moment);
    }
}

/* --- all of it -------------------------------------------------------------------------------- */

/* The change tells its numbers, but not to the kernel log. */
static gboolean
tells_elsewhere (const char *diff)
{
  static const char *const ways[] = { "TRACE_EVENT", "DEFINE_EVENT", "trace_",      "debugfs_", "seq_printf",
                                      "proc_create", "sysfs_",       "DEVICE_ATTR", "relay_" };
  g_autoptr (GPtrArray) lines = diff != NULL ? diff_lines (diff) : g_ptr_array_new ();
  for (guint i = 0; i < lines->len; i++)
    {
      const DiffLine *line = g_ptr_array_index (lines, i);
      for (guint j = 0; j < G_N_ELEMENTS (ways) && !line->removed; j++)
        if (strstr (line->text, ways[j]) != NULL)
          return TRUE;
    }
  return FALSE;
}

static LogReading *
read_log (const LogLook *look, const JudgedLab *lab)
{
  g_autoptr (LogReading) reading
      = log_read (lab->report->kernel, look->truth, look->views, look->n_views, look->names);
  if (reading->state == LOG_READ || lab->report->traced->len == 0)
    return g_steal_pointer (&reading);
  g_autoptr (LogReading) traced
      = log_read (lab->report->traced, look->truth, look->views, look->n_views, look->names);
  return traced->state == LOG_NOTHING ? g_steal_pointer (&reading) : g_steal_pointer (&traced);
}

LogLook *
log_look_new (const JudgedLab *lab)
{
  const Account *first = g_ptr_array_index (lab->accounts, 0);
  LogLook *look = g_new0 (LogLook, 1);
  look->refused_code = lab->isa == ISA_VMX ? VMX_INVALID_STATE : SVM_INVALID;
  look->refused = find_refused (lab, look->refused_code);
  look->names = log_names_new (lab->names);
  look->truth = log_truth_new (first->exits);
  fill_views (look);
  find_concurrent (look, first);
  look->reading = read_log (look, lab);
  if (look->reading->state == LOG_NOTHING && tells_elsewhere (lab->change))
    look->reading->state = LOG_UNREAD;
  fill_moments (look);
  return look;
}

void
log_look_free (LogLook *look)
{
  if (look == NULL)
    return;
  g_array_unref (look->moments);
  g_array_unref (look->concurrent);
  log_reading_free (look->reading);
  log_truth_free (look->truth);
  log_names_free (look->names);
  g_free (look);
}

gboolean
log_look_is_due (const LogLook *look)
{
  return log_truth_all (look->truth, &look->views[0]) > LOG_INTERVAL;
}

const LogEntry *
log_moment_entry (const LogMoment *moment, guint32 code)
{
  for (guint i = 0; i < moment->print->entries->len; i++)
    {
      const LogEntry *entry = &g_array_index (moment->print->entries, LogEntry, i);
      if (entry->code == code)
        return entry;
    }
  return NULL;
}

gboolean
log_moment_fits (const LogLook *look, const LogMoment *moment, const LogEntry *entry)
{
  return entry->count >= log_truth_count (look->truth, moment->view, moment->n, entry->code)
         && entry->count <= log_truth_count (look->truth, moment->view, moment->until, entry->code);
}

gboolean
log_moment_is_behind (const LogMoment *moment, guint index)
{
  return moment->view->from > index || (moment->n > index && moment->n - 1 >= index - moment->view->from);
}

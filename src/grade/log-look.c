/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Prints and their exits; see log-look.h. */
#include "grade/log-look.h"

#include <string.h>

#include "grade/diff-lines.h"
#include "machine/machine.h"

#define VMX_INVALID_STATE 33u         /* SDM volume 3, appendix C: VM-entry failure due to invalid guest state */
#define SVM_INVALID G_MAXUINT32       /* APM volume 2, appendix C: VMEXIT_INVALID, -1 */

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

/* --- prints ----------------------------------------------------------------------------------- */

static guint
nonzero (const LogPrint *print)
{
  guint n = 0;
  for (guint i = 0; i < print->entries->len; i++)
    n += g_array_index (print->entries, LogEntry, i).count > 0 ? 1 : 0;
  return n;
}

/* The view in which most of its counts are those of the first n; of equal ones the one before. */
static guint
best_view (const LogLook *look, const LogPrint *print, guint64 n, const LogView **view)
{
  guint most = 0;
  for (guint i = 0; i < look->n_views; i++)
    {
      const guint exact = log_print_exact (print, look->truth, &look->views[i], n);
      if (exact <= most)
        continue;
      most = exact;
      *view = &look->views[i];
    }
  return most;
}

/*
 * A print is of the first `total` exits if half of its counts are; else of as many as its counts add up to, if half of them are: then the total is wrong. If
 * neither, its total is one if the counts add up to it.
 */
static LogMoment
moment_of (const LogLook *look, const LogPrint *print, const LogView *before)
{
  const guint n = nonzero (print);
  LogMoment moment = { print, before, print->has_total ? print->total : print->sum, print->has_total ? LOG_TOTAL_UNKNOWN : LOG_TOTAL_MISSING };
  const LogView *of_total = before, *of_sum = before;
  const guint at_total = print->has_total ? best_view (look, print, print->total, &of_total) : 0;
  const guint at_sum = best_view (look, print, print->sum, &of_sum);
  if (print->has_total && n > 0 && 2 * at_total >= n)
    return (LogMoment){ print, of_total, print->total, LOG_TOTAL_RIGHT };
  if (n > 1 && 2 * at_sum >= n)
    return (LogMoment){ print, of_sum, print->sum, print->has_total ? LOG_TOTAL_WRONG : LOG_TOTAL_MISSING };
  if (print->has_total && (n == 0 || print->total == print->sum))
    moment.total = LOG_TOTAL_RIGHT;
  return moment;
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
  static const char *const ways[] = { "TRACE_EVENT", "DEFINE_EVENT", "trace_", "debugfs_", "seq_printf", "proc_create", "sysfs_", "DEVICE_ATTR", "relay_" };
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
  g_autoptr (LogReading) reading = log_read (lab->report->kernel, look->truth, look->views, look->n_views, look->names);
  if (reading->state == LOG_READ || lab->report->traced->len == 0)
    return g_steal_pointer (&reading);
  g_autoptr (LogReading) traced = log_read (lab->report->traced, look->truth, look->views, look->n_views, look->names);
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
log_moment_is_behind (const LogMoment *moment, guint index)
{
  return moment->view->from > index || (moment->n > index && moment->n - 1 >= index - moment->view->from);
}

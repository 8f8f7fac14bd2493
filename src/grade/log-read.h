/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Statistics of exits in a kernel log, in whatever words: which numbers are types, which are counts, which are
 * totals. Nobody prescribed a form, so all
 * assignments of meanings to the places of numbers are tried; the one that the emulator's log bears out best is
 * taken. If none is borne out, by that log, by
 * names or by sums, nothing is claimed: the log needs a person's look.
 */
#pragma once
#include <glib.h>

#include "grade/log-names.h"
#include "grade/log-text.h"
#include "grade/log-truth.h"

typedef struct {
  guint32 code;
  gboolean numbered; /* FALSE: told by its name alone */
  guint64 count;
  char *name;        /* as printed, without the words that all have; ""; NULL: not looked for */
  guint type, at;    /* indices of its numbers in LogText; type: G_MAXUINT if not numbered */
} LogEntry;

/* One time that statistics were printed. */
typedef struct {
  gboolean has_total;
  guint64 total;
  guint64 sum;     /* of its counts */
  GArray *entries; /* of LogEntry, each type once */
} LogPrint;

typedef enum { LOG_NOTHING, LOG_UNREAD, LOG_READ } LogState;

typedef struct {
  LogState state;
  GPtrArray *prints; /* of LogPrint, in order; none unless it was read */
  guint64 suppressed;
  gboolean cut;      /* there was more than is looked at */
  char *example;     /* a line as it was read, for people; NULL */
} LogReading;

/* views: what a submission may count; see log-truth.h. */
LogReading *log_read (const GPtrArray *messages, const LogTruth *truth, const LogView *views, guint n_views,
                      const LogNames *names);
void log_reading_free (LogReading *reading);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LogReading, log_reading_free)
/* How many of a print's counts are those of the first n exits, in that view. */
guint log_print_exact (const LogPrint *print, const LogTruth *truth, const LogView *view, guint64 n);

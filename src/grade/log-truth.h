/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The emulator's exit log, asked as statistics in a kernel log ask: how many of each type are among the first N
 * exits from a start on.
 */
#pragma once
#include <glib.h>

typedef struct LogTruth LogTruth;
/* exits: of L0Exit, borrowed. */
LogTruth *log_truth_new (const GArray *exits);
void log_truth_free (LogTruth *truth);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LogTruth, log_truth_free)

/*
 * Where a submission may begin to count, and what it may leave out. A counter of a VM's own begins anew with
 * each VM; whether a VM entry that the processor
 * refused is an exit is a matter of taste.
 */
typedef struct {
  guint from;      /* the first exit that is counted: an index in the log */
  guint left_out;  /* an index that is not counted; G_MAXUINT: none */
} LogView;

guint64 log_truth_all (const LogTruth *truth, const LogView *view); /* exits from the start on */
/* Of the first n from the start on, those of that type. */
guint64 log_truth_count (const LogTruth *truth, const LogView *view, guint64 n, guint32 code);
/* The least n whose first n exits have `count` of that type; G_MAXUINT64: there are not so many. */
guint64 log_truth_reach (const LogTruth *truth, const LogView *view, guint32 code, guint64 count);
/* The types that are among them, ascending; of guint32. Newly allocated. */
GArray *log_truth_types (const LogTruth *truth, const LogView *view, guint64 n);
gint log_compare_codes (gconstpointer a, gconstpointer b); /* of guint32 */
gboolean log_truth_has (const LogTruth *truth, guint32 code); /* anywhere */

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One way to read a log's numbers, applied: prints come out. Internal to grade/log-*.c. */
#pragma once
#include "grade/log-read.h"

#define SHAPE_NONE G_MAXUINT        /* total: there is none; type: by name */
#define SHAPE_LONE (G_MAXUINT - 1)  /* total: a number in a count's place, without a type beside it */

typedef struct {
  guint type, count, total; /* keys of LogText */
  gboolean hex;             /* types are hexadecimal without 0x */
  gboolean count_first;
  gboolean footer;          /* the total stands behind its types */
} LogShape;

/* Of LogPrint. entries_max: so many are read at most. */
GPtrArray *log_shape_apply (const LogShape *shape, const LogText *text, const LogTruth *truth,
                            const LogNames *names, guint entries_max);
/* The numbers that could be totals by that shape: key, or SHAPE_LONE, and value. Of LogOther, in order. */
typedef struct {
  guint key;
  guint64 value;
} LogOther;
GArray *log_shape_others (const LogShape *shape, const LogText *text, const LogTruth *truth, const LogNames *names);
/* The words of an entry's surroundings: before its first number, between both, behind the last. Newly allocated. */
typedef enum { LOG_PLACE_BETWEEN, LOG_PLACE_BEFORE, LOG_PLACE_BEHIND, LOG_PLACES } LogPlace;
char *log_entry_words (const LogText *text, const LogEntry *entry, LogPlace place);

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The submissions of an earlier grade's folder, in the order of its sheet, with what is kept of
 * each. The folder may have been edited.
 */
#pragma once
#include <glib.h>

#include "base/progress.h"
#include "cli/grade-files.h"
#include "grade/evidence.h"
#include "grade/moved.h"

typedef struct {
  GradeEntry entry;    /* its grade: the new one, or, where it was not judged again, `before` */
  char *logs;          /* the folder of what was kept */
  Grade *before;       /* NULL: grade.json is not there, or damaged */
  JudgedBy *by_before; /* NULL: the same of judged.json */
  JudgedBy *by;        /* of the new grade */
  char *why_not;       /* it was not judged again; else NULL */
} RegradeEntry;
void regrade_entry_free (gpointer entry);
/* What it is called. */
const char *regrade_entry_name (const RegradeEntry *entry);
/* Its evidence, if that is whole and its own. NULL, and *why_not: not. */
Evidence *regrade_entry_evidence (const RegradeEntry *entry, char **why_not);

/*
 * *entries: of RegradeEntry. USAGE: no such folder, no grade in it, or a sheet with submissions of
 * which nothing else is there; one that may be an entry which cannot be read is told.
 */
gboolean regrade_entries_read (const char *dir, Progress *progress, GPtrArray **entries, GError **error);

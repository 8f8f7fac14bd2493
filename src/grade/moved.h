/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What judging again moved, and why: an earlier grade beside the new one, and what each was judged
 * by. Pure.
 */
#pragma once
#include <glib.h>

#include "grade/grade.h"

/*
 * What a grade was judged by, and whose it is: JUDGED_FILE, schema "judged-1", beside its evidence.
 */
#define JUDGED_FILE "judged.json"
#define JUDGED_JSON_MAX (1u << 20)
typedef struct {
  char *submission, *given, *sha256; /* of the grade */
  char *harness;                     /* "0.5.0" */
  char *build;                       /* SHA-256 of the program, as the following are of files */
  char *rubric, *leaf_maps, *reasons;
  char *leaf_map; /* --leaf-map: "auto", "A" */
} JudgedBy;
JudgedBy *judged_by_new (void); /* empty strings */
void judged_by_free (JudgedBy *by);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (JudgedBy, judged_by_free)
JudgedBy *judged_by_copy (const JudgedBy *by);
GString *judged_by_json (const JudgedBy *by);
gboolean judged_by_read (const char *text, gsize size, JudgedBy **by, GError **error);

typedef struct {
  RowKind kind;
  char *before, *now; /* "7.50 of 10.00, failed"; "not asked" */
} MovedRow;

struct Moved {
  char *why; /* "The rubric a3 was changed." */
  char *before;    /* "75.00 of 100.00, partial, map A"; "": it is not known */
  char *now;       /* the same; equal where none of that moved */
  GPtrArray *rows; /* of MovedRow: those that moved, in points, status or reason */
};
void moved_free (Moved *moved);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Moved, moved_free)

/* before, by_before: NULL: not known. */
Moved *moved_new (const Grade *before, const JudgedBy *by_before, const Grade *now, const JudgedBy *by_now);
gboolean moved_nothing (const Moved *moved);
/* For a sheet: how it was judged, why, and what the whole was and is. NULL-terminated. */
char **moved_sentences (const Moved *moved);
/* "total-exits: 10.00 of 10.00, passed -> 0.00 of 10.00, failed; …" */
char *moved_rows_text (const Moved *moved);

/* A row of regrade.csv. */
typedef struct {
  const char *submission;
  const Grade *before, *now; /* NULL: there is none */
  const char *not_judged;    /* why it was not judged again, and `now` is `before`; NULL: it was */
} MovedEntry;
/* regrade.csv. n entries. */
GString *moved_csv (const MovedEntry *entries, guint n);

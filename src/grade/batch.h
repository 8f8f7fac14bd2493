/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A batch seen as a whole: how many have which verdict, how scores lie, what most got wrong, whom to look at, who is like whom. Pure. */
#pragma once
#include <glib.h>

#include "grade/grade.h"
#include "grade/similar.h"

typedef struct {
  const Grade *grade;
  const char *href;  /* of its grade.html, from where the page lies ("bob/grade.html"), not escaped; NULL: none */
  gboolean retried;  /* its lab failed once and was run again */
} BatchEntry;

typedef struct {
  const char *title;         /* "Assignment 3: exits and cycles per exit reason" */
  const BatchEntry *entries; /* borrowed */
  guint n;
  gint64 elapsed_ms;         /* wall time of the batch; 0: not said */
} Batch;

typedef struct {
  char *text; /* as the first submission has it; those that differ in numbers alone are one */
  guint n;
} BatchReason;

typedef struct {
  RowKind kind;
  guint lost, judged; /* submissions */
  gint64 points_lost; /* hundredths, of all together */
  GPtrArray *reasons; /* of BatchReason, commonest first */
} BatchMistake;

typedef struct {
  guint entry;
  const char *kind; /* "infrastructure", "needs-base", "needs-look", the stage at which it ended, "retried", "warnings" */
  char *why;
} BatchLook;

#define BATCH_BINS 11u /* tenths of all points, from [0, 10) % to [90, 100) %; then full marks */

typedef struct {
  guint verdicts[VERDICT_INFRASTRUCTURE + 1];
  guint bins[BATCH_BINS];
  guint scored;
  gint64 mean, median;  /* hundredths, of those that are scored; 0 if none is */
  GArray *order;        /* of guint: entries by score, highest first, then by name; those without one last */
  GPtrArray *mistakes;  /* of BatchMistake, those that most lost first */
  GPtrArray *looks;     /* of BatchLook, most urgent first */
  guint warned;         /* the last so many of them are "warnings" */
  GArray *pairs;        /* of SimilarPair; places are entries */
} BatchSummary;

BatchSummary *batch_summary (const Batch *batch);
void batch_summary_free (BatchSummary *summary);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (BatchSummary, batch_summary_free)

/* index.html: one self-contained page; its script only sorts and filters the table, which is whole without it. */
GString *batch_html (const Batch *batch);
/* The same in short, for a terminal or a log; all grades are in grades.csv. */
GString *batch_md (const Batch *batch);
/* The histogram, in batch-html.c. */
GString *batch_picture (const BatchSummary *summary);

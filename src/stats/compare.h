/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What changed between two labs, in figures. Each side is a list of figures, each the number of exits of something; figures
 * with the same metric and the same number of repetitions are held against each other. Verdicts:
 *
 *   identical            both labs are exact, and equal
 *   exact                both labs are exact: the difference is one
 *   significant, noise   at least one is statistical and all that are were repeated: their 95 % intervals do not overlap, or do
 *   unknown (run once)   a statistical lab that was run once: a difference may be chance
 *   only in A, only in B the other does not have that phase or operation
 */
#pragma once
#include <glib.h>

#include "stats/bootstrap.h"

typedef enum { COMPARE_WINDOW, COMPARE_PHASE, COMPARE_REASON, COMPARE_KIND, COMPARE_OPERATION } CompareWhat;
const char *compare_what_name (CompareWhat what); /* "window", "phase", … */

typedef struct {
  CompareWhat what;
  char *metric;      /* "exits:reason=48": who it is, and how repeats.csv calls it */
  char *name;        /* what people call it: "EPT_VIOLATION" */
  guint64 repetitions; /* of an operation, else 0 */
  guint64 exits;     /* at most G_MAXINT64 */
  Interval interval; /* n is 0: not repeated */
} CompareFigure;

typedef struct {
  gboolean exact;
  GPtrArray *figures; /* of CompareFigure, in the order of the lab's files */
} CompareSide;

CompareSide *compare_side_new (gboolean exact);
void compare_side_free (CompareSide *side);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CompareSide, compare_side_free)
#define COMPARE_FIGURES_MAX 4096u
/* Copies the texts. FALSE if the side has such a figure already, or as many as there may be. */
gboolean compare_side_add (CompareSide *side, const CompareFigure *figure);
/* The figure, or NULL; for its interval to be set, or to be looked at. */
CompareFigure *compare_side_find (const CompareSide *side, const char *metric, guint64 repetitions);

typedef enum {
  COMPARE_IDENTICAL,
  COMPARE_EXACT,
  COMPARE_SIGNIFICANT,
  COMPARE_NOISE,
  COMPARE_UNKNOWN,
  COMPARE_ONLY_A,
  COMPARE_ONLY_B,
} CompareVerdict;
const char *compare_verdict_name (CompareVerdict verdict);

typedef struct {
  CompareWhat what;
  char *name;
  guint64 a, b;       /* exits: the median of a repeated lab; 0 if absent */
  gint64 difference;  /* b - a */
  CompareVerdict verdict;
} CompareRow;

/* Of CompareRow: windows and phases in their order, the rest by size of the difference, of equals by exits in A, then by name. */
GPtrArray *compare_sides (const CompareSide *a, const CompareSide *b);
/* There is a difference, and it is not known to be noise. */
gboolean compare_row_changed (const CompareRow *row);
/* (b - a) / a in hundredths of a percent, rounded half away from zero. FALSE if a is 0. */
gboolean compare_percent (const CompareRow *row, gint64 *hundredths);
/* b is more than `hundredths` of a percent above a, for certain: noise and what is unknown do not count. From 0 to anything is more than any percentage. */
gboolean compare_grew (const CompareRow *row, guint64 hundredths);

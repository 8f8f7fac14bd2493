/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What all written forms of a grade say alike: titles of rows, verdicts in words, the line for a terminal, long texts cut. Text is not escaped here. */
#pragma once
#include <glib.h>

#include "grade/grade.h"

/* So many are shown; how many more there are is said. */
#define WORDS_CASES 12u     /* failed cases of a row */
#define WORDS_WHERE 20u     /* lines to look at, of a row */
#define WORDS_NOTES 200u
#define WORDS_WARNINGS 50u
#define WORDS_DETAILS 80u   /* lines */
#define WORDS_DIFF 2000u    /* lines */

/* "Total exits" */
const char *words_row_title (RowKind kind);
/* What the row looks at, in a sentence without the solution. */
const char *words_row_about (RowKind kind);
/* "Full marks", "Partly right", "Not working yet", "Not judged, …" */
const char *words_verdict (const Grade *grade);
/* What a verdict that is no score means for whom it concerns; NULL for the others. */
const char *words_unscored (const Grade *grade);
/* Whether the row has less than all of its points. */
gboolean words_row_lost (const GradeRow *row);
/* An earlier row that lost points in the same windows, however many cases of each: one table tells both. NULL: none. */
const GradeRow *words_same_windows (const Grade *grade, const GradeRow *row);
/* What the compiler's warnings cost: by how much the whole is less than its rows. 0 where nothing was scored, or where something else than rows decided. */
gint64 words_warnings_cost (const Grade *grade);
/* What the submission is called: its file's or folder's name, without the way there. Newly allocated. */
char *words_name (const Grade *grade);
/* What `./harness grade` is told to have the same grading again, quoted for a shell. Newly allocated. */
char *words_command (const Grade *grade);

/* "alice.zip  87.50/100.00  partial  a3 map A vmx  lost: cycles-per-reason, registers": one line, no control character. Newly allocated. */
char *grade_summary_line (const Grade *grade);

/* Text in lines: UTF-8, tabs to blanks (8 columns), no line longer than 1,000 bytes. At most max; *more: how many were left out. A line feed at the end ends the last line. */
char **words_lines (const char *text, guint max, guint *more);
/* At most `limit` bytes: head and tail whole lines where that can be, and between them how much was left out. Newly allocated, UTF-8. */
char *words_capped (const char *text, gsize limit);

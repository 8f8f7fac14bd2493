/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What all written forms of a grade say alike: titles of rows, verdicts in words, the line for a terminal, long texts cut. Text is not escaped here. */
#pragma once
#include <glib.h>

#include "grade/grade.h"

#define WORDS_CASES 12u /* failed cases that are shown of a row; how many more there are is said */

/* "Total exits" */
const char *words_row_title (RowKind kind);
/* What the row looks at, in a sentence without the solution. */
const char *words_row_about (RowKind kind);
/* "Full marks", "Partly right", "Not working yet", "Not judged, …" */
const char *words_verdict (Verdict verdict);
/* What a verdict that is no score means for whom it concerns; NULL for the others. */
const char *words_unscored (Verdict verdict);
/* Whether the row has less than all of its points. */
gboolean words_row_lost (const GradeRow *row);
/* What `./harness grade` is told to have the same grading again, quoted for a shell. Newly allocated. */
char *words_command (const Grade *grade);

/* "alice.zip  87.50/100.00  partial  a3 map A vmx  lost: cycles-per-reason, registers": one line, no control character. Newly allocated. */
char *grade_summary_line (const Grade *grade);

/* Text in lines: UTF-8, tabs to blanks (8 columns), no line longer than 1,000 bytes. At most max; *more: how many were left out. A line feed at the end ends the last line. */
char **words_lines (const char *text, guint max, guint *more);
/* At most `limit` bytes: head and tail whole lines where that can be, and between them how much was left out. Newly allocated, UTF-8. */
char *words_capped (const char *text, gsize limit);

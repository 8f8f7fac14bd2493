/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * grade.html: the feedback as one self-contained page: no script, nothing fetched, light and dark, narrow and on paper. All that is of the
 * submission is escaped text.
 */
#pragma once
#include <glib.h>

#include "grade/grade.h"

GString *grade_html (const Grade *grade);

/* --- shared with the batch's page --- */

/* Head and <body>; scripts as HtmlPageHead has them. */
void grade_html_begin (GString *out, const char *title, const char *const *scripts);
void grade_html_end (GString *out, const char *footer);
/* A small bar: part of whole is filled; `what` says it in words. */
void grade_html_bar (GString *out, guint64 part, guint64 whole, const char *what);
/* Text as lines in <pre>; a diff's lines have classes. */
void grade_html_pre (GString *out, const char *text, gboolean diff, guint max_lines);
/* "good", "so-so", "bad" or "none". */
const char *grade_html_class (Verdict verdict);

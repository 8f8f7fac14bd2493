/* SPDX-License-Identifier: GPL-2.0-or-later */
/* grade.md: what a student reads: verdict and score, rows, what was expected and seen where points were lost, what was built. */
#pragma once
#include <glib.h>

#include "grade/grade.h"

GString *grade_md (const Grade *grade);

/* Text, made harmless: UTF-8 on one line, without control characters; Markdown's own characters escaped. */
void md_text (GString *out, const char *text);
/* Lines as they are, in a fence that nothing in them can end. info: "diff" or "". At most max lines; how many more is said. */
void md_fenced (GString *out, const char *info, const char *text, guint max);
/* Markup in which each %s stands for an escaped argument; there are no other conversions. */
void md_format (GString *out, const char *format, ...) G_GNUC_PRINTF (2, 3);

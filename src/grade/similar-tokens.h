/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a diff adds, as shingles: hashes of every SHINGLE tokens of C in a row. Blanks, comments, line ends, the case of numbers and what stands in strings
 * make no difference, nor does what somebody calls their own things.
 */
#pragma once
#include <glib.h>

#define SHINGLE 10u          /* about one statement: `atomic64_add(delta, &total);` has 8 tokens */
#define SHINGLE_TOKENS 20000u /* of one diff, some 2,000 lines: what is beyond is not looked at */

/* What a diff adds, as it stands there, without the signs. */
GString *similar_added_lines (const char *diff);
/* Array of guint64, ascending, each once; empty for less than SHINGLE tokens. */
GArray *similar_shingles (const char *diff);

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * grade.json, schema "grade-1": a grade to the byte, and back. Equal grades give equal bytes but for the member `times`, which is the last one
 * and stands on one line. `score` is null where nothing may be scored (needs-base, infrastructure).
 */
#pragma once
#include <glib.h>

#include "grade/grade.h"

#define GRADE_JSON_MAX (64u << 20) /* bytes */

/* Bytes that are no UTF-8 become U+FFFD. */
GString *grade_json (const Grade *grade);
/*
 * Strict: what was read is a grade that grade_json() writes in these very bytes. Anything else, a byte more, less or other, is an error:
 * "damaged", with what is wrong where that is known.
 */
gboolean grade_json_read (const char *text, gsize size, Grade **grade, GError **error);

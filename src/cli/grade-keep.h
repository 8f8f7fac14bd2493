/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is kept beside a submission's grade, in its folder `logs`: to judge it again its evidence, and
 * what it was judged by; to compare it with others the code that it changed.
 */
#pragma once
#include <glib.h>

#include "grade/evidence.h"
#include "grade/moved.h"
#include "submission/changed-code.h"

#define CHANGED_CODE_FILE "changed.c"
#define BASE_CODE_FILE "changed-base.c"

/* Removes what an earlier grading left there. */
gboolean grade_keep_clear (const char *logs, GError **error);
/* evidence: NULL: there is none, or too much of it. No file of code that there is none of. */
gboolean grade_keep_write (const char *dir, GBytes *evidence, const ChangedCode *code, GError **error);
gboolean grade_keep_judged (const char *logs, const JudgedBy *by, GError **error);
/*
 * A kept file of a folder that anybody may have edited: a plain file of at most `max` bytes. FALSE:
 * it is missing, or it is none.
 */
gboolean grade_keep_read (const char *dir, const char *name, gsize max, char **data, gsize *size,
                          GError **error);
/* From one such folder to another, what is there. */
gboolean grade_keep_copy (const char *from, const char *to, GError **error);

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* git's three-way merge and diff of plain texts. Internal to submission/. */
#pragma once
#include <glib.h>

/* The changes from base to theirs, made in ours; *merged is NULL where they conflict. */
gboolean merge_texts (const char *scratch_dir, const char *ours, const char *base, const char *theirs, char **merged, GError **error);
/* Unified, with a/PATH and b/PATH; "" if they are equal. NULL stands for a file that is not there. The same on every machine. */
gboolean merge_diff (const char *scratch_dir, const char *path, const char *before, const char *after, char **diff, GError **error);
/* TRUE if a merge's conflict markers stand in the text. */
gboolean merge_has_markers (const char *text, guint *line);

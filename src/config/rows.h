/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Strict reading of a small CSV file without quotes: '#' lines are comments, blank lines nothing, the first other line must be
 * the header. Errors are HARNESS_ERROR_USAGE with "file:line: …".
 */
#pragma once
#include <glib.h>

/* One row; the fields are as many as the header has. FALSE with rows_fail() ends the reading. */
typedef gboolean (*RowFunc) (char **fields, guint line, gpointer user, GError **error);

gboolean rows_read (const char *path, const char *header, RowFunc row, gpointer user, GError **error);
/* FALSE and the error "path:line: what". */
gboolean rows_fail (const char *path, guint line, GError **error, const char *what);
/* A non-empty word of the alphabet: what may go into CSV and HTML unescaped. */
gboolean rows_is_word (const char *text, const char *alphabet);

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Downloads, by the curl program. What was got of a large one is kept in DIR with what it is of (url, ETag, length), and gone on with
 * the next time, if it is still the same there.
 */
#pragma once
#include <glib.h>

#include "base/progress.h"

typedef struct {
  const char *url;       /* http, https */
  guint64 bytes_max;     /* more is an error */
  const char *dir;       /* downloads, kept */
  Progress *progress;
} FetchSpec;

/*
 * *path is DIR's file, whole: as long as the server said. The caller moves it away, or removes it with fetch_forget() if it is wrong.
 * Errors: HOST: nobody there (no address, no connection, no TLS, no answer in time, before a byte came), no curl, no space; FAILED: refused (404),
 * too large, cut short (kept), too many redirections.
 */
gboolean fetch_file (const FetchSpec *spec, char **path, GError **error);
void fetch_forget (const FetchSpec *spec);
/* Something small: *size bytes, and a NUL behind them. Errors as above. */
gboolean fetch_text (const char *url, gsize bytes_max, char **text, gsize *size, GError **error);

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where a message of the compiler's is about, "path:12:5: …" or "path:12: …". Pure. */
#pragma once
#include <glib.h>

/* FALSE: it tells no place, and nothing is set. *path is newly allocated; *rest is what comes behind the line's number. */
gboolean said_place (const char *text, char **path, guint64 *line, const char **rest);

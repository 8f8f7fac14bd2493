/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See said-place.h. */
#include "kernel/said-place.h"

#include <string.h>

gboolean
said_place (const char *text, char **path, guint64 *line, const char **rest)
{
  const char *colon = strchr (text, ':');
  char *end;
  if (colon == NULL || colon == text || !g_ascii_isdigit (colon[1]))
    return FALSE;
  *line = g_ascii_strtoull (colon + 1, &end, 10);
  *path = g_strndup (text, (gsize) (colon - text));
  *rest = end;
  return TRUE;
}

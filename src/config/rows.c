/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading rows; see rows.h. */
#include "config/rows.h"

#include <string.h>

#include "base/error.h"
#include "base/files.h"

#define ROWS_LIMIT (1024 * 1024)

gboolean
rows_fail (const char *path, guint line, GError **error, const char *what)
{
  return fail (error, HARNESS_ERROR_USAGE, "%s:%u: %s", path, line, what);
}

gboolean
rows_is_word (const char *text, const char *alphabet)
{
  return text[0] != '\0' && strspn (text, alphabet) == strlen (text);
}

static guint
count_fields (const char *line)
{
  guint n = 1;
  for (const char *at = line; (at = strchr (at, ',')) != NULL; at++)
    n++;
  return n;
}

static gboolean
read_row (const char *path, const char *header, const char *line, guint number, RowFunc row, gpointer user, GError **error)
{
  g_auto (GStrv) fields = g_strsplit (line, ",", -1);
  if (g_strv_length (fields) != count_fields (header))
    return fail (error, HARNESS_ERROR_USAGE, "%s:%u: not %u fields; try: %s", path, number, count_fields (header), header);
  return row (fields, number, user, error);
}

gboolean
rows_read (const char *path, const char *header, RowFunc row, gpointer user, GError **error)
{
  g_autofree char *text = NULL;
  gboolean header_seen = FALSE;
  gsize size;

  if (!files_read (path, ROWS_LIMIT, &text, &size, error))
    return FALSE;
  if (strlen (text) != size)
    return fail (error, HARNESS_ERROR_USAGE, "%s: not text: a zero byte", path);
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);
  for (guint i = 0; lines[i] != NULL; i++)
    {
      const char *line = g_strchomp (lines[i]);
      if (line[0] == '\0' || line[0] == '#')
        continue;
      if (!header_seen && strcmp (line, header) != 0)
        return fail (error, HARNESS_ERROR_USAGE, "%s:%u: no header row; try: %s", path, i + 1, header);
      if (header_seen && !read_row (path, header, line, i + 1, row, user, error))
        return FALSE;
      header_seen = TRUE;
    }
  return header_seen || fail (error, HARNESS_ERROR_USAGE, "%s: empty; try: the header row %s", path, header);
}

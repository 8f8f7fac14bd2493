/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A submission's own lines; see diff-lines.h. */
#include "grade/diff-lines.h"

#include <string.h>

#define LINE_BYTES_MAX 1000 /* of one that is looked at: patterns must not be given megabytes to chew */

static void
line_free (gpointer data)
{
  DiffLine *line = data;
  g_free (line->path);
  g_free (line->text);
  g_free (line);
}

/* "@@ -1,2 +3,4 @@": 3 */
static guint
new_start (const char *header)
{
  const char *plus = strchr (header, '+');
  return plus != NULL ? (guint) g_ascii_strtoull (plus + 1, NULL, 10) : 0;
}

static void
add_line (GPtrArray *lines, const char *path, guint number, const char *text)
{
  DiffLine *line = g_new0 (DiffLine, 1);
  *line = (DiffLine){ g_strdup (path), number, text[0] == '-', g_strdup (strlen (text) < LINE_BYTES_MAX ? text + 1 : "") };
  g_ptr_array_add (lines, line);
}

GPtrArray *
diff_lines (const char *diff)
{
  GPtrArray *found = g_ptr_array_new_with_free_func (line_free);
  g_auto (GStrv) lines = g_strsplit (diff, "\n", -1);
  const char *path = "";
  gboolean in_hunk = FALSE; /* there an added line may itself begin with "++ " */
  guint number = 0;
  for (char **line = lines; *line != NULL; line++)
    {
      if (g_str_has_prefix (*line, "diff --git "))
        in_hunk = FALSE;
      else if (!in_hunk && g_str_has_prefix (*line, "+++ b/"))
        path = *line + strlen ("+++ b/");
      else if (g_str_has_prefix (*line, "@@ "))
        {
          in_hunk = TRUE;
          number = new_start (*line);
        }
      else if (in_hunk && ((*line)[0] == '+' || (*line)[0] == '-'))
        add_line (found, path, (*line)[0] == '+' ? number++ : number, *line);
      else if ((*line)[0] == ' ')
        number++;
    }
  return found;
}

const DiffLine *
diff_lines_find (const GPtrArray *lines, const char *path, guint number)
{
  for (guint i = 0; i < lines->len; i++)
    {
      const DiffLine *line = g_ptr_array_index (lines, i);
      if (!line->removed && line->number == number && strcmp (line->path, path) == 0)
        return line;
    }
  return NULL;
}

gboolean
diff_lines_touch (const GPtrArray *lines, const char *path, guint number)
{
  for (guint i = 0; i < lines->len; i++)
    {
      const DiffLine *line = g_ptr_array_index (lines, i);
      const gboolean here = line->number == number || (line->removed && line->number == number + 1);
      if (here && strcmp (line->path, path) == 0)
        return TRUE;
    }
  return FALSE;
}

gboolean
diff_lines_have_path (const GPtrArray *lines, const char *path)
{
  for (guint i = 0; i < lines->len; i++)
    if (strcmp (((const DiffLine *) g_ptr_array_index (lines, i))->path, path) == 0)
      return TRUE;
  return FALSE;
}

static gboolean
is_word_char (char c)
{
  return g_ascii_isalnum (c) || c == '_';
}

static gboolean
has_word (const char *text, const char *word)
{
  const gsize size = strlen (word);
  for (const char *at = text; size > 0 && (at = strstr (at, word)) != NULL; at += size)
    if ((at == text || !is_word_char (at[-1])) && !is_word_char (at[size]))
      return TRUE;
  return FALSE;
}

gboolean
diff_lines_have_word (const GPtrArray *lines, const char *word)
{
  for (guint i = 0; i < lines->len; i++)
    {
      const DiffLine *line = g_ptr_array_index (lines, i);
      if (!line->removed && has_word (line->text, word))
        return TRUE;
    }
  return FALSE;
}

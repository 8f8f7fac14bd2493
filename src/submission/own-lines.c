/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lines by their words; see own-lines.h. */
#include "submission/own-lines.h"

#include <string.h>

#define BYTES_MAX (256u << 10)

/* --- words ------------------------------------------------------------------------------------ */

static gboolean
is_letter (char c)
{
  return g_ascii_isalnum (c) || c == '_';
}

/* Calls back for each identifier of a line until one answers TRUE. */
typedef gboolean (*WordFunc) (const char *word, gsize size, gpointer user);

static gboolean
any_word (const char *line, gsize length, WordFunc func, gpointer user)
{
  for (const char *at = line, *end = line + length; at < end;)
    {
      const char *word = at;
      while (at < end && is_letter (*at))
        at++;
      if (at > word && !g_ascii_isdigit (*word) && func (word, (gsize) (at - word), user))
        return TRUE;
      at += at == word;
    }
  return FALSE;
}

static gboolean
is_own (const char *word, gsize size, gpointer user)
{
  g_autofree char *copy = g_strndup (word, size);
  return kernel_index_is_own_word (user, copy);
}

/* Comments and what stands in quotes, blanked; lines stay where they are. */
static char *
code_alone (const char *text)
{
  char *code = g_strdup (text);
  char quote = '\0'; /* or '*' and '/' in comments */
  for (char *at = code; *at != '\0'; at++)
    {
      const char here = *at, next = at[1];
      if (quote == '\0' && here == '/' && (next == '*' || next == '/'))
        {
          quote = next;
          *at++ = ' ';
        }
      else if (quote == '\0' && (here == '"' || here == '\''))
        quote = here;
      else if ((quote == '*' && here == '*' && next == '/') || ((quote == '"' || quote == '\'') && here == '\\' && next != '\0' && next != '\n'))
        {
          quote = quote == '*' ? '\0' : quote;
          *at++ = ' ';
        }
      else if (here == '\n' ? quote != '*' : here == quote && quote != '*' && quote != '/')
        quote = '\0';
      else if (quote == '\0')
        continue;
      if (*at != '\n')
        *at = ' ';
    }
  return code;
}

/* --- lines ------------------------------------------------------------------------------------ */

static void
put_lines (GString *out, const char *text, const KernelIndex *index)
{
  g_autofree char *code = code_alone (text);
  g_autoptr (GString) lines = g_string_new (NULL);
  guint n = 0;
  for (const char *line = code; *line != '\0';)
    {
      const gsize length = strcspn (line, "\n");
      if (any_word (line, length, is_own, (gpointer) index))
        {
          g_string_append_printf (lines, "+%.*s\n", (int) length, line);
          n++;
        }
      line += length + (line[length] == '\n');
    }
  if (n > 0)
    g_string_append_printf (out, "@@ -0,0 +1,%u @@\n%s", n, lines->str);
}

/* At most so many bytes, in whole lines. */
static void
cut (GString *out)
{
  if (out->len <= BYTES_MAX)
    return;
  g_string_truncate (out, BYTES_MAX);
  const char *end = strrchr (out->str, '\n');
  g_string_truncate (out, end != NULL ? (gsize) (end + 1 - out->str) : 0);
}

char *
submission_own_lines (const Submission *submission, const KernelIndex *index)
{
  GString *out = g_string_new (NULL);
  for (guint i = 0; i < submission->patches->len; i++)
    g_string_append (out, ((const SubmissionPatch *) g_ptr_array_index (submission->patches, i))->text);
  for (guint i = 0; i < submission->files->len && index != NULL; i++)
    {
      const SubmissionFile *file = g_ptr_array_index (submission->files, i);
      if (file->text != NULL)
        put_lines (out, file->text, index);
    }
  cut (out);
  return g_string_free (out, FALSE);
}

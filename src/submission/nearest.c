/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files as bags of lines; see nearest.h. */
#include "submission/nearest.h"

#include <stdlib.h>
#include <string.h>

#include "submission/csource.h"

/*
 * A student changes a few of the kernel's lines; another version has many others. Between 6.0 and 6.1 more than these
 * differ in every file that students hand in; the more a student added, the more were changed on the way.
 */
#define MISSING_MAX 12
#define ADDED_PER_MISSING 8
#define MISSING_FOR_ADDED_MAX 40

typedef struct
{
  char *line;
  guint number;
} Line;

static void
line_clear (gpointer data)
{
  g_free (((Line *) data)->line);
}

static int
by_text (gconstpointer a, gconstpointer b)
{
  const Line *la = a, *lb = b;
  const int order = strcmp (la->line, lb->line);
  return order != 0 ? order : la->number < lb->number ? -1 : la->number > lb->number;
}

/* With white space gone; "" for a line without a letter or digit: all C is full of braces. */
static char *
squeeze (const char *from, gsize length)
{
  char *out = g_malloc (length + 1);
  gsize n = 0;
  gboolean says_something = FALSE;
  for (gsize i = 0; i < length; i++)
    {
      says_something |= g_ascii_isalnum (from[i]);
      if (!g_ascii_isspace (from[i]))
        out[n++] = from[i];
    }
  out[says_something ? n : 0] = '\0';
  return out;
}

static GArray *
sorted_lines (const char *text, guint *count)
{
  GArray *lines = g_array_new (FALSE, FALSE, sizeof (Line));
  g_array_set_clear_func (lines, line_clear);
  guint number = 0;
  for (const char *at = text; *at != '\0'; number++)
    {
      const gsize length = strcspn (at, "\n");
      Line line = { squeeze (at, length), number };
      if (line.line[0] != '\0')
        g_array_append_val (lines, line);
      else
        g_free (line.line);
      at += length + (at[length] == '\n' ? 1 : 0);
    }
  *count = number;
  g_array_sort (lines, by_text);
  return lines;
}

/* Walks both bags; marks of `text` what the base has not, if is_new is given. */
static Nearness
compare (const GArray *text, const GArray *base, gboolean *is_new)
{
  Nearness nearness = { 0 };
  guint i = 0, j = 0;
  while (i < text->len || j < base->len)
    {
      const int order = i == text->len ? 1 : j == base->len ? -1 : strcmp (g_array_index (text, Line, i).line, g_array_index (base, Line, j).line);
      if (order < 0 && is_new != NULL)
        is_new[g_array_index (text, Line, i).number] = TRUE;
      nearness.added += order < 0 ? 1 : 0;
      nearness.missing += order > 0 ? 1 : 0;
      nearness.common += order == 0 ? 1 : 0;
      i += order <= 0 ? 1 : 0;
      j += order >= 0 ? 1 : 0;
    }
  return nearness;
}

Nearness
nearness_measure (const char *text, const char *base)
{
  guint count;
  g_autoptr (GArray) a = sorted_lines (text, &count);
  g_autoptr (GArray) b = sorted_lines (base, &count);
  return compare (a, b, NULL);
}

gboolean
nearness_is_base (const Nearness *nearness)
{
  return nearness->missing <= MISSING_MAX + MIN (nearness->added / ADDED_PER_MISSING, MISSING_FOR_ADDED_MAX) && nearness->missing * 4 <= nearness->common;
}

gboolean
nearness_is_kin (const Nearness *nearness)
{
  return nearness->common >= nearness->added / 2 && nearness->common > 0;
}

gboolean
nearness_is_same (const char *text, const char *base)
{
  while (TRUE)
    {
      while (g_ascii_isspace (*text))
        text++;
      while (g_ascii_isspace (*base))
        base++;
      if (*text != *base || *text == '\0')
        return *text == *base;
      text++;
      base++;
    }
}

gboolean *
nearness_new_lines (const char *text, const char *base, guint *count)
{
  guint base_count;
  g_autoptr (GArray) a = sorted_lines (text, count);
  g_autoptr (GArray) b = sorted_lines (base, &base_count);
  gboolean *is_new = g_new0 (gboolean, *count + 1);
  compare (a, b, is_new);
  return is_new;
}

void
nearness_add_new_words (const char *text, const char *base, GHashTable *words)
{
  guint count;
  g_autofree gboolean *is_new = nearness_new_lines (text, base, &count);
  g_autoptr (CSource) source = c_source_new (text);
  for (guint line = 0; line < source->line_count && line < count; line++)
    {
      if (is_new[line])
        c_source_add_words (source, g_array_index (source->line_tokens, guint, line), g_array_index (source->line_tokens, guint, line + 1), words);
    }
}

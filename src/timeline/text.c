/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A guest's text: made printable, or read token by token. */
#include "timeline/text.h"

#include <string.h>

char *
text_printable (const char *bytes, gsize size, gsize limit)
{
  g_autofree char *valid = g_utf8_make_valid (bytes, (gssize) MIN (size, limit));
  GString *out = g_string_sized_new (size);

  g_strchomp (valid);
  for (const char *p = valid; *p != '\0'; p = g_utf8_next_char (p))
    {
      const gunichar c = g_utf8_get_char (p);
      if (c == '\n')
        g_string_append (out, " / ");
      else if (c == '\r')
        continue;
      else if (c == '\t')
        g_string_append_c (out, ' ');
      else if (g_unichar_isprint (c))
        g_string_append_unichar (out, c);
      else
        g_string_append_c (out, '?');
    }
  return g_string_free (out, FALSE);
}

/* The start of the line that ends before `end`. */
static gsize
line_start (const char *bytes, gsize end)
{
  while (end > 0 && bytes[end - 1] != '\n')
    end--;
  return end;
}

char *
text_last_lines (const char *bytes, gsize size, guint lines)
{
  gsize from = size;

  while (from > 0 && lines > 0)
    {
      const gsize start = line_start (bytes, from - 1);
      if (from - start > 2)
        lines--;
      from = start;
    }
  g_autofree char *text = text_printable (bytes + from, size - from, 4096);
  return *text != '\0' ? g_steal_pointer (&text) : g_strdup ("(nothing)");
}

static void
skip_blank (TextLines *lines)
{
  if (lines->at < lines->end && *lines->at == ' ')
    lines->at++;
}

gboolean
text_name (TextLines *lines, char *name, gsize size)
{
  gsize used = 0;

  skip_blank (lines);
  while (lines->at < lines->end && (g_ascii_isalnum (*lines->at) || strchr ("_-.", *lines->at) != NULL) && *lines->at != '\0')
    {
      if (used + 1 >= size)
        return FALSE;
      name[used++] = *lines->at++;
    }
  name[used] = '\0';
  return used > 0;
}

gboolean
text_decimal (TextLines *lines, guint64 *value)
{
  guint64 sum = 0;
  guint digits = 0;

  skip_blank (lines);
  for (; lines->at < lines->end && g_ascii_isdigit (*lines->at); lines->at++, digits++)
    if (__builtin_mul_overflow (sum, (guint64) 10, &sum) || __builtin_add_overflow (sum, (guint64) (*lines->at - '0'), &sum))
      return FALSE;
  *value = sum;
  return digits > 0;
}

gboolean
text_hex32 (TextLines *lines, guint32 *value)
{
  guint32 sum = 0;
  guint digits = 0;

  skip_blank (lines);
  for (; lines->at < lines->end && g_ascii_isxdigit (*lines->at); lines->at++, digits++)
    {
      if (digits == 8)
        return FALSE;
      sum = sum << 4 | (guint32) g_ascii_xdigit_value (*lines->at);
    }
  *value = sum;
  return digits > 0;
}

gboolean
text_newline (TextLines *lines)
{
  if (lines->at == lines->end || *lines->at != '\n')
    return FALSE;
  lines->at++;
  return TRUE;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Cleaning diffs; see patch-clean.h. Each step is taken only where its traces are, so that an ordinary patch comes
 * out as it went in. */
#include "submission/patch-clean.h"

#include <string.h>

#define ESCAPE '\033'
#define PREFIX_MAX 16u

static gboolean
starts (const char *line, const char *prefix)
{
  return strncmp (line, prefix, strlen (prefix)) == 0;
}

static const char *
next_of (const char *line)
{
  const char *end = strchr (line, '\n');
  return end != NULL ? end + 1 : line + strlen (line);
}

/* --- where a diff is -------------------------------------------------------------------------- */

static gboolean
is_normal_diff (const char *line)
{
  if (!g_ascii_isdigit (*line))
    return FALSE;
  const gsize left = strspn (line, "0123456789,");
  const gsize right = left > 0 && line[left] != '\0' && strchr ("acd", line[left]) != NULL
                          ? strspn (line + left + 1, "0123456789,")
                          : 0;
  const char *next = next_of (line);
  return right > 0 && line[left + 1 + right] == '\n' && (starts (next, "< ") || starts (next, "> "));
}

static gboolean
is_diff_line (const char *line)
{
  if (starts (line, "diff --git ") || starts (line, "diff --cc ") || starts (line, "diff --combined ")
      || is_normal_diff (line))
    return TRUE;
  const char *next = next_of (line);
  return (starts (line, "--- ") && starts (next, "+++ ") && starts (next_of (next), "@@ -"))
         || (starts (line, "*** ") && starts (next, "--- ") && starts (next_of (next), "***"));
}

static gboolean
has_diff (const char *text, guint lines)
{
  for (const char *line = text; *line != '\0' && lines > 0; line = next_of (line), lines--)
    {
      if (is_diff_line (line))
        return TRUE;
    }
  return FALSE;
}

gboolean
patch_is_in (const char *text, guint lines)
{
  guint changes;
  if (has_diff (text, lines))
    return TRUE;
  g_autofree char *clean = patch_clean (text, &changes);
  return changes != 0 && has_diff (clean, lines);
}

gboolean
patch_has_normal_diff (const char *text)
{
  for (const char *line = text; *line != '\0'; line = next_of (line))
    {
      if (is_normal_diff (line))
        return TRUE;
    }
  return FALSE;
}

/* --- terminals -------------------------------------------------------------------------------- */

static const char *
skip_range (const char *at, char from, char to)
{
  while (*at >= from && *at <= to)
    at++;
  return at;
}

/* Behind an escape sequence as ECMA-48 has it; one that is cut short ends with its line. */
static const char *
skip_sequence (const char *at)
{
  const char kind = at[1];
  if (kind == '[')
    {
      at = skip_range (skip_range (at + 2, 0x30, 0x3f), 0x20, 0x2f);
      return *at >= 0x40 && *at <= 0x7e ? at + 1 : at;
    }
  if (kind != '\0' && strchr ("]PX^_", kind) != NULL)
    {
      at += 2 + strcspn (at + 2, "\a\n\033");
      return *at == '\a' ? at + 1 : at[0] == ESCAPE && at[1] == '\\' ? at + 2 : at;
    }
  at = skip_range (at + 1, 0x20, 0x2f);
  return *at >= 0x30 && *at <= 0x7e ? at + 1 : at;
}

/* A backspace takes back the character before it, of its own line. */
static void
take_back (GString *out)
{
  if (out->len == 0 || out->str[out->len - 1] == '\n')
    return;
  const char *last = g_utf8_find_prev_char (out->str, out->str + out->len);
  g_string_truncate (out, last != NULL ? (gsize) (last - out->str) : 0);
}

static char *
without_sequences (const char *text)
{
  GString *out = g_string_sized_new (strlen (text));
  for (const char *at = text; *at != '\0';)
    {
      const char c = *at;
      if (c == ESCAPE)
        {
          at = skip_sequence (at);
          continue;
        }
      at++;
      if (c == '\b')
        take_back (out);
      else if (c != '\a' && c != '\016' && c != '\017')
        g_string_append_c (out, c);
    }
  return g_string_free (out, FALSE);
}

/* Takes `text`. */
static char *
replace (char *text, const char *pattern, const char *by)
{
  g_autofree char *own = text;
  g_autoptr (GRegex) regex = g_regex_new (pattern, G_REGEX_RAW | G_REGEX_MULTILINE, 0, NULL);
  char *out = g_regex_replace (regex, own, -1, 0, by, 0, NULL);
  return out != NULL ? out : g_steal_pointer (&own);
}

/* A pager's prompt stands alone, is erased by what follows, and was a line's end (a CR) to whoever normalised the
 * text. */
#define PROMPT                                                                                                       \
  "^(?:\\x1b\\[[0-9;]*[mK])*(?::|\\(END\\)|--More--(?:\\([0-9]+%\\))?|lines "                                        \
  "[0-9]+-[0-9]+[^\\n]{0,40})(?:\\x1b\\[[0-9;]*[mK])*\\n(?=\\x1b\\[K)"

static char *
strip_terminal (char *text, guint *changes)
{
  if (strchr (text, ESCAPE) == NULL && strchr (text, '\b') == NULL)
    return text;
  *changes |= CLEANED_TERMINAL;
  g_autofree char *own = replace (text, PROMPT, "");
  return without_sequences (own);
}

/* "^[[32m+" or "[32m+": the escape character itself was shown as two, or lost on the way through a clipboard. */
static char *
strip_shown (char *text, guint *changes)
{
  if (strstr (text, "[1mdiff --git ") == NULL && strstr (text, "[1m--- ") == NULL)
    return text;
  *changes |= CLEANED_TERMINAL;
  if (strstr (text, "^[[") != NULL)
    return replace (text, "\\^\\[\\[[0-9;]*[mK]", "");
  text = replace (text, "^(?:\\[[0-9;]*m)+([-+ ]?)(?:\\[[0-9;]*m)*", "\\1");
  text = replace (text, "^(@@ [-+0-9, ]+@@)(?:\\[[0-9;]*m)+", "\\1");
  text = replace (text, "^\\+(?:\\[[0-9;]*m)+", "+");
  return replace (text, "(?:\\[[0-9;]*m)+$", "");
}

/* --- web pages and mails ---------------------------------------------------------------------- */

static char *
replace_all (char *text, const char *what, const char *by)
{
  GString *out = g_string_new (text);
  g_free (text);
  g_string_replace (out, what, by, 0);
  return g_string_free (out, FALSE);
}

static char *
strip_blanks (char *text, guint *changes)
{
  static const char *const blanks[][2] = {
    { "\xc2\xa0", " " }, { "\xe2\x80\xaf", " " }, { "\xe2\x80\x8b", "" }, { "\xef\xbb\xbf", "" }
  };
  for (guint i = 0; i < G_N_ELEMENTS (blanks); i++)
    {
      if (strstr (text, blanks[i][0]) == NULL)
        continue;
      *changes |= CLEANED_BLANKS;
      text = replace_all (text, blanks[i][0], blanks[i][1]);
    }
  return text;
}

static char *
strip_html (char *text, guint *changes)
{
  static const char *const entities[][2] = { { "&lt;", "<" },  { "&gt;", ">" },   { "&quot;", "\"" },
                                             { "&#39;", "'" }, { "&nbsp;", " " }, { "&amp;", "&" } };
  if (strstr (text, "-&gt;") == NULL && strstr (text, "#include &lt;") == NULL)
    return text;
  *changes |= CLEANED_HTML;
  for (guint i = 0; i < G_N_ELEMENTS (entities); i++)
    text = replace_all (text, entities[i][0], entities[i][1]);
  return text;
}

/* What stands before each line of the diff: "> ", four blanks, "| ". 0: nothing that is always the same. */
static gsize
prefix_length (const char *line)
{
  const gsize length = strspn (line, " \t>|*");
  if (length == 0 || length > PREFIX_MAX)
    return 0;
  const char *rest = line + length, *next = next_of (line);
  if (starts (rest, "diff --git "))
    return length;
  return starts (rest, "--- ") && strncmp (line, next, length) == 0 && starts (next + length, "+++ ") ? length : 0;
}

static char *
without_prefix (const char *text, const char *prefix, gsize length)
{
  GString *out = g_string_sized_new (strlen (text));
  for (const char *line = text; *line != '\0'; line = next_of (line))
    {
      gsize same = 0;
      while (same < length && line[same] == prefix[same])
        same++;
      /* The prefix's last blank is lost where nothing follows. */
      const gboolean ends = same < length && line[same] == '\n' && strspn (prefix + same, " \t") == length - same;
      const char *from = same == length || ends ? line + same : line;
      g_string_append_len (out, from, next_of (line) - from);
    }
  return g_string_free (out, FALSE);
}

static char *
strip_prefix (char *text, guint *changes)
{
  gsize length = 0;
  const char *line = text;
  while (*line != '\0' && (length = prefix_length (line)) == 0)
    line = next_of (line);
  if (length == 0)
    return text;
  g_autofree char *own = text;
  g_autofree char *prefix = g_strndup (line, length);
  *changes |= CLEANED_PREFIX;
  return without_prefix (own, prefix, length);
}

/* --- the whole -------------------------------------------------------------------------------- */

char *
patch_clean_terminal (const char *text, guint *changes)
{
  *changes = 0;
  char *clean = strip_terminal (g_strdup (text), changes);
  return has_diff (clean, G_MAXUINT) ? clean : strip_shown (clean, changes);
}

char *
patch_clean (const char *text, guint *changes)
{
  char *clean = patch_clean_terminal (text, changes);
  clean = strip_blanks (clean, changes);
  clean = strip_html (clean, changes);
  return has_diff (clean, G_MAXUINT) ? clean : strip_prefix (clean, changes);
}

char *
patch_clean_words (guint changes)
{
  static const char *const words[] = { "a terminal's colours and control sequences", "no-break spaces",
                                       "characters that HTML spells out (&lt;)",
                                       "what stands before each line (\"> \" or an indentation)" };
  g_autoptr (GString) text = g_string_new (NULL);
  for (guint i = 0; i < G_N_ELEMENTS (words); i++)
    {
      if ((changes & 1u << i) != 0)
        g_string_append_printf (text, "%s%s", text->len > 0 ? ", " : "", words[i]);
    }
  return text->len > 0 ? g_string_free (g_steal_pointer (&text), FALSE) : NULL;
}

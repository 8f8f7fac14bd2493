/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading hunks; see patch-hunk.h. Their lines are counted, so that what follows the last one is never taken for a
 * part of it. */
#include "submission/patch-hunk.h"

#include <string.h>

#define HUNK_LINES_MAX 1000000u
#define CONTEXT_MAX 3u  /* what diff gives unless it is asked for more */
#define WRAPPED_MIN 50u /* no mailer breaks a line that is shorter */

typedef struct
{
  const char *at;
  guint line;
  guint old_lines, new_lines; /* still to come */
  guint length;               /* of the line before */
  GString *out;
  HunkRead *read;
} Hunk;

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

static gboolean
damaged (Hunk *hunk, guint line, const char *what)
{
  hunk->read->line = line;
  hunk->read->damage = what;
  return FALSE;
}

/* --- the header ------------------------------------------------------------------------------- */

static gboolean
read_number (const char **at, guint64 max, guint *value)
{
  char *end;
  if (!g_ascii_isdigit (**at))
    return FALSE;
  const guint64 number = g_ascii_strtoull (*at, &end, 10);
  *value = (guint) number;
  *at = end;
  return number <= max;
}

/* "12,7" or "12": a count that is not there is 1. */
static gboolean
read_range (const char **at, guint *start, guint *lines)
{
  *lines = 1;
  if (!read_number (at, G_MAXINT32, start))
    return FALSE;
  if (**at != ',')
    return TRUE;
  ++*at;
  return read_number (at, HUNK_LINES_MAX, lines);
}

static gboolean
read_header (Hunk *hunk)
{
  const char *at = hunk->at + strlen ("@@ -");
  guint old_start, new_start;
  if (!read_range (&at, &old_start, &hunk->old_lines) || !starts (at, " +"))
    return FALSE;
  at += 2;
  if (!read_range (&at, &new_start, &hunk->new_lines) || !starts (at, " @@"))
    return FALSE;
  at += 3;
  hunk->read->is_new = old_start == 0 && hunk->old_lines == 0;
  hunk->read->is_removed = new_start == 0 && hunk->new_lines == 0;
  g_string_append_printf (hunk->out, "@@ -%u,%u +%u,%u @@%.*s\n", old_start, hunk->old_lines, new_start,
                          hunk->new_lines, (int) strcspn (at, "\n"), at);
  return TRUE;
}

/* --- lines ------------------------------------------------------------------------------------ */

static void
step (Hunk *hunk)
{
  hunk->length = (guint) strcspn (hunk->at, "\n");
  hunk->at = next_of (hunk->at);
  hunk->line++;
}

/* A line of a hunk; an empty one is context whose blank a mailer or an editor took, and so is one that begins with a
 * tab. */
static gboolean
take_line (Hunk *hunk)
{
  const char *line = hunk->at;
  const gboolean bare = line[0] == '\n' || line[0] == '\t';
  const char kind = bare ? ' ' : line[0];
  if (kind == '\0' || strchr (" +-\\", kind) == NULL || (kind != '+' && kind != '\\' && hunk->old_lines == 0)
      || (kind != '-' && kind != '\\' && hunk->new_lines == 0))
    return FALSE;
  hunk->old_lines -= kind == ' ' || kind == '-';
  hunk->new_lines -= kind == ' ' || kind == '+';
  if (line[0] == '\t')
    hunk->read->mended |= HUNK_SIGNED;
  if (bare)
    g_string_append_c (hunk->out, ' ');
  g_string_append_len (hunk->out, line, next_of (line) - line);
  step (hunk);
  return TRUE;
}

/* "-- " and git's version, as format-patch ends a mail. */
static gboolean
is_signature (const char *line)
{
  const char *next = next_of (line);
  const gsize version = strspn (next, "0123456789");
  return (starts (line, "-- \n") || starts (line, "--\n")) && version > 0 && next[version] == '.';
}

/* What can be no line of this hunk, but begins something else. */
static gboolean
begins_other (const char *line)
{
  return *line == '\0' || starts (line, "@@ -") || starts (line, "diff ") || starts (line, "Index: ")
         || starts (line, "Only in ") || is_signature (line)
         || (starts (line, "--- ") && starts (next_of (line), "+++ ") && starts (next_of (next_of (line)), "@@ -"));
}

/* Blank lines at a hunk's end are lost where blanks at line ends, or empty lines at a file's end, are cut off. */
static gboolean
pad (Hunk *hunk)
{
  if (hunk->old_lines != hunk->new_lines || hunk->old_lines > CONTEXT_MAX || !begins_other (hunk->at))
    return FALSE;
  for (; hunk->old_lines > 0; hunk->old_lines--)
    g_string_append (hunk->out, " \n");
  hunk->new_lines = 0;
  hunk->read->mended |= HUNK_PADDED;
  return TRUE;
}

/* The rest of a line that a mailer broke at a blank. */
static gboolean
join (Hunk *hunk)
{
  if (hunk->length < WRAPPED_MIN || begins_other (hunk->at) || strchr (" \t\n", *hunk->at) != NULL)
    return FALSE;
  g_string_truncate (hunk->out, hunk->out->len - 1);
  if (hunk->out->len > 0 && hunk->out->str[hunk->out->len - 1] != ' ')
    g_string_append_c (hunk->out, ' ');
  g_string_append_len (hunk->out, hunk->at, next_of (hunk->at) - hunk->at);
  hunk->read->mended |= HUNK_JOINED;
  step (hunk);
  return TRUE;
}

gboolean
hunk_read (const char **at, guint *line, GString *out, HunkRead *read)
{
  Hunk hunk = { .at = *at, .line = *line, .out = out, .read = read };
  *read = (HunkRead){ 0 };
  if (!read_header (&hunk))
    return damaged (&hunk, *line, "a damaged hunk header");
  for (hunk.at = next_of (hunk.at), hunk.line++; hunk.old_lines > 0 || hunk.new_lines > 0;)
    {
      if (pad (&hunk))
        break;
      if (*hunk.at == '\0')
        return damaged (&hunk, *line, "the patch is cut short within this hunk");
      if (!take_line (&hunk) && !join (&hunk))
        return damaged (&hunk, hunk.line,
                        "damaged: the hunk's header counts other lines than the hunk has (was it edited by hand, or "
                        "broken by a mailer? attach it as a file)");
    }
  if (starts (hunk.at, "\\ "))
    {
      g_string_append_len (out, hunk.at, next_of (hunk.at) - hunk.at);
      step (&hunk);
    }
  *at = hunk.at;
  *line = hunk.line;
  return TRUE;
}

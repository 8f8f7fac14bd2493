/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading patches; see patch.h. Hunks are counted, so that what follows the last line of one is never taken for a part of it. */
#include "submission/patch.h"

#include <stdlib.h>
#include <string.h>

#include "submission/mail.h"
#include "submission/normalise.h"
#include "submission/paths.h"

#define HUNK_LINES_MAX 1000000u
#define PARTS_MAX 2000u
#define NAME_BYTES_MAX 1024u

static void
part_free (gpointer data)
{
  PatchPart *part = data;
  g_free (part->path);
  g_free (part->old_path);
  g_free (part->name);
  g_free (part->text);
  g_free (part);
}

void
patch_mail_free (PatchMail *mail)
{
  if (mail == NULL)
    return;
  g_free (mail->from);
  g_ptr_array_unref (mail->parts);
  g_free (mail);
}

/* The section of one file while it is read. */
typedef struct
{
  gboolean begun;
  char *old_name, *new_name; /* of "---" and "+++", without date; NULL: none yet */
  char *git_name;            /* of "diff --git", the new one */
  char *rename_from, *rename_to;
  gboolean is_new, is_removed, is_binary, is_link;
  GString *hunks;
  guint line;
} Section;

typedef struct
{
  const char *from;
  const char *at; /* the rest of the text */
  guint line;     /* of what is at hand, from 1 */
  Section section;
  PatchMail *mail;
  Fault **fault;
} Reader;

static void
section_clear (Section *section)
{
  g_free (section->old_name);
  g_free (section->new_name);
  g_free (section->git_name);
  g_free (section->rename_from);
  g_free (section->rename_to);
  if (section->hunks != NULL)
    g_string_free (section->hunks, TRUE);
  *section = (Section){ 0 };
}

static void
reader_clear (Reader *reader)
{
  section_clear (&reader->section);
  patch_mail_free (reader->mail);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Reader, reader_clear)

static gboolean
refuse (Reader *reader, guint line, const char *what)
{
  *reader->fault = fault_new (STAGE_INGEST, NULL, "%s: line %u: %s", reader->from, line, what);
  return FALSE;
}

/* --- lines and names -------------------------------------------------------------------------- */

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

static char *
copy_line (const char *line)
{
  return g_strndup (line, strcspn (line, "\n"));
}

/* "\"a/caf\\303\\251.c\"" as git quotes it. */
static char *
unquote (const char *text)
{
  const gsize length = strlen (text);
  if (length < 2 || text[0] != '"' || text[length - 1] != '"')
    return g_strdup (text);
  g_autofree char *inner = g_strndup (text + 1, length - 2);
  return g_strcompress (inner);
}

/* "a/x.c<TAB>2022-11-01 …" or, where a mail lost the tab, "a/x.c  2022-11-01 …". */
static char *
file_name (const char *line)
{
  g_autofree char *text = g_strndup (line, MIN (strcspn (line, "\t\n"), NAME_BYTES_MAX));
  g_autoptr (GRegex) date = g_regex_new (" +([0-9]{4}-[0-9]{2}-[0-9]{2} |(Mon|Tue|Wed|Thu|Fri|Sat|Sun) [A-Z]).*$", G_REGEX_RAW, 0, NULL);
  g_autofree char *name = g_regex_replace_literal (date, text, -1, 0, "", 0, NULL);
  return unquote (g_strstrip (name));
}

/* The new name of "diff --git a/x b/x": both are the same but for renames, whose own lines tell. */
static char *
git_name (const char *line)
{
  g_autofree char *rest = copy_line (line);
  const gsize length = strlen (rest);
  if (length > 0 && rest[length - 1] == '"')
    {
      const char *quote = strstr (rest, " \"");
      return quote != NULL ? unquote (quote + 1) : unquote (rest);
    }
  const char *middle = length > 0 ? rest + length / 2 : rest;
  return g_strdup (*middle == ' ' ? middle + 1 : strrchr (rest, ' ') != NULL ? strrchr (rest, ' ') + 1 : rest);
}

static gboolean
is_null (const char *name)
{
  return strcmp (name, "/dev/null") == 0;
}

/* --- sections --------------------------------------------------------------------------------- */

static char *
path_of (const char *name)
{
  return name != NULL && !is_null (name) ? kernel_path_of_patch (name) : NULL;
}

static char *
section_text (const Section *section, const char *path, const char *old_path)
{
  GString *text = g_string_new (NULL);
  const char *from = old_path != NULL ? old_path : path;
  g_string_append_printf (text, "diff --git a/%s b/%s\n", from, path);
  if (section->is_new)
    g_string_append (text, "new file mode 100644\n");
  if (section->is_removed)
    g_string_append (text, "deleted file mode 100644\n");
  if (old_path != NULL)
    g_string_append_printf (text, "rename from %s\nrename to %s\n", old_path, path);
  if (section->hunks == NULL)
    return g_string_free (text, FALSE);
  g_string_append_printf (text, "--- %s%s\n", section->is_new ? "/dev/null" : "a/", section->is_new ? "" : from);
  g_string_append_printf (text, "+++ %s%s\n", section->is_removed ? "/dev/null" : "b/", section->is_removed ? "" : path);
  g_string_append (text, section->hunks->str);
  return g_string_free (text, FALSE);
}

static const char *
shown_name (const Section *section)
{
  if (section->new_name != NULL && !is_null (section->new_name))
    return section->new_name;
  if (section->old_name != NULL && !is_null (section->old_name))
    return section->old_name;
  return section->git_name != NULL ? section->git_name : section->rename_to != NULL ? section->rename_to : "?";
}

/* What a section that says nothing of its content is: a change of mode, an empty file. */
static gboolean
is_void (const Section *section)
{
  return section->hunks == NULL && section->rename_to == NULL && !section->is_binary;
}

static gboolean
section_end (Reader *reader)
{
  Section *section = &reader->section;
  if (!section->begun || is_void (section))
    {
      section_clear (section);
      return TRUE;
    }
  if (reader->mail->parts->len >= PARTS_MAX)
    return refuse (reader, section->line, "more files than a patch of this course has");
  const char *name = shown_name (section);
  g_autofree char *shown = name_shown (name);
  g_autofree char *path = path_of (section->rename_to != NULL ? section->rename_to : name);
  g_autofree char *old_path = path_of (section->rename_from != NULL ? section->rename_from : section->old_name);
  if (path == NULL && section->rename_to == NULL)
    path = g_strdup (old_path);
  if (section->rename_to != NULL && path != NULL && old_path == NULL)
    return refuse (reader, section->line, "renames what is no file of the kernel's");
  if (section->rename_to == NULL || path == NULL)
    g_clear_pointer (&old_path, g_free);
  if (path != NULL && !kernel_path_is_document (path) && (section->is_binary || section->is_link))
    return refuse (reader, section->line, section->is_link ? "makes a symbolic link of the kernel's file" : "a binary patch; hand in the text of the change");
  PatchPart *part = g_new0 (PatchPart, 1);
  part->name = g_steal_pointer (&shown);
  part->text = path != NULL ? section_text (section, path, old_path) : NULL;
  part->path = g_steal_pointer (&path);
  part->old_path = g_steal_pointer (&old_path);
  g_ptr_array_add (reader->mail->parts, part);
  section_clear (section);
  return TRUE;
}

static gboolean
section_begin (Reader *reader)
{
  if (!section_end (reader))
    return FALSE;
  reader->section.begun = TRUE;
  reader->section.line = reader->line;
  return TRUE;
}

/* --- hunks ------------------------------------------------------------------------------------ */

typedef struct
{
  guint old_start, old_lines, new_start, new_lines;
  const char *rest; /* what follows the second @@ */
} Hunk;

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
read_hunk_header (const char *line, Hunk *hunk)
{
  const char *at = line + strlen ("@@ -");
  if (!read_range (&at, &hunk->old_start, &hunk->old_lines) || !starts (at, " +"))
    return FALSE;
  at += 2;
  if (!read_range (&at, &hunk->new_start, &hunk->new_lines) || !starts (at, " @@"))
    return FALSE;
  hunk->rest = at + 3;
  return TRUE;
}

/* A line of a hunk; an empty one is context whose blank a mailer or an editor took. */
static gboolean
take_hunk_line (Reader *reader, Hunk *hunk)
{
  const char *line = reader->at;
  const gboolean empty = line[0] == '\n';
  const char kind = empty ? ' ' : line[0];
  if (strchr (" +-\\", kind) == NULL || (kind != '+' && kind != '\\' && hunk->old_lines == 0) || (kind != '-' && kind != '\\' && hunk->new_lines == 0))
    return FALSE;
  hunk->old_lines -= kind == ' ' || kind == '-';
  hunk->new_lines -= kind == ' ' || kind == '+';
  if (empty)
    g_string_append_c (reader->section.hunks, ' ');
  g_string_append_len (reader->section.hunks, line, next_of (line) - line);
  return TRUE;
}

static gboolean
read_hunk (Reader *reader)
{
  Section *section = &reader->section;
  const guint begin = reader->line;
  Hunk hunk;
  if (!read_hunk_header (reader->at, &hunk))
    return refuse (reader, begin, "a damaged hunk header");
  section->is_new = section->is_new || (hunk.old_start == 0 && hunk.old_lines == 0);
  section->is_removed = section->is_removed || (hunk.new_start == 0 && hunk.new_lines == 0);
  if (section->hunks == NULL)
    section->hunks = g_string_new (NULL);
  g_string_append_printf (section->hunks, "@@ -%u,%u +%u,%u @@%.*s\n", hunk.old_start, hunk.old_lines, hunk.new_start, hunk.new_lines,
                          (int) strcspn (hunk.rest, "\n"), hunk.rest);
  for (reader->at = next_of (reader->at), reader->line++; hunk.old_lines > 0 || hunk.new_lines > 0; reader->at = next_of (reader->at), reader->line++)
    {
      if (*reader->at == '\0')
        return refuse (reader, begin, "the patch is cut short within this hunk");
      if (!take_hunk_line (reader, &hunk))
        return refuse (reader, reader->line, "damaged: the hunk's header counts other lines than the hunk has");
    }
  if (starts (reader->at, "\\ "))
    {
      g_string_append_len (section->hunks, reader->at, next_of (reader->at) - reader->at);
      reader->at = next_of (reader->at);
      reader->line++;
    }
  return TRUE;
}

/* --- what is between hunks -------------------------------------------------------------------- */

static gboolean
take_names (Reader *reader)
{
  Section *section = &reader->section;
  const char *second = next_of (reader->at);
  /* A section of git's has its names once; a second pair begins another file. */
  if ((!section->begun || section->old_name != NULL) && !section_begin (reader))
    return FALSE;
  section->old_name = file_name (reader->at + 4);
  section->new_name = file_name (second + 4);
  section->is_new = section->is_new || is_null (section->old_name);
  section->is_removed = section->is_removed || is_null (section->new_name);
  reader->at = next_of (second);
  reader->line += 2;
  return TRUE;
}

static void
take_extended (Section *section, const char *line)
{
  if (starts (line, "new file mode "))
    {
      section->is_new = TRUE;
      section->is_link = !starts (line, "new file mode 100");
    }
  else if (starts (line, "deleted file mode "))
    section->is_removed = TRUE;
  else if (starts (line, "rename from ") || starts (line, "rename to "))
    {
      g_autofree char *name = copy_line (strchr (line + 7, ' ') + 1);
      char **to = starts (line, "rename to ") ? &section->rename_to : &section->rename_from;
      g_free (*to);
      *to = unquote (name);
    }
  else if (starts (line, "GIT binary patch") || starts (line, "Binary files "))
    section->is_binary = TRUE;
}

static gboolean
names_kvm (const char *line)
{
  g_autofree char *text = copy_line (line);
  return strstr (text, KERNEL_KVM_FOLDER) != NULL;
}

static gboolean
take_line (Reader *reader)
{
  const char *line = reader->at;
  Section *section = &reader->section;
  if (starts (line, "--- ") && starts (next_of (line), "+++ "))
    return take_names (reader);
  if (starts (line, "@@ -") && section->new_name != NULL)
    return read_hunk (reader);
  if (starts (line, "@@@ ") || starts (line, "diff --cc ") || starts (line, "diff --combined "))
    return refuse (reader, reader->line, "a merge's combined diff; hand in git diff BASE HEAD");
  if (starts (line, "*** ") && starts (next_of (line), "--- "))
    return refuse (reader, reader->line, "a context diff; hand in a unified one: diff -u or git diff");
  if (starts (line, "diff --git "))
    {
      if (!section_begin (reader))
        return FALSE;
      section->git_name = git_name (line + strlen ("diff --git "));
    }
  else if (section->git_name != NULL && section->hunks == NULL)
    take_extended (section, line);
  else if (starts (line, "Binary files ") && names_kvm (line))
    return refuse (reader, reader->line, "a binary file differs; leave the products of a build out of the diff (make clean)");
  reader->at = next_of (line);
  reader->line++;
  return TRUE;
}

static gboolean
read_mail (const char *from, const Mail *mail, GPtrArray *mails, Fault **fault)
{
  g_auto (Reader) reader = { .from = from, .at = mail->body, .line = mail->line, .fault = fault };
  reader.mail = g_new0 (PatchMail, 1);
  reader.mail->parts = g_ptr_array_new_with_free_func (part_free);
  while (*reader.at != '\0')
    {
      if (!take_line (&reader))
        return FALSE;
    }
  if (!section_end (&reader))
    return FALSE;
  if (reader.mail->parts->len == 0)
    return TRUE;
  g_autofree char *subject = mail->subject != NULL ? name_shown (mail->subject) : NULL;
  reader.mail->from = subject != NULL ? g_strdup_printf ("%s: %s", from, subject) : g_strdup (from);
  g_ptr_array_add (mails, g_steal_pointer (&reader.mail));
  return TRUE;
}

/* --- the whole -------------------------------------------------------------------------------- */

/* "12,15c12,17" and "< old": what diff without -u says. */
static gboolean
is_normal_diff (const char *line)
{
  if (!g_ascii_isdigit (*line))
    return FALSE;
  const gsize left = strspn (line, "0123456789,");
  const gsize right = left > 0 && strchr ("acd", line[left]) != NULL ? strspn (line + left + 1, "0123456789,") : 0;
  const char *next = next_of (line);
  return right > 0 && line[left + 1 + right] == '\n' && (starts (next, "< ") || starts (next, "> "));
}

static gboolean
is_diff_line (const char *line)
{
  if (starts (line, "diff --git ") || starts (line, "diff --cc ") || starts (line, "diff --combined ") || is_normal_diff (line))
    return TRUE;
  const char *next = next_of (line);
  return (starts (line, "--- ") && starts (next, "+++ ") && starts (next_of (next), "@@ -"))
         || (starts (line, "*** ") && starts (next, "--- ") && starts (next_of (next), "***"));
}

gboolean
patch_is_in (const char *text, guint lines)
{
  for (const char *line = text; *line != '\0' && lines > 0; line = next_of (line), lines--)
    {
      if (is_diff_line (line))
        return TRUE;
    }
  return FALSE;
}

static gboolean
has_normal_diff (const char *text)
{
  for (const char *line = text; *line != '\0'; line = next_of (line))
    {
      if (is_normal_diff (line))
        return TRUE;
    }
  return FALSE;
}

gboolean
patch_read (const char *from, const char *text, GPtrArray *mails, Fault **fault)
{
  const guint before = mails->len;
  g_autoptr (GPtrArray) parts = mail_split (text);
  for (guint i = 0; i < parts->len; i++)
    {
      if (!read_mail (from, g_ptr_array_index (parts, i), mails, fault))
        return FALSE;
    }
  if (mails->len > before)
    return TRUE;
  if (has_normal_diff (text))
    *fault = fault_new (STAGE_INGEST, NULL, "%s: a diff without context; hand in a unified one: diff -u or git diff", from);
  else
    *fault = fault_new (STAGE_INGEST, NULL, "%s: a patch is expected, and there is no change in it; make it with git format-patch or diff -u", from);
  return FALSE;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading the sections of a diff; see patch-section.h. */
#include "submission/patch-section.h"

#include <stdlib.h>
#include <string.h>

#include "submission/normalise.h"
#include "submission/parts.h"
#include "submission/patch-hunk.h"
#include "submission/paths.h"

#define ONLY_IN_MAX 5u
#define PARTS_MAX 2000u
#define NAME_BYTES_MAX 1024u

/* The section of one file while it is read. */
typedef struct
{
  gboolean begun;
  char *old_name, *new_name; /* of "---" and "+++", without date; NULL: none yet */
  char *git_name;            /* of "diff --git", the new one */
  char *rename_from, *rename_to;
  char *old_id, *new_id; /* of "index", the contents' names */
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
  GPtrArray *parts;     /* of PatchPart */
  guint mended;         /* HUNK_… */
  guint only_in;        /* files that one of two folders has alone */
  gboolean is_combined; /* within a merge's diff of what is no kernel file */
  GPtrArray *notes;
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
  g_free (section->old_id);
  g_free (section->new_id);
  if (section->hunks != NULL)
    g_string_free (section->hunks, TRUE);
  *section = (Section){ 0 };
}

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

/* Windows has backslashes between folders; no file of the kernel's has one in its name. */
static char *
with_slashes (char *name)
{
  return g_strdelimit (name, "\\", '/');
}

/* "a/x.c<TAB>2022-11-01 …" or, where a mail lost the tab, "a/x.c  2022-11-01 …". */
static char *
file_name (const char *line)
{
  g_autofree char *text = g_strndup (line, MIN (strcspn (line, "\t\n"), NAME_BYTES_MAX));
  g_autoptr (GRegex) date =
      g_regex_new (" +([0-9]{4}-[0-9]{2}-[0-9]{2} |(Mon|Tue|Wed|Thu|Fri|Sat|Sun) [A-Z]).*$", G_REGEX_RAW, 0, NULL);
  g_autofree char *name = g_regex_replace_literal (date, text, -1, 0, "", 0, NULL);
  return with_slashes (unquote (g_strstrip (name)));
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
  return with_slashes (g_strdup (*middle == ' '                ? middle + 1
                                 : strrchr (rest, ' ') != NULL ? strrchr (rest, ' ') + 1
                                                               : rest));
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
  g_string_append_printf (text, "+++ %s%s\n", section->is_removed ? "/dev/null" : "b/",
                          section->is_removed ? "" : path);
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

/* What somebody writes; anything else that is binary is a product of a build, a picture, a document. */
static gboolean
is_source (const char *name)
{
  static const char *const suffixes[] = { ".c", ".h", ".s", ".S", "/Makefile", "/Kconfig", "/Kbuild" };
  for (guint i = 0; i < G_N_ELEMENTS (suffixes); i++)
    {
      if (g_str_has_suffix (name, suffixes[i]))
        return !g_str_has_suffix (name, ".mod.c");
    }
  return FALSE;
}

/* Takes the strings. path NULL: none of the kernel's. */
static void
add_part (Reader *reader, const char *name, char *path, char *old_path)
{
  Section *section = &reader->section;
  PatchPart *part = g_new0 (PatchPart, 1);
  part->name = name_shown (name);
  part->text = path != NULL ? section_text (section, path, old_path) : NULL;
  part->path = path;
  part->old_path = old_path;
  part->is_binary = section->is_binary;
  part->old_id = g_steal_pointer (&section->old_id);
  part->new_id = g_steal_pointer (&section->new_id);
  g_ptr_array_add (reader->parts, part);
  section_clear (section);
}

/* The paths in the kernel that the section's names mean; both NULL if it is none of the kernel's. */
static gboolean
section_paths (Reader *reader, const char *name, char **path, char **old_path)
{
  const Section *section = &reader->section;
  g_autofree char *now = path_of (section->rename_to != NULL ? section->rename_to : name);
  g_autofree char *before = path_of (section->rename_from != NULL ? section->rename_from : section->old_name);
  if (now == NULL && section->rename_to == NULL)
    now = g_strdup (before);
  if (section->rename_to != NULL && now != NULL && before == NULL)
    return refuse (reader, section->line, "renames what is no file of the kernel's");
  *old_path = section->rename_to != NULL && now != NULL ? g_steal_pointer (&before) : NULL;
  *path = g_steal_pointer (&now);
  return TRUE;
}

static gboolean
section_end (Reader *reader)
{
  Section *section = &reader->section;
  g_autofree char *path = NULL;
  g_autofree char *old_path = NULL;
  if (!section->begun || is_void (section))
    {
      section_clear (section);
      return TRUE;
    }
  if (reader->parts->len >= PARTS_MAX)
    return refuse (reader, section->line, "more files than a patch of this course has");
  g_autofree char *name = g_strdup (shown_name (section));
  if (!section_paths (reader, name, &path, &old_path))
    return FALSE;
  if (path != NULL && section->is_binary && is_source (path))
    return refuse (reader, section->line,
                   "a binary patch of a source file (is the file UTF-16, or damaged?); hand in the file itself, or "
                   "the text of the change");
  if (path != NULL && !kernel_path_is_document (path) && section->is_link)
    return refuse (reader, section->line, "makes a symbolic link of the kernel's file");
  if (section->is_binary)
    {
      g_clear_pointer (&path, g_free);
      g_clear_pointer (&old_path, g_free);
    }
  add_part (reader, name, g_steal_pointer (&path), g_steal_pointer (&old_path));
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

static gboolean
read_hunk (Reader *reader)
{
  Section *section = &reader->section;
  HunkRead read;
  if (section->hunks == NULL)
    section->hunks = g_string_new (NULL);
  if (!hunk_read (&reader->at, &reader->line, section->hunks, &read))
    return refuse (reader, read.line, read.damage);
  section->is_new = section->is_new || read.is_new;
  section->is_removed = section->is_removed || read.is_removed;
  reader->mended |= read.mended;
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

/* "1234567..89abcde 100644". */
static void
take_ids (Section *section, const char *line)
{
  static const char hex[] = "0123456789abcdef";
  const gsize old = strspn (line, hex);
  const gsize new = starts (line + old, "..") ? strspn (line + old + 2, hex) : 0;
  if (old < 7 || new < 7 || section->old_id != NULL)
    return;
  section->old_id = g_strndup (line, old);
  section->new_id = g_strndup (line + old + 2, new);
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
  else if (starts (line, "index "))
    take_ids (section, line + strlen ("index "));
  else if (starts (line, "GIT binary patch") || starts (line, "Binary files "))
    section->is_binary = TRUE;
}

/* "Binary files a/x.o and b/x.o differ", as diff -r has it. */
static gboolean
take_binary (Reader *reader)
{
  g_autofree char *text = copy_line (reader->at);
  char *second = strstr (text, " and ");
  if (second == NULL || !g_str_has_suffix (text, " differ"))
    return TRUE;
  if (!section_begin (reader))
    return FALSE;
  reader->section.is_binary = TRUE;
  reader->section.new_name = with_slashes (g_strndup (second + 5, strlen (second + 5) - strlen (" differ")));
  return section_end (reader);
}

/* "Only in linux/arch/x86/kvm: count.h": diff without -N leaves out what a new file holds. */
static void
take_only_in (Reader *reader)
{
  g_autofree char *text = copy_line (reader->at);
  g_autofree char *shown = name_shown (text);
  if (is_source (text) && strstr (text, "arch/x86/kvm") != NULL && reader->only_in++ < ONLY_IN_MAX)
    submission_note (reader->notes, "%s: \"%s\": what is in that file is not in the patch; diff -ruN would have it",
                     reader->from, shown);
}

/* A merge's diff of a kernel file cannot be applied; of another file it is of no use. */
static gboolean
take_combined (Reader *reader)
{
  g_autofree char *text = copy_line (strchr (reader->at + strlen ("diff "), ' ') + 1);
  g_autofree char *name = unquote (text);
  g_autofree char *path = kernel_path_of_patch (name);
  if (path != NULL && !kernel_path_is_document (path))
    return refuse (reader, reader->line, "a merge's combined diff; hand in git diff BASE HEAD");
  reader->is_combined = TRUE;
  return section_end (reader);
}

/* What is neither a pair of names nor a hunk. */
static gboolean
take_other (Reader *reader)
{
  const char *line = reader->at;
  Section *section = &reader->section;
  if (starts (line, "diff --git "))
    {
      if (!section_begin (reader))
        return FALSE;
      reader->is_combined = FALSE;
      section->git_name = git_name (line + strlen ("diff --git "));
    }
  else if (section->git_name != NULL && section->hunks == NULL && !section->is_binary)
    take_extended (section, line);
  else if (starts (line, "Binary files ") && !take_binary (reader))
    return FALSE;
  else if (starts (line, "Only in "))
    take_only_in (reader);
  reader->at = next_of (line);
  reader->line++;
  return TRUE;
}

static gboolean
take_line (Reader *reader)
{
  const char *line = reader->at;
  if (starts (line, "--- ") && starts (next_of (line), "+++ ") && !reader->is_combined)
    return take_names (reader);
  if (starts (line, "@@ -") && reader->section.new_name != NULL)
    return read_hunk (reader);
  if (starts (line, "diff --cc ") || starts (line, "diff --combined "))
    {
      if (!take_combined (reader))
        return FALSE;
    }
  else if (starts (line, "@@@ ") && !reader->is_combined)
    return refuse (reader, reader->line, "a merge's combined diff; hand in git diff BASE HEAD");
  if (starts (line, "*** ") && starts (next_of (line), "--- "))
    return refuse (reader, reader->line, "a context diff; hand in a unified one: diff -u or git diff");
  return take_other (reader);
}

static gboolean
take_text (Reader *reader)
{
  while (*reader->at != '\0')
    {
      if (!take_line (reader))
        return FALSE;
    }
  return section_end (reader);
}

gboolean
patch_sections_read (const char *from, const char *text, guint line, GPtrArray *parts, guint *mended,
                     GPtrArray *notes, Fault **fault)
{
  Reader reader = { .from = from, .at = text, .line = line, .parts = parts, .notes = notes, .fault = fault };
  const gboolean ok = take_text (&reader);
  section_clear (&reader.section);
  *mended = reader.mended;
  return ok;
}

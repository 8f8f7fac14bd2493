/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A batch's files; see grade-files.h. */
#include "cli/grade-files.h"

#include <string.h>

#include "base/error.h"
#include "base/files.h"
#include "grade/batch.h"
#include "grade/grade-classroom50.h"
#include "grade/grade-csv.h"
#include "grade/grade-gradescope.h"
#include "grade/grade-html.h"
#include "grade/grade-json.h"
#include "grade/grade-junit.h"
#include "grade/grade-lms.h"
#include "grade/grade-md.h"
#include "grade/grade-sarif.h"

#define CLASSROOM50_FILE "result.json"
#define NAME_MAX_BYTES 200 /* of 255 that a file system takes: "-123" comes behind */

gboolean
grade_formats_parse (const char *text, guint *formats, GError **error)
{
  static const struct {
    const char *name;
    GradeFormats format;
  } names[] = {
    { "json", GRADE_FORMAT_JSON },     { "md", GRADE_FORMAT_MD },                 { "html", GRADE_FORMAT_HTML },
    { "junit", GRADE_FORMAT_JUNIT },   { "gradescope", GRADE_FORMAT_GRADESCOPE }, { "classroom50", GRADE_FORMAT_CLASSROOM50 },
    { "sarif", GRADE_FORMAT_SARIF },   { "canvas", GRADE_FORMAT_CANVAS },         { "moodle", GRADE_FORMAT_MOODLE },
    { "similarity", GRADE_FORMAT_SIMILARITY },
  };
  g_auto (GStrv) words = g_strsplit (text ? text : "", ",", -1);
  guint found = 0;

  for (char **word = words; *word; word++)
    {
      guint i = 0;

      while (i < G_N_ELEMENTS (names) && strcmp (*word, names[i].name) != 0)
        i++;
      if (i == G_N_ELEMENTS (names))
        return fail (error, HARNESS_ERROR_USAGE, "--format has \"%s\"; try: json, md, html, junit, sarif, gradescope, classroom50, canvas, moodle and similarity, with commas between them", *word);
      found |= names[i].format;
    }
  *formats = text ? found : GRADE_FORMATS_DEFAULT;
  return TRUE;
}

/* --- entries --------------------------------------------------------------------------------------- */

void
grade_entry_free (GradeEntry *entry)
{
  g_free (entry->name);
  grade_free (entry->grade);
  g_free (entry);
}

/* Without what says how it is packed. */
static char *
unpacked_name (const char *path)
{
  static const char *const packings[] = { ".zip", ".tar", ".gz", ".xz", ".bz2", ".zst", ".tgz", ".7z", ".rar", ".patch", ".diff", ".mbox", ".bundle", ".git" };
  g_autofree char *base = g_path_get_basename (path);

  for (guint i = 0; i < G_N_ELEMENTS (packings); i++)
    {
      const gsize length = strlen (base), end = strlen (packings[i]);

      if (length <= end || g_ascii_strcasecmp (base + length - end, packings[i]) != 0)
        continue;
      base[length - end] = '\0';
      i = (guint) -1; /* from the first again: .tar.gz has two */
    }
  return g_steal_pointer (&base);
}

/* Letters and digits of any script, with their accents. No dot: no file of the batch has such a name. */
static gboolean
is_plain (gunichar letter, gboolean first)
{
  if (letter < 0x80)
    return g_ascii_isalnum ((char) letter) || letter == '_' || (!first && strchr ("-+@", (int) letter));
  return g_unichar_isalnum (letter) || (!first && g_unichar_ismark (letter));
}

/* "hw 2/Jane Roe.zip": "Jane_Roe". Names in any script stay what they are; what is no letter is '_'. */
static char *
plain_name (const char *path)
{
  g_autofree char *base = unpacked_name (path);
  g_autofree char *valid = g_utf8_make_valid (base, -1);
  g_autofree char *composed = g_utf8_normalize (valid, -1, G_NORMALIZE_NFC);
  GString *name = g_string_new (NULL);

  for (const char *at = composed; *at; at = g_utf8_next_char (at))
    {
      const gunichar letter = g_utf8_get_char (at);

      if (name->len + (gsize) (g_utf8_next_char (at) - at) > NAME_MAX_BYTES)
        break;
      g_string_append_unichar (name, is_plain (letter, name->len == 0) ? letter : '_');
    }
  return g_string_free (name, FALSE);
}

/* Not even in capitals alone are two the same: some file systems do not tell them apart. */
static gboolean
take_name (GHashTable *taken, const char *name)
{
  return g_hash_table_add (taken, g_utf8_casefold (name, -1));
}

static GradeEntry *
add_entry (GPtrArray *entries, GHashTable *taken, const char *path)
{
  GradeEntry *entry = g_new0 (GradeEntry, 1);
  g_autofree char *name = plain_name (path);

  entry->path = path;
  entry->name = g_strdup (name);
  for (guint i = 2; !take_name (taken, entry->name); i++)
    {
      g_free (entry->name);
      entry->name = g_strdup_printf ("%s-%u", name, i);
    }
  g_ptr_array_add (entries, entry);
  return entry;
}

GPtrArray *
grade_entries_new (char **paths)
{
  g_autoptr (GHashTable) taken = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  GPtrArray *entries = g_ptr_array_new_with_free_func ((GDestroyNotify) grade_entry_free);

  for (char **path = paths; *path; path++)
    add_entry (entries, taken, *path);
  return entries;
}

GPtrArray *
grade_entries_of_groups (const GPtrArray *groups)
{
  g_autoptr (GHashTable) taken = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  GPtrArray *entries = g_ptr_array_new_with_free_func ((GDestroyNotify) grade_entry_free);

  for (guint i = 0; i < groups->len; i++)
    {
      const Group *group = g_ptr_array_index (groups, i);

      GradeEntry *entry = add_entry (entries, taken, group->name);

      entry->group = group->parts ? group : NULL;
      entry->is_student = group->parts != NULL;
    }
  return entries;
}

/* --- writing --------------------------------------------------------------------------------------- */

static gboolean
write_text (const char *dir, const char *below, const char *name, GString *text, GError **error)
{
  g_autofree char *path = g_build_filename (dir, below, name, NULL);
  const gboolean ok = files_write (path, text->str, (gssize) text->len, error);

  g_string_free (text, TRUE);
  return ok;
}

/* None where there is no score. */
static gboolean
write_classroom50 (const char *dir, const Grade *grade, GError **error)
{
  GString *text = grade_classroom50 (grade);

  return !text || write_text (dir, ".", CLASSROOM50_FILE, text, error);
}

static gboolean
remove_file (const char *dir, const char *name, GError **error)
{
  g_autofree char *path = g_build_filename (dir, name, NULL);

  return files_remove_tree (path, error);
}

gboolean
grade_files_remove_old (const char *dir, guint formats, GError **error)
{
  return !(formats & GRADE_FORMAT_CLASSROOM50) || remove_file (dir, CLASSROOM50_FILE, error);
}

gboolean
grade_files_remove_stale (const char *dir, const char *name, guint formats, GError **error)
{
  static const struct {
    GradeFormats format;
    const char *file;
    gboolean of_batch;
  } files[] = {
    { GRADE_FORMAT_MD, "grade.md", FALSE },          { GRADE_FORMAT_HTML, "grade.html", FALSE },
    { GRADE_FORMAT_SARIF, "grade.sarif", FALSE },    { GRADE_FORMAT_MD, "summary.md", TRUE },
    { GRADE_FORMAT_HTML, "index.html", TRUE },       { GRADE_FORMAT_JUNIT, "junit.xml", TRUE },
    { GRADE_FORMAT_CANVAS, "canvas.csv", TRUE },     { GRADE_FORMAT_MOODLE, "moodle.csv", TRUE },
    { GRADE_FORMAT_GRADESCOPE, "results.json", TRUE }, { GRADE_FORMAT_CLASSROOM50, CLASSROOM50_FILE, TRUE },
  };
  g_autofree char *folder = name ? g_build_filename (dir, name, NULL) : g_strdup (dir);

  for (guint i = 0; i < G_N_ELEMENTS (files); i++)
    if (files[i].of_batch == !name && !(formats & files[i].format) && !remove_file (folder, files[i].file, error))
      return FALSE;
  return TRUE;
}

gboolean
grade_files_write_one (const char *dir, const GradeEntry *entry, const Rubric *rubric, guint formats, GError **error)
{
  const Grade *grade = entry->grade;
  g_autofree char *folder = g_build_filename (dir, entry->name, NULL);

  return files_make_dir (folder, error) && (!(formats & GRADE_FORMAT_JSON) || write_text (dir, entry->name, "grade.json", grade_json (grade), error)) &&
         (!(formats & GRADE_FORMAT_MD) || write_text (dir, entry->name, "grade.md", grade_md (grade), error)) &&
         (!(formats & GRADE_FORMAT_HTML) || write_text (dir, entry->name, "grade.html", grade_html (grade), error)) &&
         (!(formats & GRADE_FORMAT_SARIF) || write_text (dir, entry->name, "grade.sarif", grade_sarif (grade), error)) &&
         (!(formats & GRADE_FORMAT_CLASSROOM50) || write_classroom50 (dir, grade, error)) &&
         (!(formats & GRADE_FORMAT_GRADESCOPE) || grade_files_write_gradescope (dir, grade, rubric, FALSE, error));
}

gboolean
grade_files_write_gradescope (const char *dir, const Grade *grade, const Rubric *rubric, gboolean unfinished, GError **error)
{
  return write_text (dir, ".", "results.json", grade_gradescope (grade, rubric, unfinished), error);
}

/* students: of those alone whose names the platform gave. */
static GPtrArray *
graded (const GPtrArray *entries, gboolean students)
{
  GPtrArray *grades = g_ptr_array_new ();

  for (guint i = 0; i < entries->len; i++)
    {
      const GradeEntry *entry = g_ptr_array_index (entries, i);

      if (entry->grade && (entry->is_student || !students))
        g_ptr_array_add (grades, entry->grade);
    }
  return grades;
}

gboolean
grade_files_write_csv (const char *dir, const GPtrArray *entries, GError **error)
{
  g_autoptr (GPtrArray) grades = graded (entries, FALSE);

  return write_text (dir, ".", "grades.csv", grades_csv (grades), error);
}

static gboolean
was_retried (const Grade *grade)
{
  for (guint i = 0; i < grade->notes->len; i++)
    if (g_str_has_prefix (g_ptr_array_index (grade->notes, i), "The first try failed"))
      return TRUE;
  return FALSE;
}

gboolean
grade_files_write_summary (const char *dir, const char *title, const Rubric *rubric, const GPtrArray *entries, guint formats, gint64 elapsed_ms, GError **error)
{
  g_autoptr (GPtrArray) grades = graded (entries, FALSE);
  g_autoptr (GPtrArray) students = graded (entries, TRUE);
  g_autoptr (GPtrArray) links = g_ptr_array_new_with_free_func (g_free);
  g_autofree BatchEntry *batch_entries = g_new0 (BatchEntry, entries->len + 1);
  Batch batch = { .title = title, .entries = batch_entries, .elapsed_ms = elapsed_ms };

  for (guint i = 0; i < entries->len; i++)
    {
      const GradeEntry *entry = g_ptr_array_index (entries, i);

      if (!entry->grade)
        continue;
      g_ptr_array_add (links, g_strdup_printf ("%s/grade.html", entry->name));
      batch_entries[batch.n++] = (BatchEntry){
        .grade = entry->grade,
        .href = formats & GRADE_FORMAT_HTML ? g_ptr_array_index (links, links->len - 1) : NULL,
        .retried = was_retried (entry->grade),
      };
    }
  return (!(formats & GRADE_FORMAT_HTML) || write_text (dir, ".", "index.html", batch_html (&batch), error)) &&
         (!(formats & GRADE_FORMAT_MD) || write_text (dir, ".", "summary.md", batch_md (&batch), error)) &&
         (!(formats & GRADE_FORMAT_JUNIT) || write_text (dir, ".", "junit.xml", grades_junit (grades), error)) &&
         (!(formats & GRADE_FORMAT_CANVAS) || write_text (dir, ".", "canvas.csv", grades_canvas (students, title, rubric_points (rubric)), error)) &&
         (!(formats & GRADE_FORMAT_MOODLE) || write_text (dir, ".", "moodle.csv", grades_moodle (students, rubric_points (rubric)), error));
}

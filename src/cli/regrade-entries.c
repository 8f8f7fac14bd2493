/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading an earlier grade's folder; see regrade-entries.h. */
#include "cli/regrade-entries.h"

#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/files.h"
#include "cli/grade-keep.h"
#include "grade/evidence-file.h"
#include "grade/grade-json.h"
#include "report/csv-read.h"

#define GRADE_FILE "grade.json"
#define SHEET "grades.csv"
#define AFRESH "; try: grade it afresh"

void
regrade_entry_free (gpointer data)
{
  RegradeEntry *entry = data;

  if (entry->entry.grade != entry->before)
    grade_free (entry->entry.grade);
  grade_free (entry->before);
  g_free (entry->entry.name);
  g_free (entry->logs);
  judged_by_free (entry->by_before);
  judged_by_free (entry->by);
  g_free (entry->why_not);
  g_free (entry);
}

const char *
regrade_entry_name (const RegradeEntry *entry)
{
  return entry->before      ? entry->before->submission
         : entry->by_before ? entry->by_before->submission
                            : entry->entry.name;
}

/* --- evidence --------------------------------------------------------------------------------- */

static Evidence *
read_evidence (const RegradeEntry *entry, GError **error)
{
  g_autofree char *data = NULL;
  Evidence *evidence = NULL;
  gsize size;

  if (!grade_keep_read (entry->logs, EVIDENCE_FILE, EVIDENCE_FILE_MAX, &data, &size, error))
    return NULL;
  return evidence_read (data, size, &evidence, error) ? evidence : NULL;
}

static gboolean
is_its_own (const RegradeEntry *entry, const Evidence *evidence)
{
  const char *sha256 = entry->before      ? entry->before->sha256
                       : entry->by_before ? entry->by_before->sha256
                                          : evidence->collected->sha256;

  return strcmp (evidence->collected->sha256, sha256) == 0;
}

Evidence *
regrade_entry_evidence (const RegradeEntry *entry, char **why_not)
{
  g_autofree char *path = g_build_filename (entry->logs, EVIDENCE_FILE, NULL);
  g_autoptr (GError) failure = NULL;
  g_autoptr (Evidence) evidence = NULL;

  *why_not = NULL;
  if (!g_file_test (path, G_FILE_TEST_EXISTS))
    {
      *why_not = g_strdup ("no evidence was kept: an older harness graded it, the labs' logs are too long, "
                           "or the grading itself failed" AFRESH);
      return NULL;
    }
  evidence = read_evidence (entry, &failure);
  if (!evidence)
    *why_not = g_strdup_printf ("%s: %s" AFRESH, EVIDENCE_FILE, failure->message);
  else if (!is_its_own (entry, evidence))
    *why_not = g_strdup ("the evidence is another submission's than the grade" AFRESH);
  return *why_not ? NULL : g_steal_pointer (&evidence);
}

/* --- the folder ------------------------------------------------------------------------------- */

static Grade *
read_grade (const char *folder)
{
  g_autofree char *text = NULL;
  Grade *grade = NULL;
  gsize size;

  if (!grade_keep_read (folder, GRADE_FILE, GRADE_JSON_MAX, &text, &size, NULL) ||
      !grade_json_read (text, size, &grade, NULL))
    return NULL;
  return grade;
}

static JudgedBy *
read_judged_by (const char *logs)
{
  g_autofree char *text = NULL;
  JudgedBy *by = NULL;
  gsize size;

  if (!grade_keep_read (logs, JUDGED_FILE, JUDGED_JSON_MAX, &text, &size, NULL) ||
      !judged_by_read (text, size, &by, NULL))
    return NULL;
  return by;
}

/* No link: what is written below must not lead out. */
static gboolean
is_folder (const char *path)
{
  struct stat st;

  return lstat (path, &st) == 0 && S_ISDIR (st.st_mode);
}

static gboolean
has_grade (const char *folder, const char *logs)
{
  g_autofree char *grade = g_build_filename (folder, GRADE_FILE, NULL),
                  *evidence = g_build_filename (logs, EVIDENCE_FILE, NULL);

  return is_folder (folder) && (!g_file_test (logs, G_FILE_TEST_EXISTS) || is_folder (logs)) &&
         (g_file_test (grade, G_FILE_TEST_EXISTS) || g_file_test (evidence, G_FILE_TEST_EXISTS));
}

static void
add_entry (const char *dir, const char *name, GPtrArray *entries)
{
  g_autofree char *folder = g_build_filename (dir, name, NULL),
                  *logs = g_build_filename (folder, "logs", NULL);
  RegradeEntry *entry;

  if (!has_grade (folder, logs))
    return;
  entry = g_new0 (RegradeEntry, 1);
  entry->entry.name = g_strdup (name);
  entry->logs = g_steal_pointer (&logs);
  entry->before = read_grade (folder);
  entry->by_before = read_judged_by (entry->logs);
  entry->entry.path = regrade_entry_name (entry);
  g_ptr_array_add (entries, entry);
}

static gboolean
find_entries (const char *dir, GPtrArray *entries, GError **error)
{
  g_autoptr (GDir) handle = g_dir_open (dir, 0, NULL);
  g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);

  if (!handle)
    return fail (error, HARNESS_ERROR_USAGE, "--regrade: %s: there is no such folder, or it cannot be read",
                 dir);
  for (const char *name; (name = g_dir_read_name (handle));)
    g_ptr_array_add (names, g_strdup (name));
  files_sort_names (names);
  for (guint i = 0; i < names->len; i++)
    add_entry (dir, g_ptr_array_index (names, i), entries);
  return entries->len > 0 ||
         fail (error, HARNESS_ERROR_USAGE,
               "--regrade: %s: no grade is in it; try: the folder that an earlier grade wrote, with %s",
               dir, SHEET);
}

/* --- the order -------------------------------------------------------------------------------- */

static gint
find_named (const GPtrArray *entries, guint from, const char *field)
{
  for (guint i = from; i < entries->len; i++)
    {
      g_autofree char *valid = g_utf8_make_valid (regrade_entry_name (g_ptr_array_index (entries, i)), -1);
      const char *name = field[0] == '\'' && valid[0] != '\''
                           ? field + 1
                           : field; /* a spreadsheet's formula was made none (csv.h) */

      if (strcmp (valid, name) == 0)
        return (gint) i;
    }
  return -1;
}

/* What cannot be read tells no name: nobody knows in which row it is. */
static guint
count_nameless (const GPtrArray *entries)
{
  guint count = 0;

  for (guint i = 0; i < entries->len; i++)
    {
      const RegradeEntry *entry = g_ptr_array_index (entries, i);

      count += !entry->before && !entry->by_before ? 1 : 0;
    }
  return count;
}

/* TRUE if there is one of that name: it is moved to `place`. */
static gboolean
place_row (GPtrArray *entries, guint place, const char *field)
{
  const gint at = find_named (entries, place, field);
  gpointer moved;

  if (at < 0)
    return FALSE;
  moved = g_ptr_array_index (entries, (guint) at);
  memmove (entries->pdata + place + 1, entries->pdata + place, ((guint) at - place) * sizeof moved);
  entries->pdata[place] = moved;
  return TRUE;
}

/*
 * What is in no row comes last, by name. A sheet that is not there, or that was edited beyond
 * reading, tells no order. As many rows may have no entry as there are entries that tell no name.
 */
static gboolean
order_by_sheet (const char *dir, GPtrArray *entries, Progress *progress, GError **error)
{
  g_autofree char *text = NULL;
  g_autoptr (CsvTable) table = NULL;
  guint column, placed = 0, nameless = count_nameless (entries);
  gsize size;

  if (!grade_keep_read (dir, SHEET, CSV_BYTES_MAX, &text, &size, NULL) ||
      !csv_read (text, size, &table, NULL) || !csv_column (table, "submission", &column, NULL))
    return TRUE;
  for (guint row = 0; row < csv_rows (table); row++)
    {
      const char *field = csv_field (table, row, column);

      if (place_row (entries, placed, field))
        placed++;
      else if (nameless-- == 0)
        return fail (error, HARNESS_ERROR_USAGE,
                     "--regrade: %s: of \"%s\", which is in %s, neither %s nor evidence is there; try: grade "
                     "the submissions afresh",
                     dir, field, SHEET, GRADE_FILE);
      else
        progress_say (progress, "", "%s: \"%s\" is in %s, and no folder tells that it is its own: one whose %s cannot be read may be it", dir, field,
                      SHEET, GRADE_FILE);
    }
  return TRUE;
}

gboolean
regrade_entries_read (const char *dir, Progress *progress, GPtrArray **entries, GError **error)
{
  g_autoptr (GPtrArray) found = g_ptr_array_new_with_free_func (regrade_entry_free);

  if (!find_entries (dir, found, error) || !order_by_sheet (dir, found, progress, error))
    return FALSE;
  *entries = g_steal_pointer (&found);
  return TRUE;
}

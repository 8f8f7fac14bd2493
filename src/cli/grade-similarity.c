/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Code for JPlag and Dolos; see grade-similarity.h. */
#include "cli/grade-similarity.h"

#include "base/files.h"
#include "cli/grade-files.h"
#include "cli/grade-keep.h"
#include "grade/similar-tokens.h"
#include "report/csv.h"
#include "submission/csource.h"

#define SUBMISSIONS "submissions"
#define CHANGE_FILE "change.c"
#define BASE_PATH "base/base.c"
#define BASE_MAX (16u << 20)
#define LISTED_MAX 10u

typedef struct {
  const char *dir;  /* the batch's */
  char *folder;     /* similarity.d in it */
  GString *info;    /* info.csv */
  GString *base;
  GHashTable *seen; /* of base */
  GString *left;    /* names, with commas */
  guint n_written, n_left;
} Similarity;

static void
similarity_clear (Similarity *similarity)
{
  g_free (similarity->folder);
  g_string_free (similarity->info, TRUE);
  g_string_free (similarity->base, TRUE);
  g_hash_table_unref (similarity->seen);
  g_string_free (similarity->left, TRUE);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Similarity, similarity_clear)

/* --- what there is of a submission ------------------------------------------------------------ */

/* NULL: it is not there, too large, or no plain file. */
static char *
read_kept (const Similarity *similarity, const GradeEntry *entry, const char *name)
{
  g_autofree char *logs = g_build_filename (similarity->dir, entry->name, "logs", NULL);
  char *text = NULL;
  gsize size;

  return grade_keep_read (logs, name, CHANGED_CODE_MAX, &text, &size, NULL) ? text : NULL;
}

static gboolean
is_blank (const char *text)
{
  while (g_ascii_isspace (*text))
    text++;
  return *text == '\0';
}

/*
 * Whole functions are known of what was carried. Else lines that the change adds, or, of what could
 * not be carried, those that are surely the student's. NULL: none.
 */
static char *
find_code (const Similarity *similarity, const GradeEntry *entry)
{
  const Grade *grade = entry->grade;
  char *code = read_kept (similarity, entry, CHANGED_CODE_FILE);

  if (!code)
    code = g_string_free (similar_added_lines (grade->carried[0] != '\0' ? grade->carried : grade->own_lines), FALSE);
  if (is_blank (code))
    g_clear_pointer (&code, g_free);
  return code;
}

/* --- files ------------------------------------------------------------------------------------ */

static gboolean
write_below (const Similarity *similarity, const char *name, const char *text, GError **error)
{
  g_autofree char *path = g_build_filename (similarity->folder, name, NULL);
  g_autofree char *folder = g_path_get_dirname (path);

  return files_make_dir (folder, error) && files_write (path, text, -1, error);
}

static void
add_row (Similarity *similarity, const char *file, const char *name, gboolean ignored)
{
  csv_text (similarity->info, file);
  g_string_append_c (similarity->info, ',');
  csv_text (similarity->info, name);
  g_string_append (similarity->info, ignored ? ",true\n" : ",false\n");
}

static void
leave_out (Similarity *similarity, const GradeEntry *entry)
{
  g_autofree char *name = g_utf8_make_valid (entry->name, -1);

  if (similarity->n_left < LISTED_MAX)
    g_string_append_printf (similarity->left, "%s%s", similarity->n_left > 0 ? ", " : "", name);
  similarity->n_left++;
}

static gboolean
add_entry (Similarity *similarity, const GradeEntry *entry, GError **error)
{
  g_autofree char *code = find_code (similarity, entry);
  g_autofree char *base = read_kept (similarity, entry, BASE_CODE_FILE);
  g_autofree char *file = g_build_filename (SUBMISSIONS, entry->name, CHANGE_FILE, NULL);

  if (!code)
    {
      leave_out (similarity, entry);
      return TRUE;
    }
  if (base && similarity->base->len < BASE_MAX)
    changed_code_join (similarity->base, similarity->seen, base);
  add_row (similarity, file, entry->name, FALSE);
  similarity->n_written++;
  return write_below (similarity, file, code, error);
}

/* Without code of the labs' kernels there is no template. */
static gboolean
write_rest (Similarity *similarity, GError **error)
{
  if (similarity->n_written == 0)
    return TRUE;
  if (similarity->base->len > 0)
    {
      add_row (similarity, BASE_PATH, "the lab's kernel", TRUE);
      if (!write_below (similarity, BASE_PATH, similarity->base->str, error))
        return FALSE;
    }
  return write_below (similarity, "info.csv", similarity->info->str, error);
}

static char *
tell (const Similarity *similarity)
{
  const guint n = similarity->n_written + similarity->n_left;
  GString *told = g_string_new (NULL);

  g_string_printf (told, "code to compare: %u of %u submissions", similarity->n_written, n);
  if (similarity->n_written > 0)
    g_string_append_printf (told, ", in %s", similarity->folder);
  if (similarity->n_left > 0)
    g_string_append_printf (told, "; without code that can be told for the student's: %s", similarity->left->str);
  if (similarity->n_left > LISTED_MAX)
    g_string_append_printf (told, " and %u more", similarity->n_left - LISTED_MAX);
  return g_string_free (told, FALSE);
}

gboolean
grade_similarity_write (const char *dir, const GPtrArray *entries, char **told, GError **error)
{
  g_auto (Similarity) similarity = {
    .dir = dir,
    .folder = g_build_filename (dir, SIMILARITY_DIR, NULL),
    .info = g_string_new ("filename,full_name,ignored\n"),
    .base = g_string_new (NULL),
    .seen = c_words_new (),
    .left = g_string_new (NULL),
  };

  if (!files_remove_tree (similarity.folder, error))
    return FALSE;
  for (guint i = 0; i < entries->len; i++)
    {
      const GradeEntry *entry = g_ptr_array_index (entries, i);

      if (entry->grade && !add_entry (&similarity, entry, error))
        return FALSE;
    }
  if (!write_rest (&similarity, error))
    return FALSE;
  *told = tell (&similarity);
  return TRUE;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The steps of carrying a submission, and what their parts share; see carry.h. */
#include "submission/carry.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/files.h"
#include "submission/carry-private.h"
#include "submission/csource.h"
#include "submission/merge.h"
#include "submission/nearest.h"

static void
carried_file_free (gpointer data)
{
  CarriedFile *file = data;
  g_free (file->path);
  g_free (file->text);
  g_free (file->how);
  g_free (file);
}

void
carried_free (Carried *carried)
{
  if (carried == NULL)
    return;
  g_ptr_array_unref (carried->files);
  g_ptr_array_unref (carried->notes);
  g_free (carried->diff);
  g_free (carried->left_out);
  g_free (carried);
}

static void
carrying_clear (Carrying *carrying)
{
  carried_free (carrying->out);
  g_free (carrying->lab_name);
  g_ptr_array_unref (carrying->later);
  g_ptr_array_unref (carrying->unchanged);
  g_ptr_array_unref (carrying->others);
  g_string_free (carrying->left, TRUE);
  g_hash_table_unref (carrying->own);
  g_hash_table_unref (carrying->wanted);
  g_hash_table_unref (carrying->of_lab_each);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Carrying, carrying_clear)

/* --- shared ----------------------------------------------------------------------------------- */

gboolean
carry_read (const char *dir, const char *path, char **text, GError **error)
{
  g_autofree char *full = g_build_filename (dir, path, NULL);
  *text = NULL;
  return !g_file_test (full, G_FILE_TEST_IS_REGULAR) || files_read (full, CARRY_FILE_LIMIT, text, NULL, error);
}

char *
carry_version (const char *dir, const char *otherwise)
{
  g_autofree char *makefile = NULL;
  guint version, patchlevel, sublevel;
  const char *at = carry_read (dir, "Makefile", &makefile, NULL) && makefile != NULL ? strstr (makefile, "VERSION = ") : NULL;
  if (at == NULL || sscanf (at, "VERSION = %u PATCHLEVEL = %u SUBLEVEL = %u", &version, &patchlevel, &sublevel) != 3)
    return g_strdup (otherwise);
  return g_strdup_printf ("%u.%u.%u", version, patchlevel, sublevel);
}

gboolean
carry_is_c (const char *path)
{
  return g_str_has_suffix (path, ".c") || g_str_has_suffix (path, ".h");
}

void
carry_add (Carrying *carrying, const char *path, const char *text, const char *how)
{
  CarriedFile *file = g_new0 (CarriedFile, 1);
  file->path = g_strdup (path);
  file->text = g_strdup (text);
  file->how = g_strdup (how);
  g_ptr_array_add (carrying->out->files, file);
}

void
carry_note (Carrying *carrying, const char *format, ...)
{
  va_list args;
  va_start (args, format);
  g_ptr_array_add (carrying->out->notes, g_strdup_vprintf (format, args));
  va_end (args);
}

/* --- what is the student's ---------------------------------------------------------------------- */

void
carry_learn (Carrying *carrying, const char *text, const char *base)
{
  g_autoptr (GHashTable) words = c_words_new ();
  GHashTableIter iter;
  gpointer word;
  nearness_add_new_words (text, base, words);
  g_hash_table_iter_init (&iter, words);
  while (g_hash_table_iter_next (&iter, &word, NULL))
    {
      if (kernel_index_is_own_word (carrying->spec->index, word))
        g_hash_table_add (carrying->own, g_strdup (word));
    }
}

/* --- the end ---------------------------------------------------------------------------------- */

static int
by_path (gconstpointer a, gconstpointer b)
{
  return strcmp ((*(CarriedFile *const *) a)->path, (*(CarriedFile *const *) b)->path);
}

/* Nothing is given out that cannot be C, or that a merge has not finished. */
static void
check_text (const CarriedFile *file, Fault **fault)
{
  guint line;
  if (file->text == NULL || !carry_is_c (file->path))
    return;
  g_autoptr (CSource) source = c_source_new (file->text);
  if (merge_has_markers (file->text, &line))
    *fault = fault_new (STAGE_CARRY, NULL, "%s: a merge's conflict markers stand in it (line %u); hand in the file with the conflict resolved", file->path,
                        line);
  else if (source->problem != NULL)
    *fault = fault_new (STAGE_CARRY, NULL, "%s: this is no C that a compiler would take: %s", file->path, source->problem);
}

static gboolean
finish_files (Carrying *carrying, Fault **fault, GError **error)
{
  g_autoptr (GString) diff = g_string_new (NULL);
  GPtrArray *files = carrying->out->files;
  g_ptr_array_sort (files, by_path);
  for (guint i = 0; i < files->len; i++)
    {
      const CarriedFile *file = g_ptr_array_index (files, i);
      g_autofree char *lab = NULL;
      g_autofree char *part = NULL;
      check_text (file, fault);
      if (*fault != NULL)
        return TRUE;
      if (!carry_read (carrying->spec->lab_dir, file->path, &lab, error)
          || !merge_diff (carrying->spec->scratch_dir, file->path, lab, file->text, &part, error))
        return FALSE;
      g_string_append (diff, part);
    }
  carrying->out->diff = g_string_free (g_steal_pointer (&diff), FALSE);
  carrying->out->left_out = g_strdup (carrying->left->str);
  return TRUE;
}

/* There is nothing to build. */
static Fault *
nothing_carried (const Carrying *carrying)
{
  if (carrying->unchanged->len > 0)
    {
      g_ptr_array_add (carrying->unchanged, NULL);
      g_autofree char *list = g_strjoinv (", ", (char **) carrying->unchanged->pdata);
      return fault_new (STAGE_INGEST, NULL, "nothing was changed: this is the unchanged %s", list);
    }
  Fault *fault = fault_new (STAGE_CARRY, carrying->left->str,
                            "no change was found that can be told from the kernel's own code; try: --base with the kernel that the files were made from");
  fault->needs_base = TRUE;
  return fault;
}

static void
init (Carrying *carrying)
{
  carrying->lab_name = carry_version (carrying->spec->lab_dir, "the lab's version");
  carrying->out = g_new0 (Carried, 1);
  carrying->out->files = g_ptr_array_new_with_free_func (carried_file_free);
  carrying->out->notes = g_ptr_array_new_with_free_func (g_free);
  carrying->later = g_ptr_array_new_with_free_func (later_file_free);
  carrying->unchanged = g_ptr_array_new_with_free_func (g_free);
  carrying->others = g_ptr_array_new_with_free_func (g_free);
  carrying->left = g_string_new (NULL);
  carrying->own = c_words_new ();
  carrying->wanted = c_words_new ();
  carrying->of_lab_each = g_hash_table_new (g_direct_hash, g_direct_equal);
}

gboolean
submission_carry (const Submission *submission, const CarrySpec *spec, Carried **carried, Fault **fault, GError **error)
{
  g_auto (Carrying) carrying = { .submission = submission, .spec = spec };
  g_autoptr (Fault) found = NULL;
  init (&carrying);
  if (!carry_files (&carrying, submission->files, &found, error) || (found == NULL && !carry_untouched (&carrying, error)) || (found == NULL && !carry_patches (&carrying, &found, error))
      || (found == NULL && !carry_later (&carrying, &found, error)))
    return FALSE;
  if (found == NULL && carrying.out->files->len == 0)
    found = nothing_carried (&carrying);
  if (found == NULL && !finish_files (&carrying, &found, error))
    return FALSE;
  if (found != NULL)
    *fault = g_steal_pointer (&found);
  else
    *carried = g_steal_pointer (&carrying.out);
  return TRUE;
}

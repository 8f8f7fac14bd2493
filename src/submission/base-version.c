/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Counting items and lines that a kernel has; see base-version.h. */
#include "submission/base-version.h"

#include <string.h>

#include "base/files.h"

#define FILE_LIMIT (16 * 1024 * 1024)

/* --- whole files ---------------------------------------------------------------------------------- */

static void
count_file (const SubmissionFile *file, KernelIndex *index, guint *counts)
{
  if (!g_strv_contains (kernel_index_files, file->path) || file->text == NULL)
    return;
  g_autoptr (CSource) source = c_source_new (file->base_text != NULL ? file->base_text : file->text);
  for (guint i = 0; i < source->items->len; i++)
    {
      const CItem *item = g_ptr_array_index (source->items, i);
      g_autoptr (Statement) tree = item->kind != C_CONDITION ? statement_of_item (source, item) : NULL;
      if (tree != NULL)
        kernel_index_count (index, item->name, tree, counts);
    }
}

const char *
submission_base_version (const Submission *submission, KernelIndex *index)
{
  guint counts[KERNEL_INDEX_VERSIONS_MAX] = { 0 };
  guint best = 0;
  for (guint i = 0; i < submission->files->len; i++)
    count_file (g_ptr_array_index (submission->files, i), index, counts);
  for (guint version = 1; version < kernel_index_versions (index); version++)
    {
      if (counts[version] > counts[best])
        best = version;
    }
  return kernel_index_versions (index) > 0 && counts[best] > 0 ? kernel_index_version (index, best) : NULL;
}

/* --- patches -------------------------------------------------------------------------------------- */

static GHashTable *
lines_of (const char *dir, const char *path)
{
  g_autofree char *full = g_build_filename (dir, path, NULL);
  g_autofree char *text = NULL;
  GHashTable *lines = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  if (!g_file_test (full, G_FILE_TEST_IS_REGULAR) || !files_read (full, FILE_LIMIT, &text, NULL, NULL))
    return lines;
  g_auto (GStrv) split = g_strsplit (text, "\n", -1);
  for (char **line = split; *line != NULL; line++)
    g_hash_table_add (lines, g_strdup (g_strchomp (*line)));
  return lines;
}

/* In the kernel, where every patch's sections were put by reading: "--- a/arch/x86/kvm/cpuid.c". */
static const char *
old_path (const char *line)
{
  return g_str_has_prefix (line, "--- a/") ? line + strlen ("--- a/") : NULL;
}

static guint
misses (const char *patch, const char *dir)
{
  g_autoptr (GHashTable) lines = NULL;
  g_auto (GStrv) split = g_strsplit (patch, "\n", -1);
  gboolean in_hunk = FALSE;
  guint missed = 0;
  for (char **at = split; *at != NULL; at++)
    {
      const char *path = in_hunk ? NULL : old_path (*at);
      if (g_str_has_prefix (*at, "diff --git "))
        in_hunk = FALSE;
      else if (path != NULL)
        {
          g_clear_pointer (&lines, g_hash_table_unref);
          lines = lines_of (dir, path);
        }
      else if (g_str_has_prefix (*at, "@@ "))
        in_hunk = TRUE;
      else if (in_hunk && lines != NULL && (**at == ' ' || **at == '-') && !g_hash_table_contains (lines, g_strchomp (*at + 1)))
        missed++;
    }
  return missed;
}

guint
submission_patch_misses (const Submission *submission, const char *dir)
{
  guint missed = 0;
  for (guint i = 0; i < submission->patches->len; i++)
    missed += misses (((const SubmissionPatch *) g_ptr_array_index (submission->patches, i))->text, dir);
  return missed;
}

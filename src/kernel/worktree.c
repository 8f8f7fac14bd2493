/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * In the folder:
 *   src/       the tree, patched and built in
 *   unpacked   there once src/ is whole
 *   orig/F     the source's own F, for each F that a series ever touched here
 *   absent/F   (empty) for each F that a series ever touched and the source has not
 * orig/ and absent/ are written before src/F is, so that from any interruption the next run finds its way back.
 */
#include "kernel/worktree.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/files.h"
#include "kernel/series.h"

#define WORK_BYTES (G_GUINT64_CONSTANT (3) << 30) /* Linux 6.12: 1.5 GB of source, 0.4 GB of objects */
#define FILE_LIMIT (64 * 1024 * 1024)

struct Worktree
{
  char *dir;
  char *tree;
  FileLock *lock;
};

void
worktree_free (Worktree *worktree)
{
  if (worktree == NULL)
    return;
  file_lock_free (worktree->lock);
  g_free (worktree->dir);
  g_free (worktree->tree);
  g_free (worktree);
}

const char *
worktree_tree (const Worktree *worktree)
{
  return worktree->tree;
}

char *
worktree_file (const Worktree *worktree, const char *name)
{
  return g_build_filename (worktree->dir, name, NULL);
}

static gboolean
exists (const char *path)
{
  struct stat st;
  return lstat (path, &st) == 0;
}

/* --- unpacking -------------------------------------------------------------------------------- */

static gboolean
unpack (const Worktree *worktree, const KernelSource *source, GError **error)
{
  g_autofree char *marker = worktree_file (worktree, "unpacked");
  if (exists (marker))
    return TRUE;
  return files_remove_tree (worktree->dir, error) && files_make_dir (worktree->tree, error)
         && files_need_bytes (worktree->dir, WORK_BYTES, "building a kernel", error) && kernel_source_unpack (source, worktree->tree, error)
         && files_write (marker, source->sha256, -1, error);
}

Worktree *
worktree_open (const char *cache_dir, const KernelSource *source, const char *variant, GError **error)
{
  if (!files_make_dir (cache_dir, error))
    return NULL;
  g_autoptr (Worktree) worktree = g_new0 (Worktree, 1);
  g_autofree char *absolute = g_canonicalize_filename (cache_dir, NULL);
  worktree->dir = g_strdup_printf ("%s/kernel-work-%s%s%.16s", absolute, variant != NULL ? variant : "", variant != NULL ? "-" : "", source->sha256);
  worktree->tree = g_build_filename (worktree->dir, "src", NULL);
  g_autofree char *lock_path = g_strconcat (worktree->dir, ".lock", NULL);
  worktree->lock = file_lock (lock_path, error);
  if (worktree->lock == NULL || !unpack (worktree, source, error))
    return NULL;
  return g_steal_pointer (&worktree);
}

/* --- patches ---------------------------------------------------------------------------------- */

/* A hostile tree may hold links that lead out of it: a patched path has none in it. */
static gboolean
check_no_link (const char *tree, const char *file, GError **error)
{
  g_auto (GStrv) parts = g_strsplit (file, "/", -1);
  g_autoptr (GString) path = g_string_new (tree);
  for (char **part = parts; *part != NULL; part++)
    {
      g_string_append_printf (path, "/%s", *part);
      if (g_file_test (path->str, G_FILE_TEST_IS_SYMLINK))
        return fail (error, HARNESS_ERROR_USAGE, "%s: a patch touches it through a symbolic link", path->str);
    }
  return TRUE;
}

static gboolean
copy_with_parents (const char *from, const char *to, GError **error)
{
  g_autofree char *parent = g_path_get_dirname (to);
  return files_make_dir (parent, error) && files_copy (from, to, error);
}

static gboolean
keep_original (const Worktree *worktree, const char *file, GError **error)
{
  g_autofree char *original = g_build_filename (worktree->dir, "orig", file, NULL);
  g_autofree char *absent = g_build_filename (worktree->dir, "absent", file, NULL);
  g_autofree char *current = g_build_filename (worktree->tree, file, NULL);
  if (exists (original) || exists (absent))
    return TRUE;
  if (!check_no_link (worktree->tree, file, error))
    return FALSE;
  return copy_with_parents (exists (current) ? current : "/dev/null", exists (current) ? original : absent, error);
}

/* Adds the paths of the files below dir/rel. */
static void
list_below (const char *dir, const char *rel, GPtrArray *files)
{
  g_autofree char *folder = g_build_filename (dir, rel, NULL);
  g_autoptr (GDir) handle = g_dir_open (folder, 0, NULL);
  for (const char *name; handle != NULL && (name = g_dir_read_name (handle)) != NULL;)
    {
      g_autofree char *below = rel[0] != '\0' ? g_build_filename (rel, name, NULL) : g_strdup (name);
      g_autofree char *path = g_build_filename (dir, below, NULL);
      if (g_file_test (path, G_FILE_TEST_IS_DIR))
        list_below (dir, below, files);
      else if (!g_str_has_prefix (name, ".tmp-")) /* of a copy that was interrupted */
        g_ptr_array_add (files, g_steal_pointer (&below));
    }
}

static gboolean
same_content (const char *a, const char *b)
{
  g_autofree char *text_a = NULL;
  g_autofree char *text_b = NULL;
  gsize size_a, size_b;
  return files_read (a, FILE_LIMIT, &text_a, &size_a, NULL) && files_read (b, FILE_LIMIT, &text_b, &size_b, NULL) && size_a == size_b
         && memcmp (text_a, text_b, size_a) == 0;
}

/* Makes src/file what stage/file is, or what it was originally if no patch of this series touches it. */
static gboolean
sync_file (const Worktree *worktree, const char *stage, const char *file, gboolean touched, GError **error)
{
  g_autofree char *original = g_build_filename (worktree->dir, "orig", file, NULL);
  g_autofree char *staged = g_build_filename (stage, file, NULL);
  g_autofree char *current = g_build_filename (worktree->tree, file, NULL);
  const char *wanted = touched ? staged : original;
  if (!exists (wanted))
    return files_remove_tree (current, error);
  return same_content (wanted, current) || copy_with_parents (wanted, current, error);
}

static gboolean
stage_originals (const Worktree *worktree, const GPtrArray *files, const char *stage, GError **error)
{
  for (guint i = 0; i < files->len; i++)
    {
      const char *file = g_ptr_array_index (files, i);
      g_autofree char *original = g_build_filename (worktree->dir, "orig", file, NULL);
      g_autofree char *staged = g_build_filename (stage, file, NULL);
      if (!keep_original (worktree, file, error) || (exists (original) && !copy_with_parents (original, staged, error)))
        return FALSE;
    }
  return TRUE;
}

static gboolean
sync_all (const Worktree *worktree, const GPtrArray *files, const char *stage, GError **error)
{
  g_autofree char *orig = worktree_file (worktree, "orig");
  g_autofree char *absent = worktree_file (worktree, "absent");
  g_autoptr (GPtrArray) ever = g_ptr_array_new_with_free_func (g_free);
  list_below (orig, "", ever);
  list_below (absent, "", ever);
  for (guint i = 0; i < ever->len; i++)
    {
      const char *file = g_ptr_array_index (ever, i);
      const gboolean touched = g_ptr_array_find_with_equal_func ((GPtrArray *) files, file, g_str_equal, NULL);
      if (!sync_file (worktree, stage, file, touched, error))
        return FALSE;
    }
  return TRUE;
}

gboolean
worktree_set_patches (Worktree *worktree, const GPtrArray *patches, GError **error)
{
  files_sweep (worktree->dir);
  g_autoptr (GPtrArray) files = series_files (patches);
  g_autoptr (Scratch) stage = scratch_new (worktree->dir, "stage", error);
  return stage != NULL && stage_originals (worktree, files, scratch_path (stage), error) && series_apply (patches, scratch_path (stage), error)
         && sync_all (worktree, files, scratch_path (stage), error);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Content-addressed cache entries. An entry's `manifest` is
 *     key <64 hex digits>
 *     <name> TAB <size> TAB <sha256>      one line a file, sorted by name
 *     files <count>                       the last line: a cut manifest is seen
 */
#include "base/files.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/hash.h"
#include "base/hash-memo.h"

#define MANIFEST "manifest"
#define MANIFEST_LIMIT (4 * 1024 * 1024)
#define KEY_DIGITS 16
#define REMEMBERED_BYTES (G_GUINT64_CONSTANT (32) << 20)

static char *
entry_path (const char *cache_dir, const char *kind, const char *key)
{
  return g_strdup_printf ("%s/%s-%.*s", cache_dir, kind, KEY_DIGITS, key);
}

/* --- sealing ---------------------------------------------------------------------------------- */

/* Adds the names of all files below root/rel to names. */
static gboolean
list_files (const char *root, const char *rel, GPtrArray *names, GError **error)
{
  g_autofree char *folder = g_build_filename (root, rel, NULL);
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  if (dir == NULL)
    return fail_errno (error, errno, "%s: listing", folder);
  for (const char *name; (name = g_dir_read_name (dir)) != NULL;)
    {
      g_autofree char *below = rel[0] != '\0' ? g_build_filename (rel, name, NULL) : g_strdup (name);
      g_autofree char *path = g_build_filename (root, below, NULL);
      struct stat st;
      if (lstat (path, &st) < 0)
        return fail_errno (error, errno, "%s: looking at", path);
      if (S_ISDIR (st.st_mode) && !list_files (root, below, names, error))
        return FALSE;
      if (!S_ISDIR (st.st_mode) && (!S_ISREG (st.st_mode) || strpbrk (below, "\n\t") != NULL))
        return fail (error, HARNESS_ERROR_FAILED, "%s: not a plain file with a plain name: cannot be cached", path);
      if (S_ISREG (st.st_mode))
        g_ptr_array_add (names, g_steal_pointer (&below));
    }
  return TRUE;
}

static gboolean
add_line (GString *manifest, const char *root, const char *name, GError **error)
{
  g_autofree char *path = g_build_filename (root, name, NULL);
  g_autofree char *hex = NULL;
  struct stat st;
  if (!hash_file (path, &hex, error))
    return FALSE;
  if (stat (path, &st) < 0)
    return fail_errno (error, errno, "%s: looking at", path);
  g_string_append_printf (manifest, "%s\t%" G_GUINT64_FORMAT "\t%s\n", name, (guint64) st.st_size, hex);
  return TRUE;
}

static gboolean
write_manifest (const char *root, const char *key, GError **error)
{
  g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);
  if (!list_files (root, "", names, error))
    return FALSE;
  files_sort_names (names);

  g_autoptr (GString) manifest = g_string_new (NULL);
  g_string_append_printf (manifest, "key %s\n", key);
  for (guint i = 0; i < names->len; i++)
    {
      if (!add_line (manifest, root, g_ptr_array_index (names, i), error))
        return FALSE;
    }
  g_string_append_printf (manifest, "files %u\n", names->len);
  g_autofree char *path = g_build_filename (root, MANIFEST, NULL);
  return files_write (path, manifest->str, (gssize) manifest->len, error);
}

gboolean
cache_seal (const char *cache_dir, const char *kind, const char *key, Scratch *scratch, char **path, GError **error)
{
  g_autofree char *target = entry_path (cache_dir, kind, key);
  if (!write_manifest (scratch_path (scratch), key, error) || !scratch_commit (scratch, target, TRUE, error))
    {
      g_prefix_error (error, "%s: filling the cache: ", target);
      return FALSE;
    }
  *path = g_steal_pointer (&target);
  return TRUE;
}

/* --- looking up ------------------------------------------------------------------------------- */

/* A disk of gigabytes is read again only if it looks as if it had been touched: see hash-memo.h. */
static gboolean
hash_entry_file (const char *root, const char *path, guint64 bytes, char **hex)
{
  g_autofree char *dir = g_path_get_dirname (root);
  g_autofree char *memo = g_build_filename (dir, "hashes", NULL);

  return bytes < REMEMBERED_BYTES ? hash_file (path, hex, NULL) : hash_file_remembered (memo, path, hex, NULL);
}

/* NULL when the file is what its line says; else what is wrong with it. */
static const char *
check_line (const char *root, const char *line)
{
  g_auto (GStrv) fields = g_strsplit (line, "\t", 3);
  if (g_strv_length (fields) != 3)
    return "bad line";

  g_autofree char *path = g_build_filename (root, fields[0], NULL);
  struct stat st;
  if (lstat (path, &st) < 0 || !S_ISREG (st.st_mode))
    return "file missing";
  if ((guint64) st.st_size != g_ascii_strtoull (fields[1], NULL, 10))
    return "size differs";
  g_autofree char *hex = NULL;
  if (!hash_entry_file (root, path, (guint64) st.st_size, &hex))
    return "unreadable";
  return strcmp (hex, fields[2]) == 0 ? NULL : "sha256 differs";
}

static const char *
check_frame (char **lines, guint count, const char *key)
{
  if (count < 2)
    return "manifest cut short";
  g_autofree char *first = g_strdup_printf ("key %s", key);
  g_autofree char *last = g_strdup_printf ("files %u", count - 2);
  if (strcmp (lines[0], first) != 0)
    return "made from another key";
  return strcmp (lines[count - 1], last) == 0 ? NULL : "manifest cut short";
}

static const char *
check_entry (const char *root, const char *key)
{
  g_autofree char *manifest_path = g_build_filename (root, MANIFEST, NULL);
  g_autofree char *text = NULL;
  if (!files_read (manifest_path, MANIFEST_LIMIT, &text, NULL, NULL))
    return "no manifest";
  g_auto (GStrv) lines = g_strsplit (g_strchomp (text), "\n", -1);
  const guint count = g_strv_length (lines);
  const char *wrong = check_frame (lines, count, key);
  for (guint i = 1; wrong == NULL && i + 1 < count; i++)
    wrong = check_line (root, lines[i]);
  return wrong;
}

/* Renamed away first, so that nobody finds half of it. */
static gboolean
drop_entry (const char *cache_dir, const char *entry, GError **error)
{
  g_autoptr (Scratch) grave = scratch_new (cache_dir, "damaged", error);
  if (grave == NULL)
    return FALSE;
  g_autofree char *moved = scratch_file (grave, "entry");
  if (rename (entry, moved) < 0 && errno != ENOENT)
    return fail_errno (error, errno, "%s: removing the damaged cache entry", entry);
  return TRUE;
}

gboolean
cache_lookup (const char *cache_dir, const char *kind, const char *key, char **path, gboolean *damaged, GError **error)
{
  g_autofree char *entry = entry_path (cache_dir, kind, key);
  const gboolean there = g_file_test (entry, G_FILE_TEST_EXISTS);
  const char *wrong = there ? check_entry (entry, key) : NULL;
  if (wrong != NULL)
    {
      g_debug ("%s: damaged: %s", entry, wrong);
      if (!drop_entry (cache_dir, entry, error))
        return FALSE;
    }
  *path = there && wrong == NULL ? g_steal_pointer (&entry) : NULL;
  if (damaged != NULL)
    *damaged = wrong != NULL;
  return TRUE;
}

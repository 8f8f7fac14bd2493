/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A few folders of each tarball, kept in the cache; see at-hand.h. */
#include "kernel/at-hand.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/archive.h"
#include "base/error.h"
#include "base/files.h"
#include "base/hash.h"

#define FOLDER "/usr/src"
#define KIND "kvm-source"
#define ENTRIES_MAX 400000
#define BYTES_MAX (G_GINT64_CONSTANT (6) << 30)
#define FILE_MAX (4 * 1024 * 1024)
#define BLOCK_BYTES (128 * 1024)
#define UNPACK_SECONDS 12

static void
at_hand_free (gpointer data)
{
  KernelAtHand *source = data;
  g_free (source->dir);
  g_free (source->name);
  g_free (source);
}

/* --- unpacking -------------------------------------------------------------------------------- */

typedef struct
{
  const Scratch *scratch;
  GByteArray *file;
  gint64 size; /* of the tarball */
  Progress *progress;
  double shown;
} Part;

/* Below the tarball's own top folder, the path of a file that is wanted; else NULL. */
static const char *
wanted_path (const char *name)
{
  static const char *const folders[] = { "arch/x86/kvm/", "virt/kvm/" };
  static const char *const files[] = { "arch/x86/include/asm/kvm_host.h", "include/linux/kvm_host.h", "Makefile" };
  const char *path = g_str_has_prefix (name, "./") ? name + 2 : name;
  path = strchr (path, '/');
  if (path == NULL || !archive_path_is_inside (++path))
    return NULL;
  for (guint i = 0; i < G_N_ELEMENTS (files); i++)
    {
      if (strcmp (path, files[i]) == 0)
        return path;
    }
  for (guint i = 0; i < G_N_ELEMENTS (folders); i++)
    {
      if (g_str_has_prefix (path, folders[i]) && path[strlen (folders[i])] != '\0')
        return path;
    }
  return NULL;
}

static gboolean
add_block (const void *block, gsize size, gint64 offset, gpointer user, GError **error)
{
  Part *part = user;
  if (offset != (gint64) part->file->len || part->file->len + size > FILE_MAX)
    return fail (error, HARNESS_ERROR_USAGE, "a file that is sparse or larger than %d MiB", FILE_MAX >> 20);
  g_byte_array_append (part->file, block, (guint) size);
  return TRUE;
}

static void
show (Part *part, Archive *reader)
{
  const double fraction = part->size > 0 ? (double) archive_filter_bytes (reader, -1) / (double) part->size : 0;
  if (fraction < part->shown + 0.01)
    return;
  part->shown = fraction;
  progress_update (part->progress, "", MIN (fraction, 0.99), NULL);
}

static gboolean
take_entry (ArchiveWalk *walk, Archive *reader, struct archive_entry *entry, gpointer user, GError **error)
{
  Part *part = user;
  const char *name = archive_entry_pathname (entry);
  const char *path = name != NULL ? wanted_path (name) : NULL;
  show (part, reader);
  if (path == NULL || archive_entry_filetype (entry) != AE_IFREG || archive_entry_hardlink (entry) != NULL)
    return archive_walk_data (walk, reader, NULL, NULL, error);
  g_autofree char *target = scratch_file (part->scratch, path);
  g_autofree char *parent = g_path_get_dirname (target);
  g_byte_array_set_size (part->file, 0);
  if (!archive_walk_data (walk, reader, add_block, part, error))
    {
      g_prefix_error (error, "%s: ", name);
      return FALSE;
    }
  return files_make_dir (parent, error) && files_write (target, part->file->data, part->file->len, error);
}

static gboolean
unpack_part (const char *tarball, Part *part, GError **error)
{
  ArchiveWalk walk = { .what = tarball, .entries_max = ENTRIES_MAX, .bytes_max = BYTES_MAX };
  g_autoptr (Archive) reader = archive_read_new ();
  archive_read_support_filter_all (reader);
  archive_read_support_format_tar (reader);
  if (archive_read_open_filename (reader, tarball, BLOCK_BYTES) != ARCHIVE_OK)
    return archive_read_failed (&walk, reader, error);
  return archive_walk (&walk, reader, take_entry, part, error);
}

/* --- the cache -------------------------------------------------------------------------------- */

static gboolean
make_entry (const char *tarball, const char *cache_dir, const char *key, gint64 size, Progress *progress, char **dir, GError **error)
{
  g_autoptr (Scratch) scratch = scratch_new (cache_dir, KIND, error);
  g_autoptr (GByteArray) file = g_byte_array_new ();
  g_autofree char *name = g_path_get_basename (tarball);
  if (scratch == NULL)
    return FALSE;
  Part part = { .scratch = scratch, .file = file, .size = size, .progress = progress };
  g_autofree char *stage = g_strconcat ("KVM of ", name, NULL);
  progress_begin (progress, "", stage, UNPACK_SECONDS);
  const gboolean ok = unpack_part (tarball, &part, error) && cache_seal (cache_dir, KIND, key, scratch, dir, error);
  progress_end (progress, "", ok, NULL);
  return ok;
}

/* A tarball of a package does not change under its name, size and time: to hash it each time would take longer than all else. */
static gboolean
open_entry (const char *tarball, const char *cache_dir, Progress *progress, char **dir, GError **error)
{
  struct stat st;
  gboolean damaged = FALSE;
  if (stat (tarball, &st) < 0)
    return fail_errno (error, errno, "%s", tarball);
  g_autofree char *stamp = g_strdup_printf ("%s %" G_GINT64_FORMAT " %" G_GINT64_FORMAT ".%09ld", tarball, (gint64) st.st_size, (gint64) st.st_mtim.tv_sec,
                                            st.st_mtim.tv_nsec);
  g_autoptr (InputHash) hash = input_hash_new (KIND);
  input_hash_add (hash, "tarball", stamp);
  g_autofree char *key = input_hash_end (hash);
  g_autofree char *lock_path = g_strdup_printf ("%s/" KIND "-%.16s.lock", cache_dir, key);
  g_autoptr (FileLock) lock = file_lock (lock_path, error);
  if (lock == NULL || !cache_lookup (cache_dir, KIND, key, dir, &damaged, error))
    return FALSE;
  return *dir != NULL || make_entry (tarball, cache_dir, key, st.st_size, progress, dir, error);
}

/* "6.12.117 (linux-source-6.12)" */
static char *
name_of (const char *dir, const char *tarball)
{
  g_autofree char *path = g_build_filename (dir, "Makefile", NULL);
  g_autofree char *base = g_path_get_basename (tarball);
  g_autofree char *makefile = NULL;
  guint version = 0, patchlevel = 0, sublevel = 0;
  base[strlen (base) - strlen (".tar.xz")] = '\0';
  if (!files_read (path, FILE_MAX, &makefile, NULL, NULL))
    return g_strdup (base);
  const char *at = strstr (makefile, "VERSION = ");
  if (at == NULL || sscanf (at, "VERSION = %u PATCHLEVEL = %u SUBLEVEL = %u", &version, &patchlevel, &sublevel) != 3)
    return g_strdup (base);
  return g_strdup_printf ("%u.%u.%u (%s)", version, patchlevel, sublevel, base);
}

static GPtrArray *
find_tarballs (const char *folder)
{
  GPtrArray *names = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  for (const char *name; dir != NULL && (name = g_dir_read_name (dir)) != NULL;)
    {
      if (g_str_has_prefix (name, "linux-source-") && g_str_has_suffix (name, ".tar.xz"))
        g_ptr_array_add (names, g_build_filename (folder, name, NULL));
    }
  files_sort_names (names);
  return names;
}

gboolean
kernel_sources_in (const char *folder, const char *cache_dir, Progress *progress, GPtrArray **sources, GError **error)
{
  g_autoptr (GPtrArray) tarballs = find_tarballs (folder);
  g_autoptr (GPtrArray) found = g_ptr_array_new_with_free_func (at_hand_free);
  if (!files_make_dir (cache_dir, error))
    return FALSE;
  for (guint i = 0; i < tarballs->len; i++)
    {
      const char *tarball = g_ptr_array_index (tarballs, i);
      g_autofree char *dir = NULL;
      if (!open_entry (tarball, cache_dir, progress, &dir, error))
        return FALSE;
      KernelAtHand *source = g_new0 (KernelAtHand, 1);
      source->name = name_of (dir, tarball);
      source->dir = g_steal_pointer (&dir);
      g_ptr_array_add (found, source);
    }
  *sources = g_steal_pointer (&found);
  return TRUE;
}

gboolean
kernel_sources_at_hand (const char *cache_dir, Progress *progress, GPtrArray **sources, GError **error)
{
  return kernel_sources_in (FOLDER, cache_dir, progress, sources, error);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A few folders of each tarball, kept in the cache; see at-hand.h. */
#include "kernel/at-hand.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/files.h"
#include "base/hash.h"
#include "kernel/kvm-part.h"

#define FOLDER "/usr/src"
#define KIND "kvm-source"
#define KEPT_KIND "kvm-base"
#define KEY_DIGITS 16
#define ORIGIN "origin"
#define ORIGIN_MAX 512
#define MANIFEST_MAX (1 << 20)

void
kernel_at_hand_free (KernelAtHand *source)
{
  if (source == NULL)
    return;
  g_free (source->dir);
  g_free (source->version);
  g_free (source->name);
  g_free (source);
}

static void
free_source (gpointer data)
{
  kernel_at_hand_free (data);
}

/* --- the cache -------------------------------------------------------------------------------- */

static gboolean
make_entry (const char *tarball, const char *cache_dir, const char *key, Progress *progress, char **dir, GError **error)
{
  g_autoptr (Scratch) scratch = scratch_new (cache_dir, KIND, error);
  return scratch != NULL && kvm_part_unpack (tarball, scratch, progress, error) && cache_seal (cache_dir, KIND, key, scratch, dir, error);
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
  return *dir != NULL || make_entry (tarball, cache_dir, key, progress, dir, error);
}

KernelAtHand *
kernel_at_hand_new (const char *dir, const char *origin)
{
  KernelAtHand *source = g_new0 (KernelAtHand, 1);
  source->dir = g_strdup (dir);
  source->version = kvm_part_version (dir);
  source->name = source->version != NULL ? g_strdup_printf ("%s (%s)", source->version, origin) : g_strdup (origin);
  return source;
}

static KernelAtHand *
of_tarball (const char *dir, const char *tarball)
{
  g_autofree char *base = g_path_get_basename (tarball);
  base[strlen (base) - strlen (".tar.xz")] = '\0';
  return kernel_at_hand_new (dir, base);
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
  g_autoptr (GPtrArray) found = g_ptr_array_new_with_free_func (free_source);
  if (!files_make_dir (cache_dir, error))
    return FALSE;
  for (guint i = 0; i < tarballs->len; i++)
    {
      const char *tarball = g_ptr_array_index (tarballs, i);
      g_autofree char *dir = NULL;
      if (!open_entry (tarball, cache_dir, progress, &dir, error))
        return FALSE;
      g_ptr_array_add (found, of_tarball (dir, tarball));
    }
  *sources = g_steal_pointer (&found);
  return TRUE;
}

/* --- what is kept ----------------------------------------------------------------------------- */

/* The origin is no part of the key: of equal files the first stays. */
gboolean
kernel_at_hand_keep (Scratch *scratch, const char *origin, const char *cache_dir, KernelAtHand **source, GError **error)
{
  g_autofree char *path = scratch_file (scratch, ORIGIN);
  g_autofree char *key = NULL;
  g_autofree char *dir = NULL;
  if (!kvm_part_key (scratch_path (scratch), &key, error))
    return FALSE;
  g_autofree char *lock_path = g_strdup_printf ("%s/" KEPT_KIND "-%.*s.lock", cache_dir, KEY_DIGITS, key);
  g_autoptr (FileLock) lock = file_lock (lock_path, error);
  if (lock == NULL || !cache_lookup (cache_dir, KEPT_KIND, key, &dir, NULL, error))
    return FALSE;
  if (dir == NULL && (!files_write (path, origin, -1, error) || !cache_seal (cache_dir, KEPT_KIND, key, scratch, &dir, error)))
    return FALSE;
  *source = kernel_at_hand_new (dir, origin);
  return TRUE;
}

static GPtrArray *
find_kept (const char *cache_dir)
{
  GPtrArray *names = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GDir) dir = g_dir_open (cache_dir, 0, NULL);
  for (const char *name; dir != NULL && (name = g_dir_read_name (dir)) != NULL;)
    {
      const char *digits = name + strlen (KEPT_KIND "-");
      if (g_str_has_prefix (name, KEPT_KIND "-") && strlen (digits) == KEY_DIGITS && strspn (digits, "0123456789abcdef") == KEY_DIGITS)
        g_ptr_array_add (names, g_strdup (name));
    }
  files_sort_names (names);
  return names;
}

/* The key that the entry says it has: the lookup wants all of it. */
static char *
read_key (const char *entry)
{
  g_autofree char *path = g_build_filename (entry, "manifest", NULL);
  g_autofree char *text = NULL;
  if (!files_read (path, MANIFEST_MAX, &text, NULL, NULL) || !g_str_has_prefix (text, "key "))
    return NULL;
  return g_strndup (text + strlen ("key "), strcspn (text + strlen ("key "), "\n"));
}

/* What is damaged is gone afterwards, and said. */
static gboolean
add_kept (const char *cache_dir, const char *name, Progress *progress, GPtrArray *sources, GError **error)
{
  g_autofree char *entry = g_build_filename (cache_dir, name, NULL);
  g_autofree char *written = read_key (entry);
  const char *digits = name + strlen (KEPT_KIND "-");
  const char *key = written != NULL && g_str_has_prefix (written, digits) ? written : digits;
  g_autofree char *dir = NULL;
  g_autofree char *origin = NULL;
  if (!cache_lookup (cache_dir, KEPT_KIND, key, &dir, NULL, error))
    return FALSE;
  g_autofree char *path = g_build_filename (entry, ORIGIN, NULL);
  if (dir == NULL)
    progress_say (progress, "", "%s: a kept base was damaged, and is removed; try: ./harness build bases", name);
  else if (files_read (path, ORIGIN_MAX, &origin, NULL, error))
    g_ptr_array_add (sources, kernel_at_hand_new (dir, origin));
  else
    return FALSE;
  return TRUE;
}

gboolean
kernel_sources_kept (const char *cache_dir, Progress *progress, GPtrArray **sources, GError **error)
{
  g_autoptr (GPtrArray) found = g_ptr_array_new_with_free_func (free_source);
  g_autoptr (GPtrArray) names = find_kept (cache_dir);
  for (guint i = 0; i < names->len; i++)
    {
      if (!add_kept (cache_dir, g_ptr_array_index (names, i), progress, found, error))
        return FALSE;
    }
  *sources = g_steal_pointer (&found);
  return TRUE;
}

void
kernel_sources_hash_kept (const char *cache_dir, InputHash *hash)
{
  g_autoptr (GPtrArray) names = find_kept (cache_dir);
  for (guint i = 0; i < names->len; i++)
    input_hash_add (hash, KEPT_KIND, g_ptr_array_index (names, i));
}

gboolean
kernel_sources_at_hand (const char *cache_dir, Progress *progress, GPtrArray **sources, GError **error)
{
  g_autoptr (GPtrArray) found = NULL;
  g_autoptr (GPtrArray) kept = NULL;
  if (!kernel_sources_in (FOLDER, cache_dir, progress, &found, error) || !kernel_sources_kept (cache_dir, progress, &kept, error))
    return FALSE;
  g_ptr_array_extend_and_steal (found, g_steal_pointer (&kept));
  *sources = g_steal_pointer (&found);
  return TRUE;
}

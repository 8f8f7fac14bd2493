/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Trimming the cache; see cache-trim.h. */
#include "cli/cache-trim.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/files.h"
#include "cli/kept-runs.h"
#include "report/text-table.h"

#define KEY_DIGITS 16
#define DAY_S 86400

typedef struct {
  char *path, *kind;
  gint64 used_s;
} Entry;

static void
entry_free (gpointer data)
{
  Entry *entry = data;

  g_free (entry->path);
  g_free (entry->kind);
  g_free (entry);
}

gboolean
cache_remove_whole (const char *path, GError **error)
{
  g_autofree char *parent = g_path_get_dirname (path);
  g_autoptr (Scratch) grave = scratch_new (parent, "clean", error);
  g_autofree char *moved = grave ? scratch_file (grave, "removed") : NULL;

  if (!grave)
    return FALSE;
  return rename (path, moved) == 0 || errno == ENOENT || fail_errno (error, errno, "%s: removing", path);
}

/* Somebody holds the lock on this file. */
static gboolean
is_locked (const char *path)
{
  const int fd = open (path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  const gboolean held = fd >= 0 && flock (fd, LOCK_EX | LOCK_NB) < 0 && errno == EWOULDBLOCK;

  if (fd >= 0)
    close (fd);
  return held;
}

/* A lock that is held, or a scratch folder in use: its maker is at work. */
static gboolean
is_busy (const char *folder)
{
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);

  for (const char *name; dir && (name = g_dir_read_name (dir));)
    {
      g_autofree char *path = g_build_filename (folder, name, NULL);

      if ((g_str_has_prefix (name, ".tmp-") || g_str_has_suffix (name, ".lock")) && is_locked (path))
        return TRUE;
    }
  return FALSE;
}

/* The kind of KIND-0123456789abcdef; NULL: no entry's name. */
static char *
kind_of (const char *name)
{
  const char *dash = strrchr (name, '-');

  if (!dash || dash == name || strlen (dash + 1) != KEY_DIGITS || strspn (dash + 1, "0123456789abcdef") != KEY_DIGITS)
    return NULL;
  return g_strndup (name, (gsize) (dash - name));
}

/* A lookup reads an entry's manifest; a work tree, which has none, is written to. */
static gint64
last_used (const char *path, const struct stat *st)
{
  g_autofree char *manifest = g_build_filename (path, "manifest", NULL);
  struct stat read;

  return stat (manifest, &read) == 0 ? MAX (st->st_mtime, read.st_atime) : st->st_mtime;
}

static gint
last_used_first (gconstpointer a, gconstpointer b)
{
  const Entry *left = *(Entry *const *) a, *right = *(Entry *const *) b;

  if (left->used_s != right->used_s)
    return left->used_s > right->used_s ? -1 : 1;
  return strcmp (left->path, right->path);
}

static GPtrArray *
scan (const char *cache)
{
  GPtrArray *entries = g_ptr_array_new_with_free_func (entry_free);
  g_autoptr (GDir) dir = g_dir_open (cache, 0, NULL);

  for (const char *name; dir && (name = g_dir_read_name (dir));)
    {
      g_autofree char *path = g_build_filename (cache, name, NULL);
      g_autofree char *kind = kind_of (name);
      struct stat st;
      Entry *entry;

      if (!kind || lstat (path, &st) < 0 || !S_ISDIR (st.st_mode))
        continue;
      entry = g_new0 (Entry, 1);
      entry->used_s = last_used (path, &st);
      entry->path = g_steal_pointer (&path);
      entry->kind = g_steal_pointer (&kind);
      g_ptr_array_add (entries, entry);
    }
  g_ptr_array_sort (entries, last_used_first);
  return entries;
}

static gboolean
remove_entry (const Entry *entry, gboolean dry, guint64 *bytes, GError **error)
{
  const guint64 size = kept_runs_bytes (entry->path);
  g_autofree char *text = text_size (size);
  g_autofree char *lock_path = g_strconcat (entry->path, ".lock", NULL);

  if (!dry)
    {
      g_autoptr (FileLock) lock = file_lock (lock_path, error);

      if (!lock || !cache_remove_whole (entry->path, error))
        return FALSE;
    }
  printf ("%s %s: %s\n", dry ? "would remove" : "removed", entry->path, text);
  *bytes += size;
  return TRUE;
}

/* Of these many are in use at a time: one for each submission, lab, source, distribution. Only their age tells which may go. */
static gboolean
are_many (const char *kind)
{
  static const char *const kinds[] = { "grade", "baseline", "kvm-source", "kvm-base", "kernel-source", "distro", NULL };

  return g_strv_contains (kinds, kind);
}

gboolean
cache_trim (const App *app, int older_than_days, gboolean dry, guint64 *bytes, GError **error)
{
  g_autoptr (GPtrArray) entries = scan (app->cache);
  g_autoptr (GHashTable) kinds = g_hash_table_new (g_str_hash, g_str_equal);
  const gint64 now_s = g_get_real_time () / G_USEC_PER_SEC;

  if (is_busy (app->cache) || is_busy (app->results))
    {
      printf ("%s: another command is at work: nothing is removed there\n", app->cache);
      return TRUE;
    }
  for (guint i = 0; i < entries->len; i++)
    {
      const Entry *entry = g_ptr_array_index (entries, i);
      const gboolean newest = g_hash_table_add (kinds, entry->kind) || (older_than_days < 0 && are_many (entry->kind));

      if (newest || (older_than_days >= 0 && now_s - entry->used_s < (gint64) older_than_days * DAY_S))
        continue;
      if (!remove_entry (entry, dry, bytes, error))
        return FALSE;
    }
  return TRUE;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Plain files and trees: remove, write, read, copy, free space. (scratch.c and cache.c build on it.) */
#include "base/files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fd.h"

#define REMOVE_DEPTH 32     /* descriptors held at once while removing */
#define REMOVE_ATTEMPTS 10000 /* passes over a tree that somebody still writes into, or that is very deep */

typedef DIR Dir;
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Dir, closedir)

/* --- removing --------------------------------------------------------------------------------- */

static gboolean remove_content (int dir_fd, int top_fd, guint depth);

/* Opens a folder for removal; one we own without permission on it gets it first. */
static int
open_for_removal (int dir_fd, const char *name)
{
  const int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
  int fd = openat (dir_fd, name, flags);
  if (fd < 0 && errno == EACCES && fchmodat (dir_fd, name, 0700, 0) == 0)
    fd = openat (dir_fd, name, flags);
  struct stat st;
  if (fd >= 0 && fstat (fd, &st) == 0 && (st.st_mode & 0700) != 0700 && fchmod (fd, 0700) < 0)
    return fd; /* not ours: removing its entries will tell */
  return fd;
}

/*
 * A folder too deep for our descriptors is moved up to the top instead, where a later pass finds it:
 * a hostile archive can nest deeper than any limit of descriptors or of path length.
 */
static gboolean
remove_dir (int dir_fd, int top_fd, const char *name, guint depth)
{
  if (depth >= REMOVE_DEPTH)
    {
      g_autofree char *moved = g_strdup_printf (".deep-%08x%08x", g_random_int (), g_random_int ());
      return renameat (dir_fd, name, top_fd, moved) == 0;
    }
  AUTO_FD fd = open_for_removal (dir_fd, name);
  if (fd < 0)
    return FALSE;
  if (!remove_content (fd, top_fd < 0 ? fd : top_fd, depth))
    return FALSE;
  return unlinkat (dir_fd, name, AT_REMOVEDIR) == 0 || errno == ENOENT;
}

static gboolean
remove_one (int dir_fd, int top_fd, const char *name, guint depth)
{
  if (unlinkat (dir_fd, name, 0) == 0 || errno == ENOENT)
    return TRUE;
  struct stat st;
  const int unlink_errno = errno;
  if (fstatat (dir_fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
    return errno == ENOENT;
  if (S_ISDIR (st.st_mode))
    return remove_dir (dir_fd, top_fd, name, depth);
  errno = unlink_errno;
  return FALSE;
}

/* Removes what stands in dir_fd. On FALSE errno says why. */
static gboolean
remove_content (int dir_fd, int top_fd, guint depth)
{
  const int own_fd = fcntl (dir_fd, F_DUPFD_CLOEXEC, 3);
  if (own_fd < 0)
    return FALSE;
  g_autoptr (Dir) dir = fdopendir (own_fd);
  if (dir == NULL)
    {
      close (own_fd);
      return FALSE;
    }
  rewinddir (dir);
  for (const struct dirent *entry; (entry = readdir (dir)) != NULL;)
    {
      if (strcmp (entry->d_name, ".") == 0 || strcmp (entry->d_name, "..") == 0)
        continue;
      if (!remove_one (dir_fd, top_fd, entry->d_name, depth + 1))
        return FALSE;
    }
  return TRUE;
}

gboolean
files_remove_tree (const char *path, GError **error)
{
  for (guint attempt = 0; attempt < REMOVE_ATTEMPTS; attempt++)
    {
      if (remove_one (AT_FDCWD, -1, path, 0))
        return TRUE;
      if (errno != ENOTEMPTY && errno != EEXIST)
        break;
    }
  return fail_errno (error, errno, "%s: removing", path);
}

/* --- making, writing, reading ----------------------------------------------------------------- */

mode_t
files_umask (void)
{
  g_autofree char *status = NULL;
  const char *line = NULL;
  if (g_file_get_contents ("/proc/self/status", &status, NULL, NULL))
    line = strstr (status, "\nUmask:");
  return line != NULL ? (mode_t) strtoul (line + strlen ("\nUmask:"), NULL, 8) & 0777 : 077;
}

gboolean
files_make_dir (const char *path, GError **error)
{
  if (g_mkdir_with_parents (path, 0777) < 0)
    return fail_errno (error, errno, "%s: making the folder", path);
  return TRUE;
}

static gboolean
write_all (int fd, const char *data, gsize size)
{
  while (size > 0)
    {
      const gssize wrote = write (fd, data, size);
      if (wrote < 0 && errno == EINTR)
        continue;
      if (wrote < 0)
        return FALSE;
      data += wrote;
      size -= (gsize) wrote;
    }
  return TRUE;
}

gboolean
files_write_fd (int fd, const char *path, const void *data, gsize size, GError **error)
{
  return write_all (fd, data, size) || fail_errno (error, errno, "%s: writing", path);
}

/* So that a rename in it survives a crash; a file system that cannot do it is no reason to fail. */
static void
sync_parent (const char *path)
{
  g_autofree char *parent = g_path_get_dirname (path);
  AUTO_FD fd = open (parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd >= 0 && fsync (fd) < 0)
    g_debug ("%s: fsync: %s", parent, g_strerror (errno));
}

/* DIR/.tmp-NAME-PID-RANDOM, open and locked: files_sweep leaves it alone while we live. */
static int
open_temporary (const char *path, mode_t mode, char **temporary)
{
  g_autofree char *parent = g_path_get_dirname (path);
  g_autofree char *base = g_path_get_basename (path);
  for (;;)
    {
      g_autofree char *name = g_strdup_printf ("%s/.tmp-%s-%d-%08x", parent, base, (int) getpid (), g_random_int ());
      const int fd = open (name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
      if (fd < 0 && errno == EEXIST)
        continue;
      if (fd < 0)
        return -1;
      struct stat st;
      const int errnum = flock (fd, LOCK_EX | LOCK_NB) < 0 || fstat (fd, &st) < 0 ? errno : 0;
      if (errnum == 0 && st.st_nlink > 0)
        {
          *temporary = g_steal_pointer (&name);
          return fd;
        }
      close (fd);
      if (errnum == 0 || errnum == EWOULDBLOCK) /* a sweep took it between open and flock: again */
        continue;
      unlink (name);
      errno = errnum;
      return -1;
    }
}

static gboolean
put_in_place (int fd, const char *temporary, const char *path, GError **error)
{
  if (fsync (fd) < 0)
    return fail_errno (error, errno, "%s: writing", path);
  if (rename (temporary, path) < 0)
    return fail_errno (error, errno, "%s: renaming %s to it", path, temporary);
  sync_parent (path);
  return TRUE;
}

gboolean
files_write (const char *path, const void *data, gssize size, GError **error)
{
  g_autofree char *temporary = NULL;
  AUTO_FD fd = open_temporary (path, 0666, &temporary);
  if (fd < 0)
    return fail_errno (error, errno, "%s: writing", path);

  const gsize length = size < 0 ? strlen (data) : (gsize) size;
  const gboolean ok = files_write_fd (fd, path, data, length, error) && put_in_place (fd, temporary, path, error);
  if (!ok)
    unlink (temporary);
  return ok;
}

static gboolean
read_up_to (int fd, const char *path, gsize limit, GString *text, GError **error)
{
  char block[64 * 1024];
  for (;;)
    {
      const gssize got = read (fd, block, sizeof block);
      if (got < 0 && errno == EINTR)
        continue;
      if (got < 0)
        return fail_errno (error, errno, "%s: reading", path);
      if (got == 0)
        return TRUE;
      if (text->len + (gsize) got > limit)
        return fail (error, HARNESS_ERROR_FAILED, "%s: larger than the %" G_GSIZE_FORMAT " bytes that are read of it", path, limit);
      g_string_append_len (text, block, got);
    }
}

gboolean
files_read (const char *path, gsize limit, char **data, gsize *size, GError **error)
{
  AUTO_FD fd = open (path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
  if (fd < 0)
    return fail_errno (error, errno, "%s: opening", path);

  g_autoptr (GString) text = g_string_new (NULL);
  if (!read_up_to (fd, path, limit, text, error))
    return FALSE;
  if (size != NULL)
    *size = text->len;
  *data = g_string_free (g_steal_pointer (&text), FALSE);
  return TRUE;
}

/* --- copying ---------------------------------------------------------------------------------- */

static gboolean
copy_by_blocks (int from_fd, int to_fd)
{
  char block[64 * 1024];
  for (;;)
    {
      const gssize got = read (from_fd, block, sizeof block);
      if (got < 0 && errno == EINTR)
        continue;
      if (got <= 0)
        return got == 0;
      if (!write_all (to_fd, block, (gsize) got))
        return FALSE;
    }
}

/* In the kernel where the file system can (it may share the blocks), else by hand from where that stopped. */
static gboolean
copy_bytes (int from_fd, int to_fd)
{
  gssize got;
  do
    got = copy_file_range (from_fd, NULL, to_fd, NULL, 1 << 30, 0);
  while (got > 0 || (got < 0 && errno == EINTR));
  if (got < 0 && (errno == ENOSPC || errno == EDQUOT || errno == EIO))
    return FALSE;
  return copy_by_blocks (from_fd, to_fd);
}

gboolean
files_copy (const char *from, const char *to, GError **error)
{
  AUTO_FD from_fd = open (from, O_RDONLY | O_CLOEXEC | O_NOCTTY);
  struct stat st;
  if (from_fd < 0 || fstat (from_fd, &st) < 0)
    return fail_errno (error, errno, "%s: opening", from);

  g_autofree char *temporary = NULL;
  AUTO_FD to_fd = open_temporary (to, st.st_mode & 0777, &temporary);
  if (to_fd < 0)
    return fail_errno (error, errno, "%s: writing", to);

  const gboolean ok = copy_bytes (from_fd, to_fd) ? put_in_place (to_fd, temporary, to, error)
                                                  : fail_errno (error, errno, "copying %s to %s", from, to);
  if (!ok)
    unlink (temporary);
  return ok;
}

/* --- names ------------------------------------------------------------------------------------ */

static gint
compare_names (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *) a, *(const char *const *) b);
}

void
files_sort_names (GPtrArray *names)
{
  g_ptr_array_sort (names, compare_names);
}

char *
files_find (const char *const *dirs, gsize n, const char *name)
{
  for (gsize i = 0; i < n; i++)
    {
      g_autofree char *path = dirs[i] != NULL ? g_build_filename (dirs[i], name, NULL) : NULL;
      if (path != NULL && g_file_test (path, G_FILE_TEST_IS_REGULAR))
        return g_steal_pointer (&path);
    }
  return NULL;
}

/* --- space ------------------------------------------------------------------------------------ */

gboolean
files_free_bytes (const char *path, guint64 *bytes, GError **error)
{
  g_autofree char *existing = g_canonicalize_filename (path, NULL);
  while (!g_file_test (existing, G_FILE_TEST_EXISTS) && strcmp (existing, "/") != 0)
    {
      g_autofree char *below = g_steal_pointer (&existing);
      existing = g_path_get_dirname (below);
    }
  struct statvfs st;
  if (statvfs (existing, &st) < 0)
    return fail_errno (error, errno, "%s: statvfs", existing);
  *bytes = (guint64) st.f_bavail * st.f_frsize;
  return TRUE;
}

gboolean
files_need_bytes (const char *path, guint64 bytes, const char *what, GError **error)
{
  guint64 free_bytes;
  if (!files_free_bytes (path, &free_bytes, error))
    return FALSE;
  if (free_bytes >= bytes)
    return TRUE;
  return fail (error, HARNESS_ERROR_HOST,
               "%s: %s needs %" G_GUINT64_FORMAT " MiB and %" G_GUINT64_FORMAT " MiB are free; try: free space there",
               path, what, (bytes + (1 << 20) - 1) >> 20, free_bytes >> 20);
}

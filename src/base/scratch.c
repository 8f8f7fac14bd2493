/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Scratch folders and locks. Who lives is told by flock, not by pid: the kernel drops a dead
 * maker's lock, pids come again (in containers always the same few). The pid in the name is for people.
 */
#include "base/files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cancel.h"
#include "base/error.h"

#define PREFIX ".tmp-"
#define LOCK_RETRY_MS 50

/* --- scratch folders -------------------------------------------------------------------------- */

struct Scratch
{
  char *path;
  int fd; /* of the folder; carries the lock */
  gboolean committed;
};

static gboolean
same_file (int fd, const char *path)
{
  struct stat open_st, path_st;
  return fstat (fd, &open_st) == 0 && lstat (path, &path_st) == 0 && open_st.st_ino == path_st.st_ino
         && open_st.st_dev == path_st.st_dev;
}

/* Locks the folder just made: 0, or an errno. EAGAIN: a sweep found it first. */
static int
lock_new_folder (const char *path, int *fd)
{
  *fd = open (path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (*fd < 0)
    return errno == ENOENT ? EAGAIN : errno;
  const int errnum = flock (*fd, LOCK_EX | LOCK_NB) < 0 ? errno : same_file (*fd, path) ? 0 : EAGAIN;
  if (errnum != 0)
    close (*fd);
  return errnum;
}

Scratch *
scratch_new (const char *parent, const char *what, GError **error)
{
  if (!files_make_dir (parent, error))
    return NULL;
  for (;;)
    {
      g_autofree char *path = g_strdup_printf ("%s/" PREFIX "%s-%d-%08x", parent, what, (int) getpid (), g_random_int ());
      if (mkdir (path, 0777) < 0 && errno != EEXIST)
        {
          fail_errno (error, errno, "%s: making a scratch folder", path);
          return NULL;
        }
      int fd;
      const int errnum = lock_new_folder (path, &fd);
      if (errnum == EAGAIN)
        continue;
      if (errnum != 0)
        {
          rmdir (path);
          fail_errno (error, errnum, "%s: locking the scratch folder", path);
          return NULL;
        }
      Scratch *scratch = g_new0 (Scratch, 1);
      scratch->path = g_steal_pointer (&path);
      scratch->fd = fd;
      return scratch;
    }
}

void
scratch_free (Scratch *scratch)
{
  if (scratch == NULL)
    return;
  g_autoptr (GError) error = NULL;
  if (!scratch->committed && !files_remove_tree (scratch->path, &error))
    g_debug ("%s", error->message); /* the next sweep tries again */
  close (scratch->fd);
  g_free (scratch->path);
  g_free (scratch);
}

const char *
scratch_path (const Scratch *scratch)
{
  return scratch->path;
}

char *
scratch_file (const Scratch *scratch, const char *name)
{
  return g_build_filename (scratch->path, name, NULL);
}

/* For nftw: data on disk before the name is, or a crash leaves a whole-looking folder of empty files. */
static int
sync_entry (const char *path, const struct stat *st, int type, struct FTW *ftw)
{
  (void) st;
  (void) ftw;
  if (type != FTW_F && type != FTW_DP)
    return 0;
  const int fd = open (path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  if (fd < 0)
    return errno == ELOOP || errno == EACCES || errno == ENXIO ? 0 : errno;
  const int result = fsync (fd) < 0 && errno != EINVAL && errno != EROFS ? errno : 0;
  close (fd);
  return result;
}

static int
rename_to_new (const char *from, const char *to)
{
  if (syscall (SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0)
    return 0;
  if (errno == ENOSYS || errno == EINVAL)
    return rename (from, to) == 0 ? 0 : errno; /* a folder that is not empty is not replaced either */
  return errno;
}

gboolean
scratch_commit (Scratch *scratch, const char *target, gboolean keep_existing, GError **error)
{
  const int sync_errno = nftw (scratch->path, sync_entry, 16, FTW_PHYS | FTW_DEPTH);
  if (sync_errno != 0)
    return fail_errno (error, sync_errno > 0 ? sync_errno : errno, "%s: writing to disk", scratch->path);

  const int rename_errno = rename_to_new (scratch->path, target);
  if (rename_errno == 0)
    {
      scratch->committed = TRUE;
      g_free (scratch->path);
      scratch->path = g_strdup (target);
      return TRUE;
    }
  if (keep_existing && (rename_errno == EEXIST || rename_errno == ENOTEMPTY))
    return TRUE; /* scratch_free drops ours */
  return fail_errno (error, rename_errno, "%s: renaming %s to it", target, scratch->path);
}

/* Takes the lock of a left-over and removes it under that lock. */
static gboolean
sweep_one (const char *path)
{
  const int fd = open (path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  if (fd < 0)
    return FALSE;
  const gboolean gone = flock (fd, LOCK_EX | LOCK_NB) == 0 && same_file (fd, path) && files_remove_tree (path, NULL);
  close (fd);
  return gone;
}

guint
files_sweep (const char *parent)
{
  g_autoptr (GDir) dir = g_dir_open (parent, 0, NULL);
  guint swept = 0;
  for (const char *name; dir != NULL && (name = g_dir_read_name (dir)) != NULL;)
    {
      if (!g_str_has_prefix (name, PREFIX))
        continue;
      g_autofree char *path = g_build_filename (parent, name, NULL);
      swept += sweep_one (path) ? 1 : 0;
    }
  return swept;
}

/* --- locks ------------------------------------------------------------------------------------ */

struct FileLock
{
  char *path;
  int fd;
};

/* The descriptor; -1 with errno; -2: held by somebody, or removed as we came. */
static int
try_lock (const char *path)
{
  const int fd = open (path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0666);
  if (fd < 0)
    return -1;
  const int errnum = flock (fd, LOCK_EX | LOCK_NB) < 0 ? errno : 0;
  if (errnum == 0 && same_file (fd, path))
    return fd;
  close (fd);
  errno = errnum;
  return errnum == 0 || errnum == EWOULDBLOCK ? -2 : -1; /* a file system without locks is no reason to wait */
}

/* flock can be waited for only without a way out, so it is asked again every 50 ms; an interruption ends that at once. */
static gboolean
wait_before_retry (GError **error)
{
  struct pollfd fd = { .fd = cancel_fd (), .events = POLLIN };
  poll (&fd, 1, LOCK_RETRY_MS);
  return cancel_check (error);
}

FileLock *
file_lock (const char *path, GError **error)
{
  int fd;
  while ((fd = try_lock (path)) == -2)
    {
      if (!wait_before_retry (error))
        {
          g_prefix_error (error, "%s: waiting for the lock: ", path);
          return NULL;
        }
    }
  if (fd < 0)
    {
      fail_errno (error, errno, "%s: opening the lock", path);
      return NULL;
    }
  FileLock *lock = g_new0 (FileLock, 1);
  lock->path = g_strdup (path);
  lock->fd = fd;
  return lock;
}

/* Removed while held: who waits sees that its descriptor is no longer the path's file and opens anew. */
void
file_lock_free (FileLock *lock)
{
  if (lock == NULL)
    return;
  unlink (lock->path);
  close (lock->fd);
  g_free (lock->path);
  g_free (lock);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is bound read-only is a symbolic link to it. Where another mount lies inside, it is a tree
 * of real folders with links to files, so that ".." leads where it would lead on the host. What the
 * program's id cannot reach, because a folder above is closed to it, is copied.
 */
#include "base/launcher/layout.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define DEPTH_MAX 64

static bool
make_folders (char *path)
{
  for (char *slash = strchr (path + 1, '/'); slash != NULL; slash = strchr (slash + 1, '/'))
    {
      *slash = '\0';
      const bool ok = mkdir (path, 0755) == 0 || errno == EEXIST;
      if (!ok)
        complain (path);
      *slash = '/';
      if (!ok)
        return false;
    }
  return true;
}

/* --- what is there, seen with the program's rights -------------------------------------------- */

static bool
can_read (const Plan *plan, const char *path)
{
  if (!plan->own_id)
    return true;
  setfsgid (plan->id);
  setfsuid (plan->id);
  const int fd = open (path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  setfsuid (geteuid ());
  setfsgid (getegid ());
  if (fd >= 0)
    close (fd);
  return fd >= 0;
}

static bool
is_mount (const Plan *plan, const char *place)
{
  const char *path = place + strlen (plan->root);
  for (int i = 0; i < plan->mount_count; i++)
    if (strcmp (plan->mounts[i].path, path) == 0)
      return true;
  return false;
}

static bool
has_inner (const Plan *plan, const Mount *mount)
{
  const size_t length = strlen (mount->path);
  for (const Mount *other = mount + 1; other < plan->mounts + plan->mount_count; other++)
    if (strncmp (other->path, mount->path, length) == 0 && other->path[length] == '/')
      return true;
  return false;
}

/* --- trees ------------------------------------------------------------------------------------ */

static bool
copy_bytes (int from, int to, const struct stat *st)
{
  const struct timespec times[] = { st->st_atim, st->st_mtim };
  off_t done = 0;
  while (done < st->st_size)
    {
      const ssize_t count = sendfile (to, from, &done, (size_t) (st->st_size - done));
      if (count == 0)
        break;
      if (count < 0)
        return false;
    }
  return fchmod (to, st->st_mode & 0777) == 0 && futimens (to, times) == 0;
}

static bool
copy_file (const char *from, const char *to)
{
  struct stat st;
  const int in = open (from, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  if (in < 0)
    return complain (from);
  const int out = open (to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  const bool ok =
      out >= 0 && fstat (in, &st) == 0 && (!S_ISREG (st.st_mode) || copy_bytes (in, out, &st));
  if (out >= 0)
    close (out);
  close (in);
  return ok || complain (to);
}

static bool
copy_link (const char *from, const char *to)
{
  char target[PATH_MAX];
  const ssize_t length = readlink (from, target, sizeof target - 1);
  if (length < 0)
    return complain (from);
  target[length] = '\0';
  return symlink (target, to) == 0 || complain (to);
}

static bool
mirror (const Plan *plan, const Mount *mount, const char *from, const char *to, int depth);

static bool
mirror_entry (const Plan *plan, const Mount *mount, const char *from, const char *to, int depth)
{
  struct stat st;
  if (is_mount (plan, to))
    return true;
  if (lstat (from, &st) < 0)
    return complain (from);
  if (S_ISDIR (st.st_mode))
    return (mkdir (to, 0755) == 0 || complain (to)) && mirror (plan, mount, from, to, depth + 1);
  if (S_ISLNK (st.st_mode))
    return copy_link (from, to);
  return mount->copied ? copy_file (from, to) : symlink (from, to) == 0 || complain (to);
}

/* The folder `from` into `to`, which is there. */
static bool
mirror (const Plan *plan, const Mount *mount, const char *from, const char *to, int depth)
{
  char from_entry[PATH_MAX], to_entry[PATH_MAX];
  DIR *folder = depth < DEPTH_MAX ? opendir (from) : NULL;
  bool ok = folder != NULL || complain (from);
  for (struct dirent *entry; ok && (entry = readdir (folder)) != NULL;)
    {
      if (strcmp (entry->d_name, ".") == 0 || strcmp (entry->d_name, "..") == 0)
        continue;
      errno = ENAMETOOLONG;
      ok = (size_t) snprintf (from_entry, sizeof from_entry, "%s/%s", from, entry->d_name)
               < sizeof from_entry
           && (size_t) snprintf (to_entry, sizeof to_entry, "%s/%s", to, entry->d_name)
                  < sizeof to_entry;
      ok = ok ? mirror_entry (plan, mount, from_entry, to_entry, depth) : complain (from);
    }
  if (folder != NULL)
    closedir (folder);
  return ok;
}

/* --- mounts ----------------------------------------------------------------------------------- */

static bool
make_bind (const Plan *plan, Mount *mount, const char *place)
{
  struct stat st;
  if (stat (mount->host_path, &st) < 0)
    return complain (mount->host_path);
  mount->copied = !can_read (plan, mount->host_path);
  unlink (place); /* a file of the mount below */
  if (S_ISDIR (st.st_mode) && (mount->copied || has_inner (plan, mount)))
    return (mkdir (place, 0755) == 0 || complain (place))
           && mirror (plan, mount, mount->host_path, place, 0);
  if (mount->copied)
    return copy_file (mount->host_path, place);
  return symlink (mount->host_path, place) == 0 || complain (place);
}

static bool
make_scratch (const Plan *plan, const char *place)
{
  if (mkdir (place, 0700) < 0 && errno != EEXIST)
    return complain (place);
  return !plan->own_id || chown (place, plan->id, plan->id) == 0 || complain (place);
}

bool
layout_make (Plan *plan)
{
  char place[PATH_MAX];
  umask (022);
  if (mkdir (plan->root, 0755) < 0)
    return complain (plan->root);
  for (int i = 0; i < plan->mount_count; i++)
    {
      Mount *mount = &plan->mounts[i];
      place_of (plan, mount->path, place);
      if (!make_folders (place)
          || !(mount->host_path != NULL ? make_bind (plan, mount, place)
                                        : make_scratch (plan, place)))
        return false;
    }
  return true;
}

static void
run_on_root (const Plan *plan, const char *program, const char *option, const char *value)
{
  const pid_t pid = fork ();
  if (pid == 0)
    {
      execl (program, program, option, value, "--", plan->root, (char *) NULL);
      _exit (127);
    }
  while (pid > 0 && waitpid (pid, NULL, 0) < 0 && errno == EINTR)
    ;
}

/* rm goes as deep as it gets; folders that were made closed are opened for it. */
void
layout_remove (const Plan *plan)
{
  run_on_root (plan, "/bin/rm", "-r", "-f");
  if (access (plan->root, F_OK) < 0)
    return;
  run_on_root (plan, "/bin/chmod", "-R", "u+rwX");
  run_on_root (plan, "/bin/rm", "-r", "-f");
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Files in scratch folders, by blocks, at least one each; and files that were removed but are still
 * open. What grows between two looks is bounded by the limit of a file and the speed of the disk;
 * the disk's rest is looked at too.
 */
#include "base/launcher/measure.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define BLOCK 4096u
#define DEPTH_MAX 100
#define DISK_REST (UINT64_C (128) << 20)

/* As memory would hold it: what a file system sets aside for a file that grows does not count. */
static uint64_t
bytes_of (const struct stat *st)
{
  const uint64_t blocks = (uint64_t) st->st_blocks * 512,
                 size = ((uint64_t) st->st_size + BLOCK - 1) / BLOCK * BLOCK;
  const uint64_t bytes = blocks < size ? blocks : size;
  return (bytes > BLOCK ? bytes : BLOCK)
         / (st->st_nlink > 1 && !S_ISDIR (st->st_mode) ? st->st_nlink : 1);
}

/* What is below the folder, up to something more than `limit`. Takes the descriptor over. */
static uint64_t
bytes_below (int fd, uint64_t limit, int depth)
{
  DIR *folder = depth < DEPTH_MAX ? fdopendir (fd) : NULL;
  uint64_t sum = 0;
  if (folder == NULL)
    {
      close (fd);
      return depth < DEPTH_MAX ? 0 : limit + 1;
    }
  for (struct dirent *entry; sum <= limit && (entry = readdir (folder)) != NULL;)
    {
      struct stat st;
      if (strcmp (entry->d_name, ".") == 0 || strcmp (entry->d_name, "..") == 0
          || fstatat (fd, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0)
        continue;
      sum += bytes_of (&st);
      errno = 0;
      const int below =
          S_ISDIR (st.st_mode)
              ? openat (fd, entry->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
              : -1;
      if (below < 0 && errno == EACCES)
        sum = limit + 1; /* closed to us as well: nobody needs that */
      else if (below >= 0)
        sum += bytes_below (below, limit - (sum < limit ? sum : limit), depth + 1);
    }
  closedir (folder);
  return sum;
}

/* Files without a name that this process has open. */
static uint64_t
bytes_open (const Plan *plan, pid_t pid)
{
  char path[PATH_MAX];
  uint64_t sum = 0;
  snprintf (path, sizeof path, "/proc/%d/fd", (int) pid);
  DIR *folder = opendir (path);
  for (struct dirent *entry; folder != NULL && (entry = readdir (folder)) != NULL;)
    {
      struct stat st;
      if (entry->d_name[0] != '.' && fstatat (dirfd (folder), entry->d_name, &st, 0) == 0
          && S_ISREG (st.st_mode) && st.st_nlink == 0
          && (st.st_dev != plan->input.st_dev || st.st_ino != plan->input.st_ino))
        sum += bytes_of (&st);
    }
  if (folder != NULL)
    closedir (folder);
  return sum;
}

/*
 * With the program's id, which alone may look at what it has open. A file that several have open
 * counts several times: nobody needs it.
 */
static uint64_t
bytes_open_by_all (const Plan *plan, const Processes *processes)
{
  uint64_t sum = 0;
  if (plan->own_id)
    setfsgid (plan->id);
  setfsuid (plan->id);
  for (int i = 0; i < processes->count; i++)
    sum += bytes_open (plan, processes->pids[i]);
  setfsuid (geteuid ());
  setfsgid (getegid ());
  return sum;
}

static Measure
full (const char *path, uint64_t limit)
{
  fprintf (stderr, "sandbox: %s: No space left on device: more than %u MiB\n", path,
           (unsigned) (limit >> 20));
  return MEASURE_FULL;
}

Measure
measure (const Plan *plan, const Processes *processes)
{
  char place[PATH_MAX];
  struct statvfs disk;
  uint64_t largest = 0;
  for (int i = 0; i < plan->mount_count; i++)
    {
      const Mount *mount = &plan->mounts[i];
      if (mount->host_path != NULL)
        continue;
      const int fd = open (place_of (plan, mount->path, place),
                           O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
      if (fd >= 0 && bytes_below (fd, mount->bytes, 0) > mount->bytes)
        return full (mount->path, mount->bytes);
      largest = mount->bytes > largest ? mount->bytes : largest;
    }
  if (bytes_open_by_all (plan, processes) > largest)
    return full ("files that were removed and are open", largest);
  if (statvfs (plan->root, &disk) < 0 || disk.f_blocks == 0 /* it does not tell */
      || (uint64_t) disk.f_bavail * disk.f_frsize >= DISK_REST)
    return MEASURE_FINE;
  fprintf (stderr, "sandbox: %s: less than %u MiB are left on its disk; try: more room there (TMPDIR)\n", plan->root,
           (unsigned) (DISK_REST >> 20));
  return MEASURE_HOST_FULL;
}

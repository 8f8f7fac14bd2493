/* SPDX-License-Identifier: GPL-2.0-or-later */
/* libguestfs: tar -> scratch file system -> squashfs; see squashfs.h. */
#include "image/squashfs.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "image/appliance.h"

#define SUPERBLOCK_MAGIC "hsqs"
#define MKFS_TIME_OFFSET 8 /* struct squashfs_super_block, fs/squashfs/squashfs_fs.h */
#define SCRATCH_SLACK (64ll << 20)

static gboolean
make_squashfs (Appliance *appliance, const char *tar, const char *image, GError **error)
{
  guestfs_h *g = appliance_handle (appliance);
  char *excludes[] = { (char *) "lost+found", NULL };
  const struct guestfs_mksquashfs_argv options = {
    .bitmask = GUESTFS_MKSQUASHFS_COMPRESS_BITMASK | GUESTFS_MKSQUASHFS_EXCLUDES_BITMASK,
    .compress = "lz4",
    .excludes = excludes,
  };

  if (guestfs_mkfs (g, "ext2", "/dev/sda") < 0 || guestfs_mount (g, "/dev/sda", "/") < 0)
    return appliance_fail (appliance, "cannot make the scratch file system", error);
  if (guestfs_tar_in (g, tar, "/") < 0)
    return appliance_fail (appliance, "cannot unpack L1's files", error);
  if (guestfs_utimens (g, "/", 0, 0, 0, 0) < 0 || guestfs_mksquashfs_argv (g, "/", image, &options) < 0)
    return appliance_fail (appliance, "mksquashfs", error);
  if (guestfs_shutdown (g) < 0)
    return appliance_fail (appliance, "shutdown", error);
  return TRUE;
}

static gboolean
normalise (const char *image, gsize align, GError **error)
{
  const guint32 zero = 0;
  char magic[4];
  struct stat st;
  int fd = open (image, O_RDWR | O_CLOEXEC);
  gboolean ok;

  if (fd < 0)
    return fail_errno (error, errno, "%s", image);
  ok = fstat (fd, &st) == 0 && pread (fd, magic, 4, 0) == 4 && memcmp (magic, SUPERBLOCK_MAGIC, 4) == 0 &&
       pwrite (fd, &zero, sizeof zero, MKFS_TIME_OFFSET) == sizeof zero &&
       ftruncate (fd, (off_t) (((gsize) st.st_size + align - 1) / align * align)) == 0;
  close (fd);
  return ok || fail (error, HARNESS_ERROR_FAILED, "%s: not a squashfs, or it cannot be written", image);
}

gboolean
squashfs_from_tar (const char *tar, const char *image, gsize align, gboolean hardware, Progress *progress, GError **error)
{
  g_autofree char *tmpdir = g_path_get_dirname (image);
  g_autoptr (Appliance) appliance = NULL;
  struct stat st;

  if (stat (tar, &st) < 0)
    return fail_errno (error, errno, "%s", tar);
  appliance = appliance_new (tmpdir, hardware, progress, error);
  if (!appliance)
    return FALSE;
  if (guestfs_add_drive_scratch (appliance_handle (appliance), st.st_size * 5 / 4 + SCRATCH_SLACK, -1) < 0)
    return appliance_fail (appliance, "cannot make its scratch disk", error);
  return appliance_launch (appliance, error) && make_squashfs (appliance, tar, image, error) && normalise (image, align, error);
}

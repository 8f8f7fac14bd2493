/* SPDX-License-Identifier: GPL-2.0-or-later */
/* libguestfs: tar -> scratch file system -> squashfs; see squashfs.h. */
#include "image/squashfs.h"

#include <errno.h>
#include <fcntl.h>
#include <guestfs.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cancel.h"
#include "base/error.h"

G_DEFINE_AUTOPTR_CLEANUP_FUNC (guestfs_h, guestfs_close)

#define SUPERBLOCK_MAGIC "hsqs"
#define MKFS_TIME_OFFSET 8 /* struct squashfs_super_block, fs/squashfs/squashfs_fs.h */
#define SCRATCH_SLACK (64ll << 20)

static gboolean
guestfs_fail (guestfs_h *g, const char *what, GError **error)
{
  if (!cancel_check (error))
    return FALSE;
  return fail (error, HARNESS_ERROR_HOST,
               "libguestfs: %s: %s; try: libguestfs-test-tool (it needs a readable kernel in /boot: apt-get install linux-image-cloud-amd64)", what,
               guestfs_last_error (g) ?: "unknown error");
}

/* libguestfs's progress, and its chance to stop when we are interrupted. */
static void
on_progress (guestfs_h *g, void *user, uint64_t event, int handle, int flags, const char *data, size_t size, const uint64_t *array,
             size_t array_length)
{
  Progress *progress = user;

  (void) event, (void) handle, (void) flags, (void) data, (void) size;
  if (cancel_requested ())
    guestfs_user_cancel (g);
  if (array_length >= 4 && array[3])
    progress_update (progress, "", (double) array[2] / (double) array[3], NULL);
}

static guestfs_h *
open_appliance (gint64 disk_bytes, gboolean hardware, Progress *progress, GError **error)
{
  g_autoptr (guestfs_h) g = guestfs_create_flags (GUESTFS_CREATE_NO_ENVIRONMENT);

  if (!g)
    {
      fail_errno (error, errno, "libguestfs");
      return NULL;
    }
  guestfs_set_error_handler (g, NULL, NULL);
  guestfs_set_event_callback (g, on_progress, GUESTFS_EVENT_PROGRESS, 0, progress);
  if (guestfs_set_backend (g, "direct") < 0 || (!hardware && guestfs_set_backend_setting (g, "force_tcg", "1") < 0) ||
      guestfs_add_drive_scratch (g, disk_bytes, -1) < 0 || guestfs_launch (g) < 0)
    {
      guestfs_fail (g, "cannot start its appliance", error);
      return NULL;
    }
  return g_steal_pointer (&g);
}

static gboolean
make_squashfs (guestfs_h *g, const char *tar, const char *image, GError **error)
{
  char *excludes[] = { (char *) "lost+found", NULL };
  const struct guestfs_mksquashfs_argv options = {
    .bitmask = GUESTFS_MKSQUASHFS_COMPRESS_BITMASK | GUESTFS_MKSQUASHFS_EXCLUDES_BITMASK,
    .compress = "lz4",
    .excludes = excludes,
  };

  if (guestfs_mkfs (g, "ext2", "/dev/sda") < 0 || guestfs_mount (g, "/dev/sda", "/") < 0)
    return guestfs_fail (g, "cannot make the scratch file system", error);
  if (guestfs_tar_in (g, tar, "/") < 0)
    return guestfs_fail (g, "cannot unpack L1's files", error);
  if (guestfs_utimens (g, "/", 0, 0, 0, 0) < 0 || guestfs_mksquashfs_argv (g, "/", image, &options) < 0)
    return guestfs_fail (g, "mksquashfs", error);
  if (guestfs_shutdown (g) < 0)
    return guestfs_fail (g, "shutdown", error);
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
  g_autoptr (guestfs_h) g = NULL;
  struct stat st;

  if (stat (tar, &st) < 0)
    return fail_errno (error, errno, "%s", tar);
  g = open_appliance (st.st_size * 5 / 4 + SCRATCH_SLACK, hardware, progress, error);
  return g && make_squashfs (g, tar, image, error) && normalise (image, align, error);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* libguestfs: tar -> scratch file system -> squashfs; see squashfs.h. */
#include "image/squashfs.h"

#include <errno.h>
#include <fcntl.h>
#include <guestfs.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cancel.h"
#include "base/error.h"

G_DEFINE_AUTOPTR_CLEANUP_FUNC (guestfs_h, guestfs_close)

#define SUPERBLOCK_MAGIC "hsqs"
#define MKFS_TIME_OFFSET 8 /* struct squashfs_super_block, fs/squashfs/squashfs_fs.h */
#define SCRATCH_SLACK (64ll << 20)
#define RETRY_MS 50

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

/*
 * Most of libguestfs's calls cannot be cancelled, starting the appliance least of all. So a thread waits for an interruption
 * and ends the appliance then: the call fails, and guestfs_close tidies up as ever. Its pid is asked of the kernel, because the
 * handle is locked for as long as a call lasts.
 */
typedef struct {
  GThread *thread;
  int quit; /* eventfd */
} Guard;

/* Is this a QEMU, and a child of ours? "PID (NAME) STATE PPID …" */
static gboolean
is_our_qemu (const char *pid)
{
  g_autofree char *path = g_strdup_printf ("/proc/%s/stat", pid);
  g_autofree char *text = NULL;
  const char *name, *end;

  if (!g_file_get_contents (path, &text, NULL, NULL) || !(name = strchr (text, '(')) || !(end = strrchr (text, ')')))
    return FALSE;
  return g_str_has_prefix (name, "(qemu") && strlen (end) > 4 && atoi (end + 4) == getpid ();
}

/* The pidfd is opened before the look: what is ended is what was looked at. */
static void
end_appliance (void)
{
  g_autoptr (GDir) proc = g_dir_open ("/proc", 0, NULL);

  for (const char *name = proc ? g_dir_read_name (proc) : NULL; name; name = g_dir_read_name (proc))
    {
      const int fd = g_ascii_isdigit (*name) && is_our_qemu (name) ? (int) syscall (SYS_pidfd_open, atoi (name), 0) : -1;

      if (fd < 0)
        continue;
      if (is_our_qemu (name))
        syscall (SYS_pidfd_send_signal, fd, SIGKILL, NULL, 0);
      close (fd);
    }
}

static gpointer
guard_main (gpointer user)
{
  const Guard *guard = user;
  struct pollfd fds[] = { { .fd = guard->quit, .events = POLLIN }, { .fd = cancel_fd (), .events = POLLIN } };

  while (!fds[0].revents)
    {
      if (cancel_requested ())
        end_appliance (); /* again and again: it may be about to start */
      poll (fds, cancel_requested () ? 1 : 2, cancel_requested () ? RETRY_MS : -1);
    }
  return NULL;
}

static void
guard_start (Guard *guard)
{
  guard->quit = eventfd (0, EFD_CLOEXEC);
  guard->thread = guard->quit >= 0 ? g_thread_new ("appliance-guard", guard_main, guard) : NULL;
}

static void
guard_stop (Guard *guard)
{
  if (!guard->thread)
    return;
  eventfd_write (guard->quit, 1);
  g_thread_join (guard->thread);
  close (guard->quit);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Guard, guard_stop)

/* tmpdir: where its disk is made, so that a killed command's is swept with the rest. */
static guestfs_h *
open_appliance (gint64 disk_bytes, const char *tmpdir, gboolean hardware, Progress *progress, GError **error)
{
  g_autoptr (guestfs_h) g = guestfs_create_flags (GUESTFS_CREATE_NO_ENVIRONMENT);

  if (!g)
    {
      fail_errno (error, errno, "libguestfs");
      return NULL;
    }
  guestfs_set_error_handler (g, NULL, NULL);
  guestfs_set_event_callback (g, on_progress, GUESTFS_EVENT_PROGRESS, 0, progress);
  if (guestfs_set_backend (g, "direct") < 0 || guestfs_set_tmpdir (g, tmpdir) < 0 || (!hardware && guestfs_set_backend_setting (g, "force_tcg", "1") < 0) ||
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
  g_auto (Guard) guard = { 0 };
  g_autoptr (guestfs_h) g = NULL;
  g_autofree char *tmpdir = g_path_get_dirname (image);
  struct stat st;

  if (stat (tar, &st) < 0)
    return fail_errno (error, errno, "%s", tar);
  guard_start (&guard);
  g = open_appliance (st.st_size * 5 / 4 + SCRATCH_SLACK, tmpdir, hardware, progress, error);
  return g && make_squashfs (g, tar, image, error) && normalise (image, align, error);
}

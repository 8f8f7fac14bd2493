/* SPDX-License-Identifier: GPL-2.0-or-later */
/* libguestfs's handle and the thread that guards it; see appliance.h. */
#include "image/appliance.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cancel.h"
#include "base/error.h"

#define RETRY_MS 50
#define BOOT_DIR "/boot"

/*
 * Most of libguestfs's calls cannot be cancelled, starting the appliance least of all. So a thread waits for an interruption
 * and ends the appliance then: the call fails, and guestfs_close tidies up as ever. Its pid is asked of the kernel, because the
 * handle is locked for as long as a call lasts.
 */
typedef struct {
  GThread *thread;
  int quit; /* eventfd */
} Guard;

struct Appliance {
  guestfs_h *g;
  Guard guard;
  Progress *progress;
};

/* libguestfs's progress, and its chance to stop when we are interrupted. */
static void
on_progress (guestfs_h *g, void *user, uint64_t event, int handle, int flags, const char *data, size_t size, const uint64_t *array,
             size_t array_length)
{
  const Appliance *appliance = user;

  (void) event, (void) handle, (void) flags, (void) data, (void) size;
  if (cancel_requested ())
    guestfs_user_cancel (g);
  if (array_length >= 4 && array[3])
    progress_update (appliance->progress, "", (double) array[2] / (double) array[3], NULL);
}

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

gboolean
appliance_check_kernel (const char *boot_dir, GError **error)
{
  g_autoptr (GDir) dir = g_dir_open (boot_dir, 0, NULL);
  g_autofree char *unreadable = NULL;

  for (const char *name; dir && (name = g_dir_read_name (dir));)
    {
      g_autofree char *path = g_build_filename (boot_dir, name, NULL);

      if (!g_str_has_prefix (name, "vmlinuz-"))
        continue;
      if (access (path, R_OK) == 0)
        return TRUE;
      g_free (unreadable);
      unreadable = g_steal_pointer (&path);
    }
  if (unreadable)
    return fail (error, HARNESS_ERROR_HOST, "%s: libguestfs boots its appliance with it, and this user may not read it; try: sudo chmod a+r %s", unreadable, unreadable);
  return fail (error, HARNESS_ERROR_HOST, "%s: no kernel there that libguestfs could boot its appliance with; try: apt-get install linux-image-cloud-amd64", boot_dir);
}

Appliance *
appliance_new (const char *tmpdir, gboolean hardware, Progress *progress, GError **error)
{
  g_autoptr (Appliance) appliance = g_new0 (Appliance, 1);
  guestfs_h *g;

  appliance->progress = progress;
  if (!appliance_check_kernel (BOOT_DIR, error))
    return NULL;
  appliance->g = g = guestfs_create_flags (GUESTFS_CREATE_NO_ENVIRONMENT);
  if (!g)
    {
      fail_errno (error, errno, "libguestfs");
      return NULL;
    }
  guestfs_set_error_handler (g, NULL, NULL);
  guestfs_set_event_callback (g, on_progress, GUESTFS_EVENT_PROGRESS, 0, appliance);
  if (guestfs_set_backend (g, "direct") < 0 || guestfs_set_tmpdir (g, tmpdir) < 0 || (!hardware && guestfs_set_backend_setting (g, "force_tcg", "1") < 0))
    {
      appliance_fail (appliance, "settings", error);
      return NULL;
    }
  guard_start (&appliance->guard);
  return g_steal_pointer (&appliance);
}

/* The handle goes while the guard still watches: closing may take a while, too. */
void
appliance_free (Appliance *appliance)
{
  if (!appliance)
    return;
  if (appliance->g)
    guestfs_close (appliance->g);
  guard_stop (&appliance->guard);
  g_free (appliance);
}

guestfs_h *
appliance_handle (Appliance *appliance)
{
  return appliance->g;
}

gboolean
appliance_launch (Appliance *appliance, GError **error)
{
  if (guestfs_launch (appliance->g) == 0)
    return TRUE;
  if (!cancel_check (error))
    return FALSE;
  return fail (error, HARNESS_ERROR_HOST,
               "libguestfs: cannot start its appliance: %s; try: libguestfs-test-tool (it needs a readable kernel in /boot: apt-get install linux-image-cloud-amd64)",
               guestfs_last_error (appliance->g) ?: "unknown error");
}

gboolean
appliance_fail (Appliance *appliance, const char *what, GError **error)
{
  if (!cancel_check (error))
    return FALSE;
  return fail (error, HARNESS_ERROR_FAILED, "libguestfs: %s: %s", what, guestfs_last_error (appliance->g) ?: "unknown error");
}

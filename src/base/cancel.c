/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The interruption flag and the eventfd beside it. The handler does nothing else. */
#include "base/cancel.h"

#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/error.h"

static int requested; /* atomic */
static int event_fd = -1;

static void
open_event (void)
{
  static gsize once;
  if (g_once_init_enter (&once))
    {
      event_fd = eventfd (0, EFD_CLOEXEC | EFD_NONBLOCK);
      if (event_fd < 0)
        g_error ("eventfd: %s", g_strerror (errno));
      g_once_init_leave (&once, 1);
    }
}

/* Async-signal-safe: one atomic store and one write. A full counter (EAGAIN) is readable already. */
static void
request (void)
{
  const uint64_t one = 1;
  const int saved_errno = errno;
  __atomic_store_n (&requested, 1, __ATOMIC_SEQ_CST);
  if (write (event_fd, &one, sizeof one) < 0)
    errno = saved_errno;
}

static void
on_signal (int signum)
{
  (void) signum;
  request ();
}

void
cancel_install (void)
{
  open_event ();

  struct sigaction action = { .sa_handler = on_signal, .sa_flags = SA_RESTART };
  sigemptyset (&action.sa_mask);
  sigaction (SIGINT, &action, NULL);
  sigaction (SIGTERM, &action, NULL);
  sigaction (SIGHUP, &action, NULL);
  /* A peer that has gone, such as libguestfs's appliance, is an error of that write, not our end. */
  signal (SIGPIPE, SIG_IGN);
}

gboolean
cancel_requested (void)
{
  return __atomic_load_n (&requested, __ATOMIC_SEQ_CST) != 0;
}

int
cancel_fd (void)
{
  open_event ();
  return event_fd;
}

gboolean
cancel_check (GError **error)
{
  if (cancel_requested ())
    return fail (error, HARNESS_ERROR_INTERRUPTED, "interrupted");
  return TRUE;
}

void
cancel_request (void)
{
  open_event ();
  request ();
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copying between a terminal and a line; see tty-session.h. */
#include "base/tty-session.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "base/cancel.h"
#include "base/error.h"
#include "base/fd.h"

#define LAST_MS 200 /* for what the line still has when it is over */
#define LAST_MAX_US (2 * G_USEC_PER_SEC)

/* --- raw, and back again ---------------------------------------------------------------------- */

/* What the signal handlers need; there is one session at a time. */
static struct {
  int fd;
  struct termios saved, raw;
} terminal;

/* Async-signal-safe. The stop itself is SIGSTOP's: our handler stands in for the default action of SIGTSTP. */
static void
on_suspend (int signum)
{
  const int saved_errno = errno;
  (void) signum;
  tcsetattr (terminal.fd, TCSANOW, &terminal.saved);
  raise (SIGSTOP);
  tcsetattr (terminal.fd, TCSANOW, &terminal.raw);
  errno = saved_errno;
}

static void
on_continue (int signum)
{
  const int saved_errno = errno;
  (void) signum;
  tcsetattr (terminal.fd, TCSANOW, &terminal.raw);
  errno = saved_errno;
}

typedef struct
{
  gboolean is_terminal;
  int keeper_fd; /* to the process that gives the terminal back in our stead, or -1 */
  pid_t keeper;
  struct sigaction old_suspend, old_continue;
} Raw;

/*
 * System calls only: it is forked from a threaded program and does not exec. A byte says that the terminal was given back; an end of file
 * without one, that we died. Changing a terminal from the background is allowed to who blocks SIGTTOU.
 */
static void G_GNUC_NORETURN
keeper_main (int pipe_end)
{
  sigset_t all;
  char byte;
  gssize got;

  sigfillset (&all);
  sigprocmask (SIG_SETMASK, &all, NULL);
  setpgid (0, 0);
  const int fd = dup2 (terminal.fd, 0), from = dup2 (pipe_end, pipe_end == 1 ? 1 : 3);
  if (from == 3)
    close (1);
  close (2);
  syscall (SYS_close_range, 4U, ~0U, 0);
  do
    got = read (from, &byte, 1);
  while (got < 0 && errno == EINTR);
  if (got == 0)
    tcsetattr (fd, TCSANOW, &terminal.saved);
  _exit (0);
}

static void
start_keeper (Raw *raw)
{
  int ends[2];
  raw->keeper_fd = -1;
  if (pipe2 (ends, O_CLOEXEC) < 0)
    return;
  raw->keeper = fork ();
  if (raw->keeper == 0)
    {
      close (ends[1]);
      keeper_main (ends[0]);
    }
  close (ends[0]);
  raw->keeper_fd = ends[1];
  if (raw->keeper < 0)
    fd_close (&raw->keeper_fd);
}

static gboolean
raw_begin (int fd, Raw *raw, GError **error)
{
  struct sigaction suspend = { .sa_handler = on_suspend, .sa_flags = SA_RESTART }, go_on = { .sa_handler = on_continue, .sa_flags = SA_RESTART };

  *raw = (Raw){ .is_terminal = isatty (fd), .keeper_fd = -1 };
  if (!raw->is_terminal)
    return TRUE;
  terminal.fd = fd;
  if (tcgetattr (fd, &terminal.saved) < 0)
    return fail_errno (error, errno, "reading the terminal's mode");
  terminal.raw = terminal.saved;
  cfmakeraw (&terminal.raw);
  start_keeper (raw);
  sigaction (SIGTSTP, &suspend, &raw->old_suspend);
  sigaction (SIGCONT, &go_on, &raw->old_continue);
  if (tcsetattr (fd, TCSANOW, &terminal.raw) == 0)
    return TRUE;
  return fail_errno (error, errno, "setting the terminal's mode");
}

static void
raw_end (Raw *raw)
{
  if (!raw->is_terminal)
    return;
  sigaction (SIGTSTP, &raw->old_suspend, NULL);
  sigaction (SIGCONT, &raw->old_continue, NULL);
  tcsetattr (terminal.fd, TCSADRAIN, &terminal.saved);
  if (raw->keeper_fd < 0)
    return;
  if (write (raw->keeper_fd, "q", 1) == 1)
    waitpid (raw->keeper, NULL, 0);
  fd_close (&raw->keeper_fd);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Raw, raw_end)

/* --- copying ---------------------------------------------------------------------------------- */

typedef struct
{
  const TtySessionSpec *spec;
  gboolean has_key; /* in is a terminal: the detach key counts */
  int in;           /* -1 after its end */
  char typed[4096]; /* not yet taken by the line */
  gsize typed_bytes;
  gboolean detach;
} Session;

static gboolean
show (const Session *session, const char *bytes, gsize size, GError **error)
{
  while (size > 0)
    {
      struct pollfd fds[] = { { .fd = session->spec->out, .events = POLLOUT }, { .fd = cancel_fd (), .events = POLLIN } };
      poll (fds, G_N_ELEMENTS (fds), -1);
      if (fds[0].revents == 0 && fds[1].revents != 0 && poll (fds, 1, LAST_MS) <= 0)
        return cancel_check (error); /* nobody takes it */
      const gssize put = write (session->spec->out, bytes, size);
      if (put < 0 && errno != EINTR && errno != EAGAIN)
        return fail_errno (error, errno, "the console's output: writing");
      bytes += MAX (put, 0);
      size -= (gsize) MAX (put, 0);
    }
  return TRUE;
}

/* What is there now, and no more of it than fits: a machine that never stops talking must not keep us from the detach key. *closed: the other end is gone; an EIO is that too. */
static gboolean
take_line (const Session *session, gboolean *closed, GError **error)
{
  char bytes[65536];
  const gssize got = read (session->spec->line, bytes, sizeof bytes);
  *closed = got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR);
  return got <= 0 || show (session, bytes, (gsize) got, error);
}

static void
take_typed (Session *session)
{
  char *end = session->typed + session->typed_bytes;
  const gssize got = read (session->in, end, sizeof session->typed - session->typed_bytes);
  if (got < 0 && (errno == EINTR || errno == EAGAIN))
    return;
  if (got <= 0)
    {
      session->detach = session->has_key; /* the terminal itself is gone */
      session->in = -1;
      return;
    }
  const char *key = session->has_key ? memchr (end, TTY_SESSION_DETACH_KEY, (gsize) got) : NULL;
  session->detach = key != NULL;
  session->typed_bytes += key != NULL ? (gsize) (key - end) : (gsize) got;
}

static void
send_typed (Session *session)
{
  const gssize put = write (session->spec->line, session->typed, session->typed_bytes);
  if (put <= 0)
    return;
  session->typed_bytes -= (gsize) put;
  memmove (session->typed, session->typed + put, session->typed_bytes);
}

/* What the machine said last may still be on its way. */
static gboolean
take_last (const Session *session, GError **error)
{
  struct pollfd fd = { .fd = session->spec->line, .events = POLLIN };
  const gint64 end_us = g_get_monotonic_time () + LAST_MAX_US;
  gboolean closed = FALSE;
  while (!closed && g_get_monotonic_time () < end_us && poll (&fd, 1, LAST_MS) > 0 && (fd.revents & POLLIN) != 0)
    {
      if (!take_line (session, &closed, error))
        return FALSE;
    }
  return TRUE;
}

static gboolean
copy (Session *session, TtySessionEnd *end, GError **error)
{
  const TtySessionSpec *spec = session->spec;
  gboolean closed = FALSE;
  while (!session->detach && !closed)
    {
      const gboolean room = session->typed_bytes < sizeof session->typed;
      struct pollfd fds[] = {
        { .fd = spec->line, .events = (short) (POLLIN | (session->typed_bytes > 0 ? POLLOUT : 0)) },
        { .fd = room ? session->in : -1, .events = POLLIN },
        { .fd = spec->stop_fd, .events = POLLIN },
        { .fd = cancel_fd (), .events = POLLIN },
      };
      if (poll (fds, G_N_ELEMENTS (fds), -1) < 0 && errno != EINTR)
        return fail_errno (error, errno, "waiting for the console");
      if (fds[2].revents != 0 || fds[3].revents != 0)
        {
          *end = TTY_SESSION_STOPPED;
          return take_last (session, error);
        }
      if ((fds[0].revents & (POLLIN | POLLHUP | POLLERR)) != 0 && !take_line (session, &closed, error))
        return FALSE;
      if (fds[1].revents != 0)
        take_typed (session);
      if (session->typed_bytes > 0)
        send_typed (session);
    }
  *end = session->detach ? TTY_SESSION_DETACHED : TTY_SESSION_CLOSED;
  return TRUE;
}

gboolean
tty_session_run (const TtySessionSpec *spec, TtySessionEnd *end, GError **error)
{
  g_auto (Raw) raw = { .keeper_fd = -1 };
  Session session = { .spec = spec, .in = spec->in };
  if (!raw_begin (spec->in, &raw, error))
    return FALSE;
  session.has_key = raw.is_terminal;
  return copy (&session, end, error);
}

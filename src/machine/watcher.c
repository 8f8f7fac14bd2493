/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The watcher process. Its side makes system calls only: it is forked from a threaded program and does not exec. */
#include "machine/watcher.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#define WATCHED_MAX 1024

static GMutex lock;
static int pipe_fd = -1;
static pid_t owner; /* who started the watcher */

static gboolean
read_pid (int fd, pid_t *pid)
{
  gssize got;
  do
    got = read (fd, pid, sizeof *pid);
  while (got < 0 && errno == EINTR);
  return got == (gssize) sizeof *pid;
}

/* Only the pipe stays, as descriptor 0. An interruption from the terminal is not for the watcher. */
static void
detach (int fd)
{
  sigset_t all;
  setsid ();
  sigfillset (&all);
  sigprocmask (SIG_SETMASK, &all, NULL);
  dup2 (fd, 0);
  syscall (SYS_close_range, 1U, ~0U, 0);
}

static void G_GNUC_NORETURN
watcher_main (int fd)
{
  static int watched[WATCHED_MAX];
  pid_t pid;
  guint count = 0;
  detach (fd);
  while (read_pid (0, &pid))
    {
      watched[count % WATCHED_MAX] = (int) syscall (SYS_pidfd_open, pid, 0);
      count++;
      if (count >= WATCHED_MAX)
        close (watched[count % WATCHED_MAX]); /* the oldest ended long ago */
    }
  for (guint i = 0; i < MIN (count, WATCHED_MAX); i++)
    syscall (SYS_pidfd_send_signal, watched[i], SIGKILL, NULL, 0);
  _exit (0);
}

static void
start_watcher (void)
{
  int fds[2];
  if (pipe2 (fds, O_CLOEXEC) < 0)
    return;
  const pid_t pid = fork ();
  if (pid == 0)
    watcher_main (fds[0]);
  close (fds[0]);
  if (pid < 0)
    close (fds[1]);
  else
    {
      pipe_fd = fds[1];
      owner = getpid ();
    }
}

gboolean
watcher_add (GPid pid)
{
  const pid_t number = pid;
  g_mutex_lock (&lock);
  if (pipe_fd < 0 || owner != getpid ())
    start_watcher ();
  const gboolean ok = pipe_fd >= 0 && write (pipe_fd, &number, sizeof number) == (gssize) sizeof number;
  g_mutex_unlock (&lock);
  return ok;
}

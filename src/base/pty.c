/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Pseudo terminals; see pty.h. */
#include "base/pty.h"

#include <errno.h>
#include <fcntl.h>
#include <pty.h>
#include <stdlib.h>
#include <termios.h>

#include "base/error.h"
#include "base/fd.h"

void
pty_init (Pty *pty)
{
  *pty = (Pty){ .fd = -1, .far_fd = -1 };
}

void
pty_clear (Pty *pty)
{
  fd_close (&pty->fd);
  fd_close (&pty->far_fd);
  g_clear_pointer (&pty->name, g_free);
}

static gboolean
make_raw (int fd)
{
  struct termios mode;

  if (tcgetattr (fd, &mode) < 0)
    return FALSE;
  cfmakeraw (&mode);
  return tcsetattr (fd, TCSANOW, &mode) == 0;
}

gboolean
pty_make (Pty *pty, GError **error)
{
  char name[64];

  pty_init (pty);
  if (openpty (&pty->fd, &pty->far_fd, NULL, NULL, NULL) < 0)
    return fail_errno (error, errno, "opening a pseudo terminal");
  fcntl (pty->fd, F_SETFD, FD_CLOEXEC);
  fcntl (pty->far_fd, F_SETFD, FD_CLOEXEC);
  if (make_raw (pty->far_fd) && fcntl (pty->fd, F_SETFL, O_NONBLOCK) == 0 && ptsname_r (pty->fd, name, sizeof name) == 0)
    {
      pty->name = g_strdup (name);
      return TRUE;
    }
  const int errnum = errno;
  pty_clear (pty);
  return fail_errno (error, errnum, "preparing a pseudo terminal");
}

int
pty_open_raw (const char *path, GError **error)
{
  AUTO_FD fd = open (path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
  const int opened = fd;

  if (fd >= 0 && make_raw (fd))
    {
      fd = -1;
      return opened;
    }
  fail_errno (error, errno, "%s: opening the pseudo terminal", path);
  return -1;
}

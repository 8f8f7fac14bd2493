/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Descriptors that close themselves. */
#pragma once
#include <unistd.h>

/* Closes it if there is one (not negative), and forgets it. */
static inline void
fd_close (int *fd)
{
  if (*fd >= 0)
    close (*fd);
  *fd = -1;
}

/* A descriptor that is closed at the end of its scope. */
#define AUTO_FD __attribute__ ((cleanup (fd_close))) int

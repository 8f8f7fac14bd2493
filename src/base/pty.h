/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Pseudo terminals between us and an emulator: bytes pass as they are, nothing is echoed or edited. */
#pragma once
#include <glib.h>

typedef struct {
  int fd;     /* our end, raw, not blocking; -1: there is none */
  int far_fd; /* the other end, held open, so that ours never reports an end */
  char *name; /* its device: "/dev/pts/7" */
} Pty;
void pty_init (Pty *pty);
gboolean pty_make (Pty *pty, GError **error);
void pty_clear (Pty *pty);

/* Opens the device of a pseudo terminal that somebody else made: raw, not blocking, never our controlling terminal. -1 with an error. */
int pty_open_raw (const char *path, GError **error);

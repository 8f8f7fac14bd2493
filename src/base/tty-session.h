/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A person's terminal joined to a line (a pseudo terminal's end): what is typed goes there as it is, what comes is shown, until the detach
 * key, the line's end, or a stop. The terminal is raw meanwhile and is as it was afterwards, whatever ends us: on a suspension (SIGTSTP) it
 * is given back and taken again, and a small process of its own gives it back when we were killed. Without a terminal (pipes) bytes are
 * copied as they are, and the end of the input ends nothing.
 */
#pragma once
#include <glib.h>

#define TTY_SESSION_DETACH_KEY 0x1d /* Ctrl-], as in virsh console and telnet */

typedef enum {
  TTY_SESSION_DETACHED, /* the key */
  TTY_SESSION_CLOSED,   /* the line's other end is gone */
  TTY_SESSION_STOPPED,  /* stop_fd, or an interruption; what had come by then was shown */
} TtySessionEnd;

typedef struct {
  int in, out;  /* 0 and 1; need not be terminals */
  int line;     /* not blocking */
  int stop_fd;  /* readable: enough; -1: none */
} TtySessionSpec;

/* One at a time in a process. FAILED if out cannot be written. */
gboolean tty_session_run (const TtySessionSpec *spec, TtySessionEnd *end, GError **error);

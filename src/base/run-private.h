/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A run, as run.c (making one, waiting) and run-start.c (starting it) share it. */
#pragma once
#include "base/run-output.h"
#include "base/run.h"

struct Run
{
  GPtrArray *argv; /* of char *, not NULL-terminated */
  char *cwd;
  char **env;
  double deadline_s; /* 0: none */
  int nice;
  char *output_file;
  int stdin_fd, stdout_fd; /* borrowed, or -1 */
  int stdin_memfd;         /* ours, or -1 */

  GPid pid; /* 0: not started, or reaped */
  int pidfd;
  gint64 started_us;
  RunOutput output;
  gboolean ended;
  int wait_status;
};

/* For messages. */
const char *run_program_name (const Run *run);
/* Waits for the child's end, however long that takes. */
void run_reap (Run *run);

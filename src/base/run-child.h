/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The child between fork and exec. Internal to base/run*.c. */
#pragma once
#include <sys/types.h>

/* All that the child needs, prepared before the fork. */
typedef struct
{
  const char *path;
  char *const *argv;
  char *const *env;
  const char *cwd;
  int nice;
  int stdio[3];
  int report_fd; /* close-on-exec; gets a RunFailure */
  pid_t parent;
} RunLaunch;

typedef enum
{
  RUN_STEP_STDIO,
  RUN_STEP_CWD,
  RUN_STEP_EXEC,
} RunStep;

typedef struct
{
  int step; /* RunStep */
  int errnum;
} RunFailure;

/* The child's pid, or -1 with errno. The child executes the program, or writes a RunFailure to report_fd and ends. */
pid_t run_child_fork (const RunLaunch *launch);

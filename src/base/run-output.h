/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a child writes: captured within limits, or handed on line by line. Internal to base/run*.c. */
#pragma once
#include "base/run.h"

#define RUN_STDOUT_LIMIT (64 * 1024 * 1024)

/* One output pipe: our end, and the bytes after its last newline. */
typedef struct
{
  int fd; /* -1: none, or at its end */
  gboolean is_stderr;
  GString *partial;
} RunStream;

typedef struct
{
  RunStream out, err;
  GString *captured; /* stdout, unless on_line is set */
  GString *tail;     /* of stderr, more than is told of it */
  gboolean overflow; /* stdout was more than RUN_STDOUT_LIMIT */
  RunLineFunc on_line;
  gpointer on_line_user;
} RunOutput;

void run_output_init (RunOutput *output);
void run_output_clear (RunOutput *output);
/* Reads one block. FALSE when there is nothing to read now. */
gboolean run_output_read (RunOutput *output, RunStream *stream);
/* What is there now, of both, and no more: the child has ended. */
void run_output_finish (RunOutput *output);
/* The last 16 KiB of stderr. */
const char *run_output_tail (const RunOutput *output);
/* The last lines of stderr, " / " between them; newly allocated, may be empty. */
char *run_output_last_lines (const RunOutput *output);

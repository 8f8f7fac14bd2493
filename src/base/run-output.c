/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading a child's pipes, see run-output.h. */
#include "base/run-output.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"

#define STDERR_TAIL (16 * 1024)
#define LINE_LIMIT (64 * 1024) /* a longer line is handed on in pieces */
#define MESSAGE_LINES 5

void
run_output_init (RunOutput *output)
{
  *output = (RunOutput){
    .out = { .fd = -1, .partial = g_string_new (NULL) },
    .err = { .fd = -1, .is_stderr = TRUE, .partial = g_string_new (NULL) },
    .captured = g_string_new (NULL),
    .tail = g_string_new (NULL),
  };
}

void
run_output_clear (RunOutput *output)
{
  fd_close (&output->out.fd);
  fd_close (&output->err.fd);
  g_string_free (output->out.partial, TRUE);
  g_string_free (output->err.partial, TRUE);
  g_string_free (output->captured, TRUE);
  g_string_free (output->tail, TRUE);
}

static void
keep_tail (RunOutput *output, const char *data, gsize size)
{
  g_string_append_len (output->tail, data, (gssize) size);
  if (output->tail->len > 2 * STDERR_TAIL)
    g_string_erase (output->tail, 0, (gssize) (output->tail->len - STDERR_TAIL));
}

static void
hand_on_partial (RunOutput *output, RunStream *stream)
{
  output->on_line (stream->partial->str, stream->is_stderr, output->on_line_user);
  g_string_truncate (stream->partial, 0);
}

static void
hand_on_lines (RunOutput *output, RunStream *stream, const char *data, gsize size)
{
  while (size > 0)
    {
      const char *newline = memchr (data, '\n', size);
      const gsize part = newline != NULL ? (gsize) (newline - data) : size;
      const gsize room = LINE_LIMIT - stream->partial->len;
      const gsize taken = MIN (part, room);
      g_string_append_len (stream->partial, data, (gssize) taken);
      const gboolean at_newline = newline != NULL && taken == part;
      if (at_newline || stream->partial->len == LINE_LIMIT)
        hand_on_partial (output, stream);
      data += taken + (at_newline ? 1 : 0);
      size -= taken + (at_newline ? 1 : 0);
    }
}

static void
take_output (RunOutput *output, RunStream *stream, const char *data, gsize size)
{
  if (stream->is_stderr)
    keep_tail (output, data, size);
  if (output->on_line != NULL)
    hand_on_lines (output, stream, data, size);
  else if (!stream->is_stderr && output->captured->len + size > RUN_STDOUT_LIMIT)
    output->overflow = TRUE;
  else if (!stream->is_stderr)
    g_string_append_len (output->captured, data, (gssize) size);
}

gboolean
run_output_read (RunOutput *output, RunStream *stream)
{
  char block[64 * 1024];
  if (stream->fd < 0)
    return FALSE;
  const gssize got = read (stream->fd, block, sizeof block);
  if (got > 0)
    {
      take_output (output, stream, block, (gsize) got);
      return TRUE;
    }
  if (got < 0 && (errno == EINTR || errno == EAGAIN))
    return errno == EINTR;
  fd_close (&stream->fd);
  return FALSE;
}

static void
finish_stream (RunOutput *output, RunStream *stream)
{
  while (!output->overflow && run_output_read (output, stream))
    ;
  fd_close (&stream->fd);
  if (output->on_line != NULL && stream->partial->len > 0)
    hand_on_partial (output, stream);
}

void
run_output_finish (RunOutput *output)
{
  finish_stream (output, &output->out);
  finish_stream (output, &output->err);
}

const char *
run_output_tail (const RunOutput *output)
{
  const gsize excess = output->tail->len > STDERR_TAIL ? output->tail->len - STDERR_TAIL : 0;
  return output->tail->str + excess;
}

char *
run_output_last_lines (const RunOutput *output)
{
  g_autofree char *stripped = g_strstrip (g_strdup (output->tail->str));
  const char *start = stripped + strlen (stripped);
  guint lines = 0;
  while (start > stripped && (start[-1] != '\n' || ++lines < MESSAGE_LINES))
    start--;
  g_auto (GStrv) parts = g_strsplit (start, "\n", -1);
  g_autofree char *joined = g_strjoinv (" / ", parts);
  return g_utf8_make_valid (joined, -1);
}

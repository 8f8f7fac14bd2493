/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A console file, line by line. Printable ASCII is kept of it, CONSOLE_LINE_MAX bytes a line. */
#include "machine/console.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define CONSOLE_LINE_MAX 400
#define CONSOLE_CHUNK 65536
#define CONSOLE_READ_MAX (256ull << 20) /* more is not looked at */
#define PANIC "Kernel panic - not syncing"

struct Console
{
  char *path;
  int fd; /* -1 until the file is there */
  guint64 bytes;
  GString *line; /* unfinished */
  char *last;
  char *panic; /* the first one counts */
  gboolean panic_whole;
};

Console *
console_new (const char *path)
{
  Console *console = g_new0 (Console, 1);
  console->path = g_strdup (path);
  console->fd = -1;
  console->line = g_string_new (NULL);
  console->last = g_strdup ("");
  return console;
}

void
console_free (Console *console)
{
  if (console == NULL)
    return;
  if (console->fd >= 0)
    close (console->fd);
  g_string_free (console->line, TRUE);
  g_free (console->last);
  g_free (console->panic);
  g_free (console->path);
  g_free (console);
}

/* Also called on an unfinished line: a panic's line may be the last thing that L1 says. */
static void
look_at_line (Console *console, gboolean whole)
{
  g_autofree char *line = g_strstrip (g_strdup (console->line->str));
  const char *panic = strstr (line, PANIC);
  if (*line == '\0')
    return;
  if (panic != NULL && !console->panic_whole)
    {
      g_free (console->panic);
      console->panic = g_strdup (panic);
      console->panic_whole = whole;
    }
  g_free (console->last);
  console->last = g_steal_pointer (&line);
}

static void
take_byte (Console *console, char byte)
{
  if (byte == '\n')
    {
      look_at_line (console, TRUE);
      g_string_truncate (console->line, 0);
    }
  else if (console->line->len < CONSOLE_LINE_MAX && (g_ascii_isprint (byte) || byte == '\t'))
    g_string_append_c (console->line, byte == '\t' ? ' ' : byte);
}

void
console_update (Console *console)
{
  g_autofree char *chunk = g_malloc (CONSOLE_CHUNK);
  if (console->fd < 0)
    console->fd = open (console->path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  while (console->fd >= 0 && console->bytes < CONSOLE_READ_MAX)
    {
      const gssize got = read (console->fd, chunk, CONSOLE_CHUNK);
      if (got <= 0)
        break;
      console->bytes += (guint64) got;
      for (gssize i = 0; i < got; i++)
        take_byte (console, chunk[i]);
    }
  look_at_line (console, FALSE);
}

const char *
console_panic (const Console *console)
{
  return console->panic;
}

const char *
console_last_line (const Console *console)
{
  return console->last;
}

guint64
console_bytes (const Console *console)
{
  return console->bytes;
}

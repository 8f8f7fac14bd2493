/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Text made harmless for a terminal; see terminal.h. */
#include "cli/terminal.h"

#include <glib.h>

char *
terminal_text (const char *text)
{
  char *copy = g_strdup (text);

  for (char *c = copy; *c; c++)
    if (g_ascii_iscntrl (*c) && *c != '\n')
      *c = *c == '\t' ? ' ' : '?';
  return copy;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Text made harmless for a terminal; see terminal.h. */
#include "cli/terminal.h"

#include <glib.h>

char *
terminal_text (const char *text)
{
  g_autofree char *valid = g_utf8_make_valid (text, -1);
  GString *out = g_string_new (NULL);

  for (const char *at = valid; *at; at = g_utf8_next_char (at))
    {
      const gunichar c = g_utf8_get_char (at);

      g_string_append_unichar (out, c == '\t' ? ' ' : g_unichar_iscntrl (c) && c != '\n' ? '?' : c);
    }
  return g_string_free (out, FALSE);
}

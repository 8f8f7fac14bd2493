/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether what was started in a sandbox is gone: its processes are told by a mark on their command lines. */
#pragma once
#include <string.h>

#include "unit/unit.h"

/* Processes of the host whose command line has the mark. Those that are dying have none. */
static inline guint
count_marked (const char *mark)
{
  guint count = 0;
  g_autoptr (GDir) proc = g_dir_open ("/proc", 0, NULL);
  for (const char *name; (name = g_dir_read_name (proc)) != NULL;)
    {
      g_autofree char *path = g_build_filename ("/proc", name, "cmdline", NULL);
      g_autofree char *line = NULL;
      gsize size;
      if (g_ascii_isdigit (name[0]) && g_file_get_contents (path, &line, &size, NULL) && memmem (line, size, mark, strlen (mark)) != NULL)
        count++;
    }
  return count;
}

/* Soon. */
static inline void
assert_all_gone (const char *mark)
{
  for (int i = 0; i < 300 && count_marked (mark) > 0; i++)
    g_usleep (10000);
  assert_int_equal (count_marked (mark), 0);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* configs/packages/NAME.list. Groups are for people; all packages are handed on, in order. */
#include "config/config.h"

#include <string.h>

#include "base/error.h"
#include "base/files.h"

#define LIST_LIMIT (1024 * 1024)

/* Debian policy 5.6.1: what a package's name is made of. It ends up as apt-get's argument. */
gboolean
is_package_name (const char *name)
{
  return strlen (name) >= 2 && g_ascii_isalnum (name[0]) && strspn (name, G_CSET_a_2_z G_CSET_DIGITS "+-.") == strlen (name);
}

static gboolean
is_group (const char *line)
{
  return line[0] == '[' && g_str_has_suffix (line, "]");
}

static gboolean
add_line (const char *path, guint number, char *line, GPtrArray *packages, GError **error)
{
  char *comment = strchr (line, '#');
  if (comment != NULL)
    *comment = '\0';
  g_strstrip (line);
  if (line[0] == '\0' || is_group (line))
    return TRUE;
  if (!is_package_name (line))
    return fail (error, HARNESS_ERROR_USAGE, "%s:%u: \"%s\" is no package name; try: one package a line", path, number, line);
  g_ptr_array_add (packages, g_strdup (line));
  return TRUE;
}

gboolean
package_list_load (const char *path, char ***packages, GError **error)
{
  g_autofree char *text = NULL;
  if (!files_read (path, LIST_LIMIT, &text, NULL, error))
    return FALSE;
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);
  g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);
  for (guint i = 0; lines[i] != NULL; i++)
    {
      if (!add_line (path, i + 1, lines[i], names, error))
        return FALSE;
    }
  if (names->len == 0)
    return fail (error, HARNESS_ERROR_USAGE, "%s: no package in it", path);
  g_ptr_array_add (names, NULL);
  *packages = (char **) g_ptr_array_free (g_steal_pointer (&names), FALSE);
  return TRUE;
}

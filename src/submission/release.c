/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names of releases; see release.h. */
#include "submission/release.h"

#include <string.h>

gboolean
release_is_subject (const char *subject)
{
  static const char pattern[] = "^(Linux [0-9]+\\.[0-9]+(\\.[0-9]+)*(-rc[0-9]+)?(-[a-z]+[0-9]*)?|UBUNTU: "
                                "Ubuntu-[a-z0-9.+~-]*[0-9]+\\.[0-9]+[a-z0-9.+~-]*"
                                "|((Prepare to release|Releasing) )?linux \\([0-9]+\\.[0-9][^)]*\\).*)\\s*$";
  g_autoptr (GRegex) regex = g_regex_new (pattern, G_REGEX_RAW, 0, NULL);
  return g_regex_match (regex, subject, 0, NULL);
}

/* The value of "PATCHLEVEL = 1" among the first lines; "" if there is none. */
static char *
value_of (const char *makefile, const char *name)
{
  g_auto (GStrv) lines = g_strsplit (makefile, "\n", 40);
  for (guint i = 0; lines[i] != NULL && i < 39; i++)
    {
      if (!g_str_has_prefix (lines[i], name))
        continue;
      const char *rest = lines[i] + strlen (name);
      rest += strspn (rest, " \t");
      if (*rest == '=')
        return g_strstrip (g_strdup (rest + 1));
    }
  return g_strdup ("");
}

gboolean
release_is_tag_of (const char *tag, const char *makefile)
{
  g_autofree char *version = value_of (makefile, "VERSION");
  g_autofree char *patchlevel = value_of (makefile, "PATCHLEVEL");
  g_autofree char *sublevel = value_of (makefile, "SUBLEVEL");
  g_autofree char *extra = value_of (makefile, "EXTRAVERSION");
  const gboolean zero = sublevel[0] == '\0' || strcmp (sublevel, "0") == 0;
  g_autofree char *name =
      g_strconcat ("v", version, ".", patchlevel, zero ? "" : ".", zero ? "" : sublevel, extra, NULL);
  return version[0] != '\0' && patchlevel[0] != '\0' && strcmp (tag, name) == 0;
}

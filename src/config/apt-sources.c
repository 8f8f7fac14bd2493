/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sources in configs; see apt-sources.h. */
#include "config/apt-sources.h"

#include <string.h>

#include "base/apt-archive.h"

#define NAME_LETTERS G_CSET_a_2_z G_CSET_DIGITS "-./"

char **
apt_sources_split (const char *text, const char *separators)
{
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
  g_auto (GStrv) parts = g_strsplit_set (text, separators, -1);
  for (char **part = parts; *part != NULL; part++)
    {
      if (g_strstrip (*part)[0] != '\0')
        g_strv_builder_add (builder, *part);
    }
  return g_strv_builder_end (builder);
}

static gboolean
is_address (const char *text, gboolean may_be_file)
{
  if (strpbrk (text, " \t\"'\\;[]") != NULL)
    return FALSE;
  return g_str_has_prefix (text, "http://") || g_str_has_prefix (text, "https://") || (may_be_file && g_str_has_prefix (text, "file:/"));
}

static gboolean
are_names (char **names)
{
  for (; *names != NULL; names++)
    {
      if (strspn (*names, NAME_LETTERS) != strlen (*names))
        return FALSE;
    }
  return TRUE;
}

static gboolean
is_source (const char *line, gboolean *has_address)
{
  g_auto (GStrv) parts = apt_sources_split (line, " \t");
  const guint count = g_strv_length (parts);
  *has_address = count > 0 && strcmp (parts[0], "deb") == 0;
  if (*has_address)
    return count >= 4 && is_address (parts[1], FALSE) && are_names (parts + 2);
  return count >= 2 && are_names (parts);
}

gboolean
apt_sources_check (const Conf *conf, const char *group, const char *archive, const char *mirror, char **sources, GError **error)
{
  if (archive[0] != '\0' && !apt_archive_is_known (archive))
    return conf_fail (conf, group, "archive", error, "archive is \"%s\"; try: debian or ubuntu, or sources with their address", archive);
  if (mirror[0] != '\0' && !is_address (mirror, TRUE))
    return conf_fail (conf, group, "mirror", error, "mirror is \"%s\"; try: the archive's address, http://…", mirror);
  for (; *sources != NULL; sources++)
    {
      gboolean has_address;
      if (!is_source (*sources, &has_address))
        return conf_fail (conf, group, "sources", error, "sources has \"%s\"; try: SUITE COMPONENT… or deb URL SUITE COMPONENT…", *sources);
      if (!has_address && archive[0] == '\0')
        return conf_fail (conf, group, "sources", error, "sources has \"%s\" without an address; try: archive = debian or ubuntu", *sources);
    }
  return TRUE;
}

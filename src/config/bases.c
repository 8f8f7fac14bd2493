/* SPDX-License-Identifier: GPL-2.0-or-later */
/* configs/bases.conf: where kernels' sources are published. */
#include "config/config.h"

#include <string.h>

#include "config/apt-sources.h"
#include "config/conf.h"

/* As read: the text of what is not text in the end. */
typedef struct {
  char *packages;
  struct
  {
    char *sources, *mirror, *keyring, *keyring_package;
  } archives[2];
} Reading;

static const char *const names[] = { "ubuntu", "debian" };

#define OPTIONAL(group, key, member) { group, key, CONF_OPTIONAL_TEXT, G_STRUCT_OFFSET (Reading, member), 0, 0 }
#define ARCHIVE(i, group) \
  OPTIONAL (group, "sources", archives[i].sources), OPTIONAL (group, "mirror", archives[i].mirror), \
    OPTIONAL (group, "keyring", archives[i].keyring), OPTIONAL (group, "keyring_package", archives[i].keyring_package)

static const ConfField fields[] = {
  { "bases", "packages", CONF_TEXT, G_STRUCT_OFFSET (Reading, packages), 0, 0 },
  ARCHIVE (0, "ubuntu"),
  ARCHIVE (1, "debian"),
};

static void
reading_clear (Reading *reading)
{
  g_free (reading->packages);
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_free (reading->archives[i].sources);
      g_free (reading->archives[i].mirror);
      g_free (reading->archives[i].keyring);
      g_free (reading->archives[i].keyring_package);
    }
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Reading, reading_clear)

void
bases_config_free (BasesConfig *config)
{
  if (config == NULL)
    return;
  g_free (config->path);
  g_strfreev (config->packages);
  for (guint i = 0; i < G_N_ELEMENTS (config->archives); i++)
    {
      BasesArchive *archive = &config->archives[i];
      g_free (archive->archive);
      g_free (archive->mirror);
      g_strfreev (archive->sources);
      g_free (archive->keyring);
      g_free (archive->keyring_package);
    }
  g_free (config);
}

static char *
beside (const char *conf_path, const char *name)
{
  g_autofree char *dir = g_path_get_dirname (conf_path);
  g_autofree char *path = g_path_is_absolute (name) ? g_strdup (name) : g_build_filename (dir, name, NULL);
  return g_canonicalize_filename (path, NULL);
}

static void
take (const char *path, Reading *reading, BasesConfig *config)
{
  config->path = g_strdup (path);
  config->packages = apt_sources_split (reading->packages, " \t,");
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      BasesArchive *archive = &config->archives[i];
      archive->archive = g_strdup (names[i]);
      archive->sources = apt_sources_split (reading->archives[i].sources, ";");
      archive->mirror = g_steal_pointer (&reading->archives[i].mirror);
      archive->keyring = beside (path, reading->archives[i].keyring);
      archive->keyring_package = g_steal_pointer (&reading->archives[i].keyring_package);
    }
}

static gboolean
check (const Conf *conf, const Reading *reading, const BasesConfig *config, GError **error)
{
  for (char **package = config->packages; *package != NULL; package++)
    {
      if (!is_package_name (*package))
        return conf_fail (conf, "bases", "packages", error, "packages has \"%s\", which is no package's name", *package);
    }
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      const BasesArchive *archive = &config->archives[i];
      if (!apt_sources_check (conf, names[i], archive->archive, archive->mirror, archive->sources, error))
        return FALSE;
      if (archive->sources[0] != NULL && reading->archives[i].keyring[0] == '\0')
        return conf_fail (conf, names[i], "keyring", error, "no keyring; try: the file with the keys that sign the sources");
    }
  return TRUE;
}

gboolean
bases_config_load (const char *path, BasesConfig **config, GError **error)
{
  g_autoptr (Conf) conf = conf_load (path, fields, G_N_ELEMENTS (fields), error);
  g_auto (Reading) reading = { 0 };
  g_autoptr (BasesConfig) read = g_new0 (BasesConfig, 1);
  if (conf == NULL || !conf_fill (conf, &reading, error))
    return FALSE;
  take (path, &reading, read);
  if (!check (conf, &reading, read, error))
    return FALSE;
  *config = g_steal_pointer (&read);
  return TRUE;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* configs/distributions/NAME.conf: where a distribution's disk comes from. */
#include "config/config.h"

#include <string.h>

#include "config/apt-sources.h"
#include "config/conf.h"

#define DISK_MIB_MAX (1u << 20) /* 1 TiB */
#define FINGERPRINT_DIGITS 40u
#define CMDLINE_MAX 512u

/* As read: the text of what is not text in the end. */
typedef struct {
  DistributionConfig distribution;
  char *sources, *include;
} Reading;

#define TEXT(group, key, member) { group, key, CONF_TEXT, G_STRUCT_OFFSET (Reading, member), 0, 0 }
#define OPTIONAL(group, key, member) { group, key, CONF_OPTIONAL_TEXT, G_STRUCT_OFFSET (Reading, member), 0, 0 }

static const ConfField fields[] = {
  TEXT ("distribution", "title", distribution.title),
  OPTIONAL ("packages", "suite", distribution.suite),
  OPTIONAL ("packages", "archive", distribution.archive),
  OPTIONAL ("packages", "mirror", distribution.mirror),
  OPTIONAL ("packages", "sources", sources),
  OPTIONAL ("packages", "keyring", distribution.keyring),
  OPTIONAL ("packages", "keyring_package", distribution.keyring_package),
  OPTIONAL ("packages", "include", include),
  OPTIONAL ("packages", "cmdline", distribution.cmdline),
  { "packages", "disk_mib", CONF_UINT, G_STRUCT_OFFSET (Reading, distribution.disk_mib), 1024, DISK_MIB_MAX },
  OPTIONAL ("download", "url", distribution.url),
  OPTIONAL ("download", "sums_url", distribution.sums_url),
  OPTIONAL ("download", "sums", distribution.sums),
  OPTIONAL ("download", "signature_url", distribution.signature_url),
  OPTIONAL ("download", "signature_keyring", distribution.signature_keyring),
  OPTIONAL ("download", "signature_fingerprint", distribution.signature_fingerprint),
};

static void
clear (DistributionConfig *config)
{
  g_free (config->name);
  g_free (config->path);
  g_free (config->title);
  g_free (config->suite);
  g_free (config->archive);
  g_free (config->mirror);
  g_strfreev (config->sources);
  g_free (config->keyring);
  g_free (config->keyring_package);
  g_strfreev (config->include);
  g_free (config->cmdline);
  g_free (config->url);
  g_free (config->sums_url);
  g_free (config->sums);
  g_free (config->signature_url);
  g_free (config->signature_keyring);
  g_free (config->signature_fingerprint);
}

static void
reading_clear (Reading *reading)
{
  clear (&reading->distribution);
  g_free (reading->sources);
  g_free (reading->include);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Reading, reading_clear)

void
distribution_config_free (DistributionConfig *config)
{
  if (config == NULL)
    return;
  clear (config);
  g_free (config);
}

static gboolean
is_url (const char *text)
{
  return (g_str_has_prefix (text, "http://") || g_str_has_prefix (text, "https://")) && strpbrk (text, " \t\"'\\;") == NULL;
}

/* A name means the file beside the config. */
static void
make_absolute (const char *conf_path, char **path)
{
  if ((*path)[0] == '\0' || g_path_is_absolute (*path))
    return;
  g_autofree char *dir = g_path_get_dirname (conf_path);
  g_autofree char *beside = g_build_filename (dir, *path, NULL);
  g_free (*path);
  *path = g_canonicalize_filename (beside, NULL);
}

static gboolean
check_packages (const Conf *conf, const DistributionConfig *config, GError **error)
{
  if (config->suite[0] == '\0')
    return TRUE;
  if (strspn (config->suite, G_CSET_a_2_z G_CSET_DIGITS "-.") != strlen (config->suite))
    return conf_fail (conf, "packages", "suite", error, "suite is \"%s\"; try: a release's name as bookworm", config->suite);
  if (config->sources[0] == NULL)
    return conf_fail (conf, "packages", "sources", error, "no sources; try: sources = %s main", config->suite);
  if (!apt_sources_check (conf, "packages", config->archive, config->mirror, config->sources, error))
    return FALSE;
  if (config->keyring[0] == '\0')
    return conf_fail (conf, "packages", "keyring", error, "no keyring; try: the file with the keys that sign the sources");
  if (config->include[0] == NULL)
    return conf_fail (conf, "packages", "include", error, "include names no package; try: at least a kernel, an init and a boot loader");
  for (char **package = config->include; *package != NULL; package++)
    {
      if (!is_package_name (*package))
        return conf_fail (conf, "packages", "include", error, "include has \"%s\", which is no package's name", *package);
    }
  /* It goes into a shell's file between double quotes. */
  if (strlen (config->cmdline) > CMDLINE_MAX || strpbrk (config->cmdline, "\"'`$\\") != NULL)
    return conf_fail (conf, "packages", "cmdline", error, "cmdline has quotes, $ or \\, or more than %u letters", CMDLINE_MAX);
  return TRUE;
}

static gboolean
check_signature (const Conf *conf, const DistributionConfig *config, GError **error)
{
  const char *fingerprint = config->signature_fingerprint;
  if (config->signature_url[0] == '\0')
    return TRUE;
  if (!is_url (config->signature_url))
    return conf_fail (conf, "download", "signature_url", error, "signature_url is \"%s\"; try: https://…", config->signature_url);
  if (config->signature_keyring[0] == '\0')
    return conf_fail (conf, "download", "signature_keyring", error, "a signature_url, but no signature_keyring");
  if (strlen (fingerprint) != FINGERPRINT_DIGITS || strspn (fingerprint, G_CSET_DIGITS "ABCDEF") != FINGERPRINT_DIGITS)
    return conf_fail (conf, "download", "signature_fingerprint", error, "signature_fingerprint is \"%s\"; try: the key's %u hexadecimal digits, upper case",
                      fingerprint, FINGERPRINT_DIGITS);
  return TRUE;
}

static gboolean
check_download (const Conf *conf, const DistributionConfig *config, GError **error)
{
  if (config->url[0] == '\0')
    return TRUE;
  if (!is_url (config->url))
    return conf_fail (conf, "download", "url", error, "url is \"%s\"; try: https://…", config->url);
  if (!is_url (config->sums_url))
    return conf_fail (conf, "download", "sums_url", error, "sums_url is \"%s\"; try: where the published checksums are, https://…", config->sums_url);
  if (strcmp (config->sums, "sha256") != 0 && strcmp (config->sums, "sha512") != 0)
    return conf_fail (conf, "download", "sums", error, "sums is \"%s\"; try: sha256 or sha512", config->sums);
  return check_signature (conf, config, error);
}

static gboolean
check (const Conf *conf, Reading *reading, GError **error)
{
  DistributionConfig *config = &reading->distribution;
  config->sources = apt_sources_split (reading->sources, ";");
  config->include = apt_sources_split (reading->include, " \t,");
  if (config->suite[0] == '\0' && config->url[0] == '\0')
    return conf_fail (conf, "distribution", NULL, error, "neither a suite in [packages] nor a url in [download]; try: one of them");
  return check_packages (conf, config, error) && check_download (conf, config, error);
}

gboolean
distribution_config_load (const char *path, DistributionConfig **config, GError **error)
{
  g_autoptr (Conf) conf = conf_load (path, fields, G_N_ELEMENTS (fields), error);
  g_auto (Reading) reading = { 0 };
  if (conf == NULL || !conf_fill (conf, &reading, error) || !check (conf, &reading, error))
    return FALSE;

  reading.distribution.name = conf_name (path);
  reading.distribution.path = g_strdup (path);
  make_absolute (path, &reading.distribution.keyring);
  make_absolute (path, &reading.distribution.signature_keyring);
  *config = g_memdup2 (&reading.distribution, sizeof reading.distribution);
  reading.distribution = (DistributionConfig){ 0 }; /* its strings are *config's now */
  return TRUE;
}

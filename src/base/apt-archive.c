/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Addresses from the host's apt and debootstrap; see apt-archive.h. */
#include "base/apt-archive.h"

#include <string.h>

#include "base/error.h"
#include "base/files.h"
#include "base/run.h"

#define SCRIPTS "/usr/share/debootstrap/scripts/"
#define PROGRAM_LIMIT (1u << 20)
#define DEADLINE_S 120
#define SECURITY "-security"

/* The script that all of a distribution's suites link to, and that every version of debootstrap has; NULL: debootstrap's own default. */
static const struct {
  const char *name, *script;
} archives[] = {
  { "debian", NULL },
  { "ubuntu", "gutsy" },
};

gboolean
apt_archive_is_known (const char *name)
{
  for (guint i = 0; i < G_N_ELEMENTS (archives); i++)
    {
      if (strcmp (archives[i].name, name) == 0)
        return TRUE;
    }
  return FALSE;
}

static gboolean
is_web_address (const char *text)
{
  return (g_str_has_prefix (text, "http://") || g_str_has_prefix (text, "https://")) && strpbrk (text, " \t\"'\\;") == NULL;
}

/* --- the host's apt --------------------------------------------------------------------------- */

/* "'http://host/debian/dists/bookworm/InRelease' …": address and suite. */
static gboolean
parse_uri (const char *line, char **address, char **suite)
{
  const char *dists = strstr (line, "/dists/");
  const char *end = dists != NULL ? strstr (dists, "/InRelease'") : NULL;
  if (line[0] != '\'' || end == NULL)
    return FALSE;
  *address = g_strndup (line + 1, (gsize) (dists - line - 1));
  *suite = g_strndup (dists + strlen ("/dists/"), (gsize) (end - dists) - strlen ("/dists/"));
  return TRUE;
}

/*
 * Others' archives are called ".../debian" too, and have suites of the same names: one with updates is the distribution's own. A host without
 * updates (Debian's sid) has its own distribution's first.
 */
char *
apt_archive_of_uris (const char *uris, const char *name, gboolean own)
{
  const gboolean security = g_str_has_suffix (name, SECURITY);
  g_autofree char *end = g_strconcat ("/", name, NULL);
  g_auto (GStrv) lines = g_strsplit (uris, "\n", -1);
  g_autofree char *first = NULL;
  for (char **line = lines; *line != NULL; line++)
    {
      g_autofree char *address = NULL;
      g_autofree char *suite = NULL;
      if (!parse_uri (*line, &address, &suite) || !is_web_address (address) || !g_str_has_suffix (address, end))
        continue;
      if (g_str_has_suffix (suite, security ? SECURITY : "-updates"))
        return g_steal_pointer (&address);
      if (first == NULL)
        first = g_steal_pointer (&address);
    }
  return own && !security ? g_steal_pointer (&first) : NULL;
}

/* What apt would ask for; it reads the host's lists of sources and touches nothing. "": there is no apt. */
static char *
read_uris (void)
{
  g_autoptr (Run) run = run_new ("apt-get", "update", "--print-uris", NULL);
  run_set_deadline_s (run, DEADLINE_S);
  run_set_env (run, "LC_ALL", "C.UTF-8");
  return g_strdup (run_wait (run, NULL) ? run_stdout (run) : "");
}

/* --- debootstrap ------------------------------------------------------------------------------ */

/* Such a script is shell, and tells its default by calling default_mirror(). Nothing else of it runs: there is no PATH. */
char *
apt_archive_of_script (const char *script, const char *suite)
{
  static const char program[] = "default_mirror () { printf '%s' \"$1\"; exit 0; }; error () { exit 1; }; . \"$1\"; exit 1";
  g_autoptr (Run) run = run_new ("/bin/sh", "-c", program, "sh", script, NULL);
  run_set_env (run, "PATH", "/nonexistent");
  run_set_env (run, "ARCH", "amd64");
  run_set_env (run, "SUITE", suite);
  run_set_deadline_s (run, DEADLINE_S);
  return run_wait (run, NULL) && is_web_address (run_stdout (run)) ? g_strdup (run_stdout (run)) : NULL;
}

/* Its line DEF_MIRROR="URL". */
char *
apt_archive_of_program (const char *program)
{
  g_autofree char *text = NULL;
  g_autoptr (GRegex) line = g_regex_new ("^DEF_MIRROR=\"(https?://[^\"\\s]+)\"$", G_REGEX_MULTILINE, 0, NULL);
  g_autoptr (GMatchInfo) match = NULL;
  if (!files_read (program, PROGRAM_LIMIT, &text, NULL, NULL) || !g_regex_match (line, text, 0, &match))
    return NULL;
  g_autofree char *address = g_match_info_fetch (match, 1);
  return is_web_address (address) ? g_steal_pointer (&address) : NULL;
}

static char *
of_debootstrap (const char *name, const char *suite)
{
  for (guint i = 0; i < G_N_ELEMENTS (archives); i++)
    {
      if (strcmp (archives[i].name, name) != 0 || archives[i].script == NULL)
        continue;
      g_autofree char *script = g_strconcat (SCRIPTS, archives[i].script, NULL);
      return apt_archive_of_script (script, suite);
    }
  g_autofree char *program = run_find_program ("debootstrap");
  return program != NULL ? apt_archive_of_program (program) : NULL;
}

/* --- both ------------------------------------------------------------------------------------- */

typedef struct
{
  const char *name, *mirror;
  char *uris; /* of the host's apt, once asked; "" if it has none */
} Archive;

static void
archive_clear (Archive *archive)
{
  g_free (archive->uris);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Archive, archive_clear)

static char *
of_host (Archive *archive, const char *name)
{
  g_autofree char *id = g_get_os_info (G_OS_INFO_KEY_ID);
  if (archive->uris == NULL)
    archive->uris = read_uris ();
  return apt_archive_of_uris (archive->uris, name, g_strcmp0 (id, name) == 0);
}

static char *
find_address (Archive *archive, const char *suite)
{
  char *address = archive->mirror[0] != '\0' ? g_strdup (archive->mirror) : of_host (archive, archive->name);
  if (address == NULL)
    address = of_debootstrap (archive->name, suite);
  if (address != NULL && g_str_has_suffix (address, "/"))
    address[strlen (address) - 1] = '\0';
  return address;
}

static char *
find_security (Archive *archive, const char *suite)
{
  g_autofree char *name = g_strconcat (archive->name, SECURITY, NULL);
  g_autofree char *own = archive->mirror[0] == '\0' ? of_host (archive, name) : NULL;
  if (own != NULL)
    return g_steal_pointer (&own);
  g_autofree char *address = find_address (archive, suite);
  return address != NULL ? g_strconcat (address, SECURITY, NULL) : NULL;
}

static gboolean
make_line (Archive *archive, const char *source, char **line, GError **error)
{
  g_autofree char *suite = g_strndup (source, strcspn (source, " \t"));
  const gboolean apart = strcmp (archive->name, "debian") == 0 && g_str_has_suffix (suite, SECURITY);
  if (strcmp (suite, "deb") == 0)
    {
      *line = g_strdup (source);
      return TRUE;
    }
  g_autofree char *address = apart ? find_security (archive, suite) : find_address (archive, suite);
  if (address == NULL)
    return fail (error, HARNESS_ERROR_HOST, "where %s's archive is: neither this host's apt nor debootstrap says it; "
                 "try: apt-get install debootstrap, or a mirror in the config", archive->name);
  *line = g_strdup_printf ("deb %s %s", address, source);
  return TRUE;
}

gboolean
apt_archive_lines (const char *name, const char *mirror, const char *const *sources, char ***lines, GError **error)
{
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
  g_auto (Archive) archive = { .name = name, .mirror = mirror };
  for (; *sources != NULL; sources++)
    {
      g_autofree char *line = NULL;
      if (!make_line (&archive, *sources, &line, error))
        return FALSE;
      g_strv_builder_add (builder, line);
    }
  *lines = g_strv_builder_end (builder);
  return TRUE;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* mmdebstrap; see distro-packages.h. */
#include "image/distro-packages.h"

#include <stdio.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/run.h"
#include "image/distro-fetch.h"

#define PACKAGES_DEADLINE_S 3600
#define PACKAGES_EXPECTED_S 75.0
#define RELEASE_BYTES_MAX (4u << 20)
/* Between the first release of Debian and what a file system of today can say. */
#define DATE_MIN_S G_GINT64_CONSTANT (1000000000)
#define DATE_MAX_S G_GINT64_CONSTANT (4294967295)

/*
 * Compiled Python that is checked by its source's time, as everywhere but here: mmdebstrap's SOURCE_DATE_EPOCH makes it checked by
 * the source's content, which is read and hashed then whenever a program starts. What py3compile compiled of itself on the way has the time of day in it.
 */
static const char python_hook[] = "chroot \"$1\" env -u SOURCE_DATE_EPOCH sh -c 'command -v python3 >/dev/null || exit 0; "
                                  "python3 -m compileall -q -f --invalidation-mode timestamp /usr/lib/python3 /usr/lib/python3.* >/dev/null 2>&1 || :; "
                                  "rm -rf /usr/share/python3/debpython/__pycache__'";

/* --- when the sources were released ------------------------------------------------------------ */

/* "Date: Sat, 15 Nov 2025 09:47:11 UTC", whatever the locale. */
static gboolean
parse_date (const char *text, gint64 *seconds)
{
  static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
  char month[4] = "", zone[4] = "";
  int day, year, hour, minute, second, end = 0;
  const char *at;

  if (sscanf (text, " %*3[A-Za-z], %2d %3[A-Za-z] %4d %2d:%2d:%2d %3[A-Z]%n", &day, month, &year, &hour, &minute, &second, zone, &end) != 7 || !end)
    return FALSE;
  at = strstr (months, month);
  if (strlen (month) != 3 || !at || (at - months) % 3 || (strcmp (zone, "UTC") != 0 && strcmp (zone, "GMT") != 0))
    return FALSE;
  g_autoptr (GDateTime) date = g_date_time_new_utc (year, (int) (at - months) / 3 + 1, day, hour, minute, second);
  if (!date)
    return FALSE;
  *seconds = g_date_time_to_unix (date);
  return *seconds >= DATE_MIN_S && *seconds <= DATE_MAX_S;
}

gboolean
distro_release_date (const char *release, gint64 *seconds)
{
  const char *line = g_str_has_prefix (release, "Date:") ? release : strstr (release, "\nDate:");

  return line && parse_date (strchr (line, ':') + 1, seconds);
}

/* Only a date is taken from it, unverified: apt verifies what it installs by itself. */
static gboolean
fetch_release (const char *url, gint64 *seconds, GError **error)
{
  g_autoptr (GError) failure = NULL;
  g_autofree char *release = NULL;
  gsize size;

  if (!fetch_text (url, RELEASE_BYTES_MAX, &release, &size, &failure))
    {
      if (!g_error_matches (failure, HARNESS_ERROR, HARNESS_ERROR_INTERRUPTED))
        return fail (error, HARNESS_ERROR_HOST, "the mirror of its packages: %s; try: another mirror in the distribution's config", failure->message);
      g_propagate_error (error, g_steal_pointer (&failure));
      return FALSE;
    }
  if (!distro_release_date (release, seconds))
    return fail (error, HARNESS_ERROR_FAILED, "%s: this is no Release file with a date; try: another mirror in the distribution's config", url);
  return TRUE;
}

/* The newest date among "deb URL SUITE …". */
static gboolean
newest_release (const DistroPackagesSpec *spec, gint64 *newest_s, GError **error)
{
  gint64 newest = 0;

  for (char *const *source = spec->sources; *source; source++)
    {
      g_auto (GStrv) parts = g_strsplit_set (*source, " \t", -1);
      g_autoptr (GPtrArray) words = g_ptr_array_new ();
      g_autofree char *url = NULL;
      gint64 date;

      for (char **part = parts; *part; part++)
        if (**part)
          g_ptr_array_add (words, *part);
      g_assert (words->len >= 3); /* config/apt-sources.c */
      url = g_strdup_printf ("%s/dists/%s/InRelease", (char *) words->pdata[1], (char *) words->pdata[2]);
      if (!fetch_release (url, &date, error))
        return FALSE;
      newest = MAX (newest, date);
    }
  *newest_s = newest;
  return TRUE;
}

/* --- mmdebstrap -------------------------------------------------------------------------------- */

/* Its stages, by how their lines begin, and about how far each is into the whole. */
static void
on_line (const char *line, gboolean is_stderr, gpointer user)
{
  static const struct {
    const char *begin;
    double fraction;
  } stages[] = {
    { "I: running apt-get update", 0.02 }, { "I: downloading packages", 0.08 }, { "I: extracting archives", 0.15 }, { "I: installing essential", 0.2 },
    { "I: installing remaining", 0.3 },    { "I: running --customize", 0.7 },   { "I: cleaning package", 0.85 },    { "I: creating tarball", 0.9 },
  };
  Progress *progress = user;

  (void) is_stderr;
  for (guint i = 0; i < G_N_ELEMENTS (stages); i++)
    if (g_str_has_prefix (line, stages[i].begin))
      progress_update (progress, "", stages[i].fraction, "%s", line + strlen ("I: "));
}

static char *
include_option (const DistroPackagesSpec *spec)
{
  g_autofree char *own = g_strjoinv (",", spec->config->include);
  g_autofree char *more = spec->extra_packages ? g_strjoinv (",", (char **) spec->extra_packages) : NULL;

  return g_strconcat ("--include=", own, more && *more ? "," : NULL, more, NULL);
}

/*
 * As root mmdebstrap mounts what is in its chroot where all see it, and its children outlive it. In namespaces of its own both end with
 * whoever is killed. An ordinary user's mmdebstrap makes such namespaces by itself.
 */
static Run *
new_run (void)
{
  if (geteuid () != 0)
    return run_new ("mmdebstrap", NULL);
  return run_new ("unshare", "--mount", "--propagation", "private", "--pid", "--fork", "--kill-child=KILL", "--mount-proc", "mmdebstrap", NULL);
}

static Run *
mmdebstrap_run (const DistroPackagesSpec *spec, const char *tar, gint64 release_s)
{
  g_autofree char *include = include_option (spec);
  g_autofree char *epoch = g_strdup_printf ("%" G_GINT64_FORMAT, release_s);
  Run *run = new_run ();

  run_add (run, "--mode=auto");
  run_add (run, "--variant=minbase");
  run_add (run, "--format=tar");
  run_add (run, include);
  run_addf (run, "--keyring=%s", spec->config->keyring);
  run_addf (run, "--customize-hook=%s", python_hook);
  run_add (run, spec->config->suite);
  run_add (run, tar);
  for (char *const *source = spec->sources; *source; source++)
    run_add (run, *source);
  run_set_env (run, "SOURCE_DATE_EPOCH", epoch);
  run_set_env (run, "TMPDIR", scratch_path (spec->scratch));
  run_set_env (run, "LC_ALL", "C.UTF-8");
  run_set_deadline_s (run, PACKAGES_DEADLINE_S);
  run_on_line (run, on_line, spec->progress);
  return run;
}

/* In user namespaces files belong to ids that only those namespaces may touch: whoever made them removes them. */
static void
remove_left_over (const char *folder)
{
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);

  for (const char *name; dir && (name = g_dir_read_name (dir));)
    {
      g_autofree char *path = g_build_filename (folder, name, NULL);
      g_autoptr (Run) run = NULL;

      if (!g_str_has_prefix (name, "mmdebstrap.") || files_remove_tree (path, NULL))
        continue;
      run = run_new ("mmdebstrap", "--unshare-helper", "rm", "-rf", "--", path, NULL);
      run_wait (run, NULL);
    }
}

/*
 * What an ordinary user's killed command left behind, and files_sweep() may not remove: only those namespaces can. A folder that somebody
 * works in is locked.
 */
static void
sweep_namespaces (const char *cache_dir)
{
  g_autoptr (GDir) dir = geteuid () != 0 ? g_dir_open (cache_dir, 0, NULL) : NULL;

  for (const char *name; dir && (name = g_dir_read_name (dir));)
    {
      g_autofree char *path = g_build_filename (cache_dir, name, NULL);
      AUTO_FD fd = g_str_has_prefix (name, ".tmp-") ? open (path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC) : -1;

      if (fd < 0 || flock (fd, LOCK_EX | LOCK_NB) < 0)
        continue;
      remove_left_over (path);
      files_remove_tree (path, NULL);
    }
}

static gboolean
check_host (const DistributionConfig *config, GError **error)
{
  g_autofree char *program = run_find_program ("mmdebstrap");

  if (!program)
    return fail (error, HARNESS_ERROR_HOST, "mmdebstrap is not on this host; try: apt-get install mmdebstrap");
  if (access (config->keyring, R_OK) == 0)
    return TRUE;
  return fail (error, HARNESS_ERROR_HOST, "%s: the keys that sign %s's packages are not there; try: %s%s", config->keyring, config->title,
               config->keyring_package[0] ? "apt-get install " : "another keyring in its config", config->keyring_package);
}

static gboolean
run_mmdebstrap (const DistroPackagesSpec *spec, const char *tar, gint64 release_s, GError **error)
{
  g_autoptr (Run) run = mmdebstrap_run (spec, tar, release_s);
  const gboolean ok = run_wait (run, error);

  remove_left_over (scratch_path (spec->scratch));
  if (ok)
    return TRUE;
  g_prefix_error (error, "mmdebstrap: ");
  if (geteuid () != 0 && strstr (run_stderr_tail (run), "unshare"))
    g_prefix_error (error, "an ordinary user needs user namespaces and sub-ids (try: apt-get install uidmap; usermod --add-subuids 100000-165535 --add-subgids 100000-165535 "
                           "USER; or build this once as root): ");
  return FALSE;
}

gboolean
distro_packages_tar (const DistroPackagesSpec *spec, const char *tar, gint64 *release_s, GError **error)
{
  g_autofree char *cache_dir = g_path_get_dirname (scratch_path (spec->scratch));
  gint64 newest;
  gboolean ok;

  sweep_namespaces (cache_dir);
  if (!check_host (spec->config, error) || !newest_release (spec, &newest, error))
    return FALSE;
  progress_begin (spec->progress, "", "packages (mmdebstrap)", PACKAGES_EXPECTED_S);
  ok = run_mmdebstrap (spec, tar, newest, error);
  progress_end (spec->progress, "", ok, NULL);
  if (ok)
    *release_s = newest;
  return ok;
}

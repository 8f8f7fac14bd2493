/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which way a disk is come by, and its cache entry; see distro.h. */
#include "image/distro-private.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/apt-archive.h"
#include "base/error.h"
#include "base/hash.h"
#include "base/run.h"
#include "image/distro-disk.h"
#include "image/distro-info.h"
#include "image/distro-jobs.h"
#include "image/distro-packages.h"

#define KIND "distro"
#define ABOUT "about.json"
#define CONVERT_EXPECTED_S 8.0
#define PACKAGES_NEED_BYTES (5ull << 30) /* the tree, its tar, the raw disk, the qcow2 */

void
distro_artefact_free (DistroArtefact *artefact)
{
  if (!artefact)
    return;
  g_free (artefact->dir);
  g_free (artefact->key);
  g_free (artefact->name);
  g_free (artefact->disk);
  g_free (artefact->sha256);
  g_free (artefact->origin);
  g_free (artefact);
}

void
distro_job_free (DistroJob *job)
{
  if (!job)
    return;
  g_clear_pointer (&job->config, distribution_config_free);
  g_clear_pointer (&job->about, distro_about_free);
  g_free (job->path);
  g_free (job->name);
  g_free (job->key);
  g_free (job);
}

gboolean
distro_to_qcow2 (const DistroJob *job, const char *from, const char *format, const char *to, GError **error)
{
  g_autoptr (Run) run = run_new ("qemu-img", "convert", "-f", format, "-O", "qcow2", from, to, NULL);
  gboolean ok;

  run_set_deadline_s (run, DISTRO_QEMU_IMG_DEADLINE_S);
  progress_begin (job->spec->progress, "", "qcow2", CONVERT_EXPECTED_S);
  ok = run_wait (run, error);
  progress_end (job->spec->progress, "", ok, NULL);
  return ok;
}

/* --- names ------------------------------------------------------------------------------------- */

gboolean
distro_names (const char *configs_dir, char ***names, GError **error)
{
  g_autoptr (GDir) dir = g_dir_open (configs_dir, 0, NULL);
  g_autoptr (GPtrArray) found = g_ptr_array_new_with_free_func (g_free);

  if (!dir)
    return fail (error, HARNESS_ERROR_USAGE, "%s: the folder with the distributions' configs is not there", configs_dir);
  for (const char *name; (name = g_dir_read_name (dir));)
    if (g_str_has_suffix (name, ".conf") && name[0] != '.')
      g_ptr_array_add (found, g_strndup (name, strlen (name) - strlen (".conf")));
  files_sort_names (found);
  g_ptr_array_add (found, NULL);
  *names = (char **) g_ptr_array_free (g_steal_pointer (&found), FALSE);
  return TRUE;
}

static gboolean
is_name (const char *what)
{
  return what[0] && what[0] != '.' && strspn (what, G_CSET_a_2_z G_CSET_A_2_Z G_CSET_DIGITS "-._") == strlen (what);
}

static gboolean
fail_unknown (const DistroSpec *spec, GError **error)
{
  g_auto (GStrv) names = NULL;
  g_autofree char *list = NULL;

  if (!distro_names (spec->configs_dir, &names, error))
    return FALSE;
  list = g_strjoinv (", ", names);
  return fail (error, HARNESS_ERROR_USAGE, "%s: no such distribution, and no such file; try: one of %s, a disk image's file, or its URL", spec->what, list);
}

/* --- of packages ------------------------------------------------------------------------------- */

static void
hash_packages (InputHash *hash, const DistroSpec *spec, const DistributionConfig *config)
{
  g_autofree char *include = g_strjoinv (" ", config->include);
  g_autofree char *extra = spec->extra_packages ? g_strjoinv (" ", (char **) spec->extra_packages) : g_strdup ("");
  g_autofree char *sources = g_strjoinv (";", config->sources);
  g_autofree char *bytes = g_strdup_printf ("%" G_GUINT64_FORMAT, distro_disk_bytes (spec, config));

  input_hash_add (hash, "recipe", DISTRO_PACKAGES_RECIPE);
  input_hash_add (hash, "suite", config->suite);
  input_hash_add (hash, "sources", sources);
  input_hash_add (hash, "include", include);
  input_hash_add (hash, "extra", extra);
  input_hash_add (hash, "cmdline", config->cmdline);
  input_hash_add (hash, "more cmdline", spec->cmdline ? spec->cmdline : "");
  input_hash_add (hash, "script", spec->script ? spec->script : "");
  input_hash_add (hash, "bytes", bytes);
}

guint64
distro_disk_bytes (const DistroSpec *spec, const DistributionConfig *config)
{
  return spec->disk_bytes ? spec->disk_bytes : (guint64) config->disk_mib << 20;
}

static gboolean
make_of_packages (DistroJob *job, Scratch *scratch, GError **error)
{
  g_autofree char *tar = scratch_file (scratch, "root.tar");
  g_autofree char *raw = scratch_file (scratch, "disk.raw");
  g_autofree char *disk = scratch_file (scratch, DISTRO_DISK);
  g_autofree char *cmdline = g_strconcat (job->config->cmdline, job->spec->cmdline ? " " : "", job->spec->cmdline, NULL);
  g_auto (GStrv) sources = NULL;
  const DistroDiskSpec spec = {
    .tar = tar,
    .overlay_tar = job->spec->overlay_tar,
    .script = job->spec->script,
    .cmdline = cmdline,
    .hostname = job->name,
    .key = job->key,
    .bytes = distro_disk_bytes (job->spec, job->config),
    .tmpdir = scratch_path (scratch),
    .hardware = job->spec->hardware,
    .progress = job->spec->progress,
  };
  g_autofree char *day = NULL;
  gint64 release_s;

  if (!files_need_bytes (job->spec->cache_dir, PACKAGES_NEED_BYTES, "a distribution's disk", error) ||
      !apt_archive_lines (job->config->archive, job->config->mirror, (const char *const *) job->config->sources, &sources, error))
    return FALSE;
  const DistroPackagesSpec packages = {
    .config = job->config,
    .sources = sources,
    .extra_packages = job->spec->extra_packages,
    .scratch = scratch,
    .progress = job->spec->progress,
  };
  if (!distro_packages_tar (&packages, tar, &release_s, error) ||
      !distro_disk_make (&spec, raw, job->about, error) || !files_remove_tree (tar, error) || !distro_to_qcow2 (job, raw, "raw", disk, error) ||
      !files_remove_tree (raw, error))
    return FALSE;
  g_autoptr (GDateTime) date = g_date_time_new_from_unix_utc (release_s);
  day = g_date_time_format (date, "%Y-%m-%d");
  job->about->source = g_strjoinv ("; ", sources);
  job->about->origin = g_strdup_printf ("packages of %s, %s", job->config->suite, day);
  distro_about_verified (job->about, "every package, by apt, with the keys of %s", job->config->keyring);
  return TRUE;
}

gboolean
distro_job_of_packages (const DistroSpec *spec, const char *path, DistroJob **job, GError **error)
{
  g_autoptr (DistroJob) made = g_new0 (DistroJob, 1);
  g_autoptr (InputHash) hash = input_hash_new (KIND);

  if (!distribution_config_load (path, &made->config, error))
    return FALSE;
  if (!made->config->suite[0])
    return fail (error, HARNESS_ERROR_HOST, "%s: it cannot be made of packages: %s names no suite; try: --from download", spec->what, path);
  made->spec = spec;
  made->name = spec->variant ? g_strdup_printf ("%s-%s", made->config->name, spec->variant) : g_strdup (made->config->name);
  made->about = distro_about_new (made->name, "packages");
  made->make = make_of_packages;
  hash_packages (hash, spec, made->config);
  input_hash_add (hash, "name", made->name);
  if (spec->overlay_tar && !input_hash_add_file (hash, "overlay", spec->overlay_tar, error))
    return FALSE;
  made->key = input_hash_end (hash);
  *job = g_steal_pointer (&made);
  return TRUE;
}

/* --- the cache entry --------------------------------------------------------------------------- */

static gboolean
load_artefact (const char *dir, gboolean from_cache, DistroArtefact **artefact, GError **error)
{
  g_autofree char *path = g_build_filename (dir, ABOUT, NULL);
  g_autoptr (DistroAbout) about = NULL;
  DistroArtefact *loaded;

  if (!distro_about_load (path, &about, error))
    return FALSE;
  *artefact = loaded = g_new0 (DistroArtefact, 1);
  loaded->dir = g_strdup (dir);
  loaded->disk = g_build_filename (dir, DISTRO_DISK, NULL);
  loaded->key = g_steal_pointer (&about->key);
  loaded->name = g_steal_pointer (&about->name);
  loaded->sha256 = g_steal_pointer (&about->sha256);
  loaded->origin = g_steal_pointer (&about->origin);
  loaded->virtual_bytes = about->virtual_bytes;
  loaded->from_cache = from_cache;
  return TRUE;
}

static gboolean
virtual_size (const char *disk, guint64 *bytes, GError **error)
{
  const char *argv[] = { "qemu-img", "info", "--output=json", "-f", "qcow2", disk, NULL };
  g_autofree char *text = NULL;

  return run_capture (argv, &text, error) && distro_info_size (text, bytes, error);
}

static gboolean
write_about (DistroJob *job, Scratch *scratch, GError **error)
{
  g_autofree char *disk = scratch_file (scratch, DISTRO_DISK);
  g_autofree char *path = scratch_file (scratch, ABOUT);
  g_autofree char *text = NULL;

  job->about->key = g_strdup (job->key);
  if (!hash_file (disk, &job->about->sha256, error) || !virtual_size (disk, &job->about->virtual_bytes, error))
    return FALSE;
  text = distro_about_json (job->about);
  return files_write (path, text, -1, error);
}

/* The entry that a newer one replaces goes at the last moment, and whole. */
static gboolean
drop_old (const DistroSpec *spec, const char *old, GError **error)
{
  g_autoptr (Scratch) grave = scratch_new (spec->cache_dir, "replaced", error);
  g_autofree char *moved = grave ? scratch_file (grave, "entry") : NULL;

  if (!grave)
    return FALSE;
  return rename (old, moved) == 0 || errno == ENOENT || fail_errno (error, errno, "%s: replacing it", old);
}

static gboolean
make_entry (DistroJob *job, const char *old, char **dir, GError **error)
{
  const DistroSpec *spec = job->spec;
  g_autoptr (Scratch) scratch = scratch_new (spec->cache_dir, KIND, error);

  return scratch && job->make (job, scratch, error) && write_about (job, scratch, error) && (!old || drop_old (spec, old, error)) &&
         cache_seal (spec->cache_dir, KIND, job->key, scratch, dir, error);
}

/* Under a lock, so that two commands do not make it twice. *artefact NULL: only what is there was asked for, and it is not. */
static gboolean
find_or_make (DistroJob *job, gboolean only_find, DistroArtefact **artefact, GError **error)
{
  const DistroSpec *spec = job->spec;
  g_autofree char *lock_path = g_strdup_printf ("%s/" KIND "-%.16s.lock", spec->cache_dir, job->key);
  g_autoptr (FileLock) lock = files_make_dir (spec->cache_dir, error) ? file_lock (lock_path, error) : NULL;
  g_autofree char *old = NULL, *dir = NULL;
  gboolean damaged = FALSE;

  if (!lock || !cache_lookup (spec->cache_dir, KIND, job->key, &old, &damaged, error))
    return FALSE;
  if (damaged)
    progress_say (spec->progress, "", "the cached disk of %s was damaged and is made again", job->name);
  if (old && !spec->refresh)
    return load_artefact (old, TRUE, artefact, error);
  if (only_find)
    return TRUE;
  if (!make_entry (job, old, &dir, error))
    {
      g_prefix_error (error, "%s: ", job->name);
      return FALSE;
    }
  return load_artefact (dir, FALSE, artefact, error);
}

/* --- which way --------------------------------------------------------------------------------- */

static gboolean
has_wishes (const DistroSpec *spec)
{
  return spec->variant || spec->extra_packages || spec->overlay_tar || spec->script || spec->cmdline || spec->disk_bytes;
}

/* Both ways are open: what is in the cache is taken, then the publisher's image if it can be reached, then packages. */
static gboolean
build_any (DistroJob *download, DistroJob *packages, DistroArtefact **artefact, GError **error)
{
  const DistroSpec *spec = packages->spec;
  g_autoptr (GError) unreachable = NULL;

  if (!find_or_make (download, TRUE, artefact, error) || (!*artefact && !find_or_make (packages, TRUE, artefact, error)))
    return FALSE;
  if (*artefact || find_or_make (download, FALSE, artefact, &unreachable))
    return TRUE;
  if (unreachable->domain != HARNESS_ERROR || unreachable->code != HARNESS_ERROR_HOST)
    {
      g_propagate_error (error, g_steal_pointer (&unreachable));
      return FALSE;
    }
  progress_say (spec->progress, "", "%s; made of packages instead", unreachable->message);
  return find_or_make (packages, FALSE, artefact, error);
}

/* No other way is open, and it is said why. */
static gboolean
build_download (DistroJob *download, const char *path, DistroArtefact **artefact, GError **error)
{
  g_autoptr (GError) failure = NULL;

  if (find_or_make (download, FALSE, artefact, &failure))
    return TRUE;
  if (failure->domain == HARNESS_ERROR && failure->code == HARNESS_ERROR_HOST)
    return fail (error, HARNESS_ERROR_HOST, "%s; try: %s", failure->message,
                 download->config->suite[0] ? "--from packages" : "a host with a route there, or name a suite, sources and a keyring in its config");
  g_propagate_prefixed_error (error, g_steal_pointer (&failure), "%s: ", path);
  return FALSE;
}

static gboolean
build_named (const DistroSpec *spec, const char *path, DistroArtefact **artefact, GError **error)
{
  const gboolean own = has_wishes (spec);
  g_autoptr (DistroJob) download = NULL, packages = NULL;

  if (spec->checksum)
    return fail (error, HARNESS_ERROR_USAGE, "a checksum is for a URL or file; %s's is the one that is published", spec->what);
  if (own && spec->from == DISTRO_FROM_DOWNLOAD)
    return fail (error, HARNESS_ERROR_USAGE, "%s: a disk of one's own is made of packages, not downloaded", spec->what);
  if (!distro_job_of_download (spec, path, &download, error))
    return FALSE;
  if (!own && !download->config->url[0] && spec->from == DISTRO_FROM_DOWNLOAD)
    return fail (error, HARNESS_ERROR_USAGE, "%s: %s has no url; try: --from packages", spec->what, path);
  if (spec->from == DISTRO_FROM_DOWNLOAD || (!own && spec->from == DISTRO_FROM_ANY && !download->config->suite[0]))
    return build_download (download, path, artefact, error);
  if (!distro_job_of_packages (spec, path, &packages, error))
    return FALSE;
  if (own || spec->from == DISTRO_FROM_PACKAGES || !download->config->url[0])
    return find_or_make (packages, FALSE, artefact, error);
  return build_any (download, packages, artefact, error);
}

static gboolean
build_file (const DistroSpec *spec, const char *path, DistroArtefact **artefact, GError **error)
{
  g_autoptr (DistroJob) job = NULL;

  return distro_job_of_file (spec, path, &job, error) && find_or_make (job, FALSE, artefact, error);
}

static gboolean
build_url (const DistroSpec *spec, DistroArtefact **artefact, GError **error)
{
  g_autofree char *path = g_str_has_prefix (spec->what, "file:") ? g_filename_from_uri (spec->what, NULL, NULL) : NULL;
  g_autoptr (DistroJob) job = NULL;

  if (path)
    return g_file_test (path, G_FILE_TEST_EXISTS) ? build_file (spec, path, artefact, error) : fail (error, HARNESS_ERROR_USAGE, "%s: no such file", spec->what);
  return distro_job_of_url (spec, &job, error) && find_or_make (job, FALSE, artefact, error);
}

gboolean
distro_build (const DistroSpec *spec, DistroArtefact **artefact, GError **error)
{
  g_autofree char *file = g_strconcat (spec->what, ".conf", NULL);
  g_autofree char *config = g_build_filename (spec->configs_dir, file, NULL);
  const gboolean named = is_name (spec->what) && g_file_test (config, G_FILE_TEST_EXISTS), url = strstr (spec->what, ":/") != NULL;
  DistroArtefact *result = NULL;
  gboolean ok;

  if (!named && !url && !g_file_test (spec->what, G_FILE_TEST_EXISTS))
    return fail_unknown (spec, error);
  if (!named && (has_wishes (spec) || spec->from != DISTRO_FROM_ANY))
    return fail (error, HARNESS_ERROR_USAGE, "%s: only a distribution by name is made in one way or another", spec->what);
  if (named)
    ok = build_named (spec, config, &result, error);
  else
    ok = url ? build_url (spec, &result, error) : build_file (spec, spec->what, &result, error);
  if (ok)
    *artefact = result;
  return ok;
}

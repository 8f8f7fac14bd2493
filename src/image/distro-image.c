/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A published image, downloaded; and anybody's, as a file or from a URL. See distro.h. */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/hash-memo.h"
#include "base/hash.h"
#include "base/run.h"
#include "image/distro-fetch.h"
#include "image/distro-jobs.h"
#include "image/distro-look.h"
#include "image/distro-sums.h"

#define RECIPE "1"
#define KIND "distro image"
#define IMAGE_BYTES_MAX (G_GUINT64_CONSTANT (32) << 30)
#define SUMS_BYTES_MAX (1u << 20)
#define SIGNATURE_BYTES_MAX (64u << 10)
#define GPGV_DEADLINE_S 60

/* --- from a file to the entry's disk ----------------------------------------------------------- */

/* path is only read. What errors speak of is about's source. */
static gboolean
adopt (DistroJob *job, const char *path, Scratch *scratch, GError **error)
{
  g_autofree char *disk = scratch_file (scratch, DISTRO_DISK);
  g_autofree char *format = NULL;
  struct stat st;

  if (!distro_look_at_file (path, &format, error) || stat (path, &st) < 0)
    return FALSE;
  /* A compressed image may be a third of what is in it. */
  if (!files_need_bytes (scratch_path (scratch), (guint64) st.st_blocks * 512 * 3, "the disk's plain copy", error))
    return FALSE;
  return distro_to_qcow2 (job, path, format, disk, error) &&
         distro_look_inside (disk, scratch_path (scratch), job->spec->hardware, job->spec->progress, job->about, error);
}

/* --- downloads --------------------------------------------------------------------------------- */

static FetchSpec
fetch_spec (const DistroJob *job, const char *url, const char *dir)
{
  return (FetchSpec){ .url = url, .bytes_max = IMAGE_BYTES_MAX, .dir = dir, .progress = job->spec->progress };
}

static char *
downloads_dir (const DistroJob *job)
{
  return g_build_filename (job->spec->cache_dir, "downloads", NULL);
}

/* What came is held against what it should be; if it is not that, it is of no use. */
static gboolean
check_sum (const FetchSpec *fetch, const char *path, GChecksumType type, const char *expected, GError **error)
{
  g_autofree char *hex = NULL;

  if (!sums_of_file (path, type, &hex, error))
    return FALSE;
  if (strcmp (hex, expected) == 0)
    return TRUE;
  fetch_forget (fetch);
  return fail (error, HARNESS_ERROR_FAILED, "%s: altered: its checksum is %s, not %s; try: the command again, and whoever gave you the checksum", fetch->url, hex, expected);
}

/* FALSE: it is wrong. *checked: it could be looked at. */
static gboolean
check_signature (const DistributionConfig *config, const char *sums, gsize size, Scratch *scratch, gboolean *checked, GError **error)
{
  g_autofree char *program = run_find_program ("gpgv");
  g_autofree char *sums_path = scratch_file (scratch, "sums"), *signature_path = scratch_file (scratch, "signature");
  g_autofree char *signature = NULL;
  gsize signature_size;
  int status;

  *checked = program && g_file_test (config->signature_keyring, G_FILE_TEST_EXISTS);
  if (!*checked)
    return TRUE;
  if (!fetch_text (config->signature_url, SIGNATURE_BYTES_MAX, &signature, &signature_size, error) || !files_write (sums_path, sums, (gssize) size, error) ||
      !files_write (signature_path, signature, (gssize) signature_size, error))
    return FALSE;
  g_autoptr (Run) run = run_new (program, "--status-fd", "1", "--keyring", config->signature_keyring, signature_path, sums_path, NULL);
  run_set_deadline_s (run, GPGV_DEADLINE_S);
  if (!run_wait_status (run, &status, error) || !files_remove_tree (sums_path, error) || !files_remove_tree (signature_path, error))
    return FALSE;
  if (status == 0 && sums_signature_is_good (run_stdout (run), config->signature_fingerprint))
    return TRUE;
  return fail (error, HARNESS_ERROR_FAILED, "%s: not signed by the key %s: %s", config->sums_url, config->signature_fingerprint, run_stderr_tail (run));
}

/* What the publisher says the image's checksum is. */
static gboolean
published_sum (DistroJob *job, Scratch *scratch, GChecksumType type, char **hex, GError **error)
{
  const DistributionConfig *config = job->config;
  g_autofree char *text = NULL, *file = g_path_get_basename (config->url);
  gboolean checked = FALSE;
  gsize size;

  if (!fetch_text (config->sums_url, SUMS_BYTES_MAX, &text, &size, error))
    return FALSE;
  if (config->signature_url[0] && !check_signature (config, text, size, scratch, &checked, error))
    return FALSE;
  if (checked)
    distro_about_verified (job->about, "the signature of %s, by gpgv: the key %s", config->sums_url, config->signature_fingerprint);
  else
    distro_about_unverified (job->about, "a signature of %s: %s", config->sums_url, config->signature_url[0] ? "gpgv or the keyring is not on this host" : "none is published");
  if (sums_find (text, type, file, hex, error))
    return TRUE;
  g_prefix_error (error, "%s: ", config->sums_url);
  return FALSE;
}

/* Into scratch, verified if there is a sum. */
static gboolean
download (DistroJob *job, const char *url, GChecksumType type, const char *sum, Scratch *scratch, char **path, GError **error)
{
  g_autofree char *dir = downloads_dir (job), *got = NULL;
  const FetchSpec fetch = fetch_spec (job, url, dir);

  if (!fetch_file (&fetch, &got, error) || (sum && !check_sum (&fetch, got, type, sum, error)))
    return FALSE;
  *path = scratch_file (scratch, "download");
  if (rename (got, *path) < 0)
    return fail (error, HARNESS_ERROR_FAILED, "%s: it is gone; try: the command again", got);
  fetch_forget (&fetch);
  return TRUE;
}

static gboolean
make_of_download (DistroJob *job, Scratch *scratch, GError **error)
{
  const DistributionConfig *config = job->config;
  g_autofree char *sum = NULL, *path = NULL;
  GChecksumType type = G_CHECKSUM_SHA256;

  sums_type (config->sums, &type);
  if (!published_sum (job, scratch, type, &sum, error) || !download (job, config->url, type, sum, scratch, &path, error))
    return FALSE;
  distro_about_verified (job->about, "the image's %s, as published in %s: %s", config->sums, config->sums_url, sum);
  job->about->source = g_strdup (config->url);
  job->about->origin = g_strdup_printf ("%s %s verified%s", config->url, config->sums, job->about->verified->len > 1 ? ", signed" : "");
  return adopt (job, path, scratch, error) && files_remove_tree (path, error);
}

gboolean
distro_job_of_download (const DistroSpec *spec, const char *config_path, DistroJob **job, GError **error)
{
  g_autoptr (DistroJob) made = g_new0 (DistroJob, 1);
  g_autoptr (InputHash) hash = input_hash_new (KIND);

  if (!distribution_config_load (config_path, &made->config, error))
    return FALSE;
  made->spec = spec;
  made->name = g_strdup (made->config->name);
  made->about = distro_about_new (made->name, "download");
  made->make = make_of_download;
  input_hash_add (hash, "recipe", RECIPE);
  input_hash_add (hash, "name", made->name);
  input_hash_add (hash, "url", made->config->url);
  input_hash_add (hash, "sums", made->config->sums_url);
  input_hash_add (hash, "key", made->config->signature_fingerprint);
  made->key = input_hash_end (hash);
  *job = g_steal_pointer (&made);
  return TRUE;
}

/* --- a URL, a file ----------------------------------------------------------------------------- */

static gboolean
make_of_url (DistroJob *job, Scratch *scratch, GError **error)
{
  const DistroSpec *spec = job->spec;
  g_autofree char *sum = NULL, *path = NULL;
  GChecksumType type = G_CHECKSUM_SHA256;

  if (spec->checksum && !sums_parse (spec->checksum, &type, &sum, error))
    return FALSE;
  if (!download (job, spec->what, type, sum, scratch, &path, error))
    return FALSE;
  if (sum)
    distro_about_verified (job->about, "the image's checksum, as given: %s", spec->checksum);
  else
    distro_about_unverified (job->about, "the image: no checksum was given (--checksum)");
  job->about->source = g_strdup (spec->what);
  job->about->origin = g_strdup_printf ("%s %s", spec->what, sum ? "checksum verified" : "unverified");
  return adopt (job, path, scratch, error) && files_remove_tree (path, error);
}

/* A file's name without its folder and its format. */
static char *
name_of (const char *what)
{
  g_autofree char *base = g_path_get_basename (what);
  char *name = g_strndup (base, strcspn (base, "?#"));
  char *dot = strrchr (name, '.');

  if (dot && dot != name)
    *dot = '\0';
  return name;
}

gboolean
distro_job_of_url (const DistroSpec *spec, DistroJob **job, GError **error)
{
  g_autoptr (DistroJob) made = g_new0 (DistroJob, 1);
  g_autoptr (InputHash) hash = input_hash_new (KIND);
  g_autofree char *sum = NULL;
  GChecksumType type;

  if (!g_str_has_prefix (spec->what, "http://") && !g_str_has_prefix (spec->what, "https://"))
    return fail (error, HARNESS_ERROR_USAGE, "%s: what kind of URL is that? try: http://…, https://…, file:///…", spec->what);
  if (spec->checksum && !sums_parse (spec->checksum, &type, &sum, error))
    return FALSE;
  made->spec = spec;
  made->name = name_of (spec->what);
  made->about = distro_about_new (made->name, "download");
  made->make = make_of_url;
  input_hash_add (hash, "recipe", RECIPE);
  input_hash_add (hash, "url", spec->what);
  input_hash_add (hash, "checksum", spec->checksum ? spec->checksum : "");
  made->key = input_hash_end (hash);
  *job = g_steal_pointer (&made);
  return TRUE;
}

static gboolean
make_of_file (DistroJob *job, Scratch *scratch, GError **error)
{
  g_autofree char *base = g_path_get_basename (job->path);

  job->about->source = g_strdup (job->path);
  job->about->origin = g_strdup_printf ("the file %s", base);
  distro_about_unverified (job->about, "the file: it was taken as it is");
  return adopt (job, job->path, scratch, error);
}

/* --checksum of a file is a way to be sure as well. */
static gboolean
check_given (const DistroSpec *spec, const char *path, GError **error)
{
  g_autofree char *sum = NULL, *hex = NULL;
  GChecksumType type;

  if (!spec->checksum)
    return TRUE;
  if (!sums_parse (spec->checksum, &type, &sum, error) || !sums_of_file (path, type, &hex, error))
    return FALSE;
  return strcmp (hex, sum) == 0 || fail (error, HARNESS_ERROR_FAILED, "%s: its checksum is %s, not %s", path, hex, sum);
}

gboolean
distro_job_of_file (const DistroSpec *spec, const char *path, DistroJob **job, GError **error)
{
  g_autoptr (DistroJob) made = g_new0 (DistroJob, 1);
  g_autoptr (InputHash) hash = input_hash_new (KIND);
  g_autofree char *memo = g_build_filename (spec->cache_dir, "hashes", NULL), *sha256 = NULL, *format = NULL;
  g_autofree char *absolute = g_canonicalize_filename (path, NULL); /* or qemu-img would take "fat:disk" for a protocol, and "-disk" for an option */

  if (!distro_look_at_file (absolute, &format, error) || !check_given (spec, absolute, error) || !hash_file_remembered (memo, absolute, &sha256, error))
    return FALSE;
  made->spec = spec;
  made->path = g_steal_pointer (&absolute);
  made->name = name_of (path);
  made->about = distro_about_new (made->name, "file");
  made->make = make_of_file;
  input_hash_add (hash, "recipe", RECIPE);
  input_hash_add (hash, "file", sha256);
  input_hash_add (hash, "name", made->name);
  made->key = input_hash_end (hash);
  *job = g_steal_pointer (&made);
  return TRUE;
}

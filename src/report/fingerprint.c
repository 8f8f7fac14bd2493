/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Making the fingerprint, and making it again from a folder. */
#include "report/fingerprint.h"

#include <string.h>
#include <zlib.h>

#include "base/error.h"
#include "base/hash.h"

#define BLOCK_BYTES (256 * 1024)
#define EXITS_CSV "exits.csv"

const char *const fingerprint_names[] = { "timeline.csv", "timeline-reasons.csv", EXITS_CSV, "phases.csv", "reasons.csv", "operations.csv", "units.csv", NULL };

static const char *
digest_of (const FingerprintFile *files, gsize n, const char *name)
{
  for (gsize i = 0; i < n; i++)
    if (strcmp (files[i].name, name) == 0)
      return files[i].sha256;
  return NULL;
}

char *
fingerprint_make (const FingerprintFile *files, gsize n)
{
  g_autoptr (GString) text = g_string_new (NULL);

  for (guint i = 0; fingerprint_names[i] != NULL; i++)
    {
      const char *sha256 = digest_of (files, n, fingerprint_names[i]);
      if (sha256 != NULL)
        g_string_append_printf (text, "%s  %s\n", sha256, fingerprint_names[i]);
    }
  return hash_data (text->str, text->len);
}

static void
gz_close (gzFile *file)
{
  if (*file != NULL)
    gzclose_r (*file);
}

/* The content's digest. A cut or damaged file is an error, and so is one that is not compressed. */
static gboolean
hash_gz (const char *path, char **sha256, GError **error)
{
  __attribute__ ((cleanup (gz_close))) gzFile file = gzopen (path, "rbe");
  g_autofree guchar *block = g_malloc (BLOCK_BYTES);
  g_autoptr (Hash) hash = hash_new ();
  int got, code = Z_OK;

  if (file == NULL)
    return fail (error, HARNESS_ERROR_FAILED, "%s: cannot be opened", path);
  while ((got = gzread (file, block, BLOCK_BYTES)) > 0)
    hash_add (hash, block, (gsize) got);
  const char *why = gzerror (file, &code);
  if (got < 0 || code != Z_OK || gzdirect (file))
    return fail (error, HARNESS_ERROR_FAILED, "%s: damaged: %s", path, code != Z_OK ? why : "not a gzip file");
  *sha256 = hash_end (hash);
  return TRUE;
}

/* exits.csv's digest, from the compressed file where there is one, else as the manifest has it. */
static gboolean
hash_exits (const char *dir, const char *recorded, char **sha256, GError **error)
{
  g_autofree char *path = g_build_filename (dir, EXITS_CSV ".gz", NULL);
  g_autofree char *found = NULL;

  if (!g_file_test (path, G_FILE_TEST_EXISTS))
    {
      if (recorded == NULL)
        return fail (error, HARNESS_ERROR_FAILED, "%s: absent, and the manifest has no digest of its content", path);
      *sha256 = g_strdup (recorded);
      return TRUE;
    }
  if (!hash_gz (path, &found, error))
    return FALSE;
  if (recorded != NULL && strcmp (recorded, found) != 0)
    return fail (error, HARNESS_ERROR_FAILED, "%s: its content is not what the manifest says; it was changed", path);
  *sha256 = g_steal_pointer (&found);
  return TRUE;
}

static gboolean
hash_one (const char *dir, const char *name, const char *exits_sha256, char **sha256, GError **error)
{
  g_autofree char *path = g_build_filename (dir, name, NULL);

  if (strcmp (name, EXITS_CSV) == 0)
    return hash_exits (dir, exits_sha256, sha256, error);
  if ((strcmp (name, "operations.csv") == 0 || strcmp (name, "units.csv") == 0) && !g_file_test (path, G_FILE_TEST_EXISTS))
    return TRUE;
  return hash_file (path, sha256, error);
}

gboolean
fingerprint_of_folder (const char *dir, const char *exits_sha256, char **fingerprint, GError **error)
{
  g_autoptr (GPtrArray) digests = g_ptr_array_new_with_free_func (g_free);
  FingerprintFile files[FINGERPRINT_FILES];

  for (guint i = 0; i < FINGERPRINT_FILES; i++)
    {
      char *sha256 = NULL;
      if (!hash_one (dir, fingerprint_names[i], exits_sha256, &sha256, error))
        return FALSE;
      g_ptr_array_add (digests, sha256);
      files[i] = (FingerprintFile) { fingerprint_names[i], sha256 };
    }
  *fingerprint = fingerprint_make (files, FINGERPRINT_FILES);
  return TRUE;
}

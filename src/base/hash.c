/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SHA-256 through GChecksum; files in blocks. */
#include "base/hash.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"

#define BLOCK_BYTES (256 * 1024)

static gboolean
checksum_fd (GChecksum *sum, int fd, const char *path, GError **error)
{
  g_autofree guchar *block = g_malloc (BLOCK_BYTES);
  for (;;)
    {
      const gssize got = read (fd, block, BLOCK_BYTES);
      if (got < 0 && errno == EINTR)
        continue;
      if (got < 0)
        return fail_errno (error, errno, "%s: reading", path);
      if (got == 0)
        return TRUE;
      g_checksum_update (sum, block, got);
    }
}

gboolean
hash_file (const char *path, char **hex, GError **error)
{
  const int fd = open (path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
  if (fd < 0)
    return fail_errno (error, errno, "%s: opening", path);

  g_autoptr (GChecksum) sum = g_checksum_new (G_CHECKSUM_SHA256);
  const gboolean ok = checksum_fd (sum, fd, path, error);
  close (fd);
  if (ok)
    *hex = g_strdup (g_checksum_get_string (sum));
  return ok;
}

char *
hash_data (const void *data, gsize size)
{
  return g_compute_checksum_for_data (G_CHECKSUM_SHA256, data, size);
}

struct InputHash
{
  GChecksum *sum;
};

/* "<length>:<text>,": no two sequences of texts give the same bytes. */
static void
add_text (InputHash *hash, const char *text)
{
  char length[32];
  const gsize size = strlen (text);
  g_snprintf (length, sizeof length, "%" G_GSIZE_FORMAT ":", size);
  g_checksum_update (hash->sum, (const guchar *) length, -1);
  g_checksum_update (hash->sum, (const guchar *) text, (gssize) size);
  g_checksum_update (hash->sum, (const guchar *) ",", 1);
}

InputHash *
input_hash_new (const char *kind)
{
  InputHash *hash = g_new0 (InputHash, 1);
  hash->sum = g_checksum_new (G_CHECKSUM_SHA256);
  add_text (hash, kind);
  return hash;
}

void
input_hash_free (InputHash *hash)
{
  if (hash == NULL)
    return;
  g_checksum_free (hash->sum);
  g_free (hash);
}

/* A NULL value differs from every string: its mark is no length. */
void
input_hash_add (InputHash *hash, const char *name, const char *value)
{
  add_text (hash, name);
  if (value != NULL)
    add_text (hash, value);
  else
    g_checksum_update (hash->sum, (const guchar *) "-", 1);
}

gboolean
input_hash_add_file (InputHash *hash, const char *name, const char *path, GError **error)
{
  g_autofree char *hex = NULL;
  if (!hash_file (path, &hex, error))
    return FALSE;
  input_hash_add (hash, name, hex);
  return TRUE;
}

char *
input_hash_end (InputHash *hash)
{
  return g_strdup (g_checksum_get_string (hash->sum));
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SHA-256 through nettle, which uses the processor's instructions for it; files in blocks. */
#include "base/hash.h"

#include <errno.h>
#include <fcntl.h>
#include <nettle/sha2.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fd.h"

#define BLOCK_BYTES (256 * 1024)

struct Hash
{
  struct sha256_ctx sha256;
};

Hash *
hash_new (void)
{
  Hash *hash = g_new (Hash, 1);
  sha256_init (&hash->sha256);
  return hash;
}

void
hash_free (Hash *hash)
{
  g_free (hash);
}

void
hash_add (Hash *hash, const void *data, gsize size)
{
  sha256_update (&hash->sha256, size, data);
}

char *
hash_end (Hash *hash)
{
  guint8 digest[SHA256_DIGEST_SIZE];
  GString *hex = g_string_sized_new (2 * sizeof digest);

  sha256_digest (&hash->sha256, sizeof digest, digest);
  for (guint i = 0; i < sizeof digest; i++)
    g_string_append_printf (hex, "%02x", digest[i]);
  return g_string_free (hex, FALSE);
}

static gboolean
hash_fd (Hash *hash, int fd, const char *path, GError **error)
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
      hash_add (hash, block, (gsize) got);
    }
}

gboolean
hash_file (const char *path, char **hex, GError **error)
{
  AUTO_FD fd = open (path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
  if (fd < 0)
    return fail_errno (error, errno, "%s: opening", path);

  g_autoptr (Hash) hash = hash_new ();
  if (!hash_fd (hash, fd, path, error))
    return FALSE;
  *hex = hash_end (hash);
  return TRUE;
}

char *
hash_data (const void *data, gsize size)
{
  g_autoptr (Hash) hash = hash_new ();
  if (size > 0)
    hash_add (hash, data, size);
  return hash_end (hash);
}

struct InputHash
{
  Hash *hash;
};

/* "<length>:<text>,": no two sequences of texts give the same bytes. */
static void
add_text (InputHash *hash, const char *text)
{
  char length[32];
  const gsize size = strlen (text);
  g_snprintf (length, sizeof length, "%" G_GSIZE_FORMAT ":", size);
  hash_add (hash->hash, length, strlen (length));
  hash_add (hash->hash, text, size);
  hash_add (hash->hash, ",", 1);
}

InputHash *
input_hash_new (const char *kind)
{
  InputHash *hash = g_new0 (InputHash, 1);
  hash->hash = hash_new ();
  add_text (hash, kind);
  return hash;
}

void
input_hash_free (InputHash *hash)
{
  if (hash == NULL)
    return;
  hash_free (hash->hash);
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
    hash_add (hash->hash, "-", 1);
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
  return hash_end (hash->hash);
}

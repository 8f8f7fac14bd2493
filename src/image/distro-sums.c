/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Checksum files, strictly; see distro-sums.h. */
#include "image/distro-sums.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/cancel.h"
#include "base/error.h"
#include "base/fd.h"

#define BLOCK (1u << 20)
#define NAME_LETTERS G_CSET_a_2_z G_CSET_A_2_Z G_CSET_DIGITS "-._+~/"

gboolean
sums_type (const char *name, GChecksumType *type)
{
  if (strcmp (name, "sha256") != 0 && strcmp (name, "sha512") != 0)
    return FALSE;
  *type = strcmp (name, "sha256") == 0 ? G_CHECKSUM_SHA256 : G_CHECKSUM_SHA512;
  return TRUE;
}

static gsize
digits_of (GChecksumType type)
{
  return (gsize) g_checksum_type_get_length (type) * 2;
}

static gboolean
is_hex (const char *text, gsize size, gsize digits)
{
  return size == digits && strspn (text, G_CSET_DIGITS "abcdefABCDEF") >= digits;
}

/* "HEX  NAME": where the name begins, or NULL. */
static const char *
name_of (const char *line, GChecksumType type)
{
  const gsize digits = digits_of (type);
  const char *name = line + digits + 2;

  if (strlen (line) < digits + 3 || !is_hex (line, strcspn (line, " "), digits) || line[digits] != ' ' || (line[digits + 1] != ' ' && line[digits + 1] != '*'))
    return NULL;
  return strspn (name, NAME_LETTERS) == strlen (name) ? name : NULL;
}

gboolean
sums_find (const char *text, GChecksumType type, const char *file, char **hex, GError **error)
{
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);
  g_autofree char *found = NULL;

  for (guint i = 0; lines[i]; i++)
    {
      const char *name = name_of (lines[i], type);

      if (!name && (lines[i][0] || lines[i + 1]))
        return fail (error, HARNESS_ERROR_FAILED, "line %u of the checksums is none", i + 1);
      if (!name || strcmp (g_str_has_prefix (name, "./") ? name + 2 : name, file) != 0)
        continue;
      g_autofree char *sum = g_ascii_strdown (lines[i], (gssize) digits_of (type));
      if (found && strcmp (found, sum) != 0)
        return fail (error, HARNESS_ERROR_FAILED, "%s has two checksums", file);
      g_free (found);
      found = g_steal_pointer (&sum);
    }
  if (!found)
    return fail (error, HARNESS_ERROR_FAILED, "%s has no checksum there", file);
  *hex = g_steal_pointer (&found);
  return TRUE;
}

gboolean
sums_parse (const char *text, GChecksumType *type, char **hex, GError **error)
{
  g_auto (GStrv) parts = g_strsplit (text, ":", 2);

  if (g_strv_length (parts) != 2 || !sums_type (parts[0], type) || !is_hex (parts[1], strlen (parts[1]), digits_of (*type)))
    return fail (error, HARNESS_ERROR_USAGE, "\"%s\" is no checksum; try: sha256: and 64 hexadecimal digits, or sha512: and 128", text);
  *hex = g_ascii_strdown (parts[1], -1);
  return TRUE;
}

gboolean
sums_of_file (const char *path, GChecksumType type, char **hex, GError **error)
{
  g_autoptr (GChecksum) checksum = g_checksum_new (type);
  g_autofree guchar *block = g_malloc (BLOCK);
  AUTO_FD fd = open (path, O_RDONLY | O_CLOEXEC);
  ssize_t got = 0;

  if (fd < 0)
    return fail_errno (error, errno, "%s", path);
  while ((got = read (fd, block, BLOCK)) > 0)
    {
      if (!cancel_check (error))
        return FALSE;
      g_checksum_update (checksum, block, got);
    }
  if (got < 0)
    return fail_errno (error, errno, "%s: reading", path);
  *hex = g_strdup (g_checksum_get_string (checksum));
  return TRUE;
}

/* "[GNUPG:] VALIDSIG FINGERPRINT DATE … PRIMARY": the primary key's fingerprint is the last word. GnuPG's doc/DETAILS. */
gboolean
sums_signature_is_good (const char *gpgv_status, const char *fingerprint)
{
  g_auto (GStrv) lines = g_strsplit (gpgv_status, "\n", -1);
  gboolean good = FALSE;

  for (guint i = 0; lines[i]; i++)
    {
      const char *last = strrchr (lines[i], ' ');

      if (g_str_has_prefix (lines[i], "[GNUPG:] BADSIG") || g_str_has_prefix (lines[i], "[GNUPG:] REVKEYSIG") || g_str_has_prefix (lines[i], "[GNUPG:] EXPKEYSIG"))
        return FALSE;
      good = good || (g_str_has_prefix (lines[i], "[GNUPG:] VALIDSIG ") && strcmp (last + 1, fingerprint) == 0);
    }
  return good;
}

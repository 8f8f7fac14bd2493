/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A file of the memo is named by the path's hash and holds what the path was when it was hashed, and the digits: seven lines. */
#include "base/hash-memo.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "base/error.h"
#include "base/files.h"
#include "base/hash.h"

#define NAME_DIGITS 32
#define HEX_DIGITS 64
#define MEMO_LIMIT 16384
#define SETTLED_S 2 /* coarser than the time stamps of any file system that Linux builds on */

static gboolean
identify (const char *path, struct stat *st, char **identity, GError **error)
{
  if (stat (path, st) < 0)
    return fail_errno (error, errno, "%s: looking at", path);
  *identity = g_strdup_printf ("%s\ndevice %" G_GUINT64_FORMAT "\ninode %" G_GUINT64_FORMAT "\nsize %" G_GUINT64_FORMAT "\nmtime %" G_GINT64_FORMAT
                               ".%09ld\nctime %" G_GINT64_FORMAT ".%09ld\n",
                               path, (guint64) st->st_dev, (guint64) st->st_ino, (guint64) st->st_size, (gint64) st->st_mtim.tv_sec, st->st_mtim.tv_nsec,
                               (gint64) st->st_ctim.tv_sec, st->st_ctim.tv_nsec);
  return TRUE;
}

static char *
memo_path (const char *memo_dir, const char *path)
{
  g_autofree char *name = hash_data (path, strlen (path));
  name[NAME_DIGITS] = '\0';
  return g_build_filename (memo_dir, name, NULL);
}

/* The digits, if the memo is of this very identity. */
static char *
recall (const char *memo, const char *identity)
{
  g_autofree char *text = NULL;
  if (!files_read (memo, MEMO_LIMIT, &text, NULL, NULL) || !g_str_has_prefix (text, identity))
    return NULL;
  const char *hex = text + strlen (identity);
  if (strlen (hex) != HEX_DIGITS + 1 || strspn (hex, "0123456789abcdef") != HEX_DIGITS || hex[HEX_DIGITS] != '\n')
    return NULL;
  return g_strndup (hex, HEX_DIGITS);
}

static gboolean
is_settled (const struct stat *st, time_t now)
{
  return st->st_mtim.tv_sec + SETTLED_S < now && st->st_ctim.tv_sec + SETTLED_S < now;
}

/* A memo that cannot be written is none: the file is hashed again next time. */
static void
remember (const char *memo, const char *identity, const char *hex)
{
  g_autofree char *dir = g_path_get_dirname (memo);
  g_autofree char *text = g_strconcat (identity, hex, "\n", NULL);
  g_autoptr (GError) error = NULL;
  if (!files_make_dir (dir, &error) || !files_write (memo, text, -1, &error))
    g_debug ("%s", error->message);
}

gboolean
hash_file_remembered (const char *memo_dir, const char *path, char **hex, GError **error)
{
  if (memo_dir == NULL)
    return hash_file (path, hex, error);

  g_autofree char *absolute = g_canonicalize_filename (path, NULL);
  g_autofree char *memo = memo_path (memo_dir, absolute);
  g_autofree char *before = NULL;
  g_autofree char *after = NULL;
  g_autofree char *digits = NULL;
  struct stat st;
  const time_t now = time (NULL);
  if (!identify (absolute, &st, &before, error))
    return FALSE;
  digits = recall (memo, before);
  if (digits == NULL)
    {
      if (!hash_file (absolute, &digits, error))
        return FALSE;
      if (is_settled (&st, now) && identify (absolute, &st, &after, NULL) && strcmp (before, after) == 0)
        remember (memo, before, digits);
    }
  *hex = g_steal_pointer (&digits);
  return TRUE;
}

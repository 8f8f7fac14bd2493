/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Archives to memory; see archive.h. Nothing is written to disk, so a link or a name that leads out could do no harm: they are refused all the same,
 * because no honest archive has them. The formats and filters are named one by one: libarchive would start programs for some others.
 */
#include "submission/archive.h"

#include <locale.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "submission/wanted.h"

#define NAME_BYTES_MAX 1024u
#define FILE_BLOCK 65536u

typedef struct
{
  const char *data; /* of a file: its first bytes */
  gsize size;
  int fd; /* -1: `data` is all of it */
} PackedBytes;

typedef struct
{
  RawSet *set;
  const char *shown, *prefix;
  GHashTable *links; /* names of symbolic links seen */
} Unpack;

static void
unpack_clear (Unpack *unpack)
{
  if (unpack->links != NULL)
    g_hash_table_unref (unpack->links);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Unpack, unpack_clear)

/* --- names ------------------------------------------------------------------------------------ */

/* The entry's name with '/' between folders, without "./". Bytes where the archive has bytes; never NULL. */
static char *
entry_name (const Unpack *unpack, struct archive_entry *entry)
{
  const char *bytes = archive_entry_pathname (entry);
  const char *name = bytes != NULL ? bytes : archive_entry_pathname_utf8 (entry);
  if (name == NULL)
    return g_strdup_printf ("entry-%" G_GINT64_FORMAT, unpack->set->walk.entries);
  char *copy = g_strdup (name);
  if (strchr (copy, '/') == NULL)
    g_strdelimit (copy, "\\", '/');
  while (g_str_has_prefix (copy, "./"))
    memmove (copy, copy + 2, strlen (copy) - 1);
  return copy;
}

/* Does a folder of the name's stand as a link in the archive? */
static gboolean
passes_link (const Unpack *unpack, const char *name)
{
  for (const char *slash = strchr (name, '/'); slash != NULL; slash = strchr (slash + 1, '/'))
    {
      g_autofree char *folder = g_strndup (name, (gsize) (slash - name));
      if (g_hash_table_contains (unpack->links, folder))
        return TRUE;
    }
  return FALSE;
}

static gboolean
check_name (const Unpack *unpack, const char *name, GError **error)
{
  if (strlen (name) > NAME_BYTES_MAX)
    return fail (error, HARNESS_ERROR_USAGE, "%s: a name in it has more than %u bytes", unpack->shown, NAME_BYTES_MAX);
  g_autofree char *shown = name_shown (name);
  if (!archive_path_is_inside (name) || (g_ascii_isalpha (name[0]) && name[1] == ':' && name[2] == '/'))
    return fail (error, HARNESS_ERROR_USAGE, "%s: \"%s\" would leave the folder it is unpacked in", unpack->shown, shown);
  if (raw_depth (name) > SUBMISSION_DEPTH_MAX)
    return fail (error, HARNESS_ERROR_USAGE, "%s: folders in it are more than %d deep", unpack->shown, SUBMISSION_DEPTH_MAX);
  return !passes_link (unpack, name) || fail (error, HARNESS_ERROR_USAGE, "%s: \"%s\" goes through a symbolic link", unpack->shown, shown);
}

/* --- data ------------------------------------------------------------------------------------- */

typedef struct
{
  ArchiveWalk *walk;
  GByteArray *data;
  gsize max;
  gboolean over;
} Take;

static gboolean
take_block (const void *block, gsize size, gint64 offset, gpointer user, GError **error)
{
  Take *take = user;
  const gsize end = (gsize) offset + size;
  if (!take->over && end > take->max)
    {
      take->over = TRUE;
      if (!archive_walk_passed_over (take->walk, take->data->len, error))
        return FALSE;
      g_byte_array_set_size (take->data, 0);
    }
  if (take->over)
    return archive_walk_passed_over (take->walk, (gint64) size, error);
  const gsize before = take->data->len;
  if (end > before)
    {
      g_byte_array_set_size (take->data, (guint) end);
      memset (take->data->data + before, 0, end - before);
    }
  if (size > 0)
    memcpy (take->data->data + offset, block, size);
  return TRUE;
}

/* *data NULL: it is larger than may be. */
static gboolean
read_data (ArchiveWalk *walk, Archive *reader, gsize max, char **data, gsize *size, GError **error)
{
  g_autoptr (GByteArray) bytes = g_byte_array_new ();
  Take take = { .walk = walk, .data = bytes, .max = max };
  if (!archive_walk_data (walk, reader, take_block, &take, error))
    return FALSE;
  *size = bytes->len;
  *data = NULL;
  if (take.over)
    return TRUE;
  g_byte_array_append (bytes, (const guint8 *) "", 1);
  *data = (char *) g_byte_array_free (g_steal_pointer (&bytes), FALSE);
  return TRUE;
}

static gboolean
take_file (Unpack *unpack, ArchiveWalk *walk, Archive *reader, const char *name, GError **error)
{
  char *data;
  gsize size;
  g_autofree char *full = g_strconcat (unpack->prefix, name, NULL);
  if (!read_data (walk, reader, raw_size_max (full), &data, &size, error))
    return FALSE;
  const gboolean counted = data != NULL;
  return raw_set_add (unpack->set, full, data, size) || !counted || archive_walk_passed_over (walk, (gint64) size, error);
}

/* What is too large by its own account is not unpacked; its name is told. */
static gboolean
take_or_pass_over (Unpack *unpack, ArchiveWalk *walk, Archive *reader, struct archive_entry *entry, const char *name, GError **error)
{
  g_autofree char *full = g_strconcat (unpack->prefix, name, NULL);
  const gboolean wanted = wanted_by_name (full);
  if (wanted && (!archive_entry_size_is_set (entry) || archive_entry_size (entry) <= (gint64) raw_size_max (full)))
    return take_file (unpack, walk, reader, name, error);
  if (wanted)
    raw_set_add (unpack->set, full, NULL, 0);
  else
    raw_set_pass_over (unpack->set);
  return archive_walk_data (walk, reader, NULL, NULL, error);
}

static gboolean
take_entry (ArchiveWalk *walk, Archive *reader, struct archive_entry *entry, gpointer user, GError **error)
{
  Unpack *unpack = user;
  g_autofree char *name = entry_name (unpack, entry);
  if (archive_entry_is_encrypted (entry))
    return fail (error, HARNESS_ERROR_USAGE, "%s: is encrypted; hand it in without a password", unpack->shown);
  if (!check_name (unpack, name, error))
    return FALSE;
  const mode_t type = archive_entry_filetype (entry);
  if (type == AE_IFLNK || archive_entry_hardlink (entry) != NULL)
    {
      unpack->set->links++;
      if (type == AE_IFLNK)
        g_hash_table_add (unpack->links, g_strdup (name));
      return archive_walk_data (walk, reader, NULL, NULL, error);
    }
  if (type == AE_IFDIR)
    return TRUE;
  if (type != AE_IFREG)
    {
      unpack->set->specials++;
      return archive_walk_data (walk, reader, NULL, NULL, error);
    }
  return take_or_pass_over (unpack, walk, reader, entry, name, error);
}

/* --- archives --------------------------------------------------------------------------------- */

static Archive *
make_reader (gboolean raw)
{
  Archive *reader = archive_read_new ();
  archive_read_support_filter_gzip (reader);
  archive_read_support_filter_bzip2 (reader);
  archive_read_support_filter_xz (reader);
  archive_read_support_filter_lzma (reader);
  archive_read_support_filter_zstd (reader);
  if (raw)
    archive_read_support_format_raw (reader);
  else
    {
      archive_read_support_format_tar (reader);
      archive_read_support_format_gnutar (reader);
      archive_read_support_format_zip (reader);
      archive_read_support_format_7zip (reader);
      archive_read_support_format_rar (reader);
      archive_read_support_format_rar5 (reader);
    }
  return reader;
}

static gboolean
open_bytes (Archive *reader, const PackedBytes *bytes)
{
  if (bytes->fd < 0)
    return archive_read_open_memory (reader, bytes->data, bytes->size) == ARCHIVE_OK;
  return lseek (bytes->fd, 0, SEEK_SET) == 0 && archive_read_open_fd (reader, bytes->fd, FILE_BLOCK) == ARCHIVE_OK;
}

static gboolean
walk_archive (Unpack *unpack, Archive *reader, const PackedBytes *bytes, GError **error)
{
  ArchiveWalk *walk = &unpack->set->walk;
  walk->what = unpack->shown;
  if (!open_bytes (reader, bytes))
    return archive_read_failed (walk, reader, error);
  const gboolean ok = archive_walk (walk, reader, take_entry, unpack, error);
  if (ok || archive_read_has_encrypted_entries (reader) <= 0)
    return ok;
  g_clear_error (error);
  return fail (error, HARNESS_ERROR_USAGE, "%s: is encrypted; hand it in without a password", unpack->shown);
}

/* "x.patch.gz" to "x.patch", the name of the one file in it. */
static char *
inner_name (const char *shown)
{
  g_autofree char *base = g_path_get_basename (shown);
  char *dot = strrchr (base, '.');
  if (dot != NULL && dot != base)
    *dot = '\0';
  return g_steal_pointer (&base);
}

/* One file that is compressed: its name is the archive's without the suffix. */
static gboolean
read_single (Unpack *unpack, const PackedBytes *bytes, GError **error)
{
  g_autoptr (Archive) reader = make_reader (TRUE);
  g_autofree char *name = inner_name (unpack->shown);
  ArchiveWalk *walk = &unpack->set->walk;
  struct archive_entry *entry;
  walk->what = unpack->shown;
  if (!open_bytes (reader, bytes) || archive_read_next_header (reader, &entry) < ARCHIVE_WARN
      || archive_filter_code (reader, 0) == ARCHIVE_FILTER_NONE)
    return archive_read_failed (walk, reader, error);
  walk->entries++;
  return take_file (unpack, walk, reader, name, error);
}

static gboolean
is_compressed (const PackedBytes *bytes)
{
  const char *what;
  return format_of (bytes->data, bytes->size, &what) == FORMAT_ARCHIVE && g_str_has_suffix (what, " data");
}

/* A compressed file that is no tar: it fails at the first entry, before anything was taken. */
static gboolean
read_any (Unpack *unpack, const PackedBytes *bytes, GError **error)
{
  g_autoptr (Archive) reader = make_reader (FALSE);
  g_autoptr (GError) cause = NULL;
  const gint64 entries = unpack->set->walk.entries;
  if (walk_archive (unpack, reader, bytes, &cause))
    return TRUE;
  if (is_compressed (bytes) && unpack->set->walk.entries == entries && g_error_matches (cause, HARNESS_ERROR, HARNESS_ERROR_USAGE)
      && read_single (unpack, bytes, NULL))
    return TRUE;
  g_propagate_error (error, g_steal_pointer (&cause));
  return FALSE;
}

/*
 * libarchive gives names in the locale's letters, and none where it has no such letter: names are bytes here, UTF-8 if the archive says so, in
 * whatever locale the grader runs. Every glibc of today has C.UTF-8.
 */
static gboolean
read_in_utf8 (Unpack *unpack, const PackedBytes *bytes, GError **error)
{
  const locale_t utf8 = newlocale (LC_CTYPE_MASK, "C.UTF-8", (locale_t) 0);
  const locale_t before = utf8 != (locale_t) 0 ? uselocale (utf8) : (locale_t) 0;
  const gboolean ok = read_any (unpack, bytes, error);
  if (utf8 != (locale_t) 0)
    {
      uselocale (before);
      freelocale (utf8);
    }
  return ok;
}

static gboolean
read_bytes (const char *shown, const char *prefix, const PackedBytes *bytes, RawSet *set, Fault **fault, GError **error)
{
  g_auto (Unpack) unpack = { .set = set, .shown = shown, .prefix = prefix };
  g_autoptr (GError) cause = NULL;
  unpack.links = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  if (read_in_utf8 (&unpack, bytes, &cause))
    return TRUE;
  if (g_error_matches (cause, HARNESS_ERROR, HARNESS_ERROR_USAGE))
    *fault = fault_new (STAGE_INGEST, NULL, "%s; " SUBMISSION_WANTED, cause->message);
  else
    g_propagate_error (error, g_steal_pointer (&cause));
  return FALSE;
}

gboolean
submission_read_archive (const char *shown, const char *prefix, const char *data, gsize size, RawSet *set, Fault **fault, GError **error)
{
  const PackedBytes bytes = { data, size, -1 };
  return read_bytes (shown, prefix, &bytes, set, fault, error);
}

gboolean
submission_read_archive_file (const char *shown, int fd, const char *head, gsize head_size, RawSet *set, Fault **fault, GError **error)
{
  const PackedBytes bytes = { head, head_size, fd };
  return read_bytes (shown, "", &bytes, set, fault, error);
}

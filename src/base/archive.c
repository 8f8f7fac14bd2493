/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Walking archives under limits; see archive.h. */
#include "base/archive.h"

#include "base/cancel.h"
#include "base/error.h"

void
archive_reader_free (Archive *reader)
{
  archive_read_free (reader);
}

gboolean
archive_path_is_inside (const char *path)
{
  g_auto (GStrv) parts = g_strsplit (path, "/", -1);
  return path[0] != '/' && !g_strv_contains ((const char *const *) parts, "..");
}

gboolean
archive_read_failed (const ArchiveWalk *walk, Archive *reader, GError **error)
{
  const char *why = archive_error_string (reader);
  return fail (error, HARNESS_ERROR_USAGE, "%s: not a readable archive: %s", walk->what, why != NULL ? why : "damaged");
}

static gboolean
count_bytes (ArchiveWalk *walk, gint64 size, GError **error)
{
  walk->bytes += size;
  if (walk->bytes <= walk->bytes_max)
    return TRUE;
  if (walk->bytes_max >= 1 << 30)
    return fail (error, HARNESS_ERROR_USAGE, "%s: more than %d GiB when unpacked", walk->what, (int) (walk->bytes_max >> 30));
  return fail (error, HARNESS_ERROR_USAGE, "%s: more than %d MiB when unpacked", walk->what, (int) (walk->bytes_max >> 20));
}

/* The offset is the archive's word (a sparse file may say anything): it is checked against the limit like the bytes. */
gboolean
archive_walk_data (ArchiveWalk *walk, Archive *reader, ArchiveBlockFunc func, gpointer user, GError **error)
{
  const void *block;
  size_t size;
  la_int64_t offset;
  int result;
  while ((result = archive_read_data_block (reader, &block, &size, &offset)) == ARCHIVE_OK)
    {
      if (!cancel_check (error) || !count_bytes (walk, (gint64) size, error))
        return FALSE;
      if (offset < 0 || offset > walk->bytes_max)
        return fail (error, HARNESS_ERROR_USAGE, "%s: a file in it claims to be larger than all may be", walk->what);
      if (func != NULL && !func (block, size, offset, user, error))
        return FALSE;
    }
  return result == ARCHIVE_EOF || archive_read_failed (walk, reader, error);
}

gboolean
archive_walk (ArchiveWalk *walk, Archive *reader, ArchiveEntryFunc func, gpointer user, GError **error)
{
  struct archive_entry *entry;
  int result;
  while ((result = archive_read_next_header (reader, &entry)) >= ARCHIVE_WARN && result != ARCHIVE_EOF)
    {
      if (!cancel_check (error))
        return FALSE;
      if (++walk->entries > walk->entries_max)
        return fail (error, HARNESS_ERROR_USAGE, "%s: more than %" G_GINT64_FORMAT " files", walk->what, walk->entries_max);
      if (!func (walk, reader, entry, user, error))
        return FALSE;
    }
  return result == ARCHIVE_EOF || archive_read_failed (walk, reader, error);
}

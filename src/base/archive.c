/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Walking archives under limits; see archive.h. */
#include "base/archive.h"

#include <string.h>
#include <time.h>

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

gint64
archive_thread_us (void)
{
  struct timespec now = { 0 };
  clock_gettime (CLOCK_THREAD_CPUTIME_ID, &now);
  return now.tv_sec * G_USEC_PER_SEC + now.tv_nsec / 1000;
}

static gboolean
check_time (const ArchiveWalk *walk, GError **error)
{
  if (walk->end_us == 0 || archive_thread_us () < walk->end_us)
    return TRUE;
  return fail (error, HARNESS_ERROR_FAILED, "%s: unpacking it takes too long; try: unpack it, and grade the folder", walk->what);
}

static gboolean
fail_size (const ArchiveWalk *walk, gint64 max, GError **error)
{
  const gboolean large = max >= 1 << 30;
  return fail (error, HARNESS_ERROR_USAGE, "%s: more than %d %s when unpacked", walk->what, (int) (max >> (large ? 30 : 20)), large ? "GiB" : "MiB");
}

static gboolean
count_bytes (ArchiveWalk *walk, gint64 size, gboolean skipped, GError **error)
{
  gint64 *const bytes = skipped ? &walk->skipped : &walk->bytes;
  const gint64 max = skipped ? walk->skipped_max : walk->bytes_max;
  *bytes += size;
  return check_time (walk, error) && (*bytes <= max || fail_size (walk, max, error));
}

gboolean
archive_walk_passed_over (ArchiveWalk *walk, gint64 size, GError **error)
{
  if (walk->skipped_max == 0)
    return TRUE;
  walk->bytes -= size;
  return count_bytes (walk, size, TRUE, error);
}

/* Zip alone says where the next entry begins: nothing is unpacked to get there. */
static gboolean
skip_unread (const ArchiveWalk *walk, Archive *reader)
{
  return walk->skipped_max > 0 && archive_format (reader) == ARCHIVE_FORMAT_ZIP && archive_read_data_skip (reader) == ARCHIVE_OK;
}

/* The offset is the archive's word (a sparse file may say anything): it is checked against the limit like the bytes. */
gboolean
archive_walk_data (ArchiveWalk *walk, Archive *reader, ArchiveBlockFunc func, gpointer user, GError **error)
{
  const void *block;
  size_t size;
  la_int64_t offset;
  int result;
  if (func == NULL && skip_unread (walk, reader))
    return TRUE;
  while ((result = archive_read_data_block (reader, &block, &size, &offset)) == ARCHIVE_OK)
    {
      if (!cancel_check (error) || !count_bytes (walk, (gint64) size, func == NULL && walk->skipped_max > 0, error))
        return FALSE;
      if (offset < 0 || (func != NULL && offset > walk->bytes_max))
        return fail (error, HARNESS_ERROR_USAGE, "%s: a file in it claims to be larger than all may be", walk->what);
      if (func != NULL && !func (block, size, offset, user, error))
        return FALSE;
    }
  return result == ARCHIVE_EOF || archive_read_failed (walk, reader, error);
}

static gboolean
count_name (ArchiveWalk *walk, struct archive_entry *entry, GError **error)
{
  const char *name = archive_entry_pathname (entry);
  walk->names += name != NULL ? (gint64) strlen (name) : 0;
  if (++walk->entries > walk->entries_max)
    return fail (error, HARNESS_ERROR_USAGE, "%s: more than %" G_GINT64_FORMAT " files", walk->what, walk->entries_max);
  if (walk->names_max > 0 && walk->names > walk->names_max)
    return fail (error, HARNESS_ERROR_USAGE, "%s: names of more than %d MiB", walk->what, (int) (walk->names_max >> 20));
  return check_time (walk, error);
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
      if (!count_name (walk, entry, error))
        return FALSE;
      if (!func (walk, reader, entry, user, error))
        return FALSE;
    }
  return result == ARCHIVE_EOF || archive_read_failed (walk, reader, error);
}

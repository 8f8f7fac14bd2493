/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Walks an archive that nobody vouches for: its entries and their data, counted against limits, interruptible. Every byte that is
 * unpacked passes a limit, also of entries that the caller has no use for: but for zip, to skip is to unpack.
 */
#pragma once
#include <archive.h>
#include <archive_entry.h>
#include <glib.h>

typedef struct archive Archive;
void archive_reader_free (Archive *reader);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Archive, archive_reader_free)

typedef struct {
  const char *what;           /* the archive, for errors */
  gint64 entries_max, bytes_max;
  gint64 names_max, skipped_max; /* bytes of all names, 0: any; bytes that were passed over, 0: they count with the others */
  gint64 end_us;              /* by archive_thread_us(); 0: whenever */
  gint64 entries, bytes, names, skipped; /* so far; several archives may share one account */
} ArchiveWalk;

/* Errors of the archive itself (damaged, too large, leads out) are HARNESS_ERROR_USAGE, from here and by convention from these functions. */
typedef gboolean (*ArchiveEntryFunc) (ArchiveWalk *walk, Archive *reader, struct archive_entry *entry, gpointer user, GError **error);
typedef gboolean (*ArchiveBlockFunc) (const void *block, gsize size, gint64 offset, gpointer user, GError **error);

gboolean archive_walk (ArchiveWalk *walk, Archive *reader, ArchiveEntryFunc func, gpointer user, GError **error);
/* The data of the entry at hand, block by block; func NULL: it is passed over. */
gboolean archive_walk_data (ArchiveWalk *walk, Archive *reader, ArchiveBlockFunc func, gpointer user, GError **error);
/* Microseconds of processor time that this thread has had: what is unpacked takes as many on a machine that has much else to do. */
gint64 archive_thread_us (void);
/* So many of the bytes that were counted were passed over after all. */
gboolean archive_walk_passed_over (ArchiveWalk *walk, gint64 size, GError **error);
/* FALSE with the reader's own words. */
gboolean archive_read_failed (const ArchiveWalk *walk, Archive *reader, GError **error);
/* A relative path without "..": it stays where it is unpacked, as far as no link leads out. */
gboolean archive_path_is_inside (const char *path);

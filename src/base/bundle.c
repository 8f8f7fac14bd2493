/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Writing and reading bundles; see bundle.h. The manifest is
 *     <name> TAB <size> TAB <sha256>      one line a piece, in order
 */
#include "base/bundle.h"

#include <string.h>

#include "base/archive.h"
#include "base/error.h"
#include "base/hash.h"

#define MANIFEST "manifest"
#define MODE 0644

typedef struct {
  char *name;
  GBytes *bytes;
} Item;

struct Bundle {
  GPtrArray *items; /* of Item */
};

static void
item_free (gpointer data)
{
  Item *item = data;

  g_free (item->name);
  g_bytes_unref (item->bytes);
  g_free (item);
}

Bundle *
bundle_new (void)
{
  Bundle *bundle = g_new0 (Bundle, 1);

  bundle->items = g_ptr_array_new_with_free_func (item_free);
  return bundle;
}

void
bundle_free (Bundle *bundle)
{
  if (!bundle)
    return;
  g_ptr_array_unref (bundle->items);
  g_free (bundle);
}

void
bundle_add (Bundle *bundle, const char *name, GBytes *bytes)
{
  Item *item = g_new0 (Item, 1);

  g_assert (bundle->items->len < BUNDLE_ITEMS_MAX && strpbrk (name, "/\t\n") == NULL);
  item->name = g_strdup (name);
  item->bytes = g_bytes_ref (bytes);
  g_ptr_array_add (bundle->items, item);
}

void
bundle_add_text (Bundle *bundle, const char *name, const char *text)
{
  g_autoptr (GBytes) bytes = g_bytes_new (text, strlen (text));

  bundle_add (bundle, name, bytes);
}

guint
bundle_count (const Bundle *bundle)
{
  return bundle->items->len;
}

GBytes *
bundle_find (const Bundle *bundle, const char *name)
{
  for (guint i = 0; i < bundle->items->len; i++)
    {
      const Item *item = g_ptr_array_index (bundle->items, i);

      if (strcmp (item->name, name) == 0)
        return item->bytes;
    }
  return NULL;
}

/* Of the first n pieces. */
static char *
manifest_of (const Bundle *bundle, guint n)
{
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < n; i++)
    {
      const Item *item = g_ptr_array_index (bundle->items, i);
      gsize size;
      const void *data = g_bytes_get_data (item->bytes, &size);
      g_autofree char *hex = hash_data (data, size);

      g_string_append_printf (text, "%s\t%" G_GSIZE_FORMAT "\t%s\n", item->name, size, hex);
    }
  return g_string_free (text, FALSE);
}

/* --- writing ---------------------------------------------------------------------------------- */

static la_ssize_t
take_bytes (Archive *archive, void *user, const void *data, size_t size)
{
  (void) archive;
  g_byte_array_append (user, data, (guint) size);
  return (la_ssize_t) size;
}

static gboolean
write_failed (Archive *archive, GError **error)
{
  const char *why = archive_error_string (archive);

  return fail (error, HARNESS_ERROR_FAILED, "writing an archive: %s", why ? why : "failed");
}

static gboolean
write_item (Archive *archive, const char *name, GBytes *bytes, GError **error)
{
  struct archive_entry *entry = archive_entry_new ();
  gsize size;
  const void *data = g_bytes_get_data (bytes, &size);
  gboolean ok;

  archive_entry_set_pathname (entry, name);
  archive_entry_set_filetype (entry, AE_IFREG);
  archive_entry_set_perm (entry, MODE);
  archive_entry_set_mtime (entry, 0, 0);
  archive_entry_set_size (entry, (gint64) size);
  ok = archive_write_header (archive, entry) == ARCHIVE_OK &&
       (size == 0 || archive_write_data (archive, data, size) == (la_ssize_t) size);
  archive_entry_free (entry);
  return ok || write_failed (archive, error);
}

static gboolean
write_items (const Bundle *bundle, Archive *archive, GByteArray *out, GError **error)
{
  g_autofree char *manifest = manifest_of (bundle, bundle->items->len);
  g_autoptr (GBytes) last = g_bytes_new (manifest, strlen (manifest));

  if (archive_write_set_format_ustar (archive) != ARCHIVE_OK ||
      archive_write_add_filter_zstd (archive) != ARCHIVE_OK ||
      archive_write_set_bytes_in_last_block (archive, 1) != ARCHIVE_OK ||
      archive_write_open (archive, out, NULL, take_bytes, NULL) != ARCHIVE_OK)
    return write_failed (archive, error);
  for (guint i = 0; i < bundle->items->len; i++)
    {
      const Item *item = g_ptr_array_index (bundle->items, i);

      if (!write_item (archive, item->name, item->bytes, error))
        return FALSE;
    }
  return write_item (archive, MANIFEST, last, error) &&
         (archive_write_close (archive) == ARCHIVE_OK || write_failed (archive, error));
}

gboolean
bundle_write (const Bundle *bundle, GBytes **file, GError **error)
{
  Archive *archive = archive_write_new ();
  g_autoptr (GByteArray) out = g_byte_array_new ();
  const gboolean ok = write_items (bundle, archive, out, error);

  archive_write_free (archive);
  if (ok)
    *file = g_byte_array_free_to_bytes (g_steal_pointer (&out));
  return ok;
}

/* --- reading ---------------------------------------------------------------------------------- */

static gboolean
append_block (const void *block, gsize size, gint64 offset, gpointer user, GError **error)
{
  GByteArray *data = user;

  if (offset != (gint64) data->len)
    return fail (error, HARNESS_ERROR_FAILED, "a piece with holes");
  g_byte_array_append (data, block, (guint) size);
  return TRUE;
}

static gboolean
is_piece (struct archive_entry *entry)
{
  const char *name = archive_entry_pathname (entry);

  return name && name[0] && !strpbrk (name, "/\t\n") && archive_entry_filetype (entry) == AE_IFREG &&
         !archive_entry_hardlink (entry);
}

static gboolean
take_entry (ArchiveWalk *walk, Archive *reader, struct archive_entry *entry, gpointer user, GError **error)
{
  Bundle *bundle = user;
  g_autoptr (GByteArray) data = g_byte_array_new ();
  g_autoptr (GBytes) bytes = NULL;

  if (!is_piece (entry) || bundle_find (bundle, archive_entry_pathname (entry)) ||
      bundle->items->len == BUNDLE_ITEMS_MAX)
    return fail (error, HARNESS_ERROR_FAILED, "a piece that is none");
  if (!archive_walk_data (walk, reader, append_block, data, error))
    return FALSE;
  bytes = g_byte_array_free_to_bytes (g_steal_pointer (&data));
  bundle_add (bundle, archive_entry_pathname (entry), bytes);
  return TRUE;
}

static gboolean
read_items (const void *data, gsize size, gint64 max, Bundle *bundle, GError **error)
{
  g_autoptr (Archive) reader = archive_read_new ();
  ArchiveWalk walk = { .what = "it", .entries_max = BUNDLE_ITEMS_MAX, .bytes_max = max };

  if (archive_read_support_filter_zstd (reader) != ARCHIVE_OK ||
      archive_read_support_format_tar (reader) != ARCHIVE_OK ||
      archive_read_open_memory (reader, data, size) != ARCHIVE_OK)
    return archive_read_failed (&walk, reader, error);
  return archive_walk (&walk, reader, take_entry, bundle, error);
}

/* The manifest is the last piece, and is taken off. */
static gboolean
check_manifest (Bundle *bundle, GError **error)
{
  const guint n = bundle->items->len;
  const Item *last = n > 0 ? g_ptr_array_index (bundle->items, n - 1) : NULL;
  g_autofree char *manifest = last ? manifest_of (bundle, n - 1) : NULL;

  if (!last || strcmp (last->name, MANIFEST) != 0 || g_bytes_get_size (last->bytes) != strlen (manifest) ||
      memcmp (g_bytes_get_data (last->bytes, NULL), manifest, strlen (manifest)) != 0)
    return fail (error, HARNESS_ERROR_FAILED, "damaged: it is not what its manifest says");
  g_ptr_array_remove_index (bundle->items, n - 1);
  return TRUE;
}

gboolean
bundle_read (const void *data, gsize size, gint64 max, Bundle **bundle, GError **error)
{
  g_autoptr (Bundle) read = bundle_new ();
  g_autoptr (GError) failure = NULL;

  if (!read_items (data, size, max, read, &failure))
    {
      if (g_error_matches (failure, HARNESS_ERROR, HARNESS_ERROR_INTERRUPTED))
        {
          g_propagate_error (error, g_steal_pointer (&failure));
          return FALSE;
        }
      return fail (error, HARNESS_ERROR_FAILED, "damaged: %s", failure->message);
    }
  if (!check_manifest (read, error))
    return FALSE;
  *bundle = g_steal_pointer (&read);
  return TRUE;
}

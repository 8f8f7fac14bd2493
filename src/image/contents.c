/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What goes into an image, and its archives; see contents.h. */
#include "image/contents.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/hash.h"

struct Contents {
  GTree *items; /* target -> ContentItem, in order of target */
};

static void
item_free (gpointer data)
{
  ContentItem *item = data;

  g_free (item->target);
  g_free (item->source);
  g_clear_pointer (&item->bytes, g_bytes_unref);
  g_free (item);
}

static gint
compare (gconstpointer a, gconstpointer b, gpointer unused)
{
  (void) unused;
  return strcmp (a, b);
}

Contents *
contents_new (void)
{
  Contents *contents = g_new0 (Contents, 1);

  contents->items = g_tree_new_full (compare, NULL, NULL, item_free);
  return contents;
}

void
contents_free (Contents *contents)
{
  if (!contents)
    return;
  g_tree_unref (contents->items);
  g_free (contents);
}

static ContentItem *
add (Contents *contents, const char *target, guint mode)
{
  g_autofree char *parent = g_path_get_dirname (target);
  ContentItem *item = g_tree_lookup (contents->items, target);

  if (item)
    return NULL;
  if (strcmp (parent, ".") != 0)
    contents_add_dir (contents, parent);
  item = g_new0 (ContentItem, 1);
  item->target = g_strdup (target);
  item->mode = mode;
  g_tree_insert (contents->items, item->target, item);
  return item;
}

void
contents_add_dir (Contents *contents, const char *target)
{
  add (contents, target, S_IFDIR | 0755);
}

void
contents_add_file (Contents *contents, const char *target, const char *source, guint permissions)
{
  ContentItem *item = add (contents, target, S_IFREG | permissions);

  if (item)
    item->source = g_strdup (source);
}

void
contents_add_bytes (Contents *contents, const char *target, GBytes *bytes, guint permissions)
{
  ContentItem *item = add (contents, target, S_IFREG | permissions);

  if (item)
    item->bytes = g_bytes_ref (bytes);
}

void
contents_add_device (Contents *contents, const char *target, guint major, guint minor)
{
  ContentItem *item = add (contents, target, S_IFCHR | 0600);

  if (!item)
    return;
  item->major = major;
  item->minor = minor;
}

/* The item's bytes; NULL without an error for what has none. */
static gboolean
item_bytes (const ContentItem *item, GBytes **bytes, GError **error)
{
  g_autoptr (GMappedFile) file = NULL;

  if (!item->source)
    {
      *bytes = item->bytes ? g_bytes_ref (item->bytes) : NULL;
      return TRUE;
    }
  file = g_mapped_file_new (item->source, FALSE, error);
  if (!file)
    return FALSE;
  *bytes = g_mapped_file_get_bytes (file);
  return TRUE;
}

typedef struct {
  GString *text;
  struct archive *archive;
  GError **error;
} Walk;

static gboolean
describe_item (gpointer target, gpointer value, gpointer user)
{
  const ContentItem *item = value;
  Walk *walk = user;
  g_autoptr (GBytes) bytes = NULL;
  g_autofree char *sha256 = NULL;

  if (!item_bytes (item, &bytes, walk->error))
    return TRUE;
  sha256 = bytes ? hash_data (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes)) : g_strdup_printf ("%064u", 0);
  g_string_append_printf (walk->text, "%s %06o %s\n", sha256, item->mode, (const char *) target);
  return FALSE;
}

gboolean
contents_describe (const Contents *contents, char **text, GError **error)
{
  g_autoptr (GError) failure = NULL;
  Walk walk = { .text = g_string_new (NULL), .error = &failure };

  g_tree_foreach (contents->items, describe_item, &walk);
  if (failure)
    {
      g_string_free (walk.text, TRUE);
      return fail (error, HARNESS_ERROR_FAILED, "%s", failure->message);
    }
  *text = g_string_free (walk.text, FALSE);
  return TRUE;
}

static gboolean
archive_fail (struct archive *archive, const char *what, GError **error)
{
  return fail (error, HARNESS_ERROR_FAILED, "%s: %s", what, archive_error_string (archive) ?: "archive error");
}

static gboolean
write_item (gpointer target, gpointer value, gpointer user)
{
  const ContentItem *item = value;
  Walk *walk = user;
  g_autoptr (GBytes) bytes = NULL;
  struct archive_entry *entry;
  gsize size;
  gboolean ok;

  if (!item_bytes (item, &bytes, walk->error))
    return TRUE;
  size = bytes ? g_bytes_get_size (bytes) : 0;
  entry = archive_entry_new ();
  archive_entry_set_pathname (entry, target);
  archive_entry_set_mode (entry, item->mode);
  archive_entry_set_mtime (entry, 0, 0);
  archive_entry_set_size (entry, (gint64) size);
  archive_entry_set_rdevmajor (entry, item->major);
  archive_entry_set_rdevminor (entry, item->minor);
  ok = archive_write_header (walk->archive, entry) == ARCHIVE_OK &&
       (!size || archive_write_data (walk->archive, g_bytes_get_data (bytes, NULL), size) == (la_ssize_t) size);
  archive_entry_free (entry);
  return ok ? FALSE : !archive_fail (walk->archive, target, walk->error);
}

gboolean
contents_write (const Contents *contents, ContentsFormat format, const char *path, GError **error)
{
  g_autoptr (GError) failure = NULL;
  struct archive *archive = archive_write_new ();
  Walk walk = { .archive = archive, .error = &failure };

  if (format == CONTENTS_TAR)
    archive_write_set_format_pax_restricted (archive);
  else
    archive_write_set_format_cpio_newc (archive);
  if (archive_write_open_filename (archive, path) != ARCHIVE_OK)
    archive_fail (archive, path, &failure);
  else
    g_tree_foreach (contents->items, write_item, &walk);
  if (!failure && archive_write_close (archive) != ARCHIVE_OK)
    archive_fail (archive, path, &failure);
  archive_write_free (archive);
  if (failure)
    return fail (error, HARNESS_ERROR_FAILED, "%s", failure->message);
  return TRUE;
}

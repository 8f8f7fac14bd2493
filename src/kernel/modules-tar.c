/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Nothing of it touches the disk: links and odd paths cannot matter, as a member is nothing but a name to compare. */
#include "kernel/modules-tar.h"

#include <archive.h>
#include <archive_entry.h>
#include <string.h>

#define MODULE_BYTES_MAX (32 * 1024 * 1024)

static const struct
{
  const char *name;
  gint64 bytes_max;
} members[] = {
  { "status", 32 },
  { "log", 16 * 1024 * 1024 },
  { "kvm.ko", MODULE_BYTES_MAX },
  { "kvm.ko.debug", MODULE_BYTES_MAX },
  { "kvm-intel.ko", MODULE_BYTES_MAX },
  { "kvm-intel.ko.debug", MODULE_BYTES_MAX },
  { "kvm-amd.ko", MODULE_BYTES_MAX },
  { "kvm-amd.ko.debug", MODULE_BYTES_MAX },
};

typedef struct archive Archive;
static void
reader_free (Archive *reader)
{
  archive_read_free (reader);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Archive, reader_free)

void
modules_tar_free (ModulesTar *tar)
{
  if (tar == NULL)
    return;
  g_free (tar->status);
  g_clear_pointer (&tar->log, g_bytes_unref);
  g_clear_pointer (&tar->modules, g_hash_table_unref);
  g_free (tar);
}

/* Its most bytes, or -1: there is no such member. */
static gint64
limit_of (const char *name)
{
  for (guint i = 0; i < G_N_ELEMENTS (members); i++)
    {
      if (strcmp (members[i].name, name) == 0)
        return members[i].bytes_max;
    }
  return -1;
}

/* NULL, or what is wrong with it. */
static char *
check_entry (struct archive_entry *entry, const GHashTable *seen)
{
  const char *given = archive_entry_pathname (entry);
  g_autofree char *name = g_utf8_make_valid (given != NULL ? given : "", -1);
  const gint64 limit = limit_of (name);
  if (limit < 0)
    return g_strdup_printf ("a member \"%.60s\"", name);
  if (archive_entry_filetype (entry) != AE_IFREG || archive_entry_hardlink (entry) != NULL || archive_entry_symlink (entry) != NULL)
    return g_strdup_printf ("%s is no plain file", name);
  if (!archive_entry_size_is_set (entry) || archive_entry_size (entry) > limit)
    return g_strdup_printf ("%s is larger than %" G_GINT64_FORMAT " bytes", name, limit);
  if (g_hash_table_contains ((GHashTable *) seen, name))
    return g_strdup_printf ("%s twice", name);
  return NULL;
}

static GBytes *
read_data (Archive *reader, struct archive_entry *entry)
{
  const gsize size = (gsize) archive_entry_size (entry);
  g_autofree char *data = g_malloc (size + 1);
  gsize done = 0;
  while (done < size)
    {
      const la_ssize_t got = archive_read_data (reader, data + done, size - done);
      if (got <= 0)
        return NULL;
      done += (gsize) got;
    }
  return g_bytes_new_take (g_steal_pointer (&data), size);
}

/* All members into a table, or what is wrong. */
static char *
read_members (Archive *reader, GHashTable *table)
{
  struct archive_entry *entry;
  int result;
  while ((result = archive_read_next_header (reader, &entry)) == ARCHIVE_OK)
    {
      char *wrong = check_entry (entry, table);
      if (wrong != NULL)
        return wrong;
      g_autofree char *name = g_strdup (archive_entry_pathname (entry));
      GBytes *data = read_data (reader, entry);
      if (data == NULL)
        return g_strdup_printf ("%s is cut short", name);
      g_hash_table_insert (table, g_steal_pointer (&name), data);
    }
  return result == ARCHIVE_EOF ? NULL : g_strdup ("it is no tar");
}

static GBytes *
steal_member (GHashTable *table, const char *name)
{
  GBytes *bytes = g_hash_table_lookup (table, name);
  if (bytes != NULL)
    g_bytes_ref (bytes);
  g_hash_table_remove (table, name);
  return bytes;
}

ModulesTar *
modules_tar_read (const void *data, gsize size, char **wrong)
{
  g_autoptr (Archive) reader = archive_read_new ();
  g_autoptr (ModulesTar) tar = g_new0 (ModulesTar, 1);
  tar->modules = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify) g_bytes_unref);
  archive_read_support_format_tar (reader);
  if (archive_read_open_memory (reader, data, size) != ARCHIVE_OK)
    *wrong = g_strdup ("it is no tar");
  else
    *wrong = read_members (reader, tar->modules);
  if (*wrong != NULL)
    return NULL;

  g_autoptr (GBytes) status = steal_member (tar->modules, "status");
  tar->log = steal_member (tar->modules, "log");
  if (status == NULL || tar->log == NULL)
    {
      *wrong = g_strdup ("status and log are not in it");
      return NULL;
    }
  tar->status = g_strstrip (g_strndup (g_bytes_get_data (status, NULL), g_bytes_get_size (status)));
  return g_steal_pointer (&tar);
}

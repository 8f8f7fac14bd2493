/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The seed of a shell's disk: an ISO with the files it is given, and what it refuses. */
#include "unit/unit.h"

#include <archive.h>
#include <archive_entry.h>

#include "base/files.h"
#include "image/own-disk.h"

/* Of the ISO's file: newly allocated; NULL if there is none. */
static char *
iso_file (const char *iso, const char *name)
{
  struct archive *reader = archive_read_new ();
  struct archive_entry *entry;
  char *text = NULL;

  archive_read_support_format_iso9660 (reader);
  assert_int_equal (archive_read_open_filename (reader, iso, 10240), ARCHIVE_OK);
  while (!text && archive_read_next_header (reader, &entry) == ARCHIVE_OK)
    if (strcmp (archive_entry_pathname (entry), name) == 0)
      {
        const gsize size = (gsize) archive_entry_size (entry);

        text = g_malloc0 (size + 1);
        assert_int_equal (archive_read_data (reader, text, size), size);
      }
  archive_read_free (reader);
  return text;
}

static void
write_file (const char *dir, const char *name, const char *text)
{
  g_autofree char *path = g_build_filename (dir, name, NULL);

  assert_true (files_write (path, text, -1, NULL));
}

static void
test_seed (void **state)
{
  g_autoptr (Scratch) scratch = scratch_new (g_get_tmp_dir (), "seed", NULL);
  g_autofree char *dir = scratch_file (scratch, "files"), *iso = scratch_file (scratch, "seed.iso");
  g_autoptr (GError) error = NULL;
  (void) state;

  assert_true (files_make_dir (dir, NULL));
  write_file (dir, OWN_DISK_AGENT, "agent");
  write_file (dir, OWN_DISK_SETUP, "exit 0\n");
  assert_true (own_disk_seed ("l2", dir, iso, &error));
  g_autofree char *agent = iso_file (iso, OWN_DISK_AGENT), *setup = iso_file (iso, OWN_DISK_SETUP), *meta = iso_file (iso, "meta-data"), *user = iso_file (iso, "user-data");
  assert_string_equal (agent, "agent");
  assert_string_equal (setup, "exit 0\n");
  assert_non_null (strstr (meta, "local-hostname: l2\n"));
  assert_true (g_str_has_prefix (user, "#cloud-config\n"));
}

static void
test_refused (void **state)
{
  g_autoptr (Scratch) scratch = scratch_new (g_get_tmp_dir (), "seed", NULL);
  g_autofree char *dir = scratch_file (scratch, "files"), *iso = scratch_file (scratch, "seed.iso"), *nowhere = scratch_file (scratch, "no/where.iso");
  g_autoptr (GError) missing = NULL, many = NULL, unwritable = NULL;
  (void) state;

  assert_false (own_disk_seed ("l1", dir, iso, &missing));
  assert_non_null (missing);
  assert_true (files_make_dir (dir, NULL));
  assert_false (own_disk_seed ("l1", dir, nowhere, &unwritable));
  assert_non_null (strstr (unwritable->message, "no/where.iso"));
  for (guint i = 0; i < 40; i++)
    {
      g_autofree char *name = g_strdup_printf ("file-%u", i);

      write_file (dir, name, "");
    }
  assert_false (own_disk_seed ("l1", dir, iso, &many));
  assert_non_null (strstr (many->message, "too many files"));
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_seed),
    cmocka_unit_test (test_refused),
  };
  return cmocka_run_group_tests (tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What goes into an image: the archives are the same bits whatever the order, the time and the owner. */
#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "image/contents.h"
#include "unit/unit.h"

/* The same items, added in one order or its reverse. */
static Contents *
make (const char *source, gboolean backwards)
{
  static const char data[] = "bytes";
  Contents *contents = contents_new ();

  for (int i = 0; i < 4; i++)
    switch (backwards ? 3 - i : i)
      {
      case 0:
        {
          g_autoptr (GBytes) bytes = g_bytes_new_static (data, 5);
          contents_add_bytes (contents, "etc/made", bytes, 0644);
          break;
        }
      case 1:
        contents_add_file (contents, "usr/bin/tool", source, 0755);
        break;
      case 2:
        contents_add_dir (contents, "proc");
        break;
      default:
        contents_add_device (contents, "dev/console", 5, 1);
      }
  return contents;
}

static void
write_archive (const char *source, gboolean backwards, ContentsFormat format, const char *path)
{
  g_autoptr (Contents) contents = make (source, backwards);
  g_autoptr (GError) error = NULL;

  contents_write (contents, format, path, &error);
  assert_no_failure (error);
}

static void
assert_same_file (const char *one, const char *two)
{
  g_autofree char *a = NULL;
  g_autofree char *b = NULL;
  gsize a_size, b_size;

  assert_true (g_file_get_contents (one, &a, &a_size, NULL));
  assert_true (g_file_get_contents (two, &b, &b_size, NULL));
  assert_true (a_size > 100);
  assert_int_equal (a_size, b_size);
  assert_memory_equal (a, b, a_size);
}

static void
same_bits (const char *dir, ContentsFormat format)
{
  g_autofree char *source = put_file (dir, "tool", "#!/bin/sh\n");
  g_autofree char *one = g_build_filename (dir, "one", NULL);
  g_autofree char *two = g_build_filename (dir, "two", NULL);
  const struct timespec times[2] = { { .tv_sec = 1000000 }, { .tv_sec = 1000000 } };

  write_archive (source, FALSE, format, one);
  assert_int_equal (utimensat (AT_FDCWD, source, times, 0), 0);
  assert_int_equal (chmod (source, 0600), 0);
  write_archive (source, TRUE, format, two);
  assert_same_file (one, two);
}

static void
test_tar_same_bits (void **state)
{
  same_bits (*state, CONTENTS_TAR);
}

static void
test_cpio_same_bits (void **state)
{
  same_bits (*state, CONTENTS_CPIO);
}

/* "mode uid mtime size path" a line, as libarchive reads it back. */
static char *
read_back (const char *path)
{
  g_autoptr (GString) text = g_string_new (NULL);
  struct archive *archive = archive_read_new ();
  struct archive_entry *entry;

  archive_read_support_format_all (archive);
  assert_int_equal (archive_read_open_filename (archive, path, 10240), ARCHIVE_OK);
  while (archive_read_next_header (archive, &entry) == ARCHIVE_OK)
    {
      g_autofree char *name = g_strdup (archive_entry_pathname (entry));

      while (g_str_has_suffix (name, "/"))
        name[strlen (name) - 1] = '\0';
      g_string_append_printf (text, "%o %d %d %d %s\n", (guint) archive_entry_mode (entry), (int) archive_entry_uid (entry),
                              (int) archive_entry_mtime (entry), (int) archive_entry_size (entry), name);
    }
  archive_read_free (archive);
  return g_string_free (g_steal_pointer (&text), FALSE);
}

/* Parents are there, before what they hold; owned by root, dated 1970, in order. */
static void
test_what_is_in_it (void **state)
{
  static const char wanted[] = "40755 0 0 0 dev\n"
                               "20600 0 0 0 dev/console\n"
                               "40755 0 0 0 etc\n"
                               "100644 0 0 5 etc/made\n"
                               "40755 0 0 0 proc\n"
                               "40755 0 0 0 usr\n"
                               "40755 0 0 0 usr/bin\n"
                               "100755 0 0 10 usr/bin/tool\n";
  g_autofree char *source = put_file (*state, "tool", "#!/bin/sh\n");

  for (ContentsFormat format = CONTENTS_TAR; format <= CONTENTS_CPIO; format++)
    {
      g_autofree char *path = g_build_filename (*state, "archive", NULL);
      g_autofree char *text = NULL;

      write_archive (source, TRUE, format, path);
      text = read_back (path);
      assert_string_equal (text, wanted);
    }
}

/* The description changes with content, mode and name, and with nothing else. */
static void
test_describe (void **state)
{
  g_autofree char *source = put_file (*state, "tool", "one");
  g_autoptr (Contents) contents = make (source, FALSE);
  g_autoptr (Contents) reordered = make (source, TRUE);
  g_autofree char *first = NULL;
  g_autofree char *second = NULL;
  g_autofree char *third = NULL;

  assert_true (contents_describe (contents, &first, NULL));
  assert_true (contents_describe (reordered, &second, NULL));
  assert_string_equal (first, second);
  g_free (put_file (*state, "tool", "two"));
  assert_true (contents_describe (contents, &third, NULL));
  assert_string_not_equal (first, third);
}

static void
test_missing_source (void **state)
{
  g_autofree char *source = g_build_filename (*state, "nowhere", NULL);
  g_autofree char *path = g_build_filename (*state, "archive", NULL);
  g_autoptr (Contents) contents = make (source, FALSE);
  g_autoptr (GError) error = NULL;
  g_autofree char *text = NULL;

  assert_false (contents_write (contents, CONTENTS_TAR, path, &error));
  assert_text_has (error->message, "nowhere");
  g_clear_error (&error);
  assert_false (contents_describe (contents, &text, &error));
  assert_text_has (error->message, "nowhere");
}

/* What is added first stays: a library that two programs share, a file that replaces another by coming first. */
static void
test_first_stays (void **state)
{
  g_autofree char *one = put_file (*state, "one", "1");
  g_autofree char *two = put_file (*state, "two", "22");
  g_autofree char *path = g_build_filename (*state, "archive", NULL);
  g_autoptr (Contents) contents = contents_new ();
  g_autofree char *text = NULL;

  contents_add_file (contents, "file", one, 0644);
  contents_add_file (contents, "file", two, 0755);
  assert_true (contents_write (contents, CONTENTS_TAR, path, NULL));
  text = read_back (path);
  assert_string_equal (text, "100644 0 0 1 file\n");
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown (test_tar_same_bits, folder_setup, folder_teardown),
    cmocka_unit_test_setup_teardown (test_cpio_same_bits, folder_setup, folder_teardown),
    cmocka_unit_test_setup_teardown (test_what_is_in_it, folder_setup, folder_teardown),
    cmocka_unit_test_setup_teardown (test_describe, folder_setup, folder_teardown),
    cmocka_unit_test_setup_teardown (test_missing_source, folder_setup, folder_teardown),
    cmocka_unit_test_setup_teardown (test_first_stays, folder_setup, folder_teardown),
  };
  return cmocka_run_group_tests (tests, NULL, NULL);
}

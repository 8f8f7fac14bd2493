/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SHA-256 against FIPS 180-2's published answers, and input hashes that cannot be confused. */
#include "unit.h"

#include <utime.h>

#include "base/hash-memo.h"
#include "base/hash.h"

#define SHA256_ABC "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
#define SHA256_EMPTY "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define SHA256_MILLION_A "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"

static void
test_known_answers (void **state)
{
  g_autofree char *abc = hash_data ("abc", 3);
  assert_string_equal (abc, SHA256_ABC);
  g_autofree char *empty = hash_data ("", 0);
  assert_string_equal (empty, SHA256_EMPTY);

  g_autofree char *text = g_strnfill (1000000, 'a');
  g_autofree char *path = put_file (*state, "million", text);
  g_autofree char *hex = NULL;
  assert_true (hash_file (path, &hex, NULL));
  assert_string_equal (hex, SHA256_MILLION_A);
}

static void
test_missing_file (void **state)
{
  g_autofree char *path = g_build_filename (*state, "none", NULL);
  g_autoptr (GError) error = NULL;
  char *hex = NULL;
  assert_false (hash_file (path, &hex, &error));
  assert_failed (error, HARNESS_ERROR_FAILED, "none: opening: no such file");
  assert_null (hex);
}

/* In pieces of every length around SHA-256's block of 64 bytes. */
static void
test_stream (void **state)
{
  g_autofree char *text = g_strnfill (1000000, 'a');
  g_autoptr (Hash) hash = hash_new ();
  gsize done = 0;

  (void) state;
  for (gsize piece = 1; done < 1000000; piece = piece % 130 + 1)
    {
      const gsize size = MIN (piece, 1000000 - done);
      hash_add (hash, text + done, size);
      done += size;
    }
  g_autofree char *hex = hash_end (hash);
  assert_string_equal (hex, SHA256_MILLION_A);
}

static char *
hash_two (const char *kind, const char *name1, const char *value1, const char *name2, const char *value2)
{
  g_autoptr (InputHash) hash = input_hash_new (kind);
  input_hash_add (hash, name1, value1);
  if (name2 != NULL)
    input_hash_add (hash, name2, value2);
  return input_hash_end (hash);
}

static void
test_inputs_are_unambiguous (void **state)
{
  (void) state;
  g_autoptr (GHashTable) seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_hash_table_add (seen, hash_two ("k", "a", "bc", NULL, NULL));
  g_hash_table_add (seen, hash_two ("k", "ab", "c", NULL, NULL));
  g_hash_table_add (seen, hash_two ("ka", "b", "c", NULL, NULL));
  g_hash_table_add (seen, hash_two ("k", "a", NULL, NULL, NULL));
  g_hash_table_add (seen, hash_two ("k", "a", "", NULL, NULL));
  g_hash_table_add (seen, hash_two ("k", "a", "b", "c", "d"));
  g_hash_table_add (seen, hash_two ("k", "c", "d", "a", "b"));
  g_hash_table_add (seen, hash_two ("k", "a", "b,1:c,1:d,", NULL, NULL));
  assert_int_equal (g_hash_table_size (seen), 8);

  g_autofree char *once = hash_two ("k", "a", "b", "c", "d");
  g_autofree char *again = hash_two ("k", "a", "b", "c", "d");
  assert_string_equal (once, again);
  assert_int_equal (strlen (once), 64);
}

static void
test_input_file (void **state)
{
  g_autofree char *path = put_file (*state, "f", "abc");
  g_autoptr (InputHash) by_file = input_hash_new ("k");
  assert_true (input_hash_add_file (by_file, "f", path, NULL));
  g_autofree char *from_file = input_hash_end (by_file);
  g_autofree char *from_value = hash_two ("k", "f", SHA256_ABC, NULL, NULL);
  assert_string_equal (from_file, from_value);

  g_autoptr (GError) error = NULL;
  assert_false (input_hash_add_file (by_file, "g", "/nonexistent/g", &error));
  assert_failed (error, HARNESS_ERROR_FAILED, "/nonexistent/g");
}

static char *
hash_remembered (const char *memo_dir, const char *path)
{
  char *hex = NULL;
  g_autoptr (GError) error = NULL;
  hash_file_remembered (memo_dir, path, &hex, &error);
  assert_no_failure (error);
  return hex;
}

/* Writes `hex` as what is remembered in the folder's one memo. */
static void
lie (const char *memo_dir, const char *hex)
{
  g_autoptr (GDir) dir = g_dir_open (memo_dir, 0, NULL);
  g_autofree char *memo = g_build_filename (memo_dir, g_dir_read_name (dir), NULL);
  g_autofree char *text = NULL;
  assert_true (g_file_get_contents (memo, &text, NULL, NULL));
  memcpy (strrchr (g_strchomp (text), '\n') + 1, hex, 64);
  g_autofree char *line = g_strconcat (text, "\n", NULL);
  assert_true (g_file_set_contents (memo, line, -1, NULL));
}

/* A file that has not changed for a while is remembered; what was remembered of it before a change is not believed. */
static void
test_remembered (void **state)
{
  static const char wrong[] = "0000000000000000000000000000000000000000000000000000000000000000";
  g_autofree char *path = put_file (*state, "f", "abc");
  g_autofree char *memo_dir = g_build_filename (*state, "memo/of", NULL);
  g_autofree char *racy = hash_remembered (memo_dir, path);
  assert_string_equal (racy, SHA256_ABC);
  assert_false (g_file_test (memo_dir, G_FILE_TEST_EXISTS)); /* too young */

  g_usleep (3100 * 1000); /* its ctime cannot be set */
  g_autofree char *first = hash_remembered (memo_dir, path);
  assert_string_equal (first, SHA256_ABC);
  assert_int_equal (count_entries (memo_dir), 1);
  lie (memo_dir, wrong);
  g_autofree char *believed = hash_remembered (memo_dir, path);
  assert_string_equal (believed, wrong);

  const struct utimbuf old = { 1, 1 };
  assert_int_equal (utime (path, &old), 0);
  g_autofree char *again = hash_remembered (memo_dir, path);
  assert_string_equal (again, SHA256_ABC);
}

static void
test_not_remembered (void **state)
{
  g_autofree char *path = put_file (*state, "f", "abc");
  g_autofree char *no_dir = g_build_filename (path, "memo", NULL);
  g_autofree char *without = hash_remembered (NULL, path);
  g_autofree char *unwritable = hash_remembered (no_dir, path);
  assert_string_equal (without, SHA256_ABC);
  assert_string_equal (unwritable, SHA256_ABC);

  g_autoptr (GError) error = NULL;
  char *hex = NULL;
  assert_false (hash_file_remembered (*state, "/nonexistent/f", &hex, &error));
  assert_failed (error, HARNESS_ERROR_FAILED, "/nonexistent/f");
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown (test_known_answers, folder_setup, folder_teardown),
    cmocka_unit_test_setup_teardown (test_missing_file, folder_setup, folder_teardown),
    cmocka_unit_test (test_stream),
    cmocka_unit_test (test_inputs_are_unambiguous),
    cmocka_unit_test_setup_teardown (test_input_file, folder_setup, folder_teardown),
    cmocka_unit_test_setup_teardown (test_remembered, folder_setup, folder_teardown),
    cmocka_unit_test_setup_teardown (test_not_remembered, folder_setup, folder_teardown),
  };
  return cmocka_run_group_tests (tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whole or not there: files, scratch folders and their sweep, cache entries, locks, a full disk. */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define KEY "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static void
test_write_read (void **state)
{
  g_autofree char *path = g_build_filename (*state, "f", NULL);
  assert_true (files_write (path, "old", -1, NULL));
  assert_true (files_write (path, "a\0b", 3, NULL));
  g_autofree char *data = NULL;
  gsize size = 0;
  assert_true (files_read (path, 3, &data, &size, NULL));
  assert_int_equal (size, 3);
  assert_memory_equal (data, "a\0b", 4);
  assert_int_equal (count_entries (*state), 1); /* no temporary stays */

  g_autoptr (GError) error = NULL;
  char *more = NULL;
  assert_false (files_read (path, 2, &more, NULL, &error));
  assert_failed (error, HARNESS_ERROR_FAILED, "larger than the 2 bytes");
  assert_null (more);
}

static void
test_write_fails (void **state)
{
  g_autofree char *path = g_build_filename (*state, "none", "f", NULL);
  g_autoptr (GError) error = NULL;
  assert_false (files_write (path, "x", -1, &error));
  assert_failed (error, HARNESS_ERROR_FAILED, "none/f: writing: no such file");

  g_autofree char *dir = g_build_filename (*state, "dir", NULL);
  assert_true (files_make_dir (dir, NULL));
  g_autoptr (GError) rename_error = NULL;
  assert_false (files_write (dir, "x", -1, &rename_error));
  assert_failed (rename_error, HARNESS_ERROR_FAILED, "dir: renaming");
  assert_int_equal (count_entries (*state), 1);
}

static void
test_copy (void **state)
{
  g_autofree char *big = g_strnfill (200000, 'q');
  g_autofree char *from = put_file (*state, "from", big);
  g_chmod (from, 0750);
  g_autofree char *to = g_build_filename (*state, "to", NULL);
  assert_true (files_copy (from, to, NULL));
  g_autofree char *text = NULL;
  assert_true (g_file_get_contents (to, &text, NULL, NULL));
  assert_string_equal (text, big);
  struct stat st;
  assert_int_equal (stat (to, &st), 0);
  assert_int_equal (st.st_mode & 0700, 0700);

  g_autoptr (GError) error = NULL;
  assert_false (files_copy ("/nonexistent/f", to, &error));
  assert_failed (error, HARNESS_ERROR_FAILED, "/nonexistent/f: opening");
}

static void
test_remove_follows_nothing (void **state)
{
  g_autofree char *precious = put_file (*state, "outside/precious", "x");
  g_autofree char *tree = g_build_filename (*state, "tree", NULL);
  g_autofree char *link = g_build_filename (tree, "sub", "link", NULL);
  g_autofree char *locked = put_file (tree, "sub/locked/f", "x");
  g_autofree char *locked_dir = g_path_get_dirname (locked);
  assert_int_equal (symlink ("../../outside", link), 0);
  assert_int_equal (g_chmod (locked_dir, 0), 0);
  assert_true (files_remove_tree (tree, NULL));
  assert_false (g_file_test (tree, G_FILE_TEST_EXISTS));
  assert_true (g_file_test (precious, G_FILE_TEST_EXISTS));
  assert_true (files_remove_tree (tree, NULL)); /* already gone */

  g_autofree char *outside = g_build_filename (*state, "outside", NULL);
  g_autofree char *top_link = g_build_filename (*state, "top-link", NULL);
  assert_int_equal (symlink (outside, top_link), 0);
  assert_true (files_remove_tree (top_link, NULL));
  assert_true (g_file_test (precious, G_FILE_TEST_EXISTS));
}

/* Deeper than any path length or number of descriptors. */
static void
test_remove_deep (void **state)
{
  g_autofree char *tree = g_build_filename (*state, "deep", NULL);
  assert_int_equal (g_mkdir (tree, 0777), 0);
  int fd = open (tree, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  for (int i = 0; i < 5000; i++)
    {
      assert_int_equal (mkdirat (fd, "d", 0777), 0);
      const int next = openat (fd, "d", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
      assert_true (next >= 0);
      close (fd);
      fd = next;
    }
  close (fd);
  g_autoptr (GError) error = NULL;
  assert_true (files_remove_tree (tree, &error));
  assert_false (g_file_test (tree, G_FILE_TEST_EXISTS));
}

static void
test_need_bytes (void **state)
{
  g_autofree char *unborn = g_build_filename (*state, "a", "b", NULL);
  assert_true (files_need_bytes (unborn, 1, "a byte", NULL));
  g_autoptr (GError) error = NULL;
  assert_false (files_need_bytes (unborn, G_MAXUINT64 / 2, "the L1 image", &error));
  assert_failed (error, HARNESS_ERROR_HOST, "the L1 image needs");
}

static void
test_scratch (void **state)
{
  g_autofree char *target = g_build_filename (*state, "final", NULL);
  g_autoptr (GError) error = NULL;
  {
    g_autoptr (Scratch) dropped = scratch_new (*state, "x", &error);
    assert_true (g_file_test (scratch_path (dropped), G_FILE_TEST_IS_DIR));
    assert_int_equal (files_sweep (*state), 0); /* its maker lives */
  }
  assert_int_equal (count_entries (*state), 0);

  g_autoptr (Scratch) scratch = scratch_new (*state, "x", &error);
  g_autofree char *file = scratch_file (scratch, "f");
  assert_true (files_write (file, "1", -1, NULL));
  assert_true (scratch_commit (scratch, target, FALSE, &error));

  g_autoptr (Scratch) late = scratch_new (*state, "x", &error);
  assert_true (scratch_commit (late, target, TRUE, &error)); /* the first stays */
  g_clear_pointer (&late, scratch_free);
  g_autofree char *kept = g_build_filename (target, "f", NULL);
  assert_true (g_file_test (kept, G_FILE_TEST_EXISTS));

  g_autoptr (Scratch) refused = scratch_new (*state, "x", &error);
  assert_false (scratch_commit (refused, target, FALSE, &error));
  assert_failed (error, HARNESS_ERROR_FAILED, "final: renaming");
  g_clear_pointer (&refused, scratch_free);
  assert_int_equal (count_entries (*state), 1);
}

static void
test_sweep_after_kill (void **state)
{
  int ready[2];
  assert_int_equal (pipe2 (ready, O_CLOEXEC), 0);
  const pid_t maker = fork ();
  if (maker == 0)
    {
      Scratch *scratch = scratch_new (*state, "left", NULL);
      g_autofree char *file = scratch_file (scratch, "f");
      files_write (file, "x", -1, NULL);
      if (write (ready[1], "r", 1) != 1)
        _exit (1);
      pause ();
    }
  char byte;
  assert_int_equal (read (ready[0], &byte, 1), 1);
  assert_int_equal (files_sweep (*state), 0);
  kill (maker, SIGKILL);
  waitpid (maker, NULL, 0);
  assert_int_equal (files_sweep (*state), 1);
  assert_int_equal (count_entries (*state), 0);
  close (ready[0]);
  close (ready[1]);
}

/* --- cache ------------------------------------------------------------------------------------ */

static char *
seal (const char *dir, const char *content)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (Scratch) scratch = scratch_new (dir, "kernel", &error);
  g_free (put_file (scratch_path (scratch), "a", content));
  g_free (put_file (scratch_path (scratch), "modules/b", "bb"));
  char *path = NULL;
  assert_true (cache_seal (dir, "kernel", KEY, scratch, &path, &error));
  return path;
}

static void
assert_lookup (const char *dir, const char *key, gboolean expect_found, gboolean expect_damaged)
{
  g_autofree char *path = NULL;
  gboolean damaged = -1;
  g_autoptr (GError) error = NULL;
  assert_true (cache_lookup (dir, "kernel", key, &path, &damaged, &error));
  assert_int_equal (damaged, expect_damaged);
  assert_int_equal (path != NULL, expect_found);
}

static void
test_cache_found (void **state)
{
  assert_lookup (*state, KEY, FALSE, FALSE);
  g_autofree char *path = seal (*state, "aa");
  assert_true (g_str_has_suffix (path, "/kernel-0123456789abcdef"));
  assert_lookup (*state, KEY, TRUE, FALSE);
  assert_lookup (*state, "f123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", FALSE, FALSE);

  g_autofree char *manifest_path = g_build_filename (path, "manifest", NULL);
  g_autofree char *manifest = NULL;
  assert_true (g_file_get_contents (manifest_path, &manifest, NULL, NULL));
  assert_string_equal (manifest, "key " KEY "\n"
                                 "a\t2\t961b6dd3ede3cb8ecbaacbd68de040cd78eb2ed5889130cceb4c49268ea4d506\n"
                                 "modules/b\t2\t3b64db95cb55c763391c707108489ae18b4112d783300de38e033b4c98c3deaf\n"
                                 "files 2\n");
}

static void
damage_and_expect (const char *dir, const char *name, const char *content)
{
  g_autofree char *path = seal (dir, "aa");
  g_autofree char *file = g_build_filename (path, name, NULL);
  if (content != NULL)
    assert_true (g_file_set_contents (file, content, -1, NULL));
  else
    assert_int_equal (g_unlink (file), 0);
  assert_lookup (dir, KEY, FALSE, TRUE);
  assert_int_equal (count_entries (dir), 0); /* removed, nothing beside it */
  assert_lookup (dir, KEY, FALSE, FALSE);
}

static void
test_cache_damaged (void **state)
{
  damage_and_expect (*state, "a", "ab");          /* same size, other bytes */
  damage_and_expect (*state, "a", "aaa");         /* other size */
  damage_and_expect (*state, "modules/b", NULL);  /* missing */
  damage_and_expect (*state, "manifest", NULL);
  damage_and_expect (*state, "manifest", "");
  damage_and_expect (*state, "manifest", "key " KEY "\n"); /* cut */
  damage_and_expect (*state, "manifest", "key " KEY "\nrubbish\nfiles 1\n");
  damage_and_expect (*state, "manifest", "key 0123456789abcdef0\nfiles 0\n"); /* another key with the same start */
}

static void
test_cache_refuses_links (void **state)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (Scratch) scratch = scratch_new (*state, "kernel", &error);
  g_autofree char *link = scratch_file (scratch, "link");
  assert_int_equal (symlink ("/etc/passwd", link), 0);
  char *path = NULL;
  assert_false (cache_seal (*state, "kernel", KEY, scratch, &path, &error));
  assert_failed (error, HARNESS_ERROR_FAILED, "not a plain file");
  assert_null (path);
}

/* Two makers without a lock: both end with the whole entry of whoever was first. */
static void
test_cache_two_makers (void **state)
{
  pid_t makers[2];
  for (int i = 0; i < 2; i++)
    {
      makers[i] = fork ();
      if (makers[i] == 0)
        {
          for (int n = 0; n < 20; n++)
            g_free (seal (*state, i == 0 ? "zero" : "one."));
          _exit (0);
        }
    }
  for (int i = 0; i < 2; i++)
    {
      int status = -1;
      waitpid (makers[i], &status, 0);
      assert_int_equal (status, 0);
    }
  assert_lookup (*state, KEY, TRUE, FALSE);
  assert_int_equal (count_entries (*state), 1);
}

/* --- locks ------------------------------------------------------------------------------------ */

/* Many processes add one to a number under the lock; none is lost, and no lock file stays. */
static void
test_lock_excludes (void **state)
{
  g_autofree char *number = put_file (*state, "number", "0");
  g_autofree char *lock_path = g_build_filename (*state, "lock", NULL);
  for (int i = 0; i < 4; i++)
    {
      if (fork () != 0)
        continue;
      for (int n = 0; n < 10; n++)
        {
          g_autoptr (FileLock) lock = file_lock (lock_path, NULL);
          assert_non_null (lock);
          g_autofree char *text = NULL;
          g_file_get_contents (number, &text, NULL, NULL);
          g_autofree char *next = g_strdup_printf ("%d", atoi (text) + 1);
          g_usleep (500);
          g_file_set_contents (number, next, -1, NULL);
        }
      _exit (0);
    }
  while (wait (NULL) > 0)
    ;
  g_autofree char *text = NULL;
  assert_true (g_file_get_contents (number, &text, NULL, NULL));
  assert_string_equal (text, "40");
  assert_false (g_file_test (lock_path, G_FILE_TEST_EXISTS));
}

static void
test_lock_fails (void **state)
{
  g_autofree char *path = g_build_filename (*state, "none", "lock", NULL);
  g_autoptr (GError) error = NULL;
  assert_null (file_lock (path, &error));
  assert_failed (error, HARNESS_ERROR_FAILED, "none/lock: opening the lock");
}

/* --- a full disk ------------------------------------------------------------------------------ */

/* We are root in a user namespace of our own, mapped to whoever we are outside. */
static gboolean
become_root_inside (void)
{
  g_autofree char *uids = g_strdup_printf ("0 %d 1", (int) getuid ());
  g_autofree char *gids = g_strdup_printf ("0 %d 1", (int) getgid ());
  const int flags = G_FILE_SET_CONTENTS_NONE;
  return unshare (CLONE_NEWUSER | CLONE_NEWNS) == 0 && g_file_set_contents_full ("/proc/self/setgroups", "deny", -1, flags, 0, NULL)
         && g_file_set_contents_full ("/proc/self/uid_map", uids, -1, flags, 0, NULL)
         && g_file_set_contents_full ("/proc/self/gid_map", gids, -1, flags, 0, NULL);
}

/* In a process of its own with a mount namespace of its own. 77: not allowed here. */
static int
full_disk_child (const char *dir)
{
  if (!become_root_inside () || mount ("tmpfs", dir, "tmpfs", 0, "size=64k") < 0)
    return 77;
  g_autofree char *path = g_build_filename (dir, "f", NULL);
  if (!files_write (path, "earlier", -1, NULL))
    return 1;
  g_autofree char *big = g_strnfill (1 << 20, 'x');
  g_autoptr (GError) error = NULL;
  if (files_write (path, big, 1 << 20, &error) || error_exit_code (error) != 1)
    return 2;
  if (strstr (error->message, "no space left on device; try: free space") == NULL)
    return 3;
  g_autofree char *text = NULL;
  if (!g_file_get_contents (path, &text, NULL, NULL) || strcmp (text, "earlier") != 0)
    return 4;
  g_autoptr (GDir) listing = g_dir_open (dir, 0, NULL);
  return g_strcmp0 (g_dir_read_name (listing), "f") == 0 && g_dir_read_name (listing) == NULL ? 0 : 5;
}

static void
test_full_disk (void **state)
{
  const pid_t pid = fork ();
  if (pid == 0)
    _exit (full_disk_child (*state));
  int status = -1;
  waitpid (pid, &status, 0);
  if (WIFEXITED (status) && WEXITSTATUS (status) == 77)
    skip ();
  assert_int_equal (status, 0);
}

#define FOLDER_TEST(f) cmocka_unit_test_setup_teardown (f, folder_setup, folder_teardown)

static void
test_names (void **state)
{
  static const char *const wanted[] = { "B", "a", "a.b", "ab", "\xc3\xa4" };
  static const guint order[] = { 3, 4, 1, 0, 2 };
  g_autoptr (GPtrArray) names = g_ptr_array_new ();

  (void) state;
  for (guint i = 0; i < G_N_ELEMENTS (order); i++)
    g_ptr_array_add (names, (gpointer) wanted[order[i]]);
  files_sort_names (names);
  for (guint i = 0; i < G_N_ELEMENTS (wanted); i++)
    assert_ptr_equal (g_ptr_array_index (names, i), wanted[i]);
}

static void
test_find (void **state)
{
  g_autofree char *one = g_build_filename (*state, "one", NULL), *two = g_build_filename (*state, "two", NULL);
  const char *const dirs[] = { NULL, one, two };
  g_autofree char *both = put_file (one, "both", ""), *only = put_file (two, "only", "");

  g_free (put_file (two, "both", ""));
  g_free (put_file (one, "only/folder", ""));
  g_autofree char *first = files_find (dirs, G_N_ELEMENTS (dirs), "both");
  g_autofree char *second = files_find (dirs, G_N_ELEMENTS (dirs), "only");
  assert_string_equal (first, both);
  assert_string_equal (second, only);
  assert_null (files_find (dirs, G_N_ELEMENTS (dirs), "none"));
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    FOLDER_TEST (test_write_read),
    FOLDER_TEST (test_write_fails),
    FOLDER_TEST (test_copy),
    FOLDER_TEST (test_remove_follows_nothing),
    FOLDER_TEST (test_remove_deep),
    FOLDER_TEST (test_need_bytes),
    FOLDER_TEST (test_scratch),
    FOLDER_TEST (test_sweep_after_kill),
    FOLDER_TEST (test_cache_found),
    FOLDER_TEST (test_cache_damaged),
    FOLDER_TEST (test_cache_refuses_links),
    FOLDER_TEST (test_cache_two_makers),
    FOLDER_TEST (test_lock_excludes),
    FOLDER_TEST (test_lock_fails),
    FOLDER_TEST (test_full_disk),
    cmocka_unit_test (test_names),
    FOLDER_TEST (test_find),
  };
  return cmocka_run_group_tests (tests, NULL, NULL);
}

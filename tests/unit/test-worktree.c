/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Kernel sources and the kept work tree, on a tree of a few files that looks like a kernel. */
#include "unit.h"

#include <archive.h>
#include <archive_entry.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/run.h"
#include "kernel/series.h"
#include "kernel/source.h"
#include "kernel/worktree.h"

static void
put_kernel (const char *dir)
{
  static const char *const files[] = { "Makefile", "Kbuild", "Kconfig", "arch/x86/kvm/x86.c", "arch/x86/kvm/cpuid.c", "scripts/kconfig/conf.c",
                                       "kernel/configs/tiny.config" };
  for (guint i = 0; i < G_N_ELEMENTS (files); i++)
    {
      g_autofree char *text = g_strdup_printf ("this is %s\n", files[i]);
      g_free (put_file (dir, files[i], text));
    }
}

static KernelSource *
open_source (const char *path)
{
  KernelSource *source = NULL;
  g_autoptr (GError) error = NULL;
  const gboolean ok = kernel_source_open (path, &source, &error);
  assert_no_failure (error);
  assert_true (ok);
  return source;
}

static void
expect_no_source (const char *path, HarnessError code, const char *expected)
{
  KernelSource *source = NULL;
  g_autoptr (GError) error = NULL;
  assert_false (kernel_source_open (path, &source, &error));
  assert_failed (error, code, expected);
  assert_null (source);
}

static void
run_ok (const char *const *argv)
{
  g_autofree char *out = NULL;
  g_autoptr (GError) error = NULL;
  const gboolean ok = run_capture (argv, &out, &error);
  assert_no_failure (error);
  assert_true (ok);
}

/* --- sources ---------------------------------------------------------------------------------- */

static void
test_no_source (void **state)
{
  g_autofree char *none = g_build_filename (*state, "none", NULL);
  expect_no_source (none, HARNESS_ERROR_USAGE, "none: no kernel source: there is no such file or folder");
  expect_no_source (*state, HARNESS_ERROR_USAGE, "no kernel source: Makefile is missing; try: ");

  put_kernel (*state);
  g_autofree char *x86 = g_build_filename (*state, "arch/x86/kvm/x86.c", NULL);
  assert_int_equal (g_unlink (x86), 0);
  expect_no_source (*state, HARNESS_ERROR_USAGE, "arch/x86/kvm/x86.c is missing");
}

static void
test_folder (void **state)
{
  g_autofree char *dir = g_build_filename (*state, "linux", NULL);
  put_kernel (dir);
  g_autoptr (KernelSource) source = open_source (dir);
  assert_int_equal (source->kind, KERNEL_SOURCE_FOLDER);
  g_autoptr (KernelSource) again = open_source (dir);
  assert_string_equal (source->sha256, again->sha256);

  g_free (put_file (dir, "Kbuild", "changed\n"));
  g_autoptr (KernelSource) changed = open_source (dir);
  assert_string_not_equal (source->sha256, changed->sha256);

  g_free (put_file (dir, ".config", "x\n"));
  expect_no_source (dir, HARNESS_ERROR_USAGE, "a kernel was built in it (.config is there); try: make -C ");
}

static void
test_git (void **state)
{
  g_autofree char *dir = g_build_filename (*state, "linux", NULL);
  put_kernel (dir);
  run_ok ((const char *const[]){ "git", "-C", dir, "init", "-q", NULL });
  run_ok ((const char *const[]){ "git", "-C", dir, "add", ".", NULL });
  run_ok ((const char *const[]){ "git", "-C", dir, "-c", "user.name=x", "-c", "user.email=x@x", "commit", "-qm", "x", NULL });
  g_free (put_file (dir, "untracked.o", "x"));

  g_autoptr (KernelSource) source = open_source (dir);
  assert_int_equal (source->kind, KERNEL_SOURCE_GIT);
  g_autofree char *out = g_build_filename (*state, "out", NULL);
  assert_int_equal (g_mkdir (out, 0777), 0);
  g_autoptr (GError) error = NULL;
  const gboolean ok = kernel_source_unpack (source, out, &error);
  assert_no_failure (error);
  assert_true (ok);
  g_autofree char *untracked = g_build_filename (out, "untracked.o", NULL);
  assert_false (g_file_test (untracked, G_FILE_TEST_EXISTS));

  g_free (put_file (dir, "Kbuild", "changed\n"));
  expect_no_source (dir, HARNESS_ERROR_USAGE, "linux: uncommitted changes, the first is \" M Kbuild\"");
}

/* A git of our own, which does what the script says when it is to archive ($git is the real one), and else what git does. */
static void
unpack_with_git (const char *dir, const char *archiving, GError **error)
{
  g_autofree char *kernel = g_build_filename (dir, "linux", NULL), *out = g_build_filename (dir, "out", NULL), *bin = g_build_filename (dir, "bin", NULL);
  g_autofree char *real = run_find_program ("git");
  g_autofree char *script = g_strdup_printf ("#!/bin/sh\ngit=%s\ncase \"$*\" in *archive*) %s;; esac\nexec $git \"$@\"\n", real, archiving);
  g_autofree char *program = put_file (bin, "git", script);
  g_autofree char *before = g_strdup (g_getenv ("PATH")), *path = g_strconcat (bin, ":", before, NULL);

  assert_int_equal (g_chmod (program, 0755), 0);
  put_kernel (kernel);
  run_ok ((const char *const[]){ "git", "-C", kernel, "init", "-q", NULL });
  run_ok ((const char *const[]){ "git", "-C", kernel, "add", ".", NULL });
  run_ok ((const char *const[]){ "git", "-C", kernel, "-c", "user.name=x", "-c", "user.email=x@x", "commit", "-qm", "x", NULL });
  g_autoptr (KernelSource) source = open_source (kernel);
  assert_int_equal (g_mkdir (out, 0777), 0);
  g_setenv ("PATH", path, TRUE);
  const gboolean ok = kernel_source_unpack (source, out, error);
  g_setenv ("PATH", before, TRUE);
  assert_int_equal (ok, *error == NULL);
}

/* More words on stderr than a pipe holds, before the archive: nobody waits for the other. */
static void
test_git_with_much_to_say (void **state)
{
  g_autoptr (GError) error = NULL;
  unpack_with_git (*state, "head -c 300000 /dev/zero | tr '\\0' x >&2", &error);
  assert_no_failure (error);
  g_autofree char *makefile = g_build_filename (*state, "out", "Makefile", NULL);
  assert_true (g_file_test (makefile, G_FILE_TEST_EXISTS));
}

/* A cut archive is the lesser news. */
static void
test_git_that_fails (void **state)
{
  g_autoptr (GError) error = NULL;
  unpack_with_git (*state, "$git \"$@\" | head -c 5000; echo 'fatal: a damaged object' >&2; exit 128", &error);
  assert_failed (error, HARNESS_ERROR_FAILED, "git: exited with status 128: fatal: a damaged object");
}

/* --- hostile tarballs ------------------------------------------------------------------------- */

typedef struct
{
  const char *path;
  const char *link; /* NULL: a file */
  gboolean hard;
} Member;

static char *
put_tarball (const char *dir, const Member *members, guint count)
{
  char *path = g_build_filename (dir, "x.tar.gz", NULL);
  struct archive *writer = archive_write_new ();
  archive_write_set_format_pax_restricted (writer);
  archive_write_add_filter_gzip (writer);
  assert_int_equal (archive_write_open_filename (writer, path), ARCHIVE_OK);
  for (guint i = 0; i < count; i++)
    {
      struct archive_entry *entry = archive_entry_new ();
      archive_entry_set_pathname (entry, members[i].path);
      archive_entry_set_filetype (entry, members[i].link != NULL && !members[i].hard ? AE_IFLNK : AE_IFREG);
      archive_entry_set_perm (entry, 0644);
      archive_entry_set_size (entry, members[i].link != NULL ? 0 : 1);
      if (members[i].link != NULL && members[i].hard)
        archive_entry_set_hardlink (entry, members[i].link);
      else if (members[i].link != NULL)
        archive_entry_set_symlink (entry, members[i].link);
      assert_int_equal (archive_write_header (writer, entry), ARCHIVE_OK);
      if (members[i].link == NULL)
        archive_write_data (writer, "x", 1);
      archive_entry_free (entry);
    }
  archive_write_free (writer);
  return path;
}

static void
expect_unpack_failure (const char *dir, const Member *members, guint count, const char *expected)
{
  g_autofree char *tarball = put_tarball (dir, members, count);
  g_autoptr (KernelSource) source = open_source (tarball);
  assert_int_equal (source->kind, KERNEL_SOURCE_TARBALL);
  g_autofree char *out = g_build_filename (dir, "out", NULL);
  assert_true (files_remove_tree (out, NULL));
  assert_int_equal (g_mkdir (out, 0777), 0);
  g_autoptr (GError) error = NULL;
  assert_false (kernel_source_unpack (source, out, &error));
  assert_non_null (error);
  assert_text_has (error->message, expected);
}

static void
test_tarball_stays_inside (void **state)
{
  g_autofree char *outside = g_build_filename (*state, "outside", NULL);
  assert_int_equal (g_mkdir (outside, 0777), 0);
  const Member dotdot[] = { { "linux/../../outside/f", NULL, FALSE } };
  expect_unpack_failure (*state, dotdot, 1, "would leave the folder");
  const Member through_link[] = { { "linux/link", outside, FALSE }, { "linux/link/f", NULL, FALSE } };
  expect_unpack_failure (*state, through_link, 2, "unpacking to ");
  const Member hardlink[] = { { "linux/f", "linux/../../secret", TRUE } };
  expect_unpack_failure (*state, hardlink, 1, "would leave the folder");
  assert_int_equal (count_entries (outside), 0);

  const Member no_kernel[] = { { "linux/README", NULL, FALSE } };
  expect_unpack_failure (*state, no_kernel, 1, "no kernel source: Makefile is missing");
}

static void
test_not_a_tarball (void **state)
{
  g_autofree char *path = put_file (*state, "x.tar.xz", "this is no archive at all");
  g_autoptr (KernelSource) source = open_source (path);
  g_autofree char *out = g_build_filename (*state, "out", NULL);
  assert_int_equal (g_mkdir (out, 0777), 0);
  g_autoptr (GError) error = NULL;
  assert_false (kernel_source_unpack (source, out, &error));
  assert_failed (error, HARNESS_ERROR_USAGE, "x.tar.xz: not a readable archive");
}

/* --- the work tree ---------------------------------------------------------------------------- */

#define CPUID "arch/x86/kvm/cpuid.c"
#define EXIT_LOG "arch/x86/kvm/exit_log.c"
#define PATCH_CPUID(to) "--- a/" CPUID "\n+++ b/" CPUID "\n@@ -1 +1 @@\n-this is " CPUID "\n+" to "\n"
#define PATCH_NEW "--- /dev/null\n+++ b/" EXIT_LOG "\n@@ -0,0 +1 @@\n+new\n"

static gboolean
set_patch (Worktree *worktree, const char *dir, const char *text, GError **error)
{
  g_autofree char *series = g_build_filename (dir, "series-dir", NULL);
  g_free (put_file (series, "series", text != NULL ? "1.patch\n" : "\n"));
  g_free (put_file (series, "1.patch", text != NULL ? text : ""));
  g_autoptr (GPtrArray) patches = NULL;
  assert_true (series_load (series, &patches, NULL));
  return worktree_set_patches (worktree, patches, error);
}

static void
assert_content (const Worktree *worktree, const char *file, const char *expected)
{
  g_autofree char *path = g_build_filename (worktree_tree (worktree), file, NULL);
  g_autofree char *text = NULL;
  if (expected == NULL)
    assert_false (g_file_test (path, G_FILE_TEST_EXISTS));
  else
    {
      assert_true (g_file_get_contents (path, &text, NULL, NULL));
      assert_string_equal (text, expected);
    }
}

static gint64
age_of (const Worktree *worktree, const char *file)
{
  g_autofree char *path = g_build_filename (worktree_tree (worktree), file, NULL);
  struct stat st;
  assert_int_equal (stat (path, &st), 0);
  return st.st_mtim.tv_sec * G_GINT64_CONSTANT (1000000000) + st.st_mtim.tv_nsec;
}

static void
test_patches_come_and_go (void **state)
{
  g_autofree char *dir = g_build_filename (*state, "linux", NULL);
  g_autofree char *cache = g_build_filename (*state, "cache", NULL);
  put_kernel (dir);
  g_autoptr (KernelSource) source = open_source (dir);
  g_autoptr (GError) error = NULL;
  g_autoptr (Worktree) worktree = worktree_open (cache, source, NULL, &error);
  assert_no_failure (error);

  assert_true (set_patch (worktree, *state, PATCH_CPUID ("first") PATCH_NEW, &error));
  assert_content (worktree, CPUID, "first\n");
  assert_content (worktree, EXIT_LOG, "new\n");
  const gint64 cpuid_time = age_of (worktree, CPUID), log_time = age_of (worktree, EXIT_LOG);

  assert_true (set_patch (worktree, *state, PATCH_CPUID ("second") PATCH_NEW, &error));
  assert_content (worktree, CPUID, "second\n");
  assert_true (age_of (worktree, CPUID) > cpuid_time);
  assert_true (age_of (worktree, EXIT_LOG) == log_time); /* not rebuilt */

  /* One that fails leaves the tree as it was. */
  assert_false (set_patch (worktree, *state, "--- a/" CPUID "\n+++ b/" CPUID "\n@@ -1 +1 @@\n-else\n+x\n", &error));
  assert_failed (error, HARNESS_ERROR_FAILED, "1.patch: does not apply: " CPUID ", hunk 1 (line 1)");
  assert_content (worktree, CPUID, "second\n");
  g_clear_error (&error);

  /* Across commands: the tree is found again, and all patches go. */
  g_clear_pointer (&worktree, worktree_free);
  worktree = worktree_open (cache, source, NULL, &error);
  assert_true (set_patch (worktree, *state, NULL, &error));
  assert_content (worktree, CPUID, "this is " CPUID "\n");
  assert_content (worktree, EXIT_LOG, NULL);
}

static void
test_interrupted_unpack (void **state)
{
  g_autofree char *dir = g_build_filename (*state, "linux", NULL);
  g_autofree char *cache = g_build_filename (*state, "cache", NULL);
  put_kernel (dir);
  g_autoptr (KernelSource) source = open_source (dir);
  g_autoptr (GError) error = NULL;
  g_autoptr (Worktree) worktree = worktree_open (cache, source, NULL, &error);
  g_autofree char *marker = worktree_file (worktree, "unpacked");
  g_autofree char *kbuild = g_build_filename (worktree_tree (worktree), "Kbuild", NULL);
  assert_int_equal (g_unlink (marker), 0);
  assert_int_equal (g_unlink (kbuild), 0);
  g_clear_pointer (&worktree, worktree_free);
  worktree = worktree_open (cache, source, NULL, &error);
  assert_no_failure (error);
  assert_content (worktree, "Kbuild", "this is Kbuild\n");
}

static void
test_patch_through_link (void **state)
{
  g_autofree char *dir = g_build_filename (*state, "linux", NULL);
  g_autofree char *cache = g_build_filename (*state, "cache", NULL);
  g_autofree char *precious = put_file (*state, "outside/f", "precious\n");
  g_autofree char *outside = g_path_get_dirname (precious);
  put_kernel (dir);
  g_autofree char *link = g_build_filename (dir, "link", NULL);
  assert_int_equal (symlink (outside, link), 0);
  g_autoptr (KernelSource) source = open_source (dir);
  g_autoptr (GError) error = NULL;
  g_autoptr (Worktree) worktree = worktree_open (cache, source, NULL, &error);
  assert_false (set_patch (worktree, *state, "--- a/link/f\n+++ b/link/f\n@@ -1 +1 @@\n-precious\n+gone\n", &error));
  assert_failed (error, HARNESS_ERROR_USAGE, "link: a patch touches it through a symbolic link");
  g_autofree char *text = NULL;
  assert_true (g_file_get_contents (precious, &text, NULL, NULL));
  assert_string_equal (text, "precious\n");
}

#define FOLDER_TEST(f) cmocka_unit_test_setup_teardown (f, folder_setup, folder_teardown)

/* KIND-KEY, as all that `clean --cache` trims. */
static void
test_variants_have_trees_of_their_own (void **state)
{
  const char *base = *state;
  g_autofree char *dir = g_build_filename (base, "linux", NULL);
  g_autofree char *cache = g_build_filename (base, "cache", NULL);
  put_kernel (dir);
  g_autoptr (KernelSource) source = open_source (dir);
  g_autoptr (Worktree) plain = worktree_open (cache, source, NULL, NULL);
  g_autoptr (Worktree) variant = worktree_open (cache, source, "installable", NULL);
  g_autofree char *plain_dir = g_strdup_printf ("%s/kernel-work-%.16s/src", cache, source->sha256);
  g_autofree char *variant_dir = g_strdup_printf ("%s/kernel-work-installable-%.16s/src", cache, source->sha256);
  assert_string_equal (worktree_tree (plain), plain_dir);
  assert_string_equal (worktree_tree (variant), variant_dir);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    FOLDER_TEST (test_no_source),
    FOLDER_TEST (test_folder),
    FOLDER_TEST (test_git),
    FOLDER_TEST (test_git_with_much_to_say),
    FOLDER_TEST (test_git_that_fails),
    FOLDER_TEST (test_tarball_stays_inside),
    FOLDER_TEST (test_not_a_tarball),
    FOLDER_TEST (test_patches_come_and_go),
    FOLDER_TEST (test_variants_have_trees_of_their_own),
    FOLDER_TEST (test_interrupted_unpack),
    FOLDER_TEST (test_patch_through_link),
  };
  return cmocka_run_group_tests (tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Patch series: what they touch, strict application, and errors that name patch, file and hunk. */
#include "unit.h"

#include "kernel/series.h"

#define FILE_A "one\ntwo\nthree\nfour\nfive\nsix\nseven\neight\nnine\nten\neleven\ntwelve\n"

#define PATCH_1 \
  "From: X\nSubject: two hunks\n\n--- not a header\n---\n" \
  "diff --git a/kvm/a.c b/kvm/a.c\n--- a/kvm/a.c\t2020-01-01\n+++ b/kvm/a.c\n" \
  "@@ -1,3 +1,3 @@\n one\n-two\n+TWO\n three\n" \
  "@@ -9,4 +9,5 @@ context\n nine\n ten\n+ten and a half\n eleven\n twelve\n"

/* The removed line reads "-- x/y": "--- x/y" in the patch, no header. */
#define PATCH_2 \
  "--- a/kvm/b.c\n+++ b/kvm/b.c\n@@ -1 +1 @@\n--- x/y\n+++ z/y\n" \
  "--- /dev/null\n+++ b/kvm/new.c\n@@ -0,0 +1,2 @@\n+new\n+file\n" \
  "--- a/kvm/old.c\n+++ /dev/null\n@@ -1 +0,0 @@\n-old\n"

static void
put_series (const char *dir, const char *series, const char *patch1, const char *patch2)
{
  g_free (put_file (dir, "p/series", series));
  g_free (put_file (dir, "p/1.patch", patch1));
  g_free (put_file (dir, "p/2.patch", patch2));
}

static void
put_tree (const char *dir)
{
  g_free (put_file (dir, "tree/kvm/a.c", FILE_A));
  g_free (put_file (dir, "tree/kvm/b.c", "-- x/y\n"));
  g_free (put_file (dir, "tree/kvm/old.c", "old\n"));
}

static gboolean
load (const char *dir, GPtrArray **patches, GError **error)
{
  g_autofree char *path = g_build_filename (dir, "p", NULL);
  return series_load (path, patches, error);
}

static void
test_touched_files (void **state)
{
  put_series (*state, "# comment\n1.patch\n\n 2.patch # why\n", PATCH_1, PATCH_2);
  g_autoptr (GPtrArray) patches = NULL;
  g_autoptr (GError) error = NULL;
  assert_true (load (*state, &patches, &error));
  assert_int_equal (patches->len, 2);
  const SeriesPatch *first = g_ptr_array_index (patches, 0);
  assert_string_equal (first->name, "1.patch");
  assert_int_equal (strlen (first->sha256), 64);
  g_autoptr (GPtrArray) files = series_files (patches);
  static const char *const expected[] = { "kvm/a.c", "kvm/b.c", "kvm/new.c", "kvm/old.c" };
  assert_int_equal (files->len, G_N_ELEMENTS (expected));
  for (guint i = 0; i < files->len; i++)
    assert_string_equal (g_ptr_array_index (files, i), expected[i]);

  g_autoptr (GPtrArray) none = NULL;
  assert_true (series_load (NULL, &none, NULL));
  assert_int_equal (none->len, 0);
}

static void
test_applies (void **state)
{
  put_series (*state, "1.patch\n2.patch\n", PATCH_1, PATCH_2);
  put_tree (*state);
  g_autofree char *tree = g_build_filename (*state, "tree", NULL);
  g_autoptr (GPtrArray) patches = NULL;
  g_autoptr (GError) error = NULL;
  assert_true (load (*state, &patches, &error));
  const gboolean ok = series_apply (patches, tree, &error);
  assert_no_failure (error);
  assert_true (ok);

  g_autofree char *a = g_build_filename (tree, "kvm/a.c", NULL);
  g_autofree char *new_file = g_build_filename (tree, "kvm/new.c", NULL);
  g_autofree char *old_file = g_build_filename (tree, "kvm/old.c", NULL);
  g_autofree char *text = NULL;
  assert_true (g_file_get_contents (a, &text, NULL, NULL));
  assert_true (g_str_has_prefix (text, "one\nTWO\nthree\n"));
  assert_true (g_file_test (new_file, G_FILE_TEST_EXISTS));
  assert_false (g_file_test (old_file, G_FILE_TEST_EXISTS));
}

static void
expect_apply_failure (const char *dir, const char *expected)
{
  g_autofree char *tree = g_build_filename (dir, "tree", NULL);
  g_autoptr (GPtrArray) patches = NULL;
  g_autoptr (GError) error = NULL;
  assert_true (load (dir, &patches, &error));
  assert_false (series_apply (patches, tree, &error));
  assert_failed (error, HARNESS_ERROR_FAILED, expected);
  assert_text_has (error->message, "; try: ");
}

static void
test_does_not_apply (void **state)
{
  put_series (*state, "1.patch\n2.patch\n", PATCH_1, PATCH_2);

  put_tree (*state);
  g_free (put_file (*state, "tree/kvm/a.c", "one\ntwo\nthree\nfour\nfive\nsix\nseven\neight\nnine\nTEN\neleven\ntwelve\n"));
  expect_apply_failure (*state, "1.patch: does not apply: kvm/a.c, hunk 2 (line 9)");

  put_tree (*state);
  g_free (put_file (*state, "tree/kvm/b.c", "else\n"));
  expect_apply_failure (*state, "2.patch: does not apply: kvm/b.c, hunk 1 (line 1)");

  /* Context that differs is no fuzz to overlook. */
  put_tree (*state);
  g_free (put_file (*state, "tree/kvm/a.c", "ONE\ntwo\nthree\nfour\nfive\nsix\nseven\neight\nnine\nten\neleven\ntwelve\n"));
  expect_apply_failure (*state, "1.patch: does not apply: kvm/a.c, hunk 1 (line 1)");

  put_tree (*state);
  g_free (put_file (*state, "tree/kvm/a.c", FILE_A));
  g_autofree char *gone = g_build_filename (*state, "tree/kvm/a.c", NULL);
  assert_int_equal (g_unlink (gone), 0);
  expect_apply_failure (*state, "1.patch: does not apply: kvm/a.c is not in this kernel");
}

/* A series that has the same patch twice, under two names. */
static void
test_already_applied (void **state)
{
  put_series (*state, "1.patch\n2.patch\n", PATCH_1, PATCH_1);
  put_tree (*state);
  expect_apply_failure (*state, "2.patch: does not apply: kvm/a.c: already there");
}

static void
series_mistake (const char *dir, const char *series, const char *patch, const char *expected)
{
  put_series (dir, series, patch, PATCH_2);
  GPtrArray *patches = NULL;
  g_autoptr (GError) error = NULL;
  assert_false (load (dir, &patches, &error));
  assert_text_has (error->message, expected);
  assert_null (patches);
}

static void
test_mistakes (void **state)
{
  series_mistake (*state, "1.patch -p0\n", PATCH_1, "series:1: \"1.patch -p0\"");
  series_mistake (*state, "1.patch\n../1.patch\n", PATCH_1, "series:2: \"../1.patch\"");
  series_mistake (*state, "none.patch\n", PATCH_1, "none.patch: opening: no such file");
  series_mistake (*state, "1.patch\n", "nothing here\n", "1.patch: touches no file");
  series_mistake (*state, "1.patch\n", "--- a/../../etc/x\n+++ b/../../etc/x\n@@ -1 +1 @@\n-a\n+b\n", "1.patch:1: \"../../etc/x\" is no path inside");
  series_mistake (*state, "1.patch\n", "--- /dev/null\n+++ b//etc/x\n@@ -0,0 +1 @@\n+b\n", "1.patch:2: \"/etc/x\" is no path inside");
  series_mistake (*state, "1.patch\n", "diff --git a/l b/l\nnew file mode 120000\n--- /dev/null\n+++ b/l\n@@ -0,0 +1 @@\n+/etc\n",
                  "1.patch:2: makes something other than a file");
  series_mistake (*state, "1.patch\n", "rename from ../x\n", "1.patch:1: \"../x\" is no path");
  series_mistake (*state, "1.patch\n", "--- a/f\n+++ b/f\n@@ -1,5 +1,5 @@\n a\n", "1.patch: cut short: 4 lines");
  series_mistake (*state, "1.patch\n", "--- a/f\n+++ b/f\n@@ -x +1 @@\n a\n", "1.patch:3: a damaged hunk header");
  series_mistake (*state, "1.patch\n", "diff --git a/f b/f\nGIT binary patch\n", "1.patch:2: a binary patch");
}

static gboolean
is_of_kvm (const char *dir, const char *path)
{
  g_autofree char *patch = g_strdup_printf ("--- a/%s\n+++ b/%s\n@@ -1 +1 @@\n-a\n+b\n", path, path);
  g_autoptr (GPtrArray) patches = NULL;
  g_autoptr (GError) error = NULL;
  put_series (dir, "1.patch\n2.patch\n", "--- a/arch/x86/kvm/x86.c\n+++ b/arch/x86/kvm/x86.c\n@@ -1 +1 @@\n-a\n+b\n", patch);
  load (dir, &patches, &error);
  assert_no_failure (error);
  return series_is_of_kvm (patches);
}

/* One file of the kernel's own, and the kernel is another. */
static void
test_of_kvm (void **state)
{
  static const char *const of_kvm[] = { "arch/x86/kvm/vmx/main.c", "arch/x86/kvm/Makefile", "virt/kvm/kvm_main.c", "arch/x86/include/asm/kvm_host.h",
                                        "include/linux/kvm_host.h", "Documentation/virt/kvm/x86/exit-log.rst" };
  static const char *const other[] = { "arch/x86/kernel/kvm.c", "arch/x86/kvm/Kconfig", "virt/kvm/Kconfig", "arch/x86/include/asm/kvmclock.h", "Makefile",
                                       "virt/lib/irqbypass.c", "arch/x86/kvm.c" };
  for (guint i = 0; i < G_N_ELEMENTS (of_kvm); i++)
    assert_true (is_of_kvm (*state, of_kvm[i]));
  for (guint i = 0; i < G_N_ELEMENTS (other); i++)
    assert_false (is_of_kvm (*state, other[i]));
}

#define FOLDER_TEST(f) cmocka_unit_test_setup_teardown (f, folder_setup, folder_teardown)

int
main (void)
{
  const struct CMUnitTest tests[] = {
    FOLDER_TEST (test_touched_files),
    FOLDER_TEST (test_applies),
    FOLDER_TEST (test_does_not_apply),
    FOLDER_TEST (test_already_applied),
    FOLDER_TEST (test_mistakes),
    FOLDER_TEST (test_of_kvm),
  };
  return cmocka_run_group_tests (tests, NULL, NULL);
}

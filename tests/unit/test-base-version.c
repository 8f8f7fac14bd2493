/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which kernel a submission was made from: by the items of its files, and by the lines that its patches look for. */
#include "unit.h"

#include "submission/base-version.h"

#define CPUID "arch/x86/kvm/cpuid.c"
#define OLD "int f(void)\n{\n\treturn old_call();\n}\nint v = 3;\n"
#define NEW "int f(void)\n{\n\treturn new_call();\n}\nint v = 3;\nint w = 4;\n"

static KernelIndex *
make_index (const char *dir)
{
  static const char *const kernels[][2] = { { "6.1.0", OLD }, { "6.12.0", NEW } };
  KernelIndex *index = kernel_index_new ();
  for (guint i = 0; i < G_N_ELEMENTS (kernels); i++)
    {
      g_autofree char *folder = g_build_filename (dir, kernels[i][0], NULL);
      guint version;
      g_free (put_file (folder, CPUID, kernels[i][1]));
      assert_true (kernel_index_add (index, kernels[i][0], folder, &version, NULL));
    }
  return index;
}

static const char *
version_of (const char *dir, const char *path, const char *text, const char *base_text)
{
  g_autoptr (KernelIndex) index = make_index (dir);
  g_autoptr (GPtrArray) files = g_ptr_array_new ();
  SubmissionFile file = { .path = (char *) path, .text = (char *) text, .base_text = (char *) base_text };
  const Submission submission = { .files = files };
  g_ptr_array_add (files, &file);
  return g_intern_string (submission_base_version (&submission, index));
}

static void
test_files (void **state)
{
  assert_string_equal (version_of (*state, CPUID, OLD "int mine = 5;\n", NULL), "6.1.0");
  assert_string_equal (version_of (*state, CPUID, NEW "int mine = 5;\n", NULL), "6.12.0");
  assert_string_equal (version_of (*state, CPUID, OLD, NEW), "6.12.0");
  assert_null (version_of (*state, CPUID, "int mine = 5;\n", NULL));
  assert_null (version_of (*state, CPUID, NULL, NULL));
  assert_null (version_of (*state, "arch/x86/kvm/mine.c", NEW, NULL));
}

static guint
misses (const char *dir, const char *version, const char *text)
{
  g_autoptr (KernelIndex) index = make_index (dir);
  g_autofree char *folder = g_build_filename (dir, version, NULL);
  g_autoptr (GPtrArray) patches = g_ptr_array_new ();
  SubmissionPatch patch = { .text = (char *) text };
  const Submission submission = { .patches = patches };
  g_ptr_array_add (patches, &patch);
  return submission_patch_misses (&submission, folder);
}

static void
test_patches (void **state)
{
  static const char patch[] = "diff --git a/" CPUID " b/" CPUID "\n--- a/" CPUID "\n+++ b/" CPUID "\n@@ -2,3 +2,4 @@\n {\n+\tmine++;\n \treturn new_call();\n }\n"
                              "@@ -6 +7 @@\n-int w = 4;\n+int w = 5;\n";
  static const char other[] = "diff --git a/x.c b/x.c\n--- a/x.c\n+++ b/x.c\n@@ -1 +1 @@\n--- a/y\n+int b;\n";
  assert_int_equal (misses (*state, "6.12.0", patch), 0);
  assert_int_equal (misses (*state, "6.1.0", patch), 2);
  assert_int_equal (misses (*state, "6.1.0", other), 1);
  assert_int_equal (misses (*state, "6.1.0", "no patch\n"), 0);
}

#define FOLDER_TEST(f) cmocka_unit_test_setup_teardown (f, folder_setup, folder_teardown)

int
main (void)
{
  const struct CMUnitTest tests[] = { FOLDER_TEST (test_files), FOLDER_TEST (test_patches) };
  return cmocka_run_group_tests (tests, NULL, NULL);
}

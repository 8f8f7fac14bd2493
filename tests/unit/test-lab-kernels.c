/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of lab kernels, which is a folder listing, and which of them is nearest to a version. */
#include "unit.h"

#include "base/error.h"
#include "kernel/lab-kernels.h"

static void
put_kernel (const char *dir, const char *version, gboolean grading)
{
  g_autofree char *series = g_strdup_printf ("patches/%s/series", version);
  g_autofree char *second = g_strdup_printf ("patches/%s-grading/series", version);
  g_free (put_file (dir, series, ""));
  if (grading)
    g_free (put_file (dir, second, ""));
}

static GPtrArray *
load (const char *dir)
{
  g_autofree char *patches = g_build_filename (dir, "patches", NULL);
  g_autofree char *fragments = g_build_filename (dir, "fragments", NULL);
  g_autoptr (GError) error = NULL;
  GPtrArray *kernels = NULL;
  lab_kernels_load (patches, fragments, &kernels, &error);
  assert_no_failure (error);
  return kernels;
}

/* By release, not by letter; what is no release, or has no grading series, is none. */
static GPtrArray *
make_three (const char *dir)
{
  put_kernel (dir, "7.2", TRUE);
  put_kernel (dir, "6.12", TRUE);
  put_kernel (dir, "6.1", TRUE);
  put_kernel (dir, "6.18", FALSE);
  put_kernel (dir, "6.1.7", TRUE);
  put_kernel (dir, "mine", TRUE);
  g_free (put_file (dir, "fragments/6.12.config", "CONFIG_X=y\n"));
  return load (dir);
}

static void
test_listing (void **state)
{
  g_autoptr (GPtrArray) kernels = make_three (*state);
  g_autofree char *names = lab_kernels_names (kernels);
  const LabKernel *kernel;
  assert_string_equal (names, "6.1, 6.12 and 7.2");
  assert_true (lab_kernels_find (kernels, "6.12", &kernel, NULL));
  assert_string_equal (kernel->source, "/usr/src/linux-source-6.12.tar.xz");
  assert_true (g_str_has_suffix (kernel->series_dir, "/patches/6.12"));
  assert_true (g_str_has_suffix (kernel->grading_dir, "/patches/6.12-grading"));
  assert_true (g_str_has_suffix (kernel->fragment, "/fragments/6.12.config"));
  assert_null (((const LabKernel *) g_ptr_array_index (kernels, 0))->fragment);
}

static void
test_unknown (void **state)
{
  g_autoptr (GPtrArray) kernels = make_three (*state);
  g_autoptr (GError) error = NULL;
  const LabKernel *kernel;
  assert_false (lab_kernels_find (kernels, "6.8", &kernel, &error));
  assert_int_equal (error->code, HARNESS_ERROR_USAGE);
  assert_text_has (error->message, "--kernel is \"6.8\", and the labs' kernels are 6.1, 6.12 and 7.2");
}

static void
test_nothing_there (void **state)
{
  g_autoptr (GError) error = NULL;
  GPtrArray *kernels = NULL;
  assert_false (lab_kernels_load (*state, *state, &kernels, &error));
  assert_int_equal (error->code, HARNESS_ERROR_FAILED);
  assert_text_has (error->message, "no series for any kernel");
}

static void
test_nearest (void **state)
{
  static const char *const cases[][2] = { { "5.4.0", "6.1" },      { "6.1.192", "6.1" }, { "6.6.0", "6.1" },   { "6.7.0", "6.12" }, { "6.8.0", "6.12" },
                                          { "6.12.117", "6.12" },  { "6.16.0", "6.12" }, { "6.17.0", "7.2" }, { "7.0.0", "7.2" },  { "7.2.0-rc3", "7.2" },
                                          { "99.1", "7.2" } };
  g_autoptr (GPtrArray) kernels = make_three (*state);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    assert_string_equal (lab_kernels_nearest (kernels, cases[i][0])->version, cases[i][1]);
  assert_null (lab_kernels_nearest (kernels, "mainline"));
}

/* Of two that are as near the newer. */
static void
test_between (void **state)
{
  put_kernel (*state, "6.1", TRUE);
  put_kernel (*state, "6.3", TRUE);
  g_autoptr (GPtrArray) kernels = load (*state);
  assert_string_equal (lab_kernels_nearest (kernels, "6.2")->version, "6.3");
}

/* The committed table has the default. */
static void
test_committed (void **state)
{
  g_autoptr (GPtrArray) kernels = NULL;
  const LabKernel *kernel;
  (void) state;
  assert_true (lab_kernels_load ("kernel-patches", "configs/kernels", &kernels, NULL));
  assert_true (lab_kernels_find (kernels, LAB_KERNEL_DEFAULT, &kernel, NULL));
  assert_null (kernel->fragment);
  assert_true (lab_kernels_find (kernels, "6.12", &kernel, NULL));
  assert_non_null (kernel->fragment);
}

#define FOLDER_TEST(f) cmocka_unit_test_setup_teardown (f, folder_setup, folder_teardown)

int
main (void)
{
  const struct CMUnitTest tests[] = {
    FOLDER_TEST (test_listing), FOLDER_TEST (test_unknown), FOLDER_TEST (test_nothing_there),
    FOLDER_TEST (test_nearest), FOLDER_TEST (test_between), cmocka_unit_test (test_committed),
  };
  return cmocka_run_group_tests (tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of lab kernels, which is a folder listing; which of them is nearest to a version; where their sources are. */
#include "unit.h"

#include "base/error.h"
#include "base/files.h"
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

static gboolean
try_load (const char *dir, GPtrArray **kernels, GError **error)
{
  g_autofree char *patches = g_build_filename (dir, "patches", NULL);
  g_autofree char *configs = g_build_filename (dir, "configs", NULL);
  g_autofree char *cache = g_build_filename (dir, "cache", NULL);
  return lab_kernels_load (patches, configs, cache, kernels, error);
}

static GPtrArray *
load (const char *dir)
{
  g_autoptr (GError) error = NULL;
  GPtrArray *kernels = NULL;
  try_load (dir, &kernels, &error);
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
  g_free (put_file (dir, "configs/6.12.config", "CONFIG_X=y\n"));
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
  assert_true (g_str_has_suffix (kernel->fragment, "/configs/6.12.config"));
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
  assert_false (lab_kernels_load (*state, *state, *state, &kernels, &error));
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
  assert_true (lab_kernels_load ("kernel-patches", "configs/kernels", "/nonexistent", &kernels, NULL));
  assert_true (lab_kernels_find (kernels, LAB_KERNEL_DEFAULT, &kernel, NULL));
  assert_null (kernel->fragment);
  assert_null (kernel->pin);
  assert_true (lab_kernels_find (kernels, "6.12", &kernel, NULL));
  assert_non_null (kernel->fragment);
  assert_true (lab_kernels_find (kernels, "7.2", &kernel, NULL));
  assert_non_null (kernel->fragment);
  assert_true (g_str_has_prefix (kernel->pin->version, "7.2."));
}

/* --- where the source is ---------------------------------------------------------------------- */

#define SHA256 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static void
pin (const char *dir, const char *version, const char *sha256)
{
  g_autofree char *text = g_strdup_printf ("[source]\nversion = %s\nsha256 = %s\n", version, sha256);
  g_free (put_file (dir, "configs/7.2.source", text));
}

/* As it is kept when it was fetched. */
static void
put_fetched (const char *dir)
{
  g_autofree char *cache = g_build_filename (dir, "cache", NULL);
  g_autofree char *entry = NULL;
  assert_true (files_make_dir (cache, NULL));
  g_autoptr (Scratch) scratch = scratch_new (cache, "t", NULL);
  g_free (put_file (scratch_path (scratch), "linux-7.2.6.tar", "a kernel"));
  assert_true (cache_seal (cache, "kernel-source", SHA256, scratch, &entry, NULL));
}

static const LabKernel *
find (const GPtrArray *kernels, const char *version)
{
  const LabKernel *kernel = NULL;
  assert_true (lab_kernels_find (kernels, version, &kernel, NULL));
  return kernel;
}

/* No host has 99.1's package: what there is to do depends on whether a tarball is pinned. */
static void
test_not_here (void **state)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GError) pinned = NULL;
  put_kernel (*state, "99.1", TRUE);
  g_autoptr (GPtrArray) plain = load (*state);
  assert_false (lab_kernel_is_at_hand (find (plain, "99.1")));
  assert_false (lab_kernel_need_source (find (plain, "99.1"), &error));
  assert_int_equal (error->code, HARNESS_ERROR_HOST);
  assert_text_has (error->message, "try: apt-get install linux-source-99.1");

  g_free (put_file (*state, "configs/99.1.source", "[source]\nversion = 99.1.4\nsha256 = " SHA256 "\n"));
  g_autoptr (GPtrArray) kernels = load (*state);
  assert_false (lab_kernel_need_source (find (kernels, "99.1"), &pinned));
  assert_int_equal (pinned->code, HARNESS_ERROR_HOST);
  assert_text_has (pinned->message, "try: ./harness build source 99.1, which fetches Linux 99.1.4");
}

static void
test_fetched (void **state)
{
  const char *dir = *state;
  put_kernel (dir, "7.2", TRUE);
  pin (dir, "7.2.6", SHA256);
  put_fetched (dir);
  g_autoptr (GPtrArray) kernels = load (dir);
  const LabKernel *kernel = find (kernels, "7.2");
  assert_true (kernel->is_fetched && lab_kernel_is_at_hand (kernel));
  assert_true (lab_kernel_need_source (kernel, NULL));
  assert_true (g_str_has_suffix (kernel->source, "/cache/kernel-source-0123456789abcdef/linux-7.2.6.tar"));
  g_free (put_file (dir, "cache/kernel-source-0123456789abcdef/linux-7.2.6.tar", "changed since"));
  g_autoptr (GPtrArray) damaged = load (dir);
  assert_false (find (damaged, "7.2")->is_fetched);
}

static void
test_bad_pins (void **state)
{
  static const struct {
    const char *version, *sha256, *says;
  } cases[] = { { "7.2-rc1", SHA256, "7.2.source:2: version is \"7.2-rc1\"" }, { "7.2.6", "0123", "7.2.source:3: sha256 is not 64 digits" } };
  put_kernel (*state, "7.2", TRUE);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GError) error = NULL;
      GPtrArray *kernels = NULL;
      pin (*state, cases[i].version, cases[i].sha256);
      assert_false (try_load (*state, &kernels, &error));
      assert_int_equal (error->code, HARNESS_ERROR_USAGE);
      assert_text_has (error->message, cases[i].says);
    }
}

#define FOLDER_TEST(f) cmocka_unit_test_setup_teardown (f, folder_setup, folder_teardown)

int
main (void)
{
  const struct CMUnitTest tests[] = {
    FOLDER_TEST (test_listing), FOLDER_TEST (test_unknown), FOLDER_TEST (test_nothing_there),
    FOLDER_TEST (test_nearest), FOLDER_TEST (test_between), cmocka_unit_test (test_committed), FOLDER_TEST (test_not_here), FOLDER_TEST (test_fetched), FOLDER_TEST (test_bad_pins),
  };
  return cmocka_run_group_tests (tests, NULL, NULL);
}

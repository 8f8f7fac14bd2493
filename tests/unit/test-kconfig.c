/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Configuration fragments: reading them, and telling what did not hold, by file and line. */
#include "unit.h"

#include "kernel/kconfig.h"

static KconfigFragments *
load (const char *dir)
{
  KconfigFragments *fragments = NULL;
  g_autoptr (GError) error = NULL;
  const gboolean ok = kconfig_fragments_load (dir, NULL, &fragments, &error);
  assert_no_failure (error);
  assert_true (ok);
  return fragments;
}

static void
test_committed_fragments (void **state)
{
  (void) state;
  g_autoptr (KconfigFragments) fragments = load ("configs/kernel");
  assert_true (fragments->lines->len > 50);
}

static void
test_holds (void **state)
{
  g_free (put_file (*state, "20-b.config", "CONFIG_NR_CPUS=8\n"));
  g_free (put_file (*state, "10-a.config", "# why\nCONFIG_SMP=y\nCONFIG_NR_CPUS=4\n\n# CONFIG_KVM_WERROR is not set\nCONFIG_OFF=n\n"
                                           "CONFIG_NAME=\"a b\"\n"));
  g_free (put_file (*state, "ignored.txt", "rubbish\n"));
  g_autoptr (KconfigFragments) fragments = load (*state);
  assert_int_equal (fragments->lines->len, 6);
  g_autoptr (GError) error = NULL;
  const gboolean ok = kconfig_check (fragments, "CONFIG_SMP=y\nCONFIG_NR_CPUS=8\n# CONFIG_OFF is not set\nCONFIG_NAME=\"a b\"\n", &error);
  assert_no_failure (error);
  assert_true (ok);
}

static void
test_does_not_hold (void **state)
{
  g_free (put_file (*state, "10-a.config", "CONFIG_SMP=y\nCONFIG_KVM=m\n# CONFIG_VT is not set\nCONFIG_NR_CPUS=8\n"));
  g_autoptr (KconfigFragments) fragments = load (*state);
  g_autoptr (GError) error = NULL;
  assert_false (kconfig_check (fragments, "CONFIG_SMP=y\nCONFIG_KVM=y\nCONFIG_VT=y\nCONFIG_NR_CPUS=8\nCONFIG_KVM_X=y\n", &error));
  assert_failed (error, HARNESS_ERROR_FAILED, "10-a.config:2: CONFIG_KVM asked as m, got y\n");
  assert_text_has (error->message, "10-a.config:3: CONFIG_VT asked as n, got y; try: ");

  g_autoptr (GError) missing = NULL;
  assert_false (kconfig_check (fragments, "CONFIG_SMP=y\n", &missing));
  assert_failed (missing, HARNESS_ERROR_FAILED, "10-a.config:2: CONFIG_KVM asked as m, got n");
}

static void
test_many_do_not_hold (void **state)
{
  g_free (put_file (*state, "a.config", "CONFIG_A=y\nCONFIG_B=y\nCONFIG_C=y\nCONFIG_D=y\nCONFIG_E=y\nCONFIG_F=y\nCONFIG_G=y\n"));
  g_autoptr (KconfigFragments) fragments = load (*state);
  g_autoptr (GError) error = NULL;
  assert_false (kconfig_check (fragments, "", &error));
  assert_failed (error, HARNESS_ERROR_FAILED, "a.config:5: CONFIG_E asked as y, got n\nand 2 more; try: ");
}

static void
fragment_mistake (const char *dir, const char *text, const char *expected)
{
  g_free (put_file (dir, "x.config", text));
  KconfigFragments *fragments = NULL;
  g_autoptr (GError) error = NULL;
  assert_false (kconfig_fragments_load (dir, NULL, &fragments, &error));
  assert_failed (error, HARNESS_ERROR_USAGE, expected);
  assert_null (fragments);
}

static void
test_mistakes (void **state)
{
  fragment_mistake (*state, "CONFIG_A=y\nSMP=y\n", "x.config:2: \"SMP=y\"; try: ");
  fragment_mistake (*state, "CONFIG_A\n", "x.config:1: \"CONFIG_A\"");
  fragment_mistake (*state, "CONFIG_A=\n", "x.config:1: \"CONFIG_A=\"");
  fragment_mistake (*state, "CONFIG_=y\n", "x.config:1: \"CONFIG_=y\"");
  fragment_mistake (*state, "CONFIG_A =y\n", "x.config:1: ");
  g_autofree char *empty = g_build_filename (*state, "none", NULL);
  KconfigFragments *fragments = NULL;
  g_autoptr (GError) error = NULL;
  assert_false (kconfig_fragments_load (empty, NULL, &fragments, &error));
  assert_failed (error, HARNESS_ERROR_USAGE, "none: no kernel configuration");
}

#define FOLDER_TEST(f) cmocka_unit_test_setup_teardown (f, folder_setup, folder_teardown)

/* Runs in the top folder, as `make check` does. */
int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_committed_fragments),
    FOLDER_TEST (test_holds),
    FOLDER_TEST (test_does_not_hold),
    FOLDER_TEST (test_many_do_not_hold),
    FOLDER_TEST (test_mistakes),
  };
  return cmocka_run_group_tests (tests, NULL, NULL);
}

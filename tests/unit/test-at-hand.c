/* SPDX-License-Identifier: GPL-2.0-or-later */
/* KVM's part of tarballs in a folder: what is taken, what is not, once. */
#include "unit.h"

#include "base/run.h"
#include "kernel/at-hand.h"

static void
make_tarball (const char *dir, const char *name, const char *patchlevel)
{
  g_autofree char *top = g_strconcat ("src/", name, NULL);
  g_autofree char *makefile = g_strdup_printf ("# SPDX\nVERSION = 6\nPATCHLEVEL = %s\nSUBLEVEL = 7\n", patchlevel);
  static const char *const files[] = { "arch/x86/kvm/cpuid.c", "arch/x86/kvm/vmx/vmx.c", "arch/x86/include/asm/kvm_host.h", "include/linux/kvm_host.h",
                                       "virt/kvm/kvm_main.c", "arch/x86/kernel/cpu.c", "drivers/Makefile" };
  g_autofree char *makefile_name = g_strconcat (top, "/Makefile", NULL);
  g_free (put_file (dir, makefile_name, makefile));
  for (guint i = 0; i < G_N_ELEMENTS (files); i++)
    {
      g_autofree char *file = g_strconcat (top, "/", files[i], NULL);
      g_free (put_file (dir, file, files[i]));
    }
  g_autofree char *source = g_build_filename (dir, "src", NULL);
  g_autofree char *tarball = g_strdup_printf ("%s/%s.tar.xz", dir, name);
  g_autoptr (Run) run = run_new ("tar", "-C", source, "-cJf", tarball, name, NULL);
  assert_true (run_wait (run, NULL));
}

static void
test_taken_once (void **state)
{
  const char *dir = *state;
  g_autofree char *cache = g_build_filename (dir, "cache", NULL);
  g_autoptr (GPtrArray) sources = NULL;
  g_autoptr (GPtrArray) again = NULL;
  g_autoptr (GError) error = NULL;
  make_tarball (dir, "linux-source-6.12", "12");
  make_tarball (dir, "linux-source-6.1", "1");
  assert_true (kernel_sources_in (dir, cache, NULL, &sources, &error));
  assert_no_failure (error);
  assert_int_equal (sources->len, 2);
  const KernelAtHand *first = g_ptr_array_index (sources, 0);
  assert_string_equal (first->name, "6.1.7 (linux-source-6.1)");
  assert_string_equal (((KernelAtHand *) g_ptr_array_index (sources, 1))->name, "6.12.7 (linux-source-6.12)");
  g_autofree char *wanted = g_build_filename (first->dir, "arch/x86/kvm/vmx/vmx.c", NULL);
  g_autofree char *other = g_build_filename (first->dir, "arch/x86/kernel/cpu.c", NULL);
  g_autofree char *makefile = g_build_filename (first->dir, "drivers/Makefile", NULL);
  g_autofree char *text = NULL;
  assert_true (g_file_get_contents (wanted, &text, NULL, NULL));
  assert_string_equal (text, "arch/x86/kvm/vmx/vmx.c");
  assert_false (g_file_test (other, G_FILE_TEST_EXISTS));
  assert_false (g_file_test (makefile, G_FILE_TEST_EXISTS));
  const guint entries = count_entries (cache);
  assert_true (kernel_sources_in (dir, cache, NULL, &again, &error));
  assert_string_equal (((KernelAtHand *) g_ptr_array_index (again, 0))->dir, first->dir);
  assert_int_equal (count_entries (cache), entries);
}

static void
test_damaged (void **state)
{
  const char *dir = *state;
  g_autofree char *cache = g_build_filename (dir, "cache", NULL);
  g_autoptr (GPtrArray) sources = NULL;
  g_autoptr (GError) error = NULL;
  g_free (put_file (dir, "linux-source-6.5.tar.xz", "no archive"));
  assert_false (kernel_sources_in (dir, cache, NULL, &sources, &error));
  assert_failed (error, HARNESS_ERROR_USAGE, "linux-source-6.5.tar.xz: not a readable archive");
}

static void
test_none (void **state)
{
  const char *dir = *state;
  g_autofree char *cache = g_build_filename (dir, "cache", NULL);
  g_autoptr (GPtrArray) sources = NULL;
  assert_true (kernel_sources_in ("/nonexistent", cache, NULL, &sources, NULL));
  assert_int_equal (sources->len, 0);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown (test_taken_once, folder_setup, folder_teardown),
    cmocka_unit_test_setup_teardown (test_damaged, folder_setup, folder_teardown),
    cmocka_unit_test_setup_teardown (test_none, folder_setup, folder_teardown),
  };
  return cmocka_run_group_tests (tests, NULL, NULL);
}

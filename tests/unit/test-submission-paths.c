/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names in submissions and the kernel files that they stand for. */
#include "unit.h"

#include "submission/paths.h"

static void
expect (const char *name, PathMatch match, const char *path)
{
  g_auto (KernelPath) found = { 0 };
  kernel_path_find (name, &found);
  if (found.match != match || g_strcmp0 (found.path, path) != 0)
    fail_msg ("\"%s\": %d, %s", name, (int) found.match, found.path);
}

#define KVM KERNEL_KVM_FOLDER

static void
test_exact (void **state G_GNUC_UNUSED)
{
  expect ("cpuid.c", PATH_EXACT, KVM "cpuid.c");
  expect ("any where/vmx.c", PATH_EXACT, KVM "vmx/vmx.c");
  expect ("svm.c", PATH_EXACT, KVM "svm/svm.c");
  expect ("x86.h", PATH_EXACT, KVM "x86.h");
  expect ("vmx/nested.c", PATH_EXACT, KVM "vmx/nested.c");
  expect ("svm/nested.c", PATH_EXACT, KVM "svm/nested.c");
  expect ("kvm/Makefile", PATH_EXACT, KVM "Makefile");
  expect ("linux-5.8/arch/x86/kvm/mine.c", PATH_EXACT, KVM "mine.c");
  expect ("kvm_host.h", PATH_EXACT, "arch/x86/include/asm/kvm_host.h");
  expect ("l/include/linux/kvm_host.h", PATH_EXACT, "include/linux/kvm_host.h");
  expect ("kvm_main.c", PATH_EXACT, "virt/kvm/kvm_main.c");
  expect ("reverse_cpuid.h", PATH_EXACT, KVM "reverse_cpuid.h");
  expect ("tdx_arch.h", PATH_EXACT, KVM "vmx/tdx_arch.h");
}

static void
test_old_layout (void **state G_GNUC_UNUSED)
{
  g_auto (KernelPath) found = { 0 };
  kernel_path_find ("linux/arch/x86/kvm/vmx.c", &found);
  assert_string_equal (found.path, KVM "vmx/vmx.c");
  assert_true (found.old_layout);
  expect ("kvm/svm.c", PATH_EXACT, KVM "svm/svm.c");
  expect ("arch/x86/kvm/pmu_amd.c", PATH_EXACT, KVM "svm/pmu.c");
}

static void
expect_copy (const char *name, guint copy)
{
  g_auto (KernelPath) found = { 0 };
  kernel_path_find (name, &found);
  assert_int_equal (found.match, PATH_ODD);
  assert_int_equal (found.copy, copy);
}

static void
test_odd (void **state G_GNUC_UNUSED)
{
  static const char *const names[] = { "CPUID.C", "cpuid.c.txt", "cpuid(2).c", "cpuid (2).c", "Cpuid - Copy.c", "Copy of cpuid.c", " cpuid .c", "cpuid.c (1)",
                                       "cpuid-1.c", "cpuid.C.TXT", "cpuid.c.c", "cpuid - Copy (3).c" };
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    expect (names[i], PATH_ODD, KVM "cpuid.c");
  expect ("arch/x86/kvm/cpuid (1).c", PATH_ODD, KVM "cpuid.c");
  expect ("arch/x86/kvm/VMX/vmx.c", PATH_EXACT, KVM "VMX/vmx.c");
  expect_copy ("vmx (3).c", 3);
  expect_copy ("vmx - Copy.c", 1);
  expect_copy ("VMX.C", 0);
}

static void
test_likely (void **state G_GNUC_UNUSED)
{
  expect ("doe_123_456_cpuid.c", PATH_LIKELY, KVM "cpuid.c");
  expect ("vmx_final.c", PATH_LIKELY, KVM "vmx/vmx.c");
  expect ("cpuid.modified.c", PATH_LIKELY, KVM "cpuid.c");
  expect ("test_cpuid.c", PATH_UNKNOWN, NULL);
  expect ("mycpuid.c", PATH_UNKNOWN, NULL);
}

static void
test_unknown (void **state G_GNUC_UNUSED)
{
  static const char *const names[] = { "test.c", "cpuid.py", "Makefile", "arch/arm64/kvm/Makefile", "arch/arm64/include/asm/kvm_host.h",
                                       "tools/testing/selftests/kvm/lib/x86_64/svm.c", "drivers/x/vmx.c", "cpuid", "",
                                       "arch/x86/kvm/$(shell x).c", "arch/x86/kvm//x.c", "arch/x86/kvm/./x.c", "arch/x86/kvm/x\n.c", "arch/x86/kvm/\xff.c" };
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    expect (names[i], PATH_UNKNOWN, NULL);
  expect ("nested.c", PATH_AMBIGUOUS, NULL);
  expect ("hyperv.h", PATH_AMBIGUOUS, NULL);
  expect ("pmu.c", PATH_AMBIGUOUS, NULL);
  expect ("main.c", PATH_AMBIGUOUS, NULL);
  expect ("regs.c", PATH_AMBIGUOUS, NULL);
}

static void
expect_patch (const char *name, const char *path)
{
  g_autofree char *got = kernel_path_of_patch (name);
  if (g_strcmp0 (got, path) != 0)
    fail_msg ("\"%s\": %s", name, got);
}

static void
test_patch_names (void **state G_GNUC_UNUSED)
{
  expect_patch ("a/arch/x86/kvm/vmx/vmx.c", KVM "vmx/vmx.c");
  expect_patch ("arch/x86/kvm/vmx/vmx.c", KVM "vmx/vmx.c");
  expect_patch ("/srv/someone/linux/arch/x86/kvm/cpuid.c", KVM "cpuid.c");
  expect_patch ("../linux-5.8.orig/arch/x86/kvm/cpuid.c", KVM "cpuid.c");
  expect_patch ("cpuid.c.orig", KVM "cpuid.c");
  expect_patch ("old/cpuid.c~", KVM "cpuid.c");
  expect_patch ("cpuid_new.c", KVM "cpuid.c");
  expect_patch ("b/Makefile", "Makefile");
  expect_patch ("b/drivers/net/x.c", "drivers/net/x.c");
  expect_patch ("linux-5.8/drivers/net/x.c", "drivers/net/x.c");
  expect_patch ("/usr/src/linux/drivers/net/x.c", "drivers/net/x.c");
  expect_patch ("a/tools/testing/selftests/kvm/lib/x86_64/svm.c", "tools/testing/selftests/kvm/lib/x86_64/svm.c");
  expect_patch ("a/test/test.c", NULL);
  expect_patch ("README.md", NULL);
  expect_patch ("a/arch/x86/kvm/../../../Makefile", NULL);
  expect_patch ("a/arch/x86/kvm//x.c", NULL);
}

static void
test_what_is_nothing (void **state G_GNUC_UNUSED)
{
  assert_true (kernel_path_is_document ("Documentation/x.txt"));
  assert_true (kernel_path_is_document ("README"));
  assert_true (kernel_path_is_document ("arch/x86/kvm/README.md"));
  assert_false (kernel_path_is_document ("arch/x86/kvm/report.c"));
  assert_false (kernel_path_is_document ("arch/x86/kvm/cpuid.c"));
  assert_true (kernel_path_is_kernels ("Makefile"));
  assert_false (kernel_path_is_kernels ("hw2/cpuid.c"));
  static const char *const litter[] = { "__MACOSX/._cpuid.c", "x/.DS_Store", "cpuid.c~", "cpuid.o", "kvm.ko", "kvm.mod.c", ".cpuid.c.swp", "#cpuid.c#", "vmx.c.rej" };
  for (guint i = 0; i < G_N_ELEMENTS (litter); i++)
    assert_true (name_is_litter (litter[i]));
  assert_false (name_is_litter ("mod.c"));
  assert_true (name_is_original ("original/cpuid.c"));
  assert_true (name_is_original ("cpuid_old.c"));
  assert_false (name_is_original ("folder/cpuid.c"));
}

/* What is read of a kernel's tree, and what is not; a student's folders are called otherwise. */
static void
test_other_parts (void **state)
{
  static const char *const others[] = { "linux/drivers/net/x.c", "arch/arm64/kvm/arm.c", "l/fs/ext4/inode.c", "l/Documentation/x/y.txt", "include/linux/list.h", "tools/perf/x.h" };
  static const char *const wanted[] = { "l/arch/x86/kvm/notes.txt", "arch/x86/include/asm/kvm_host.h", "include/linux/kvm_host.h", "net/vmx.c", "include/my.h", "src/x.h", "kernel/cpuid.c",
                                        "l/fs/a/cpuid.c", "virt/kvm/kvm_main.c", "scripts/x.txt" };
  (void) state;
  for (guint i = 0; i < G_N_ELEMENTS (others); i++)
    if (!kernel_path_is_other_part (others[i]))
      fail_msg ("%s is another part", others[i]);
  for (guint i = 0; i < G_N_ELEMENTS (wanted); i++)
    if (kernel_path_is_other_part (wanted[i]))
      fail_msg ("%s is wanted", wanted[i]);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_other_parts),
    cmocka_unit_test (test_exact),   cmocka_unit_test (test_old_layout),  cmocka_unit_test (test_odd),           cmocka_unit_test (test_likely),
    cmocka_unit_test (test_unknown), cmocka_unit_test (test_patch_names), cmocka_unit_test (test_what_is_nothing),
  };
  return cmocka_run_group_tests (tests, NULL, NULL);
}

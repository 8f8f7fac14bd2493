/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whose fault a build is: errors in the submission's own lines, in others', about words of other kernels, and without a place. */
#include "unit.h"

#include "grade/build-blame.h"

#define DIFF \
  "diff --git a/arch/x86/kvm/cpuid.c b/arch/x86/kvm/cpuid.c\n--- a/arch/x86/kvm/cpuid.c\n+++ b/arch/x86/kvm/cpuid.c\n" \
  "@@ -10,3 +10,5 @@ int f(void)\n context\n+\teax = atomic64_read(&my_exits);\n+\tebx = kvm_newer(vcpu);\n context\n-\told_call();\n context\n"
#define OWN "arch/x86/kvm/cpuid.c:11:6: error: "
#define OTHERS "arch/x86/kvm/cpuid.c:300:6: error: "
#define UNTOUCHED "arch/x86/kvm/x86.c:11:6: error: "

static gboolean
knows (const char *word, gpointer user)
{
  (void) user;
  static const char *const words[] = { "kvm_newer", "kvm_cpuid", NULL };
  return g_strv_contains (words, word);
}

static const struct {
  const char *error;
  gboolean theirs;
} cases[] = {
  { OWN "'my_exits' undeclared (first use in this function)", TRUE },
  { OWN "expected ';' before 'ebx'", TRUE },
  { OWN "implicit declaration of function 'nobodys_word'", TRUE },
  { OWN "implicit declaration of function 'kvm_newer'", FALSE },
  { OWN "implicit declaration of function \xe2\x80\x98kvm_newer\xe2\x80\x99; did you mean", FALSE },
  { OWN "too few arguments to function 'kvm_cpuid'", FALSE },
  { OWN "'struct kvm_vcpu' has no member named 'kvm_newer'", FALSE },
  { OWN "'struct kvm_vcpu' has no member named 'mine'", TRUE },
  { OWN "expected expression before 'kvm_newer'", TRUE },
  { "arch/x86/kvm/cpuid.c:13:1: error: 'x' undeclared", TRUE }, /* where a line was taken away */
  { OTHERS "'struct kvm_vcpu_arch' has no member named 'gone'", FALSE },
  { OTHERS "invalid storage class for function 'kvm_set_cpuid'", TRUE }, /* a brace of theirs is missing */
  { OTHERS "expected declaration or statement at end of input", TRUE },
  { "arch/x86/kvm/cpuid.c:3:1: error: expected ';' before 'u32'", FALSE }, /* before anything of theirs */
  { UNTOUCHED "invalid storage class for function 'f'", FALSE },
  { UNTOUCHED "implicit declaration of function 'kvm_newer'", FALSE },
  { UNTOUCHED "'my_exits' redeclared as different kind of symbol", TRUE },
  { "ERROR: modpost: \"my_exits\" [arch/x86/kvm/kvm.ko] undefined!", TRUE },
  { "ERROR: modpost: \"kvm_newer\" [arch/x86/kvm/kvm.ko] undefined!", FALSE },
  { "ERROR: modpost: \"kvm_elsewhere\" [arch/x86/kvm/kvm.ko] undefined!", FALSE },
  { "ld: cpuid.o: multiple definition of `my_exits'", TRUE },
  { "took longer than 180 s", TRUE },
  { UNTOUCHED "closing dependency file arch/x86/kvm/.x86.o.d: No space left on device", TRUE }, /* its limit of room, whatever was compiled then */
};

static BuildBlame *
blame_one (const char *error, KernelKnowsWord word)
{
  g_autoptr (GPtrArray) errors = g_ptr_array_new ();
  g_ptr_array_add (errors, (gpointer) error);
  return build_blame (errors, DIFF, word, NULL);
}

static void
test_one (void **state)
{
  (void) state;
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (BuildBlame) blame = blame_one (cases[i].error, knows);
      if (blame->theirs != cases[i].theirs)
        fail_msg ("%s: %s", cases[i].error, blame->theirs ? "theirs" : "nobody's");
      assert_string_equal (blame->error, cases[i].error);
    }
  g_autoptr (BuildBlame) unknown = blame_one (OWN "implicit declaration of function 'kvm_newer'", NULL);
  assert_true (unknown->theirs);
}

/* One that is theirs is enough, and stands first. */
static void
test_several (void **state)
{
  (void) state;
  g_autoptr (GPtrArray) errors = g_ptr_array_new ();
  g_ptr_array_add (errors, (gpointer) (UNTOUCHED "'a' undeclared"));
  g_ptr_array_add (errors, (gpointer) (OWN "implicit declaration of function 'kvm_newer'"));
  g_autoptr (BuildBlame) nobodys = build_blame (errors, DIFF, knows, NULL);
  assert_false (nobodys->theirs);
  assert_text_has (nobodys->reason, "uses kvm_newer, which another kernel version has");
  g_ptr_array_add (errors, (gpointer) (OWN "'my_exits' undeclared"));
  g_autoptr (BuildBlame) blame = build_blame (errors, DIFF, knows, NULL);
  assert_true (blame->theirs);
  assert_int_equal (blame->errors->len, 3);
  assert_string_equal (g_ptr_array_index (blame->errors, 0), OWN "'my_exits' undeclared");
  g_ptr_array_set_size (errors, 1);
  g_autoptr (BuildBlame) others = build_blame (errors, DIFF, knows, NULL);
  assert_text_has (others->reason, "every error lies in lines that the submission did not write");
}

static void
test_own_line (void **state)
{
  (void) state;
  assert_int_equal (build_blame_own_line ("a\n\tx = 1 ;\r\nb\n", "x = 1;"), 2);
  assert_int_equal (build_blame_own_line ("x = 1;\nx = 1;\n", "x = 1;"), 0);
  assert_int_equal (build_blame_own_line ("a\n", "b"), 0);
  assert_int_equal (build_blame_own_line ("a\n\n", ""), 0);
}

/* What lies in somebody else's line costs nobody anything. */
static void
test_warnings (void **state)
{
  (void) state;
  static const char *const said[] = {
    "arch/x86/kvm/cpuid.c:11:6: warning: unused variable 'x'", "arch/x86/kvm/cpuid.c:300:6: warning: unused variable 'y'",
    "arch/x86/include/uapi/asm/svm.h:137:32: warning: conversion changes value", "WARNING: modpost: my_exits is static and exported",
  };
  g_autoptr (GPtrArray) warnings = g_ptr_array_new ();
  for (guint i = 0; i < G_N_ELEMENTS (said); i++)
    g_ptr_array_add (warnings, (gpointer) said[i]);
  g_autoptr (GPtrArray) theirs = build_blame_warnings (warnings, DIFF);
  assert_int_equal (theirs->len, 2);
  assert_string_equal (g_ptr_array_index (theirs, 0), said[0]);
  assert_string_equal (g_ptr_array_index (theirs, 1), said[3]);
}

int
main (void)
{
  const struct CMUnitTest tests[] = { cmocka_unit_test (test_one), cmocka_unit_test (test_several), cmocka_unit_test (test_own_line), cmocka_unit_test (test_warnings) };
  return cmocka_run_group_tests_name ("build-blame", tests, NULL, NULL);
}

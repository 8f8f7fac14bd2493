/* SPDX-License-Identifier: GPL-2.0-or-later */
/* --assignment auto: whether counts are told by leaves or in the kernel log, from what was handed in. */
#include "unit.h"

#include "submission/told.h"

static const guint32 leaves[] = { 0x4ffffffd, 0x4fffffff };

static gboolean
tells (const char *path, const char *text, const char *patch)
{
  SubmissionFile file = { .path = (char *) path, .text = (char *) text };
  SubmissionPatch one = { .text = (char *) patch };
  g_autoptr (GPtrArray) files = g_ptr_array_new (), patches = g_ptr_array_new ();
  const Submission submission = { .files = files, .patches = patches };
  if (path != NULL)
    g_ptr_array_add (files, &file);
  if (patch != NULL)
    g_ptr_array_add (patches, &one);
  return submission_tells_by_log (&submission, leaves, G_N_ELEMENTS (leaves));
}

static void
test_told (void **state)
{
  (void) state;
  assert_true (tells ("arch/x86/kvm/vmx/vmx.c", "pr_info (\"%d\");", NULL));
  assert_true (tells (NULL, NULL, "+++ b/x\n+\tprintk(\"Exit %u\");\n"));
  assert_true (tells (NULL, NULL, "+\ttrace_printk(\"Exit %u\");\n"));
  assert_true (tells ("arch/x86/kvm/svm/svm.c", "printk", "+nothing\n"));
  /* A kernel's print beside the change. */
  assert_false (tells (NULL, NULL, " \tprintk(\"x\");\n-\tpr_info(1);\n+\tcount++;\n"));
  assert_false (tells ("arch/x86/kvm/cpuid.c", "pr_info", NULL));
  assert_false (tells ("arch/x86/kvm/svm/svm.c", NULL, NULL));
}

/* Whoever answers leaves may print as well. */
static void
test_leaves (void **state)
{
  (void) state;
  assert_false (tells ("arch/x86/kvm/vmx/vmx.c", "printk; if (eax == 0x4FFFFFFF)", NULL));
  assert_false (tells ("arch/x86/kvm/vmx/vmx.c", "printk", "+\tcase 0x4ffffffd:\n"));
  assert_false (tells (NULL, NULL, "+\tprintk(\"x\");\n+\tif (eax == 1342177277)\n"));
  assert_true (tells (NULL, NULL, "+\tprintk(\"x\");\n+\tif (eax == 0x40000000)\n"));
}

int
main (void)
{
  const struct CMUnitTest tests[] = { cmocka_unit_test (test_told), cmocka_unit_test (test_leaves) };
  return cmocka_run_group_tests (tests, NULL, NULL);
}

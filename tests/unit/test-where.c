/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lines to look at: the student's own, by what a row is about, and by what the module's scan found. */
#include "unit.h"

#include "grade/module-scan.h"
#include "grade/where.h"

#define DIFF \
  "diff --git a/arch/x86/kvm/cpuid.c b/arch/x86/kvm/cpuid.c\n--- a/arch/x86/kvm/cpuid.c\n+++ b/arch/x86/kvm/cpuid.c\n" \
  "@@ -10,3 +10,5 @@ int f(void)\n context\n+\tif (eax == 0x4fffffff)\n+\t\tebx = 0;\n context\n context\n" \
  "diff --git a/arch/x86/kvm/vmx/vmx.c b/arch/x86/kvm/vmx/vmx.c\n--- a/arch/x86/kvm/vmx/vmx.c\n+++ b/arch/x86/kvm/vmx/vmx.c\n" \
  "@@ -100,2 +102,4 @@ static int g(void)\n context\n+\ttotal_exits++;\n-\told_count++;\n+\tother = 1;\n context\n" \
  "@@ -200,1 +205,2 @@\n context\n+\tprintk(\"%s\", \"exit\");\n"

static Grade *
grade_with (RowKind kind, RowStatus status)
{
  Grade *grade = grade_new ();
  GradeRow *row = grade_row_new (kind);
  row->status = status;
  g_ptr_array_add (grade->rows, row);
  g_free (grade->carried);
  grade->carried = g_strdup (DIFF);
  return grade;
}

static void
expect_where (RowKind kind, RowStatus status, const GPtrArray *findings, const char *expected)
{
  g_autoptr (Grade) grade = grade_with (kind, status);
  where_fill (grade, findings);
  const GradeRow *row = g_ptr_array_index (grade->rows, 0);
  if (expected == NULL)
    {
      assert_int_equal (row->where->len, 0);
      return;
    }
  assert_int_equal (row->where->len, 1);
  assert_string_equal (g_ptr_array_index (row->where, 0), expected);
}

static void
test_rows (void **state)
{
  (void) state;
  g_autoptr (GPtrArray) none = g_ptr_array_new ();
  expect_where (ROW_TOTAL_EXITS, ROW_FAILED, none, "arch/x86/kvm/vmx/vmx.c:103: total_exits++;");
  expect_where (ROW_LOG_VOLUME, ROW_FAILED, none, "arch/x86/kvm/vmx/vmx.c:206: printk(\"%s\", \"exit\");");
  expect_where (ROW_REGISTERS, ROW_FAILED, none, "arch/x86/kvm/cpuid.c:12: ebx = 0;");
  expect_where (ROW_OTHER_LEAVES, ROW_FAILED, none, "arch/x86/kvm/cpuid.c:11: if (eax == 0x4fffffff)");
  expect_where (ROW_STABILITY, ROW_FAILED, none, NULL);
  expect_where (ROW_TOTAL_EXITS, ROW_PASSED, none, NULL);
}

/* The answer to another leaf is none of the lines to look at. */
static void
test_leaf (void **state)
{
  (void) state;
  g_autoptr (GPtrArray) none = g_ptr_array_new ();
  g_autoptr (Grade) grade = grade_with (ROW_REGISTERS, ROW_FAILED);
  GradeRow *row = g_ptr_array_index (grade->rows, 0);
  row->leaf = 0x4ffffffe;
  g_free (grade->carried);
  grade->carried = g_strdup ("diff --git a/cpuid.c b/cpuid.c\n--- a/cpuid.c\n+++ b/cpuid.c\n@@ -1,0 +1,5 @@\n+if (eax == 0x4FFFFFFF)\n+eax = 1;\n"
                             "+else if (eax == 0x4ffffffe)\n+ebx = 2;\n+else if (eax == 0x4ffffffd)\n+ecx = 3;\n");
  where_fill (grade, none);
  assert_int_equal (row->where->len, 1);
  assert_string_equal (g_ptr_array_index (row->where, 0), "cpuid.c:4: ebx = 2;");
}

/* Nothing is shown for what only follows. */
static void
test_follows (void **state)
{
  (void) state;
  g_autoptr (GPtrArray) none = g_ptr_array_new ();
  g_autoptr (Grade) grade = grade_with (ROW_REGISTERS, ROW_FAILED);
  GradeRow *row = g_ptr_array_index (grade->rows, 0);
  row->follows = TRUE;
  where_fill (grade, none);
  assert_int_equal (row->where->len, 0);
}

static void
test_guest_registers (void **state)
{
  static const char diff[] = "diff --git a/a/cpuid.c b/a/cpuid.c\n--- a/a/cpuid.c\n+++ b/a/cpuid.c\n@@ -1,0 +1,1 @@\n+kvm_rax_write (vcpu, eax);\n"
                             "diff --git a/a/vmx.c b/a/vmx.c\n--- a/a/vmx.c\n+++ b/a/vmx.c\n@@ -7,2 +7,3 @@\n-kvm_rbx_write (vcpu, 1);\n+\tif (x == 10)\n+\t\tkvm_rcx_write(vcpu, n);\n";
  g_autofree char *line = where_guest_registers (diff), *none = where_guest_registers (DIFF);
  (void) state;
  assert_string_equal (line, "a/vmx.c:8: kvm_rcx_write(vcpu, n);");
  assert_null (none);
}

/* A line that begins with "++ " is no header of a file. */
static void
test_plus_lines (void **state)
{
  (void) state;
  g_autoptr (GPtrArray) none = g_ptr_array_new ();
  g_autoptr (Grade) grade = grade_with (ROW_LOG_VOLUME, ROW_FAILED);
  g_free (grade->carried);
  grade->carried = g_strdup ("diff --git a/x.c b/x.c\n--- a/x.c\n+++ b/x.c\n@@ -1,1 +1,4 @@\n a\n+++ b/y.c;\n+++ counter;\n+printk (\"\");\n"
                             "diff --git a/z.c b/z.c\n--- a/z.c\n+++ b/z.c\n@@ -5,0 +6,1 @@\n+printk ();\n");
  where_fill (grade, none);
  const GradeRow *row = g_ptr_array_index (grade->rows, 0);
  assert_int_equal (row->where->len, 2);
  assert_string_equal (g_ptr_array_index (row->where, 0), "x.c:4: printk (\"\");");
  assert_string_equal (g_ptr_array_index (row->where, 1), "z.c:6: printk ();");
}

/* The symbol leads to its line, once. */
static void
test_findings (void **state)
{
  (void) state;
  g_autoptr (GPtrArray) findings = g_ptr_array_new ();
  ScanFinding one = { .kind = SCAN_UNLOCKED_UPDATE, .symbol = (char *) "total_exits" };
  ScanFinding other_kind = { .kind = SCAN_NARROW_CYCLES, .symbol = (char *) "other" };
  g_ptr_array_add (findings, &one);
  g_ptr_array_add (findings, &one);
  g_ptr_array_add (findings, &other_kind);
  expect_where (ROW_CONCURRENCY, ROW_FAILED, findings, "arch/x86/kvm/vmx/vmx.c:103: total_exits++;");
  expect_where (ROW_TOTAL_CYCLES, ROW_FAILED, findings, "arch/x86/kvm/vmx/vmx.c:104: other = 1;");
}

/* Text of no diff at all, long lines, no line ends. */
static void
test_hostile (void **state)
{
  (void) state;
  static const char *const texts[] = { "", "+", "@@ ", "+++ b/", "@@ -1 +x @@\n+++\n+ebx = 1", "+\xff\xfe ebx = 2;\n" };
  g_autoptr (GPtrArray) none = g_ptr_array_new ();
  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      g_autoptr (Grade) grade = grade_with (ROW_REGISTERS, ROW_FAILED);
      g_free (grade->carried);
      grade->carried = g_strdup (texts[i]);
      where_fill (grade, none);
    }
  g_autoptr (Grade) grade = grade_with (ROW_REGISTERS, ROW_FAILED);
  g_autoptr (GString) text = g_string_new ("+++ b/cpuid.c\n+");
  for (guint i = 0; i < 100000; i++)
    g_string_append (text, "ebx ");
  g_free (grade->carried);
  grade->carried = g_strdup (text->str);
  where_fill (grade, none);
  assert_int_equal (((const GradeRow *) g_ptr_array_index (grade->rows, 0))->where->len, 0);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_rows),
    cmocka_unit_test (test_leaf),
    cmocka_unit_test (test_guest_registers),
    cmocka_unit_test (test_follows),
    cmocka_unit_test (test_plus_lines),
    cmocka_unit_test (test_findings),
    cmocka_unit_test (test_hostile),
  };
  return cmocka_run_group_tests (tests, NULL, NULL);
}

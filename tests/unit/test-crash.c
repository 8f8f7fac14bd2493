/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where L1's kernel died: the frame, whose line it is, and what the next boot leaves out. */
#include "challenge-world.h"

#include "grade/crash.h"

#define OOPS \
  "BUG: unable to handle page fault for address: ffffffffc1a00000\n#PF: supervisor read access in kernel mode\nOops: 0000 [#1] PREEMPT\n" \
  "CPU: 0 PID: 81 Comm: qemu-system-x86 Tainted: G           O       6.1.192 #1\n"
#define DIFF \
  "diff --git a/arch/x86/kvm/cpuid.c b/arch/x86/kvm/cpuid.c\n--- a/arch/x86/kvm/cpuid.c\n+++ b/arch/x86/kvm/cpuid.c\n" \
  "@@ -10,3 +10,4 @@ int f(void)\n context\n+\tpr_info(\"%llu\", exits[ecx]);\n context\n-\told();\n context\n"

static void
expect_frame (const char *text, const char *function, const char *module, guint64 offset)
{
  g_autofree char *whole = g_strconcat (OOPS, text, NULL);
  g_autoptr (CrashFrame) frame = crash_frame (whole);
  if (function == NULL)
    {
      assert_null (frame);
      return;
    }
  assert_non_null (frame);
  assert_string_equal (frame->function, function);
  assert_string_equal (frame->module, module);
  assert_int_equal (frame->offset, offset);
}

static void
test_frame (void **state)
{
  (void) state;
  expect_frame ("RIP: 0010:kvm_emulate_cpuid+0x1a3/0x2c0 [kvm]\nCode: 00\nCall Trace:\n <TASK>\n vmx_handle_exit+0x10/0x20 [kvm_intel]\n", "kvm_emulate_cpuid", "kvm", 0x1a3);
  expect_frame ("[    3.1] RIP: 0010:f.part.0+0x0/0x2c0 [kvm_amd]\n", "f.part.0", "kvm-amd", 0);
  /* In the kernel itself: the caller, whose call is before the address. */
  expect_frame ("RIP: 0010:memcpy+0x1/0x2\nCall Trace:\n <TASK>\n ? kvm_wrong+0x5/0x9 [kvm]\n vmx_handle_exit+0x10/0x20 [kvm_intel]\n f+0x1/0x2 [kvm]\n", "vmx_handle_exit", "kvm-intel", 0xf);
  expect_frame ("RIP: 0010:memcpy+0x1/0x2\nCall Trace:\n do_exit+0x1/0x2\n", NULL, NULL, 0);
  expect_frame ("RIP: 0010:memcpy+0x1/0x2\nCall Trace:\n do_exit+0x1/0x2\n---[ end trace 0 ]---\nRIP: 0010:g+0x1/0x2 [kvm]\n", NULL, NULL, 0);
  expect_frame ("RIP: 0010:g+0x1/0x2 [other]\nRIP: 0033:0x7f\n", NULL, NULL, 0);
  expect_frame ("vmx_handle_exit+0x10/0x20 [kvm_intel]\n", NULL, NULL, 0);
  expect_frame ("\xff\xfeRIP: 0010:+0x/0x [kvm]\n", NULL, NULL, 0);
}

static void
expect_crash (const char *resolved, gboolean theirs, const char *place, const char *line)
{
  CrashFrame frame = { .function = (char *) "kvm_emulate_cpuid", .module = (char *) "kvm", .offset = 0x1a3, .size = 0x2c0 };
  g_autoptr (Crash) crash = crash_new ("an oops", "BUG: x\n", &frame, resolved, DIFF);
  assert_int_equal (crash->theirs, theirs);
  assert_string_equal (crash->place, place);
  if (line == NULL)
    assert_null (crash->line);
  else
    assert_string_equal (crash->line, line);
}

static void
test_whose (void **state)
{
  (void) state;
  /* An inlined function of the kernel's on their line. */
  expect_crash ("atomic64_read\n/lab/linux/./arch/x86/include/asm/atomic64_64.h:22 (discriminator 3)\nkvm_emulate_cpuid\narch/x86/kvm/cpuid.c:11\n", TRUE,
                "arch/x86/kvm/cpuid.c:11, in kvm_emulate_cpuid()", "arch/x86/kvm/cpuid.c:11: pr_info(\"%llu\", exits[ecx]);");
  /* Where a line was taken away there is none to show. */
  expect_crash ("kvm_emulate_cpuid\n/lab/linux/arch/x86/kvm/cpuid.c:13\n", TRUE, "arch/x86/kvm/cpuid.c:13, in kvm_emulate_cpuid()", NULL);
  expect_crash ("kvm_emulate_cpuid\narch/x86/kvm/cpuid.c:300\n", FALSE, "arch/x86/kvm/cpuid.c:300, in kvm_emulate_cpuid()", NULL);
  expect_crash ("f\narch/x86/kvm/x86.c:11\n", FALSE, "arch/x86/kvm/x86.c:11, in kvm_emulate_cpuid()", NULL);
  /* Compiled without lines: a file that was not changed. Nothing was said at all: not known. */
  expect_crash ("??\n??:0\n", FALSE, "kvm_emulate_cpuid()+0x1a3, in kvm.ko", NULL);
  expect_crash (NULL, TRUE, "kvm_emulate_cpuid()+0x1a3, in kvm.ko", NULL);
  static const char *const hostile[] = { "", "\n", "f", "f\n:", "f\n:1\n", "f\n../../../etc/passwd:99999999999999999999\n", "f\n\xff:1" };
  for (guint i = 0; i < G_N_ELEMENTS (hostile); i++)
    {
      CrashFrame frame = { .function = (char *) "f", .module = (char *) "kvm" };
      g_autoptr (Crash) crash = crash_new ("an oops", "", &frame, hostile[i], DIFF);
      assert_false (crash->theirs);
    }
  /* A header that was changed: nothing has lines then. */
  CrashFrame frame = { .function = (char *) "f", .module = (char *) "kvm" };
  g_autoptr (Crash) header = crash_new ("an oops", "", &frame, "??\n??:0\n", DIFF "diff --git a/x.h b/x.h\n--- a/x.h\n+++ b/x.h\n@@ -1 +1,2 @@\n+int a;\n");
  assert_true (header->theirs);
  g_autoptr (Crash) nowhere = crash_new ("a kernel panic", "", NULL, NULL, DIFF);
  assert_true (nowhere->theirs);
  assert_null (nowhere->place);
}

/* A question leaves its leaf out, an operation itself; once each. */
static void
test_culprit (void **state)
{
  (void) state;
  g_autoptr (World) world = world_new (ISA_VMX);
  g_autoptr (Program) program = world_program (world, "a");
  const ProgramWindow *window = &g_array_index (program->windows, ProgramWindow, 2);
  Account account = { .program = program, .began = TRUE, .reached = window->before.first + 1 };
  ProgramLess less = { 0 };
  assert_true (crash_add_culprit (&account, &less));
  assert_int_equal (less.leaves->len, 1);
  assert_int_equal (g_array_index (less.leaves, guint32, 0), program_step (program, window->before.first)->a);
  assert_false (crash_add_culprit (&account, &less));
  account.reached = window->between.first + 1;
  assert_true (crash_add_culprit (&account, &less));
  assert_true (program_less_op (&less, program_step (program, window->between.first)->op));
  assert_false (crash_add_culprit (&account, &less));
  account.reached = program->other.first + program->other.count + 1; /* a flush */
  assert_false (crash_add_culprit (&account, &less));
  account.reached = 0;
  assert_false (crash_add_culprit (&account, &less));
  account.reached = window->before.first + 2;
  account.complete = TRUE;
  assert_false (crash_add_culprit (&account, &less));
  assert_int_equal (less.leaves->len, 1);
  g_array_unref (less.leaves);
}

int
main (void)
{
  const struct CMUnitTest tests[] = { cmocka_unit_test (test_frame), cmocka_unit_test (test_whose), cmocka_unit_test (test_culprit) };
  return cmocka_run_group_tests_name ("crash", tests, NULL, NULL);
}

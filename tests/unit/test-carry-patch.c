/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Carrying patches: of other versions, damaged, backwards, hostile. */
#include "unit/carry-fixture.h"

#define PATCH_BEGIN "--- a/" CPUID "\n+++ b/" CPUID "\n"
#define HUNK \
  "@@ -1,4 +1,5 @@\n \teax = kvm_rax_read(vcpu);\n \tecx = kvm_rcx_read(vcpu);\n+\ttotal++;\n" \
  " \tkvm_cpuid(vcpu, &eax, &ebx, &ecx, &edx, false);\n \tkvm_rax_write(vcpu, eax);\n"
#define HUNK_LINE "\tecx = kvm_rcx_read(vcpu);\n"

static void
test_patch (void **state)
{
  Fixture *fixture = *state;
  hand_in_patch (fixture, CPUID, "Subject: counts\n\n" PATCH_BEGIN HUNK);
  carry (fixture);
  assert_carried (fixture, CPUID, "patched", with (kernel_cpuid ("v61"), HUNK_LINE, HUNK_LINE "\ttotal++;\n"));
  assert_text_has (g_ptr_array_index (fixture->carried->notes, 0), CPUID ": Hunk #1 succeeded at ");
}

static void
test_patch_of_other (void **state)
{
  Fixture *fixture = *state;
  hand_in_patch (fixture, CPUID, PATCH_BEGIN
                 "@@ -1,6 +1,7 @@\n \treturn value + v612_base[11];\n }\n \n+u64 total;\n int kvm_emulate_cpuid(struct kvm_vcpu *vcpu)\n {\n \tu32 eax, ebx, ecx, edx;\n");
  carry (fixture);
  const char *text = carried_file (fixture, CPUID)->text;
  assert_text_has (text, "u64 total;\nint kvm_emulate_cpuid(");
  assert_text_has (text, "v61_11");
  assert_null (strstr (text, "v612"));
}

#define SVM "arch/x86/kvm/svm/svm.c"
#define SVM_BEGIN \
  "static int svm_handle_exit(struct kvm_vcpu *vcpu, fastpath_t exit_fastpath)\n{\n\tstruct vcpu_svm *svm = to_svm(vcpu);\n" \
  "\tstruct kvm_run *kvm_run = vcpu->run;\n"
#define SVM_LOCAL "\tu32 exit_code = svm->vmcb->control.exit_code;\n"
#define SVM_END \
  "\n\tif (is_guest_mode(vcpu))\n\t\treturn 1;\n\tif (exit_fastpath != EXIT_FASTPATH_NONE)\n\t\treturn 1;\n\n" \
  "\treturn svm_invoke_exit_handler(vcpu, "

/* The lab's kernel has no variable that the student's lines use: it goes along, set where they expect it to be. */
static void
test_patch_local_gone (void **state)
{
  Fixture *fixture = *state;
  g_free (put_file (fixture->lab, SVM, SVM_BEGIN SVM_END "svm->vmcb->control.exit_code);\n}\n"));
  g_free (put_file (fixture->other, SVM, SVM_BEGIN SVM_LOCAL SVM_END "exit_code);\n}\n"));
  put_indexed (fixture, "6.1.192", SVM, SVM_BEGIN SVM_END "svm->vmcb->control.exit_code);\n}\n");
  put_indexed (fixture, "6.12.0", SVM, SVM_BEGIN SVM_LOCAL SVM_END "exit_code);\n}\n");
  hand_in_patch (fixture, SVM, "--- a/" SVM "\n+++ b/" SVM "\n@@ -4,6 +4,8 @@\n \tstruct kvm_run *kvm_run = vcpu->run;\n "
                 SVM_LOCAL " \n+\tcount(exit_code);\n+\n \tif (is_guest_mode(vcpu))\n \t\treturn 1;\n \tif (exit_fastpath != EXIT_FASTPATH_NONE)\n");
  carry (fixture);
  assert_carried_has (fixture, SVM, "svm_handle_exit", SVM_BEGIN SVM_LOCAL "\n\tcount(exit_code);\n");
  assert_carried_has (fixture, SVM, "svm_handle_exit", "svm_invoke_exit_handler(vcpu, svm->vmcb->control.exit_code);");
}

static void
test_patch_fuzz (void **state)
{
  Fixture *fixture = *state;
  g_autofree char *text = with (g_strdup (PATCH_BEGIN HUNK), " \tkvm_rax_write(vcpu, eax);\n", " \tkvm_register_write(vcpu, VCPU_REGS_RAX, eax);\n");
  hand_in_patch (fixture, CPUID, text);
  carry (fixture);
  assert_carried (fixture, CPUID, "patched, with some lines of context ignored", with (kernel_cpuid ("v61"), HUNK_LINE, HUNK_LINE "\ttotal++;\n"));
  assert_text_has (g_ptr_array_index (fixture->carried->notes, 0), "with fuzz");
}

/* Tabs became spaces: what differs in blanks alone is no other kernel. */
static void
test_patch_blanks (void **state)
{
  Fixture *fixture = *state;
  g_autofree char *text = g_strdup (PATCH_BEGIN HUNK);
  g_strdelimit (text, "\t", ' ');
  hand_in_patch (fixture, CPUID, text);
  carry (fixture);
  assert_carried (fixture, CPUID, "patched, blanks and tabs not compared", with (kernel_cpuid ("v61"), HUNK_LINE, HUNK_LINE " total++;\n"));
  assert_text_has (g_ptr_array_index (fixture->carried->notes, 0), "the blanks of the patches are not the kernel's");
}

#define HUNK_BACKWARDS \
  "@@ -1,5 +1,4 @@\n \teax = kvm_rax_read(vcpu);\n \tecx = kvm_rcx_read(vcpu);\n-\ttotal++;\n" \
  " \tkvm_cpuid(vcpu, &eax, &ebx, &ecx, &edx, false);\n \tkvm_rax_write(vcpu, eax);\n"

/* From the new file to the old one; and of two such patches the last goes first. */
static void
test_patch_backwards (void **state)
{
  Fixture *fixture = *state;
  g_autofree char *second = with (g_strdup (PATCH_BEGIN HUNK_BACKWARDS), "-\ttotal++;\n", " \ttotal++;\n-\tmore++;\n");
  g_autofree char *even = with (g_steal_pointer (&second), " \teax = kvm_rax_read(vcpu);\n", "");
  hand_in_patch (fixture, CPUID, even);
  hand_in_patch (fixture, CPUID, PATCH_BEGIN HUNK_BACKWARDS);
  carry (fixture);
  assert_carried (fixture, CPUID, "patched, backwards", with (kernel_cpuid ("v61"), HUNK_LINE, HUNK_LINE "\ttotal++;\n\tmore++;\n"));
  assert_text_has (g_ptr_array_index (fixture->carried->notes, 0), "made the wrong way round");
}

static void
test_patch_backwards_blanks (void **state)
{
  Fixture *fixture = *state;
  g_autofree char *text = g_strdup (PATCH_BEGIN HUNK_BACKWARDS);
  g_strdelimit (text, "\t", ' ');
  hand_in_patch (fixture, CPUID, text);
  carry (fixture);
  assert_carried (fixture, CPUID, "patched, backwards, blanks and tabs not compared", with (kernel_cpuid ("v61"), HUNK_LINE, HUNK_LINE " total++;\n"));
}

static void
test_patch_fuzz_blanks (void **state)
{
  Fixture *fixture = *state;
  g_autofree char *text = with (g_strdup (PATCH_BEGIN HUNK), " \tkvm_rax_write(vcpu, eax);\n", " \tkvm_register_write(vcpu, VCPU_REGS_RAX, eax);\n");
  g_strdelimit (text, "\t", ' ');
  hand_in_patch (fixture, CPUID, text);
  carry (fixture);
  assert_text_has (carried_file (fixture, CPUID)->text, HUNK_LINE " total++;\n");
}

/* That a hunk succeeded is no failure; and whose lines are all there, but apart, may be another kernel's as well. */
static void
test_patch_second_hunk (void **state)
{
  Fixture *fixture = *state;
  hand_in_patch (fixture, CPUID, PATCH_BEGIN HUNK "@@ -9,2 +10,3 @@\n \tkvm_rax_write(vcpu, eax);\n+\ttotal++;\n \teax = kvm_rax_read(vcpu);\n");
  carry (fixture);
  assert_fault (fixture, STAGE_CARRY, TRUE, "my.patch: does not apply to Linux 6.1.192: " CPUID ", hunk 2; try: --base");
}

static void
test_patch_fails (void **state)
{
  Fixture *fixture = *state;
  hand_in_patch (fixture, CPUID, PATCH_BEGIN "@@ -1,2 +1,3 @@\n \tsome_older_call(vcpu);\n+\ttotal++;\n \tanother_one(vcpu);\n");
  carry (fixture);
  assert_fault (fixture, STAGE_CARRY, TRUE, "my.patch: does not apply to Linux 6.1.192: " CPUID ", hunk 1; try: --base");
  assert_text_has (fixture->fault->details, "some_older_call");
}

static void
test_patch_malformed (void **state)
{
  Fixture *fixture = *state;
  hand_in_patch (fixture, CPUID, PATCH_BEGIN "@@ -1,4 +1,5 @@\n \teax = kvm_rax_read(vcpu);\nwhat is this\n");
  carry (fixture);
  assert_fault (fixture, STAGE_CARRY, FALSE, "my.patch: no patch that can be read");
}

static void
test_patch_link (void **state)
{
  Fixture *fixture = *state;
  hand_in_patch (fixture, "arch/x86/kvm/link", "diff --git a/arch/x86/kvm/link b/arch/x86/kvm/link\nnew file mode 120000\n--- /dev/null\n+++ b/arch/x86/kvm/link\n"
                                               "@@ -0,0 +1 @@\n+/etc/passwd\n\\ No newline at end of file\n");
  carry (fixture);
  assert_fault (fixture, STAGE_CARRY, FALSE, "it makes something other than a file");
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    TEST (test_patch), TEST (test_patch_of_other), TEST (test_patch_local_gone), TEST (test_patch_fuzz),
    TEST (test_patch_blanks), TEST (test_patch_backwards), TEST (test_patch_backwards_blanks),
    TEST (test_patch_fuzz_blanks), TEST (test_patch_second_hunk), TEST (test_patch_fails),
    TEST (test_patch_malformed), TEST (test_patch_link),
  };
  cmocka_set_test_filter (g_getenv ("CARRY_TEST"));
  return cmocka_run_group_tests (tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Carrying whole files of several kernel versions onto a stand-in for the lab's. */
#include "unit/carry-fixture.h"

#include <time.h>

static void
test_labs_own_version (void **state)
{
  Fixture *fixture = *state;
  hand_in (fixture, CPUID, student_cpuid (kernel_cpuid ("v61")));
  hand_in (fixture, VMX, student_around (kernel_vmx (61)));
  carry (fixture);
  assert_carried (fixture, CPUID, "as it is", student_cpuid (kernel_cpuid ("v61")));
  assert_carried (fixture, VMX, "as it is", student_around (kernel_vmx (61)));
  assert_string_equal (fixture->carried->left_out, "");
  assert_text_has (g_ptr_array_index (fixture->carried->notes, 0), "nearest base is 6.1.192 (");
  assert_text_has (fixture->carried->diff, "--- a/" CPUID "\n+++ b/" CPUID "\n@@ ");
  assert_text_has (fixture->carried->diff, "\n+atomic_t total_exits;\n");
  assert_null (strstr (fixture->carried->diff, fixture->dir));
}

static void
test_other_at_hand (void **state)
{
  Fixture *fixture = *state;
  hand_in (fixture, CPUID, student_cpuid (kernel_cpuid ("v612")));
  hand_in (fixture, VMX, student_inside (kernel_vmx (612), FALSE));
  carry (fixture);
  assert_carried (fixture, CPUID, "transplanted: total_exits, per_reason, kvm_emulate_cpuid", student_cpuid (kernel_cpuid ("v61")));
  assert_carried (fixture, VMX, "transplanted: ", student_inside (kernel_vmx (61), FALSE));
}

/* Where a student's change meets a line that differs between the two: the base is known, and so are the student's lines, whatever they say. */
static void
test_conflict (void **state)
{
  Fixture *fixture = *state;
  char *theirs = student_inside (kernel_vmx (612), FALSE);
  theirs = with (theirs, "#ifdef CONFIG_MITIGATION_RETPOLINE\n", "\tif (vectoring_info)\n\t\treturn 1;\n#ifdef CONFIG_MITIGATION_RETPOLINE\n");
  hand_in (fixture, VMX, theirs);
  carry (fixture);
  assert_carried (fixture, VMX, "transplanted: total_exits, per_reason, __vmx_handle_exit",
                  with (student_inside (kernel_vmx (61), FALSE), "#ifdef CONFIG_RETPOLINE\n", "\tif (vectoring_info)\n\t\treturn 1;\n#ifdef CONFIG_RETPOLINE\n"));
}

static void
test_far_versions (void **state)
{
  Fixture *fixture = *state;
  hand_in (fixture, CPUID, student_cpuid (kernel_cpuid ("v518")));
  hand_in (fixture, VMX, student_around (kernel_vmx (518)));
  carry (fixture);
  assert_carried (fixture, CPUID, "transplanted: total_exits, per_reason, kvm_emulate_cpuid", student_cpuid (kernel_cpuid ("v61")));
  assert_carried (fixture, VMX, "transplanted: total_exits, per_reason, vmx_handle_exit", student_around (kernel_vmx (61)));
}

static void
test_512 (void **state)
{
  Fixture *fixture = *state;
  hand_in (fixture, VMX, student_inside (kernel_vmx (512), FALSE));
  carry (fixture);
  assert_carried (fixture, VMX, "transplanted: ", student_inside (kernel_vmx (61), FALSE));
  assert_text_has (fixture->carried->left_out, "WARN_ON_ONCE(vmx->nested.nested_run_pending);");
}

/* One function with an u32 becomes two with a union; what the index was, it stays. */
static void
test_510 (void **state)
{
  Fixture *fixture = *state;
  hand_in (fixture, VMX, student_inside (kernel_vmx (510), TRUE));
  carry (fixture);
  assert_carried (fixture, VMX, "transplanted: ",
                  with (student_inside (kernel_vmx (61), FALSE), "per_reason[exit_reason.basic]++", "per_reason[exit_reason.full]++"));
}

/* A helper of the student's comes along with what it needs; what another version had does not. */
static void
test_helper (void **state)
{
  Fixture *fixture = *state;
  char *theirs = with (kernel_vmx (510), "static int vmx_handle_exit(",
                       "#define MY_MAX 69\nstatic u32 my_counts[MY_MAX];\n\nstatic void my_count(struct kvm_vcpu *vcpu)\n{\n"
                       "\tif (to_vmx(vcpu)->exit_reason < MY_MAX)\n\t\tmy_counts[to_vmx(vcpu)->exit_reason]++;\n}\n\nstatic int vmx_handle_exit(");
  hand_in (fixture, VMX, with (theirs, "\tif (enable_pml)", "\tmy_count(vcpu);\n\n\tif (enable_pml)"));
  carry (fixture);
  const char *text = carried_file (fixture, VMX)->text;
  assert_text_has (text, "#define MY_MAX 69\nstatic u32 my_counts[MY_MAX];\n\nstatic void my_count(struct kvm_vcpu *vcpu)\n{\n"
                         "\tif (to_vmx(vcpu)->exit_reason.full < MY_MAX)\n\t\tmy_counts[to_vmx(vcpu)->exit_reason.full]++;\n}\n");
  assert_carried_has (fixture, VMX, "static int __vmx_handle_exit(", "\tmy_count(vcpu);\n\n\tif (enable_pml && !is_guest_mode(vcpu))\n");
  assert_true (strstr (text, "my_count(struct") < strstr (text, "static int __vmx_handle_exit("));
  assert_null (strstr (text, "v510"));
}

/* Lines that only words of the kernel's are in, before a condition that stands elsewhere in the lab: with the condition that they touch. */
static void
test_common_words (void **state)
{
  Fixture *fixture = *state;
  char *theirs = student_inside (kernel_vmx (512), FALSE);
  hand_in (fixture, VMX, with (theirs, "\tif (is_guest_mode(vcpu)) {\n", "\tif (vectoring_info)\n\t\treturn 1;\n\n\tif (is_guest_mode(vcpu)) {\n"));
  carry (fixture);
  assert_carried (fixture, VMX, "transplanted: ",
                  with (student_inside (kernel_vmx (61), FALSE), "\tif (is_guest_mode(vcpu)) {\n", "\tif (vectoring_info)\n\t\treturn 1;\n\n\tif (is_guest_mode(vcpu)) {\n"));
}

static void
test_given_base (void **state)
{
  Fixture *fixture = *state;
  g_autofree char *given = g_build_filename (fixture->dir, "given", NULL);
  put_kernel (given, "v512", 512, "VERSION = 5\nPATCHLEVEL = 12\nSUBLEVEL = 0\n");
  fixture->spec.given_base_dir = given;
  hand_in (fixture, CPUID, with (kernel_cpuid ("v512"), "\tecx = kvm_rcx_read(vcpu);\n", "\tecx = kvm_rcx_read(vcpu) & 0xff;\n"));
  hand_in (fixture, VMX, student_inside (kernel_vmx (512), FALSE));
  carry (fixture);
  assert_carried (fixture, CPUID, "merged: base 5.12.0", with (kernel_cpuid ("v61"), "\tecx = kvm_rcx_read(vcpu);\n", "\tecx = kvm_rcx_read(vcpu) & 0xff;\n"));
  assert_carried (fixture, VMX, "merged: base 5.12.0", student_inside (kernel_vmx (61), FALSE));
}

static void
test_own_base (void **state)
{
  Fixture *fixture = *state;
  hand_in (fixture, CPUID, student_cpuid (kernel_cpuid ("v59")))->base_text = kernel_cpuid ("v59");
  carry (fixture);
  assert_carried (fixture, CPUID, "merged: base the submission's own base", student_cpuid (kernel_cpuid ("v61")));
}

/* What the submission tells is not weighed: also what was removed is the student's. */
static void
test_told_base (void **state)
{
  Fixture *fixture = *state;
  hand_in (fixture, CPUID, without (kernel_cpuid ("v59"), "static int common_0(", "static int common_15("))->base_text = kernel_cpuid ("v59");
  carry (fixture);
  assert_carried (fixture, CPUID, "merged: base the submission's own base", without (kernel_cpuid ("v61"), "static int common_0(", "static int common_15("));
}

static void
test_unchanged (void **state)
{
  Fixture *fixture = *state;
  hand_in (fixture, CPUID, kernel_cpuid ("v61"));
  carry (fixture);
  assert_fault (fixture, STAGE_INGEST, FALSE, "this is the unchanged cpuid.c of Linux 6.1.192");
}

static void
test_one_unchanged (void **state)
{
  Fixture *fixture = *state;
  hand_in (fixture, CPUID, kernel_cpuid ("v612"));
  hand_in (fixture, VMX, student_around (kernel_vmx (61)));
  carry (fixture);
  assert_int_equal (fixture->carried->files->len, 1);
  assert_text_has (g_ptr_array_index (fixture->carried->notes, 1), "cpuid.c: unchanged, that of Linux 6.12.0");
}

static void
test_markers (void **state)
{
  Fixture *fixture = *state;
  hand_in (fixture, CPUID, with (kernel_cpuid ("v61"), "\t\treturn 1;\n", "<<<<<<< HEAD\n\treturn 1;\n=======\n\treturn 2;\n>>>>>>> mine\n"));
  carry (fixture);
  assert_fault (fixture, STAGE_CARRY, FALSE, "cpuid.c: a merge's conflict markers stand in it (line ");
}

static void
test_no_c (void **state)
{
  Fixture *fixture = *state;
  hand_in (fixture, CPUID, with (kernel_cpuid ("v61"), "\t\treturn 1;\n\n\teax", "\t\treturn 1;\n}\n\teax"));
  carry (fixture);
  assert_fault (fixture, STAGE_CARRY, FALSE, "a brace closes nothing");
}

static void
test_stranger (void **state)
{
  Fixture *fixture = *state;
  GString *text = g_string_new ("#include <stdio.h>\n");
  add_functions (text, "mine", 30);
  hand_in (fixture, CPUID, g_string_free (text, FALSE));
  carry (fixture);
  assert_fault (fixture, STAGE_CARRY, TRUE, "no change was found that can be told from the kernel's own code; try: --base");
}

static void
test_new_files (void **state)
{
  Fixture *fixture = *state;
  hand_in (fixture, "arch/x86/kvm/counts.h", g_strdup ("extern atomic_t total_exits;\n"));
  hand_in (fixture, "arch/x86/kvm/notes.c", g_strdup ("int unused;\n"));
  hand_in (fixture, CPUID, with (student_cpuid (kernel_cpuid ("v518")), "#include \"cpuid.h\"\n", "#include \"cpuid.h\"\n#include \"counts.h\"\n#include \"gone.h\"\n"));
  carry (fixture);
  assert_carried (fixture, "arch/x86/kvm/counts.h", "as it is: a new file", g_strdup ("extern atomic_t total_exits;\n"));
  assert_carried (fixture, CPUID, "transplanted: ", with (student_cpuid (kernel_cpuid ("v61")), "#include \"cpuid.h\"\n", "#include \"cpuid.h\"\n#include \"counts.h\"\n"));
  assert_int_equal (fixture->carried->files->len, 2);
  assert_text_has (fixture->carried->left_out, "arch/x86/kvm/notes.c");
  assert_text_has (fixture->carried->left_out, "#include \"gone.h\": there is no such header");
}

#define HEADER "arch/x86/include/asm/kvm_host.h"

/* Takes nothing; a header of the version, with a field of the student's if there is one. */
static char *
kernel_header (const char *version, const char *field)
{
  GString *out = g_string_new ("#ifndef HOST_H\n#define HOST_H\n\n");
  add_functions (out, "inline", 20);
  add_functions (out, version, 12);
  g_string_append_printf (out, "struct kvm_vcpu_arch {\n\tunsigned long regs[4];\n\tu32 %s_hflags;\n\tu64 efer;\n%s\tu64 cr3;\n};\n\n#endif\n", version, field);
  return g_string_free (out, FALSE);
}

/* A field in a header of another version, that a function of the student's names: the header is handed in first. */
static void
test_header (void **state)
{
  Fixture *fixture = *state;
  g_autofree char *header = kernel_header ("v61", "");
  g_autofree char *old = kernel_header ("v512", "");
  g_free (put_file (fixture->lab, HEADER, header));
  put_indexed (fixture, "6.1.192", HEADER, header);
  put_indexed (fixture, "5.12.0", HEADER, old);
  hand_in (fixture, HEADER, kernel_header ("v512", "\tu64 my_exits;\n"));
  hand_in (fixture, VMX, with (kernel_vmx (512), "\tif (enable_pml", "\tvcpu->arch.my_exits++;\n\n\tif (enable_pml"));
  carry (fixture);
  assert_carried (fixture, HEADER, "transplanted: kvm_vcpu_arch", kernel_header ("v61", "\tu64 my_exits;\n"));
  assert_carried (fixture, VMX, "transplanted: __vmx_handle_exit", with (kernel_vmx (61), "\tif (enable_pml", "\tvcpu->arch.my_exits++;\n\n\tif (enable_pml"));
}

#define RUN_OLD "static void vmx_vcpu_run(struct kvm_vcpu *vcpu)\n{\n\told_prepare(vcpu, 3);\n\tenter(vcpu);\n\tleave(vcpu);\n}\n\nstatic int later_0("
#define RUN_LAB "static void vmx_vcpu_run(struct kvm_vcpu *vcpu)\n{\n\tnew_prepare(vcpu);\n\tenter(vcpu);\n\tleave(vcpu);\n}\n\nstatic int later_0("

/* A function that counts nothing: what names the student's own is carried, the version's own lines are not. */
static void
test_elsewhere (void **state)
{
  Fixture *fixture = *state;
  g_autofree char *lab = with (kernel_vmx (61), "static int later_0(", RUN_LAB);
  g_autofree char *old = with (kernel_vmx (512), "static int later_0(", RUN_OLD);
  put_vmx (fixture, lab, old);
  char *theirs = with (g_strdup (old), "\told_prepare(vcpu, 3);\n\tenter(vcpu);\n",
                       "\tu64 begin;\n\told_prepare(vcpu, 3);\n\tbegin = rdtsc();\n\tenter(vcpu);\n\tmy_cycles += rdtsc() - begin;\n");
  hand_in (fixture, CPUID, with (student_cpuid (kernel_cpuid ("v61")), "u32 per_reason[69];\n", "u32 per_reason[69];\nu64 my_cycles;\n"));
  hand_in (fixture, VMX, with (student_inside (theirs, FALSE), "extern u32 per", "extern u64 my_cycles;\nextern u32 per"));
  carry (fixture);
  const char *text = carried_file (fixture, VMX)->text;
  assert_carried_has (fixture, VMX, "static void vmx_vcpu_run(", "\tu64 begin;\n\tnew_prepare(vcpu);\n\tbegin = rdtsc();\n\tenter(vcpu);\n\tmy_cycles += rdtsc() - begin;\n\tleave(vcpu);\n");
  assert_text_has (text, "extern u64 my_cycles;\n");
  assert_null (strstr (text, "old_prepare"));
}

static void
test_outside (void **state)
{
  Fixture *fixture = *state;
  hand_in (fixture, "../../etc/passwd", g_strdup ("x\n"));
  carry (fixture);
  assert_fault (fixture, STAGE_POLICY, FALSE, "outside of the kernel's tree");
}

static void
test_large (void **state)
{
  Fixture *fixture = *state;
  GString *text = g_string_new (NULL);
  g_autofree char *vmx = student_inside (kernel_vmx (512), FALSE);
  g_string_append (text, vmx);
  for (guint i = 0; text->len < 2 * 1024 * 1024; i++)
    g_string_append_printf (text, "static int x%u = total_exits + x%u;\n", i, i + 1);
  hand_in (fixture, VMX, g_string_free (text, FALSE));
  const clock_t begin = clock (); /* of the processor: others may want it too */
  carry (fixture);
  assert_true (clock () - begin < 60 * CLOCKS_PER_SEC);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    TEST (test_labs_own_version), TEST (test_other_at_hand), TEST (test_conflict),
    TEST (test_far_versions), TEST (test_512), TEST (test_510), TEST (test_helper),
    TEST (test_common_words), TEST (test_given_base), TEST (test_own_base), TEST (test_told_base),
    TEST (test_unchanged), TEST (test_one_unchanged), TEST (test_markers), TEST (test_no_c),
    TEST (test_stranger), TEST (test_new_files), TEST (test_header), TEST (test_elsewhere),
    TEST (test_outside), TEST (test_large),
  };
  cmocka_set_test_filter (g_getenv ("CARRY_TEST"));
  return cmocka_run_group_tests (tests, NULL, NULL);
}

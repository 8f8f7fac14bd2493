/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Carrying what real hand-ins look like: wrappers, fragments, tables, strays, other Makefiles. */
#include "unit/carry-fixture.h"

#define WRAPPER \
  "static int vmx_handle_exit(struct kvm_vcpu *vcpu, fastpath_t exit_fastpath)\n{\n\tint ret = __my_exit(vcpu, exit_fastpath);\n\n\tatomic_inc(&total_exits);\n\treturn ret;\n}\n\n"

/* The kernel's function is renamed, and a new one of its name calls it. */
static char *
wrapped (guint version)
{
  char *text = kernel_vmx (version);
  if (version != 510)
    text = with (text, "static int vmx_handle_exit(", "static int __my_exit(");
  else
    text = with (text, "static int vmx_handle_exit(", "static int __my_exit(");
  return with (text, "static int later_0(", WRAPPER "static int later_0(");
}

static void
test_wrapper (void **state)
{
  Fixture *fixture = *state;
  hand_in (fixture, VMX, wrapped (518));
  carry (fixture);
  assert_carried (fixture, VMX, "transplanted: ", wrapped (61));
}

/* A repository whose first commit holds the student's lines already. */
static void
test_base_has_it (void **state)
{
  Fixture *fixture = *state;
  hand_in (fixture, CPUID, student_cpuid (kernel_cpuid ("v518")))->base_text = student_cpuid (kernel_cpuid ("v518"));
  carry (fixture);
  assert_carried (fixture, CPUID, "transplanted: ", student_cpuid (kernel_cpuid ("v61")));
}

static void
test_far_base (void **state)
{
  Fixture *fixture = *state;
  g_autofree char *given = g_build_filename (fixture->dir, "given", NULL);
  g_autofree char *far = without (kernel_cpuid ("v59"), "static int common_0(", "static int common_5(");
  put_kernel (given, "v512", 512, "VERSION = 5\nPATCHLEVEL = 12\nSUBLEVEL = 0\n");
  fixture->spec.given_base_dir = given;
  hand_in (fixture, CPUID, student_cpuid (g_steal_pointer (&far)));
  carry (fixture);
  assert_fault (fixture, STAGE_CARRY, TRUE, "--base, Linux 5.12.0, is not what it was made from: ");
  assert_text_has (fixture->fault->reason, "lines are not in it; try: without --base");
}

/* A version of which no source is known: its dispatch is split already, and has lines of the time before, which are not the student's. */
static char *
just_split (gboolean between)
{
  char *text = student_inside (kernel_vmx (518), FALSE);
  text = with (text, "\tdump_vmcs(vcpu);\n", "\tdump_vmcs();\n");
  text = with (text, "\t\tint ndata = 3;\n\n", "\t\tvcpu->run->internal.ndata = 3;\n");
  text = with (text, "\t\tvcpu->run->internal.ndata = ndata;\n", "");
  return between ? between_versions (text) : text;
}

static void
test_between_split (void **state)
{
  Fixture *fixture = *state;
  for (guint i = 0; i < 2; i++)
    {
      g_ptr_array_set_size (fixture->submission.files, 0);
      hand_in (fixture, VMX, just_split (i == 1));
      carry (fixture);
      assert_carried (fixture, VMX, "transplanted: ", student_inside (kernel_vmx (61), FALSE));
      g_clear_pointer (&fixture->carried, carried_free);
      g_clear_pointer (&fixture->index, kernel_index_free);
    }
}

/* In the function around the dispatch, lines that the dispatch had when it had that name: they are the student's there. */
static void
test_lines_of_dispatch (void **state)
{
  static const char own[] = "\tint ret = __vmx_handle_exit(vcpu, exit_fastpath);\n";
  static const char more[] = "\tint ret;\n\tstruct vcpu_vmx *vmx = to_vmx(vcpu);\n\tu32 vectoring_info = vmx->idt_vectoring_info;\n\n"
                             "\tatomic_inc(&total_exits);\n\tret = __vmx_handle_exit(vcpu, exit_fastpath);\n";
  Fixture *fixture = *state;
  hand_in (fixture, VMX, with (student_externs (kernel_vmx (518)), own, more));
  carry (fixture);
  assert_carried_has (fixture, VMX, "static int vmx_handle_exit(", more);
}

/* Only the functions that were changed: the rest is this kernel's. */
static void
test_fragment (void **state)
{
  Fixture *fixture = *state;
  g_autofree char *whole = student_cpuid (kernel_cpuid ("v518"));
  hand_in (fixture, CPUID, g_strdup (strstr (whole, "/* counts */")));
  carry (fixture);
  assert_carried (fixture, CPUID, "transplanted: total_exits, per_reason, kvm_emulate_cpuid", with (student_cpuid (kernel_cpuid ("v61")), "\n\n/* counts", "\n/* counts"));
}

/* A statement where none can stand is the student's mistake, and stays one. */
static void
test_stray (void **state)
{
  Fixture *fixture = *state;
  hand_in (fixture, CPUID, with (student_cpuid (kernel_cpuid ("v518")), "u32 per_reason[69];\n", "u32 per_reason[69];\nper_reason[0] = 1;\n"));
  carry (fixture);
  assert_carried_has (fixture, CPUID, "u32 per_reason", "\nper_reason[0] = 1;\n");
}

/* All else is 5.12's, and the one function 6.12's, with a count in it: what only 6.12 has is not the student's. */
static void
test_one_of_another (void **state)
{
  Fixture *fixture = *state;
  g_autofree char *lab = with_function (61, "\tone();\n\tnew();\n");
  g_autofree char *old = with_function (512, "\tone();\n\told();\n");
  g_autofree char *other = with_function (612, "\tone();\n\tif (other)\n\t\treturn 1;\n\tlast();\n");
  put_vmx (fixture, lab, old);
  put_indexed (fixture, "6.12.0", VMX, other);
  hand_in (fixture, VMX, with_function (512, "\tmy_total++;\n\tone();\n\tif (other)\n\t\treturn 1;\n\tlast();\n"));
  carry (fixture);
  assert_carried (fixture, VMX, "transplanted: handle_one", with_function (61, "\tmy_total++;\n\tone();\n\tnew();\n"));
}

/* What begins like a statement is one for sure. */
static void
test_outside_of_function (void **state)
{
  Fixture *fixture = *state;
  hand_in (fixture, CPUID, with (student_cpuid (kernel_cpuid ("v61")), "EXPORT_SYMBOL_GPL(kvm_emulate_cpuid);\n", "if (total_exits) {\n}\n"));
  carry (fixture);
  assert_fault (fixture, STAGE_CARRY, FALSE, "a statement outside of any function");
  assert_true (g_str_has_prefix (fixture->fault->reason, "cpuid.c:"));
}

#define MAKEFILE_18 \
  "kvm-y += x86.o smm.o \\\n\tcpuid.o\nifdef CONFIG_X\nkvm-y += counts.o\nendif\n\nobj-y += kvm.o\nccflags-y += -Werror -DMY_COUNT=3\n"

/* A Makefile of another version: its lines for what is new, of its own or in a list, and no other. */
static void
test_makefile (void **state)
{
  Fixture *fixture = *state;
  for (guint i = 0; i < 2; i++)
    {
      char *theirs = i == 0 ? g_strdup (MAKEFILE_18 "kvm-y += vmx/mine.o\r\nCFLAGS_vmx/mine.o := -O1\n") : with (g_strdup (MAKEFILE_18), "\tcpuid.o", "\tvmx/mine.o cpuid.o");
      g_ptr_array_set_size (fixture->submission.files, 0);
      hand_in (fixture, "arch/x86/kvm/Makefile", theirs);
      hand_in (fixture, "arch/x86/kvm/vmx/mine.c", g_strdup ("int my_count;\n"));
      hand_in (fixture, "arch/x86/kvm/smm.c", g_strdup ("int kvm_emulate_cpuid;\n")); /* the version's own */
      hand_in (fixture, CPUID, student_cpuid (kernel_cpuid ("v518")));
      carry (fixture);
      assert_carried (fixture, "arch/x86/kvm/Makefile", "its own objects",
                      g_strconcat ("kvm-y += x86.o cpuid.o\n", i == 0 ? "ccflags-y += -DMY_COUNT=3\nkvm-y += vmx/mine.o\nCFLAGS_vmx/mine.o += -O1\n"
                                                                     : "kvm-y += vmx/mine.o\nccflags-y += -DMY_COUNT=3\n", NULL));
      g_clear_pointer (&fixture->carried, carried_free);
      g_clear_pointer (&fixture->index, kernel_index_free);
    }
}

/* Of a whole tree most files are another version's: one note for all of them. */
static void
test_others_in_one_note (void **state)
{
  Fixture *fixture = *state;
  hand_in (fixture, CPUID, student_cpuid (kernel_cpuid ("v518")));
  hand_in (fixture, "arch/x86/kvm/a.c", g_strdup ("int kvm_emulate_cpuid;\n"));
  hand_in (fixture, "arch/x86/kvm/b.c", g_strdup ("int kvm_emulate_cpuid;\n"));
  carry (fixture);
  assert_text_has (g_ptr_array_index (fixture->carried->notes, 0), "arch/x86/kvm/a.c and 1 more: every word is some kernel's");
  assert_text_has (fixture->carried->left_out, "arch/x86/kvm/a.c and 1 more: another version's\n");
}

/* Where the version is known to the last function, its source would tell no more: the lines are told, and no base is asked for. */
static void
test_no_base_helps (void **state)
{
  Fixture *fixture = *state;
  g_autofree char *lab = with_function (61, "\tgo();\n\treturn kvm_new(arg, 5);\n");
  g_autofree char *old = with_function (512, "\tgo();\n\treturn old_one(vcpu);\n");
  put_vmx (fixture, lab, old);
  for (guint i = 0; i < 2; i++)
    {
      char *theirs = with_function (512, "\tint ret;\n\n\tgo();\n\tret = old_one(vcpu);\n\tmy_total++;\n\treturn ret;\n");
      g_ptr_array_set_size (fixture->submission.files, 0);
      hand_in (fixture, VMX, i == 0 ? theirs : between_versions (theirs));
      carry (fixture);
      assert_fault (fixture, STAGE_CARRY, TRUE, "part of the change has no sure place there: handle_one: it has no sure place in this kernel's function: ");
      assert_text_has (fixture->fault->reason, i == 0 ? "no other base helps: make the change for Linux 6.1.192" : "try: ./harness build bases 5.12");
      g_clear_pointer (&fixture->fault, fault_free);
      g_clear_pointer (&fixture->index, kernel_index_free);
    }
}

#define TABLE_OLD "enum kinds {\n\tKIND_A,\n\tKIND_OLD\n};\n\nstatic int later_0("
#define TABLE_THEIRS "enum kinds {\n\tKIND_A,\n\tKIND_OLD,\n\tMY_KIND\n};\n\nstatic int later_0("
#define TABLE_LAB "enum kinds {\n\tKIND_A,\n\tKIND_NEW,\n\tKIND_OLD\n};\n\nstatic int later_0("
#define TABLE_MERGED "enum kinds {\n\tKIND_A,\n\tKIND_NEW,\n\tKIND_OLD,\n\tMY_KIND,\n};\n\nstatic int later_0("

/* Members behind a last one that has no comma. */
static void
test_tables (void **state)
{
  Fixture *fixture = *state;
  g_autofree char *lab = with (kernel_vmx (61), "static int later_0(", TABLE_LAB);
  g_autofree char *old = with (kernel_vmx (512), "static int later_0(", TABLE_OLD);
  put_vmx (fixture, lab, old);
  hand_in (fixture, VMX, with (kernel_vmx (512), "static int later_0(", TABLE_THEIRS));
  carry (fixture);
  assert_carried_has (fixture, VMX, "enum kinds", TABLE_MERGED);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    TEST (test_wrapper), TEST (test_base_has_it), TEST (test_far_base), TEST (test_between_split),
    TEST (test_lines_of_dispatch), TEST (test_fragment), TEST (test_stray),
    TEST (test_one_of_another), TEST (test_outside_of_function), TEST (test_makefile),
    TEST (test_others_in_one_note), TEST (test_no_base_helps), TEST (test_tables),
  };
  cmocka_set_test_filter (g_getenv ("CARRY_TEST"));
  return cmocka_run_group_tests (tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Carrying whole files and patches of several kernel versions onto a stand-in for the lab's. */
#include "unit.h"

#include <time.h>

#include "submission/carry.h"
#include "unit/carry-kernels.h"

#define CPUID "arch/x86/kvm/cpuid.c"
#define VMX "arch/x86/kvm/vmx/vmx.c"
#define MAKEFILE "VERSION = 6\nPATCHLEVEL = 1\nSUBLEVEL = 192\n"

typedef struct
{
  char *dir, *lab, *other, *scratch;
  const char *bases[2], *names[2];
  KernelIndex *index;
  Submission submission;
  CarrySpec spec;
  Carried *carried;
  Fault *fault;
} Fixture;

static void
file_free (gpointer data)
{
  SubmissionFile *file = data;
  g_free (file->path);
  g_free (file->from);
  g_free (file->text);
  g_free (file->base_text);
  g_free (file);
}

static void
patch_free (gpointer data)
{
  SubmissionPatch *patch = data;
  g_free (patch->from);
  g_free (patch->text);
  g_ptr_array_unref (patch->paths);
  g_free (patch);
}

static void
put_kernel (const char *dir, const char *cpuid_version, guint vmx_version, const char *makefile)
{
  g_autofree char *cpuid = kernel_cpuid (cpuid_version);
  g_autofree char *vmx = kernel_vmx (vmx_version);
  g_free (put_file (dir, CPUID, cpuid));
  g_free (put_file (dir, VMX, vmx));
  g_free (put_file (dir, "arch/x86/kvm/Makefile", "kvm-y += x86.o cpuid.o\n"));
  g_free (put_file (dir, "Makefile", makefile));
}

/* What the index is made of; each one's folder is "in-NAME". */
static const struct
{
  const char *name, *cpuid;
  guint vmx;
} kernels[] = { { "5.10.0", "v59", 510 }, { "5.12.0", "v512", 512 }, { "5.18.0", "v518", 518 }, { "6.1.192", "v61", 61 }, { "6.12.0", "v612", 612 } };

static char *
indexed_dir (const Fixture *fixture, const char *name)
{
  g_autofree char *folder = g_strconcat ("in-", name, NULL);
  return g_build_filename (fixture->dir, folder, NULL);
}

/* Another text for a file of an indexed kernel. */
static void
put_indexed (const Fixture *fixture, const char *name, const char *path, const char *text)
{
  g_autofree char *dir = indexed_dir (fixture, name);
  g_free (put_file (dir, path, text));
}

static void
index_kernels (Fixture *fixture)
{
  fixture->index = kernel_index_new ();
  for (guint i = 0; i < G_N_ELEMENTS (kernels); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autofree char *dir = indexed_dir (fixture, kernels[i].name);
      guint version;
      const gboolean ok = kernel_index_add (fixture->index, kernels[i].name, dir, &version, &error);
      assert_no_failure (error);
      assert_true (ok);
    }
  fixture->spec.index = fixture->index;
}

/* The lab is 6.1; 6.12 is at hand. */
static int
setup (void **state)
{
  Fixture *fixture = g_new0 (Fixture, 1);
  fixture->dir = g_dir_make_tmp ("harness-unit-XXXXXX", NULL);
  fixture->lab = g_build_filename (fixture->dir, "lab", NULL);
  fixture->other = g_build_filename (fixture->dir, "other", NULL);
  fixture->scratch = g_build_filename (fixture->dir, "scratch", NULL);
  if (g_mkdir (fixture->scratch, 0700) < 0)
    return -1;
  put_kernel (fixture->lab, "v61", 61, MAKEFILE);
  put_kernel (fixture->other, "v612", 612, "VERSION = 6\nPATCHLEVEL = 12\nSUBLEVEL = 0\n");
  fixture->bases[0] = fixture->other;
  fixture->names[0] = "6.12.0 (linux-source-6.12)";
  fixture->submission.files = g_ptr_array_new_with_free_func (file_free);
  fixture->submission.patches = g_ptr_array_new_with_free_func (patch_free);
  for (guint i = 0; i < G_N_ELEMENTS (kernels); i++)
    {
      g_autofree char *dir = indexed_dir (fixture, kernels[i].name);
      put_kernel (dir, kernels[i].cpuid, kernels[i].vmx, "");
    }
  fixture->spec = (CarrySpec){ .lab_dir = fixture->lab, .base_dirs = fixture->bases, .base_names = fixture->names, .scratch_dir = fixture->scratch };
  *state = fixture;
  return 0;
}

static int
teardown (void **state)
{
  Fixture *fixture = *state;
  const guint left = count_entries (fixture->scratch);
  const gboolean ok = files_remove_tree (fixture->dir, NULL);
  g_ptr_array_unref (fixture->submission.files);
  g_ptr_array_unref (fixture->submission.patches);
  carried_free (fixture->carried);
  kernel_index_free (fixture->index);
  fault_free (fixture->fault);
  g_free (fixture->dir);
  g_free (fixture->lab);
  g_free (fixture->other);
  g_free (fixture->scratch);
  g_free (fixture);
  return ok && left == 0 ? 0 : -1;
}

/* Takes text. */
static SubmissionFile *
hand_in (Fixture *fixture, const char *path, char *text)
{
  SubmissionFile *file = g_new0 (SubmissionFile, 1);
  file->path = g_strdup (path);
  file->from = g_path_get_basename (path);
  file->text = text;
  g_ptr_array_add (fixture->submission.files, file);
  return file;
}

static void
hand_in_patch (Fixture *fixture, const char *path, const char *text)
{
  SubmissionPatch *patch = g_new0 (SubmissionPatch, 1);
  patch->from = g_strdup ("my.patch");
  patch->text = g_strdup (text);
  patch->paths = g_ptr_array_new_with_free_func (g_free);
  g_ptr_array_add (patch->paths, g_strdup (path));
  g_ptr_array_add (fixture->submission.patches, patch);
}

static void
carry (Fixture *fixture)
{
  g_autoptr (GError) error = NULL;
  index_kernels (fixture);
  const gboolean ok = submission_carry (&fixture->submission, &fixture->spec, &fixture->carried, &fixture->fault, &error);
  assert_no_failure (error);
  assert_true (ok);
  assert_true ((fixture->carried != NULL) != (fixture->fault != NULL));
}

static const CarriedFile *
carried_file (const Fixture *fixture, const char *path)
{
  if (fixture->fault != NULL)
    fail_msg ("unexpected: %s\n%s", fixture->fault->reason, fixture->fault->details);
  for (guint i = 0; i < fixture->carried->files->len; i++)
    {
      const CarriedFile *file = g_ptr_array_index (fixture->carried->files, i);
      if (strcmp (file->path, path) == 0)
        return file;
    }
  fail_msg ("%s was not carried", path);
  return NULL;
}

/* Carried, in this way, to exactly this text. Takes text. */
static void
assert_carried (const Fixture *fixture, const char *path, const char *how, char *text)
{
  g_autofree char *expected = text;
  const CarriedFile *file = carried_file (fixture, path);
  gsize same = 0;
  while (expected[same] != '\0' && expected[same] == file->text[same])
    same++;
  if (strcmp (file->text, expected) != 0)
    fail_msg ("%s differs: expected\n%.400s\ngot\n%.400s", path, expected + same - MIN (same, 100), file->text + same - MIN (same, 100));
  assert_true (g_str_has_prefix (file->how, how));
}

/* The part is in the carried file; else what is there instead, from `near` on. */
static void
assert_carried_has (const Fixture *fixture, const char *path, const char *near, const char *part)
{
  const char *text = carried_file (fixture, path)->text;
  const char *from = strstr (text, near);
  if (strstr (text, part) == NULL)
    fail_msg ("not in %s:\n%s\nbut:\n%.600s", path, part, from != NULL ? from : "nothing near it");
}

static void
assert_fault (const Fixture *fixture, Stage stage, gboolean needs_base, const char *reason)
{
  assert_non_null (fixture->fault);
  assert_text_has (fixture->fault->reason, reason);
  assert_int_equal (fixture->fault->stage, stage);
  assert_int_equal (fixture->fault->needs_base, needs_base);
}

/* --- whole files ------------------------------------------------------------------------------ */

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

/* Takes text. */
static char *
without (char *text, const char *from, const char *to)
{
  const char *begin = strstr (text, from), *end = strstr (text, to);
  assert_true (begin != NULL && end != NULL && begin < end);
  char *rest = g_strdup_printf ("%.*s%s", (int) (begin - text), text, end);
  g_free (text);
  return rest;
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
  g_free (put_file (fixture->lab, VMX, lab));
  put_indexed (fixture, "6.1.192", VMX, lab);
  put_indexed (fixture, "5.12.0", VMX, old);
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

/* --- one function, statement by statement ------------------------------------------------------ */

typedef struct
{
  const char *name;
  const char *old, *theirs, *lab; /* bodies: of 5.12, the student's, of 6.1 */
  const char *expected;           /* NULL: it needs a base */
} FunctionCase;

static char *
with_function (guint version, const char *body)
{
  g_autofree char *function = g_strconcat ("static int handle_one(struct kvm_vcpu *vcpu)\n{\n", body, "}\n\nstatic int later_0(", NULL);
  return with (kernel_vmx (version), "static int later_0(", function);
}

/* Of no version: some of its functions are as in none. Takes text. */
static char *
between_versions (char *text)
{
  for (guint i = 0; i < 6; i++)
    {
      g_autofree char *from = g_strdup_printf ("shared_base[%u]", i);
      text = with (text, from, "shared_base[99]");
    }
  return text;
}

static void
try_function (Fixture *fixture, const FunctionCase *c, gboolean between, const char *wanted)
{
  const char *which = between ? ", between versions" : "";
  g_autofree char *lab = with_function (61, c->lab);
  g_autofree char *old = with_function (512, c->old);
  g_free (put_file (fixture->lab, VMX, lab));
  put_indexed (fixture, "6.1.192", VMX, lab);
  put_indexed (fixture, "5.12.0", VMX, old);
  g_ptr_array_set_size (fixture->submission.files, 0);
  hand_in (fixture, VMX, between ? between_versions (with_function (512, c->theirs)) : with_function (512, c->theirs));
  carry (fixture);
  if (wanted == NULL && fixture->fault == NULL)
    fail_msg ("%s%s: carried, and is to need a base", c->name, which);
  else if (wanted == NULL)
    assert_fault (fixture, STAGE_CARRY, TRUE, "");
  else
    {
      g_autofree char *expected = with_function (61, wanted);
      if (fixture->fault != NULL)
        print_error ("%s%s\n", c->name, which);
      const CarriedFile *file = carried_file (fixture, VMX);
      if (strcmp (file->text, expected) != 0)
        fail_msg ("%s%s: expected\n%s\ngot\n%.700s", c->name, which, wanted, strstr (file->text, "handle_one"));
    }
  g_clear_pointer (&fixture->carried, carried_free);
  g_clear_pointer (&fixture->fault, fault_free);
  g_clear_pointer (&fixture->index, kernel_index_free);
}

static const FunctionCase functions[] = {
  { "braces before an enclosing brace", "\tif (a) {\n\t\tif (b)\n\t\t\tgo();\n\t}\n\told();\n", "\tif (a) {\n\t\tif (b) {\n\t\t\tmy_total++;\n\t\t\tgo();\n\t\t}\n\t}\n\told();\n",
    "\tif (a) {\n\t\tif (b)\n\t\t\tgo();\n\t}\n\tnew();\n", "\tif (a) {\n\t\tif (b) {\n\t\t\tmy_total++;\n\t\t\tgo();\n\t\t}\n\t}\n\tnew();\n" },
  { "a condition of the other version", "\tif (old_only) {\n\t\told_call();\n\t}\n\tgo();\n", "\tif (old_only) {\n\t\tmy_total++;\n\t\told_call();\n\t}\n\tmy_total++;\n\tgo();\n", "\tgo();\n",
    "\tmy_total++;\n\tgo();\n" },
  { "a condition that moved", "\tif (a) {\n\t\tone();\n\t}\n\tif (b) {\n\t\ttwo();\n\t\tthree();\n\t}\n", "\tif (a) {\n\t\tmy_total++;\n\t\tone();\n\t}\n\tif (b) {\n\t\ttwo();\n\t\tthree();\n\t}\n",
    "\tif (b) {\n\t\ttwo();\n\t\tthree();\n\t}\n\tif (a) {\n\t\tone();\n\t}\n", "\tif (b) {\n\t\ttwo();\n\t\tthree();\n\t}\n\tif (a) {\n\t\tmy_total++;\n\t\tone();\n\t}\n" },
  { "a return replaced", "\tif (a)\n\t\treturn go(vcpu);\n\treturn old(vcpu);\n", "\tint ret;\n\n\tif (a) {\n\t\tret = go(vcpu);\n\t\tmy_total++;\n\t\treturn ret;\n\t}\n\treturn old(vcpu);\n",
    "\tif (a)\n\t\treturn go(vcpu);\n\treturn new(vcpu);\n", "\tint ret;\n\tif (a) {\n\t\tret = go(vcpu);\n\t\tmy_total++;\n\t\treturn ret;\n\t}\n\treturn new(vcpu);\n" },
  { "a return replaced that this kernel has otherwise", "\tgo();\n\treturn old_one(vcpu);\n", "\tint ret;\n\n\tgo();\n\tret = old_one(vcpu);\n\tmy_total++;\n\treturn ret;\n", "\tgo();\n\treturn kvm_new(arg, 5);\n", NULL },
  { "an else if", "\tif (a)\n\t\tone();\n\telse if (b)\n\t\ttwo();\n\told();\n", "\tif (a)\n\t\tone();\n\telse if (b)\n\t\ttwo();\n\telse if (my_total)\n\t\tmy_call();\n\told();\n",
    "\tif (a)\n\t\tone();\n\telse if (b)\n\t\ttwo();\n\tnew();\n", "\tif (a)\n\t\tone();\n\telse if (b)\n\t\ttwo();\n\telse if (my_total)\n\t\tmy_call();\n\tnew();\n" },
  { "a case", "\tswitch (a) {\n\tcase 1:\n\t\tone();\n\t\tbreak;\n\tcase 2:\n\t\told();\n\t\tbreak;\n\t}\n", "\tswitch (a) {\n\tcase 1:\n\t\tone();\n\t\tbreak;\n\tcase 7:\n\t\tmy_total++;\n\t\tbreak;\n\tcase 2:\n\t\told();\n\t\tbreak;\n\t}\n",
    "\tswitch (a) {\n\tcase 1:\n\t\tone();\n\t\tbreak;\n\tcase 2:\n\t\tnew();\n\t\tbreak;\n\t}\n", "\tswitch (a) {\n\tcase 1:\n\t\tone();\n\t\tbreak;\n\tcase 7:\n\t\tmy_total++;\n\t\tbreak;\n\tcase 2:\n\t\tnew();\n\t\tbreak;\n\t}\n" },
  { "a do loop", "\tdo {\n\t\tgo();\n\t} while (b);\n\told();\n", "\tdo {\n\t\tmy_total++;\n\t\tgo();\n\t} while (b);\n\told();\n", "\tdo {\n\t\tgo();\n\t} while (b);\n\tnew();\n", "\tdo {\n\t\tmy_total++;\n\t\tgo();\n\t} while (b);\n\tnew();\n" },
  { "a macro that loops", "\tkvm_for_each_vcpu(i, v, kvm)\n\t\tgo(v);\n\told();\n", "\tkvm_for_each_vcpu(i, v, kvm) {\n\t\tgo(v);\n\t\tmy_total++;\n\t}\n\told();\n", "\tkvm_for_each_vcpu(i, v, kvm)\n\t\tgo(v);\n\tnew();\n",
    "\tkvm_for_each_vcpu(i, v, kvm) {\n\t\tgo(v);\n\t\tmy_total++;\n\t}\n\tnew();\n" },
  { "a label", "\tif (a)\n\t\tgoto out;\n\told();\nout:\n\treturn 1;\n", "\tif (a)\n\t\tgoto out;\n\told();\nout:\n\tmy_total++;\n\treturn 1;\n", "\tif (a)\n\t\tgoto out;\n\tnew();\nout:\n\treturn 1;\n",
    "\tif (a)\n\t\tgoto out;\n\tnew();\nout:\n\tmy_total++;\n\treturn 1;\n" },
  { "a label of the student's", "\tone();\n\told();\n\treturn 1;\n", "\tif (my_total)\n\t\tgoto my_out;\n\tone();\n\told();\nmy_out:\n\treturn 1;\n", "\tone();\n\tnew();\n\treturn 1;\n", "\tif (my_total)\n\t\tgoto my_out;\n\tone();\n\tnew();\nmy_out:\n\treturn 1;\n" },
  { "an #ifdef", "\tone();\n#ifdef CONFIG_A\n\ttwo();\n#endif\n\told();\n", "\tone();\n#ifdef CONFIG_A\n\tmy_total++;\n\ttwo();\n#endif\n\told();\n", "\tone();\n#ifdef CONFIG_A\n\ttwo();\n#endif\n\tnew();\n",
    "\tone();\n#ifdef CONFIG_A\n\tmy_total++;\n\ttwo();\n#endif\n\tnew();\n" },
  { "an #ifdef of the student's", "\tone();\n\ttwo();\n\told();\n", "\tone();\n#ifdef MY_COUNT\n\tmy_total++;\n#endif\n\ttwo();\n\told();\n", "\tone();\n\ttwo();\n\tnew();\n", "\tone();\n#ifdef MY_COUNT\n\tmy_total++;\n#endif\n\ttwo();\n\tnew();\n" },
  { "an #ifdef where the kernel has one", "\tone();\n#ifdef CONFIG_A\n\ttwo();\n#endif\n\told();\n",
    "\tone();\n#ifdef MY_COUNT\n\tmy_total++;\n#endif\n\tthree();\n#ifdef CONFIG_A\n\ttwo();\n#endif\n\told();\n", "\tone();\n#ifdef CONFIG_A\n\ttwo();\n#endif\n\tnew();\n",
    "\tone();\n#ifdef MY_COUNT\n\tmy_total++;\n#endif\n\tthree();\n#ifdef CONFIG_A\n\ttwo();\n#endif\n\tnew();\n" },
  { "the kernel's lines once more", "\ta = read(vcpu);\n\twrite(vcpu, a);\n\treturn 1;\n",
    "\ta = read(vcpu);\n\tif (my_total)\n\t\tgoto mine;\n\twrite(vcpu, a);\n\treturn 1;\nmine:\n\ta = my_total;\n\twrite(vcpu, a);\n\treturn 1;\n",
    "\ta = read(vcpu);\n\tnew();\n\twrite(vcpu, a);\n\treturn 1;\n",
    "\ta = read(vcpu);\n\tif (my_total)\n\t\tgoto mine;\n\tnew();\n\twrite(vcpu, a);\n\treturn 1;\nmine:\n\ta = my_total;\n\twrite(vcpu, a);\n\treturn 1;\n" },
  { "a line moved", "\twrite(vcpu, a);\n\twrite_b(vcpu, b);\n\told();\n", "\twrite_b(vcpu, b);\n\ta += my_total;\n\twrite(vcpu, a);\n\told();\n", "\twrite(vcpu, a);\n\twrite_b(vcpu, b);\n\tnew();\n",
    "\twrite_b(vcpu, b);\n\ta += my_total;\n\twrite(vcpu, a);\n\tnew();\n" },
  { "a variable that this kernel has too", "\tstruct vcpu_svm *svm = to_svm(vcpu);\n\n\told(svm);\n", "\tstruct vcpu_svm *svm = to_svm(vcpu);\n\tu64 code = svm->code;\n\n\tmy_total += code;\n\told(svm);\n",
    "\tstruct vcpu_svm *svm = to_svm(vcpu);\n\tu32 code = svm->code;\n\n\tnew(svm, code);\n", "\tstruct vcpu_svm *svm = to_svm(vcpu);\n\tu64 code = svm->code;\n\n\tmy_total += code;\n\n\tnew(svm, code);\n" },
  { "a variable that this kernel has for something else", "\tstruct vcpu_svm *svm = to_svm(vcpu);\n\n\told(svm);\n",
    "\tstruct vcpu_svm *svm = to_svm(vcpu);\n\tu64 code = my_total;\n\n\tmy_total += code;\n\told(svm);\n", "\tstruct vcpu_svm *svm = to_svm(vcpu);\n\tu32 code = svm->code;\n\n\tnew(svm, code);\n", NULL },
  { "braces that no list of statements has", "\tone();\n\told();\n", "\tone();\n#ifdef MY_ALL\n\tif (a) {\n#else\n\tif (b) {\n#endif\n\t\tmy_total++;\n\t}\n\told();\n", "\tone();\n\tnew();\n", NULL },
  { "the kernel's lines taken out", "\tone();\n\tif (a)\n\t\treturn 1;\n\ttwo();\n\told();\n", "\tone();\n\ttwo();\n\tmy_total++;\n\told();\n",
    "\tone();\n\tif (a)\n\t\treturn 1;\n\ttwo();\n\tnew();\n", "\tone();\n\ttwo();\n\tmy_total++;\n\tnew();\n" },
  { "an #ifdef of the kernel's taken out", "\tone();\n#ifdef CONFIG_A\n\tif (a)\n\t\treturn 1;\n#endif\n\ttwo();\n\told();\n",
    "\tone();\n\ttwo();\n\tmy_total++;\n\told();\n", "\tone();\n#ifdef CONFIG_A\n\tif (a)\n\t\treturn 1;\n#endif\n\ttwo();\n\tnew();\n",
    "\tone();\n\ttwo();\n\tmy_total++;\n\tnew();\n" },
  { "an #ifdef taken out that has another name here", "\tone();\n#ifdef CONFIG_B\n\tif (a)\n\t\treturn 1;\n#endif\n\ttwo();\n\told();\n",
    "\tone();\n\ttwo();\n\tmy_total++;\n\told();\n", "\tone();\n#ifdef CONFIG_A\n\tif (a)\n\t\treturn 1;\n#endif\n\ttwo();\n\tnew();\n",
    "\tone();\n\ttwo();\n\tmy_total++;\n\tnew();\n" },
  { "an #ifdef taken out that holds more here", "\tone();\n#ifdef CONFIG_B\n\tif (a)\n\t\treturn 1;\n#endif\n\ttwo();\n\told();\n",
    "\tone();\n\ttwo();\n\tmy_total++;\n\told();\n", "\tone();\n#ifdef CONFIG_A\n\tif (a)\n\t\treturn 1;\n\tmore();\n#endif\n\ttwo();\n\tnew();\n", NULL },
  { "a check put behind a comment, and a count in its place", "\tone();\n\tif (a)\n\t\treturn 1;\n\told();\n", "\tone();\n\tmy_total++;\n\t/* if (a)\n\t\treturn 1; */\n\told();\n",
    "\tone();\n\tif (a)\n\t\treturn 1;\n\tnew();\n", "\tone();\n\tmy_total++;\n\tnew();\n" },
  { "lines taken out that this kernel has otherwise", "\tone();\n\tif (a) {\n\t\tthree();\n\t\treturn 1;\n\t}\n\ttwo();\n\told();\n", "\tone();\n\ttwo();\n\tmy_total++;\n\told();\n",
    "\tone();\n\tif (a) {\n\t\tfour();\n\t\treturn 1;\n\t}\n\ttwo();\n\tnew();\n", NULL },
  { "a return that became a goto, often", "\tif (a) {\n\t\tone();\n\t\treturn 1;\n\t}\n\tif (b) {\n\t\ttwo();\n\t\treturn 1;\n\t}\n\told();\n\treturn go();\n",
    "\tif (a) {\n\t\tone();\n\t\tgoto out;\n\t}\n\tif (b) {\n\t\ttwo();\n\t\tgoto out;\n\t}\n\told();\n\tret = go();\nout:\n\tmy_total++;\n\treturn ret;\n",
    "\tif (a) {\n\t\tone();\n\t\treturn 1;\n\t}\n\tif (b) {\n\t\ttwo();\n\t\treturn 1;\n\t}\n\tnew();\n\treturn go();\n",
    "\tif (a) {\n\t\tone();\n\t\tgoto out;\n\t}\n\tif (b) {\n\t\ttwo();\n\t\tgoto out;\n\t}\n\tnew();\n\tret = go();\nout:\n\tmy_total++;\n\treturn ret;\n" },
  { "a head that some version has", "\tone();\n\told();\n", "\tone();\n\tif (only_here)\n\t\tmy_total++;\n\told();\n", "\tone();\n\tif (only_here)\n\t\ttwo();\n\tnew();\n",
    "\tone();\n\tif (only_here)\n\t\tmy_total++;\n\tif (only_here)\n\t\ttwo();\n\tnew();\n" },
  { "a block moved above a check", "\tif (a)\n\t\treturn 1;\n\n\tone(a);\n\told();\n", "\tone(a);\n\tmy_total++;\n\tif (a)\n\t\treturn 1;\n\told();\n",
    "\tif (a)\n\t\treturn 1;\n\n\tone(a);\n\tnew();\n", "\tone(a);\n\tmy_total++;\n\tif (a)\n\t\treturn 1;\n\tnew();\n" },
  { "words that kernels know too", "\tone();\n\told();\n", "\tu64 start_time = my_clock();\n\n\tone();\n\tcounter = start_time;\n\told();\n", "\tone();\n\tnew();\n", "\tu64 start_time = my_clock();\n\tone();\n\tcounter = start_time;\n\tnew();\n" },
  { "reformatted", "\t/* why */\n\tif (a) {\n\t\tone(\"a b\");\n\t}\n\ttwo();\n\told();\n", "  if(a)one(\"a \" \"b\");\n  two(); my_total++; old();\n", "\t/* why */\n\tif (a) {\n\t\tone(\"a b\");\n\t}\n\ttwo();\n\tnew();\n",
    "\t/* why */\n\tif (a) {\n\t\tone(\"a b\");\n\t}\n\ttwo();\n my_total++;\n\tnew();\n" },
};

/* Of those rows what comes out where the file is of no version that is known; NULL: it needs a base. The others come out as they do otherwise. */
static const struct
{
  const char *name, *expected;
} in_between[] = {
  { "the kernel's lines taken out", "\tone();\n\tif (a)\n\t\treturn 1;\n\ttwo();\n\tmy_total++;\n\tnew();\n" },
  { "an #ifdef of the kernel's taken out", "\tone();\n#ifdef CONFIG_A\n\tif (a)\n\t\treturn 1;\n#endif\n\ttwo();\n\tmy_total++;\n\tnew();\n" },
  { "an #ifdef taken out that has another name here",
    "\tone();\n#ifdef CONFIG_A\n\tif (a)\n\t\treturn 1;\n#endif\n\ttwo();\n\tmy_total++;\n\tnew();\n" },
  { "an #ifdef taken out that holds more here",
    "\tone();\n#ifdef CONFIG_A\n\tif (a)\n\t\treturn 1;\n\tmore();\n#endif\n\ttwo();\n\tmy_total++;\n\tnew();\n" },
  { "a check put behind a comment, and a count in its place", NULL },
  { "lines taken out that this kernel has otherwise",
    "\tone();\n\tif (a) {\n\t\tfour();\n\t\treturn 1;\n\t}\n\ttwo();\n\tmy_total++;\n\tnew();\n" },
};

static const char *
expected_between (const FunctionCase *c)
{
  for (guint i = 0; i < G_N_ELEMENTS (in_between); i++)
    {
      if (strcmp (in_between[i].name, c->name) == 0)
        return in_between[i].expected;
    }
  return c->expected;
}

static void
test_functions (void **state)
{
  const char *only = g_getenv ("CARRY_CASE");
  for (guint i = 0; i < G_N_ELEMENTS (functions); i++)
    {
      if (only != NULL && strcmp (only, functions[i].name) != 0)
        continue;
      try_function (*state, &functions[i], FALSE, functions[i].expected);
      try_function (*state, &functions[i], TRUE, expected_between (&functions[i]));
    }
}

/* --- shapes of files -------------------------------------------------------------------------- */

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
  g_free (put_file (fixture->lab, VMX, lab));
  put_indexed (fixture, "6.1.192", VMX, lab);
  put_indexed (fixture, "5.12.0", VMX, old);
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
  const FunctionCase c = { "", "\tgo();\n\treturn old_one(vcpu);\n", NULL, "\tgo();\n\treturn kvm_new(arg, 5);\n", NULL };
  g_autofree char *lab = with_function (61, c.lab);
  g_autofree char *old = with_function (512, c.old);
  g_free (put_file (fixture->lab, VMX, lab));
  put_indexed (fixture, "6.1.192", VMX, lab);
  put_indexed (fixture, "5.12.0", VMX, old);
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
  g_free (put_file (fixture->lab, VMX, lab));
  put_indexed (fixture, "6.1.192", VMX, lab);
  put_indexed (fixture, "5.12.0", VMX, old);
  hand_in (fixture, VMX, with (kernel_vmx (512), "static int later_0(", TABLE_THEIRS));
  carry (fixture);
  assert_carried_has (fixture, VMX, "enum kinds", TABLE_MERGED);
}

/* --- patches ---------------------------------------------------------------------------------- */

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

/* --- hostile ---------------------------------------------------------------------------------- */

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

#define TEST(f) cmocka_unit_test_setup_teardown (f, setup, teardown)

int
main (void)
{
  const struct CMUnitTest tests[] = {
    TEST (test_labs_own_version), TEST (test_other_at_hand), TEST (test_conflict), TEST (test_far_versions), TEST (test_512), TEST (test_510),
    TEST (test_helper), TEST (test_common_words), TEST (test_given_base), TEST (test_own_base), TEST (test_told_base), TEST (test_unchanged),
    TEST (test_one_unchanged), TEST (test_markers), TEST (test_no_c), TEST (test_stranger), TEST (test_new_files), TEST (test_header), TEST (test_elsewhere),
    TEST (test_outside), TEST (test_functions), TEST (test_wrapper), TEST (test_base_has_it), TEST (test_far_base), TEST (test_between_split), TEST (test_lines_of_dispatch), TEST (test_fragment), TEST (test_stray), TEST (test_outside_of_function), TEST (test_makefile),
    TEST (test_others_in_one_note), TEST (test_no_base_helps),
    TEST (test_tables), TEST (test_patch), TEST (test_patch_of_other), TEST (test_patch_fuzz), TEST (test_patch_blanks), TEST (test_patch_backwards),
    TEST (test_one_of_another),
    TEST (test_patch_backwards_blanks), TEST (test_patch_fuzz_blanks), TEST (test_patch_second_hunk), TEST (test_patch_fails), TEST (test_patch_malformed),
    TEST (test_patch_link), TEST (test_large),
  };
  cmocka_set_test_filter (g_getenv ("CARRY_TEST"));
  return cmocka_run_group_tests (tests, NULL, NULL);
}

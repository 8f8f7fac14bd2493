/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Folders of whole files, single files and kernel trees: what is taken, what is told of it, and what is refused. */
#include "submissions.h"

#include <unistd.h>

#include "submission/own-lines.h"

#define KVM "arch/x86/kvm/"

static void
put (const char *dir, const char *name, const char *text)
{
  g_free (put_file (dir, name, text));
}

static void
test_plain (void **state)
{
  put (*state, "f/deep/er/cpuid.c", CPUID_C);
  put (*state, "f/deep/vmx.c", VMX_C);
  g_autoptr (Submission) submission = read_good (*state, "f");
  assert_string_equal (submission->kind, "folder");
  assert_int_equal (submission->files->len, 2);
  assert_file (submission, KVM "cpuid.c", "deep/er/cpuid.c", CPUID_C);
  assert_file (submission, KVM "vmx/vmx.c", "deep/vmx.c", VMX_C);
  assert_null (((SubmissionFile *) g_ptr_array_index (submission->files, 0))->base_text);
  assert_true (submission->touches_vmx);
  assert_false (submission->touches_svm);
  assert_no_notes (submission);
  assert_null (submission_find (submission, KVM "x86.c"));

  put (*state, "g/x/cpuid.c", CPUID_C);
  put (*state, "g/y/vmx.c", VMX_C);
  put (*state, "g/README.md", "hello\n");
  put (*state, "g/shot.png", "\x89PNG....");
  g_autoptr (Submission) again = read_good (*state, "g");
  assert_string_equal (again->sha256, submission->sha256);
  assert_note (again, "2 other files were ignored");
  put (*state, "g/y/vmx.c", VMX_C "int x;\n");
  g_autoptr (Submission) other = read_good (*state, "g");
  assert_string_not_equal (other->sha256, submission->sha256);
}

static void
test_single_file (void **state)
{
  put (*state, "SVM.C", "\xef\xbb\xbf" SVM_C);
  g_autoptr (Submission) submission = read_good (*state, "SVM.C");
  assert_string_equal (submission->kind, "file");
  assert_file (submission, KVM "svm/svm.c", "SVM.C", SVM_C);
  assert_true (submission->touches_svm);
  assert_note (submission, "\"SVM.C\" was normalised: a byte order mark");
  assert_note (submission, "\"SVM.C\" is taken for arch/x86/kvm/svm/svm.c");
}

static void
test_odd_names (void **state)
{
  put (*state, "f/hw 2/cpuid.c.txt", CPUID_C);
  put (*state, "f/hw 2/doe_1234_vmx.c", VMX_C);
  put (*state, "f/arch/x86/kvm/svm.c", SVM_C);
  put (*state, "f/caf\xe9/x86.c", "int kvm;\r\n");
  g_autoptr (Submission) submission = read_good (*state, "f");
  assert_file (submission, KVM "cpuid.c", "hw 2/cpuid.c.txt", CPUID_C);
  assert_file (submission, KVM "vmx/vmx.c", "hw 2/doe_1234_vmx.c", VMX_C);
  assert_file (submission, KVM "svm/svm.c", "arch/x86/kvm/svm.c", SVM_C);
  assert_file (submission, KVM "x86.c", "caf\\xe9/x86.c", "int kvm;\n");
  assert_note (submission, "\"hw 2/doe_1234_vmx.c\" is taken for arch/x86/kvm/vmx/vmx.c");
  assert_note (submission, "\"arch/x86/kvm/svm.c\" lies where Linux 5.6 and older have it");
  assert_note (submission, "\"caf\\xe9/x86.c\" was normalised: CRLF");
}

static void
test_host_headers (void **state)
{
  put (*state, "f/cpuid.c", CPUID_C);
  put (*state, "f/kvm_host.h", "struct kvm_vcpu {\n};\n");
  expect_fault (*state, "f", STAGE_POLICY, "changes what may not be changed: include/linux/kvm_host.h; allowed");
  put (*state, "f/kvm_host.h", "struct kvm_vcpu_arch {\n};\nstruct kvm_vcpu {\n};\n");
  g_autoptr (Submission) submission = read_good (*state, "f");
  assert_non_null (submission_find (submission, "arch/x86/include/asm/kvm_host.h"));
}

static void
test_own_header (void **state)
{
  put (*state, "f/a/cpuid.c", "#include \"exit_count.h\"\n#include \"mmu.h\"\n" CPUID_C);
  put (*state, "f/a/exit_count.h", "extern int kvm_count;\n");
  put (*state, "f/b/exit_count.h", "extern int other;\n");
  g_autoptr (Submission) submission = read_good (*state, "f");
  assert_int_equal (submission->files->len, 2);
  assert_file (submission, KVM "exit_count.h", "a/exit_count.h", "extern int kvm_count;\n");
  assert_note (submission, "\"a/exit_count.h\" is taken for arch/x86/kvm/exit_count.h: \"a/cpuid.c\" includes it");
  assert_note (submission, "1 other file was ignored");
}

/* --- several of one name ---------------------------------------------------------------------- */

static void
test_copies (void **state)
{
  put (*state, "f/cpuid.c", CPUID_C);
  put (*state, "f/cpuid (1).c", CPUID_C "int a;\n");
  put (*state, "f/cpuid (10).c", CPUID_C "int c;\n");
  put (*state, "f/cpuid (2).c", CPUID_C "int b;\n");
  put (*state, "f/sub/cpuid.c", CPUID_C "int d;\n");
  put (*state, "f/__MACOSX/._cpuid.c", "\1\2\3");
  put (*state, "f/cpuid.c~", CPUID_C "int e;\n");
  put (*state, "f/cpuid.o", "\x7f""ELF");
  g_autoptr (Submission) submission = read_good (*state, "f");
  assert_int_equal (submission->files->len, 1);
  assert_file (submission, KVM "cpuid.c", "cpuid (10).c", CPUID_C "int c;\n");
  assert_note (submission, "\"cpuid.c\" is ignored: \"cpuid (10).c\" is the later one");
  assert_note (submission, "\"sub/cpuid.c\" is ignored: \"cpuid.c\" is nearer to the top");
  assert_note (submission, "3 other files were ignored");
}

static void
test_equal_and_numbered (void **state)
{
  put (*state, "f/a/cpuid.c", CPUID_C);
  put (*state, "f/b/cpuid.c", CPUID_C);
  put (*state, "f/assignment2/vmx.c", VMX_C);
  put (*state, "f/assignment10/vmx.c", VMX_C "int b;\n");
  put (*state, "f/assignment3/vmx.c", VMX_C "int a;\n");
  g_autoptr (Submission) submission = read_good (*state, "f");
  assert_file (submission, KVM "cpuid.c", "a/cpuid.c", CPUID_C);
  assert_file (submission, KVM "vmx/vmx.c", "assignment10/vmx.c", VMX_C "int b;\n");
  assert_note (submission, "\"b/cpuid.c\" is ignored: the same as \"a/cpuid.c\"");
  assert_note (submission, "\"assignment3/vmx.c\" is ignored: \"assignment10/vmx.c\" is the later one");
}

static void
test_originals_and_programs (void **state)
{
  put (*state, "f/modified/cpuid.c", CPUID_C "int a;\n");
  put (*state, "f/original/cpuid.c", CPUID_C);
  put (*state, "f/cpuid.c", "#include <stdio.h>\nint main(void)\n{\n\treturn 0;\n}\n");
  put (*state, "f/hw_vmx.c", "int unrelated;\n");
  g_autoptr (Submission) submission = read_good (*state, "f");
  assert_int_equal (submission->files->len, 1);
  assert_file (submission, KVM "cpuid.c", "modified/cpuid.c", CPUID_C "int a;\n");
  assert_note (submission, "\"original/cpuid.c\" is ignored: its name says that it is the original");
  assert_note (submission, "\"cpuid.c\" is ignored: a program for user space");
  assert_note (submission, "\"hw_vmx.c\" is ignored: nothing of KVM is in it");
}

static void
expect_undecided (const char *dir, const char *name, const char *part)
{
  g_autoptr (Submission) submission = NULL;
  g_autoptr (Fault) fault = NULL;
  read_submission (dir, name, NULL, &submission, &fault);
  assert_non_null (fault);
  assert_text_has (fault->reason, part);
  assert_true (fault->needs_base); /* nobody's fault */
}

static void
test_undecided (void **state)
{
  put (*state, "f/mine/cpuid.c", CPUID_C);
  put (*state, "f/partner/cpuid.c", CPUID_C_2);
  expect_undecided (*state, "f", "\"mine/cpuid.c\" and \"partner/cpuid.c\" are different, and both may be arch/x86/kvm/cpuid.c");
  put (*state, "g/cpuid.c", CPUID_C);
  put (*state, "g/cpuid_final.c", CPUID_C_2);
  expect_undecided (*state, "g", "\"cpuid.c\" and \"cpuid_final.c\" are different");
  for (guint i = 0; i < 60; i++)
    {
      g_autofree char *name = g_strdup_printf ("h/cpuid (%u).c", i);
      put (*state, name, CPUID_C);
    }
  expect_undecided (*state, "h", "60 files may be arch/x86/kvm/cpuid.c");
}

/* What a change was made from may lie beside it; what a student had before is no base. */
static void
test_bases (void **state)
{
  put (*state, "f/modified/cpuid.c", CPUID_C "int a;\n");
  put (*state, "f/original/cpuid.c", CPUID_C);
  put (*state, "f/modified/vmx.c", VMX_C "int a;\n");
  put (*state, "f/original/vmx.c", VMX_C "int b = 0x4FFFFFFC;\n");
  put (*state, "f/modified/x86.c", "int x86; int kvm;\n");
  put (*state, "f/old/x86.c", "int kvm;\n");
  g_autoptr (Submission) submission = read_good (*state, "f");
  assert_string_equal (submission_find (submission, KVM "cpuid.c")->base_text, CPUID_C);
  assert_note (submission, "\"original/cpuid.c\" is taken for what the change was made from");
  assert_null (submission_find (submission, KVM "vmx/vmx.c")->base_text);
  assert_file (submission, KVM "x86.c", "modified/x86.c", "int x86; int kvm;\n");
  assert_null (submission_find (submission, KVM "x86.c")->base_text);
  /* A folder that is called so, with nothing beside it. */
  put (*state, "g/base/cpuid.c", CPUID_C);
  g_autoptr (Submission) alone = read_good (*state, "g");
  assert_null (submission_find (alone, KVM "cpuid.c")->base_text);
}

static void
test_assignments (void **state)
{
  static const char *const two[] = { "a2", NULL }, *const three[] = { "a3", NULL }, *const four[] = { "a4", "final", NULL }, *const five[] = { "a5", NULL };
  static const char *const folders[][2] = { { "assignment2", "assignment3" }, { "a2", "a3" }, { "HW_02", "HW_03" }, { "Assignment Two", "Assignment Three" },
                                            { "cmpe283-2", "cmpe283-3" }, { "lab-2", "final" }, { "x/2", "y/3" }, { "283/hw2-final", "z/project 3 (v2)" } };
  for (guint i = 0; i < G_N_ELEMENTS (folders); i++)
    {
      g_autofree char *dir = g_strdup_printf ("f%u", i);
      for (guint n = 0; n < 2; n++)
        {
          g_autofree char *cpuid = g_strdup_printf ("%s/%s/cpuid.c", dir, folders[i][n]);
          put (*state, cpuid, n == 0 ? CPUID_C : CPUID_C_2);
        }
      asked_names = two;
      g_autoptr (Submission) second = read_good (*state, dir);
      assert_string_equal (submission_find (second, KVM "cpuid.c")->text, CPUID_C);
      assert_note (second, i == 5 ? "another is of the assignment that is asked for" : "is of the assignment that is asked for: 1 file is of others left out");
      asked_names = i == 5 ? four : three;
      g_autoptr (Submission) third = read_good (*state, dir);
      assert_string_equal (submission_find (third, KVM "cpuid.c")->text, CPUID_C_2);
    }
  asked_names = five;
  expect_undecided (*state, "f3", "are different"); /* neither is of the fifth */
  g_autoptr (Submission) later = read_good (*state, "f0");
  assert_string_equal (submission_find (later, KVM "cpuid.c")->text, CPUID_C_2);
  assert_note (later, "is of another assignment by its name, and nothing is of the one that is asked for");
  asked_names = NULL;
}

/* Who changed one file for an assignment has the other where the one before lies; more is not guessed. */
static void
test_assignment_with_gap (void **state)
{
  static const char *const three[] = { "a3", NULL };
  put (*state, "f/a2/cpuid.c", CPUID_C);
  put (*state, "f/a2/vmx.c", VMX_C);
  put (*state, "f/a2/x86.c", "int kvm;\n");
  put (*state, "f/a3/cpuid.c", CPUID_C_2);
  put (*state, "g/assignment2.patch", "--- a/arch/x86/kvm/x86.c\n+++ b/arch/x86/kvm/x86.c\n@@ -1 +1 @@\n-int a;\n+int b;\n");
  put (*state, "g/assignment3.patch", "--- a/arch/x86/kvm/x86.c\n+++ b/arch/x86/kvm/x86.c\n@@ -1 +1 @@\n-int a;\n+int c;\n");
  asked_names = three;
  g_autoptr (Submission) submission = read_good (*state, "f");
  g_autoptr (Submission) patches = read_good (*state, "g");
  asked_names = NULL;
  assert_int_equal (submission->files->len, 2);
  assert_file (submission, KVM "cpuid.c", "a3/cpuid.c", CPUID_C_2);
  assert_file (submission, KVM "vmx/vmx.c", "a2/vmx.c", VMX_C);
  assert_int_equal (patches->patches->len, 1);
  assert_string_equal (((SubmissionPatch *) g_ptr_array_index (patches->patches, 0))->from, "assignment3.patch");
}

/* --- what is no source ------------------------------------------------------------------------ */

static void
test_no_source (void **state)
{
  put (*state, "page/cpuid.c", "<!DOCTYPE html>\n<html>\n");
  expect_fault (*state, "page", STAGE_INGEST, "cpuid.c is a web page (HTML), not C source: hand in the file itself, as text (on GitHub: the Raw button)");
  put (*state, "rtf/vmx.c", "{\\rtf1}");
  expect_fault (*state, "rtf", STAGE_INGEST, "vmx.c is an RTF document");
  put (*state, "word/cpuid.docx", "PK\003\004....[Content_Types].xml");
  expect_fault (*state, "word", STAGE_INGEST, "no change of KVM in it; found: cpuid.docx (a Word document (docx)); hand in the changed kernel files");
  put (*state, "none/README", "hello\n");
  put (*state, "none/answers.pdf", "%PDF-1.7");
  expect_fault (*state, "none", STAGE_INGEST, "found: README (text), answers.pdf (a PDF document)");
  put (*state, "null/cpuid.c", "");
  expect_fault (*state, "null", STAGE_INGEST, "cpuid.c is empty");
  put (*state, "ambiguous/nested.c", "int kvm;\n");
  expect_fault (*state, "ambiguous", STAGE_INGEST, "found: nested.c (text)");
  g_autofree char *empty = g_build_filename (*state, "empty", NULL);
  assert_int_equal (g_mkdir (empty, 0777), 0);
  expect_fault (*state, "empty", STAGE_INGEST, "found: nothing");
  put (*state, "blank.patch", "");
  expect_fault (*state, "blank.patch", STAGE_INGEST, "there is no change in it");

  /* A page beside the file itself is no harm. */
  put (*state, "both/cpuid.c", CPUID_C);
  put (*state, "both/web/cpuid.c", "<html>");
  g_autoptr (Submission) both = read_good (*state, "both");
  assert_note (both, "\"web/cpuid.c\" is ignored: a web page (HTML)");
}

static void
test_too_large (void **state)
{
  g_autoptr (GString) text = g_string_new (CPUID_C);
  while (text->len <= 4 << 20)
    g_string_append (text, "/* more and more and more and more and more and more and more and more */\n");
  put (*state, "f/cpuid.c", text->str);
  expect_fault (*state, "f", STAGE_INGEST, "cpuid.c is a file of more than 4 MiB");
}

static void
test_other_paths (void **state)
{
  put (*state, "f/cpuid.c", CPUID_C);
  put (*state, "f/kvm_main.c", "int kvm;\n");
  expect_fault (*state, "f", STAGE_POLICY, "changes what may not be changed: virt/kvm/kvm_main.c; allowed: arch/x86/kvm/, arch/x86/include/asm/kvm_host.h");
}

/* Files that lie apart and are one student's. */
static void
test_parts (void **state)
{
  put (*state, "d/doe_1_2_cpuid.c", CPUID_C);
  put (*state, "d/doe_1_2_cpuid-1.c", CPUID_C_2);
  put (*state, "d/doe_dir/hw/vmx.c", VMX_C);
  g_autofree char *first = g_build_filename (*state, "d/doe_1_2_cpuid.c", NULL), *second = g_build_filename (*state, "d/doe_1_2_cpuid-1.c", NULL);
  g_autofree char *third = g_build_filename (*state, "d/doe_dir", NULL);
  const SubmissionPart parts[] = { { first, "cpuid.c" }, { second, "cpuid-1.c" }, { third, "" } };
  const SubmissionSpec spec = { .path = "doe_1", .parts = parts, .n_parts = 3, .scratch_dir = *state, .allowed = usual_policy };
  g_autoptr (Submission) submission = NULL;
  g_autoptr (Fault) fault = NULL;
  g_autoptr (GError) error = NULL;
  submission_read (&spec, &submission, &fault, &error);
  assert_no_failure (error);
  assert_non_null (submission);
  assert_string_equal (submission->path, "doe_1");
  assert_file (submission, KVM "cpuid.c", "cpuid-1.c", CPUID_C_2); /* handed in again */
  assert_file (submission, KVM "vmx/vmx.c", "hw/vmx.c", VMX_C);
  const SubmissionSpec none = { .path = "roe", .parts = parts, .n_parts = 0, .scratch_dir = *state, .allowed = usual_policy };
  g_autoptr (Submission) nothing = NULL;
  g_autoptr (Fault) empty = NULL;
  assert_true (submission_read (&none, &nothing, &empty, NULL));
  assert_text_has (empty->reason, "no change of KVM in it; found: nothing");
}

/* Of what could not be carried: the lines that have a word of nobody else's. */
static void
test_own_lines (void **state)
{
  put (*state, "k/arch/x86/kvm/cpuid.c", "int known(void)\n{\n\treturn 1;\n}\n");
  put (*state, "f/cpuid.c", "int known(void)\n{\n\t/* mine, and\n\t * kvm's */\n\tmy_count += 1; // theirs\n\tprintk(\"mine\");\n\treturn 1;\n}\n");
  put (*state, "f/x.patch", "--- a/arch/x86/kvm/x86.c\n+++ b/arch/x86/kvm/x86.c\n@@ -1 +1 @@\n-int a;\n+int known;\n");
  g_autofree char *kernel = g_build_filename (*state, "k", NULL);
  g_autoptr (KernelIndex) index = kernel_index_new ();
  g_autoptr (GError) error = NULL;
  guint version;
  assert_true (kernel_index_add (index, "6.1.0", kernel, &version, &error));
  g_autoptr (Submission) submission = read_good (*state, "f");
  g_autofree char *lines = submission_own_lines (submission, index), *without = submission_own_lines (submission, NULL);
  assert_text_has (lines, "+int known;\n");
  assert_text_has (lines, "@@ -0,0 +1,2 @@\n+\tmy_count += 1;          \n+\tprintk(      );\n");
  assert_text_has (without, "+int known;\n");
  assert_null (strstr (without, "my_count"));
}

/* --- trees ------------------------------------------------------------------------------------ */

static void
test_tree (void **state)
{
  put (*state, "linux/Makefile", "# SPDX\nVERSION = 5\nPATCHLEVEL = 8\n");
  put (*state, "linux/arch/x86/kvm/cpuid.c", CPUID_C);
  put (*state, "linux/arch/x86/kvm/vmx/vmx.c", VMX_C);
  put (*state, "linux/arch/x86/kvm/Makefile", "obj-y += x.o\n");
  put (*state, "linux/arch/x86/kvm/vmx/vmx.o", "\x7f""ELF");
  put (*state, "linux/arch/x86/include/asm/kvm_host.h", "int kvm;\n");
  put (*state, "linux/include/linux/kvm_host.h", "int kvm;\n");
  put (*state, "linux/tools/testing/selftests/kvm/lib/svm.c", "int kvm;\n");
  put (*state, "linux/tools/vmx.c", "int kvm;\n");
  g_autoptr (Submission) submission = read_good (*state, "linux");
  assert_string_equal (submission->kind, "tree");
  assert_int_equal (submission->files->len, 4);
  assert_file (submission, KVM "vmx/vmx.c", "arch/x86/kvm/vmx/vmx.c", VMX_C);
  assert_null (submission_find (submission, KVM "svm/svm.c"));
  assert_note (submission, "1 file of the tree that may not be changed: the lab's own is used");
}

/* --- hostile ---------------------------------------------------------------------------------- */

static void
test_links_and_specials (void **state)
{
  put (*state, "secret/cpuid.c", CPUID_C_2);
  put (*state, "f/cpuid.c", CPUID_C);
  g_autofree char *f = g_build_filename (*state, "f", NULL);
  g_autofree char *vmx = g_build_filename (f, "vmx.c", NULL);
  g_autofree char *folder = g_build_filename (f, "folder", NULL);
  g_autofree char *fifo = g_build_filename (f, "svm.c", NULL);
  assert_int_equal (symlink ("../secret/cpuid.c", vmx), 0);
  assert_int_equal (symlink ("../secret", folder), 0);
  assert_int_equal (mkfifo (fifo, 0666), 0);
  g_autoptr (Submission) submission = read_good (*state, "f");
  assert_int_equal (submission->files->len, 1);
  assert_file (submission, KVM "cpuid.c", "cpuid.c", CPUID_C);
  assert_note (submission, "2 symbolic or hard links were not followed");
  assert_note (submission, "1 entry that is no plain file");
}

static void
test_deep (void **state)
{
  g_autoptr (GString) name = g_string_new ("f");
  for (guint i = 0; i < 45; i++)
    g_string_append (name, "/d");
  g_string_append (name, "/cpuid.c");
  put (*state, name->str, CPUID_C);
  expect_fault (*state, "f", STAGE_INGEST, "folders more than 40 deep");
}

/* A whole kernel's number of files beside the change. */
static void
test_many (void **state)
{
  g_autofree char *drivers = g_build_filename (*state, "f", "drivers", NULL);
  put (*state, "f/hw/cpuid.c", CPUID_C);
  assert_int_equal (g_mkdir_with_parents (drivers, 0777), 0);
  for (guint i = 0; i < 21000; i++)
    {
      g_autofree char *path = g_strdup_printf ("%s/%u.c", drivers, i);
      g_autofree char *first = g_strdup_printf ("%s/0.c", drivers);
      assert_int_equal (i == 0 ? (int) !g_file_set_contents (path, "", 0, NULL) : link (first, path), 0);
    }
  g_autoptr (Submission) submission = read_good (*state, "f");
  assert_file (submission, KVM "cpuid.c", "hw/cpuid.c", CPUID_C);
  assert_note (submission, "21000 other files were ignored");
}

static void
test_not_there (void **state)
{
  g_autofree char *path = g_build_filename (*state, "none", NULL);
  g_autofree char *fifo = g_build_filename (*state, "fifo", NULL);
  Submission *submission = NULL;
  Fault *fault = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (GError) fifo_error = NULL;
  SubmissionSpec spec = { .path = path, .scratch_dir = *state, .allowed = usual_policy };
  assert_false (submission_read (&spec, &submission, &fault, &error));
  assert_failed (error, HARNESS_ERROR_USAGE, "none: no such submission");
  assert_int_equal (mkfifo (fifo, 0666), 0);
  spec.path = fifo;
  assert_false (submission_read (&spec, &submission, &fault, &fifo_error));
  assert_failed (fifo_error, HARNESS_ERROR_USAGE, "fifo: no submission: neither a file nor a folder");
  assert_null (submission);
  assert_null (fault);
}

int
main (void)
{
#define WITH_FOLDER(test) cmocka_unit_test_setup_teardown (test, folder_setup, folder_teardown)
  const struct CMUnitTest tests[] = {
    WITH_FOLDER (test_plain),
    WITH_FOLDER (test_single_file),
    WITH_FOLDER (test_odd_names),
    WITH_FOLDER (test_host_headers),
    WITH_FOLDER (test_own_header),
    WITH_FOLDER (test_copies),
    WITH_FOLDER (test_equal_and_numbered),
    WITH_FOLDER (test_originals_and_programs),
    WITH_FOLDER (test_undecided),
    WITH_FOLDER (test_bases),
    WITH_FOLDER (test_assignments),
    WITH_FOLDER (test_assignment_with_gap),
    WITH_FOLDER (test_no_source),
    WITH_FOLDER (test_too_large),
    WITH_FOLDER (test_other_paths),
    WITH_FOLDER (test_parts),
    WITH_FOLDER (test_own_lines),
    WITH_FOLDER (test_tree),
    WITH_FOLDER (test_links_and_specials),
    WITH_FOLDER (test_deep),
    WITH_FOLDER (test_many),
    WITH_FOLDER (test_not_there),
  };
  return cmocka_run_group_tests (tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Submitted patches, in every form that people make, come to one form; and what is damaged is named. */
#include "submissions.h"

#include "submission/patch.h"

#define KVM "arch/x86/kvm/"
#define HUNK "@@ -1,2 +1,3 @@\n int a;\n+int b;\n int c;\n"
#define SECTION(path) "diff --git a/" path " b/" path "\n--- a/" path "\n+++ b/" path "\n" HUNK

static GPtrArray *
read_mails (const char *text)
{
  GPtrArray *mails = g_ptr_array_new_with_free_func ((GDestroyNotify) patch_mail_free);
  g_autoptr (Fault) fault = NULL;
  if (!patch_read ("x.patch", text, mails, &fault))
    fail_msg ("unexpected: %s", fault->reason);
  assert_null (fault);
  return mails;
}

static const PatchPart *
part_of (const GPtrArray *mails, guint mail, guint part)
{
  assert_true (mail < mails->len);
  const PatchMail *found = g_ptr_array_index (mails, mail);
  assert_true (part < found->parts->len);
  return g_ptr_array_index (found->parts, part);
}

static void
expect_section (const char *text, const char *section)
{
  g_autoptr (GPtrArray) mails = read_mails (text);
  assert_string_equal (part_of (mails, 0, 0)->text, section);
}

static void
test_forms (void **state G_GNUC_UNUSED)
{
  expect_section ("diff --git a/arch/x86/kvm/cpuid.c b/arch/x86/kvm/cpuid.c\nindex 1234567..89abcde 100644\n--- a/arch/x86/kvm/cpuid.c\n+++ b/arch/x86/kvm/cpuid.c\n" HUNK,
                  SECTION (KVM "cpuid.c"));
  expect_section ("--- linux-5.8.orig/arch/x86/kvm/cpuid.c\t2022-01-01 00:00:00.0 +0000\n+++ linux-5.8/arch/x86/kvm/cpuid.c\t2022-01-02 00:00:00.0 +0000\n" HUNK,
                  SECTION (KVM "cpuid.c"));
  expect_section ("--- /srv/x/l/arch/x86/kvm/vmx/vmx.c  2022-01-01 00:00:00.0 +0000\n+++ vmx.c  2022-01-01 00:00:00.0 +0000\n" HUNK, SECTION (KVM "vmx/vmx.c"));
  expect_section ("diff -u cpuid.c.orig cpuid.c\n--- cpuid.c.orig\tMon Nov  1\n+++ cpuid.c\tMon Nov  1\n" HUNK, SECTION (KVM "cpuid.c"));
  expect_section ("--- cpuid.c\n+++ /tmp/changed\n" HUNK, SECTION (KVM "cpuid.c"));
  expect_section ("--- a/arch/x86/kvm/vmx.c\n+++ b/arch/x86/kvm/vmx.c\n" HUNK, SECTION (KVM "vmx/vmx.c"));
  /* A blank that an editor took from an empty line of context, and counts that are not written. */
  expect_section ("--- cpuid.c\n+++ cpuid.c\n@@ -1,2 +1,3 @@ f()\n\n+x\n b\n", "diff --git a/arch/x86/kvm/cpuid.c b/arch/x86/kvm/cpuid.c\n--- a/arch/x86/kvm/cpuid.c\n"
                                                                          "+++ b/arch/x86/kvm/cpuid.c\n@@ -1,2 +1,3 @@ f()\n \n+x\n b\n");
  expect_section ("--- cpuid.c\n+++ cpuid.c\n@@ -1 +1 @@\n-a\n+b\n\\ No newline at end of file\n",
                  "diff --git a/arch/x86/kvm/cpuid.c b/arch/x86/kvm/cpuid.c\n--- a/arch/x86/kvm/cpuid.c\n+++ b/arch/x86/kvm/cpuid.c\n@@ -1,1 +1,1 @@\n-a\n+b\n\\ No newline at end of file\n");
}

static void
test_new_and_removed (void **state G_GNUC_UNUSED)
{
  expect_section ("--- /dev/null\n+++ b/arch/x86/kvm/count.h\n@@ -0,0 +1 @@\n+x\n",
                  "diff --git a/arch/x86/kvm/count.h b/arch/x86/kvm/count.h\nnew file mode 100644\n--- /dev/null\n+++ b/arch/x86/kvm/count.h\n@@ -0,0 +1,1 @@\n+x\n");
  expect_section ("diff --git a/arch/x86/kvm/x.h b/arch/x86/kvm/x.h\ndeleted file mode 100644\n--- a/arch/x86/kvm/x.h\n+++ /dev/null\n@@ -1 +0,0 @@\n-x\n",
                  "diff --git a/arch/x86/kvm/x.h b/arch/x86/kvm/x.h\ndeleted file mode 100644\n--- a/arch/x86/kvm/x.h\n+++ /dev/null\n@@ -1,1 +0,0 @@\n-x\n");
  g_autoptr (GPtrArray) mails = read_mails ("diff --git a/arch/x86/kvm/a.c b/arch/x86/kvm/b.c\nsimilarity index 100%\nrename from arch/x86/kvm/a.c\nrename to arch/x86/kvm/b.c\n");
  assert_string_equal (part_of (mails, 0, 0)->path, KVM "b.c");
  assert_string_equal (part_of (mails, 0, 0)->old_path, KVM "a.c");
}

/* A removed line "-- x" looks like a header, and a mail's signature like a removed line. */
static void
test_hunks_are_counted (void **state G_GNUC_UNUSED)
{
  g_autoptr (GPtrArray) mails = read_mails ("--- a/arch/x86/kvm/cpuid.c\n+++ b/arch/x86/kvm/cpuid.c\n@@ -1,2 +1,2 @@\n--- x\n+++ y\n a\n@@ -9 +9 @@\n-a\n+b\n-- \n2.39.5\n"
                                            "--- a/arch/x86/kvm/x86.c\n+++ b/arch/x86/kvm/x86.c\n" HUNK);
  assert_int_equal (((PatchMail *) g_ptr_array_index (mails, 0))->parts->len, 2);
  assert_true (g_str_has_suffix (part_of (mails, 0, 0)->text, "@@ -9,1 +9,1 @@\n-a\n+b\n"));
  assert_string_equal (part_of (mails, 0, 1)->path, KVM "x86.c");
}

static void
test_mbox (void **state G_GNUC_UNUSED)
{
  g_autoptr (GPtrArray) mails = read_mails ("From 1 Mon Sep 17 00:00:00 2001\nSubject: [PATCH 0/2] all\n\nA cover letter.\n---\n arch/x86/kvm/cpuid.c | 1 +\n\n"
                                            "From 2 Mon Sep 17 00:00:00 2001\nSubject: [PATCH 1/2] one\n\nWhy.\n---\n" SECTION (KVM "cpuid.c") "-- \n2.39.5\n\n"
                                            "From 3 Mon Sep 17 00:00:00 2001\nSubject: [PATCH 2/2] two\n\n---\n" SECTION (KVM "vmx/vmx.c"));
  assert_int_equal (mails->len, 2);
  assert_string_equal (((PatchMail *) g_ptr_array_index (mails, 0))->from, "x.patch: one");
  assert_string_equal (part_of (mails, 1, 0)->text, SECTION (KVM "vmx/vmx.c"));
}

static void
test_what_is_no_kernels (void **state G_GNUC_UNUSED)
{
  g_autoptr (GPtrArray) mails = read_mails ("--- /dev/null\n+++ b/hw/test.c\n@@ -0,0 +1 @@\n+x\ndiff --git a/shot.png b/shot.png\nBinary files /dev/null and b/shot.png differ\n"
                                            "diff --git a/\"caf\\303\\251.c\" \"b/caf\\303\\251.c\"\n--- \"a/caf\\303\\251.c\"\n+++ \"b/caf\\303\\251.c\"\n" HUNK);
  assert_null (part_of (mails, 0, 0)->path);
  assert_null (part_of (mails, 0, 1)->path);
  assert_string_equal (part_of (mails, 0, 2)->name, "b/caf\xc3\xa9.c");
}

static void
expect_damage (const char *text, const char *part)
{
  g_autoptr (GPtrArray) mails = g_ptr_array_new_with_free_func ((GDestroyNotify) patch_mail_free);
  g_autoptr (Fault) fault = NULL;
  assert_false (patch_read ("x.patch", text, mails, &fault));
  assert_non_null (fault);
  assert_int_equal (fault->stage, STAGE_INGEST);
  assert_text_has (fault->reason, part);
}

static void
test_damage (void **state G_GNUC_UNUSED)
{
  expect_damage ("--- cpuid.c\n+++ cpuid.c\n@@ -1,9 +1,9 @@\n a\n", "x.patch: line 3: the patch is cut short");
  expect_damage ("--- cpuid.c\n+++ cpuid.c\n@@ -1,2 +1,2 @@\n a\nb\n", "x.patch: line 5: damaged: the hunk's header counts");
  expect_damage ("--- cpuid.c\n+++ cpuid.c\n@@ -1,1 +1,1 @@\n-a\n-b\n+c\n", "line 5: damaged");
  expect_damage ("--- cpuid.c\n+++ cpuid.c\n@@ -x +1 @@\n", "line 3: a damaged hunk header");
  expect_damage ("--- cpuid.c\n+++ cpuid.c\n@@ -1,99999999999 +1 @@\n", "line 3: a damaged hunk header");
  expect_damage ("diff --cc arch/x86/kvm/cpuid.c\n", "line 1: a merge's combined diff");
  expect_damage ("*** cpuid.c.orig\n--- cpuid.c\n***************\n", "line 1: a context diff");
  expect_damage ("12a13\n> x\n", "a diff without context");
  expect_damage ("nothing\n", "there is no change in it");
  expect_damage ("diff --git a/arch/x86/kvm/l b/arch/x86/kvm/l\nnew file mode 120000\n--- /dev/null\n+++ b/arch/x86/kvm/l\n@@ -0,0 +1 @@\n+/etc\n", "makes a symbolic link");
  expect_damage ("diff --git a/x.c b/arch/x86/kvm/x.c\nrename from x.c\nrename to arch/x86/kvm/x.c\n", "line 1: renames what is no file");
  expect_damage ("diff --git a/arch/x86/kvm/kvm.bin b/arch/x86/kvm/kvm.bin\nGIT binary patch\n", "line 1: a binary patch");
}

static void
test_is_patch (void **state G_GNUC_UNUSED)
{
  assert_true (patch_is_in ("hello\n\ndiff --git a/x b/x\n", 10));
  assert_false (patch_is_in ("hello\n\ndiff --git a/x b/x\n", 2));
  assert_true (patch_is_in ("--- a\n+++ b\n@@ -1 +1 @@\n", 1));
  assert_false (patch_is_in ("--- a\nint x;\n", 10));
  assert_true (patch_is_in ("1c1\n< a\n---\n> b\n", 1));
}

/* --- read as submissions ---------------------------------------------------------------------- */

static void
test_read_patch (void **state)
{
  g_free (put_file (*state, "0001-count.patch", "From 1 Mon Sep 17 00:00:00 2001\nFrom: A\nDate: 1\nSubject: [PATCH] count\n\n---\n" SECTION (KVM "cpuid.c") SECTION (KVM "svm/svm.c") "-- \n2.39\n"));
  g_free (put_file (*state, "plain.diff", "--- l/arch/x86/kvm/cpuid.c\r\n+++ l/arch/x86/kvm/cpuid.c\r\n@@ -1,2 +1,3 @@\r\n int a;\r\n+int b;\r\n int c;\r\n"
                                          "--- l/arch/x86/kvm/svm/svm.c\r\n+++ l/arch/x86/kvm/svm/svm.c\r\n@@ -1,2 +1,3 @@\r\n int a;\r\n+int b;\r\n int c;"));
  g_autoptr (Submission) mail = read_good (*state, "0001-count.patch");
  g_autoptr (Submission) plain = read_good (*state, "plain.diff");
  assert_string_equal (mail->kind, "patch");
  assert_int_equal (mail->patches->len, 1);
  assert_int_equal (mail->files->len, 0);
  const SubmissionPatch *patch = g_ptr_array_index (mail->patches, 0);
  assert_string_equal (patch->text, SECTION (KVM "cpuid.c") SECTION (KVM "svm/svm.c"));
  assert_string_equal (patch->from, "0001-count.patch: count");
  assert_int_equal (patch->paths->len, 2);
  assert_string_equal (g_ptr_array_index (patch->paths, 1), KVM "svm/svm.c");
  assert_true (mail->touches_svm);
  assert_false (mail->touches_vmx);
  assert_no_notes (mail);
  /* The same change is the same submission. */
  assert_string_equal (mail->sha256, plain->sha256);
  assert_note (plain, "CRLF");
}

static void
test_read_mbox (void **state)
{
  g_free (put_file (*state, "all.mbox", "From 2 Mon Sep 17 00:00:00 2001\nSubject: [PATCH 1/2] one\n\n" SECTION (KVM "cpuid.c")
                                        "From 3 Mon Sep 17 00:00:00 2001\nSubject: [PATCH 2/2] two\n\n" SECTION (KVM "vmx/vmx.c") SECTION ("Documentation/x.rst")));
  g_autoptr (Submission) mbox = read_good (*state, "all.mbox");
  assert_string_equal (mbox->kind, "mbox");
  assert_int_equal (mbox->patches->len, 2);
  assert_true (mbox->touches_vmx);
  assert_note (mbox, "1 file of the patches that is no kernel code");
}

static void
test_read_damaged (void **state)
{
  g_free (put_file (*state, "x.patch", "--- cpuid.c\n+++ cpuid.c\n@@ -1,9 +1,9 @@\n a\n"));
  expect_fault (*state, "x.patch", STAGE_INGEST, "x.patch: line 3: the patch is cut short");
  g_free (put_file (*state, "y.patch", "%PDF-1.4\n"));
  expect_fault (*state, "y.patch", STAGE_INGEST, "found: y.patch (a PDF document)");
  g_free (put_file (*state, "z.patch", SECTION (KVM "cpuid.c") SECTION ("Makefile") SECTION ("drivers/net/x.c")));
  expect_fault (*state, "z.patch", STAGE_POLICY, "changes what may not be changed: Makefile, drivers/net/x.c; allowed: arch/x86/kvm/, arch");
  g_free (put_file (*state, "v.patch", SECTION ("hw/test.c")));
  expect_fault (*state, "v.patch", STAGE_INGEST, "no change of KVM in it; found: v.patch (text)");
}

static void
test_patches_in_folder (void **state)
{
  g_free (put_file (*state, "f/10-b.patch", SECTION (KVM "vmx/vmx.c")));
  g_free (put_file (*state, "f/2-a.patch", SECTION (KVM "cpuid.c")));
  g_free (put_file (*state, "f/copy/2-a.patch", SECTION (KVM "cpuid.c")));
  g_free (put_file (*state, "f/changes.txt", "My change:\n" SECTION (KVM "x86.c")));
  g_free (put_file (*state, "f/notes.txt", "no diff\n"));
  g_autoptr (Submission) folder = read_good (*state, "f");
  assert_string_equal (folder->kind, "folder");
  assert_int_equal (folder->patches->len, 3);
  assert_string_equal (((SubmissionPatch *) g_ptr_array_index (folder->patches, 0))->from, "2-a.patch");
  assert_string_equal (((SubmissionPatch *) g_ptr_array_index (folder->patches, 1))->from, "10-b.patch");
  assert_note (folder, "\"copy/2-a.patch\" is ignored: the same as \"2-a.patch\"");
  assert_note (folder, "1 other file was ignored");

  g_free (put_file (*state, "f/cpuid.c", CPUID_C));
  g_autoptr (Submission) both = read_good (*state, "f");
  assert_int_equal (both->files->len, 1);
  assert_int_equal (both->patches->len, 2);
  assert_note (both, "arch/x86/kvm/cpuid.c is there whole: what a patch changes in it is ignored");

  g_free (put_file (*state, "f/0003-c.patch", "--- cpuid.c\n+++ cpuid.c\n@@ -1,9 +1,9 @@\n a\n"));
  g_autoptr (Submission) damaged = read_good (*state, "f");
  assert_note (damaged, "a patch beside the whole files is ignored: 0003-c.patch: line 3");
}

int
main (void)
{
#define WITH_FOLDER(test) cmocka_unit_test_setup_teardown (test, folder_setup, folder_teardown)
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_forms),
    cmocka_unit_test (test_new_and_removed),
    cmocka_unit_test (test_hunks_are_counted),
    cmocka_unit_test (test_mbox),
    cmocka_unit_test (test_what_is_no_kernels),
    cmocka_unit_test (test_damage),
    cmocka_unit_test (test_is_patch),
    WITH_FOLDER (test_read_patch),
    WITH_FOLDER (test_read_mbox),
    WITH_FOLDER (test_read_damaged),
    WITH_FOLDER (test_patches_in_folder),
  };
  return cmocka_run_group_tests (tests, NULL, NULL);
}

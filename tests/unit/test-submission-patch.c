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
  g_autoptr (GPtrArray) notes = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (Fault) fault = NULL;
  if (!patch_read ("x.patch", text, mails, notes, &fault))
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
  g_autoptr (GPtrArray) notes = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (Fault) fault = NULL;
  assert_false (patch_read ("x.patch", text, mails, notes, &fault));
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
  expect_damage ("diff --git a/arch/x86/kvm/l b/arch/x86/kvm/l\nnew file mode 120000\n--- /dev/null\n+++ b/arch/x86/kvm/l\n@@ -0,0 +1 @@\n+/etc\n", "makes a symbolic link");
  expect_damage ("diff --git a/x.c b/arch/x86/kvm/x.c\nrename from x.c\nrename to arch/x86/kvm/x.c\n", "line 1: renames what is no file");
  expect_damage ("diff --git a/arch/x86/kvm/cpuid.c b/arch/x86/kvm/cpuid.c\nGIT binary patch\n", "line 1: a binary patch of a source file");
  expect_damage ("Binary files a/arch/x86/kvm/vmx/vmx.c and b/arch/x86/kvm/vmx/vmx.c differ\n", "line 1: a binary patch of a source file");
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

/* --- what others put around a diff -------------------------------------------------------------- */

/* The same change, whatever it went through; and a note that says what was done. */
static void
expect_same (const char *text, const char *note)
{
  g_autoptr (GPtrArray) mails = g_ptr_array_new_with_free_func ((GDestroyNotify) patch_mail_free);
  g_autoptr (GPtrArray) notes = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (Fault) fault = NULL;
  if (!patch_read ("x.patch", text, mails, notes, &fault))
    fail_msg ("unexpected: %s", fault->reason);
  assert_string_equal (part_of (mails, 0, 0)->text, SECTION (KVM "cpuid.c"));
  assert_int_equal (mails->len, 1);
  assert_true (notes->len == (note != NULL));
  if (note != NULL)
    assert_text_has (g_ptr_array_index (notes, 0), note);
}

#define NAMES "diff --git a/arch/x86/kvm/cpuid.c b/arch/x86/kvm/cpuid.c\n--- a/arch/x86/kvm/cpuid.c\n+++ b/arch/x86/kvm/cpuid.c\n"

static void
test_terminal (void **state G_GNUC_UNUSED)
{
  static const char colours[] = "terminal's colours";
  expect_same ("\033[1mdiff --git a/arch/x86/kvm/cpuid.c b/arch/x86/kvm/cpuid.c\033[m\n\033[1m--- a/arch/x86/kvm/cpuid.c\033[m\n\033[1m+++ b/arch/x86/kvm/cpuid.c\033[m\n"
               "\033[36m@@ -1,2 +1,3 @@\033[m\n int a;\n\033[32m+\033[m\033[32mint b;\033[m\n int c;\n",
               colours);
  /* diff --color, a window's title, a charset, a backspace. */
  expect_same ("\033]0;me: ~\a\033(B\033[1m--- a/arch/x86/kvm/cpuid.c\t2022-01-01\033[0m\n\033[1m+++ b/arch/x86/kvm/cpuid.c\033[0m\n\033[36m@@ -1,2 +1,3 @@\033[0m\n"
               " int a;\n\033[32m+int bx\b;\033[0m\033[K\n int c;\n\033[?2004h$ exit\n",
               colours);
  /* less with its prompt, erased by the next line. */
  expect_same ("\033[?1h\033=" NAMES "@@ -1,2 +1,3 @@\n int a;\n:\033[K\n\033[K+int b;\n\033[7m(END)\033[27m\033[K\n\033[K int c;\n\033[?1l\033>", colours);
  /* The escape character lost, or shown as two. */
  expect_same ("[1mdiff --git a/arch/x86/kvm/cpuid.c b/arch/x86/kvm/cpuid.c[m\n[1m--- a/arch/x86/kvm/cpuid.c[m\n[1m+++ b/arch/x86/kvm/cpuid.c[m\n"
               "[36m@@ -1,2 +1,3 @@[m\n int a;\n[32m+[m[32mint b;[m\n int c;\n",
               colours);
  expect_same ("^[[1mdiff --git a/arch/x86/kvm/cpuid.c b/arch/x86/kvm/cpuid.c^[[m\n--- a/arch/x86/kvm/cpuid.c\n+++ b/arch/x86/kvm/cpuid.c\n"
               "^[[36m@@ -1,2 +1,3 @@^[[m\n int a;\n^[[32m+^[[m^[[32mint b;^[[m\n int c;\n",
               colours);
  assert_true (patch_is_in ("\033[1mdiff --git a/x b/x\033[m\n", 10));
}

static void
test_web_and_quotes (void **state G_GNUC_UNUSED)
{
  expect_same ("He wrote:\n> " "diff --git a/arch/x86/kvm/cpuid.c b/arch/x86/kvm/cpuid.c\n> --- a/arch/x86/kvm/cpuid.c\n> +++ b/arch/x86/kvm/cpuid.c\n"
               "> @@ -1,2 +1,3 @@\n>  int a;\n> +int b;\n>  int c;\n",
               "before each line");
  expect_same ("    --- a/arch/x86/kvm/cpuid.c\n    +++ b/arch/x86/kvm/cpuid.c\n    @@ -1,2 +1,3 @@\n     int a;\n    +int b;\n     int c;\n", "before each line");
  expect_same (NAMES "@@ -1,2 +1,3 @@\n int\xc2\xa0" "a;\n+int b;\n\xc2\xa0int c;\n", "no-break spaces");
  expect_same ("C:\\hw\n--- linux\\arch\\x86\\kvm\\cpuid.c\n+++ C:\\u\\linux\\arch\\x86\\kvm\\cpuid.c\n" HUNK, NULL);
  expect_same ("```diff\n" NAMES HUNK "```\n", NULL);
  g_autoptr (GPtrArray) html = read_mails (NAMES "@@ -1,1 +1,2 @@\n \tx-&gt;y = 1;\n+\tif (a &amp;&amp; b &lt; c)\n");
  assert_text_has (part_of (html, 0, 0)->text, "\n \tx->y = 1;\n+\tif (a && b < c)\n");
}

static void
test_mended_hunks (void **state G_GNUC_UNUSED)
{
  static const char long_line[] = " \tu32 a_line_of_context_that_is_longer_than_any_other = and_broken_by_a_mailer;";
  g_autofree char *broken = g_strdup_printf (NAMES "@@ -1,2 +1,3 @@\n%.*s\nand_broken_by_a_mailer;\n+int b;\n int c;\n", (int) (strstr (long_line, "= and") + 1 - long_line), long_line);
  g_autoptr (GPtrArray) joined = read_mails (broken);
  assert_text_has (part_of (joined, 0, 0)->text, long_line);
  /* Blank context cut off at the end of the file, before another hunk, and before a signature. */
  g_autoptr (GPtrArray) cut = read_mails (NAMES "@@ -1,2 +1,3 @@\n int a;\n+int b;\n@@ -9,3 +10,4 @@\n int d;\n+int e;\n-- \n2.39.5\n\n" NAMES "@@ -1,2 +1,3 @@\n int a;\n+int b;\n");
  assert_true (g_str_has_suffix (part_of (cut, 0, 0)->text, "+int b;\n \n@@ -9,3 +10,4 @@\n int d;\n+int e;\n \n \n"));
  assert_true (g_str_has_suffix (part_of (cut, 0, 1)->text, "+int b;\n \n"));
  /* The sign of context lost before a tab. */
  g_autoptr (GPtrArray) sign = read_mails (NAMES "@@ -1,2 +1,3 @@\n\tint a;\n+int b;\n\tint c;\n");
  assert_true (g_str_has_suffix (part_of (sign, 0, 0)->text, "@@ -1,2 +1,3 @@\n \tint a;\n+int b;\n \tint c;\n"));
}

/* --- several in one ----------------------------------------------------------------------------- */

#define IDS(old, new) "diff --git a/arch/x86/kvm/cpuid.c b/arch/x86/kvm/cpuid.c\nindex " old ".." new " 100644\n--- a/arch/x86/kvm/cpuid.c\n+++ b/arch/x86/kvm/cpuid.c\n"
#define COMMIT(digit) "commit " digit "123456789012345678901234567890123456789 (HEAD -> main)\nAuthor: A <a@example.org>\nDate:   Mon Nov 1 12:00:00 2021 +0000\n\n    part " digit "\n\n"
#define ADD(line) "@@ -1,2 +1,3 @@\n int a;\n+int " line ";\n int c;\n"

static void
expect_order (const char *text, const char *first, const char *second)
{
  g_autoptr (GPtrArray) mails = read_mails (text);
  assert_int_equal (mails->len, 2);
  assert_text_has (part_of (mails, 0, 0)->text, first);
  assert_text_has (part_of (mails, 1, 0)->text, second);
}

static void
test_logs (void **state G_GNUC_UNUSED)
{
  expect_order (COMMIT ("2") IDS ("bbbbbbb", "ccccccc") ADD ("two") "\n" COMMIT ("1") IDS ("aaaaaaa", "bbbbbbb") ADD ("one"), "+int one", "+int two");
  expect_order (COMMIT ("1") IDS ("aaaaaaa", "bbbbbbb") ADD ("one") "\n" COMMIT ("2") IDS ("bbbbbbb", "ccccccc") ADD ("two"), "+int one", "+int two");
  /* Without the contents' names, a log is what git writes unless it is asked otherwise: newest first. */
  expect_order (COMMIT ("2") NAMES ADD ("two") "\n" COMMIT ("1") NAMES ADD ("one"), "+int one", "+int two");
  expect_order ("2222222 part two\n" IDS ("bbbbbbb", "ccccccc") ADD ("two") "1111111 part one\n" IDS ("aaaaaaa", "bbbbbbb") ADD ("one"), "+int one", "+int two");
  expect_order ("\033[33m2222222\033[m part two\n" IDS ("bbbbbbb", "ccccccc") ADD ("two") "\033[33m1111111\033[m part one\n" IDS ("aaaaaaa", "bbbbbbb") ADD ("one"),
                "+int one", "+int two");
  g_autoptr (GPtrArray) show = read_mails (COMMIT ("1") NAMES HUNK);
  assert_string_equal (((PatchMail *) g_ptr_array_index (show, 0))->from, "x.patch: part 1");
  /* Mails in whatever order a mailbox has them. */
  expect_order ("From 2 Mon Sep 17 00:00:00 2001\nSubject: [PATCH v2 02/02] b\n\n" NAMES ADD ("two") "From 1 Mon Sep 17 00:00:00 2001\nSubject: [PATCH v2 01/02] a\n\n" NAMES ADD ("one"),
                "+int one", "+int two");
  /* A change and its revert wait for each other: the order stays. */
  expect_order ("From 1 Mon Sep 17 00:00:00 2001\nSubject: a\n\n" IDS ("aaaaaaa", "bbbbbbb") ADD ("one") "From 2 Mon Sep 17 00:00:00 2001\nSubject: b\n\n" IDS ("bbbbbbb", "aaaaaaa") ADD ("two"),
                "+int one", "+int two");
}

static void
test_binaries (void **state G_GNUC_UNUSED)
{
  g_autoptr (GPtrArray) mails = read_mails (NAMES HUNK "diff --git a/arch/x86/kvm/cpuid.o b/arch/x86/kvm/cpuid.o\nnew file mode 100644\nindex 0000000..1234567\n"
                                            "Binary files /dev/null and b/arch/x86/kvm/cpuid.o differ\n"
                                            "diff --git a/arch/x86/kvm/kvm.ko b/arch/x86/kvm/kvm.ko\nnew file mode 100644\nindex 0000000..1234567\nGIT binary patch\nliteral 5\nMc${NkU|;|M00aO5\n\nliteral 0\nHcmV?d00001\n\n"
                                            "Binary files old/arch/x86/kvm/kvm-amd.ko and new/arch/x86/kvm/kvm-amd.ko differ\nOnly in new/arch/x86/kvm: x86.o\n");
  assert_int_equal (((PatchMail *) g_ptr_array_index (mails, 0))->parts->len, 4);
  for (guint i = 1; i < 4; i++)
    {
      assert_null (part_of (mails, 0, i)->path);
      assert_true (part_of (mails, 0, i)->is_binary);
    }
  /* A merge's diff of what is no kernel file. */
  expect_same ("diff --cc README.md\nindex 1,2..3\n--- a/README.md\n+++ b/README.md\n@@@ -1,1 -1,1 +1,2 @@@\n  x\n++y\n" NAMES HUNK, NULL);
  expect_same ("Only in new/arch/x86/kvm: count.h\n" NAMES HUNK, "count.h\": what is in that file is not in the patch; diff -ruN");
}

/* --- mails ------------------------------------------------------------------------------------ */

#define MULTIPART "From: A <a@example.org>\nSubject: =?UTF-8?B?WnXDpGhsZW4=?=\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=\"b\"\n\n--b\n"

static char *
encoded (const char *headers, const char *text)
{
  g_autofree char *base64 = g_base64_encode ((const guchar *) text, strlen (text));
  return g_strdup_printf ("%s\nContent-Transfer-Encoding: base64\n\n%s\n", headers, base64);
}

static void
test_attachments (void **state G_GNUC_UNUSED)
{
  g_autofree char *attached = encoded ("Content-Type: application/octet-stream; name=\"a.patch\"\nContent-Disposition: attachment; filename=\"a.patch\"", NAMES HUNK);
  g_autofree char *mixed = g_strconcat (MULTIPART "Content-Type: multipart/alternative; boundary=c\n\n--c\nContent-Type: text/plain\n\nHello\n> diff --git a/x b/x\n--c\nContent-Type: text/html\n\n<html>",
                                        NAMES HUNK, "</html>\n--c--\n\n--b\nContent-Type: image/png\nContent-Transfer-Encoding: base64\n\niVBORw0KGgo=\n--b\n", attached, "--b--\n", NULL);
  expect_same (mixed, NULL);
  g_autoptr (GPtrArray) mails = read_mails (mixed);
  assert_string_equal (((PatchMail *) g_ptr_array_index (mails, 0))->from, "x.patch: a.patch");

  expect_same (MULTIPART "Content-Type: text/x-patch; charset=us-ascii\nContent-Transfer-Encoding: quoted-printable\n\n" "diff --git a/arch/x86/kvm/cpuid.c b/arch/x86/kvm/cpuid.c\n"
               "--- a/arch/x86/=\nkvm/cpuid.c\n+++ b/arch/x86/kvm/cpuid.c\n@@ -1,2 +1,3 @@\n int a;\n+int=20b;\n int c;\n--b--\n", NULL);
  expect_same ("From: A\nSubject: Fwd\nContent-Type: multipart/mixed; boundary=o\n\n--o\nContent-Type: message/rfc822\n\nFrom: B\nSubject: [PATCH] inner\n\n" NAMES HUNK "\n--o--\n", NULL);
  /* Stuffed with blanks, as format=flowed is. */
  expect_same ("From: A\nSubject: x\nContent-Type: text/plain; format=flowed\n\n" NAMES "@@ -1,2 +1,3 @@\n  int a;\n+int b;\n  int c;\n", NULL);
  /* What is attached is what counts, and not what is quoted beside it. */
  g_autofree char *reply = g_strconcat (MULTIPART "Content-Type: text/plain\n\n" IDS ("aaaaaaa", "bbbbbbb") ADD ("old") "\n--b\n", attached, "--b--\n", NULL);
  expect_same (reply, NULL);
}

static void
test_charsets (void **state G_GNUC_UNUSED)
{
  g_autofree char *text = encoded ("From: A\nSubject: x\nMIME-Version: 1.0\nContent-Type: text/plain; charset=koi8-r", NAMES "@@ -1,1 +1,2 @@\n int a;\n+/* \xc4\xc1 */\n");
  g_autoptr (GPtrArray) mails = read_mails (text);
  assert_text_has (part_of (mails, 0, 0)->text, "+/* \xd0\xb4\xd0\xb0 */\n");
  assert_string_equal (((PatchMail *) g_ptr_array_index (mails, 0))->from, "x.patch: x");
}

/* Parts within parts, thousands deep, and as many beside each other. */
static void
test_hostile_mails (void **state G_GNUC_UNUSED)
{
  g_autoptr (GString) deep = g_string_new ("From: A\nSubject: x\n");
  g_autoptr (GString) wide = g_string_new (MULTIPART);
  for (guint i = 0; i < 20000; i++)
    {
      g_string_append_printf (deep, "Content-Type: multipart/mixed; boundary=\"b%u\"\n\n--b%u\n", i, i);
      g_string_append (wide, "Content-Type: text/plain\n\nx\n--b\n");
    }
  for (guint i = 0; i < 2; i++)
    {
      g_autoptr (GPtrArray) mails = g_ptr_array_new_with_free_func ((GDestroyNotify) patch_mail_free);
      g_autoptr (GPtrArray) notes = g_ptr_array_new_with_free_func (g_free);
      g_autoptr (Fault) fault = NULL;
      assert_true (patch_read ("x", i == 0 ? deep->str : wide->str, mails, notes, &fault));
      assert_int_equal (mails->len, 0);
    }
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
  g_free (put_file (*state, "n.patch", "nothing\n"));
  expect_fault (*state, "n.patch", STAGE_INGEST, "n.patch: a patch is expected, and there is no change in it");
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

/* Whole files in a mail, one of them encoded. */
static void
test_attached_files (void **state)
{
  g_autofree char *cpuid = encoded ("Content-Type: text/x-csrc; name=\"cpuid.c\"\nContent-Disposition: attachment; filename=\"cpuid.c\"", CPUID_C);
  g_autofree char *mail = g_strconcat (MULTIPART "Content-Type: text/plain\n\nHello\n--b\n", cpuid,
                                       "--b\nContent-Type: text/plain\nContent-Disposition: attachment; filename=\"svm.c\"\n\n" SVM_C "\n--b--\n", NULL);
  g_free (put_file (*state, "hw.eml", mail));
  g_autoptr (Submission) submission = read_good (*state, "hw.eml");
  assert_int_equal (submission->files->len, 2);
  assert_file (submission, KVM "cpuid.c", "hw.eml: cpuid.c", CPUID_C);
  assert_file (submission, KVM "svm/svm.c", "hw.eml: svm.c", SVM_C);
  assert_note (submission, "\"svm.c\" is attached to \"hw.eml\": taken for arch/x86/kvm/svm/svm.c");
}

static void
test_idle_files (void **state)
{
  g_free (put_file (*state, "f/0000-cover-letter.patch", "From 1 Mon Sep 17 00:00:00 2001\nSubject: [PATCH 0/2] all\n\n *** BLURB HERE ***\n\n arch/x86/kvm/cpuid.c | 1 +\n"));
  g_free (put_file (*state, "f/0001-a.patch", SECTION (KVM "cpuid.c") "Binary files a/arch/x86/kvm/kvm.ko and b/arch/x86/kvm/kvm.ko differ\n"));
  g_free (put_file (*state, "f/README.patch", "apply them in order\n"));
  g_autoptr (Submission) folder = read_good (*state, "f");
  assert_int_equal (folder->patches->len, 1);
  assert_note (folder, "passed over: 0000-cover-letter.patch: a patch is expected, and there is no change in it");
  assert_note (folder, "passed over: README.patch");
  assert_note (folder, "1 binary file of the patches (what a build makes, pictures): ignored");
  /* Names that tell no order, contents that do. */
  g_free (put_file (*state, "g/a.diff", IDS ("bbbbbbb", "ccccccc") ADD ("two")));
  g_free (put_file (*state, "g/b.diff", IDS ("aaaaaaa", "bbbbbbb") ADD ("one")));
  g_autoptr (Submission) order = read_good (*state, "g");
  assert_string_equal (((SubmissionPatch *) g_ptr_array_index (order->patches, 0))->from, "b.diff");
  assert_note (order, "in the order that their \"index\" lines tell");
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
    cmocka_unit_test (test_terminal),
    cmocka_unit_test (test_web_and_quotes),
    cmocka_unit_test (test_mended_hunks),
    cmocka_unit_test (test_logs),
    cmocka_unit_test (test_binaries),
    cmocka_unit_test (test_attachments),
    cmocka_unit_test (test_charsets),
    cmocka_unit_test (test_hostile_mails),
    WITH_FOLDER (test_idle_files),
    WITH_FOLDER (test_attached_files),
    WITH_FOLDER (test_read_patch),
    WITH_FOLDER (test_read_mbox),
    WITH_FOLDER (test_read_damaged),
    WITH_FOLDER (test_patches_in_folder),
  };
  return cmocka_run_group_tests (tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Fuzzes what reads submissions: text normalisation, patches and mails, archives, names. LLVMFuzzerTestOneInput is the usual entry; the plain
 * main (left out with -DFUZZ_ENGINE) mutates valid inputs at random:   fuzz-submission [seconds [seed]]
 *
 * Besides not crashing: normalised text is valid UTF-8 with LF and normalises to itself; what a patch is read to reads as the same again, and
 * names no path outside of the kernel; no archive gives more than its limits; nothing fails without a fault.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "fuzz/fuzz.h"

#include "submission/archive.h"
#include "submission/choose.h"
#include "submission/patch.h"
#include "submission/paths.h"

int LLVMFuzzerTestOneInput (const unsigned char *data, size_t size);

static void
require_at (gboolean so, int line)
{
  if (so)
    return;
  fprintf (stderr, "fuzz-submission.c:%d: not so\n", line);
  abort ();
}
#define require(so) require_at (so, __LINE__)

static char *
check_text (const char *data, size_t size)
{
  guint changes, again_changes;
  const char *what;
  char *text = text_normalise (data, size, &changes, &what);

  if (text == NULL)
    return NULL;
  require (g_utf8_validate (text, -1, NULL) && strchr (text, '\r') == NULL);
  require (text[0] == '\0' || text[strlen (text) - 1] == '\n');
  g_autofree char *again = text_normalise (text, strlen (text), &again_changes, &what);
  require (again == NULL || (strcmp (again, text) == 0 && again_changes == 0));
  return text;
}

static void
check_path (const char *path)
{
  g_auto (GStrv) parts = g_strsplit (path, "/", -1);

  require (path[0] != '/' && !g_strv_contains ((const char *const *) parts, "..") && !g_strv_contains ((const char *const *) parts, ""));
}

static void
check_patch (const char *text, gboolean once_more)
{
  g_autoptr (GPtrArray) mails = g_ptr_array_new_with_free_func ((GDestroyNotify) patch_mail_free);
  g_autoptr (GPtrArray) notes = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (Fault) fault = NULL;

  if (!patch_read ("x", text, mails, notes, &fault))
    {
      require (fault != NULL && fault->stage == STAGE_INGEST && once_more);
      return;
    }
  for (guint m = 0; m < mails->len; m++)
    {
      const PatchMail *mail = g_ptr_array_index (mails, m);

      for (guint i = 0; i < mail->parts->len; i++)
        {
          const PatchPart *part = g_ptr_array_index (mail->parts, i);

          require ((part->path == NULL) == (part->text == NULL));
          if (part->path == NULL)
            continue;
          check_path (part->path);
          if (once_more)
            check_patch (part->text, FALSE);
        }
    }
}

static void
check_archive (const char *data, size_t size)
{
  g_autoptr (RawSet) set = raw_set_new ();
  g_autoptr (Submission) submission = submission_new ("x");
  g_autoptr (Fault) fault = NULL;
  g_autoptr (GError) error = NULL;

  if (!submission_read_archive ("x", "", data, size, set, &fault, &error))
    {
      require (fault != NULL && error == NULL);
      return;
    }
  require (set->walk.bytes <= set->walk.bytes_max && set->walk.entries <= set->walk.entries_max);
  raw_set_sort (set);
  require (submission_choose (set, NULL, submission, &fault) == (fault == NULL));
  for (guint i = 0; i < submission->files->len; i++)
    check_path (((SubmissionFile *) g_ptr_array_index (submission->files, i))->path);
}

static void
check_name (const char *data, size_t size)
{
  g_auto (KernelPath) path = { 0 };
  g_autofree char *name = g_strndup (data, MIN (size, 200));
  g_autofree char *shown = name_shown (name);
  g_autofree char *patched = kernel_path_of_patch (name);

  require (g_utf8_validate (shown, -1, NULL));
  if (patched != NULL)
    check_path (patched);
  if (!archive_path_is_inside (name))
    return;
  kernel_path_find (name, &path);
  require ((path.path != NULL) == (path.match >= PATH_EXACT));
}

int
LLVMFuzzerTestOneInput (const unsigned char *data, size_t size)
{
  const char *bytes = (const char *) data;
  g_autofree char *text = check_text (bytes, size);

  if (text != NULL)
    check_patch (text, TRUE);
  check_archive (bytes, size);
  check_name (bytes, size);
  return 0;
}

#ifndef FUZZ_ENGINE
#define HUNK "@@ -1,2 +1,3 @@ f\n a\n+b\n c\n"
static const char *const texts[] = {
  "From 1 Mon Sep 17 00:00:00 2001\nSubject: [PATCH] x\n\n---\ndiff --git a/arch/x86/kvm/cpuid.c b/arch/x86/kvm/cpuid.c\nindex 1..2 100644\n"
  "--- a/arch/x86/kvm/cpuid.c\n+++ b/arch/x86/kvm/cpuid.c\n" HUNK "-- \n2.39\n\nFrom 2 x\nSubject: y\nContent-Transfer-Encoding: base64\n\nYQ==\n",
  "--- l.orig/arch/x86/kvm/vmx/vmx.c\t2022-01-01\n+++ l/arch/x86/kvm/vmx/vmx.c\t2022-01-01\n" HUNK "--- /dev/null\n+++ l/arch/x86/kvm/n.h\n@@ -0,0 +1 @@\n+x\n\\ No newline\n",
  "diff --git \"a/caf\\303\\251.c\" b/x\nrename from arch/x86/kvm/a.c\nrename to arch/x86/kvm/b.c\n",
  "\xff\xfe\144\0i\0f\0f\0 \0-\0-\0g\0i\0t\0\n\0",
  "int a;\r\nint caf\xe9;\r\x1a",
  "hw 2/cpuid (1).c.txt",
  "\033[1mdiff --git a/arch/x86/kvm/cpuid.c b/arch/x86/kvm/cpuid.c\033[m\n--- a/arch/x86/kvm/cpuid.c\n+++ b/arch/x86/kvm/cpuid.c\n:\033[K\n\033[K" HUNK "> x\n",
  "From: A\nSubject: =?utf-8?q?x?=\nContent-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/plain; format=flowed\n\n> x\n--b\n"
  "Content-Type: text/x-patch; name=\"a.patch\"\nContent-Transfer-Encoding: quoted-printable\n\n--- cpuid.c\n+++ cpuid.c\n@@ -1,2 +1,3 @@=20f\n a\n+b\n c\n--b--\n",
  "commit 1234567890\nAuthor: A\n\n    two\n\ndiff --git a/arch/x86/kvm/x86.c b/arch/x86/kvm/x86.c\nindex 2222222..3333333\n--- a/arch/x86/kvm/x86.c\n+++ b/arch/x86/kvm/x86.c\n" HUNK
  "commit 1234567891\nAuthor: A\n\n    one\n\ndiff --git a/arch/x86/kvm/x86.c b/arch/x86/kvm/x86.c\nindex 1111111..2222222\n--- a/arch/x86/kvm/x86.c\n+++ b/arch/x86/kvm/x86.c\n" HUNK
  "Binary files a/x.o and b/x.o differ\nOnly in arch/x86/kvm: y.c\n",
};

static const struct
{
  const char *format, *filter;
} kinds[] = { { "zip", NULL }, { "gnutar", NULL }, { "gnutar", "gzip" }, { "pax", "xz" }, { "7zip", NULL } };
static unsigned char archives[G_N_ELEMENTS (kinds)][8192];
static size_t sizes[G_N_ELEMENTS (kinds)];

static void
add_entry (struct archive *writer, const char *name, mode_t type, const char *data)
{
  struct archive_entry *entry = archive_entry_new ();

  archive_entry_set_pathname (entry, name);
  archive_entry_set_filetype (entry, type);
  archive_entry_set_perm (entry, 0644);
  archive_entry_set_size (entry, type == AE_IFREG ? (la_int64_t) strlen (data) : 0);
  if (type == AE_IFLNK)
    archive_entry_set_symlink (entry, data);
  archive_write_header (writer, entry);
  if (type == AE_IFREG)
    archive_write_data (writer, data, strlen (data));
  archive_entry_free (entry);
}

static void
make_archives (void)
{
  for (size_t i = 0; i < G_N_ELEMENTS (kinds); i++)
    {
      struct archive *writer = archive_write_new ();

      archive_write_set_format_by_name (writer, kinds[i].format);
      if (kinds[i].filter != NULL)
        archive_write_add_filter_by_name (writer, kinds[i].filter);
      archive_write_set_bytes_per_block (writer, 512);
      archive_write_open_memory (writer, archives[i], sizeof archives[i], &sizes[i]);
      add_entry (writer, "hw/cpuid.c", AE_IFREG, "int kvm;\n");
      add_entry (writer, "hw/l", AE_IFLNK, "/etc");
      add_entry (writer, "hw/vmx (1).c", AE_IFREG, "int kvm;\r\n");
      archive_write_close (writer);
      archive_write_free (writer);
    }
}

static GString *
draw_seed (void)
{
  const unsigned which = draw (G_N_ELEMENTS (texts) + 2 * G_N_ELEMENTS (kinds));

  if (which >= G_N_ELEMENTS (texts))
    {
      const unsigned kind = (which - G_N_ELEMENTS (texts)) % G_N_ELEMENTS (kinds);
      return g_string_new_len ((const char *) archives[kind], (gssize) sizes[kind]);
    }
  return which == 3 ? g_string_new_len (texts[3], 24) : g_string_new (texts[which]);
}

static void
run_one (void)
{
  static const char interesting[] = "\n\r\t -+@/\\.\"(),:0129\0\032\033\303\251\377\376ax";
  g_autoptr (GString) text = draw_seed ();

  for (unsigned n = draw (8); n > 0 && text->len > 0; n--)
    {
      const unsigned at = draw ((unsigned) text->len), kind = draw (5);
      const unsigned length = 1 + draw (20);
      const char c = interesting[draw (sizeof interesting - 1)];

      if (kind == 0)
        text->str[at] = c;
      else if (kind == 1)
        text->str[at] = (char) draw (256);
      else if (kind == 2)
        g_string_insert_c (text, at, c);
      else if (kind == 3)
        g_string_erase (text, at, MIN (length, (unsigned) text->len - at));
      else if (text->len < 20000)
        g_string_insert_len (text, at, text->str + draw ((unsigned) text->len), 1);
    }
  /* In a block of its own size, so that reading beyond its end is seen. */
  g_autofree unsigned char *data = g_memdup2 (text->str, text->len);
  LLVMFuzzerTestOneInput (data != NULL ? data : (const unsigned char *) "", text->len);
}

int
main (int argc, char **argv)
{
  make_archives ();
  return fuzz_main (argc, argv, "fuzz-submission", 100, run_one);
}
#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Submitted archives of every format, nested ones, and those that were made to harm. */
#include "submissions.h"

#include "base/archive.h"

#define KVM "arch/x86/kvm/"

static const Packed usual[] = { { "hw/", NULL, AE_IFDIR, NULL, 0 }, { "hw/cpuid.c", CPUID_C, 0, NULL, 0 }, { "hw/sub/vmx.c", VMX_C, 0, NULL, 0 }, { "hw/README.md", "x\n", 0, NULL, 0 } };

static void
test_formats (void **state)
{
  static const struct
  {
    const char *name, *format, *filter;
  } forms[] = { { "a.zip", "zip", "none" },        { "a.tar", "gnutar", "none" },  { "a.tar.gz", "gnutar", "gzip" }, { "a.tar.xz", "pax", "xz" },
                { "a.tar.bz2", "ustar", "bzip2" }, { "a.tar.zst", "pax", "zstd" }, { "a.7z", "7zip", "none" } };
  g_autofree char *sha256 = NULL;
  for (guint i = 0; i < G_N_ELEMENTS (forms); i++)
    {
      pack_in (*state, forms[i].name, forms[i].format, forms[i].filter, usual, G_N_ELEMENTS (usual));
      g_autoptr (Submission) submission = read_good (*state, forms[i].name);
      assert_string_equal (submission->kind, "archive");
      assert_int_equal (submission->files->len, 2);
      assert_file (submission, KVM "cpuid.c", "hw/cpuid.c", CPUID_C);
      assert_file (submission, KVM "vmx/vmx.c", "hw/sub/vmx.c", VMX_C);
      assert_note (submission, "1 other file was ignored");
      if (sha256 == NULL)
        sha256 = g_strdup (submission->sha256);
      assert_string_equal (submission->sha256, sha256);
    }
}

static void
test_misnamed (void **state)
{
  pack_in (*state, "hw", "zip", "none", usual, G_N_ELEMENTS (usual));
  g_autoptr (Submission) submission = read_good (*state, "hw");
  assert_int_equal (submission->files->len, 2);
}

static void
test_single_compressed (void **state)
{
  g_autofree char *path = g_build_filename (*state, "cpuid.c.gz", NULL);
  struct archive *writer = archive_write_new ();
  struct archive_entry *entry = archive_entry_new ();
  archive_write_set_format_raw (writer);
  archive_write_add_filter_gzip (writer);
  assert_int_equal (archive_write_open_filename (writer, path), ARCHIVE_OK);
  archive_entry_set_filetype (entry, AE_IFREG);
  archive_write_header (writer, entry);
  archive_write_data (writer, CPUID_C, strlen (CPUID_C));
  archive_entry_free (entry);
  archive_write_close (writer);
  archive_write_free (writer);
  g_autoptr (Submission) submission = read_good (*state, "cpuid.c.gz");
  assert_file (submission, KVM "cpuid.c", "cpuid.c", CPUID_C);
}

static char *
packed_bytes (const char *dir, const char *name, const char *format, const Packed *entries, gsize n, gsize *size)
{
  char *data;
  g_autofree char *path = g_build_filename (dir, name, NULL);
  g_free (pack (path, format, "none", NULL, entries, n));
  assert_true (g_file_get_contents (path, &data, size, NULL));
  return data;
}

static void
test_nested (void **state)
{
  gsize size, twice_size;
  g_autofree char *inner = packed_bytes (*state, "inner.zip", "zip", usual, G_N_ELEMENTS (usual), &size);
  const Packed outer[] = { { "x/code.zip", inner, 0, NULL, size }, { "x/report.pdf", "%PDF-1.4", 0, NULL, 0 } };
  pack_in (*state, "outer.tar", "gnutar", "none", outer, 2);
  g_autoptr (Submission) submission = read_good (*state, "outer.tar");
  assert_file (submission, KVM "cpuid.c", "x/code.zip/hw/cpuid.c", CPUID_C);
  assert_note (submission, "\"x/code.zip\", a zip archive, was unpacked");

  g_autofree char *twice = packed_bytes (*state, "twice.zip", "zip", outer, 2, &twice_size);
  const Packed outermost[] = { { "a.zip", twice, 0, NULL, twice_size } };
  pack_in (*state, "thrice.zip", "zip", "none", outermost, 1);
  g_autoptr (Submission) thrice = read_good (*state, "thrice.zip");
  assert_file (thrice, KVM "cpuid.c", "a.zip/x/code.zip/hw/cpuid.c", CPUID_C);
  assert_string_equal (thrice->sha256, submission->sha256);
}

/* Eight archives in an archive are opened, and no more. */
static void
test_nested_deep (void **state)
{
  gsize size;
  g_autofree char *data = packed_bytes (*state, "0.zip", "zip", usual, G_N_ELEMENTS (usual), &size);
  for (guint i = 1; i <= 9; i++)
    {
      const Packed next[] = { { "x.zip", data, 0, NULL, size } };
      g_autofree char *name = g_strdup_printf ("%u.zip", i);
      char *packed = packed_bytes (*state, name, "zip", next, 1, &size);
      g_free (data);
      data = packed;
    }
  g_autoptr (Submission) submission = read_good (*state, "8.zip");
  assert_int_equal (submission->files->len, 2);
  expect_fault (*state, "9.zip", STAGE_INGEST, "no change of KVM in it; found: x.zip/x.zip/");
}

/* What cannot be unpacked is passed over where something else is there. */
static void
test_useless_parts (void **state)
{
  gsize size;
  const Packed slip[] = { { "../vmx.c", VMX_C, 0, NULL, 0 }, { "cpuid.c", CPUID_C_2, 0, NULL, 0 } };
  g_autofree char *hostile = packed_bytes (*state, "slip.tar", "gnutar", slip, 2, &size);
  g_autofree char *name = g_build_filename (*state, "secret.zip", NULL), *secret = NULL;
  gsize secret_size;
  g_free (pack (name, "zip", "none", "pass", usual, G_N_ELEMENTS (usual)));
  assert_true (g_file_get_contents (name, &secret, &secret_size, NULL));
  const Packed parts[] = { { "cpuid.c", CPUID_C, 0, NULL, 0 },        { "vmx.c", VMX_C, 0, NULL, 0 },     { "svm.c", "", 0, NULL, 0 },
                           { "bad.zip", "PK\003\004 no", 0, NULL, 0 }, { "slip.tar", hostile, 0, NULL, size }, { "secret.zip", secret, 0, NULL, secret_size },
                           { "report.pdf", "%PDF-1.4", 0, NULL, 0 },   { "shot.png", "\x89PNG", 0, NULL, 0 }, { "notes.txt", "", 0, NULL, 0 } };
  pack_in (*state, "parts.zip", "zip", "none", parts, G_N_ELEMENTS (parts));
  g_autoptr (Submission) submission = read_good (*state, "parts.zip");
  assert_int_equal (submission->files->len, 2);
  assert_file (submission, KVM "cpuid.c", "cpuid.c", CPUID_C);
  assert_note (submission, "passed over: bad.zip: not a readable archive");
  assert_note (submission, "passed over: slip.tar: \"../vmx.c\" would leave the folder");
  assert_note (submission, "passed over: secret.zip: is encrypted");
  assert_note (submission, "\"svm.c\" is ignored: empty");
  pack_in (*state, "alone.zip", "zip", "none", &parts[3], 1);
  expect_fault (*state, "alone.zip", STAGE_INGEST, "bad.zip: not a readable archive");
  /* What an answer cannot do without is told. */
  g_free (put_file (*state, "f/vmx.c", VMX_C));
  g_free (put_file (*state, "f/cpuid.c", "<html>"));
  expect_fault (*state, "f", STAGE_INGEST, "cpuid.c is a web page (HTML), not C source");
}

/* A whole kernel has 79 thousand files, and a copy of it unpacked is larger than what is looked at. */
static void
test_whole_tree (void **state)
{
  static const char *const forms[][3] = { { "t.zip", "zip", "none" }, { "t.tar", "gnutar", "none" } };
  const gsize files = 25000, size = 4 << 20;
  g_autofree char *zeros = g_malloc0 (size);
  g_autofree Packed *tree = g_new0 (Packed, files + 3);
  g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);
  tree[0] = (Packed){ "linux-master/Makefile", "VERSION = 6\n", 0, NULL, 0 };
  tree[1] = (Packed){ "linux-master/arch/x86/kvm/cpuid.c", CPUID_C, 0, NULL, 0 };
  tree[2] = (Packed){ "linux-master/arch/x86/kvm/vmx/vmx.c", VMX_C, 0, NULL, 0 };
  for (gsize i = 0; i < files; i++)
    {
      g_ptr_array_add (names, g_strdup_printf ("linux-master/drivers/d%u/f%u.c", (guint) i / 100, (guint) i));
      tree[3 + i] = (Packed){ g_ptr_array_index (names, i), i < 55 ? zeros : "int x;\n", 0, NULL, i < 55 ? size : 0 };
    }
  for (guint i = 0; i < G_N_ELEMENTS (forms); i++)
    {
      pack_in (*state, forms[i][0], forms[i][1], forms[i][2], tree, files + 3);
      g_autoptr (Submission) submission = read_good (*state, forms[i][0]);
      assert_string_equal (submission->kind, "tree");
      assert_int_equal (submission->files->len, 2);
    }
}

static void
test_nested_in_folder (void **state)
{
  g_autofree char *folder = g_build_filename (*state, "f", NULL);
  assert_int_equal (g_mkdir (folder, 0777), 0);
  pack_in (folder, "code.7z", "7zip", "none", usual, G_N_ELEMENTS (usual));
  g_autoptr (Submission) submission = read_good (*state, "f");
  assert_string_equal (submission->kind, "folder");
  assert_int_equal (submission->files->len, 2);
}

static void
test_tree (void **state)
{
  const Packed tree[] = { { "l/Makefile", "VERSION = 6\n", 0, NULL, 0 },
                          { "l/arch/x86/kvm/cpuid.c", CPUID_C, 0, NULL, 0 },
                          { "l/arch/x86/kvm/Makefile", "x:\n", 0, NULL, 0 },
                          { "l/tools/lib/vmx.c", VMX_C, 0, NULL, 0 },
                          { "l/include/x86.h", "int x;\n", 0, NULL, 0 } };
  pack_in (*state, "l.tar.gz", "gnutar", "gzip", tree, G_N_ELEMENTS (tree));
  g_autoptr (Submission) submission = read_good (*state, "l.tar.gz");
  assert_string_equal (submission->kind, "tree");
  assert_int_equal (submission->files->len, 2);
}

static void
test_names (void **state)
{
  const Packed odd[] = { { "caf\xe9\x1b/cpuid.c", CPUID_C, 0, NULL, 0 }, { "./vmx.c", VMX_C, 0, NULL, 0 } };
  pack_in (*state, "odd.tar", "gnutar", "none", odd, 2);
  g_autoptr (Submission) submission = read_good (*state, "odd.tar");
  assert_file (submission, KVM "cpuid.c", "caf\\xe9\\x1b/cpuid.c", CPUID_C);
  assert_file (submission, KVM "vmx/vmx.c", "vmx.c", VMX_C);
  const Packed windows[] = { { "hw\\sub\\cpuid.c", CPUID_C, 0, NULL, 0 } };
  pack_in (*state, "windows.tar", "gnutar", "none", windows, 1);
  g_autoptr (Submission) other = read_good (*state, "windows.tar");
  assert_file (other, KVM "cpuid.c", "hw/sub/cpuid.c", CPUID_C);
}

/* A zip's name in UTF-8, as other systems write it: the same in every locale; this test runs in "C". */
static void
test_utf8_names (void **state)
{
  g_autofree char *path = g_build_filename (*state, "names.zip", NULL);
  struct archive *writer = archive_write_new ();
  struct archive_entry *entry = archive_entry_new ();
  assert_int_equal (archive_write_set_format_zip (writer), ARCHIVE_OK);
  assert_int_equal (archive_write_set_options (writer, "hdrcharset=UTF-8"), ARCHIVE_OK);
  assert_int_equal (archive_write_open_filename (writer, path), ARCHIVE_OK);
  archive_entry_set_pathname_utf8 (entry, "\xc3\x9c" "bung 3 \xe2\x80\x93 \xe6\xbc\xa2/cpuid.c");
  archive_entry_set_filetype (entry, AE_IFREG);
  archive_entry_set_size (entry, strlen (CPUID_C));
  assert_true (archive_write_header (writer, entry) >= ARCHIVE_WARN);
  archive_write_data (writer, CPUID_C, strlen (CPUID_C));
  archive_entry_free (entry);
  archive_write_close (writer);
  archive_write_free (writer);
  g_autoptr (Submission) submission = read_good (*state, "names.zip");
  assert_file (submission, KVM "cpuid.c", "\xc3\x9c" "bung 3 \xe2\x80\x93 \xe6\xbc\xa2/cpuid.c", CPUID_C);
}

/* A RAR of version 4 that holds one file as it is. */
static void
test_rar (void **state)
{
  static const char rar[] = "Rar!\x1a\x07\x00"
                             "\xcf\x90\x73\x00\x00\x0d\x00\x00\x00\x00\x00\x00\x00"
                             "\xce\x04\x74\x00\x80\x2a\x00"
                             "\x09\x00\x00\x00\x09\x00\x00\x00\x02\x9f\x87\xfd\xf0\x00\x60\xb1\x52\x14\x30\x0a\x00\x20\x00\x00\x00"
                             "hw\\cpuid.c"
                             "int kvm;\n"
                             "\xc4\x3d\x7b\x00\x40\x07\x00";
  const gsize size = sizeof rar - 1;
  g_autofree char *path = g_build_filename (*state, "hw.rar", NULL);
  assert_true (g_file_set_contents (path, rar, (gssize) size, NULL));
  g_autoptr (Submission) submission = read_good (*state, "hw.rar");
  assert_file (submission, KVM "cpuid.c", "hw/cpuid.c", "int kvm;\n");
}

/* --- hostile ---------------------------------------------------------------------------------- */

static void
expect_refused (const char *dir, const char *format, const Packed *entries, gsize n, const char *part)
{
  pack_in (dir, "hostile", format, "none", entries, n);
  expect_fault (dir, "hostile", STAGE_INGEST, part);
}
#define EXPECT_REFUSED(format, part, ...) \
  { \
    const Packed entries[] = { __VA_ARGS__ }; \
    expect_refused (*state, format, entries, G_N_ELEMENTS (entries), part); \
  }

static void
test_slips (void **state)
{
  EXPECT_REFUSED ("zip", "\"../../cpuid.c\" would leave the folder", { "../../cpuid.c", CPUID_C, 0, NULL, 0 });
  EXPECT_REFUSED ("gnutar", "\"hw/../../cpuid.c\" would leave", { "hw/../../cpuid.c", CPUID_C, 0, NULL, 0 });
  EXPECT_REFUSED ("gnutar", "\"/etc/cpuid.c\" would leave", { "/etc/cpuid.c", CPUID_C, 0, NULL, 0 });
  EXPECT_REFUSED ("gnutar", "\"../cpuid.c\" would leave", { "..\\cpuid.c", CPUID_C, 0, NULL, 0 });
  EXPECT_REFUSED ("gnutar", "\"C:/cpuid.c\" would leave", { "C:\\cpuid.c", CPUID_C, 0, NULL, 0 });
  EXPECT_REFUSED ("gnutar", "\"l/cpuid.c\" goes through a symbolic link", { "l", "/etc", AE_IFLNK, NULL, 0 }, { "l/cpuid.c", CPUID_C, 0, NULL, 0 });
  /* Nothing was written but scratch folders and the archive. */
  g_autoptr (GDir) left = g_dir_open (*state, 0, NULL);
  for (const char *name; (name = g_dir_read_name (left)) != NULL;)
    assert_true (g_str_has_prefix (name, "scratch-") || strcmp (name, "hostile") == 0);
}

static void
test_links_and_devices (void **state)
{
  const Packed odd[] = { { "hw/cpuid.c", CPUID_C, 0, NULL, 0 }, { "hw/vmx.c", "/etc/passwd", AE_IFLNK, NULL, 0 }, { "hw/svm.c", NULL, 0, "/etc/passwd", 0 },
                         { "hw/x86.c", NULL, AE_IFCHR, NULL, 0 }, { "hw/x86.h", NULL, AE_IFIFO, NULL, 0 } };
  pack_in (*state, "odd.tar", "gnutar", "none", odd, G_N_ELEMENTS (odd));
  g_autoptr (Submission) submission = read_good (*state, "odd.tar");
  assert_int_equal (submission->files->len, 1);
  assert_note (submission, "2 symbolic or hard links were not followed");
  assert_note (submission, "2 entries that are no plain file");
}

static void
test_bombs (void **state)
{
  const gsize size = 210 << 20;
  g_autofree char *zeros = g_malloc0 (size);
  /* What nobody looks at is not kept; of what somebody may look at there is a limit. */
  const Packed bomb[] = { { "hw/cpuid.c", CPUID_C, 0, NULL, 0 }, { "hw/disk.img", zeros, 0, NULL, size }, { "hw/vmlinux.o", zeros, 0, NULL, size } };
  pack_in (*state, "bomb.zip", "zip", "none", bomb, 3);
  g_autoptr (Submission) zipped = read_good (*state, "bomb.zip");
  assert_int_equal (zipped->files->len, 1);
  pack_in (*state, "bomb.tar.gz", "gnutar", "gzip", bomb, 3);
  g_autoptr (Submission) submission = read_good (*state, "bomb.tar.gz");
  assert_int_equal (submission->files->len, 1);
  /* A file that is larger than a kernel's file may be is passed over. */
  const Packed large[] = { { "hw/cpuid.c", CPUID_C, 0, NULL, 0 }, { "hw/vmx.c", zeros, 0, NULL, 20 << 20 } };
  pack_in (*state, "large.zip", "zip", "none", large, 2);
  expect_fault (*state, "large.zip", STAGE_INGEST, "hw/vmx.c is a file of more than 4 MiB");
  const Packed archives[] = { { "a.zip", zeros, 0, NULL, size }, { "b.zip", zeros, 0, NULL, size }, { "c.zip", zeros, 0, NULL, size } };
  memcpy (zeros, "PK\003\004", 4);
  pack_in (*state, "archives.tar.gz", "gnutar", "gzip", archives, 3);
  expect_fault (*state, "archives.tar.gz", STAGE_INGEST, "archives.tar.gz: more than 512 MiB when unpacked");
}

static gboolean
pass_over (ArchiveWalk *walk, Archive *reader, struct archive_entry *entry, gpointer user, GError **error)
{
  (void) entry;
  (void) user;
  return archive_walk_data (walk, reader, NULL, NULL, error);
}

/* The limits of a walk, by small numbers. */
static void
expect_limit (const char *path, ArchiveWalk walk, const char *part)
{
  g_autoptr (Archive) reader = archive_read_new ();
  g_autoptr (GError) error = NULL;
  archive_read_support_format_tar (reader);
  assert_int_equal (archive_read_open_filename (reader, path, 4096), ARCHIVE_OK);
  walk.what = "x";
  assert_false (archive_walk (&walk, reader, pass_over, NULL, &error));
  assert_text_has (error->message, part);
}

static void
test_amount_and_depth (void **state)
{
  const Packed three[] = { { "x", "12345", 0, NULL, 0 }, { "yy", "12345", 0, NULL, 0 }, { "zzz", "12345", 0, NULL, 0 } };
  g_autofree char *path = g_build_filename (*state, "three.tar", NULL);
  g_free (pack (path, "ustar", "none", NULL, three, 3));
  expect_limit (path, (ArchiveWalk){ .entries_max = 2, .bytes_max = 99 }, "x: more than 2 files");
  expect_limit (path, (ArchiveWalk){ .entries_max = 9, .bytes_max = 99, .names_max = 5 }, "x: names of more than 0 MiB");
  expect_limit (path, (ArchiveWalk){ .entries_max = 9, .bytes_max = 14 }, "x: more than 0 MiB when unpacked");
  expect_limit (path, (ArchiveWalk){ .entries_max = 9, .bytes_max = 0, .skipped_max = 14 }, "x: more than 0 MiB when unpacked");
  expect_limit (path, (ArchiveWalk){ .entries_max = 9, .bytes_max = 99, .end_us = 1 }, "x: unpacking it takes too long");
  g_autoptr (GString) deep = g_string_new (NULL);
  for (guint i = 0; i < 41; i++)
    g_string_append (deep, "d/");
  g_string_append (deep, "cpuid.c");
  EXPECT_REFUSED ("gnutar", "more than 40 deep", { deep->str, CPUID_C, 0, NULL, 0 });
}

static void
test_encrypted (void **state)
{
  g_autofree char *path = g_build_filename (*state, "secret.zip", NULL);
  g_free (pack (path, "zip", "none", "pass", usual, G_N_ELEMENTS (usual)));
  expect_fault (*state, "secret.zip", STAGE_INGEST, "secret.zip: is encrypted; hand it in without a password");
}

static void
test_damaged (void **state)
{
  gsize size;
  g_autofree char *whole = packed_bytes (*state, "whole.tar", "gnutar", usual, G_N_ELEMENTS (usual), &size);
  g_autofree char *cut = g_build_filename (*state, "cut.tar", NULL);
  assert_true (g_file_set_contents (cut, whole, 1100, NULL));
  expect_fault (*state, "cut.tar", STAGE_INGEST, "cut.tar: not a readable archive");
  g_free (put_file (*state, "bad.zip", "PK\003\004 and no more"));
  expect_fault (*state, "bad.zip", STAGE_INGEST, "bad.zip: not a readable archive");
  g_free (put_file (*state, "bad.gz", "\x1f\x8b\x08 and no more"));
  expect_fault (*state, "bad.gz", STAGE_INGEST, "bad.gz: not a readable archive");
  g_free (put_file (*state, "x.rar", "Rar!\x1a\x07\x01"));
  expect_fault (*state, "x.rar", STAGE_INGEST, "x.rar: not a readable archive");
  const Packed nothing[] = { { "hw/", NULL, AE_IFDIR, NULL, 0 } };
  pack_in (*state, "nothing.zip", "zip", "none", nothing, 1);
  expect_fault (*state, "nothing.zip", STAGE_INGEST, "found: nothing");
}

int
main (void)
{
#define WITH_FOLDER(test) cmocka_unit_test_setup_teardown (test, folder_setup, folder_teardown)
  const struct CMUnitTest tests[] = {
    WITH_FOLDER (test_formats),
    WITH_FOLDER (test_misnamed),
    WITH_FOLDER (test_single_compressed),
    WITH_FOLDER (test_nested),
    WITH_FOLDER (test_nested_deep),
    WITH_FOLDER (test_useless_parts),
    WITH_FOLDER (test_whole_tree),
    WITH_FOLDER (test_utf8_names),
    WITH_FOLDER (test_rar),
    WITH_FOLDER (test_nested_in_folder),
    WITH_FOLDER (test_tree),
    WITH_FOLDER (test_names),
    WITH_FOLDER (test_slips),
    WITH_FOLDER (test_links_and_devices),
    WITH_FOLDER (test_bombs),
    WITH_FOLDER (test_amount_and_depth),
    WITH_FOLDER (test_encrypted),
    WITH_FOLDER (test_damaged),
  };
  return cmocka_run_group_tests (tests, NULL, NULL);
}

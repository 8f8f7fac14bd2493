/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Submissions as text: what a file is, every way of writing the same text, and names that may be shown. */
#include "unit.h"

#include "submission/mail.h"
#include "submission/normalise.h"

static void
expect_text (const char *data, gsize size, const char *text, guint changes)
{
  guint seen;
  const char *what;
  g_autofree char *got = text_normalise (data, size, &seen, &what);
  assert_non_null (got);
  assert_string_equal (got, text);
  assert_int_equal (seen, changes);
  assert_true (g_utf8_validate (got, -1, NULL));
}
#define EXPECT_TEXT(data, text, changes) expect_text (data, sizeof data - 1, text, changes)

static void
expect_no_text (const char *data, gsize size, const char *what)
{
  guint changes;
  const char *seen;
  assert_null (text_normalise (data, size, &changes, &seen));
  assert_string_equal (seen, what);
}
#define EXPECT_NO_TEXT(data, what) expect_no_text (data, sizeof data - 1, what)

static void
test_line_ends (void **state G_GNUC_UNUSED)
{
  EXPECT_TEXT ("int a;\nint b;\n", "int a;\nint b;\n", 0);
  EXPECT_TEXT ("int a;\r\nint b;\r\n", "int a;\nint b;\n", TEXT_CRLF);
  EXPECT_TEXT ("int a;\rint b;\r", "int a;\nint b;\n", TEXT_CRLF);
  EXPECT_TEXT ("int a;\r\r\n\nint b;\r", "int a;\n\nint b;\n", TEXT_CRLF);
  EXPECT_TEXT ("int a;\r\r\rint b;\r\r", "int a;\n\n\nint b;\n\n", TEXT_CRLF);
  EXPECT_TEXT ("#define A \\\r\r\n1\r\r\n\r\r\nint b;\r\r\n", "#define A \\\n1\n\nint b;\n", TEXT_CRLF);
  EXPECT_TEXT ("#define A \\\n\r1\n\r\n\rint b;\n\r", "#define A \\\n1\n\nint b;\n", TEXT_CRLF);
  EXPECT_TEXT ("#define A \\\r\r1\r\r\r\rint b;\r\r", "#define A \\\n1\n\nint b;\n", TEXT_CRLF);
  EXPECT_TEXT ("int a;\rint b;\r\nint c;\n\rint d;\n\nint e;\r", "int a;\nint b;\nint c;\nint d;\n\nint e;\n", TEXT_CRLF);
  EXPECT_TEXT ("int a;\xe2\x80\xa8int b;\xe2\x80\xa9", "int a;\nint b;\n", TEXT_CRLF);
  EXPECT_TEXT ("int a; /* \xe2\x80\xa8 */\n", "int a; /* \xe2\x80\xa8 */\n", 0);
  EXPECT_TEXT ("int a;", "int a;\n", TEXT_NO_NEWLINE);
  EXPECT_TEXT ("int a;\n\0\0\0", "int a;\n", TEXT_TRAILING);
  EXPECT_TEXT ("int a;\r\n\x1a", "int a;\n", TEXT_TRAILING | TEXT_CRLF);
  EXPECT_TEXT ("", "", 0);
}

static void
test_encodings (void **state G_GNUC_UNUSED)
{
  EXPECT_TEXT ("\xef\xbb\xbfint a;\n", "int a;\n", TEXT_BOM);
  EXPECT_TEXT ("\xff\xfei\0n\0t\0\n\0", "int\n", TEXT_UTF16 | TEXT_BOM);
  EXPECT_TEXT ("\xfe\xff\0i\0n\0t\0\r\0\n", "int\n", TEXT_UTF16 | TEXT_BOM | TEXT_CRLF);
  EXPECT_TEXT ("i\0n\0t\0 \0a\0b\0c\0d\0;\0\n\0", "int abcd;\n", TEXT_UTF16);
  EXPECT_TEXT ("\xff\xfe\x3d\xd8\x00\xde\n\0", "\xf0\x9f\x98\x80\n", TEXT_UTF16 | TEXT_BOM);
  EXPECT_TEXT ("\xff\xfe\x3d\xd8\n\0", "\xef\xbf\xbd\n", TEXT_UTF16 | TEXT_BOM);
  EXPECT_TEXT ("/* caf\xe9 \x93x\x94 */\n", "/* caf\xc3\xa9 \xe2\x80\x9cx\xe2\x80\x9d */\n", TEXT_CP1252);
  EXPECT_TEXT ("/* \xc3\xa9 and \xe9 */\n", "/* \xc3\xa9 and \xc3\xa9 */\n", TEXT_CP1252);
  EXPECT_TEXT ("/* \x81 */\n", "/* \xc2\x81 */\n", TEXT_CP1252);
}

static void
test_no_text (void **state G_GNUC_UNUSED)
{
  EXPECT_NO_TEXT ("%PDF-1.4\n", "a PDF document");
  EXPECT_NO_TEXT ("{\\rtf1\\ansi int a;}", "an RTF document");
  EXPECT_NO_TEXT ("\n<!DOCTYPE html>\n<html>", "a web page (HTML)");
  EXPECT_NO_TEXT ("\xef\xbb\xbf<HTML lang=en>", "a web page (HTML)");
  EXPECT_NO_TEXT ("\xff\xfe<\0h\0t\0m\0l\0>\0\n\0a\0", "a web page (HTML)");
  EXPECT_NO_TEXT ("PK\003\004....[Content_Types].xml", "a Word document (docx)");
  EXPECT_NO_TEXT ("PK\003\004....cpuid.c", "a zip archive");
  EXPECT_NO_TEXT ("\x7f""ELF\2\1\1", "a compiled program or object");
  EXPECT_NO_TEXT ("a\1b\2c\3d\4e\5f\6", "binary data");
  EXPECT_NO_TEXT ("a\0b\0\0c\0d\0\0e\0f\0\0g\0h\0i\0\0x", "binary data");
}

static void
test_words (void **state G_GNUC_UNUSED)
{
  g_autofree char *words = text_changes (TEXT_CRLF | TEXT_BOM);
  assert_string_equal (words, "CRLF or CR line ends, a byte order mark");
  assert_null (text_changes (0));
}

static void
test_names (void **state G_GNUC_UNUSED)
{
  g_autofree char *plain = name_shown ("hw 2/\xc3\xa9.c");
  assert_string_equal (plain, "hw 2/\xc3\xa9.c");
  g_autofree char *odd = name_shown ("a\xff\x1b[31m\n.c");
  assert_string_equal (odd, "a\\xff\\x1b[31m\\x0a.c");
}

static void
test_mails (void **state G_GNUC_UNUSED)
{
  g_autoptr (GPtrArray) none = mail_split ("--- a/x\n+++ b/x\n");
  assert_int_equal (none->len, 1);
  assert_null (((Mail *) g_ptr_array_index (none, 0))->subject);

  g_autoptr (GPtrArray) mails = mail_split ("From 1 Mon Sep 17 00:00:00 2001\nFrom: A <a@example.org>\nSubject: [PATCH 1/2] KVM: count\n exits\n\nbody\n"
                                            "From 2 Mon Sep 17 00:00:00 2001\nSubject: x\nContent-Transfer-Encoding: quoted-printable\n\na =3D b;=\n c=zz\n"
                                            "From 3 Mon Sep 17 00:00:00 2001\nContent-Transfer-Encoding: base64\nSubject: y\n\nYSA9\nIGI7Cg==\n");
  assert_int_equal (mails->len, 3);
  const Mail *first = g_ptr_array_index (mails, 0), *second = g_ptr_array_index (mails, 1), *third = g_ptr_array_index (mails, 2);
  assert_string_equal (first->subject, "KVM: count exits");
  assert_string_equal (first->body, "body\n");
  assert_int_equal (first->line, 6);
  assert_int_equal (first->number, 1);
  assert_string_equal (second->body, "a = b; c=zz\n");
  assert_int_equal (second->line, 11);
  assert_string_equal (third->body, "a = b;\n");
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_line_ends), cmocka_unit_test (test_encodings), cmocka_unit_test (test_no_text),
    cmocka_unit_test (test_words),     cmocka_unit_test (test_names),     cmocka_unit_test (test_mails),
  };
  return cmocka_run_group_tests (tests, NULL, NULL);
}

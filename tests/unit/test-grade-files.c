/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a batch writes: formats by name, a plain and unique folder for each submission, and the files that were asked for. */
#include "unit.h"

#include "cli/grade-files.h"

static void
test_formats (void **state)
{
  (void) state;
  static const struct {
    const char *text;
    guint formats;
  } cases[] = {
    { NULL, GRADE_FORMATS_DEFAULT },
    { "", 0 },
    { "json", GRADE_FORMAT_JSON },
    { "md,html", GRADE_FORMAT_MD | GRADE_FORMAT_HTML },
    { "sarif,classroom50,canvas,moodle", GRADE_FORMAT_SARIF | GRADE_FORMAT_CLASSROOM50 | GRADE_FORMAT_CANVAS | GRADE_FORMAT_MOODLE },
    { "similarity,md", GRADE_FORMAT_SIMILARITY | GRADE_FORMAT_MD },
    { "gradescope,junit,json,json", GRADE_FORMAT_GRADESCOPE | GRADE_FORMAT_JUNIT | GRADE_FORMAT_JSON },
  };
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      guint formats = 77;
      assert_true (grade_formats_parse (cases[i].text, &formats, NULL));
      assert_int_equal (formats, cases[i].formats);
    }
  static const char *const wrong[] = { "xml", "json,", "json,,md", " json", "JSON" };
  for (guint i = 0; i < G_N_ELEMENTS (wrong); i++)
    {
      guint formats = 77;
      g_autoptr (GError) error = NULL;
      assert_false (grade_formats_parse (wrong[i], &formats, &error));
      assert_failed (error, HARNESS_ERROR_USAGE, "try: json, md, html, junit, sarif, gradescope, classroom50, canvas, moodle and similarity");
      assert_int_equal (formats, 77);
    }
}

/* Names are folders below the batch's: never above it, never two the same. */
static void
test_names (void **state)
{
  (void) state;
  static const char *const cases[][2] = {
    { "hw 2/Jane Roe.zip", "Jane_Roe" }, { "other/Jane Roe.tar.gz", "Jane_Roe-2" }, { "Jane_Roe-2", "Jane_Roe-2-2" }, { "x/Jane Roe/", "Jane_Roe-3" },
    { "..", "__" },                      { ".", "_" },                              { "/", "_-2" },                   { "", "_-3" },
    { "a/..", "__-2" },                  { "jane.doe.zip", "jane_doe" },            { "index.html", "index_html" },   { "/a/<b>|\"c\".diff", "_b___c_" },          { ".hidden", "_hidden" },         { "\xff\xfe", "__-3" },
    { "J\xc3\xb6rg.zip", "J\xc3\xb6rg" },  { "Jo\xcc\x88rg.rar", "J\xc3\xb6rg-2" }, /* one letter, or two */
    { "\xe5\xb1\xb1\xe7\x94\xb0 a.zip", "\xe5\xb1\xb1\xe7\x94\xb0_a" }, { "\xd0\x98\xd0\xb2\xd0\xb0\xd0\xbd", "\xd0\x98\xd0\xb2\xd0\xb0\xd0\xbd" },
    { "-rf", "_rf" },                    { "=cmd", "_cmd" },                        { "a\xe2\x80\xae" "b\n", "a_b_" },                               { "JANE_ROE", "JANE_ROE-4" },
  };
  char *paths[G_N_ELEMENTS (cases) + 1] = { NULL };
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    paths[i] = (char *) cases[i][0];
  g_autoptr (GPtrArray) entries = grade_entries_new (paths);
  assert_int_equal (entries->len, G_N_ELEMENTS (cases));
  for (guint i = 0; i < entries->len; i++)
    {
      const GradeEntry *entry = g_ptr_array_index (entries, i);
      assert_string_equal (entry->path, cases[i][0]);
      assert_string_equal (entry->name, cases[i][1]);
      assert_null (entry->grade);
    }
}

static void
test_long_names (void **state)
{
  (void) state;
  g_autofree char *one = g_strnfill (300, 'x');
  char *paths[] = { one, one, NULL };
  g_autoptr (GPtrArray) entries = grade_entries_new (paths);
  const GradeEntry *first = g_ptr_array_index (entries, 0), *second = g_ptr_array_index (entries, 1);
  assert_int_equal (strlen (first->name), 200);
  assert_int_equal (strlen (second->name), 202);
  g_autoptr (GString) wide = g_string_new ("x");
  for (guint i = 0; i < 100; i++)
    g_string_append (wide, "\xe5\xb1\xb1");
  char *cut[] = { wide->str, NULL };
  g_autoptr (GPtrArray) letters = grade_entries_new (cut);
  const GradeEntry *whole = g_ptr_array_index (letters, 0);
  assert_int_equal (strlen (whole->name), 199); /* no letter is cut in two */
  assert_true (g_utf8_validate (whole->name, -1, NULL));
}

/* --- writing ---------------------------------------------------------------------------------- */

static gboolean
has (const char *dir, const char *name)
{
  g_autofree char *path = g_build_filename (dir, name, NULL);
  return g_file_test (path, G_FILE_TEST_IS_REGULAR);
}

static GPtrArray *
two_entries (void)
{
  static char *paths[] = { (char *) "a.zip", (char *) "b.zip", NULL };
  GPtrArray *entries = grade_entries_new (paths);
  GradeEntry *first = g_ptr_array_index (entries, 0);
  Grade *grade = grade_new ();
  g_free (grade->submission);
  grade->submission = g_strdup ("a.zip");
  g_ptr_array_add (grade->notes, g_strdup ("The first try failed for what may not have been the submission's doing; this is the second."));
  first->grade = grade;
  return entries;
}

static void
test_write (void **state)
{
  const char *dir = *state;
  g_autoptr (GPtrArray) entries = two_entries ();
  g_autoptr (GError) error = NULL;
  assert_true (grade_files_write_one (dir, g_ptr_array_index (entries, 0), NULL, GRADE_FORMAT_JSON | GRADE_FORMAT_MD, &error));
  assert_true (has (dir, "a/grade.json") && has (dir, "a/grade.md"));
  assert_false (has (dir, "a/grade.html") || has (dir, "results.json"));
  assert_true (grade_files_write_one (dir, g_ptr_array_index (entries, 0), NULL, GRADE_FORMAT_HTML | GRADE_FORMAT_GRADESCOPE, &error));
  assert_true (has (dir, "a/grade.html") && has (dir, "results.json"));
  assert_true (grade_files_write_csv (dir, entries, &error));
  g_autofree char *path = g_build_filename (dir, "grades.csv", NULL), *text = NULL;
  assert_true (g_file_get_contents (path, &text, NULL, NULL));
  assert_text_has (text, "\na.zip,");
  assert_null (strstr (text, "b.zip"));
  assert_no_failure (error);
}

/* What is not graded yet is in no summary. */
static void
test_summary (void **state)
{
  const char *dir = *state;
  g_autoptr (GPtrArray) entries = two_entries ();
  g_autoptr (GError) error = NULL;
  assert_true (grade_files_write_summary (dir, "T", NULL, entries, GRADE_FORMAT_MD, 1000, &error));
  assert_true (has (dir, "summary.md"));
  assert_false (has (dir, "index.html") || has (dir, "junit.xml"));
  assert_true (grade_files_write_summary (dir, "T", NULL, entries, GRADE_FORMATS_DEFAULT, 1000, &error));
  assert_true (has (dir, "index.html") && has (dir, "junit.xml"));
  g_autofree char *path = g_build_filename (dir, "index.html", NULL), *text = NULL;
  assert_true (g_file_get_contents (path, &text, NULL, NULL));
  assert_text_has (text, "a/grade.html");
  assert_null (strstr (text, "b/grade.html"));
}

static void
test_write_fails (void **state)
{
  g_autofree char *file = put_file (*state, "file", "");
  g_autoptr (GPtrArray) entries = two_entries ();
  g_autoptr (GError) one = NULL, csv = NULL, summary = NULL;
  assert_false (grade_files_write_one (file, g_ptr_array_index (entries, 0), NULL, GRADE_FORMATS_DEFAULT, &one));
  assert_non_null (one);
  assert_false (grade_files_write_csv (file, entries, &csv));
  assert_non_null (csv);
  assert_false (grade_files_write_summary (file, "T", NULL, entries, GRADE_FORMATS_DEFAULT, 0, &summary));
  assert_non_null (summary);
}

#define FOLDER_TEST(f) cmocka_unit_test_setup_teardown (f, folder_setup, folder_teardown)

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_formats), cmocka_unit_test (test_names), cmocka_unit_test (test_long_names), FOLDER_TEST (test_write), FOLDER_TEST (test_summary), FOLDER_TEST (test_write_fails),
  };
  return cmocka_run_group_tests_name ("grade-files", tests, NULL, NULL);
}

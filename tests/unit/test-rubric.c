/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rubrics: the committed ones load and give a hundred points, and each kind of mistake is told with file and line. */
#include "unit.h"

#include "config/config.h"
#include "grade/grade.h"

#define RUBRIC_TEXT \
  "[rubric]\ntitle = T\nnames = lab 7 ,, final\nleaf_map = B\nisa = svm\nsecret = s s\nallowed = a/b/ c.h\noptional = sums,  cost\nagain_vmx =\nagain_svm = npt=0 x=1\nfastpath = either\n" \
  "[points]\ntotal-exits = 1\ntotal-cycles = 2\nexits-per-reason = 3\ncycles-per-reason = 4\nsums = 5\nundefined-reasons = 6\nnot-enabled = 7\n" \
  "registers = 8\nconcurrency = 9\nother-leaves = 10\nlog-volume = 11\nplacement = 0\ncost = 13\nstability = 1000\n" \
  "[limits]\nwarning_cost = 1\nwarning_cost_max = 2\ncost_max_percent = 3\nlog_lines_max = 4\ncycles_min_percent = 100\n" \
  "[not-enabled]\nvmx = 3-6,0x10\nsvm =\n"

static void
test_committed (void **state)
{
  (void) state;
  static const char *const names[] = { "a2", "a3", "a4", "a2-log" };
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autofree char *path = g_strdup_printf ("configs/rubrics/%s.conf", names[i]);
      g_autoptr (Rubric) rubric = NULL;
      g_autoptr (GError) error = NULL;
      rubric_load (path, &rubric, &error);
      assert_no_failure (error);
      guint sum = 0;
      for (guint row = 0; row < RUBRIC_ROWS; row++)
        sum += rubric->points[row];
      assert_int_equal (sum, 10000);
      assert_string_equal (rubric->name, names[i]);
      assert_string_equal (rubric->leaf_map, "A");
      assert_int_equal (rubric->isa, ISA_VMX);
      assert_true (rubric->fastpath_counted);
      assert_string_equal (rubric->again_vmx, i == 2 ? "ept=0" : "");
      assert_int_equal (rubric->points[ROW_EXITS_PER_REASON] == 0, i == 0 || i == 3);
      assert_int_equal (rubric->told_by_log, i == 3);
      assert_int_equal (rubric->points[ROW_LOG_COUNTS] > 0, i == 3);
    }
}

static void
test_lines_per_query (void **state)
{
  g_autoptr (GString) text = g_string_new (RUBRIC_TEXT);
  assert_int_equal (g_string_replace (text, "log_lines_max = 4\n", "log_lines_max = 4\nlog_lines_per_query = 0\n", 1), 1);
  g_autofree char *path = put_file (*state, "x.conf", text->str);
  g_autoptr (Rubric) rubric = NULL;
  assert_true (rubric_load (path, &rubric, NULL));
  assert_int_equal (rubric->log_lines_per_query, 0);
}

static void
test_visibility (void **state)
{
  g_autofree char *shown = put_file (*state, "shown.conf", RUBRIC_TEXT "[visibility]\nsums = hidden\ncost = after_due_date\nstability = after_published\nregisters =\n");
  g_autofree char *wrong = put_file (*state, "wrong.conf", RUBRIC_TEXT "[visibility]\nsums = hidden\ncost = secret\n");
  g_autoptr (Rubric) rubric = NULL, none = NULL;
  g_autoptr (GError) error = NULL;
  assert_true (rubric_load (shown, &rubric, NULL));
  assert_string_equal (rubric_visibility_name (rubric->visibility[ROW_SUMS]), "hidden");
  assert_string_equal (rubric_visibility_name (rubric->visibility[ROW_COST]), "after_due_date");
  assert_string_equal (rubric_visibility_name (rubric->visibility[ROW_STABILITY]), "after_published");
  assert_string_equal (rubric_visibility_name (rubric->visibility[ROW_REGISTERS]), "visible");
  assert_string_equal (rubric_visibility_name (rubric->visibility[ROW_TOTAL_EXITS]), "visible");
  assert_false (rubric_load (wrong, &none, &error));
  assert_failed (error, HARNESS_ERROR_USAGE, "cost is \"secret\"; try: visible, after_due_date, after_published or hidden");
}

static void
test_values (void **state)
{
  g_autofree char *path = put_file (*state, "my.rubric.conf", RUBRIC_TEXT);
  g_autoptr (Rubric) rubric = NULL;
  g_autoptr (GError) error = NULL;
  rubric_load (path, &rubric, &error);
  assert_no_failure (error);
  assert_string_equal (rubric->name, "my.rubric");
  assert_int_equal (g_strv_length (rubric->names), 3);
  assert_string_equal (rubric->names[0], "my.rubric");
  assert_string_equal (rubric->names[1], "lab 7");
  assert_string_equal (rubric->names[2], "final");
  assert_string_equal (rubric->path, path);
  assert_string_equal (rubric->secret, "s s");
  assert_int_equal (rubric->isa, ISA_SVM);
  assert_int_equal (g_strv_length (rubric->allowed), 2);
  assert_string_equal (rubric->allowed[1], "c.h");
  for (guint row = 0; row < RUBRIC_ROWS; row++)
    assert_int_equal (rubric->optional[row], row == ROW_SUMS || row == ROW_COST);
  assert_string_equal (rubric->again_svm, "npt=0 x=1");
  assert_false (rubric->fastpath_counted);
  assert_int_equal (rubric->points[ROW_TOTAL_EXITS], 100);
  assert_int_equal (rubric->points[ROW_LOG_VOLUME], 1100);
  assert_int_equal (rubric->points[ROW_PLACEMENT], 0);
  assert_int_equal (rubric->points[ROW_STABILITY], 100000);
  assert_int_equal (rubric->warning_cost, 1);
  assert_int_equal (rubric->warning_cost_max, 2);
  assert_int_equal (rubric->cost_max_percent, 3);
  assert_int_equal (rubric->log_lines_max, 4);
  assert_int_equal (rubric->log_lines_per_query, 1); /* an older file does not say */
  assert_int_equal (rubric->cycles_min_percent, 100);
  assert_string_equal (rubric->not_enabled_vmx, "3-6,0x10");
  assert_string_equal (rubric->not_enabled_svm, "");
}

/* The rows of a rubric are those of a grade, in their order. */
static void
test_row_names (void **state)
{
  for (guint row = 0; row < RUBRIC_ROWS; row++)
    {
      g_autoptr (GString) text = g_string_new (RUBRIC_TEXT);
      g_autofree char *optional = g_strdup_printf ("optional = %s\n", row_name ((RowKind) row));
      assert_int_equal (g_string_replace (text, "optional = sums,  cost\n", optional, 1), 1);
      g_autofree char *path = put_file (*state, "x.conf", text->str);
      g_autoptr (Rubric) rubric = NULL;
      assert_true (rubric_load (path, &rubric, NULL));
      for (guint other = 0; other < RUBRIC_ROWS; other++)
        assert_int_equal (rubric->optional[other], other == row);
    }
}

/* Puts `with` in the place of `what` and expects the error. */
static void
mistake (const char *dir, const char *what, const char *with, const char *expected)
{
  g_autoptr (GString) text = g_string_new (RUBRIC_TEXT);
  assert_int_equal (g_string_replace (text, what, with, 1), 1);
  g_autofree char *path = put_file (dir, "x.conf", text->str);
  Rubric *rubric = NULL;
  g_autoptr (GError) error = NULL;
  assert_false (rubric_load (path, &rubric, &error));
  assert_failed (error, HARNESS_ERROR_USAGE, expected);
  assert_null (rubric);
}

static void
test_mistakes (void **state)
{
  mistake (*state, "isa = svm", "isa = tdx", "x.conf:5: isa is \"tdx\"; try: vmx or svm");
  mistake (*state, "fastpath = either", "fastpath = both", "x.conf:11: fastpath is \"both\"; try: counted or either");
  mistake (*state, "sums,  cost", "sums, costs", "x.conf:8: optional has \"costs\", which is no row");
  mistake (*state, "a/b/ c.h", "a/b/ /etc/", "x.conf:7: allowed has \"/etc/\"; try: paths below the kernel's top folder");
  mistake (*state, "a/b/ c.h", "a/../b", "x.conf:7: allowed has \"a/../b\"");
  mistake (*state, "allowed = a/b/ c.h", "allowed =", "x.conf:7: allowed is empty");
  mistake (*state, "secret = s s", "secret =", "x.conf:6: secret is empty");
  mistake (*state, "cost = 13", "cost = 1001", "x.conf:25: cost is \"1001\"; try: a whole number from 0 to 1000");
  mistake (*state, "cost = 13", "cost = -1", "x.conf:25: cost is \"-1\"");
  mistake (*state, "fastpath = either", "fastpath = either\ntold_by = post", "x.conf:12: told_by is \"post\"; try: leaves or log");
  mistake (*state, "fastpath = either", "fastpath = either\ntold_by = log", "x.conf:12: told_by is \"log\", which has one round; try: empty again_vmx and again_svm");
  mistake (*state, "cost = 13", "costs = 1", "x.conf:25: unknown key \"costs\" in [points]");
  mistake (*state, "cost = 13\n", "", "x.conf:12: no \"cost\" in [points]");
  mistake (*state, "cycles_min_percent = 100", "cycles_min_percent = 101", "x.conf:32: cycles_min_percent is \"101\"");
  mistake (*state, "vmx = 3-6,0x10", "vmx = 3-6, 16", "x.conf:34: vmx is \"3-6, 16\"; try: reasons and ranges as in 3-6,11,33, or none");
  mistake (*state, "svm =\n", "svm = 6-3\n", "x.conf:35: svm is \"6-3\"");
  mistake (*state, "svm =\n", "svm = 4294967296\n", "x.conf:35: svm is \"4294967296\"");
  mistake (*state, "[limits]", "[limit]", "x.conf:27: unknown group [limit]");
}

static void
test_no_points (void **state)
{
  g_autoptr (GRegex) points = g_regex_new ("(?<=[a-z] = )[0-9]+(?=\\n)", 0, 0, NULL);
  g_autofree char *text = g_regex_replace (points, RUBRIC_TEXT, -1, 0, "0", 0, NULL);
  g_autofree char *path = put_file (*state, "x.conf", text);
  Rubric *rubric = NULL;
  g_autoptr (GError) error = NULL;
  assert_false (rubric_load (path, &rubric, &error));
  assert_failed (error, HARNESS_ERROR_USAGE, "x.conf:13: no row has any points; try: at least one");
}

static void
test_unreadable (void **state)
{
  g_autofree char *path = g_build_filename (*state, "none.conf", NULL);
  Rubric *rubric = NULL;
  g_autoptr (GError) error = NULL;
  assert_false (rubric_load (path, &rubric, &error));
  assert_text_has (error->message, "none.conf");
  rubric_free (NULL);
}

#define FOLDER_TEST(f) cmocka_unit_test_setup_teardown (f, folder_setup, folder_teardown)

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_committed), FOLDER_TEST (test_values), FOLDER_TEST (test_lines_per_query), FOLDER_TEST (test_visibility), FOLDER_TEST (test_row_names), FOLDER_TEST (test_mistakes), FOLDER_TEST (test_no_points), FOLDER_TEST (test_unreadable),
  };
  return cmocka_run_group_tests_name ("rubric", tests, NULL, NULL);
}

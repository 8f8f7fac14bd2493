/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What other programs import: Classroom 50, SARIF, Canvas, Moodle; each read again by the rules of its reader, and with hostile texts in every member. */
#include "unit/grade-fixture.h"

#include <json-glib/json-glib.h>

#include "grade/grade-classroom50.h"
#include "grade/grade-gradescope.h"
#include "grade/grade-lms.h"
#include "grade/grade-sarif.h"
#include "report/csv-read.h"

static JsonObject *
parse (JsonParser *parser, const GString *text)
{
  g_autoptr (GError) error = NULL;

  json_parser_load_from_data (parser, text->str, (gssize) text->len, &error);
  assert_no_failure (error);
  return json_node_get_object (json_parser_get_root (parser));
}

/* --- Classroom 50 ----------------------------------------------------------------------------- */

/* Whole numbers, and the whole is the sum of its tests, as its collector checks. */
static void
assert_sums (const GString *text, gint64 score, gint64 max_score)
{
  g_autoptr (JsonParser) parser = json_parser_new ();
  JsonObject *root = parse (parser, text);
  JsonArray *tests = json_object_get_array_member (root, "tests");
  gint64 sum = 0, max_sum = 0;

  assert_string_equal (json_object_get_string_member (root, "schema"), "classroom50/result/v1");
  for (guint i = 0; i < json_array_get_length (tests); i++)
    {
      JsonObject *test = json_array_get_object_element (tests, i);

      assert_true (json_object_has_member (test, "test-name") && json_object_has_member (test, "passed"));
      const gint64 one = json_object_get_int_member (test, "score"), most = json_object_get_int_member (test, "max-score");

      assert_true (0 <= one && one <= most);
      sum += one;
      max_sum += most;
    }
  assert_int_equal (json_object_get_int_member (root, "score"), sum);
  assert_int_equal (json_object_get_int_member (root, "max-score"), max_sum);
  assert_int_equal (sum, score);
  assert_int_equal (max_sum, max_score);
}

static void
test_classroom50 (void **state)
{
  g_autoptr (GPtrArray) grades = fixture_grades ();
  static const gboolean scored[] = { TRUE, TRUE, TRUE, FALSE, FALSE, TRUE };

  (void) state;
  for (guint i = 0; i < grades->len; i++)
    {
      const Grade *grade = g_ptr_array_index (grades, i);
      GString *text = grade_classroom50 (grade);

      assert_int_equal (text != NULL, scored[i]);
      if (text == NULL)
        continue;
      if (grade->rows->len != 1)
        assert_sums (text, (grade->points + 50) / 100, i == 2 ? grade->max_points / 100 : 100);
      g_string_free (text, TRUE);
    }
}

/* Thirds of points come out whole, and none is lost. */
static void
test_classroom50_rounds (void **state)
{
  Grade *grade = fixture_head ("x", VERDICT_PARTIAL, STAGE_CHECKS, BLAME_STUDENT, "");

  (void) state;
  for (guint i = 0; i < 3; i++)
    fixture_row (grade, (RowKind) i, ROW_FAILED, 333, 1000, "");
  fixture_row (grade, ROW_COST, ROW_SKIPPED, 0, 0, "");
  g_ptr_array_add (grade->warnings, g_strdup ("unused variable"));
  grade->points = 949; /* the warning costs half a point */
  grade->max_points = 3000;
  GString *text = grade_classroom50 (grade);
  assert_sums (text, 9, 30);
  assert_text_has (text->str, "compiler-warnings");
  assert_null (strstr (text->str, "\"cost\""));
  g_string_free (text, TRUE);
  grade_free (grade);
}

/* --- SARIF ------------------------------------------------------------------------------------ */

/* What GitHub asks of a result: a rule, words, and a place. Gives how many there are. */
static guint
read_sarif (const GString *text)
{
  g_autoptr (JsonParser) parser = json_parser_new ();
  JsonObject *run = json_array_get_object_element (json_object_get_array_member (parse (parser, text), "runs"), 0);
  JsonObject *driver = json_object_get_object_member (json_object_get_object_member (run, "tool"), "driver");
  JsonArray *results = json_object_get_array_member (run, "results");
  g_autoptr (GHashTable) rules = g_hash_table_new (g_str_hash, g_str_equal);
  JsonArray *array = json_object_get_array_member (driver, "rules");

  for (guint i = 0; i < json_array_get_length (array); i++)
    assert_true (g_hash_table_add (rules, (gpointer) json_object_get_string_member (json_array_get_object_element (array, i), "id")));
  for (guint i = 0; i < json_array_get_length (results); i++)
    {
      JsonObject *result = json_array_get_object_element (results, i);

      assert_true (g_hash_table_contains (rules, json_object_get_string_member (result, "ruleId")));
      assert_true (json_object_has_member (json_object_get_object_member (result, "message"), "text"));
      assert_true (json_array_get_length (json_object_get_array_member (result, "locations")) > 0);
    }
  return json_array_get_length (results);
}

static void
test_sarif (void **state)
{
  g_autoptr (GPtrArray) grades = fixture_grades ();
  static const guint results[] = { 0, 2, 1, 0, 0, 0 }; /* as many as rows lost points or the compiler named lines */

  (void) state;
  for (guint i = 0; i < grades->len; i++)
    {
      g_autoptr (GString) text = grade_sarif (g_ptr_array_index (grades, i));

      assert_int_equal (read_sarif (text), results[i]);
      assert_text_has (text->str, "toolExecutionNotifications");
    }
  g_autoptr (GString) partial = grade_sarif (g_ptr_array_index (grades, 1));
  assert_text_has (partial->str, "\"uri\": \"arch/x86/kvm/cpuid.c\"");
  assert_text_has (partial->str, "\"startLine\": 1530");
}

/* What the compiler said is put where it said it; what is no place is none. */
static void
test_sarif_compiler (void **state)
{
  Grade *grade = fixture_head ("x", VERDICT_FAILED, STAGE_BUILD, BLAME_STUDENT, "it does not compile");

  (void) state;
  grade->details = g_strdup ("arch/x86/kvm/cpuid.c:17:5: error: expected ';'\n  17 | u32 x\nmy file.c:3: no\n:5: no\na:0: no\na:99999999999999999999: no\nb.c:7\n");
  g_autoptr (GString) text = grade_sarif (grade);
  assert_int_equal (read_sarif (text), 1);
  assert_text_has (text->str, "\"startLine\": 17");
  assert_text_has (text->str, "text\": \"error: expected ';'");
  grade_free (grade);
}

/* --- learning platforms ----------------------------------------------------------------------- */

static GPtrArray *
class_of (const char *const *names, guint n)
{
  GPtrArray *grades = g_ptr_array_new_with_free_func ((GDestroyNotify) grade_free);

  for (guint i = 0; i < n; i++)
    {
      Grade *grade = fixture_head (names[i], i == 1 ? VERDICT_NEEDS_BASE : VERDICT_PARTIAL, STAGE_CHECKS, BLAME_STUDENT, "=1+1, \"half\"");

      grade->points = 8750;
      g_ptr_array_add (grades, grade);
    }
  return grades;
}

static void
test_sheets (void **state)
{
  static const char *const names[] = { "doejane_12345", "roe_2", "no number_", "_7", "plain", "M\xfcller_99" };
  g_autoptr (GPtrArray) grades = class_of (names, G_N_ELEMENTS (names));
  g_autoptr (GString) canvas = grades_canvas (grades, "Exits, \"counted\"", 10000), moodle = grades_moodle (grades, 20000);

  (void) state;
  assert_string_equal (canvas->str, "Student,ID,SIS Login ID,Section,\"Exits, \"\"counted\"\"\"\n    Points Possible,,,,100.00\n"
                                    "doejane,12345,,,87.50\nM\xef\xbf\xbdller,99,,,87.50\n");
  assert_text_has (moodle->str, "Identifier,Full name,Grade,Maximum grade,Last modified (grade),Feedback comments\nParticipant 12345,doejane,175.00,200.00,");
  assert_null (strstr (moodle->str, ",=")); /* no formula */
  assert_null (strstr (moodle->str, "roe"));
}

/* --- Gradescope's rows that are not for everybody ----------------------------------------------- */

static void
test_visibility (void **state)
{
  g_autoptr (Grade) grade = fixture_passed ();
  Rubric rubric = { 0 };

  (void) state;
  rubric.visibility[ROW_STABILITY] = VISIBLE_TO_STAFF;
  g_autoptr (GString) text = grade_gradescope (grade, &rubric, FALSE);
  const char *row = strstr (text->str, "\"name\": \"stability\"");
  assert_non_null (row);
  assert_text_has (row, "\"visibility\": \"hidden\"");
  assert_text_has (strstr (text->str, "\"name\": \"registers\""), "\"visibility\": \"visible\"");
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_classroom50), cmocka_unit_test (test_classroom50_rounds), cmocka_unit_test (test_sarif),
    cmocka_unit_test (test_sarif_compiler), cmocka_unit_test (test_sheets), cmocka_unit_test (test_visibility),
  };
  return cmocka_run_group_tests (tests, NULL, NULL);
}

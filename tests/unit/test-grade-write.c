/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A handful of grades in each format: golden files, a strict reader of each format, and hostile texts in every member. */
#include "unit/golden.h"
#include "unit/grade-fixture.h"

#include <json-glib/json-glib.h>
#include <libxml/HTMLparser.h>
#include <libxml/parser.h>
#include <libxml/xpath.h>

#include "grade/grade-csv.h"
#include "grade/grade-gradescope.h"
#include "grade/grade-html.h"
#include "grade/grade-json.h"
#include "grade/grade-junit.h"
#include "grade/grade-md.h"
#include "grade/grade-words.h"
#include "report/csv-read.h"

typedef GString *(*Maker) (const Grade *grade);

/* Without the style sheets, which are not what is tested here. */
static GString *
html_body (const Grade *grade)
{
  GString *page = grade_html (grade);
  const char *body = strstr (page->str, "<body");
  assert_non_null (body);
  return g_string_erase (page, 0, body - page->str);
}

static GString *
gradescope (const Grade *grade)
{
  return grade_gradescope (grade, NULL, FALSE);
}

static void
assert_all_golden (Maker make, guint n, const char *format, const char *extension)
{
  g_autoptr (GPtrArray) grades = fixture_grades ();

  for (guint i = 0; i < n; i++)
    {
      g_autoptr (GString) text = make (g_ptr_array_index (grades, i));
      g_autofree char *name = g_strdup_printf ("grade/%s/%s.%s", format, fixture_names[i], extension);
      assert_true (g_utf8_validate_len (text->str, text->len, NULL));
      assert_golden (name, text->str, text->len);
    }
}

static void
test_golden (void **state)
{
  (void) state;
  assert_all_golden (grade_json, 5, "json", "json"); /* the hostile one is long; it goes round below */
  assert_all_golden (grade_md, 6, "md", "md");
  assert_all_golden (html_body, 6, "html", "html");
  assert_all_golden (gradescope, 6, "gradescope", "json");
}

static void
test_golden_lists (void **state)
{
  g_autoptr (GPtrArray) grades = fixture_grades ();
  g_autoptr (GString) csv = grades_csv (grades), xml = grades_junit (grades), lines = g_string_new (NULL);

  (void) state;
  assert_golden ("grade/grades.csv", csv->str, csv->len);
  assert_golden ("grade/junit.xml", xml->str, xml->len);
  for (guint i = 0; i < grades->len; i++)
    {
      g_autofree char *line = grade_summary_line (g_ptr_array_index (grades, i));
      assert_null (strpbrk (line, "\n\r\x1b\x7f"));
      g_string_append_printf (lines, "%s\n", line);
    }
  assert_golden ("grade/lines.txt", lines->str, lines->len);
}

/* --- grade.json and back ---------------------------------------------------------------------- */

static void
test_round_trip (void **state)
{
  g_autoptr (GPtrArray) grades = fixture_grades ();

  (void) state;
  for (guint i = 0; i < grades->len; i++)
    {
      g_autoptr (GString) text = grade_json (g_ptr_array_index (grades, i));
      g_autoptr (GError) error = NULL;
      g_autoptr (Grade) grade = NULL;

      assert_true (grade_json_read (text->str, text->len, &grade, &error) || (assert_no_failure (error), 0));
      g_autoptr (GString) again = grade_json (grade);
      assert_string_equal (again->str, text->str);
    }
}

static void
test_read_members (void **state)
{
  g_autoptr (Grade) made = fixture_partial ();
  g_autoptr (GString) text = grade_json (made);
  g_autoptr (Grade) grade = NULL;

  (void) state;
  assert_true (grade_json_read (text->str, text->len, &grade, NULL));
  assert_string_equal (grade->submission, "hw/bob smith/assignment-3.zip");
  assert_int_equal (grade->verdict, VERDICT_PARTIAL);
  assert_int_equal (grade->blame, BLAME_STUDENT);
  assert_int_equal (grade->points, 6500);
  assert_null (grade->details);
  assert_string_equal (grade->carried, FIXTURE_DIFF);
  assert_int_equal (grade->rows->len, 6);
  const GradeRow *row = grade_find_row (grade, ROW_TOTAL_CYCLES);
  assert_int_equal (row->points, 500);
  assert_int_equal (row->cases_ok, 1);
  assert_int_equal (row->cases_total, 16);
  assert_int_equal (row->cases->len, 16);
  assert_false (((const GradeCase *) g_ptr_array_index (row->cases, 0))->ok);
  assert_string_equal (g_ptr_array_index (row->where, 1), "arch/x86/kvm/cpuid.c:1530: ebx = 0;");
  assert_int_equal (grade->total_ms, 29001);
}

/* Only the last two lines differ between two gradings, of which the first is `times`. */
static void
test_times_are_last (void **state)
{
  g_autoptr (Grade) grade = fixture_partial ();
  g_autoptr (GString) first = grade_json (grade);

  (void) state;
  grade->begun += 86400;
  grade->build_ms = grade->lab_ms = grade->total_ms = 1;
  g_autoptr (GString) second = grade_json (grade);
  const gsize same = (gsize) (strstr (first->str, "  \"times\":") - first->str);
  assert_memory_equal (first->str, second->str, same);
  assert_string_not_equal (first->str, second->str);
  assert_string_equal (strchr (first->str + same, '\n'), "\n}\n");
}

static void
assert_damaged (const char *text, gsize size)
{
  g_autoptr (Grade) grade = NULL;
  g_autoptr (GError) error = NULL;

  if (grade_json_read (text, size, &grade, &error))
    fail_msg ("read in spite of damage: %.*s", (int) size, text);
  assert_non_null (error);
  assert_int_equal (error->domain, HARNESS_ERROR);
  assert_null (grade);
}

static void
assert_replaced_damaged (const char *from, const char *to)
{
  g_autoptr (Grade) grade = fixture_partial ();
  g_autoptr (GString) text = grade_json (grade);

  assert_int_equal (g_string_replace (text, from, to, 1), 1);
  assert_damaged (text->str, text->len);
}

static void
test_damaged (void **state)
{
  static const char *const replaced[][2] = {
    { "\"grade-1\"", "\"grade-2\"" },      { "\"partial\"", "\"splendid\"" },      { "65.00", "65.0" },         { "65.00", "65" },
    { "65.00", "-65.00" },                 { "65.00", "1e999" },                  { "65.00", "\"65.00\"" },    { "65.00", "null" },
    { "\"cases_ok\": 24", "\"cases_ok\": 25" }, { "\"cases_total\": 24", "\"cases_total\": 2" }, { "\"ok\": true", "\"ok\": 1" },
    { "\"total-cycles\"", "\"total-exits\"" }, { "\"begun\": 1769860800", "\"begun\": -1" },    { "\"notes\"", "\"Notes\"" },
    { "  \"notes\"", "   \"notes\"" },     { "{\n", "{ // comment\n" },           { "\"times\": {", "\"times\": {\"times\": 1, " },
    { "\"details\": null", "\"details\": 1" }, { "\"where\": [", "\"where\": [7," }, { "bob", "b\\u006fb" },
  };
  g_autoptr (Grade) grade = fixture_partial ();
  g_autoptr (GString) text = grade_json (grade);

  (void) state;
  for (guint i = 0; i < G_N_ELEMENTS (replaced); i++)
    assert_replaced_damaged (replaced[i][0], replaced[i][1]);
  for (gsize size = 0; size < text->len; size += size < 400 ? 1 : 997)
    assert_damaged (text->str, size);
  g_string_append_c (text, '\n');
  assert_damaged (text->str, text->len);
  assert_damaged ("[]\n", 3);
  assert_damaged ("\xff\n", 2);
}

/* Brackets, also behind what only json-glib takes for a text or a comment. */
static void
test_deep (void **state)
{
  static const char *const starts[] = { "", "['\"', ", "/* \" */", "# \"\n", "{\"a\": " };

  (void) state;
  for (guint i = 0; i < G_N_ELEMENTS (starts); i++)
    {
      g_autoptr (GString) text = g_string_new (starts[i]);
      for (guint n = 0; n < 1000000; n++)
        g_string_append_c (text, '[');
      assert_damaged (text->str, text->len);
    }
}

/* --- grades.csv ------------------------------------------------------------------------------- */

static void
test_csv (void **state)
{
  g_autoptr (GPtrArray) grades = fixture_grades ();
  g_autoptr (CsvTable) table = NULL;
  g_autoptr (GError) error = NULL;
  guint submission, score;

  (void) state;
  /* The reader refuses control characters, which a path may have. */
  Grade *hostile = g_ptr_array_index (grades, 5);
  fixture_text (&hostile->submission, "evil, \"<script>\"\n=1+1.zip");
  fixture_text (&hostile->kernel, "6.1");
  g_autoptr (GString) text = grades_csv (grades);
  csv_read (text->str, text->len, &table, &error);
  assert_no_failure (error);
  assert_int_equal (csv_rows (table), 6);
  assert_true (csv_column (table, "submission", &submission, NULL));
  assert_true (csv_column (table, "score", &score, NULL));
  assert_string_equal (csv_field (table, 5, submission), "evil, \"<script>\"\n=1+1.zip");
  assert_string_equal (csv_field (table, 0, score), "100.00");
  assert_string_equal (csv_field (table, 2, score), "0.00");
  assert_string_equal (csv_field (table, 3, score), "");
  assert_string_equal (csv_field (table, 4, score), "");
}

/* --- JUnit ------------------------------------------------------------------------------------ */

static guint
count_nodes (xmlDoc *document, const char *path)
{
  xmlXPathContext *context = xmlXPathNewContext (document);
  xmlXPathObject *found = xmlXPathEvalExpression ((const xmlChar *) path, context);
  const guint n = found->nodesetval != NULL ? (guint) found->nodesetval->nodeNr : 0;

  xmlXPathFreeObject (found);
  xmlXPathFreeContext (context);
  return n;
}

static void
test_junit (void **state)
{
  g_autoptr (GPtrArray) grades = fixture_grades ();
  g_autoptr (GString) text = grades_junit (grades);
  xmlDoc *document = xmlReadMemory (text->str, (int) text->len, NULL, NULL, XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING);

  (void) state;
  assert_non_null (document);
  assert_int_equal (count_nodes (document, "/testsuites/testsuite"), 6);
  assert_int_equal (count_nodes (document, "//testcase[count(failure|error|skipped) > 1]"), 0);
  assert_int_equal (count_nodes (document, "//testsuite[@name='alice.zip']//failure"), 0);
  assert_int_equal (count_nodes (document, "//testsuite[contains(@name, 'bob')]/testcase/failure"), 2);
  assert_int_equal (count_nodes (document, "//testsuite[@name='carol.tar.gz']/testcase[@name='build']/failure"), 1);
  assert_int_equal (count_nodes (document, "//testsuite[@name='dave.zip']/testcase[@name='carry']/skipped[@message]"), 1);
  assert_int_equal (count_nodes (document, "//testsuite[@name='erin.mbox']/testcase[@name='l1-boot']/error"), 1);
  assert_int_equal (count_nodes (document, "//testsuite[@tests=count(testcase) and @failures=count(testcase/failure) and @errors=count(testcase/error) and "
                                           "@skipped=count(testcase/skipped)]"), 6);
  assert_int_equal (count_nodes (document, "/testsuites[@tests=count(//testcase) and @failures=count(//failure)]"), 1);
  assert_int_equal (count_nodes (document, "//testsuite[@timestamp='2026-01-31T12:00:00' and @time='29.001']"), 2);
  assert_int_equal (count_nodes (document, "//script"), 0);
  assert_int_equal (count_nodes (document, "//failure[contains(., ']]>')]"), 2);
  xmlFreeDoc (document);
}

static void
test_junit_log_is_capped (void **state)
{
  g_autoptr (GPtrArray) grades = g_ptr_array_new_with_free_func ((GDestroyNotify) grade_free);
  g_autoptr (GString) log = g_string_new ("first\n");
  Grade *grade = fixture_no_build ();

  (void) state;
  for (guint i = 0; i < 100000; i++)
    g_string_append_printf (log, "line %u ]]>\n", i);
  g_string_append (log, "last");
  fixture_text (&grade->details, log->str);
  g_ptr_array_add (grades, grade);
  g_autoptr (GString) text = grades_junit (grades);
  assert_true (text->len > 100000 && text->len < 250000);
  assert_text_has (text->str, "[CDATA[first\n");
  assert_text_has (text->str, "\nlast]]>");
  assert_text_has (text->str, "bytes are left out here");
}

/* --- Gradescope ------------------------------------------------------------------------------- */

/* What Gradescope asks of the file; gives whether it has a score, and how many tests. */
static gboolean
read_gradescope (const GString *text, guint *tests)
{
  g_autoptr (JsonParser) parser = json_parser_new ();

  assert_true (json_parser_load_from_data (parser, text->str, (gssize) text->len, NULL));
  JsonObject *root = json_node_get_object (json_parser_get_root (parser));
  JsonArray *array = json_object_get_array_member (root, "tests");
  const gboolean scored = json_object_has_member (root, "score");
  *tests = json_array_get_length (array);
  for (guint i = 0; i < *tests; i++)
    {
      JsonObject *test = json_array_get_object_element (array, i);
      assert_int_equal (json_object_has_member (test, "score"), scored);
      assert_int_equal (json_object_has_member (test, "max_score"), scored);
      assert_string_equal (json_object_get_string_member (test, "visibility"), "visible");
      assert_string_equal (json_object_get_string_member (test, "output_format"), "text");
    }
  assert_true (json_object_has_member (json_object_get_object_member (root, "extra_data"), "fingerprint"));
  return scored;
}

static void
test_gradescope (void **state)
{
  g_autoptr (GPtrArray) grades = fixture_grades ();
  static const gboolean scored[] = { TRUE, TRUE, TRUE, FALSE, FALSE, TRUE };
  static const guint n_tests[] = { 4, 6, 1, 1, 1, 1 };

  (void) state;
  for (guint i = 0; i < grades->len; i++)
    {
      g_autoptr (GString) text = grade_gradescope (g_ptr_array_index (grades, i), NULL, FALSE);
      guint tests;
      assert_int_equal (read_gradescope (text, &tests), scored[i]);
      assert_int_equal (tests, n_tests[i]);
      if (!scored[i])
        assert_text_has (text->str, "no grade and no zero");
    }
}

static void
test_gradescope_so_far (void **state)
{
  g_autoptr (Grade) grade = fixture_partial ();
  g_autoptr (GString) some = NULL, none = NULL;
  guint tests;

  (void) state;
  g_ptr_array_set_size (grade->rows, 2);
  some = grade_gradescope (grade, NULL, TRUE);
  assert_true (read_gradescope (some, &tests));
  assert_int_equal (tests, 2);
  assert_text_has (some->str, "\"score\": 25.00");
  assert_text_has (some->str, "So far: 2 rows");
  g_ptr_array_set_size (grade->rows, 0);
  none = grade_gradescope (grade, NULL, TRUE);
  assert_false (read_gradescope (none, &tests));
  assert_int_equal (tests, 0);
  assert_golden ("grade/gradescope-so-far.json", some->str, some->len);
}

/* --- grade.html ------------------------------------------------------------------------------- */

/* As a parser of HTML sees it. */
static void
assert_inert (const xmlNode *node, guint *elements)
{
  for (; node != NULL; node = node->next)
    {
      if (node->type != XML_ELEMENT_NODE)
        continue;
      ++*elements;
      if (strcmp ((const char *) node->name, "script") == 0)
        fail_msg ("a script");
      for (const xmlAttr *attribute = node->properties; attribute != NULL; attribute = attribute->next)
        {
          const char *value = attribute->children != NULL ? (const char *) attribute->children->content : "";
          if (g_str_has_prefix ((const char *) attribute->name, "on") || strcmp ((const char *) attribute->name, "src") == 0 ||
              (strcmp ((const char *) attribute->name, "href") == 0 && *value != '#'))
            fail_msg ("%s=\"%s\"", (const char *) attribute->name, value);
        }
      assert_inert (node->children, elements);
    }
}

static void
test_html_is_inert (void **state)
{
  g_autoptr (GPtrArray) grades = fixture_grades ();

  (void) state;
  for (guint i = 0; i < grades->len; i++)
    {
      g_autoptr (GString) page = grade_html (g_ptr_array_index (grades, i));
      xmlDoc *document = htmlReadMemory (page->str, (int) page->len, NULL, "UTF-8", HTML_PARSE_NOERROR | HTML_PARSE_NOWARNING | HTML_PARSE_NONET);
      guint elements = 0;

      assert_non_null (document);
      assert_inert (xmlDocGetRootElement (document), &elements);
      xmlFreeDoc (document);
      assert_true (elements > 20);
      assert_text_has (page->str, "content=\"default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'\"");
    }
}

/* --- words ------------------------------------------------------------------------------------ */

static void
test_lines (void **state)
{
  guint more;
  g_auto (GStrv) lines = words_lines ("a\tb\r\n\n\xff\nlast\nmore", 4, &more);
  g_autofree char *long_line = g_strnfill (5000, 'x');
  g_auto (GStrv) cut = words_lines (long_line, 10, NULL);

  (void) state;
  assert_int_equal (g_strv_length (lines), 4);
  assert_int_equal (more, 1);
  assert_string_equal (lines[0], "a       b");
  assert_string_equal (lines[1], "");
  assert_string_equal (lines[2], "\xef\xbf\xbd");
  assert_string_equal (lines[3], "last");
  assert_int_equal (strlen (cut[0]), 1003);
}

static void
test_capped (void **state)
{
  g_autofree char *letters = g_strnfill (1000, 'x'), *capped = words_capped (letters, 100), *whole = words_capped (letters, 1000);
  g_autoptr (GString) wide = g_string_new (NULL);

  (void) state;
  assert_string_equal (whole, letters);
  assert_text_has (capped, "\n[… 900 bytes are left out here …]\n");
  for (guint i = 0; i < 1000; i++)
    g_string_append (wide, "\u20ac");
  for (gsize limit = 90; limit < 96; limit++)
    {
      g_autofree char *euros = words_capped (wide->str, limit);
      assert_true (g_utf8_validate (euros, -1, NULL));
    }
}

/* 65.00 in rows, and one point off. */
static void
test_warnings_cost (void **state)
{
  g_autoptr (Grade) grade = fixture_partial ();

  (void) state;
  assert_int_equal (words_warnings_cost (grade), 0);
  grade->points = 6400;
  assert_int_equal (words_warnings_cost (grade), 100);
  g_autoptr (GString) md = grade_md (grade), html = grade_html (grade), results = grade_gradescope (grade, NULL, FALSE);
  assert_text_has (md->str, "| compiler warnings | −1.00 |");
  assert_text_has (html->str, "Compiler warnings</a></th><td class=\"n\">−1.00</td>");
  assert_text_has (results->str, "warnings cost 1.00 points");
  assert_text_has (results->str, "\"score\": 64.00");
  grade->stage = STAGE_L2_BOOT;
  assert_int_equal (words_warnings_cost (grade), 0);
}

/* Lists that a submission can make long are cut, and say so. */
static void
test_long_lists (void **state)
{
  g_autoptr (Grade) grade = fixture_partial ();
  const GradeRow *row = grade_find_row (grade, ROW_REGISTERS);

  (void) state;
  for (guint i = 0; i < 1000; i++)
    {
      g_ptr_array_add (grade->notes, g_strdup ("a note"));
      g_ptr_array_add (grade->warnings, g_strdup ("a warning"));
      g_ptr_array_add (row->where, g_strdup ("x.c:1: x"));
    }
  g_autoptr (GString) md = grade_md (grade), html = grade_html (grade);
  g_auto (GStrv) notes = g_strsplit (md->str, "- a note\n", -1), warnings = g_strsplit (html->str, "<li><code>a warning</code>", -1);
  assert_int_equal (g_strv_length (notes), WORDS_NOTES - 2 + 1);
  assert_int_equal (g_strv_length (warnings), WORDS_WARNINGS - 1 + 1);
  assert_text_has (md->str, "… and 802 more");
  assert_text_has (md->str, "… and 951 more");
  assert_text_has (md->str, "… and 981 more");
  assert_text_has (html->str, "… and 802 more");
  assert_text_has (html->str, "… and 951 more");
  assert_text_has (html->str, "… and 981 more");
}

static void
test_command (void **state)
{
  g_autoptr (Grade) partial = fixture_partial (), needs_base = fixture_needs_base ();
  g_autofree char *one = words_command (partial), *two = words_command (needs_base);

  (void) state;
  assert_string_equal (one, "./harness grade 'hw/bob smith/assignment-3.zip' --assignment a3 --isa vmx");
  fixture_text (&partial->leaf_map_how, "as asked");
  fixture_text (&partial->isa, "vmx+svm");
  g_autofree char *asked = words_command (partial);
  assert_string_equal (asked, "./harness grade 'hw/bob smith/assignment-3.zip' --assignment a3 --leaf-map A");
  assert_string_equal (two, "./harness grade 'dave.zip' --assignment a3 --isa vmx");
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_golden),        cmocka_unit_test (test_golden_lists),         cmocka_unit_test (test_round_trip),
    cmocka_unit_test (test_read_members),  cmocka_unit_test (test_times_are_last),       cmocka_unit_test (test_damaged),
    cmocka_unit_test (test_deep),          cmocka_unit_test (test_csv),                  cmocka_unit_test (test_junit),
    cmocka_unit_test (test_junit_log_is_capped), cmocka_unit_test (test_gradescope),     cmocka_unit_test (test_gradescope_so_far),
    cmocka_unit_test (test_html_is_inert), cmocka_unit_test (test_warnings_cost), cmocka_unit_test (test_long_lists), cmocka_unit_test (test_lines),         cmocka_unit_test (test_capped),               cmocka_unit_test (test_command),
  };
  return cmocka_run_group_tests (tests, NULL, NULL);
}

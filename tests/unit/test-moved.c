/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Two grades beside each other: what moved, why, and how it is written; and the pace of a batch. */
#include "unit/unit.h"

#include "cli/pace.h"
#include "grade/grade-html.h"
#include "grade/grade-json.h"
#include "grade/grade-md.h"
#include "grade/moved.h"

static void
add_row (Grade *grade, RowKind kind, gint64 points, gint64 max_points, const char *reason)
{
  GradeRow *row = grade_row_new (kind);
  row->points = points;
  row->max_points = max_points;
  row->status = points == max_points ? ROW_PASSED : ROW_FAILED;
  grade_set_text (&row->reason, reason);
  grade->points += points;
  grade->max_points += max_points;
  g_ptr_array_add (grade->rows, row);
}

static Grade *
new_grade (void)
{
  Grade *grade = grade_new ();
  grade_set_text (&grade->submission, "alice.zip");
  grade_set_text (&grade->assignment, "a3");
  grade_set_text (&grade->leaf_map, "A");
  add_row (grade, ROW_TOTAL_EXITS, 1000, 1000, "right");
  add_row (grade, ROW_COST, 0, 500, "slow");
  grade_end (grade, STAGE_CHECKS, VERDICT_PARTIAL, BLAME_STUDENT, "1 of 2 rows passed.", NULL);
  return grade;
}

static JudgedBy *
new_by (void)
{
  JudgedBy *by = judged_by_new ();
  grade_set_text (&by->harness, "0.5.0");
  grade_set_text (&by->leaf_map, "auto");
  return by;
}

static void
assert_sentence (const Moved *moved, guint number, const char *text)
{
  g_auto (GStrv) sentences = moved_sentences (moved);
  assert_string_equal (sentences[number], text);
}

static void
test_nothing (void **state)
{
  (void) state;
  g_autoptr (Grade) before = new_grade (), now = new_grade ();
  g_autoptr (JudgedBy) by = new_by ();
  now->moved = moved_new (before, by, now, by);
  assert_true (moved_nothing (now->moved));
  assert_sentence (now->moved, 0,
                   "Judged again from what was kept when it was built and run. Rubric, leaf maps and "
                   "harness are the same.");
  assert_sentence (now->moved, 1, "Nothing moved: 10.00 of 15.00, partial, map A.");
  g_autoptr (GString) md = grade_md (now), html = grade_html (now), json = grade_json (now),
                      old_json = grade_json (before), old_md = grade_md (before);
  assert_text_has (md->str, "\n## What moved\n\nJudged again");
  assert_text_has (html->str, "<h2>What moved</h2>");
  assert_null (strstr (old_md->str, "What moved"));
  assert_string_equal (json->str, old_json->str);
}

static void
test_rows (void **state)
{
  (void) state;
  g_autoptr (Grade) before = new_grade (), now = grade_new ();
  g_autoptr (JudgedBy) by_before = new_by (), by_now = new_by ();
  grade_set_text (&now->assignment, "my.conf");
  add_row (now, ROW_TOTAL_EXITS, 1000, 1000, "right, but");
  add_row (now, ROW_SUMS, 250, 500, "<half>");
  grade_end (now, STAGE_CHECKS, VERDICT_PARTIAL, BLAME_STUDENT, "", NULL);
  grade_set_text (&by_now->rubric, "another");
  now->moved = moved_new (before, by_before, now, by_now);
  assert_false (moved_nothing (now->moved));
  g_autofree char *rows = moved_rows_text (now->moved);
  assert_string_equal (rows, "total-exits: 10.00 of 10.00, passed -> 10.00 of 10.00, passed, for another "
                             "reason; sums: not asked -> 2.50 of 5.00, failed; "
                             "cost: 0.00 of 5.00, failed -> not asked");
  assert_sentence (
    now->moved, 0,
    "Judged again from what was kept when it was built and run. The rubric is my.conf, and was a3.");
  assert_sentence (now->moved, 1, "Before: 10.00 of 15.00, partial, map A. Now: 12.50 of 15.00, partial.");
  g_autoptr (GString) md = grade_md (now);
  assert_text_has (md->str,
                   "\n| row | before | now |\n|---|---|---|\n| total-exits | 10.00 of 10.00, passed |");
  const MovedEntry entries[] = { { "alice.zip", before, now, NULL },
                                 { "=bob", before, before, "no evidence" },
                                 { "carol", NULL, NULL, "nothing" } };
  g_autoptr (GString) csv = moved_csv (entries, G_N_ELEMENTS (entries));
  assert_text_has (csv->str, "\nalice.zip,yes,yes,10.00,15.00,partial,12.50,15.00,partial,\"total-exits: ");
  assert_text_has (
    csv->str,
    "\n'=bob,no,,10.00,15.00,partial,10.00,15.00,partial,,no evidence\ncarol,no,,,,,,,,,nothing\n");
}

static void
assert_why (const JudgedBy *before, const JudgedBy *now, const char *why)
{
  g_autoptr (Grade) grade = new_grade ();
  g_autoptr (Moved) moved = moved_new (grade, before, grade, now);
  assert_string_equal (moved->why, why);
}

static void
test_why (void **state)
{
  (void) state;
  g_autoptr (JudgedBy) before = new_by (), now = new_by ();
  assert_why (NULL, now, "By what it was judged before was not kept.");
  grade_set_text (&now->build, "b");
  assert_why (before, now, "The harness is another build of 0.5.0.");
  grade_set_text (&now->harness, "0.6.0");
  grade_set_text (&now->rubric, "r");
  assert_why (before, now, "The rubric a3 was changed. The harness is 0.6.0, and was 0.5.0.");
  g_autoptr (JudgedBy) maps = new_by ();
  grade_set_text (&maps->leaf_maps, "m");
  grade_set_text (&maps->leaf_map, "B");
  grade_set_text (&maps->reasons, "n");
  assert_why (
    before, maps,
    "The leaf maps were changed. --leaf-map is B, and was auto. The tables of exit reasons were changed.");
}

static void
test_unknown (void **state)
{
  (void) state;
  g_autoptr (Grade) now = new_grade ();
  g_autoptr (JudgedBy) by = new_by ();
  g_autoptr (Moved) moved = moved_new (NULL, NULL, now, by);
  assert_sentence (moved, 1,
                   "The earlier grade is not there any more. Now: 10.00 of 15.00, partial, map A.");
  now->verdict = VERDICT_NEEDS_BASE;
  g_autoptr (Moved) unscored = moved_new (now, by, now, by);
  assert_sentence (unscored, 1, "Nothing moved: none of 15.00, needs-base, map A.");
}

static void
test_judged_by (void **state)
{
  (void) state;
  g_autoptr (JudgedBy) by = new_by (), back = NULL;
  grade_set_text (&by->submission, "a \"b\".zip");
  g_autoptr (GString) text = judged_by_json (by);
  assert_true (judged_by_read (text->str, text->len, &back, NULL));
  assert_string_equal (back->submission, by->submission);
  assert_string_equal (back->harness, "0.5.0");
  static const char *const wrong[] = {
    "", "{}", "[]", "{\"schema\": \"judged-2\"}", "{\"schema\": \"judged-1\"}", "{\"schema\": [[[]]]}"
  };
  for (guint i = 0; i < G_N_ELEMENTS (wrong); i++)
    {
      g_autoptr (GError) error = NULL;
      JudgedBy *none = NULL;
      assert_false (judged_by_read (wrong[i], strlen (wrong[i]), &none, &error));
      assert_non_null (error);
      assert_null (none);
    }
}

static void
test_pace (void **state)
{
  (void) state;
  static const struct {
    guint done, total, fresh;
    double elapsed_s;
    const char *text;
  } cases[] = {
    { 0, 150, 0, 3, "0 of 150" },
    { 12, 150, 12, 180, "12 of 150, 4.0 a minute, about 34 min left" },
    { 12, 150, 2, 60, "12 of 150, 2.0 a minute, about 69 min left" },
    { 2, 5, 2, 30, "2 of 5, 4.0 a minute, about 45 s left" },
    { 100, 1000, 100, 9, "100 of 1000, 11 a second, about 81 s left" },
    { 1, 200, 1, 120, "1 of 200, 30.0 an hour, about 6.6 h left" },
    { 149, 150, 149, 10, "149 of 150" },
    { 150, 150, 150, 600, "150 of 150" },
  };
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *text = pace_text (cases[i].done, cases[i].total, cases[i].fresh, cases[i].elapsed_s);
      assert_string_equal (text, cases[i].text);
    }
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_nothing), cmocka_unit_test (test_rows),      cmocka_unit_test (test_why),
    cmocka_unit_test (test_unknown), cmocka_unit_test (test_judged_by), cmocka_unit_test (test_pace),
  };
  return cmocka_run_group_tests (tests, NULL, NULL);
}

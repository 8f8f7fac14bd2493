/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Gradescope's members; see grade-gradescope.h. */
#include "grade/grade-gradescope.h"

#include "grade/grade-words.h"
#include "grade/json-put.h"

#define OUTPUT_MAX 50000u /* bytes of one output */

/* Control characters are nothing that somebody should see in a browser. */
static void
put_output (JsonPut *json, const GString *text)
{
  g_autofree char *capped = words_capped (text->str, OUTPUT_MAX);
  g_autoptr (GString) out = g_string_new (NULL);

  for (const char *at = capped; *at != '\0'; at = g_utf8_next_char (at))
    {
      const gunichar c = g_utf8_get_char (at);
      g_string_append_unichar (out, g_unichar_iscntrl (c) && c != '\n' && c != '\t' ? 0xfffd : c);
    }
  json_put_text (json, "output", out->str);
  json_put_text (json, "output_format", "text");
}

static void
say_row (GString *text, const GradeRow *row)
{
  const guint failed = row->cases_total - row->cases_ok;
  guint shown = 0;

  g_string_append_printf (text, "%s\n", row->reason);
  if (row->cases_total > 0)
    g_string_append_printf (text, "%u of %u cases are right.\n", row->cases_ok, row->cases_total);
  if (!words_row_lost (row))
    return;
  g_string_append_printf (text, "%s\n", words_row_about (row->kind));
  for (guint i = 0; i < row->cases->len && shown < WORDS_CASES; i++)
    {
      const GradeCase *one = g_ptr_array_index (row->cases, i);
      if (one->ok)
        continue;
      g_string_append_printf (text, "- %s: expected %s, seen %s\n", one->what, one->expected, one->seen);
      shown++;
    }
  if (failed > shown)
    g_string_append_printf (text, "- … and %u more\n", failed - shown);
  for (guint i = 0; i < row->where->len; i++)
    g_string_append_printf (text, "Look at %s\n", (const char *) g_ptr_array_index (row->where, i));
}

/* A row that is not judged neither passed nor failed: it has no status, and 0 of 0 points. */
static void
put_row (JsonPut *json, const GradeRow *row, const char *visibility, guint number, gboolean scored)
{
  g_autoptr (GString) text = g_string_new (NULL);
  g_autofree char *number_text = g_strdup_printf ("%u", number);

  say_row (text, row);
  json_put_begin (json, NULL, '{');
  json_put_text (json, "number", number_text);
  json_put_text (json, "name", row_name (row->kind));
  if (scored)
    {
      json_put_hundredths (json, "score", row->points);
      json_put_hundredths (json, "max_score", row->max_points);
    }
  if (row->status != ROW_SKIPPED)
    json_put_text (json, "status", row_status_name (row->status));
  put_output (json, text);
  json_put_text (json, "visibility", visibility);
  json_put_end (json, '}');
}

/* What was not judged row by row is one test of the stage that ended it. */
static void
put_stage (JsonPut *json, const Grade *grade)
{
  g_autoptr (GString) text = g_string_new (grade->reason);

  g_string_append_printf (text, "\n%s\n", grade->details != NULL ? grade->details : "");
  json_put_begin (json, NULL, '{');
  json_put_text (json, "number", "1");
  json_put_text (json, "name", stage_name (grade->stage));
  if (grade_is_scored (grade))
    {
      json_put_hundredths (json, "score", grade->points);
      json_put_hundredths (json, "max_score", grade->max_points);
      json_put_text (json, "status", "failed");
    }
  put_output (json, text);
  json_put_text (json, "visibility", "visible");
  json_put_end (json, '}');
}

static void
put_tests (JsonPut *json, const Grade *grade, const Rubric *rubric, gboolean unfinished)
{
  json_put_begin (json, "tests", '[');
  if (grade->rows->len == 0 && !unfinished)
    put_stage (json, grade);
  for (guint i = 0; i < grade->rows->len; i++)
    {
      const GradeRow *row = g_ptr_array_index (grade->rows, i);

      put_row (json, row, rubric ? rubric_visibility_name (rubric->visibility[row->kind]) : "visible", i + 1, grade_is_scored (grade));
    }
  json_put_end (json, ']');
}

static gint64
points_so_far (const Grade *grade)
{
  gint64 points = 0;

  for (guint i = 0; i < grade->rows->len; i++)
    points += ((const GradeRow *) g_ptr_array_index (grade->rows, i))->points;
  return points;
}

static void
say_texts (GString *text, const char *title, const GPtrArray *texts)
{
  if (texts->len > 0)
    g_string_append_printf (text, "\n%s:\n", title);
  for (guint i = 0; i < texts->len; i++)
    g_string_append_printf (text, "- %s\n", (const char *) g_ptr_array_index (texts, i));
}

static void
say_whole (GString *text, const Grade *grade)
{
  const char *unscored = words_unscored (grade);

  g_string_append_printf (text, "%s: %s\n", words_verdict (grade), grade->reason);
  if (unscored != NULL)
    g_string_append_printf (text, "%s\n", unscored);
  if (grade->stage != STAGE_CHECKS)
    g_string_append_printf (text, "It ended at the stage %s.\n", stage_name (grade->stage));
  if (grade->details != NULL)
    g_string_append_printf (text, "\n%s\n", grade->details);
  if (words_warnings_cost (grade) > 0)
    {
      g_autofree char *cost = grade_points_text (words_warnings_cost (grade));
      g_string_append_printf (text, "The compiler's warnings cost %s points.\n", cost);
    }
  say_texts (text, "Compiler warnings", grade->warnings);
  say_texts (text, "Notes", grade->notes);
  if (grade->left_out[0] != '\0')
    g_string_append_printf (text, "\nWhat was left out, as another kernel version's own or without a place in the lab's kernel:\n%s\n", grade->left_out);
}

static void
put_extra (JsonPut *json, const Grade *grade, gboolean unfinished)
{
  json_put_begin (json, "extra_data", '{');
  json_put_flag (json, "unfinished", unfinished);
  json_put_text (json, "verdict", unfinished ? NULL : verdict_name (grade->verdict));
  json_put_text (json, "stage", stage_name (grade->stage));
  json_put_text (json, "blame", unfinished ? NULL : blame_name (grade->blame));
  json_put_text (json, "assignment", grade->assignment);
  json_put_text (json, "leaf_map", grade->leaf_map);
  json_put_text (json, "isa", grade->isa);
  json_put_text (json, "kernel", grade->kernel);
  json_put_text (json, "sha256", grade->sha256);
  json_put_text (json, "fingerprint", grade->fingerprint);
  json_put_hundredths (json, "max_score", grade->max_points);
  json_put_end (json, '}');
}

GString *
grade_gradescope (const Grade *grade, const Rubric *rubric, gboolean unfinished)
{
  JsonPut json = { .out = g_string_new (NULL) };
  g_autoptr (GString) text = g_string_new (NULL);

  json_put_begin (&json, NULL, '{');
  if (unfinished && grade->rows->len > 0)
    json_put_hundredths (&json, "score", points_so_far (grade));
  else if (!unfinished && grade_is_scored (grade))
    json_put_hundredths (&json, "score", grade->points);
  json_put_thousandths (&json, "execution_time", grade->total_ms);
  if (unfinished)
    g_string_append_printf (text, "So far: %u rows are judged, the stage is %s. This is not the whole grade: if it stays like this, grading was cut short and has to be repeated.\n",
                            grade->rows->len, stage_name (grade->stage));
  else
    say_whole (text, grade);
  put_output (&json, text);
  json_put_text (&json, "visibility", "visible");
  json_put_text (&json, "stdout_visibility", "hidden");
  put_tests (&json, grade, rubric, unfinished);
  put_extra (&json, grade, unfinished);
  json_put_end (&json, '}');
  return json.out;
}

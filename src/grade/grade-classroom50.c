/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Classroom 50's members; see grade-classroom50.h. */
#include "grade/grade-classroom50.h"

#include "grade/grade-words.h"
#include "grade/json-put.h"

#define SCHEMA "classroom50/result/v1"

/* Hundredths, so far; what there is of the whole is never passed: what warnings cost is taken from the last rows. */
typedef struct {
  gint64 points, max_points, most;
} Sum;

static gint64
whole (gint64 hundredths)
{
  return (MAX (hundredths, 0) + 50) / 100;
}

static gint64
score_so_far (const Sum *sum)
{
  return whole (MIN (sum->points, sum->most));
}

static void
put_test (JsonPut *json, Sum *sum, const char *name, gboolean passed, gint64 points, gint64 max_points, const char *reason)
{
  const gint64 score = score_so_far (sum), max_score = whole (sum->max_points);

  sum->points += points;
  sum->max_points += max_points;
  json_put_text (json, "test-name", name);
  json_put_flag (json, "passed", passed);
  json_put_number (json, "score", score_so_far (sum) - score);
  json_put_number (json, "max-score", whole (sum->max_points) - max_score);
  json_put_text (json, "reason", reason);
}

static void
put_row (JsonPut *json, Sum *sum, const GradeRow *row)
{
  if (row->status == ROW_SKIPPED)
    return;
  json_put_begin (json, NULL, '{');
  put_test (json, sum, row_name (row->kind), row->status == ROW_PASSED, row->points, row->max_points, row->reason);
  json_put_texts (json, "where", row->where);
  json_put_end (json, '}');
}

static void
put_whole (JsonPut *json, Sum *sum, const char *name, gint64 points, gint64 max_points, const char *reason)
{
  json_put_begin (json, NULL, '{');
  put_test (json, sum, name, FALSE, points, max_points, reason);
  json_put_end (json, '}');
}

static void
put_warnings (JsonPut *json, Sum *sum, gint64 cost)
{
  g_autofree char *points = grade_points_text (cost);
  g_autofree char *reason = g_strdup_printf ("the compiler's warnings cost %s points, which the last of the other tests lack", points);

  put_whole (json, sum, "compiler-warnings", 0, 0, reason);
}

static void
put_tests (JsonPut *json, Sum *sum, const Grade *grade)
{
  const gint64 cost = words_warnings_cost (grade);

  json_put_begin (json, "tests", '[');
  if (grade->rows->len == 0)
    put_whole (json, sum, stage_name (grade->stage), grade->points, grade->max_points, grade->reason);
  for (guint i = 0; i < grade->rows->len; i++)
    put_row (json, sum, g_ptr_array_index (grade->rows, i));
  if (cost > 0)
    put_warnings (json, sum, cost);
  json_put_end (json, ']');
}

GString *
grade_classroom50 (const Grade *grade)
{
  JsonPut json = { 0 };
  Sum sum = { .most = grade->points };

  if (!grade_is_scored (grade))
    return NULL;
  json.out = g_string_new (NULL);
  json_put_begin (&json, NULL, '{');
  json_put_text (&json, "schema", SCHEMA);
  put_tests (&json, &sum, grade);
  json_put_number (&json, "score", score_so_far (&sum));
  json_put_number (&json, "max-score", whole (sum.max_points));
  json_put_end (&json, '}');
  return json.out;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A grade as JSON. What reads it back is grade-json-read.c. */
#include "grade/grade-json.h"

#include "grade/json-put.h"

static void
put_case (JsonPut *json, const GradeCase *one)
{
  json_put_begin_flat (json, NULL, '{');
  json_put_text (json, "what", one->what);
  json_put_text (json, "expected", one->expected);
  json_put_text (json, "seen", one->seen);
  json_put_flag (json, "ok", one->ok);
  json_put_end (json, '}');
}

static void
put_row (JsonPut *json, const GradeRow *row)
{
  json_put_begin (json, NULL, '{');
  json_put_text (json, "name", row_name (row->kind));
  json_put_text (json, "status", row_status_name (row->status));
  json_put_hundredths (json, "score", row->points);
  json_put_hundredths (json, "max_score", row->max_points);
  json_put_text (json, "reason", row->reason);
  json_put_texts (json, "where", row->where);
  json_put_number (json, "cases_ok", row->cases_ok);
  json_put_number (json, "cases_total", row->cases_total);
  json_put_begin (json, "cases", '[');
  for (guint i = 0; i < row->cases->len; i++)
    put_case (json, g_ptr_array_index (row->cases, i));
  json_put_end (json, ']');
  json_put_end (json, '}');
}

static void
put_outcome (JsonPut *json, const Grade *grade)
{
  json_put_text (json, "schema", "grade-1");
  json_put_text (json, "submission", grade->submission);
  if (grade->given[0] != '\0')
    json_put_text (json, "given", grade->given);
  json_put_text (json, "sha256", grade->sha256);
  json_put_text (json, "assignment", grade->assignment);
  json_put_text (json, "verdict", verdict_name (grade->verdict));
  json_put_text (json, "stage", stage_name (grade->stage));
  json_put_text (json, "blame", blame_name (grade->blame));
  json_put_text (json, "reason", grade->reason);
  json_put_text (json, "details", grade->details);
  json_put_text (json, "leaf_map", grade->leaf_map);
  json_put_text (json, "leaf_map_how", grade->leaf_map_how);
  json_put_text (json, "isa", grade->isa);
  json_put_text (json, "kernel", grade->kernel);
  if (grade->sandbox[0] != '\0')
    json_put_text (json, "sandbox", grade->sandbox);
  json_put_text (json, "fingerprint", grade->fingerprint);
  if (grade_is_scored (grade))
    json_put_hundredths (json, "score", grade->points);
  else
    json_put_text (json, "score", NULL);
  json_put_hundredths (json, "max_score", grade->max_points);
}

static void
put_times (JsonPut *json, const Grade *grade)
{
  json_put_begin_flat (json, "times", '{');
  json_put_number (json, "begun", grade->begun);
  json_put_number (json, "build_ms", grade->build_ms);
  json_put_number (json, "lab_ms", grade->lab_ms);
  json_put_number (json, "total_ms", grade->total_ms);
  json_put_end (json, '}');
}

GString *
grade_json (const Grade *grade)
{
  JsonPut json = { .out = g_string_new (NULL) };

  json_put_begin (&json, NULL, '{');
  put_outcome (&json, grade);
  json_put_begin (&json, "tests", '[');
  for (guint i = 0; i < grade->rows->len; i++)
    put_row (&json, g_ptr_array_index (grade->rows, i));
  json_put_end (&json, ']');
  json_put_texts (&json, "notes", grade->notes);
  json_put_texts (&json, "warnings", grade->warnings);
  json_put_text (&json, "carried", grade->carried);
  json_put_text (&json, "left_out", grade->left_out);
  if (grade->own_lines[0] != '\0')
    json_put_text (&json, "own_lines", grade->own_lines);
  put_times (&json, grade);
  json_put_end (&json, '}');
  return json.out;
}

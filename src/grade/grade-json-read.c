/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * grade.json back to a grade. json-glib takes more than JSON (comments, numbers for texts, a member twice): what it understood is written
 * again and must give the same bytes, so nothing of that passes.
 */
#include <math.h>
#include <string.h>

#include "base/error.h"
#include "grade/grade-json.h"
#include "grade/json-take.h"

#define DEPTH_MAX 8u /* a case stands in its grade's fourth */
#define POINTS_MAX 1e12

static gboolean
read_points (JsonObject *object, const char *name, gint64 *hundredths, GError **error)
{
  JsonNode *node = json_take_member (object, name, JSON_NODE_VALUE, error);

  if (node == NULL)
    return FALSE;
  const double value = json_node_get_value_type (node) == G_TYPE_DOUBLE ? json_node_get_double (node) : -1;
  if (!(value >= 0 && value <= POINTS_MAX))
    return fail (error, HARNESS_ERROR_FAILED, "damaged: member \"%s\" is no number of points", name);
  *hundredths = llround (value * 100);
  return TRUE;
}

static const char *
name_of_verdict (guint value)
{
  return verdict_name ((Verdict) value);
}

static const char *
name_of_stage (guint value)
{
  return stage_name ((Stage) value);
}

static const char *
name_of_blame (guint value)
{
  return blame_name ((Blame) value);
}

static const char *
name_of_row (guint value)
{
  return row_name ((RowKind) value);
}

static const char *
name_of_status (guint value)
{
  return row_status_name ((RowStatus) value);
}

static gboolean
read_case (JsonNode *node, GradeRow *row, GError **error)
{
  g_autofree char *what = NULL, *expected = NULL, *seen = NULL;
  gboolean passed;
  JsonObject *object = JSON_NODE_HOLDS_OBJECT (node) ? json_node_get_object (node) : NULL;

  if (object == NULL)
    return fail (error, HARNESS_ERROR_FAILED, "damaged: a case is no object");
  if (!json_take_text (object, "what", &what, error) || !json_take_text (object, "expected", &expected, error) || !json_take_text (object, "seen", &seen, error))
    return FALSE;
  if (!json_take_flag (object, "ok", &passed, error))
    return FALSE;
  grade_case_add (row, passed, g_steal_pointer (&what), g_steal_pointer (&expected), g_steal_pointer (&seen));
  return TRUE;
}

/* grade_case_add() counts those that are here; how many there were says the file. */
static gboolean
read_cases (JsonObject *object, GradeRow *row, GError **error)
{
  JsonNode *node = json_take_member (object, "cases", JSON_NODE_ARRAY, error);
  JsonArray *array = node != NULL ? json_node_get_array (node) : NULL;
  gint64 ok = 0, total = 0;

  if (array == NULL || !json_take_number (object, "cases_ok", G_MAXUINT, &ok, error) || !json_take_number (object, "cases_total", G_MAXUINT, &total, error))
    return FALSE;
  const guint n = json_array_get_length (array);
  if (n > GRADE_CASES_MAX || n > total || ok > total)
    return fail (error, HARNESS_ERROR_FAILED, "damaged: more cases than there may be");
  for (guint i = 0; i < n; i++)
    if (!read_case (json_array_get_element (array, i), row, error))
      return FALSE;
  row->cases_ok = (guint) ok;
  row->cases_total = (guint) total;
  return TRUE;
}

static gboolean
read_row_texts (JsonObject *object, GradeRow *row, GError **error)
{
  return json_take_text (object, "reason", &row->reason, error) && json_take_texts (object, "where", row->where, error) && read_cases (object, row, error);
}

static gboolean
read_row (JsonNode *node, Grade *grade, GError **error)
{
  JsonObject *object = JSON_NODE_HOLDS_OBJECT (node) ? json_node_get_object (node) : NULL;
  guint kind = 0, status = 0;

  if (object == NULL)
    return fail (error, HARNESS_ERROR_FAILED, "damaged: a test is no object");
  if (!json_take_name (object, "name", name_of_row, GRADE_ROWS, &kind, error) ||
      !json_take_name (object, "status", name_of_status, ROW_SKIPPED + 1, &status, error))
    return FALSE;
  if (grade_find_row (grade, (RowKind) kind) != NULL)
    return fail (error, HARNESS_ERROR_FAILED, "damaged: test \"%s\" is there twice", row_name ((RowKind) kind));
  GradeRow *row = grade_row_new ((RowKind) kind);
  g_ptr_array_add (grade->rows, row);
  row->status = (RowStatus) status;
  return read_points (object, "score", &row->points, error) && read_points (object, "max_score", &row->max_points, error) &&
         read_row_texts (object, row, error);
}

static gboolean
read_rows (JsonObject *object, Grade *grade, GError **error)
{
  JsonNode *node = json_take_member (object, "tests", JSON_NODE_ARRAY, error);
  JsonArray *array = node != NULL ? json_node_get_array (node) : NULL;

  for (guint i = 0; array != NULL && i < json_array_get_length (array); i++)
    if (!read_row (json_array_get_element (array, i), grade, error))
      return FALSE;
  return array != NULL;
}

static gboolean
read_outcome (JsonObject *object, Grade *grade, GError **error)
{
  guint verdict = 0, stage = 0, blame = 0;

  if (!json_take_name (object, "verdict", name_of_verdict, VERDICT_INFRASTRUCTURE + 1, &verdict, error) ||
      !json_take_name (object, "stage", name_of_stage, STAGE_CHECKS + 1, &stage, error) ||
      !json_take_name (object, "blame", name_of_blame, BLAME_INFRASTRUCTURE + 1, &blame, error))
    return FALSE;
  grade->verdict = (Verdict) verdict;
  grade->stage = (Stage) stage;
  grade->blame = (Blame) blame;
  if (grade_is_scored (grade) && !read_points (object, "score", &grade->points, error))
    return FALSE;
  return read_points (object, "max_score", &grade->max_points, error) && json_take_text_or_null (object, "details", &grade->details, error);
}

static gboolean
read_texts_of (JsonObject *object, Grade *grade, GError **error)
{
  const struct {
    const char *name;
    char **text;
  } texts[] = {
    { "submission", &grade->submission }, { "sha256", &grade->sha256 },     { "assignment", &grade->assignment },
    { "reason", &grade->reason },         { "leaf_map", &grade->leaf_map }, { "leaf_map_how", &grade->leaf_map_how },
    { "isa", &grade->isa },               { "kernel", &grade->kernel },     { "fingerprint", &grade->fingerprint },
    { "carried", &grade->carried },       { "left_out", &grade->left_out },
  };

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    if (!json_take_text (object, texts[i].name, texts[i].text, error))
      return FALSE;
  /* These are there where there is something to say. */
  if ((json_object_has_member (object, "given") && !json_take_text (object, "given", &grade->given, error))
      || (json_object_has_member (object, "sandbox") && !json_take_text (object, "sandbox", &grade->sandbox, error))
      || (json_object_has_member (object, "own_lines") && !json_take_text (object, "own_lines", &grade->own_lines, error)))
    return FALSE;
  return json_take_texts (object, "notes", grade->notes, error) && json_take_texts (object, "warnings", grade->warnings, error);
}

static gboolean
read_times (JsonObject *object, Grade *grade, GError **error)
{
  JsonNode *node = json_take_member (object, "times", JSON_NODE_OBJECT, error);
  JsonObject *times = node != NULL ? json_node_get_object (node) : NULL;

  return times != NULL && json_take_number (times, "begun", G_MAXINT64, &grade->begun, error) &&
         json_take_number (times, "build_ms", G_MAXINT64, &grade->build_ms, error) && json_take_number (times, "lab_ms", G_MAXINT64, &grade->lab_ms, error) &&
         json_take_number (times, "total_ms", G_MAXINT64, &grade->total_ms, error);
}

static gboolean
read_document (JsonObject *object, Grade *grade, GError **error)
{
  g_autofree char *schema = NULL;

  if (!json_take_text (object, "schema", &schema, error))
    return FALSE;
  if (strcmp (schema, "grade-1") != 0)
    return fail (error, HARNESS_ERROR_FAILED, "schema \"%s\" is not grade-1: another version of the harness wrote it", schema);
  return read_outcome (object, grade, error) && read_texts_of (object, grade, error) && read_rows (object, grade, error) && read_times (object, grade, error);
}

gboolean
grade_json_read (const char *text, gsize size, Grade **grade, GError **error)
{
  g_autoptr (JsonParser) parser = NULL;
  g_autoptr (Grade) made = grade_new ();

  if (!json_take_open (text, size, GRADE_JSON_MAX, DEPTH_MAX, &parser, error) || !read_document (json_take_root (parser), made, error))
    return FALSE;
  g_autoptr (GString) again = grade_json (made);
  if (again->len != size || memcmp (again->str, text, size) != 0)
    return fail (error, HARNESS_ERROR_FAILED, "damaged: it is not to the byte what is written for such a grade");
  *grade = g_steal_pointer (&made);
  return TRUE;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * grade.json back to a grade. json-glib takes more than JSON (comments, numbers for texts, a member twice): what it understood is written
 * again and must give the same bytes, so nothing of that passes. Its parser recurses, so the depth is looked at first.
 */
#include <json-glib/json-glib.h>
#include <math.h>
#include <string.h>

#include "base/error.h"
#include "grade/grade-json.h"

#define DEPTH_MAX 8u /* a case stands in its grade's fourth */
#define POINTS_MAX 1e12

/* A member of that type; NULL and an error if there is none. */
static JsonNode *
member (JsonObject *object, const char *name, JsonNodeType type, GError **error)
{
  JsonNode *node = json_object_get_member (object, name);

  if (node != NULL && json_node_get_node_type (node) == type)
    return node;
  fail (error, HARNESS_ERROR_FAILED, "damaged: member \"%s\" is missing or of another type", name);
  return NULL;
}

static gboolean
read_text (JsonObject *object, const char *name, char **text, GError **error)
{
  JsonNode *node = member (object, name, JSON_NODE_VALUE, error);

  if (node == NULL)
    return FALSE;
  if (json_node_get_value_type (node) != G_TYPE_STRING)
    return fail (error, HARNESS_ERROR_FAILED, "damaged: member \"%s\" is no text", name);
  g_free (*text);
  *text = json_node_dup_string (node);
  return TRUE;
}

/* null gives NULL. */
static gboolean
read_text_or_null (JsonObject *object, const char *name, char **text, GError **error)
{
  JsonNode *node = json_object_get_member (object, name);

  if (node != NULL && json_node_get_node_type (node) == JSON_NODE_NULL)
    return TRUE;
  return read_text (object, name, text, error);
}

static gboolean
read_number (JsonObject *object, const char *name, gint64 max, gint64 *value, GError **error)
{
  JsonNode *node = member (object, name, JSON_NODE_VALUE, error);

  if (node == NULL)
    return FALSE;
  if (json_node_get_value_type (node) != G_TYPE_INT64 || json_node_get_int (node) < 0 || json_node_get_int (node) > max)
    return fail (error, HARNESS_ERROR_FAILED, "damaged: member \"%s\" is no number, or out of range", name);
  *value = json_node_get_int (node);
  return TRUE;
}

static gboolean
read_points (JsonObject *object, const char *name, gint64 *hundredths, GError **error)
{
  JsonNode *node = member (object, name, JSON_NODE_VALUE, error);

  if (node == NULL)
    return FALSE;
  const double value = json_node_get_value_type (node) == G_TYPE_DOUBLE ? json_node_get_double (node) : -1;
  if (!(value >= 0 && value <= POINTS_MAX))
    return fail (error, HARNESS_ERROR_FAILED, "damaged: member \"%s\" is no number of points", name);
  *hundredths = llround (value * 100);
  return TRUE;
}

/* The place of a name in 0 … n - 1, as `name_of` gives them. */
static gboolean
read_name (JsonObject *object, const char *member_name, const char *(*name_of) (guint), guint n, guint *value, GError **error)
{
  g_autofree char *text = NULL;

  if (!read_text (object, member_name, &text, error))
    return FALSE;
  for (guint i = 0; i < n; i++)
    if (strcmp (name_of (i), text) == 0)
      {
        *value = i;
        return TRUE;
      }
  return fail (error, HARNESS_ERROR_FAILED, "damaged: %s is \"%s\"", member_name, text);
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
read_texts (JsonObject *object, const char *name, GPtrArray *texts, GError **error)
{
  JsonNode *node = member (object, name, JSON_NODE_ARRAY, error);
  JsonArray *array = node != NULL ? json_node_get_array (node) : NULL;

  for (guint i = 0; array != NULL && i < json_array_get_length (array); i++)
    {
      JsonNode *element = json_array_get_element (array, i);
      if (json_node_get_node_type (element) != JSON_NODE_VALUE || json_node_get_value_type (element) != G_TYPE_STRING)
        return fail (error, HARNESS_ERROR_FAILED, "damaged: an element of \"%s\" is no text", name);
      g_ptr_array_add (texts, json_node_dup_string (element));
    }
  return array != NULL;
}

static gboolean
read_case (JsonNode *node, GradeRow *row, GError **error)
{
  g_autofree char *what = NULL, *expected = NULL, *seen = NULL;
  JsonObject *object = JSON_NODE_HOLDS_OBJECT (node) ? json_node_get_object (node) : NULL;

  if (object == NULL)
    return fail (error, HARNESS_ERROR_FAILED, "damaged: a case is no object");
  if (!read_text (object, "what", &what, error) || !read_text (object, "expected", &expected, error) || !read_text (object, "seen", &seen, error))
    return FALSE;
  JsonNode *ok = member (object, "ok", JSON_NODE_VALUE, error);
  if (ok == NULL)
    return FALSE;
  if (json_node_get_value_type (ok) != G_TYPE_BOOLEAN)
    return fail (error, HARNESS_ERROR_FAILED, "damaged: member \"ok\" is neither true nor false");
  const gboolean passed = json_node_get_boolean (ok);
  grade_case_add (row, passed, g_steal_pointer (&what), g_steal_pointer (&expected), g_steal_pointer (&seen));
  return TRUE;
}

/* grade_case_add() counts those that are here; how many there were says the file. */
static gboolean
read_cases (JsonObject *object, GradeRow *row, GError **error)
{
  JsonNode *node = member (object, "cases", JSON_NODE_ARRAY, error);
  JsonArray *array = node != NULL ? json_node_get_array (node) : NULL;
  gint64 ok = 0, total = 0;

  if (array == NULL || !read_number (object, "cases_ok", G_MAXUINT, &ok, error) || !read_number (object, "cases_total", G_MAXUINT, &total, error))
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
  return read_text (object, "reason", &row->reason, error) && read_texts (object, "where", row->where, error) && read_cases (object, row, error);
}

static gboolean
read_row (JsonNode *node, Grade *grade, GError **error)
{
  JsonObject *object = JSON_NODE_HOLDS_OBJECT (node) ? json_node_get_object (node) : NULL;
  guint kind = 0, status = 0;

  if (object == NULL)
    return fail (error, HARNESS_ERROR_FAILED, "damaged: a test is no object");
  if (!read_name (object, "name", name_of_row, GRADE_ROWS, &kind, error) ||
      !read_name (object, "status", name_of_status, ROW_SKIPPED + 1, &status, error))
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
  JsonNode *node = member (object, "tests", JSON_NODE_ARRAY, error);
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

  if (!read_name (object, "verdict", name_of_verdict, VERDICT_INFRASTRUCTURE + 1, &verdict, error) ||
      !read_name (object, "stage", name_of_stage, STAGE_CHECKS + 1, &stage, error) ||
      !read_name (object, "blame", name_of_blame, BLAME_INFRASTRUCTURE + 1, &blame, error))
    return FALSE;
  grade->verdict = (Verdict) verdict;
  grade->stage = (Stage) stage;
  grade->blame = (Blame) blame;
  if (grade_is_scored (grade) && !read_points (object, "score", &grade->points, error))
    return FALSE;
  return read_points (object, "max_score", &grade->max_points, error) && read_text_or_null (object, "details", &grade->details, error);
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
    if (!read_text (object, texts[i].name, texts[i].text, error))
      return FALSE;
  /* These two are there where there is something to say. */
  if ((json_object_has_member (object, "given") && !read_text (object, "given", &grade->given, error))
      || (json_object_has_member (object, "own_lines") && !read_text (object, "own_lines", &grade->own_lines, error)))
    return FALSE;
  return read_texts (object, "notes", grade->notes, error) && read_texts (object, "warnings", grade->warnings, error);
}

static gboolean
read_times (JsonObject *object, Grade *grade, GError **error)
{
  JsonNode *node = member (object, "times", JSON_NODE_OBJECT, error);
  JsonObject *times = node != NULL ? json_node_get_object (node) : NULL;

  return times != NULL && read_number (times, "begun", G_MAXINT64, &grade->begun, error) &&
         read_number (times, "build_ms", G_MAXINT64, &grade->build_ms, error) && read_number (times, "lab_ms", G_MAXINT64, &grade->lab_ms, error) &&
         read_number (times, "total_ms", G_MAXINT64, &grade->total_ms, error);
}

/* Outside of texts nothing but what our JSON has: no comment, no other quotes, in which brackets could hide; and they nest no deeper than a grade's do. */
static gboolean
is_plain (const char *text, gsize size)
{
  guint depth = 0;
  gboolean quoted = FALSE;

  for (gsize i = 0; i < size; i++)
    {
      if (quoted && text[i] == '\\')
        i++;
      else if (text[i] == '"')
        quoted = !quoted;
      else if (quoted)
        continue;
      else if (text[i] == '{' || text[i] == '[')
        depth++;
      else if ((text[i] == '}' || text[i] == ']') && depth > 0)
        depth--;
      else if (text[i] == '\0' || strchr (",:-.0123456789truefalsn \n", text[i]) == NULL)
        return FALSE;
      if (depth > DEPTH_MAX)
        return FALSE;
    }
  return !quoted;
}

static gboolean
read_document (JsonObject *object, Grade *grade, GError **error)
{
  g_autofree char *schema = NULL;

  if (!read_text (object, "schema", &schema, error))
    return FALSE;
  if (strcmp (schema, "grade-1") != 0)
    return fail (error, HARNESS_ERROR_FAILED, "schema \"%s\" is not grade-1: another version of the harness wrote it", schema);
  return read_outcome (object, grade, error) && read_texts_of (object, grade, error) && read_rows (object, grade, error) && read_times (object, grade, error);
}

gboolean
grade_json_read (const char *text, gsize size, Grade **grade, GError **error)
{
  g_autoptr (JsonParser) parser = json_parser_new_immutable ();
  g_autoptr (Grade) made = grade_new ();
  g_autoptr (GError) cause = NULL;

  if (size == 0 || size > GRADE_JSON_MAX || !g_utf8_validate_len (text, size, NULL))
    return fail (error, HARNESS_ERROR_FAILED, "damaged: empty, too large, or not UTF-8");
  if (!is_plain (text, size))
    return fail (error, HARNESS_ERROR_FAILED, "damaged: not the JSON of a grade");
  if (!json_parser_load_from_data (parser, text, (gssize) size, &cause))
    return fail (error, HARNESS_ERROR_FAILED, "damaged: %s", cause->message);
  JsonNode *root = json_parser_get_root (parser);
  if (root == NULL || !JSON_NODE_HOLDS_OBJECT (root))
    return fail (error, HARNESS_ERROR_FAILED, "damaged: no object");
  if (!read_document (json_node_get_object (root), made, error))
    return FALSE;
  g_autoptr (GString) again = grade_json (made);
  if (again->len != size || memcmp (again->str, text, size) != 0)
    return fail (error, HARNESS_ERROR_FAILED, "damaged: it is not to the byte what is written for such a grade");
  *grade = g_steal_pointer (&made);
  return TRUE;
}

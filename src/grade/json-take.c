/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Members of JSON documents, strictly; see json-take.h. */
#include "grade/json-take.h"

#include <string.h>

#include "base/error.h"

JsonNode *
json_take_member (JsonObject *object, const char *name, JsonNodeType type, GError **error)
{
  JsonNode *node = json_object_get_member (object, name);

  if (node != NULL && json_node_get_node_type (node) == type)
    return node;
  fail (error, HARNESS_ERROR_FAILED, "damaged: member \"%s\" is missing or of another type", name);
  return NULL;
}

gboolean
json_take_text (JsonObject *object, const char *name, char **text, GError **error)
{
  JsonNode *node = json_take_member (object, name, JSON_NODE_VALUE, error);

  if (node == NULL)
    return FALSE;
  if (json_node_get_value_type (node) != G_TYPE_STRING)
    return fail (error, HARNESS_ERROR_FAILED, "damaged: member \"%s\" is no text", name);
  g_free (*text);
  *text = json_node_dup_string (node);
  return TRUE;
}

gboolean
json_take_text_or_null (JsonObject *object, const char *name, char **text, GError **error)
{
  JsonNode *node = json_object_get_member (object, name);

  if (node != NULL && json_node_get_node_type (node) == JSON_NODE_NULL)
    return TRUE;
  return json_take_text (object, name, text, error);
}

gboolean
json_take_number (JsonObject *object, const char *name, gint64 max, gint64 *value, GError **error)
{
  JsonNode *node = json_take_member (object, name, JSON_NODE_VALUE, error);

  if (node == NULL)
    return FALSE;
  if (json_node_get_value_type (node) != G_TYPE_INT64 || json_node_get_int (node) < 0 ||
      json_node_get_int (node) > max)
    return fail (error, HARNESS_ERROR_FAILED, "damaged: member \"%s\" is no number, or out of range", name);
  *value = json_node_get_int (node);
  return TRUE;
}

gboolean
json_take_name (JsonObject *object, const char *member_name, const char *(*name_of) (guint), guint n,
                guint *value, GError **error)
{
  g_autofree char *text = NULL;

  if (!json_take_text (object, member_name, &text, error))
    return FALSE;
  for (guint i = 0; i < n; i++)
    if (strcmp (name_of (i), text) == 0)
      {
        *value = i;
        return TRUE;
      }
  return fail (error, HARNESS_ERROR_FAILED, "damaged: %s is \"%s\"", member_name, text);
}

gboolean
json_take_texts (JsonObject *object, const char *name, GPtrArray *texts, GError **error)
{
  JsonNode *node = json_take_member (object, name, JSON_NODE_ARRAY, error);
  JsonArray *array = node != NULL ? json_node_get_array (node) : NULL;

  for (guint i = 0; array != NULL && i < json_array_get_length (array); i++)
    {
      JsonNode *element = json_array_get_element (array, i);
      if (json_node_get_node_type (element) != JSON_NODE_VALUE ||
          json_node_get_value_type (element) != G_TYPE_STRING)
        return fail (error, HARNESS_ERROR_FAILED, "damaged: an element of \"%s\" is no text", name);
      g_ptr_array_add (texts, json_node_dup_string (element));
    }
  return array != NULL;
}

/*
 * Outside of texts nothing but what our JSON has: no comment, no other quotes, in which brackets
 * could hide; and they nest no deeper than they may.
 */
static gboolean
is_plain (const char *text, gsize size, guint depth_max)
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
      if (depth > depth_max)
        return FALSE;
    }
  return !quoted;
}

gboolean
json_take_open (const char *text, gsize size, gsize max, guint depth_max, JsonParser **parser,
                GError **error)
{
  g_autoptr (JsonParser) opened = json_parser_new_immutable ();
  g_autoptr (GError) cause = NULL;

  if (size == 0 || size > max || !g_utf8_validate_len (text, size, NULL))
    return fail (error, HARNESS_ERROR_FAILED, "damaged: empty, too large, or not UTF-8");
  if (!is_plain (text, size, depth_max))
    return fail (error, HARNESS_ERROR_FAILED, "damaged: not the JSON of a grade");
  if (!json_parser_load_from_data (opened, text, (gssize) size, &cause))
    return fail (error, HARNESS_ERROR_FAILED, "damaged: %s", cause->message);
  JsonNode *root = json_parser_get_root (opened);
  if (root == NULL || !JSON_NODE_HOLDS_OBJECT (root))
    return fail (error, HARNESS_ERROR_FAILED, "damaged: no object");
  *parser = g_steal_pointer (&opened);
  return TRUE;
}

JsonObject *
json_take_root (JsonParser *parser)
{
  return json_node_get_object (json_parser_get_root (parser));
}

gboolean
json_take_flag (JsonObject *object, const char *name, gboolean *value, GError **error)
{
  JsonNode *node = json_take_member (object, name, JSON_NODE_VALUE, error);

  if (node == NULL)
    return FALSE;
  if (json_node_get_value_type (node) != G_TYPE_BOOLEAN)
    return fail (error, HARNESS_ERROR_FAILED, "damaged: member \"%s\" is neither true nor false", name);
  *value = json_node_get_boolean (node);
  return TRUE;
}

gboolean
json_take_numbers (JsonObject *object, const char *name, guint n_max, gint64 max, GArray *numbers,
                   GError **error)
{
  JsonNode *node = json_take_member (object, name, JSON_NODE_ARRAY, error);
  JsonArray *array = node != NULL ? json_node_get_array (node) : NULL;

  if (array != NULL && json_array_get_length (array) > n_max)
    return fail (error, HARNESS_ERROR_FAILED, "damaged: \"%s\" has more elements than it may have", name);
  for (guint i = 0; array != NULL && i < json_array_get_length (array); i++)
    {
      JsonNode *element = json_array_get_element (array, i);
      const gboolean whole = json_node_get_node_type (element) == JSON_NODE_VALUE &&
                             json_node_get_value_type (element) == G_TYPE_INT64;
      const gint64 value = whole ? json_node_get_int (element) : -1;

      if (value < 0 || value > max)
        return fail (error, HARNESS_ERROR_FAILED,
                     "damaged: an element of \"%s\" is no number, or out of range", name);
      g_array_append_val (numbers, value);
    }
  return array != NULL;
}

gboolean
json_take_objects (JsonObject *object, const char *name, guint n_max, GPtrArray *objects, GError **error)
{
  JsonNode *node = json_take_member (object, name, JSON_NODE_ARRAY, error);
  JsonArray *array = node != NULL ? json_node_get_array (node) : NULL;

  if (array != NULL && json_array_get_length (array) > n_max)
    return fail (error, HARNESS_ERROR_FAILED, "damaged: \"%s\" has more elements than it may have", name);
  for (guint i = 0; array != NULL && i < json_array_get_length (array); i++)
    {
      JsonNode *element = json_array_get_element (array, i);

      if (!JSON_NODE_HOLDS_OBJECT (element))
        return fail (error, HARNESS_ERROR_FAILED, "damaged: an element of \"%s\" is no object", name);
      g_ptr_array_add (objects, json_node_get_object (element));
    }
  return array != NULL;
}

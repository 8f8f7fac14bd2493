/* SPDX-License-Identifier: GPL-2.0-or-later */
/* qemu-img's words; see distro-info.h. */
#include "image/distro-info.h"

#include <json-glib/json-glib.h>
#include <string.h>

#include "base/error.h"

void
distro_info_clear (DistroInfo *info)
{
  g_free (info->format);
  g_free (info->elsewhere);
  *info = (DistroInfo){ 0 };
}

static const char *
text_of (JsonObject *object, const char *name)
{
  JsonNode *node = json_object_get_member (object, name);

  return node && json_node_get_value_type (node) == G_TYPE_STRING ? json_node_get_string (node) : NULL;
}

static JsonObject *
object_of (JsonObject *object, const char *name)
{
  JsonNode *node = object ? json_object_get_member (object, name) : NULL;

  return node && JSON_NODE_HOLDS_OBJECT (node) ? json_node_get_object (node) : NULL;
}

static const char *
find_elsewhere (JsonObject *object)
{
  JsonObject *data = object_of (object_of (object, "format-specific"), "data");
  const char *file = text_of (object, "backing-filename");

  if (!file)
    file = text_of (object, "full-backing-filename");
  return file || !data ? file : text_of (data, "data-file");
}

static gboolean
is_true (JsonObject *object, const char *name)
{
  JsonNode *node = json_object_get_member (object, name);

  return node && json_node_get_value_type (node) == G_TYPE_BOOLEAN && json_node_get_boolean (node);
}

gboolean
distro_info_parse (const char *json, DistroInfo *info, GError **error)
{
  g_autoptr (JsonParser) parser = json_parser_new ();
  JsonNode *root = json_parser_load_from_data (parser, json, -1, NULL) ? json_parser_get_root (parser) : NULL;
  JsonObject *object = root && JSON_NODE_HOLDS_OBJECT (root) ? json_node_get_object (root) : NULL;
  JsonNode *size = object ? json_object_get_member (object, "virtual-size") : NULL;
  const char *format = object ? text_of (object, "format") : NULL;

  if (!format || !size || json_node_get_value_type (size) != G_TYPE_INT64 || json_node_get_int (size) < 0)
    return fail (error, HARNESS_ERROR_FAILED, "qemu-img info: what it says cannot be read");
  info->format = g_strdup (format);
  info->virtual_bytes = (guint64) json_node_get_int (size);
  info->elsewhere = g_strdup (find_elsewhere (object));
  info->encrypted = is_true (object, "encrypted");
  return TRUE;
}

gboolean
distro_info_size (const char *json, guint64 *virtual_bytes, GError **error)
{
  g_auto (DistroInfo) info = { 0 };

  if (!distro_info_parse (json, &info, error))
    return FALSE;
  *virtual_bytes = info.virtual_bytes;
  return TRUE;
}

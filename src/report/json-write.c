/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Members, documents and strings in JSON; see json-write.h. */
#include "report/json-write.h"

#include <string.h>

#include "report/manifest.h"

void
json_write_text (JsonBuilder *b, const char *name, const char *value)
{
  g_autofree char *valid = value != NULL ? g_utf8_make_valid (value, -1) : NULL;

  json_builder_set_member_name (b, name);
  if (valid != NULL)
    json_builder_add_string_value (b, valid);
  else
    json_builder_add_null_value (b);
}

void
json_write_number (JsonBuilder *b, const char *name, guint64 value)
{
  json_builder_set_member_name (b, name);
  json_builder_add_int_value (b, (gint64) MIN (value, (guint64) G_MAXINT64));
}

void
json_write_flag (JsonBuilder *b, const char *name, gboolean value)
{
  json_builder_set_member_name (b, name);
  json_builder_add_boolean_value (b, value);
}

void
json_write_object (JsonBuilder *b, const char *name)
{
  json_builder_set_member_name (b, name);
  json_builder_begin_object (b);
}

void
json_write_array (JsonBuilder *b, const char *name)
{
  json_builder_set_member_name (b, name);
  json_builder_begin_array (b);
}

void
json_write_pairs (JsonBuilder *b, const char *name, const GPtrArray *pairs)
{
  json_write_object (b, name);
  for (guint i = 0; i < pairs->len; i++)
    {
      const ManifestPair *pair = g_ptr_array_index (pairs, i);
      json_write_text (b, pair->name, pair->value);
    }
  json_builder_end_object (b);
}

char *
json_write_finish (JsonBuilder *b)
{
  g_autoptr (JsonGenerator) generator = json_generator_new ();
  g_autoptr (JsonNode) root = json_builder_get_root (b);

  json_generator_set_root (generator, root);
  json_generator_set_pretty (generator, TRUE);
  g_autofree char *json = json_generator_to_data (generator, NULL);
  return g_strconcat (json, "\n", NULL);
}

void
json_write_string (GString *out, const char *text, gssize size)
{
  g_autofree char *valid = g_utf8_make_valid (text, size);

  g_string_append_c (out, '"');
  for (const char *at = valid; *at != '\0'; at++)
    if (*at == '"' || *at == '\\')
      {
        g_string_append_c (out, '\\');
        g_string_append_c (out, *at);
      }
    else if ((guchar) *at < 0x20 || strchr ("<>&\x7f", *at) != NULL)
      g_string_append_printf (out, "\\u%04x", (guint) (guchar) *at);
    else
      g_string_append_c (out, *at);
  g_string_append_c (out, '"');
}

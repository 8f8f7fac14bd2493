/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Brackets, commas and indentation; see json-put.h. */
#include "grade/json-put.h"

#include "report/csv.h"
#include "report/json-write.h"

#define INDENT 2u

static void
new_line (const JsonPut *json)
{
  g_string_append_c (json->out, '\n');
  for (guint i = 0; i < json->depth * INDENT; i++)
    g_string_append_c (json->out, ' ');
}

/* What comes before a value: comma, line, name. */
static void
before (JsonPut *json, const char *name)
{
  if (json->filled)
    g_string_append_c (json->out, ',');
  if (json->flat > 0 && json->filled)
    g_string_append_c (json->out, ' ');
  if (json->flat == 0 && json->depth > 0)
    new_line (json);
  if (name != NULL)
    g_string_append_printf (json->out, "\"%s\": ", name);
  json->filled = TRUE;
}

void
json_put_begin (JsonPut *json, const char *name, char bracket)
{
  before (json, name);
  g_string_append_c (json->out, bracket);
  json->depth++;
  json->flat += json->flat > 0 ? 1 : 0;
  json->filled = FALSE;
}

void
json_put_begin_flat (JsonPut *json, const char *name, char bracket)
{
  json_put_begin (json, name, bracket);
  json->flat = MAX (json->flat, 1);
}

void
json_put_end (JsonPut *json, char bracket)
{
  json->depth--;
  if (json->flat > 0)
    json->flat--;
  else if (json->filled)
    new_line (json);
  g_string_append_c (json->out, bracket);
  json->filled = TRUE;
  if (json->depth == 0)
    g_string_append_c (json->out, '\n');
}

void
json_put_text (JsonPut *json, const char *name, const char *value)
{
  before (json, name);
  if (value != NULL)
    json_write_string (json->out, value, -1);
  else
    g_string_append (json->out, "null");
}

void
json_put_number (JsonPut *json, const char *name, gint64 value)
{
  before (json, name);
  csv_number (json->out, value);
}

void
json_put_flag (JsonPut *json, const char *name, gboolean value)
{
  before (json, name);
  g_string_append (json->out, value ? "true" : "false");
}

static void
put_fixed (JsonPut *json, const char *name, gint64 value, guint digits)
{
  before (json, name);
  if (value < 0)
    g_string_append_c (json->out, '-');
  csv_fixed (json->out, value < 0 ? 0 - (guint64) value : (guint64) value, digits);
}

void
json_put_hundredths (JsonPut *json, const char *name, gint64 value)
{
  put_fixed (json, name, value, 2);
}

void
json_put_thousandths (JsonPut *json, const char *name, gint64 value)
{
  put_fixed (json, name, value, 3);
}

void
json_put_texts (JsonPut *json, const char *name, const GPtrArray *texts)
{
  json_put_begin (json, name, '[');
  for (guint i = 0; i < texts->len; i++)
    json_put_text (json, NULL, g_ptr_array_index (texts, i));
  json_put_end (json, ']');
}

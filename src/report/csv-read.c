/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A CSV reader; see csv-read.h. */
#include "report/csv-read.h"

#include <string.h>

#include "base/error.h"

struct CsvTable {
  GPtrArray *fields; /* of char *, row by row, the header first */
  GStringChunk *texts; /* where they lie */
  GArray *lines;     /* of guint: where each row begins, for messages */
  guint columns;
};

typedef struct {
  const char *at, *end;
  guint line; /* from 1 */
  CsvTable *table;
  GString *field;
} Reader;

void
csv_table_free (CsvTable *table)
{
  if (!table)
    return;
  g_ptr_array_unref (table->fields);
  g_string_chunk_free (table->texts);
  g_array_unref (table->lines);
  g_free (table);
}

static gboolean
bad (const Reader *r, GError **error, const char *why)
{
  return fail (error, HARNESS_ERROR_FAILED, "line %u: %s", r->line, why);
}

/* Any control character; C1's too, for which some terminals have a meaning. */
static gboolean
is_control (const char *at)
{
  return g_unichar_iscntrl (g_utf8_get_char (at));
}

static gboolean
put (Reader *r, GError **error)
{
  const char *next = g_utf8_next_char (r->at);

  if (r->field->len + (gsize) (next - r->at) > CSV_FIELD_MAX)
    return bad (r, error, "a field is too long");
  g_string_append_len (r->field, r->at, next - r->at);
  r->at = next;
  return TRUE;
}

/* At the line's end: how many bytes it has; 0 elsewhere. */
static guint
line_end (const Reader *r)
{
  if (r->at < r->end && *r->at == '\n')
    return 1;
  return r->at + 1 < r->end && r->at[0] == '\r' && r->at[1] == '\n' ? 2 : 0;
}

static gboolean
read_plain (Reader *r, GError **error)
{
  while (r->at < r->end && *r->at != ',' && !line_end (r))
    {
      if (*r->at == '"')
        return bad (r, error, "a quote within a field that is not quoted");
      if (is_control (r->at))
        return bad (r, error, "a control character");
      if (!put (r, error))
        return FALSE;
    }
  return TRUE;
}

/* After the opening quote, to behind the closing one. */
static gboolean
read_quoted (Reader *r, GError **error)
{
  for (; r->at < r->end; r->line += r->at[-1] == '\n')
    {
      if (*r->at == '"' && (r->at + 1 == r->end || r->at[1] != '"'))
        {
          r->at++;
          return TRUE;
        }
      if (*r->at == '"')
        r->at++;
      if (is_control (r->at) && *r->at != '\n' && *r->at != '\r')
        return bad (r, error, "a control character");
      if (!put (r, error))
        return FALSE;
    }
  return bad (r, error, "the text ends within quotes");
}

static gboolean
read_field (Reader *r, GError **error)
{
  const gboolean quoted = r->at < r->end && *r->at == '"';

  g_string_truncate (r->field, 0);
  if (quoted)
    r->at++;
  if (!(quoted ? read_quoted (r, error) : read_plain (r, error)))
    return FALSE;
  g_ptr_array_add (r->table->fields, g_string_chunk_insert_len (r->table->texts, r->field->str, (gssize) r->field->len));
  if (r->at == r->end)
    return bad (r, error, "the last line is not ended: the text was cut short");
  return *r->at == ',' || line_end (r) || bad (r, error, "text after a closing quote");
}

/* *n: its fields. */
static gboolean
read_row (Reader *r, guint limit, guint *n, GError **error)
{
  const guint line = r->line;

  g_array_append_val (r->table->lines, line);
  for (*n = 1;; ++*n, r->at++)
    {
      guint ended;

      if (*n > limit)
        return bad (r, error, "too many fields");
      if (!read_field (r, error))
        return FALSE;
      ended = line_end (r);
      r->at += ended;
      r->line += ended > 0;
      if (ended)
        return TRUE;
    }
}

static gboolean
check_header (const Reader *r, GError **error)
{
  g_autoptr (GHashTable) seen = g_hash_table_new (g_str_hash, g_str_equal);

  for (guint i = 0; i < r->table->columns; i++)
    {
      char *name = g_ptr_array_index (r->table->fields, i);

      if (!*name || !g_hash_table_add (seen, name))
        return fail (error, HARNESS_ERROR_FAILED, "line 1: column %u: \"%s\": a name that is empty or there twice", i + 1, name);
    }
  return TRUE;
}

static gboolean
read_all (Reader *r, GError **error)
{
  guint fields;

  if (!read_row (r, CSV_COLUMNS_MAX, &r->table->columns, error) || !check_header (r, error))
    return FALSE;
  while (r->at < r->end)
    {
      const guint line = r->line;

      if (r->table->lines->len > CSV_ROWS_MAX)
        return bad (r, error, "too many rows");
      if (!read_row (r, r->table->columns, &fields, error))
        return FALSE;
      if (fields != r->table->columns)
        return fail (error, HARNESS_ERROR_FAILED, "line %u: %u fields in place of %u", line, fields, r->table->columns);
    }
  return TRUE;
}

gboolean
csv_read (const char *text, gsize size, CsvTable **table, GError **error)
{
  g_autoptr (CsvTable) made = g_new0 (CsvTable, 1);
  g_autoptr (GString) field = g_string_new (NULL);
  Reader reader = { .at = text, .end = text + size, .line = 1, .table = made, .field = field };

  made->fields = g_ptr_array_new ();
  made->texts = g_string_chunk_new (4096);
  made->lines = g_array_new (FALSE, FALSE, sizeof (guint));
  if (size > CSV_BYTES_MAX)
    return fail (error, HARNESS_ERROR_FAILED, "larger than %u bytes", CSV_BYTES_MAX);
  if (!g_utf8_validate_len (text, size, NULL))
    return fail (error, HARNESS_ERROR_FAILED, "not UTF-8");
  if (size == 0)
    return fail (error, HARNESS_ERROR_FAILED, "empty: not even a header row");
  if (!read_all (&reader, error))
    return FALSE;
  *table = g_steal_pointer (&made);
  return TRUE;
}

guint
csv_rows (const CsvTable *table)
{
  return table->lines->len - 1;
}

gboolean
csv_column (const CsvTable *table, const char *name, guint *column, GError **error)
{
  for (guint i = 0; i < table->columns; i++)
    if (strcmp (g_ptr_array_index (table->fields, i), name) == 0)
      {
        *column = i;
        return TRUE;
      }
  return fail (error, HARNESS_ERROR_FAILED, "line 1: there is no column \"%s\"", name);
}

const char *
csv_field (const CsvTable *table, guint row, guint column)
{
  return g_ptr_array_index (table->fields, (row + 1) * table->columns + column);
}

gboolean
csv_field_number (const CsvTable *table, guint row, guint column, guint64 *value, GError **error)
{
  const char *text = csv_field (table, row, column);
  guint64 number;

  /* g_ascii_string_to_unsigned takes no sign and no blank. */
  if (g_ascii_string_to_unsigned (text, 10, 0, G_MAXINT64, &number, NULL))
    {
      *value = number;
      return TRUE;
    }
  return fail (error, HARNESS_ERROR_FAILED, "line %u: %s is \"%s\", which is no number",
               g_array_index (table->lines, guint, row + 1), (const char *) g_ptr_array_index (table->fields, column), text);
}

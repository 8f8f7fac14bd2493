/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Aligned tables; see text-table.h. */
#include "report/text-table.h"

#define COLUMN_GAP 2

typedef struct {
  char **cells;
  TextColour colour;
} Row;

struct TextTable {
  const TextColumn *columns;
  guint n_columns;
  GPtrArray *rows; /* of Row */
};

static void
row_free (gpointer data)
{
  Row *row = data;
  g_strfreev (row->cells);
  g_free (row);
}

TextTable *
text_table_new (const TextColumn *columns)
{
  TextTable *table = g_new0 (TextTable, 1);
  table->columns = columns;
  while (columns[table->n_columns].title != NULL)
    table->n_columns++;
  table->rows = g_ptr_array_new_with_free_func (row_free);
  return table;
}

void
text_table_free (TextTable *table)
{
  if (table == NULL)
    return;
  g_ptr_array_unref (table->rows);
  g_free (table);
}

static char *
harmless (const char *text)
{
  g_autofree char *valid = g_utf8_make_valid (text, -1);
  GString *out = g_string_new (NULL);

  for (const char *at = valid; *at != '\0'; at = g_utf8_next_char (at))
    {
      const gunichar c = g_utf8_get_char (at);
      g_string_append_unichar (out, g_unichar_iscntrl (c) ? '?' : c);
    }
  return g_string_free (out, FALSE);
}

void
text_table_add (TextTable *table, const char *const *cells, TextColour colour)
{
  Row *row = g_new0 (Row, 1);

  row->cells = g_new0 (char *, table->n_columns + 1);
  row->colour = colour;
  for (guint i = 0; i < table->n_columns; i++)
    row->cells[i] = harmless (cells[i]);
  g_ptr_array_add (table->rows, row);
}

static glong
width_of (const TextTable *table, guint column)
{
  glong width = g_utf8_strlen (table->columns[column].title, -1);

  for (guint i = 0; i < table->rows->len; i++)
    {
      const Row *row = g_ptr_array_index (table->rows, i);
      width = MAX (width, g_utf8_strlen (row->cells[column], -1));
    }
  return width;
}

static void
put_blanks (GString *out, glong n)
{
  for (; n > 0; n--)
    g_string_append_c (out, ' ');
}

/* Blanks are put when something comes behind them: no line ends in any. */
static void
put_line (GString *out, const TextTable *table, const glong *widths, const char *const *cells, guint indent)
{
  glong pending = indent;

  for (guint i = 0; i < table->n_columns; i++)
    {
      const glong missing = widths[i] - g_utf8_strlen (cells[i], -1);

      if (table->columns[i].number)
        pending += missing;
      if (cells[i][0] != '\0')
        {
          put_blanks (out, pending);
          g_string_append (out, cells[i]);
          pending = 0;
        }
      pending += (table->columns[i].number ? 0 : missing) + COLUMN_GAP;
    }
}

void
text_table_put (const TextTable *table, GString *out, guint indent, gboolean colour)
{
  static const char *const starts[] = { [TEXT_PLAIN] = "", [TEXT_RED] = "\033[31m", [TEXT_GREEN] = "\033[32m", [TEXT_FAINT] = "\033[2m" };
  g_autofree glong *widths = g_new0 (glong, table->n_columns);
  g_autofree const char **titles = g_new0 (const char *, table->n_columns);

  for (guint i = 0; i < table->n_columns; i++)
    {
      widths[i] = width_of (table, i);
      titles[i] = table->columns[i].title;
    }
  put_line (out, table, widths, titles, indent);
  g_string_append_c (out, '\n');
  for (guint i = 0; i < table->rows->len; i++)
    {
      const Row *row = g_ptr_array_index (table->rows, i);
      const gboolean painted = colour && row->colour != TEXT_PLAIN;

      g_string_append (out, painted ? starts[row->colour] : "");
      put_line (out, table, widths, (const char *const *) row->cells, indent);
      g_string_append (out, painted ? "\033[0m\n" : "\n");
    }
}

char *
text_size (guint64 bytes)
{
  static const char *const units[] = { "KiB", "MiB", "GiB", "TiB" };
  guint64 tenths = bytes;
  guint unit = 0;

  if (bytes < 1024)
    return g_strdup_printf ("%" G_GUINT64_FORMAT " bytes", bytes);
  for (tenths = bytes / 1024 * 10 + bytes % 1024 * 10 / 1024; tenths >= 10240 && unit + 1 < G_N_ELEMENTS (units); tenths /= 1024)
    unit++;
  return g_strdup_printf ("%" G_GUINT64_FORMAT ".%" G_GUINT64_FORMAT " %s", tenths / 10, tenths % 10, units[unit]);
}

char *
text_age (gint64 seconds)
{
  static const struct {
    gint64 seconds;
    const char *name;
  } units[] = { { 86400, "day" }, { 3600, "hour" }, { 60, "minute" } };

  for (guint i = 0; i < G_N_ELEMENTS (units); i++)
    {
      const gint64 n = seconds / units[i].seconds;
      if (n > 0)
        return g_strdup_printf ("%" G_GINT64_FORMAT " %s%s", n, units[i].name, n == 1 ? "" : "s");
    }
  return g_strdup ("now");
}

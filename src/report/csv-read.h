/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * CSV files read back: RFC 4180 with a header row, strictly. The text is UTF-8 without control characters (line breaks within quotes
 * are let through), lines end in LF or CRLF, the last one too; every row has as many fields as the header, whose names are
 * not empty and all different. Errors are "line N: …". What is beyond the bounds below is refused.
 */
#pragma once
#include <glib.h>

#define CSV_BYTES_MAX (16u << 20)
#define CSV_COLUMNS_MAX 64u
#define CSV_ROWS_MAX 1000000u
#define CSV_FIELD_MAX 4096u

typedef struct CsvTable CsvTable;
void csv_table_free (CsvTable *table);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CsvTable, csv_table_free)

gboolean csv_read (const char *text, gsize size, CsvTable **table, GError **error);
guint csv_rows (const CsvTable *table); /* without the header */
/* FALSE if there is no such column. */
gboolean csv_column (const CsvTable *table, const char *name, guint *column, GError **error);
/* The field; owned by the table. */
const char *csv_field (const CsvTable *table, guint row, guint column);
/* The field as a plain decimal number, at most G_MAXINT64. FALSE if it is something else. */
gboolean csv_field_number (const CsvTable *table, guint row, guint column, guint64 *value, GError **error);

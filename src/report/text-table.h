/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tables for terminals: columns as wide as what stands in them. Text is made harmless: a control character becomes '?'. */
#pragma once
#include <glib.h>

typedef struct {
  const char *title; /* a NULL title ends the columns */
  gboolean number;   /* to the right */
} TextColumn;

typedef enum { TEXT_PLAIN, TEXT_RED, TEXT_GREEN, TEXT_FAINT } TextColour;

typedef struct TextTable TextTable;
TextTable *text_table_new (const TextColumn *columns);
void text_table_free (TextTable *table);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (TextTable, text_table_free)
/* cells: as many as columns, then NULL; copied. */
void text_table_add (TextTable *table, const char *const *cells, TextColour colour);
/* Without rows: the titles alone. indent: blanks before each line. */
void text_table_put (const TextTable *table, GString *out, guint indent, gboolean colour);

/* "1.4 MiB", "12 bytes". Newly allocated. */
char *text_size (guint64 bytes);
/* "3 days", "2 hours", "5 minutes", "now" for less and for what is yet to come. Newly allocated. */
char *text_age (gint64 seconds);

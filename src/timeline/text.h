/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Text that a guest wrote, read strictly: bounded tokens, no locale, no terminator needed. */
#pragma once
#include <glib.h>

/* Printable UTF-8 of at most `limit` bytes: whatever is not becomes '?', lines are joined by " / ". */
char *text_printable (const char *bytes, gsize size, gsize limit);
/* The last `lines` non-empty lines of a console, printable; "(nothing)" if there are none. */
char *text_last_lines (const char *bytes, gsize size, guint lines);

typedef struct {
  const char *at, *end;
} TextLines;

static inline TextLines
text_lines (const char *bytes, gsize size)
{
  return (TextLines) { bytes, bytes + size };
}

static inline gboolean
text_lines_end (const TextLines *lines)
{
  return lines->at == lines->end;
}

/* Each takes one token and the one blank before it, if it is not the first of its line. FALSE: it is not there. */
gboolean text_name (TextLines *lines, char *name, gsize size); /* letters, digits, '_', '-', '.' */
gboolean text_decimal (TextLines *lines, guint64 *value);
gboolean text_hex32 (TextLines *lines, guint32 *value);
gboolean text_newline (TextLines *lines);

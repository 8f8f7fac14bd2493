/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * RFC 4180, UTF-8, LF, a header row, plain decimal numbers without locale. The one place that quotes, and the
 * one place that turns integers into digits, for all CSV files.
 */
#pragma once
#include <glib.h>

/*
 * A field: quoted if it holds a comma, a quote, a line break, or what else some program takes for a field's end. What a spreadsheet would run
 * as a formula gets a ' before it; numbers stay numbers.
 */
void csv_text (GString *out, const char *text);
void csv_number (GString *out, gint64 value);
void csv_unsigned (GString *out, guint64 value);
/* value / 10^digits with exactly that many digits after the point. */
void csv_fixed (GString *out, guint64 value, guint digits);

/* Writes the digits at `at`, at most 20, and returns their end. */
char *csv_digits (char *at, guint64 value);

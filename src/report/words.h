/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Figures as people read them, for sentences: digits in groups of three, a unit behind them, no more digits than one can
 * take in. Plain text without markup. What rounding would make false is said otherwise: a share that is not nothing is
 * never "0 %", one that is not all never "100 %". Tables have csv.h.
 */
#pragma once
#include <glib.h>

/* "12,345" */
void words_count (GString *out, guint64 value);
/* value / 10^digits: "12,345.678" */
void words_fixed (GString *out, guint64 value, guint digits);
/* "1 exit", "12,345 exits" */
void words_amount (GString *out, guint64 n, const char *one, const char *many);
/* "61 %"; below 10 % with one digit after the point, "6.1 %"; "less than 0.1 %", "more than 99 %". More than the whole: "134 %". */
void words_percent (GString *out, guint64 part, guint64 whole);
/* "10.658 s"; below a millisecond "0.5 µs". */
void words_seconds (GString *out, gint64 ns);
/* num / den, num >= den > 0: "140"; below 10 with one digit after the point, "1.8". */
void words_factor (GString *out, guint64 num, guint64 den);
/* A rate in thousandths: "38,707 exits/s"; below 10 with one digit after the point; "no exits", "less than 0.1 exits/s". */
void words_rate (GString *out, guint64 milli);
/* A kind of exits and, if it is one of those that come often, what it stands for: "memory (EPT/NPT violations)". */
void words_kind (GString *out, const char *kind);

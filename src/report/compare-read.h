/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A lab's CSV files as figures to be compared. Each function takes one file's text and adds its figures to a side; errors are
 * "line N: …". Columns are found by name; others may be there besides.
 */
#pragma once
#include <glib.h>

#include "stats/compare.h"
#include "stats/summary.h"

/* phases.csv. boot_ns: WINDOW_BOOT takes the phases that end by then, WINDOW_ALL takes all. */
gboolean compare_read_phases (CompareSide *side, const char *text, gsize size, Window window, gint64 boot_ns, GError **error);
/* reasons.csv: the sums of all windows that it has, and the reasons of one. */
gboolean compare_read_reasons (CompareSide *side, const char *text, gsize size, Window window, GError **error);
/* kinds.csv: the kinds of one window. */
gboolean compare_read_kinds (CompareSide *side, const char *text, gsize size, Window window, GError **error);
/* operations.csv. */
gboolean compare_read_operations (CompareSide *side, const char *text, gsize size, GError **error);
/* repeats.csv (metric,n,median,low,high): the intervals of figures that are there already; other metrics are passed over, and reasons but for window boot. */
gboolean compare_read_repeats (CompareSide *side, const char *text, gsize size, Window window, GError **error);

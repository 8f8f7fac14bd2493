/* SPDX-License-Identifier: GPL-2.0-or-later */
/* repeats.csv (metric,n,median,low,high) read back: strictly, see csv-read.h. */
#pragma once
#include <glib.h>

#include "stats/repeats.h"

#define REPEATS_METRICS_MAX 4096u /* more than windows, phases, reasons and operations there can be */

/* *metrics: of RepeatedMetric, in the file's order. A metric that is there twice, or whose interval is none, is an error. */
gboolean repeats_read (const char *text, gsize size, GPtrArray **metrics, GError **error);

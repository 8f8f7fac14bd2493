/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The median of repeated measurements with its 95 % percentile bootstrap interval (Efron and Tibshirani, "An Introduction to the
 * Bootstrap", 1993, ch. 13): 10,000 resamples from a fixed seed (a generator of our own choice whose sequence is documented), so that the same values give
 * the same interval everywhere.
 */
#pragma once
#include <glib.h>

#define BOOTSTRAP_RESAMPLES 10000u

typedef struct {
  guint n;
  guint64 median, low, high; /* the median of an even number of values is the lower of the middle two */
} Interval;

/* n > 0. One value: an interval of that value alone. */
Interval bootstrap_median (const guint64 *values, guint n);
/* TRUE if the intervals do not overlap. */
gboolean intervals_differ (const Interval *a, const Interval *b);

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The arithmetic of the statistics: integers only, so that every digit is the same on every machine. Each
 * function is pinned by values worked out by hand in tests/unit/test-arith.c.
 */
#pragma once
#include <glib.h>

/* num * scale / den rounded to the nearest, halves up; 0 if den is 0. The result must fit 64 bits. */
guint64 arith_ratio (guint64 num, guint64 scale, guint64 den);

/*
 * The percentile by nearest rank: the value at rank ceil (percent * n / 100), counted from 1, of the values in
 * ascending order. n > 0.
 */
guint64 arith_percentile (const guint64 *values, gsize n, guint percent);

/*
 * Index of dispersion of counts in equal bins: sample variance (divided by n - 1) over mean. 1 for a Poisson
 * process, 0 for a perfectly even one.
 */
typedef struct {
  guint64 bins, sum;
  unsigned __int128 sum_squares;
} Dispersion;
void dispersion_add (Dispersion *d, guint64 count);
/* In millionths, rounded; -1 if undefined: fewer than two bins, or no event at all. */
gint64 dispersion_micro (const Dispersion *d);
/*
 * TRUE if the index is no higher than a Poisson process's would be, three standard deviations (of
 * sqrt (2 / (n - 1)), the approximation for the variance test of homogeneity: Cox and Lewis, "The
 * Statistical Analysis of Series of Events", 1966, ch. 6) granted. FALSE if undefined.
 */
gboolean dispersion_is_even (const Dispersion *d);

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where the rate of a series of counts changes: PELT (Killick, Fearnhead and Eckley, "Optimal Detection of
 * Changepoints With a Linear Computational Cost", JASA 107, 2012) on the counts' Anscombe transforms
 * 2 sqrt (n + 3/8) (Anscombe, Biometrika 35, 1948), which have a variance near 1 for Poisson counts of any rate. Cost of a
 * stretch: the sum of squared deviations from its mean, over the noise's variance. Penalty of a change: 2 log (n)
 * (Schwarz's criterion, as Yao 1988 for changes in mean). Noise: the larger of 1 and the square of 1.4826 times the median absolute
 * difference of neighbours over sqrt (2).
 */
#pragma once
#include <glib.h>

#define SEGMENTS_BINS_MAX 4096u

/* The first bin of every stretch, ascending, beginning with 0; empty if n is 0. Array of guint. n: at most SEGMENTS_BINS_MAX. */
GArray *segments_find (const guint64 *counts, guint n);

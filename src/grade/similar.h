/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which submissions of a batch are nearly the same: renamed, reformatted, commented otherwise. A hint to look, not a verdict. Pure and fast: time grows
 * with what submissions share, a second or less for 300 of them.
 */
#pragma once
#include <glib.h>

typedef struct {
  guint a, b;   /* places in the batch, a < b */
  double value; /* 0 to 1: of all that is rare in either, how much is in both */
} SimilarPair;

/* diffs: unified diffs, n of them, hostile; "" for a submission that has none. Array of SimilarPair: likest first, then in the batch's order. */
GArray *similar_pairs (const char *const *diffs, guint n);

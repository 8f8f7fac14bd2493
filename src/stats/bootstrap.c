/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The bootstrap of a median. What is drawn are ranks: a resample's median is the value at the middle rank of those drawn, so that
 * neither resamples nor their medians are ever sorted.
 */
#include "stats/bootstrap.h"

#include <stdlib.h>
#include <string.h>

#define SEED G_GUINT64_CONSTANT (0x9e3779b97f4a7c15)
/* The 250th and the 9,750th of 10,000 medians in order: 2.5 % and 97.5 %. */
#define RANK_LOW (BOOTSTRAP_RESAMPLES / 40)
#define RANK_HIGH (BOOTSTRAP_RESAMPLES - BOOTSTRAP_RESAMPLES / 40)

/* xorshift64* with the shifts 12, 25, 27: Vigna, "An experimental exploration of Marsaglia's xorshift generators, scrambled", 2016. */
static guint64
draw (guint64 *state)
{
  *state ^= *state >> 12;
  *state ^= *state << 25;
  *state ^= *state >> 27;
  return *state * G_GUINT64_CONSTANT (0x2545f4914f6cdd1d);
}

static guint
draw_below (guint64 *state, guint below)
{
  return (guint) ((unsigned __int128) draw (state) * below >> 64);
}

/* The first index at which the counts up to and with it reach `rank`, counted from 1. */
static guint
index_at_rank (const guint *counts, guint64 rank)
{
  guint i = 0;
  for (guint64 seen = counts[0]; seen < rank; seen += counts[i])
    i++;
  return i;
}

static guint64
middle_rank (guint n)
{
  return ((guint64) n + 1) / 2;
}

/* How many of the resamples have each value as their median. */
static void
count_medians (guint n, guint *medians)
{
  g_autofree guint *drawn = g_new (guint, n);
  guint64 state = SEED;

  for (guint i = 0; i < BOOTSTRAP_RESAMPLES; i++)
    {
      memset (drawn, 0, n * sizeof *drawn);
      for (guint k = 0; k < n; k++)
        drawn[draw_below (&state, n)]++;
      medians[index_at_rank (drawn, middle_rank (n))]++;
    }
}

static int
compare_values (const void *a, const void *b)
{
  const guint64 x = *(const guint64 *) a, y = *(const guint64 *) b;
  return (x > y) - (x < y);
}

Interval
bootstrap_median (const guint64 *values, guint n)
{
  g_autofree guint64 *sorted = g_memdup2 (values, n * sizeof *values);
  g_autofree guint *medians = g_new0 (guint, n);

  qsort (sorted, n, sizeof *sorted, compare_values);
  count_medians (n, medians);
  return (Interval) {
    .n = n,
    .median = sorted[middle_rank (n) - 1],
    .low = sorted[index_at_rank (medians, RANK_LOW)],
    .high = sorted[index_at_rank (medians, RANK_HIGH)],
  };
}

gboolean
intervals_differ (const Interval *a, const Interval *b)
{
  return a->high < b->low || b->high < a->low;
}

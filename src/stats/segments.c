/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Change points by PELT; see segments.h. Doubles are added, multiplied, divided and rooted, which IEEE 754 rounds the same way
 * everywhere; log() alone may differ in its last digit, and with it a cut that is worth its penalty to the last digit.
 */
#include "stats/segments.h"

#include <math.h>
#include <string.h>

/* 1 / the third quartile of the normal distribution: turns a median absolute deviation into a standard deviation. */
#define MAD_TO_SIGMA 1.4826

typedef struct {
  guint n;
  double penalty, noise;
  /* Of the first i transformed counts: their sum and that of their squares. */
  double *sums, *squares;
  double *costs;       /* best[i]: the least cost of the first i, a penalty for each stretch but the first */
  guint *last;         /* where the last stretch of that best begins */
  guint *candidates;   /* where the last stretch may begin, ascending */
  guint n_candidates;
} Pelt;

static void
pelt_clear (Pelt *p)
{
  g_free (p->sums);
  g_free (p->squares);
  g_free (p->costs);
  g_free (p->last);
  g_free (p->candidates);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Pelt, pelt_clear)

static double
anscombe (guint64 count)
{
  return 2 * sqrt ((double) count + 0.375);
}

static int
compare_doubles (const void *a, const void *b)
{
  const double x = *(const double *) a, y = *(const double *) b;
  return (x > y) - (x < y);
}

/* The variance, from differences of neighbours: a few steps of the rate do not move their median. Of an even number the lower of the middle two. */
static double
estimate_noise (const guint64 *counts, guint n)
{
  g_autofree double *steps = g_new (double, n);

  if (n < 2)
    return 1;
  for (guint i = 0; i + 1 < n; i++)
    steps[i] = fabs (anscombe (counts[i + 1]) - anscombe (counts[i]));
  qsort (steps, n - 1, sizeof *steps, compare_doubles);
  const double sigma = MAD_TO_SIGMA * steps[(n - 2) / 2] / sqrt (2);
  return MAX (1, sigma * sigma);
}

static void
pelt_init (Pelt *p, const guint64 *counts, guint n)
{
  p->n = n;
  p->penalty = 2 * log (n);
  p->noise = estimate_noise (counts, n);
  p->sums = g_new0 (double, n + 1);
  p->squares = g_new0 (double, n + 1);
  p->costs = g_new0 (double, n + 1);
  p->last = g_new0 (guint, n + 1);
  p->candidates = g_new0 (guint, n + 1);
  for (guint i = 0; i < n; i++)
    {
      /* The first count is taken off from all: smaller sums lose fewer digits, and the cost is the same. */
      const double value = anscombe (counts[i]) - anscombe (counts[0]);
      p->sums[i + 1] = p->sums[i] + value;
      p->squares[i + 1] = p->squares[i] + value * value;
    }
}

/* Of one stretch [from, to). */
static double
stretch_cost (const Pelt *p, guint from, guint to)
{
  const double sum = p->sums[to] - p->sums[from];
  const double squares = p->squares[to] - p->squares[from];
  return MAX (0, squares - sum * sum / (to - from)) / p->noise;
}

/* The best way to cut the first `to`; of equally good ones that with the longest last stretch. */
static void
find_best (Pelt *p, guint to)
{
  double best = INFINITY;

  for (guint i = 0; i < p->n_candidates; i++)
    {
      const guint from = p->candidates[i];
      const double cost = p->costs[from] + stretch_cost (p, from, to) + (from > 0 ? p->penalty : 0);
      if (cost < best)
        {
          best = cost;
          p->last[to] = from;
        }
    }
  p->costs[to] = best;
}

/* PELT's rule: what is worse than `to`'s best even without another penalty can never become the best again. */
static void
prune (Pelt *p, guint to)
{
  guint kept = 0;

  for (guint i = 0; i < p->n_candidates; i++)
    {
      const guint from = p->candidates[i];
      if (p->costs[from] + stretch_cost (p, from, to) + (from > 0 ? p->penalty : 0) <= p->costs[to] + p->penalty)
        p->candidates[kept++] = from;
    }
  p->n_candidates = kept;
}

GArray *
segments_find (const guint64 *counts, guint n)
{
  GArray *firsts = g_array_new (FALSE, FALSE, sizeof (guint));
  g_auto (Pelt) p = { 0 };

  g_assert (n <= SEGMENTS_BINS_MAX);
  if (n == 0)
    return firsts;
  pelt_init (&p, counts, n);
  for (guint to = 1; to <= n; to++)
    {
      p.candidates[p.n_candidates++] = to - 1;
      find_best (&p, to);
      prune (&p, to);
    }
  for (guint at = n; at > 0; at = p.last[at])
    g_array_prepend_val (firsts, p.last[at]);
  return firsts;
}

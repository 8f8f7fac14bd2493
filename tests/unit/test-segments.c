/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Change points: series whose cuts can be told by hand, and PELT against the plain search that it shortens. */
#include "unit/unit.h"

#include <math.h>

#include "stats/segments.h"

#define LEN(series) ((guint) G_N_ELEMENTS (series))

static void
assert_cuts (const guint64 *counts, guint n, const guint *wanted, guint n_wanted)
{
  g_autoptr (GArray) firsts = segments_find (counts, n);

  for (guint i = 0; i < MIN (firsts->len, n_wanted); i++)
    assert_int_equal (g_array_index (firsts, guint, i), wanted[i]);
  assert_int_equal (firsts->len, n_wanted);
}

#define ASSERT_CUTS(counts, ...)                        \
  do                                                    \
    {                                                   \
      const guint wanted_[] = { __VA_ARGS__ };          \
      assert_cuts (counts, LEN (counts), wanted_, LEN (wanted_)); \
    }                                                   \
  while (0)

static void
test_nothing_to_cut (void **state)
{
  static const guint64 one[] = { 77 }, two[] = { 0, 1000000 };
  static const guint64 zeroes[40] = { 0 };
  static const guint64 constant[] = { 100, 100, 100, 100, 100, 100, 100, 100, 100, 100, 100, 100, 100, 100, 100, 100 };

  (void) state;
  assert_cuts (NULL, 0, NULL, 0);
  ASSERT_CUTS (one, 0);
  /* their one difference is the noise: the cost of both together is 2 / (4 * 1.1), the penalty 2 log 2 */
  ASSERT_CUTS (two, 0);
  ASSERT_CUTS (zeroes, 0);
  ASSERT_CUTS (constant, 0);
}

static void
test_steps (void **state)
{
  static const guint64 step[] = { 100, 100, 100, 100, 100, 100, 100, 100, 100, 100, 400, 400, 400, 400, 400, 400 };
  static const guint64 two_steps[] = { 100, 100, 100, 100, 100, 25, 25, 25, 25, 25, 25, 25, 225, 225, 225, 225 };
  static const guint64 from_nothing[] = { 0, 0, 0, 0, 0, 0, 0, 0, 9, 9, 9, 9, 9, 9, 9, 9 };
  static const guint64 outlier[] = { 100, 100, 100, 100, 100, 100, 100, 100, 10000, 100, 100, 100, 100, 100, 100, 100, 100 };
  static const guint64 huge[] = { 1, 1, 1, 1, 1, 1, 1, 1, G_MAXUINT64, G_MAXUINT64, G_MAXUINT64, G_MAXUINT64, G_MAXUINT64 };

  (void) state;
  ASSERT_CUTS (step, 0, 10);
  ASSERT_CUTS (two_steps, 0, 5, 12);
  ASSERT_CUTS (from_nothing, 0, 8);
  ASSERT_CUTS (outlier, 0, 8, 9);
  ASSERT_CUTS (huge, 0, 8);
}

/*
 * Eight bins, one step of d between the transforms in the middle, no noise (all other differences are 0: the variance is 1).
 * Uncut they cost 8 (d/2)^2 = 2 d^2, cut a penalty of 2 log 8 = 4.1589: the border is at d = 1.4420.
 * From 100, 2 sqrt (100.375) = 20.0375, that is between 114 (d = 1.3518) and 115 (d = 1.4451).
 */
static void
test_smallest_step (void **state)
{
  static const guint64 below[] = { 100, 100, 100, 100, 114, 114, 114, 114 };
  static const guint64 above[] = { 100, 100, 100, 100, 115, 115, 115, 115 };
  /* 20 bins: 5 d^2 against 2 log 20 = 5.9915; from 0 to 1, d^2 = 4 (sqrt 1.375 - sqrt 0.375)^2 = 1.2554 */
  static const guint64 low[] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1 };

  (void) state;
  ASSERT_CUTS (below, 0);
  ASSERT_CUTS (above, 0, 4);
  ASSERT_CUTS (low, 0, 10);
}

/* Drawn from a Poisson distribution of mean 4, and of mean 50; the last one doubles in the middle. */
static void
test_poisson (void **state)
{
  static const guint64 few[] = { 4, 4, 3, 5, 1, 4, 3, 3, 1, 5, 7, 5, 3, 6, 3, 3, 5, 6, 2, 8, 5, 5, 4, 5, 0, 0, 3, 2, 3, 3,
                                 3, 5, 0, 2, 7, 5, 7, 2, 4, 6, 3, 3, 3, 4, 7, 3, 4, 5, 4, 1, 8, 3, 5, 2, 2, 3, 3, 5, 2, 0 };
  static const guint64 many[] = { 50, 50, 54, 53, 52, 60, 50, 42, 49, 65, 52, 66, 60, 47, 47, 52, 45, 48, 61, 50,
                                  49, 60, 46, 37, 55, 48, 37, 40, 48, 52, 42, 52, 51, 51, 54, 52, 44, 50, 60, 44,
                                  59, 45, 49, 37, 36, 51, 52, 52, 46, 47, 69, 42, 52, 51, 56, 47, 31, 55, 49, 49 };
  static const guint64 doubled[] = { 45, 52, 45, 43, 49, 52, 49, 53, 55, 42, 46, 42, 49, 54, 74, 38, 63, 43, 42, 56,
                                     34, 52, 42, 42, 43, 52, 60, 55, 56, 45, 115, 101, 96, 105, 112, 111, 114, 84, 111, 106,
                                     96, 92, 102, 103, 100, 99, 104, 101, 77, 96, 116, 90, 92, 96, 104, 105, 104, 99, 94, 101 };

  (void) state;
  ASSERT_CUTS (few, 0);
  ASSERT_CUTS (many, 0);
  ASSERT_CUTS (doubled, 0, 30);
}

/*
 * Counts that vary far more than Poisson's. Every difference but one is the same d, so that the variance is 1.0991 d^2 and
 * all 16 bins cost 16 (d/2)^2 / 1.0991 d^2 = 3.64, less than one penalty of 2 log 16 = 5.55. With a variance of 1 each bin would be cut off.
 */
static void
test_noise (void **state)
{
  static const guint64 noise[] = { 100, 400, 100, 400, 100, 400, 100, 400, 100, 400, 100, 400, 100, 400, 100, 400 };
  static const guint64 step[] = { 100, 400, 100, 400, 100, 400, 100, 400, 40000, 44100, 40000, 44100, 40000, 44100, 40000, 44100 };

  (void) state;
  ASSERT_CUTS (noise, 0);
  ASSERT_CUTS (step, 0, 8);
}

/*
 * Noise as above, of d = 3.994, and a step of s: a cut in the middle is worth 16 (s/2)^2 / 1.0991 d^2, which is more than
 * a penalty of 5.545 if s > 1.234 d = 4.93. The first steps by 5.99, the second by 4.38.
 */
static void
test_step_in_noise (void **state)
{
  static const guint64 above[] = { 100, 144, 100, 144, 100, 144, 100, 144, 169, 225, 169, 225, 169, 225, 169, 225 };
  static const guint64 below[] = { 100, 144, 100, 144, 100, 144, 100, 144, 149, 201, 149, 201, 149, 201, 149, 201 };

  (void) state;
  ASSERT_CUTS (above, 0, 8);
  ASSERT_CUTS (below, 0);
}

/* --- against the plain search ----------------------------------------------------------------- */

#define SERIES_MAX 120u

static double
plain_cost (const guint64 *counts, guint from, guint to)
{
  double mean = 0, cost = 0;

  for (guint i = from; i < to; i++)
    mean += 2 * sqrt ((double) counts[i] + 0.375) / (to - from);
  for (guint i = from; i < to; i++)
    cost += pow (2 * sqrt ((double) counts[i] + 0.375) - mean, 2);
  return cost;
}

/* The least cost of any way to cut; the series' variance is 1. */
static double
plain_search (const guint64 *counts, guint n)
{
  double best[SERIES_MAX + 1] = { 0 };

  for (guint to = 1; to <= n; to++)
    {
      best[to] = INFINITY;
      for (guint from = 0; from < to; from++)
        best[to] = MIN (best[to], best[from] + plain_cost (counts, from, to) + (from > 0 ? 2 * log (n) : 0));
    }
  return best[n];
}

static double
cost_of_cuts (const guint64 *counts, guint n, const GArray *firsts)
{
  double cost = 2 * log (n) * (firsts->len - 1);

  for (guint i = 0; i < firsts->len; i++)
    cost += plain_cost (counts, g_array_index (firsts, guint, i), i + 1 < firsts->len ? g_array_index (firsts, guint, i + 1) : n);
  return cost;
}

/* Long equal stretches with few steps: the median difference is 0, the variance 1. */
static void
test_against_plain_search (void **state)
{
  guint64 random = 7, counts[SERIES_MAX];
  guint cut = 0;

  (void) state;
  for (guint round = 0; round < 40; round++)
    {
      for (guint i = 0; i < SERIES_MAX; i++)
        {
          random = random * 6364136223846793005u + 1442695040888963407u;
          counts[i] = i == 0 || (random >> 60) < 4 ? (random >> 40) % 60 : counts[i - 1];
        }
      g_autoptr (GArray) firsts = segments_find (counts, SERIES_MAX);
      assert_true (fabs (cost_of_cuts (counts, SERIES_MAX, firsts) - plain_search (counts, SERIES_MAX)) < 1e-6);
      cut += firsts->len > 3 ? 1 : 0;
    }
  assert_int_equal (cut, 40); /* there was something to find */
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_nothing_to_cut), cmocka_unit_test (test_steps), cmocka_unit_test (test_smallest_step),
    cmocka_unit_test (test_poisson),        cmocka_unit_test (test_noise), cmocka_unit_test (test_step_in_noise), cmocka_unit_test (test_against_plain_search),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}

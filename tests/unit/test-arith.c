/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The statistics' arithmetic against values worked out by hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>
#include <glib.h>

#include "stats/arith.h"

static void
test_ratio (void **state)
{
  (void) state;
  assert_int_equal (arith_ratio (1, 1000000, 3), 333333);
  assert_int_equal (arith_ratio (2, 1000000, 3), 666667);
  assert_int_equal (arith_ratio (1, 1, 2), 1); /* halves up */
  assert_int_equal (arith_ratio (1, 10, 4), 3);
  assert_int_equal (arith_ratio (7, 1000000, 7), 1000000);
  assert_int_equal (arith_ratio (5, 1000, 0), 0);
  assert_true (arith_ratio (G_MAXUINT64, 1000000, 1000000) == G_MAXUINT64);
  assert_true (arith_ratio (G_MAXUINT64 - 1, 1, G_MAXUINT64) == 1);
}

static void
test_percentile (void **state)
{
  /* The usual example of the nearest rank: 15, 20, 35, 40, 50. */
  static const guint64 five[] = { 40, 15, 50, 20, 35 };
  static const guint64 equal[] = { 7, 7, 7, 7 };
  static const guint64 one[] = { 9 };
  static const guint64 wide[] = { G_MAXUINT64, 0, G_MAXUINT64 - 1, 1 };

  (void) state;
  assert_int_equal (arith_percentile (five, 5, 5), 15);
  assert_int_equal (arith_percentile (five, 5, 30), 20);
  assert_int_equal (arith_percentile (five, 5, 40), 20);
  assert_int_equal (arith_percentile (five, 5, 50), 35);
  assert_int_equal (arith_percentile (five, 5, 100), 50);
  assert_int_equal (arith_percentile (five, 5, 0), 15);
  assert_int_equal (arith_percentile (equal, 4, 50), 7);
  assert_int_equal (arith_percentile (one, 1, 99), 9);
  assert_true (arith_percentile (wide, 4, 100) == G_MAXUINT64);
  assert_true (arith_percentile (wide, 4, 75) == G_MAXUINT64 - 1);
  assert_true (arith_percentile (wide, 4, 50) == 1);
  assert_true (arith_percentile (wide, 4, 25) == 0);
}

static int
compare (const void *a, const void *b)
{
  const guint64 x = *(const guint64 *) a, y = *(const guint64 *) b;
  return (x > y) - (x < y);
}

/* Every rank of many small arrays with repeated values, against sorting. */
static void
test_percentile_against_sort (void **state)
{
  guint64 random = 12345;

  (void) state;
  for (guint round = 0; round < 3000; round++)
    {
      guint64 values[40], sorted[40];
      const gsize n = 1 + round % 40;
      const guint percent = round % 101;

      for (gsize i = 0; i < n; i++)
        {
          random = random * 6364136223846793005u + 1442695040888963407u;
          values[i] = sorted[i] = (random >> (round % 61)) % (1 + round % 17 * round);
        }
      qsort (sorted, n, sizeof *sorted, compare);
      const gsize rank = (n * percent + 99) / 100;
      assert_int_equal (arith_percentile (values, n, percent), sorted[rank > 0 ? rank - 1 : 0]);
    }
}

static Dispersion
dispersion_of (gsize n, const guint64 *counts)
{
  Dispersion d = { 0 };

  for (gsize i = 0; i < n; i++)
    dispersion_add (&d, counts[i]);
  return d;
}

static void
test_dispersion (void **state)
{
  /* mean 5, squares of deviations 9+1+1+1+0+0+4+16 = 32, variance 32/7, index 32/35 = 0.914286 */
  static const guint64 eight[] = { 2, 4, 4, 4, 5, 5, 7, 9 };
  static const guint64 even[] = { 6, 6, 6 };
  /* mean 25, deviations 75, 25, 25, 25: 5625 + 3 * 625 = 7500, variance 2500, index 100 */
  static const guint64 burst[] = { 100, 0, 0, 0 };
  static const guint64 none[] = { 0, 0, 0 };

  (void) state;
  Dispersion d = dispersion_of (8, eight);
  assert_int_equal (dispersion_micro (&d), 914286);
  assert_true (dispersion_is_even (&d));
  d = dispersion_of (3, even);
  assert_int_equal (dispersion_micro (&d), 0);
  assert_true (dispersion_is_even (&d));
  d = dispersion_of (4, burst);
  assert_int_equal (dispersion_micro (&d), 100000000);
  assert_false (dispersion_is_even (&d));
  d = dispersion_of (3, none);
  assert_int_equal (dispersion_micro (&d), -1);
  d = dispersion_of (1, burst);
  assert_int_equal (dispersion_micro (&d), -1);
  assert_false (dispersion_is_even (&d));
}

/* With 19 bins three standard deviations are 3 sqrt (2/18) = 1: an index of just 2 is even, a higher one is not. */
static void
test_dispersion_bound (void **state)
{
  Dispersion d = { .bins = 19, .sum = 19 };

  (void) state;
  d.sum_squares = 19 + 36; /* (19 * 55 - 361) / (18 * 19) = 684 / 342 = 2 */
  assert_int_equal (dispersion_micro (&d), 2000000);
  assert_true (dispersion_is_even (&d));
  d.sum_squares++;
  assert_false (dispersion_is_even (&d));
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_ratio),      cmocka_unit_test (test_percentile),       cmocka_unit_test (test_percentile_against_sort),
    cmocka_unit_test (test_dispersion), cmocka_unit_test (test_dispersion_bound),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Bootstrap intervals: those that the binomial distribution tells by hand, and those that only the generator's very sequence gives. */
#include "unit/unit.h"

#include "stats/bootstrap.h"

static void
assert_interval (const guint64 *values, guint n, guint64 median, guint64 low, guint64 high)
{
  const Interval interval = bootstrap_median (values, n);

  assert_int_equal (interval.n, n);
  assert_int_equal (interval.median, median);
  assert_int_equal (interval.low, low);
  assert_int_equal (interval.high, high);
}

/* The values 10, 20, … */
static void
assert_tens (guint n, guint64 median, guint64 low, guint64 high)
{
  guint64 values[64];

  for (guint i = 0; i < n; i++)
    values[i] = 10 * (i + 1);
  assert_interval (values, n, median, low, high);
}

/*
 * The median of a resample of n is at most the k-th value if at least (n + 1) / 2 of its n draws are, each with
 * probability k / n. The interval begins with the first k for which that is 2.5 %, and ends with the first for which it is 97.5 %.
 */
static void
test_by_hand (void **state)
{
  static const guint64 one[] = { 5 }, same[] = { 3, 3, 3, 3 }, mixed[] = { 30, 50, 10, 20, 40 };
  static const guint64 huge[] = { G_MAXUINT64, 0, G_MAXUINT64 - 1 };

  (void) state;
  assert_interval (one, 1, 5, 5, 5);
  assert_interval (same, 4, 3, 3, 3);
  /* the lower of two: 10 with probability 3/4 */
  assert_tens (2, 10, 10, 20);
  /* the first of five: at least three draws of probability 1/5: 5.8 % */
  assert_tens (5, 30, 10, 50);
  assert_interval (mixed, 5, 30, 10, 50);
  /* the first of seven 1.0 %, the first two 10.8 % */
  assert_tens (7, 40, 20, 60);
  /* the first seven of 25 0.96 %, eight 2.99 %; 17 97.0 %, 18 99.0 % */
  assert_tens (25, 130, 80, 180);
  assert_interval (huge, 3, G_MAXUINT64 - 1, 0, G_MAXUINT64);
}

/*
 * Here a border is as near to 2.5 or 97.5 % as 10,000 resamples cannot tell: the fourth of 15 is 2.55 %, the seventh of 24 2.53 %,
 * the 29th of 46 97.49 %. Worked out with another program for the same generator.
 */
static void
test_sequence (void **state)
{
  (void) state;
  assert_tens (15, 80, 40, 120);
  assert_tens (24, 120, 70, 170);
  assert_tens (46, 230, 160, 300);
}

static void
test_differ (void **state)
{
  const Interval low = { 5, 15, 10, 20 }, touching = { 5, 25, 20, 30 }, high = { 5, 25, 21, 30 }, inside = { 5, 15, 14, 16 };

  (void) state;
  assert_true (intervals_differ (&low, &high));
  assert_true (intervals_differ (&high, &low));
  assert_false (intervals_differ (&low, &touching));
  assert_false (intervals_differ (&touching, &low));
  assert_false (intervals_differ (&low, &inside));
  assert_false (intervals_differ (&inside, &low));
}

int
main (void)
{
  const struct CMUnitTest tests[] = { cmocka_unit_test (test_by_hand), cmocka_unit_test (test_sequence), cmocka_unit_test (test_differ) };

  return cmocka_run_group_tests (tests, NULL, NULL);
}

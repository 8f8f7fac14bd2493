/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Ratios, percentiles and dispersion in integers. */
#include "stats/arith.h"

guint64
arith_ratio (guint64 num, guint64 scale, guint64 den)
{
  if (den == 0)
    return 0;
  const unsigned __int128 product = (unsigned __int128) num * scale;
  const guint64 rest = (guint64) (product % den);
  return (guint64) (product / den) + (rest >= den - rest ? 1 : 0);
}

#define DIGIT_BITS 11u
#define DIGITS (1u << DIGIT_BITS)

/* How many bits the greatest of the values needs, rounded up to whole digits. */
static guint
significant_bits (const guint64 *values, gsize n)
{
  guint64 all = 0;
  guint bits = 0;

  for (gsize i = 0; i < n; i++)
    all |= values[i];
  while (bits < 64 && all >> bits != 0)
    bits += DIGIT_BITS;
  return bits;
}

/*
 * Radix selection: digit by digit from the top, among the values that share the digits found so far. Linear
 * whatever the values are, which a guest chooses.
 */
guint64
arith_percentile (const guint64 *values, gsize n, guint percent)
{
  gsize rank = (gsize) (((unsigned __int128) n * percent + 99) / 100);
  guint64 found = 0;

  rank = rank > 0 ? rank - 1 : 0; /* now: how many lie before it */
  for (guint bits = significant_bits (values, n); bits > 0; bits -= DIGIT_BITS)
    {
      const guint shift = bits - DIGIT_BITS;
      gsize counts[DIGITS] = { 0 };
      guint64 digit = 0;

      for (gsize i = 0; i < n; i++)
        if (bits >= 64 || values[i] >> bits == found)
          counts[values[i] >> shift & (DIGITS - 1)]++;
      while (rank >= counts[digit])
        rank -= counts[digit++];
      found = found << DIGIT_BITS | digit;
    }
  return found;
}

void
dispersion_add (Dispersion *d, guint64 count)
{
  d->bins++;
  d->sum += count;
  d->sum_squares += (unsigned __int128) count * count;
}

/*
 * variance / mean = ((Q - S²/n) / (n - 1)) / (S / n) = (nQ - S²) / ((n - 1) S). All the products fit:
 * n <= 2^25 (two days of 10 ms), S <= 2^44, Q <= 2^88, and the numerator is multiplied by 2^20.
 */
static gboolean
dispersion_fraction (const Dispersion *d, unsigned __int128 *num, unsigned __int128 *den)
{
  if (d->bins < 2 || d->sum == 0)
    return FALSE;
  const unsigned __int128 squares = (unsigned __int128) d->sum * d->sum;
  *num = d->bins * d->sum_squares - squares;
  *den = (unsigned __int128) (d->bins - 1) * d->sum;
  return TRUE;
}

gint64
dispersion_micro (const Dispersion *d)
{
  unsigned __int128 num, den;
  if (!dispersion_fraction (d, &num, &den))
    return -1;
  return (gint64) ((num * 1000000 + den / 2) / den);
}

gboolean
dispersion_is_even (const Dispersion *d)
{
  const gint64 micro = dispersion_micro (d);
  if (micro < 0)
    return FALSE;
  const gint64 above = micro - 1000000;
  if (above <= 0)
    return TRUE;
  /* above <= 3 sqrt (2 / (n - 1)), squared; `above` in millionths */
  return (unsigned __int128) above * (unsigned __int128) above * (d->bins - 1) <= (unsigned __int128) 18 * 1000000 * 1000000;
}

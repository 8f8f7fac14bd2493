/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Numbers in pictures: as short as can be. */
#include "report/chart.h"

#include <math.h>

#include "report/words.h"

void
say_round (GString *out, double value)
{
  /* Above 2^53 there is nothing to round. */
  words_count (out, !(value > 0) ? 0 : value >= 18446744073709549568.0 ? G_MAXUINT64 : (guint64) (value < 9e15 ? value + 0.5 : value));
}

/* So many digits after the point, zeros at the end left out. */
static void
say_fixed (GString *out, double value, guint digits)
{
  guint64 scale = 1;
  if (digits == 0 || !(value < 1e12))
    {
      say_round (out, value);
      return;
    }
  for (guint i = 0; i < digits; i++)
    scale *= 10;
  guint64 scaled = (guint64) llround (value * (double) scale);
  while (digits > 0 && scaled % 10 == 0)
    {
      scaled /= 10;
      scale /= 10;
      digits--;
    }
  words_count (out, scaled / scale);
  if (digits > 0)
    g_string_append_printf (out, ".%0*" G_GUINT64_FORMAT, (int) digits, scaled % scale);
}

void
say_short (GString *out, double value)
{
  static const char *const units[] = { "", "k", "M", "G", "T", "P", "E" };
  guint unit = 0;

  /* What would be rounded up to 1,000 is 1 of the next unit. */
  for (; value >= 999.5 && unit + 1 < G_N_ELEMENTS (units); unit++)
    value /= 1000;
  say_fixed (out, value, value < 1 ? 2 : value < 9.95 && unit > 0 ? 1 : 0);
  g_string_append (out, units[unit]);
}

void
say_seconds (GString *out, double ns)
{
  const double s = ns / 1e9;

  if (ns < 999.5)
    say_fixed (out, ns, 0);
  else if (ns < 999.5e3)
    say_fixed (out, ns / 1e3, ns < 99.5e3 ? 1 : 0);
  else if (s < 0.9995)
    say_fixed (out, ns / 1e6, ns < 99.5e6 ? 1 : 0);
  else
    say_fixed (out, s, s < 9.995 ? 2 : s < 99.95 ? 1 : 0);
  g_string_append (out, ns < 999.5 ? " ns" : ns < 999.5e3 ? " µs" : s < 0.9995 ? " ms" : " s");
}

void
say_percent (GString *out, double part, double whole)
{
  const double percent = whole > 0 ? part * 100 / whole : 0;

  if (percent > 0 && percent < 0.05)
    g_string_append (out, "<0.1");
  else
    say_fixed (out, percent, percent < 9.95 || (percent > 99 && percent < 99.95) ? 1 : 0);
  g_string_append (out, " %");
}

void
say_value (GString *out, double value)
{
  if (value > 0 && value < 0.005)
    g_string_append (out, "<0.01");
  else if (value >= 1e7)
    say_short (out, value);
  else
    say_fixed (out, value, value < 9.995 ? 2 : value < 99.95 ? 1 : 0);
}

void
say_phase (GString *out, const SpanSummary *phase)
{
  const double ns = (double) (phase->end_ns - phase->start_ns);

  g_string_append_printf (out, "%s: ", phase->name);
  say_seconds (out, (double) phase->start_ns);
  g_string_append (out, " to ");
  say_seconds (out, (double) phase->end_ns);
  g_string_append (out, ", ");
  words_amount (out, phase->exits, "exit", "exits");
  if (ns > 0)
    {
      g_string_append (out, ", ");
      say_round (out, (double) phase->exits * 1e9 / ns);
      g_string_append (out, " exits/s");
    }
}

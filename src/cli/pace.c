/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The pace of a batch; see pace.h. */
#include "cli/pace.h"

#define SECONDS_UP_TO 90.0
#define MINUTES_UP_TO 90.0
#define A_SECOND 2.0 /* from so many on */

static char *
rate_text (double a_second)
{
  return a_second >= A_SECOND   ? g_strdup_printf ("%.0f a second", a_second)
         : a_second >= 1.0 / 60 ? g_strdup_printf ("%.1f a minute", a_second * 60)
                                : g_strdup_printf ("%.1f an hour", a_second * 3600);
}

static char *
left_text (double left_s)
{
  return left_s < SECONDS_UP_TO        ? g_strdup_printf ("about %.0f s left", left_s)
         : left_s < 60 * MINUTES_UP_TO ? g_strdup_printf ("about %.0f min left", left_s / 60)
                                       : g_strdup_printf ("about %.1f h left", left_s / 3600);
}

char *
pace_text (guint done, guint total, guint fresh, double elapsed_s)
{
  const double a_second = fresh > 0 && elapsed_s > 0 ? fresh / elapsed_s : 0;
  const double left_s = a_second > 0 ? (total - done) / a_second : 0;
  g_autofree char *rate = rate_text (a_second), *left = left_text (left_s);

  if (done >= total || left_s < 1)
    return g_strdup_printf ("%u of %u", done, total);
  return g_strdup_printf ("%u of %u, %s, %s", done, total, rate, left);
}

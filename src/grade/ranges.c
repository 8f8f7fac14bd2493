/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Ranges of numbers; see ranges.h. */
#include "grade/ranges.h"

static guint32
take_number (const char **at)
{
  char *end;
  const guint64 number = g_ascii_strtoull (*at, &end, g_str_has_prefix (*at, "0x") ? 16 : 10);
  *at = end;
  return (guint32) number;
}

GArray *
ranges_parse (const char *text)
{
  GArray *ranges = g_array_new (FALSE, FALSE, sizeof (NumberRange));
  for (const char *at = text; g_ascii_isdigit (*at);)
    {
      NumberRange range;
      range.first = range.last = take_number (&at);
      if (*at == '-')
        {
          at++;
          range.last = take_number (&at);
        }
      g_array_append_val (ranges, range);
      at += *at == ',' ? 1 : 0;
    }
  return ranges;
}

gboolean
ranges_have (const GArray *ranges, guint32 number)
{
  for (guint i = 0; i < ranges->len; i++)
    {
      const NumberRange *range = &g_array_index (ranges, NumberRange, i);
      if (number >= range->first && number <= range->last)
        return TRUE;
    }
  return FALSE;
}

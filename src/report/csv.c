/* SPDX-License-Identifier: GPL-2.0-or-later */
/* CSV fields. */
#include "report/csv.h"

#include <string.h>

/*
 * A spreadsheet takes a cell that begins so for a formula, and runs it. A number with its sign, or a lone dash, is none. The last four are the wide letters that
 * some take for the narrow ones.
 */
static gboolean
is_formula (const char *text)
{
  static const char *const wide[] = { "\xef\xbc\x9d", "\xef\xbc\x8b", "\xef\xbc\x8d", "\xef\xbc\xa0" };

  if (*text == '+' || *text == '-')
    return text[1 + strspn (text + 1, "0123456789. %")] != '\0';
  for (guint i = 0; i < G_N_ELEMENTS (wide); i++)
    if (g_str_has_prefix (text, wide[i]))
      return TRUE;
  return *text != '\0' && strchr ("=@\t\r", *text) != NULL;
}

void
csv_text (GString *out, const char *text)
{
  const char *mark = is_formula (text) ? "'" : "";
  if (strpbrk (text, ",;\t\"\r\n") == NULL)
    {
      g_string_append (out, mark);
      g_string_append (out, text);
      return;
    }
  g_string_append_c (out, '"');
  g_string_append (out, mark);
  for (; *text != '\0'; text++)
    {
      if (*text == '"')
        g_string_append_c (out, '"');
      g_string_append_c (out, *text);
    }
  g_string_append_c (out, '"');
}

static const char pairs[] = "00010203040506070809101112131415161718192021222324252627282930313233343536373839404142434445464748495051525354555657585960616263646566676869"
                            "707172737475767778798081828384858687888990919293949596979899";

/* Of a number that is not 0: 1233 / 4096 is a little more than the logarithm of 2, so the estimate is right or one too low. */
static guint
count_digits (guint64 value)
{
  static const guint64 powers[] = {
    1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000, 1000000000, 10000000000, 100000000000, 1000000000000, 10000000000000,
    100000000000000, 1000000000000000, 10000000000000000, 100000000000000000, 1000000000000000000, 10000000000000000000u,
  };
  const guint estimate = (64 - (guint) __builtin_clzll (value)) * 1233 >> 12;
  return estimate + (value >= powers[estimate] ? 1 : 0);
}

static inline void
put_pair (char *at, guint32 pair)
{
  memcpy (at, &pairs[2 * pair], 2);
}

/* With leading zeroes; the four pairs do not wait for each other. */
static inline void
put_eight (char *at, guint32 value)
{
  const guint32 high = value / 10000, low = value % 10000;

  put_pair (at, high / 100);
  put_pair (at + 2, high % 100);
  put_pair (at + 4, low / 100);
  put_pair (at + 6, low % 100);
}

/* From the end: by eight digits while there are more, then by two. */
char *
csv_digits (char *at, guint64 value)
{
  char *const end = at + count_digits (value | 1);
  char *first = end;

  for (; value >= 100000000; value /= 100000000)
    put_eight (first -= 8, (guint32) (value % 100000000));
  guint32 rest = (guint32) value;
  for (; rest >= 100; rest /= 100)
    put_pair (first -= 2, rest % 100);
  if (rest >= 10)
    put_pair (first - 2, rest);
  else
    first[-1] = (char) ('0' + rest);
  return end;
}

void
csv_unsigned (GString *out, guint64 value)
{
  char digits[20];
  g_string_append_len (out, digits, csv_digits (digits, value) - digits);
}

void
csv_number (GString *out, gint64 value)
{
  if (value < 0)
    g_string_append_c (out, '-');
  csv_unsigned (out, value < 0 ? 0 - (guint64) value : (guint64) value);
}

void
csv_fixed (GString *out, guint64 value, guint digits)
{
  guint64 unit = 1;

  for (guint i = 0; i < digits; i++)
    unit *= 10;
  csv_unsigned (out, value / unit);
  if (digits == 0)
    return;
  g_string_append_c (out, '.');
  for (guint64 rest = value % unit; unit > 1; rest %= unit)
    {
      unit /= 10;
      g_string_append_c (out, (char) ('0' + rest / unit));
    }
}

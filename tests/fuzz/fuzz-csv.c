/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Fuzzes the CSV reader and what reads a comparison's tables with it. LLVMFuzzerTestOneInput is the usual entry; the plain main (left
 * out with -DFUZZ_ENGINE) mutates valid tables at random:   fuzz-csv [seconds [seed]]
 *
 * Besides not crashing: a table that was read has every field, and written anew it reads as the same, but for the ' before a formula.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "fuzz/fuzz.h"

#include "report/compare-read.h"
#include "report/csv-read.h"
#include "report/csv.h"

int LLVMFuzzerTestOneInput (const unsigned char *data, size_t size);

static guint
count_columns (const char *text, gsize size)
{
  guint columns = 1;

  for (gsize i = 0, quoted = 0; i < size && (quoted || text[i] != '\n'); i++)
    {
      quoted ^= text[i] == '"';
      columns += !quoted && text[i] == ',';
    }
  return columns;
}

/* csv_text puts a ' before what a spreadsheet would run. */
static gboolean
same_field (const char *read, const char *again)
{
  if (*again == '\'' && *read != '\'')
    again++;
  return strcmp (read, again) == 0;
}

static void
check_round_trip (const CsvTable *table, guint columns)
{
  g_autoptr (GString) out = g_string_new (NULL);
  g_autoptr (CsvTable) again = NULL;

  for (guint c = 0; c < columns; c++)
    g_string_append_printf (out, c > 0 ? ",c%u" : "c%u", c);
  for (guint r = 0; r < csv_rows (table); r++)
    for (guint c = 0; c < columns; c++)
      {
        g_string_append_c (out, c > 0 ? ',' : '\n');
        csv_text (out, csv_field (table, r, c));
      }
  g_string_append_c (out, '\n');
  if (!csv_read (out->str, out->len, &again, NULL) || csv_rows (again) != csv_rows (table))
    abort ();
  for (guint r = 0; r < csv_rows (table); r++)
    for (guint c = 0; c < columns; c++)
      if (!same_field (csv_field (table, r, c), csv_field (again, r, c)))
        abort ();
}

int
LLVMFuzzerTestOneInput (const unsigned char *data, size_t size)
{
  const char *text = (const char *) data;
  g_autoptr (CsvTable) table = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (CompareSide) side = compare_side_new (FALSE);
  g_autoptr (GPtrArray) rows = NULL;

  if (csv_read (text, size, &table, &error))
    check_round_trip (table, count_columns (text, size));
  else if (error == NULL || table != NULL)
    abort ();
  compare_read_reasons (side, text, size, WINDOW_BOOT, NULL);
  compare_read_kinds (side, text, size, WINDOW_ALL, NULL);
  compare_read_phases (side, text, size, WINDOW_BOOT, 100, NULL);
  compare_read_operations (side, text, size, NULL);
  compare_read_repeats (side, text, size, WINDOW_BOOT, NULL);
  rows = compare_sides (side, side);
  return 0;
}

#ifndef FUZZ_ENGINE
static const char *const seeds[] = {
  "reason,name,window,exits\n48,EPT_VIOLATION,boot,8474\n30,IO,boot,2546\n30,\"I,\"\"O\"\"\",all,9999\n",
  "phase,start_ns,end_ns,exits\nfirmware,0,10,7562\nkernel,10,100,4441\nidle,100,2000,37\n",
  "kind,window,exits,share,cycles\nmemory,boot,12,0.5,77\nio-serial,all,9,0.1,1\n",
  "operation,repetitions,exits\r\ncpuid,1000,1000\r\nhlt,10,11\r\n",
  "metric,n,median,low,high\nexits:window=boot,5,100,90,110\nexits:reason=48,5,10,9,11\n",
};

static void
run_one (void)
{
  static const char interesting[] = "\",\n\r\t 0919-+.\0\033\302\233\377xy";
  g_autoptr (GString) text = g_string_new (seeds[draw (G_N_ELEMENTS (seeds))]);

  for (unsigned n = draw (6); n > 0 && text->len > 0; n--)
    {
      const unsigned at = draw ((unsigned) text->len), kind = draw (4);
      const char c = interesting[draw (sizeof interesting - 1)];

      if (kind == 0)
        text->str[at] = c;
      else if (kind == 1)
        g_string_insert_c (text, at, c);
      else if (kind == 2)
        g_string_erase (text, at, 1);
      else
        g_string_append_len (text, text->str + at, (gssize) (text->len - at));
    }
  /* In a block of its own size, so that reading beyond its end is seen. */
  g_autofree unsigned char *data = g_memdup2 (text->str, text->len);
  LLVMFuzzerTestOneInput (data != NULL ? data : (const unsigned char *) "", text->len);
}

int
main (int argc, char **argv)
{
  return fuzz_main (argc, argv, "fuzz-csv", 100, run_one);
}
#endif

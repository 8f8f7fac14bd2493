/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Fuzzes what reads statistics in a kernel log, and judges them. LLVMFuzzerTestOneInput is the usual entry: bytes are a log. The plain main (left out with
 * -DFUZZ_ENGINE) damages logs of kernels with and without mistakes, in all shapes:   fuzz-log [seconds [seed]]
 *
 * Besides not crashing: rows keep to their points, and a print has each type once.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "grade/log-read.h"
#include "unit/log-shapes.h"
#include "fuzz/fuzz.h"

int LLVMFuzzerTestOneInput (const unsigned char *data, size_t size);

static LogLab *both[2];

static void
check (gboolean ok)
{
  if (!ok)
    abort ();
}

static void
open_labs (void)
{
  for (guint i = 0; i < 2; i++)
    both[i] = both[i] != NULL ? both[i] : log_lab_new (i == 1);
}

static void
check_reading (const LogLab *lab, const GPtrArray *log)
{
  const LogView view = { 0, G_MAXUINT };
  g_autoptr (LogNames) names = log_names_new (lab->world->names);
  g_autoptr (LogTruth) truth = log_truth_new (lab->fixture->exits);
  g_autoptr (LogReading) reading = log_read (log, truth, &view, 1, names);
  check ((reading->state == LOG_READ) == (reading->prints->len > 0));
  for (guint i = 0; i < reading->prints->len; i++)
    {
      const LogPrint *print = g_ptr_array_index (reading->prints, i);
      g_autoptr (GHashTable) seen = g_hash_table_new (NULL, NULL);
      for (guint j = 0; j < print->entries->len; j++)
        check (g_hash_table_add (seen, GUINT_TO_POINTER (g_array_index (print->entries, LogEntry, j).code)));
    }
}

static void
judge_one (LogLab *lab, GPtrArray *log)
{
  g_autoptr (Grade) grade = judge_log (lab, log, NULL, FALSE);
  gint64 points = 0;
  for (guint i = 0; i < grade->rows->len; i++)
    {
      const GradeRow *row = g_ptr_array_index (grade->rows, i);
      points += row->points;
      check (row->points >= 0 && row->points <= row->max_points && row->cases_ok <= row->cases_total && row->reason[0] != '\0');
    }
  check (points == grade->points && points <= grade->max_points);
  check_reading (lab, log);
}

/* Byte 0: the lab; the rest: a log. */
int
LLVMFuzzerTestOneInput (const unsigned char *data, size_t size)
{
  if (size == 0)
    return 0;
  open_labs ();
  g_autofree char *text = g_strndup ((const char *) data + 1, size - 1), *valid = g_utf8_make_valid (text, -1);
  g_autoptr (GPtrArray) log = g_ptr_array_new_with_free_func (g_free);
  g_auto (GStrv) lines = g_strsplit (valid, "\n", -1);
  for (char **line = lines; *line != NULL; line++)
    g_ptr_array_add (log, g_strdup (*line));
  judge_one (both[data[0] & 1], log);
  return 0;
}

#ifndef FUZZ_ENGINE
static const LogShapeFunc shapes[] = {
  shape_lines, shape_footer, shape_pairs, shape_table, shape_columns, shape_bare, shape_hex, shape_bare_hex, shape_prefix, shape_total_each, shape_name_first,
  shape_name_alone, shape_count_first, shape_percent, shape_vcpu, shape_banner, shape_joined, shape_both_ends, shape_long_prefix, shape_one_line,
  shape_one_line_commas, shape_one_message, shape_other_messages, shape_numbers_only, shape_callbacks, shape_unreadable,
};

/* Lines go, come twice, change places; bytes become what a parser stumbles over. */
static void
damage (GPtrArray *log)
{
  static const char *const odd[] = { "18446744073709551615", "-1", "0x", "0xffffffffffffffffff", "\\x0a", "\\x", "99999999999999999999999", "total", "%n%s", "1.2.3", "callbacks suppressed", "(", "T:", "é", "" };
  const guint at = draw (log->len);
  char **line = (char **) &g_ptr_array_index (log, at);
  const guint kind = draw (4), letters = (guint) strlen (*line);
  if (kind == 0)
    g_ptr_array_remove_index (log, at);
  else if (kind == 1)
    g_ptr_array_insert (log, (gint) draw (log->len), g_strdup (*line));
  else if (kind == 2 && letters > 0)
    (*line)[draw (letters)] = (char) (0x20 + draw (0x5e));
  else
    {
      char *old = *line;
      const guint cut = draw (letters + 1);
      *line = g_strdup_printf ("%.*s%s%s", (int) cut, old, odd[draw (G_N_ELEMENTS (odd))], old + cut);
      g_free (old);
    }
}

static void
run_one (void)
{
  LogLab *lab = both[draw (2)];
  /* What prints at each exit is slow to judge, and bounded elsewhere. */
  const LogMistake mistake = (LogMistake) draw (LOG_MISTAKES);
  g_autoptr (GPtrArray) log = print_log (lab->world, lab->fixture->exits, lab->refused, lab->other, mistake == LOG_EVERY_EXIT ? LOG_RIGHT : mistake, shapes[draw (G_N_ELEMENTS (shapes))]);
  for (unsigned n = draw (30); n > 0 && log->len > 1; n--)
    damage (log);
  judge_one (lab, log);
}

int
main (int argc, char **argv)
{
  open_labs ();
  const int status = fuzz_main (argc, argv, "fuzz-log", 1, run_one);
  log_lab_free (both[0]);
  log_lab_free (both[1]);
  return status;
}
#endif

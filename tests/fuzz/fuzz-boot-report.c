/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Fuzzes the parser of a distribution's boot report. LLVMFuzzerTestOneInput is the usual entry; the plain main (left out with
 * -DFUZZ_ENGINE) puts together lines, good ones and bad, and damages them:   fuzz-boot-report [seconds [seed]]
 *
 * Besides not crashing: what is taken keeps to its limits, units are in order and each is there once, and brackets are ones.
 */
#include <glib.h>

#include "fuzz/fuzz.h"

#include "record/boot-report.h"
#include "timeline/boot-report.h"

int LLVMFuzzerTestOneInput (const unsigned char *data, size_t size);

static void
check (gboolean ok)
{
  if (!ok)
    abort ();
}

static void
check_time (gint64 ns)
{
  check (ns >= 0 && ns <= BOOT_REPORT_NS_MAX);
}

static void
check_brackets (const GArray *brackets)
{
  check (brackets->len <= 1024);
  for (guint i = 0; i < brackets->len; i++)
    {
      const BootBracket *bracket = &g_array_index (brackets, BootBracket, i);
      check_time (bracket->before_ns);
      check_time (bracket->after_ns);
      check_time (bracket->printk_ns);
      check (bracket->before_ns <= bracket->after_ns);
    }
}

static void
check_units (const GArray *units)
{
  g_autoptr (GHashTable) names = g_hash_table_new (g_str_hash, g_str_equal);

  check (units->len <= BOOT_REPORT_UNITS_MAX);
  for (guint i = 0; i < units->len; i++)
    {
      const BootUnit *unit = &g_array_index (units, BootUnit, i);
      check_time (unit->start_us * 1000);
      check_time (unit->active_us * 1000);
      check (unit->active_us == 0 || unit->active_us >= unit->start_us);
      check (i == 0 || unit[-1].start_us <= unit->start_us);
      check (*unit->name != '\0' && strpbrk (unit->name, " \n<>&\"',") == NULL && g_hash_table_add (names, unit->name));
    }
}

int
LLVMFuzzerTestOneInput (const unsigned char *data, size_t size)
{
  g_autoptr (BootReport) report = NULL;
  g_autoptr (GError) error = NULL;

  if (!boot_report_parse ((const char *) data, size, &report, &error))
    {
      check (report == NULL && error != NULL && g_utf8_validate (error->message, -1, NULL) && strlen (error->message) < 1024);
      return 0;
    }
  check_brackets (report->clocks);
  check_brackets (report->printks);
  check_units (report->units);
  check_time (report->userspace_us * 1000);
  check_time (report->finish_us * 1000);
  for (guint i = 0; i < report->messages->len; i++)
    check (g_utf8_validate (g_array_index (report->messages, BootMessage, i).text, -1, NULL));
  return 0;
}

#ifndef FUZZ_ENGINE
static void
put_number (GString *out)
{
  static const char *const odd[] = { "0", "604800000000000", "604800000000", "604800000001", "18446744073709551615", "18446744073709551616", "-1", "", "0x10" };

  if (draw (30) == 0)
    g_string_append (out, odd[draw (G_N_ELEMENTS (odd))]);
  else
    g_string_append_printf (out, "%u", draw (1000));
}

/* Each `#` of a line is a number. */
static void
put_line (GString *out)
{
  static const char *const lines[] = {
    "distribution debian 12", "distribution x", "clock # 5#", "printk # # 5#", "kernel # Run /init as init process", "kernel # \xff\x1b[2J", "systemd UserspaceTimestampMonotonic #",
    "systemd FinishTimestampMonotonic #", "unit u#.service # #", "unit a-\\x2d@#.mount # 9#", "unit same.service 1 2", "cloud-init done", "failed u#.service", "end", "nonsense #", "",
  };
  const char *line = lines[draw (8) ? 2 + draw (9) : draw (G_N_ELEMENTS (lines))];

  for (; *line != '\0'; line++)
    if (*line == '#')
      put_number (out);
    else
      g_string_append_c (out, *line);
  g_string_append (out, draw (20) ? "\n" : "\r\n");
}

static void
run_one (void)
{
  g_autoptr (GString) text = g_string_new (draw (10) ? "" : "login: \r\n");

  g_string_append (text, draw (20) ? BOOT_REPORT_FIRST_LINE "\n" : "harness-boot 11\n");
  for (guint n = draw (draw (50) ? 40 : 3000); n > 0; n--)
    put_line (text);
  if (draw (8))
    g_string_append (text, "end\n");
  for (guint n = draw (4); n > 1 && text->len > 0; n--)
    text->str[draw ((guint) text->len)] = (char) draw (256);
  /* Its own memory, of that size: what reads beyond the end is seen. */
  g_autofree unsigned char *copy = g_memdup2 (text->str, text->len);
  LLVMFuzzerTestOneInput (copy, text->len);
}

int
main (int argc, char **argv)
{
  return fuzz_main (argc, argv, "fuzz-boot-report", 100, run_one);
}
#endif

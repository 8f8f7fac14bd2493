/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which unit's start caused which exits? */
#include "report/answers-parts.h"

#include "report/csv.h"
#include "report/words.h"

#define SHOWN 15u

static const SpanSummary *
boot_of (const AnswersLab *lab)
{
  return &lab->summary->windows[WINDOW_BOOT];
}

gboolean
answers_have_units (const AnswersLab *lab)
{
  return lab->summary->units != NULL && lab->summary->units->len > 0;
}

/* A share is told to the exit in sentences. */
static guint64
share_of (const UnitSummary *unit)
{
  return arith_ratio (unit->share_milli, 1, 1000);
}

static void
cite_unit (GString *out, const AnswersLab *lab, const UnitSummary *unit)
{
  g_autofree char *name = markdown_text (unit->name);
  answers_cite (out, lab, "units.csv", "unit=%s", name);
}

static void
put_most (GString *out, const AnswersLab *lab, const UnitSummary *most)
{
  answers_text (out, most->name);
  g_string_append (out, " has the largest share, ");
  words_amount (out, share_of (most), "exit", "exits");
  g_string_append (out, " or ");
  words_percent (out, most->share_milli, boot_of (lab)->exits * 1000);
  g_string_append (out, " of window boot: while it was being started, for ");
  words_seconds (out, most->active_ns - most->start_ns);
  g_string_append (out, ", there were ");
  words_amount (out, most->exits, "exit", "exits");
  g_string_append (out, ", ");
  words_count (out, most->alone);
  g_string_append (out, " of them while nothing else was");
  cite_unit (out, lab, most);
  g_string_append_c (out, '.');
}

static void
put_none (GString *out, const AnswersLab *lab)
{
  const UnitSummary *none = &lab->summary->no_unit;

  g_string_append (out, " In ");
  words_seconds (out, none->idle_ns);
  g_string_append (out, " from systemd's start to the end of the boot no unit was being started; ");
  words_amount (out, none->exits, "exit", "exits");
  g_string_append (out, none->exits == 1 ? " falls there" : " fall there");
  answers_cite (out, lab, "units.csv", "unit=%s", UNIT_NONE);
  g_string_append_c (out, '.');
}

static void
put_lab (GString *out, const AnswersLab *lab)
{
  g_autoptr (GPtrArray) units = lab_summary_top_units (lab->summary);

  answers_begin (out, lab);
  if (units->len > 0)
    put_most (out, lab, g_ptr_array_index (units, 0));
  else
    {
      g_string_append (out, "no exit falls into the start of a unit that was active before the boot was over");
      answers_cite (out, lab, "units.csv", "all rows");
      g_string_append_c (out, '.');
    }
  put_none (out, lab);
  g_string_append_c (out, '\n');
}

static void
put_row (GString *out, const AnswersLab *lab, const UnitSummary *unit)
{
  g_string_append (out, "| ");
  answers_text (out, unit->name);
  g_string_append (out, " | ");
  answers_seconds (out, unit->start_ns);
  g_string_append (out, " | ");
  answers_seconds (out, unit->active_ns - unit->start_ns);
  g_string_append_printf (out, " | %" G_GUINT64_FORMAT " | %" G_GUINT64_FORMAT " | ", unit->exits, unit->alone);
  csv_fixed (out, unit->share_milli, 3);
  g_string_append (out, " | ");
  answers_percent (out, unit->share_milli, boot_of (lab)->exits * 1000);
  g_string_append (out, " | ");
  answers_reason (out, lab, unit->top_code);
  g_string_append (out, ", ");
  answers_percent (out, unit->top_exits, unit->exits);
  g_string_append (out, " |");
  cite_unit (out, lab, unit);
  g_string_append (out, " |\n");
}

static void
put_table (GString *out, const AnswersLab *lab)
{
  static const AnswersColumn columns[] = {
    { "unit", FALSE }, { "begins at", TRUE }, { "lasts", TRUE }, { "exits meanwhile", TRUE }, { "alone", TRUE }, { "fair share", TRUE },
    { "of boot", TRUE }, { "most frequent type", FALSE }, { "source", FALSE },
  };
  g_autoptr (GPtrArray) units = lab_summary_top_units (lab->summary);

  if (units->len == 0)
    return;
  g_string_append (out, "\nThe ");
  if (units->len > SHOWN)
    g_string_append_printf (out, "first %u of %u ", SHOWN, units->len);
  g_string_append (out, "units of ");
  answers_text (out, lab->name);
  g_string_append (out, " whose start has exits, by fair share:\n");
  answers_table (out, columns, G_N_ELEMENTS (columns), NULL, 0, NULL, 0);
  for (guint i = 0; i < MIN (units->len, SHOWN); i++)
    put_row (out, lab, g_ptr_array_index (units, i));
}

void
answer_units (GString *out, const AnswersLab *labs, gsize n)
{
  g_string_append (out, "A unit is being started from when systemd begins with it to when it is active, by L2's clock, which marks among the exits tie to the "
                        "time of the run");
  for (gsize i = 0; i < n; i++)
    if (answers_have_units (&labs[i]))
      answers_cite (out, &labs[i], "checks.csv", "check=boot:clock-brackets-that-agree");
  g_string_append (out, ". Units are started side by side: exits meanwhile are all that happened then, whoever caused them; alone are those while no other "
                        "unit was being started; the fair share divides each exit evenly among the units being started. Units that never were active, "
                        "and those that were only after the boot, are in units.csv alone.\n\n");
  for (gsize i = 0; i < n; i++)
    if (answers_have_units (&labs[i]))
      put_lab (out, &labs[i]);
  for (gsize i = 0; i < n; i++)
    if (answers_have_units (&labs[i]))
      put_table (out, &labs[i]);
}

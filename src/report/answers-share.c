/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What share of the boot's time is spent in exits? */
#include "report/answers-parts.h"

#include <string.h>

#include "report/words.h"

#define SHOWN 5u

static const SpanSummary *
boot_of (const AnswersLab *lab)
{
  return &lab->summary->windows[WINDOW_BOOT];
}

static guint64
ns_in_exits (const AnswersLab *lab, const SpanSummary *span)
{
  return (guint64) lab_summary_ns (lab->summary, span->cycles);
}

static void
put_reason (GString *out, const AnswersLab *lab, const ReasonSummary *reason)
{
  g_string_append (out, "  - ");
  answers_reason (out, lab, reason->code);
  g_string_append (out, ": ");
  words_amount (out, reason->cycles, "cycle", "cycles");
  g_string_append (out, ", ");
  words_percent (out, reason->cycles, boot_of (lab)->cycles);
  g_string_append (out, " of those in exits; of its ");
  words_amount (out, reason->exits, "exit", "exits");
  g_string_append (out, " half take up to ");
  words_count (out, reason->cycles_p50);
  g_string_append (out, ", 99 % up to ");
  words_count (out, reason->cycles_p99);
  answers_cite (out, lab, "reasons.csv", "window=boot, reason=%u", reason->code);
  g_string_append_c (out, '\n');
}

/* What L2 did not want to run in counts too: say how much that is. */
static void
put_halted (GString *out, const AnswersLab *lab, const GPtrArray *reasons)
{
  for (guint i = 0; i < reasons->len; i++)
    {
      const ReasonSummary *reason = g_ptr_array_index (reasons, i);
      if (strcmp (reason_kind (lab->names, reason->code), "hlt") != 0 || reason->cycles == 0)
        continue;
      g_string_append (out, " In ");
      words_seconds (out, lab_summary_ns (lab->summary, reason->cycles));
      g_string_append (out, " of it L2 had halted, with nothing to do");
      answers_cite (out, lab, "reasons.csv", "window=boot, reason=%u", reason->code);
      g_string_append_c (out, '.');
    }
}

static void
put_lab (GString *out, const AnswersLab *lab)
{
  const SpanSummary *boot = boot_of (lab);
  const guint64 duration = (guint64) (boot->end_ns - boot->start_ns);
  g_autoptr (GPtrArray) reasons = lab_summary_by_cycles (lab->summary, WINDOW_BOOT);

  answers_begin (out, lab);
  words_percent (out, ns_in_exits (lab, boot), duration);
  g_string_append (out, ": ");
  words_seconds (out, (gint64) ns_in_exits (lab, boot));
  g_string_append (out, " (");
  words_amount (out, boot->cycles, "cycle", "cycles");
  g_string_append (out, ") of the ");
  words_seconds (out, (gint64) duration);
  g_string_append (out, " of window boot");
  answers_cite_boot (out, lab);
  g_string_append_c (out, '.');
  if (ns_in_exits (lab, boot) > duration)
    g_string_append (out, " That is more than the whole because several vCPUs are in exits at once.");
  put_halted (out, lab, reasons);
  g_string_append (out, reasons->len > 0 ? " The costliest types:\n" : "\n");
  for (guint i = 0; i < MIN (SHOWN, reasons->len); i++)
    put_reason (out, lab, g_ptr_array_index (reasons, i));
}

static void
put_cells (GString *out, const AnswersLab *lab, const char *name)
{
  const SpanSummary *phase = lab_summary_phase (lab->summary, name);

  if (phase == NULL)
    {
      answers_no_cells (out, 3);
      return;
    }
  g_string_append_c (out, ' ');
  answers_seconds (out, phase->end_ns - phase->start_ns);
  g_string_append (out, " | ");
  answers_seconds (out, (gint64) ns_in_exits (lab, phase));
  g_string_append (out, " | ");
  answers_percent (out, ns_in_exits (lab, phase), (guint64) (phase->end_ns - phase->start_ns));
  g_string_append (out, " |");
}

static void
put_phases (GString *out, const AnswersLab *labs, gsize n)
{
  static const AnswersColumn first[] = { { "phase of the boot", FALSE } };
  static const AnswersColumn per_lab[] = { { "time", TRUE }, { "in exits", TRUE }, { "share", TRUE } };
  g_autoptr (GPtrArray) names = answers_phase_names (labs, n, TRUE);

  answers_table (out, first, G_N_ELEMENTS (first), per_lab, G_N_ELEMENTS (per_lab), labs, n);
  for (guint p = 0; p < names->len; p++)
    {
      g_string_append_printf (out, "| %s |", (const char *) g_ptr_array_index (names, p));
      for (gsize i = 0; i < n; i++)
        put_cells (out, &labs[i], g_ptr_array_index (names, p));
      g_string_append_c (out, '\n');
    }
  answers_sources (out, labs, n, "phases.csv", "all rows");
}

void
answer_share (GString *out, const AnswersLab *labs, gsize n)
{
  gboolean emulated = FALSE;

  for (gsize i = 0; i < n; i++)
    emulated = emulated || strcmp (labs[i].accel, "emulated") == 0;
  g_string_append (out, "The cycles of an exit run from the hardware exit to the next entry, or to the return to user space; they include other threads that ran meanwhile.");
  if (emulated)
    g_string_append (out, " In an emulated lab time is the number of instructions executed, at the emulator's scale: shares tell where L1 works, not how long a "
                          "processor would take.");
  g_string_append (out, "\n\n");
  for (gsize i = 0; i < n; i++)
    put_lab (out, &labs[i]);
  put_phases (out, labs, n);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How many exits does a full boot take? */
#include "report/answers-parts.h"

#include "report/words.h"
#include "stats/repeats.h"

static const SpanSummary *
boot_of (const AnswersLab *lab)
{
  return &lab->summary->windows[WINDOW_BOOT];
}

static void
put_phases (GString *out, const AnswersLab *lab)
{
  const LabSummary *s = lab->summary;

  for (guint i = 0; i < s->boot_phases; i++)
    {
      g_string_append (out, i > 0 ? ", " : " By phase: ");
      g_string_append_printf (out, "%s ", answers_phase (s, i)->name);
      words_count (out, answers_phase (s, i)->exits);
      g_string_append (out, " (");
      words_percent (out, answers_phase (s, i)->exits, boot_of (lab)->exits);
      g_string_append_c (out, ')');
    }
  if (s->boot_phases == 0)
    return;
  answers_cite_boot (out, lab);
  g_string_append_c (out, '.');
}

static void
put_top_kind (GString *out, const AnswersLab *lab)
{
  g_autoptr (GPtrArray) kinds = answers_kind_names (lab, 1);

  if (kinds->len == 0)
    return;
  const char *top = g_ptr_array_index (kinds, 0);
  g_autoptr (GString) words = g_string_new (NULL);
  g_autofree char *name = markdown_text (top);
  words_kind (words, top);
  g_string_append (out, " The most frequent kind is ");
  answers_text (out, words->str);
  g_string_append (out, " with ");
  words_amount (out, answers_kind_exits (lab, top), "exit", "exits");
  g_string_append (out, ", ");
  words_percent (out, answers_kind_exits (lab, top), boot_of (lab)->exits);
  answers_cite (out, lab, "kinds.csv", "kind=%s, window=boot", name);
  g_string_append_c (out, '.');
}

static void
put_reboot (GString *out, const AnswersLab *lab)
{
  for (guint i = 0; i < lab->summary->operations->len; i++)
    {
      const OperationSummary *operation = &g_array_index (lab->summary->operations, OperationSummary, i);
      if (operation->number != OPERATION_REBOOT)
        continue;
      g_string_append (out, " A reboot, from the system call to user space again, takes ");
      words_amount (out, arith_ratio (operation->exits, 1, operation->repetitions), "exit", "exits");
      answers_cite (out, lab, "operations.csv", "operation=%s", record_operations[OPERATION_REBOOT].name);
      g_string_append_c (out, '.');
    }
}

/* What several runs gave. */
static void
put_repeats (GString *out, const AnswersLab *lab)
{
  static const char metric[] = "exits:window=boot";
  const Interval *interval = lab->repeats != NULL ? repeats_find (lab->repeats, metric) : NULL;

  if (interval == NULL)
    return;
  if (interval->low == interval->high)
    {
      g_string_append_printf (out, " %u runs all gave this number", interval->n);
      answers_cite (out, lab, "repeats.csv", "metric=%s", metric);
      g_string_append_c (out, '.');
      return;
    }
  g_string_append_printf (out, " Over %u runs the median is ", interval->n);
  words_amount (out, interval->median, "exit", "exits");
  g_string_append (out, ", with a 95 % interval from ");
  words_count (out, interval->low);
  g_string_append (out, " to ");
  words_count (out, interval->high);
  answers_cite (out, lab, "repeats.csv", "metric=%s", metric);
  g_string_append (out, "; all else here is of the first run.");
}

/* What a distribution has to do to be ready, before " in ". */
static void
put_readiness (GString *out, const AnswersLab *lab)
{
  const LabSummary *s = lab->summary;

  answers_text (out, *s->distribution != '\0' ? s->distribution : "L2's system");
  g_string_append (out, " had written \"");
  answers_text (out, s->ready_text);
  g_string_append (out, lab_summary_has_window (s, WINDOW_CLOUD_INIT) ? "\" and cloud-init was done, in " : "\" to its console, in ");
}

/* A window of a distribution's: its exits, and its end if a phase or unit tells that. */
static void
put_window (GString *out, const AnswersLab *lab, Window window, const char *end)
{
  const LabSummary *s = lab->summary;
  const SpanSummary *span = &s->windows[window];

  if (!lab_summary_has_window (s, window))
    return;
  g_string_append_printf (out, " To %s, window %s, ", end, window_name (window));
  words_amount (out, span->exits, "exit", "exits");
  answers_cite (out, lab, "reasons.csv", "window=%s", window_name (window));
  for (guint i = 0; i < s->phases->len; i++)
    if (answers_phase (s, i)->start_ns == span->end_ns)
      {
        g_string_append (out, " in ");
        words_seconds (out, span->end_ns);
        answers_cite (out, lab, "phases.csv", "phase=%s", answers_phase (s, i)->name);
        break;
      }
  g_string_append_c (out, '.');
}

static void
put_lab (GString *out, const AnswersLab *lab)
{
  const SpanSummary *all = &lab->summary->windows[WINDOW_ALL];

  answers_begin (out, lab);
  words_amount (out, boot_of (lab)->exits, "exit", "exits");
  g_string_append (out, answers_of_ours (lab) ? " in window boot, from L2's first entry to its ready mark, in " : " in window boot, from L2's first entry until ");
  if (!answers_of_ours (lab))
    put_readiness (out, lab);
  words_seconds (out, boot_of (lab)->end_ns);
  g_string_append (out, " of guest time");
  answers_cite_boot (out, lab);
  g_string_append (out, ". In window all, to the end of the last guest, ");
  words_count (out, all->exits);
  g_string_append (out, " in ");
  words_seconds (out, all->end_ns);
  answers_cite (out, lab, "timeline.csv", "last row");
  g_string_append_c (out, '.');
  put_repeats (out, lab);
  put_window (out, lab, WINDOW_LOGIN, "the first text that it is ready with");
  put_window (out, lab, WINDOW_CLOUD_INIT, "the end of cloud-init");
  put_phases (out, lab);
  put_top_kind (out, lab);
  put_reboot (out, lab);
  g_string_append_c (out, '\n');
}

static void
put_kind_cells (GString *out, const AnswersLab *lab, const char *kind)
{
  const guint64 exits = answers_kind_exits (lab, kind);

  g_string_append_printf (out, " %" G_GUINT64_FORMAT " | ", exits);
  answers_percent (out, exits, boot_of (lab)->exits);
  g_string_append (out, " |");
}

static void
put_kinds (GString *out, const AnswersLab *labs, gsize n)
{
  static const AnswersColumn first[] = { { "kind", FALSE } };
  static const AnswersColumn per_lab[] = { { "exits", TRUE }, { "share", TRUE } };
  g_autoptr (GPtrArray) kinds = answers_kind_names (labs, n);

  if (kinds->len == 0)
    return;
  g_string_append (out, "\nThe boot window by kind:\n");
  answers_table (out, first, G_N_ELEMENTS (first), per_lab, G_N_ELEMENTS (per_lab), labs, n);
  for (guint k = 0; k < kinds->len; k++)
    {
      g_autoptr (GString) words = g_string_new (NULL);
      words_kind (words, g_ptr_array_index (kinds, k));
      g_string_append (out, "| ");
      answers_text (out, words->str);
      g_string_append (out, " |");
      for (gsize i = 0; i < n; i++)
        put_kind_cells (out, &labs[i], g_ptr_array_index (kinds, k));
      g_string_append_c (out, '\n');
    }
  answers_sources (out, labs, n, "kinds.csv", "window=boot");
}

void
answer_boot (GString *out, const AnswersLab *labs, gsize n)
{
  for (gsize i = 0; i < n; i++)
    put_lab (out, &labs[i]);
  put_kinds (out, labs, n);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One function per question; each says what one lab answers and where that stands. */
#include "report/answers.h"

#include <string.h>

#include "report/csv.h"

#define SHOWN 5u /* types that are listed at either end */

static void
put_markdown (GString *out, char c)
{
  if (c == '<' || c == '>' || c == '&')
    g_string_append (out, c == '<' ? "&lt;" : c == '>' ? "&gt;" : "&amp;");
  else if (strchr ("\\`*_[]#|~", c) != NULL)
    g_string_append_printf (out, "\\%c", c);
  else
    g_string_append_c (out, c == '\n' || c == '\r' ? ' ' : c);
}

char *
markdown_text (const char *text)
{
  GString *out = g_string_new (NULL);
  for (; *text != '\0'; text++)
    put_markdown (out, *text);
  return g_string_free (out, FALSE);
}

/* Seconds with three digits after the point. */
static void
put_seconds (GString *out, gint64 ns)
{
  csv_fixed (out, arith_ratio ((guint64) ns, 1, 1000000), 3);
  g_string_append (out, " s");
}

/* Percent with two digits after the point. */
static void
put_percent (GString *out, guint64 part, guint64 whole)
{
  csv_fixed (out, arith_ratio (part, 10000, whole), 2);
  g_string_append (out, " %");
}

static const SpanSummary *
phase_of (const LabSummary *s, guint i)
{
  return &g_array_index (s->phases, SpanSummary, i);
}

static void
put_labs (GString *out, const AnswersLab *labs, gsize n)
{
  g_string_append (out, "| lab | machine | acceleration | determinism | fingerprint |\n|---|---|---|---|---|\n");
  for (gsize i = 0; i < n; i++)
    {
      g_autofree char *machine = markdown_text (labs[i].machine);
      g_string_append_printf (out, "| %s | %s | %s | %s | %s |\n", labs[i].name, machine, labs[i].accel, labs[i].determinism,
                              labs[i].fingerprint != NULL ? labs[i].fingerprint : "none");
    }
  g_string_append_c (out, '\n');
  for (gsize i = 0; i < n; i++)
    if (labs[i].failure != NULL)
      {
        g_autofree char *failure = markdown_text (labs[i].failure);
        g_string_append_printf (out, "**%s failed**: %s\n\n", labs[i].name, failure);
      }
}

static void
put_rates (GString *out, const AnswersLab *lab)
{
  const LabSummary *s = lab->summary;
  const SpanSummary *fast = phase_of (s, s->stability.fastest), *slow = phase_of (s, s->stability.slowest);

  if (!s->stability.has_rates)
    return;
  g_string_append_printf (out, " The rate is highest in phase %s with ", fast->name);
  csv_fixed (out, span_rate_milli (fast), 3);
  g_string_append_printf (out, " exits/s and lowest in phase %s with ", slow->name);
  csv_fixed (out, span_rate_milli (slow), 3);
  if (span_rate_milli (slow) > 0)
    {
      g_string_append (out, ", a factor of ");
      csv_fixed (out, arith_ratio (span_rate_milli (fast), 10, span_rate_milli (slow)), 1);
    }
  g_string_append_printf (out, " [%s/phases.csv: phase=%s; phase=%s].", lab->name, fast->name, slow->name);
}

/* The counts of the bins are differences of timeline.csv's rows, if these are as far apart as bins. */
static void
cite_bins (GString *out, const AnswersLab *lab)
{
  const LabSummary *s = lab->summary;
  const guint64 whole_ns = s->windows[WINDOW_BOOT].dispersion.bins * SUMMARY_BIN_NS;
  const gboolean same_step = s->rows->len > 1 && g_array_index (s->rows, SeriesRow, 1).t_ns == SUMMARY_BIN_NS;

  g_string_append_printf (out, "[%s/%s: t_ns<=%" G_GUINT64_FORMAT "]", lab->name, same_step ? "timeline.csv" : "exits.csv.gz", whole_ns);
}

static void
answer_stability (GString *out, const AnswersLab *lab)
{
  const SpanSummary *boot = &lab->summary->windows[WINDOW_BOOT];
  const gint64 dispersion = dispersion_micro (&boot->dispersion);

  g_string_append_printf (out, "- **%s**: ", lab->name);
  if (dispersion < 0)
    g_string_append (out, "the boot is too short to tell.");
  else
    {
      g_string_append (out, lab->summary->stability.even ? "stable: no more uneven than chance." : "not stable.");
      g_string_append (out, " Counted in bins of 10 ms over window boot, the index of dispersion (variance over mean) is ");
      csv_fixed (out, (guint64) dispersion, 6);
      g_string_append_printf (out, " over %" G_GUINT64_FORMAT " bins, where events at a constant rate and by chance would have 1 ", boot->dispersion.bins);
      cite_bins (out, lab);
      g_string_append_c (out, '.');
    }
  put_rates (out, lab);
  g_string_append_c (out, '\n');
}

/* The phases of all labs in the order of the first that has them. */
static GPtrArray *
phase_names (const AnswersLab *labs, gsize n)
{
  GPtrArray *names = g_ptr_array_new ();
  for (gsize i = 0; i < n; i++)
    for (guint p = 0; labs[i].summary != NULL && p < labs[i].summary->phases->len; p++)
      {
        const char *name = phase_of (labs[i].summary, p)->name;
        if (!g_ptr_array_find_with_equal_func (names, name, g_str_equal, NULL))
          g_ptr_array_add (names, (gpointer) name);
      }
  return names;
}

static void
put_phase_cells (GString *out, const AnswersLab *lab, const char *name)
{
  for (guint i = 0; lab->summary != NULL && i < lab->summary->phases->len; i++)
    {
      const SpanSummary *phase = phase_of (lab->summary, i);
      if (strcmp (phase->name, name) != 0)
        continue;
      g_string_append_printf (out, " %" G_GUINT64_FORMAT " | ", phase->exits);
      put_seconds (out, phase->end_ns - phase->start_ns);
      g_string_append (out, " | ");
      csv_fixed (out, span_rate_milli (phase), 3);
      g_string_append (out, " |");
      return;
    }
  g_string_append (out, " | | |");
}

static void
put_phase_table (GString *out, const AnswersLab *labs, gsize n)
{
  g_autoptr (GPtrArray) names = phase_names (labs, n);

  g_string_append (out, "\n| phase |");
  for (gsize i = 0; i < n; i++)
    g_string_append_printf (out, " %s exits | %s time | %s exits/s |", labs[i].name, labs[i].name, labs[i].name);
  g_string_append (out, "\n|---|");
  for (gsize i = 0; i < n; i++)
    g_string_append (out, "---:|---:|---:|");
  g_string_append_c (out, '\n');
  for (guint p = 0; p < names->len; p++)
    {
      g_string_append_printf (out, "| %s |", (const char *) g_ptr_array_index (names, p));
      for (gsize i = 0; i < n; i++)
        put_phase_cells (out, &labs[i], g_ptr_array_index (names, p));
      g_string_append_c (out, '\n');
    }
  for (gsize i = 0; i < n; i++)
    if (labs[i].summary != NULL)
      g_string_append_printf (out, "%s[%s/phases.csv: all rows]", i > 0 ? " " : "\n", labs[i].name);
  g_string_append_c (out, '\n');
}

static void
answer_total (GString *out, const AnswersLab *lab)
{
  const LabSummary *s = lab->summary;
  const SpanSummary *boot = &s->windows[WINDOW_BOOT], *all = &s->windows[WINDOW_ALL];

  g_string_append_printf (out, "- **%s**: %" G_GUINT64_FORMAT " exits in window boot, from L2's first entry to its ready mark, in ", lab->name, boot->exits);
  put_seconds (out, boot->end_ns);
  g_string_append (out, " of guest time [");
  g_string_append_printf (out, "%s/phases.csv:", lab->name);
  for (guint i = 0; i < s->boot_phases; i++)
    g_string_append_printf (out, "%s phase=%s", i > 0 ? ";" : "", phase_of (s, i)->name);
  g_string_append_printf (out, "]. In window all, to L2's power-off, %" G_GUINT64_FORMAT " in ", all->exits);
  put_seconds (out, all->end_ns);
  g_string_append_printf (out, " [%s/timeline.csv: last row].\n", lab->name);
}

static void
put_type (GString *out, const AnswersLab *lab, const ReasonSummary *reason)
{
  const SpanSummary *boot = &lab->summary->windows[WINDOW_BOOT];

  g_string_append_printf (out, "  - %u %s: %" G_GUINT64_FORMAT " exits, ", reason->code, reason_name (lab->names, reason->code), reason->exits);
  put_percent (out, reason->exits, boot->exits);
  g_string_append_printf (out, ", half of them within %" G_GUINT64_FORMAT " cycles [%s/reasons.csv: window=boot, reason=%u]\n", reason->cycles_p50,
                          lab->name, reason->code);
}

static void
answer_types (GString *out, const AnswersLab *lab)
{
  const GArray *reasons = lab->summary->reasons[WINDOW_BOOT];
  const guint shown = MIN (SHOWN, reasons->len);

  g_string_append_printf (out, "- **%s**, window boot: %u types occur. Most frequent:\n", lab->name, reasons->len);
  for (guint i = 0; i < shown; i++)
    put_type (out, lab, &g_array_index (reasons, ReasonSummary, i));
  if (reasons->len <= SHOWN)
    return;
  g_string_append (out, "\n  Least frequent of those that occur:\n");
  for (guint i = MAX (shown, reasons->len - MIN (SHOWN, reasons->len)); i < reasons->len; i++)
    put_type (out, lab, &g_array_index (reasons, ReasonSummary, i));
}

static void
answer_never (GString *out, const AnswersLab *lab)
{
  const GArray *codes = reason_codes (lab->names);
  g_autoptr (GString) list = g_string_new (NULL);
  guint never = 0;

  for (guint i = 0; i < codes->len; i++)
    {
      const guint32 code = g_array_index (codes, guint32, i);
      if (lab_summary_reason (lab->summary, WINDOW_ALL, code) != NULL)
        continue;
      g_string_append_printf (list, "%s%u %s", never > 0 ? ", " : "", code, reason_name (lab->names, code));
      never++;
    }
  g_string_append_printf (out, "- **%s**, window all: %u of %u defined types never occur [%s/reasons.csv: window=all, no row]: %s\n", lab->name, never,
                          codes->len, lab->name, never > 0 ? list->str : "none");
}

static void
answer_checks (GString *out, const AnswersLab *lab)
{
  const Checks *c = lab->checks;

  g_string_append_printf (out, "- **%s**: of %u checks %u agree, %u differ for a reason that a rule names, %u were not run, %u fail [%s/checks.csv: all rows].",
                          lab->name, c->rows->len, c->rows->len - c->failed - c->explained - c->not_run, c->explained, c->not_run, c->failed, lab->name);
  if (c->first_failure != NULL)
    {
      g_autofree char *failure = markdown_text (c->first_failure);
      g_string_append_printf (out, " The first to fail: %s.", failure);
    }
  g_string_append_c (out, '\n');
}

static void
put_question (GString *out, const char *question, const AnswersLab *labs, gsize n, void (*answer) (GString *, const AnswersLab *))
{
  g_string_append_printf (out, "\n## %s\n\n", question);
  for (gsize i = 0; i < n; i++)
    if (labs[i].summary != NULL)
      answer (out, &labs[i]);
}

static gboolean
any_summary (const AnswersLab *labs, gsize n)
{
  for (gsize i = 0; i < n; i++)
    if (labs[i].summary != NULL)
      return TRUE;
  return FALSE;
}

GString *
answers_make (const AnswersLab *labs, gsize n)
{
  GString *out = g_string_new ("# Answers\n\nTimes are guest time from L2's first VM entry. A citation names a file of this folder and the rows in it.\n\n");

  put_labs (out, labs, n);
  if (!any_summary (labs, n))
    return out;
  put_question (out, "Is the exit rate stable?", labs, n, answer_stability);
  put_phase_table (out, labs, n);
  put_question (out, "How many exits does a full boot take?", labs, n, answer_total);
  put_question (out, "Which exit types are most and least frequent?", labs, n, answer_types);
  put_question (out, "Which defined types never occur?", labs, n, answer_never);
  put_question (out, "Do the accounts agree?", labs, n, answer_checks);
  return out;
}

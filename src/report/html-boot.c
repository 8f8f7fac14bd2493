/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The question about the boot's total: a sentence a lab, the picture, the tables of phases. */
#include "report/html-parts.h"

#include "report/pictures.h"

static const SpanSummary *
phase_of (const LabSummary *s, guint i)
{
  return &g_array_index (s->phases, SpanSummary, i);
}

static const SpanSummary *
boot_of (const AnswersLab *lab)
{
  return &lab->summary->windows[WINDOW_BOOT];
}

/* What else a distribution's boot comes to: at its login prompt, at cloud-init's end. */
static void
boot_window (GString *out, const AnswersLab *lab, Window window, const char *end)
{
  const SpanSummary *span = &lab->summary->windows[window];

  if (!lab_summary_has_window (lab->summary, window))
    return;
  html_format (out, " To %s they are ", end);
  html_put_count (out, span->exits);
  g_string_append (out, " in ");
  html_put_seconds (out, span->end_ns);
  g_string_append_c (out, '.');
}

/* "debian 12 had written “login:” and cloud-init was done". */
static void
boot_readiness (GString *out, const LabSummary *s)
{
  html_format (out, "%s had written “%s”", *s->distribution != '\0' ? s->distribution : "L2’s system", s->ready_text);
  g_string_append (out, lab_summary_has_window (s, WINDOW_CLOUD_INIT) ? " and cloud-init was done, in " : " to its console, in ");
}

static void
boot_sentence (GString *out, const AnswersLab *lab)
{
  const SpanSummary *all = &lab->summary->windows[WINDOW_ALL];

  html_format (out, "<p class=\"answer\"><b class=\"of\">%s</b> ", lab->name);
  g_string_append (out, "<strong>");
  html_put_count (out, boot_of (lab)->exits);
  g_string_append (out, lab->summary->distribution == NULL ? " exits</strong> from the first entry to the ready mark, in " : " exits</strong> from the first entry until ");
  if (lab->summary->distribution != NULL)
    boot_readiness (out, lab->summary);
  html_put_seconds (out, boot_of (lab)->end_ns);
  g_string_append (out, " of guest time.");
  boot_window (out, lab, WINDOW_LOGIN, "the first text that it is ready with");
  boot_window (out, lab, WINDOW_CLOUD_INIT, "the end of cloud-init");
  g_string_append (out, " To the power-off they are ");
  html_put_count (out, all->exits);
  g_string_append (out, " in ");
  html_put_seconds (out, all->end_ns);
  g_string_append (out, ".</p>\n");
}

static void
boot_row (GString *out, const AnswersLab *lab, guint i)
{
  const SpanSummary *phase = phase_of (lab->summary, i);
  const gboolean in_boot = i < lab->summary->boot_phases;
  g_autofree char *key = g_strconcat ("phase=", phase->name, NULL);

  html_row_begin (out, lab, "phases.csv", key);
  g_string_append (out, "<th scope=\"row\" data-column=\"phase\">");
  html_put_zoom (out, lab, phase->name, phase->start_ns, phase->end_ns);
  g_string_append (out, "</th>");
  html_unsigned (out, NULL, "exits", phase->exits);
  if (in_boot)
    html_percent (out, NULL, NULL, phase->exits, boot_of (lab)->exits);
  else
    html_empty (out, 1);
  if (phase->exits > 0)
    html_text (out, NULL, NULL, reason_name (lab->names, phase->top_code));
  else
    html_no_text (out);
  html_percent (out, NULL, "top_share", phase->top_exits, phase->exits);
  html_row_end (out);
}

static void
boot_total (GString *out, const AnswersLab *lab)
{
  const SpanSummary *boot = boot_of (lab);

  g_string_append (out, "<tr class=\"total\">");
  html_head (out, NULL, "the boot");
  html_unsigned (out, NULL, NULL, boot->exits);
  html_percent (out, NULL, NULL, boot->exits, boot->exits);
  if (boot->exits > 0)
    html_text (out, NULL, NULL, reason_name (lab->names, boot->top_code));
  else
    html_no_text (out);
  html_percent (out, NULL, NULL, boot->top_exits, boot->exits);
  html_row_end (out);
}

/* The boot's phases, their sum, and what comes after. */
static void
boot_table (GString *out, const AnswersLab *lab)
{
  static const HtmlColumn columns[] = { { "Phase", FALSE }, { "Exits", TRUE }, { "Of boot", TRUE }, { "Mostly", FALSE }, { "Its share", TRUE } };
  g_autofree char *caption = g_strdup_printf ("%s: exits by phase, of the boot and after it (%s/phases.csv)", lab->name, lab->name);

  html_table_begin (out, caption, columns, G_N_ELEMENTS (columns));
  for (guint i = 0; i < lab->summary->phases->len; i++)
    {
      if (i == lab->summary->boot_phases)
        boot_total (out, lab);
      boot_row (out, lab, i);
    }
  if (lab->summary->boot_phases >= lab->summary->phases->len)
    boot_total (out, lab);
  html_table_end (out);
}

void
html_question_boot (GString *out, const HtmlPage *page)
{
  for (gsize i = 0; i < page->n_with; i++)
    boot_sentence (out, page->with[i]);
  html_figure (out, picture_cumulative (page->labs, page->n), "wide");
  g_string_append (out, "<div class=\"pair\">\n");
  for (gsize i = 0; i < page->n_with; i++)
    boot_table (out, page->with[i]);
  g_string_append (out, "</div>\n");
}

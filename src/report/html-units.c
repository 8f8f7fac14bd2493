/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The question about systemd's units: a sentence a lab, the picture, the table. */
#include "report/html-parts.h"

#include "report/answers-parts.h"
#include "report/pictures.h"

#define SHOWN 15u

gboolean
html_has_units (const HtmlPage *page)
{
  for (gsize i = 0; i < page->n_with; i++)
    if (answers_have_units (page->with[i]))
      return TRUE;
  return FALSE;
}

static void
units_sentence (GString *out, const AnswersLab *lab)
{
  const LabSummary *s = lab->summary;
  g_autoptr (GPtrArray) units = lab_summary_top_units (s);

  html_format (out, "<p class=\"answer\"><b class=\"of\">%s</b> ", lab->name);
  if (units->len == 0)
    g_string_append (out, "No exit falls into the start of a unit that was active before the boot was over.");
  else
    {
      const UnitSummary *most = g_ptr_array_index (units, 0);
      html_format (out, "<strong>%s</strong> has the largest share, ", most->name);
      html_put_percent (out, most->share_milli, s->windows[WINDOW_BOOT].exits * 1000);
      g_string_append (out, " of the boot’s exits, in a start of ");
      html_put_seconds (out, most->active_ns - most->start_ns);
      g_string_append_c (out, '.');
    }
  g_string_append (out, " From systemd’s start to the end of the boot no unit was being started in ");
  html_put_seconds (out, s->no_unit.idle_ns);
  g_string_append (out, ", which holds ");
  html_put_count (out, s->no_unit.exits);
  g_string_append (out, " exits.</p>\n");
}

static void
unit_row (GString *out, const AnswersLab *lab, const UnitSummary *unit)
{
  g_autofree char *key = g_strconcat ("unit=", unit->name, NULL);
  g_autofree char *top = g_strdup_printf ("%u %s", unit->top_code, reason_name (lab->names, unit->top_code));

  html_row_begin (out, lab, "units.csv", key);
  g_string_append (out, "<th scope=\"row\" data-column=\"unit\">");
  html_put_zoom (out, lab, unit->name, unit->start_ns, unit->active_ns);
  g_string_append (out, "</th>");
  html_seconds (out, NULL, "start_ns", unit->start_ns);
  html_seconds (out, NULL, "duration_ns", unit->active_ns - unit->start_ns);
  html_unsigned (out, NULL, "exits", unit->exits);
  html_unsigned (out, NULL, "exits_alone", unit->alone);
  html_fixed (out, NULL, "exits_share", unit->share_milli, 3);
  html_percent (out, NULL, NULL, unit->share_milli, lab->summary->windows[WINDOW_BOOT].exits * 1000);
  html_text (out, NULL, NULL, top);
  html_row_end (out);
}

static void
units_table (GString *out, const AnswersLab *lab)
{
  static const HtmlColumn columns[] = {
    { "Unit", FALSE }, { "Begins at", TRUE }, { "Lasts", TRUE }, { "Exits meanwhile", TRUE }, { "Alone", TRUE }, { "Fair share", TRUE }, { "Of boot", TRUE }, { "Mostly", FALSE },
  };
  g_autoptr (GPtrArray) units = lab_summary_top_units (lab->summary);
  g_autofree char *caption = g_strdup_printf ("%s: units whose start has exits, by fair share%s (%s/units.csv)", lab->name, units->len > SHOWN ? ", the first of them" : "", lab->name);

  if (units->len == 0)
    return;
  html_table_begin (out, caption, columns, G_N_ELEMENTS (columns));
  for (guint i = 0; i < MIN (units->len, SHOWN); i++)
    unit_row (out, lab, g_ptr_array_index (units, i));
  html_table_end (out);
}

void
html_question_units (GString *out, const HtmlPage *page)
{
  g_string_append (out, "<p class=\"note\">A unit is being started from when systemd begins with it to when it is active. Several are at once: the fair share divides "
                        "each exit evenly among them; <i>alone</i> counts those while no other was.</p>\n");
  for (gsize i = 0; i < page->n_with; i++)
    if (answers_have_units (page->with[i]))
      {
        units_sentence (out, page->with[i]);
        html_figure (out, picture_units (page->with[i]), "wide");
        units_table (out, page->with[i]);
      }
}

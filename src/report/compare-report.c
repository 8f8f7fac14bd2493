/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Comparisons as text, CSV and HTML; see compare-report.h. */
#include "report/compare-report.h"

#include "report/csv.h"
#include "report/svg.h"
#include "report/text-table.h"

/* "+12.50", "-3.00"; empty if there is none. */
static char *
percent_text (const CompareRow *row)
{
  GString *out = g_string_new (NULL);
  gint64 hundredths;

  if (row->verdict != COMPARE_ONLY_A && row->verdict != COMPARE_ONLY_B && compare_percent (row, &hundredths))
    {
      if (hundredths != 0)
        g_string_append_c (out, hundredths < 0 ? '-' : '+');
      csv_fixed (out, hundredths < 0 ? 0 - (guint64) hundredths : (guint64) hundredths, 2);
    }
  return g_string_free (out, FALSE);
}

static char *
number_text (guint64 value)
{
  return g_strdup_printf ("%" G_GUINT64_FORMAT, value);
}

/* What a side has, or empty if it has no such thing. */
static char *
side_text (const CompareRow *row, guint64 value, CompareVerdict absent)
{
  return row->verdict == absent ? g_strdup ("") : number_text (value);
}

static char *
difference_text (const CompareRow *row, gboolean sign)
{
  if (row->verdict == COMPARE_ONLY_A || row->verdict == COMPARE_ONLY_B)
    return g_strdup ("");
  return g_strdup_printf (sign && row->difference != 0 ? "%+" G_GINT64_FORMAT : "%" G_GINT64_FORMAT, row->difference);
}

static TextColour
row_colour (const CompareRow *row)
{
  if (!compare_row_changed (row) || row->difference == 0)
    return TEXT_PLAIN;
  return row->difference > 0 ? TEXT_RED : TEXT_GREEN;
}

static guint
count_changed (const GPtrArray *rows)
{
  guint changed = 0;

  for (guint i = 0; i < rows->len; i++)
    changed += compare_row_changed (g_ptr_array_index (rows, i)) ? 1 : 0;
  return changed;
}

static void
add_row (TextTable *table, const CompareRow *row)
{
  g_autofree char *a = side_text (row, row->a, COMPARE_ONLY_B);
  g_autofree char *b = side_text (row, row->b, COMPARE_ONLY_A);
  g_autofree char *difference = difference_text (row, TRUE);
  g_autofree char *percent = percent_text (row);
  const char *cells[] = { compare_what_name (row->what), row->name, a, b, difference, percent, compare_verdict_name (row->verdict), NULL };

  text_table_add (table, cells, row_colour (row));
}

static void
put_lab_text (GString *out, const CompareLab *lab, gboolean all, gboolean colour)
{
  static const TextColumn columns[] = { { "", FALSE }, { "", FALSE }, { "A", TRUE }, { "B", TRUE }, { "B-A", TRUE }, { "%", TRUE }, { "verdict", FALSE }, { NULL, FALSE } };
  g_autoptr (TextTable) table = text_table_new (columns);
  const guint changed = count_changed (lab->rows);

  g_string_append_printf (out, "%s\n  A  %s\n  B  %s\n", lab->name, lab->a, lab->b);
  if (lab->note != NULL)
    g_string_append_printf (out, "  %s\n", lab->note);
  for (guint i = 0; i < lab->rows->len; i++)
    {
      const CompareRow *row = g_ptr_array_index (lab->rows, i);
      if (all || compare_row_changed (row))
        add_row (table, row);
    }
  if (all || changed > 0)
    text_table_put (table, out, 2, colour);
  g_string_append_printf (out, "  %u of %u rows changed\n", changed, lab->rows->len);
}

GString *
compare_text (const CompareReport *report, gboolean all, gboolean colour)
{
  GString *out = g_string_new (NULL);

  for (gsize i = 0; i < report->n_labs; i++)
    {
      if (i > 0)
        g_string_append_c (out, '\n');
      put_lab_text (out, &report->labs[i], all, colour);
    }
  return out;
}

static void
put_fields (GString *out, const char *const *fields)
{
  for (guint i = 0; fields[i] != NULL; i++)
    {
      if (i > 0)
        g_string_append_c (out, ',');
      csv_text (out, fields[i]);
    }
  g_string_append_c (out, '\n');
}

static void
put_row_csv (GString *out, const char *lab, const CompareRow *row)
{
  g_autofree char *a = side_text (row, row->a, COMPARE_ONLY_B);
  g_autofree char *b = side_text (row, row->b, COMPARE_ONLY_A);
  g_autofree char *difference = difference_text (row, FALSE);
  g_autofree char *percent = percent_text (row);
  const char *plain = percent[0] == '+' ? percent + 1 : percent;
  const char *const fields[] = { lab, compare_what_name (row->what), row->name, a, b, difference, plain, compare_verdict_name (row->verdict), NULL };

  put_fields (out, fields);
}

GString *
compare_csv (const CompareReport *report)
{
  GString *out = g_string_new ("lab,what,name,a_exits,b_exits,difference,percent,verdict\n");

  for (gsize i = 0; i < report->n_labs; i++)
    for (guint k = 0; k < report->labs[i].rows->len; k++)
      put_row_csv (out, report->labs[i].name, g_ptr_array_index (report->labs[i].rows, k));
  return out;
}

static void
put_cell (GString *out, const char *tag, gboolean number, const char *text)
{
  g_string_append_printf (out, number ? "<%s class=\"number\">" : "<%s>", tag);
  svg_text (out, text);
  g_string_append_printf (out, "</%s>", tag);
}

static void
put_row_html (GString *out, const CompareRow *row)
{
  g_autofree char *a = side_text (row, row->a, COMPARE_ONLY_B);
  g_autofree char *b = side_text (row, row->b, COMPARE_ONLY_A);
  g_autofree char *difference = difference_text (row, TRUE);
  g_autofree char *percent = percent_text (row);
  const char *class_name = !compare_row_changed (row) ? "same" : row->difference > 0 ? "more" : row->difference < 0 ? "fewer" : "changed";

  g_string_append_printf (out, "<tr class=\"%s\">", class_name);
  put_cell (out, "td", FALSE, compare_what_name (row->what));
  put_cell (out, "th", FALSE, row->name);
  put_cell (out, "td", TRUE, a);
  put_cell (out, "td", TRUE, b);
  put_cell (out, "td", TRUE, difference);
  put_cell (out, "td", TRUE, percent);
  put_cell (out, "td", FALSE, compare_verdict_name (row->verdict));
  g_string_append (out, "</tr>\n");
}

static void
put_lab_html (GString *out, const CompareLab *lab)
{
  g_string_append (out, "<h2>");
  svg_text (out, lab->name);
  g_string_append (out, "</h2>\n<p>A: ");
  svg_text (out, lab->a);
  g_string_append (out, "<br>B: ");
  svg_text (out, lab->b);
  if (lab->note != NULL)
    {
      g_string_append (out, "<br>");
      svg_text (out, lab->note);
    }
  g_string_append_printf (out, "<br>%u of %u rows changed</p>\n<div tabindex=\"0\">\n<table>\n", count_changed (lab->rows), lab->rows->len);
  g_string_append (out, "<thead><tr><th>what</th><th>name</th><th class=\"number\">exits in A</th><th class=\"number\">exits in B</th><th class=\"number\">B − A</th><th class=\"number\">%</th><th>verdict</th></tr></thead>\n<tbody>\n");
  for (guint i = 0; i < lab->rows->len; i++)
    put_row_html (out, g_ptr_array_index (lab->rows, i));
  g_string_append (out, "</tbody>\n</table>\n</div>\n");
}

static const char page_start[] =
  "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
  "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
  "<meta name=\"viewport\" content=\"width=device-width\">\n<title>What changed</title>\n<style>\n"
  ":root { color-scheme: light dark; --more: #b3261e; --fewer: #1e7d34; --quiet: #767676 }\n"
  "@media (prefers-color-scheme: dark) { :root { --more: #ff8a80; --fewer: #81c995; --quiet: #9e9e9e } }\n"
  "body { font: 1rem/1.4 sans-serif; margin: 2rem auto; max-width: 60rem; padding: 0 1rem }\n"
  "div { overflow-x: auto }\ntable { border-collapse: collapse; width: 100% }\nth, td { padding: .2rem .6rem; text-align: left; font-weight: normal; border-bottom: 1px solid #8884 }\n"
  "thead th { font-weight: bold }\n.number { text-align: right; font-variant-numeric: tabular-nums }\n"
  ".same { color: var(--quiet) }\n.more .number { color: var(--more) }\n.fewer .number { color: var(--fewer) }\n"
  "</style>\n</head>\n<body>\n<h1>What changed</h1>\n"
  "<p>Exits by window, phase, reason, kind and operation. <b>exact</b>: both labs repeat themselves bit for bit, so a difference is one. "
  "<b>significant</b>, <b>noise</b>: by the 95 % intervals of repeated runs. <b>unknown (run once)</b>: it may be chance.</p>\n";

GString *
compare_html (const CompareReport *report)
{
  GString *out = g_string_new (page_start);

  for (gsize i = 0; i < report->n_labs; i++)
    put_lab_html (out, &report->labs[i]);
  g_string_append (out, "</body>\n</html>\n");
  return out;
}

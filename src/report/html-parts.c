/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Elements, tables, numbers; see html-parts.h. */
#include "report/html-parts.h"

#include <string.h>

#include "report/csv.h"
#include "report/svg.h"

void
html_element (GString *out, const char *tag, const char *class_name, const char *text)
{
  g_string_append_printf (out, "<%s", tag);
  if (class_name != NULL)
    g_string_append_printf (out, " class=\"%s\"", class_name);
  g_string_append_c (out, '>');
  svg_text (out, text);
  g_string_append_printf (out, "</%s>", tag);
}

void
html_format (GString *out, const char *format, ...)
{
  va_list arguments;
  const char *at;

  va_start (arguments, format);
  while ((at = strstr (format, "%s")) != NULL)
    {
      g_string_append_len (out, format, at - format);
      svg_text (out, va_arg (arguments, const char *));
      format = at + 2;
    }
  va_end (arguments);
  g_string_append (out, format);
}

static void
put_column (GString *out, const HtmlColumn *column)
{
  g_string_append_printf (out, "<th scope=\"col\"%s>", column->number ? " class=\"n\"" : "");
  svg_text (out, column->title);
  g_string_append (out, "</th>");
}

static void
begin_table (GString *out, const char *caption)
{
  /* The box can be scrolled by keys, so it takes the focus and has a name. */
  html_format (out, "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"%s\"><table>\n<caption>%s</caption>\n", caption, caption);
}

void
html_table_begin (GString *out, const char *caption, const HtmlColumn *columns, gsize n)
{
  begin_table (out, caption);
  g_string_append (out, "<thead><tr>");
  for (gsize i = 0; i < n; i++)
    put_column (out, &columns[i]);
  g_string_append (out, "</tr></thead>\n<tbody>\n");
}

void
html_table_begin_labs (GString *out, const char *caption, const HtmlColumn *first, gsize n_first, const HtmlColumn *per_lab, gsize n_per_lab,
                       const AnswersLab *const *labs, gsize n_labs)
{
  begin_table (out, caption);
  g_string_append_printf (out, "<colgroup span=\"%" G_GSIZE_FORMAT "\"></colgroup>", n_first);
  for (gsize i = 0; i < n_labs; i++)
    g_string_append_printf (out, "<colgroup class=\"of-lab\" span=\"%" G_GSIZE_FORMAT "\"></colgroup>", n_per_lab);
  g_string_append (out, "<thead><tr>");
  for (gsize i = 0; i < n_first; i++)
    html_format (out, "<th scope=\"col\" rowspan=\"2\">%s</th>", first[i].title);
  for (gsize i = 0; i < n_labs; i++)
    {
      g_string_append_printf (out, "<th scope=\"colgroup\" class=\"group\" colspan=\"%" G_GSIZE_FORMAT "\">", n_per_lab);
      html_format (out, "%s</th>", labs[i]->name);
    }
  g_string_append (out, "</tr>\n<tr>");
  for (gsize i = 0; i < n_labs; i++)
    for (gsize c = 0; c < n_per_lab; c++)
      put_column (out, &per_lab[c]);
  g_string_append (out, "</tr></thead>\n<tbody>\n");
}

void
html_table_end (GString *out)
{
  g_string_append (out, "</tbody></table></div>\n");
}

static void
put_source (GString *out, const char *lab, const char *file, const char *key)
{
  html_format (out, " data-file=\"%s/%s\" data-row=\"%s\"", lab, file, key);
}

void
html_row_begin (GString *out, const AnswersLab *lab, const char *file, const char *key)
{
  g_string_append (out, "<tr");
  if (lab != NULL)
    put_source (out, lab->name, file, key);
  g_string_append_c (out, '>');
}

void
html_row_end (GString *out)
{
  g_string_append (out, "</tr>\n");
}

static void
begin_cell (GString *out, const char *tag, const char *class_name, const HtmlSource *source, const char *column, const char *unit)
{
  g_string_append_printf (out, "<%s", tag);
  if (class_name != NULL)
    g_string_append_printf (out, " class=\"%s\"", class_name);
  if (source != NULL && source->lab != NULL && column != NULL)
    put_source (out, source->lab, source->file, source->key);
  if (column != NULL)
    g_string_append_printf (out, " data-column=\"%s\"", column);
  if (column != NULL && unit != NULL)
    g_string_append_printf (out, " data-unit=\"%s\"", unit);
  g_string_append_c (out, '>');
}

static void
end_cell (GString *out)
{
  g_string_append (out, "</td>");
}

void
html_head (GString *out, const char *column, const char *text)
{
  begin_cell (out, "th scope=\"row\"", NULL, NULL, column, NULL);
  svg_text (out, text);
  g_string_append (out, "</th>");
}

void
html_text (GString *out, const HtmlSource *source, const char *column, const char *text)
{
  begin_cell (out, "td", NULL, source, column, NULL);
  svg_text (out, text);
  end_cell (out);
}

/* Groups of three are set apart by style alone: whoever copies or reads the text gets plain digits. */
static void
put_digits (GString *out, const char *digits)
{
  const char *point = strchr (digits, '.');
  const gsize whole = point != NULL ? (gsize) (point - digits) : strlen (digits);

  if (whole <= 4)
    {
      g_string_append (out, digits);
      return;
    }
  const gsize first = (whole - 1) % 3 + 1;
  g_string_append_len (out, digits, (gssize) first);
  for (gsize at = first; at < whole; at += 3)
    g_string_append_printf (out, "<i>%.3s</i>", digits + at);
  g_string_append (out, digits + whole);
}

void
html_put_count (GString *out, guint64 value)
{
  g_autoptr (GString) digits = g_string_new (NULL);
  csv_unsigned (digits, value);
  put_digits (out, digits->str);
}

void
html_put_fixed (GString *out, guint64 value, guint places)
{
  g_autoptr (GString) digits = g_string_new (NULL);
  csv_fixed (digits, value, places);
  put_digits (out, digits->str);
}

void
html_put_percent (GString *out, guint64 part, guint64 whole)
{
  html_put_fixed (out, arith_ratio (part, 10000, whole), 2);
  g_string_append (out, "\u202f%");
}

void
html_put_seconds (GString *out, gint64 ns)
{
  html_put_fixed (out, arith_ratio ((guint64) MAX (ns, 0), 1, 1000000), 3);
  g_string_append (out, "\u202fs");
}

void
html_unsigned (GString *out, const HtmlSource *source, const char *column, guint64 value)
{
  begin_cell (out, "td", "n", source, column, NULL);
  html_put_count (out, value);
  end_cell (out);
}

void
html_fixed (GString *out, const HtmlSource *source, const char *column, guint64 value, guint digits)
{
  begin_cell (out, "td", "n", source, column, NULL);
  html_put_fixed (out, value, digits);
  end_cell (out);
}

void
html_percent (GString *out, const HtmlSource *source, const char *column, guint64 part, guint64 whole)
{
  g_autofree char *tag = g_strdup_printf ("td style=\"--p:%u%%\"", (guint) MIN (arith_ratio (part, 100, whole), 100));

  begin_cell (out, tag, "n bar", source, column, "percent");
  html_put_percent (out, part, whole);
  end_cell (out);
}

void
html_seconds (GString *out, const HtmlSource *source, const char *column, gint64 ns)
{
  begin_cell (out, "td", "n", source, column, "seconds");
  html_put_seconds (out, ns);
  end_cell (out);
}

void
html_no_text (GString *out)
{
  g_string_append (out, "<td class=\"none\">–</td>");
}

void
html_empty (GString *out, guint n)
{
  for (guint i = 0; i < n; i++)
    g_string_append (out, "<td class=\"n none\">–</td>");
}

void
html_put_zoom (GString *out, const AnswersLab *lab, const char *name, gint64 start_ns, gint64 end_ns)
{
  html_format (out, "<span data-zoom=\"%s\"", lab->name);
  g_string_append_printf (out, " data-from=\"%" G_GINT64_FORMAT "\" data-to=\"%" G_GINT64_FORMAT "\">", start_ns, end_ns);
  html_format (out, "%s</span>", name);
}

void
html_figure (GString *out, GString *svg, const char *class_name)
{
  g_string_append_printf (out, "<figure class=\"%s\"><div class=\"picture\">", class_name);
  g_string_append_len (out, svg->str, (gssize) svg->len);
  g_string_append (out, "</div></figure>\n");
  g_string_free (svg, TRUE);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What report.js knows of a lab: spans of time, exits by kind in bins, and the single exits, packed. */
#include "report/html-parts.h"

#include "report/chart.h"
#include "report/csv.h"
#include "report/json-write.h"

#define KINDS_SHOWN 7u /* the rest is one more series */

static void
put_name (GString *out, const char *name)
{
  g_string_append_printf (out, "\"%s\":", name);
}

static void
put_member (GString *out, const char *name, gint64 value)
{
  put_name (out, name);
  csv_number (out, value);
  g_string_append_c (out, ',');
}

static void
put_spans (GString *out, const LabSummary *s)
{
  put_name (out, "phases");
  for (guint i = 0; i < s->phases->len; i++)
    {
      const SpanSummary *phase = &g_array_index (s->phases, SpanSummary, i);
      g_string_append (out, i == 0 ? "[[" : ",[");
      json_write_string (out, phase->name, -1);
      g_string_append_printf (out, ",%" G_GINT64_FORMAT ",%" G_GINT64_FORMAT "]", phase->start_ns, phase->end_ns);
    }
  g_string_append (out, s->phases->len == 0 ? "[]," : "],");
}

static void
put_bursts (GString *out, const LabSummary *s)
{
  const char *separator = "";

  put_name (out, "bursts");
  g_string_append_c (out, '[');
  for (guint i = 0; i < s->segments->len; i++)
    {
      const SegmentSummary *segment = &g_array_index (s->segments, SegmentSummary, i);
      if (!segment->burst)
        continue;
      g_string_append_printf (out, "%s[%" G_GINT64_FORMAT ",%" G_GINT64_FORMAT "]", separator, segment->start_ns, segment->end_ns);
      separator = ",";
    }
  g_string_append (out, "],");
}

/* The column of a kind in one lab; kinds->len if it does not occur there. */
static guint
kind_column (const LabSummary *s, const char *name)
{
  const KindSummary *kind = lab_summary_kind (s, name);
  return kind != NULL ? (guint) (kind - &g_array_index (s->kinds, KindSummary, 0)) : s->kinds->len;
}

/* Exits up to a row: of one column of the kinds, or of all but some. */
typedef struct {
  gboolean others;   /* all but `columns` */
  const GArray *columns; /* of guint */
} Columns;

static guint64
cumulative (const LabSummary *s, guint row, const Columns *columns)
{
  guint64 sum = 0;

  for (guint i = 0; i < columns->columns->len; i++)
    {
      const guint column = g_array_index (columns->columns, guint, i);
      if (column < s->kinds->len)
        sum += g_array_index (s->kind_cells, guint64, (gsize) row * s->kinds->len + column);
    }
  return columns->others ? g_array_index (s->rows, SeriesRow, row).exits - sum : sum;
}

/*
 * Exits a bin, sparse: how many empty bins come first, then a count, and so on. Bin i lies between rows i and i + 1; what row 0
 * has is in bin 0 too.
 */
static void
put_series (GString *out, const LabSummary *s, const char *name, guint color, const char *class_name, const Columns *columns)
{
  guint64 before = 0;
  guint gap = 0;
  const char *separator = "";

  g_string_append (out, "{\"name\":");
  json_write_string (out, name, -1);
  g_string_append_printf (out, ",\"color\":%u,\"class\":", color);
  json_write_string (out, class_name, -1);
  g_string_append (out, ",\"bins\":[");
  for (guint row = 1; row < s->rows->len; row++)
    {
      const guint64 now = cumulative (s, row, columns);
      if (now == before)
        {
          gap++;
          continue;
        }
      g_string_append_printf (out, "%s%u,%" G_GUINT64_FORMAT, separator, gap, now - before);
      separator = ",";
      before = now;
      gap = 0;
    }
  g_string_append (out, "]}");
}

/* The first kinds of all labs, so that a colour is the same kind everywhere; then what is left. */
static void
put_all_series (GString *out, const LabSummary *s, const HtmlPage *page)
{
  const GPtrArray *kinds = page->kinds;
  g_autoptr (GArray) shown = g_array_new (FALSE, FALSE, sizeof (guint));
  const guint n = MIN (kinds->len, KINDS_SHOWN);

  put_name (out, "series");
  g_string_append_c (out, '[');
  for (guint i = 0; i < n; i++)
    {
      const char *name = g_ptr_array_index (kinds, i);
      const guint column = kind_column (s, name);
      g_autoptr (GArray) alone = g_array_new (FALSE, FALSE, sizeof (guint));
      g_array_append_val (shown, column);
      g_array_append_val (alone, column);
      put_series (out, s, name, i, chart_kind_class (name), &(Columns) { FALSE, alone });
      g_string_append_c (out, ',');
    }
  put_series (out, s, n > 0 ? "others" : "all exits", KINDS_SHOWN, "", &(Columns) { TRUE, shown });
  g_string_append_c (out, ']');
}

static void
put_json (GString *out, const HtmlLab *lab, const HtmlPage *page)
{
  const LabSummary *s = lab->lab.summary;
  const gint64 step = s->rows->len > 1 ? g_array_index (s->rows, SeriesRow, 1).t_ns - g_array_index (s->rows, SeriesRow, 0).t_ns : 0;

  g_string_append (out, "{\"name\":");
  json_write_string (out, lab->lab.name, -1);
  g_string_append (out, ",\"isa\":");
  json_write_string (out, isa_name (s->isa), -1);
  g_string_append_c (out, ',');
  put_member (out, "step", step);
  put_member (out, "bins", (gint64) s->rows->len - 1);
  put_member (out, "boot", s->windows[WINDOW_BOOT].end_ns);
  put_member (out, "end", s->windows[WINDOW_ALL].end_ns);
  put_member (out, "exits", (gint64) s->windows[WINDOW_ALL].exits);
  put_member (out, "packed", (gint64) lab->exits_packed);
  put_spans (out, s);
  put_bursts (out, s);
  put_all_series (out, s, page);
  g_string_append_c (out, '}');
}

void
html_put_lab_data (GString *out, const HtmlPage *page, const HtmlLab *lab)
{
  html_format (out, "<script type=\"application/json\" class=\"lab-data\" data-lab=\"%s\">", lab->lab.name);
  put_json (out, lab, page);
  g_string_append (out, "</script>\n");
  if (lab->exits == NULL)
    return;
  gsize size;
  const guchar *data = g_bytes_get_data (lab->exits, &size);
  g_autofree char *text = g_base64_encode (data, size);
  html_format (out, "<script type=\"application/octet-stream\" class=\"lab-exits\" data-lab=\"%s\">", lab->lab.name);
  g_string_append (out, text);
  g_string_append (out, "</script>\n");
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What report.html is made of: elements, tables, numbers. Text is escaped by svg_text().
 *
 * A number that stands in a CSV file of the run says where: its row has data-file="vmx/phases.csv" and data-row="phase=kernel"
 * (several columns: "window=boot;reason=48"), its cell data-column="exits". What it shows is what the file has, to the digit; data-unit
 * says where it is shown otherwise: "percent" (a share, two digits after the point) or "seconds" (nanoseconds, three).
 */
#pragma once
#include <glib.h>

#include "report/html.h"

typedef struct {
  const char *title;
  gboolean number; /* set in columns of digits, to the right */
} HtmlColumn;

/* <tag class="…">text</tag>; class may be NULL. */
void html_element (GString *out, const char *tag, const char *class_name, const char *text);
/* Markup in which each %s stands for an escaped argument; there are no other conversions. */
void html_format (GString *out, const char *format, ...) G_GNUC_PRINTF (2, 3);

void html_table_begin (GString *out, const char *caption, const HtmlColumn *columns, gsize n);
/* The first columns stand alone, then come `per_lab` for each lab. */
void html_table_begin_labs (GString *out, const char *caption, const HtmlColumn *first, gsize n_first, const HtmlColumn *per_lab, gsize n_per_lab,
                            const AnswersLab *const *labs, gsize n_labs);
void html_table_end (GString *out);

/* A row, or a cell, of a CSV file's row. lab NULL: of none. Key: "phase=kernel". */
void html_row_begin (GString *out, const AnswersLab *lab, const char *file, const char *key);
void html_row_end (GString *out);
/* Where the next cells of this row come from, if its labs stand side by side: given to each cell. */
typedef struct {
  const char *lab, *file, *key; /* lab NULL: what the row says */
} HtmlSource;

/* column: in the CSV file; NULL: the number is in none. `source` may be NULL. */
void html_head (GString *out, const char *column, const char *text);
void html_text (GString *out, const HtmlSource *source, const char *column, const char *text);
void html_unsigned (GString *out, const HtmlSource *source, const char *column, guint64 value);
void html_fixed (GString *out, const HtmlSource *source, const char *column, guint64 value, guint digits);
void html_percent (GString *out, const HtmlSource *source, const char *column, guint64 part, guint64 whole);
void html_seconds (GString *out, const HtmlSource *source, const char *column, gint64 ns);
/* Cells of numbers, or of a text, that are not there. */
void html_empty (GString *out, guint n);
void html_no_text (GString *out);

/* Numbers in a sentence: digits in groups; "12.34 %"; "1.234 s"; "1.2" (digits after the point). */
void html_put_count (GString *out, guint64 value);
void html_put_percent (GString *out, guint64 part, guint64 whole);
void html_put_seconds (GString *out, gint64 ns);
void html_put_fixed (GString *out, guint64 value, guint digits);

/* A name that zooms that lab's chart, where there is one. */
void html_put_zoom (GString *out, const AnswersLab *lab, const char *name, gint64 start_ns, gint64 end_ns);

/* A picture in its figure; takes the SVG, which has its own title. */
void html_figure (GString *out, GString *svg, const char *class_name);

/* The questions, one <section> each, in html-questions.c, html-boot.c, html-units.c and html-vendors.c; those that not every run asks with whether. */
typedef struct {
  const HtmlInputs *inputs;
  AnswersLab *labs;              /* all, as the pictures take them */
  const AnswersLab **with;       /* those with a summary */
  const HtmlLab **with_html;     /* the same */
  gsize n, n_with;
  GPtrArray *kinds;              /* html_kinds() */
} HtmlPage;
void html_question_rate (GString *out, const HtmlPage *page);
gboolean html_has_guests_of_ours (const HtmlPage *page);
void html_question_operations (GString *out, const HtmlPage *page);
void html_question_boot (GString *out, const HtmlPage *page);
gboolean html_has_units (const HtmlPage *page);
void html_question_units (GString *out, const HtmlPage *page);
void html_question_types (GString *out, const HtmlPage *page);
void html_question_share (GString *out, const HtmlPage *page);
void html_question_vendors (GString *out, const HtmlPage *page);
void html_question_accounts (GString *out, const HtmlPage *page);

/* The names of the kinds of all labs, most exits of the boots first: what comes first is told apart by colour. */
GPtrArray *html_kinds (const HtmlPage *page);

/* In html-data.c: what report.js reads. JSON in which no "<" stands. */
void html_put_lab_data (GString *out, const HtmlPage *page, const HtmlLab *lab);

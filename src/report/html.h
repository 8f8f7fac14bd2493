/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * report.html: the answers and the pictures in one self-contained file. It reads without JavaScript; with it, the pictures zoom
 * and point at the single exit. Nothing is fetched. What guests wrote is only ever text (escaped) or base64.
 */
#pragma once
#include <glib.h>

#include "report/answers.h"

typedef struct {
  AnswersLab lab;
  GBytes *exits; /* html_pack_exits() of the lab; NULL: the page cannot show single exits */
  guint64 exits_packed; /* how many of them, from the first */
} HtmlLab;

typedef struct {
  const char *run;        /* "2026-01-31T12-00-00Z" */
  const char *harness;    /* version */
  const HtmlLab *labs;
  gsize n_labs;
  const char *chart_library; /* text of the JavaScript library that is inlined; NULL: the page has no JavaScript */
  const char *chart_library_css;     /* its style sheet; may be NULL */
  const char *chart_library_licence; /* its licence, which stands in the page; may be NULL */
  const char *style, *script;        /* instead of html/report.css and report.js, for tests; NULL as a rule */
} HtmlInputs;

GString *html_make (const HtmlInputs *inputs);

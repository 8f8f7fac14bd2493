/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What every page's head holds: a policy under which nothing is fetched and no script runs but the page's own, and what is inlined. */
#pragma once
#include <glib.h>

typedef struct {
  const char *title, *harness;  /* text; the harness's version */
  const char *const *styles;    /* NULL-terminated */
  const char *const *scripts;   /* as html_inlined() gave them and as the page will have them, NULL-terminated; NULL: none */
} HtmlPageHead;

/* From the document's type to </head>. */
void html_page_head (GString *out, const HtmlPageHead *head);
/* A file of report/html/ that was built in ("report.css"). Newly allocated. */
char *html_resource (const char *name);
/* Text as the content of a <script> or <style> element. Newly allocated. */
char *html_inlined (const char *text);

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What changed between two runs, for people and for programs: struct in, string out. */
#pragma once
#include <glib.h>

#include "stats/compare.h"

typedef struct {
  const char *name;   /* the lab's, "vmx"; of two labs "vmx/svm" */
  const char *a, *b;  /* which labs these are: "2026-01-31T12-00-00Z/vmx, exact" */
  const char *note;   /* what is not compared, and why; NULL if nothing */
  const GPtrArray *rows; /* of CompareRow */
} CompareLab;

typedef struct {
  const CompareLab *labs;
  gsize n_labs;
} CompareReport;

/* Aligned columns. all: unchanged rows too; colour: with the terminal's escapes. Newly allocated, as are the others. */
GString *compare_text (const CompareReport *report, gboolean all, gboolean colour);
/* lab,what,name,a_exits,b_exits,difference,percent,verdict: every row. A percentage of nothing is empty. */
GString *compare_csv (const CompareReport *report);
/* A page of its own with every row. */
GString *compare_html (const CompareReport *report);

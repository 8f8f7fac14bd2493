/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What answers.md is made of. Private to answers*.c.
 *
 * A citation is [LAB/FILE: ROWS]. ROWS is "all rows", "last row", "no row", "first N rows", or conditions that pick rows: "column=value";
 * of several joined by ", " all hold, what stands behind "; " picks more rows. A value that ends in "…" stands for all that begin so.
 *
 * All functions but answers_make() get labs that have a summary.
 */
#pragma once
#include <glib.h>

#include "report/answers.h"

/* Text that is not ours: escaped, see markdown_text(). */
void answers_text (GString *out, const char *text);
/* "- **vmx**: " */
void answers_begin (GString *out, const AnswersLab *lab);
/* " [vmx/phases.csv: phase=kernel]". What is not ours among the arguments is escaped by the caller. */
void answers_cite (GString *out, const AnswersLab *lab, const char *file, const char *rows_format, ...) G_GNUC_PRINTF (4, 5);
/* Below a table: "Source: " and the same rows of each lab. */
void answers_sources (GString *out, const AnswersLab *labs, gsize n, const char *file, const char *rows);
/* The citation of one phase each, of the boot window. */
void answers_cite_boot (GString *out, const AnswersLab *lab);
/* "48 EPT_VIOLATION" */
void answers_reason (GString *out, const AnswersLab *lab, guint32 code);
/* For tables: plain digits. Percent with two digits after the point, seconds with three. */
void answers_percent (GString *out, guint64 part, guint64 whole);
void answers_seconds (GString *out, gint64 ns);

typedef struct {
  const char *title;
  gboolean number;
} AnswersColumn;

/* The head of a table: columns of its own, then the same ones for each lab. */
void answers_table (GString *out, const AnswersColumn *first, gsize n_first, const AnswersColumn *per_lab, gsize n_per_lab, const AnswersLab *labs,
                    gsize n_labs);
/* The cells of one lab that has nothing there. */
void answers_no_cells (GString *out, guint n);

const SpanSummary *answers_phase (const LabSummary *summary, guint i);
/* The phases of all labs in the order of the first that has them; boot: of the boot window alone. Of const char *. */
GPtrArray *answers_phase_names (const AnswersLab *labs, gsize n, gboolean boot);

/* Exits of that kind in the boot window. */
guint64 answers_kind_exits (const AnswersLab *lab, const char *kind);
/* The kinds that occur in the boot window of any lab: most exits in all labs first, of equals by name. Of const char *. */
GPtrArray *answers_kind_names (const AnswersLab *labs, gsize n);

/* L2 is a guest of ours: it marks its boot, reads the leaves and performs operations; else a distribution. */
gboolean answers_of_ours (const AnswersLab *lab);

/* An answer each: what stands below its heading. */
void answer_rate (GString *out, const AnswersLab *labs, gsize n);
void answer_operations (GString *out, const AnswersLab *labs, gsize n);
gboolean answers_have_units (const AnswersLab *lab);
void answer_units (GString *out, const AnswersLab *labs, gsize n);
void answer_boot (GString *out, const AnswersLab *labs, gsize n);
void answer_types (GString *out, const AnswersLab *labs, gsize n);
void answer_share (GString *out, const AnswersLab *labs, gsize n);
void answer_vendors (GString *out, const AnswersLab *vmx, const AnswersLab *svm);
void answer_accounts (GString *out, const AnswersLab *labs, gsize n);

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A timeline in figures. All are integers; a field says its unit. Windows: `boot` is L2's first entry to the
 * READY mark, that mark's own exit not counted; `all` is every recorded exit.
 */
#pragma once
#include <glib.h>

#include "base/isa.h"
#include "stats/arith.h"
#include "timeline/timeline.h"

#define SUMMARY_BIN_NS (10 * 1000 * 1000) /* of the index of dispersion */

typedef enum { WINDOW_BOOT, WINDOW_ALL, WINDOWS } Window;
const char *window_name (Window window); /* "boot", "all" */

typedef struct {
  guint32 code;
  guint64 exits, cycles;
  guint64 cycles_p50, cycles_p99; /* nearest rank */
  gint64 first_ns, last_ns;
} ReasonSummary;

/* A stretch of the run: a phase or a window. Counts are of whole bins from its start; the last, cut one is left out. */
typedef struct {
  const char *name;
  gint64 start_ns, end_ns;
  guint64 exits, cycles;
  guint32 top_code; /* the most frequent reason; of equals the lowest code */
  guint64 top_exits;
  Dispersion dispersion;
} SpanSummary;

typedef struct {
  gint64 t_ns;
  guint phase; /* into phases */
  guint64 exits, cycles; /* cumulative: exits begun at or before t_ns, and the cycles that these took */
} SeriesRow;

typedef struct {
  guint64 exits, cycles;
} SeriesCell;

typedef struct {
  gboolean even;          /* the boot window's counts vary no more than a Poisson process's */
  gboolean has_rates;     /* at least two phases of the boot window have a whole bin: */
  guint fastest, slowest; /* those with the highest and lowest rate, into phases */
} Stability;

typedef struct {
  Isa isa;
  gint64 end_ns;
  SpanSummary windows[WINDOWS];
  GArray *reasons[WINDOWS]; /* of ReasonSummary: most exits first, of equals the lowest code */
  GArray *phases;           /* of SpanSummary, in order */
  guint boot_phases;        /* the first so many phases make the boot window */
  GArray *rows;             /* of SeriesRow: every step from 0 until the end is covered */
  GArray *codes;            /* of guint32, ascending: the columns of cells */
  GArray *cells;            /* of SeriesCell, rows x codes, cumulative */
  Stability stability;
} LabSummary;

void lab_summary_free (LabSummary *summary);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LabSummary, lab_summary_free)

/* The timeline must be complete (timeline_check_complete). step_ns: between rows, more than 0. */
gboolean lab_summary_make (const Timeline *timeline, gint64 step_ns, LabSummary **summary, GError **error);

/* Exits per second in thousandths; 0 for an empty span. */
guint64 span_rate_milli (const SpanSummary *span);
/* The window's reason by code, or NULL. */
const ReasonSummary *lab_summary_reason (const LabSummary *summary, Window window, guint32 code);

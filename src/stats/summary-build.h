/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How a summary is made, shared by the files that make it: summary.c walks the exits once and fills the tallies, the
 * others make figures of them afterwards. Nobody else includes this.
 */
#pragma once
#include "stats/summary.h"

typedef struct {
  guint64 exits, cycles;
  gint64 first_ns, last_ns;
  guint32 costs[SUMMARY_COST_BUCKETS];
} Tally;

/* Counts in bins of a span as time goes on. */
typedef struct {
  Dispersion dispersion;
  guint64 count;
  gint64 bin_end_ns;
} Binner;

/*
 * The boot window in whole bins of summary->segment_bin_ns: at each border between them, how many exits there were so far,
 * first by reason (as Builder.indices), then by kind. An exit on a border belongs to the bin that ends there.
 */
typedef struct {
  guint bins;      /* whole ones; what is left of the window is less than one */
  gint64 next_ns;  /* the next border; G_MAXINT64 after the last one */
  GArray *borders; /* of guint64: (bins + 1) x columns; then a row more: the window's end */
} BinBorders;

typedef struct {
  const Timeline *timeline;
  const ExitKinds *exit_kinds;
  LabSummary *summary;
  gint64 step_ns, next_row_ns;
  guint phase;
  Binner phase_bins, window_bins;
  BinBorders boot_bins;
  Tally all[TIMELINE_REASONS];
  SeriesCell kinds[EXIT_KINDS_MAX];
  /* The same at the ends of the windows, which all begin at the first entry. */
  Tally *ends[WINDOWS];
  SeriesCell end_kinds[WINDOWS][EXIT_KINDS_MAX];
  guint64 end_seqs[WINDOWS]; /* of the first exit behind */
  guint n_kinds;
  guint kind_places[EXIT_KINDS_MAX]; /* of a kind in summary->kinds */
  GArray *kind_rows;                 /* of guint64, rows x n_kinds */
  guint64 phase_exits[TIMELINE_REASONS];
  guint64 exits, cycles;
  guint64 *values[TIMELINE_REASONS]; /* cycles of each exit in order of time; into `store` */
  guint64 *store;
  GArray *indices; /* of guint: the reasons that occur, by ascending code */
} Builder;

/* In summary-figures.c: reasons of both windows, types_90, kinds and kind_cells, stability. */
void summary_figures (Builder *builder);
/* In summary-segments.c: how many bins the boot window is cut into; then segments and bursts. After the figures. */
void summary_segments_init (Builder *builder);
void summary_segments (Builder *builder);
/* In units.c: units and no_unit. */
void summary_units (const Timeline *timeline, LabSummary *summary);
/* In operations.c. */
void summary_operations (const Timeline *timeline, GArray *operations);

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the picture of the rate shows, before it is drawn: exits per second by column and by kind over the boot window. */
#pragma once
#include "report/chart.h"

#define RATE_SERIES_MAX 8u /* the most frequent kinds, the last one for what remains */

typedef struct {
  const LabSummary *s;
  guint kinds;        /* 0: not told, one series of all exits */
  guint n_series, n_columns;
  guint *order;       /* of the kinds: those with most exits of the boot first */
  GArray *edges;      /* of ColumnEdge */
  double *counts;     /* columns x series */
  double most;        /* exits/s of the highest column */
  double top;         /* of the linear axis, exits/s */
  double low, high;   /* the log axis goes from 10^low to 10^high exits/s */
  /* Where the picture puts it. */
  TimeScale time;
  double y0, y1; /* of the linear plot: top and bottom */
  double log_y0, log_y1;
} Rate;

/* The summary's boot window has a duration, and outlives this. */
void rate_init (Rate *rate, const LabSummary *summary);
void rate_clear (Rate *rate);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Rate, rate_clear)

const char *rate_series_name (const Rate *rate, guint series);
const char *rate_series_class (const Rate *rate, guint series);
/* Exits of the boot window. */
guint64 rate_series_exits (const Rate *rate, guint series);
double rate_column_seconds (const Rate *rate, guint column);
/* Exits per second in a column, of the first so many series. */
double rate_column (const Rate *rate, guint column, guint series);
double rate_segment (const SegmentSummary *segment);

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A lab that was run several times: each figure's median and its 95 % interval over the repeats. Figures:
 *
 *   exits:window=boot|all   ns:window=boot        exits and guest nanoseconds of the window
 *   exits:phase=NAME        ns:phase=NAME
 *   exits:reason=CODE                             of window boot
 *   exits:operation=NAME                          net of calibration
 *
 * What did not occur in a repeat counts as 0 there.
 */
#pragma once
#include <glib.h>

#include "stats/bootstrap.h"
#include "stats/summary.h"

typedef struct {
  char *metric;
  Interval interval;
} RepeatedMetric;

GPtrArray *repeats_new (void); /* of RepeatedMetric, which it owns */
void repeats_add (GPtrArray *metrics, const char *metric, const Interval *interval);
/* NULL if there is none of that name. */
const Interval *repeats_find (const GPtrArray *metrics, const char *metric);

/* n > 0 summaries of one lab. Array of RepeatedMetric, in order of first appearance. */
GPtrArray *repeats_measure (const LabSummary *const *summaries, guint n);

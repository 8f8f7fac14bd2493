/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The CSV files of a lab but exits.csv: struct in, string out. Shares have 6 digits after the point, rates, means
 * 3, dispersions 6 (empty where undefined). Reasons are numbers; names stand beside them once.
 */
#pragma once
#include <glib.h>

#include "config/config.h"
#include "stats/checks.h"
#include "stats/repeats.h"
#include "stats/summary.h"

GString *table_timeline (const LabSummary *summary);
/* One row per sample for each reason that has occurred by then, by ascending code. */
GString *table_timeline_reasons (const LabSummary *summary, const ReasonNames *names);
GString *table_phases (const LabSummary *summary);
GString *table_reasons (const LabSummary *summary, const ReasonNames *names);
GString *table_checks (const Checks *checks);
/* The stretches of the boot window. Of one without exits the top's fields are empty. */
GString *table_segments (const LabSummary *summary);
/* All windows, the kinds that occur in each, in the summary's order. */
GString *table_kinds (const LabSummary *summary);
/* Exits and cycles without what the calibration found; top_reason and top_share of all that lies between the marks, empty if nothing does. */
GString *table_operations (const LabSummary *summary);
/* Every reason of every operation, of all that lies between the marks. */
GString *table_operation_reasons (const LabSummary *summary, const ReasonNames *names);
/*
 * Units of systemd's; the last row, "(none)", is what fell into no unit's start between systemd's and READY: its duration is the time of that.
 * Of a unit that was never active, active_ns and duration_ns are empty.
 */
GString *table_units (const LabSummary *summary);
/* repeats.csv: of RepeatedMetric. */
GString *table_repeats (const GPtrArray *metrics);

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The CSV files of a lab but exits.csv: struct in, string out. Shares have 6 digits after the point, rates, means
 * 3, dispersions 6 (empty where undefined). Reasons are numbers; names stand beside them once.
 */
#pragma once
#include <glib.h>

#include "config/config.h"
#include "stats/checks.h"
#include "stats/summary.h"

GString *table_timeline (const LabSummary *summary);
/* One row per sample for each reason that has occurred by then, by ascending code. */
GString *table_timeline_reasons (const LabSummary *summary, const ReasonNames *names);
GString *table_phases (const LabSummary *summary);
GString *table_reasons (const LabSummary *summary, const ReasonNames *names);
GString *table_checks (const Checks *checks);

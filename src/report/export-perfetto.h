/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A run in the JSON Trace Event Format, for ui.perfetto.dev and chrome://tracing, one event a line. Each lab is a
 * process; its threads are "phases", "operations", "L2 console" and one a vCPU of L2, where every exit is a slice. The
 * counter "exits/s" counts in bins of SUMMARY_BIN_NS. `ts` and `dur` are microseconds with three digits after
 * the point, from L2's first entry; `t_ns` among an exit's arguments is the exact time.
 */
#pragma once
#include "report/export.h"

/* run: its id. The labs need no summary. */
gboolean export_perfetto (const char *run, const ExportLab *labs, gsize n, ExitsSink sink, gpointer user, GError **error);

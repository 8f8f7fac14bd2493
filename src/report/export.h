/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the exporters share: a lab as they take it, the formats by name, and text that leaves in pieces, so that no
 * large output is ever whole in memory.
 */
#pragma once
#include <glib.h>

#include "config/config.h"
#include "report/exits.h"
#include "report/manifest.h"
#include "stats/checks.h"
#include "stats/summary.h"
#include "timeline/timeline.h"

typedef struct {
  const ManifestLab *about;
  const Timeline *timeline;
  const ReasonNames *names;  /* of the timeline's ISA */
  const LabSummary *summary; /* NULL if L2 did not boot, or if nobody needs it; so is the next */
  const Checks *checks;
} ExportLab;

/* Text on its way to a sink. */
typedef struct {
  ExitsSink sink;
  gpointer user;
  GString *text; /* not yet handed on */
} ExportOut;

void export_out_init (ExportOut *out, ExitsSink sink, gpointer user);
void export_out_clear (ExportOut *out);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (ExportOut, export_out_clear)
/* Hands on what there is, if that is much. */
gboolean export_out_spill (ExportOut *out, GError **error);
/* Hands on what there is. */
gboolean export_out_flush (ExportOut *out, GError **error);

/* FALSE: a number of the record format that this harness has no row for. */
gboolean export_knows_operation (guint number);

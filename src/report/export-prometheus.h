/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A run's figures in Prometheus's text exposition format 0.0.4, without time stamps: for the node exporter's textfile
 * collector, or a push gateway. The windows "boot" and "all" overlap: a sum over `window` counts twice. A lab whose L2
 * did not boot has harness_lab_info and harness_lab_complete alone.
 */
#pragma once
#include "report/export.h"

gboolean export_prometheus (const Manifest *manifest, const ExportLab *labs, gsize n, ExitsSink sink, gpointer user, GError **error);

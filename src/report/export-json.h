/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A run in one JSON document. All figures are integers (what does not fit 63 bits is the largest that does), all times
 * nanoseconds from L2's first entry; lists are in the order of the CSV files.
 *
 *   schema      EXPORT_JSON_SCHEMA
 *   run, status, versions, inputs   as in manifest.json
 *   labs        of objects:
 *     name, isa, machine, accel, determinism, outcome, fingerprint   as in manifest.json
 *     exits, tsc_khz, end_ns, l1_release
 *     complete  true; false if L2 did not boot, and then none of the following is there
 *     windows   boot, all: start_ns, end_ns, exits, cycles, top_reason, top_exits, dispersion_millionths (null: undefined)
 *     stable    true if the boot window's counts vary no more than a Poisson process's
 *     phases    name and what a window has; boot: true if the phase is part of the boot window
 *     reasons   window, reason, name, exits, cycles, cycles_p50, cycles_p99, first_ns, last_ns
 *     kinds     name, boot_exits, boot_cycles, all_exits, all_cycles
 *     types_90, types_90_exits   so many reasons make 90 % of the boot window's exits
 *     segments  start_ns, end_ns, exits, burst, top_reason, top_exits, top_kind, top_kind_exits
 *     bursts    of all segments with burst true: segments, duration_ns, exits, top_kind, top_kind_exits
 *     operations  name, what, rounds, repetitions, exits, cycles, raw_exits, raw_cycles, duration_ns,
 *                 reasons: reason, name, exits, cycles
 *     checks    check, expected, actual, verdict: text, as in checks.csv
 */
#pragma once
#include "report/export.h"

#define EXPORT_JSON_SCHEMA 1

gboolean export_json (const Manifest *manifest, const ExportLab *labs, gsize n, ExitsSink sink, gpointer user, GError **error);

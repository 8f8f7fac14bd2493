/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A lab run several times. The first run is the lab's: its files are in LAB/. The others have theirs in LAB/repeat-2, … and
 * give LAB/repeats.csv together with it: medians and intervals. An exact lab must have the same fingerprint each time.
 */
#pragma once
#include "cli/lab-run.h"

/* run was executed, and went well. Fills run->repeated. */
gboolean lab_repeat (LabRun *run, GError **error);

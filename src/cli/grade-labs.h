/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which labs a submission is graded in, and what came of each: run, explained where it ended early, and read for the judge. */
#pragma once
#include "base/files.h"
#include "cli/grade-way.h"

/* Sets grade->isa: by what was carried, or, before that, by what was handed in. */
void way_name_labs (Way *way);
/* Fills way->labs and the fingerprint; where there is nothing to judge the way ends. */
gboolean way_run_labs (Way *way, const Scratch *scratch, const char *modules_dir, GError **error);

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which labs a submission is graded in, and what each gives: evidence (grade/evidence.h). */
#pragma once
#include "base/files.h"
#include "cli/grade-way.h"

/* Sets grade->isa: by what was carried, or, before that, by what was handed in. */
void way_name_labs (Way *way);
/* Fills evidence->labs; none after one that leaves nothing to judge. Ends the way if a lab cannot take the modules. */
gboolean way_run_labs (Way *way, const Scratch *scratch, const char *modules_dir, GError **error);

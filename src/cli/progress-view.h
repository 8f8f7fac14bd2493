/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Progress as a person sees it: on a terminal one line with a bar for each lane that works, redrawn in place;
 * elsewhere a plain line when a stage begins and when it ends. How long stages took is kept
 * in CACHE/timings.ini and is what the next run expects.
 */
#pragma once
#include "base/progress.h"

void progress_view_init (Progress *progress, const char *cache_dir, int verbosity);
void progress_view_end (Progress *progress);

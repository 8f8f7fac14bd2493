/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What cloud-init reads in the seed. Pure. */
#pragma once
#include <glib.h>

#define SEED_REPORT_PATH "/run/harness/boot-report.py"

/*
 * A user `lab` with the password `lab` (on consoles alone), and all else as the distribution has it: keys are made, the root file system is
 * looked at whether it could grow. report: the program of the boot's report is written and started. more: a #cloud-config whose
 * lists are added to ours. Newly allocated.
 */
char *seed_user_data (gboolean report, const char *more);
char *seed_meta_data (const char *hostname);

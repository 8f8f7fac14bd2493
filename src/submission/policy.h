/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a submission may touch. Pure. Internal to submission/. */
#pragma once
#include <glib.h>

#include "submission/submission.h"

/* Of a whole tree, in which nothing tells what was changed: what may not be touched is taken out, and counted in a note. */
void submission_policy_trim (Submission *submission, const char *const *allowed);
/* NULL, or the fault of policy that lists what may not be touched (at most 10). allowed NULL: all may. */
Fault *submission_policy (const Submission *submission, const char *const *allowed);

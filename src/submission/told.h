/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How a submission tells its counts: by CPUID leaves, or in the kernel log. */
#pragma once
#include "submission/submission.h"

/*
 * TRUE: in the kernel log. None of the leaves is in anything that was handed in, in hexadecimal or decimal, and
 * there are prints in what is a vendor's, or a patch adds one. No kernel
 * has such a leaf.
 */
gboolean submission_tells_by_log (const Submission *submission, const guint32 *leaves, guint nr_leaves);

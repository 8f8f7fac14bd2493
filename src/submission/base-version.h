/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which kernel a submission was made from, as far as that can be told before it is carried: to choose the lab's kernel by. */
#pragma once
#include <glib.h>

#include "submission/kernel-index.h"
#include "submission/submission.h"

/* The version of the index that most functions and declarations of its whole files are of; NULL: it has none that a kernel has. */
const char *submission_base_version (const Submission *submission, KernelIndex *index);
/* Of the lines that its patches want to find, how many are not in the files of the source in `dir`. */
guint submission_patch_misses (const Submission *submission, const char *dir);

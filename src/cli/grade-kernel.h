/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernels that a batch is graded on: which there are, which of them a submission is put on, and how each fares unchanged. With --kernel auto it is
 * the one nearest to what the submission was made from, so that its change travels a short way or none.
 */
#pragma once
#include "base/hash.h"
#include "cli/grade-session.h"
#include "submission/submission.h"

void grade_kernel_free (gpointer kernel);
/* What the session's options ask for, into session->kernels. USAGE. */
gboolean grade_kernels_choose (GradeSession *session, GError **error);
/* All that decides what these kernels are. */
gboolean grade_kernels_hash (const GradeSession *session, InputHash *hash, GError **error);
/* Its kernel, with a kit: from the cache, or built, once. The session is prepared. *note: why this one; NULL where there was no choice. */
gboolean grade_kernel_for (GradeSession *session, const Submission *submission, GradeKernel **kernel, char **note, GError **error);
/* How it fares in a lab: from the cache, or taken, once. */
gboolean grade_kernel_baseline (GradeSession *session, GradeKernel *kernel, Isa isa, GError **error);

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What of a submission is surely its author's, where its change could not be told from a kernel's own code. */
#pragma once
#include "submission/kernel-index.h"
#include "submission/submission.h"

/*
 * Its patches, and of whole files the lines with a word that no kernel of the index has: as lines that a diff adds, at most 256 KiB.
 * Without an index nothing is told of whole files. For comparing submissions with each other.
 */
char *submission_own_lines (const Submission *submission, const KernelIndex *index);

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Making a submission, and what the readers of it share. Internal to submission/.
 * A reader returns FALSE with either *fault (the submission's doing) or *error (the host's) set.
 */
#pragma once
#include <glib.h>

#include "submission/submission.h"

#define SUBMISSION_FILE_MAX (4u << 20)                     /* a kernel file or a patch; KVM's largest has 400 KiB */
#define SUBMISSION_BYTES_MAX (G_GINT64_CONSTANT (512) << 20) /* all that is looked at, unpacked; a kernel's tree as a zip has 270 MiB */
#define SUBMISSION_SKIPPED_MAX (G_GINT64_CONSTANT (8) << 30)  /* what is passed over: a kernel's tree has 1.3 GiB, with its objects some 5 */
#define SUBMISSION_SECONDS_MAX 300                            /* of processor time, for unpacking: 1.3 GiB of xz take some ten */
#define SUBMISSION_ENTRIES_MAX 1000000                        /* a kernel's tree has 79 thousand files */
#define SUBMISSION_NAMES_MAX (G_GINT64_CONSTANT (128) << 20)
#define SUBMISSION_DEPTH_MAX 40

#define SUBMISSION_WANTED "hand in the changed kernel files (cpuid.c and vmx.c, or svm.c) in a folder, zip or tar, or a patch (git format-patch, diff -u), or the git repository"

Submission *submission_new (const char *path);
void submission_file_free (SubmissionFile *file);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SubmissionFile, submission_file_free)
void submission_patch_free (SubmissionPatch *patch);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SubmissionPatch, submission_patch_free)
void submission_note (GPtrArray *notes, const char *format, ...) G_GNUC_PRINTF (2, 3);

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A repository's change: its HEAD against the base that it builds on. Internal to submission/. */
#pragma once
#include <glib.h>

#include "submission/raw.h"

/*
 * *found: there is a commit. Where it is a kernel, or has one in a folder and nothing else that may be meant, submission->files gets what differs
 * from the base (or KVM's usual files whole, where no base is found); else set->files gets HEAD's files, of kernels' trees KVM's alone, for
 * submission_choose(). FALSE with *fault or *error.
 */
gboolean submission_read_repository (const RawRepo *repo, const SubmissionSpec *spec, Submission *submission, RawSet *set, gboolean *found, Fault **fault,
                                     GError **error);

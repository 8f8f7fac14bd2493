/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A repository's change: its HEAD against the base that it builds on. Internal to submission/. */
#pragma once
#include <glib.h>

#include "submission/raw.h"

/*
 * *found: there is a commit. Where it is a kernel, submission->files gets what differs from the base (or KVM's usual files whole, where no base
 * is found); else set->files gets all of HEAD's files, for submission_choose(). FALSE with *fault or *error.
 */
gboolean submission_read_repository (const RawRepo *repo, const SubmissionSpec *spec, Submission *submission, RawSet *set, gboolean *found, Fault **fault,
                                     GError **error);

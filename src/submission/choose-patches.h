/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The patches of a submission beside its whole files. Internal to submission/. */
#pragma once
#include <glib.h>

#include "submission/patch.h"
#include "submission/raw.h"

/* files: of RawFile, in the order in which they apply. What a patch changes in a file that is there whole is left out, with a note. */
gboolean submission_choose_patches (const GPtrArray *files, Submission *submission, Fault **fault);

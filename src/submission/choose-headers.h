/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Headers of the student's own beside the whole files of a submission. Internal to submission/. */
#pragma once
#include <glib.h>

#include "submission/raw.h"

/* Adds those that the files include by name and that lie beside them, each with a note. How many. */
guint submission_choose_headers (const RawSet *set, Submission *submission);

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which of the things in a submission are the kernel files and patches that were meant. Internal to submission/. */
#pragma once
#include <glib.h>

#include "submission/raw.h"

/*
 * Whole files and patches of the set, added to the submission with a note for each guess. FALSE with *fault where it cannot be told which
 * file was meant, or where what was meant is no text. Adds nothing where there is nothing. `names`: what the assignment is called, for
 * submissions that have several; NULL: any.
 */
gboolean submission_choose (const RawSet *set, const char *const *names, Submission *submission, Fault **fault);
/* The file's text, normalised, with a note of what was changed. NULL: it is none; *what: what it is. */
char *submission_text (const RawFile *file, const char *shown, GPtrArray *notes, const char **what);

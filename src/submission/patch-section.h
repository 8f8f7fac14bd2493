/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The sections of a diff, one for each file. Pure. Internal to patch. */
#pragma once
#include "submission/patch.h"

/*
 * Adds to `parts` (of PatchPart). `from` and the number of the text's first line are for messages. *mended: HUNK_… of patch-hunk.h.
 * FALSE with *fault for what is damaged, or no unified diff.
 */
gboolean patch_sections_read (const char *from, const char *text, guint line, GPtrArray *parts, guint *mended, GPtrArray *notes, Fault **fault);

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which files of a submission any rule could want. A kernel's tree has 79 thousand files, of which a hundred are KVM's: names alone are counted
 * generously, and what nobody would look at is neither read nor kept. Pure. Internal to submission/.
 */
#pragma once
#include <glib.h>

#include "submission/raw.h"

/* FALSE: whatever is in it, it is of no use. */
gboolean wanted_by_name (const char *name);
/* Its data is to be kept: a file of KVM's, a patch, something packed, a kernel's Makefile, a header that a file beside it may include. */
gboolean wanted_by_content (const RawFile *file);
/* Is it a patch? By its name, or, where the name tells nothing (changes.txt, a name without suffix), by what is in it. */
gboolean wanted_as_patch (const RawFile *file, gboolean is_kernel_file);

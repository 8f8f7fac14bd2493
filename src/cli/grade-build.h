/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From what was handed in to modules: the change is carried onto the lab's kernel and built. */
#pragma once
#include "cli/grade-way.h"

/* scratch: an existing folder. */
gboolean way_carry (Way *way, const char *scratch, GError **error);
/* out_dir: an existing folder, for the modules. */
gboolean way_build (Way *way, const char *out_dir, GError **error);
/* Ends the way if the lab cannot take modules so large. */
void way_check_size (Way *way, Isa isa, const char *modules_dir);

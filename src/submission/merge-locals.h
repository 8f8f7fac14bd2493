/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a merge of lines cannot know: that a line needs a variable which this kernel's function no longer has. Internal to submission/. */
#pragma once
#include <glib.h>

/* A function of what was merged uses a variable that it has in the student's file alone, and declares it nowhere. */
gboolean merge_lacks_locals (const char *merged, const char *theirs, const char *lab);

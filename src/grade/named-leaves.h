/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which of the assignment's CPUID leaves a change names: what its lines say, where its answers say nothing. Pure. */
#pragma once
#include <glib.h>

/* The last such leaf in a line of C, 0x4FFFFxxx; 0: none. */
guint32 named_leaf_of_line (const char *line);
/* Those in lines that a diff adds: of guint32, each once, in order. */
GArray *named_leaves (const GPtrArray *diff_lines);
gboolean named_leaves_have (const GArray *leaves, guint32 leaf);

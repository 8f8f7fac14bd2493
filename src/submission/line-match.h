/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which lines of two short texts (functions) are the same: a shortest edit script, with bounded work. Internal to submission/. */
#pragma once
#include <glib.h>

#define LINE_MATCH_NONE (-1)

/* Into partner_a[i] the index in b of a[i]'s partner, or LINE_MATCH_NONE; increasing. FALSE if the two are too long or too different to say. */
gboolean line_match (const char *const *a, guint a_count, const char *const *b, guint b_count, gint *partner_a);
/* How much of b's words (and numbers) a has, 0…100; keywords do not count, unless b has nothing else. */
guint line_likeness (const char *a, const char *b);

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How far a batch is, how fast it goes, and how long it will take. Pure. */
#pragma once
#include <glib.h>

/*
 * "12 of 150, 4.2 a minute, about 33 min left". fresh: how many of the done ones took work, in
 * elapsed_s; what the cache answered tells nothing of the pace, and the rest is taken for work.
 * Newly allocated.
 */
char *pace_text (guint done, guint total, guint fresh, double elapsed_s);

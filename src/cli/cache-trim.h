/* SPDX-License-Identifier: GPL-2.0-or-later */
/* images/cache made smaller: of each kind of entry only the one used last stays. */
#pragma once
#include "cli/app.h"

/*
 * Removes entries (or, with dry, only says which), but for the one of each kind that was used last, those used within older_than_days
 * if that is not negative, and else those of kinds of which many are in use at a time (grades). What is no entry (ccache, timings) stays. While another command is at work nothing is removed, and
 * it is said so. *bytes is increased by what was, or would be, freed.
 */
gboolean cache_trim (const App *app, int older_than_days, gboolean dry, guint64 *bytes, GError **error);
/* Moves a folder out of the way and removes it: nobody ever finds half of it. One that is gone already is no error. */
gboolean cache_remove_whole (const char *path, GError **error);

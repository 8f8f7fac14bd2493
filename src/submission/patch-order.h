/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The order in which patches apply. Pure. Internal to submission/. */
#pragma once
#include <glib.h>

/*
 * Puts `mails` (of PatchMail) into the order in which they apply, as far as git's own "index OLD..NEW" lines tell it: what makes a content goes
 * before what starts from it. Otherwise, and where they contradict each other (a revert), the order stays. TRUE: something was moved.
 */
gboolean patch_order (GPtrArray *mails);

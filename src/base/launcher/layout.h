/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The folder that the program finds its files in: links to the host's, and the scratch folders. */
#pragma once
#include "base/launcher/launcher.h"

/*
 * Makes DIR and all mounts in it, in order. Sets `copied`. To be run as who we are, without the
 * groups of who started us.
 */
bool layout_make (Plan *plan);
/* Removes it with all that is in it, when nothing of the program's runs any more. */
void layout_remove (const Plan *plan);

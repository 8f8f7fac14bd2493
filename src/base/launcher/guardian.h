/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who starts the program, watches what the kernel does not bound, and ends all of it. */
#pragma once
#include "base/launcher/launcher.h"

/*
 * From beginning to end; returns the exit status. SIGTERM, which is blocked, ends it early; so does
 * the death of our parent.
 */
int guardian (Plan *plan);

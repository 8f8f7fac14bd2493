/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the program may reach of files, network and other processes: Landlock. */
#pragma once
#include "base/launcher/launcher.h"

/*
 * The rules, as a descriptor; -1 with what is wrong said. To be made while our own rights are
 * there.
 */
int rules_make (const Plan *plan);
/*
 * From now on they hold for this process and all that it starts. No new privileges are to be had
 * before.
 */
bool rules_enter (int rules);

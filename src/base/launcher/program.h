/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The program's side of the fork: its rights go, piece by piece, then it is executed. */
#pragma once
#include "base/launcher/launcher.h"

/*
 * Does not return. `rules`: of rules_make(). `report`: closed on exec; gets a byte if the program
 * could not be brought that far.
 */
void program_run (const Plan *plan, int rules, int report) __attribute__ ((noreturn));

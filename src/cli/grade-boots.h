/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The boots of one lab: one, and, where L1 died before all of the main program was performed, others without what killed it. What is judged
 * is the one that got furthest; rows that it cannot tell of, another one may.
 */
#pragma once
#include "cli/grade-way.h"

/* Runs them all; *lab: boots, best, crash. dir: an existing folder. Errors as grade_lab_run(). */
gboolean grade_boots_run (Way *way, Isa isa, GradedLab *lab, const char *modules_dir, const char *dir, GError **error);
/* "L1 ended by …" */
const char *grade_boots_end_words (const MachineResult *result);

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The boots of one lab: one, and, where L1 died before all of the main program was performed, others without what killed it. All of them are
 * evidence.
 */
#pragma once
#include "cli/grade-way.h"

/* Runs them all; fills lab->boots. dir: an existing folder. Errors as grade_lab_run(). */
gboolean grade_boots_run (Way *way, EvidenceLab *lab, const char *modules_dir, const char *dir, GError **error);

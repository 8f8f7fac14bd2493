/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Gradescope's results.json.
 *
 * Gradescope wants a score, of the whole or of every test; a file that has neither it shows as an autograder that failed, without a grade, which staff can run
 * again. That is what a failed infrastructure and a missing base are, so there `score` is left out, of the file and of its tests: 0 would
 * be entered as a grade. `output` says why, and that it is no zero; the run script should print the same and end with an error. A file "so far" in which no row
 * is judged yet has no score either: should the time end there, nothing was found wrong.
 */
#pragma once
#include <glib.h>

#include "config/config.h"
#include "grade/grade.h"

/* rubric: whom a row is shown to; NULL: everybody. unfinished: the grade is of what was judged so far; its rows are those that are done. */
GString *grade_gradescope (const Grade *grade, const Rubric *rubric, gboolean unfinished);

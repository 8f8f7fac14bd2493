/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Classroom 50's result.json, schema "classroom50/result/v1": what a grade knows of it. Whose it is (classroom, assignment, submission, URLs) stands in the
 * environment of an autograder.py, which adds it: docs/course/autograder.py.
 *
 * Scores are whole numbers there, from 0 to the test's most, and the whole is the sum of its tests: each has what it adds to the rounded sum. A row that is not
 * judged is no test. Further members of a test are kept as they are: "reason" and "where" are such.
 */
#pragma once
#include <glib.h>

#include "grade/grade.h"

/* NULL for a grade that is no score (needs-base, needs-look, infrastructure): a file would be read as a zero. */
GString *grade_classroom50 (const Grade *grade);

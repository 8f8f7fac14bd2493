/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * JUnit XML, a suite per submission, a case per row; where a submission was not judged whole, first a case for the stage at which it ended. <failure> is the
 * student's, <error> the infrastructure's, <skipped> nobody's (a row that is not judged, a submission that needs a base). Points are properties.
 */
#pragma once
#include <glib.h>

#include "grade/grade.h"

/* grades: of Grade. */
GString *grades_junit (const GPtrArray *grades);

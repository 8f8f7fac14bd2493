/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which of the student's own lines to look at for a row that lost points: lines that the carried diff adds, by what the row is about. */
#pragma once
#include <glib.h>

#include "grade/grade.h"

#define WHERE_LINES_MAX 6u

/* Fills `where` of the rows that failed, from grade->carried. findings: of ScanFinding (module-scan.h), whose symbols lead to their lines. */
void where_fill (Grade *grade, const GPtrArray *findings);

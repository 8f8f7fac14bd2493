/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SARIF 2.1.0, a result per row that lost points, with the lines to look at, or a compiler's error: GitHub shows the first of each (upload-sarif), editors list
 * all. Paths and lines are those of the lab's kernel with the change. What has no line points at the change's first file; where there is no change either there
 * is no result, and the reason stands in the invocation's notification.
 */
#pragma once
#include <glib.h>

#include "grade/grade.h"

GString *grade_sarif (const Grade *grade);

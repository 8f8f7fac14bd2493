/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The rubrics that a batch is judged again by: the one that was asked for, else each submission's
 * own. For any number of threads.
 */
#pragma once
#include "cli/grade-session.h"

typedef struct RegradeRubrics RegradeRubrics;
/* USAGE: the rubric that was asked for, or a leaf map, is none. */
RegradeRubrics *regrade_rubrics_open (App *app, const GradeOptions *options, GError **error);
void regrade_rubrics_free (RegradeRubrics *rubrics);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (RegradeRubrics, regrade_rubrics_free)
/*
 * For what was graded by `assignment`, as grades call it; borrowed. NULL: it is no file of
 * configs/rubrics, and none was asked for.
 */
const GradeSession *regrade_rubrics_find (RegradeRubrics *rubrics, const char *assignment, GError **error);

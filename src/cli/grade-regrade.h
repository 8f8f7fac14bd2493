/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * harness grade --regrade: a batch's folder in, its evidence judged again, sheets and what moved
 * out. Builds and boots nothing.
 */
#pragma once
#include "cli/grade-session.h"

typedef struct {
  const char *dir;             /* an earlier grade's */
  const char *output;          /* may be the same */
  guint formats;               /* of GradeFormats, without those of one submission */
  gboolean students;           /* the submissions bear a platform's names (GradeEntry) */
  const GradeOptions *options; /* of them assignment, rubric, leaf_map and jobs */
} RegradeSpec;

/*
 * What cannot be judged again keeps its grade, and says why. USAGE: a rubric that is none, a folder
 * without grades. FAILED, when all is written: some were not judged again.
 */
gboolean grade_regrade (App *app, const RegradeSpec *spec, GError **error);

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One submission, from what was handed in to its grade: read, carried, built, run, judged. */
#pragma once
#include "cli/grade-files.h"
#include "cli/grade-session.h"
#include "grade/grade.h"

/* What is told as it goes on; any may be NULL. Called in the thread that grades. */
typedef struct {
  void (*stage) (const Grade *so_far, gpointer user); /* a stage is done: for results that must be there if time runs out */
  gpointer user;
} GradeWatch;

/*
 * Answers from the cache, or grades and keeps what it found there. *grade is also set where the submission, or the infrastructure, failed. logs: an existing folder
 * that gets what there is to look at (build.log, carried.diff, LAB-console.log, LAB-kernel.log) and to judge it again (grade-keep.h); NULL: none. lane: of the progress.
 * The entry's grade is not looked at.
 * FALSE: what no other submission would fare better with: interrupted, the host lacks something (HOST), the lab does not work, the results cannot be kept.
 */
gboolean grade_one (GradeSession *session, const GradeEntry *entry, const char *lane, const char *logs, const GradeWatch *watch, Grade **grade, gboolean *from_cache, GError **error);

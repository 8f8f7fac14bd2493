/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is under way with one submission. A stage that fails for what the submission did sets the grade and ends the way; one that fails for what it did not
 * do is an error, which grade_one() turns into a grade without a score after a second try.
 */
#pragma once
#include "cli/grade-lab.h"
#include "cli/grade-one.h"
#include "grade/evidence.h"
#include "submission/carry.h"
#include "submission/changed-code.h"
#include "submission/submission.h"

typedef struct {
  GradeSession *session;
  GradeKernel *kernel; /* that it is graded on; NULL until it is chosen */
  const GradeEntry *entry;
  const char *lane, *logs;
  const GradeWatch *watch;
  Evidence *evidence;  /* as far as it is collected */
  Grade *grade;        /* evidence->collected */
  Grade *judged;       /* what came of it; NULL: not judged yet */
  Submission *submission;
  Carried *carried;
  ChangedCode code;    /* of what was carried */
  gboolean ended;      /* what is to be told is settled: no later stage */
  gboolean retry;      /* what ended it may be the machine's doing: once more */
  gboolean hopeless;   /* an error that all other submissions would meet too */
  Stage stage;         /* what is being done */
  guint tries;
} Way;
void way_clear (Way *way);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Way, way_clear)

void way_end (Way *way, Stage stage, Verdict verdict, Blame blame, const char *reason, const char *details);
void way_end_with_fault (Way *way, const Fault *fault);
void way_take_notes (Way *way, const GPtrArray *notes);
/* For a person who looks into it; a disk that is full fails the batch elsewhere. */
void way_keep_log (const Way *way, const char *name, const char *text);

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is under way with one submission. A stage that fails for what the submission did sets the grade and ends the way; one that fails for what it did not
 * do is an error, which grade_one() turns into a grade without a score after a second try.
 */
#pragma once
#include "cli/grade-lab.h"
#include "cli/grade-one.h"
#include "grade/crash.h"
#include "submission/carry.h"
#include "submission/submission.h"

typedef struct {
  GradeSession *session;
  GradeKernel *kernel; /* that it is graded on; NULL until it is chosen */
  const GradeEntry *entry;
  const char *lane, *logs;
  const GradeWatch *watch;
  Grade *grade;
  Submission *submission;
  Carried *carried;
  GPtrArray *labs;     /* of GradedLab, judged together */
  gboolean ended;      /* the grade is settled: no later stage */
  gboolean retry;      /* what ended it may be the machine's doing: once more */
  gboolean hopeless;   /* an error that all other submissions would meet too */
  Stage stage;         /* what is being done */
  guint tries;
} Way;
void way_clear (Way *way);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Way, way_clear)

/* One boot of a lab, and what was read from it. */
typedef struct {
  Program *program, *last_program;
  GradeLab *run;
  GPtrArray *accounts; /* of Account: one for each round */
  Account *last;
  AgentReport *report;
  ProgramLess less;    /* what was left out in it */
} GradedBoot;
void graded_boot_free (gpointer boot);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (GradedBoot, graded_boot_free)

/* A lab's boots; the JudgedLab borrows from them. */
typedef struct {
  JudgedLab judged;      /* the boot that got furthest */
  GPtrArray *boots;      /* of GradedBoot, in order */
  const GradedBoot *best;
  Crash *crash;          /* the first of any boot */
  GPtrArray *findings;
} GradedLab;
/* judged, of another of the lab's boots. */
JudgedLab graded_lab_boot (const GradedLab *lab, const GradedBoot *boot);
void graded_lab_free (gpointer lab);
gboolean graded_lab_is_complete (const GradedLab *lab); /* the guest came to its end, in every round */

void way_set_text (char **member, const char *text);
void way_end (Way *way, Stage stage, Verdict verdict, Blame blame, const char *reason, const char *details);
void way_end_with_fault (Way *way, const Fault *fault);
void way_take_notes (Way *way, const GPtrArray *notes);
/* For a person who looks into it; a disk that is full fails the batch elsewhere. */
void way_keep_log (const Way *way, const char *name, const char *text);

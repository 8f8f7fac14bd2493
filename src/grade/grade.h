/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A grade: what a submission is worth, row by row, with reasons. Plain data; how it is written is grade-*.c's business. */
#pragma once
#include <glib.h>

#include "submission/fault.h"

/* Rows in the order of the output; names are part of grade.json's contract. */
typedef enum {
  ROW_TOTAL_EXITS, ROW_TOTAL_CYCLES, ROW_EXITS_PER_REASON, ROW_CYCLES_PER_REASON, ROW_SUMS, ROW_UNDEFINED_REASONS, ROW_NOT_ENABLED,
  ROW_REGISTERS, ROW_CONCURRENCY, ROW_OTHER_LEAVES, ROW_LOG_VOLUME, ROW_PLACEMENT, ROW_COST, ROW_STABILITY,
  ROW_LOG_INTERVAL, ROW_LOG_TOTALS, ROW_LOG_COUNTS, ROW_LOG_TYPES, ROW_LOG_NAMES, ROW_LOG_RAW_REASON, GRADE_ROWS
} RowKind;
const char *row_name (RowKind kind); /* "total-exits" … */
gboolean row_parse (const char *name, RowKind *kind);

typedef enum { ROW_PASSED, ROW_FAILED, ROW_SKIPPED } RowStatus;
const char *row_status_name (RowStatus status);

/* One thing that was looked at for a row. */
typedef struct {
  char *what;     /* "svm: 317 × CPUID, total exits" */
  char *expected; /* "317 more" */
  char *seen;     /* "0 more" */
  gboolean ok;
} GradeCase;

typedef struct {
  RowKind kind;
  RowStatus status;
  gint64 points, max_points; /* in hundredths of a point; a skipped row has 0 and 0 */
  char *reason;      /* one or two sentences that the student can act on, without the solution; also for a passed row ("all 24 windows agree") */
  GPtrArray *where;  /* of char *: "arch/x86/kvm/vmx/vmx.c:6543: total_exits++;": lines of theirs to look at; may be empty */
  GPtrArray *cases;  /* of GradeCase, failed ones first, at most GRADE_CASES_MAX */
  guint cases_ok, cases_total;
  guint unreached; /* not written: of the cases, those that are wrong because the guest did not get to them */
  guint32 leaf;    /* not written: the CPUID leaf of the first answer that is wrong; 0: none */
  gboolean follows; /* not written: nothing of it can be seen for what another row lost its points for */
  gboolean flawed; /* not written: a flaw was proved that no number of right cases outweighs; no points for a part then */
} GradeRow;
#define GRADE_CASES_MAX 200u

typedef enum { VERDICT_PASSED, VERDICT_PARTIAL, VERDICT_FAILED, VERDICT_NEEDS_BASE, VERDICT_NEEDS_LOOK,
               VERDICT_INFRASTRUCTURE } Verdict;
const char *verdict_name (Verdict verdict); /* "passed", "partial", "failed", "needs-base", "needs-look", "infrastructure" */
typedef enum { BLAME_NONE, BLAME_STUDENT, BLAME_INFRASTRUCTURE } Blame;
const char *blame_name (Blame blame); /* "none", "student", "infrastructure" */

/* What judging again moved; see moved.h. */
typedef struct Moved Moved;

typedef struct {
  char *submission;  /* the path as given; of a group of files what it is called */
  char *given;       /* what the command was given instead, quoted for a shell; "": the submission */
  char *sha256;      /* of its content */
  char *assignment;  /* "a2", or a rubric's file: "my.conf" */
  Verdict verdict;
  Stage stage;       /* where it ended: STAGE_CHECKS for one that was judged whole */
  Blame blame;
  char *reason;      /* one sentence: what ended it, or "12 of 14 rows passed" */
  char *details;     /* compiler's or kernel's first lines that matter; or NULL */
  char *leaf_map;    /* "A", or "" where none was found */
  char *leaf_map_how; /* "found: every answer of leaf 0x4fffffff …", "as asked", "" */
  char *isa;         /* "vmx", "svm", "vmx+svm" */
  char *kernel;      /* "6.1.192" */
  char *sandbox;     /* what it was built in: "bubblewrap", "landlock"; "" if it was not built. Two hosts may differ in it, and in nothing else */
  char *fingerprint; /* of the labs' L0 logs and answers; "" if no lab ran */
  gint64 points, max_points; /* hundredths; max_points is the rubric's also where nothing was judged */
  char *unread;        /* not written: why a person has to look, as what L1 printed cannot be read with certainty; or NULL */
  GPtrArray *rows;     /* of GradeRow, those of the rubric, in order; empty where nothing was judged */
  GPtrArray *notes;    /* of char *: normalised, guessed, retried … */
  GPtrArray *warnings; /* of char *: the compiler's */
  char *carried;       /* unified diff of what was built; "" if nothing was */
  char *own_lines;     /* where nothing was carried: what was read and may be the student's, as lines that a diff adds; "" */
  char *left_out;      /* what was not carried; "" */
  gint64 build_ms, lab_ms, total_ms; /* wall time: the only members that differ from run to run */
  gint64 begun;        /* Unix time */
  Moved *moved;        /* not in grade.json: of a grade that was judged again; else NULL */
} Grade;
Grade *grade_new (void); /* empty strings and arrays */
void grade_free (Grade *grade);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Grade, grade_free)
/* All that grade.json has of it but the rows. */
Grade *grade_copy_unjudged (const Grade *grade);
void grade_set_text (char **member, const char *text);
/* How it ended. */
void grade_end (Grade *grade, Stage stage, Verdict verdict, Blame blame, const char *reason, const char *details);
GradeRow *grade_row_new (RowKind kind);
void grade_case_add (GradeRow *row, gboolean ok, char *what, char *expected, char *seen); /* takes the strings; counts, and keeps the first GRADE_CASES_MAX */
const GradeRow *grade_find_row (const Grade *grade, RowKind kind);
/* "7.50" */
char *grade_points_text (gint64 hundredths);
/* The first letters of a valid text, at most so many bytes of them: printf's precision would cut a letter in two. */
char *grade_text_head (const char *text, gsize bytes);
/* FALSE where nobody may read a score out of it, not even 0: it needs a base or a look, or the infrastructure failed. */
gboolean grade_is_scored (const Grade *grade);

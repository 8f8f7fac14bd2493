/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What all submissions of a batch share: rubric, maps, the kernels (grade-kernel.h), the image. For any number of threads: what a
 * thread asked for with success does not change any more.
 */
#pragma once
#include "base/hash.h"
#include "cli/app.h"
#include "cli/lab-files.h"
#include "config/config.h"
#include "grade/moved.h"
#include "grade/verdict.h"
#include "grade/ranges.h"
#include "image/image.h"
#include "kernel/kit.h"
#include "kernel/lab-kernels.h"
#include "submission/kernel-index.h"

typedef struct {
  char *assignment; /* a name in configs/rubrics; "auto": a3 or a2-log, as each submission tells its counts */
  char *rubric;     /* a file instead */
  char *leaf_map;   /* "A", or "auto" */
  char *isa;        /* "vmx", "svm"; NULL: as the files tell */
  char *base;       /* a kernel source, or a revision of the submission's own repository */
  char *kernel;     /* a lab kernel's version, or "auto"; NULL: LAB_KERNEL_DEFAULT */
  char *source;     /* that kernel's source; NULL: Debian's */
  int jobs;
} GradeOptions;

typedef struct {
  Isa isa;
  LabConfig *config;
  LabTerms terms;
  GArray *codes;     /* of guint32: the reasons of snapshots */
} GradeIsa;

/* How the lab's own, unchanged kernel fares in one of the labs. */
typedef struct {
  gboolean ready;    /* it was taken */
  GError *failure;   /* it cannot be */
  Baseline baseline;
  double lab_s;      /* what its lab took here; before, what it takes on the reference machine */
} GradeBaseline;

/* A kernel that submissions are graded on. */
typedef struct {
  const LabKernel *lab;
  KernelKit *kit;    /* once a submission was to be graded on it */
  GError *failure;   /* it cannot be had */
  GradeBaseline baselines[2]; /* by Isa */
} GradeKernel;

typedef struct GradeSession GradeSession;
struct GradeSession {
  App *app;
  const GradeOptions *options;
  Rubric *rubric;
  GPtrArray *maps;   /* of LeafMap */
  GArray *leaves;    /* of guint32: of all maps, ascending */
  GPtrArray *lab_kernels; /* of LabKernel: all */
  GPtrArray *kernels;     /* of GradeKernel: one, or with --kernel auto those whose source is here */
  ImageArtefact *image;
  GPtrArray *bases;  /* of KernelAtHand */
  KernelIndex *index; /* configs/kernels.index, and the bases that it does not know */
  gboolean prepared; /* image and bases are there */
  GError *failure;   /* they cannot be had */
  char *given_base;  /* --base, if it is a folder; else NULL */
  GradeIsa isa[2];   /* by Isa */
  char *lab_key;     /* of all that decides how a lab runs but the modules and the challenge */
  char *key;         /* of all that a grade depends on but the submission */
  char *assignment;  /* as grades call it: "a3", or a rubric's file */
  JudgedBy *by;      /* what it judges by */
  guint jobs, compilers; /* side by side; of each */
  GradeSession *log_form; /* --assignment auto: for those that tell their counts in the kernel log; else NULL */
  GradeOptions log_options;
};

/* All that the user can have got wrong is found here; nothing is built. USAGE. */
gboolean grade_session_open (App *app, const GradeOptions *options, GradeSession **session, GError **error);
/* The same for judging what was kept: without kernels, bases and the cache's key. */
gboolean grade_session_open_judge (App *app, const GradeOptions *options, GradeSession **session, GError **error);
void grade_session_free (GradeSession *session);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (GradeSession, grade_session_free)
/*
 * Image and other sources: from the cache, or built. Called for each submission that is not in the cache; done once, in whichever thread is first. One that
 * fails fails for all.
 */
gboolean grade_session_prepare (GradeSession *session, GError **error);

const LeafMap *grade_session_map (const GradeSession *session, const char *name); /* NULL if there is none */
/* --leaf-map's, or the rubric's. */
const LeafMap *grade_session_preferred_map (const GradeSession *session);
/* How evidence is judged in this session. Borrows from it. */
VerdictSpec grade_session_verdict (const GradeSession *session);
/* What `grade` is judged by in this session, with --leaf-map as given. Newly allocated. */
JudgedBy *grade_session_judged_by (const GradeSession *session, const Grade *grade, const char *leaf_map);
/* less: what is left out, or NULL. last: the last program, else the main one. */
Program *grade_session_program (const GradeSession *session, Isa isa, const char *seed, const ProgramLess *less, gboolean last);
/* The same with another secret than the rubric's. log: the counts are told in the kernel log. */
Program *grade_session_draw (const GradeSession *session, Isa isa, const char *secret, const char *seed, const ProgramLess *less, gboolean log, gboolean last);
/* The files of a folder, not of those below it. */
gboolean grade_session_hash_folder (InputHash *hash, const char *dir, GError **error);

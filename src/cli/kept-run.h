/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A run that is kept: results/RUN opened and verified. Nothing in its folder is trusted: the manifest is bounded and strict,
 * names in it stay below the folder, links are not followed, and a file's content counts only if it has the manifest's SHA-256.
 *
 * Raw files are those that nothing here can make again (records.bin, l0-exits.log, L1's console, the emulator's own); all else
 * is derived: CSV files, answers.md, report.html, pictures, and L2's console and report, which lie in the records.
 */
#pragma once
#include "cli/app.h"
#include "cli/lab-files.h"
#include "report/manifest.h"

typedef struct {
  const App *app;
  char *path; /* the folder, without links */
  char *name; /* its last part */
  Manifest *manifest;
} KeptRun;

void kept_run_free (KeptRun *run);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (KeptRun, kept_run_free)

/* given: a name in results/, "latest", or a folder. FALSE with HARNESS_ERROR_USAGE if there is no such folder. */
gboolean kept_run_open (const App *app, const char *given, KeptRun **run, GError **error);
/* TRUE if `given` names a folder that could be a run: for telling RUN from RUN/LAB. */
gboolean kept_run_is_there (const App *app, const char *given);
/* Its index in the manifest. */
gboolean kept_run_find_lab (const KeptRun *run, const char *name, guint *lab, GError **error);
const ManifestLab *kept_run_lab (const KeptRun *run, guint lab);
/* LAB/name is in the manifest. */
gboolean kept_run_has (const KeptRun *run, guint lab, const char *name);

typedef enum { KEPT_SAME, KEPT_CHANGED, KEPT_MISSING, KEPT_EXTRA } KeptState;
const char *kept_state_name (KeptState state); /* "ok", "changed", … */

typedef struct {
  char *path; /* "svm/records.bin" */
  gboolean raw;
  KeptState state;
  guint64 bytes;
} KeptFile;

/* Of KeptFile: what the manifest names, in its order, then what it does not. prefix: "svm/" for one lab's files, "" for all. */
gboolean kept_run_verify (const KeptRun *run, const char *prefix, GPtrArray **files, GError **error);
/* FALSE with its name and the remedy if a raw file below prefix is missing or changed. */
gboolean kept_run_need_raw (const KeptRun *run, const char *prefix, GError **error);
/* The content of LAB/name, which has the manifest's sum; NUL-terminated. */
gboolean kept_run_read (const KeptRun *run, guint lab, const char *name, char **data, gsize *size, GError **error);

/* What is told of a lab: of the manifest, of its results (NULL: nothing was recorded) and of the terms that these were made with. It borrows from all. */
AnswersLab kept_run_answers_lab (const KeptRun *run, guint lab, const LabTerms *terms, const LabResults *results);

/*
 * Analyses the lab anew from its raw files, which are verified. terms: all zero; filled for as long as the results live. into: as
 * lab_analyse() takes it.
 */
gboolean kept_run_load_lab (const KeptRun *run, guint lab, const char *into, LabTerms *terms, LabResults **results, GError **error);

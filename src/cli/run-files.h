/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a run's folder has besides its labs' files: the one way that full-run and report write it. */
#pragma once
#include "report/html.h"
#include "report/manifest.h"

#define RUN_MANIFEST "manifest.json"

/* What is told of a run as a whole. */
typedef struct {
  const char *run;     /* "2026-01-31T12-00-00Z" */
  const char *harness; /* the version that ran it */
  const HtmlLab *labs;
  gsize n_labs;
} RunStory;

/* Writes the files that tell of all labs: answers.md and report.html. */
gboolean run_files_write (const char *dir, const RunStory *story, GError **error);
/* Files 0644, folders 0755, as far as the umask allows, whatever made them; links are left alone. */
gboolean run_files_settle_modes (const char *dir, GError **error);
/*
 * Adds path and sha256 of every file below dir but the manifest and unfinished ones, in order of name, to files (of ManifestPair).
 * only: a set of paths, others are not even opened; NULL: all.
 */
gboolean run_files_hash (const char *dir, GHashTable *only, GPtrArray *files, GError **error);
/* Of mode 0644, as far as the umask allows. */
gboolean run_files_write_manifest (const char *dir, const Manifest *manifest, GError **error);

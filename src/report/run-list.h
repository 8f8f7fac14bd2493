/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Kept runs, told to people and to programs: struct in, string out. Newly allocated. */
#pragma once
#include <glib.h>

#include "report/manifest.h"

typedef struct {
  const char *name;
  const Manifest *manifest; /* NULL: cannot be opened */
  const char *problem;      /* why; else NULL */
  gint64 begun_s;           /* Unix time */
  guint64 bytes;
  gboolean latest;
} RunListRow;

/* now_s: Unix time that ages are told from. */
GString *run_list_text (const RunListRow *rows, gsize n, gint64 now_s);
/* An array of objects: run, status, latest, begun, bytes, labs (name, isa, determinism, outcome, fingerprint, boot_exits, all_exits), problem. */
GString *run_list_json (const RunListRow *rows, gsize n);

typedef struct {
  const char *path, *state; /* "svm/phases.csv", "ok" */
  guint64 bytes;
} RunFile;

typedef struct {
  guint ok, explained, surprises, not_run, failed;
  const char *problem; /* why they cannot be told; else NULL */
} RunChecks;

typedef struct {
  const char *path;
  const Manifest *manifest;
  const RunChecks *checks; /* one a lab */
  const RunFile *files;
  gsize n_files;
} RunStatus;

GString *run_show_text (const RunStatus *run);
/* An object: path, run, status, command, versions, inputs, labs (as in the manifest, with checks), files (path, state, bytes). */
GString *run_show_json (const RunStatus *run);

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* All runs in results/. */
#pragma once
#include "cli/kept-run.h"

#define KEPT_GRADES "grades" /* results/grades/ has no runs but what `harness grade` wrote */

typedef struct {
  char *name; /* in results/ */
  char *path;
  KeptRun *run;  /* NULL: cannot be opened */
  char *problem; /* why; else NULL */
  gint64 begun_s; /* Unix time, from the run's id; else when the folder was last written to */
  guint64 bytes;
  gboolean latest; /* results/latest points to it */
} KeptEntry;

/* Of KeptEntry: the newest first. Folders that cannot be opened as runs are among them; unfinished ones are not. */
gboolean kept_runs_scan (const App *app, GPtrArray **entries, GError **error);
/* What the files below path take, links not followed. */
guint64 kept_runs_bytes (const char *path);

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What every command has: the tree it works in, how much it says, and its progress display. */
#pragma once
#include <glib.h>

#include "base/progress.h"

typedef struct {
  char *tree;    /* the folder with configs/, kernel-patches/, images/, results/ */
  char *cache;   /* tree/images/cache */
  char *results; /* tree/results */
  int verbosity; /* -1 quiet, 0, 1 verbose */
  Progress progress;
  int exit_code;    /* of a command that was done, where that is not 0 */
  int failure_code; /* of one that failed, where that is not the error's; 0: it is */
} App;

/* Finds the tree: $HARNESS_TREE, or the folder of this program or its parent. Sweeps what killed commands left behind. */
gboolean app_init (App *app, int verbosity, GError **error);
void app_clear (App *app);
char *app_path (const App *app, const char *first, ...) G_GNUC_NULL_TERMINATED; /* below the tree; newly allocated */

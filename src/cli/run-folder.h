/* SPDX-License-Identifier: GPL-2.0-or-later */
/* results/RUN: made as a scratch folder, completed with manifest.json and answers.md, renamed when whole. */
#pragma once
#include "cli/lab-run.h"

typedef struct RunFolder RunFolder;

RunFolder *run_folder_new (App *app, GError **error);
void run_folder_free (RunFolder *folder); /* unfinished: removed */
G_DEFINE_AUTOPTR_CLEANUP_FUNC (RunFolder, run_folder_free)
char *run_folder_path (const RunFolder *folder, const char *name); /* inside the unfinished folder; newly allocated */

/* Lets results/latest point to results/NAME. */
gboolean run_folder_point_latest (const App *app, const char *name, GError **error);

/*
 * Writes answers.md and manifest.json, renames the folder to results/RUN (*path, newly allocated) and, if every lab is complete,
 * lets results/latest point to it. The labs' errors name that folder from then on. runs: of LabRun; kernel and image are NULL for a replay.
 */
gboolean run_folder_finish (RunFolder *folder, GPtrArray *runs, const KernelArtefact *kernel, const ImageArtefact *image, char **path, GError **error);

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* harness fingerprint: computed from a run's files, and held against its manifest. */
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "cli/command.h"
#include "cli/kept-run.h"
#include "report/fingerprint.h"

const GOptionEntry fingerprint_options[] = { { 0 } };

static gboolean
print_lab (const char *run, const ManifestLab *lab, GError **error)
{
  g_autofree char *dir = g_build_filename (run, lab->name, NULL);
  g_autofree char *fingerprint = NULL;

  if (!lab->fingerprint)
    return fail (error, HARNESS_ERROR_FAILED, "%s: the lab did not complete (%s); it has no fingerprint", dir, lab->outcome);
  if (!fingerprint_of_folder (dir, lab->exits_csv_sha256, &fingerprint, error))
    return FALSE;
  printf ("%s  %s  %s\n", fingerprint, lab->name, lab->determinism);
  if (strcmp (fingerprint, lab->fingerprint) != 0)
    return fail (error, HARNESS_ERROR_FAILED, "%s: the files do not have the manifest's fingerprint %s: they were changed; try: harness show %s", dir, lab->fingerprint, run);
  return TRUE;
}

static gboolean
print_run (const App *app, const char *given, GError **error)
{
  g_autoptr (KeptRun) run = NULL;

  if (!kept_run_open (app, given, &run, error))
    return FALSE;
  for (guint i = 0; i < run->manifest->labs->len; i++)
    if (!print_lab (run->path, kept_run_lab (run, i), error))
      return FALSE;
  return TRUE;
}

gboolean
cmd_fingerprint (App *app, char **arguments, GError **error)
{
  if (!arguments[0])
    return print_run (app, "latest", error);
  for (char **run = arguments; *run; run++)
    if (!print_run (app, *run, error))
      return FALSE;
  return TRUE;
}

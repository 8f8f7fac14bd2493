/* SPDX-License-Identifier: GPL-2.0-or-later */
/* harness fingerprint: computed from a run's files, and held against its manifest. */
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/files.h"
#include "cli/command.h"
#include "report/fingerprint.h"
#include "report/manifest.h"

#define MANIFEST_MAX (16u << 20)

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
    return fail (error, HARNESS_ERROR_FAILED, "%s: the files do not have the manifest's fingerprint %s: they were changed", dir, lab->fingerprint);
  return TRUE;
}

static gboolean
print_run (const char *run, GError **error)
{
  g_autofree char *path = g_build_filename (run, "manifest.json", NULL);
  g_autofree char *json = NULL;
  g_autoptr (Manifest) manifest = NULL;
  gsize size;

  if (!files_read (path, MANIFEST_MAX, &json, &size, error))
    return FALSE;
  if (!manifest_parse (json, (gssize) size, &manifest, error))
    {
      g_prefix_error (error, "%s: ", path);
      return FALSE;
    }
  for (guint i = 0; i < manifest->labs->len; i++)
    if (!print_lab (run, g_ptr_array_index (manifest->labs, i), error))
      return FALSE;
  return TRUE;
}

gboolean
cmd_fingerprint (App *app, char **arguments, GError **error)
{
  g_autofree char *latest = g_build_filename (app->results, "latest", NULL);

  if (!arguments[0])
    return print_run (latest, error);
  for (char **run = arguments; *run; run++)
    if (!print_run (*run, error))
      return FALSE;
  return TRUE;
}

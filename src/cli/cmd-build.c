/* SPDX-License-Identifier: GPL-2.0-or-later */
/* harness build: the kernel, or L1's image. */
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "cli/artefacts.h"
#include "cli/command.h"

static ArtefactOptions options = { .jobs = JOBS_NOT_GIVEN };

const GOptionEntry build_options[] = {
  { "source", 0, 0, G_OPTION_ARG_FILENAME, &options.source, "kernel source: a folder, a tarball or a git work tree (default: Debian's linux-source-6.1)", "PATH" },
  { "series", 0, 0, G_OPTION_ARG_FILENAME, &options.series, "folder with the patches and their series file (default: kernel-patches/6.1)", "DIR" },
  { "jobs", 'j', 0, G_OPTION_ARG_INT, &options.jobs, "compilers at once (default: one per CPU)", "N" },
  { 0 },
};

gboolean
cmd_build (App *app, char **arguments, GError **error)
{
  g_autoptr (KernelArtefact) kernel = NULL;
  g_autoptr (ImageArtefact) image = NULL;
  const gboolean one = arguments[0] && !arguments[1];
  const gboolean images = one && strcmp (arguments[0], "images") == 0;

  if (!images && !(one && strcmp (arguments[0], "kernel") == 0))
    return fail (error, HARNESS_ERROR_USAGE, "build takes \"kernel\" or \"images\"");
  if (!artefacts_check (&options, error) || !artefacts_kernel (app, &options, &kernel, error))
    return FALSE;
  printf ("kernel %s%s: %s\n", kernel->release, kernel->from_cache ? " (cached)" : "", kernel->dir);
  if (!images)
    return TRUE;
  if (!artefacts_image (app, kernel, &image, error))
    return FALSE;
  printf ("L1 image%s: %s\n", image->from_cache ? " (cached)" : "", image->root_image);
  return TRUE;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* harness build: the kernel, its source, L1's image, a distribution's disk, bases for grading, or the index of kernels. */
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "cli/artefacts.h"
#include "cli/build-bases.h"
#include "cli/build-index.h"
#include "cli/command.h"
#include "image/distro.h"

static struct {
  char *what, *from, *checksum;
  gboolean refresh;
} distro;
static char **trees;
static char *output;
static ArtefactOptions options = { .jobs = JOBS_NOT_GIVEN };

const GOptionEntry build_options[] = {
  ARTEFACT_OPTION_ENTRIES (options),
  { "distro", 0, 0, G_OPTION_ARG_STRING, &distro.what, "with images: a distribution's disk instead, to be a guest: debian-12, debian-13, ubuntu-24.04, or a disk image", "NAME|FILE|URL" },
  { "from", 0, 0, G_OPTION_ARG_STRING, &distro.from, "where a distribution comes from (default: download where there is a route, else packages)", "download|packages" },
  { "checksum", 0, 0, G_OPTION_ARG_STRING, &distro.checksum, "of a URL's or file's image; it is refused if it has another", "sha256:…|sha512:…" },
  { "refresh", 0, 0, G_OPTION_ARG_NONE, &distro.refresh, "a newer disk of the distribution, though there is one in the cache; with bases and source: ask the archives anew", NULL },
  { "tree", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &trees, "with bases: keep KVM's part of this kernel source, a folder or a tarball", "PATH" },
  { "output", 0, 0, G_OPTION_ARG_FILENAME, &output, "with index, which is for who maintains configs/kernels.index: the file to write", "FILE" },
  { 0 },
};

static gboolean
parse_from (const char *text, DistroFrom *from, GError **error)
{
  *from = DISTRO_FROM_ANY;
  if (!text)
    return TRUE;
  *from = strcmp (text, "download") == 0 ? DISTRO_FROM_DOWNLOAD : DISTRO_FROM_PACKAGES;
  return *from == DISTRO_FROM_DOWNLOAD || strcmp (text, "packages") == 0 || fail (error, HARNESS_ERROR_USAGE, "--from is \"%s\"; try: download or packages", text);
}

static gboolean
build_distro (App *app, GError **error)
{
  g_autofree char *configs_dir = app_path (app, "configs", "distributions", NULL);
  g_autoptr (DistroArtefact) disk = NULL;
  DistroSpec spec = {
    .what = distro.what,
    .configs_dir = configs_dir,
    .checksum = distro.checksum,
    .cache_dir = app->cache,
    .refresh = distro.refresh,
    .progress = &app->progress,
  };

  if (!parse_from (distro.from, &spec.from, error) || !distro_build (&spec, &disk, error))
    return FALSE;
  printf ("%s%s: %s (%s)\n", disk->name, disk->from_cache ? " (cached)" : "", disk->disk, disk->origin);
  return TRUE;
}

static gboolean
has_build_options (void)
{
  return distro.what || distro.from || distro.checksum || options.kernel || options.source || options.series || options.jobs != JOBS_NOT_GIVEN;
}

/* No other option means anything to them. */
static gboolean
bases (App *app, char **versions, GError **error)
{
  if (has_build_options ())
    return fail (error, HARNESS_ERROR_USAGE, "bases take no options but --tree and --refresh; try: build bases VERSION…");
  return build_bases (app, versions, trees, distro.refresh, error);
}

static gboolean
sources (App *app, char **versions, GError **error)
{
  if (has_build_options () || trees)
    return fail (error, HARNESS_ERROR_USAGE, "source takes no options but --refresh; try: build source VERSION…");
  return build_sources (app, versions, distro.refresh, error);
}

gboolean
cmd_build (App *app, char **arguments, GError **error)
{
  g_autoptr (KernelArtefact) kernel = NULL;
  g_autoptr (ImageArtefact) image = NULL;
  const gboolean one = arguments[0] && !arguments[1];
  const gboolean images = one && strcmp (arguments[0], "images") == 0;

  if (arguments[0] && strcmp (arguments[0], "bases") == 0)
    return bases (app, arguments + 1, error);
  if (arguments[0] && strcmp (arguments[0], "source") == 0)
    return sources (app, arguments + 1, error);
  if (arguments[0] && strcmp (arguments[0], "index") == 0)
    return build_index (output, arguments + 1, error);
  if (output)
    return fail (error, HARNESS_ERROR_USAGE, "--output is for the index; try: build index --output FILE DIR…");
  if (!images && !(one && strcmp (arguments[0], "kernel") == 0))
    return fail (error, HARNESS_ERROR_USAGE, "build takes \"kernel\", \"images\", \"source\", \"bases\" or \"index\"");
  if (trees)
    return fail (error, HARNESS_ERROR_USAGE, "--tree is for bases; try: build bases --tree PATH");
  if (!distro.what && (distro.from || distro.checksum || distro.refresh))
    return fail (error, HARNESS_ERROR_USAGE, "--from, --checksum and --refresh are a distribution's; try: build images --distro NAME");
  if (distro.what && (options.kernel || options.source || options.series || options.jobs != JOBS_NOT_GIVEN))
    return fail (error, HARNESS_ERROR_USAGE, "--kernel, --source, --series and --jobs are the kernel's; a distribution's disk has its own; try: without them");
  if (distro.what)
    return images ? build_distro (app, error) : fail (error, HARNESS_ERROR_USAGE, "--distro is for images; try: build images --distro %s", distro.what);
  if (!artefacts_check (app, &options, error) || !artefacts_kernel (app, &options, &kernel, error))
    return FALSE;
  printf ("kernel %s%s: %s\n", kernel->release, kernel->from_cache ? " (cached)" : "", kernel->dir);
  if (!images)
    return TRUE;
  if (!artefacts_image (app, kernel, &image, error))
    return FALSE;
  printf ("L1 image%s: %s\n", image->from_cache ? " (cached)" : "", image->root_image);
  return TRUE;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Bases and sources: listing, fetching, keeping; see build-bases.h. */
#include "cli/build-bases.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "cli/artefacts.h"
#include "cli/terminal.h"
#include "kernel/bases.h"

static void
print_base (const KernelAtHand *base)
{
  g_autofree char *name = terminal_text (base->name);
  printf ("base %s: %s\n", name, base->dir);
}

/* Of those of one version the first: it is what would be fetched. */
static void
print_offers (const GPtrArray *offers)
{
  const char *last = "";
  printf ("to be had (./harness build bases VERSION…):\n");
  for (guint i = 0; i < offers->len; i++)
    {
      const KernelBaseOffer *offer = g_ptr_array_index (offers, i);
      g_autofree char *size = g_format_size_full (offer->bytes, G_FORMAT_SIZE_IEC_UNITS);
      if (strcmp (offer->version, last) != 0)
        printf ("  %-12s %11s  %s\n", offer->version, size, offer->package);
      last = offer->version;
    }
}

static gint
by_name (gconstpointer a, gconstpointer b)
{
  const KernelAtHand *const *left = a, *const *right = b;
  return strverscmp ((*left)->name, (*right)->name);
}

static gboolean
list (const KernelBasesSpec *spec, GError **error)
{
  g_autoptr (GPtrArray) here = NULL;
  g_autoptr (GPtrArray) offers = NULL;
  if (!kernel_sources_at_hand (spec->cache_dir, spec->progress, &here, error))
    return FALSE;
  g_ptr_array_sort (here, by_name);
  printf ("here:\n");
  for (guint i = 0; i < here->len; i++)
    {
      const KernelAtHand *base = g_ptr_array_index (here, i);
      g_autofree char *name = terminal_text (base->name);
      printf ("  %s\n", name);
    }
  fflush (stdout);
  if (!kernel_bases_offers (spec, &offers, error))
    return FALSE;
  print_offers (offers);
  return TRUE;
}

static KernelBasesSpec
bases_spec (App *app, gboolean refresh)
{
  g_autofree char *config = app_path (app, "configs", "bases.conf", NULL);
  return (KernelBasesSpec){ .config_path = g_intern_string (config), .cache_dir = app->cache, .refresh = refresh, .progress = &app->progress };
}

static gboolean
fetch_source (const KernelBasesSpec *spec, const LabKernel *kernel, GError **error)
{
  g_autofree char *tarball = NULL;
  if (kernel->pin == NULL)
    {
      g_autofree char *remedy = lab_kernel_remedy (kernel);
      return fail (error, HARNESS_ERROR_USAGE, "Linux %s: no source of it is pinned; try: %s", kernel->version, remedy);
    }
  if (!kernel_source_fetch (spec, kernel->pin, &tarball, error))
    return FALSE;
  printf ("source of Linux %s: %s\n", kernel->pin->version, tarball);
  return TRUE;
}

gboolean
build_sources (App *app, char **versions, gboolean refresh, GError **error)
{
  g_autoptr (GPtrArray) kernels = NULL;
  KernelBasesSpec spec = bases_spec (app, refresh);
  if (versions[0] == NULL)
    return fail (error, HARNESS_ERROR_USAGE, "build source wants versions of the labs' kernels; try: build source 7.2");
  if (!artefacts_lab_kernels (app, &kernels, error))
    return FALSE;
  for (; *versions != NULL; versions++)
    {
      const LabKernel *kernel;
      if (!lab_kernels_find (kernels, *versions, &kernel, error) || !fetch_source (&spec, kernel, error))
        return FALSE;
      spec.refresh = FALSE; /* once is enough */
    }
  return TRUE;
}

gboolean
build_bases (App *app, char **versions, char **trees, gboolean refresh, GError **error)
{
  KernelBasesSpec spec = bases_spec (app, refresh);
  if ((versions == NULL || versions[0] == NULL) && (trees == NULL || trees[0] == NULL))
    return list (&spec, error);
  for (; trees != NULL && *trees != NULL; trees++)
    {
      g_autoptr (KernelAtHand) base = NULL;
      if (!kernel_bases_keep_tree (&spec, *trees, &base, error))
        return FALSE;
      print_base (base);
    }
  for (; versions != NULL && *versions != NULL; versions++)
    {
      g_autoptr (KernelAtHand) base = NULL;
      if (!kernel_bases_fetch (&spec, *versions, &base, error))
        return FALSE;
      print_base (base);
      spec.refresh = FALSE; /* once is enough */
    }
  return TRUE;
}

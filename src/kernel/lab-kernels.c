/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The folder listing that is the table of lab kernels; see lab-kernels.h. */
#include "kernel/lab-kernels.h"

#include <string.h>

#include "base/error.h"
#include "kernel/base-offers.h"
#include "kernel/bases.h"

#define GRADING "-grading"
#define PACKAGE "linux-source-"
/* Mainline's last release before the next major one, as far as they lie behind us: 4.20, 5.19, 6.19. */
#define RELEASES_OF_MAJOR 20

void
lab_kernel_free (gpointer data)
{
  LabKernel *kernel = data;
  if (kernel == NULL)
    return;
  g_free (kernel->version);
  g_free (kernel->series_dir);
  g_free (kernel->grading_dir);
  g_free (kernel->fragment);
  g_free (kernel->source);
  kernel_pin_free (kernel->pin);
  g_free (kernel);
}

static gboolean
has_series (const char *dir)
{
  g_autofree char *path = g_build_filename (dir, "series", NULL);
  return g_file_test (path, G_FILE_TEST_IS_REGULAR);
}

/* "6.12" */
static gboolean
is_release (const char *name)
{
  KernelVersion version;
  return kernel_version_parse (name, &version) && !version.has_sublevel && version.rc == 0;
}

/* DIR/NAMESUFFIX, if there is such a file. */
static char *
beside (const char *dir, const char *name, const char *suffix)
{
  g_autofree char *file = g_strconcat (name, suffix, NULL);
  g_autofree char *path = g_build_filename (dir, file, NULL);
  return g_file_test (path, G_FILE_TEST_IS_REGULAR) ? g_steal_pointer (&path) : NULL;
}

/* What was fetched is the same everywhere, and goes before the host's package. */
static gboolean
find_source (LabKernel *kernel, const char *configs_dir, const char *cache_dir, GError **error)
{
  g_autofree char *pin = beside (configs_dir, kernel->version, ".source");
  g_autofree char *fetched = NULL;
  if (pin != NULL && !kernel_pin_load (pin, &kernel->pin, error))
    return FALSE;
  if (pin != NULL && !kernel_source_fetched (cache_dir, kernel->pin, &fetched, error))
    return FALSE;
  kernel->is_fetched = fetched != NULL;
  kernel->source = fetched != NULL ? g_steal_pointer (&fetched) : g_strdup_printf ("/usr/src/" PACKAGE "%s.tar.xz", kernel->version);
  return TRUE;
}

static gboolean
add_kernel (GPtrArray *kernels, const char *patches_dir, const char *configs_dir, const char *cache_dir, const char *name, GError **error)
{
  g_autofree char *grading = g_strconcat (name, GRADING, NULL);
  g_autoptr (LabKernel) kernel = g_new0 (LabKernel, 1);
  kernel->version = g_strdup (name);
  kernel->series_dir = g_build_filename (patches_dir, name, NULL);
  kernel->grading_dir = g_build_filename (patches_dir, grading, NULL);
  kernel->fragment = beside (configs_dir, name, ".config");
  if (!has_series (kernel->series_dir) || !has_series (kernel->grading_dir))
    return TRUE;
  if (!find_source (kernel, configs_dir, cache_dir, error))
    return FALSE;
  g_ptr_array_add (kernels, g_steal_pointer (&kernel));
  return TRUE;
}

/* Of the releases, one after the other. */
static gint
release_number (const char *text)
{
  KernelVersion version;
  return kernel_version_parse (text, &version) ? (gint) (MIN (version.major, 1000) * RELEASES_OF_MAJOR + MIN (version.minor, 1000)) : -1;
}

static gint
by_release (gconstpointer a, gconstpointer b)
{
  return release_number ((*(LabKernel *const *) a)->version) - release_number ((*(LabKernel *const *) b)->version);
}

gboolean
lab_kernels_load (const char *patches_dir, const char *configs_dir, const char *cache_dir, GPtrArray **kernels, GError **error)
{
  g_autoptr (GPtrArray) loaded = g_ptr_array_new_with_free_func (lab_kernel_free);
  g_autoptr (GDir) dir = g_dir_open (patches_dir, 0, NULL);
  for (const char *name; dir != NULL && (name = g_dir_read_name (dir)) != NULL;)
    {
      if (is_release (name) && !add_kernel (loaded, patches_dir, configs_dir, cache_dir, name, error))
        return FALSE;
    }
  if (loaded->len == 0)
    return fail (error, HARNESS_ERROR_FAILED, "%s: no series for any kernel is there; try: a whole tree of the harness", patches_dir);
  g_ptr_array_sort (loaded, by_release);
  *kernels = g_steal_pointer (&loaded);
  return TRUE;
}

char *
lab_kernels_names (const GPtrArray *kernels)
{
  g_autoptr (GString) names = g_string_new (NULL);
  for (guint i = 0; i < kernels->len; i++)
    {
      const LabKernel *kernel = g_ptr_array_index (kernels, i);
      g_string_append_printf (names, "%s%s", i == 0 ? "" : i + 1 == kernels->len ? " and " : ", ", kernel->version);
    }
  return g_string_free (g_steal_pointer (&names), FALSE);
}

gboolean
lab_kernels_find (const GPtrArray *kernels, const char *version, const LabKernel **kernel, GError **error)
{
  for (guint i = 0; i < kernels->len; i++)
    {
      const LabKernel *each = g_ptr_array_index (kernels, i);
      if (strcmp (each->version, version) == 0)
        {
          *kernel = each;
          return TRUE;
        }
    }
  g_autofree char *names = lab_kernels_names (kernels);
  return fail (error, HARNESS_ERROR_USAGE, "--kernel is \"%s\", and the labs' kernels are %s; try: one of these, or --source and --series", version, names);
}

const LabKernel *
lab_kernels_nearest (const GPtrArray *kernels, const char *version)
{
  const gint wanted = release_number (version);
  const LabKernel *best = NULL;
  gint least = G_MAXINT;
  for (guint i = 0; wanted >= 0 && i < kernels->len; i++)
    {
      const LabKernel *kernel = g_ptr_array_index (kernels, i);
      const gint away = ABS (release_number (kernel->version) - wanted);
      if (away > least)
        continue;
      least = away;
      best = kernel;
    }
  return best;
}

gboolean
lab_kernel_is_at_hand (const LabKernel *kernel)
{
  return g_file_test (kernel->source, G_FILE_TEST_IS_REGULAR);
}

char *
lab_kernel_remedy (const LabKernel *kernel)
{
  if (kernel->pin == NULL)
    return g_strdup_printf ("apt-get install " PACKAGE "%s (it may be in the backports), or --source with a kernel source", kernel->version);
  return g_strdup_printf ("./harness build source %s, which fetches Linux %s; or --source with a kernel source", kernel->version, kernel->pin->version);
}

gboolean
lab_kernel_need_source (const LabKernel *kernel, GError **error)
{
  g_autofree char *remedy = lab_kernel_remedy (kernel);
  return lab_kernel_is_at_hand (kernel)
         || fail (error, HARNESS_ERROR_HOST, "the source of Linux %s is not here (%s); try: %s", kernel->version, kernel->source, remedy);
}

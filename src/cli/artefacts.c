/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The tree's kernel and image; see artefacts.h. */
#include "cli/artefacts.h"

#include <string.h>

#include "base/error.h"
#include "base/run.h"

gboolean
artefacts_lab_kernels (const App *app, GPtrArray **kernels, GError **error)
{
  g_autofree char *patches = app_path (app, "kernel-patches", NULL);
  g_autofree char *configs = app_path (app, "configs", "kernels", NULL);

  return lab_kernels_load (patches, configs, app->cache, kernels, error);
}

static gboolean
find_lab_kernel (const App *app, const ArtefactOptions *options, GPtrArray **kernels, const LabKernel **kernel, GError **error)
{
  const char *version = options->kernel ? options->kernel : LAB_KERNEL_DEFAULT;

  return artefacts_lab_kernels (app, kernels, error) && lab_kernels_find (*kernels, version, kernel, error);
}

gboolean
artefacts_check (const App *app, const ArtefactOptions *options, GError **error)
{
  g_autofree char *series = options->series ? g_build_filename (options->series, "series", NULL) : NULL;
  g_autoptr (GPtrArray) kernels = NULL;
  const LabKernel *kernel;

  if (options->jobs < 1 && options->jobs != JOBS_NOT_GIVEN)
    return fail (error, HARNESS_ERROR_USAGE, "--jobs is %d; try: a number from 1", options->jobs);
  if (series && !g_file_test (series, G_FILE_TEST_IS_REGULAR))
    return fail (error, HARNESS_ERROR_USAGE, "--series: %s: there is no such file; try: a folder with patches and a file \"series\" that names them", series);
  return find_lab_kernel (app, options, &kernels, &kernel, error);
}

gboolean
artefacts_kernel_spec (App *app, const ArtefactOptions *options, const char *config, KernelSpec *spec, GError **error)
{
  g_autofree char *config_dir = app_path (app, "configs", config, NULL);
  g_autoptr (GPtrArray) kernels = NULL;
  const LabKernel *kernel;

  if (!find_lab_kernel (app, options, &kernels, &kernel, error) || (!options->source && !lab_kernel_need_source (kernel, error)))
    return FALSE;
  *spec = (KernelSpec){
    .source = options->source ? options->source : g_intern_string (kernel->source),
    .series_dir = options->series ? options->series : g_intern_string (kernel->series_dir),
    .config_dir = g_intern_string (config_dir),
    .fragment = g_intern_string (kernel->fragment),
    .cache_dir = app->cache,
    .jobs = (guint) MAX (options->jobs, 0),
    .progress = &app->progress,
  };
  return TRUE;
}

gboolean
artefacts_kernel (App *app, const ArtefactOptions *options, KernelArtefact **kernel, GError **error)
{
  KernelSpec spec;

  return artefacts_kernel_spec (app, options, "kernel", &spec, error) && kernel_build (&spec, kernel, error);
}

static char *
guest_program (const char *name, GError **error)
{
  g_autofree char *program = g_file_read_link ("/proc/self/exe", error);
  g_autofree char *dir = program ? g_path_get_dirname (program) : NULL;
  g_autofree char *path = dir ? g_build_filename (dir, "guest", name, NULL) : NULL;

  if (path && !g_file_test (path, G_FILE_TEST_IS_EXECUTABLE))
    {
      fail (error, HARNESS_ERROR_HOST, "the guest program %s is not there; try: make", path);
      return NULL;
    }
  return g_steal_pointer (&path);
}

gboolean
artefacts_guest_program (const char *name, char **path, GError **error)
{
  *path = guest_program (name, error);
  return *path != NULL;
}

gboolean
artefacts_image (App *app, const KernelArtefact *kernel, ImageArtefact **image, GError **error)
{
  g_autofree char *l1_agent = guest_program ("l1-agent", error);
  g_autofree char *l2_init = l1_agent ? guest_program ("l2-init", error) : NULL;
  g_autofree char *known_answer = l2_init ? guest_program ("known-answer", error) : NULL;
  const ImageSpec spec = {
    .kernel = kernel,
    .l1_agent = l1_agent,
    .l2_init = l2_init,
    .known_answer = known_answer,
    .cache_dir = app->cache,
    .hardware = FALSE,
    .progress = &app->progress,
  };

  return known_answer && image_build (&spec, image, error);
}

gboolean
artefacts_hash_grading_guests (InputHash *hash, GError **error)
{
  static const char *const names[] = { "grader", "challenge", "rom" };

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autofree char *path = guest_program (names[i], error);

      if (!path || !input_hash_add_file (hash, names[i], path, error))
        return FALSE;
    }
  return TRUE;
}

gboolean
artefacts_grading_image (App *app, ImageArtefact **image, GError **error)
{
  g_autofree char *grader = guest_program ("grader", error);
  g_autofree char *challenge = grader ? guest_program ("challenge", error) : NULL;
  g_autofree char *rom = challenge ? guest_program ("rom", error) : NULL;
  const ImageSpec spec = {
    .grader = grader,
    .challenge = challenge,
    .rom = rom,
    .cache_dir = app->cache,
    .progress = &app->progress,
  };

  return rom && image_build (&spec, image, error);
}

/* Debian's package busybox has one that is not static, by the same name. */
static gboolean
is_static (const char *program)
{
  static const char dynamic_loader[] = "/lib64/ld-linux-x86-64.so.2";
  g_autoptr (GMappedFile) file = g_mapped_file_new (program, FALSE, NULL);

  return file && g_mapped_file_get_length (file) > 0 &&
         !memmem (g_mapped_file_get_contents (file), MIN (g_mapped_file_get_length (file), 4096), dynamic_loader, sizeof dynamic_loader - 1);
}

gboolean
artefacts_shell_image (App *app, const KernelArtefact *kernel, ImageArtefact **image, GError **error)
{
  g_autofree char *agent = guest_program ("exec-agent", error);
  g_autofree char *busybox = run_find_program ("busybox");
  const ImageSpec spec = {
    .kernel = kernel,
    .exec_agent = agent,
    .busybox = busybox,
    .cache_dir = app->cache,
    .progress = &app->progress,
  };

  if (!agent)
    return FALSE;
  if (!busybox || !is_static (busybox))
    return fail (error, HARNESS_ERROR_HOST, "a shell's L1 is made with a static busybox, which this host has not; try: apt-get install busybox-static");
  return image_build (&spec, image, error);
}

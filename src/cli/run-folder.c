/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A run's folder; see run-folder.h. */
#include "cli/run-folder.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/files.h"
#include "base/hash.h"
#include "cli/run-files.h"

#define NEED_BYTES (512ull << 20)

struct RunFolder {
  App *app;
  char *id; /* 2026-01-31T12-00-00Z */
  Scratch *scratch;
};

RunFolder *
run_folder_new (App *app, GError **error)
{
  g_autoptr (RunFolder) folder = g_new0 (RunFolder, 1);
  g_autoptr (GDateTime) now = g_date_time_new_now_utc ();

  folder->app = app;
  folder->id = g_date_time_format (now, "%Y-%m-%dT%H-%M-%SZ");
  if (!files_make_dir (app->results, error) || !files_need_bytes (app->results, NEED_BYTES, "the run's folder", error))
    return NULL;
  folder->scratch = scratch_new (app->results, "run", error);
  return folder->scratch ? g_steal_pointer (&folder) : NULL;
}

void
run_folder_free (RunFolder *folder)
{
  if (!folder)
    return;
  scratch_free (folder->scratch);
  g_free (folder->id);
  g_free (folder);
}

char *
run_folder_path (const RunFolder *folder, const char *name)
{
  return scratch_file (folder->scratch, name);
}

static void
add_number (GPtrArray *pairs, const char *name, guint64 value)
{
  g_autofree char *text = g_strdup_printf ("%" G_GUINT64_FORMAT, value);

  manifest_add (pairs, name, text);
}

static void
add_parameters (GPtrArray *pairs, const LabRun *run)
{
  const LabConfig *config = run->config;

  add_number (pairs, "l1_cpus", config->l1_cpus);
  add_number (pairs, "l1_memory_mib", config->l1_memory_mib);
  add_number (pairs, "l2_cpus", config->l2_cpus);
  add_number (pairs, "l2_memory_mib", config->l2_memory_mib);
  add_number (pairs, "sample_ms", config->sample_ms);
  manifest_add (pairs, "leaf_map", config->leaf_map);
  manifest_add (pairs, "kernel_patched", lab_run_is_patched (run) ? "yes" : "no");
  manifest_add (pairs, "cpu_model", run->accel == ACCEL_KVM ? "host-passthrough" : config->emulated_cpu_model);
  if (run->l1)
    {
      manifest_add (pairs, "l1", run->guest_options->l1);
      manifest_add (pairs, "l1_origin", run->l1->disk->origin);
      manifest_add (pairs, "l1_disk_sha256", run->l1->disk->sha256);
      manifest_add (pairs, "l1_kernel_config_sha256", run->l1->kernel->config_sha256);
    }
  if (run->guest)
    {
      manifest_add (pairs, "l2", guest_name (run->guest));
      manifest_add (pairs, "l2_origin", guest_origin (run->guest));
      if (guest_disk_sha256 (run->guest))
        manifest_add (pairs, "l2_disk_sha256", guest_disk_sha256 (run->guest));
      manifest_add (pairs, "l2_devices", run->guest_options->devices ? run->guest_options->devices : "minimal");
      manifest_add (pairs, "l2_firmware", run->guest_options->firmware ? run->guest_options->firmware : "bios");
      manifest_add (pairs, "l2_volume_inputs", run->volume_inputs ? run->volume_inputs : "");
    }
  manifest_add (pairs, "l1_cmdline", run->cmdline ? run->cmdline : "");
}

/* Why the lab failed, for those who read it later: the scratch folder has another name by then. NULL if it did not. */
static char *
failure_of (const RunFolder *folder, const LabRun *run)
{
  g_autofree char *prefix = g_strconcat (scratch_path (folder->scratch), "/", NULL);
  g_autoptr (GString) text = run->error ? g_string_new (run->error->message) : NULL;

  if (!text)
    return NULL;
  g_string_replace (text, prefix, "", 0);
  return g_utf8_make_valid (text->str, (gssize) text->len);
}

static void
add_lab (const RunFolder *folder, Manifest *manifest, const LabRun *run)
{
  ManifestLab *lab = manifest_add_lab (manifest, run->name);

  lab->isa = g_strdup (isa_name (run->config->isa));
  lab->machine = g_strdup (machine_kind_name (run->machine));
  lab->accel = g_strdup (run->accel == ACCEL_KVM ? "kvm" : "emulated");
  lab->determinism = g_strdup (run->exact ? "exact" : "statistical");
  lab->reason = g_strdup (run->reason);
  add_parameters (lab->parameters, run);
  if (run->emulator)
    manifest_add (manifest->versions, run->name, run->emulator);
  if (run->results)
    results_fill_manifest (run->results, lab);
  else
    lab->outcome = g_strdup ("no-records");
  lab->failure = failure_of (folder, run);
}

static void
add_inputs (Manifest *manifest, GPtrArray *runs, const KernelArtefact *kernel, const ImageArtefact *image)
{
  manifest_add (manifest->versions, "harness", HARNESS_VERSION);
  if (kernel)
    {
      manifest_add (manifest->versions, "compiler", kernel->compiler);
      manifest_add (manifest->versions, "kernel", kernel->release);
      manifest_add (manifest->inputs, "kernel-source", kernel->source_sha256);
      manifest_add (manifest->inputs, "kernel-config", kernel->config_sha256);
      for (guint i = 0; i < kernel->patches->len; i++)
        {
          const KernelPatch *patch = g_ptr_array_index (kernel->patches, i);

          manifest_add (manifest->inputs, patch->name, patch->sha256);
        }
    }
  if (image)
    {
      manifest_add (manifest->versions, "l1_qemu", image->qemu_version);
      manifest_add (manifest->versions, "l1_host_files", image->host_files);
      manifest_add (manifest->inputs, "l1-image", image->sha256);
    }
  for (guint i = 0; i < runs->len; i++)
    {
      const LabRun *run = g_ptr_array_index (runs, i);
      g_autofree char *reasons_file = g_strconcat (isa_name (run->config->isa), ".csv", NULL);
      g_autofree char *reasons = app_path (run->app, "configs", "reasons", reasons_file, NULL);
      g_autofree char *ports = app_path (run->app, "configs", "reasons", "ports.csv", NULL);
      const char *paths[] = { run->config->path, run->terms.map->path, reasons, ports };

      for (guint k = 0; k < G_N_ELEMENTS (paths); k++)
        {
          g_autofree char *name = g_path_get_basename (paths[k]);
          g_autofree char *sha256 = NULL;

          if (!manifest_get (manifest->inputs, name) && hash_file (paths[k], &sha256, NULL))
            manifest_add (manifest->inputs, name, sha256);
        }
    }
}

static HtmlLab
story_lab (const LabRun *run, const char *failure)
{
  const LabResults *results = run->results;
  const AnswersLab lab = {
    .name = run->name,
    .machine = run->emulator ? run->emulator : machine_kind_name (run->machine),
    .accel = run->accel == ACCEL_KVM ? "kvm" : "emulated",
    .determinism = run->exact ? "exact" : "statistical",
    .fingerprint = results ? results->fingerprint : NULL,
    .failure = failure,
    .summary = results ? results->summary : NULL,
    .checks = results ? results->checks : NULL,
    .names = run->terms.names,
    .repeats = run->repeated,
  };

  return (HtmlLab){ lab, results ? results->page_exits : NULL, results ? results->page_exits_packed : 0 };
}

static gboolean
write_files (const RunFolder *folder, GPtrArray *runs, GError **error)
{
  g_autofree HtmlLab *labs = g_new0 (HtmlLab, runs->len);
  g_autoptr (GPtrArray) failures = g_ptr_array_new_with_free_func (g_free);
  const RunStory story = { .run = folder->id, .harness = HARNESS_VERSION, .labs = labs, .n_labs = runs->len };

  for (guint i = 0; i < runs->len; i++)
    {
      char *failure = failure_of (folder, g_ptr_array_index (runs, i));

      g_ptr_array_add (failures, failure);
      labs[i] = story_lab (g_ptr_array_index (runs, i), failure);
    }
  return run_files_write (scratch_path (folder->scratch), &story, error);
}

static const char *
status (GPtrArray *runs)
{
  for (guint i = 0; i < runs->len; i++)
    if (((const LabRun *) g_ptr_array_index (runs, i))->error)
      return "failed";
  return "complete";
}

/* The words of this command, from the kernel: what the user typed. */
static void
add_command (Manifest *manifest)
{
  g_autofree char *words = NULL;
  gsize size;

  if (!g_file_get_contents ("/proc/self/cmdline", &words, &size, NULL))
    return;
  for (gsize at = 0; at < size; at += strlen (words + at) + 1)
    g_ptr_array_add (manifest->command, g_utf8_make_valid (words + at, -1));
}

static gboolean
write_manifest (const RunFolder *folder, GPtrArray *runs, const KernelArtefact *kernel, const ImageArtefact *image, GError **error)
{
  g_autoptr (Manifest) manifest = manifest_new ();
  const char *dir = scratch_path (folder->scratch);

  manifest->schema = MANIFEST_SCHEMA;
  manifest->run = g_strdup (folder->id);
  manifest->status = g_strdup (status (runs));
  add_command (manifest);
  add_inputs (manifest, runs, kernel, image);
  for (guint i = 0; i < runs->len; i++)
    add_lab (folder, manifest, g_ptr_array_index (runs, i));
  return run_files_settle_modes (dir, error) && run_files_hash (dir, NULL, manifest->files, error) && run_files_write_manifest (dir, manifest, error);
}

/* Atomic: a reader of results/latest finds the old run or the new one. */
gboolean
run_folder_point_latest (const App *app, const char *name, GError **error)
{
  g_autofree char *latest = g_build_filename (app->results, "latest", NULL);
  g_autofree char *temporary = g_strdup_printf ("%s/.latest-%d", app->results, getpid ());

  unlink (temporary);
  if (symlink (name, temporary) == 0 && rename (temporary, latest) == 0)
    return TRUE;
  fail_errno (error, errno, "%s: pointing it to %s", latest, name);
  unlink (temporary);
  return FALSE;
}

/* results/ID, or ID-2, … where two runs began in one second. */
static gboolean
commit (RunFolder *folder, char **path, GError **error)
{
  g_autofree char *target = g_build_filename (folder->app->results, folder->id, NULL);

  for (int i = 2;; i++)
    {
      g_autoptr (GError) failed = NULL;
      const gboolean there = g_file_test (target, G_FILE_TEST_EXISTS);

      if (!there && scratch_commit (folder->scratch, target, FALSE, &failed))
        {
          *path = g_steal_pointer (&target);
          return TRUE;
        }
      /* Another run may have taken the name just now. */
      if (!there && !g_file_test (target, G_FILE_TEST_EXISTS))
        {
          g_propagate_error (error, g_steal_pointer (&failed));
          return FALSE;
        }
      g_free (target);
      target = g_strdup_printf ("%s/%s-%d", folder->app->results, folder->id, i);
    }
}

/* What was written while the folder had its scratch name is said with its final one. */
static void
rename_in (GError *error, const char *scratch, const char *path)
{
  GString *text;

  if (!error || !strstr (error->message, scratch))
    return;
  text = g_string_new (error->message);
  g_string_replace (text, scratch, path, 0);
  g_free (error->message);
  error->message = g_string_free (text, FALSE);
}

static gboolean
finish (RunFolder *folder, GPtrArray *runs, const KernelArtefact *kernel, const ImageArtefact *image, char **path, GError **error)
{
  return write_files (folder, runs, error) && write_manifest (folder, runs, kernel, image, error) && commit (folder, path, error);
}

gboolean
run_folder_finish (RunFolder *folder, GPtrArray *runs, const KernelArtefact *kernel, const ImageArtefact *image, char **path, GError **error)
{
  g_autofree char *scratch = g_strdup (scratch_path (folder->scratch));
  g_autofree char *planned = g_build_filename (folder->app->results, folder->id, NULL);
  g_autofree char *name = NULL;
  g_autoptr (GError) failed = NULL;

  if (!finish (folder, runs, kernel, image, path, &failed))
    {
      rename_in (failed, scratch, planned);
      g_propagate_error (error, g_steal_pointer (&failed));
      return FALSE;
    }
  for (guint i = 0; i < runs->len; i++)
    rename_in (((LabRun *) g_ptr_array_index (runs, i))->error, scratch, *path);
  name = g_path_get_basename (*path);
  return strcmp (status (runs), "complete") != 0 || run_folder_point_latest (folder->app, name, error);
}

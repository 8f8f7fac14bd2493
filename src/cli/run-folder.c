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
#include "report/answers.h"

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
  manifest_add (pairs, "cpu_model", run->accel == ACCEL_KVM ? "host-passthrough" : config->emulated_cpu_model);
  manifest_add (pairs, "l1_cmdline", run->cmdline ? run->cmdline : "");
}

static void
add_lab (Manifest *manifest, const LabRun *run)
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
}

static void
add_inputs (Manifest *manifest, GPtrArray *runs, const KernelArtefact *kernel, const ImageArtefact *image)
{
  manifest_add (manifest->versions, "harness", HARNESS_VERSION);
  if (kernel)
    {
      manifest_add (manifest->versions, "compiler", kernel->compiler);
      manifest_add (manifest->versions, "kernel", kernel->release);
      manifest_add (manifest->versions, "l1_qemu", image->qemu_version);
      manifest_add (manifest->versions, "l1_host_files", image->host_files);
      manifest_add (manifest->inputs, "kernel-source", kernel->source_sha256);
      manifest_add (manifest->inputs, "kernel-config", kernel->config_sha256);
      for (guint i = 0; i < kernel->patches->len; i++)
        {
          const KernelPatch *patch = g_ptr_array_index (kernel->patches, i);

          manifest_add (manifest->inputs, patch->name, patch->sha256);
        }
      manifest_add (manifest->inputs, "l1-image", image->sha256);
    }
  for (guint i = 0; i < runs->len; i++)
    {
      const LabRun *run = g_ptr_array_index (runs, i);
      const char *paths[] = { run->config->path, run->map->path };

      for (guint k = 0; k < G_N_ELEMENTS (paths); k++)
        {
          g_autofree char *name = g_path_get_basename (paths[k]);
          g_autofree char *sha256 = NULL;

          if (!manifest_get (manifest->inputs, name) && hash_file (paths[k], &sha256, NULL))
            manifest_add (manifest->inputs, name, sha256);
        }
    }
}

static gint
compare_names (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *) a, *(const char *const *) b);
}

/* Adds every file below root/prefix, in order of name. */
static gboolean
add_files (Manifest *manifest, const char *root, const char *prefix, GError **error)
{
  g_autofree char *path = g_build_filename (root, prefix, NULL);
  g_autoptr (GDir) dir = g_dir_open (path, 0, error);
  g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);
  const char *name;

  if (!dir)
    return FALSE;
  while ((name = g_dir_read_name (dir)))
    g_ptr_array_add (names, g_build_filename (prefix, name, NULL));
  g_ptr_array_sort (names, compare_names);
  for (guint i = 0; i < names->len; i++)
    {
      const char *relative = g_ptr_array_index (names, i);
      g_autofree char *full = g_build_filename (root, relative, NULL);
      g_autofree char *sha256 = NULL;

      if (g_file_test (full, G_FILE_TEST_IS_DIR))
        {
          if (!add_files (manifest, root, relative, error))
            return FALSE;
          continue;
        }
      if (!hash_file (full, &sha256, error))
        return FALSE;
      manifest_add (manifest->files, relative, sha256);
    }
  return TRUE;
}

static gboolean
write_answers (const RunFolder *folder, GPtrArray *runs, GError **error)
{
  g_autofree AnswersLab *labs = g_new0 (AnswersLab, runs->len);
  g_autofree char *path = run_folder_path (folder, "answers.md");
  g_autoptr (GString) text = NULL;
  gboolean ok;

  for (guint i = 0; i < runs->len; i++)
    {
      const LabRun *run = g_ptr_array_index (runs, i);
      const LabResults *results = run->results;

      labs[i] = (AnswersLab){
        .name = run->name,
        .machine = run->emulator ? run->emulator : machine_kind_name (run->machine),
        .accel = run->accel == ACCEL_KVM ? "kvm" : "emulated",
        .determinism = run->exact ? "exact" : "statistical",
        .fingerprint = results ? results->fingerprint : NULL,
        .failure = run->error ? run->error->message : NULL,
        .summary = results ? results->summary : NULL,
        .checks = results ? results->checks : NULL,
        .names = run->names,
      };
    }
  text = answers_make (labs, runs->len);
  ok = files_write (path, text->str, (gssize) text->len, error);
  return ok;
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
  g_autofree char *path = run_folder_path (folder, "manifest.json");
  g_autofree char *json = NULL;

  manifest->schema = MANIFEST_SCHEMA;
  manifest->run = g_strdup (folder->id);
  manifest->status = g_strdup (status (runs));
  add_command (manifest);
  add_inputs (manifest, runs, kernel, image);
  for (guint i = 0; i < runs->len; i++)
    add_lab (manifest, g_ptr_array_index (runs, i));
  if (!add_files (manifest, scratch_path (folder->scratch), "", error))
    return FALSE;
  json = manifest_to_json (manifest);
  return files_write (path, json, -1, error);
}

/* Atomic: a reader of results/latest finds the old run or the new one. */
static gboolean
point_latest (const RunFolder *folder, const char *name, GError **error)
{
  g_autofree char *latest = g_build_filename (folder->app->results, "latest", NULL);
  g_autofree char *temporary = g_strdup_printf ("%s/.latest-%d", folder->app->results, getpid ());

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

gboolean
run_folder_finish (RunFolder *folder, GPtrArray *runs, const KernelArtefact *kernel, const ImageArtefact *image, char **path, GError **error)
{
  g_autofree char *name = NULL;

  if (!write_answers (folder, runs, error) || !write_manifest (folder, runs, kernel, image, error) || !commit (folder, path, error))
    return FALSE;
  name = g_path_get_basename (*path);
  return strcmp (status (runs), "complete") != 0 || point_latest (folder, name, error);
}

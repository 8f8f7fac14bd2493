/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A kept L0 exit log; see proof.h. */
#include "cli/proof.h"

#include <string.h>

#include "base/error.h"
#include "base/files.h"
#include "base/hash.h"

#define KIND "l0log"

struct Proof {
  char *key;           /* NULL: nothing is kept for this lab */
  char *log;           /* the kept log, or NULL */
  char *exits_sha256;  /* of the run that the kept log is of */
};

void
proof_free (Proof *proof)
{
  if (!proof)
    return;
  g_free (proof->key);
  g_free (proof->log);
  g_free (proof->exits_sha256);
  g_free (proof);
}

static char *
make_key (const LabRun *run, GError **error)
{
  g_autoptr (InputHash) hash = input_hash_new ("l0log");
  g_autofree char *numbers = g_strdup_printf ("%u cpus, %u MiB, %u MiB records", run->config->l1_cpus, run->config->l1_memory_mib, run->config->record_mib);
  g_autofree char *kernel = g_build_filename (run->kernel->dir, "bzImage", NULL);
  g_autofree char *names_file = g_strconcat (isa_name (run->config->isa), ".csv", NULL);
  g_autofree char *names = app_path (run->app, "configs", "reasons", names_file, NULL);

  /* exits.csv and the machine's settings are made by this program. */
  input_hash_add (hash, "harness", HARNESS_VERSION);
  input_hash_add (hash, "emulator", run->emulator);
  input_hash_add (hash, "model", run->config->emulated_cpu_model);
  input_hash_add (hash, "machine", numbers);
  input_hash_add (hash, "cmdline", run->cmdline);
  input_hash_add (hash, "image", run->image->sha256);
  if (run->volume_inputs)
    input_hash_add (hash, "l2-volume", run->volume_inputs);
  if (!input_hash_add_file (hash, "kernel", kernel, error) || !input_hash_add_file (hash, "names", names, error))
    return NULL;
  return input_hash_end (hash);
}

Proof *
proof_find (const LabRun *run, GError **error)
{
  g_autoptr (Proof) proof = g_new0 (Proof, 1);
  g_autofree char *dir = NULL;
  g_autofree char *digest = NULL;
  gboolean damaged;

  if (run->machine != MACHINE_BOCHS || !run->exact)
    return g_steal_pointer (&proof);
  proof->key = make_key (run, error);
  if (!proof->key || !cache_lookup (run->app->cache, KIND, proof->key, &dir, &damaged, error))
    return NULL;
  if (damaged)
    progress_say (&run->app->progress, run->name, "the kept exit log of the emulator was damaged; it is taken again");
  if (!dir)
    return g_steal_pointer (&proof);
  digest = g_build_filename (dir, "exits.sha256", NULL);
  if (!files_read (digest, 128, &proof->exits_sha256, NULL, error))
    return NULL;
  g_strchomp (proof->exits_sha256);
  proof->log = g_build_filename (dir, "l0-exits.log", NULL);
  return g_steal_pointer (&proof);
}

const char *
proof_log (const Proof *proof)
{
  return proof->log;
}

gboolean
proof_use (Proof *proof, const LabRun *run, GError **error)
{
  g_autofree char *path = g_build_filename (run->dir, "l0-exits.log", NULL);

  return !proof->log || files_copy (proof->log, path, error);
}

static gboolean
keep (const Proof *proof, const LabRun *run, GError **error)
{
  g_autoptr (Scratch) scratch = scratch_new (run->app->cache, KIND, error);
  g_autofree char *from = g_build_filename (run->dir, "l0-exits.log", NULL);
  g_autofree char *log = scratch ? scratch_file (scratch, "l0-exits.log") : NULL;
  g_autofree char *digest = scratch ? scratch_file (scratch, "exits.sha256") : NULL;
  g_autofree char *path = NULL;

  if (!scratch || !files_copy (from, log, error) || !files_write (digest, run->results->exits_sha256, -1, error))
    return FALSE;
  return cache_seal (run->app->cache, KIND, proof->key, scratch, &path, error);
}

gboolean
proof_settle (Proof *proof, const LabRun *run, GError **error)
{
  if (!proof->key)
    return TRUE;
  if (!proof->log)
    return keep (proof, run, error);
  if (strcmp (proof->exits_sha256, run->results->exits_sha256) == 0)
    return TRUE;
  return fail (error, HARNESS_ERROR_FAILED,
               "this run's exits differ from those of the run with the same inputs whose L0 log is kept (%.16s… and %.16s…): the lab did not repeat itself, or something that "
               "decides a run was changed besides them, such as Bochs's BIOS; try: remove images/cache/l0log-*, run twice, compare",
               run->results->exits_sha256, proof->exits_sha256);
}

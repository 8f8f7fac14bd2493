/* SPDX-License-Identifier: GPL-2.0-or-later */
/* L1's first boot, and what decides whether it need be done; see l1-snapshot.h. */
#include "cli/l1-snapshot.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/files.h"
#include "base/hash.h"

#define SNAPSHOT_KIND "l1-snapshot"
#define SNAPSHOT_RECIPE "1" /* to be raised when a snapshot of the same inputs is to be made anew */
#define SNAPSHOT_SECONDS 90.0
#define SNAPSHOT_DEADLINE_NS (G_GINT64_CONSTANT (1200) * 1000000000)
#define SNAPSHOT_BYTES (G_GUINT64_CONSTANT (5) << 30)
#define VOLUME_UNIT (G_GINT64_CONSTANT (1) << 30)

/* All that decides what L1 is when it stops, and what the machine that goes on must have in common with it. */
static char *
snapshot_key (const L1Distribution *l1, const MachineSpec *spec, const char *emulator)
{
  g_autoptr (InputHash) hash = input_hash_new (SNAPSHOT_KIND "-" SNAPSHOT_RECIPE);
  struct stat st = { 0 };
  g_autofree char *numbers = NULL;

  if (spec->volume && stat (spec->volume, &st) < 0)
    st.st_size = 0;
  numbers = g_strdup_printf ("%u %u %u %u %" G_GUINT64_FORMAT " %lld", (guint) spec->isa, spec->cpus, spec->memory_mib, spec->icount_shift, spec->record_bytes, (long long) st.st_size);
  input_hash_add (hash, "kernel", l1->kernel->key);
  input_hash_add (hash, "disk", l1->disk->sha256);
  input_hash_add (hash, "cmdline", spec->cmdline);
  input_hash_add (hash, "cpu", spec->cpu_model);
  input_hash_add (hash, "emulator", emulator);
  input_hash_add (hash, "numbers", numbers);
  return input_hash_end (hash);
}

/* What differs between the machine that stops and the one that goes on is not in the snapshot. */
static MachineSpec
spec_for_snapshot (const MachineSpec *spec, const char *dir, const char *snapshot)
{
  MachineSpec stops = *spec;

  stops.payload = NULL;
  stops.payload_bytes = 0;
  stops.dir = dir;
  stops.l0_log = FALSE;
  stops.deadline_ns = SNAPSHOT_DEADLINE_NS;
  stops.stall_ns = 0;
  stops.snapshot_to = snapshot;
  return stops;
}

/* As long as L2's volume and empty: what L1 finds out about its disks at its start must not depend on what L2 is. */
static gboolean
make_empty_volume (const MachineSpec *spec, const Scratch *scratch, char **path, GError **error)
{
  struct stat st;

  if (!spec->volume)
    return TRUE;
  *path = scratch_file (scratch, "volume");
  return (stat (spec->volume, &st) == 0 && files_write (*path, "", 0, error) && truncate (*path, st.st_size) == 0) ||
         fail_errno (error, errno, "%s: making it empty", *path);
}

static gboolean
boot_until_stop (const MachineSpec *spec, GError **error)
{
  g_autoptr (Machine) machine = machine_new (spec, error);
  MachineResult result = { 0 };
  gboolean ok;

  if (!machine || !machine_start (machine, error) || !machine_wait (machine, NULL, NULL, &result, error))
    return FALSE;
  ok = result.end == MACHINE_END_SNAPSHOT ||
       fail (error, HARNESS_ERROR_FAILED, "L1 did not come to its snapshot but ended by %s: %s; try: look into %s/l1-console.log", machine_end_name (result.end),
             result.detail ? result.detail : "no detail", spec->dir);
  machine_result_clear (&result);
  return ok;
}

static gboolean
make_snapshot (App *app, const char *lane, const MachineSpec *spec, const char *key, char **dir, GError **error)
{
  g_autoptr (Scratch) scratch = scratch_new (app->cache, SNAPSHOT_KIND, error);
  g_autoptr (Scratch) beside = scratch ? scratch_new (app->cache, SNAPSHOT_KIND "-volume", error) : NULL;
  g_autofree char *volume = NULL;
  gboolean ok;

  if (!beside || !make_empty_volume (spec, beside, &volume, error) || !files_need_bytes (app->cache, SNAPSHOT_BYTES, "L1's snapshot", error))
    return FALSE;
  MachineSpec stops = spec_for_snapshot (spec, spec->dir, scratch_path (scratch));
  stops.volume = volume;
  progress_begin (&app->progress, lane, "L1's first boot", SNAPSHOT_SECONDS);
  ok = boot_until_stop (&stops, error) && cache_seal (app->cache, SNAPSHOT_KIND, key, scratch, dir, error);
  progress_end (&app->progress, lane, ok, NULL);
  return ok;
}

/* One snapshot for all volumes of about a size. What is added is a hole. */
static gboolean
round_volume (const MachineSpec *spec, GError **error)
{
  struct stat st;

  if (!spec->volume)
    return TRUE;
  if (stat (spec->volume, &st) < 0)
    return fail_errno (error, errno, "%s", spec->volume);
  return truncate (spec->volume, (st.st_size + VOLUME_UNIT - 1) / VOLUME_UNIT * VOLUME_UNIT) == 0 || fail_errno (error, errno, "%s: making it longer", spec->volume);
}

gboolean
l1_snapshot_find (App *app, const L1Distribution *l1, const char *lane, const MachineSpec *spec, char **dir, GError **error)
{
  g_autofree char *emulator = round_volume (spec, error) ? machine_emulator_version (spec->kind, error) : NULL;
  g_autofree char *key = emulator ? snapshot_key (l1, spec, emulator) : NULL;
  g_autofree char *lock_path = g_strdup_printf ("%s/" SNAPSHOT_KIND "-%.16s.lock", app->cache, key ? key : "");
  g_autoptr (FileLock) lock = key ? file_lock (lock_path, error) : NULL;
  gboolean damaged = FALSE;

  if (!lock || !cache_lookup (app->cache, SNAPSHOT_KIND, key, dir, &damaged, error))
    return FALSE;
  return *dir || make_snapshot (app, lane, spec, key, dir, error);
}

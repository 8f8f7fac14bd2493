/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One lab of a run; see lab-run.h. */
#include "cli/lab-run.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/files.h"
#include "base/pages.h"
#include "cli/l1-cmdline.h"
#include "cli/l1-payload.h"
#include "cli/lab-repeat.h"
#include "cli/proof.h"
#include "record/record.h"

void
lab_run_free (LabRun *run)
{
  if (!run)
    return;
  g_free (run->name);
  lab_config_free (run->config);
  lab_terms_clear (&run->terms);
  g_free (run->reason);
  g_free (run->dir);
  g_free (run->emulator);
  g_free (run->cmdline);
  g_free (run->volume_inputs);
  g_clear_pointer (&run->payload, payload_free);
  machine_result_clear (&run->end);
  g_clear_pointer (&run->repeated, g_ptr_array_unref);
  lab_results_free (run->results);
  g_clear_error (&run->error);
  g_free (run);
}

gboolean
accel_wanted_parse (const char *text, AccelWanted *wanted, GError **error)
{
  *wanted = ACCEL_WANT_ANY;
  if (!text)
    return TRUE;
  if (strcmp (text, "kvm") == 0)
    *wanted = ACCEL_WANT_KVM;
  else if (strcmp (text, "emulated") == 0)
    *wanted = ACCEL_WANT_EMULATED;
  else
    return fail (error, HARNESS_ERROR_USAGE, "--accel is \"%s\"; try: kvm or emulated", text);
  return TRUE;
}

static gboolean
load (LabRun *run, const char *config_path, GError **error)
{
  g_autofree char *file = g_strconcat (run->name, ".conf", NULL);
  g_autofree char *config = config_path ? g_strdup (config_path) : app_path (run->app, "configs", "labs", file, NULL);

  if (!lab_config_load (config, &run->config, error))
    return FALSE;
  if (strcmp (isa_name (run->config->isa), run->name) != 0)
    return fail (error, HARNESS_ERROR_USAGE, "%s: this is a lab for %s, not for %s; try: --isa %s", config, isa_name (run->config->isa), run->name,
                 isa_name (run->config->isa));
  if (lab_terms_load (run->app, run->config->isa, run->config->leaf_map, &run->terms, error))
    return TRUE;
  g_prefix_error (error, "%s: ", config);
  return FALSE;
}

static gboolean
choose_machine (LabRun *run, const Hardware *hardware, AccelWanted wanted, GError **error)
{
  const Isa isa = run->config->isa;
  const gboolean usable = hardware->isa[isa].usable;
  const char *finding = hardware_reason (hardware, isa);

  if (wanted == ACCEL_WANT_KVM && !usable)
    return fail (error, HARNESS_ERROR_HOST, "%s: --accel kvm, but this host's hardware cannot be used: %s; try: --accel emulated", run->name, finding);
  if (usable && wanted != ACCEL_WANT_EMULATED)
    {
      run->accel = ACCEL_KVM;
      run->machine = MACHINE_LIBVIRT;
      run->reason = g_strdup ("nested hardware virtualization is usable");
      return TRUE;
    }
  run->accel = ACCEL_EMULATED;
  run->machine = isa == ISA_VMX ? MACHINE_BOCHS : MACHINE_LIBVIRT;
  run->exact = run->config->l1_cpus == 1;
  run->reason = usable ? g_strdup ("asked for") : g_strdup_printf ("no usable hardware: %s", finding);
  return TRUE;
}

LabRun *
lab_run_new (App *app, const char *name, const char *config_path, const GuestOptions *guest_options, const Hardware *hardware, AccelWanted wanted, const char *replay,
             GError **error)
{
  g_autoptr (LabRun) run = g_new0 (LabRun, 1);

  run->app = app;
  run->name = g_strdup (name);
  run->replay = replay;
  run->guest_options = guest_options;
  if (!load (run, config_path, error))
    return NULL;
  if (replay)
    {
      run->machine = MACHINE_FAKE;
      run->exact = TRUE;
      run->reason = g_strdup_printf ("replayed from %s", replay);
    }
  else if (!choose_machine (run, hardware, wanted, error) || !guest_configure (guest_options, run->machine, run->config, error))
    return NULL;
  return g_steal_pointer (&run);
}

LabRun *
lab_run_again (const LabRun *run, GError **error)
{
  g_autoptr (LabRun) again = g_new0 (LabRun, 1);

  again->app = run->app;
  again->name = g_strdup (run->name);
  if (!load (again, run->config->path, error))
    return NULL;
  if (!run->replay && !guest_configure (run->guest_options, run->machine, again->config, error))
    return NULL;
  again->guest_options = run->guest_options;
  again->guest = run->guest;
  again->l1 = run->l1;
  again->machine = run->machine;
  again->accel = run->accel;
  again->reason = g_strdup (run->reason);
  again->exact = run->exact;
  again->trace = run->trace;
  again->uri = run->uri;
  again->replay = run->replay;
  again->kernel = run->kernel;
  again->image = run->image;
  return g_steal_pointer (&again);
}

gboolean
lab_run_is_patched (const LabRun *run)
{
  return !run->kernel || run->kernel->patches->len > 0;
}

static gboolean
write_volume (LabRun *run, const L1CmdlineSpec *line, const char *path, GError **error)
{
  g_autofree char *micro = l1_cmdline_of_l2 (line);

  progress_begin (&run->app->progress, run->name, "L2's disk", 3);
  const gboolean ok = guest_write_volume (run->guest, run->config, micro, path, &run->volume_inputs, error);
  progress_end (&run->app->progress, run->name, ok, NULL);
  return ok;
}

/* L1's own command line is the distribution's; what the agent is told comes as a payload. */
static gboolean
fill_distribution (LabRun *run, const L1CmdlineSpec *line, MachineSpec *spec, GError **error)
{
  g_autofree char *micro = l1_cmdline_of_l2 (line);
  L2DomainConfig domain;

  l2_domain_micro (run->config, micro, &domain);
  if (run->guest)
    {
      const L2Spec l2 = guest_l2_spec (run->guest, run->config, micro);
      if (!l2_domain_of_volume (&l2, run->config, &domain, error))
        return FALSE;
    }
  run->payload = l1_payload_make (run->app, run->config, run->cmdline, run->guest && guest_is_own (run->guest) ? NULL : run->kernel, &domain, error);
  if (!run->payload || !l1_distribution_fill (run->app, run->l1, run->name, spec, error))
    return FALSE;
  spec->payload = payload_bytes (run->payload, &spec->payload_bytes);
  return TRUE;
}

static gboolean
make_spec (LabRun *run, const char *volume, char **replay_dir, MachineSpec *spec, GError **error)
{
  const LabConfig *config = run->config;
  g_autofree char *kernel = run->kernel ? g_build_filename (run->kernel->dir, "bzImage", NULL) : NULL;
  const L1CmdlineSpec line = { .lab = config, .map = run->terms.map, .machine = run->machine, .accel = run->accel, .kernel = kernel, .patched = lab_run_is_patched (run), .trace = run->trace, .volume = run->guest != NULL };

  if (run->guest && !write_volume (run, &line, volume, error))
    return FALSE;
  if (!l1_cmdline (&line, &run->cmdline, error))
    return FALSE;
  *replay_dir = run->replay ? g_build_filename (run->replay, run->name, NULL) : NULL;
  *spec = (MachineSpec){
    .kind = run->machine,
    .isa = config->isa,
    .accel = run->accel,
    .cpus = config->l1_cpus,
    .memory_mib = config->l1_memory_mib,
    .cpu_model = config->emulated_cpu_model,
    .cmdline = run->cmdline,
    .volume = run->guest ? volume : NULL,
    .mips = run->guest && guest_is_own (run->guest) ? GUEST_MIPS : 0,
    .record_bytes = (guint64) config->record_mib << 20,
    .dir = run->dir,
    .uri = run->uri,
    .deadline_ns = (gint64) config->machine_deadline_s * G_GINT64_CONSTANT (1000000000),
    .replay_dir = *replay_dir,
  };
  if (run->l1)
    return fill_distribution (run, &line, spec, error);
  if (run->kernel)
    {
      spec->kernel = g_intern_string (kernel);
      spec->root_image = run->image->root_image;
    }
  return TRUE;
}

/* The record device is mostly empty: what lies behind the stream's end is cut off. */
static gboolean
trim_records (const char *path, GError **error)
{
  g_autoptr (GMappedFile) file = g_mapped_file_new (path, FALSE, error);
  struct record_reader reader;
  struct record_header header;
  const void *body;

  if (!file)
    return FALSE;
  PagesWalk walk = { .data = g_mapped_file_get_contents (file) };
  record_reader_init (&reader, g_mapped_file_get_contents (file), g_mapped_file_get_length (file));
  while (record_next (&reader, &header, &body) == RECORD_OK)
    pages_walked (&walk, body);
  if (reader.error)
    return TRUE; /* damaged: kept whole, for whoever looks into it; the analysis says so */
  if (truncate (path, (off_t) ((reader.end + RECORD_PAGE - 1) / RECORD_PAGE * RECORD_PAGE)) < 0)
    return fail_errno (error, errno, "%s", path);
  return TRUE;
}

/* How many exits L2 has had so far, read from the records as they come. */
typedef struct {
  LabRun *run;
  GMappedFile *records;
  char *path;
  struct record_reader reader;
  PagesWalk walk;
  guint64 exits;  /* of the guest that runs */
  guint64 before; /* of the guests before it */
} Watch;

static void
on_tick (gpointer user)
{
  Watch *watch = user;
  struct record_header header;
  const void *body;

  if (!watch->records)
    {
      watch->records = g_mapped_file_new (watch->path, FALSE, NULL);
      if (!watch->records)
        return;
      watch->walk = (PagesWalk){ .data = g_mapped_file_get_contents (watch->records) };
      record_reader_init (&watch->reader, g_mapped_file_get_contents (watch->records), g_mapped_file_get_length (watch->records));
    }
  for (;;)
    {
      const struct record_reader before = watch->reader;
      const enum record_status status = record_next (&watch->reader, &header, &body);

      if (status != RECORD_OK)
        {
          /* A block that is still being written looks damaged: it is read again at the next tick. */
          watch->reader = before;
          break;
        }
      if (header.type == RECORD_SAMPLE && header.length >= sizeof (struct record_sample))
        watch->exits = ((const struct record_sample *) body)->exits;
      else if (header.type == RECORD_GUEST)
        {
          watch->before += watch->exits;
          watch->exits = 0;
        }
      pages_walked (&watch->walk, body);
    }
  progress_update (&watch->run->app->progress, watch->run->name, -1, "%" G_GUINT64_FORMAT " exits", watch->before + watch->exits);
}

/* Seconds on the reference machine, for the first run; later ones expect what the last one took. */
static double
expected_s (const LabRun *run, gboolean l0_log)
{
  const gboolean own = run->l1 || (run->guest && guest_is_own (run->guest));

  if (run->machine == MACHINE_BOCHS)
    return own ? 600 : l0_log ? 40 : 22;
  if (run->machine == MACHINE_LIBVIRT)
    return own ? 80 : 8;
  return 0;
}

/* What takes another time has another name: the last time is remembered by it. Newly allocated. */
static char *
stage_name (const LabRun *run, gboolean l0_log)
{
  const char *const l1 = run->l1 ? run->guest_options->l1 : "L1", *const l2 = run->guest ? guest_name (run->guest) : "L2";

  if (run->machine == MACHINE_FAKE)
    return g_strdup ("replay");
  return g_strdup_printf ("%s and %s boot%s", l1, l2, run->machine == MACHINE_BOCHS && l0_log ? ", L0 log" : "");
}

static gboolean
run_machine (LabRun *run, const MachineSpec *spec, GError **error)
{
  g_autoptr (Machine) machine = machine_new (spec, error);
  g_autofree char *path = g_build_filename (run->dir, "records.bin", NULL);
  g_autofree char *stage = stage_name (run, spec->l0_log);
  Watch watch = { .run = run, .path = path };
  gboolean ok;

  if (!machine)
    return FALSE;
  progress_begin (&run->app->progress, run->name, stage, expected_s (run, spec->l0_log));
  ok = machine_start (machine, error) && machine_wait (machine, on_tick, &watch, &run->end, error);
  on_tick (&watch); /* what was recorded since the last one, or all of it */
  progress_end (&run->app->progress, run->name, ok && run->end.end == MACHINE_END_POWEROFF, "%" G_GUINT64_FORMAT " exits", watch.before + watch.exits);
  g_clear_pointer (&watch.records, g_mapped_file_unref);
  if (ok)
    return trim_records (path, error);
  trim_records (path, NULL); /* of a machine that failed too: its run is kept */
  return FALSE;
}

static gboolean
analyse (LabRun *run, GError **error)
{
  const LabAnalysis analysis = {
    .isa = run->config->isa,
    .terms = &run->terms,
    .patched = lab_run_is_patched (run),
    .sample_ms = run->config->sample_ms,
  };

  return lab_analyse (run->dir, &analysis, run->dir, &run->results, error) && lab_write_files (run->results, run->dir, error);
}

static gboolean
judge_end (const LabRun *run, GError **error)
{
  if (run->end.end == MACHINE_END_POWEROFF)
    return TRUE;
  return fail (error, HARNESS_ERROR_FAILED, "L1 did not power off by itself but ended by %s: %s; try: look into l1-console.log",
               machine_end_name (run->end.end), run->end.detail ? run->end.detail : "no detail");
}

/* What became of a system of the user's that was not ready has a remedy of its own. */
static gboolean
judge_l2 (const LabRun *run, GError **error)
{
  const Outcome outcome = run->results->outcome;
  g_autoptr (GError) failed = NULL;

  if (lab_judge (run->results, &failed))
    return TRUE;
  if (run->guest && guest_is_own (run->guest) && (outcome == OUTCOME_L2_HANG || outcome == OUTCOME_L2_SILENT))
    return fail (error, HARNESS_ERROR_FAILED, "%s; try: look into l2-console.log, and give --l2-ready a text that L2 writes to ttyS0 when it is ready", failed->message);
  g_propagate_error (error, g_steal_pointer (&failed));
  return FALSE;
}

/* All that can be told is written. How L1 ended comes first in the verdict, for it explains the rest, damaged records too. */
static gboolean
analyse_and_judge (LabRun *run, GError **error)
{
  g_autoptr (GError) damaged = NULL;
  const gboolean analysed = analyse (run, &damaged);

  if (!judge_end (run, error))
    return FALSE;
  if (analysed)
    return judge_l2 (run, error);
  g_propagate_error (error, g_steal_pointer (&damaged));
  return FALSE;
}

/* An emulator tells its exits unless a kept log does; a replay has a log or has none. */
static gboolean
wants_l0_log (const LabRun *run, const Proof *proof, const char *replay_dir)
{
  g_autofree char *recorded = replay_dir ? g_build_filename (replay_dir, "l0-exits.log", NULL) : NULL;

  if (recorded)
    return g_file_test (recorded, G_FILE_TEST_EXISTS);
  return run->accel == ACCEL_EMULATED && !proof_log (proof);
}

static gboolean
execute_with (LabRun *run, const char *volume, GError **error)
{
  g_autofree char *replay_dir = NULL;
  g_autoptr (Proof) proof = NULL;
  MachineSpec spec;

  if (!files_make_dir (run->dir, error) || !make_spec (run, volume, &replay_dir, &spec, error))
    return FALSE;
  if (run->machine != MACHINE_FAKE)
    run->emulator = machine_emulator_version (run->machine, error);
  else
    run->emulator = g_strdup ("replay");
  if (!run->emulator)
    return FALSE;
  proof = proof_find (run, error);
  if (!proof)
    return FALSE;
  spec.l0_log = wants_l0_log (run, proof, replay_dir);
  if (run->app->verbosity > 0)
    progress_say (&run->app->progress, run->name, "L1's kernel is told: %s", run->cmdline);
  if (!run_machine (run, &spec, error) || !proof_use (proof, run, error) || !analyse_and_judge (run, error))
    return FALSE;
  return proof_settle (proof, run, error);
}

/* L2's volume is of the size of its disks, and can be made again: it does not stay. */
static gboolean
execute (LabRun *run, GError **error)
{
  g_autofree char *volume = g_build_filename (run->dir, "l2-volume", NULL);
  const gboolean ok = execute_with (run, volume, error);

  unlink (volume);
  return ok;
}

void
lab_run_execute (LabRun *run)
{
  if (!execute (run, &run->error) || (run->repeats > 1 && !lab_repeat (run, &run->error)))
    g_prefix_error (&run->error, "%s: ", run->name);
}

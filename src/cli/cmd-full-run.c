/* SPDX-License-Identifier: GPL-2.0-or-later */
/* harness full-run: the labs, side by side, and their run's folder. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/cancel.h"
#include "base/error.h"
#include "cli/artefacts.h"
#include "cli/command.h"
#include "cli/lab-run.h"
#include "cli/run-folder.h"
#include "cli/terminal.h"

#define REPEATS_MAX 1000
#define REPEATS_STATISTICAL 5
#define REPEATS_NOT_GIVEN G_MININT

static struct {
  ArtefactOptions artefacts;
  char *isa, *accel, *config, *uri, *replay;
  gboolean checking;
  int repeats;
  GuestOptions guest;
} options = { .artefacts = { .jobs = JOBS_NOT_GIVEN }, .repeats = REPEATS_NOT_GIVEN };

const GOptionEntry full_run_options[] = {
  { "isa", 0, 0, G_OPTION_ARG_STRING, &options.isa, "one lab only: vmx or svm", "ISA" },
  { "accel", 0, 0, G_OPTION_ARG_STRING, &options.accel, "kvm: on hardware or not at all; emulated: never on hardware", "HOW" },
  { "lab", 0, 0, G_OPTION_ARG_FILENAME, &options.config, "with --isa: this lab's configuration instead of configs/labs/ISA.conf", "FILE" },
  ARTEFACT_OPTION_ENTRIES (options.artefacts),
  { "checking", 0, 0, G_OPTION_ARG_NONE, &options.checking, "count by KVM's kvm_exit tracepoint too (costs time: another fingerprint)", NULL },
  { "repeat", 0, 0, G_OPTION_ARG_INT, &options.repeats, "run each lab N times, for medians and intervals (default: 1 if it is emulated, 5 on hardware)", "N" },
  GUEST_OPTION_ENTRIES (options.guest),
  { "uri", 0, 0, G_OPTION_ARG_STRING, &options.uri, "libvirt's URI (default: its driver inside this process)", "URI" },
  { "replay", 0, 0, G_OPTION_ARG_FILENAME, &options.replay, "no machine: take records and consoles from DIR/ISA, as a run's folder has them", "DIR" },
  { 0 },
};

static gboolean
check_usage (const App *app, char **arguments, GError **error)
{
  Isa isa;

  if (arguments[0])
    return fail (error, HARNESS_ERROR_USAGE, "full-run takes no argument \"%s\"; try: harness full-run --help", arguments[0]);
  if (options.isa && !isa_parse (options.isa, &isa))
    return fail (error, HARNESS_ERROR_USAGE, "--isa is \"%s\"; try: vmx or svm", options.isa);
  if (options.replay && !g_file_test (options.replay, G_FILE_TEST_IS_DIR))
    return fail (error, HARNESS_ERROR_USAGE, "--replay: %s is no folder", options.replay);
  if (options.repeats != REPEATS_NOT_GIVEN && (options.repeats < 1 || options.repeats > REPEATS_MAX))
    return fail (error, HARNESS_ERROR_USAGE, "--repeat is %d; try: a number from 1 to %d", options.repeats, REPEATS_MAX);
  if (options.config && !options.isa)
    return fail (error, HARNESS_ERROR_USAGE, "--lab names a file, the configuration of one lab, and needs --isa; try: --isa svm, or --isa vmx");
  return guest_check (app, &options.guest, options.replay != NULL, error) && artefacts_check (app, &options.artefacts, error);
}

static void
announce (App *app, const LabRun *run)
{
  if (options.replay)
    {
      progress_say (&app->progress, run->name, "no machine: %s", run->reason);
      return;
    }
  progress_say (&app->progress, run->name, "runs on %s, %s: %s", machine_kind_name (run->machine),
                run->accel == ACCEL_KVM ? "hardware KVM, statistical" : run->exact ? "emulated, exact" : "emulated, not exact (more than one CPU, or a QEMU of a daemon's, which runs without the fence)", run->reason);
}

static gboolean
check_replay (const char *lab, GError **error)
{
  g_autofree char *records = options.replay ? g_build_filename (options.replay, lab, "records.bin", NULL) : NULL;

  if (!records || g_file_test (records, G_FILE_TEST_IS_REGULAR))
    return TRUE;
  return fail (error, HARNESS_ERROR_USAGE, "--replay: %s: there is no such file; try: a run's folder, and --isa if it has one lab only", records);
}

/* All that can be wrong with what the user gave is found before anything is built. */
static GPtrArray *
prepare (App *app, GError **error)
{
  static const char *const both[] = { "vmx", "svm", NULL };
  const char *const one[] = { options.isa, NULL };
  g_autoptr (GPtrArray) runs = g_ptr_array_new_with_free_func ((GDestroyNotify) lab_run_free);
  g_auto (Hardware) hardware = { 0 };
  AccelWanted wanted;

  if (!accel_wanted_parse (options.accel, &wanted, error))
    return NULL;
  hardware_probe (&hardware);
  for (const char *const *name = options.isa ? one : both; *name; name++)
    {
      LabRun *run = check_replay (*name, error) ? lab_run_new (app, *name, options.config, &options.guest, &hardware, wanted, options.replay, error) : NULL;

      if (!run)
        return NULL;
      run->uri = options.uri;
      run->exact = run->exact && (!options.uri || run->machine != MACHINE_LIBVIRT);
      run->trace = options.checking;
      run->repeats = options.repeats > 0 ? (guint) options.repeats : run->accel == ACCEL_EMULATED ? 1 : REPEATS_STATISTICAL;
      g_ptr_array_add (runs, run);
      announce (app, run);
    }
  return g_steal_pointer (&runs);
}

static gpointer
lab_thread (gpointer data)
{
  lab_run_execute (data);
  return NULL;
}

static void
execute (GPtrArray *runs)
{
  g_autoptr (GPtrArray) threads = g_ptr_array_new ();

  for (guint i = 0; i < runs->len; i++)
    g_ptr_array_add (threads, g_thread_new ("lab", lab_thread, g_ptr_array_index (runs, i)));
  for (guint i = 0; i < threads->len; i++)
    g_thread_join (g_ptr_array_index (threads, i));
}

static void
print_lab (const LabRun *run)
{
  const LabResults *results = run->results;
  g_autofree char *failure = run->error ? terminal_text (run->error->message) : NULL;

  if (failure)
    fprintf (stderr, "%s\n", failure);
  if (!results || !results->summary)
    return;
  printf ("%s: %" G_GUINT64_FORMAT " exits from L2's first entry to ready in %.3f s of guest time, %" G_GUINT64_FORMAT " in all; checks: %u ok, %u explained, %u surprising, %u not run, %u failed\n"
          "%s: fingerprint %s\n",
          run->name, results->summary->windows[WINDOW_BOOT].exits, (double) results->summary->windows[WINDOW_BOOT].end_ns / 1e9,
          results->exits, results->checks->rows->len - results->checks->failed - results->checks->explained - results->checks->not_run - results->checks->surprises,
          results->checks->explained, results->checks->surprises, results->checks->not_run, results->checks->failed, run->name, results->fingerprint);
}

/* What went wrong in each lab has been printed; the exit code is that of the first. */
static gboolean
verdict (GPtrArray *runs, const char *folder, GError **error)
{
  const LabRun *first = NULL;
  HarnessError code;
  guint failed = 0;

  for (guint i = 0; i < runs->len; i++)
    {
      const LabRun *run = g_ptr_array_index (runs, i);

      if (run->error && !failed++)
        first = run;
    }
  /* An error of GLib's has codes of its own. */
  code = first && first->error->domain == HARNESS_ERROR ? (HarnessError) first->error->code : HARNESS_ERROR_FAILED;
  return !first || fail (error, code, "%u of %u labs failed; what there is lies in %s", failed, runs->len, folder);
}

/* The small L1's image, or a distribution. */
static gboolean
prepare_l1 (App *app, const KernelArtefact *kernel, ImageArtefact **image, L1Distribution **l1, GError **error)
{
  if (options.guest.l1)
    return l1_distribution_prepare (app, &options.artefacts, options.guest.l1, l1, error);
  return artefacts_image (app, kernel, image, error);
}

gboolean
cmd_full_run (App *app, char **arguments, GError **error)
{
  g_autoptr (GPtrArray) runs = NULL;
  g_autoptr (KernelArtefact) kernel = NULL;
  g_autoptr (ImageArtefact) image = NULL;
  g_autoptr (Guest) guest = NULL;
  g_autoptr (L1Distribution) l1 = NULL;
  g_autoptr (RunFolder) folder = NULL;
  g_autofree char *path = NULL;

  if (!check_usage (app, arguments, error) || !(runs = prepare (app, error)))
    return FALSE;
  if (!options.replay && (!guest_prepare (app, &options.guest, &guest, error) || !artefacts_kernel (app, &options.artefacts, &kernel, error) ||
                           !prepare_l1 (app, kernel, &image, &l1, error)))
    return FALSE;
  if (kernel && app->verbosity > 0)
    progress_say (&app->progress, "", "kernel %s in %s, L1 in %s", kernel->release, kernel->dir, image ? image->dir : l1->disk->dir);
  folder = run_folder_new (app, error);
  if (!folder)
    return FALSE;
  for (guint i = 0; i < runs->len; i++)
    {
      LabRun *run = g_ptr_array_index (runs, i);

      run->kernel = kernel;
      run->image = image;
      run->guest = guest;
      run->l1 = l1;
      run->dir = run_folder_path (folder, run->name);
    }
  execute (runs);
  if (!cancel_check (error) || !run_folder_finish (folder, runs, kernel, image, &path, error))
    return FALSE;
  for (guint i = 0; i < runs->len; i++)
    print_lab (g_ptr_array_index (runs, i));
  if (!verdict (runs, path, error))
    return FALSE;
  printf ("Answers: %s/answers.md\nReport:  %s/report.html\n", path, path);
  return TRUE;
}

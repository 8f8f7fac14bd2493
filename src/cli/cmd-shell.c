/* SPDX-License-Identifier: GPL-2.0-or-later */
/* harness shell: a person's way into a lab. */
#include <string.h>

#include "base/error.h"
#include "base/run.h"
#include "cli/artefacts.h"
#include "cli/command.h"
#include "cli/guest.h"
#include "cli/l1-cmdline.h"
#include "cli/lab-run.h"
#include "cli/shell-distribution.h"
#include "cli/shell-run.h"
#include "image/own-disk.h"

#define BOOT_S 600
#define TIMEOUT_MAX_S 1e6
#define OWN_DISK_MEMORY_MIB 2048 /* at least: a distribution's */
#define MICRO "micro"

static struct {
  ArtefactOptions artefacts;
  char *isa, *accel, *config, *l1, *exec;
  double timeout_s, boot_s;
  gboolean gdb, gdb_wait, network;
} options = { .artefacts = { .jobs = JOBS_NOT_GIVEN }, .boot_s = BOOT_S };

const GOptionEntry shell_options[] = {
  { "isa", 0, 0, G_OPTION_ARG_STRING, &options.isa, "vmx or svm (default: what this host has hardware for, else svm, which is emulated faster)", "ISA" },
  { "accel", 0, 0, G_OPTION_ARG_STRING, &options.accel, "kvm: on hardware or not at all; emulated: never on hardware", "HOW" },
  { "lab", 0, 0, G_OPTION_ARG_FILENAME, &options.config, "with --isa: this lab's configuration instead of configs/labs/ISA.conf", "FILE" },
  { "l1", 0, 0, G_OPTION_ARG_FILENAME, &options.l1, "micro: the lab's kernel with busybox, up in seconds (default); debian-12: a distribution with that kernel, libvirt, compiler, cpuid, perf and trace-cmd, up in a minute or two if emulated, whose disk is built first; or a disk of yours (qcow2 or raw, with cloud-init and a console on ttyS0), which is not written", "WHAT" },
  { "network", 0, 0, G_OPTION_ARG_NONE, &options.network, "give L1 a network card: it reaches what this host reaches, nothing reaches it (default: none)", NULL },
  { "exec", 0, 0, G_OPTION_ARG_STRING, &options.exec, "run this by /bin/sh in place of the console; arguments after -- are its $1, $2, …", "CMD" },
  { "timeout", 0, 0, G_OPTION_ARG_DOUBLE, &options.timeout_s, "with --exec: kill it after so long, exit code 124 (default: never)", "SECONDS" },
  { "boot-timeout", 0, 0, G_OPTION_ARG_DOUBLE, &options.boot_s, "with --exec: how long L1 may take until it can run commands (default: 600)", "SECONDS" },
  { "gdb", 0, 0, G_OPTION_ARG_NONE, &options.gdb, "open L1's kernel to gdb, and print the command that attaches", NULL },
  { "gdb-wait", 0, 0, G_OPTION_ARG_NONE, &options.gdb_wait, "the same, and L1 begins when gdb lets it", NULL },
  ARTEFACT_OPTION_ENTRIES (options.artefacts),
  { 0 },
};

typedef enum { L1_MICRO, L1_DISTRIBUTION, L1_FILE } L1Choice;

static gboolean
check_seconds (const char *option, double seconds, GError **error)
{
  if (seconds >= 0 && seconds <= TIMEOUT_MAX_S)
    return TRUE;
  return fail (error, HARNESS_ERROR_USAGE, "--%s is %g; try: seconds, up to %g", option, seconds, TIMEOUT_MAX_S);
}

/* A name is a distribution's, whatever files there are; ./NAME is the file. */
static gboolean
check_l1 (App *app, gboolean l2, L1Choice *choice, GError **error)
{
  const char *format;

  *choice = L1_MICRO;
  if (!options.l1 || strcmp (options.l1, MICRO) == 0)
    return TRUE;
  *choice = shell_distribution_is_name (app, options.l1) ? L1_DISTRIBUTION : L1_FILE;
  if (*choice == L1_DISTRIBUTION)
    return TRUE;
  if (l2)
    return fail (error, HARNESS_ERROR_USAGE, "--l1 %s: what L2 would be there is not known; try: shell l1, or a distribution", options.l1);
  return own_disk_check (options.l1, &format, error);
}

static gboolean
check_usage (App *app, char **arguments, gboolean *l2, L1Choice *choice, GError **error)
{
  Isa isa;
  const char *guest = arguments[0] ? arguments[0] : "l1";

  *l2 = strcmp (guest, "l2") == 0;
  if (!*l2 && strcmp (guest, "l1") != 0)
    return fail (error, HARNESS_ERROR_USAGE, "shell takes \"l1\" or \"l2\", not \"%s\"", guest);
  if (arguments[0] && arguments[1] && !options.exec)
    return fail (error, HARNESS_ERROR_USAGE, "\"%s\": arguments are --exec's; try: --exec CMD", arguments[1]);
  if (options.isa && !isa_parse (options.isa, &isa))
    return fail (error, HARNESS_ERROR_USAGE, "--isa is \"%s\"; try: vmx or svm", options.isa);
  if (options.config && !options.isa)
    return fail (error, HARNESS_ERROR_USAGE, "--lab names a file, the configuration of one lab, and needs --isa; try: --isa svm, or --isa vmx");
  if (options.timeout_s != 0 && !options.exec)
    return fail (error, HARNESS_ERROR_USAGE, "--timeout is --exec's");
  if (!check_l1 (app, *l2, choice, error))
    return FALSE;
  options.gdb = options.gdb || options.gdb_wait;
  return check_seconds ("timeout", options.timeout_s, error) && check_seconds ("boot-timeout", options.boot_s, error) &&
         artefacts_check (app, &options.artefacts, error);
}

static const char *
default_isa (const Hardware *hardware)
{
  return hardware->isa[ISA_VMX].usable && !hardware->isa[ISA_SVM].usable ? "vmx" : "svm";
}

static LabRun *
choose_lab (App *app, L1Choice choice, GError **error)
{
  static const GuestOptions the_labs_own;
  g_auto (Hardware) hardware = { 0 };
  AccelWanted wanted;

  if (!accel_wanted_parse (options.accel, &wanted, error))
    return NULL;
  hardware_probe (&hardware);
  LabRun *lab = lab_run_new (app, options.isa ? options.isa : default_isa (&hardware), options.config, &the_labs_own, &hardware, wanted, NULL, error);
  if (lab && lab->machine == MACHINE_BOCHS && (choice != L1_MICRO || options.gdb || options.network))
    {
      fail (error, HARNESS_ERROR_USAGE, "%s is Bochs's here, which has no gdb's stub, no disks that boot and no network; try: --isa svm", lab->name);
      g_clear_pointer (&lab, lab_run_free);
    }
  if (lab)
    progress_say (&app->progress, lab->name, "runs on %s, %s: %s", machine_kind_name (lab->machine), lab->accel == ACCEL_KVM ? "hardware KVM" : "emulated", lab->reason);
  return lab;
}

static L1CmdlineSpec
cmdline_spec (const LabRun *lab)
{
  return (L1CmdlineSpec){ .lab = lab->config, .map = lab->terms.map, .machine = lab->machine, .accel = lab->accel, .patched = lab_run_is_patched (lab) };
}

/* As full-run's L1, but for a person: all of it but the agent that measures. */
static gboolean
make_cmdline (const LabRun *lab, const char *bz_image, gboolean l2, char **cmdline, GError **error)
{
  L1CmdlineSpec spec = cmdline_spec (lab);
  g_autofree char *line = NULL;

  spec.kernel = bz_image;
  if (!l1_cmdline (&spec, &line, error))
    return FALSE;
  *cmdline = g_strconcat (line, !l2 ? "" : options.exec ? " shell.l2=exec" : " shell.l2=console", NULL);
  return TRUE;
}

static char **
make_argv (char **arguments)
{
  g_autoptr (GStrvBuilder) argv = g_strv_builder_new ();

  if (!options.exec)
    return NULL;
  g_strv_builder_add_many (argv, "/bin/sh", "-c", options.exec, "sh", NULL);
  for (guint i = 1; arguments[0] && arguments[i]; i++)
    if (i > 1 || strcmp (arguments[i], "--") != 0)
      g_strv_builder_add (argv, arguments[i]);
  return g_strv_builder_end (argv);
}

static ShellSpec
common_spec (App *app, const LabRun *lab, char **argv)
{
  return (ShellSpec){
    .app = app,
    .machine = {
      .kind = lab->machine,
      .isa = lab->config->isa,
      .accel = lab->accel,
      .cpus = lab->config->l1_cpus,
      .memory_mib = lab->config->l1_memory_mib,
      .cpu_model = lab->config->emulated_cpu_model,
      .gdb_wait = options.gdb_wait,
      .network = options.network,
    },
    .guest = "L1",
    .has_agent = TRUE,
    .argv = (const char *const *) argv,
    .timeout_s = options.timeout_s,
    .boot_s = options.boot_s,
    .gdb = options.gdb,
  };
}

static gboolean
run_own_disk (App *app, const LabRun *lab, char **argv, GError **error)
{
  g_autofree char *agent = NULL;
  ShellSpec spec = common_spec (app, lab, argv);

  if (!artefacts_guest_program ("exec-agent", &agent, error))
    return FALSE;
  spec.own_disk = options.l1;
  spec.exec_agent = agent;
  spec.machine.memory_mib = MAX (spec.machine.memory_mib, OWN_DISK_MEMORY_MIB);
  return shell_run (&spec, error);
}

static gboolean
run_distribution (App *app, LabRun *lab, gboolean l2, char **argv, GError **error)
{
  g_autoptr (ShellDistribution) distribution = NULL;
  ShellSpec spec = common_spec (app, lab, argv);

  if (!shell_distribution_prepare (app, &options.artefacts, options.l1, &distribution, error))
    return FALSE;
  lab->kernel = distribution->l1->kernel;
  const L1CmdlineSpec terms = cmdline_spec (lab);
  shell_distribution_fill (distribution, &terms, l2, &spec);
  return shell_run (&spec, error);
}

static gboolean
run_lab (App *app, LabRun *lab, gboolean l2, char **argv, GError **error)
{
  g_autoptr (KernelArtefact) kernel = NULL;
  g_autoptr (ImageArtefact) image = NULL;
  g_autofree char *cmdline = NULL, *bz_image = NULL;

  if (!artefacts_kernel (app, &options.artefacts, &kernel, error) || !artefacts_shell_image (app, kernel, &image, error))
    return FALSE;
  lab->kernel = kernel;
  bz_image = g_build_filename (kernel->dir, "bzImage", NULL);
  if (!make_cmdline (lab, bz_image, l2, &cmdline, error))
    return FALSE;
  ShellSpec spec = common_spec (app, lab, argv);
  spec.machine.kernel = bz_image;
  spec.machine.root_image = image->root_image;
  spec.machine.cmdline = cmdline;
  spec.guest = l2 ? "L2" : "L1";
  spec.through_l1 = l2;
  spec.kernel = kernel;
  return shell_run (&spec, error);
}

static gboolean
run (App *app, L1Choice choice, LabRun *lab, gboolean l2, char **argv, GError **error)
{
  switch (choice)
    {
    case L1_FILE:
      return run_own_disk (app, lab, argv, error);
    case L1_DISTRIBUTION:
      return run_distribution (app, lab, l2, argv, error);
    default:
      return run_lab (app, lab, l2, argv, error);
    }
}

/* Wrong usage apart, a failure with --exec has a code that is not likely the command's. */
gboolean
cmd_shell (App *app, char **arguments, GError **error)
{
  g_autoptr (LabRun) lab = NULL;
  g_autoptr (GError) failure = NULL;
  g_auto (GStrv) argv = make_argv (arguments);
  L1Choice choice = L1_MICRO;
  gboolean l2;

  if (!check_usage (app, arguments, &l2, &choice, error) || !(lab = choose_lab (app, choice, error)))
    return FALSE;
  if (run (app, choice, lab, l2, argv, &failure))
    return TRUE;
  if (options.exec && app->failure_code == 0 && !g_error_matches (failure, HARNESS_ERROR, HARNESS_ERROR_INTERRUPTED))
    app->failure_code = SHELL_FAILURE_CODE;
  g_propagate_error (error, g_steal_pointer (&failure));
  return FALSE;
}

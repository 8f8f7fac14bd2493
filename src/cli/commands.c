/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The command table and what is done with it; see command.h. */
#include "cli/command.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/cancel.h"
#include "base/error.h"
#include "cli/terminal.h"

const Command commands[] = {
  { "full-run", "", "build all, run the labs, write a run's folder",
    "Builds the patched kernel and L1's image (or takes them from the cache), boots L1 with nested virtualization, boots L2 inside it, "
    "records every VM exit, and writes results/RUN with CSV files, answers.md and report.html; results/latest points to it. "
    "By default the vmx and the svm lab run side by side, each on hardware where this host has it, else emulated and exact.",
    full_run_options, cmd_full_run },
  { "grade", "SUBMISSION…", "say what somebody's change to KVM is worth: exits and cycles through CPUID leaves",
    "Takes each submission (a patch, mbox, git repository, bundle, kernel tree, or a folder, zip or tar with cpuid.c, vmx.c, svm.c), carries its change onto the lab's "
    "kernel, builds KVM's modules in a sandbox, runs them in the exact lab against a challenge drawn for it, and judges by a rubric what its CPUID leaves answer, against the "
    "emulator's own exit log. Writes grades.csv, and per submission grade.json, grade.md and grade.html; an overview for the instructor; JUnit XML. What was graded before with the same "
    "inputs is answered from the cache, so a batch that was stopped goes on where it was. --regrade DIR judges again what is kept in such a folder, by a changed rubric say, "
    "without building or running anything, and tells what moved. Exits with 0 also where submissions fail, and with 1 if one could not be graded "
    "for what is not its doing. See docs/grading.md.",
    grade_options, cmd_grade },
  { "build", "kernel|images|source VERSION…|bases [VERSION…]", "build the kernel, L1's image, a distribution's disk, or fetch sources",
    "Builds into images/cache, by the hash of all inputs; what is there already is not built again. With --distro a disk that boots by its own boot loader: the publisher's cloud "
    "image, its checksum verified, where it can be reached, else made of packages as configs/distributions/NAME.conf says; a FILE or URL is looked at, converted and never written. "
    "bases are kernels' sources, of which KVM's part is kept for grade, which finds in them what a student's file was made from: without VERSION it lists what is here and what "
    "Debian and Ubuntu publish, with sizes; 5.13 is mainline's 5.13, or the lowest 5.13.x that is published. See configs/bases.conf. "
    "source is that of one of the labs' kernels, whole, which configs/kernels/VERSION.source names by its SHA-256.",
    build_options, cmd_build },
  { "shell", "l1|l2", "boot a lab and hand over its console, or run a command in it",
    "Boots L1, or L1 and L2 in it, for a person: at the host's time, with nothing recorded, and nothing exact. The terminal is L1's (L2's) console until Ctrl-], "
    "which asks L1 to power off, or until it powers off by itself: in the micro L1, when its shell ends. "
    "--exec runs a command by /bin/sh instead: further arguments are its $1, $2, …, its standard input, output and error are ours, its exit code too "
    "(128 and the signal's number if one ended it, 126 or 127 if there is no shell, 124 if --timeout ended it). With --exec a failure of the harness's own ends with 125 and a "
    "line that begins with harness: on the standard error, whatever it is; only wrong usage, 2, and an interruption, 130, are told as everywhere. "
    "--gdb opens L1's kernel to gdb on a Unix socket and prints the command that attaches with the kernel's and its modules' symbols.",
    shell_options, cmd_shell },
  { "doctor", "", "say what this host has, and what to do about what it lacks",
    "Exits with 3 if full-run could not work here.", doctor_options, cmd_doctor },
  { "fingerprint", "[RUN…]", "print the fingerprint of each lab of a run (default: results/latest)",
    "The SHA-256 over a lab's CSV files, computed from the files. Exits with 1 if it is not the one in the run's manifest.",
    fingerprint_options, cmd_fingerprint },
  { "list", "", "list the runs that are kept",
    "Name, age, status, size and labs of each folder in results/. What cannot be opened is listed as broken, with why.", list_options, cmd_list },
  { "show", "[RUN]", "say what a kept run was, and whether its files still are what they were (default: results/latest)",
    "Command, versions, inputs, labs, totals, checks, and every file with its size and whether it has the SHA-256 that the manifest tells.", show_options, cmd_show },
  { "report", "[RUN]", "make a kept run's CSV files, answers.md and report.html again from its raw records (default: results/latest)",
    "Needs no machine. What is there already and right is not touched. Exits with 1, and changes nothing, if a raw file was changed, or if this version, "
    "being the one that made the run, finds another fingerprint for an exact lab; another version says that it does, and the run is then told by that version.",
    report_options, cmd_report },
  { "compare", "A B", "say what changed between two runs, or between two labs (RUN/vmx RUN/svm)",
    "Holds the CSV files of labs of the same name against each other, by phase, exit reason and operation; labs of different vendors by kind in place of reason. Between "
    "exact labs every difference is one. A statistical lab that was not repeated cannot tell a difference from chance, and it is said so. "
    "Exits with 0 also if they differ, and with 1 if --fail-over says so.",
    compare_options, cmd_compare },
  { "clean", "[RUN…]", "remove failed runs, or those that options or names tell",
    "Without options: the runs that failed. --keep and --older-than take complete ones too, and both must agree; with --failed they take failed ones only. "
    "The run that results/latest points to goes only if it is named, results/reference never. --cache removes what is in images/cache too, but for the newest of each "
    "kind, and nothing while another command is at work. (What killed commands left behind is removed by every command when it starts.)",
    clean_options, cmd_clean },
  { "export", "[RUN]", "hand a run (default: results/latest) to other tools: Perfetto, trace-cmd, KernelShark, jq, Prometheus",
    "Makes the run's exits into a trace for ui.perfetto.dev or chrome://tracing (perfetto), for trace-cmd and KernelShark (trace-dat), into "
    "plain CSV (csv); or its figures into one JSON document (json) or Prometheus's text format (prometheus); or one of the report's pictures into a file of its own (svg). "
    "See docs/export.md.",
    export_options, cmd_export },
  { "documentation", "man|bash", "print the manual page or the bash completion",
    "Both are made from the command table.", documentation_options, cmd_documentation },
  { NULL, NULL, NULL, NULL, NULL, NULL },
};

const Command *
command_find (const char *name)
{
  for (const Command *command = commands; command->name; command++)
    if (strcmp (command->name, name) == 0)
      return command;
  return NULL;
}

static void
print_overview (void)
{
  printf ("Usage: harness COMMAND [OPTION…]\n\n"
          "Where do the VM exits of a boot come from? Boots a VM inside a VM and counts them.\n\nCommands:\n");
  for (const Command *command = commands; command->name; command++)
    printf ("  %-14s %s\n", command->name, command->summary);
  printf ("\nharness COMMAND --help tells more. Every command takes -v, -q and --help.\n"
          "Exit codes: 0 done, 1 the work failed, 2 bad usage or configuration, 3 the host lacks something, 130 interrupted.\n");
}

static int
report_error (const GError *error)
{
  g_autofree char *text = error ? terminal_text (error->message) : NULL;

  if (text)
    fprintf (stderr, "harness: %s\n", text);
  return error_exit_code (error);
}

static gboolean verbose, quiet;
static const GOptionEntry common_options[] = {
  { "verbose", 'v', 0, G_OPTION_ARG_NONE, &verbose, "say more", NULL },
  { "quiet", 'q', 0, G_OPTION_ARG_NONE, &quiet, "no progress: only results and what went wrong", NULL },
  { 0 },
};

static gboolean
parse (const Command *command, char ***argv, GError **error)
{
  g_autofree char *usage = g_strdup_printf ("%s — %s", command->arguments, command->summary);
  g_autofree char *program = g_strdup_printf ("harness %s", command->name);
  g_autoptr (GOptionContext) context = g_option_context_new (usage);
  g_autoptr (GError) bad = NULL;

  g_set_prgname (program);
  g_option_context_set_description (context, command->description);
  g_option_context_add_main_entries (context, command->options, NULL);
  g_option_context_add_main_entries (context, common_options, NULL);
  if (g_option_context_parse_strv (context, argv, &bad))
    return TRUE;
  return fail (error, HARNESS_ERROR_USAGE, "%s: %s; try: harness %s --help", command->name, bad->message, command->name);
}

/* What was printed is part of the work: a full disk or a closed pipe fails the command. */
static gboolean
flush_output (GError **error)
{
  errno = 0;
  if (fflush (stdout) == 0 && !ferror (stdout))
    return TRUE;
  return fail_errno (error, errno ? errno : EIO, "standard output: writing");
}

static int
run_command (const Command *command, char **argv)
{
  g_auto (GStrv) arguments = g_strdupv (argv);
  g_autoptr (GError) error = NULL;
  App app = { 0 };
  gboolean done;

  if (!parse (command, &arguments, &error))
    return report_error (error);
  cancel_install ();
  done = app_init (&app, quiet ? -1 : verbose, &error) && command->run (&app, arguments + 1, &error) && flush_output (&error);
  app_clear (&app);
  if (done)
    return app.exit_code;
  const int code = report_error (error);
  return app.failure_code ? app.failure_code : code;
}

int
command_main (int argc, char **argv)
{
  const Command *command;

  if (argc < 2 || strcmp (argv[1], "--help") == 0 || strcmp (argv[1], "-h") == 0 || strcmp (argv[1], "help") == 0)
    {
      print_overview ();
      return argc < 2 ? 2 : 0;
    }
  if (strcmp (argv[1], "--version") == 0)
    {
      printf ("harness %s\n", HARNESS_VERSION);
      return 0;
    }
  command = command_find (argv[1]);
  if (command)
    return run_command (command, argv + 1);
  fprintf (stderr, "harness: there is no command \"%s\"; try: harness --help\n", argv[1]);
  return 2;
}

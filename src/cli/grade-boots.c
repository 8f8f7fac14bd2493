/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The boots of one lab; see grade-boots.h. */
#include "cli/grade-boots.h"

#include <string.h>

#include "base/files.h"
#include "cli/crash-line.h"
#include "grade/reading.h"

#define DEADLINE_FACTOR 6.0 /* of what the lab's own kernel took here: other jobs and a slow change have room */
#define DEADLINE_MORE_S 25.0
#define STALL_FACTOR 2.0 /* of the same: L2 exits all the time but for L1's boot and end, which are a part of it */
#define STALL_MORE_S 10.0
#define MODULE_MAX (64 << 20)

/* The project's own patch series, and what is built on it, answers its leaves only if a parameter of kvm.ko says which. */
static char *
kvm_params (const Way *way, const char *modules_dir)
{
  static const char parameter[] = "parmtype=exit_leaf_abi:";
  const LeafMap *map = grade_session_preferred_map (way->session);
  g_autofree char *path = g_build_filename (modules_dir, "kvm.ko", NULL);
  g_autofree char *data = NULL;
  g_autofree char *leaves = NULL;
  gsize size;

  if (!files_read (path, MODULE_MAX, &data, &size, NULL) || !memmem (data, size, parameter, sizeof parameter - 1))
    return g_strdup ("");
  leaves = leaf_map_kernel_spec (map);
  return g_strdup_printf ("exit_log_records=0 exit_leaf_abi=%s", leaves);
}

/* --- one boot --------------------------------------------------------------------------------------------- */

static void
keep_logs (const Way *way, Isa isa, const BootReading *reading, guint number)
{
  g_autofree char *lab = number == 0 ? g_strdup (isa_name (isa)) : g_strdup_printf ("%s-boot%u", isa_name (isa), number + 1);
  g_autofree char *console = g_strconcat (lab, "-console.log", NULL);
  g_autofree char *kernel = g_strconcat (lab, "-kernel.log", NULL);
  g_autofree char *report = g_strconcat (lab, "-report.txt", NULL);
  g_autofree char *lines = agent_report_kernel (reading->report);

  way_keep_log (way, console, reading->boot->console);
  way_keep_log (way, kernel, lines);
  way_keep_log (way, report, reading->boot->report);
}

static gboolean
run_boot (Way *way, Isa number, const EvidenceBoot *boot, const char *modules_dir, const char *dir, GradeLab **run, GError **error)
{
  GradeSession *session = way->session;
  const double lab_s = way->kernel->baselines[number].lab_s;
  const char *again = number == ISA_VMX ? session->rubric->again_vmx : session->rubric->again_svm;
  g_autofree char *kernel = g_build_filename (way->kernel->kit->kernel->dir, "bzImage", NULL);
  g_autofree char *params = kvm_params (way, modules_dir);
  const double rounds = again[0] ? 2 : 1;
  const double crowd = MAX (1.0, (double) session->jobs / g_get_num_processors ()); /* more jobs than processors wait for each other */
  const GradeLabSpec spec = {
    .app = session->app,
    .lane = way->lane,
    .stage = number == ISA_VMX ? "vmx lab" : "svm lab",
    .lab = session->isa[number].config,
    .kernel = kernel,
    .root_image = session->image->root_image,
    .modules_dir = modules_dir,
    .program = boot->program,
    .last_program = boot->last_program,
    .kvm_params = params,
    .vendor_params = "",
    .again_params = again[0] ? again : NULL,
    .entry_first = session->rubric->told_by_log,
    .dir = dir,
    .expected_s = lab_s * rounds,
    .deadline_s = (lab_s * rounds * DEADLINE_FACTOR + DEADLINE_MORE_S) * crowd,
    .stall_s = (lab_s * STALL_FACTOR + STALL_MORE_S) * crowd,
  };

  return grade_lab_run (&spec, run, error);
}

static void
take_run (EvidenceBoot *boot, GradeLab *run)
{
  boot->end = run->end;
  boot->log = g_steal_pointer (&run->log);
  boot->exits = g_steal_pointer (&run->exits);
  boot->log_sha256 = g_steal_pointer (&run->log_sha256);
  boot->report = g_steal_pointer (&run->report);
  boot->console = g_steal_pointer (&run->console);
  memset (&run->end, 0, sizeof run->end);
}

static void
copy_less (const ProgramLess *less, ProgramLess *copy)
{
  copy->ops = less->ops;
  copy->leaves = less->leaves ? g_array_copy (less->leaves) : NULL;
}

/* Each further one in a folder of its own below the first one's: an emulator's files are as it left them. */
static gboolean
take_boot (Way *way, EvidenceLab *lab, const ProgramLess *less, const char *modules_dir, const char *dir, GError **error)
{
  const guint number = lab->boots->len;
  g_autofree char *name = g_strdup_printf ("%u", number + 1);
  g_autofree char *boot_dir = number == 0 ? g_strdup (dir) : g_build_filename (dir, name, NULL);
  g_autoptr (EvidenceBoot) boot = evidence_boot_new ();
  g_autoptr (GradeLab) run = NULL;

  copy_less (less, &boot->less);
  boot->program = grade_session_program (way->session, lab->isa, way->submission->sha256, less, FALSE);
  boot->last_program = grade_session_program (way->session, lab->isa, way->submission->sha256, less, TRUE);
  if (!files_make_dir (boot_dir, error) || !run_boot (way, lab->isa, boot, modules_dir, boot_dir, &run, error))
    return FALSE;
  take_run (boot, run);
  g_ptr_array_add (lab->boots, g_steal_pointer (&boot));
  return TRUE;
}

/* --- all of them ------------------------------------------------------------------------------------------- */

/* Where the first of a lab's crashes was, by the modules that it ran: there is another boot only if the first one crashed. */
static void
resolve_crash (const BootReading *reading, const char *modules_dir, EvidenceBoot *boot)
{
  g_autoptr (CrashFrame) frame = reading->report->trace ? crash_frame (reading->report->trace) : NULL;

  boot->resolved = frame ? crash_line_resolve (frame, modules_dir) : NULL;
}

/* A hang is left alone: it costs a deadline each time. */
static gboolean
has_died (const BootReading *reading)
{
  const MachineEnd end = reading->boot->end.end;

  return reading->report->trouble && end != MACHINE_END_DEADLINE && end != MACHINE_END_KILLED;
}

/* What the next boot leaves out, if there is one that may come further. */
static gboolean
leave_out (Way *way, const BootReading *reading, ProgramLess *less)
{
  const Account *account = boot_reading_stopped (reading);
  const struct challenge_step *step;
  g_autofree char *what = NULL;

  if (!has_died (reading) || boot_reading_is_whole (reading) || !crash_add_culprit (account, less))
    return FALSE;
  step = program_step (account->program, account->reached - 1);
  what = step->kind == CHALLENGE_READ ? g_strdup_printf ("CPUID leaf 0x%x is asked with ecx = %u", step->a, step->b) : g_strdup_printf ("the guest performs %s", challenge_ops[step->op].what);
  g_ptr_array_add (way->grade->notes, g_strdup_printf ("L1's kernel came to %s when %s. L1 was booted once more without it, so that the rest is judged.", reading->report->trouble_name, what));
  return TRUE;
}

/* FALSE: an error. *more: there is to be another one, without what is in *less. */
static gboolean
boot_once (Way *way, EvidenceLab *lab, ProgramLess *less, const char *modules_dir, const char *dir, gboolean *more, GError **error)
{
  g_autoptr (BootReading) reading = NULL;
  EvidenceBoot *boot;

  if (!take_boot (way, lab, less, modules_dir, dir, error))
    return FALSE;
  boot = g_ptr_array_index (lab->boots, lab->boots->len - 1);
  reading = boot_reading_new (boot, evidence_has_again (way->evidence, lab->isa));
  keep_logs (way, lab->isa, reading, lab->boots->len - 1);
  if (lab->boots->len == 1)
    resolve_crash (reading, modules_dir, boot);
  *more = lab->boots->len < EVIDENCE_BOOTS_MAX && leave_out (way, reading, less);
  return TRUE;
}

gboolean
grade_boots_run (Way *way, EvidenceLab *lab, const char *modules_dir, const char *dir, GError **error)
{
  ProgramLess less = { 0 };
  gboolean more = TRUE, ok = TRUE;

  while (ok && more)
    ok = boot_once (way, lab, &less, modules_dir, dir, &more, error);
  g_clear_pointer (&less.leaves, g_array_unref);
  return ok;
}

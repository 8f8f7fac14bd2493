/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The labs of one submission; see grade-labs.h. */
#include "cli/grade-labs.h"

#include <string.h>

#include "base/hash.h"
#include "cli/grade-boots.h"
#include "cli/grade-build.h"
#include "cli/grade-kernel.h"
#include "grade/module-scan.h"
#include "grade/where.h"

static gboolean
scan_modules (const Way *way, Isa isa, const char *modules_dir, GPtrArray *findings, GError **error)
{
  const char *const names[] = { "kvm", isa == ISA_VMX ? "kvm-intel" : "kvm-amd" };

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autofree char *file = g_strconcat (names[i], ".ko.debug", NULL);
      g_autofree char *base = g_build_filename (way->kernel->kit->base_modules_dir, file, NULL);
      g_autofree char *module = g_build_filename (modules_dir, file, NULL);

      if (!module_scan (base, module, names[i], findings, error))
        return FALSE;
    }
  return TRUE;
}

/* --- how it ended -------------------------------------------------------------------------------------------- */

/* The guest got so far that there is something to judge: past the first window of its program. */
static gboolean
has_window (const GradedLab *lab)
{
  const ProgramWindow *first = &g_array_index (lab->best->program->windows, ProgramWindow, 0);

  return account_step (g_ptr_array_index (lab->judged.accounts, 0), first->after.first)->done;
}

/* Nothing of the submission runs before the agent has begun; a kernel that later wipes the agent's report cannot wipe its exits from the log. */
static gboolean
came_up (const GradedLab *lab)
{
  return lab->best->report->began || lab->best->run->exits->len > 0;
}

static void
blame_lab (Way *way, Stage stage, const char *what, const MachineResult *end)
{
  g_autofree char *reason = g_strdup_printf ("%s by %s.", what, grade_boots_end_words (end));

  way_end (way, stage, VERDICT_INFRASTRUCTURE, BLAME_INFRASTRUCTURE, reason, end->detail);
  way->retry = TRUE;
}

/* L1's kernel had no trouble. At the guest's start L1 powers itself off because its QEMU has ended: the guest failed, not L1. */
static char *
quiet_end (const Way *way, const MachineResult *end, Stage stage, const char *when)
{
  if (stage != STAGE_L2_BOOT || end->end != MACHINE_END_POWEROFF)
    return g_strdup_printf ("The guest did not run: L1 ended by %s %s.", grade_boots_end_words (end), when);
  g_autofree char *writes = way->carried ? where_guest_registers (way->carried->diff) : NULL;
  return g_strdup_printf ("The guest ended before it said anything, while L1's kernel had no trouble: it does not boot on this KVM.%s%s",
                          writes ? " Here registers of the guest are written when an exit is handled: " : "", writes ? writes : "");
}

/* What ended L1 too early, if anything did; the parts of a grade where the challenge hardly began. */
static void
explain_no_challenge (Way *way, const GradedLab *lab)
{
  const AgentReport *report = lab->best->report;
  const MachineResult *end = &lab->best->run->end;
  g_autofree char *reason = NULL;

  if (report->module_failed)
    {
      g_autofree char *words = agent_report_kernel (report);

      reason = g_strdup_printf ("A module does not load: %s.", report->module_failed);
      way_end (way, STAGE_LOAD, VERDICT_FAILED, BLAME_STUDENT, reason, report->trouble ? report->trouble : words);
      return;
    }
  const Stage stage = report->modules_loaded ? STAGE_L2_BOOT : STAGE_LOAD;
  const char *when = report->modules_loaded ? "when the guest was started" : "while the modules were loaded";
  if (report->trouble && lab->crash && lab->crash->place)
    reason = g_strdup_printf ("L1's kernel came to %s %s, at %s.", report->trouble_name, when, lab->crash->place);
  else if (report->trouble)
    reason = g_strdup_printf ("L1's kernel came to %s %s.", report->trouble_name, when);
  else if (end->end == MACHINE_END_DEADLINE || report->deadline)
    reason = g_strdup_printf ("L1 or its guest hung %s.", when);
  else
    reason = quiet_end (way, end, stage, when);
  if (lab->crash && !lab->crash->theirs)
    {
      g_autofree char *nobodys = g_strconcat (reason, " That is no line of the submission's own.", NULL);

      way_end (way, stage, VERDICT_NEEDS_BASE, BLAME_NONE, nobodys, report->trouble);
      return;
    }
  /* How many seconds it was left alone is this machine's business, and no part of a grade. */
  way_end (way, stage, VERDICT_FAILED, BLAME_STUDENT, reason, report->trouble ? report->trouble : end->end == MACHINE_END_DEADLINE ? NULL : end->detail);
  way->retry = end->end == MACHINE_END_DEADLINE;
}

/*
 * How L1 ended, where it was not as it should: the grade, if there is nothing to judge, or another try. Only a machine under load, or one that lacks memory, makes the emulator
 * itself die; and the clock on the wall, which tells a hang, is the machine's too: what it ends in the middle is not believed at once.
 */
static void
explain_end (Way *way, const GradedLab *lab)
{
  const MachineResult *end = &lab->best->run->end;

  if (graded_lab_is_complete (lab))
    return;
  if (!came_up (lab))
    blame_lab (way, STAGE_L1_BOOT, "L1 did not come up: it ended", end);
  else if (end->end == MACHINE_END_KILLED)
    blame_lab (way, lab->best->report->modules_loaded ? STAGE_L2_BOOT : STAGE_LOAD, "L1 did not get to its end: it was ended", end);
  else if (!has_window (lab))
    explain_no_challenge (way, lab);
  else if (end->end == MACHINE_END_DEADLINE && way->tries == 1)
    blame_lab (way, STAGE_CHECKS, "L1 or its guest hung in the middle of the challenge: it was ended", end);
}

/* --- one lab -------------------------------------------------------------------------------------------- */

static gboolean
judge_in_lab (Way *way, Isa number, const char *modules_dir, const char *dir, GError **error)
{
  GradeSession *session = way->session;
  const gint64 begin_us = g_get_monotonic_time ();
  GradedLab *lab = g_new0 (GradedLab, 1);

  g_ptr_array_add (way->labs, lab);
  lab->findings = g_ptr_array_new_with_free_func ((GDestroyNotify) scan_finding_free);
  lab->boots = g_ptr_array_new_with_free_func (graded_boot_free);
  way->stage = STAGE_L1_BOOT;
  way->hopeless = !grade_kernel_baseline (session, way->kernel, number, error);
  lab->judged.baseline = &way->kernel->baselines[number].baseline;
  if (way->hopeless || !grade_boots_run (way, number, lab, modules_dir, dir, error))
    return FALSE;
  way->grade->lab_ms += (g_get_monotonic_time () - begin_us) / 1000;
  lab->judged.isa = number;
  lab->judged = graded_lab_boot (lab, lab->best);
  lab->judged.names = session->isa[number].terms.names;
  lab->judged.leaves = (const guint32 *) (const void *) session->leaves->data;
  lab->judged.nr_leaves = session->leaves->len;
  lab->judged.findings = lab->findings;
  lab->judged.change = way->carried->diff;
  explain_end (way, lab);
  way->stage = STAGE_CHECKS;
  return way->ended || scan_modules (way, number, modules_dir, lab->findings, error);
}

/* --- all of them -------------------------------------------------------------------------------------------- */

/* A whole kernel tree has both vendors' files: what counts is what was changed. */
static gboolean
changes_below (const Carried *carried, const char *folder)
{
  g_autofree char *mark = g_strdup_printf ("\ndiff --git a/%s", folder);

  return g_str_has_prefix (carried->diff, mark + 1) || strstr (carried->diff, mark);
}

static void
choose_labs (const Way *way, gboolean wanted[2])
{
  const GradeSession *session = way->session;
  Isa asked;

  wanted[ISA_VMX] = way->carried ? changes_below (way->carried, "arch/x86/kvm/vmx/") : way->submission->touches_vmx;
  wanted[ISA_SVM] = way->carried ? changes_below (way->carried, "arch/x86/kvm/svm/") : way->submission->touches_svm;
  if (session->options->isa && isa_parse (session->options->isa, &asked))
    {
      wanted[asked] = TRUE;
      wanted[asked == ISA_VMX ? ISA_SVM : ISA_VMX] = FALSE;
    }
  if (!wanted[ISA_VMX] && !wanted[ISA_SVM])
    wanted[session->rubric->isa] = TRUE;
}

static char *
fingerprint (const Way *way)
{
  g_autoptr (InputHash) hash = input_hash_new ("grade labs");

  for (guint i = 0; i < way->labs->len; i++)
    {
      const GradedLab *lab = g_ptr_array_index (way->labs, i);

      for (guint j = 0; j < lab->boots->len; j++)
        input_hash_add (hash, isa_name (lab->judged.isa), ((const GradedBoot *) g_ptr_array_index (lab->boots, j))->run->log_sha256);
    }
  return input_hash_end (hash);
}

gboolean
way_run_labs (Way *way, const Scratch *scratch, const char *modules_dir, GError **error)
{
  gboolean wanted[2];

  choose_labs (way, wanted);
  for (guint isa = 0; isa < G_N_ELEMENTS (wanted) && !way->ended; isa++)
    {
      g_autofree char *dir = scratch_file (scratch, isa_name ((Isa) isa));

      if (wanted[isa])
        way_check_size (way, (Isa) isa, modules_dir);
      if (wanted[isa] && !way->ended && (!files_make_dir (dir, error) || !judge_in_lab (way, (Isa) isa, modules_dir, dir, error)))
        return FALSE;
    }
  if (way->ended)
    return TRUE;
  g_free (way->grade->fingerprint);
  way->grade->fingerprint = fingerprint (way);
  return TRUE;
}

void
way_name_labs (Way *way)
{
  gboolean wanted[2];

  choose_labs (way, wanted);
  way_set_text (&way->grade->isa, wanted[ISA_VMX] && wanted[ISA_SVM] ? "vmx+svm" : wanted[ISA_VMX] ? "vmx" : "svm");
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Explaining a lab that ended early; see early-end.h. Only a machine under load, or one that lacks
 * memory, makes the emulator itself die; and the clock on the wall, which tells a hang, is the
 * machine's too: what it ends in the middle is not believed at once.
 */
#include "grade/early-end.h"

#include "grade/where.h"

static const char *
end_words (MachineEnd end)
{
  switch (end)
    {
    case MACHINE_END_POWEROFF:
      return "powering itself off";
    case MACHINE_END_PANIC:
      return "a kernel panic";
    case MACHINE_END_RESET:
      return "a reset";
    case MACHINE_END_DEADLINE:
      return "its deadline";
    case MACHINE_END_FLOOD:
      return "writing without end";
    case MACHINE_END_SNAPSHOT:
    case MACHINE_END_KILLED:
      return "the emulator's death";
    }
  return "something else";
}

/* The guest got so far that there is something to judge: past the first window of its program. */
static gboolean
has_window (const LabReading *lab)
{
  const ProgramWindow *first = &g_array_index (lab->judged.program->windows, ProgramWindow, 0);

  return account_step (g_ptr_array_index (lab->judged.accounts, 0), first->after.first)->done;
}

/*
 * Nothing of the submission runs before the agent has begun; a kernel that later wipes the agent's
 * report cannot wipe its exits from the log.
 */
static gboolean
came_up (const LabReading *lab)
{
  return lab->best->report->began || lab->best->boot->exits->len > 0;
}

static gboolean
blame_lab (Stage stage, const char *what, const MachineResult *end, Grade *grade, gboolean *doubtful)
{
  g_autofree char *reason = g_strdup_printf ("%s by %s.", what, end_words (end->end));

  grade_end (grade, stage, VERDICT_INFRASTRUCTURE, BLAME_INFRASTRUCTURE, reason, end->detail);
  *doubtful = TRUE;
  return TRUE;
}

/*
 * L1's kernel had no trouble. At the guest's start L1 powers itself off because its QEMU has ended:
 * the guest failed, not L1.
 */
static char *
quiet_end (const char *carried, const MachineResult *end, Stage stage, const char *when)
{
  if (stage != STAGE_L2_BOOT || end->end != MACHINE_END_POWEROFF)
    return g_strdup_printf ("The guest did not run: L1 ended by %s %s.", end_words (end->end), when);
  g_autofree char *writes = where_guest_registers (carried);
  return g_strdup_printf ("The guest ended before it said anything, while L1's kernel had no trouble: it "
                          "does not boot on this KVM.%s%s",
                          writes ? " Here registers of the guest are written when an exit is handled: "
                                 : "",
                          writes ? writes : "");
}

static char *
what_ended (const LabReading *lab, const MachineResult *end, Stage stage, const char *carried)
{
  const AgentReport *report = lab->best->report;
  const char *when = report->modules_loaded ? "when the guest was started"
                                            : "while the modules were loaded";

  if (report->trouble && lab->crash && lab->crash->place)
    return g_strdup_printf ("L1's kernel came to %s %s, at %s.", report->trouble_name, when,
                            lab->crash->place);
  if (report->trouble)
    return g_strdup_printf ("L1's kernel came to %s %s.", report->trouble_name, when);
  if (end->end == MACHINE_END_DEADLINE || report->deadline)
    return g_strdup_printf ("L1 or its guest hung %s.", when);
  return quiet_end (carried, end, stage, when);
}

static void
module_does_not_load (const AgentReport *report, Grade *grade)
{
  g_autofree char *words = agent_report_kernel (report);
  g_autofree char *reason = g_strdup_printf ("A module does not load: %s.", report->module_failed);

  grade_end (grade, STAGE_LOAD, VERDICT_FAILED, BLAME_STUDENT, reason,
             report->trouble ? report->trouble : words);
}

/* The challenge hardly began. */
static gboolean
no_challenge (const LabReading *lab, const MachineResult *end, Grade *grade, gboolean *doubtful)
{
  const AgentReport *report = lab->best->report;
  const Stage stage = report->modules_loaded ? STAGE_L2_BOOT : STAGE_LOAD;
  g_autofree char *reason = NULL;

  if (report->module_failed)
    {
      module_does_not_load (report, grade);
      return TRUE;
    }
  reason = what_ended (lab, end, stage, grade->carried);
  if (lab->crash && !lab->crash->theirs)
    {
      g_autofree char *nobodys = g_strconcat (reason, " That is no line of the submission's own.", NULL);

      grade_end (grade, stage, VERDICT_NEEDS_BASE, BLAME_NONE, nobodys, report->trouble);
      return TRUE;
    }
  /* How many seconds it was left alone is this machine's business, and no part of a grade. */
  grade_end (grade, stage, VERDICT_FAILED, BLAME_STUDENT, reason,
             report->trouble                    ? report->trouble
             : end->end == MACHINE_END_DEADLINE ? NULL
                                                : end->detail);
  *doubtful = end->end == MACHINE_END_DEADLINE;
  return TRUE;
}

gboolean
early_end (const LabReading *lab, gboolean last_try, Grade *grade, gboolean *doubtful)
{
  const MachineResult *end = &lab->best->boot->end;

  if (lab_reading_is_complete (lab))
    return FALSE;
  if (!came_up (lab))
    return blame_lab (STAGE_L1_BOOT, "L1 did not come up: it ended", end, grade, doubtful);
  if (end->end == MACHINE_END_KILLED)
    return blame_lab (lab->best->report->modules_loaded ? STAGE_L2_BOOT : STAGE_LOAD,
                      "L1 did not get to its end: it was ended", end, grade, doubtful);
  if (!has_window (lab))
    return no_challenge (lab, end, grade, doubtful);
  return end->end == MACHINE_END_DEADLINE && !last_try &&
         blame_lab (STAGE_CHECKS, "L1 or its guest hung in the middle of the challenge: it was ended", end,
                    grade, doubtful);
}

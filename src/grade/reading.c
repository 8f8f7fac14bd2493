/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading a lab's evidence; see reading.h. */
#include "grade/reading.h"

/* --- a boot ----------------------------------------------------------------------------------- */

void
boot_reading_free (BootReading *reading)
{
  if (!reading)
    return;
  g_ptr_array_unref (reading->accounts);
  account_free (reading->last);
  agent_report_free (reading->report);
  g_free (reading);
}

BootReading *
boot_reading_new (const EvidenceBoot *boot, gboolean again)
{
  BootReading *reading = g_new0 (BootReading, 1);
  Account *account = account_read (boot->program, boot->exits, 0);

  reading->boot = boot;
  reading->report = agent_report_read (boot->report, boot->console);
  reading->accounts = g_ptr_array_new_with_free_func ((GDestroyNotify) account_free);
  g_ptr_array_add (reading->accounts, account);
  if (again)
    {
      account = account_read (boot->program, boot->exits, account->last + 1);
      g_ptr_array_add (reading->accounts, account);
    }
  reading->last = account_read (boot->last_program, boot->exits, account->last + 1);
  return reading;
}

gboolean
boot_reading_is_whole (const BootReading *reading)
{
  for (guint i = 0; i < reading->accounts->len; i++)
    if (!((const Account *) g_ptr_array_index (reading->accounts, i))->complete)
      return FALSE;
  return TRUE;
}

const Account *
boot_reading_stopped (const BootReading *reading)
{
  for (guint i = 0; i < reading->accounts->len; i++)
    {
      const Account *account = g_ptr_array_index (reading->accounts, i);

      if (!account->complete)
        return account;
    }
  return g_ptr_array_index (reading->accounts, 0);
}

static guint
steps_done (const BootReading *reading)
{
  const Account *account = g_ptr_array_index (reading->accounts, 0);
  guint done = 0;

  for (guint i = 0; i < account->steps->len; i++)
    done += account_step (account, i)->done;
  return done;
}

/* --- a lab ------------------------------------------------------------------------------------ */

void
lab_reading_free (LabReading *reading)
{
  if (!reading)
    return;
  g_ptr_array_unref (reading->boots);
  crash_free (reading->crash);
  g_free (reading);
}

static Crash *
crash_of (const BootReading *reading, const char *change)
{
  const AgentReport *report = reading->report;
  g_autoptr (CrashFrame) frame = report->trace ? crash_frame (report->trace) : NULL;

  return crash_new (report->trouble_name, report->trouble, frame, reading->boot->resolved, change);
}

static void
read_boot (LabReading *lab, const EvidenceBoot *boot, gboolean again, const char *change)
{
  BootReading *reading = boot_reading_new (boot, again);

  g_ptr_array_add (lab->boots, reading);
  if (!lab->crash && reading->report->trouble)
    lab->crash = crash_of (reading, change);
  if (!lab->best || steps_done (reading) > steps_done (lab->best))
    lab->best = reading;
}

LabReading *
lab_reading_new (const Evidence *evidence, const EvidenceLab *lab, const ReasonNames *names)
{
  LabReading *reading = g_new0 (LabReading, 1);

  reading->lab = lab;
  reading->boots = g_ptr_array_new_with_free_func ((GDestroyNotify) boot_reading_free);
  for (guint i = 0; i < lab->boots->len; i++)
    read_boot (reading, g_ptr_array_index (lab->boots, i), evidence_has_again (evidence, lab->isa),
               evidence->collected->carried);
  reading->judged = (JudgedLab){
    .isa = lab->isa,
    .baseline = &lab->baseline,
    .names = names,
    .leaves = (const guint32 *) (const void *) evidence->leaves->data,
    .nr_leaves = evidence->leaves->len,
    .findings = lab->findings,
    .change = evidence->collected->carried,
  };
  reading->judged = lab_reading_boot (reading, reading->best);
  return reading;
}

JudgedLab
lab_reading_boot (const LabReading *reading, const BootReading *boot)
{
  JudgedLab judged = reading->judged;

  judged.program = boot->boot->program;
  judged.last_program = boot->boot->last_program;
  judged.accounts = boot->accounts;
  judged.last = boot->last;
  judged.less = &boot->boot->less;
  judged.report = boot->report;
  judged.crash = reading->crash;
  return judged;
}

gboolean
lab_reading_is_complete (const LabReading *reading)
{
  return boot_reading_is_whole (reading->best) && reading->best->last->complete;
}

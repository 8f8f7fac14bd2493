/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is under way with one submission; see grade-way.h. */
#include "cli/grade-way.h"

#include <string.h>

#include "base/files.h"

#define LOG_MAX (1 << 20)

void
graded_boot_free (gpointer data)
{
  GradedBoot *boot = data;

  if (!boot)
    return;
  g_clear_pointer (&boot->accounts, g_ptr_array_unref);
  account_free (boot->last);
  agent_report_free (boot->report);
  grade_lab_free (boot->run);
  program_free (boot->program);
  program_free (boot->last_program);
  g_clear_pointer (&boot->less.leaves, g_array_unref);
  g_free (boot);
}

void
graded_lab_free (gpointer data)
{
  GradedLab *lab = data;

  g_ptr_array_unref (lab->boots);
  crash_free (lab->crash);
  g_clear_pointer (&lab->findings, g_ptr_array_unref);
  g_free (lab);
}

JudgedLab
graded_lab_boot (const GradedLab *lab, const GradedBoot *boot)
{
  JudgedLab judged = lab->judged;

  judged.program = boot->program;
  judged.last_program = boot->last_program;
  judged.accounts = boot->accounts;
  judged.last = boot->last;
  judged.less = &boot->less;
  judged.report = boot->report;
  judged.crash = lab->crash;
  return judged;
}

gboolean
graded_lab_is_complete (const GradedLab *lab)
{
  for (guint i = 0; i < lab->judged.accounts->len; i++)
    if (!((const Account *) g_ptr_array_index (lab->judged.accounts, i))->complete)
      return FALSE;
  return lab->best->last->complete;
}

void
way_clear (Way *way)
{
  grade_free (way->grade);
  submission_free (way->submission);
  carried_free (way->carried);
  g_clear_pointer (&way->labs, g_ptr_array_unref);
}

void
way_set_text (char **member, const char *text)
{
  g_free (*member);
  *member = g_strdup (text);
}

void
way_end (Way *way, Stage stage, Verdict verdict, Blame blame, const char *reason, const char *details)
{
  Grade *grade = way->grade;

  grade->stage = stage;
  grade->verdict = verdict;
  grade->blame = blame;
  way_set_text (&grade->reason, reason);
  way_set_text (&grade->details, details);
  way->ended = TRUE;
}

void
way_end_with_fault (Way *way, const Fault *fault)
{
  way_end (way, fault->stage, fault->needs_base ? VERDICT_NEEDS_BASE : VERDICT_FAILED, fault->needs_base ? BLAME_NONE : BLAME_STUDENT, fault->reason, fault->details);
}

void
way_take_notes (Way *way, const GPtrArray *notes)
{
  for (guint i = 0; notes && i < notes->len; i++)
    g_ptr_array_add (way->grade->notes, g_strdup (g_ptr_array_index (notes, i)));
}

void
way_keep_log (const Way *way, const char *name, const char *text)
{
  g_autofree char *path = way->logs && text ? g_build_filename (way->logs, name, NULL) : NULL;

  if (path && text[0])
    files_write (path, text, (gssize) MIN (strlen (text), LOG_MAX), NULL);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is under way with one submission; see grade-way.h. */
#include "cli/grade-way.h"

#include <string.h>

#include "base/files.h"

#define LOG_MAX (1 << 20)

void
graded_lab_free (gpointer data)
{
  GradedLab *lab = data;

  g_clear_pointer (&lab->judged.accounts, g_ptr_array_unref);
  account_free (lab->last);
  agent_report_free (lab->report);
  grade_lab_free (lab->run);
  program_free (lab->program);
  program_free (lab->last_program);
  g_clear_pointer (&lab->less.leaves, g_array_unref);
  crash_free (lab->crash);
  g_string_free (lab->logs, TRUE);
  g_clear_pointer (&lab->findings, g_ptr_array_unref);
  g_free (lab);
}

gboolean
graded_lab_is_complete (const GradedLab *lab)
{
  for (guint i = 0; i < lab->judged.accounts->len; i++)
    if (!((const Account *) g_ptr_array_index (lab->judged.accounts, i))->complete)
      return FALSE;
  return lab->last->complete;
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

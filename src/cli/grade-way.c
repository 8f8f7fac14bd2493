/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is under way with one submission; see grade-way.h. */
#include "cli/grade-way.h"

#include <string.h>

#include "base/files.h"

#define LOG_MAX (1 << 20)

void
way_clear (Way *way)
{
  evidence_free (way->evidence);
  grade_free (way->judged);
  submission_free (way->submission);
  carried_free (way->carried);
  changed_code_clear (&way->code);
}

void
way_end (Way *way, Stage stage, Verdict verdict, Blame blame, const char *reason, const char *details)
{
  grade_end (way->grade, stage, verdict, blame, reason, details);
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

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Several assignments in one submission: what is of the one that is asked for; see choose-private.h. */
#include "submission/choose-private.h"

/* An answer needs cpuid.c and a vendor's file: who changed one alone for this assignment has the other where the one before lies. */
static gboolean
fills_gap (const Choice *choice, const Candidate *candidate)
{
  const gboolean vendors = is_vendors (candidate->path.path);
  if (choice->patches->len > 0 || (!vendors && !is_cpuid (candidate->path.path)))
    return FALSE;
  for (guint i = 0; i < choice->candidates->len; i++)
    {
      const Candidate *other = g_ptr_array_index (choice->candidates, i);
      if (other->asked != ASKED_OTHER && (vendors ? is_vendors (other->path.path) : is_cpuid (other->path.path)))
        return FALSE;
    }
  return TRUE;
}

/* What is of the assignment asked for; NULL: nothing says so. */
static const char *
find_asked (const Choice *choice)
{
  for (guint i = 0; i < choice->candidates->len; i++)
    {
      const Candidate *candidate = g_ptr_array_index (choice->candidates, i);
      if (candidate->asked == ASKED_THIS)
        return candidate->raw->name;
    }
  for (guint i = 0; i < choice->patches->len; i++)
    {
      const RawFile *patch = g_ptr_array_index (choice->patches, i);
      if (asked_of (patch->name, choice->names) == ASKED_THIS)
        return patch->name;
    }
  return NULL;
}

static guint
drop_other_patches (Choice *choice)
{
  const guint before = choice->patches->len;
  for (guint i = before; i > 0; i--)
    {
      const RawFile *patch = g_ptr_array_index (choice->patches, i - 1);
      if (asked_of (patch->name, choice->names) == ASKED_OTHER)
        g_ptr_array_remove_index (choice->patches, i - 1);
    }
  return before - choice->patches->len;
}

static guint
drop_other_files (Choice *choice)
{
  guint dropped = 0;
  for (guint i = choice->candidates->len; i > 0; i--)
    {
      const Candidate *candidate = g_ptr_array_index (choice->candidates, i - 1);
      if (candidate->asked != ASKED_OTHER || fills_gap (choice, candidate))
        continue;
      g_ptr_array_remove_index (choice->candidates, i - 1);
      dropped++;
    }
  return dropped;
}

/* A name of another assignment's, where all that was handed in has such names. */
static const char *
find_only_other (const Choice *choice)
{
  const char *found = NULL;
  for (guint i = 0; i < choice->candidates->len; i++)
    {
      const Candidate *candidate = g_ptr_array_index (choice->candidates, i);
      if (candidate->asked != ASKED_OTHER)
        return NULL;
      found = found != NULL ? found : candidate->raw->name;
    }
  for (guint i = 0; i < choice->patches->len; i++)
    {
      const RawFile *patch = g_ptr_array_index (choice->patches, i);
      if (asked_of (patch->name, choice->names) != ASKED_OTHER)
        return NULL;
      found = found != NULL ? found : patch->name;
    }
  return found;
}

static void
say_only_other (Choice *choice)
{
  const char *other = find_only_other (choice);
  if (other == NULL)
    return;
  g_autofree char *shown = name_shown (other);
  note (choice, "\"%s\" is of another assignment by its name, and nothing is of the one that is asked for: it is judged as if it were", shown);
}

void
choose_asked (Choice *choice)
{
  const char *asked = find_asked (choice);
  if (asked == NULL)
    {
      say_only_other (choice);
      return;
    }
  g_autofree char *shown = name_shown (asked);
  const guint dropped = drop_other_patches (choice) + drop_other_files (choice);
  if (dropped > 0)
    note (choice, "\"%s\" is of the assignment that is asked for: %u %s of others left out", shown, dropped, dropped == 1 ? "file is" : "files are");
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the student took out of a list, or put another in place of; see statement-lists.h. */
#include "submission/statement-lists-private.h"
#include "submission/statement-match.h"

#define FORM_MIN 40u /* percent of tokens: what the student has in place of the kernel's */

/* The student's has it below, or has another form of it. */
gboolean
statement_has_form_of (const Statement *own, const Statement *lab)
{
  if (own->key == lab->key || ((own->children == NULL) == (lab->children == NULL) && statement_likeness (own, lab) >= FORM_MIN))
    return TRUE;
  for (guint i = 0; own->children != NULL && i < own->children->len; i++)
    {
      if (statement_has_form_of (at (own->children, i), lab))
        return TRUE;
    }
  return FALSE;
}

/* It leaves the function or goes elsewhere: what stands behind it may then not be reached. */
static gboolean
has_jump (const Statement *statement)
{
  gboolean found = statement_is_jump (statement);
  for (guint i = 0; !found && statement->children != NULL && i < statement->children->len; i++)
    found = has_jump (at (statement->children, i));
  return found;
}

typedef enum { GONE_BETWEEN, GONE_REPLACED, GONE_UNKNOWN } Gone; /* between versions; the student has another in its place; either */

/* The student has it elsewhere in the same list. */
static gboolean
moved_by_student (const StatementLists *lists, guint i)
{
  for (guint t = 0; t < lists->theirs->len; t++)
    {
      if (lists->state[t] == STATEMENT_OWN && at (lists->theirs, t)->key == at (lists->base, i)->key)
        return TRUE;
    }
  return FALSE;
}

/* What became of a statement of the base that theirs has not, by what of the student's stands where it was. */
static Gone
why_gone (const StatementLists *lists, guint i)
{
  const Statement *lab = at (lists->lab, (guint) lists->base_lab[i]);
  gint before = -1, after = (gint) lists->theirs->len;
  gboolean own = FALSE;
  if (!statement_is_jump (lab) && moved_by_student (lists, i))
    return GONE_REPLACED;
  for (guint k = 0; k < i; k++)
    before = MAX (before, lists->base_theirs[k] >= 0 && lists->theirs_base[lists->base_theirs[k]] >= 0 ? lists->base_theirs[k] : -1);
  for (guint k = lists->base->len; k-- > i + 1;)
    {
      if (lists->base_theirs[k] >= 0 && lists->theirs_base[lists->base_theirs[k]] >= 0)
        after = lists->base_theirs[k];
    }
  for (gint t = before + 1; t < after; t++)
    {
      if (lists->state[t] != STATEMENT_OWN)
        continue;
      own = TRUE;
      const Statement *theirs = at (lists->theirs, (guint) t);
      if (statement_has_form_of (theirs, lab) || (statement_is_jump (lab) && statement_is_jump (theirs)))
        return GONE_REPLACED;
    }
  return own && has_jump (lab) ? GONE_UNKNOWN : GONE_BETWEEN;
}

/* What is the student's doing is taken out of the lab's too; it must be what the student saw, for the lab may have changed it. */
static void
take_out_statements (StatementLists *lists, gboolean exact)
{
  for (guint i = 0; i < lists->base->len; i++)
    {
      const gint j = lists->base_lab[i];
      if (lists->base_theirs[i] >= 0 || j < 0)
        continue;
      const Gone gone = exact ? GONE_REPLACED : why_gone (lists, i);
      lists->dropped[j] = gone == GONE_REPLACED;
      if (gone == GONE_UNKNOWN || (gone == GONE_REPLACED && !statement_same (at (lists->lab, (guint) j), at (lists->base, i))))
        g_ptr_array_add (lists->lost, (gpointer) at (lists->lab, (guint) j));
    }
}

/* Of the lab's #if at `first` the place of its #endif, the list's end if there is none. */
static guint
condition_end (const StatementLists *lists, guint first)
{
  guint depth = 0;
  for (guint j = first; j < lists->lab->len; j++)
    {
      const Statement *statement = at (lists->lab, j);
      if (statement_is_directive (statement, "if"))
        depth++;
      else if (statement_is_directive (statement, "endif") && --depth == 0)
        return j;
    }
  return lists->lab->len;
}

/* The lab's #if and #endif around what was taken out go with it, whatever their condition is called there; but not if something stays between them. */
static void
take_out_conditions (StatementLists *lists)
{
  for (guint first = 0; first < lists->lab->len; first++)
    {
      const guint end = statement_is_directive (at (lists->lab, first), "if") ? condition_end (lists, first) : lists->lab->len;
      guint dropped = 0;
      if (end == lists->lab->len)
        continue;
      for (guint j = first + 1; j < end; j++)
        dropped += lists->dropped[j] ? 1 : 0;
      if (lists->dropped[first] == lists->dropped[end])
        continue;
      if (dropped == end - first - 1)
        lists->dropped[first] = lists->dropped[end] = TRUE;
      else
        g_ptr_array_add (lists->lost, (gpointer) at (lists->lab, first));
    }
}

void
statement_lists_take_out (StatementLists *lists, gboolean exact)
{
  take_out_statements (lists, exact);
  take_out_conditions (lists);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whose each line of a student's function is. Internal to transplant-function. */
#pragma once
#include "submission/transplant-function.h"

typedef enum { LINE_OPEN, LINE_SAME, LINE_OWN, LINE_OLD, LINE_IDLE } LineState; /* undecided; the lab's too; the student's; another version's; white space, comment */

typedef struct {
  CItemAt at;
  guint first, count; /* lines of the body */
  char **forms;       /* their same form, "" for comment and white space */
  char **keys;        /* what must be equal to be the same line */
} Body;

typedef struct {
  Body theirs, lab;
  gint *partner;      /* of their lines: the lab's, or -1 */
  gint *lab_partner;
  guint *gap;         /* of their lines: how many lines of the lab's come before that are the same */
  guint *lab_gap;
  LineState *state;
  gboolean *braced;   /* of their lines: the line is the lab's, but a brace at its end, or at its beginning, the student's */
  gint *opener;       /* of their lines: the line of the innermost brace around it, -1 if that is the body's own */
  gint *closes;       /* of their lines: the line of the brace that its first closing brace matches, -1 */
  GPtrArray *foreign; /* of GHashTable: words of their line that the function knows in no version; NULL */
  GHashTable *removed; /* keys of lines that the student removed, where the base is known */
  GHashTable *own_words;
  guint budget;       /* of comparisons of two lines */
  gboolean exact;     /* the base is known: nothing is guessed */
} FunctionLines;

/* NULL if the two are too different to say. */
FunctionLines *function_lines_new (const FunctionSpec *spec);
void function_lines_free (FunctionLines *lines);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (FunctionLines, function_lines_free)
/* Decides all lines that can be decided. */
void function_lines_decide (FunctionLines *lines, const FunctionSpec *spec);
/* The lab's line in the same gap that is like theirs (both ways), from `from` on; -1. */
gint function_lines_like (FunctionLines *lines, guint their_line, guint from, guint percent);

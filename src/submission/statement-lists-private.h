/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the parts of statement-lists share. Internal to them. */
#pragma once
#include "submission/statement-lists.h"

static inline const Statement *
at (const GPtrArray *list, guint index)
{
  return g_ptr_array_index (list, index);
}

/* --- statement-gone.c --- */
/* The student's has the lab's below it, or another form of it. */
gboolean statement_has_form_of (const Statement *own, const Statement *lab);
/* Fills `dropped`; what is unsure is lost. exact: the base is what theirs was made from. */
void statement_lists_take_out (StatementLists *lists, gboolean exact);

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The student's lines in a function (or a table, or a struct) that the lab's kernel has too, put into the lab's. Internal to submission/.
 *
 * Lines that both have are the kernel's. Of what the student's function has beside them, the student's are those with words that no version of
 * the function at hand knows, and what belongs to them: blocks that they open, lines between them. The rest must be
 * explained by another version of the kernel (kvm-changes.h, the other sources), or there is a doubt, and the function is not carried.
 */
#pragma once
#include <glib.h>

#include "submission/csource.h"
#include "submission/kvm-changes.h"

typedef struct {
  const CSource *source;
  const CItem *item;
} CItemAt;

typedef struct {
  CItemAt theirs, lab;
  CItemAt base;                /* what the student's function was, if that is known; base.item NULL if not */
  const GArray *others;        /* of CItemAt: the same function in other versions */
  GHashTable *known;           /* the words of KVM's sources at hand */
  GHashTable *own;             /* words known to be the student's */
  gboolean guessed;            /* little is known of the function's versions: what does not name the student's own is another version's */
  const KvmRewriter *rewriter;
} FunctionSpec;

typedef struct {
  char *text;        /* the lab's function with the student's lines, from its first line on; NULL: nothing in it is the student's, or there is a doubt */
  GHashTable *words; /* of the student's lines, those that the function does not know in any version */
  GPtrArray *left;   /* of char *: lines taken for another version's own and left out */
  GPtrArray *doubts; /* of char *: what could not be placed, and why */
  guint own_lines;
} FunctionResult;
FunctionResult *transplant_function (const FunctionSpec *spec);
void function_result_free (FunctionResult *result);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (FunctionResult, function_result_free)

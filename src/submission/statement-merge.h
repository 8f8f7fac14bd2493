/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The student's statements, put into the lab's item: a three-way merge of statements, where of the base hashes are enough.
 * Nothing is lost in silence: what has no sure place is a doubt, and what went out with a path that the lab's kernel has
 * not is told. What comes out is counted against what went in. Internal to submission/.
 */
#pragma once
#include "submission/kvm-changes.h"
#include "submission/statements.h"

typedef struct {
  const Statement *base;      /* what theirs was made from, or is the nearest to */
  const Statement *theirs, *lab; /* with texts */
  const GHashTable *known;    /* keys of the statements that the item has in any version, and how often at most; NULL: the base is exact */
  gboolean base_is_sure;      /* the base is what the item was in the version that the file is of */
  const KvmRewriter *rewriter;
  const char *function;       /* the lab's name of it */
  const char *new_name;       /* what the student calls it now, or NULL */
} StatementMergeSpec;

typedef struct {
  GPtrArray *own;    /* of const Statement *, of theirs: the student's, the topmost of each */
  char *text;        /* NULL: nothing of the student's, or a doubt */
  GPtrArray *left;   /* of char * */
  GPtrArray *doubts; /* of char * */
} StatementMerge;
StatementMerge *statement_merge (const StatementMergeSpec *spec);
void statement_merge_free (StatementMerge *merge);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (StatementMerge, statement_merge_free)

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One list of statements in three versions: whose each is, and where the student's go. Internal to statement-merge. */
#pragma once
#include "submission/statements.h"

typedef enum {
  STATEMENT_KERNELS, /* the base has it too */
  STATEMENT_OWN,     /* the student's */
  STATEMENT_OLD,     /* of a version between: neither the base's nor the student's */
} StatementState;

typedef struct {
  const GPtrArray *base, *theirs, *lab; /* of Statement */
  const GHashTable *known;              /* keys that the item has in any version, and how often at most; NULL: the base is exact */
  const GHashTable *counts;             /* key -> gint, how often all of theirs has it; NULL: not counted */
  const GHashTable *needed;             /* of Statement of theirs: they count as the student's, whoever else has them */
  gboolean base_is_sure;                /* the base is what the item was in the version that the file is of */
} StatementListsSpec;

typedef struct {
  const GPtrArray *base, *theirs, *lab;
  gint *theirs_base, *base_theirs; /* each one's partner, -1 */
  gint *theirs_moved;              /* of a head that the base has elsewhere: base_theirs knows it too; -1 */
  gint *base_lab, *lab_base;       /* in order */
  gint *base_moved, *lab_moved;    /* out of order: the lab has it elsewhere */
  StatementState *state;           /* of theirs */
  gboolean *dropped;               /* of the lab's: the student took it out, or has another in its place */
  GPtrArray **buckets;             /* of Statement of theirs, before each of the lab's and after the last; NULL: none */
  GPtrArray *lost;                 /* of Statement of theirs: they have no sure place */
} StatementLists;

/* NULL: the budget (statement-match.h) does not suffice. */
StatementLists *statement_lists_new (const StatementListsSpec *spec, guint *budget);
void statement_lists_free (StatementLists *lists);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (StatementLists, statement_lists_free)

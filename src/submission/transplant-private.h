/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What finding the student's items and placing them share. Internal to transplant. */
#pragma once
#include "submission/csource.h"
#include "submission/statement-merge.h"
#include "submission/transplant.h"

typedef enum { ITEM_KERNELS, ITEM_NEW, ITEM_CHANGED } ItemState; /* this or another version's; in no version; in the lab's, otherwise */

typedef struct {
  ItemState state;
  gint lab;           /* its counterpart among the lab's items, -1 */
  gboolean chosen;    /* a new item that is the student's */
  GHashTable *words;  /* of new and changed items */
  Statement *tree;    /* of a changed item; NULL: it is none, or its braces are in no order */
  gboolean examined, taken; /* of a changed item */
  StatementMerge *merge;  /* of one that was examined; NULL: it goes as a whole or not at all */
  gboolean base_is_lab;   /* of one that goes as a whole */
  GHashTable *own_words;  /* of the student's statements in it */
  char *text;         /* that replaces the lab's item, lines [first, end); NULL: none */
} TheirItem;

typedef struct {
  const TransplantSpec *spec;
  CSource *theirs, *lab, *base; /* base: NULL if not known */
  GPtrArray *items;             /* of TheirItem: as theirs->items */
  KvmRewriter *rewriter;
  Transplant *out;
} Transplanting;

/* The lab's file with all that was chosen. Newly allocated. */
char *transplant_place (const Transplanting *work);

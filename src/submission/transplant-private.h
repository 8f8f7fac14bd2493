/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What finding the student's items and placing them share. Internal to transplant. */
#pragma once
#include "submission/csource.h"
#include "submission/transplant-function.h"
#include "submission/transplant.h"

typedef enum { ITEM_KERNELS, ITEM_NEW, ITEM_CHANGED } ItemState; /* this or another version's; in no version; in the lab's, otherwise */

typedef struct {
  ItemState state;
  gint lab;           /* its counterpart among the lab's items, -1 */
  gboolean chosen;    /* a new item that is the student's */
  GHashTable *words;  /* of new and changed items */
  FunctionResult *result; /* of a changed item that was looked at */
  char *text;         /* that replaces the lab's item, lines [first, end); NULL: none */
} TheirItem;

typedef struct {
  const TransplantSpec *spec;
  CSource *theirs, *lab, *base; /* base: NULL if not known */
  GPtrArray *others;            /* of CSource */
  GPtrArray *items;             /* of TheirItem: as theirs->items */
  KvmRewriter *rewriter;
  Transplant *out;
} Transplanting;

/* The lab's file with all that was chosen. Newly allocated. */
char *transplant_place (const Transplanting *work);

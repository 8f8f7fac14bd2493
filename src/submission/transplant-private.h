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
  guint64 versions;             /* bit N: version N; those that as much of the file is of as of out->version */
  gboolean version_is_sure;     /* nearly all of the file is of them */
  gboolean version_is_exact;    /* what differs from them is somebody's own, but for very little */
  GPtrArray *items;             /* of TheirItem: as theirs->items */
  KvmRewriter *rewriter;
  Transplant *out;
} Transplanting;

static inline const CItem *
item_at (const CSource *source, guint index)
{
  return g_ptr_array_index (source->items, index);
}

static inline TheirItem *
their (const Transplanting *work, guint index)
{
  return g_ptr_array_index (work->items, index);
}

/* --- transplant.c --- */
/* An item's key -> its number, + 1, of all that has a name. */
GHashTable *transplant_names (const CSource *source);
gint transplant_find_name (GHashTable *names, const char *key); /* -1 */
void transplant_take_merge (Transplanting *work, guint index, const StatementMerge *merge);
/* Of words that the student uses those that no kernel knows: other files, headers above all, may have to say what they are. */
void transplant_learn (Transplanting *work, const char *word);
/* The words lead to the rest of the student's, here and in other files. */
void transplant_want (Transplanting *work, GHashTable *words);

/* It counts exits or answers CPUID, in theirs or in the lab's. */
gboolean transplant_is_watched (const Transplanting *work, guint index);
/* A word that no kernel has. */
gboolean transplant_any_unknown_word (const Transplanting *work, GHashTable *words);

/* --- transplant-version.c --- */
void transplant_find_version (Transplanting *work);

/* --- transplant-origins.c: what an item may have been made from --- */
typedef struct {
  GPtrArray *trees;  /* of Statement: the lab's first, then the base's or those of all versions */
  GPtrArray *owned;  /* of those the ones that are made here */
  GHashTable *known; /* keys of all their statements; NULL where the base is known */
  GPtrArray *of_version; /* of trees those that the file's own versions have */
} Origins;
void origins_clear (Origins *origins);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Origins, origins_clear)
void origins_find (const Transplanting *work, const CItem *item, const CItem *lab, Origins *origins);
/* Those of all versions alone, of an item that the lab has not. */
void origins_find_gone (const Transplanting *work, const char *name, Origins *origins);
gboolean origins_is_of_version (const Origins *origins, const Statement *tree);
/* The nearest, and how many of its statements theirs has, in percent; NULL if nothing can be compared. */
const Statement *origins_nearest (const Transplanting *work, const Origins *origins, const Statement *theirs, guint *percent);
/* The nearest; NULL as above. Of a version between, of which no source is known, of_version is emptied: the file's version does not account for the item. */
const Statement *origins_base (const Transplanting *work, Origins *origins, const Statement *theirs);

/* --- transplant-renamed.c: a kernel's function that the student renamed, and wrapped --- */
void transplant_find_renamed (Transplanting *work);

/* The lab's file with all that was chosen. Newly allocated. */
char *transplant_place (const Transplanting *work);

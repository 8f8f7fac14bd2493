/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the index and its file share. Internal to kernel-index. */
#pragma once
#include "submission/kernel-index.h"

#define INDEX_DEPTH_MAX 256

typedef struct {
  guint64 versions;
  GArray *sequence; /* of guint64: a statement's key * 2, + 1 if it has children, which follow; 0 after them */
} IndexBody;

typedef struct {
  GPtrArray *bodies; /* of IndexBody */
  GPtrArray *trees;  /* of KernelBody, once somebody asked; NULL */
} IndexItem;

struct KernelIndex {
  GPtrArray *versions; /* of char * */
  GHashTable *items;   /* name -> IndexItem */
  GHashTable *words;   /* of hashes */
  GMutex lock;         /* of the trees: submissions are graded side by side */
};

/* sequence: taken over. */
void kernel_index_take (KernelIndex *index, const char *name, GArray *sequence, guint64 versions);

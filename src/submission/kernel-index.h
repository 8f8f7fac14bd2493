/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is known of every kernel's KVM, without its text: of each top-level item of KVM's files the statements it had in each
 * version, as hashes in order, and the words of KVM's files and of the kernel's headers. From it follows, offline, which
 * version a function is of, and which of its statements and words no kernel ever had: they are somebody's own.
 *
 * configs/kernels.index holds the versions that Debian and Ubuntu publish; `./harness build index` makes it. Sources at
 * hand are added to it in memory.
 */
#pragma once
#include <glib.h>

#include "submission/statements.h"

#define KERNEL_INDEX_VERSIONS_MAX 64u

typedef struct KernelIndex KernelIndex;

/* An item as some versions have it. */
typedef struct {
  guint64 versions; /* bit N: version N */
  Statement *tree;  /* without a text */
} KernelBody;

KernelIndex *kernel_index_new (void);
void kernel_index_free (KernelIndex *index);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (KernelIndex, kernel_index_free)

/* KVM's part of the source in DIR, and the words of its headers as far as they are there. *version: its number. Fails where it is full. */
gboolean kernel_index_add (KernelIndex *index, const char *name, const char *dir, guint *version, GError **error);
/* The files of a source whose items are known, NULL-terminated: "arch/x86/kvm/cpuid.c". */
extern const char *const kernel_index_files[];

/* gzip of a format of its own; the same bytes for the same versions in the same order. */
GBytes *kernel_index_write (const KernelIndex *index, GError **error);
KernelIndex *kernel_index_read (const char *path, GError **error);

guint kernel_index_versions (const KernelIndex *index);
const char *kernel_index_version (const KernelIndex *index, guint version); /* "6.1.192" */
/* The number of the version of that name; -1. */
gint kernel_index_find (const KernelIndex *index, const char *name);
/* Of KernelBody, of an item's name (csource.h); NULL: no version has it. Of the index's own. */
const GPtrArray *kernel_index_bodies (KernelIndex *index, const char *item);
/* Adds one to counts[N], of KERNEL_INDEX_VERSIONS_MAX, for each version N that has the item as it is there. FALSE: no version has the item. */
gboolean kernel_index_count (KernelIndex *index, const char *item, const Statement *tree, guint *counts);
/* TRUE if the word occurs in KVM's files or in a header of any version. */
gboolean kernel_index_knows_word (const KernelIndex *index, const char *word);
/* TRUE for a word that is nobody's but its writer's: no number, no keyword, and in no kernel. */
gboolean kernel_index_is_own_word (const KernelIndex *index, const char *word);

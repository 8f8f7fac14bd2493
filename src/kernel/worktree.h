/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A kept, patched kernel tree with its objects, one for each source and variant: CACHE/kernel-work-[<variant>-]<key>/. A new series
 * rewrites only files whose content changes, so that make rebuilds only what depends on them. Internal to kernel/.
 */
#pragma once
#include <glib.h>

#include "kernel/source.h"

typedef struct Worktree Worktree;
/*
 * Waits for its lock and holds it; unpacks the source if it is not there. variant (a word) NULL: the lab's own kernel; another configuration has a tree
 * of its own, as every object depends on it.
 */
Worktree *worktree_open (const char *cache_dir, const KernelSource *source, const char *variant, GError **error);
void worktree_free (Worktree *worktree);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Worktree, worktree_free)
const char *worktree_tree (const Worktree *worktree);                /* the kernel's top folder, absolute */
char *worktree_file (const Worktree *worktree, const char *name);    /* beside it; newly allocated */
/* Makes the tree the source with `patches` (series.h) applied and nothing else. */
gboolean worktree_set_patches (Worktree *worktree, const GPtrArray *patches, GError **error);

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the parts of building a kernel share. Internal to kernel/; kernel_build() itself is in kernel.h. */
#pragma once
#include "kernel/kernel.h"
#include "kernel/worktree.h"

/*
 * The kept work tree, locked: the kernel is built in it, and the sources are the series'. KVM's objects in it may be of another series, if this one
 * is of KVM alone (series.h). Errors as kernel_build().
 */
gboolean kernel_build_tree (const KernelSpec *spec, Worktree **worktree, GError **error);

/* A kit's folder in the cache (kit.h), for the kernel with this key: there already, or made. */
gboolean kernel_kit_make (const KernelSpec *spec, const char *key, char **dir, GError **error);

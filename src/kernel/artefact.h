/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What building a kernel leaves besides its artefact. Internal to kernel/; kernel_build() itself is in kernel.h. */
#pragma once
#include "kernel/kernel.h"
#include "kernel/worktree.h"

/*
 * The kept work tree, locked, with this very kernel built in it: built now, where it is in the state of another series.
 * That takes half a minute at most if the source was built before. Errors as kernel_build().
 */
gboolean kernel_build_tree (const KernelSpec *spec, Worktree **worktree, GError **error);

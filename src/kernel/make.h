/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Running the kernel's make the same way everywhere. Internal to kernel/. */
#pragma once
#include <glib.h>

#include "base/progress.h"
#include "base/run.h"
#include "kernel/worktree.h"

typedef struct {
  char *compiler; /* first line of gcc --version */
  char *linker;   /* first line of ld --version */
  char *ccache;   /* its path, or NULL */
} Toolchain;
void toolchain_clear (Toolchain *toolchain);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Toolchain, toolchain_clear)
/* HARNESS_ERROR_HOST naming every program that is missing. */
gboolean toolchain_probe (Toolchain *toolchain, GError **error);

/* "ARCH=x86", "CC=ccache gcc", …: what every make in a kernel tree is given; toolchain NULL: without ccache. */
char **make_args (const Toolchain *toolchain);
/* Removes from a run's environment what Kbuild or gcc would read there, and sets make_environment. */
void make_set_environment (Run *run);
/* Name and value, name and value, …, NULL: the environment that the kernel's bits depend on. */
extern const char *const make_environment[];

typedef struct {
  const Toolchain *toolchain;
  const char *cache_dir; /* ccache's files live there, unless CCACHE_DIR is set */
  guint jobs;
  Progress *progress;
} MakeSpec;
/* bzImage and modules. On failure the compiler's error lines, at most 20, and where the log is. */
gboolean make_kernel (const MakeSpec *spec, const Worktree *worktree, GError **error);
/* KVM's modules alone, in a kit's folder (kit.h). Without ccache: a submission's build has none, and takes these objects for its own. The same failures. */
gboolean make_kvm (const MakeSpec *spec, const Worktree *worktree, const char *kit, GError **error);

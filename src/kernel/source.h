/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where a kernel comes from, and how its tree is laid out on disk. Internal to kernel/. */
#pragma once
#include <glib.h>

typedef enum { KERNEL_SOURCE_TARBALL, KERNEL_SOURCE_FOLDER, KERNEL_SOURCE_GIT } KernelSourceKind;

typedef struct {
  KernelSourceKind kind;
  char *path;
  char *sha256; /* of the tarball; of the id of HEAD's tree; of the folder's names, modes and contents */
} KernelSource;
void kernel_source_free (KernelSource *source);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (KernelSource, kernel_source_free)

/*
 * HARNESS_ERROR_USAGE if there is no kernel source, naming what is missing. A git work tree stands for its HEAD: with uncommitted changes
 * it is refused, because nothing in the results could name what was built. A folder in which a kernel
 * was built is refused too: old objects would be taken for new ones.
 */
gboolean kernel_source_open (const char *path, KernelSource **source, GError **error);
/* The same; a tarball's hash is remembered in `memo_dir` (base/hash-memo.h), if that is not NULL. */
gboolean kernel_source_open_remembered (const char *path, const char *memo_dir, KernelSource **source, GError **error);
/* Lays the tree out in `dir`, which exists and is empty. Nothing is written outside of it. */
gboolean kernel_source_unpack (const KernelSource *source, const char *dir, GError **error);
/* TRUE, or what a folder lacks of a kernel. */
gboolean kernel_source_check_tree (const char *dir, GError **error);

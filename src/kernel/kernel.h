/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Source + patch series + config fragments -> a kernel artefact in the cache.
 * Reproducible: the same inputs give the same bits (fixed user, host, timestamp, path prefix map).
 */
#pragma once
#include <glib.h>

#include "base/progress.h"

typedef struct {
  const char *source;      /* folder, tarball, git work tree */
  const char *series_dir;  /* folder with a `series` file; NULL: no patches */
  const char *config_dir;  /* configs/kernel: *.config fragments, in the order of their names */
  const char *fragment;    /* one more, which comes after them (LabKernel); NULL: none */
  const char *cache_dir;   /* images/cache */
  gboolean installable;    /* for a distribution: the entry holds vmlinux and modules.{order,builtin,builtin.modinfo} too; it has a work tree of its own */
  guint jobs;              /* 0: one per CPU */
  Progress *progress;
} KernelSpec;

typedef struct {
  char *dir;            /* cache entry: bzImage, config, modules/kvm.ko, kvm-intel.ko, kvm-amd.ko, System.map, build.json */
  char *key;            /* the input hash */
  char *release;        /* "6.1.192" */
  char *source_sha256;  /* of the tarball, or of the tree's content */
  char *config_sha256;
  char *compiler;       /* "gcc (Debian 12.2.0-14+deb12u1) 12.2.0" */
  GPtrArray *patches;   /* of KernelPatch, in order */
  gboolean from_cache;
} KernelArtefact;
typedef struct { char *name; char *sha256; } KernelPatch;
void kernel_artefact_free (KernelArtefact *artefact);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (KernelArtefact, kernel_artefact_free)

/*
 * Errors: no kernel source (USAGE, names what is missing), a patch that does not apply (FAILED: which patch,
 * which file and hunk), an option that does not hold after merging (FAILED: fragment:line, asked and got),
 * a failed build (FAILED: the compiler's error lines, at most 20).
 */
gboolean kernel_build (const KernelSpec *spec, KernelArtefact **artefact, GError **error);
/* Its artefact's key, without building it. A source that is a folder is read for that, all of it. Newly allocated. */
gboolean kernel_key (const KernelSpec *spec, char **key, GError **error);

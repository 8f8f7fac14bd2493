/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A patch series as quilt keeps it: a folder with patches and a `series` file. Internal to kernel/. */
#pragma once
#include <glib.h>

typedef struct {
  char *name;       /* as in `series` */
  char *path;
  char *sha256;
  GPtrArray *files; /* of char *: the paths it touches, below the kernel's top folder */
} SeriesPatch;

/* dir NULL: an empty series. *patches: of SeriesPatch, in order. Checks that no path leaves the tree. */
gboolean series_load (const char *dir, GPtrArray **patches, GError **error);
/* All the files that the series touches, sorted, each once; of char *. */
GPtrArray *series_files (const GPtrArray *patches);
/*
 * TRUE if what the series changes is compiled into KVM's modules alone, documentation apart: then the kernel is the same without it. Of the two
 * kvm_host.h the kernel itself reads structures that perf and KVM share; a series that moves their fields is not told from others.
 */
gboolean series_is_of_kvm (const GPtrArray *patches);
/*
 * Applies all patches in `tree`, which need only hold the files they touch. Strict: no fuzz.
 * The error names the patch, and the file and hunk that do not apply.
 */
gboolean series_apply (const GPtrArray *patches, const char *tree, GError **error);

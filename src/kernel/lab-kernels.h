/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernels that labs run: one for each folder VERSION of kernel-patches/. VERSION/ is the instrumentation, VERSION-grading/ what submissions are
 * graded on, configs/kernels/VERSION.config what that kernel's configuration calls otherwise than configs/kernel/ does; the source is Debian's package
 * linux-source-VERSION, or what configs/kernels/VERSION.source pins, once it is fetched. A version more is a folder more: nothing else lists them.
 */
#pragma once
#include <glib.h>

#include "config/config.h"

/* What the reference run is of. */
#define LAB_KERNEL_DEFAULT "6.1"

typedef struct {
  char *version;     /* "6.12" */
  char *series_dir;
  char *grading_dir;
  char *fragment;    /* NULL: it needs none */
  KernelPin *pin;    /* what can be fetched; NULL: nothing */
  gboolean is_fetched;
  char *source;      /* in the cache, if it was fetched; else where Debian's package puts it, there or not */
} LabKernel;
void lab_kernel_free (gpointer kernel);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LabKernel, lab_kernel_free)

/* *kernels: of LabKernel, by version. configs_dir: configs/kernels. HARNESS_ERROR_FAILED if there is none; HARNESS_ERROR_USAGE for a bad VERSION.source. */
gboolean lab_kernels_load (const char *patches_dir, const char *configs_dir, const char *cache_dir, GPtrArray **kernels, GError **error);
/* HARNESS_ERROR_USAGE, with those that there are. Borrowed. */
gboolean lab_kernels_find (const GPtrArray *kernels, const char *version, const LabKernel **kernel, GError **error);
/*
 * The one whose release is the fewest releases of mainline from `version` ("6.8.0", "6.12.117"); of two the newer, as kernels change less of late.
 * NULL: there is none, or the version cannot be read.
 */
const LabKernel *lab_kernels_nearest (const GPtrArray *kernels, const char *version);
/* Whether its source is on this host. */
gboolean lab_kernel_is_at_hand (const LabKernel *kernel);
/* TRUE, or HARNESS_ERROR_HOST with how to get it. */
gboolean lab_kernel_need_source (const LabKernel *kernel, GError **error);
/* How: words that follow "try: ". Newly allocated. */
char *lab_kernel_remedy (const LabKernel *kernel);
/* "6.1 and 6.12". Newly allocated. */
char *lab_kernels_names (const GPtrArray *kernels);

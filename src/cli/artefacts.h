/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kernel and L1's image that a command works with, from the tree's defaults and the user's options. */
#pragma once
#include "base/hash.h"
#include "cli/app.h"
#include "image/image.h"
#include "kernel/kernel.h"
#include "kernel/lab-kernels.h"

typedef struct {
  char *kernel; /* --kernel: a lab kernel's version; default LAB_KERNEL_DEFAULT */
  char *source; /* --source */
  char *series; /* --series: a folder with a `series` file; default the lab kernel's */
  int jobs;     /* --jobs; JOBS_NOT_GIVEN: one per CPU */
} ArtefactOptions;

#define JOBS_NOT_GIVEN G_MININT

#define ARTEFACT_OPTION_ENTRIES(options) \
  { "kernel", 0, 0, G_OPTION_ARG_STRING, &(options).kernel, \
    "the labs' kernel: a version of kernel-patches/ (default: " LAB_KERNEL_DEFAULT ")", "VERSION" }, \
  { "source", 0, 0, G_OPTION_ARG_FILENAME, &(options).source, \
    "kernel source: a folder, a tarball or a git work tree (default: what build source fetched, or Debian's linux-source-VERSION)", "PATH" }, \
  { "series", 0, 0, G_OPTION_ARG_FILENAME, &(options).series, \
    "folder with the patches and their series file (default: kernel-patches/VERSION)", "DIR" }, \
  { "jobs", 'j', 0, G_OPTION_ARG_INT, &(options).jobs, "compilers at once (default: one per CPU)", "N" }

/* What the user can have got wrong: a kernel that is none of the labs', a number of jobs below 1, a series that is none. USAGE. */
gboolean artefacts_check (const App *app, const ArtefactOptions *options, GError **error);
gboolean artefacts_lab_kernels (const App *app, GPtrArray **kernels, GError **error);
/* config: the folder in configs/ with the kernel's fragments. Borrows from app and options. */
gboolean artefacts_kernel_spec (App *app, const ArtefactOptions *options, const char *config, KernelSpec *spec, GError **error);
gboolean artefacts_kernel (App *app, const ArtefactOptions *options, KernelArtefact **kernel, GError **error);
/* A program for a guest, which is built with the harness and lies beside it. HOST if it does not. */
gboolean artefacts_guest_program (const char *name, char **path, GError **error);
/* The guest programs are built with the harness and lie beside it. */
gboolean artefacts_image (App *app, const KernelArtefact *kernel, ImageArtefact **image, GError **error);
/* What submissions are graded in: no kernel, no modules. */
gboolean artefacts_grading_image (App *app, ImageArtefact **image, GError **error);
/* Its own programs, which are built with the harness and may be newer than it. */
gboolean artefacts_hash_grading_guests (InputHash *hash, GError **error);
/* What `shell` boots: no agent that measures, but busybox and the exec channel's. HOST if there is no static busybox. */
gboolean artefacts_shell_image (App *app, const KernelArtefact *kernel, ImageArtefact **image, GError **error);

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the ways to a distribution's disk share. Internal to image/distro*.c. */
#pragma once
#include "base/files.h"
#include "config/config.h"
#include "image/distro-about.h"
#include "image/distro.h"

#define DISTRO_DISK "disk.qcow2"
#define DISTRO_QEMU_IMG_DEADLINE_S 3600

/* One way to a disk: what it depends on, and how it is made. */
typedef struct DistroJob DistroJob;
struct DistroJob {
  const DistroSpec *spec;
  DistributionConfig *config; /* owned; NULL: a file or URL */
  char *path; /* of a file; else NULL */
  char *name;
  char *key;
  DistroAbout *about;
  /* Makes DISTRO_DISK in scratch, and fills about's origin, source, verified, os, kernel and packages. Leaves nothing else in scratch. */
  gboolean (*make) (DistroJob *job, Scratch *scratch, GError **error);
};

/* `from` (raw or qcow2, as format says) made into `to`, a plain qcow2; it stays. */
gboolean distro_to_qcow2 (const DistroJob *job, const char *from, const char *format, const char *to, GError **error);

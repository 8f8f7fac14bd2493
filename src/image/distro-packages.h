/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A distribution's root file system, of its packages, by mmdebstrap: as root, or as an ordinary user by user namespaces. */
#pragma once
#include <glib.h>

#include "base/files.h"
#include "base/progress.h"
#include "config/config.h"

typedef struct {
  const DistributionConfig *config;
  char *const *sources;              /* the config's, with their addresses: base/apt-archive.h */
  const char *const *extra_packages; /* NULL-terminated; NULL: none */
  Scratch *scratch;                  /* for what mmdebstrap unpacks; some 1.5 GiB */
  Progress *progress;
} DistroPackagesSpec;

/*
 * `tar` is the root file system; *release_s is when the newest of the sources was released, which no file in it is younger than: the
 * same packages give the same tar. Errors: HOST: no mmdebstrap, no keyring, no mirror to be reached, no right to make namespaces;
 * FAILED: mmdebstrap's own, with its last lines.
 */
gboolean distro_packages_tar (const DistroPackagesSpec *spec, const char *tar, gint64 *release_s, GError **error);

/* The "Date:" of a Release file, in seconds since 1970. FALSE: none, or a date that cannot be. */
gboolean distro_release_date (const char *release, gint64 *seconds);

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Bases on demand: kernels' sources that Debian and Ubuntu publish, or that the user has, of which KVM's part is kept in the cache. What is
 * kept is at hand from then on, offline: kernel/at-hand.h lists it.
 */
#pragma once
#include <glib.h>

#include "config/config.h"
#include "kernel/at-hand.h"

/* A tarball of an archive's. */
typedef struct {
  char *version; /* "5.13.0", "7.2.0-rc3" */
  char *package; /* "linux-oem-5.13" */
  guint64 bytes;
  char *sha256, *url;
} KernelBaseOffer;

typedef struct {
  const char *config_path; /* configs/bases.conf */
  const char *cache_dir;
  gboolean refresh;        /* ask the archives anew for what they have */
  Progress *progress;
} KernelBasesSpec;

/*
 * *offers: of KernelBaseOffer, by version; several may be of one. From the list kept in the cache, or, if there is none or it is a week old,
 * from the archives, whose own lists are some 60 MB. HARNESS_ERROR_HOST if none can be reached and no list is kept; an old one is said to be.
 */
gboolean kernel_bases_offers (const KernelBasesSpec *spec, GPtrArray **offers, GError **error);
/* The kept list alone, whatever its age, for whoever must not reach out; empty if there is none. */
GPtrArray *kernel_bases_known (const char *cache_dir);

/*
 * Fetches and keeps one. "5.13" is 5.13.0, or, where nobody publishes mainline's release, the lowest 5.13.x that is published; "5.13.4" is
 * that and no other. What is kept already is not fetched again (*base is it). HARNESS_ERROR_USAGE: not a version, or nobody publishes
 * it; HARNESS_ERROR_HOST: no route.
 */
gboolean kernel_bases_fetch (const KernelBasesSpec *spec, const char *version, KernelAtHand **base, GError **error);
/*
 * The whole tarball that is pinned, kept as CACHE/kernel-source-*, and KVM's part of it as kernel_bases_fetch() keeps it. HARNESS_ERROR_FAILED: no archive
 * has it any more; HARNESS_ERROR_HOST: no route.
 */
gboolean kernel_source_fetch (const KernelBasesSpec *spec, const KernelPin *pin, char **tarball, GError **error);
/* *tarball: where it is kept; NULL: it was not fetched, or was damaged and is gone. */
gboolean kernel_source_fetched (const char *cache_dir, const KernelPin *pin, char **tarball, GError **error);
/* Keeps KVM's part of a kernel's tree, or of its tarball, that the user has. */
gboolean kernel_bases_keep_tree (const KernelBasesSpec *spec, const char *path, KernelAtHand **base, GError **error);

/* "./harness build bases 5.13": the command that brings this version, or that which is offered next to it. Newly allocated. */
char *kernel_bases_command (const char *version);
/*
 * Whether that command brings exactly this version: as the kept list says, or, where none is kept, as far as was known when this was written:
 * of mainline's releases.
 */
gboolean kernel_bases_has (const char *cache_dir, const char *version);

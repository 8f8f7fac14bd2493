/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Distributions as guests: a disk that boots by its own boot loader, from a published cloud image or from packages, and the seed that
 * cloud-init configures it from.
 *
 * A distribution is named: "debian-12", "debian-13", "ubuntu-24.04". Where the publisher can be reached its cloud image is downloaded
 * and its published SHA-256/512 (and signature, where gpgv and the key are there) is checked; else the disk is made of packages by
 * mmdebstrap, partitioned and made bootable (BIOS and UEFI) by libguestfs. A FILE or URL is taken as it is: converted to a plain
 * qcow2 without a backing file, and looked at: has it a boot loader or kernel, and a console that we would hear?
 */
#pragma once
#include <glib.h>

#include "base/progress.h"

typedef enum { DISTRO_FROM_ANY, DISTRO_FROM_DOWNLOAD, DISTRO_FROM_PACKAGES } DistroFrom;

typedef struct {
  const char *what;       /* a name of configs/distributions, a file or a URL (http, https, file) */
  const char *configs_dir; /* configs/distributions: NAME.conf */
  DistroFrom from;
  const char *checksum;   /* of a URL: "sha256:…" or "sha512:…"; NULL: said to be unverified */
  const char *cache_dir;
  gboolean hardware;      /* libguestfs's appliance may use KVM */
  gboolean refresh;       /* a newer one: made anew though the cache has it. The old one stays until the new one is whole */
  Progress *progress;
  /*
   * A disk of one's own, from packages always (a download cannot have them), with the same layout. NULL, 0: nothing of it. All of it
   * is in the cache's key: the same wishes give the same entry.
   */
  const char *variant;               /* of the name: "l1" gives "debian-12-l1", which is also the host name */
  const char *const *extra_packages; /* NULL-terminated, beside the config's */
  const char *overlay_tar;           /* unpacked over the root before the boot loader is installed. Name usr/lib, never lib: that is a link */
  const char *script;                /* for sh, in the disk's root, after the overlay and before the boot loader: no network. "update-initramfs -c -k …" */
  const char *cmdline;               /* more arguments for the kernel, behind the config's */
  guint64 disk_bytes;                /* instead of the config's disk_mib; a multiple of 1 MiB */
} DistroSpec;

typedef struct {
  char *dir;       /* cache entry: disk.qcow2, about.json (how it was made: source, checksum, packages with versions) */
  char *key;
  char *name;      /* "debian-12", or a file's name */
  char *disk;      /* DIR/disk.qcow2: no backing file, not compressed; never written by a run */
  char *sha256;    /* of disk.qcow2 */
  char *origin;    /* one line for the manifest: "packages of bookworm, 2026-11-20", "https://… sha512 verified" */
  guint64 virtual_bytes;
  gboolean from_cache;
} DistroArtefact;
void distro_artefact_free (DistroArtefact *artefact);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (DistroArtefact, distro_artefact_free)

/*
 * Errors: USAGE: no such name or file (lists the names), what is no disk, a disk without kernel or boot loader, or without a console on
 * ttyS0; FAILED: a download that is truncated, altered or refused (what was got is kept for resuming, unless its checksum is wrong);
 * HOST: no route and no way from packages, no mmdebstrap, no space, libguestfs's appliance (an unreadable /boot/vmlinuz-* is named).
 */
gboolean distro_build (const DistroSpec *spec, DistroArtefact **artefact, GError **error);

/* Names that configs_dir knows, sorted, NULL-terminated. */
gboolean distro_names (const char *configs_dir, char ***names, GError **error);

/*
 * The NoCloud seed, made by cloud-localds: cached by content, byte for byte the same for equal inputs. report: the program that tells of
 * the boot (record/boot-report.h) is in it, runs after cloud-init's last stage, and powers L2 off afterwards.
 */
typedef struct {
  const char *hostname;
  gboolean report;
  const char *user_data;  /* more of it, a #cloud-config of the caller's: a second part whose lists are added to ours; NULL: none */
  const char *cache_dir;
  Progress *progress;
} SeedSpec;
gboolean seed_build (const SeedSpec *spec, char **path, char **sha256, GError **error);

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A root file system made into a disk that boots by its own boot loader, from BIOS and from UEFI, by libguestfs:
 *   1  BIOS boot partition, 1 MiB
 *   2  EFI system partition, 64 MiB, label ESP: /EFI/BOOT/BOOTX64.EFI
 *   3  ext4, label root
 * GPT; GRUB without a menu, on the serial console too; cloud-init looks for its seed on a disk alone; no machine id, no host keys, as cloud
 * images have it. Identifiers come from `key`. What still differs between two disks of the same packages: inode times and generations, and
 * so the file system's checksums; FAT's times; GRUB's environment has none.
 */
#pragma once
#include <glib.h>

#include "base/progress.h"
#include "image/distro-about.h"

typedef struct {
  const char *tar;
  const char *overlay_tar, *script; /* see distro.h; NULL: none */
  const char *cmdline;  /* the kernel's */
  const char *hostname;
  const char *key;      /* hexadecimal */
  guint64 bytes;        /* of the disk, a multiple of 1 MiB */
  const char *tmpdir;
  gboolean hardware;
  Progress *progress;
} DistroDiskSpec;

/* `disk` is made, raw and sparse. What it has is told to `about`. */
gboolean distro_disk_make (const DistroDiskSpec *spec, const char *disk, DistroAbout *about, GError **error);
/* An identifier for what plays that role in the disk with that key: "xxxxxxxx-xxxx-4xxx-…". Newly allocated. */
char *distro_disk_uuid (const char *key, const char *role);

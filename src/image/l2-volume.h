/* SPDX-License-Identifier: GPL-2.0-or-later */
/* L2's volume, see record/l2-volume.h: what L2 is, said to QEMU's command line, and its disks in one file. Cached by content. */
#pragma once
#include <glib.h>

#include "base/progress.h"

typedef enum { L2_DEVICES_MINIMAL, L2_DEVICES_VIRTIO, L2_DEVICES_EMULATED } L2Devices;
typedef enum { L2_FIRMWARE_BIOS, L2_FIRMWARE_UEFI } L2Firmware;

typedef struct {
  /* What it boots: a disk (qcow2 or raw, without a backing file), or a kernel. */
  const char *disk;        /* NULL: none */
  const char *disk_format; /* "qcow2", "raw" */
  const char *kernel, *initrd, *cmdline; /* NULL: the disk's own boot loader */
  const char *seed;        /* ISO for cloud-init; NULL: none */
  L2Devices devices;
  L2Firmware firmware;
  const char *loader_rom;  /* our option ROM, which marks the end of BIOS firmware; NULL: none */
  const char *const *ready; /* texts on its console, NULL-terminated */
  gboolean powers_off;     /* by itself, when it is done; else its power button is pressed */
} L2Spec;

/* QEMU's arguments for the volume's `arg` lines: pure. Newly allocated, NULL-terminated. */
char **l2_qemu_arguments (const L2Spec *spec);

typedef struct {
  char *dir, *key, *path, *sha256;
  gboolean from_cache;
} L2Volume;
void l2_volume_free (L2Volume *volume);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (L2Volume, l2_volume_free)
/* Errors: a file that cannot be read, no space. The file is a multiple of 2 MiB long, sparse, and never written again. */
gboolean l2_volume_build (const L2Spec *spec, const char *cache_dir, Progress *progress, L2Volume **volume, GError **error);

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * L2's volume (record/l2-volume.h): what L2 is, said on QEMU's command line, and its disks in one file. A run writes its own, which is gone
 * with it: a sparse copy takes a second, and a cache of copies would only fill the disk.
 */
#pragma once
#include <glib.h>

typedef enum { L2_DEVICES_MINIMAL, L2_DEVICES_VIRTIO, L2_DEVICES_EMULATED } L2Devices;
typedef enum { L2_FIRMWARE_BIOS, L2_FIRMWARE_UEFI } L2Firmware;
gboolean l2_devices_parse (const char *name, L2Devices *devices);
gboolean l2_firmware_parse (const char *name, L2Firmware *firmware);

typedef struct {
  /* What it boots: a disk (without a backing file), a kernel, or the micro L2 of L1's image, which comes with a disk of its own. */
  gboolean micro;
  const char *disk;        /* NULL: none */
  const char *disk_format; /* "qcow2", "raw" */
  const char *kernel, *initrd, *cmdline; /* kernel NULL: the disk's own boot loader. cmdline alone: the micro L2's */
  const char *seed;        /* ISO for cloud-init; NULL: none */
  L2Devices devices;
  L2Firmware firmware;
  const char *loader_rom;  /* our option ROM, which marks the end of BIOS firmware; NULL: none */
  const char *const *ready; /* texts on its console, NULL-terminated; not of the micro L2, which makes a mark */
  gboolean powers_off;     /* by itself, when it is done; else its power button is pressed */
  guint idle_ms;           /* before that */
} L2Spec;

/*
 * Writes the volume, sparse, a multiple of 2 MiB long. *inputs: SHA-256 of all that is in it. A text that the agent would not take (too long, a
 * line break) is a USAGE error; what cannot be read or does not fit on the disk names the file; no UEFI firmware here: HOST, names the package.
 */
gboolean l2_volume_write (const L2Spec *spec, const char *path, char **inputs, GError **error);

/* The volume's `arg` lines: QEMU's arguments besides those that the agent has for every L2. Pure; NULL-terminated. */
char **l2_qemu_arguments (const L2Spec *spec);

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A distribution as L1: the patched kernel as its installed kernel, libvirt and QEMU inside, the recipe in images/l1-distribution. An emulated lab goes on
 * from a snapshot that is made once, with L1 booted and waiting for what the lab is to do; that comes as a payload (guest/l1-service.c).
 */
#pragma once
#include "cli/artefacts.h"
#include "image/distro.h"
#include "machine/machine.h"

typedef struct {
  KernelArtefact *kernel; /* with vmlinux */
  char *bzimage;
  DistroArtefact *disk;   /* qcow2: it boots by its own boot loader too */
  char *raw;              /* the same, for an NVDIMM, sparse */
} L1Distribution;
void l1_distribution_free (L1Distribution *l1);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (L1Distribution, l1_distribution_free)

/* Kernel and disk, from the cache or built. what: a name of configs/distributions of which disks are made from packages. Errors as of both. */
gboolean l1_distribution_prepare (App *app, const ArtefactOptions *options, const char *what, L1Distribution **l1, GError **error);

#define L1_DISTRIBUTION_MEMORY_MIB 2048u /* at least */

/*
 * The rest of a machine's spec: kernel, root_image, cmdline and, emulated, snapshot_from, which is made now if the cache has none: a minute or two,
 * under the lane's name. The caller has set kind, isa, accel, cpus, memory_mib, cpu_model, record_bytes, volume (which
 * may get longer, by a hole), icount_shift and dir. What is set here
 * lives as long as the process.
 */
gboolean l1_distribution_fill (App *app, const L1Distribution *l1, const char *lane, MachineSpec *spec, GError **error);

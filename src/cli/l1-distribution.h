/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A distribution as L1: the patched kernel as its installed kernel, libvirt and QEMU inside, the recipe in images/l1-distribution. An emulated lab goes on
 * from a snapshot that is made once, with L1 booted and waiting for what the lab is to do; that comes as a payload (guest/l1-service.c).
 */
#pragma once
#include "cli/artefacts.h"
#include "config/config.h"
#include "image/distro.h"
#include "image/l2-domain.h"
#include "machine/machine.h"
#include "machine/payload.h"

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

/*
 * What L1 is told when it goes on, and what it is to run: the agent, the guest without an operating system if the lab has operations. cmdline: as
 * l1_cmdline() makes it. micro_kernel: the micro L2's; NULL if L2 is something else.
 */
Payload *l1_distribution_payload (App *app, const LabConfig *lab, const char *cmdline, const KernelArtefact *micro_kernel, const L2DomainConfig *l2, GError **error);
/* The micro L2, told this. */
void l2_domain_micro (const LabConfig *lab, const char *cmdline, L2DomainConfig *l2);
/* L2 as in a volume made of this (image/l2-volume.h). USAGE for what L1's libvirt cannot do: UEFI. */
gboolean l2_domain_of_volume (const L2Spec *spec, const LabConfig *lab, L2DomainConfig *l2, GError **error);

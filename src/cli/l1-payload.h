/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a distribution as L1 is told once it is there, and L2 as its libvirt gets it. */
#pragma once
#include "cli/app.h"
#include "config/config.h"
#include "image/l2-domain.h"
#include "kernel/kernel.h"
#include "machine/payload.h"

/*
 * What L1 is told when it goes on, and what it is to run: the agent, the guest without an operating system if the lab has operations. cmdline: as
 * l1_cmdline() makes it. micro_kernel: the micro L2's; NULL if L2 is something else.
 */
Payload *l1_payload_make (App *app, const LabConfig *lab, const char *cmdline, const KernelArtefact *micro_kernel, const L2DomainConfig *l2, GError **error);
/* The micro L2, told this. */
void l2_domain_micro (const LabConfig *lab, const char *cmdline, L2DomainConfig *l2);
/* L2 as in a volume made of this (image/l2-volume.h). USAGE for what L1's libvirt cannot do: UEFI. */
gboolean l2_domain_of_volume (const L2Spec *spec, const LabConfig *lab, L2DomainConfig *l2, GError **error);

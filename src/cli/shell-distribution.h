/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A distribution as a person's L1: the patched kernel installed, KVM's modules loaded with a lab's parameters, libvirt, and an L2 that `virsh` can start:
 * /root/l2.xml, on a layer over the same distribution's disk. What is done in L1 for that: images/l1-distribution/shell.sh.
 */
#pragma once
#include "cli/l1-cmdline.h"
#include "cli/l1-distribution.h"
#include "cli/shell-run.h"
#include "image/distro.h"

typedef struct {
  L1Distribution *l1;
  DistroArtefact *l2_disk;
  char *script;       /* shell.sh */
  char *exec_agent;
  char *kvm_options;  /* as in modprobe.d */
  char *l2_xml;
  const char *module; /* the vendor's */
  gboolean l2_console; /* L1's console is L2's */
} ShellDistribution;
void shell_distribution_free (ShellDistribution *distribution);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ShellDistribution, shell_distribution_free)

/* Whether what is a name of configs/distributions. */
gboolean shell_distribution_is_name (App *app, const char *what);
/* L1's and L2's disk, from the cache or built. */
gboolean shell_distribution_prepare (App *app, const ArtefactOptions *options, const char *what, ShellDistribution **distribution, GError **error);
/* Makes spec's machine boot it; l2: its console or command is L2's. `distribution` is borrowed until the shell has run. */
void shell_distribution_fill (ShellDistribution *distribution, const L1CmdlineSpec *lab, gboolean l2, ShellSpec *spec);

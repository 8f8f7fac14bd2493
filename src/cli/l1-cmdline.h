/* SPDX-License-Identifier: GPL-2.0-or-later */
/* L1's kernel command line: how L1 finds its root, and what the agent is told. Pure. */
#pragma once
#include "config/config.h"
#include "machine/machine.h"

typedef struct {
  const LabConfig *lab;
  const LeafMap *map;
  MachineKind machine;
  Accel accel;
  const char *kernel; /* L1's bzImage; NULL: any */
  gboolean patched; /* the kernel has the exit log and the leaves */
  gboolean trace;   /* count by the tracepoint too: a checking run */
  gboolean volume;  /* what L2 is stands in its volume */
} L1CmdlineSpec;

/* x86's COMMAND_LINE_SIZE, with its NUL. Longer, or a ';' in a value: HARNESS_ERROR_USAGE. */
#define L1_CMDLINE_MAX 2048
/* The micro L2's own kernel command line. Newly allocated. */
char *l1_cmdline_of_l2 (const L1CmdlineSpec *spec);
/* The same parameters of KVM's modules as modprobe.d has them: "options kvm …" and "options kvm_amd …" or kvm_intel. Newly allocated. */
char *l1_modprobe_options (const L1CmdlineSpec *spec);
gboolean l1_cmdline (const L1CmdlineSpec *spec, char **cmdline, GError **error);

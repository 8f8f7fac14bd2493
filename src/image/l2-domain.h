/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * L2 as a libvirt domain of a distribution L1, see guest/l1-libvirt.c: pure, struct in, XML out. All paths are L1's. Its serial console and
 * report port are FIFOs, and a monitor of the agent's own is a socket, in PAYLOAD_DIR (record/payload.h).
 */
#pragma once
#include <glib.h>

#include "image/l2-volume.h"

typedef struct {
  guint memory_mib;
  guint cpus;
  const char *kernel, *initrd, *cmdline; /* NULL: the disk's own boot loader. initrd, cmdline may be NULL with a kernel too */
  const char *disk, *disk_format;        /* NULL: none; may be written */
  const char *seed, *seed_format;        /* an ISO; NULL: none */
  gboolean report_serial;                /* the report port is a second serial port, not the micro L2's */
  const char *exec_socket;               /* a person's L2: its console is for `virsh console`, its second serial port this Unix socket; no report, no monitor. NULL: not so */
  const char *loader_rom;                /* an option ROM; NULL: none */
  L2Devices devices;                     /* minimal: no network card; else one, which reaches nothing */
  L2Firmware firmware;
} L2DomainConfig;

char *l2_domain_xml (const L2DomainConfig *config);

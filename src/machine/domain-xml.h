/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The libvirt domain of L1: pure, struct in, XML out. */
#pragma once
#include <glib.h>

#include "machine/machine.h"

#define DOMAIN_DISK_UNIT (2u << 20) /* QEMU and libvirt want NVDIMMs in multiples of 2 MiB on x86 */

/* DOMAIN_STOPS: L1 has a panic device, by which it stops for a snapshot; DOMAIN_GOES_ON: from one, which is to be loaded. */
typedef enum { DOMAIN_BOOTS, DOMAIN_STOPS, DOMAIN_GOES_ON } DomainStart;

typedef struct
{
  const char *name;
  const char *uuid; /* libvirt's name for the domain; L1 is shown a fixed one in an exact lab */
  Isa isa;
  Accel accel;
  guint cpus;
  guint memory_mib;
  const char *cpu_model; /* not used with ACCEL_KVM: the host's own */
  const char *kernel, *cmdline;
  const char *root_image, *records;
  const char *volume; /* L2's, or NULL */
  guint64 root_bytes, record_bytes, volume_bytes; /* multiples of DOMAIN_DISK_UNIT */
  const char *console;
  DomainStart start; /* with a snapshot, writes to root_image are in the file when it stops, and are private when it goes on */
  guint icount_shift; /* an instruction takes 2^shift ns of guest time; not with ACCEL_KVM */
  const char *fence;  /* library to preload into QEMU (machine/fence/icount-fence.c); NULL: none; never with ACCEL_KVM */
  gboolean interactive; /* time is the host's; nothing is pinned */
  gboolean console_pty; /* in place of the console's file, which gets a copy */
  gboolean agent_pty;   /* a second serial port */
  const char *gdb_socket; /* NULL: none */
  const char *disk, *seed; /* in place of kernel, root image and records; seed may be NULL. records NULL: none */
  const char *second_disk; /* with disk: a file whose bytes are a read-only disk's; NULL: none */
  gboolean network;
  const char *l0_log; /* NULL: none; never with ACCEL_KVM */
} DomainConfig;

char *domain_xml_generate (const DomainConfig *config);

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Bochs's configuration file for an exact lab: pure, struct in, text out. */
#pragma once
#include <glib.h>

#define BOCHS_DISK_HEADS 16
#define BOCHS_DISK_SPT 32
#define BOCHS_CYLINDER_BYTES (512 * BOCHS_DISK_HEADS * BOCHS_DISK_SPT) /* 256 KiB */

/* fgets() into 511 bytes, in read_bochsrc() of Bochs's config.cc; the line break is one of them. */
#define BOCHSRC_LINE_MAX 509

/* Paths are from the folder that Bochs runs in. */
typedef struct
{
  const char *bios, *vga_bios; /* files of Debian's bochsbios */
  const char *boot_rom;        /* option ROM: see bochs-boot.h */
  const char *boot_image;      /* the disk that the ROM reads */
  const char *root_image, *root_journal;
  gboolean root_is_cdrom; /* then it has no journal */
  const char *records;
  const char *volume, *volume_journal; /* L2's, or NULL */
  guint64 boot_bytes, root_bytes, record_bytes, volume_bytes; /* multiples of BOCHS_CYLINDER_BYTES */
  const char *console;
  const char *log;
  const char *cpu_model;
  guint cpus;
  guint memory_mib;
  guint mips; /* instructions a microsecond of guest time */
  gboolean l0_log;
  const char *console_tty; /* device of a pseudo terminal that the first serial port is, in place of the file `console`; NULL: none */
  const char *agent_tty;   /* the same for a second one */
  gboolean interactive;    /* time is the host's; records may be NULL */
} BochsConfig;

/* NULL and HARNESS_ERROR_USAGE if a value cannot be written in a bochsrc, or makes a line too long for it. */
char *bochsrc_generate (const BochsConfig *config, GError **error);

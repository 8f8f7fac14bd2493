/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Boots a bzImage under Bochs without BIOS disk services, a boot loader or an initramfs.
 *
 * Two files are made. The *boot image* is a raw disk: the low memory from 0x90000 as the 16-bit boot
 * protocol wants it (setup code with its header filled in, the command line at 0x99000), then the
 * protected-mode part for 0x100000. The *boot ROM* is an option ROM of one sector: the BIOS calls it
 * once RAM, video and ACPI tables are set up; it reads the boot image by PIO with 32-bit string
 * input, a few milliseconds of guest time for 5 MiB, and jumps to the setup code at 0x9020:0.
 *
 * Protocol: Documentation/x86/boot.rst of the kernel, version 2.00 or later, loaded high.
 */
#pragma once
#include <glib.h>

#define BOCHS_ROM_BYTES 512

/* image_bytes is a multiple of BOCHS_CYLINDER_BYTES. Kernel files are hostile: everything is bounded. */
gboolean bochs_boot_make (const void *kernel, gsize kernel_bytes, const char *cmdline, GByteArray **image, GByteArray **rom,
                          GError **error);
/* Whether a bzImage that was made a boot image says of itself that it preempts its own code ("#1 SMP PREEMPT …"). */
gboolean bochs_boot_preempts (const void *kernel, gsize kernel_bytes);

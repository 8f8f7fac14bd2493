/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What `qemu-img info --output=json` says of a disk image. It tells what a file of anybody's says: bounded, strict. Pure. */
#pragma once
#include <glib.h>

#define DISTRO_VIRTUAL_BYTES_MAX (G_GUINT64_CONSTANT (1) << 40)

typedef struct {
  char *format;          /* "qcow2", "raw", … */
  guint64 virtual_bytes;
  char *elsewhere;       /* a backing or data file that it refers to; NULL: none */
  gboolean encrypted;
} DistroInfo;
void distro_info_clear (DistroInfo *info);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (DistroInfo, distro_info_clear)

/* FAILED: not what qemu-img writes. */
gboolean distro_info_parse (const char *json, DistroInfo *info, GError **error);
gboolean distro_info_size (const char *json, guint64 *virtual_bytes, GError **error);

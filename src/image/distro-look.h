/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A disk image of anybody's: is it a disk, does it boot by itself, would we hear it? What it contains is looked at by libguestfs, in a
 * machine of its own; the file itself by qemu-img, with limits. Never written.
 */
#pragma once
#include <glib.h>

#include "base/progress.h"
#include "image/distro-about.h"

/*
 * USAGE: no disk image (also: compressed by another program), a format other than qcow2 and raw, one that refers to other files, encrypted,
 * larger than 1 TiB; damaged: FAILED. *format is newly allocated.
 */
gboolean distro_look_at_file (const char *path, char **format, GError **error);
/* USAGE: no partitions, no system, no kernel, no boot loader, or a boot loader that gives the kernel no console on ttyS0. */
gboolean distro_look_inside (const char *disk, const char *tmpdir, gboolean hardware, Progress *progress, DistroAbout *about, GError **error);

typedef enum { DISTRO_CONSOLE_THERE, DISTRO_CONSOLE_MISSING, DISTRO_CONSOLE_UNKNOWN } DistroConsole;
/* Whether a boot loader's configuration gives a kernel a console on ttyS0. UNKNOWN: it names no kernel arguments at all. Pure. */
DistroConsole distro_look_for_console (const char *config);

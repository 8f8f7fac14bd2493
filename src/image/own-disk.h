/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A disk of the user's, to be booted and never written: what it is, a layer over it that takes the writes, and a seed by which cloud-init
 * makes it a shell's guest.
 */
#pragma once
#include <glib.h>

/*
 * Is it a disk that can be booted as it stands: qcow2, or raw with a boot sector? A qcow2 that leads to another file (backing or data) is
 * refused: what that names would be read. USAGE. *format: "qcow2" or "raw".
 */
gboolean own_disk_check (const char *path, const char **format, GError **error);
/* Makes the qcow2 `layer` over it. */
gboolean own_disk_layer (const char *path, const char *format, const char *layer, GError **error);
/*
 * An ISO for cloud-init's NoCloud, with the files of the folder `dir`: the console logs root in; the file OWN_DISK_AGENT (a static program) serves the
 * second serial port; a file OWN_DISK_SETUP is run before, by sh, with the folder of these files as its argument.
 */
gboolean own_disk_seed (const char *hostname, const char *dir, const char *path, GError **error);
#define OWN_DISK_AGENT "exec-agent"
#define OWN_DISK_SETUP "setup"

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * libguestfs's appliance, as any user: without the environment's settings, without KVM unless that is known to work, and ended at
 * once when we are interrupted, in whatever call it is.
 *
 *   g_autoptr (Appliance) appliance = appliance_new (scratch_path (scratch), FALSE, progress, error);
 *   guestfs_add_drive_opts (appliance_handle (appliance), …);
 *   if (!appliance_launch (appliance, error)) …
 *   if (guestfs_mount (appliance_handle (appliance), …) < 0) return appliance_fail (appliance, "cannot mount", error);
 */
#pragma once
#include <glib.h>
#include <guestfs.h>

#include "base/progress.h"

typedef struct Appliance Appliance;
/* tmpdir: where its files are made, so that a killed command's are swept with the rest. HOST: no kernel that libguestfs could boot. */
Appliance *appliance_new (const char *tmpdir, gboolean hardware, Progress *progress, GError **error);
void appliance_free (Appliance *appliance);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Appliance, appliance_free)
guestfs_h *appliance_handle (Appliance *appliance);
/* Starts it with the drives that were added. HOST: it does not start. */
gboolean appliance_launch (Appliance *appliance, GError **error);
/* FALSE: what could not be done, with libguestfs's last words; or that we were interrupted. */
gboolean appliance_fail (Appliance *appliance, const char *what, GError **error);
/* FALSE with HOST unless there is a kernel in boot_dir ("/boot") that this user may read: libguestfs's own message would not name it. */
gboolean appliance_check_kernel (const char *boot_dir, GError **error);

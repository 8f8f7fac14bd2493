/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A machine's state in a file: QEMU's migration stream, written by a domain that stands still and read by one that was started with
 * `-incoming defer`, by the monitor of a running libvirt domain. What is mapped shared (L2's volume, the record device, the root disk while a snapshot
 * is made) is not in it: the restored machine sees the files that it was given. Internal to machine/.
 */
#pragma once
#include <glib.h>
#include <libvirt/libvirt.h>

#include "machine/machine.h"

/* Both take seconds and can be interrupted. */
gboolean snapshot_save (virDomainPtr domain, const char *path, GError **error);
gboolean snapshot_load (virDomainPtr domain, const char *path, GError **error);

/* L1's root disk as the machine is to be given it: the snapshot's, or the image. Newly allocated; NULL if there is neither. */
char *snapshot_root_disk (const MachineSpec *spec);
/* Before L1 starts that is to stop: its root disk is a sparse copy of the image, which it will write to. */
gboolean snapshot_copy_root (const MachineSpec *spec, GError **error);
/* Loads spec->snapshot_from, if there is one. */
gboolean snapshot_go_on (virDomainPtr domain, const MachineSpec *spec, GError **error);

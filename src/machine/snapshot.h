/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A machine's state in a file: QEMU's migration stream, written by a domain that stands still and read by one that was started with
 * `-incoming defer`, by the monitor of a running libvirt domain. What is mapped shared (L2's volume, the record device, the root disk while a snapshot
 * is made) is not in it: the restored machine sees the files that it was given. Internal to machine/.
 */
#pragma once
#include <glib.h>
#include <libvirt/libvirt.h>

/* Both take seconds and can be interrupted. */
gboolean snapshot_save (virDomainPtr domain, const char *path, GError **error);
gboolean snapshot_load (virDomainPtr domain, const char *path, GError **error);

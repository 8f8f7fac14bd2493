/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Ends VMs whose harness was killed. libvirt's QEMU is a daemon: it outlives us and no parent-death
 * signal reaches it. The watcher is a child of ours that holds a pidfd of each VM and the far end of a
 * pipe; when the pipe closes, however we ended, it kills them and goes. A VM that has ended already is a
 * dead pidfd, so nothing needs to be taken back. What was started but not yet told
 * is machine_sweep's business.
 */
#pragma once
#include <glib.h>

/* Adds a process; starts the watcher when first called. FALSE if it cannot be watched. Thread-safe. */
gboolean watcher_add (GPid pid);

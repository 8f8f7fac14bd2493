/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Connections to libvirt: the embedded driver (one per process, with an event loop in a thread of its
 * own) or a URI of the user's. Both stay open until the process ends.
 */
#pragma once
#include <glib.h>
#include <libvirt/libvirt.h>

#include "base/error.h"

/* *conn is borrowed. uri NULL: embedded. Thread-safe. */
gboolean libvirt_connect (const char *uri, virConnectPtr *conn, GError **error);
/* The embedded driver's root, or NULL while it is not open. */
const char *libvirt_embed_root (void);
/* FALSE, with libvirt's last error of this thread behind the text. */
gboolean fail_libvirt (GError **error, HarnessError code, const char *format, ...) G_GNUC_PRINTF (3, 4);

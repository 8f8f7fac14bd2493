/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Makes a payload for MachineSpec (record/payload.h). */
#pragma once
#include <glib.h>

typedef struct Payload Payload;
Payload *payload_new (void);
void payload_free (Payload *payload);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Payload, payload_free)
/* name is a plain file name. FAILED if there are too many entries, or there is no room. */
gboolean payload_add (Payload *payload, const char *name, const void *data, gsize size, GError **error);
/* All of it, as it stands on the record device from PAYLOAD_OFFSET on; of the payload, until it is changed or freed. */
const void *payload_bytes (Payload *payload, gsize *size);

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A header and what it tells of, each entry at a multiple of 8. */
#include "machine/payload.h"

#include <string.h>

#include "base/error.h"
#include "record/payload.h"

struct Payload
{
  struct payload_header header;
  GByteArray *bytes; /* begins with room for the header */
};

Payload *
payload_new (void)
{
  Payload *payload = g_new0 (Payload, 1);
  payload->header.magic = PAYLOAD_MAGIC;
  payload->bytes = g_byte_array_new ();
  g_byte_array_append (payload->bytes, (const guint8 *) &payload->header, sizeof payload->header);
  return payload;
}

void
payload_free (Payload *payload)
{
  if (payload == NULL)
    return;
  g_byte_array_unref (payload->bytes);
  g_free (payload);
}

gboolean
payload_add (Payload *payload, const char *name, const void *data, gsize size, GError **error)
{
  static const guint8 zeroes[8];
  struct payload_header *header = &payload->header;
  struct payload_entry *entry = &header->entry[header->entries];

  if (header->entries >= PAYLOAD_ENTRIES_MAX || size > PAYLOAD_DEVICE_BYTES - PAYLOAD_OFFSET - payload->bytes->len)
    return fail (error, HARNESS_ERROR_FAILED, "%s: too large for the record device", name);
  g_assert (strlen (name) < sizeof entry->name);
  g_strlcpy (entry->name, name, sizeof entry->name);
  entry->offset = payload->bytes->len;
  entry->size = (guint32) size;
  header->entries++;
  g_byte_array_append (payload->bytes, data, (guint) size);
  g_byte_array_append (payload->bytes, zeroes, (8 - payload->bytes->len % 8) % 8);
  return TRUE;
}

const void *
payload_bytes (Payload *payload, gsize *size)
{
  memcpy (payload->bytes->data, &payload->header, sizeof payload->header);
  *size = payload->bytes->len;
  return payload->bytes->data;
}

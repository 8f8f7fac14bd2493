/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Writing the record format (see record.h). The writer fills one block that its owner lends it and hands
 * it to write_block when it is full or flushed. No allocation, no system call of its own.
 *
 * A block that could not be written stays in the buffer: the next flush tries again.
 */
#include <errno.h>
#include <string.h>

#include "record/record.h"

#define PAYLOAD_MAX (RECORD_BLOCK_MAX - sizeof (struct record_block_header))

static size_t
round_up (size_t n, size_t multiple)
{
  return (n + multiple - 1) / multiple * multiple;
}

void
record_writer_init (struct record_writer *w, unsigned char *block, int (*write_block) (void *, const void *, size_t), void *opaque)
{
  *w = (struct record_writer) { .write_block = write_block, .opaque = opaque, .block = block };
}

size_t
record_room (const struct record_writer *w)
{
  size_t left = PAYLOAD_MAX - w->used; /* both are multiples of 8 */

  return left < sizeof (struct record_header) ? 0 : left - sizeof (struct record_header);
}

int
record_flush (struct record_writer *w)
{
  struct record_block_header header = {
    .magic = RECORD_BLOCK_MAGIC,
    .version = RECORD_VERSION,
    .sequence = w->sequence,
    .length = (uint32_t) w->used,
  };
  size_t used = sizeof header + w->used;
  size_t size = round_up (used, RECORD_PAGE);

  if (w->used == 0)
    return 0;
  memcpy (w->block, &header, sizeof header);
  header.crc32c = record_crc32c (0, w->block, used);
  memcpy (w->block, &header, sizeof header);
  memset (w->block + used, 0, size - used);
  if (w->write_block (w->opaque, w->block, size) != 0)
    return -1;
  w->sequence++;
  w->used = 0;
  return 0;
}

void *
record_reserve (struct record_writer *w, enum record_type type, uint16_t vcpu, uint32_t length)
{
  struct record_header header = { .type = (uint16_t) type, .vcpu = vcpu, .length = length };
  unsigned char *body;

  if (length > PAYLOAD_MAX - sizeof header)
    {
      errno = EMSGSIZE;
      return NULL;
    }
  if (length > record_room (w) || w->used + sizeof header > PAYLOAD_MAX)
    if (record_flush (w) != 0)
      return NULL;
  memcpy (w->block + sizeof (struct record_block_header) + w->used, &header, sizeof header);
  body = w->block + sizeof (struct record_block_header) + w->used + sizeof header;
  memset (body + length, 0, round_up (length, 8) - length);
  w->used += sizeof header + round_up (length, 8);
  return body;
}

int
record_put (struct record_writer *w, enum record_type type, uint16_t vcpu, const void *head, uint32_t head_length, const void *body, uint32_t body_length)
{
  unsigned char *to;

  if (body_length > RECORD_BLOCK_MAX || head_length > RECORD_BLOCK_MAX)
    {
      errno = EMSGSIZE;
      return -1;
    }
  to = record_reserve (w, type, vcpu, head_length + body_length);
  if (to == NULL)
    return -1;
  if (head_length > 0)
    memcpy (to, head, head_length);
  if (body_length > 0)
    memcpy (to + head_length, body, body_length);
  return 0;
}

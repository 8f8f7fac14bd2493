/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reading the record format (see record.h). The data is hostile: every length is checked before it is used,
 * every block against its checksum, every record against the shape of its type, so that a
 * caller may cast the body of a record that record_next() returned with RECORD_OK to its struct.
 */
#include <string.h>

#include "record/record.h"

/* The body of a record: `fixed` bytes, then a multiple of `unit` bytes. */
struct shape {
  uint16_t fixed, unit;
};

static const struct shape shapes[] = {
  [RECORD_HELLO] = { sizeof (struct record_hello), 1 },
  [RECORD_EVENT] = { sizeof (struct record_event), 1 },
  [RECORD_VCPU] = { sizeof (struct record_vcpu), 0 },
  [RECORD_EXITS] = { 0, sizeof (struct kvm_exit_log_record) },
  [RECORD_SAMPLE] = { sizeof (struct record_sample), sizeof (struct record_sample_reason) },
  [RECORD_SLOTS] = { 0, sizeof (struct kvm_exit_log_slot) },
  [RECORD_KVM_STATS] = { sizeof (uint64_t), 1 },
  [RECORD_CONSOLE] = { sizeof (uint64_t), 1 },
  [RECORD_L2_DATA] = { sizeof (uint64_t), 1 },
  [RECORD_TRACE_HIST] = { 0, 1 },
  [RECORD_END] = { sizeof (struct record_end), 0 },
  [RECORD_GUEST] = { sizeof (struct record_guest), 0 },
};

static enum record_status
bad (struct record_reader *r, enum record_status status, const char *error)
{
  r->error = error;
  return status;
}

static size_t
round_up (size_t n, size_t multiple)
{
  return (n + multiple - 1) / multiple * multiple;
}

static int
all_zero (const unsigned char *p, size_t size)
{
  for (size_t i = 0; i < size; i++)
    if (p[i] != 0)
      return 0;
  return 1;
}

static uint32_t
block_crc (const struct record_block_header *header, const unsigned char *payload)
{
  struct record_block_header blank = *header;

  blank.crc32c = 0;
  return record_crc32c (record_crc32c (0, &blank, sizeof blank), payload, header->length);
}

void
record_reader_init (struct record_reader *r, const void *data, size_t size)
{
  *r = (struct record_reader) { .data = data, .size = size };
}

/* TRUE if a block begins at `at`. */
static int
block_begins (const struct record_reader *r, size_t at)
{
  uint64_t magic;

  if (at > r->size || r->size - at < sizeof magic)
    return 0;
  memcpy (&magic, r->data + at, sizeof magic);
  return magic == RECORD_BLOCK_MAGIC;
}

static enum record_status
check_block (struct record_reader *r, size_t at, const struct record_block_header *header)
{
  size_t left = r->size - at - sizeof *header;
  const unsigned char *payload = r->data + at + sizeof *header;
  size_t padding;

  if (header->version != RECORD_VERSION)
    return bad (r, RECORD_BAD_BLOCK, "unknown version");
  if (header->length == 0 || header->length % 8 != 0 || header->length > RECORD_BLOCK_MAX - sizeof *header)
    return bad (r, RECORD_BAD_BLOCK, "impossible length");
  if (header->length > left)
    return bad (r, RECORD_BAD_BLOCK, "block cut short");
  if (block_crc (header, payload) != header->crc32c)
    return bad (r, RECORD_BAD_BLOCK, "checksum does not fit");
  if (header->sequence != r->sequence)
    return bad (r, RECORD_BAD_BLOCK, "block out of sequence");
  padding = round_up (sizeof *header + header->length, RECORD_PAGE) - sizeof *header - header->length;
  if (padding > left - header->length)
    padding = left - header->length;
  if (header->reserved != 0 || !all_zero (payload + header->length, padding))
    return bad (r, RECORD_BAD_BLOCK, "reserved bytes are not zero");
  return RECORD_OK;
}

static enum record_status
next_block (struct record_reader *r)
{
  size_t at = r->next == 0 ? 0 : round_up (r->end, RECORD_PAGE);
  struct record_block_header header;
  enum record_status status;

  if (!block_begins (r, at))
    return RECORD_EOF;
  if (r->ended)
    return bad (r, RECORD_BAD_BLOCK, "a block after the end record");
  if (r->size - at < sizeof header)
    return bad (r, RECORD_BAD_BLOCK, "block cut short");
  memcpy (&header, r->data + at, sizeof header);
  status = check_block (r, at, &header);
  if (status != RECORD_OK)
    return status;
  r->sequence++;
  r->block = at;
  r->next = at + sizeof header;
  r->end = r->next + header.length;
  return RECORD_OK;
}

static enum record_status
check_record (struct record_reader *r, const struct record_header *header)
{
  size_t left = r->end - r->next - sizeof *header;
  const struct shape *shape;

  if (r->ended)
    return bad (r, RECORD_BAD_RECORD, "a record after the end record");
  if (header->type == 0 || header->type >= sizeof shapes / sizeof *shapes)
    return bad (r, RECORD_BAD_RECORD, "unknown record type");
  if (header->length > left)
    return bad (r, RECORD_BAD_RECORD, "record longer than its block");
  shape = &shapes[header->type];
  if (header->length < shape->fixed)
    return bad (r, RECORD_BAD_RECORD, "record too short for its type");
  if (shape->unit == 0 ? header->length != shape->fixed : (header->length - shape->fixed) % shape->unit != 0)
    return bad (r, RECORD_BAD_RECORD, "record length does not fit its type");
  if (!all_zero (r->data + r->next + sizeof *header + header->length, round_up (header->length, 8) - header->length))
    return bad (r, RECORD_BAD_RECORD, "padding is not zero");
  if ((header->type == RECORD_HELLO) != (r->block == 0 && r->next == sizeof (struct record_block_header)))
    return bad (r, RECORD_BAD_RECORD, "the stream does not begin with its one hello record");
  return RECORD_OK;
}

enum record_status
record_next (struct record_reader *r, struct record_header *header, const void **body)
{
  struct record_header found;
  enum record_status status;

  if (r->error != NULL)
    return RECORD_BAD_RECORD;
  if (r->next == r->end)
    {
      status = next_block (r);
      if (status != RECORD_OK)
        return status;
    }
  /* The payload and each record are multiples of 8, so at least a header is left. */
  memcpy (&found, r->data + r->next, sizeof found);
  status = check_record (r, &found);
  if (status != RECORD_OK)
    return status;
  *header = found;
  *body = r->data + r->next + sizeof found;
  r->next += sizeof found + round_up (found.length, 8);
  r->ended = found.type == RECORD_END;
  return RECORD_OK;
}

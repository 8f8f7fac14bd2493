/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the fuzzers share where no engine drives them: numbers that a seed repeats, and checksums made right again. */
#pragma once
#include <stddef.h>
#include <string.h>

#include "record/record.h"

static unsigned long long fuzz_state = 1;

static inline unsigned
draw (unsigned below)
{
  fuzz_state ^= fuzz_state << 13;
  fuzz_state ^= fuzz_state >> 7;
  fuzz_state ^= fuzz_state << 17;
  return (unsigned) (fuzz_state >> 20) % below;
}

/* Gives every block its CRC, so that what is wrong in it is looked at. */
static inline void
repair (unsigned char *data, size_t size)
{
  for (size_t at = 0; at + RECORD_PAGE <= size; at += RECORD_PAGE)
    {
      struct record_block_header header;

      memcpy (&header, data + at, sizeof header);
      if (header.magic != RECORD_BLOCK_MAGIC || header.length > size - at - sizeof header)
        continue;
      header.crc32c = 0;
      memcpy (data + at, &header, sizeof header);
      header.crc32c = record_crc32c (0, data + at, sizeof header + header.length);
      memcpy (data + at, &header, sizeof header);
    }
}

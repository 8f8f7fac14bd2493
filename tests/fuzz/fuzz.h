/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the fuzzers share where no engine drives them: their main, numbers that a seed repeats, and checksums made right again. */
#pragma once
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

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

/* NAME [SECONDS [SEED]]: inputs until so much processor time is used, at least so many. */
static inline int
fuzz_main (int argc, char **argv, const char *name, unsigned long at_least, void (*run_one) (void))
{
  const double seconds = argc > 1 ? atof (argv[1]) : 2;
  const clock_t until = clock () + (clock_t) (seconds * CLOCKS_PER_SEC);
  unsigned long runs = 0;

  fuzz_state = argc > 2 ? strtoull (argv[2], NULL, 0) | 1 : 1;
  for (; runs < at_least || clock () < until; runs++)
    run_one ();
  printf ("%s: %lu inputs\n", name, runs);
  return 0;
}

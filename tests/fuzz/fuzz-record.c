/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Fuzzes the record reader. LLVMFuzzerTestOneInput is the usual entry; the plain main (left out with
 * -DFUZZ_ENGINE) mutates a valid stream at random, repairing the checksum half the time so
 * that the record layer is reached too:   fuzz-record [seconds [seed]]
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "fuzz/fuzz.h"

int LLVMFuzzerTestOneInput (const unsigned char *data, size_t size);

int
LLVMFuzzerTestOneInput (const unsigned char *data, size_t size)
{
  struct record_reader r;
  struct record_header header;
  const void *body;
  volatile unsigned char sink = 0;

  record_reader_init (&r, data, size);
  while (record_next (&r, &header, &body) == RECORD_OK)
    {
      const unsigned char *p = body;

      if (p < data || p + header.length > data + size)
        abort ();
      for (size_t i = 0; i < header.length; i++)
        sink = (unsigned char) (sink + p[i]);
    }
  return 0;
}

#ifndef FUZZ_ENGINE
#define SEED_MAX (2u * RECORD_BLOCK_MAX)

static unsigned char seed_stream[SEED_MAX];
static size_t seed_size;

static int
append (void *opaque, const void *data, size_t size)
{
  (void) opaque;
  memcpy (seed_stream + seed_size, data, size);
  seed_size += size;
  return 0;
}

static void
make_seed (void)
{
  static _Alignas (RECORD_PAGE) unsigned char block[RECORD_BLOCK_MAX];
  static const unsigned lengths[] = { [RECORD_HELLO] = 40, 21, 104, 96, 56, 360, 30, 20, 40, 12, 32 };
  static const unsigned char body[400];
  struct record_writer w;

  record_writer_init (&w, block, append, NULL);
  for (unsigned type = RECORD_HELLO; type <= RECORD_END; type++)
    {
      if (record_put (&w, type, 0, body, lengths[type], NULL, 0) != 0)
        abort ();
      if (type == RECORD_SAMPLE && record_flush (&w) != 0)
        abort ();
    }
  if (record_flush (&w) != 0)
    abort ();
}

static void
run_one (void)
{
  size_t size = draw (4) == 0 ? draw ((unsigned) seed_size + 1) : seed_size;
  unsigned char *data = malloc (size + 1);

  if (data == NULL)
    abort ();
  memcpy (data, seed_stream, size);
  for (unsigned n = draw (8); n > 0 && size > 0; n--)
    {
      unsigned at = draw (3) == 0 ? draw ((unsigned) size) : draw (size < 1200 ? (unsigned) size : 1200);

      data[at] = draw (2) ? (unsigned char) draw (256) : (unsigned char) (data[at] + draw (9) - 4);
    }
  if (draw (2))
    repair (data, size);
  LLVMFuzzerTestOneInput (data, size);
  free (data);
}

int
main (int argc, char **argv)
{
  make_seed ();
  return fuzz_main (argc, argv, "fuzz-record", 100, run_one);
}
#endif

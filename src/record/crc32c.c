/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * CRC-32C (Castagnoli), as every block of the record format carries it: with the SSE4.2 instruction
 * where the processor has it, else by table. Both give the same bits; tests compare them.
 */
#include <string.h>

#include "record/crc32c.h"

/*
 * The table is linear in the bits of its index, so eight constants give all 256 entries. CRC32C_BIT_7 is
 * the polynomial 0x1edc6f41 reflected; each lower one is the next higher one shifted out by one bit.
 */
#define BIT(n, i, k) (((n) >> (i)) & 1u ? (k) : 0u)
#define T1(n) (BIT (n, 0, 0xf26b8303u) ^ BIT (n, 1, 0xe13b70f7u) ^ BIT (n, 2, 0xc79a971fu) ^ BIT (n, 3, 0x8ad958cfu) ^ \
               BIT (n, 4, 0x105ec76fu) ^ BIT (n, 5, 0x20bd8edeu) ^ BIT (n, 6, 0x417b1dbcu) ^ BIT (n, 7, 0x82f63b78u))
#define T4(n) T1 ((n)), T1 ((n) + 1u), T1 ((n) + 2u), T1 ((n) + 3u)
#define T16(n) T4 ((n)), T4 ((n) + 4u), T4 ((n) + 8u), T4 ((n) + 12u)
#define T64(n) T16 ((n)), T16 ((n) + 16u), T16 ((n) + 32u), T16 ((n) + 48u)

static const uint32_t table[256] = { T64 (0u), T64 (64u), T64 (128u), T64 (192u) };

uint32_t
record_crc32c_table (uint32_t crc, const void *data, size_t size)
{
  const unsigned char *p = data;

  crc = ~crc;
  for (; size > 0; size--)
    crc = table[(crc ^ *p++) & 0xff] ^ (crc >> 8);
  return ~crc;
}

#if defined(__x86_64__)
__attribute__ ((target ("sse4.2"))) static uint32_t
crc32c_sse42 (uint32_t crc, const void *data, size_t size)
{
  const unsigned char *p = data;
  uint64_t state = ~crc;

  for (; size >= sizeof (uint64_t); size -= sizeof (uint64_t), p += sizeof (uint64_t))
    {
      uint64_t word;

      memcpy (&word, p, sizeof word);
      state = __builtin_ia32_crc32di (state, word);
    }
  for (; size > 0; size--)
    state = __builtin_ia32_crc32qi ((uint32_t) state, *p++);
  return ~(uint32_t) state;
}

uint32_t
record_crc32c (uint32_t crc, const void *data, size_t size)
{
  if (__builtin_cpu_supports ("sse4.2"))
    return crc32c_sse42 (crc, data, size);
  return record_crc32c_table (crc, data, size);
}
#else
uint32_t
record_crc32c (uint32_t crc, const void *data, size_t size)
{
  return record_crc32c_table (crc, data, size);
}
#endif

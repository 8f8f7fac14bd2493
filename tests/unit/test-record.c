/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The record format: checksum, writer, and a reader that believes nothing. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "record/crc32c.h"
#include "record/record.h"

#define STREAM_MAX (8u * RECORD_BLOCK_MAX)

static _Alignas (RECORD_PAGE) unsigned char block[RECORD_BLOCK_MAX];
static _Alignas (RECORD_PAGE) unsigned char stream[STREAM_MAX];
static size_t stream_size;
static int fail_writes;

static int
append (void *opaque, const void *data, size_t size)
{
  assert_ptr_equal (opaque, &stream_size);
  assert_int_equal (size % RECORD_PAGE, 0);
  if (fail_writes > 0 && fail_writes-- > 0)
    {
      errno = ENOSPC;
      return -1;
    }
  assert_true (stream_size + size <= STREAM_MAX);
  memcpy (stream + stream_size, data, size);
  stream_size += size;
  return 0;
}

static struct record_writer
new_stream (void)
{
  struct record_writer w;
  struct record_hello hello = { .tsc_khz = 1000 };

  memset (stream, 0, sizeof stream);
  stream_size = 0;
  record_writer_init (&w, block, append, &stream_size);
  assert_int_equal (record_put (&w, RECORD_HELLO, 0, &hello, sizeof hello, "6.1.0", 5), 0);
  return w;
}

/* Makes the first block's checksum fit again after a test has altered it. */
static void
seal (void)
{
  struct record_block_header header;

  memcpy (&header, stream, sizeof header);
  header.crc32c = 0;
  memcpy (stream, &header, sizeof header);
  header.crc32c = record_crc32c (0, stream, sizeof header + header.length);
  memcpy (stream, &header, sizeof header);
}

static enum record_status
read_all (size_t size, unsigned *records, const char **error)
{
  struct record_reader r;
  struct record_header header;
  const void *body;
  enum record_status status;

  *records = 0;
  record_reader_init (&r, stream, size);
  while ((status = record_next (&r, &header, &body)) == RECORD_OK)
    (*records)++;
  *error = r.error;
  if (status != RECORD_EOF)
    assert_int_not_equal (record_next (&r, &header, &body), RECORD_OK);
  return status;
}

static void
test_crc_known (void **state)
{
  unsigned char zeroes[32] = { 0 }, ones[32], up[32];

  (void) state;
  memset (ones, 0xff, sizeof ones);
  for (unsigned i = 0; i < 32; i++)
    up[i] = (unsigned char) i;
  /* RFC 3720, B.4 */
  assert_int_equal (record_crc32c (0, zeroes, 32), 0x8a9136aa);
  assert_int_equal (record_crc32c (0, ones, 32), 0x62a8ab43);
  assert_int_equal (record_crc32c (0, up, 32), 0x46dd794e);
  assert_int_equal (record_crc32c (0, "123456789", 9), 0xe3069283);
  assert_int_equal (record_crc32c_table (0, "123456789", 9), 0xe3069283);
}

static void
test_crc_paths_agree (void **state)
{
  unsigned char data[257];

  (void) state;
  for (unsigned i = 0; i < sizeof data; i++)
    data[i] = (unsigned char) (i * 167 + 13);
  for (size_t from = 0; from < 9; from++)
    for (size_t size = 0; from + size <= sizeof data; size++)
      assert_int_equal (record_crc32c (7, data + from, size), record_crc32c_table (7, data + from, size));
  assert_int_equal (record_crc32c (record_crc32c (0, data, 100), data + 100, 157), record_crc32c (0, data, 257));
}

static void
test_round_trip (void **state)
{
  struct record_writer w = new_stream ();
  struct kvm_exit_log_record exits[3] = { { .tsc = 1, .reason = 10 }, { .tsc = 2, .reason = 30 }, { .tsc = 3, .reason = 48 } };
  struct record_end end = { .exits_written = 3 };
  struct record_reader r;
  struct record_header header;
  const void *body;

  (void) state;
  assert_int_equal (record_put (&w, RECORD_EXITS, 5, exits, sizeof exits, NULL, 0), 0);
  assert_int_equal (record_put (&w, RECORD_END, 0, &end, sizeof end, NULL, 0), 0);
  assert_int_equal (stream_size, 0);
  assert_int_equal (record_flush (&w), 0);
  assert_int_equal (record_flush (&w), 0);
  assert_int_equal (stream_size, RECORD_PAGE);

  record_reader_init (&r, stream, sizeof stream);
  assert_int_equal (record_next (&r, &header, &body), RECORD_OK);
  assert_int_equal (header.type, RECORD_HELLO);
  assert_int_equal (header.length, sizeof (struct record_hello) + 5);
  assert_memory_equal ((const char *) body + sizeof (struct record_hello), "6.1.0", 5);
  assert_int_equal (record_next (&r, &header, &body), RECORD_OK);
  assert_int_equal (header.type, RECORD_EXITS);
  assert_int_equal (header.vcpu, 5);
  assert_int_equal ((uintptr_t) body % 8, 0);
  assert_memory_equal (body, exits, sizeof exits);
  assert_false (r.ended);
  assert_int_equal (record_next (&r, &header, &body), RECORD_OK);
  assert_int_equal (header.type, RECORD_END);
  assert_true (r.ended);
  assert_int_equal (record_next (&r, &header, &body), RECORD_EOF);
  assert_null (r.error);
}

static void
test_blocks_fill (void **state)
{
  struct record_writer w = new_stream ();
  unsigned records, put = 1;
  const char *error;

  (void) state;
  while (stream_size < 3 * RECORD_BLOCK_MAX)
    {
      uint64_t *body = record_reserve (&w, RECORD_CONSOLE, 0, 8 + put % 1000);

      assert_non_null (body);
      memset (body, 'x', 8 + put % 1000);
      put++;
    }
  assert_int_equal (record_flush (&w), 0);
  assert_int_equal (read_all (sizeof stream, &records, &error), RECORD_EOF);
  assert_int_equal (records, put);
}

static void
test_room_is_exact (void **state)
{
  struct record_writer w = new_stream ();
  size_t room = record_room (&w);
  unsigned records;
  const char *error;

  (void) state;
  memset (record_reserve (&w, RECORD_CONSOLE, 0, (uint32_t) room), 0, room);
  assert_int_equal (stream_size, 0);
  assert_int_equal (record_room (&w), 0);
  memset (record_reserve (&w, RECORD_TRACE_HIST, 0, 0), 0, 0);
  assert_int_equal (stream_size, RECORD_BLOCK_MAX);
  assert_int_equal (record_flush (&w), 0);
  assert_int_equal (read_all (sizeof stream, &records, &error), RECORD_EOF);
  assert_int_equal (records, 3);
}

static void
test_too_long (void **state)
{
  struct record_writer w = new_stream ();

  (void) state;
  errno = 0;
  assert_null (record_reserve (&w, RECORD_CONSOLE, 0, RECORD_BLOCK_MAX));
  assert_int_equal (errno, EMSGSIZE);
  assert_int_equal (record_put (&w, RECORD_CONSOLE, 0, "", 1, "", UINT32_MAX), -1);
  assert_int_equal (stream_size, 0);
}

static void
test_failed_write_is_kept (void **state)
{
  struct record_writer w = new_stream ();
  unsigned records;
  const char *error;

  (void) state;
  fail_writes = 1;
  assert_int_equal (record_flush (&w), -1);
  assert_int_equal (errno, ENOSPC);
  assert_int_equal (record_flush (&w), 0);
  assert_int_equal (read_all (sizeof stream, &records, &error), RECORD_EOF);
  assert_int_equal (records, 1);
}

struct damage {
  const char *error;
  size_t at;
  unsigned char value;
  int sealed; /* the checksum is made to fit again */
};

/* One hello record of 37 bytes at 32, then a console record of 16 bytes at 32 + 48 = 80. */
static const struct damage damages[] = {
  { "unknown version", 8, 9, 1 },
  { "block out of sequence", 12, 1, 1 },
  { "impossible length", 16, 3, 0 },
  { "impossible length", 18, 0xff, 0 },
  { "checksum does not fit", 20, 0x55, 0 },
  { "checksum does not fit", 60, 0x55, 0 },
  { "reserved bytes are not zero", 24, 1, 1 },
  { "reserved bytes are not zero", 200, 1, 0 },
  { "unknown record type", 80, 77, 1 },
  { "unknown record type", 80, 0, 1 },
  { "record longer than its block", 84, 17, 1 },
  { "record longer than its block", 87, 0xff, 1 },
  { "record too short for its type", 84, 7, 1 },
  { "record length does not fit its type", 80, RECORD_EXITS, 1 },
  { "the stream does not begin with its one hello record", 32, RECORD_CONSOLE, 1 },
  { "padding is not zero", 77, 1, 1 },
};

static void
test_damage (void **state)
{
  (void) state;
  for (size_t i = 0; i < sizeof damages / sizeof *damages; i++)
    {
      struct record_writer w = new_stream ();
      unsigned records;
      const char *error;

      assert_int_equal (record_put (&w, RECORD_CONSOLE, 0, "12345678", 8, "abcdefgh", 8), 0);
      assert_int_equal (record_flush (&w), 0);
      stream[damages[i].at] = damages[i].value;
      if (damages[i].sealed)
        seal ();
      assert_int_not_equal (read_all (sizeof stream, &records, &error), RECORD_EOF);
      assert_string_equal (error, damages[i].error);
    }
}

static void
test_cut_short (void **state)
{
  struct record_writer w = new_stream ();
  unsigned records;
  const char *error;

  (void) state;
  assert_int_equal (record_put (&w, RECORD_CONSOLE, 0, "12345678", 8, "abcdefgh", 8), 0);
  assert_int_equal (record_flush (&w), 0);
  for (size_t size = 0; size < RECORD_PAGE; size++)
    {
      enum record_status status = read_all (size, &records, &error);

      assert_int_equal (status, size < 8 || size >= 104 ? RECORD_EOF : RECORD_BAD_BLOCK);
      assert_int_equal (records, size >= 104 ? 2 : 0);
    }
}

static void
test_after_end (void **state)
{
  struct record_end end = { 0 };
  unsigned records;
  const char *error;

  (void) state;
  for (int flush = 0; flush < 2; flush++)
    {
      struct record_writer w = new_stream ();

      assert_int_equal (record_put (&w, RECORD_END, 0, &end, sizeof end, NULL, 0), 0);
      if (flush)
        assert_int_equal (record_flush (&w), 0);
      assert_int_equal (record_put (&w, RECORD_END, 0, &end, sizeof end, NULL, 0), 0);
      assert_int_equal (record_flush (&w), 0);
      assert_int_equal (read_all (sizeof stream, &records, &error), flush ? RECORD_BAD_BLOCK : RECORD_BAD_RECORD);
      assert_int_equal (records, 2);
    }
}

static void
test_empty (void **state)
{
  unsigned records;
  const char *error;

  (void) state;
  memset (stream, 0, sizeof stream);
  assert_int_equal (read_all (0, &records, &error), RECORD_EOF);
  assert_int_equal (read_all (sizeof stream, &records, &error), RECORD_EOF);
  assert_int_equal (records, 0);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_crc_known),    cmocka_unit_test (test_crc_paths_agree), cmocka_unit_test (test_round_trip),
    cmocka_unit_test (test_blocks_fill),  cmocka_unit_test (test_room_is_exact),   cmocka_unit_test (test_too_long),
    cmocka_unit_test (test_failed_write_is_kept), cmocka_unit_test (test_damage), cmocka_unit_test (test_cut_short),
    cmocka_unit_test (test_after_end),    cmocka_unit_test (test_empty),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}

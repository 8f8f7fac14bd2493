/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A payload: what stands where, and what does not fit. */
#include "unit/unit.h"

#include "base/error.h"
#include "machine/payload.h"
#include "record/payload.h"

static void
test_entries (void **state)
{
  (void) state;
  g_autoptr (Payload) payload = payload_new ();
  g_autoptr (GError) error = NULL;
  gsize size;

  assert_true (payload_add (payload, "kvm.ko", "module", 6, &error));
  assert_true (payload_add (payload, PAYLOAD_PROGRAM, "program!", 8, &error));
  const char *bytes = payload_bytes (payload, &size);
  const struct payload_header *header = (const void *) bytes;
  assert_int_equal (header->magic, PAYLOAD_MAGIC);
  assert_int_equal (header->entries, 2);
  assert_string_equal (header->entry[0].name, "kvm.ko");
  assert_int_equal (header->entry[0].offset, sizeof *header);
  assert_int_equal (header->entry[0].size, 6);
  assert_memory_equal (bytes + header->entry[0].offset, "module\0\0", 8);
  assert_int_equal (header->entry[1].offset, sizeof *header + 8);
  assert_memory_equal (bytes + header->entry[1].offset, "program!", 8);
  assert_int_equal (size, sizeof *header + 16);
}

static void
test_limits (void **state)
{
  (void) state;
  g_autoptr (Payload) payload = payload_new ();
  g_autoptr (GError) error = NULL;
  const gsize room = PAYLOAD_DEVICE_BYTES - PAYLOAD_OFFSET - sizeof (struct payload_header);
  g_autofree char *large = g_malloc0 (room + 1);

  assert_false (payload_add (payload, "a", large, room + 1, &error));
  assert_true (g_error_matches (error, HARNESS_ERROR, HARNESS_ERROR_FAILED));
  g_clear_error (&error);
  for (guint i = 0; i < PAYLOAD_ENTRIES_MAX; i++)
    assert_true (payload_add (payload, "a", "", 0, &error));
  assert_false (payload_add (payload, "b", "", 0, &error));
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_entries),
    cmocka_unit_test (test_limits),
  };
  return cmocka_run_group_tests (tests, NULL, NULL);
}

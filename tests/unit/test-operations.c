/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of operations: whole, and such that marks and CSV files can carry it. */
#include "unit.h"

#include "record/operations.h"
#include "record/record.h"

#define NAME_MAX_BYTES 31

static void
test_rows_are_whole (void **state)
{
  (void) state;
  for (guint i = 0; i < OPERATIONS; i++)
    {
      const struct record_operation *row = &record_operations[i];
      if (row->name == NULL || row->what == NULL)
        fail_msg ("number %u has no row", i);
      if (row->rounds == 0 || row->repetitions == 0)
        fail_msg ("%s is never performed", row->name);
      assert_true (row->guest == RECORD_GUEST_LINUX || row->guest == RECORD_GUEST_KNOWN_ANSWER);
      assert_true (row->certainty <= RECORD_EXPECT_ALWAYS);
    }
}

/* Lower case, digits and dashes: nothing that CSV, HTML or a file name would have to quote. Commas are free in `what`. */
static void
test_names_need_no_quotes (void **state)
{
  (void) state;
  g_autoptr (GHashTable) seen = g_hash_table_new (g_str_hash, g_str_equal);
  for (guint i = 0; i < OPERATIONS; i++)
    {
      const char *name = record_operations[i].name, *what = record_operations[i].what;
      if (strspn (name, "abcdefghijklmnopqrstuvwxyz0123456789-") != strlen (name) || *name == '\0' || strlen (name) > NAME_MAX_BYTES)
        fail_msg ("\"%s\" is no name", name);
      if (!g_hash_table_add (seen, (gpointer) name))
        fail_msg ("%s: twice", name);
      if (*what == '\0' || strpbrk (what, "\"\n\r<>&") != NULL)
        fail_msg ("%s: \"%s\" is no text for people", name, what);
    }
}

/* The ports of marks, of operations and of the report do not meet, and an OUT names each in 16 bits. */
static void
test_ports_do_not_meet (void **state)
{
  (void) state;
  assert_in_range (OPERATIONS, 1, RECORD_OPERATION_MAX);
  assert_in_range (RECORD_MARK_OPERATION_END, 1, RECORD_MARK_COUNT - 1);
  assert_true (RECORD_MARK_PORT + RECORD_MARK_COUNT <= RECORD_OPERATION_PORT);
  assert_true (RECORD_OPERATION_PORT + RECORD_OPERATION_MAX <= RECORD_REPORT_PORT);
  assert_true (RECORD_REPORT_PORT <= 0xffff);
}

/* A number of exits is promised only together with the reason that they have, and both guests have a calibration that promises none. */
static void
test_promises (void **state)
{
  (void) state;
  for (guint i = 0; i < OPERATIONS; i++)
    {
      const struct record_operation *row = &record_operations[i];
      if (row->certainty == RECORD_EXPECT_ALWAYS && row->per_repetition == 0)
        fail_msg ("%s: always no exit is no row of its own", row->name);
      if (row->per_repetition > 0 && (row->certainty == RECORD_EXPECT_NOTHING || row->vmx_reason == 0 || row->svm_code == 0))
        fail_msg ("%s: exits without certainty or reason", row->name);
    }
  assert_int_equal (record_operations[OPERATION_CALIBRATION].guest, RECORD_GUEST_KNOWN_ANSWER);
  assert_int_equal (record_operations[OPERATION_CALIBRATION_LINUX].guest, RECORD_GUEST_LINUX);
  assert_int_equal (record_operations[OPERATION_CALIBRATION].certainty, RECORD_EXPECT_NOTHING);
  assert_int_equal (record_operations[OPERATION_CALIBRATION_LINUX].certainty, RECORD_EXPECT_NOTHING);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_rows_are_whole),
    cmocka_unit_test (test_names_need_no_quotes),
    cmocka_unit_test (test_ports_do_not_meet),
    cmocka_unit_test (test_promises),
  };
  return cmocka_run_group_tests (tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Errors carry their exit code, and errnos that mean an exhausted host say what to do. */
#include "unit.h"

#include <errno.h>

#include "base/isa.h"

static void
test_codes (void **state)
{
  (void) state;
  static const struct
  {
    HarnessError code;
    int exit_code;
  } cases[] = {
    { HARNESS_ERROR_FAILED, 1 },
    { HARNESS_ERROR_USAGE, 2 },
    { HARNESS_ERROR_HOST, 3 },
    { HARNESS_ERROR_INTERRUPTED, 130 },
  };
  assert_int_equal (error_exit_code (NULL), 0);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GError) error = NULL;
      assert_false ((fail) (&error, cases[i].code, "%s %d", "nr", 7));
      assert_failed (error, cases[i].code, "nr 7");
      assert_int_equal (error_exit_code (error), cases[i].exit_code);
    }
}

static void
test_foreign_error (void **state)
{
  (void) state;
  g_autoptr (GError) error = g_error_new (G_FILE_ERROR, G_FILE_ERROR_NOENT, "x");
  assert_int_equal (error_exit_code (error), 1);
}

static void
test_errno (void **state)
{
  (void) state;
  g_autoptr (GError) plain = NULL;
  assert_false (fail_errno (&plain, ENOENT, "%s: opening", "a.conf"));
  assert_failed (plain, HARNESS_ERROR_FAILED, "a.conf: opening: no such file or directory");
  assert_null (strstr (plain->message, "try:"));

  g_autoptr (GError) full = NULL;
  assert_false (fail_errno (&full, ENOSPC, "%s: writing", "images/cache/x"));
  assert_failed (full, HARNESS_ERROR_FAILED, "images/cache/x: writing: no space left on device; try: free space");

  g_autoptr (GError) read_only = NULL;
  assert_false (fail_errno (&read_only, EROFS, "%s: writing", "results"));
  assert_failed (read_only, HARNESS_ERROR_HOST, "results: writing: read-only file system; try: work in");
}

static void
test_null_error (void **state)
{
  (void) state;
  assert_false ((fail) (NULL, HARNESS_ERROR_FAILED, "nobody listens"));
  assert_false (fail_errno (NULL, EIO, "nobody listens"));
}

static void
test_isa (void **state)
{
  (void) state;
  Isa isa = ISA_VMX;
  assert_true (isa_parse ("svm", &isa));
  assert_int_equal (isa, ISA_SVM);
  assert_string_equal (isa_name (isa), "svm");
  assert_true (isa_parse (isa_name (ISA_VMX), &isa));
  assert_int_equal (isa, ISA_VMX);
  assert_false (isa_parse ("VMX", &isa));
  assert_false (isa_parse (NULL, &isa));
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_codes),
    cmocka_unit_test (test_foreign_error),
    cmocka_unit_test (test_errno),
    cmocka_unit_test (test_null_error),
    cmocka_unit_test (test_isa),
  };
  return cmocka_run_group_tests (tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Golden files: what a generator must give to the byte. HARNESS_TEST_REGENERATE=1 rewrites them for review. */
#pragma once
#include "unit/unit.h"

#define GOLDEN_DIR "tests/golden"

static inline void
assert_golden (const char *name, const char *text, gsize size)
{
  g_autofree char *path = g_build_filename (GOLDEN_DIR, name, NULL);
  g_autofree char *wanted = NULL;
  gsize wanted_size;

  if (g_strcmp0 (g_getenv ("HARNESS_TEST_REGENERATE"), "1") == 0)
    {
      g_autofree char *parent = g_path_get_dirname (path);
      assert_int_equal (g_mkdir_with_parents (parent, 0777), 0);
      assert_true (g_file_set_contents (path, text, (gssize) size, NULL));
      return;
    }
  if (!g_file_get_contents (path, &wanted, &wanted_size, NULL))
    fail_msg ("%s is missing; try: HARNESS_TEST_REGENERATE=1 make check", path);
  if (size != wanted_size || memcmp (text, wanted, size) != 0)
    {
      g_autofree char *got = g_strconcat (path, ".got", NULL);
      g_file_set_contents (got, text, (gssize) size, NULL);
      fail_msg ("%s differs from what was generated: diff %s %s", path, path, got);
    }
}

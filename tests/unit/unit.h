/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What unit tests share: cmocka with what it needs, a folder per test, and looking at errors. */
#pragma once
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <glib.h>
#include <glib/gstdio.h>
#include <string.h>

#include "base/error.h"
#include "base/files.h"

/* Setup and teardown of a test that wants a folder: *state is its path. */
static inline int
folder_setup (void **state)
{
  *state = g_dir_make_tmp ("harness-unit-XXXXXX", NULL);
  return *state != NULL ? 0 : -1;
}

static inline int
folder_teardown (void **state)
{
  g_autofree char *path = *state;
  return files_remove_tree (path, NULL) ? 0 : -1;
}

/* Writes DIR/name (with its parents) and returns its path. */
static inline char *
put_file (const char *dir, const char *name, const char *text)
{
  char *path = g_build_filename (dir, name, NULL);
  g_autofree char *parent = g_path_get_dirname (path);
  assert_int_equal (g_mkdir_with_parents (parent, 0777), 0);
  assert_true (g_file_set_contents (path, text, -1, NULL));
  return path;
}

static inline void
assert_text_has (const char *text, const char *part)
{
  if (strstr (text, part) == NULL)
    fail_msg ("\"%s\" is not in: %s", part, text);
}

/* The error is there, ours, of that code, and its message has that part. */
static inline void
assert_failed (const GError *error, HarnessError code, const char *part)
{
  assert_non_null (error);
  assert_int_equal (error->domain, HARNESS_ERROR);
  assert_text_has (error->message, part);
  assert_int_equal (error->code, code);
}

static inline void
assert_no_failure (const GError *error)
{
  if (error != NULL)
    fail_msg ("unexpected: %s", error->message);
}

/* How many entries a folder has. */
static inline guint
count_entries (const char *dir)
{
  g_autoptr (GDir) handle = g_dir_open (dir, 0, NULL);
  assert_non_null (handle);
  guint count = 0;
  while (g_dir_read_name (handle) != NULL)
    count++;
  return count;
}

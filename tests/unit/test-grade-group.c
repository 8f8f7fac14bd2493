/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A course's download: whose each file is, by the names of four platforms, and when somebody is warned who did not ask. */
#include "unit.h"

#include "cli/grade-group.h"

static void
put (const char *dir, const char *name)
{
  g_free (put_file (dir, name, "x\n"));
}

/* NAME: PART PART …, a line each; paths without the folder. */
static char *
grouped (const char *dir, GroupKind kind, const char *const *names, guint *left)
{
  g_autoptr (GPtrArray) paths = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GPtrArray) groups = NULL;
  g_autoptr (GError) error = NULL;
  GString *out = g_string_new (NULL);
  for (; *names != NULL; names++)
    g_ptr_array_add (paths, g_build_filename (dir, *names, NULL));
  g_ptr_array_add (paths, NULL);
  group_paths (kind, (char **) paths->pdata, &groups, left, &error);
  assert_no_failure (error);
  for (guint i = 0; i < groups->len; i++)
    {
      const Group *group = g_ptr_array_index (groups, i);
      g_string_append_printf (out, "%s%s:", g_str_has_prefix (group->name, dir) ? group->name + strlen (dir) + 1 : group->name, group->late ? " (late)" : "");
      for (guint p = 0; group->parts != NULL && p < group->parts->len; p++)
        g_string_append_printf (out, " [%s]", ((const GroupPart *) g_ptr_array_index (group->parts, p))->shown);
      g_string_append_c (out, '\n');
    }
  return g_string_free (out, FALSE);
}

static void
expect (const char *dir, GroupKind kind, const char *const *names, const char *wanted, guint wanted_left)
{
  guint left;
  g_autofree char *got = grouped (dir, kind, names, &left);
  assert_string_equal (got, wanted);
  assert_int_equal (left, wanted_left);
}

static const char *
suspected (const char *dir, const char *first, const char *second)
{
  g_autofree char *one = g_build_filename (dir, first, NULL);
  g_autofree char *two = second != NULL ? g_build_filename (dir, second, NULL) : NULL;
  char *paths[] = { one, two, NULL };
  return group_suspect (paths);
}

static void
test_canvas (void **state)
{
  static const char *const names[] = { "d/doejane_12345_678901_cpuid.c", "d/doejane_LATE_12345_678902_vmx-1.c", "d/roe_99_77_hw_1_2.zip", "d/roe_98_77_hw.zip", "d/alice.zip", NULL };
  for (guint i = 0; names[i] != NULL; i++)
    put (*state, names[i]);
  expect (*state, GROUP_CANVAS, names, "doejane_12345 (late): [cpuid.c] [vmx-1.c]\nroe_99: [hw_1_2.zip]\nroe_98: [hw.zip]\nd/alice.zip:\n", 0);
  static const char *const folder[] = { "d", NULL };
  expect (*state, GROUP_AUTO, folder, "doejane_12345 (late): [cpuid.c] [vmx-1.c]\nroe_98: [hw.zip]\nroe_99: [hw_1_2.zip]\n", 1);
  expect (*state, GROUP_NONE, folder, "d:\n", 0);
  assert_string_equal (suspected (*state, names[0], names[1]), "Canvas");
  assert_string_equal (suspected (*state, "d", NULL), "Canvas");
  assert_null (suspected (*state, names[2], names[3])); /* one each */
  assert_null (suspected (*state, names[4], NULL));
}

static void
test_moodle (void **state)
{
  put (*state, "d/Jane Doe_1234567_assignsubmission_file_/hw/cpuid.c");
  put (*state, "d/Jane Doe_1234567_assignsubmission_onlinetext_/onlinetext.html");
  put (*state, "d/J\xc3\xb6rg R_7_assignsubmission_file_vmx.c");
  put (*state, "d/J\xc3\xb6rg R_7_assignsubmission_file_cpuid.c");
  static const char *const folder[] = { "d", NULL };
  expect (*state, GROUP_MOODLE, folder, "Jane Doe_1234567: [] []\nJ\xc3\xb6rg R_7: [cpuid.c] [vmx.c]\n", 0);
  assert_string_equal (suspected (*state, "d", NULL), "Moodle");
}

static void
test_gradescope (void **state)
{
  put (*state, "d/assignment_5_export/submission_11/cpuid.c");
  put (*state, "d/assignment_5_export/submission_12/cpuid.c");
  put (*state, "d/assignment_5_export/submission_metadata.yml");
  static const char *const folder[] = { "d", NULL };
  expect (*state, GROUP_AUTO, folder, "submission_11: []\nsubmission_12: []\n", 1);
}

/* Of several attempts the latest counts; its own account of an attempt is no file of the student's. */
static void
test_blackboard (void **state)
{
  static const char *const names[] = { "HW 2_j_doe_attempt_2026-03-04-12-13-14_cpuid.c", "HW 2_j_doe_attempt_2026-03-05-12-13-14_cpuid.c",
                                       "HW 2_j_doe_attempt_2026-03-05-12-13-14_vmx.c", "HW 2_j_doe_attempt_2026-03-05-12-13-14.txt",
                                       "HW 2_k_doe_attempt_2026-03-05-12-13-14.txt", "HW 2_j_doe_attempt_2026-03-04-12-13-14_vmx.c", NULL };
  for (guint i = 0; names[i] != NULL; i++)
    put (*state, names[i]);
  expect (*state, GROUP_BLACKBOARD, names, "HW 2_j_doe: [cpuid.c] [vmx.c]\nHW 2_k_doe:\n", 0);
}

static void
test_usage (void **state)
{
  GroupKind kind = GROUP_MOODLE;
  g_autoptr (GError) error = NULL;
  g_autoptr (GError) nothing = NULL;
  g_autoptr (GPtrArray) groups = NULL;
  guint left;
  assert_false (group_parse ("Canvas", &kind, &error));
  assert_failed (error, HARNESS_ERROR_USAGE, "--group is \"Canvas\"; try: auto, none, canvas");
  assert_int_equal (kind, GROUP_MOODLE);
  assert_true (group_parse ("blackboard", &kind, NULL) && kind == GROUP_BLACKBOARD);
  assert_true (group_parse ("none", &kind, NULL) && kind == GROUP_NONE);
  assert_true (group_parse (NULL, &kind, NULL) && kind == GROUP_NONE);
  g_autofree char *zip = put_file (*state, "submissions.zip", "PK");
  char *paths[] = { zip, NULL };
  assert_false (group_paths (GROUP_AUTO, paths, &groups, &left, &nothing));
  assert_failed (nothing, HARNESS_ERROR_USAGE, "try: unpack the download, and name the folder");
}

int
main (void)
{
#define WITH_FOLDER(test) cmocka_unit_test_setup_teardown (test, folder_setup, folder_teardown)
  const struct CMUnitTest tests[] = {
    WITH_FOLDER (test_canvas), WITH_FOLDER (test_moodle), WITH_FOLDER (test_gradescope), WITH_FOLDER (test_blackboard), WITH_FOLDER (test_usage),
  };
  return cmocka_run_group_tests (tests, NULL, NULL);
}

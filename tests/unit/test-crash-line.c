/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The line of a crash, from a module that is compiled here: what is inlined, and who wrote the line that it is inlined into. */
#include "unit.h"

#include "base/files.h"
#include "base/run.h"
#include "base/sandbox.h"
#include "cli/crash-line.h"

#define SOURCE \
  "static inline __attribute__ ((always_inline)) long\nread_it (const volatile long *at)\n{\n  return *at;\n}\n" \
  "extern long table[];\nlong answer (unsigned ecx);\nlong\nanswer (unsigned ecx)\n{\n  return read_it (&table[ecx]);\n}\n"
#define DIFF "diff --git a/a.c b/a.c\n--- a/a.c\n+++ b/a.c\n@@ -10,2 +10,3 @@\n {\n+  return read_it (&table[ecx]);\n }\n"

static gboolean
run_in (const char *dir, Run *run)
{
  run_set_cwd (run, dir);
  return run_wait (run, NULL);
}

/* FALSE: there is no compiler here. */
static gboolean
make_module (const char *dir)
{
  g_autofree char *source = g_build_filename (dir, "a.c", NULL);
  g_autoptr (Run) compile = run_new ("gcc", "-O2", "-g", "-fdebug-prefix-map=.=.", "-c", "a.c", "-o", "a.o", NULL);
  g_autoptr (Run) link = run_new ("ld", "-r", "a.o", "-o", "kvm.ko.debug", NULL);
  assert_true (files_write (source, SOURCE, -1, NULL));
  return run_in (dir, compile) && run_in (dir, link);
}

static void
test_inlined (void **state)
{
  const char *dir = *state;
  CrashFrame frame = { .function = (char *) "answer", .module = (char *) "kvm", .offset = 0, .size = 16 };
  g_autofree char *below = g_strconcat (dir, "/", NULL);
  if (!sandbox_check (NULL) || !make_module (dir))
    skip ();
  /* The kernel's sources lie in the sandbox's tree; here they lie in a folder of the test's. */
  gboolean theirs = FALSE;
  for (frame.offset = 0; frame.offset < 12 && !theirs; frame.offset++)
    {
      g_autofree char *said = crash_line_resolve (&frame, dir);
      g_autoptr (GString) one = g_string_new (said);
      g_string_replace (one, below, "/lab/linux/", 0);
      g_autoptr (Crash) crash = crash_new ("an oops", "", &frame, one->str, DIFF);
      theirs = crash->theirs;
      if (theirs)
        assert_string_equal (crash->line, "a.c:11: return read_it (&table[ecx]);");
    }
  assert_true (theirs);
  frame.function = (char *) "nowhere";
  assert_null (crash_line_resolve (&frame, dir));
  frame.module = (char *) "kvm-amd";
  assert_null (crash_line_resolve (&frame, dir));
}

int
main (void)
{
  const struct CMUnitTest tests[] = { cmocka_unit_test_setup_teardown (test_inlined, folder_setup, folder_teardown) };
  return cmocka_run_group_tests_name ("crash-line", tests, NULL, NULL);
}

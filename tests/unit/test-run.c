/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The process runner: ends, output, deadlines, interruption, and that nothing is left behind. */
#include "unit.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cancel.h"
#include "base/run.h"

/* A process that is gone or a zombie whose reaper is init; waits up to two seconds for it. */
static void
assert_gone (pid_t pid)
{
  g_autofree char *path = g_strdup_printf ("/proc/%d/stat", (int) pid);
  for (int i = 0; i < 200; i++)
    {
      g_autofree char *stat = NULL;
      if (!g_file_get_contents (path, &stat, NULL, NULL) || strstr (stat, ") Z ") != NULL)
        return;
      g_usleep (10000);
    }
  fail_msg ("process %d still runs", (int) pid);
}

static pid_t
read_pid (const char *path)
{
  g_autofree char *text = NULL;
  for (int i = 0; i < 500; i++)
    {
      g_clear_pointer (&text, g_free);
      if (g_file_get_contents (path, &text, NULL, NULL) && strchr (text, '\n') != NULL)
        return (pid_t) g_ascii_strtoll (text, NULL, 10);
      g_usleep (10000);
    }
  fail_msg ("%s was not written", path);
  return 0;
}

static void
test_capture (void **state)
{
  (void) state;
  g_autofree char *out = NULL;
  assert_true (run_capture ((const char *const[]){ "printf", "%s|%s\n\n", "a b", "$HOME;`", NULL }, &out, NULL));
  assert_string_equal (out, "a b|$HOME;`");
}

static void
test_exit_status (void **state)
{
  (void) state;
  g_autoptr (Run) run = run_new ("sh", "-c", "echo first >&2; echo the cause >&2; exit 3", NULL);
  g_autoptr (GError) error = NULL;
  assert_false (run_wait (run, &error));
  assert_failed (error, HARNESS_ERROR_FAILED, "sh: exited with status 3: first / the cause");

  g_autoptr (Run) lenient = run_new ("sh", "-c", "exit 3", NULL);
  int status = -99;
  assert_true (run_wait_status (lenient, &status, NULL));
  assert_int_equal (status, 3);
}

static void
test_signal (void **state)
{
  (void) state;
  g_autoptr (Run) run = run_new ("sh", "-c", "kill -SEGV $$", NULL);
  int status = 0;
  assert_true (run_wait_status (run, &status, NULL));
  assert_int_equal (status, -SIGSEGV);

  g_autoptr (Run) strict = run_new ("sh", "-c", "kill -SEGV $$", NULL);
  g_autoptr (GError) error = NULL;
  assert_false (run_wait (strict, &error));
  assert_failed (error, HARNESS_ERROR_FAILED, "sh: killed by signal 11");
}

static void
test_no_program (void **state)
{
  (void) state;
  g_autoptr (Run) run = run_new ("no-such-program-here", NULL);
  g_autoptr (GError) error = NULL;
  assert_false (run_wait (run, &error));
  assert_failed (error, HARNESS_ERROR_HOST, "no-such-program-here: program not found");
  assert_null (run_find_program ("no-such-program-here"));
}

static void
test_exec_fails (void **state)
{
  g_autofree char *script = put_file (*state, "script", "#!/no/such/interpreter\n");
  assert_int_equal (g_chmod (script, 0755), 0);
  g_autoptr (Run) run = run_new (script, NULL);
  g_autoptr (GError) error = NULL;
  assert_false (run_wait (run, &error));
  assert_failed (error, HARNESS_ERROR_HOST, "its interpreter is missing");

  g_autoptr (Run) lost = run_new ("true", NULL);
  run_set_cwd (lost, "/no/such/folder");
  g_autoptr (GError) cwd_error = NULL;
  assert_false (run_start (lost, &cwd_error));
  assert_failed (cwd_error, HARNESS_ERROR_FAILED, "true: entering /no/such/folder: no such file");
}

static void
test_find_program_in_sbin (void **state)
{
  (void) state;
  g_autofree char *before = g_strdup (g_getenv ("PATH"));
  g_setenv ("PATH", "/nonexistent", TRUE);
  g_autofree char *found = run_find_program ("sh");
  g_setenv ("PATH", before, TRUE);
  assert_non_null (found);
  assert_true (g_path_is_absolute (found));
}

/* The child and its grandchild, which ignore SIGTERM, are gone after the deadline. */
static void
test_deadline_kills_group (void **state)
{
  g_autofree char *pid_file = g_build_filename (*state, "pid", NULL);
  g_autoptr (Run) run = run_new ("sh", "-c", "trap '' TERM; sh -c 'echo $$ >\"$0\"; while :; do sleep 1; done' \"$0\"; :", pid_file, NULL);
  run_set_deadline_s (run, 0.5);
  g_autoptr (GError) error = NULL;
  const gint64 start_us = g_get_monotonic_time ();
  assert_false (run_wait (run, &error));
  assert_failed (error, HARNESS_ERROR_FAILED, "sh: killed: not done within its deadline of 0.5 s");
  assert_true (g_get_monotonic_time () - start_us < 60 * G_USEC_PER_SEC);
  assert_gone (read_pid (pid_file));
}

/* A deadline holds also for a child that never stops talking. */
static void
test_deadline_of_a_talker (void **state)
{
  (void) state;
  g_autoptr (Run) run = run_new ("yes", NULL);
  run_set_stdout_fd (run, open ("/dev/null", O_WRONLY | O_CLOEXEC));
  run_set_deadline_s (run, 0.2);
  g_autoptr (GError) error = NULL;
  assert_false (run_wait (run, &error));
  assert_failed (error, HARNESS_ERROR_FAILED, "deadline");
}

static void
count_line (const char *line, gboolean is_stderr, gpointer user)
{
  (void) is_stderr;
  guint *count = user;
  *count += strcmp (line, "y") == 0 ? 1 : 0;
}

static void
test_deadline_of_a_line_talker (void **state)
{
  (void) state;
  guint count = 0;
  g_autoptr (Run) run = run_new ("yes", NULL);
  run_on_line (run, count_line, &count);
  run_set_deadline_s (run, 0.2);
  g_autoptr (GError) error = NULL;
  assert_false (run_wait (run, &error));
  assert_failed (error, HARNESS_ERROR_FAILED, "deadline");
  assert_true (count > 1000);
}

/* What outlives the child in its group is killed, and does not hold the wait up. */
/* Started, with a pipe of our own for its stdout; *reader is our end. */
static Run *
start_piped (const char *script, double deadline_s, int *reader)
{
  Run *run = run_new ("sh", "-c", script, NULL);
  int fds[2];

  assert_int_equal (pipe2 (fds, O_CLOEXEC), 0);
  run_set_stdout_fd (run, fds[1]);
  run_set_deadline_s (run, deadline_s);
  assert_true (run_start (run, NULL));
  close (fds[1]);
  *reader = fds[0];
  return run;
}

static void
test_read (void **state)
{
  int reader;
  g_autoptr (Run) run = start_piped ("echo one; head -c 300000 /dev/zero | tr '\\0' x >&2; echo two", 60, &reader);
  g_autoptr (GString) all = g_string_new (NULL);
  char block[64];
  gsize got;

  (void) state;
  do
    {
      assert_true (run_read (run, reader, block, sizeof block, &got, NULL));
      g_string_append_len (all, block, (gssize) got);
    }
  while (got > 0);
  close (reader);
  assert_string_equal (all->str, "one\ntwo\n");
  assert_true (run_wait (run, NULL));
  assert_int_equal (strlen (run_stderr_tail (run)), 16 * 1024);
}

static void
test_read_deadline (void **state)
{
  static const char *const scripts[] = { "exec sleep 100", "exec yes" };

  (void) state;
  for (guint i = 0; i < G_N_ELEMENTS (scripts); i++)
    {
      int reader;
      g_autoptr (Run) run = start_piped (scripts[i], 0.2, &reader);
      g_autoptr (GError) error = NULL;
      char block[64];
      gsize got;
      while (run_read (run, reader, block, sizeof block, &got, &error))
        assert_true (got > 0);
      assert_failed (error, HARNESS_ERROR_FAILED, "sh: killed: not done within its deadline of 0.2 s");
      close (reader);
    }
}

static void
test_left_behind (void **state)
{
  g_autofree char *pid_file = g_build_filename (*state, "pid", NULL);
  g_autoptr (Run) run = run_new ("sh", "-c", "sleep 100 & echo $! >\"$0\"; echo out", pid_file, NULL);
  const gint64 start_us = g_get_monotonic_time ();
  g_autoptr (GError) error = NULL;
  assert_true (run_wait (run, &error));
  assert_true (g_get_monotonic_time () - start_us < 60 * G_USEC_PER_SEC);
  assert_string_equal (run_stdout (run), "out\n");
  assert_gone (read_pid (pid_file));
}

static void
test_output_cap (void **state)
{
  (void) state;
  g_autoptr (Run) run = run_new ("yes", NULL);
  g_autoptr (GError) error = NULL;
  assert_false (run_wait (run, &error));
  assert_failed (error, HARNESS_ERROR_FAILED, "yes: killed: more than 64 MiB of output");
  assert_true (strlen (run_stdout (run)) <= 64 * 1024 * 1024);
}

static void
test_stderr_tail (void **state)
{
  (void) state;
  g_autoptr (Run) run = run_new ("sh", "-c", "yes line | head -n 50000 >&2; echo last >&2", NULL);
  assert_true (run_wait (run, NULL));
  const char *tail = run_stderr_tail (run);
  assert_true (strlen (tail) <= 16 * 1024);
  assert_true (g_str_has_suffix (tail, "line\nlast\n"));
}

static void
collect_line (const char *line, gboolean is_stderr, gpointer user)
{
  g_ptr_array_add (user, g_strdup_printf ("%d:%zu:%.3s", is_stderr, strlen (line), line));
}

static void
test_lines (void **state)
{
  (void) state;
  g_autoptr (GPtrArray) lines = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (Run) run = run_new ("sh", "-c", "printf 'one\\n\\ntw'; sleep 0.1; printf 'o\\n'; head -c 65537 /dev/zero | tr '\\0' x; sleep 0.1; echo err >&2", NULL);
  run_on_line (run, collect_line, lines);
  g_autoptr (GError) error = NULL;
  assert_true (run_wait (run, &error));
  static const char *const expected[] = { "0:3:one", "0:0:", "0:3:two", "0:65536:xxx", "1:3:err", "0:1:x" };
  assert_int_equal (lines->len, G_N_ELEMENTS (expected));
  for (guint i = 0; i < lines->len; i++)
    assert_string_equal (g_ptr_array_index (lines, i), expected[i]);
  assert_string_equal (run_stdout (run), "");
}

static void
test_stdin_and_env (void **state)
{
  (void) state;
  g_autofree char *big = g_strnfill (300000, 'x');
  g_autoptr (Run) run = run_new ("sh", "-c", "wc -c; echo \"$HARNESS_TEST_VALUE|${HOME-unset}\"; pwd", NULL);
  run_set_stdin_data (run, big, strlen (big));
  run_set_env (run, "HARNESS_TEST_VALUE", "a=b c");
  run_set_env (run, "HOME", NULL);
  run_set_cwd (run, "/");
  assert_true (run_wait (run, NULL));
  assert_string_equal (run_stdout (run), "300000\na=b c|unset\n/\n");
}

static void
test_no_descriptor_leaks (void **state)
{
  (void) state;
  const int leaky = open ("/dev/null", O_RDONLY); /* no O_CLOEXEC, as libraries do */
  assert_true (leaky > 2);
  g_autoptr (Run) run = run_new ("sh", "-c", "ls -l /proc/self/fd", NULL);
  assert_true (run_wait (run, NULL));
  close (leaky);
  g_auto (GStrv) lines = g_strsplit (g_strstrip ((char *) run_stdout (run)), "\n", -1);
  assert_int_equal (g_strv_length (lines), 1 + 3 + 1); /* "total", 0 to 2, and ls's own folder */
}

static void
test_group_and_nice (void **state)
{
  (void) state;
  g_autoptr (Run) run = run_new ("sh", "-c", "cut -d' ' -f1,5,19 /proc/$$/stat", NULL);
  run_set_nice (run, 7);
  assert_true (run_start (run, NULL));
  g_autofree char *expected = g_strdup_printf ("%d %d 7\n", run_pid (run), run_pid (run));
  assert_true (run_pidfd (run) >= 0);
  assert_true (run_wait (run, NULL));
  assert_string_equal (run_stdout (run), expected);
}

static void
test_output_file (void **state)
{
  g_autofree char *path = put_file (*state, "log", "before\n");
  g_autoptr (Run) run = run_new ("sh", "-c", "echo out; echo err >&2; exit 1", NULL);
  run_set_output_file (run, path);
  g_autoptr (GError) error = NULL;
  assert_false (run_wait (run, &error));
  assert_failed (error, HARNESS_ERROR_FAILED, "its output is in ");
  g_autofree char *text = NULL;
  assert_true (g_file_get_contents (path, &text, NULL, NULL));
  assert_string_equal (text, "before\nout\nerr\n");
}

static void
test_free_kills (void **state)
{
  (void) state;
  pid_t pid;
  {
    g_autoptr (Run) run = run_new ("sleep", "100", NULL);
    assert_true (run_start (run, NULL));
    pid = run_pid (run);
  }
  assert_int_equal (kill (pid, 0), -1); /* reaped, not a zombie */
}

/* A child outlives no harness: killed when the process that started it is. */
static void
test_dies_with_us (void **state)
{
  g_autofree char *pid_file = g_build_filename (*state, "pid", NULL);
  const pid_t middle = fork ();
  if (middle == 0)
    {
      Run *run = run_new ("sh", "-c", "echo $$ >\"$0\"; exec sleep 100", pid_file, NULL);
      run_start (run, NULL);
      pause ();
    }
  const pid_t child = read_pid (pid_file);
  kill (middle, SIGKILL);
  waitpid (middle, NULL, 0);
  assert_gone (child);
}

static gpointer
interrupt_soon (gpointer unused)
{
  (void) unused;
  g_usleep (100000);
  kill (getpid (), SIGINT);
  return NULL;
}

/* In a process of its own: an interruption cannot be taken back. Exit 0: all as it should be. */
static int
interrupted_child (void)
{
  cancel_install ();
  if (cancel_requested () || !cancel_check (NULL))
    return 1;
  g_autoptr (GThread) thread = g_thread_new ("interrupt", interrupt_soon, NULL);
  g_autoptr (Run) run = run_new ("sleep", "100", NULL);
  g_autoptr (GError) error = NULL;
  if (run_wait (run, &error) || error_exit_code (error) != 130)
    return 2;
  if (kill (-getpid (), 0) == 0 && run_pid (run) != 0)
    return 3;
  struct pollfd fd = { .fd = cancel_fd (), .events = POLLIN };
  if (poll (&fd, 1, 0) != 1)
    return 4;
  g_autoptr (Run) later = run_new ("true", NULL);
  g_autoptr (GError) later_error = NULL;
  if (run_wait (later, &later_error) || error_exit_code (later_error) != 130)
    return 5;
  g_thread_join (g_steal_pointer (&thread));
  return 0;
}

static void
test_interrupted (void **state)
{
  (void) state;
  const pid_t pid = fork ();
  if (pid == 0)
    _exit (interrupted_child ());
  int status = -1;
  assert_int_equal (waitpid (pid, &status, 0), pid);
  assert_true (WIFEXITED (status));
  assert_int_equal (WEXITSTATUS (status), 0);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_capture),
    cmocka_unit_test (test_exit_status),
    cmocka_unit_test (test_signal),
    cmocka_unit_test (test_no_program),
    cmocka_unit_test_setup_teardown (test_exec_fails, folder_setup, folder_teardown),
    cmocka_unit_test (test_find_program_in_sbin),
    cmocka_unit_test_setup_teardown (test_deadline_kills_group, folder_setup, folder_teardown),
    cmocka_unit_test (test_deadline_of_a_talker),
    cmocka_unit_test (test_deadline_of_a_line_talker),
    cmocka_unit_test (test_read),
    cmocka_unit_test (test_read_deadline),
    cmocka_unit_test_setup_teardown (test_left_behind, folder_setup, folder_teardown),
    cmocka_unit_test (test_output_cap),
    cmocka_unit_test (test_stderr_tail),
    cmocka_unit_test (test_lines),
    cmocka_unit_test (test_stdin_and_env),
    cmocka_unit_test (test_no_descriptor_leaks),
    cmocka_unit_test (test_group_and_nice),
    cmocka_unit_test_setup_teardown (test_output_file, folder_setup, folder_teardown),
    cmocka_unit_test (test_free_kills),
    cmocka_unit_test_setup_teardown (test_dies_with_us, folder_setup, folder_teardown),
    cmocka_unit_test (test_interrupted),
  };
  return cmocka_run_group_tests (tests, NULL, NULL);
}

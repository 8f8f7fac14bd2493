/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The sandbox, really run: what is out of reach in it, and that whatever goes on in it ends. As root and as an ordinary user. */
#include "unit.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/sandbox.h"
#include "marked.h"

#define NOBODY 65534

/* Runs a line of shell in it; *out is what it said to stdout. The exit status, or -1 with *error. */
static int
run_in (Sandbox *sandbox, const char *script, char **out, GError **error)
{
  g_autoptr (Run) run = sandbox_run (sandbox, "sh", "-c", script, NULL);
  int status = -1;
  if (!run_wait_status (run, &status, error))
    return -1;
  *out = g_strchomp (g_strdup (run_stdout (run)));
  return status;
}

static void
assert_says (Sandbox *sandbox, const char *script, const char *expected)
{
  g_autofree char *out = NULL;
  g_autoptr (GError) error = NULL;
  run_in (sandbox, script, &out, &error);
  assert_no_failure (error);
  assert_string_equal (out, expected);
}

static Sandbox *
limited (guint64 memory_bytes, guint processes, guint64 file_bytes, double deadline_s)
{
  const SandboxLimits limits = { memory_bytes, processes, file_bytes, deadline_s };
  Sandbox *sandbox = sandbox_new ();
  sandbox_limit (sandbox, &limits);
  return sandbox;
}

/* --- what is there ---------------------------------------------------------------------------- */

static void
test_environment (void **state)
{
  (void) state;
  g_autoptr (Sandbox) sandbox = sandbox_new ();
  g_setenv ("HARNESS_TEST_SECRET", "secret", TRUE);
  sandbox_env (sandbox, "NAME", "a value; $HOME");
  sandbox_scratch (sandbox, "/lab/scratch", 1 << 20);
  sandbox_cwd (sandbox, "/lab/scratch");
  assert_says (sandbox, "echo $NAME; pwd; echo $HARNESS_TEST_SECRET; tr '\\0' '\\n' </proc/1/environ 2>/dev/null | grep SECRET; echo $LC_ALL",
               "a value; $HOME\n/lab/scratch\n\nC.UTF-8");
  g_unsetenv ("HARNESS_TEST_SECRET");
}

static void
test_nothing_of_the_host (void **state)
{
  (void) state;
  g_autoptr (Sandbox) sandbox = sandbox_new ();
  assert_says (sandbox, "for path in /root /home /etc/shadow /etc/passwd /var /sys /run /boot /dev/sda /dev/vda /dev/kvm /dev/mem; do [ ! -e $path ] || echo $path; done", "");
  assert_says (sandbox, "for path in / /usr /usr/bin /dev /dev/shm /etc /lib; do touch $path/x 2>/dev/null && echo $path; done; touch /tmp/x && echo tmp", "tmp");
  assert_says (sandbox, "ls /proc | grep -c '^[0-9]*$' | { read count; [ $count -le 6 ] && echo few; }", "few");
}

static void
test_no_rights (void **state)
{
  (void) state;
  g_autoptr (Sandbox) sandbox = sandbox_new ();
  assert_says (sandbox, "[ $(id -u) = 0 ] && echo root; grep -E '^(Cap(Inh|Prm|Eff|Bnd|Amb)|NoNewPrivs):' /proc/self/status | grep -v -E '0000000000000000|NoNewPrivs:.1'", "");
  assert_says (sandbox, "unshare --user --map-root-user true 2>/dev/null && echo a user namespace", "");
  assert_says (sandbox, "mount -t tmpfs none /tmp 2>/dev/null && echo mounted; chroot / true 2>/dev/null && echo chroot; cat /proc/self/oom_score_adj", "1000");
}

static void
test_distinct_ids (void **state)
{
  (void) state;
  g_autoptr (Sandbox) sandbox = sandbox_new ();
  g_autofree char *first = NULL;
  g_autofree char *second = NULL;
  if (geteuid () != 0)
    skip ();
  assert_int_equal (run_in (sandbox, "id -u", &first, NULL), 0);
  assert_int_equal (run_in (sandbox, "id -u", &second, NULL), 0);
  assert_string_not_equal (first, second);
}

/* Somebody listens on the host, and nobody comes. */
static void
test_no_network (void **state)
{
  (void) state;
  AUTO_FD listener = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl (INADDR_LOOPBACK) };
  socklen_t size = sizeof address;
  assert_int_equal (bind (listener, (struct sockaddr *) &address, size), 0);
  assert_int_equal (listen (listener, 1), 0);
  assert_int_equal (getsockname (listener, (struct sockaddr *) &address, &size), 0);
  g_autofree char *script = g_strdup_printf ("bash -c 'echo >/dev/tcp/127.0.0.1/%d' 2>/dev/null && echo connected; wc -l </proc/net/route", ntohs (address.sin_port));
  g_autoptr (Sandbox) sandbox = sandbox_new ();
  assert_says (sandbox, script, "1");
  struct pollfd fd = { .fd = listener, .events = POLLIN };
  assert_int_equal (poll (&fd, 1, 0), 0);
}

static void
test_read_only (void **state)
{
  g_autofree char *file = put_file (*state, "tree/sub/file", "content\n");
  g_autofree char *tree = g_build_filename (*state, "tree", NULL);
  g_autofree char *sub = g_build_filename (*state, "tree/sub", NULL);
  assert_int_equal (chmod (*state, 0755) | chmod (tree, 0777) | chmod (sub, 0777) | chmod (file, 0666), 0);
  g_autoptr (Sandbox) sandbox = sandbox_new ();
  sandbox_bind_read_only (sandbox, tree, "/lab/tree");
  sandbox_scratch (sandbox, "/lab/tree/sub", 1 << 20);
  sandbox_bind_read_only (sandbox, file, "/lab/file");
  assert_says (sandbox, "cat /lab/file; ls /lab/tree /lab/tree/sub; touch /lab/tree/sub/new && echo written; { echo x >/lab/file; touch /lab/tree/x; chmod 0 /lab/file; rm /lab/file; } 2>/dev/null && echo harmed",
               "content\n/lab/tree:\nsub\n\n/lab/tree/sub:\nwritten");
  g_autofree char *text = NULL;
  assert_true (g_file_get_contents (file, &text, NULL, NULL));
  assert_string_equal (text, "content\n");
  assert_int_equal (count_entries (sub), 1);
}

/* A tree below a folder that only root may enter, as a checkout in /root is. */
static void
test_below_a_private_folder (void **state)
{
  g_autofree char *file = put_file (*state, "private/tree/file", "content\n");
  g_autofree char *hidden = g_build_filename (*state, "private", NULL);
  g_autofree char *tree = g_build_filename (*state, "private/tree", NULL);
  assert_int_equal (chmod (tree, 0755) | chmod (file, 0644) | chmod (hidden, 0700), 0);
  g_autoptr (Sandbox) sandbox = sandbox_new ();
  sandbox_bind_read_only (sandbox, tree, "/lab/deep/er/tree");
  sandbox_cwd (sandbox, "/lab/deep/er/tree");
  assert_says (sandbox, "cat file", "content");
}

static void
test_odd_arguments (void **state)
{
  (void) state;
  g_autoptr (Sandbox) sandbox = sandbox_new ();
  g_autoptr (Run) run = sandbox_run (sandbox, "printf", "%s|", "--bind", "a b", "", "$x", NULL);
  assert_true (run_wait (run, NULL));
  assert_string_equal (run_stdout (run), "--bind|a b||$x|");
}

/* --- limits ----------------------------------------------------------------------------------- */

static void
test_scratch_is_limited (void **state)
{
  (void) state;
  g_autoptr (Sandbox) sandbox = sandbox_new ();
  sandbox_scratch (sandbox, "/lab/scratch", 1 << 20);
  assert_says (sandbox, "head -c 10G /dev/zero >/lab/scratch/big 2>/dev/null || stat -c %s /lab/scratch/big", "1048576");
  assert_says (sandbox, "ls /lab/scratch", "");
}

static void
test_file_size_is_limited (void **state)
{
  (void) state;
  g_autoptr (Sandbox) sandbox = limited (1 << 30, 32, 1 << 20, 30);
  assert_says (sandbox, "(head -c 10G /dev/zero >/tmp/big) 2>/dev/null || stat -c %s /tmp/big", "1048576");
}

static void
test_output_is_limited (void **state)
{
  (void) state;
  g_autoptr (Sandbox) sandbox = sandbox_new ();
  g_autoptr (GError) error = NULL;
  g_autofree char *out = NULL;
  assert_int_equal (run_in (sandbox, "head -c 10G /dev/zero", &out, &error), -1);
  assert_failed (error, HARNESS_ERROR_FAILED, "more than 64 MiB of output");
}

static void
test_memory_is_limited (void **state)
{
  (void) state;
  g_autoptr (Sandbox) sandbox = limited (G_GUINT64_CONSTANT (256) << 20, 32, 1 << 20, 30);
  assert_says (sandbox, "perl -e '$x = \"a\" x (64 << 20); print length $x'", "67108864");
  assert_says (sandbox, "perl -e '$x = \"a\" x (512 << 20); print length $x' 2>/dev/null || echo refused", "refused");
}

static void
test_processes_are_limited (void **state)
{
  (void) state;
  g_autoptr (Sandbox) sandbox = limited (G_GUINT64_CONSTANT (1) << 30, 16, 1 << 20, 30);
  assert_says (sandbox, "perl -e 'for (1..100) { my $pid = fork; last if !defined $pid; if (!$pid) { sleep 100; exit } $n++ } print $n < 17 ? \"few\" : $n' 2>/dev/null", "few");
}

/* --- ends ------------------------------------------------------------------------------------- */

/* The deadline ends it with all that it started, wherever those hid; the scripts would run for much longer than a loaded machine takes to end them. */
static void
expect_killed (const char *mark, const char *script)
{
  g_autoptr (Sandbox) sandbox = limited (G_GUINT64_CONSTANT (1) << 30, 64, 1 << 20, 1);
  g_autoptr (GError) error = NULL;
  g_autofree char *out = NULL;
  g_autofree char *marked = g_strdup_printf (": %s; %s", mark, script);
  const gint64 start_us = g_get_monotonic_time ();
  assert_int_equal (run_in (sandbox, marked, &out, &error), -1);
  assert_failed (error, HARNESS_ERROR_FAILED, "deadline of 1 s");
  assert_true (g_get_monotonic_time () - start_us < 60 * G_USEC_PER_SEC);
  assert_all_gone (mark);
}

static void
test_endless (void **state)
{
  (void) state;
  expect_killed ("mark-of-the-loop", "while :; do :; done");
  expect_killed ("mark-of-the-deaf", "trap '' TERM INT HUP; sleep 1000; sleep 1000");
}

static void
test_fork_bomb (void **state)
{
  (void) state;
  expect_killed ("mark-of-the-bomb", "bomb() { bomb | bomb & }; bomb 2>/dev/null; sleep 1000");
}

/* What it leaves behind in the background goes with it. */
static void
test_daemon (void **state)
{
  (void) state;
  g_autoptr (Sandbox) sandbox = sandbox_new ();
  assert_says (sandbox, ": mark-of-the-daemon; setsid sh -c ': mark-of-the-daemon; sleep 1000' >/dev/null 2>&1 & echo started", "started");
  assert_all_gone ("mark-of-the-daemon");
}

static void
test_missing_program (void **state)
{
  (void) state;
  g_autoptr (Sandbox) sandbox = sandbox_new ();
  g_autoptr (Run) run = sandbox_run (sandbox, "no-such-program", NULL);
  g_autoptr (GError) error = NULL;
  assert_false (run_wait (run, &error));
  assert_failed (error, HARNESS_ERROR_FAILED, "no-such-program");
}

static void
test_missing_bwrap (void **state)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *path = g_strdup (g_getenv ("PATH"));
  /* The runner looks into the system's folders too: only where bwrap is elsewhere can it be hidden. */
  g_setenv ("PATH", *state, TRUE);
  g_autofree char *found = run_find_program ("bwrap");
  const gboolean ok = sandbox_check (&error);
  g_setenv ("PATH", path, TRUE);
  assert_int_equal (ok, found != NULL);
  if (!ok)
    assert_failed (error, HARNESS_ERROR_HOST, "apt-get install bubblewrap");
}

static int
run_all (const char *who)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_environment),
    cmocka_unit_test (test_nothing_of_the_host),
    cmocka_unit_test (test_no_rights),
    cmocka_unit_test (test_distinct_ids),
    cmocka_unit_test (test_no_network),
    cmocka_unit_test_setup_teardown (test_read_only, folder_setup, folder_teardown),
    cmocka_unit_test_setup_teardown (test_below_a_private_folder, folder_setup, folder_teardown),
    cmocka_unit_test (test_odd_arguments),
    cmocka_unit_test (test_scratch_is_limited),
    cmocka_unit_test (test_file_size_is_limited),
    cmocka_unit_test (test_output_is_limited),
    cmocka_unit_test (test_memory_is_limited),
    cmocka_unit_test (test_processes_are_limited),
    cmocka_unit_test (test_endless),
    cmocka_unit_test (test_fork_bomb),
    cmocka_unit_test (test_daemon),
    cmocka_unit_test (test_missing_program),
    cmocka_unit_test_setup_teardown (test_missing_bwrap, folder_setup, folder_teardown),
  };
  printf ("%s\n", who);
  return cmocka_run_group_tests (tests, NULL, NULL);
}

/*
 * What the tests do inside would harm the host if the sandbox did not hold them: none of them runs before it is seen that they are in a process
 * namespace of their own, not root, and few.
 */
static gboolean
is_tight (void)
{
  g_autoptr (Sandbox) sandbox = sandbox_new ();
  g_autofree char *out = NULL;
  g_autoptr (GError) error = NULL;
  const int status = run_in (sandbox, "set -- /proc/[0-9]*; [ $# -lt 8 ] && [ $(id -u) -ne 0 ] && [ $(ulimit -p) -le 128 ]",
                             &out, &error);
  if (status != 0)
    printf ("the sandbox does not hold: no test is run in it\n");
  return status == 0;
}

/* The same once more in a child that has given up being root, if namespaces are for everybody here. */
static int
run_as_ordinary_user (void)
{
  fflush (NULL);
  const pid_t pid = fork ();
  if (pid == 0)
    {
      g_autoptr (GError) error = NULL;
      if (setgid (NOBODY) != 0 || setuid (NOBODY) != 0)
        _exit (1);
      g_setenv ("TMPDIR", "/tmp", TRUE); /* ours may be closed to it */
      if (!sandbox_check (&error))
        {
          printf ("as an ordinary user: skipped: %s\n", error->message);
          _exit (0);
        }
      if (!is_tight ())
        _exit (1);
      const int failed = run_all ("as an ordinary user");
      fflush (NULL);
      _exit (failed);
    }
  int status = 1;
  return pid > 0 && waitpid (pid, &status, 0) == pid && status == 0 ? 0 : 1;
}

int
main (void)
{
  g_autoptr (GError) error = NULL;
  const char *must = g_getenv ("HARNESS_MUST_WORK");
  if (!sandbox_check (&error))
    {
      printf ("%s\n", error->message);
      return must != NULL && must[0] != '\0' ? 1 : 77;
    }
  if (!is_tight ())
    return 1;
  if (geteuid () != 0)
    return run_all ("as an ordinary user");
  const int failed = run_as_ordinary_user ();
  return failed + run_all ("as root");
}

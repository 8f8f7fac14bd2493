/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The sandbox, really run: what is out of reach in it, and that whatever goes on in it ends. Both kinds of it, as root, as an ordinary user, under the rules
 * of a container without privileges (tests/unprivileged.c), and as the only id of a user namespace; in these two this program runs itself.
 */
#include "unit.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/sandbox.h"
#include "marked.h"

#define NOBODY 65534

static gboolean is_landlock; /* the kind that is tried */
static gboolean has_own_id;  /* what runs in it has another id than we */
static gboolean is_alone;    /* we have the only id of a user namespace */

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

/* The same, with each @ in what is expected standing for what is before paths inside. */
static void
assert_says_paths (Sandbox *sandbox, const char *script, const char *expected)
{
  g_autofree char *root = sandbox_path (sandbox, "");
  g_autoptr (GString) text = g_string_new (expected);
  g_string_replace (text, "@", root, 0);
  assert_says (sandbox, script, text->str);
}

/* It ends the run, and says why. */
static void
assert_full (Sandbox *sandbox, const char *script, const char *words)
{
  g_autoptr (Run) run = sandbox_run (sandbox, "sh", "-c", script, NULL);
  g_autoptr (GError) error = NULL;
  int status = -1;
  run_wait_status (run, &status, &error);
  assert_no_failure (error);
  assert_true (sandbox_was_full (status));
  assert_true (sandbox_check_end (run, status, NULL));
  assert_text_has (run_stderr_tail (run), words);
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
  assert_says_paths (sandbox, "echo $NAME; pwd; echo $HARNESS_TEST_SECRET; tr '\\0' '\\n' </proc/1/environ 2>/dev/null | grep SECRET; echo $LC_ALL",
               "a value; $HOME\n@/lab/scratch\n\nC.UTF-8");
  g_unsetenv ("HARNESS_TEST_SECRET");
}

static void
test_nothing_of_the_host (void **state)
{
  (void) state;
  g_autoptr (Sandbox) sandbox = sandbox_new ();
#define HOSTS "for path in /root /home /etc/shadow /etc/passwd /var /sys /run /boot /dev/sda /dev/vda /dev/kvm /dev/mem /proc/self/environ /proc/1/status; do "
  if (!is_landlock)
    assert_says (sandbox, "for path in /root /home /etc/shadow /etc/passwd /var /sys /run /boot /dev/sda /dev/vda /dev/kvm /dev/mem; do [ ! -e $path ] || echo $path; done", "");
  else
    assert_says (sandbox, HOSTS "head -c 1 $path >/dev/null 2>&1 && echo $path; find $path -mindepth 1 -maxdepth 1 2>/dev/null; done", "");
  assert_says (sandbox, "for path in / /usr /usr/bin /dev /dev/shm /etc /lib ${TMPDIR%/*} ${TMPDIR%/*}/..; do (: >$path/x) 2>/dev/null && echo $path; done; : >$TMPDIR/x && echo tmp", "tmp");
  assert_says (sandbox, "ls /proc | grep -c '^[0-9]*$' | { read count; [ $count -le 6 ] && echo few; }", "few");
}

static void
test_no_rights (void **state)
{
  (void) state;
  g_autoptr (Sandbox) sandbox = sandbox_new ();
  assert_says (sandbox, "[ $(id -u) = 0 ] && echo root", is_alone ? "root" : "");
  assert_says (sandbox, "grep -E '^(Cap(Inh|Prm|Eff|Bnd|Amb)|NoNewPrivs):' /proc/self/status | grep -v -E '0000000000000000|NoNewPrivs:.1'", "");
  assert_says (sandbox, "unshare --user --map-root-user true 2>/dev/null && echo a user namespace", "");
  assert_says (sandbox, "mount -t tmpfs none /tmp 2>/dev/null && echo mounted; chroot / true 2>/dev/null && echo chroot; cat /proc/self/oom_score_adj 2>/dev/null",
               is_landlock ? "" : "1000");
}

/* The one with the mark on its command line that is not the sandbox's own; waits for it. */
static char *
proc_file_of (const char *mark, const char *name)
{
  for (int i = 0; i < 500; i++)
    {
      g_autoptr (GDir) proc = g_dir_open ("/proc", 0, NULL);
      for (const char *pid; (pid = g_dir_read_name (proc)) != NULL;)
        {
          g_autofree char *path = g_strdup_printf ("/proc/%s/cmdline", pid);
          g_autofree char *line = NULL;
          gsize size;
          char *text = NULL;
          g_autofree char *wanted = g_strdup_printf ("/proc/%s/%s", pid, name);
          if (g_ascii_isdigit (pid[0]) && g_file_get_contents (path, &line, &size, NULL) && size > 0 && strcmp (line, "sh") == 0
              && memmem (line, size, mark, strlen (mark)) != NULL && g_file_get_contents (wanted, &text, NULL, NULL))
            return text;
        }
      g_usleep (10000);
    }
  fail_msg ("nothing is called %s", mark);
  return NULL;
}

/* As the host sees it, since inside it may not look at itself. */
static void
test_rights_from_outside (void **state)
{
  (void) state;
  g_autoptr (Sandbox) sandbox = limited (1 << 30, 16, 1 << 20, 30);
  g_autoptr (Run) run = sandbox_run (sandbox, "sh", "-c", ": mark-of-the-rights; sleep 1000; :", NULL);
  assert_true (run_start (run, NULL));
  g_autofree char *status = proc_file_of ("mark-of-the-rights", "status");
  g_autofree char *adjusted = proc_file_of ("mark-of-the-rights", "oom_score_adj");
  g_autofree char *limits = proc_file_of ("mark-of-the-rights", "limits");
  run_kill (run);
  static const char *const none[] = { "CapInh", "CapPrm", "CapEff", "CapAmb" };
  for (guint i = 0; i < G_N_ELEMENTS (none); i++)
    {
      g_autofree char *line = g_strdup_printf ("%s:\t0000000000000000\n", none[i]);
      assert_text_has (status, line);
    }
  assert_text_has (status, "NoNewPrivs:\t1\n");
  assert_text_has (limits, "Max core file size        0 ");
  assert_string_equal (g_strchomp (adjusted), "1000");
  if (is_landlock)
    assert_text_has (status, "Seccomp:\t2\n");
  if (geteuid () == 0 && !is_alone)
    assert_null (strstr (status, "Uid:\t0\t"));
  assert_all_gone ("mark-of-the-rights");
}

/* A file and a process of ours: neither is harmed by who has our own id. */
static void
test_no_harm_to_ours (void **state)
{
  g_autofree char *file = put_file (*state, "file", "content\n");
  struct stat before, after;
  assert_int_equal (chmod (*state, 0755) | chmod (file, 0644) | stat (file, &before), 0);
  g_autoptr (Run) victim = run_new ("sleep", "1000", NULL);
  assert_true (run_start (victim, NULL));
  g_autofree char *script = g_strdup_printf ("file=%s; chmod 0 $file; touch $file; touch -d 2001-01-01 $file; truncate -s 0 $file; mv $file $file.2; rm -f $file; ln $file $TMPDIR/link; "
                                             "perl -e 'utime 1, 1, $ARGV[0]; chmod 0, $ARGV[0]; open F, \"<\", $ARGV[1] and chmod 0, *F' $file %s/lab/file; "
                                             "kill -9 %d; prlimit --pid %d --cpu=1; renice 19 %d; kill -9 -%d",
                                             file, "${TMPDIR%/*}", (int) run_pid (victim), (int) run_pid (victim), (int) run_pid (victim), (int) run_pid (victim));
  g_autofree char *quiet = g_strdup_printf ("{ %s; } 2>/dev/null; echo done", script);
  g_autoptr (Sandbox) sandbox = sandbox_new ();
  sandbox_bind_read_only (sandbox, file, "/lab/file");
  assert_says (sandbox, quiet, "done");
  assert_int_equal (stat (file, &after), 0);
  assert_int_equal (after.st_mode, before.st_mode);
  assert_int_equal (after.st_size, before.st_size);
  assert_int_equal (after.st_mtim.tv_sec, before.st_mtim.tv_sec);
  assert_int_equal (after.st_mtim.tv_nsec, before.st_mtim.tv_nsec);
  struct pollfd fd = { .fd = run_pidfd (victim), .events = POLLIN };
  assert_int_equal (poll (&fd, 1, 0), 0);
  assert_int_equal (getpriority (PRIO_PROCESS, (id_t) run_pid (victim)), getpriority (PRIO_PROCESS, 0));
}

static void
test_distinct_ids (void **state)
{
  (void) state;
  if (!has_own_id || geteuid () != 0)
    skip ();
  g_autoptr (Sandbox) sandbox = sandbox_new ();
  g_autofree char *first = NULL;
  g_autofree char *second = NULL;
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
  g_autofree char *script = g_strdup_printf ("bash -c 'echo >/dev/tcp/127.0.0.1/%d' 2>/dev/null && echo connected; wc -l </proc/net/route 2>/dev/null", ntohs (address.sin_port));
  g_autoptr (Sandbox) sandbox = sandbox_new ();
  assert_says (sandbox, script, is_landlock ? "" : "1");
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
  sandbox_cwd (sandbox, "/lab");
  assert_says (sandbox, "cat file; ls tree tree/sub; touch tree/sub/new && echo written; { echo x >file; touch tree/x; chmod 0 file; rm file; } 2>/dev/null && echo harmed",
               "content\ntree:\nsub\n\ntree/sub:\nwritten");
  g_autofree char *text = NULL;
  assert_true (g_file_get_contents (file, &text, NULL, NULL));
  assert_string_equal (text, "content\n");
  assert_int_equal (count_entries (sub), 1);
}

/* Scratch folders that begin as others, with their times; and a file of a tree that is another. */
static void
test_filled (void **state)
{
  g_autofree char *file = put_file (*state, "tree/sub/file", "content\n");
  g_autofree char *other = put_file (*state, "tree/up/other", "other\n");
  g_autofree char *third = put_file (*state, "third", "third\n");
  g_autofree char *tree = g_build_filename (*state, "tree", NULL);
  const struct timespec times[] = { { 978307200, 0 }, { 978307200, 0 } };
  g_autofree char *sub = g_build_filename (tree, "sub", NULL);
  g_autofree char *up = g_build_filename (tree, "up", NULL);
  assert_int_equal (utimensat (AT_FDCWD, file, times, 0), 0);
  assert_int_equal (chmod (*state, 0755) | chmod (tree, 0755) | chmod (sub, 0755) | chmod (up, 0755), 0);
  assert_int_equal (chmod (file, 0644) | chmod (other, 0644) | chmod (third, 0644), 0);
  g_autoptr (Sandbox) sandbox = sandbox_new ();
  sandbox_bind_read_only (sandbox, tree, "/lab/from");
  sandbox_bind_read_only (sandbox, tree, "/lab/tree");
  sandbox_scratch (sandbox, "/lab/tree/sub", 1 << 20);
  sandbox_bind_read_only (sandbox, third, "/lab/tree/up/other");
  sandbox_fill (sandbox, "/lab/from/sub", "/lab/tree/sub");
  sandbox_cwd (sandbox, "/lab/tree/sub");
  assert_says (sandbox, "cat file ../sub/file ../up/../sub/file ../up/other; stat -c %Y file; echo more >>file; cat file; cat ../../from/sub/file",
               "content\ncontent\ncontent\nthird\n978307200\ncontent\nmore\ncontent");
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
  sandbox_cwd (sandbox, "/lab/scratch");
  if (is_landlock)
    {
      assert_full (sandbox, "head -c 10G /dev/zero >big; sleep 1000", "/lab/scratch: No space left on device: more than 1 MiB");
      assert_full (sandbox, "i=0; while :; do i=$((i + 1)); : >file-$i; done", "/lab/scratch: No space left on device");
      assert_full (sandbox, "while :; do mkdir deeper && cd deeper || sleep 1000; done 2>/dev/null", "/lab/scratch: No space left on device");
    }
  else
    assert_says (sandbox, "head -c 10G /dev/zero >big 2>/dev/null || stat -c %s big", "1048576");
  assert_says (sandbox, "ls", "");
}

/* What has no name any more takes room all the same. */
static void
test_removed_files_are_limited (void **state)
{
  (void) state;
  g_autoptr (Sandbox) sandbox = sandbox_new ();
  const char *script = "perl -e 'for (1..3) { open my $f, \">\", \"$ENV{TMPDIR}/x\"; unlink \"$ENV{TMPDIR}/x\"; print $f \"x\" x (30 << 20) or exit 9; $f->flush or exit 9; push @all, $f } sleep 1000'";
  if (is_landlock)
    assert_full (sandbox, script, "files that were removed and are open: No space left on device: more than 64 MiB");
  else
    {
      g_autofree char *out = NULL;
      assert_int_equal (run_in (sandbox, script, &out, NULL), 9);
    }
}

static void
test_file_size_is_limited (void **state)
{
  (void) state;
  g_autoptr (Sandbox) sandbox = limited (1 << 30, 32, 1 << 20, 30);
  assert_says (sandbox, "(head -c 10G /dev/zero >$TMPDIR/big) 2>/dev/null || stat -c %s $TMPDIR/big", "1048576");
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
  if (is_landlock && !has_own_id) /* the kernel counts for all that have the id: so it is looked at */
    assert_full (sandbox, "for i in $(seq 50); do sleep 1000 & done; wait", "more than 16 processes");
  else
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
  const int status = run_in (sandbox, marked, &out, &error);
  if (status >= 0)
    assert_true (is_landlock && !has_own_id && sandbox_was_full (status)); /* too many processes came first */
  else
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
  expect_killed ("mark-of-the-sessions", "export mark=: script='setsid sh -c \"$script\" mark-of-the-sessions & setsid sh -c \"$script\" mark-of-the-sessions & :'; sh -c \"$script\" 2>/dev/null; sleep 1000");
}

/* Who started it is killed, and cannot end it. */
static void
test_sudden_death (void **state)
{
  (void) state;
  g_autoptr (Sandbox) sandbox = sandbox_new ();
  g_autofree char *root = sandbox_path (sandbox, "");
  g_autoptr (Run) run = sandbox_run (sandbox, "sh", "-c", ": mark-of-the-orphan; setsid sh -c ': mark-of-the-orphan; sleep 1000; :' & echo started; sleep 1000; :", NULL);
  assert_true (run_start (run, NULL));
  g_free (proc_file_of ("mark-of-the-orphan", "status"));
  kill (run_pid (run), SIGKILL);
  assert_false (run_wait (run, NULL));
  assert_all_gone ("mark-of-the-orphan");
  for (int i = 0; is_landlock && i < 300 && g_file_test (root, G_FILE_TEST_EXISTS); i++)
    g_usleep (10000);
  assert_false (is_landlock && g_file_test (root, G_FILE_TEST_EXISTS));
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

/* No exit status of a program's is taken for what the sandbox says. */
static void
test_statuses (void **state)
{
  (void) state;
  g_autoptr (Sandbox) sandbox = sandbox_new ();
  for (int status = 248; status < 256; status++)
    {
      g_autofree char *script = g_strdup_printf ("exit %d", status);
      g_autoptr (Run) run = sandbox_run (sandbox, "sh", "-c", script, NULL);
      int got = -1;
      assert_true (run_wait_status (run, &got, NULL));
      assert_int_equal (got, is_landlock && status > 249 ? 249 : status);
      assert_true (sandbox_check_end (run, got, NULL) && !sandbox_was_full (got));
    }
}

static void
test_missing_bwrap (void **state)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *path = g_strdup (g_getenv ("PATH"));
  g_autofree char *kind = g_strdup (g_getenv ("HARNESS_SANDBOX"));
  /* The runner looks into the system's folders too: only where bwrap is elsewhere can it be hidden. */
  g_setenv ("PATH", *state, TRUE);
  g_setenv ("HARNESS_SANDBOX", "bubblewrap", TRUE);
  g_autofree char *found = run_find_program ("bwrap");
  const gboolean ok = sandbox_check (&error);
  g_setenv ("PATH", path, TRUE);
  g_setenv ("HARNESS_SANDBOX", kind, TRUE);
  if (found == NULL)
    assert_failed (error, HARNESS_ERROR_HOST, "apt-get install bubblewrap");
  else if (!ok)
    assert_failed (error, HARNESS_ERROR_HOST, "bubblewrap: ");
}

static void
test_unknown_kind (void **state)
{
  (void) state;
  g_autoptr (GError) error = NULL;
  g_autofree char *kind = g_strdup (g_getenv ("HARNESS_SANDBOX"));
  g_setenv ("HARNESS_SANDBOX", "none", TRUE);
  assert_false (sandbox_check (&error));
  g_setenv ("HARNESS_SANDBOX", kind, TRUE);
  assert_failed (error, HARNESS_ERROR_USAGE, "HARNESS_SANDBOX=none: there is no such sandbox");
}

static int
run_all (const char *who)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_environment),
    cmocka_unit_test (test_nothing_of_the_host),
    cmocka_unit_test (test_no_rights),
    cmocka_unit_test (test_rights_from_outside),
    cmocka_unit_test_setup_teardown (test_no_harm_to_ours, folder_setup, folder_teardown),
    cmocka_unit_test (test_distinct_ids),
    cmocka_unit_test (test_no_network),
    cmocka_unit_test_setup_teardown (test_read_only, folder_setup, folder_teardown),
    cmocka_unit_test_setup_teardown (test_filled, folder_setup, folder_teardown),
    cmocka_unit_test_setup_teardown (test_below_a_private_folder, folder_setup, folder_teardown),
    cmocka_unit_test (test_odd_arguments),
    cmocka_unit_test (test_scratch_is_limited),
    cmocka_unit_test (test_removed_files_are_limited),
    cmocka_unit_test (test_file_size_is_limited),
    cmocka_unit_test (test_output_is_limited),
    cmocka_unit_test (test_memory_is_limited),
    cmocka_unit_test (test_processes_are_limited),
    cmocka_unit_test (test_endless),
    cmocka_unit_test (test_fork_bomb),
    cmocka_unit_test (test_daemon),
    cmocka_unit_test (test_sudden_death),
    cmocka_unit_test (test_missing_program),
    cmocka_unit_test (test_statuses),
    cmocka_unit_test_setup_teardown (test_missing_bwrap, folder_setup, folder_teardown),
    cmocka_unit_test (test_unknown_kind),
  };
  printf ("%s, %s%s\n", sandbox_kind_name (), who, has_own_id ? "" : ", with its own id");
  return cmocka_run_group_tests (tests, NULL, NULL);
}

/*
 * What the tests do inside would harm the host if the sandbox did not hold them: none of them runs before it is seen that they are among few, not root,
 * or can neither read nor signal anything of ours.
 */
static gboolean
is_tight (void)
{
  g_autoptr (Sandbox) sandbox = sandbox_new ();
  g_autofree char *out = NULL;
  g_autofree char *unreachable = g_strdup_printf ("! cat /etc/passwd 2>/dev/null && ! kill -0 %d 2>/dev/null && id -u", (int) getpid ());
  g_autoptr (GError) error = NULL;
  const int status = run_in (sandbox, is_landlock ? unreachable : "set -- /proc/[0-9]*; [ $# -lt 8 ] && [ $(id -u) -ne 0 ] && [ $(ulimit -p) -le 128 ]", &out, &error);
  has_own_id = !is_landlock || (status == 0 && strtoul (out, NULL, 10) != geteuid ());
  if (status != 0 || (geteuid () == 0 && !has_own_id && !is_alone))
    {
      printf ("the sandbox does not hold: no test is run in it\n");
      return FALSE;
    }
  return TRUE;
}

/* All tests in this kind; how many failed. Where it cannot be had they are skipped, unless it must work. */
static int
run_kind (const char *kind, const char *who, gboolean must)
{
  g_autoptr (GError) error = NULL;
  g_setenv ("HARNESS_SANDBOX", kind, TRUE);
  is_landlock = strcmp (kind, "landlock") == 0;
  if (!sandbox_check (&error))
    {
      printf ("%s, %s: skipped: %s\n", kind, who, error->message);
      return must;
    }
  return is_tight () ? run_all (who) : 1;
}

/* In a child that has given up being root. */
static int
run_as_ordinary_user (void)
{
  fflush (NULL);
  const pid_t pid = fork ();
  if (pid == 0)
    {
      if (setgid (NOBODY) != 0 || setuid (NOBODY) != 0)
        _exit (1);
      g_setenv ("TMPDIR", "/tmp", TRUE); /* ours may be closed to it */
      const int failed = run_kind ("bubblewrap", "as an ordinary user", FALSE) + run_kind ("landlock", "as an ordinary user", FALSE);
      fflush (NULL);
      _exit (failed);
    }
  int status = 1;
  return pid > 0 && waitpid (pid, &status, 0) == pid && status == 0 ? 0 : 1;
}

#define UNPRIVILEGED "in a container without privileges"
#define ALONE "as the only id of a user namespace"

/* This program once more, as `who`. */
static int
run_again (const char *front, const char *option, const char *who)
{
  g_autofree char *program = g_file_read_link ("/proc/self/exe", NULL);
  fflush (NULL);
  const pid_t pid = fork ();
  if (pid == 0)
    {
      execlp (front, front, option, program, who, NULL);
      _exit (1);
    }
  int status = 1;
  return pid > 0 && waitpid (pid, &status, 0) == pid && status == 0 ? 0 : 1;
}

static int
run_unprivileged (void)
{
  g_autofree char *program = g_file_read_link ("/proc/self/exe", NULL);
  g_autofree char *dir = g_path_get_dirname (program);
  g_autofree char *rules = g_build_filename (dir, "../unprivileged", NULL);
  return run_again (rules, "env", UNPRIVILEGED);
}

/* Where user namespaces can be made. */
static int
run_alone (void)
{
  g_autoptr (Run) run = run_new ("unshare", "--map-root-user", "true", NULL);
  return run_wait (run, NULL) ? run_again ("unshare", "--map-root-user", ALONE) : 0;
}

/* There nobody names a kind: it is to be found. */
static int
run_found (const char *who)
{
  g_autoptr (GError) error = NULL;
  g_unsetenv ("HARNESS_SANDBOX");
  if (!sandbox_check (&error))
    {
      printf ("%s: %s\n", who, error->message);
      return 1;
    }
  return strcmp (sandbox_kind_name (), "landlock") == 0 ? run_kind ("landlock", who, TRUE) : 1;
}

int
main (int argc, char **argv)
{
  g_autoptr (GError) error = NULL;
  const char *must = g_getenv ("HARNESS_MUST_WORK");
  is_alone = argc > 1 && strcmp (argv[1], ALONE) == 0;
  if (argc > 1)
    return run_found (argv[1]) > 0;
  if (!sandbox_check (&error))
    {
      printf ("%s\n", error->message);
      return must != NULL && must[0] != '\0' ? 1 : 77;
    }
  const gboolean both = must != NULL && must[0] != '\0';
  if (geteuid () != 0)
    return run_kind ("bubblewrap", "as an ordinary user", FALSE) + run_kind ("landlock", "as an ordinary user", both) > 0;
  const int failed = run_as_ordinary_user () + run_kind ("bubblewrap", "as root", both) + run_kind ("landlock", "as root", both) + run_unprivileged () + run_alone ();
  return failed > 0;
}

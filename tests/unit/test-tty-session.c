/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A terminal joined to a line: copying, the detach key, and a terminal that is given back however the session ends. No emulator. */
#include "unit/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "base/cancel.h"
#include "base/fd.h"
#include "base/pty.h"
#include "base/tty-session.h"

/* A process with a terminal of its own that runs a session on `line`; its exit status is 10 + the end. */
typedef struct
{
  int terminal; /* a person's end */
  pid_t pid;
  Pty line;
  gboolean floods; /* the line is one that always has more to say */
} Person;

static void
person_start (Person *person)
{
  assert_true (pty_make (&person->line, NULL));
  person->pid = forkpty (&person->terminal, NULL, NULL, NULL);
  assert_true (person->pid >= 0);
  if (person->pid > 0)
    {
      fcntl (person->terminal, F_SETFL, O_NONBLOCK);
      return;
    }
  static const int ours[] = { SIGSEGV, SIGABRT }; /* cmocka has handlers */
  for (guint i = 0; i < G_N_ELEMENTS (ours); i++)
    signal (ours[i], SIG_DFL);
  cancel_install ();
  const int line = person->floods ? open ("/dev/zero", O_RDWR | O_CLOEXEC) : person->line.far_fd;
  fcntl (line, F_SETFL, O_NONBLOCK);
  close (person->line.fd);
  const TtySessionSpec spec = { .in = 0, .out = 1, .line = line, .stop_fd = -1 };
  TtySessionEnd end = 0;
  _exit (tty_session_run (&spec, &end, NULL) ? 10 + (int) end : 1);
}

static void
person_stop (Person *person)
{
  if (person->pid > 0)
    {
      kill (person->pid, SIGKILL);
      waitpid (person->pid, NULL, 0);
    }
  fd_close (&person->terminal);
  pty_clear (&person->line);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Person, person_stop)

static gboolean
is_raw (int terminal)
{
  struct termios mode;
  assert_int_equal (tcgetattr (terminal, &mode), 0);
  return (mode.c_lflag & (ICANON | ECHO | ISIG)) == 0;
}

/* Within ten seconds. */
static void
wait_until_raw (int terminal, gboolean raw)
{
  for (guint i = 0; i < 1000 && is_raw (terminal) != raw; i++)
    poll (NULL, 0, 10);
  assert_int_equal (is_raw (terminal), raw);
}

static void
expect_bytes (int fd, const char *wanted, gsize size)
{
  g_autoptr (GString) got = g_string_new (NULL);
  char bytes[4096];
  struct pollfd ready = { .fd = fd, .events = POLLIN };
  while (got->len < size && poll (&ready, 1, 10000) > 0)
    {
      const gssize more = read (fd, bytes, sizeof bytes);
      if (more <= 0)
        break;
      g_string_append_len (got, bytes, more);
    }
  assert_int_equal (got->len, size);
  assert_memory_equal (got->str, wanted, size);
}

static int
wait_for_end (Person *person)
{
  int status = -1;
  assert_int_equal (waitpid (person->pid, &status, 0), person->pid);
  person->pid = 0;
  return WIFEXITED (status) ? WEXITSTATUS (status) : -WTERMSIG (status);
}

static void
test_copies_every_byte (void **state)
{
  (void) state;
  g_auto (Person) person = { .terminal = -1 };
  char all[255];
  gsize n = 0;
  for (guint c = 0; c < 256; c++)
    {
      if (c != TTY_SESSION_DETACH_KEY)
        all[n++] = (char) c;
    }
  person_start (&person);
  wait_until_raw (person.terminal, TRUE);
  assert_int_equal (write (person.terminal, all, n), (gssize) n);
  expect_bytes (person.line.fd, all, n);
  assert_int_equal (write (person.line.fd, all, n), (gssize) n);
  expect_bytes (person.terminal, all, n);
}

/* What was typed before the key arrives, what after it does not. */
static void
test_detach_key (void **state)
{
  (void) state;
  g_auto (Person) person = { .terminal = -1 };
  person_start (&person);
  wait_until_raw (person.terminal, TRUE);
  assert_int_equal (write (person.terminal, "ab\x1dzz", 5), 5);
  assert_int_equal (wait_for_end (&person), 10 + TTY_SESSION_DETACHED);
  expect_bytes (person.line.fd, "ab", 2);
  assert_false (is_raw (person.terminal));
}

/* All that the terminal shows is thrown away until the session ends, within ten seconds. */
static int
wait_for_end_of_flood (Person *person)
{
  struct pollfd shown = { .fd = person->terminal, .events = POLLIN };
  char bytes[65536];
  int status = -1;
  for (const gint64 end_us = g_get_monotonic_time () + 10 * G_USEC_PER_SEC; person->pid > 0 && g_get_monotonic_time () < end_us;)
    {
      if (poll (&shown, 1, 10) > 0 && read (person->terminal, bytes, sizeof bytes) < 0)
        poll (NULL, 0, 1);
      if (waitpid (person->pid, &status, WNOHANG) == person->pid)
        person->pid = 0;
    }
  return WIFEXITED (status) ? WEXITSTATUS (status) : -1;
}

/* A machine that never stops talking neither keeps its person nor outlasts a stop. */
static void
test_flood (void **state)
{
  (void) state;
  g_auto (Person) detached = { .terminal = -1, .floods = TRUE }, stopped = { .terminal = -1, .floods = TRUE };
  person_start (&detached);
  wait_until_raw (detached.terminal, TRUE);
  assert_int_equal (write (detached.terminal, "\x1d", 1), 1);
  assert_int_equal (wait_for_end_of_flood (&detached), 10 + TTY_SESSION_DETACHED);
  person_start (&stopped);
  wait_until_raw (stopped.terminal, TRUE);
  kill (stopped.pid, SIGTERM);
  assert_int_equal (wait_for_end_of_flood (&stopped), 10 + TTY_SESSION_STOPPED);
}

static void
test_signal_gives_back (void **state)
{
  (void) state;
  static const int signals[] = { SIGTERM, SIGHUP, SIGINT };
  for (guint i = 0; i < G_N_ELEMENTS (signals); i++)
    {
      g_auto (Person) person = { .terminal = -1 };
      person_start (&person);
      wait_until_raw (person.terminal, TRUE);
      kill (person.pid, signals[i]);
      assert_int_equal (wait_for_end (&person), 10 + TTY_SESSION_STOPPED);
      assert_false (is_raw (person.terminal));
    }
}

/* Nobody is left to restore it but the keeper. */
static void
test_kill_gives_back (void **state)
{
  (void) state;
  static const int signals[] = { SIGKILL, SIGSEGV, SIGABRT };
  for (guint i = 0; i < G_N_ELEMENTS (signals); i++)
    {
      g_auto (Person) person = { .terminal = -1 };
      person_start (&person);
      wait_until_raw (person.terminal, TRUE);
      kill (person.pid, signals[i]);
      assert_int_equal (wait_for_end (&person), -signals[i]);
      wait_until_raw (person.terminal, FALSE);
    }
}

static void
test_suspend_gives_back (void **state)
{
  (void) state;
  g_auto (Person) person = { .terminal = -1 };
  int status;
  person_start (&person);
  wait_until_raw (person.terminal, TRUE);
  kill (person.pid, SIGTSTP);
  assert_int_equal (waitpid (person.pid, &status, WUNTRACED), person.pid);
  assert_true (WIFSTOPPED (status));
  assert_false (is_raw (person.terminal));
  kill (person.pid, SIGCONT);
  wait_until_raw (person.terminal, TRUE);
  assert_int_equal (write (person.line.fd, "on", 2), 2);
  expect_bytes (person.terminal, "on", 2);
}

/* The other end is gone before the session looks: none of its last words is lost. */
static void
test_line_ends (void **state)
{
  (void) state;
  int line[2], out[2];
  assert_int_equal (socketpair (AF_UNIX, SOCK_STREAM, 0, line) | pipe (out), 0);
  fcntl (line[0], F_SETFL, O_NONBLOCK);
  assert_int_equal (write (line[1], "last words", 10), 10);
  close (line[1]);
  const TtySessionSpec spec = { .in = -1, .out = out[1], .line = line[0], .stop_fd = -1 };
  TtySessionEnd end = TTY_SESSION_STOPPED;
  assert_true (tty_session_run (&spec, &end, NULL));
  assert_int_equal (end, TTY_SESSION_CLOSED);
  expect_bytes (out[0], "last words", 10);
  close (line[0]);
  close (out[0]);
  close (out[1]);
}

/* Pipes: the key is a byte as any other, and the input's end ends nothing. */
static void
test_pipes (void **state)
{
  (void) state;
  Pty line;
  int in[2], out[2], stop[2];
  assert_true (pty_make (&line, NULL));
  assert_int_equal (pipe (in) | pipe (out) | pipe (stop), 0);
  fcntl (line.far_fd, F_SETFL, O_NONBLOCK);
  const pid_t pid = fork ();
  if (pid == 0)
    {
      const TtySessionSpec spec = { .in = in[0], .out = out[1], .line = line.far_fd, .stop_fd = stop[0] };
      TtySessionEnd end = 0;
      close (in[1]);
      _exit (tty_session_run (&spec, &end, NULL) ? 10 + (int) end : 1);
    }
  assert_int_equal (write (in[1], "a\x1d" "b", 3), 3);
  close (in[1]);
  expect_bytes (line.fd, "a\x1d" "b", 3);
  assert_int_equal (write (line.fd, "answer", 6), 6);
  assert_int_equal (write (stop[1], "x", 1), 1); /* at once: the answer is shown all the same */
  expect_bytes (out[0], "answer", 6);
  int status = -1;
  waitpid (pid, &status, 0);
  assert_int_equal (WEXITSTATUS (status), 10 + TTY_SESSION_STOPPED);
  pty_clear (&line);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_copies_every_byte), cmocka_unit_test (test_detach_key),         cmocka_unit_test (test_signal_gives_back),
    cmocka_unit_test (test_kill_gives_back),   cmocka_unit_test (test_suspend_gives_back), cmocka_unit_test (test_line_ends),
    cmocka_unit_test (test_pipes),             cmocka_unit_test (test_flood),
  };
  return cmocka_run_group_tests (tests, NULL, NULL);
}

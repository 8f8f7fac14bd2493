/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The exec channel: its frames, and the asking side against the real agent over a pseudo terminal, as in a guest. */
#include "unit/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/pty.h"
#include "record/exec-client.h"

#define SECOND_NS 1000000000ull

/* --- frames ----------------------------------------------------------------------------------- */

static void
test_frame_bytes (void **state)
{
  (void) state;
  uint8_t wire[EXEC_WIRE_MAX];
  static const uint8_t wanted[] = { 0xe5, 0x4c, EXEC_OUTPUT, 0, 2, 0, 0x34, 0x12 };

  assert_int_equal (exec_frame_write (wire, EXEC_OUTPUT, 0x1234, "hi", 2), EXEC_HEADER_BYTES + 2);
  assert_memory_equal (wire, wanted, sizeof wanted);
  assert_memory_equal (wire + EXEC_HEADER_BYTES, "hi", 2);
}

/* Takes all; the frames' data joined, how many there were. */
static guint
parse (struct exec_parser *parser, const uint8_t *bytes, gsize size, gsize step, GString *data)
{
  guint frames = 0;
  for (gsize at = 0; at < size;)
    {
      struct exec_frame frame;
      bool whole = true;
      const gsize end = MIN (size, at + step);
      while (at < end || whole)
        {
          at += exec_parser_take (parser, bytes + at, end - at, &frame, &whole);
          if (!whole)
            continue;
          frames++;
          g_string_append_len (data, (const char *) frame.data, frame.length);
        }
    }
  return frames;
}

/* Junk before and between, a frame cut short, a beginning that is none: the whole frames are found, whatever the pieces. */
static void
test_frames_in_junk (void **state)
{
  (void) state;
  g_autoptr (GByteArray) bytes = g_byte_array_new ();
  uint8_t wire[EXEC_WIRE_MAX], big[EXEC_DATA_MAX];
  gsize size;

  memset (big, 0xe5, sizeof big);
  g_byte_array_append (bytes, (const uint8_t *) "GRUB loading.\xe5\x4c\x12\x00\xff\x03", 19);
  size = exec_frame_write (wire, EXEC_OUTPUT, 0, "one", 3);
  g_byte_array_append (bytes, wire, size);
  g_byte_array_append (bytes, wire, size - 4); /* cut */
  size = exec_frame_write (wire, EXEC_OUTPUT, 1, "two", 3);
  g_byte_array_append (bytes, wire, size);
  wire[13] ^= 1;
  g_byte_array_append (bytes, wire, size); /* altered */
  size = exec_frame_write (wire, EXEC_ERRORS, 2, big, sizeof big);
  g_byte_array_append (bytes, wire, size);
  size = exec_frame_write (wire, EXEC_ACK, 3, NULL, 0);
  for (guint i = 0; i < 90; i++) /* what a frame's false beginning may still hold back is pushed out */
    g_byte_array_append (bytes, wire, size);
  for (gsize step = 1; step <= bytes->len; step = step * 3 + 1)
    {
      g_autoptr (GString) data = g_string_new (NULL);
      struct exec_parser parser = { .used = 0 };
      assert_int_equal (parse (&parser, bytes->data, bytes->len, step, data), 93);
      assert_int_equal (data->len, 6 + sizeof big);
      assert_memory_equal (data->str, "onetwo", 6);
      assert_true (parser.skipped > 30);
    }
}

/* --- the agent -------------------------------------------------------------------------------- */

typedef struct
{
  Pty pty;
  pid_t pid;
} Agent;

static void
agent_start (Agent *agent)
{
  const char *build = g_getenv ("BUILD");
  g_autofree char *built = g_build_filename (build != NULL ? build : "build", "guest", "exec-agent", NULL);
  const char *program = g_file_test (built, G_FILE_TEST_IS_EXECUTABLE) ? built : "build/guest/exec-agent";

  assert_true (pty_make (&agent->pty, NULL));
  agent->pid = fork ();
  if (agent->pid == 0)
    {
      execl (program, program, agent->pty.name, NULL);
      _exit (127);
    }
  fd_close (&agent->pty.far_fd); /* its death must be seen */
}

static void
agent_stop (Agent *agent)
{
  if (agent->pid > 0)
    {
      kill (agent->pid, SIGKILL);
      waitpid (agent->pid, NULL, 0);
    }
  pty_clear (&agent->pty);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Agent, agent_stop)

typedef struct
{
  struct exec_client client;
  FILE *out, *err;
  char *out_text, *err_text;
  gsize out_size, err_size;
} Asked;

static void
asked_clear (Asked *asked)
{
  g_free (asked->out_text);
  g_free (asked->err_text);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Asked, asked_clear)

static char *
take_file (FILE *file, gsize *size)
{
  fseek (file, 0, SEEK_END);
  *size = (gsize) ftell (file);
  rewind (file);
  char *text = g_malloc0 (*size + 1);
  assert_int_equal (fread (text, 1, *size, file), *size);
  fclose (file);
  return text;
}

/* Says hello and runs; what came of it in *asked, whose client may have been set up before. */
static enum exec_result
ask (Agent *agent, Asked *asked, const char *const *argv)
{
  FILE *out = tmpfile (), *err = tmpfile ();
  if (asked->client.in == 0)
    asked->client.in = -1;
  if (asked->client.stop_fd == 0)
    asked->client.stop_fd = -1;
  asked->client.line = agent->pty.fd;
  asked->client.out = fileno (out);
  asked->client.err = fileno (err);
  asked->client.hello_ns = 10 * SECOND_NS;
  enum exec_result result = exec_client_hello (&asked->client);
  if (result == EXEC_RESULT_ENDED)
    result = exec_client_run (&asked->client, argv);
  asked->out_text = take_file (out, &asked->out_size);
  asked->err_text = take_file (err, &asked->err_size);
  return result;
}

static enum exec_result
ask_shell (Agent *agent, Asked *asked, const char *command)
{
  const char *const argv[] = { "/bin/sh", "-c", command, NULL };
  return ask (agent, asked, argv);
}

static void
test_exec_output_and_status (void **state)
{
  (void) state;
  g_auto (Agent) agent = { .pid = 0 };
  g_auto (Asked) asked = { .out = NULL }, again = { .out = NULL };
  agent_start (&agent);
  assert_int_equal (ask_shell (&agent, &asked, "echo out; echo err >&2; exit 7"), EXEC_RESULT_ENDED);
  assert_int_equal (asked.client.end, EXEC_END_STATUS);
  assert_int_equal (asked.client.value, 7);
  assert_string_equal (asked.out_text, "out\n");
  assert_string_equal (asked.err_text, "err\n");
  assert_int_equal (ask_shell (&agent, &again, "kill -TERM $$"), EXEC_RESULT_ENDED);
  assert_int_equal (again.client.end, EXEC_END_SIGNAL);
  assert_int_equal (again.client.value, SIGTERM);
}

static void
test_exec_no_start (void **state)
{
  (void) state;
  g_auto (Agent) agent = { .pid = 0 };
  g_auto (Asked) asked = { .out = NULL };
  const char *const argv[] = { "/no/such/program", NULL };
  agent_start (&agent);
  assert_int_equal (ask (&agent, &asked, argv), EXEC_RESULT_ENDED);
  assert_int_equal (asked.client.end, EXEC_END_NO_START);
  assert_int_equal (asked.client.value, ENOENT);
}

/* Any bytes but NUL, an empty argument, and one of 100,000 bytes. */
static void
test_exec_arguments (void **state)
{
  (void) state;
  g_auto (Agent) agent = { .pid = 0 };
  g_auto (Asked) asked = { .out = NULL };
  char all[256];
  g_autofree char *large = g_strnfill (100000, 'x');
  const char *const argv[] = { "/bin/sh", "-c", "printf '%s|' \"$@\"", "sh", all, "", large, NULL };
  for (guint i = 1; i < 256; i++)
    all[i - 1] = (char) i;
  all[255] = '\0';
  agent_start (&agent);
  assert_int_equal (ask (&agent, &asked, argv), EXEC_RESULT_ENDED);
  assert_int_equal (asked.out_size, 255 + 1 + 1 + 100000 + 1);
  assert_memory_equal (asked.out_text, all, 255);
  assert_memory_equal (asked.out_text + 255, "||xxx", 5);
}

static void
test_exec_input (void **state)
{
  (void) state;
  g_auto (Agent) agent = { .pid = 0 };
  g_auto (Asked) asked = { .out = NULL }, unread = { .out = NULL };
  g_autofree guint8 *bytes = g_malloc (300000);
  FILE *input = tmpfile ();
  for (guint i = 0; i < 300000; i++)
    bytes[i] = (guint8) (i * 7 + i / 251);
  fwrite (bytes, 1, 300000, input);
  fflush (input);
  lseek (fileno (input), 0, SEEK_SET);
  asked.client.in = unread.client.in = fileno (input);
  agent_start (&agent);
  assert_int_equal (ask_shell (&agent, &asked, "cat"), EXEC_RESULT_ENDED);
  assert_int_equal (asked.out_size, 300000);
  assert_memory_equal (asked.out_text, bytes, 300000);
  lseek (fileno (input), 0, SEEK_SET);
  assert_int_equal (ask_shell (&agent, &unread, "exec 0<&-; echo done"), EXEC_RESULT_ENDED);
  assert_string_equal (unread.out_text, "done\n");
  fclose (input);
}

/* A hundred megabytes, in bounded memory: neither side's largest resident set grows by what passes. */
static void
test_exec_large_output (void **state)
{
  (void) state;
  g_auto (Agent) agent = { .pid = 0 };
  struct exec_client client = { .in = -1, .stop_fd = -1, .hello_ns = 10 * SECOND_NS };
  int ends[2];
  const char *const argv[] = { "/bin/sh", "-c", "head -c 100000000 /dev/zero", NULL };
  assert_int_equal (pipe2 (ends, O_CLOEXEC), 0);
  const pid_t reader = fork ();
  if (reader == 0)
    {
      char block[65536];
      guint64 total = 0;
      close (ends[1]);
      for (gssize got; (got = read (ends[0], block, sizeof block)) > 0;)
        total += (guint64) got;
      _exit (total == 100000000 ? 0 : 1);
    }
  close (ends[0]);
  agent_start (&agent);
  client.line = agent.pty.fd;
  client.out = ends[1];
  client.err = STDERR_FILENO;
  assert_int_equal (exec_client_hello (&client), EXEC_RESULT_ENDED);
  assert_int_equal (exec_client_run (&client, argv), EXEC_RESULT_ENDED);
  assert_int_equal (client.value, 0);
  close (ends[1]);
  int status = -1;
  waitpid (reader, &status, 0);
  assert_int_equal (status, 0);
  g_autofree char *path = g_strdup_printf ("/proc/%d/status", agent.pid);
  g_autofree char *text = NULL;
  assert_true (g_file_get_contents (path, &text, NULL, NULL));
  assert_true (strtol (strstr (text, "VmHWM:") + 6, NULL, 10) < 8192);
}

/* A command that does not end is killed, with what it started; the agent serves the next one. */
static void
test_exec_timeout (void **state)
{
  (void) state;
  g_auto (Agent) agent = { .pid = 0 };
  g_auto (Asked) asked = { .out = NULL }, again = { .out = NULL };
  asked.client.timeout_ns = SECOND_NS / 2;
  agent_start (&agent);
  assert_int_equal (ask_shell (&agent, &asked, "echo begun; yes >/dev/null & sleep 1000"), EXEC_RESULT_TIMEOUT);
  assert_string_equal (asked.out_text, "begun\n");
  assert_int_equal (ask_shell (&agent, &again, "echo next"), EXEC_RESULT_ENDED);
  assert_string_equal (again.out_text, "next\n");
}

static void
test_exec_stopped_and_closed (void **state)
{
  (void) state;
  g_auto (Agent) agent = { .pid = 0 };
  g_auto (Asked) asked = { .out = NULL }, closed = { .out = NULL };
  AUTO_FD stop = eventfd (1, EFD_CLOEXEC);
  asked.client.stop_fd = stop;
  agent_start (&agent);
  assert_int_equal (ask_shell (&agent, &asked, "sleep 1000"), EXEC_RESULT_STOPPED);
  /* the command kills the agent, as a guest that dies would take it along */
  assert_int_equal (ask_shell (&agent, &closed, "kill -KILL $PPID; sleep 1000"), EXEC_RESULT_CLOSED);
}

static void
test_exec_silent (void **state)
{
  (void) state;
  Pty pty;
  assert_true (pty_make (&pty, NULL));
  struct exec_client client = { .line = pty.fd, .in = -1, .stop_fd = -1, .hello_ns = SECOND_NS / 5 };
  assert_int_equal (exec_client_hello (&client), EXEC_RESULT_SILENT);
  pty_clear (&pty);
}

/* Junk without end is no answer, and nothing to wait for longer. */
static void
test_exec_flood (void **state)
{
  (void) state;
  AUTO_FD line = open ("/dev/zero", O_RDWR | O_CLOEXEC);
  struct exec_client client = { .line = line, .in = -1, .stop_fd = -1, .hello_ns = SECOND_NS / 5 };
  alarm (10);
  assert_int_equal (exec_client_hello (&client), EXEC_RESULT_SILENT);
  alarm (0);
}

/* A guest that says what it may not: each is told as damage, none is believed. */
static void
check_hostile (const void *said, gsize size)
{
  Pty pty;
  assert_true (pty_make (&pty, NULL));
  struct exec_client client = { .line = pty.fd, .in = -1, .out = -1, .err = -1, .stop_fd = -1, .timeout_ns = 5 * SECOND_NS };
  client.next_in = 1;
  assert_int_equal (write (pty.far_fd, said, size), (gssize) size);
  const char *const argv[] = { "x", NULL };
  assert_int_equal (exec_client_run (&client, argv), EXEC_RESULT_DAMAGED);
  pty_clear (&pty);
}

static void
test_exec_hostile_guest (void **state)
{
  (void) state;
  uint8_t wire[EXEC_WIRE_MAX];
  static const uint8_t bad_end[5] = { 9 };
  check_hostile (wire, exec_frame_write (wire, EXEC_ACK, 7, NULL, 0));            /* out of order */
  check_hostile (wire, exec_frame_write (wire, EXEC_HELLO, 1, "12345678", 8));    /* ours to say */
  check_hostile (wire, exec_frame_write (wire, EXEC_ENDED, 1, "\0", 1));          /* too short */
  check_hostile (wire, exec_frame_write (wire, EXEC_ENDED, 1, bad_end, 5));       /* no such end */
  check_hostile ("junk", 4);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_frame_bytes),
    cmocka_unit_test (test_frames_in_junk),
    cmocka_unit_test (test_exec_output_and_status),
    cmocka_unit_test (test_exec_no_start),
    cmocka_unit_test (test_exec_arguments),
    cmocka_unit_test (test_exec_input),
    cmocka_unit_test (test_exec_large_output),
    cmocka_unit_test (test_exec_timeout),
    cmocka_unit_test (test_exec_stopped_and_closed),
    cmocka_unit_test (test_exec_silent),
    cmocka_unit_test (test_exec_flood),
    cmocka_unit_test (test_exec_hostile_guest),
  };
  signal (SIGPIPE, SIG_IGN);
  return cmocka_run_group_tests (tests, NULL, NULL);
}

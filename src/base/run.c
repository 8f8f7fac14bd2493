/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The process runner: making a run, waiting for it. Everything the child needs (path, argv, environment, descriptors)
 * is prepared before fork (run-start.c), so that the child side (run-child.c) makes system calls only. A child that
 * cannot exec says why: run_start itself fails then.
 *
 * PR_SET_PDEATHSIG is tied to the *thread* that forked: a run must end before the thread that
 * started it does. A thread that starts a run and returns takes the child with it.
 *
 * When the child has ended, whatever it left in its process group is killed before the child is
 * reaped (the group's number cannot be reused until then). What left the group and still holds our
 * pipes is not waited for: the output is what was there when the child ended.
 */
#include "base/run.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cancel.h"
#include "base/error.h"
#include "base/fd.h"
#include "base/run-private.h"

#define TERM_GRACE_MS 500

extern char **environ;

/* --- making one ------------------------------------------------------------------------------- */

static Run *
run_alloc (void)
{
  Run *run = g_new0 (Run, 1);
  run->argv = g_ptr_array_new_with_free_func (g_free);
  run->env = g_strdupv (environ);
  run->stdin_fd = run->stdout_fd = run->stdin_memfd = run->pidfd = -1;
  run_output_init (&run->output);
  return run;
}

Run *
run_new (const char *program, ...)
{
  Run *run = run_alloc ();
  va_list args;
  va_start (args, program);
  for (const char *arg = program; arg != NULL; arg = va_arg (args, const char *))
    run_add (run, arg);
  va_end (args);
  return run;
}

Run *
run_new_argv (const char *const *argv)
{
  Run *run = run_alloc ();
  for (; *argv != NULL; argv++)
    run_add (run, *argv);
  return run;
}

void
run_free (Run *run)
{
  if (run == NULL)
    return;
  run_kill (run);
  run_output_clear (&run->output);
  fd_close (&run->pidfd);
  fd_close (&run->stdin_memfd);
  g_ptr_array_unref (run->argv);
  g_strfreev (run->env);
  g_free (run->cwd);
  g_free (run->output_file);
  g_free (run);
}

void
run_add (Run *run, const char *arg)
{
  g_ptr_array_add (run->argv, g_strdup (arg));
}

void
run_addf (Run *run, const char *format, ...)
{
  va_list args;
  va_start (args, format);
  g_ptr_array_add (run->argv, g_strdup_vprintf (format, args));
  va_end (args);
}

void
run_set_cwd (Run *run, const char *dir)
{
  g_free (run->cwd);
  run->cwd = g_strdup (dir);
}

void
run_set_env (Run *run, const char *name, const char *value)
{
  run->env = value != NULL ? g_environ_setenv (run->env, name, value, TRUE)
                           : g_environ_unsetenv (run->env, name);
}

void
run_set_deadline_s (Run *run, double seconds)
{
  run->deadline_s = seconds;
}

void
run_set_nice (Run *run, int nice_value)
{
  run->nice = nice_value;
}

/* The data stands in a memfd: the child reads at its own pace and we need not feed a pipe. */
void
run_set_stdin_data (Run *run, const char *data, gsize size)
{
  fd_close (&run->stdin_memfd);
  const int fd = memfd_create ("harness-stdin", MFD_CLOEXEC);
  if (fd < 0)
    g_error ("memfd_create: %s", g_strerror (errno));
  for (gsize done = 0; done < size;)
    {
      const gssize wrote = write (fd, data + done, size - done);
      if (wrote < 0 && errno != EINTR)
        g_error ("writing a memfd: %s", g_strerror (errno));
      done += wrote > 0 ? (gsize) wrote : 0;
    }
  lseek (fd, 0, SEEK_SET);
  run->stdin_memfd = fd;
}

void
run_set_output_file (Run *run, const char *path)
{
  g_free (run->output_file);
  run->output_file = g_strdup (path);
}

void
run_set_stdin_fd (Run *run, int fd)
{
  run->stdin_fd = fd;
}

void
run_set_stdout_fd (Run *run, int fd)
{
  run->stdout_fd = fd;
}

void
run_on_line (Run *run, RunLineFunc func, gpointer user)
{
  run->output.on_line = func;
  run->output.on_line_user = user;
}

/* --- finding programs ------------------------------------------------------------------------- */

static gboolean
is_program (const char *path)
{
  return g_file_test (path, G_FILE_TEST_IS_REGULAR) && access (path, X_OK) == 0;
}

static char *
find_in (const char *folders, const char *name)
{
  g_auto (GStrv) dirs = g_strsplit (folders, ":", -1);
  for (char **dir = dirs; *dir != NULL; dir++)
    {
      g_autofree char *path = g_build_filename (**dir != '\0' ? *dir : ".", name, NULL);
      if (is_program (path))
        return g_canonicalize_filename (path, NULL);
    }
  return NULL;
}

char *
run_find_program (const char *name)
{
  if (strchr (name, '/') != NULL)
    return is_program (name) ? g_canonicalize_filename (name, NULL) : NULL;

  const char *path = g_getenv ("PATH");
  char *found = path != NULL ? find_in (path, name) : NULL;
  return found != NULL ? found : find_in ("/usr/local/sbin:/usr/sbin:/sbin:/usr/bin:/bin", name);
}

/* --- a started one ---------------------------------------------------------------------------- */

const char *
run_program_name (const Run *run)
{
  return run->argv->len > 0 ? g_ptr_array_index (run->argv, 0) : "(no program)";
}

GPid
run_pid (const Run *run)
{
  return run->pid;
}

int
run_pidfd (const Run *run)
{
  return run->pidfd;
}

/* --- waiting ---------------------------------------------------------------------------------- */

void
run_reap (Run *run)
{
  while (waitpid (run->pid, &run->wait_status, 0) < 0 && errno == EINTR)
    ;
  run->pid = 0;
  run->ended = TRUE;
}

static void
kill_group (const Run *run, int signum)
{
  if (kill (-run->pid, signum) < 0 && errno == ESRCH)
    kill (run->pid, signum);
}

/* TRUE when the child has ended (it stays a zombie until reaped). */
static gboolean
child_ended (const Run *run, int timeout_ms)
{
  struct pollfd fd = { .fd = run->pidfd, .events = POLLIN };
  int ready;
  do
    ready = poll (&fd, 1, timeout_ms);
  while (ready < 0 && errno == EINTR);
  return ready > 0;
}

void
run_kill (Run *run)
{
  if (run->pid == 0)
    return;
  kill_group (run, SIGTERM);
  if (run->pidfd >= 0)
    child_ended (run, TERM_GRACE_MS);
  kill_group (run, SIGKILL);
  run_reap (run);
}

static int
remaining_ms (const Run *run)
{
  if (run->deadline_s <= 0)
    return -1;
  const double elapsed_s = (double) (g_get_monotonic_time () - run->started_us) / G_USEC_PER_SEC;
  return (int) CLAMP ((run->deadline_s - elapsed_s) * 1000 + 1, 0, G_MAXINT / 2);
}

static gboolean
kill_because (Run *run, GError **error)
{
  const char *name = run_program_name (run);
  run_kill (run);
  if (cancel_requested ())
    return fail (error, HARNESS_ERROR_INTERRUPTED, "%s: interrupted", name);
  if (run->output.overflow)
    return fail (error, HARNESS_ERROR_FAILED, "%s: killed: more than %d MiB of output", name, RUN_STDOUT_LIMIT >> 20);
  return fail (error, HARNESS_ERROR_FAILED, "%s: killed: not done within its deadline of %g s", name, run->deadline_s);
}

/* One round of waiting. *done once the child has ended; FALSE when it must be killed. */
static gboolean
wait_once (Run *run, gboolean *done)
{
  struct pollfd fds[] = {
    { .fd = run->pidfd, .events = POLLIN },
    { .fd = cancel_fd (), .events = POLLIN },
    { .fd = run->output.out.fd, .events = POLLIN },
    { .fd = run->output.err.fd, .events = POLLIN },
  };
  const int left_ms = remaining_ms (run);
  const int ready = poll (fds, G_N_ELEMENTS (fds), left_ms);
  if (cancel_requested () || (ready == 0 && left_ms >= 0 && remaining_ms (run) == 0))
    return FALSE;
  if (ready <= 0)
    return TRUE;
  if (fds[2].revents != 0)
    run_output_read (&run->output, &run->output.out);
  if (fds[3].revents != 0)
    run_output_read (&run->output, &run->output.err);
  *done = fds[0].revents != 0;
  return !run->output.overflow && (*done || left_ms != 0);
}

gboolean
run_read (Run *run, int fd, void *data, gsize size, gsize *got, GError **error)
{
  for (;;)
    {
      struct pollfd fds[] = { { .fd = cancel_fd (), .events = POLLIN }, { .fd = run->output.err.fd, .events = POLLIN }, { .fd = fd, .events = POLLIN } };
      const int ready = poll (fds, G_N_ELEMENTS (fds), remaining_ms (run));
      if (cancel_requested () || (run->deadline_s > 0 && remaining_ms (run) == 0))
        return kill_because (run, error);
      if (ready > 0 && fds[1].revents != 0)
        run_output_read (&run->output, &run->output.err);
      if (ready <= 0 || fds[2].revents == 0)
        continue;
      const gssize count = read (fd, data, size);
      if (count < 0 && (errno == EINTR || errno == EAGAIN))
        continue;
      if (count < 0)
        return fail_errno (error, errno, "%s: reading its output", run_program_name (run));
      *got = (gsize) count;
      return TRUE;
    }
}

gboolean
run_wait_status (Run *run, int *status, GError **error)
{
  if (run->pid == 0 && !run->ended && !run_start (run, error))
    return FALSE;

  gboolean done = run->ended;
  while (!done)
    {
      if (!wait_once (run, &done))
        return kill_because (run, error);
    }
  if (run->pid != 0)
    {
      kill_group (run, SIGKILL); /* what it left behind */
      run_reap (run);
    }
  run_output_finish (&run->output);
  if (run->output.overflow)
    return kill_because (run, error);
  *status = WIFSIGNALED (run->wait_status) ? -WTERMSIG (run->wait_status) : WEXITSTATUS (run->wait_status);
  return TRUE;
}

static gboolean
bad_end (const Run *run, int status, GError **error)
{
  g_autofree char *said = run_output_last_lines (&run->output);
  g_autofree char *where = run->output_file != NULL ? g_strdup_printf ("; its output is in %s", run->output_file) : g_strdup ("");
  const char *colon = said[0] != '\0' ? ": " : "";
  if (status < 0)
    return fail (error, HARNESS_ERROR_FAILED, "%s: killed by signal %d (%s)%s%s%s", run_program_name (run), -status,
                 g_strsignal (-status), colon, said, where);
  return fail (error, HARNESS_ERROR_FAILED, "%s: exited with status %d%s%s%s", run_program_name (run), status, colon, said, where);
}

gboolean
run_wait (Run *run, GError **error)
{
  int status;
  if (!run_wait_status (run, &status, error))
    return FALSE;
  return status == 0 || bad_end (run, status, error);
}

const char *
run_stdout (const Run *run)
{
  return run->output.captured->str;
}

const char *
run_stdout_bytes (const Run *run, gsize *size)
{
  *size = run->output.captured->len;
  return run->output.captured->str;
}

const char *
run_stderr_tail (const Run *run)
{
  return run_output_tail (&run->output);
}

gboolean
run_capture (const char *const *argv, char **out, GError **error)
{
  g_autoptr (Run) run = run_new_argv (argv);
  if (!run_wait (run, error))
    return FALSE;
  *out = g_strchomp (g_strdup (run_stdout (run)));
  return TRUE;
}

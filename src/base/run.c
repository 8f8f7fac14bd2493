/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The process runner. Everything the child needs (path, argv, environment, descriptors) is prepared
 * before fork, so that the child side makes system calls only: it is safe in a threaded program.
 *
 * A child that cannot exec says why through a close-on-exec pipe: run_start itself fails then.
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
#include <fcntl.h>
#include <linux/close_range.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cancel.h"
#include "base/error.h"

#define STDOUT_LIMIT (64 * 1024 * 1024)
#define STDERR_TAIL (16 * 1024)
#define LINE_LIMIT (64 * 1024) /* a longer line is handed on in pieces */
#define MESSAGE_LINES 5
#define TERM_GRACE_MS 500

extern char **environ;

/* One output pipe: our end, and the bytes after its last newline. */
typedef struct
{
  int fd;
  gboolean is_stderr;
  GString *partial;
} Stream;

struct Run
{
  GPtrArray *argv; /* of char *, not NULL-terminated */
  char *cwd;
  char **env;
  double deadline_s; /* 0: none */
  int nice;
  char *output_file;
  int stdin_fd, stdout_fd; /* borrowed, or -1 */
  int stdin_memfd;         /* ours, or -1 */
  RunLineFunc on_line;
  gpointer on_line_user;

  GPid pid; /* 0: not started, or reaped */
  int pidfd;
  gint64 started_us;
  Stream out, err;
  GString *captured;
  GString *tail;
  gboolean overflow;
  gboolean ended;
  int wait_status;
};

static void
close_fd (int *fd)
{
  if (*fd >= 0)
    close (*fd);
  *fd = -1;
}

/* --- making one ------------------------------------------------------------------------------- */

static Run *
run_alloc (void)
{
  Run *run = g_new0 (Run, 1);
  run->argv = g_ptr_array_new_with_free_func (g_free);
  run->env = g_strdupv (environ);
  run->stdin_fd = run->stdout_fd = run->stdin_memfd = run->pidfd = -1;
  run->out = (Stream){ .fd = -1, .is_stderr = FALSE, .partial = g_string_new (NULL) };
  run->err = (Stream){ .fd = -1, .is_stderr = TRUE, .partial = g_string_new (NULL) };
  run->captured = g_string_new (NULL);
  run->tail = g_string_new (NULL);
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
  close_fd (&run->out.fd);
  close_fd (&run->err.fd);
  close_fd (&run->pidfd);
  close_fd (&run->stdin_memfd);
  g_string_free (run->out.partial, TRUE);
  g_string_free (run->err.partial, TRUE);
  g_string_free (run->captured, TRUE);
  g_string_free (run->tail, TRUE);
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
  close_fd (&run->stdin_memfd);
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
  run->on_line = func;
  run->on_line_user = user;
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

/* --- the child side: system calls only -------------------------------------------------------- */

typedef struct
{
  const char *path;
  char *const *argv;
  char *const *env;
  const char *cwd;
  int nice;
  int stdio[3];
  int report_fd; /* close-on-exec; gets a Failure */
  pid_t parent;
} Launch;

typedef enum
{
  STEP_STDIO,
  STEP_CWD,
  STEP_EXEC,
} Step;

typedef struct
{
  int step;
  int errnum;
} Failure;

static void G_GNUC_NORETURN
child_fail (const Launch *launch, Step step)
{
  const Failure failure = { (int) step, errno };
  if (write (launch->report_fd, &failure, sizeof failure) < 0)
    _exit (126);
  _exit (127);
}

/* Lifts the three above 2 first: one of them may be 0, 1 or 2 itself. */
static void
child_stdio (const Launch *launch)
{
  int lifted[3];
  for (int i = 0; i < 3; i++)
    {
      lifted[i] = fcntl (launch->stdio[i], F_DUPFD_CLOEXEC, 3);
      if (lifted[i] < 0)
        child_fail (launch, STEP_STDIO);
    }
  for (int i = 0; i < 3; i++)
    {
      if (dup2 (lifted[i], i) < 0)
        child_fail (launch, STEP_STDIO);
    }
}

/* Not everything in the process opened its descriptors close-on-exec (libraries do not all). */
static void
child_close_rest (void)
{
  if (syscall (SYS_close_range, 3U, ~0U, CLOSE_RANGE_CLOEXEC) == 0)
    return;
  for (int fd = 3; fd < 65536; fd++) /* Linux before 5.11 */
    fcntl (fd, F_SETFD, FD_CLOEXEC);
}

static void
child_signals (void)
{
  struct sigaction action = { .sa_handler = SIG_DFL };
  sigemptyset (&action.sa_mask);
  for (int signum = 1; signum < NSIG; signum++)
    sigaction (signum, &action, NULL); /* fails for SIGKILL and SIGSTOP, which are default anyway */

  sigset_t none;
  sigemptyset (&none);
  sigprocmask (SIG_SETMASK, &none, NULL);
}

static void G_GNUC_NORETURN
child_main (const Launch *launch)
{
  setpgid (0, 0);
  prctl (PR_SET_PDEATHSIG, SIGKILL);
  if (getppid () != launch->parent) /* the parent died before the line above */
    _exit (127);
  child_signals ();
  child_stdio (launch);
  child_close_rest ();
  if (launch->nice != 0)
    setpriority (PRIO_PROCESS, 0, launch->nice);
  if (launch->cwd != NULL && chdir (launch->cwd) < 0)
    child_fail (launch, STEP_CWD);
  execve (launch->path, launch->argv, launch->env);
  child_fail (launch, STEP_EXEC);
}

/* --- starting --------------------------------------------------------------------------------- */

/* Descriptors that live only until the child runs. */
typedef struct
{
  int null_fd, file_fd, out_w, err_w, report_r, report_w;
} StartFds;

static void
start_fds_clear (StartFds *fds)
{
  close_fd (&fds->null_fd);
  close_fd (&fds->file_fd);
  close_fd (&fds->out_w);
  close_fd (&fds->err_w);
  close_fd (&fds->report_r);
  close_fd (&fds->report_w);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (StartFds, start_fds_clear)

static const char *
program_name (const Run *run)
{
  return run->argv->len > 0 ? g_ptr_array_index (run->argv, 0) : "(no program)";
}

static gboolean
make_pipe (int *reader, int *writer, GError **error)
{
  int fds[2];
  if (pipe2 (fds, O_CLOEXEC) < 0)
    return fail_errno (error, errno, "pipe");
  *reader = fds[0];
  *writer = fds[1];
  return TRUE;
}

static gboolean
make_output_pipe (Stream *stream, int *writer, GError **error)
{
  if (!make_pipe (&stream->fd, writer, error))
    return FALSE;
  fcntl (stream->fd, F_SETFL, O_NONBLOCK);
  return TRUE;
}

static gboolean
open_output_file (const Run *run, StartFds *fds, GError **error)
{
  if (run->output_file == NULL)
    return TRUE;
  fds->file_fd = open (run->output_file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY, 0666);
  return fds->file_fd >= 0 || fail_errno (error, errno, "%s: opening", run->output_file);
}

static gboolean
open_start_fds (Run *run, StartFds *fds, GError **error)
{
  if (!make_pipe (&fds->report_r, &fds->report_w, error))
    return FALSE;
  fds->null_fd = open ("/dev/null", O_RDONLY | O_CLOEXEC);
  if (fds->null_fd < 0)
    return fail_errno (error, errno, "/dev/null: opening");
  if (!open_output_file (run, fds, error))
    return FALSE;
  if (run->output_file != NULL)
    return TRUE;
  if (run->stdout_fd < 0 && !make_output_pipe (&run->out, &fds->out_w, error))
    return FALSE;
  return make_output_pipe (&run->err, &fds->err_w, error);
}

static int
first_fd (int a, int b, int c)
{
  return a >= 0 ? a : b >= 0 ? b : c;
}

static Launch
make_launch (const Run *run, const StartFds *fds, const char *path)
{
  return (Launch){
    .path = path,
    .argv = (char *const *) run->argv->pdata,
    .env = run->env,
    .cwd = run->cwd,
    .nice = run->nice,
    .stdio = { first_fd (run->stdin_fd, run->stdin_memfd, fds->null_fd),
               first_fd (run->stdout_fd, fds->file_fd, fds->out_w),
               first_fd (fds->file_fd, fds->err_w, -1) },
    .report_fd = fds->report_w,
    .parent = getpid (),
  };
}

/* Signals are held back so that no handler of ours runs in the child. */
static pid_t
fork_child (const Launch *launch)
{
  sigset_t all, before;
  sigfillset (&all);
  pthread_sigmask (SIG_SETMASK, &all, &before);
  const pid_t pid = fork ();
  if (pid == 0)
    child_main (launch);
  const int saved_errno = errno;
  pthread_sigmask (SIG_SETMASK, &before, NULL);
  errno = saved_errno;
  return pid;
}

static void
reap (Run *run)
{
  while (waitpid (run->pid, &run->wait_status, 0) < 0 && errno == EINTR)
    ;
  run->pid = 0;
  run->ended = TRUE;
}

static gboolean
exec_failed (const Run *run, const char *path, const Failure *failure, GError **error)
{
  if (failure->step == STEP_CWD)
    return fail_errno (error, failure->errnum, "%s: entering %s", program_name (run), run->cwd);
  if (failure->step == STEP_EXEC && failure->errnum == ENOENT)
    return fail (error, HARNESS_ERROR_HOST, "%s: its interpreter is missing", path);
  return fail_errno (error, failure->errnum, "%s: starting %s", program_name (run), path);
}

/* End of file on the report pipe means that exec has closed it. */
static gboolean
await_exec (Run *run, StartFds *fds, const char *path, GError **error)
{
  Failure failure;
  gssize got;
  close_fd (&fds->report_w);
  do
    got = read (fds->report_r, &failure, sizeof failure);
  while (got < 0 && errno == EINTR);
  if (got != (gssize) sizeof failure)
    return TRUE;
  reap (run);
  return exec_failed (run, path, &failure, error);
}

static gboolean
launch_child (Run *run, StartFds *fds, const char *path, GError **error)
{
  g_ptr_array_add (run->argv, NULL);
  const Launch launch = make_launch (run, fds, path);
  const pid_t pid = fork_child (&launch);
  const int fork_errno = errno;
  g_ptr_array_set_size (run->argv, (gint) run->argv->len - 1);
  if (pid < 0)
    return fail_errno (error, fork_errno, "%s: fork", program_name (run));

  run->pid = pid;
  run->started_us = g_get_monotonic_time ();
  setpgid (pid, pid); /* here too: whoever comes first */
  if (!await_exec (run, fds, path, error))
    return FALSE;
  run->pidfd = (int) syscall (SYS_pidfd_open, pid, 0);
  if (run->pidfd < 0)
    return fail_errno (error, errno, "%s: pidfd_open", program_name (run));
  fcntl (run->pidfd, F_SETFD, FD_CLOEXEC);
  return TRUE;
}

gboolean
run_start (Run *run, GError **error)
{
  g_return_val_if_fail (run->pid == 0 && !run->ended, FALSE);
  if (!cancel_check (error))
    return FALSE;

  const char *name = program_name (run);
  g_autofree char *path = run_find_program (name);
  if (path == NULL)
    return fail (error, HARNESS_ERROR_HOST, "%s: program not found; try: ./harness doctor", name);

  g_auto (StartFds) fds = { -1, -1, -1, -1, -1, -1 };
  return open_start_fds (run, &fds, error) && launch_child (run, &fds, path, error);
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

/* --- output ----------------------------------------------------------------------------------- */

static void
keep_tail (Run *run, const char *data, gsize size)
{
  g_string_append_len (run->tail, data, (gssize) size);
  if (run->tail->len > 2 * STDERR_TAIL)
    g_string_erase (run->tail, 0, (gssize) (run->tail->len - STDERR_TAIL));
}

static void
hand_on_partial (Run *run, Stream *stream)
{
  run->on_line (stream->partial->str, stream->is_stderr, run->on_line_user);
  g_string_truncate (stream->partial, 0);
}

static void
hand_on_lines (Run *run, Stream *stream, const char *data, gsize size)
{
  while (size > 0)
    {
      const char *newline = memchr (data, '\n', size);
      const gsize part = newline != NULL ? (gsize) (newline - data) : size;
      const gsize room = LINE_LIMIT - stream->partial->len;
      const gsize taken = MIN (part, room);
      g_string_append_len (stream->partial, data, (gssize) taken);
      const gboolean at_newline = newline != NULL && taken == part;
      if (at_newline || stream->partial->len == LINE_LIMIT)
        hand_on_partial (run, stream);
      data += taken + (at_newline ? 1 : 0);
      size -= taken + (at_newline ? 1 : 0);
    }
}

static void
take_output (Run *run, Stream *stream, const char *data, gsize size)
{
  if (stream->is_stderr)
    keep_tail (run, data, size);
  if (run->on_line != NULL)
    hand_on_lines (run, stream, data, size);
  else if (!stream->is_stderr && run->captured->len + size > STDOUT_LIMIT)
    run->overflow = TRUE;
  else if (!stream->is_stderr)
    g_string_append_len (run->captured, data, (gssize) size);
}

/* Reads one block. FALSE when there is nothing to read now. */
static gboolean
read_block (Run *run, Stream *stream)
{
  char block[64 * 1024];
  if (stream->fd < 0)
    return FALSE;
  const gssize got = read (stream->fd, block, sizeof block);
  if (got > 0)
    {
      take_output (run, stream, block, (gsize) got);
      return TRUE;
    }
  if (got < 0 && (errno == EINTR || errno == EAGAIN))
    return errno == EINTR;
  close_fd (&stream->fd);
  return FALSE;
}

static void
finish_stream (Run *run, Stream *stream)
{
  while (!run->overflow && read_block (run, stream))
    ;
  close_fd (&stream->fd);
  if (run->on_line != NULL && stream->partial->len > 0)
    hand_on_partial (run, stream);
}

/* --- waiting ---------------------------------------------------------------------------------- */

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
  reap (run);
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
  const char *name = program_name (run);
  run_kill (run);
  if (cancel_requested ())
    return fail (error, HARNESS_ERROR_INTERRUPTED, "%s: interrupted", name);
  if (run->overflow)
    return fail (error, HARNESS_ERROR_FAILED, "%s: killed: more than %d MiB of output", name, STDOUT_LIMIT >> 20);
  return fail (error, HARNESS_ERROR_FAILED, "%s: killed: not done within its deadline of %g s", name, run->deadline_s);
}

/* One round of waiting. *done once the child has ended; FALSE when it must be killed. */
static gboolean
wait_once (Run *run, gboolean *done)
{
  struct pollfd fds[] = {
    { .fd = run->pidfd, .events = POLLIN },
    { .fd = cancel_fd (), .events = POLLIN },
    { .fd = run->out.fd, .events = POLLIN },
    { .fd = run->err.fd, .events = POLLIN },
  };
  const int left_ms = remaining_ms (run);
  const int ready = poll (fds, G_N_ELEMENTS (fds), left_ms);
  if (cancel_requested () || (ready == 0 && left_ms >= 0 && remaining_ms (run) == 0))
    return FALSE;
  if (ready <= 0)
    return TRUE;
  if (fds[2].revents != 0)
    read_block (run, &run->out);
  if (fds[3].revents != 0)
    read_block (run, &run->err);
  *done = fds[0].revents != 0;
  return !run->overflow && (*done || left_ms != 0);
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
      reap (run);
    }
  finish_stream (run, &run->out);
  finish_stream (run, &run->err);
  if (run->overflow)
    return kill_because (run, error);
  *status = WIFSIGNALED (run->wait_status) ? -WTERMSIG (run->wait_status) : WEXITSTATUS (run->wait_status);
  return TRUE;
}

/* The last lines of stderr, " / " between them; newly allocated, may be empty. */
static char *
last_lines (const char *text)
{
  g_autofree char *stripped = g_strstrip (g_strdup (text));
  const char *start = stripped + strlen (stripped);
  guint lines = 0;
  while (start > stripped && (start[-1] != '\n' || ++lines < MESSAGE_LINES))
    start--;
  g_auto (GStrv) parts = g_strsplit (start, "\n", -1);
  g_autofree char *joined = g_strjoinv (" / ", parts);
  return g_utf8_make_valid (joined, -1);
}

static gboolean
bad_end (const Run *run, int status, GError **error)
{
  g_autofree char *said = last_lines (run->tail->str);
  g_autofree char *where = run->output_file != NULL ? g_strdup_printf ("; its output is in %s", run->output_file) : g_strdup ("");
  const char *colon = said[0] != '\0' ? ": " : "";
  if (status < 0)
    return fail (error, HARNESS_ERROR_FAILED, "%s: killed by signal %d (%s)%s%s%s", program_name (run), -status,
                 g_strsignal (-status), colon, said, where);
  return fail (error, HARNESS_ERROR_FAILED, "%s: exited with status %d%s%s%s", program_name (run), status, colon, said, where);
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
  return run->captured->str;
}

const char *
run_stderr_tail (const Run *run)
{
  const gsize excess = run->tail->len > STDERR_TAIL ? run->tail->len - STDERR_TAIL : 0;
  return run->tail->str + excess;
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

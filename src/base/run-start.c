/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Starting a run: its pipes and files, the fork, and whether the program could be executed at all. */
#include <errno.h>
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cancel.h"
#include "base/error.h"
#include "base/fd.h"
#include "base/run-child.h"
#include "base/run-private.h"

/* Descriptors that live only until the child runs. */
typedef struct
{
  int null_fd, file_fd, out_w, err_w, report_r, report_w;
} StartFds;

static void
start_fds_clear (StartFds *fds)
{
  fd_close (&fds->null_fd);
  fd_close (&fds->file_fd);
  fd_close (&fds->out_w);
  fd_close (&fds->err_w);
  fd_close (&fds->report_r);
  fd_close (&fds->report_w);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (StartFds, start_fds_clear)

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
make_output_pipe (RunStream *stream, int *writer, GError **error)
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
  if (run->stdout_fd < 0 && !make_output_pipe (&run->output.out, &fds->out_w, error))
    return FALSE;
  return make_output_pipe (&run->output.err, &fds->err_w, error);
}

static int
first_fd (int a, int b, int c)
{
  return a >= 0 ? a : b >= 0 ? b : c;
}

static RunLaunch
make_launch (const Run *run, const StartFds *fds, const char *path)
{
  return (RunLaunch){
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

static gboolean
exec_failed (const Run *run, const char *path, const RunFailure *failure, GError **error)
{
  if (failure->step == RUN_STEP_CWD)
    return fail_errno (error, failure->errnum, "%s: entering %s", run_program_name (run), run->cwd);
  if (failure->step == RUN_STEP_EXEC && failure->errnum == ENOENT)
    return fail (error, HARNESS_ERROR_HOST, "%s: its interpreter is missing", path);
  return fail_errno (error, failure->errnum, "%s: starting %s", run_program_name (run), path);
}

/* End of file on the report pipe means that exec has closed it. */
static gboolean
await_exec (Run *run, StartFds *fds, const char *path, GError **error)
{
  RunFailure failure;
  gssize got;
  fd_close (&fds->report_w);
  do
    got = read (fds->report_r, &failure, sizeof failure);
  while (got < 0 && errno == EINTR);
  if (got != (gssize) sizeof failure)
    return TRUE;
  run_reap (run);
  return exec_failed (run, path, &failure, error);
}

static gboolean
launch_child (Run *run, StartFds *fds, const char *path, GError **error)
{
  g_ptr_array_add (run->argv, NULL);
  const RunLaunch launch = make_launch (run, fds, path);
  const pid_t pid = run_child_fork (&launch);
  const int fork_errno = errno;
  g_ptr_array_set_size (run->argv, (gint) run->argv->len - 1);
  if (pid < 0)
    return fail_errno (error, fork_errno, "%s: fork", run_program_name (run));

  run->pid = pid;
  run->started_us = g_get_monotonic_time ();
  setpgid (pid, pid); /* here too: whoever comes first */
  if (!await_exec (run, fds, path, error))
    return FALSE;
  run->pidfd = (int) syscall (SYS_pidfd_open, pid, 0);
  if (run->pidfd < 0)
    return fail_errno (error, errno, "%s: pidfd_open", run_program_name (run));
  fcntl (run->pidfd, F_SETFD, FD_CLOEXEC);
  return TRUE;
}

gboolean
run_start (Run *run, GError **error)
{
  g_return_val_if_fail (run->pid == 0 && !run->ended, FALSE);
  if (!cancel_check (error))
    return FALSE;

  const char *name = run_program_name (run);
  g_autofree char *path = run_find_program (name);
  if (path == NULL)
    return fail (error, HARNESS_ERROR_HOST, "%s: program not found; try: ./harness doctor", name);

  g_auto (StartFds) fds = { -1, -1, -1, -1, -1, -1 };
  return open_start_fds (run, &fds, error) && launch_child (run, &fds, path, error);
}

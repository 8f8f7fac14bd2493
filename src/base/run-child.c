/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The child side makes system calls only, so that it is safe in a threaded program. A child that cannot exec says why
 * through a close-on-exec pipe.
 */
#include "base/run-child.h"

#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <linux/close_range.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

static void G_GNUC_NORETURN
child_fail (const RunLaunch *launch, RunStep step)
{
  const RunFailure failure = { (int) step, errno };
  if (write (launch->report_fd, &failure, sizeof failure) < 0)
    _exit (126);
  _exit (127);
}

/* Lifts the three above 2 first: one of them may be 0, 1 or 2 itself. */
static void
child_stdio (const RunLaunch *launch)
{
  int lifted[3];
  for (int i = 0; i < 3; i++)
    {
      lifted[i] = fcntl (launch->stdio[i], F_DUPFD_CLOEXEC, 3);
      if (lifted[i] < 0)
        child_fail (launch, RUN_STEP_STDIO);
    }
  for (int i = 0; i < 3; i++)
    {
      if (dup2 (lifted[i], i) < 0)
        child_fail (launch, RUN_STEP_STDIO);
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
child_main (const RunLaunch *launch)
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
    child_fail (launch, RUN_STEP_CWD);
  execve (launch->path, launch->argv, launch->env);
  child_fail (launch, RUN_STEP_EXEC);
}

/* Signals are held back so that no handler of ours runs in the child. */
pid_t
run_child_fork (const RunLaunch *launch)
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

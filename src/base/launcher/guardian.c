/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Nothing of the program's outlives this process, and this process outlives a front that was
 * killed: it is of another session and gets SIGTERM then.
 */
#include "base/launcher/guardian.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/launcher/layout.h"
#include "base/launcher/measure.h"
#include "base/launcher/processes.h"
#include "base/launcher/program.h"
#include "base/launcher/rules.h"
#include "base/launcher/status.h"

#define LOOK_NS 200000000L
#define STATUS_NONE (-1)
#define STATUS_KILLED (128 + SIGTERM)

/* Its output is the program's alone. */
static void
let_go_of_output (void)
{
  const int null = open ("/dev/null", O_RDWR | O_CLOEXEC);
  if (null < 0)
    return;
  dup2 (null, STDIN_FILENO);
  dup2 (null, STDOUT_FILENO);
  close (null);
}

/* 128 + signal, or its own, but none that says something of ours. */
static int
status_of (int wait_status)
{
  if (WIFSIGNALED (wait_status))
    return 128 + WTERMSIG (wait_status);
  return WEXITSTATUS (wait_status) < LAUNCH_FULL ? WEXITSTATUS (wait_status) : LAUNCH_FULL - 1;
}

/* Reaps what has ended; the program's exit status once it is among them. */
static int
reap (pid_t program)
{
  int wait_status, status = STATUS_NONE;
  for (pid_t pid; (pid = waitpid (-1, &wait_status, WNOHANG)) > 0;)
    if (pid == program)
      status = status_of (wait_status);
  return status;
}

static int
look (const Plan *plan)
{
  const Processes *processes = processes_find ();
  if (processes->tasks > plan->processes)
    {
      fprintf (stderr, "sandbox: more than %u processes\n", (unsigned) plan->processes);
      return LAUNCH_FULL;
    }
  switch (measure (plan, processes))
    {
    case MEASURE_FULL:
      return LAUNCH_FULL;
    case MEASURE_HOST_FULL:
      return LAUNCH_FAILED;
    default:
      return STATUS_NONE;
    }
}

static int
watch (const Plan *plan, pid_t program)
{
  const struct timespec interval = { .tv_nsec = LOOK_NS };
  sigset_t signals;
  int status = STATUS_NONE;
  sigemptyset (&signals);
  sigaddset (&signals, SIGCHLD);
  sigaddset (&signals, SIGTERM);
  const pid_t front = plan->front;
  struct timespec next;
  clock_gettime (CLOCK_MONOTONIC, &next);
  while (status == STATUS_NONE)
    {
      struct timespec now;
      const int signum = sigtimedwait (&signals, NULL, &interval);
      /* Its death is a signal too, but the kernel forgets that when we look with another id. */
      if (signum == SIGTERM || getppid () != front)
        return STATUS_KILLED;
      status = reap (program);
      clock_gettime (CLOCK_MONOTONIC, &now);
      const int64_t waited_ns =
          (now.tv_sec - next.tv_sec) * INT64_C (1000000000) + now.tv_nsec - next.tv_nsec;
      if (status != STATUS_NONE || waited_ns < LOOK_NS)
        continue;
      status = look (plan);
      clock_gettime (CLOCK_MONOTONIC, &next);
    }
  return status;
}

/* --- the program's start ---------------------------------------------------------------------- */

/* The first process of a process namespace: with its end the kernel ends all others there. */
static void
run_as_first (const Plan *plan, int rules, int report)
{
  prctl (PR_SET_PDEATHSIG, SIGKILL);
  const pid_t program = fork ();
  if (program == 0)
    program_run (plan, rules, report);
  close (report);
  let_go_of_output ();
  for (int wait_status;;)
    {
      const pid_t pid = wait (&wait_status);
      if (pid == program)
        _exit (status_of (wait_status));
      if (pid < 0 && errno != EINTR)
        _exit (LAUNCH_FULL - 1);
    }
}

/*
 * In a process namespace of its own where the plan asks for one. Not by unshare(): what this
 * process starts later is to be outside.
 */
static pid_t
start (const Plan *plan, int rules, int report)
{
  const pid_t pid =
      plan->pid_namespace
          ? (pid_t) syscall (SYS_clone, (unsigned long) (CLONE_NEWPID | SIGCHLD), NULL, NULL, NULL, 0UL)
          : fork ();
  if (pid == 0 && plan->pid_namespace)
    run_as_first (plan, rules, report);
  if (pid == 0)
    program_run (plan, rules, report);
  if (pid < 0)
    complain ("starting a process");
  return pid;
}

static int
start_and_watch (const Plan *plan, int rules)
{
  int report[2];
  char byte;
  if (pipe2 (report, O_CLOEXEC | O_NONBLOCK) < 0)
    return LAUNCH_FAILED;
  const pid_t program = start (plan, rules, report[1]);
  if (program < 0)
    return LAUNCH_FAILED;
  let_go_of_output ();
  const int status = watch (plan, program);
  processes_end (plan);
  return read (report[0], &byte, 1) == 1 ? LAUNCH_FAILED : status;
}

int
guardian (Plan *plan)
{
  int status = LAUNCH_FAILED;
  setsid ();
  prctl (PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
  if (plan->own_id && setgroups (0, NULL) < 0)
    complain ("groups");
  else if (layout_make (plan))
    {
      const int rules = rules_make (plan);
      status = rules >= 0 ? start_and_watch (plan, rules) : LAUNCH_FAILED;
    }
  layout_remove (plan);
  return status;
}

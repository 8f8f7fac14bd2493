/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sandbox-launch (launcher.h): the command line, and the front. */
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/launcher/guardian.h"
#include "base/launcher/launcher.h"
#include "base/launcher/status.h"

static Plan plan = { .cwd = "/" };

bool
complain (const char *what)
{
  fprintf (stderr, "sandbox: %s: %s\n", what, strerror (errno));
  return false;
}

const char *
place_of (const Plan *of, const char *path, char *buffer)
{
  const int length = snprintf (buffer, PATH_MAX, "%s%s", of->root, path);
  return length < PATH_MAX ? buffer : "/dev/null/too-long";
}

/* --- the command line ------------------------------------------------------------------------- */

static bool
take_mount (const char *path, const char *host_path, uint64_t bytes)
{
  if (plan.mount_count == MOUNTS_MAX || path[0] != '/'
      || strlen (plan.root) + strlen (path) >= PATH_MAX)
    return false;
  plan.mounts[plan.mount_count++] = (Mount){ .host_path = host_path, .path = path, .bytes = bytes };
  return true;
}

static bool
take_first (char *word)
{
  int count = 0;
  while (plan.first[count] != NULL)
    count++;
  if (count == WORDS_MAX)
    return false;
  plan.first[count] = word;
  return true;
}

static bool
take_number (const char *name, const char *value)
{
  const uint64_t number = strtoull (value, NULL, 10);
  if (strcmp (name, "--id") == 0)
    plan.id = (uid_t) number;
  else if (strcmp (name, "--memory") == 0)
    plan.memory_bytes = number;
  else if (strcmp (name, "--processes") == 0)
    plan.processes = number;
  else if (strcmp (name, "--file") == 0)
    plan.file_bytes = number;
  else if (strcmp (name, "--pid-namespace") == 0)
    plan.pid_namespace = number != 0;
  else
    return false;
  return true;
}

/* One option with its words; how many were taken, 0: it is none. */
static int
take_option (char **words, int count)
{
  if (count < 2)
    return 0;
  if (count > 2 && strcmp (words[0], "--bind") == 0)
    return take_mount (words[2], words[1], 0) ? 3 : 0;
  if (count > 2 && strcmp (words[0], "--scratch") == 0)
    return take_mount (words[2], NULL, strtoull (words[1], NULL, 10)) ? 3 : 0;
  if (strcmp (words[0], "--root") == 0)
    plan.root = words[1];
  else if (strcmp (words[0], "--cwd") == 0)
    plan.cwd = words[1];
  else if (strcmp (words[0], "--first") == 0)
    return take_first (words[1]) ? 2 : 0;
  else if (!take_number (words[0], words[1]))
    return 0;
  return 2;
}

static bool
take_all (char **words, int count)
{
  plan.root = "";
  plan.id = geteuid ();
  while (count > 0 && strcmp (words[0], "--") != 0)
    {
      const int taken = take_option (words, count);
      if (taken == 0)
        return false;
      words += taken;
      count -= taken;
    }
  plan.program = words + 1;
  plan.own_id = plan.id != geteuid ();
  return count > 1 && plan.root[0] == '/';
}

/* --- the front -------------------------------------------------------------------------------- */

/*
 * In place of SIGKILL, which base/run asks for: the guardian is to be told. Whoever has died before
 * that has killed us.
 */
static void
hold_signals (void)
{
  sigset_t held;
  sigemptyset (&held);
  sigaddset (&held, SIGCHLD);
  sigaddset (&held, SIGTERM);
  sigaddset (&held, SIGINT);
  sigaddset (&held, SIGHUP);
  sigprocmask (SIG_SETMASK, &held, NULL);
  prctl (PR_SET_PDEATHSIG, SIGTERM);
}

static int
await (pid_t child)
{
  sigset_t held;
  int wait_status;
  sigprocmask (SIG_SETMASK, NULL, &held);
  close (STDIN_FILENO);
  close (STDOUT_FILENO);
  for (;;)
    {
      const pid_t ended = waitpid (child, &wait_status, WNOHANG);
      if (ended == child)
        return WIFEXITED (wait_status) ? WEXITSTATUS (wait_status) : LAUNCH_FAILED;
      const int signum = sigwaitinfo (&held, NULL);
      if (signum > 0 && signum != SIGCHLD)
        kill (child, SIGTERM);
    }
}

int
main (int argc, char **argv)
{
  if (!take_all (argv + 1, argc - 1))
    {
      fprintf (
          stderr,
          "sandbox: sandbox-launch is started by the harness (src/base/launcher/launcher.h)\n");
      return LAUNCH_FAILED;
    }
  hold_signals ();
  fstat (STDIN_FILENO, &plan.input);
  plan.front = getpid ();
  const pid_t child = fork ();
  if (child < 0)
    {
      complain ("fork");
      return LAUNCH_FAILED;
    }
  if (child > 0)
    return await (child);
  prctl (PR_SET_PDEATHSIG, SIGTERM);
  return getppid () == plan.front ? guardian (&plan) : LAUNCH_FAILED;
}

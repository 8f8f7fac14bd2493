/* SPDX-License-Identifier: GPL-2.0-or-later */
/* In this order: limits and capabilities while we may, the id, then what cannot be undone. */
#include "base/launcher/program.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <linux/capability.h>
#include <linux/securebits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/launcher/filter.h"
#include "base/launcher/landlock-abi.h"
#include "base/launcher/processes.h"
#include "base/launcher/rules.h"
#include "base/launcher/status.h"

#define OPEN_FILES_MAX 1024
#define CAPABILITIES_MAX 64
/*
 * The limit of an id that others use too, which the kernel may see more of than we: it is a second
 * line, behind the guardian's count.
 */
#define TASKS_SPARE 1024

/* Nobody may raise a hard limit but root. */
static bool
limit (int resource, uint64_t value)
{
  struct rlimit limits;
  if (getrlimit (resource, &limits) < 0)
    return complain ("limits");
  limits.rlim_cur = limits.rlim_max = value < limits.rlim_max ? value : limits.rlim_max;
  return setrlimit (resource, &limits) == 0 || complain ("limits");
}

static bool
limit_all (const Plan *plan)
{
  const uint64_t tasks =
      plan->own_id ? plan->processes : processes_of_ours () + plan->processes + TASKS_SPARE;
  return limit (RLIMIT_AS, plan->memory_bytes) && limit (RLIMIT_FSIZE, plan->file_bytes)
         && limit (RLIMIT_NOFILE, OPEN_FILES_MAX) && limit (RLIMIT_CORE, 0)
         && limit (RLIMIT_NPROC, tasks);
}

/* The kernel is to take these first when memory is short. */
static bool
offer_to_oom (void)
{
  const int fd = open ("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
  const bool ok = fd >= 0 && write (fd, "1000", 4) == 4;
  if (fd >= 0)
    close (fd);
  return ok || complain ("/proc/self/oom_score_adj");
}

static bool
become (const Plan *plan)
{
  for (int capability = 0; capability < CAPABILITIES_MAX; capability++)
    prctl (PR_CAPBSET_DROP, capability, 0, 0, 0); /* where we may: new ones cannot be had anyway */
  prctl (PR_SET_SECUREBITS, SECBIT_NOROOT | SECBIT_NOROOT_LOCKED, 0, 0, 0);
  if (!plan->own_id)
    return true;
  return (setgroups (0, NULL) == 0 && setresgid (plan->id, plan->id, plan->id) == 0
          && setresuid (plan->id, plan->id, plan->id) == 0)
         || complain ("another id");
}

static bool
drop_capabilities (void)
{
  struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
  const struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = { { 0 } };
  prctl (PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
  return (syscall (SYS_capset, &header, none) == 0 && prctl (PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0)
         || complain ("capabilities");
}

static bool
enter_folder (const Plan *plan)
{
  char place[PATH_MAX];
  return chdir (place_of (plan, plan->cwd, place)) == 0 || complain (place);
}

static void
execute (char *const *words)
{
  sigset_t none;
  sigemptyset (&none);
  sigprocmask (SIG_SETMASK, &none, NULL);
  execvp (words[0], words);
  fprintf (stderr, "%s: %s\n", words[0], strerror (errno));
  _exit (127);
}

/* It is ours, so that its failure is none of the program's. */
static bool
run_first (const Plan *plan)
{
  int status = 0;
  if (plan->first[0] == NULL)
    return true;
  const pid_t pid = fork ();
  if (pid == 0)
    execute (plan->first);
  while (pid > 0 && waitpid (pid, &status, 0) < 0 && errno == EINTR)
    ;
  if (pid > 0 && WIFEXITED (status) && WEXITSTATUS (status) == 0)
    return true;
  fprintf (stderr, "sandbox: its folders could not be filled\n");
  return false;
}

void
program_run (const Plan *plan, int rules, int report)
{
  const bool scoped = landlock_abi () >= ABI_SCOPE;
  setsid ();
  if (limit_all (plan) && offer_to_oom () && become (plan)
      && prctl (PR_SET_PDEATHSIG, SIGKILL) == 0 && drop_capabilities () && enter_folder (plan)
      && rules_enter (rules) && filter_enter (plan, scoped) && run_first (plan)
      && (plan->own_id || filter_freeze_files ()))
    execute (plan->program);
  _exit (write (report, "x", 1) == 1 ? 0 : 1);
}

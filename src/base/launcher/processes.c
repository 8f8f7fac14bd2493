/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * With an id of its own, one kill(-1) takes all at once; the kernel lets no fork past it. Without
 * one, each process is forbidden to have children and killed, until there is none left.
 */
#include "base/launcher/processes.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* Of all processes there are. */
static struct
{
  pid_t pid, parent;
  uid_t id;
  unsigned tasks;
  bool ours;
} all[PROCESSES_MAX];
static int all_count;
static Processes found;

/*
 * "7 (name) S 1 …": the 4th field is the parent, the 20th the number of threads (proc(5)). The name
 * may hold anything.
 */
static bool
read_stat (const char *pid, pid_t *parent, unsigned *tasks)
{
  char path[64], line[512];
  snprintf (path, sizeof path, "/proc/%s/stat", pid);
  FILE *file = fopen (path, "re");
  if (file == NULL)
    return false;
  const size_t size = fread (line, 1, sizeof line - 1, file);
  fclose (file);
  line[size] = '\0';
  const char *rest = strrchr (line, ')');
  return rest != NULL
         && sscanf (rest + 1,
                    " %*c %d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %u",
                    parent, tasks)
                == 2;
}

static void
read_all (void)
{
  DIR *proc = opendir ("/proc");
  all_count = 0;
  for (struct dirent *entry;
       proc != NULL && all_count < PROCESSES_MAX && (entry = readdir (proc)) != NULL;)
    {
      struct stat st;
      if (!isdigit ((unsigned char) entry->d_name[0])
          || !read_stat (entry->d_name, &all[all_count].parent, &all[all_count].tasks))
        continue;
      all[all_count].pid = atoi (entry->d_name);
      all[all_count].id =
          fstatat (dirfd (proc), entry->d_name, &st, 0) == 0 ? st.st_uid : (uid_t) -1;
      all[all_count++].ours = false;
    }
  if (proc != NULL)
    closedir (proc);
}

static bool
is_ours (pid_t pid)
{
  if (pid == getpid ())
    return true;
  for (int i = 0; i < all_count; i++)
    if (all[i].pid == pid)
      return all[i].ours;
  return false;
}

const Processes *
processes_find (void)
{
  read_all ();
  found.count = 0;
  found.tasks = 0;
  for (bool more = true; more;)
    {
      more = false;
      for (int i = 0; i < all_count; i++)
        if (!all[i].ours && is_ours (all[i].parent))
          {
            more = all[i].ours = true;
            found.pids[found.count++] = all[i].pid;
            found.tasks += all[i].tasks;
          }
    }
  return &found;
}

uint64_t
processes_of_ours (void)
{
  read_all ();
  uint64_t tasks = 0;
  for (int i = 0; i < all_count; i++)
    tasks += all[i].id == geteuid () ? all[i].tasks : 0;
  return tasks;
}

/* --- the end ---------------------------------------------------------------------------------- */

/* Real and saved id are nobody's, so that the program cannot reach who kills it. */
static void
kill_id (uid_t id)
{
  const pid_t pid = fork ();
  if (pid == 0)
    {
      const uid_t nobody = id ^ 1;
      if (setresuid (nobody, id, nobody) == 0)
        kill (-1, SIGKILL);
      _exit (0);
    }
  while (pid > 0 && waitpid (pid, NULL, 0) < 0 && errno == EINTR)
    ;
}

/* By a descriptor: the number may be another's by now. */
static void
kill_one (pid_t pid)
{
  const struct rlimit none = { 0, 0 };
  char name[16];
  pid_t parent;
  unsigned tasks;
  const int fd = (int) syscall (SYS_pidfd_open, pid, 0);
  if (fd < 0)
    return;
  snprintf (name, sizeof name, "%d", (int) pid);
  if (read_stat (name, &parent, &tasks) && is_ours (parent))
    {
      prlimit (pid, RLIMIT_NPROC, &none, NULL);
      syscall (SYS_pidfd_send_signal, fd, SIGKILL, NULL, 0);
    }
  close (fd);
}

void
processes_end (const Plan *plan)
{
  for (;;)
    {
      if (plan->own_id)
        kill_id (plan->id);
      const Processes *processes = plan->own_id ? NULL : processes_find ();
      for (int i = 0; processes != NULL && i < processes->count; i++)
        kill_one (processes->pids[i]);
      if (waitpid (-1, NULL, 0) < 0 && errno == ECHILD)
        return;
      while (waitpid (-1, NULL, WNOHANG) > 0)
        ;
    }
}

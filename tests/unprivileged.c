/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * unprivileged COMMAND [ARGUMENT…]: runs it as root by name, as in a container without privileges:
 * with the capabilities that Docker gives by default, no new privileges, and what Docker's filter
 * refuses of namespaces, mounts, keys and programs in the kernel. (moby: oci/caps/defaults.go,
 * profiles/seccomp/default.json)
 */
#include <errno.h>
#include <linux/capability.h>
#include <sched.h>
#include <seccomp.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <unistd.h>

#define COUNT(table) (sizeof (table) / sizeof *(table))
#define CAPABILITIES_MAX 64

static const int kept[] = { CAP_CHOWN,   CAP_DAC_OVERRIDE,     CAP_FOWNER,  CAP_FSETID,
                            CAP_KILL,    CAP_SETGID,           CAP_SETUID,  CAP_SETPCAP,
                            CAP_SETFCAP, CAP_NET_BIND_SERVICE, CAP_NET_RAW, CAP_SYS_CHROOT,
                            CAP_MKNOD,   CAP_AUDIT_WRITE };

static const int refused[] = {
  SCMP_SYS (unshare),         SCMP_SYS (setns),         SCMP_SYS (mount),
  SCMP_SYS (umount2),         SCMP_SYS (pivot_root),    SCMP_SYS (move_mount),
  SCMP_SYS (open_tree),       SCMP_SYS (fsopen),        SCMP_SYS (fsconfig),
  SCMP_SYS (fsmount),         SCMP_SYS (mount_setattr), SCMP_SYS (keyctl),
  SCMP_SYS (add_key),         SCMP_SYS (request_key),   SCMP_SYS (bpf),
  SCMP_SYS (perf_event_open), SCMP_SYS (userfaultfd),
};

static const scmp_datum_t namespaces[] = { CLONE_NEWUSER,  CLONE_NEWNS,  CLONE_NEWPID,
                                           CLONE_NEWNET,   CLONE_NEWIPC, CLONE_NEWUTS,
                                           CLONE_NEWCGROUP };

static bool
is_kept (int capability)
{
  for (size_t i = 0; i < COUNT (kept); i++)
    if (kept[i] == capability)
      return true;
  return false;
}

/* What is out of the bounding set is gone when the command is executed. */
static void
drop_capabilities (void)
{
  for (int capability = 0; capability < CAPABILITIES_MAX; capability++)
    if (!is_kept (capability))
      prctl (PR_CAPBSET_DROP, capability, 0, 0, 0); /* those that the kernel does not know fail */
}

static bool
load_filter (void)
{
  scmp_filter_ctx filter = seccomp_init (SCMP_ACT_ALLOW);
  bool ok = filter != NULL;
  for (size_t i = 0; ok && i < COUNT (refused); i++)
    ok = seccomp_rule_add (filter, SCMP_ACT_ERRNO (EPERM), refused[i], 0) == 0;
  for (size_t i = 0; ok && i < COUNT (namespaces); i++)
    ok = seccomp_rule_add (filter, SCMP_ACT_ERRNO (EPERM), SCMP_SYS (clone), 1,
                           SCMP_A0 (SCMP_CMP_MASKED_EQ, namespaces[i], namespaces[i]))
         == 0;
  return ok && seccomp_rule_add (filter, SCMP_ACT_ERRNO (ENOSYS), SCMP_SYS (clone3), 0) == 0
         && prctl (PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && seccomp_load (filter) == 0;
}

int
main (int argc, char **argv)
{
  if (argc < 2)
    {
      fprintf (stderr, "usage: unprivileged COMMAND [ARGUMENT…]\n");
      return 2;
    }
  drop_capabilities ();
  if (!load_filter ())
    {
      perror ("unprivileged");
      return 125;
    }
  execvp (argv[1], argv + 1);
  perror (argv[1]);
  return 127;
}

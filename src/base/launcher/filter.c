/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The tables are the filter. Calls of other architectures end the program: libseccomp's default. */
#include "base/launcher/filter.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#define COUNT(table) (sizeof (table) / sizeof *(table))
#define F_SETSIG_LINUX 10 /* these by their numbers: their headers collide, or hide them */
#define F_SETOWN_EX_LINUX 15
#define F_SETLEASE_LINUX 1024
#define FS_IOC_SETFLAGS_LINUX 0x40086602
#define FS_IOC_FSSETXATTR_LINUX 0x401c5820
#define FIOSETOWN_LINUX 0x8901
#define SIOCSPGRP_LINUX 0x8902
#define TIOCSTI_LINUX 0x5412
#define IOPRIO_WHO_USER_LINUX 3

static const int refused[] = {
  /* the network, and descriptors that travel */
  SCMP_SYS (socket),
  SCMP_SYS (socketpair),
  SCMP_SYS (connect),
  SCMP_SYS (bind),
  SCMP_SYS (listen),
  SCMP_SYS (accept),
  SCMP_SYS (accept4),
  /* other processes */
  SCMP_SYS (ptrace),
  SCMP_SYS (process_vm_readv),
  SCMP_SYS (process_vm_writev),
  SCMP_SYS (process_madvise),
  SCMP_SYS (process_mrelease),
  SCMP_SYS (kcmp),
  SCMP_SYS (pidfd_getfd),
  SCMP_SYS (migrate_pages),
  SCMP_SYS (move_pages),
  SCMP_SYS (acct),
  SCMP_SYS (perf_event_open),
  SCMP_SYS (lookup_dcookie),
  /* namespaces, mounts, other roots */
  SCMP_SYS (unshare),
  SCMP_SYS (setns),
  SCMP_SYS (mount),
  SCMP_SYS (umount2),
  SCMP_SYS (pivot_root),
  SCMP_SYS (chroot),
  SCMP_SYS (move_mount),
  SCMP_SYS (open_tree),
  SCMP_SYS (fsopen),
  SCMP_SYS (fsconfig),
  SCMP_SYS (fsmount),
  SCMP_SYS (fspick),
  SCMP_SYS (mount_setattr),
  SCMP_SYS (name_to_handle_at),
  SCMP_SYS (open_by_handle_at),
  SCMP_SYS (fanotify_init),
  SCMP_SYS (quotactl),
  SCMP_SYS (quotactl_fd),
  /* keys, programs in the kernel, rings, faults */
  SCMP_SYS (keyctl),
  SCMP_SYS (add_key),
  SCMP_SYS (request_key),
  SCMP_SYS (bpf),
  SCMP_SYS (userfaultfd),
  SCMP_SYS (io_uring_setup),
  SCMP_SYS (io_uring_enter),
  SCMP_SYS (io_uring_register),
  SCMP_SYS (io_setup),
  SCMP_SYS (init_module),
  SCMP_SYS (finit_module),
  SCMP_SYS (delete_module),
  SCMP_SYS (kexec_load),
  SCMP_SYS (kexec_file_load),
  /* memory that no process need hold, and names that all share */
  SCMP_SYS (memfd_create),
  SCMP_SYS (memfd_secret),
  SCMP_SYS (shmget),
  SCMP_SYS (shmat),
  SCMP_SYS (shmctl),
  SCMP_SYS (msgget),
  SCMP_SYS (msgsnd),
  SCMP_SYS (msgrcv),
  SCMP_SYS (msgctl),
  SCMP_SYS (semget),
  SCMP_SYS (semop),
  SCMP_SYS (semtimedop),
  SCMP_SYS (semctl),
  SCMP_SYS (mq_open),
  SCMP_SYS (mq_unlink),
  /* the host itself */
  SCMP_SYS (reboot),
  SCMP_SYS (swapon),
  SCMP_SYS (swapoff),
  SCMP_SYS (syslog),
  SCMP_SYS (settimeofday),
  SCMP_SYS (clock_settime),
  SCMP_SYS (clock_adjtime),
  SCMP_SYS (adjtimex),
  SCMP_SYS (sethostname),
  SCMP_SYS (setdomainname),
  SCMP_SYS (iopl),
  SCMP_SYS (ioperm),
  SCMP_SYS (modify_ldt),
  SCMP_SYS (vhangup),
};

/* Refused where this argument, as far as the mask goes, is this. */
static const struct
{
  int call;
  unsigned argument;
  uint64_t mask, value;
} refused_with[] = {
  { SCMP_SYS (clone), 0, CLONE_NEWUSER, CLONE_NEWUSER },
  { SCMP_SYS (clone), 0, CLONE_NEWNS, CLONE_NEWNS },
  { SCMP_SYS (clone), 0, CLONE_NEWPID, CLONE_NEWPID },
  { SCMP_SYS (clone), 0, CLONE_NEWNET, CLONE_NEWNET },
  { SCMP_SYS (clone), 0, CLONE_NEWIPC, CLONE_NEWIPC },
  { SCMP_SYS (clone), 0, CLONE_NEWUTS, CLONE_NEWUTS },
  { SCMP_SYS (clone), 0, CLONE_NEWCGROUP, CLONE_NEWCGROUP },
  { SCMP_SYS (prctl), 0, 0xffffffff, PR_SET_DUMPABLE }, /* the guardian looks at what it has open */
  { SCMP_SYS (setpriority), 0, 0xffffffff, PRIO_USER },
  { SCMP_SYS (ioprio_set), 0, 0xffffffff, IOPRIO_WHO_USER_LINUX },
  /* signals by way of a descriptor's owner */
  { SCMP_SYS (fcntl), 1, 0xffffffff, F_SETOWN },
  { SCMP_SYS (fcntl), 1, 0xffffffff, F_SETOWN_EX_LINUX },
  { SCMP_SYS (fcntl), 1, 0xffffffff, F_SETSIG_LINUX },
  { SCMP_SYS (ioctl), 1, 0xffffffff, FIOSETOWN_LINUX },
  { SCMP_SYS (ioctl), 1, 0xffffffff, SIOCSPGRP_LINUX },
  { SCMP_SYS (ioctl), 1, 0xffffffff, TIOCSTI_LINUX },
  /* files that are ours: others wait for who has a lease */
  { SCMP_SYS (fcntl), 1, 0xffffffff, F_SETLEASE_LINUX },
  { SCMP_SYS (ioctl), 1, 0xffffffff, FS_IOC_SETFLAGS_LINUX },
  { SCMP_SYS (ioctl), 1, 0xffffffff, FS_IOC_FSSETXATTR_LINUX },
};

/* Refused where this argument, a process or group, is other than 0, "myself". */
static const struct
{
  int call;
  unsigned argument;
} own_alone[] = {
  { SCMP_SYS (prlimit64), 0 },         { SCMP_SYS (setpriority), 1 },
  { SCMP_SYS (ioprio_set), 1 },        { SCMP_SYS (sched_setparam), 0 },
  { SCMP_SYS (sched_setattr), 0 },     { SCMP_SYS (sched_setscheduler), 0 },
  { SCMP_SYS (sched_setaffinity), 0 },
};

/* For our own id, where the kernel does not keep its signals among its own: kill() to its group. */
static const int signals[] = { SCMP_SYS (tkill), SCMP_SYS (tgkill), SCMP_SYS (rt_sigqueueinfo),
                               SCMP_SYS (rt_tgsigqueueinfo), SCMP_SYS (pidfd_send_signal) };

static const int of_files[] = {
  SCMP_SYS (chmod),        SCMP_SYS (fchmod),    SCMP_SYS (fchmodat),    SCMP_SYS (chown),
  SCMP_SYS (fchown),       SCMP_SYS (lchown),    SCMP_SYS (fchownat),    SCMP_SYS (utime),
  SCMP_SYS (utimes),       SCMP_SYS (futimesat), SCMP_SYS (utimensat),   SCMP_SYS (setxattr),
  SCMP_SYS (lsetxattr),    SCMP_SYS (fsetxattr), SCMP_SYS (removexattr), SCMP_SYS (lremovexattr),
  SCMP_SYS (fremovexattr),
};
/* Newer than libseccomp: fchmodat2, setxattrat, removexattrat, file_setattr (x86-64's numbers). */
static const int of_files_later[] = { 452, 463, 466, 469 };

static bool
refuse_all (scmp_filter_ctx filter, uint32_t action, const int *calls, size_t count)
{
  bool ok = true;
  for (size_t i = 0; ok && i < count; i++)
    if (calls[i] >= 0) /* below 0: libseccomp knows that this machine has none */
      ok = seccomp_rule_add (filter, action, calls[i], 0) == 0;
  return ok;
}

static bool
refuse_some (scmp_filter_ctx filter)
{
  bool ok = true;
  for (size_t i = 0; ok && i < COUNT (refused_with); i++)
    ok = seccomp_rule_add (filter, SCMP_ACT_ERRNO (EPERM), refused_with[i].call, 1,
                           SCMP_CMP (refused_with[i].argument, SCMP_CMP_MASKED_EQ,
                                     refused_with[i].mask, refused_with[i].value))
         == 0;
  for (size_t i = 0; ok && i < COUNT (own_alone); i++)
    ok = seccomp_rule_add (filter, SCMP_ACT_ERRNO (EPERM), own_alone[i].call, 1,
                           SCMP_CMP (own_alone[i].argument, SCMP_CMP_NE, 0))
         == 0;
  return ok;
}

static bool
refuse_signals (scmp_filter_ctx filter)
{
  return refuse_all (filter, SCMP_ACT_ERRNO (EPERM), signals, COUNT (signals))
         && seccomp_rule_add (filter, SCMP_ACT_ERRNO (EPERM), SCMP_SYS (kill), 1,
                              SCMP_CMP (0, SCMP_CMP_NE, 0))
                == 0;
}

static bool
load (scmp_filter_ctx filter, bool complete)
{
  const bool ok = complete && seccomp_load (filter) == 0;
  seccomp_release (filter);
  return ok || complain ("seccomp");
}

bool
filter_enter (const Plan *plan, bool scoped)
{
  scmp_filter_ctx filter = seccomp_init (SCMP_ACT_ALLOW);
  if (filter == NULL)
    return complain ("seccomp");
  /* Its flags are behind a pointer: C libraries take clone() then. */
  return load (filter, seccomp_rule_add (filter, SCMP_ACT_ERRNO (ENOSYS), SCMP_SYS (clone3), 0) == 0
                           && refuse_all (filter, SCMP_ACT_ERRNO (EPERM), refused, COUNT (refused))
                           && refuse_some (filter)
                           && (plan->own_id || scoped || refuse_signals (filter)));
}

bool
filter_freeze_files (void)
{
  scmp_filter_ctx filter = seccomp_init (SCMP_ACT_ALLOW);
  if (filter == NULL)
    return complain ("seccomp");
  return load (filter, refuse_all (filter, SCMP_ACT_ERRNO (0), of_files, COUNT (of_files))
                           && refuse_all (filter, SCMP_ACT_ERRNO (ENOSYS), of_files_later,
                                          COUNT (of_files_later)));
}

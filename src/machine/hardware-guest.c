/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The tiny guest: OUT to port 0x80, then HLT, in real mode. It runs in a forked child, because a KVM that
 * is none may spin in KVM_RUN for ever; the child makes system calls only and tells its outcome
 * by its exit status. API: the kernel's Documentation/virt/kvm/api.rst.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "machine/hardware.h"

#define GUEST_DEADLINE_MS 1000
#define GUEST_ADDRESS 0x1000
#define GUEST_BYTES 0x1000
#define GUEST_PORT 0x80

typedef enum
{
  OUTCOME_RAN,
  OUTCOME_OPEN,
  OUTCOME_API,
  OUTCOME_CREATE,
  OUTCOME_SETUP,
  OUTCOME_RUN,
  OUTCOME_NO_OUT,
  OUTCOME_NO_HLT,
} Outcome;

static const char *const outcome_texts[] = {
  [OUTCOME_RAN] = "a real-mode guest ran through /dev/kvm",
  [OUTCOME_OPEN] = "/dev/kvm cannot be opened",
  [OUTCOME_API] = "/dev/kvm does not speak API version 12",
  [OUTCOME_CREATE] = "/dev/kvm makes no virtual machine",
  [OUTCOME_SETUP] = "/dev/kvm takes no guest's memory or registers",
  [OUTCOME_RUN] = "KVM_RUN failed",
  [OUTCOME_NO_OUT] = "the guest's OUT was not seen: this KVM does not run guests",
  [OUTCOME_NO_HLT] = "the guest's HLT was not seen: this KVM does not run guests",
};

/* out %al, $0x80; hlt */
static const guint8 guest_code[] = { 0xe6, GUEST_PORT, 0xf4 };

static gboolean
set_memory (int vm)
{
  void *memory = mmap (NULL, GUEST_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED)
    return FALSE;
  memcpy (memory, guest_code, sizeof guest_code);
  const struct kvm_userspace_memory_region region = {
    .guest_phys_addr = GUEST_ADDRESS,
    .memory_size = GUEST_BYTES,
    .userspace_addr = (guint64) (gsize) memory,
  };
  return ioctl (vm, KVM_SET_USER_MEMORY_REGION, &region) == 0;
}

static gboolean
set_registers (int vcpu)
{
  struct kvm_sregs sregs;
  const struct kvm_regs regs = { .rip = GUEST_ADDRESS, .rflags = 2 };
  if (ioctl (vcpu, KVM_GET_SREGS, &sregs) < 0)
    return FALSE;
  sregs.cs.base = 0;
  sregs.cs.selector = 0;
  return ioctl (vcpu, KVM_SET_SREGS, &sregs) == 0 && ioctl (vcpu, KVM_SET_REGS, &regs) == 0;
}

static Outcome
run_vcpu (int vcpu, const struct kvm_run *run)
{
  if (ioctl (vcpu, KVM_RUN, 0) < 0)
    return OUTCOME_RUN;
  if (run->exit_reason != KVM_EXIT_IO || run->io.port != GUEST_PORT)
    return OUTCOME_NO_OUT;
  if (ioctl (vcpu, KVM_RUN, 0) < 0)
    return OUTCOME_RUN;
  return run->exit_reason == KVM_EXIT_HLT ? OUTCOME_RAN : OUTCOME_NO_HLT;
}

/* Leaves everything open: the process ends next. */
static Outcome
run_guest (void)
{
  const int kvm = open ("/dev/kvm", O_RDWR | O_CLOEXEC);
  if (kvm < 0)
    return OUTCOME_OPEN;
  if (ioctl (kvm, KVM_GET_API_VERSION, 0) != 12)
    return OUTCOME_API;
  const int vm = ioctl (kvm, KVM_CREATE_VM, 0);
  const int vcpu = vm >= 0 ? ioctl (vm, KVM_CREATE_VCPU, 0) : -1;
  const int run_bytes = ioctl (kvm, KVM_GET_VCPU_MMAP_SIZE, 0);
  if (vcpu < 0 || run_bytes < (int) sizeof (struct kvm_run))
    return OUTCOME_CREATE;
  const struct kvm_run *run = mmap (NULL, (gsize) run_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, vcpu, 0);
  if (run == MAP_FAILED || !set_memory (vm) || !set_registers (vcpu))
    return OUTCOME_SETUP;
  return run_vcpu (vcpu, run);
}

static pid_t
fork_guest (void)
{
  sigset_t all, before;
  sigfillset (&all);
  pthread_sigmask (SIG_SETMASK, &all, &before);
  const pid_t pid = fork ();
  if (pid == 0)
    {
      prctl (PR_SET_PDEATHSIG, SIGKILL);
      _exit ((int) run_guest ());
    }
  pthread_sigmask (SIG_SETMASK, &before, NULL);
  return pid;
}

/* FALSE if it had to be killed. */
static gboolean
wait_guest (pid_t pid, int *status)
{
  struct pollfd fd = { .fd = (int) syscall (SYS_pidfd_open, pid, 0), .events = POLLIN };
  int ready;
  do
    ready = poll (&fd, 1, GUEST_DEADLINE_MS);
  while (ready < 0 && errno == EINTR);
  if (ready <= 0)
    kill (pid, SIGKILL);
  while (waitpid (pid, status, 0) < 0 && errno == EINTR)
    ;
  if (fd.fd >= 0)
    close (fd.fd);
  return ready > 0;
}

gboolean
hardware_run_guest (char **finding)
{
  int status = 0;
  const pid_t pid = fork_guest ();
  *finding = NULL;
  if (pid < 0)
    *finding = g_strdup ("no process could be started for the guest");
  else if (!wait_guest (pid, &status))
    *finding = g_strdup_printf ("a real-mode guest did not end within %d ms", GUEST_DEADLINE_MS);
  else if (!WIFEXITED (status) || WEXITSTATUS (status) >= (int) G_N_ELEMENTS (outcome_texts))
    *finding = g_strdup ("the guest's process died");
  else
    *finding = g_strdup (outcome_texts[WEXITSTATUS (status)]);
  return pid > 0 && WIFEXITED (status) && WEXITSTATUS (status) == OUTCOME_RAN && strcmp (*finding, outcome_texts[0]) == 0;
}

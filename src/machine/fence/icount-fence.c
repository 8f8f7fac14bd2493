/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Makes QEMU's -icount,sleep=off exact where the guest idles. Preloaded into QEMU (LD_PRELOAD), not linked to the harness.
 *
 * QEMU 7.2 executes HLT without its big lock: the vCPU thread marks the CPU as halted, and only then accounts the instructions of that slice. Comes its
 * main loop in between, it finds all CPUs idle and warps the virtual clock to the next timer from an instruction count that is too small. That is some ns
 * of guest time, once in about 100,000 idle HLTs on a busy host, and everything after it differs.
 *
 * So the main thread gets the big lock only while the vCPU thread waits for it or for work: between two slices, or at an access to a device, which are
 * the same points of the guest in every run. Whoever waits is waited for, so neither starves. The big lock is what the main thread unlocks right before it
 * polls; the vCPU thread is the first of the others to wait for a condition with it (later there is the migration's too). It is one: -icount runs all CPUs in it.
 */
#include <dlfcn.h>
#include <linux/futex.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define EXPORT __attribute__((visibility("default")))

enum role { ROLE_OTHER, ROLE_MAIN, ROLE_VCPU };

static int (*real_lock)(pthread_mutex_t *);
static int (*real_unlock)(pthread_mutex_t *);
static int (*real_wait)(pthread_cond_t *, pthread_mutex_t *);
static int (*real_ppoll)(struct pollfd *, nfds_t, const struct timespec *, const sigset_t *);

static _Atomic(pthread_mutex_t *) big_lock;
static atomic_int vcpu_known;
static atomic_int in_slice;   /* the vCPU thread executes guest code, without the lock */
static atomic_int main_wants; /* the main thread waits for the end of that */
static _Thread_local enum role role;
static _Thread_local pthread_mutex_t *last_unlocked;

/* A second at most, then whoever waits looks again: a lost wake-up makes QEMU slow, and not stuck. */
static void wait_while(atomic_int *flag)
{
        const struct timespec limit = { .tv_sec = 1 };

        syscall(SYS_futex, flag, FUTEX_WAIT_PRIVATE, 1, &limit, NULL, 0);
}

static void clear(atomic_int *flag)
{
        if (atomic_exchange(flag, 0))
                syscall(SYS_futex, flag, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
}

__attribute__((constructor)) static void find_real(void)
{
        real_lock = (int (*)(pthread_mutex_t *))dlsym(RTLD_NEXT, "pthread_mutex_lock");
        real_unlock = (int (*)(pthread_mutex_t *))dlsym(RTLD_NEXT, "pthread_mutex_unlock");
        real_wait = (int (*)(pthread_cond_t *, pthread_mutex_t *))dlsym(RTLD_NEXT, "pthread_cond_wait");
        real_ppoll = (int (*)(struct pollfd *, nfds_t, const struct timespec *, const sigset_t *))dlsym(RTLD_NEXT, "ppoll");
        role = getpid() == (pid_t)syscall(SYS_gettid) ? ROLE_MAIN : ROLE_OTHER;
}

static int lock_as_vcpu(pthread_mutex_t *mutex)
{
        clear(&in_slice);
        while (atomic_load(&main_wants))
                wait_while(&main_wants);
        return real_lock(mutex);
}

static int lock_as_main(pthread_mutex_t *mutex)
{
        for (;;) {
                const int status = real_lock(mutex);

                if (!atomic_load(&in_slice)) {
                        clear(&main_wants);
                        return status;
                }
                atomic_store(&main_wants, 1);
                real_unlock(mutex);
                wait_while(&in_slice);
        }
}

EXPORT int pthread_mutex_lock(pthread_mutex_t *mutex)
{
        if (!real_lock)
                find_real();
        if (role == ROLE_OTHER || mutex != atomic_load(&big_lock))
                return real_lock(mutex);
        return role == ROLE_VCPU ? lock_as_vcpu(mutex) : lock_as_main(mutex);
}

EXPORT int pthread_mutex_unlock(pthread_mutex_t *mutex)
{
        if (!real_unlock)
                find_real();
        if (role == ROLE_VCPU && mutex == atomic_load(&big_lock))
                atomic_store(&in_slice, 1); /* while we still have it: who gets it next sees this */
        last_unlocked = mutex;
        return real_unlock(mutex);
}

EXPORT int pthread_cond_wait(pthread_cond_t *condition, pthread_mutex_t *mutex)
{
        if (!real_wait)
                find_real();
        if (role == ROLE_OTHER && mutex == atomic_load(&big_lock) && !atomic_exchange(&vcpu_known, 1))
                role = ROLE_VCPU;
        if (role == ROLE_VCPU)
                clear(&in_slice);
        return real_wait(condition, mutex);
}

EXPORT int ppoll(struct pollfd *fds, nfds_t count, const struct timespec *timeout, const sigset_t *mask)
{
        if (!real_ppoll)
                find_real();
        if (role == ROLE_MAIN && !atomic_load(&big_lock))
                atomic_store(&big_lock, last_unlocked);
        return real_ppoll(fds, count, timeout, mask);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* As much of a kernel as the fixtures need: KVM's structures as they begin, atomics, per-CPU data, locks and RDTSC. */
#pragma once
typedef unsigned char u8;
typedef unsigned int u32;
typedef unsigned long long u64;

#define noinline __attribute__ ((noinline))
#define __init __attribute__ ((section (".init.text")))
#define READ_ONCE(x) (*(const volatile __typeof__ (x) *) &(x))
#define WRITE_ONCE(x, value) (*(volatile __typeof__ (x) *) &(x) = (value))

struct kvm {
  char locks[0x200];
  u64 before;
#ifdef SUBMISSION
  u64 new_exits, new_cycles;
#endif
  u64 old_counter, old_flags;
};

struct kvm_vcpu {
  struct kvm *kvm;
  char preempt_notifier[24];
  int cpu, vcpu_id, vcpu_idx;
  char regs[0x400];
  u32 exit_reason;
  u64 exits, cycles;
};

typedef struct { long long counter; } atomic64_t;
typedef struct { u8 locked; u8 rest[3]; } spinlock_t;

static inline void atomic64_inc (atomic64_t *v) { __asm__ volatile ("lock incq %0" : "+m" (v->counter)); }
static inline void atomic64_add (long long by, atomic64_t *v) { __asm__ volatile ("lock addq %1, %0" : "+m" (v->counter) : "er" (by) : "memory"); }
static inline void atomic_add (int by, int *v) { __asm__ volatile ("lock addl %1, %0" : "+m" (*v) : "ir" (by) : "memory"); }
static inline u64 rdtsc (void) { u32 low, high; __asm__ volatile ("rdtsc" : "=a" (low), "=d" (high)); return low | (u64) high << 32; }

void _raw_spin_lock (spinlock_t *lock);
void _raw_spin_unlock (spinlock_t *lock);
unsigned long _raw_spin_lock_irqsave (spinlock_t *lock);
void _raw_spin_unlock_irqrestore (spinlock_t *lock, unsigned long flags);
void mutex_lock (void *lock);
void mutex_unlock (void *lock);
int handle (struct kvm_vcpu *vcpu, u32 reason);

/* As a kernel without debugging inlines it, between barriers for the compiler. */
static inline void
spin_unlock_inline (spinlock_t *lock)
{
  __asm__ volatile ("" ::: "memory");
  *(volatile u8 *) &lock->locked = 0;
  __asm__ volatile ("" ::: "memory");
}

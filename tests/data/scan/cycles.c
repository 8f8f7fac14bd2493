/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Cycles that are kept in 32 bits, and some that are not. All updates are atomic or locked. */
#include "kernel.h"

#ifdef SUBMISSION
u32 narrow_total, narrow_by_reason[75];
u32 last_cycles;
u32 low, high, slow_exits;
atomic64_t total;
u64 wide_last;
spinlock_t lock;
#endif
u32 old_cycles;

int sum_of_32_bits (struct kvm_vcpu *vcpu)
{
#ifdef SUBMISSION
  u64 begin = rdtsc ();
  int r = handle (vcpu, 1);
  atomic_add ((int) (rdtsc () - begin), (int *) &narrow_total);
  return r;
#else
  return handle (vcpu, 1);
#endif
}

int sums_by_reason (struct kvm_vcpu *vcpu)
{
#ifdef SUBMISSION
  u64 begin = rdtsc ();
  int r = handle (vcpu, 2);
  u64 cycles = rdtsc () - begin;
  _raw_spin_lock (&lock);
  narrow_by_reason[vcpu->exit_reason % 75] += (u32) cycles;
  _raw_spin_unlock (&lock);
  return r;
#else
  return handle (vcpu, 2);
#endif
}

int copy_of_32_bits (struct kvm_vcpu *vcpu)
{
#ifdef SUBMISSION
  u64 begin = rdtsc ();
  int r = handle (vcpu, 3);
  last_cycles = (u32) (rdtsc () - begin);
  return r;
#else
  return handle (vcpu, 3);
#endif
}

/* Innocent: both halves; a copy beside all 64 bits; counts of something else; what the base did. */
int both_halves (struct kvm_vcpu *vcpu)
{
#ifdef SUBMISSION
  u64 begin = rdtsc ();
  int r = handle (vcpu, 4);
  u64 cycles = rdtsc () - begin;
  low = (u32) cycles;
  high = (u32) (cycles >> 32);
  return r;
#else
  return handle (vcpu, 4);
#endif
}

int copy_beside_the_sum (struct kvm_vcpu *vcpu)
{
#ifdef SUBMISSION
  u64 begin = rdtsc ();
  int r = handle (vcpu, 5);
  u64 cycles = rdtsc () - begin;
  atomic64_add ((long long) cycles, &total);
  wide_last = cycles;
  last_cycles = (u32) cycles;
  return r;
#else
  return handle (vcpu, 5);
#endif
}

int count_of_slow_ones (struct kvm_vcpu *vcpu)
{
#ifdef SUBMISSION
  u64 begin = rdtsc ();
  int r = handle (vcpu, 6);
  u64 cycles = rdtsc () - begin;
  atomic64_add ((long long) cycles, &total);
  if (cycles > 100000)
    atomic_add (1, (int *) &slow_exits);
  return r;
#else
  return handle (vcpu, 6);
#endif
}

int as_the_base (struct kvm_vcpu *vcpu)
{
  u64 begin = rdtsc ();
  int r = handle (vcpu, 7);
  int cycles = (int) (rdtsc () - begin);
  atomic_add (cycles, (int *) &old_cycles);
#ifdef SUBMISSION
  atomic_add (cycles, (int *) &narrow_total);
#endif
  return r;
}

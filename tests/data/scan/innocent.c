/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a submission may do: nothing here is a finding. */
#include "kernel.h"

u64 old_total;
static u64 old_hidden;
static u64 numbers[4];

#ifdef SUBMISSION
static atomic64_t total, by_reason[75];
u64 counted, other, last_reason, maximum;
static spinlock_t lock, second;
static char mutex[32];
static u64 of_vcpu[1024], of_few[8][75], of_cpu[8];
u8 once;
static u64 *list;
__attribute__ ((section (".data..percpu"))) u64 own_exits = 0;
#endif

int atomics (struct kvm_vcpu *vcpu)
{
#ifdef SUBMISSION
  atomic64_inc (&total);
  atomic64_add (vcpu->exit_reason, &by_reason[vcpu->exit_reason % 75]);
  __atomic_fetch_add (&counted, 1, __ATOMIC_SEQ_CST);
#endif
  return handle (vcpu, 1);
}

int compare_and_exchange (struct kvm_vcpu *vcpu)
{
#ifdef SUBMISSION
  u64 old = READ_ONCE (counted);
  while (!__atomic_compare_exchange_n (&counted, &old, old + 1, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
    ;
  __atomic_exchange_n (&other, counted + 1, __ATOMIC_SEQ_CST);
#endif
  return handle (vcpu, 2);
}

int per_cpu (struct kvm_vcpu *vcpu)
{
#ifdef SUBMISSION
  u64 *mine = &own_exits;
  int cpu;
  __asm__ volatile ("addq $1, %%gs:%0" : "+m" (own_exits));
  __asm__ volatile ("add %%gs:0x100, %0" : "+r" (mine));
  ++*mine;
  __asm__ volatile ("movl %%gs:0x108, %0" : "=r" (cpu));
  of_cpu[cpu]++;
#endif
  return handle (vcpu, 3);
}

int per_vcpu (struct kvm_vcpu *vcpu, u32 number)
{
#ifdef SUBMISSION
  vcpu->exits++;
  vcpu->cycles += vcpu->exit_reason;
  of_vcpu[number]++;
  of_few[vcpu->vcpu_id][vcpu->exit_reason]++;
  of_few[vcpu->vcpu_idx & 7][3] += 2;
#endif
  return handle (vcpu, number);
}

int with_a_lock (struct kvm_vcpu *vcpu)
{
#ifdef SUBMISSION
  _raw_spin_lock (&lock);
  counted++;
  spin_unlock_inline (&lock);
  unsigned long f = _raw_spin_lock_irqsave (&lock);
  if (vcpu->exit_reason > 4)
    counted += vcpu->exit_reason;
  _raw_spin_unlock_irqrestore (&lock, f);
  mutex_lock (mutex);
  _raw_spin_lock (&second);
  other++;
  _raw_spin_unlock (&second);
  counted--;
  mutex_unlock (mutex);
#endif
  return handle (vcpu, 4);
}

int with_a_lock_on_some_paths (struct kvm_vcpu *vcpu)
{
#ifdef SUBMISSION
  if (vcpu->exit_reason == 7)
    {
      _raw_spin_lock (&lock);
      if (vcpu->exits != 0)
        {
          _raw_spin_unlock (&lock);
          return 0;
        }
      other += 3;
      _raw_spin_unlock (&lock);
    }
#endif
  return handle (vcpu, 5);
}

int with_a_lock_of_its_own (struct kvm_vcpu *vcpu)
{
#ifdef SUBMISSION
  while (__atomic_exchange_n (&once, 1, __ATOMIC_ACQUIRE))
    ;
  counted++;
  __atomic_store_n (&once, 0, __ATOMIC_RELEASE);
#endif
  return handle (vcpu, 6);
}

#ifdef SUBMISSION
static noinline void add_locked (u64 by)
{
  counted += by;
}
#endif

int caller_has_the_lock (struct kvm_vcpu *vcpu)
{
#ifdef SUBMISSION
  _raw_spin_lock (&lock);
  add_locked (vcpu->exit_reason);
  _raw_spin_unlock (&lock);
#endif
  return handle (vcpu, 7);
}

int plain_stores (struct kvm_vcpu *vcpu)
{
#ifdef SUBMISSION
  last_reason = vcpu->exit_reason;
  other = counted + 1;
  if (vcpu->exits > maximum)
    maximum = vcpu->exits;
  once = 1;
  counted = 0;
#endif
  return handle (vcpu, 8);
}

int the_bases_own (struct kvm_vcpu *vcpu)
{
  old_total++;
  old_hidden += vcpu->exit_reason;
#ifdef SUBMISSION
  old_total += 2;
  handle (vcpu, 1);
#endif
  return handle (vcpu, (u32) old_hidden);
}

int local_data (struct kvm_vcpu *vcpu)
{
#ifdef SUBMISSION
  u64 sums[16] = { 0 };
  for (u32 i = 0; i < 1000; i++)
    sums[(vcpu->exit_reason + i) % 16]++;
  numbers[0] = sums[3];
#endif
  return handle (vcpu, (u32) numbers[0]);
}

/* Through a pointer that may be anything. */
int along_a_list (struct kvm_vcpu *vcpu)
{
#ifdef SUBMISSION
  for (u64 *at = list; at; at = *(u64 **) at)
    at[vcpu->exit_reason == at[1]]++;
#endif
  return handle (vcpu, 10);
}

int with_a_table (struct kvm_vcpu *vcpu)
{
  switch (vcpu->exit_reason)
    {
    case 0: return handle (vcpu, 70);
#ifdef SUBMISSION
    case 1: last_reason = 3; return 17;
#endif
    case 2: return handle (vcpu, 72) + 2;
    case 3: vcpu->exits++; return 5;
    case 4: return handle (vcpu, 79) + 11;
    case 5: old_hidden++; return 9;
    case 6: return handle (vcpu, 78) * 3;
    case 7: return handle (vcpu, 77) ^ 5;
    default: return 0;
    }
}

#ifdef SUBMISSION
int __init starts_once (void)
{
  return (int) ++counted;
}
#endif

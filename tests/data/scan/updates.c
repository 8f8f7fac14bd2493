/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Updates that are lost when two vCPUs make them at once: every function of a submission here has one. */
#include "kernel.h"

u64 old_total;

#ifdef SUBMISSION
u64 total_exits;
static u64 hidden_total;
static u64 exits[75];
static u32 seen[75];
extern u64 elsewhere;
static struct { u64 exits, cycles; u64 by_reason[75]; } stats;
static u64 flags;
static spinlock_t lock;
static u64 loop_total;
#endif

int one_instruction (struct kvm_vcpu *vcpu)
{
#ifdef SUBMISSION
  total_exits++;
#endif
  return handle (vcpu, 1);
}

int of_a_register (struct kvm_vcpu *vcpu)
{
  int r = handle (vcpu, 2);
#ifdef SUBMISSION
  hidden_total += (u64) r;
#endif
  return r;
}

int in_an_array (struct kvm_vcpu *vcpu)
{
#ifdef SUBMISSION
  if (vcpu->exit_reason < 75)
    exits[vcpu->exit_reason]++;
#endif
  return handle (vcpu, 3);
}

int of_another_module (struct kvm_vcpu *vcpu)
{
#ifdef SUBMISSION
  elsewhere++;
#endif
  return handle (vcpu, 4);
}

int load_add_store (struct kvm_vcpu *vcpu)
{
#ifdef SUBMISSION
  WRITE_ONCE (total_exits, READ_ONCE (total_exits) + 1);
#endif
  return handle (vcpu, 5);
}

int load_call_store (struct kvm_vcpu *vcpu)
{
#ifdef SUBMISSION
  u64 before = READ_ONCE (total_exits);
  int r = handle (vcpu, 6);
  WRITE_ONCE (total_exits, before + (u64) r);
  return r;
#else
  return handle (vcpu, 6);
#endif
}

int load_spill_store (struct kvm_vcpu *vcpu)
{
#ifdef SUBMISSION
  u64 before = READ_ONCE (total_exits);
  int r = handle (vcpu, 14);
  /* No register is left over it. */
  __asm__ volatile ("" : : : "rax", "rcx", "rdx", "rsi", "rdi", "rbx", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15", "memory");
  WRITE_ONCE (total_exits, before + (u64) r);
  return r;
#else
  return handle (vcpu, 14);
#endif
}

int load_store_of_an_entry (struct kvm_vcpu *vcpu, u32 reason)
{
#ifdef SUBMISSION
  u32 n = READ_ONCE (seen[reason]);
  WRITE_ONCE (seen[reason], n + 3);
#endif
  return handle (vcpu, reason);
}

int through_a_pointer (struct kvm_vcpu *vcpu, u32 reason)
{
#ifdef SUBMISSION
  __typeof__ (stats) *s = &stats;
  __asm__ ("" : "+r" (s));
  s = &stats;
  s->exits++;
  s->by_reason[reason % 75] += 2;
#endif
  return handle (vcpu, reason);
}

int of_bits (struct kvm_vcpu *vcpu)
{
#ifdef SUBMISSION
  flags |= 0x40;
#endif
  return handle (vcpu, 7);
}

int after_the_lock (struct kvm_vcpu *vcpu)
{
#ifdef SUBMISSION
  _raw_spin_lock (&lock);
  total_exits++;
  _raw_spin_unlock (&lock);
  hidden_total--;
#endif
  return handle (vcpu, 8);
}

int after_the_inlined_unlock (struct kvm_vcpu *vcpu)
{
#ifdef SUBMISSION
  _raw_spin_lock (&lock);
  WRITE_ONCE (total_exits, 5);
  spin_unlock_inline (&lock);
  hidden_total += 7;
#endif
  return handle (vcpu, 9);
}

#ifdef SUBMISSION
static noinline void helper (u32 reason)
{
  exits[reason % 75]++;
}
#endif

int calls_a_helper (struct kvm_vcpu *vcpu)
{
#ifdef SUBMISSION
  helper (vcpu->exit_reason);
#endif
  return handle (vcpu, 10);
}

int of_a_static (struct kvm_vcpu *vcpu)
{
#ifdef SUBMISSION
  static u64 times;
  times++;
#endif
  return handle (vcpu, 11);
}

int in_a_loop (struct kvm_vcpu *vcpu)
{
  int r = 0;
  for (int i = 0; i < 3; i++)
    {
      r += handle (vcpu, (u32) i);
#ifdef SUBMISSION
      loop_total += (u64) r;
#endif
    }
  return r;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Members of struct kvm, which all its vCPUs share; the submission adds two of them in its middle, so that others move. */
#include "kernel.h"

int new_member (struct kvm_vcpu *vcpu)
{
#ifdef SUBMISSION
  vcpu->kvm->new_exits++;
#endif
  return handle (vcpu, vcpu->exit_reason);
}

int beside_an_old_member (struct kvm_vcpu *vcpu)
{
  vcpu->kvm->old_counter++;
  int r = handle (vcpu, vcpu->exit_reason);
#ifdef SUBMISSION
  struct kvm *kvm = vcpu->kvm;
  WRITE_ONCE (kvm->new_cycles, READ_ONCE (kvm->new_cycles) + (u64) r);
#endif
  return r;
}

/* Innocent: what the base has too, though it has moved. */
int old_member (struct kvm_vcpu *vcpu)
{
  vcpu->kvm->old_counter++;
  vcpu->kvm->old_flags |= 4;
  return handle (vcpu, vcpu->exit_reason);
}

int old_member_at_its_place (struct kvm_vcpu *vcpu)
{
  vcpu->kvm->before += vcpu->exit_reason;
#ifdef SUBMISSION
  handle (vcpu, 2);
#endif
  return handle (vcpu, vcpu->exit_reason);
}

/* Innocent: the base's code, inlined anew. */
static int moved (struct kvm_vcpu *vcpu)
{
  vcpu->kvm->old_counter++;
  return handle (vcpu, 17);
}
#ifndef SUBMISSION
int (*address_of_moved) (struct kvm_vcpu *) = moved;
#endif
int has_it_inlined (struct kvm_vcpu *vcpu)
{
#ifdef SUBMISSION
  int r = vcpu->exit_reason ? moved (vcpu) : 0;
  return r + 2;
#else
  return handle (vcpu, vcpu->exit_reason) + 2;
#endif
}

/* Innocent: locked, atomic, and the vCPU's own. */
int locked_member (struct kvm_vcpu *vcpu)
{
#ifdef SUBMISSION
  mutex_lock (vcpu->kvm->locks);
  vcpu->kvm->new_exits++;
  mutex_unlock (vcpu->kvm->locks);
  atomic64_inc ((atomic64_t *) &vcpu->kvm->new_cycles);
  vcpu->exits++;
  vcpu->cycles += vcpu->exit_reason;
#endif
  return handle (vcpu, vcpu->exit_reason);
}

/* Innocent: an emulator's context begins with a pointer to its vCPU. */
int emulator_of_a_vcpu (struct kvm_vcpu *context)
{
#ifdef SUBMISSION
  context->kvm->new_exits++;
#endif
  return (int) context->exit_reason;
}

/* Innocent: something smaller than a vCPU, which also begins with a pointer. */
struct small { u64 *counts; u64 rest[4]; };
int of_a_small_one (struct small *small, u32 reason)
{
#ifdef SUBMISSION
  small->counts[70]++;
#endif
  return (int) (small->rest[3] + reason);
}

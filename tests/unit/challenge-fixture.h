/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A lab of arithmetic: performs a challenge's program as src/guest/challenge/main.c does and writes the exit log that the emulator would,
 * under a model of L1's kernel that counts exits and answers the leaves, right or with one mistake. Interrupts of L1's are strewn in.
 */
#pragma once
#include "unit/challenge-world.h"

#include "grade/judge.h"
#include "machine/machine.h"

typedef enum {
  RIGHT,
  COUNTED_LATE,       /* right too: an exit counts when it is done */
  TABLE_ONLY,         /* what is handled before the table of handlers is neither counted nor timed */
  SINGLE_HANDLERS,    /* four handlers count */
  CPUID_ONLY,         /* the exits of CPUID alone */
  FASTPATH_LOST,      /* what a fastpath completes is not counted */
  COUNTED_TWICE,
  ASKING_ONLY,        /* the asking vCPU's counts alone */
  CLOSED_EARLY,       /* cycles end before the handler runs */
  CYCLES_LOST,        /* never added */
  REASON_CYCLES_LOST, /* added to the total alone */
  CYCLES_32_BIT,      /* begin again at 0 */
  WORDS_SWAPPED,
  ECX_ECHOED,
  REGISTERS_STALE,
  UNDEFINED_ZERO,
  NOT_ENABLED_ONES,   /* not enabled is answered as undefined */
  CONFUSED,           /* undefined for not enabled and the other way round */
  HIGH_DEFINED,       /* undefined numbers with the sign bit pass for not enabled */
  LAST_REASON_LEAKS,  /* the last reason without a handler answers with what lies behind an array */
  READ_UNCHECKED,     /* an undefined number reads the kernel's memory, a huge one is the end */
  A2_LEAF_BROKEN,     /* the leaf of all exits tells those of CPUID */
  OTHER_BROKEN,       /* KVM's own leaves are gone */
  ARRAY_TOO_SMALL,    /* SVM: no counters for codes from 0x100 on */
  SLOW,               /* three times the time for each exit */
  CONSTANTS,
  MADE_UP,            /* numbers that grow */
  WITHOUT_TOTALS,     /* right, and without the leaves of totals */
  WITHOUT_REASONS,    /* right, and without those by reason */
  EAX_ALONE,          /* map C's leaf by reason is answered by eax alone: kvm_cpuid() fills the rest; no other is there */
  NOTHING             /* no leaf is answered: the lab's own kernel */
} Mistake;

#define FIXTURE_REASONS 0x404u /* SVM's last that occurs, and one more */

typedef struct {
  guint64 exits, cycles, exits_of[FIXTURE_REASONS], cycles_of[FIXTURE_REASONS];
} FixtureCounters;

typedef struct {
  const World *world;
  const Program *program;
  const LeafMap *map;
  Mistake mistake;
  gboolean shadow;   /* no nested paging */
  GArray *exits;     /* of L0Exit, from the caller: a second round is appended */
  GArray *truth;     /* of AccountStep: what account_read() must find */
  guint64 tsc;
  FixtureCounters counters[2]; /* of each vCPU */
  guint64 state;     /* of what is drawn here */
  guint until_interrupt;
  guint flushed;
  gboolean dead;     /* L1's kernel is: nothing happens any more */
} Fixture;

static inline guint
fixture_draw (Fixture *fixture, guint below)
{
  fixture->state ^= fixture->state << 13;
  fixture->state ^= fixture->state >> 7;
  fixture->state ^= fixture->state << 17;
  return (guint) (fixture->state >> 20) % below;
}

/* --- L1's kernel ------------------------------------------------------------------------------ */

/* Handled by CONFIG_RETPOLINE's chain: vmx.c and svm.c of Linux 6.1. */
static inline gboolean
is_early (Isa isa, guint32 reason)
{
  static const guint32 vmx[] = { 1, 7, 12, 32, 49, 52 }, svm[] = { 0x60, 0x64, 0x78, 0x7c, 0x400 };
  const guint32 *codes = isa == ISA_VMX ? vmx : svm;
  for (guint i = 0; i < (isa == ISA_VMX ? G_N_ELEMENTS (vmx) : G_N_ELEMENTS (svm)); i++)
    {
      if (codes[i] == reason)
        return TRUE;
    }
  return FALSE;
}

static inline guint32
cpuid_reason (Isa isa)
{
  return isa == ISA_VMX ? 10 : 0x72;
}

/* CPUID, hypercalls, CR accesses and I/O. */
static inline gboolean
is_single (Isa isa, guint32 reason)
{
  return isa == ISA_VMX ? reason == 10 || reason == 18 || reason == 28 || reason == 30 : reason == 0x72 || reason == 0x81 || reason == 0x65 || reason == 0x7b;
}

static inline gboolean
kernel_counts (const Fixture *fixture, guint32 reason, gboolean fastpath)
{
  const Isa isa = fixture->world->isa;
  switch (fixture->mistake)
    {
    case TABLE_ONLY:
      return !fastpath && !is_early (isa, reason);
    case SINGLE_HANDLERS:
      return is_single (isa, reason);
    case CPUID_ONLY:
      return reason == cpuid_reason (isa);
    case FASTPATH_LOST:
      return !fastpath;
    default:
      return TRUE;
    }
}

static inline guint64
kernel_cycles (const Fixture *fixture, guint handler)
{
  return fixture->mistake == CLOSED_EARLY ? 10 : fixture->mistake == CYCLES_LOST ? 0 : handler;
}

static inline void
kernel_add_cycles (Fixture *fixture, guint vcpu, guint32 reason, guint64 cycles)
{
  FixtureCounters *counters = &fixture->counters[vcpu];
  counters->cycles += cycles;
  if (fixture->mistake != REASON_CYCLES_LOST && (fixture->mistake != ARRAY_TOO_SMALL || reason < 0x100))
    counters->cycles_of[reason] += cycles;
  if (fixture->mistake != CYCLES_32_BIT)
    return;
  counters->cycles &= 0x3ffff; /* so that it overflows in a run of this length */
  counters->cycles_of[reason] &= 0xffff;
}

static inline void
kernel_add_exit (Fixture *fixture, guint vcpu, guint32 reason)
{
  const guint by = fixture->mistake == COUNTED_TWICE ? 2 : 1;
  fixture->counters[vcpu].exits += by;
  if (fixture->mistake != ARRAY_TOO_SMALL || reason < 0x100)
    fixture->counters[vcpu].exits_of[reason] += by;
}

/* What the answers tell: over both vCPUs, or not. */
static inline guint64
kernel_sum (const Fixture *fixture, guint vcpu, gsize offset)
{
  guint64 sum = 0;
  for (guint i = 0; i < G_N_ELEMENTS (fixture->counters); i++)
    {
      if (fixture->mistake != ASKING_ONLY || i == vcpu)
        sum += G_STRUCT_MEMBER (guint64, &fixture->counters[i], offset);
    }
  return sum;
}

static inline guint64
kernel_number (Fixture *fixture, guint vcpu, gboolean cycles, gboolean of_reason, guint32 reason)
{
  const gsize offset = (of_reason ? (cycles ? G_STRUCT_OFFSET (FixtureCounters, cycles_of) : G_STRUCT_OFFSET (FixtureCounters, exits_of)) + reason * sizeof (guint64)
                        : cycles  ? G_STRUCT_OFFSET (FixtureCounters, cycles)
                                  : G_STRUCT_OFFSET (FixtureCounters, exits));
  if (fixture->mistake == CONSTANTS)
    return cycles ? 0x1234567890 : 123456;
  if (fixture->mistake == MADE_UP)
    return G_STRUCT_MEMBER (guint64, &fixture->counters[0], offset) += 3 + fixture_draw (fixture, cycles ? 900000 : 300);
  if (fixture->mistake == A2_LEAF_BROKEN && !cycles && !of_reason)
    return kernel_sum (fixture, vcpu, G_STRUCT_OFFSET (FixtureCounters, exits_of) + cpuid_reason (fixture->world->isa) * sizeof (guint64));
  return kernel_sum (fixture, vcpu, offset);
}

/* What the kernel answers without a change: Intel's guests get the highest basic leaf for what is in no range, which shadow paging changes, AMD's nothing. */
static inline void
own_answer (Isa isa, gboolean shadow, guint32 leaf, guint32 input, guint32 *registers)
{
  const gboolean none = (leaf > 0x40000001 && leaf < 0x50000000) || (leaf & 0xffff) > 0x100;
  for (guint i = 0; i < 4; i++)
    registers[i] = !none ? leaf * 2654435761u + input * 40503u + i : isa == ISA_VMX && input < 12 && (i > 0 || leaf != 0x4ffffffe) ? (shadow ? 0x240 : 0x340) + input + i : 0;
}

static inline void
put_number (const Fixture *fixture, gboolean cycles, guint64 number, guint32 *registers)
{
  if (!cycles)
    registers[0] = (guint32) number;
  else
    {
      registers[fixture->mistake == WORDS_SWAPPED ? 2 : 1] = (guint32) (number >> 32);
      registers[fixture->mistake == WORDS_SWAPPED ? 1 : 2] = (guint32) number;
    }
}

/* A successful answer: the other registers are 0, or not. */
static inline void
clear_registers (const Fixture *fixture, gboolean exits, gboolean cycles, guint32 *registers)
{
  const guint32 ecx = registers[2];
  if (fixture->mistake == REGISTERS_STALE)
    return;
  registers[0] = registers[1] = registers[2] = registers[3] = 0;
  if (fixture->mistake == ECX_ECHOED && exits && !cycles)
    registers[2] = ecx;
}

/* What is no reason, or has no handler. FALSE: it is one with a number. */
static inline gboolean
answer_without_number (Fixture *fixture, guint32 reason, guint32 *registers)
{
  const Mistake mistake = fixture->mistake;
  gboolean undefined = ranges_have (fixture->world->undefined, reason), not_enabled = ranges_have (fixture->world->not_enabled, reason);
  if (!undefined && !not_enabled)
    return FALSE;
  memset (registers, 0, 4 * sizeof *registers);
  if (mistake == READ_UNCHECKED && undefined)
    {
      registers[0] = 0x9d40 + reason;
      fixture->dead = reason > 0xffff;
      return TRUE;
    }
  if (mistake == LAST_REASON_LEAKS && reason == (fixture->world->isa == ISA_VMX ? 68 : 140))
    registers[0] = 77;
  if (mistake == HIGH_DEFINED && reason >= 0x80000000)
    undefined = FALSE;
  if (mistake == CONFUSED)
    undefined = !undefined;
  if ((undefined && mistake != UNDEFINED_ZERO) || (not_enabled && mistake == NOT_ENABLED_ONES))
    registers[3] = G_MAXUINT32;
  return TRUE;
}

static inline gboolean
answer_leaf (Fixture *fixture, guint vcpu, guint32 leaf, guint32 input, guint32 *registers)
{
  const LeafMap *map = fixture->map;
  const gboolean exits = leaf == map->total_exits || leaf == map->reason_exits, cycles = leaf == map->total_cycles || leaf == map->reason_cycles;
  const gboolean of_reason = leaf == map->reason_exits || leaf == map->reason_cycles;
  if (fixture->mistake == EAX_ALONE)
    {
      const gboolean undefined = ranges_have (fixture->world->undefined, input);
      if (leaf != 0x4ffffffe)
        return FALSE;
      own_answer (fixture->world->isa, fixture->shadow, leaf, input, registers);
      registers[0] = undefined ? 0 : (guint32) kernel_number (fixture, vcpu, FALSE, TRUE, input);
      if (undefined)
        memcpy (registers, (const guint32[]){ 0, 0, 0, G_MAXUINT32 }, 4 * sizeof *registers);
      return TRUE;
    }
  if (leaf == 0 || (!exits && !cycles) || fixture->mistake == NOTHING || (fixture->mistake == WITHOUT_TOTALS && !of_reason) || (fixture->mistake == WITHOUT_REASONS && of_reason))
    return FALSE;
  if (of_reason && answer_without_number (fixture, input, registers))
    return TRUE;
  clear_registers (fixture, exits, cycles, registers);
  if (exits)
    put_number (fixture, FALSE, kernel_number (fixture, vcpu, FALSE, of_reason, input), registers);
  if (cycles)
    put_number (fixture, TRUE, kernel_number (fixture, vcpu, TRUE, of_reason, input), registers);
  return TRUE;
}

static inline void
kernel_cpuid (Fixture *fixture, guint vcpu, guint32 *registers)
{
  const guint32 leaf = registers[0], input = registers[2];
  if (answer_leaf (fixture, vcpu, leaf, input, registers))
    return;
  own_answer (fixture->world->isa, fixture->shadow, leaf, input, registers);
  if (fixture->mistake == OTHER_BROKEN && leaf >= 0x40000000 && leaf < 0x50000000)
    memset (registers, 0, 4 * sizeof *registers);
}

/* --- exits ------------------------------------------------------------------------------------ */

#define WAY_TICKS 700u     /* in and out */
#define HANDLER_TICKS 300u /* of most */
#define HEAVY_TICKS 6000u
#define USER_TICKS 20000u
#define KERNEL_PORT 0x21u

static inline void
log_exit (Fixture *fixture, guint32 reason, guint64 info1)
{
  const L0Exit one = { .reason = reason, .info1 = info1, .clock = -1 };
  g_array_append_val (fixture->exits, one);
}

/* An exit; registers: CPUID's, in and out, else NULL. */
static inline void
take_exit (Fixture *fixture, guint vcpu, guint32 reason, guint64 info1, gboolean fastpath, guint handler, guint32 *registers)
{
  if (fixture->dead)
    return;
  const guint ticks = fixture->mistake == SLOW ? handler + 3 * WAY_TICKS : handler + (fixture->mistake == NOTHING ? 0 : 30);
  const gboolean counts = fixture->mistake != NOTHING && fixture->mistake != CONSTANTS && fixture->mistake != MADE_UP && kernel_counts (fixture, reason, fastpath);
  log_exit (fixture, reason, info1);
  if (counts && fixture->mistake != COUNTED_LATE)
    kernel_add_exit (fixture, vcpu, reason);
  if (registers != NULL)
    kernel_cpuid (fixture, vcpu, registers);
  if (counts && fixture->mistake == COUNTED_LATE)
    kernel_add_exit (fixture, vcpu, reason);
  if (counts)
    kernel_add_cycles (fixture, vcpu, reason, kernel_cycles (fixture, ticks));
  fixture->tsc += WAY_TICKS + ticks;
}

/* L1's interrupts come when they come. */
static inline void
may_interrupt (Fixture *fixture)
{
  if (fixture->until_interrupt-- > 0)
    return;
  fixture->until_interrupt = fixture_draw (fixture, 400);
  take_exit (fixture, 0, fixture->world->isa == ISA_VMX ? 1 : 0x60, 0, FALSE, HANDLER_TICKS, NULL);
}

static inline void
port_exit (Fixture *fixture, guint port, gboolean in)
{
  const gboolean vmx = fixture->world->isa == ISA_VMX;
  may_interrupt (fixture);
  take_exit (fixture, 0, vmx ? 30 : 0x7b, (guint64) port << 16 | (in ? (vmx ? 8 : 1) : 0), FALSE, HANDLER_TICKS, NULL);
  fixture->tsc += port == KERNEL_PORT ? 20 : USER_TICKS;
}

static inline void
cpuid_exit (Fixture *fixture, guint vcpu, guint32 *registers)
{
  take_exit (fixture, vcpu, cpuid_reason (fixture->world->isa), 0, FALSE, HANDLER_TICKS, registers);
}

/* One of an operation, on either vCPU. */
static inline void
operation_exit (Fixture *fixture, guint op, guint vcpu)
{
  const gboolean vmx = fixture->world->isa == ISA_VMX;
  const gboolean memory = op == CHALLENGE_OP_FIRST_TOUCH || op == CHALLENGE_OP_MMIO_USER || op == CHALLENGE_OP_MMIO_KERNEL;
  const guint32 reason = memory && fixture->shadow ? (vmx ? 0 : 0x4e) : vmx ? challenge_ops[op].vmx_reason : challenge_ops[op].svm_code;
  guint32 registers[4] = { 0 };
  may_interrupt (fixture);
  if (op == CHALLENGE_OP_CPUID)
    cpuid_exit (fixture, vcpu, registers);
  else if (op == CHALLENGE_OP_PORT_OUT || op == CHALLENGE_OP_PORT_IN || op == CHALLENGE_OP_PORT_KERNEL)
    port_exit (fixture, op == CHALLENGE_OP_PORT_KERNEL ? KERNEL_PORT : 0x80, op != CHALLENGE_OP_PORT_OUT);
  else if (op != CHALLENGE_OP_DR7)
    take_exit (fixture, vcpu, reason, 0, op == CHALLENGE_OP_ICR, op == CHALLENGE_OP_FIRST_TOUCH || op == CHALLENGE_OP_MMIO_KERNEL ? HEAVY_TICKS : HANDLER_TICKS, NULL);
  fixture->tsc += op == CHALLENGE_OP_MMIO_USER ? USER_TICKS : 20;
}

/* --- the guest -------------------------------------------------------------------------------- */

static inline AccountStep *
truth_of (Fixture *fixture, guint number)
{
  return &g_array_index (fixture->truth, AccountStep, number);
}

static inline guint
last_exit (const Fixture *fixture)
{
  return fixture->exits->len - 1;
}

static inline void
guest_read (Fixture *fixture, const struct challenge_step *step, AccountStep *truth)
{
  guint32 registers[4] = { step->a, step->noise, step->b, ~step->noise };
  may_interrupt (fixture);
  truth->tsc = step->flags & CHALLENGE_FLAG_TIME ? (gint64) fixture->tsc : -1;
  fixture->tsc += 10;
  cpuid_exit (fixture, 0, registers);
  truth->at = last_exit (fixture);
  memcpy (truth->registers, registers, sizeof registers);
}

/* The second vCPU is woken, does its share among ours, and sleeps. */
static inline void
guest_concurrent (Fixture *fixture, const struct challenge_step *step)
{
  const gboolean vmx = fixture->world->isa == ISA_VMX;
  guint here = step->a, there = step->b;
  for (guint i = 0; i < 2; i++)
    take_exit (fixture, 0, vmx ? 32 : 0x7c, 0, FALSE, HANDLER_TICKS, NULL);
  for (guint i = 0; i < 3; i++)
    take_exit (fixture, 1, vmx ? 28 : 0x65, 0, FALSE, HANDLER_TICKS, NULL);
  while (here + there > 0)
    {
      const gboolean ours = fixture_draw (fixture, here + there) < here;
      operation_exit (fixture, step->op, ours ? 0 : 1);
      here -= ours ? 1 : 0;
      there -= ours ? 0 : 1;
    }
  take_exit (fixture, 1, vmx ? 12 : 0x78, 0, FALSE, HANDLER_TICKS, NULL);
  for (guint i = 0; i < 20; i++)
    port_exit (fixture, 0x80, FALSE);
}

static inline void
guest_perform (Fixture *fixture, const struct challenge_step *step, AccountStep *truth)
{
  const guint64 begin = fixture->tsc;
  if (step->kind == CHALLENGE_CONCURRENT)
    guest_concurrent (fixture, step);
  else
    {
      for (guint i = 0; i < step->a; i++)
        operation_exit (fixture, step->op, 0);
    }
  truth->tsc = -1;
  truth->registers[0] = (guint32) (fixture->tsc - begin);
  truth->registers[1] = (guint32) ((fixture->tsc - begin) >> 32);
  truth->registers[2] = step->kind == CHALLENGE_CONCURRENT ? 3 : 1;
}

static inline void
guest_tell (Fixture *fixture, guint32 value)
{
  port_exit (fixture, CHALLENGE_SYMBOL_PORT + (value & 0xfff), FALSE);
  port_exit (fixture, CHALLENGE_SYMBOL_PORT + (value >> 12 & 0xfff), FALSE);
  port_exit (fixture, CHALLENGE_SYMBOL_PORT + (value >> 24), FALSE);
}

static inline void
guest_tell_answer (Fixture *fixture, const AccountStep *truth)
{
  guint32 mask = truth->tsc >= 0 ? CHALLENGE_MASK_TIME : 0;
  for (guint i = 0; i < 4; i++)
    mask |= truth->registers[i] == G_MAXUINT32 ? 0x10u << i : truth->registers[i] != 0 ? 1u << i : 0;
  port_exit (fixture, CHALLENGE_SYMBOL_PORT + mask, FALSE);
  for (guint i = 0; i < 4; i++)
    {
      if (mask & 1u << i)
        guest_tell (fixture, truth->registers[i]);
    }
  if (truth->tsc < 0)
    return;
  guest_tell (fixture, (guint32) truth->tsc);
  guest_tell (fixture, (guint32) (truth->tsc >> 32));
}

static inline void
guest_step (Fixture *fixture, guint number)
{
  const struct challenge_step *step = program_step (fixture->program, number);
  AccountStep *truth = truth_of (fixture, number);
  if (step->kind == CHALLENGE_READ)
    {
      guest_read (fixture, step, truth);
      return;
    }
  port_exit (fixture, CHALLENGE_STEP_PORT + (number & 0xfff), FALSE);
  truth->at = last_exit (fixture);
  for (; step->kind == CHALLENGE_FLUSH && fixture->flushed < number; fixture->flushed++)
    {
      if (program_step (fixture->program, fixture->flushed)->kind != CHALLENGE_FLUSH)
        guest_tell_answer (fixture, truth_of (fixture, fixture->flushed));
    }
  if (step->kind != CHALLENGE_FLUSH)
    guest_perform (fixture, step, truth);
  port_exit (fixture, CHALLENGE_STEP_END_PORT, FALSE);
  truth->end = last_exit (fixture);
}

/* One round of the program, behind what the log has already. */
static inline void
fixture_run (Fixture *fixture)
{
  fixture->state = 88172645463325252u;
  fixture->flushed = 0;
  g_array_set_size (fixture->truth, 0);
  g_array_set_size (fixture->truth, fixture->program->steps->len);
  for (guint i = 0; i < 40; i++)
    operation_exit (fixture, CHALLENGE_OP_FIRST_TOUCH, 0);
  operation_exit (fixture, CHALLENGE_OP_CPUID, 0);
  port_exit (fixture, CHALLENGE_BEGIN_PORT, FALSE);
  for (guint i = 0; i < fixture->program->steps->len && !fixture->dead; i++)
    guest_step (fixture, i);
  port_exit (fixture, CHALLENGE_END_PORT, FALSE);
}

static inline Fixture *
fixture_new (const World *world, const Program *program, const LeafMap *map, Mistake mistake)
{
  Fixture *fixture = g_new0 (Fixture, 1);
  fixture->world = world;
  fixture->program = program;
  fixture->map = map;
  fixture->mistake = mistake;
  fixture->exits = g_array_new (FALSE, TRUE, sizeof (L0Exit));
  fixture->truth = g_array_new (FALSE, TRUE, sizeof (AccountStep));
  fixture->tsc = 5000000000;
  return fixture;
}

static inline void
fixture_free (Fixture *fixture)
{
  g_array_unref (fixture->exits);
  g_array_unref (fixture->truth);
  g_free (fixture);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Fixture, fixture_free)

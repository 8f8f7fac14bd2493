/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One instruction; see scan-step.h. */
#include "grade/scan-step.h"

#include <string.h>

#define ACCESSES_MAX 1000u /* of a function */

/* --- accesses --------------------------------------------------------------------------------- */

static void
note_wide (ScanStepper *s, const ScanValue *v, guint8 needed)
{
  if (s->out != NULL && (v->flags & needed) == needed)
    s->out->wide_used = TRUE;
}

static void
note_access (ScanStepper *s, const ScanState *state, ScanAccessKind kind, const ScanInsn *insn, const ScanOperand *o, const ScanValue *v)
{
  const ScanValue at = scan_address (s, state, o);

  if (s->out == NULL || at.kind == VALUE_STACK || s->out->accesses->len + s->out->other_offsets->len > ACCESSES_MAX)
    return;
  if (o->size == 8)
    note_wide (s, v, kind == SCAN_UPDATE ? VALUE_CYCLES : VALUE_CYCLES | VALUE_DIFFERENCE);
  s->out->high_used |= (v->flags & VALUE_HIGH) != 0;
  if (kind == SCAN_UPDATE && o->base != SCAN_NO_REG && (at.kind == VALUE_UNKNOWN || at.kind == VALUE_VCPU))
    g_array_append_val (s->out->other_offsets, at.offset);
  if (o->per_cpu || !scan_is_shared (s, &at))
    return;
  const guint place = scan_place_number (s, &at);
  const ScanAccess access = {
    .kind = kind, .insn = *insn, .root = at.kind == VALUE_KVM ? SCAN_KVM : at.symbol, .offset = at.offset, .size = o->size,
    .indexed = (at.flags & VALUE_INDEXED) != 0, .per_cpu = (at.flags & VALUE_PER_CPU) != 0, .atomic = insn->lock, .locked = state->locks > 0,
    .rewritten = place != 0 && (v->read[0] == place || v->read[1] == place) && (v->flags & VALUE_CHANGED) != 0,
    .cycles = (v->flags & VALUE_CYCLES) != 0, .difference = (v->flags & VALUE_DIFFERENCE) != 0,
  };
  g_array_append_val (s->out->accesses, access);
}

static void
take_lock (ScanStepper *s, ScanState *state, const ScanValue *at)
{
  const guint place = scan_place_number (s, at);

  if (place != 0)
    g_hash_table_add (s->locks, GUINT_TO_POINTER (place));
  state->locks = MIN (state->locks + 1, SCAN_LOCKS);
}

static void
give_lock (ScanState *state)
{
  state->locks -= state->locks > 0;
}

/* A kernel without debugging inlines spin_unlock(): it writes a byte of 0 over the lock. */
static gboolean
is_inline_unlock (ScanStepper *s, const ScanInsn *insn, const ScanValue *at)
{
  const ScanOperand *o = &insn->operands[1];

  return insn->operands[0].size == 1 && o->kind == SCAN_IMMEDIATE && o->value == 0 && o->symbol == MODULE_ELF_NONE &&
         g_hash_table_contains (s->locks, GUINT_TO_POINTER (scan_place_number (s, at)));
}

static void
store (ScanStepper *s, ScanState *state, const ScanInsn *insn, const ScanValue *v)
{
  const ScanOperand *o = &insn->operands[0];
  const ScanValue at = scan_address (s, state, o);

  if (at.kind == VALUE_STACK && (at.flags & VALUE_INDEXED) == 0)
    scan_state_set_slot (state, at.offset, o->size, v);
  else if (is_inline_unlock (s, insn, &at))
    give_lock (state);
  else
    note_access (s, state, SCAN_STORE, insn, o, v);
}

/* --- instructions ----------------------------------------------------------------------------- */

static void
set_register (ScanState *state, const ScanOperand *o, const ScanValue *v)
{
  if (o->kind == SCAN_REG && o->reg != SCAN_NO_REG)
    state->reg[o->reg] = *v;
}

static void
clobber (ScanState *state, guint16 bits, guint insn)
{
  for (guint r = 0; r < SCAN_REGS; r++)
    if ((bits & 1u << r) != 0)
      state->reg[r] = (ScanValue) { .kind = VALUE_UNKNOWN, .id = scan_new_id (insn, r) };
}

static void
step_move (ScanStepper *s, ScanState *state, const ScanInsn *insn, guint number)
{
  const ScanOperand *to = &insn->operands[0], *from = &insn->operands[1];
  ScanValue v = scan_value_of (s, state, from, number);
  const gboolean is_address = from->kind == SCAN_IMMEDIATE && v.kind == VALUE_ADDRESS;

  if (!is_address && (to->size != 8 || from->size != 8))
    v = scan_narrowed (v, number);
  if (to->kind == SCAN_MEMORY)
    store (s, state, insn, &v);
  else
    set_register (state, to, &v);
}

static void
step_lea (ScanStepper *s, ScanState *state, const ScanInsn *insn, guint number)
{
  static const ScanValue nothing = { .kind = VALUE_UNKNOWN };
  const ScanOperand *o = &insn->operands[1];
  const ScanValue *base = o->base != SCAN_NO_REG ? &state->reg[o->base] : &nothing;
  const ScanValue *index = o->index != SCAN_NO_REG ? &state->reg[o->index] : &nothing;
  const ScanValue at = scan_address (s, state, o);
  ScanValue v = scan_combine (X86_INS_LEA, base, index, NULL, insn->operands[0].size, number);

  if (at.kind != VALUE_UNKNOWN && insn->operands[0].size == 8)
    {
      v.kind = at.kind, v.symbol = at.symbol, v.offset = at.offset;
      v.flags |= at.flags & (VALUE_INDEXED | VALUE_PER_CPU);
      v.id = at.flags & VALUE_INDEXED ? at.id : v.id;
    }
  if (at.kind == VALUE_STACK)
    s->escaped = MIN (s->escaped, at.offset);
  set_register (state, &insn->operands[0], &v);
}

static gboolean
clears (const ScanInsn *insn)
{
  const ScanOperand *a = &insn->operands[0], *b = &insn->operands[1];

  return (insn->id == X86_INS_XOR || insn->id == X86_INS_SUB) && insn->n_operands == 2 && a->kind == SCAN_REG && b->kind == SCAN_REG && a->reg == b->reg;
}

/* Also of one operand, and of three: there the first is only written. */
static void
step_arithmetic (ScanStepper *s, ScanState *state, const ScanInsn *insn, guint number)
{
  static const ScanValue nothing = { .kind = VALUE_UNKNOWN };
  const ScanOperand *to = &insn->operands[0], *by = insn->n_operands > 1 ? &insn->operands[1] : NULL;

  if (clears (insn))
    {
      clobber (state, insn->clobbers, number);
      return;
    }
  const ScanValue b = by != NULL ? scan_value_of (s, state, by, number) : nothing;
  if (to->kind == SCAN_MEMORY)
    note_access (s, state, SCAN_UPDATE, insn, to, &b);
  const ScanValue a = insn->n_operands < 3 ? scan_value_of (s, state, to, number) : nothing;
  /* With the carry of the lower half, or without: sbb also makes masks. */
  if (s->out != NULL && (insn->id == X86_INS_ADC || (insn->id == X86_INS_SBB && ((a.flags | b.flags) & VALUE_CYCLES) != 0)))
    s->out->high_used = TRUE;
  if (s->out != NULL && scan_is_shift_right (insn->id) && (a.flags & VALUE_CYCLES) != 0 && (by == NULL || by->kind != SCAN_IMMEDIATE || by->value >= 32))
    s->out->high_used = TRUE;
  const ScanValue v = scan_combine (insn->id, &a, &b, by, to->size, number);
  if (to->kind == SCAN_REG)
    {
      set_register (state, to, &v);
      return;
    }
  const ScanValue at = scan_address (s, state, to);
  if (at.kind == VALUE_STACK && (at.flags & VALUE_INDEXED) == 0)
    scan_state_set_slot (state, at.offset, to->size, &v);
}

/* xadd, xchg, cmpxchg and bit operations on memory. Those that are atomic may also be somebody's own lock. */
static void
step_exchange (ScanStepper *s, ScanState *state, const ScanInsn *insn, guint number)
{
  const ScanOperand *to = &insn->operands[0], *by = &insn->operands[1];

  if (to->kind != SCAN_MEMORY && by->kind == SCAN_MEMORY && insn->id == X86_INS_XCHG)
    to = by, by = &insn->operands[0];
  const ScanValue v = scan_value_of (s, state, by, number);
  if (to->kind == SCAN_MEMORY)
    {
      const ScanValue at = scan_address (s, state, to);
      const gboolean is_atomic = insn->lock || insn->id == X86_INS_XCHG;
      if (insn->id != X86_INS_XCHG)
        note_access (s, state, SCAN_UPDATE, insn, to, &v);
      if (is_atomic && insn->id != X86_INS_XADD && scan_is_shared (s, &at))
        take_lock (s, state, &at);
      if (at.kind == VALUE_STACK)
        scan_state_drop_slots (state, at.offset, at.offset + 8);
    }
  clobber (state, insn->clobbers, number);
}

static void
step_choice (ScanStepper *s, ScanState *state, const ScanInsn *insn, guint number)
{
  const ScanValue a = scan_value_of (s, state, &insn->operands[0], number), b = scan_value_of (s, state, &insn->operands[1], number);
  const ScanValue v = scan_value_join (&a, &b, scan_new_id (number, 21));

  set_register (state, &insn->operands[0], &v);
}

static void
move_stack (ScanState *state, gint64 by)
{
  if (state->reg[SCAN_RSP].kind == VALUE_STACK)
    state->reg[SCAN_RSP].offset = scan_add_offset (state->reg[SCAN_RSP].offset, by);
}

static void
step_push (ScanStepper *s, ScanState *state, const ScanInsn *insn, guint number)
{
  const ScanValue v = scan_value_of (s, state, &insn->operands[0], number);

  move_stack (state, -8);
  if (state->reg[SCAN_RSP].kind == VALUE_STACK)
    scan_state_set_slot (state, state->reg[SCAN_RSP].offset, 8, &v);
}

static void
pop (ScanState *state, guint reg, guint number)
{
  const ScanValue *slot = state->reg[SCAN_RSP].kind == VALUE_STACK ? scan_state_slot (state, state->reg[SCAN_RSP].offset, 8) : NULL;
  const ScanValue v = slot != NULL ? *slot : (ScanValue) { .kind = VALUE_UNKNOWN, .id = scan_new_id (number, reg) };

  state->reg[reg] = v;
  move_stack (state, 8);
}

static void
step_rdtsc (ScanStepper *s, ScanState *state, const ScanInsn *insn, guint number)
{
  clobber (state, insn->clobbers, number);
  state->reg[SCAN_RAX] = (ScanValue) { .kind = VALUE_UNKNOWN, .flags = VALUE_CYCLES, .id = scan_new_id (number, SCAN_RAX) };
  state->reg[SCAN_RDX] = (ScanValue) { .kind = VALUE_UNKNOWN, .flags = VALUE_CYCLES | VALUE_HIGH, .id = scan_new_id (number, SCAN_RDX) };
  if (s->out != NULL)
    s->out->rdtscs++;
}

/* --- calls ------------------------------------------------------------------------------------ */

static gboolean
has_any_prefix (const char *name, const char *const *prefixes)
{
  for (; *prefixes != NULL; prefixes++)
    if (g_str_has_prefix (name, *prefixes))
      return TRUE;
  return FALSE;
}

static void
step_locks (ScanStepper *s, ScanState *state, const char *name)
{
  static const char *const takes[] = { "_raw_spin_lock", "_raw_spin_trylock", "_raw_write_lock", "_raw_write_trylock", "mutex_lock", "mutex_trylock", "down_write",
                                       "rt_mutex_lock", "ww_mutex_lock", "queued_spin_lock_slowpath", "queued_write_lock_slowpath", NULL };
  static const char *const gives[] = { "_raw_spin_unlock", "_raw_write_unlock", "mutex_unlock", "up_write", "rt_mutex_unlock", "ww_mutex_unlock", NULL };

  if (has_any_prefix (name, takes))
    take_lock (s, state, &state->reg[SCAN_RDI]);
  else if (has_any_prefix (name, gives))
    give_lock (state);
}

/* Also of a jump to another function. */
static void
note_call (ScanStepper *s, const ScanState *state, const ScanInsn *insn)
{
  static const guint8 arguments[] = { SCAN_RDI, SCAN_RSI, SCAN_RDX, SCAN_RCX, 8, 9 };

  for (guint i = 0; i < G_N_ELEMENTS (arguments); i++)
    note_wide (s, &state->reg[arguments[i]], VALUE_CYCLES | VALUE_DIFFERENCE | VALUE_WIDE);
  if (insn->callee != MODULE_ELF_NONE && s->out != NULL)
    g_hash_table_add (state->locks > 0 ? s->out->locked_calls : s->out->unlocked_calls, GUINT_TO_POINTER (insn->callee));
}

static void
step_call (ScanStepper *s, ScanState *state, const ScanInsn *insn, guint number)
{
  const ElfSymbol *callee = insn->callee != MODULE_ELF_NONE ? module_symbol (s->module, insn->callee) : NULL;

  if (callee != NULL && strcmp (callee->name, "__fentry__") == 0)
    return;
  note_call (s, state, insn);
  if (callee != NULL)
    step_locks (s, state, callee->name);
  /* What the System V ABI lets a function change. */
  clobber (state, 1u << SCAN_RAX | 1u << SCAN_RCX | 1u << SCAN_RDX | 1u << SCAN_RSI | 1u << SCAN_RDI | 0xf00, number);
  scan_state_drop_slots (state, s->escaped, G_MAXINT64);
}

/* --- all of them ------------------------------------------------------------------------------ */

static void
step_other (ScanStepper *s, ScanState *state, const ScanInsn *insn, guint number)
{
  const gboolean repeated = insn->id == X86_INS_STOSB || insn->id == X86_INS_STOSQ || insn->id == X86_INS_MOVSB || insn->id == X86_INS_MOVSQ;

  if (repeated && state->reg[SCAN_RDI].kind == VALUE_STACK)
    scan_state_drop_slots (state, state->reg[SCAN_RDI].offset, G_MAXINT64);
  for (guint i = 0; i < insn->n_operands; i++)
    {
      const ScanOperand *o = &insn->operands[i];
      const ScanValue at = o->kind == SCAN_MEMORY && o->written ? scan_address (s, state, o) : (ScanValue) { .kind = VALUE_UNKNOWN };
      if (at.kind == VALUE_STACK)
        scan_state_drop_slots (state, at.offset, scan_add_offset (at.offset, MAX (o->size, 8)));
    }
  clobber (state, insn->clobbers, number);
}

static gboolean
is_choice (guint id)
{
  return id == X86_INS_CMOVA || id == X86_INS_CMOVAE || id == X86_INS_CMOVB || id == X86_INS_CMOVBE || id == X86_INS_CMOVE || id == X86_INS_CMOVNE ||
         id == X86_INS_CMOVG || id == X86_INS_CMOVGE || id == X86_INS_CMOVL || id == X86_INS_CMOVLE || id == X86_INS_CMOVS || id == X86_INS_CMOVNS;
}

static void
step_stack (ScanStepper *s, ScanState *state, const ScanInsn *insn, guint number)
{
  if (insn->id == X86_INS_PUSH)
    step_push (s, state, insn, number);
  else if (insn->id == X86_INS_POP && insn->operands[0].kind == SCAN_REG && !insn->operands[0].strange)
    pop (state, (guint) insn->operands[0].reg, number);
  else if (insn->id == X86_INS_LEAVE)
    {
      state->reg[SCAN_RSP] = state->reg[SCAN_RBP];
      pop (state, SCAN_RBP, number);
    }
  else
    clobber (state, insn->clobbers, number);
}

/* cdqe: rax from eax. */
static void
step_extend (ScanStepper *s, ScanState *state, const ScanInsn *insn, guint number)
{
  (void) s, (void) insn;
  state->reg[SCAN_RAX] = scan_narrowed (state->reg[SCAN_RAX], number);
}

static void
step_return (ScanStepper *s, const ScanState *state)
{
  note_wide (s, &state->reg[SCAN_RAX], VALUE_CYCLES | VALUE_DIFFERENCE | VALUE_WIDE);
}

typedef enum { STEP_OTHER, STEP_MOVE, STEP_LEA, STEP_ARITHMETIC, STEP_EXCHANGE, STEP_STACK, STEP_RDTSC, STEP_EXTEND } StepKind;

static StepKind
step_kind (guint id)
{
  static const guint16 moves[] = { X86_INS_MOV, X86_INS_MOVABS, X86_INS_MOVZX, X86_INS_MOVSX, X86_INS_MOVSXD, 0 };
  static const guint16 sums[] = { X86_INS_ADD, X86_INS_ADC, X86_INS_SUB, X86_INS_SBB, X86_INS_OR, X86_INS_AND, X86_INS_XOR, X86_INS_INC, X86_INS_DEC,
                                  X86_INS_NEG, X86_INS_NOT, X86_INS_SHL, X86_INS_SAL, X86_INS_SHR, X86_INS_SAR, X86_INS_ROL, X86_INS_ROR, X86_INS_SHRD, X86_INS_IMUL, 0 };
  static const guint16 exchanges[] = { X86_INS_XADD, X86_INS_XCHG, X86_INS_CMPXCHG, X86_INS_BTS, X86_INS_BTR, X86_INS_BTC, 0 };
  static const guint16 stack[] = { X86_INS_PUSH, X86_INS_POP, X86_INS_LEAVE, 0 };
  static const struct {
    const guint16 *ids;
    StepKind kind;
  } kinds[] = { { moves, STEP_MOVE }, { sums, STEP_ARITHMETIC }, { exchanges, STEP_EXCHANGE }, { stack, STEP_STACK } };

  for (guint i = 0; i < G_N_ELEMENTS (kinds); i++)
    for (const guint16 *known = kinds[i].ids; *known != 0; known++)
      if (*known == id)
        return kinds[i].kind;
  if (id == X86_INS_RDTSC || id == X86_INS_RDTSCP)
    return STEP_RDTSC;
  return id == X86_INS_LEA ? STEP_LEA : id == X86_INS_CDQE ? STEP_EXTEND : STEP_OTHER;
}

void
scan_step (ScanStepper *s, ScanState *state, guint number)
{
  static void (*const steps[]) (ScanStepper *, ScanState *, const ScanInsn *, guint) = {
    [STEP_OTHER] = step_other, [STEP_MOVE] = step_move, [STEP_LEA] = step_lea, [STEP_ARITHMETIC] = step_arithmetic,
    [STEP_EXCHANGE] = step_exchange, [STEP_STACK] = step_stack, [STEP_RDTSC] = step_rdtsc, [STEP_EXTEND] = step_extend,
  };
  const ScanInsn *insn = &g_array_index (s->code->insns, ScanInsn, number);

  if (insn->call)
    step_call (s, state, insn, number);
  else if (insn->jump && insn->target == SCAN_NO_INSN)
    note_call (s, state, insn);
  else if (insn->jump)
    return;
  else if (insn->end)
    step_return (s, state);
  else if (is_choice (insn->id))
    step_choice (s, state, insn, number);
  else if (insn->id == X86_INS_IMUL && insn->n_operands < 2)
    step_other (s, state, insn, number);
  else
    steps[step_kind (insn->id)] (s, state, insn, number);
}

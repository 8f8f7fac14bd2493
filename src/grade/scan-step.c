/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One instruction; see scan-step.h. */
#include "grade/scan-step.h"

#include <string.h>

/* struct kvm_vcpu begins: kvm, preempt_notifier (24 bytes), cpu, vcpu_id, vcpu_idx (include/linux/kvm_host.h). */
#define VCPU_CPU 0x20
#define VCPU_ID 0x24
#define VCPU_IDX 0x28
/* A vCPU is larger than what else begins with a pointer; struct kvm begins with its locks. */
#define VCPU_LARGE 0x100
#define KVM_LOCKS_END 0x40
#define PLACES_MAX 256u
#define ACCESSES_MAX 1000u /* of a function */

static guint64
new_id (guint insn, guint reg)
{
  return ((guint64) insn + 2) << 5 | reg;
}

/* --- places ----------------------------------------------------------------------------------- */

static guint
place_number (ScanStepper *s, const ScanValue *at)
{
  const ScanPlace place = { at->kind, at->kind == VALUE_ADDRESS ? at->symbol : 0, at->offset, (at->flags & VALUE_INDEXED) != 0 ? at->id : 0 };

  if (at->kind == VALUE_UNKNOWN || at->kind == VALUE_STACK)
    return 0;
  for (guint i = 0; i < s->places->len; i++)
    {
      const ScanPlace *known = &g_array_index (s->places, ScanPlace, i);
      if (known->kind == place.kind && known->symbol == place.symbol && known->offset == place.offset && known->id == place.id)
        return i + 1;
    }
  if (s->places->len >= PLACES_MAX)
    return 0;
  g_array_append_val (s->places, place);
  return s->places->len;
}

static gboolean
is_shared (const ScanStepper *s, const ScanValue *at)
{
  if (at->kind == VALUE_KVM)
    return at->offset >= KVM_LOCKS_END;
  if (at->kind != VALUE_ADDRESS)
    return FALSE;
  const ElfSymbol *symbol = module_symbol (s->module, at->symbol);
  const gboolean inside = symbol->size == 0 || (at->offset >= 0 && (guint64) at->offset < symbol->size);
  return symbol->fresh && (inside || (at->flags & VALUE_INDEXED) != 0);
}

/* Offsets stay far from where sums overflow, whatever the code says. */
static gint64
add_offset (gint64 a, gint64 b)
{
  const gint64 sum = (gint64) ((guint64) a + (guint64) b);

  return sum > -(G_GINT64_CONSTANT (1) << 40) && sum < (G_GINT64_CONSTANT (1) << 40) ? sum : G_GINT64_CONSTANT (1) << 40;
}

static void
add_index (ScanValue *at, const ScanValue *index, guint8 scale)
{
  const gboolean swapped = at->kind == VALUE_UNKNOWN && index->kind != VALUE_UNKNOWN && scale <= 1;
  const ScanValue other = swapped ? *at : *index;

  if (swapped)
    {
      const gint64 displacement = at->offset;
      *at = *index;
      at->offset = add_offset (at->offset, displacement);
    }
  at->id = (at->flags & VALUE_INDEXED ? at->id * 31 : 0) + other.id * 8 + scale;
  at->flags |= (guint8) (VALUE_INDEXED | (other.flags & VALUE_PER_CPU));
}

/* Where an operand in memory is. */
static ScanValue
address (ScanStepper *s, const ScanState *state, const ScanOperand *o)
{
  ScanValue at = { .kind = VALUE_UNKNOWN, .offset = o->value };

  if (o->per_cpu || o->strange)
    return (ScanValue) { .kind = VALUE_UNKNOWN, .flags = o->per_cpu ? VALUE_PER_CPU : 0 };
  if (o->symbol != MODULE_ELF_NONE)
    at = (ScanValue) { .kind = VALUE_ADDRESS, .symbol = o->symbol, .offset = o->offset };
  if (o->base != SCAN_NO_REG && o->symbol != MODULE_ELF_NONE)
    add_index (&at, &state->reg[o->base], 1);
  else if (o->base != SCAN_NO_REG)
    {
      at = state->reg[o->base];
      at.offset = at.kind != VALUE_UNKNOWN ? add_offset (at.offset, o->value) : o->value;
    }
  if (o->index != SCAN_NO_REG)
    add_index (&at, &state->reg[o->index], o->scale);
  if (s->out != NULL && at.kind == VALUE_VCPU && at.offset >= VCPU_LARGE)
    s->out->has_vcpu = TRUE;
  return at;
}

/* --- values ----------------------------------------------------------------------------------- */

static gboolean
is_vcpu_number (const ScanOperand *o, const ScanValue *at)
{
  return o->size == 4 && (at->kind == VALUE_VCPU || at->kind == VALUE_UNKNOWN) && (at->flags & VALUE_INDEXED) == 0 && o->base != SCAN_NO_REG &&
         (at->offset == VCPU_CPU || at->offset == VCPU_ID || at->offset == VCPU_IDX);
}

/* per_cpu_ptr() adds __per_cpu_offset[cpu] to a symbol's address. */
static gboolean
is_cpu_offset (const ScanStepper *s, const ScanOperand *o)
{
  return o->symbol != MODULE_ELF_NONE && strcmp (module_symbol (s->module, o->symbol)->name, "__per_cpu_offset") == 0;
}

static ScanValue
load (ScanStepper *s, const ScanState *state, const ScanOperand *o, guint insn)
{
  const ScanValue at = address (s, state, o);
  const gboolean indexed = (at.flags & VALUE_INDEXED) != 0;
  ScanValue v = { .kind = VALUE_UNKNOWN, .id = new_id (insn, 17) };

  if (at.kind == VALUE_STACK && !indexed)
    {
      const ScanValue *slot = scan_state_slot (state, at.offset);
      return slot != NULL ? *slot : v;
    }
  if (at.kind == VALUE_VCPU && at.offset == 0 && !indexed && o->size == 8)
    v.kind = VALUE_KVM;
  if (o->per_cpu || is_cpu_offset (s, o) || is_vcpu_number (o, &at))
    v.flags |= VALUE_PER_CPU;
  if (is_shared (s, &at))
    v.read[0] = place_number (s, &at);
  return v;
}

static ScanValue
value_of (ScanStepper *s, const ScanState *state, const ScanOperand *o, guint insn)
{
  if (o->kind == SCAN_MEMORY)
    return load (s, state, o, insn);
  if (o->kind == SCAN_REG && !o->strange)
    return state->reg[o->reg];
  ScanValue v = { .kind = VALUE_UNKNOWN, .id = new_id (insn, 18) };
  if (o->kind == SCAN_IMMEDIATE && o->symbol != MODULE_ELF_NONE && !o->strange)
    v.kind = VALUE_ADDRESS, v.symbol = o->symbol, v.offset = o->offset;
  return v;
}

/* What is left of a value in fewer than 64 bits, or with other bits above. */
static ScanValue
narrowed (ScanValue v, guint insn)
{
  v.kind = VALUE_UNKNOWN;
  v.symbol = 0;
  v.offset = 0;
  v.id = new_id (insn, 19);
  v.flags &= (guint8) ~(VALUE_WIDE | VALUE_INDEXED);
  return v;
}

static void
set_register (ScanState *state, const ScanOperand *o, const ScanValue *v)
{
  if (o->kind == SCAN_REG && o->reg != SCAN_NO_REG)
    state->reg[o->reg] = *v;
}

static void
add_reads (ScanValue *v, const ScanValue *from)
{
  for (guint i = 0; i < G_N_ELEMENTS (from->read); i++)
    {
      const guint place = from->read[i];
      if (place == 0 || v->read[0] == place || v->read[1] == place)
        continue;
      if (v->read[0] == 0)
        v->read[0] = place;
      else if (v->read[1] == 0)
        v->read[1] = place;
    }
}

/* --- arithmetic ------------------------------------------------------------------------------- */

static gboolean
keeps_cycles (guint id)
{
  switch (id)
    {
    case X86_INS_ADD:
    case X86_INS_ADC:
    case X86_INS_SUB:
    case X86_INS_SBB:
    case X86_INS_OR:
    case X86_INS_XOR:
    case X86_INS_SHL:
    case X86_INS_SAL:
    case X86_INS_INC:
    case X86_INS_DEC:
    case X86_INS_NEG:
    case X86_INS_LEA:
      return TRUE;
    default:
      return FALSE;
    }
}

static gboolean
is_subtraction (guint id)
{
  return id == X86_INS_SUB || id == X86_INS_SBB;
}

static gboolean
is_shift_right (guint id)
{
  return id == X86_INS_SHR || id == X86_INS_SAR || id == X86_INS_SHRD;
}

static guint8
cycles_flags (guint id, const ScanValue *a, const ScanValue *b, guint8 size)
{
  guint8 flags = (guint8) ((a->flags | b->flags) & (VALUE_CYCLES | VALUE_DIFFERENCE));

  if ((flags & VALUE_CYCLES) == 0 || !keeps_cycles (id))
    return 0;
  if (is_subtraction (id))
    flags |= VALUE_DIFFERENCE;
  if (size == 8)
    flags |= VALUE_WIDE;
  if (id != X86_INS_SHL && id != X86_INS_SAL && id != X86_INS_OR)
    flags |= a->flags & VALUE_HIGH;
  return flags;
}

/* Of an address and a number. */
static void
move_address (ScanValue *v, guint id, const ScanValue *a, const ScanValue *b, const ScanOperand *by)
{
  const gboolean is_number = by != NULL && by->kind == SCAN_IMMEDIATE && by->symbol == MODULE_ELF_NONE;

  if (a->kind == VALUE_UNKNOWN && b->kind == VALUE_UNKNOWN)
    return;
  if ((id == X86_INS_ADD || id == X86_INS_SUB) && is_number)
    {
      v->kind = a->kind, v->symbol = a->symbol;
      v->flags |= a->flags & VALUE_INDEXED;
      if (a->flags & VALUE_INDEXED)
        v->id = a->id;
      v->offset = add_offset (a->offset, id == X86_INS_SUB ? -CLAMP (by->value, -G_MAXINT32, G_MAXINT32) : by->value);
    }
  else if (id == X86_INS_ADD && (a->kind == VALUE_UNKNOWN || b->kind == VALUE_UNKNOWN))
    {
      const guint8 flags = v->flags;
      const guint reads[2] = { v->read[0], v->read[1] };
      *v = a->kind != VALUE_UNKNOWN ? *a : *b;
      add_index (v, a->kind != VALUE_UNKNOWN ? b : a, 1);
      v->flags |= flags;
      memcpy (v->read, reads, sizeof reads);
    }
}

/* a op b; `by` is b's operand if it has one. */
static ScanValue
combine (guint id, const ScanValue *a, const ScanValue *b, const ScanOperand *by, guint8 size, guint insn)
{
  ScanValue v = { .kind = VALUE_UNKNOWN, .id = new_id (insn, 20) };

  v.flags = (guint8) (((a->flags | b->flags) & VALUE_PER_CPU) | cycles_flags (id, a, b, size));
  add_reads (&v, a);
  add_reads (&v, b);
  if (v.read[0] != 0)
    v.flags |= VALUE_CHANGED;
  if (size == 8)
    move_address (&v, id, a, b, by);
  return v;
}

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
  const ScanValue at = address (s, state, o);

  if (s->out == NULL || at.kind == VALUE_STACK || s->out->accesses->len + s->out->other_offsets->len > ACCESSES_MAX)
    return;
  if (o->size == 8)
    note_wide (s, v, kind == SCAN_UPDATE ? VALUE_CYCLES : VALUE_CYCLES | VALUE_DIFFERENCE);
  s->out->high_used |= (v->flags & VALUE_HIGH) != 0;
  if (kind == SCAN_UPDATE && o->base != SCAN_NO_REG && (at.kind == VALUE_UNKNOWN || at.kind == VALUE_VCPU))
    g_array_append_val (s->out->other_offsets, at.offset);
  if (o->per_cpu || !is_shared (s, &at))
    return;
  const guint place = place_number (s, &at);
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
  const guint place = place_number (s, at);

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
         g_hash_table_contains (s->locks, GUINT_TO_POINTER (place_number (s, at)));
}

static void
store (ScanStepper *s, ScanState *state, const ScanInsn *insn, const ScanValue *v)
{
  const ScanOperand *o = &insn->operands[0];
  const ScanValue at = address (s, state, o);

  if (at.kind == VALUE_STACK && (at.flags & VALUE_INDEXED) == 0)
    scan_state_set_slot (state, at.offset, v);
  else if (is_inline_unlock (s, insn, &at))
    give_lock (state);
  else
    note_access (s, state, SCAN_STORE, insn, o, v);
}

/* --- instructions ----------------------------------------------------------------------------- */

static void
clobber (ScanState *state, guint16 bits, guint insn)
{
  for (guint r = 0; r < SCAN_REGS; r++)
    if ((bits & 1u << r) != 0)
      state->reg[r] = (ScanValue) { .kind = VALUE_UNKNOWN, .id = new_id (insn, r) };
}

static void
step_move (ScanStepper *s, ScanState *state, const ScanInsn *insn, guint number)
{
  const ScanOperand *to = &insn->operands[0], *from = &insn->operands[1];
  ScanValue v = value_of (s, state, from, number);
  const gboolean is_address = from->kind == SCAN_IMMEDIATE && v.kind == VALUE_ADDRESS;

  if (!is_address && (to->size != 8 || from->size != 8))
    v = narrowed (v, number);
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
  const ScanValue at = address (s, state, o);
  ScanValue v = combine (X86_INS_LEA, base, index, NULL, insn->operands[0].size, number);

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
  const ScanValue b = by != NULL ? value_of (s, state, by, number) : nothing;
  if (to->kind == SCAN_MEMORY)
    note_access (s, state, SCAN_UPDATE, insn, to, &b);
  const ScanValue a = insn->n_operands < 3 ? value_of (s, state, to, number) : nothing;
  /* With the carry of the lower half, or without: sbb also makes masks. */
  if (s->out != NULL && (insn->id == X86_INS_ADC || (insn->id == X86_INS_SBB && ((a.flags | b.flags) & VALUE_CYCLES) != 0)))
    s->out->high_used = TRUE;
  if (s->out != NULL && is_shift_right (insn->id) && (a.flags & VALUE_CYCLES) != 0 && (by == NULL || by->kind != SCAN_IMMEDIATE || by->value >= 32))
    s->out->high_used = TRUE;
  const ScanValue v = combine (insn->id, &a, &b, by, to->size, number);
  if (to->kind == SCAN_REG)
    {
      set_register (state, to, &v);
      return;
    }
  const ScanValue at = address (s, state, to);
  if (at.kind == VALUE_STACK && (at.flags & VALUE_INDEXED) == 0)
    scan_state_set_slot (state, at.offset, &v);
}

/* xadd, xchg, cmpxchg and bit operations on memory. Those that are atomic may also be somebody's own lock. */
static void
step_exchange (ScanStepper *s, ScanState *state, const ScanInsn *insn, guint number)
{
  const ScanOperand *to = &insn->operands[0], *by = &insn->operands[1];

  if (to->kind != SCAN_MEMORY && by->kind == SCAN_MEMORY && insn->id == X86_INS_XCHG)
    to = by, by = &insn->operands[0];
  const ScanValue v = value_of (s, state, by, number);
  if (to->kind == SCAN_MEMORY)
    {
      const ScanValue at = address (s, state, to);
      const gboolean is_atomic = insn->lock || insn->id == X86_INS_XCHG;
      if (insn->id != X86_INS_XCHG)
        note_access (s, state, SCAN_UPDATE, insn, to, &v);
      if (is_atomic && insn->id != X86_INS_XADD && is_shared (s, &at))
        take_lock (s, state, &at);
      if (at.kind == VALUE_STACK)
        scan_state_drop_slots (state, at.offset - 7, at.offset + 8);
    }
  clobber (state, insn->clobbers, number);
}

static void
step_choice (ScanStepper *s, ScanState *state, const ScanInsn *insn, guint number)
{
  const ScanValue a = value_of (s, state, &insn->operands[0], number), b = value_of (s, state, &insn->operands[1], number);
  const ScanValue v = scan_value_join (&a, &b, new_id (number, 21));

  set_register (state, &insn->operands[0], &v);
}

static void
move_stack (ScanState *state, gint64 by)
{
  if (state->reg[SCAN_RSP].kind == VALUE_STACK)
    state->reg[SCAN_RSP].offset = add_offset (state->reg[SCAN_RSP].offset, by);
}

static void
step_push (ScanStepper *s, ScanState *state, const ScanInsn *insn, guint number)
{
  const ScanValue v = value_of (s, state, &insn->operands[0], number);

  move_stack (state, -8);
  if (state->reg[SCAN_RSP].kind == VALUE_STACK)
    scan_state_set_slot (state, state->reg[SCAN_RSP].offset, &v);
}

static void
pop (ScanState *state, guint reg, guint number)
{
  const ScanValue *slot = state->reg[SCAN_RSP].kind == VALUE_STACK ? scan_state_slot (state, state->reg[SCAN_RSP].offset) : NULL;
  const ScanValue v = slot != NULL ? *slot : (ScanValue) { .kind = VALUE_UNKNOWN, .id = new_id (number, reg) };

  state->reg[reg] = v;
  move_stack (state, 8);
}

static void
step_rdtsc (ScanStepper *s, ScanState *state, const ScanInsn *insn, guint number)
{
  clobber (state, insn->clobbers, number);
  state->reg[SCAN_RAX] = (ScanValue) { .kind = VALUE_UNKNOWN, .flags = VALUE_CYCLES, .id = new_id (number, SCAN_RAX) };
  state->reg[SCAN_RDX] = (ScanValue) { .kind = VALUE_UNKNOWN, .flags = VALUE_CYCLES | VALUE_HIGH, .id = new_id (number, SCAN_RDX) };
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
      const ScanValue at = o->kind == SCAN_MEMORY && o->written ? address (s, state, o) : (ScanValue) { .kind = VALUE_UNKNOWN };
      if (at.kind == VALUE_STACK)
        scan_state_drop_slots (state, at.offset - 7, add_offset (at.offset, MAX (o->size, 8)));
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
  state->reg[SCAN_RAX] = narrowed (state->reg[SCAN_RAX], number);
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

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Addresses, values and sums of them; see scan-value.h. */
#include "grade/scan-value.h"

#include <string.h>

/* struct kvm_vcpu begins: kvm, preempt_notifier (24 bytes), cpu, vcpu_id, vcpu_idx (include/linux/kvm_host.h). */
#define VCPU_CPU 0x20
#define VCPU_ID 0x24
#define VCPU_IDX 0x28
/* A vCPU is larger than what else begins with a pointer; struct kvm begins with its locks. */
#define VCPU_LARGE 0x100
#define KVM_LOCKS_END 0x40
#define PLACES_MAX 256u

guint64
scan_new_id (guint insn, guint reg)
{
  return ((guint64) insn + 2) << 5 | reg;
}

/* --- places ----------------------------------------------------------------------------------- */

guint
scan_place_number (ScanStepper *s, const ScanValue *at)
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

gboolean
scan_is_shared (const ScanStepper *s, const ScanValue *at)
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
gint64
scan_add_offset (gint64 a, gint64 b)
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
      at->offset = scan_add_offset (at->offset, displacement);
    }
  at->id = (at->flags & VALUE_INDEXED ? at->id * 31 : 0) + other.id * 8 + scale;
  at->flags |= (guint8) (VALUE_INDEXED | (other.flags & VALUE_PER_CPU));
}

ScanValue
scan_address (ScanStepper *s, const ScanState *state, const ScanOperand *o)
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
      at.offset = at.kind != VALUE_UNKNOWN ? scan_add_offset (at.offset, o->value) : o->value;
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
  const ScanValue at = scan_address (s, state, o);
  const gboolean indexed = (at.flags & VALUE_INDEXED) != 0;
  ScanValue v = { .kind = VALUE_UNKNOWN, .id = scan_new_id (insn, 17) };

  if (at.kind == VALUE_STACK && !indexed)
    {
      const ScanValue *slot = scan_state_slot (state, at.offset, o->size);
      return slot != NULL ? *slot : v;
    }
  if (at.kind == VALUE_VCPU && at.offset == 0 && !indexed && o->size == 8)
    v.kind = VALUE_KVM;
  if (o->per_cpu || is_cpu_offset (s, o) || is_vcpu_number (o, &at))
    v.flags |= VALUE_PER_CPU;
  if (scan_is_shared (s, &at))
    v.read[0] = scan_place_number (s, &at);
  return v;
}

ScanValue
scan_value_of (ScanStepper *s, const ScanState *state, const ScanOperand *o, guint insn)
{
  if (o->kind == SCAN_MEMORY)
    return load (s, state, o, insn);
  if (o->kind == SCAN_REG && !o->strange)
    return state->reg[o->reg];
  ScanValue v = { .kind = VALUE_UNKNOWN, .id = scan_new_id (insn, 18) };
  if (o->kind == SCAN_IMMEDIATE && o->symbol != MODULE_ELF_NONE && !o->strange)
    v.kind = VALUE_ADDRESS, v.symbol = o->symbol, v.offset = o->offset;
  return v;
}

ScanValue
scan_narrowed (ScanValue v, guint insn)
{
  v.kind = VALUE_UNKNOWN;
  v.symbol = 0;
  v.offset = 0;
  v.id = scan_new_id (insn, 19);
  v.flags &= (guint8) ~(VALUE_WIDE | VALUE_INDEXED);
  return v;
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

gboolean
scan_is_shift_right (guint id)
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
      v->offset = scan_add_offset (a->offset, id == X86_INS_SUB ? -CLAMP (by->value, -G_MAXINT32, G_MAXINT32) : by->value);
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

ScanValue
scan_combine (guint id, const ScanValue *a, const ScanValue *b, const ScanOperand *by, guint8 size, guint insn)
{
  ScanValue v = { .kind = VALUE_UNKNOWN, .id = scan_new_id (insn, 20) };

  v.flags = (guint8) (((a->flags | b->flags) & VALUE_PER_CPU) | cycles_flags (id, a, b, size));
  add_reads (&v, a);
  add_reads (&v, b);
  if (v.read[0] != 0)
    v.flags |= VALUE_CHANGED;
  if (size == 8)
    move_address (&v, id, a, b, by);
  return v;
}

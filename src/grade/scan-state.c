/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is known at one instruction; see scan-state.h. */
#include "grade/scan-state.h"

#include <string.h>

/* Ids of what a join made; others are made of instructions and registers. */
#define JOINED (G_GUINT64_CONSTANT (1) << 62)

void
scan_state_begin (ScanState *state)
{
  memset (state, 0, sizeof *state);
  state->reached = TRUE;
  for (guint i = 0; i < SCAN_REGS; i++)
    state->reg[i].id = i;
  state->reg[SCAN_RDI].kind = VALUE_VCPU;
  state->reg[SCAN_RSP].kind = VALUE_STACK;
}

static gboolean
has_read (const ScanValue *value, guint place)
{
  return place != 0 && (value->read[0] == place || value->read[1] == place);
}

ScanValue
scan_value_join (const ScanValue *a, const ScanValue *b, guint64 id)
{
  ScanValue v = { .id = a->id == b->id ? a->id : id };
  guint n = 0;

  if (a->kind == b->kind && a->symbol == b->symbol && a->offset == b->offset)
    v.kind = a->kind, v.symbol = a->symbol, v.offset = a->offset;
  v.flags = (guint8) ((a->flags & b->flags & ~VALUE_MAYS) | ((a->flags | b->flags) & VALUE_MAYS));
  for (guint i = 0; i < G_N_ELEMENTS (a->read); i++)
    if (has_read (b, a->read[i]))
      v.read[n++] = a->read[i];
  return v;
}

static gboolean
is_same (const ScanValue *a, const ScanValue *b)
{
  return a->kind == b->kind && a->flags == b->flags && a->symbol == b->symbol && a->offset == b->offset && a->id == b->id &&
         a->read[0] == b->read[0] && a->read[1] == b->read[1];
}

static gboolean
join_value (ScanValue *into, const ScanValue *other, guint64 id)
{
  const ScanValue joined = scan_value_join (into, other, id);

  if (is_same (into, &joined))
    return FALSE;
  *into = joined;
  return TRUE;
}

static gboolean
join_slots (ScanState *state, const ScanState *other, guint64 id)
{
  gboolean changed = FALSE;

  for (guint i = 0; i < state->n_slots;)
    {
      ScanSlot *slot = &state->slot[i];
      const ScanValue *value = scan_state_slot (other, slot->offset, slot->size);
      if (value == NULL)
        {
          *slot = state->slot[--state->n_slots];
          changed = TRUE;
          continue;
        }
      changed |= join_value (&slot->value, value, id ^ ((guint64) slot->offset << 32));
      i++;
    }
  return changed;
}

gboolean
scan_state_join (ScanState *state, const ScanState *other, guint place)
{
  const guint64 id = JOINED | (guint64) place << 5;
  gboolean changed = FALSE;

  if (!state->reached)
    {
      *state = *other;
      return TRUE;
    }
  for (guint i = 0; i < SCAN_REGS; i++)
    changed |= join_value (&state->reg[i], &other->reg[i], id | i);
  changed |= join_slots (state, other, id | 31);
  changed |= state->locks < other->locks;
  state->locks = MAX (state->locks, other->locks);
  return changed;
}

const ScanValue *
scan_state_slot (const ScanState *state, gint64 offset, guint8 size)
{
  for (guint i = 0; i < state->n_slots; i++)
    if (state->slot[i].offset == offset && state->slot[i].size >= size)
      return &state->slot[i].value;
  return NULL;
}

void
scan_state_drop_slots (ScanState *state, gint64 from, gint64 to)
{
  for (guint i = 0; i < state->n_slots;)
    if (state->slot[i].offset + state->slot[i].size > from && state->slot[i].offset < to)
      state->slot[i] = state->slot[--state->n_slots];
    else
      i++;
}

void
scan_state_set_slot (ScanState *state, gint64 offset, guint8 size, const ScanValue *value)
{
  scan_state_drop_slots (state, offset, offset + size);
  if (state->n_slots < SCAN_SLOTS)
    state->slot[state->n_slots++] = (ScanSlot) { offset, size, *value };
}

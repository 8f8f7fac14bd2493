/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is known of registers and stack slots at one instruction. */
#pragma once
#include <glib.h>

#include "grade/scan-code.h"

#define SCAN_SLOTS 48u
#define SCAN_LOCKS 4u

typedef enum { VALUE_UNKNOWN, VALUE_VCPU, VALUE_KVM, VALUE_ADDRESS, VALUE_STACK } ValueKind;

enum {
  VALUE_INDEXED = 1,     /* a register was added to the address */
  VALUE_PER_CPU = 2,     /* made from a number of a CPU or vCPU */
  VALUE_CHANGED = 4,     /* made by arithmetic from what was read */
  VALUE_CYCLES = 8,      /* from RDTSC */
  VALUE_DIFFERENCE = 16, /* … something subtracted */
  VALUE_WIDE = 32,       /* … with all 64 bits */
  VALUE_HIGH = 64,       /* … the upper half alone */
  VALUE_MAYS = VALUE_INDEXED | VALUE_PER_CPU, /* hold if they hold on one path; the rest must on all */
};

typedef struct {
  guint8 kind, flags;
  guint symbol;  /* of VALUE_ADDRESS */
  gint64 offset; /* of all but VALUE_UNKNOWN */
  guint64 id;    /* equal ids: equal values */
  guint read[2]; /* places that it was read from, as numbers from 1; 0 for none */
} ScanValue;

typedef struct {
  gint64 offset; /* from the stack pointer at the function's begin */
  guint8 size;   /* bytes */
  ScanValue value;
} ScanSlot;

typedef struct {
  gboolean reached;
  ScanValue reg[SCAN_REGS];
  ScanSlot slot[SCAN_SLOTS];
  guint n_slots;
  guint locks; /* held, at most SCAN_LOCKS */
} ScanState;

void scan_state_begin (ScanState *state); /* at a function's first instruction */
/* Joins what another path knows; `place` names the instruction. TRUE if that changed anything. */
gboolean scan_state_join (ScanState *state, const ScanState *other, guint place);
const ScanValue *scan_state_slot (const ScanState *state, gint64 offset, guint8 size); /* NULL: nothing is known of so many bytes */
void scan_state_set_slot (ScanState *state, gint64 offset, guint8 size, const ScanValue *value);
void scan_state_drop_slots (ScanState *state, gint64 from, gint64 to); /* that have a byte of [from, to) */
ScanValue scan_value_join (const ScanValue *a, const ScanValue *b, guint64 id);

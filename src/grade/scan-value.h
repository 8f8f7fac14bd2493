/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What an instruction's operands are worth, given what is known. */
#pragma once
#include <glib.h>

#include "grade/scan-flow.h"
#include "grade/scan-state.h"

/* A place in memory that is known: what it is in, how far, and by which value of which registers. */
typedef struct {
  guint8 kind; /* ValueKind */
  guint symbol;
  gint64 offset;
  guint64 id; /* of the index; 0 if there is none */
} ScanPlace;

typedef struct {
  const ModuleElf *module;
  const ScanCode *code;
  GArray *places;      /* of ScanPlace; a place's number is its index plus one */
  GHashTable *locks;   /* numbers of places that are locks */
  gint64 escaped;      /* stack slots from here on may be written by whoever is called */
  ScanFlow *out;       /* NULL until what is known is final */
} ScanStepper;

/* An id of a value that an instruction makes; `number` tells those of one instruction apart: registers, and 16 to 31. */
guint64 scan_new_id (guint insn, guint number);
/* Stays far from where sums overflow, whatever the code says. */
gint64 scan_add_offset (gint64 a, gint64 b);
/* Where an operand in memory is; its kind is VALUE_UNKNOWN if nobody knows. */
ScanValue scan_address (ScanStepper *stepper, const ScanState *state, const ScanOperand *operand);
/* All vCPUs share what is there. */
gboolean scan_is_shared (const ScanStepper *stepper, const ScanValue *address);
/* 0 if nobody knows where it is. */
guint scan_place_number (ScanStepper *stepper, const ScanValue *address);
ScanValue scan_value_of (ScanStepper *stepper, const ScanState *state, const ScanOperand *operand, guint insn);
/* What is left of a value in fewer than 64 bits, or with other bits above. */
ScanValue scan_narrowed (ScanValue value, guint insn);
/* a op b, where `id` is the instruction's and `by` is b's operand if it has one. */
ScanValue scan_combine (guint id, const ScanValue *a, const ScanValue *b, const ScanOperand *by, guint8 size, guint insn);
gboolean scan_is_shift_right (guint id);

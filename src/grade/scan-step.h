/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What one instruction does to what is known. */
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

void scan_step (ScanStepper *stepper, ScanState *state, guint insn);

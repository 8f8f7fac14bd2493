/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a function does with memory that all vCPUs share: its instructions are followed along every path, registers and stack slots holding what is
 * known of them for sure: an address, what was read from where, cycles of RDTSC. What two paths disagree on is unknown.
 */
#pragma once
#include <glib.h>

#include "grade/scan-code.h"

/* Memory that all vCPUs share: a fresh symbol, or the struct kvm that the function's first argument, a vCPU, points to. */
#define SCAN_KVM (G_MAXUINT - 1)

typedef enum { SCAN_STORE, SCAN_UPDATE } ScanAccessKind; /* UPDATE: one instruction reads, changes and writes */

typedef struct {
  ScanAccessKind kind;
  ScanInsn insn;
  guint root;         /* a symbol, or SCAN_KVM */
  gint64 offset;
  guint8 size;
  gboolean indexed;   /* some register is added */
  gboolean per_cpu;   /* … that is a number of a vCPU or CPU, so that no two write the same */
  gboolean atomic, locked; /* a lock prefix; between taking a lock and giving it back */
  gboolean rewritten; /* of a STORE: what it writes was read from the same place, and changed */
  gboolean cycles;    /* what is added or written comes from RDTSC */
  gboolean difference; /* … and is a difference */
} ScanAccess;

typedef struct {
  GArray *accesses;   /* of ScanAccess, in order of the instructions */
  GArray *other_offsets; /* of gint64: of what is updated by one instruction through some other pointer */
  gboolean has_vcpu;  /* the first argument is used as a pointer to something as large as a vCPU */
  guint rdtscs;
  gboolean high_used; /* the upper half of cycles is used by itself, or carried */
  gboolean wide_used; /* cycles go somewhere with all 64 bits */
  GHashTable *locked_calls, *unlocked_calls; /* functions that are called with a lock held, or without */
} ScanFlow;

ScanFlow *scan_flow_follow (const ModuleElf *module, const ScanCode *code);
void scan_flow_free (ScanFlow *flow);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ScanFlow, scan_flow_free)

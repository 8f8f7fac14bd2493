/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A submission's module beside the lab's own: which of its functions are other, and what these do. What scan-updates.c and scan-cycles.c judge. */
#pragma once
#include <glib.h>

#include "grade/module-elf.h"
#include "grade/module-scan.h"
#include "grade/scan-code.h"
#include "grade/scan-flow.h"

typedef struct {
  guint symbol;
  ScanFlow *flow;
} ScanFunction;

typedef struct {
  const char *name;        /* "kvm-intel" */
  ModuleElf *base, *module;
  Scanner *base_scanner, *scanner;
  GHashTable *base_names;  /* of char *: plain names of the base's symbols */
  GPtrArray *functions;    /* of ScanFunction: the module's that the base has not */
  GPtrArray *base_functions; /* of ScanFunction: all of the base's, NULL until scan_base_functions() is called */
  GHashTable *locked_calls, *unlocked_calls; /* of all the module's functions */
  GArray *found;           /* of ScanFound */
} ScanModule;

/* A finding and where it belongs in their order. */
typedef struct {
  guint64 place;
  ScanFinding *finding;
} ScanFound;

const GPtrArray *scan_base_functions (ScanModule *scan);
const ElfSymbol *scan_symbol_of (const ScanModule *scan, const ScanFunction *function);
/* The function's first argument is a vCPU: it is used as one, and is no emulator's context, which begins with a pointer to one. */
gboolean scan_has_vcpu (const ElfSymbol *function, const ScanFlow *flow);
void scan_add_finding (ScanModule *scan, ScanKind kind, const ScanFunction *function, const ScanAccess *access);

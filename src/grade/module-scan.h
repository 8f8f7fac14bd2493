/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Proof from the compiled module of what one CPU cannot show: a counter that all vCPUs share, changed by a read-modify-write without a lock prefix
 * and outside of a spinlock, loses updates; and cycles that are kept in 32 bits overflow. Compared with the lab's own module, so that
 * only what the submission added is looked at.
 */
#pragma once
#include <glib.h>

typedef enum { SCAN_UNLOCKED_UPDATE, SCAN_NARROW_CYCLES } ScanKind;

typedef struct {
  ScanKind kind;
  char *module;      /* "kvm-intel" */
  char *function;    /* "vmx_handle_exit" */
  char *symbol;      /* "total_exits", or "vcpu->kvm + 0x1a28" */
  char *source;      /* "arch/x86/kvm/vmx/vmx.c:6543" if the module tells, else NULL: the lab's kernel is built without debug information */
  char *instruction; /* "addq $1, total_exits(%rip)" */
} ScanFinding;
void scan_finding_free (ScanFinding *finding);

/*
 * Adds to *findings (of ScanFinding, in order of module offset) what is found in `module` (an ELF relocatable, with symbols; not trusted: bounded, strict) that is
 * not in `base`, the lab's own: one per function, symbol and kind, at most 1000. In doubt there is no finding. `name` is theirs as "module". FALSE if a file cannot be read or is no such module.
 */
gboolean module_scan (const char *base, const char *module, const char *name, GPtrArray *findings, GError **error);

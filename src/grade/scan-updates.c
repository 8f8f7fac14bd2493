/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Updates without a lock; see scan-updates.h. A fresh symbol is the submission's by its name. A member of struct kvm is nameless in compiled code: an update of
 * one is the submission's if the base does not update struct kvm so. A member added further up moves all that follow by some bytes, and inlining moves code
 * from one function to another: both are allowed for.
 */
#include "grade/scan-updates.h"

#include <string.h>

/* An array this long has an entry per vCPU (KVM_MAX_VCPUS is 1024), or may have. */
#define PER_VCPU_ENTRIES 1024u

/* An update of struct kvm, of base or module. */
typedef struct {
  const ScanFunction *function;
  const ElfSymbol *symbol; /* the function's */
  const ScanAccess *access;
  gboolean paired;
} KvmUpdate;

static gboolean
is_lossy (const ScanAccess *a)
{
  return !a->atomic && !a->locked && !a->per_cpu && (a->kind == SCAN_UPDATE || a->rewritten);
}

static gboolean
may_be_per_vcpu (const ScanModule *scan, const ScanAccess *a)
{
  return a->indexed && a->root != SCAN_KVM && module_symbol (scan->module, a->root)->size >= (guint64) PER_VCPU_ENTRIES * a->size;
}

/* Whoever calls a function of the submission's own holds a lock, every time. */
static gboolean
is_called_locked (const ScanModule *scan, const ScanFunction *function)
{
  const gpointer key = GUINT_TO_POINTER (function->symbol);
  gboolean is_locked = FALSE;

  if (g_hash_table_contains (scan->base_names, scan_symbol_of (scan, function)->plain))
    return FALSE;
  for (guint i = 0; i < scan->functions->len; i++)
    {
      const ScanFunction *caller = g_ptr_array_index (scan->functions, i);
      if (g_hash_table_contains (caller->flow->unlocked_calls, key))
        return FALSE;
      is_locked |= g_hash_table_contains (caller->flow->locked_calls, key);
    }
  return is_locked;
}

/* --- struct kvm ------------------------------------------------------------------------------- */

static GArray *
kvm_updates (const ModuleElf *module, const GPtrArray *functions)
{
  GArray *updates = g_array_new (FALSE, FALSE, sizeof (KvmUpdate));

  for (guint i = 0; i < functions->len; i++)
    {
      const ScanFunction *function = g_ptr_array_index (functions, i);
      const ElfSymbol *symbol = module_symbol (module, function->symbol);
      for (guint k = 0; k < function->flow->accesses->len; k++)
        {
          const ScanAccess *a = &g_array_index (function->flow->accesses, ScanAccess, k);
          const KvmUpdate update = { function, symbol, a, FALSE };
          if (a->root == SCAN_KVM && is_lossy (a))
            g_array_append_val (updates, update);
        }
    }
  return updates;
}

static gboolean
is_alike (const KvmUpdate *a, const KvmUpdate *b)
{
  return a->access->insn.id == b->access->insn.id && a->access->size == b->access->size && a->access->indexed == b->access->indexed;
}

/* Pairs what the same function of both does, at the same offset first, then at any; *shifts gets by how much members have moved. */
static void
pair_in_functions (GArray *ours, GArray *theirs, gboolean same_offset, GHashTable *shifts)
{
  for (guint i = 0; i < theirs->len; i++)
    {
      KvmUpdate *a = &g_array_index (theirs, KvmUpdate, i);
      for (guint k = 0; k < ours->len && !a->paired; k++)
        {
          KvmUpdate *b = &g_array_index (ours, KvmUpdate, k);
          if (b->paired || !is_alike (a, b) || strcmp (a->symbol->plain, b->symbol->plain) != 0 || (same_offset && a->access->offset != b->access->offset))
            continue;
          a->paired = b->paired = TRUE;
          g_hash_table_add (shifts, GINT_TO_POINTER ((gint) CLAMP (a->access->offset - b->access->offset, G_MININT32, G_MAXINT32)));
        }
    }
}

/* Another function of the base does so, with the member where it was or moved as others were. */
static gboolean
base_does (GArray *ours, const KvmUpdate *a, GHashTable *shifts)
{
  for (guint k = 0; k < ours->len; k++)
    {
      const KvmUpdate *b = &g_array_index (ours, KvmUpdate, k);
      const gint shift = (gint) CLAMP (a->access->offset - b->access->offset, G_MININT32, G_MAXINT32);
      if (is_alike (a, b) && (shift == 0 || g_hash_table_contains (shifts, GINT_TO_POINTER (shift))))
        return TRUE;
    }
  return FALSE;
}

static void
find_kvm_updates (ScanModule *scan)
{
  g_autoptr (GArray) theirs = kvm_updates (scan->module, scan->functions);
  g_autoptr (GHashTable) shifts = g_hash_table_new (NULL, NULL);

  if (theirs->len == 0)
    return;
  g_autoptr (GArray) ours = kvm_updates (scan->base, scan_base_functions (scan));
  pair_in_functions (ours, theirs, TRUE, shifts);
  pair_in_functions (ours, theirs, FALSE, shifts);
  for (guint i = 0; i < theirs->len; i++)
    {
      const KvmUpdate *a = &g_array_index (theirs, KvmUpdate, i);
      if (!a->paired && scan_has_vcpu (a->symbol, a->function->flow) && !base_does (ours, a, shifts) && !is_called_locked (scan, a->function))
        scan_add_finding (scan, SCAN_UNLOCKED_UPDATE, a->function, a->access);
    }
}

/* --- fresh symbols ---------------------------------------------------------------------------- */

static void
find_symbol_updates (ScanModule *scan, const ScanFunction *function)
{
  for (guint k = 0; k < function->flow->accesses->len; k++)
    {
      const ScanAccess *a = &g_array_index (function->flow->accesses, ScanAccess, k);
      if (a->root != SCAN_KVM && is_lossy (a) && !may_be_per_vcpu (scan, a) && !is_called_locked (scan, function))
        scan_add_finding (scan, SCAN_UNLOCKED_UPDATE, function, a);
    }
}

void
scan_updates (ScanModule *scan)
{
  for (guint i = 0; i < scan->functions->len; i++)
    find_symbol_updates (scan, g_ptr_array_index (scan->functions, i));
  find_kvm_updates (scan);
}

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
/* KVM itself has some dozens. All are compared with all. */
#define UPDATES_MAX 500u

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

  return !g_hash_table_contains (scan->base_names, scan_symbol_of (scan, function)->plain) && g_hash_table_contains (scan->locked_calls, key) &&
         !g_hash_table_contains (scan->unlocked_calls, key);
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
          if (a->root == SCAN_KVM && is_lossy (a) && updates->len < UPDATES_MAX)
            g_array_append_val (updates, update);
        }
    }
  return updates;
}

static gboolean
is_alike (const KvmUpdate *a, const KvmUpdate *b)
{
  return a->access->size == b->access->size && a->access->indexed == b->access->indexed;
}

/* --- members that moved ----------------------------------------------------------------------- */

/* By how much members have moved: of an offset in the base, the offset in the module. */
static void
learn_move (GHashTable *moves, KvmUpdate *a, KvmUpdate *b)
{
  const gint64 from = b->access->offset;

  a->paired = b->paired = TRUE;
  if (!g_hash_table_contains (moves, &from))
    g_hash_table_insert (moves, g_memdup2 (&from, sizeof from), g_memdup2 (&a->access->offset, sizeof a->access->offset));
}

typedef enum { PAIR_WHERE_MOVED, PAIR_IN_PLACE, PAIR_ANYWHERE } PairHow;

/* The base's update b may be the module's a. */
static gboolean
may_pair (const KvmUpdate *a, const KvmUpdate *b, GHashTable *moves, PairHow how)
{
  const gint64 *to = g_hash_table_lookup (moves, &b->access->offset);

  if (a->paired || b->paired || !is_alike (a, b) || strcmp (a->symbol->plain, b->symbol->plain) != 0)
    return FALSE;
  if (to != NULL)
    return a->access->offset == *to;
  return how == PAIR_ANYWHERE || (how == PAIR_IN_PLACE && a->access->offset == b->access->offset);
}

static void
pair (GArray *ours, GArray *theirs, GHashTable *moves, PairHow how)
{
  for (guint i = 0; i < theirs->len; i++)
    for (guint k = 0; k < ours->len; k++)
      {
        KvmUpdate *a = &g_array_index (theirs, KvmUpdate, i), *b = &g_array_index (ours, KvmUpdate, k);
        if (may_pair (a, b, moves, how))
          learn_move (moves, a, b);
      }
}

/* How many a function has; *first is the first's index. */
static guint
count_of (const GArray *updates, const char *plain, guint *first)
{
  guint count = 0;

  for (guint i = updates->len; i-- > 0;)
    if (strcmp (g_array_index (updates, KvmUpdate, i).symbol->plain, plain) == 0)
      *first = i, count++;
  return count;
}

/* Functions that have as many as the base's show best what has moved: in their order, one is the other. */
static void
pair_equal_functions (GArray *ours, GArray *theirs, GHashTable *moves)
{
  for (guint i = 0, n; i < theirs->len; i += n)
    {
      const char *plain = g_array_index (theirs, KvmUpdate, i).symbol->plain;
      guint at_theirs = i, at_ours = 0;
      n = 1;
      const guint count = count_of (theirs, plain, &at_theirs);
      if (at_theirs != i || count != count_of (ours, plain, &at_ours) || i + count > theirs->len || at_ours + count > ours->len)
        continue;
      for (guint k = 0; k < count; k++)
        {
          KvmUpdate *a = &g_array_index (theirs, KvmUpdate, i + k), *b = &g_array_index (ours, KvmUpdate, at_ours + k);
          if (may_pair (a, b, moves, PAIR_ANYWHERE))
            learn_move (moves, a, b);
        }
    }
}

/* `to` in the module is where `from` of the base is now, as far as moves are known. */
static gboolean
may_have_moved (gint64 from, gint64 to, GHashTable *moves)
{
  const gint64 *known = g_hash_table_lookup (moves, &from);
  GHashTableIter iter;
  gpointer key, value;

  if (known != NULL || from == to)
    return to == (known != NULL ? *known : from);
  g_hash_table_iter_init (&iter, moves);
  while (g_hash_table_iter_next (&iter, &key, &value))
    if (to - from == *(const gint64 *) value - *(const gint64 *) key)
      return TRUE;
  return FALSE;
}

/*
 * Some function of the base updates a member there. It may have its struct kvm from elsewhere, as an argument or out of another structure, and be inlined
 * where a vCPU is at hand in the module.
 */
static gboolean
base_does (ScanModule *scan, gint64 offset, GHashTable *moves)
{
  const GPtrArray *functions = scan_base_functions (scan);

  for (guint i = 0; i < functions->len; i++)
    {
      const ScanFlow *flow = ((const ScanFunction *) g_ptr_array_index (functions, i))->flow;
      for (guint k = 0; k < flow->accesses->len; k++)
        {
          const ScanAccess *a = &g_array_index (flow->accesses, ScanAccess, k);
          if (a->root == SCAN_KVM && (a->kind == SCAN_UPDATE || a->rewritten) && may_have_moved (a->offset, offset, moves))
            return TRUE;
        }
      for (guint k = 0; k < flow->other_offsets->len; k++)
        if (may_have_moved (g_array_index (flow->other_offsets, gint64, k), offset, moves))
          return TRUE;
    }
  return FALSE;
}

static void
find_kvm_updates (ScanModule *scan)
{
  g_autoptr (GArray) theirs = kvm_updates (scan->module, scan->functions);
  g_autoptr (GHashTable) moves = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, g_free);

  if (theirs->len == 0)
    return;
  g_autoptr (GArray) ours = kvm_updates (scan->base, scan_base_functions (scan));
  pair_equal_functions (ours, theirs, moves);
  for (PairHow how = PAIR_WHERE_MOVED; how <= PAIR_ANYWHERE; how++)
    pair (ours, theirs, moves, how);
  for (guint i = 0; i < theirs->len; i++)
    {
      const KvmUpdate *a = &g_array_index (theirs, KvmUpdate, i);
      if (!a->paired && scan_has_vcpu (a->symbol, a->function->flow) && !base_does (scan, a->access->offset, moves) && !is_called_locked (scan, a->function))
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

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Cycles in 32 bits; see scan-cycles.h. Only functions that read the TSC oftener than the base's are looked at. A sum in 32 bits is wrong whatever else is
 * done with the cycles, unless their upper half is kept too; a plain copy of 32 bits may have its reasons where all 64 go somewhere as well.
 */
#include "grade/scan-cycles.h"

/* How many the base's functions have, by their plain names. */
static GHashTable *
count_base_rdtscs (ScanModule *scan)
{
  const GPtrArray *functions = scan_base_functions (scan);
  GHashTable *counts = g_hash_table_new (g_str_hash, g_str_equal);

  for (guint i = 0; i < functions->len; i++)
    {
      const ScanFunction *function = g_ptr_array_index (functions, i);
      char *plain = module_symbol (scan->base, function->symbol)->plain;
      const guint before = GPOINTER_TO_UINT (g_hash_table_lookup (counts, plain));
      if (function->flow->rdtscs > 0)
        g_hash_table_insert (counts, plain, GUINT_TO_POINTER (before + function->flow->rdtscs));
    }
  return counts;
}

static gboolean
is_sum (const ScanAccess *a)
{
  const guint id = a->insn.id;

  return a->kind == SCAN_STORE ? a->rewritten : id == X86_INS_ADD || id == X86_INS_SUB || id == X86_INS_XADD;
}

static gboolean
is_narrow (const ScanFlow *flow, const ScanAccess *a)
{
  if (!a->cycles || a->size > 4)
    return FALSE;
  return is_sum (a) || (a->kind == SCAN_STORE && a->difference && !flow->wide_used);
}

void
scan_cycles (ScanModule *scan)
{
  g_autoptr (GHashTable) counts = NULL;

  for (guint i = 0; i < scan->functions->len; i++)
    {
      const ScanFunction *function = g_ptr_array_index (scan->functions, i);
      const ElfSymbol *symbol = scan_symbol_of (scan, function);
      const ScanFlow *flow = function->flow;
      if (flow->rdtscs == 0 || flow->high_used || flow->accesses->len == 0)
        continue;
      if (counts == NULL)
        counts = count_base_rdtscs (scan);
      if (flow->rdtscs <= GPOINTER_TO_UINT (g_hash_table_lookup (counts, symbol->plain)))
        continue;
      for (guint k = 0; k < flow->accesses->len; k++)
        {
          const ScanAccess *a = &g_array_index (flow->accesses, ScanAccess, k);
          if (is_narrow (flow, a) && (a->root != SCAN_KVM || scan_has_vcpu (symbol, flow)))
            scan_add_finding (scan, SCAN_NARROW_CYCLES, function, a);
        }
    }
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Cycles in 32 bits; see scan-cycles.h. Only functions that read the TSC oftener than the base's are looked at. A sum in 32 bits is wrong whatever else is
 * done with the cycles, unless their upper half is kept too; a plain copy of 32 bits may have its reasons where all 64 go somewhere as well.
 */
#include "grade/scan-cycles.h"

#include <string.h>

static guint
base_rdtscs (ScanModule *scan, const char *plain)
{
  guint count = 0;

  for (guint i = 1; i < scan->base->symbols->len; i++)
    {
      const ElfSymbol *symbol = module_symbol (scan->base, i);
      if (!symbol->function || strcmp (symbol->plain, plain) != 0)
        continue;
      g_autoptr (ScanCode) code = scan_code_read (scan->base_scanner, i);
      for (guint k = 0; code != NULL && k < code->insns->len; k++)
        {
          const guint id = g_array_index (code->insns, ScanInsn, k).id;
          count += id == X86_INS_RDTSC || id == X86_INS_RDTSCP;
        }
    }
  return count;
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
  for (guint i = 0; i < scan->functions->len; i++)
    {
      const ScanFunction *function = g_ptr_array_index (scan->functions, i);
      const ElfSymbol *symbol = scan_symbol_of (scan, function);
      const ScanFlow *flow = function->flow;
      if (flow->rdtscs == 0 || flow->high_used || flow->accesses->len == 0 || flow->rdtscs <= base_rdtscs (scan, symbol->plain))
        continue;
      for (guint k = 0; k < flow->accesses->len; k++)
        {
          const ScanAccess *a = &g_array_index (flow->accesses, ScanAccess, k);
          if (is_narrow (flow, a) && (a->root != SCAN_KVM || scan_has_vcpu (symbol, flow)))
            scan_add_finding (scan, SCAN_NARROW_CYCLES, function, a);
        }
    }
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The operations against theory: so many repetitions, so many exits of the reason that the processor's manual and KVM's
 * source name. Counted are the exits between the marks; of other reasons there may be more.
 */
#include "stats/checks.h"

static guint64
exits_of (const OperationSummary *operation, guint32 code)
{
  for (guint i = 0; i < operation->reasons->len; i++)
    {
      const OperationReason *reason = &g_array_index (operation->reasons, OperationReason, i);
      if (reason->code == code)
        return reason->exits;
    }
  return 0;
}

static void
check_operation (Isa isa, const OperationSummary *operation, Checks *checks)
{
  const struct record_operation *theory = &record_operations[operation->number];
  const guint32 code = isa == ISA_VMX ? theory->vmx_reason : theory->svm_code;
  const guint64 expected = operation->repetitions * theory->per_repetition, actual = exits_of (operation, code);

  if (theory->certainty == RECORD_EXPECT_ALWAYS)
    checks_compare (checks, expected, actual, NULL, "operation:%s:reason=%u", theory->name, code);
  else if (theory->certainty == RECORD_EXPECT_USUALLY)
    checks_compare_usual (checks, expected, actual, "operation:%s:reason=%u", theory->name, code);
}

void
check_operations (const CheckInputs *in, Checks *checks)
{
  for (guint i = 0; i < in->summary->operations->len; i++)
    check_operation (in->summary->isa, &g_array_index (in->summary->operations, OperationSummary, i), checks);
}

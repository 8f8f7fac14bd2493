/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the judgement looks at: windows of an account, and what their operations are to KVM; see judge-private.h. */
#include "grade/judge-private.h"

#include <string.h>

static const struct {
  guint8 vmx, svm; /* Dispatch */
  gboolean user, heavy;
} operations[CHALLENGE_OPS] = {
  [CHALLENGE_OP_CPUID] = { DISPATCH_TABLE, DISPATCH_TABLE, FALSE, FALSE },
  [CHALLENGE_OP_RDMSR] = { DISPATCH_TABLE, DISPATCH_EARLY, FALSE, FALSE },
  [CHALLENGE_OP_WRMSR] = { DISPATCH_EARLY, DISPATCH_EARLY, FALSE, FALSE },
  [CHALLENGE_OP_ICR] = { DISPATCH_FASTPATH, DISPATCH_FASTPATH, FALSE, FALSE },
  [CHALLENGE_OP_PORT_OUT] = { DISPATCH_TABLE, DISPATCH_TABLE, TRUE, FALSE },
  [CHALLENGE_OP_PORT_IN] = { DISPATCH_TABLE, DISPATCH_TABLE, TRUE, FALSE },
  [CHALLENGE_OP_PORT_KERNEL] = { DISPATCH_TABLE, DISPATCH_TABLE, FALSE, FALSE },
  [CHALLENGE_OP_MMIO_USER] = { DISPATCH_EARLY, DISPATCH_EARLY, TRUE, FALSE },
  [CHALLENGE_OP_MMIO_KERNEL] = { DISPATCH_EARLY, DISPATCH_EARLY, FALSE, TRUE },
  [CHALLENGE_OP_CR0] = { DISPATCH_TABLE, DISPATCH_TABLE, FALSE, FALSE },
  [CHALLENGE_OP_CR4] = { DISPATCH_TABLE, DISPATCH_TABLE, FALSE, FALSE },
  [CHALLENGE_OP_DR7] = { DISPATCH_NONE, DISPATCH_NONE, FALSE, FALSE },
  [CHALLENGE_OP_XSETBV] = { DISPATCH_NONE, DISPATCH_NONE, FALSE, FALSE },
  [CHALLENGE_OP_HYPERCALL] = { DISPATCH_TABLE, DISPATCH_TABLE, FALSE, FALSE },
  [CHALLENGE_OP_WBINVD] = { DISPATCH_TABLE, DISPATCH_TABLE, FALSE, FALSE },
  [CHALLENGE_OP_FIRST_TOUCH] = { DISPATCH_TABLE, DISPATCH_EARLY, FALSE, TRUE },
};

Dispatch
judge_dispatch (Isa isa, guint op)
{
  return isa == ISA_VMX ? operations[op].vmx : operations[op].svm;
}

gboolean
judge_is_user (guint op)
{
  return operations[op].user;
}

gboolean
judge_is_heavy (guint op)
{
  return operations[op].heavy;
}

const ProgramWindow *
judge_window (const Judge *judge, guint number)
{
  return &g_array_index (judge->lab->program->windows, ProgramWindow, number);
}

guint
judge_windows (const Judge *judge)
{
  return judge->lab->program->windows->len;
}

const struct challenge_step *
judge_between (const Judge *judge, const ProgramWindow *window)
{
  return program_step (judge->lab->program, window->between.first);
}

gboolean
judge_is_plain (const Judge *judge, const ProgramWindow *window)
{
  return !window->concurrent && judge_dispatch (judge->lab->isa, judge_between (judge, window)->op) != DISPATCH_FASTPATH;
}

gboolean
judge_performed (const Judge *judge, const ProgramWindow *window)
{
  const AccountStep *step = account_step (judge->account, window->between.first);
  return step->done && step->registers[2] == (window->concurrent ? 3 : 1);
}

static guint64
cycles_of (const AccountStep *step, gboolean swapped)
{
  const guint64 high = step->registers[swapped ? 2 : 1], low = step->registers[swapped ? 1 : 2];
  return high << 32 | low;
}

void
judge_fill_delta (const Judge *judge, Delta *delta)
{
  const AccountStep *before = delta->before, *after = delta->after;
  delta->exits = after->registers[0] - before->registers[0];
  delta->cycles = cycles_of (after, FALSE) - cycles_of (before, FALSE);
  delta->cycles_swapped = cycles_of (after, TRUE) - cycles_of (before, TRUE);
  delta->all = account_count (judge->account, before->at, after->at, ACCOUNT_ALL_REASONS);
  delta->of_input = account_count (judge->account, before->at, after->at, delta->input);
  delta->ticks = before->tsc >= 0 && after->tsc >= 0 ? after->tsc - before->tsc : -1;
}

gboolean
judge_delta (const Judge *judge, const ProgramWindow *window, guint32 leaf, gboolean of_reason, Delta *delta)
{
  /* A side of a window reads all leaves for reason 0, then all of them for the operation's own. */
  const guint half = window->before.count / 2;
  for (guint i = of_reason ? half : 0; i < (of_reason ? window->before.count : half); i++)
    {
      const struct challenge_step *step = program_step (judge->lab->program, window->before.first + i);
      if (step->a != leaf)
        continue;
      *delta = (Delta){
        .before = account_step (judge->account, window->before.first + i),
        .after = account_step (judge->account, window->after.first + i),
        .leaf = leaf,
        .input = step->b,
      };
      if (!delta->before->done || !delta->after->done)
        return FALSE;
      judge_fill_delta (judge, delta);
      return TRUE;
    }
  return FALSE;
}

char *
judge_lab_name (const Judge *judge)
{
  const char *again = judge->lab->isa == ISA_VMX ? judge->rubric->again_vmx : judge->rubric->again_svm;
  if (judge->lab->accounts->len < 2)
    return g_strdup (isa_name (judge->lab->isa));
  return judge->round == 0 ? g_strdup_printf ("%s, first round", isa_name (judge->lab->isa)) : g_strdup_printf ("%s, %s", isa_name (judge->lab->isa), again);
}

char *
judge_window_name (const Judge *judge, const ProgramWindow *window)
{
  g_autofree char *lab = judge_lab_name (judge);
  const struct challenge_step *step = judge_between (judge, window);
  if (window->concurrent)
    return g_strdup_printf ("%s: %u + %u × %s on two vCPUs", lab, step->a, step->b, challenge_ops[step->op].what);
  return g_strdup_printf ("%s: %u × %s", lab, step->a, challenge_ops[step->op].what);
}

gboolean
judge_blames (const Judge *judge)
{
  return judge->lab->crash == NULL || judge->lab->crash->theirs;
}

char *
judge_crash_words (const Judge *judge)
{
  const Account *first = g_ptr_array_index (judge->lab->accounts, 0);
  if (judge->lab->crash != NULL)
    return g_strdup_printf ("not reached: %s in L1's kernel", judge->lab->crash->name);
  return g_strdup_printf ("none: %s", judge->account->stopped != NULL ? judge->account->stopped : first->stopped != NULL ? first->stopped : "L1 did not get so far");
}

static guint
leaf_index (const JudgedLab *lab, guint32 leaf)
{
  guint index = 0;
  while (index < lab->nr_leaves && lab->leaves[index] != leaf)
    index++;
  return index;
}

/* Every answer of a window's is, register by register, what the lab's own kernel answers to the same question. */
static gboolean
answers_as_unknown (const Judge *judge, const ProgramWindow *window, guint32 leaf, gboolean of_reason, gboolean *answered)
{
  const guint32 *unknown = judge->lab->baseline->unknown[judge_between (judge, window)->op][leaf_index (judge->lab, leaf)][of_reason ? 1 : 0];
  Delta delta;
  if (window->concurrent || !judge_delta (judge, window, leaf, of_reason, &delta))
    return TRUE;
  *answered = TRUE;
  return memcmp (delta.before->registers, unknown, sizeof delta.before->registers) == 0 && memcmp (delta.after->registers, unknown, sizeof delta.after->registers) == 0;
}

gboolean
judge_leaf_is_missing (const Judge *judge, guint32 leaf)
{
  /* By the first round, as the baseline: other parameters of the module may change what a leaf says that nobody implements. */
  Judge first = *judge;
  gboolean answered = FALSE;
  first.account = g_ptr_array_index (judge->lab->accounts, 0);
  if (leaf == 0 || leaf_index (judge->lab, leaf) == judge->lab->nr_leaves)
    return TRUE;
  for (guint i = 0; i < judge_windows (judge); i++)
    for (guint of_reason = 0; of_reason < 2; of_reason++)
      if (!answers_as_unknown (&first, judge_window (judge, i), leaf, of_reason != 0, &answered))
        return FALSE;
  return answered;
}

gboolean
judge_exits_agree (const Judge *judge, const ProgramWindow *window, guint64 expected, guint64 of_op, guint32 seen)
{
  const struct challenge_step *step = judge_between (judge, window);
  if (seen == (guint32) expected)
    return TRUE;
  return !judge->rubric->fastpath_counted && judge_dispatch (judge->lab->isa, step->op) == DISPATCH_FASTPATH && seen == (guint32) (expected - MIN (of_op, step->a));
}

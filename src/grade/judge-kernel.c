/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How L1's kernel fares with the change: its messages, what an exit costs, whether it survives; and the baseline that this is held against. */
#include "grade/judge-private.h"

#include <string.h>

#define TROUBLE_WORDS_MAX 160

static guint64
ticks_of (const Account *account, const ProgramWindow *window)
{
  const AccountStep *step = account_step (account, window->between.first);
  return (guint64) step->registers[1] << 32 | step->registers[0];
}

/* --- the baseline ----------------------------------------------------------------------------- */

gboolean
baseline_take (const Account *account, const AgentReport *report, Baseline *baseline)
{
  const Program *program = account->program;
  if (!account->complete)
    return FALSE;
  *baseline = (Baseline){ .isa = program->isa, .nr_others = MIN (program->other.count, G_N_ELEMENTS (baseline->others)), .kernel_lines = report->kernel_count };
  for (guint i = 0; i < baseline->nr_others; i++)
    memcpy (baseline->others[i], account_step (account, program->other.first + i)->registers, sizeof baseline->others[i]);
  for (guint i = 0; i < program->windows->len; i++)
    {
      const ProgramWindow *window = &g_array_index (program->windows, ProgramWindow, i);
      const struct challenge_step *step = program_step (program, window->between.first);
      if (!window->concurrent && step->a > 0)
        baseline->op_ticks[step->op] = ticks_of (account, window) * 100 / step->a;
      for (guint j = 0; i == 0 && j < window->before.count / 2 && j < PROGRAM_LEAVES_MAX; j++)
        memcpy (baseline->unknown[j], account_step (account, window->before.first + j)->registers, sizeof baseline->unknown[j]);
    }
  return TRUE;
}

/* --- messages --------------------------------------------------------------------------------- */

void
judge_log_volume (const Judge *judge, GradeRow *row)
{
  const AgentReport *report = judge->lab->report;
  const guint64 lines = report->kernel_count - MIN (report->kernel_count, judge->lab->baseline->kernel_lines);
  if (judge->round > 0 || !report->began)
    return;
  grade_case_add (row, lines <= judge->rubric->log_lines_max, g_strdup_printf ("%s: kernel messages", isa_name (judge->lab->isa)),
                  g_strdup_printf ("at most %u more than without the change", judge->rubric->log_lines_max), g_strdup_printf ("%" G_GUINT64_FORMAT " more", lines));
}

/* --- cost ------------------------------------------------------------------------------------- */

/* An operation's ticks, in hundredths of the baseline's; 0 if it was not performed. */
static guint64
relative_cost (const Judge *judge, const ProgramWindow *window)
{
  const struct challenge_step *step = judge_between (judge, window);
  const guint64 before = judge->lab->baseline->op_ticks[step->op];
  if (window->concurrent || step->a == 0 || before == 0 || !account_step (judge->account, window->between.first)->done)
    return 0;
  return ticks_of (judge->account, window) * 100 / step->a * 100 / before;
}

/* Of several operations the one that became least slower: L1's own work, which lies in some window or other, makes one look slow and not all. */
void
judge_cost (const Judge *judge, GradeRow *row)
{
  static const guint ops[] = { CHALLENGE_OP_CPUID, CHALLENGE_OP_RDMSR, CHALLENGE_OP_HYPERCALL };
  const ProgramWindow *best = NULL;
  guint64 least = G_MAXUINT64;
  for (guint i = 0; judge->round == 0 && i < judge_windows (judge); i++)
    {
      const ProgramWindow *window = judge_window (judge, i);
      const guint op = judge_between (judge, window)->op;
      const guint64 cost = relative_cost (judge, window);
      if (cost == 0 || cost >= least || (op != ops[0] && op != ops[1] && op != ops[2]))
        continue;
      best = window;
      least = cost;
    }
  if (best == NULL)
    return;
  g_autofree char *lab = judge_lab_name (judge);
  const guint op = judge_between (judge, best)->op;
  grade_case_add (row, least <= 100 + judge->rubric->cost_max_percent, g_strdup_printf ("%s: one exit of %s, the least slowed of three kinds", lab, challenge_ops[op].what),
                  g_strdup_printf ("at most %u %% of what it takes without the change", 100 + judge->rubric->cost_max_percent), g_strdup_printf ("%" G_GUINT64_FORMAT " %%", least));
}

/* --- stability -------------------------------------------------------------------------------- */

void
judge_stability (const Judge *judge, GradeRow *row)
{
  const AgentReport *report = judge->lab->report;
  g_autofree char *lab = judge_lab_name (judge);
  g_autofree char *words = report->trouble != NULL ? grade_text_head (report->trouble, TROUBLE_WORDS_MAX) : NULL;
  grade_case_add (row, judge->account->complete, g_strdup_printf ("%s: the guest", lab), g_strdup ("goes through its program to the end"),
                  judge->account->complete ? g_strdup ("it does") : g_strdup (judge->account->stopped));
  if (judge->round > 0)
    return;
  grade_case_add (row, report->trouble == NULL, g_strdup_printf ("%s: L1's kernel", isa_name (judge->lab->isa)), g_strdup ("no oops, warning or report"),
                  report->trouble == NULL ? g_strdup ("none") : g_strdup_printf ("%s: %s", report->trouble_name, words));
  grade_case_add (row, report->ended, g_strdup_printf ("%s: L1, after a VM entry that the processor refuses", isa_name (judge->lab->isa)), g_strdup ("goes on, to its end"),
                  g_strdup (report->ended ? "it does" : "it did not come to its end"));
}

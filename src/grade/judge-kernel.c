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
    {
      const struct challenge_step *step = program_step (program, program->other.first + i);
      baseline->others[i].leaf = step->a;
      baseline->others[i].input = step->b;
      memcpy (baseline->others[i].registers, account_step (account, program->other.first + i)->registers, sizeof baseline->others[i].registers);
    }
  for (guint i = 0; i < program->windows->len; i++)
    {
      const ProgramWindow *window = &g_array_index (program->windows, ProgramWindow, i);
      const struct challenge_step *step = program_step (program, window->between.first);
      if (!window->concurrent && step->a > 0)
        baseline->op_ticks[step->op] = ticks_of (account, window) * 100 / step->a;
      const guint half = MIN (window->before.count / 2, PROGRAM_LEAVES_MAX);
      for (guint j = 0; !window->concurrent && j < 2 * half; j++)
        memcpy (baseline->unknown[step->op][j % half][j / half], account_step (account, window->before.first + j)->registers, sizeof baseline->unknown[0][0][0]);
    }
  return TRUE;
}

/* --- messages --------------------------------------------------------------------------------- */

/* Answers that any of the map's leaves gave. */
static guint64
queries_of (const Judge *judge, const Account *account)
{
  const LeafMap *map = judge->map;
  guint64 count = 0;
  for (guint i = 0; account != NULL && i < account->reached; i++)
    {
      const struct challenge_step *step = program_step (account->program, i);
      const gboolean asked = step->a == map->total_exits || step->a == map->total_cycles || step->a == map->reason_exits || step->a == map->reason_cycles;
      count += step->kind == CHALLENGE_READ && step->a != 0 && asked ? 1 : 0;
    }
  return count;
}

static guint64
exits_of (const Account *account)
{
  return account != NULL && account->began && account->last > account->first ? account->last - account->first : 0;
}

static char *
messages_text (guint64 lines, guint64 queries, guint64 exits, guint few)
{
  if (lines <= few)
    return g_strdup_printf ("%" G_GUINT64_FORMAT " more", lines);
  if (lines <= queries + few)
    return g_strdup_printf ("%" G_GUINT64_FORMAT " more: one for an answer of the leaves, of which there were %" G_GUINT64_FORMAT ", at most; not one for each exit", lines, queries);
  return g_strdup_printf ("%" G_GUINT64_FORMAT " more, in %" G_GUINT64_FORMAT " exits and %" G_GUINT64_FORMAT " answers of the leaves", lines, exits, queries);
}

void
judge_log_volume (const Judge *judge, GradeRow *row)
{
  const AgentReport *report = judge->lab->report;
  const Rubric *rubric = judge->rubric;
  const guint64 lines = report->kernel_count - MIN (report->kernel_count, judge->lab->baseline->kernel_lines);
  guint64 queries = queries_of (judge, judge->lab->last), exits = exits_of (judge->lab->last);
  if (judge->round > 0 || !report->began)
    return;
  for (guint i = 0; i < judge->lab->accounts->len; i++)
    {
      queries += queries_of (judge, g_ptr_array_index (judge->lab->accounts, i));
      exits += exits_of (g_ptr_array_index (judge->lab->accounts, i));
    }
  grade_case_add (row, lines <= rubric->log_lines_max + queries * rubric->log_lines_per_query, g_strdup_printf ("%s: kernel messages", isa_name (judge->lab->isa)),
                  g_strdup_printf ("at most %u more than without the change, and %u for each of %" G_GUINT64_FORMAT " answers of the leaves", rubric->log_lines_max, rubric->log_lines_per_query, queries),
                  messages_text (lines, queries, exits, rubric->log_lines_max));
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

static char *
trouble_text (const JudgedLab *lab)
{
  const Crash *crash = lab->crash;
  g_autofree char *words = lab->report->trouble != NULL ? grade_text_head (lab->report->trouble, TROUBLE_WORDS_MAX) : NULL;
  if (crash != NULL && crash->place != NULL)
    return g_strdup_printf ("%s at %s", crash->name, crash->place);
  if (lab->report->trouble != NULL)
    return g_strdup_printf ("%s: %s", lab->report->trouble_name, words);
  return g_strdup (crash != NULL ? crash->name : "none");
}

static void
add_guest_case (const Account *account, char *what, GradeRow *row)
{
  grade_case_add (row, account->complete, what, g_strdup ("goes through its program to the end"), g_strdup (account->complete ? "it does" : account->stopped));
}

/* What L1 died of is told once, where its kernel is spoken of. What it died of at a line that is not the submission's says nothing of the submission. */
void
judge_stability (const Judge *judge, GradeRow *row)
{
  const JudgedLab *lab = judge->lab;
  const gboolean bad = lab->report->trouble != NULL || lab->crash != NULL;
  g_autofree char *name = judge_lab_name (judge);
  if (!judge_blames (judge))
    return;
  if (lab->crash == NULL || judge->account->complete)
    add_guest_case (judge->account, g_strdup_printf ("%s: the guest", name), row);
  if (judge->round > 0)
    return;
  if (lab->crash == NULL && ((const Account *) g_ptr_array_index (lab->accounts, lab->accounts->len - 1))->complete)
    add_guest_case (lab->last, g_strdup_printf (judge->look != NULL ? "%s: the guest, after a VM entry that the processor refuses" : "%s: the guest, asked for reasons that the manual does not define", isa_name (lab->isa)), row);
  grade_case_add (row, !bad, g_strdup_printf ("%s: L1's kernel", isa_name (lab->isa)), g_strdup ("no oops, warning or report"), trouble_text (lab));
  if (lab->crash == NULL || lab->report->guest_done)
    grade_case_add (row, lab->report->ended, g_strdup_printf ("%s: L1, after a VM entry that the processor refuses", isa_name (lab->isa)), g_strdup ("goes on, to its end"),
                    g_strdup (lab->report->ended ? "it does" : "it did not come to its end"));
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A function followed along all its paths; see scan-flow.h. Blocks are run until what is known at their begins changes no more. */
#include "grade/scan-flow.h"

#include "grade/scan-step.h"

#define BLOCKS_MAX 8192u
#define ROUNDS_MAX 32u /* instructions may be stepped over so often, in the mean */

typedef struct {
  ScanStepper stepper;
  guint n_insns, n_blocks;
  guint *block_of;    /* of an instruction that begins one, its number plus one */
  guint *begin;       /* of a block */
  ScanState *known;   /* at a block's begin */
  gboolean *waiting;
  guint64 steps;
} Follower;

static void
follower_clear (Follower *f)
{
  g_array_unref (f->stepper.places);
  g_hash_table_unref (f->stepper.locks);
  g_free (f->block_of);
  g_free (f->begin);
  g_free (f->known);
  g_free (f->waiting);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Follower, follower_clear)

static const ScanInsn *
insn_at (const Follower *f, guint i)
{
  return &g_array_index (f->stepper.code->insns, ScanInsn, i);
}

/* --- blocks ----------------------------------------------------------------------------------- */

static void
mark (Follower *f, guint i)
{
  if (i < f->n_insns)
    f->block_of[i] = 1;
}

static void
find_blocks (Follower *f)
{
  f->block_of = g_new0 (guint, f->n_insns);
  mark (f, 0);
  for (guint i = 0; i < f->n_insns; i++)
    {
      const ScanInsn *insn = insn_at (f, i);
      mark (f, insn->target);
      mark (f, insn->side_exit);
      if (insn->table_target)
        mark (f, i);
      if (insn->jump || insn->end || insn->side_exit != SCAN_NO_INSN)
        mark (f, i + 1);
    }
  f->begin = g_new0 (guint, f->n_insns);
  for (guint i = 0; i < f->n_insns; i++)
    if (f->block_of[i] != 0)
      {
        f->begin[f->n_blocks] = i;
        f->block_of[i] = ++f->n_blocks;
      }
}

static void
go_to (Follower *f, guint insn, const ScanState *state)
{
  if (insn >= f->n_insns || f->block_of[insn] == 0)
    return;
  const guint block = f->block_of[insn] - 1;
  if (scan_state_join (&f->known[block], state, insn))
    f->waiting[block] = TRUE;
}

static void
go_to_tables (Follower *f, const ScanState *state)
{
  f->steps += f->n_blocks;
  for (guint b = 0; b < f->n_blocks; b++)
    if (insn_at (f, f->begin[b])->table_target)
      go_to (f, f->begin[b], state);
}

/* Where an instruction goes on. FALSE: not to the one after it in this block. */
static gboolean
go_on (Follower *f, guint i, const ScanState *state)
{
  const ScanInsn *insn = insn_at (f, i);

  go_to (f, insn->target, state);
  go_to (f, insn->side_exit, state);
  if (insn->indirect)
    go_to_tables (f, state);
  if (insn->end)
    return FALSE;
  if (i + 1 < f->n_insns && f->block_of[i + 1] == 0)
    return TRUE;
  go_to (f, i + 1, state);
  return FALSE;
}

static void
run_block (Follower *f, guint block)
{
  ScanState state = f->known[block];

  for (guint i = f->begin[block]; i < f->n_insns; i++)
    {
      f->steps++;
      scan_step (&f->stepper, &state, i);
      if (!go_on (f, i, &state))
        break;
    }
}

/* FALSE if that takes too long. */
static gboolean
run_until_known (Follower *f)
{
  const guint64 most = (guint64) f->n_insns * ROUNDS_MAX + 10000;
  gboolean again = TRUE;

  while (again)
    {
      again = FALSE;
      for (guint b = 0; b < f->n_blocks; b++)
        {
          if (!f->waiting[b])
            continue;
          again = TRUE;
          f->waiting[b] = FALSE;
          run_block (f, b);
          if (f->steps > most)
            return FALSE;
        }
    }
  return TRUE;
}

/* --- the function ----------------------------------------------------------------------------- */

static ScanFlow *
flow_new (void)
{
  ScanFlow *flow = g_new0 (ScanFlow, 1);

  flow->accesses = g_array_new (FALSE, FALSE, sizeof (ScanAccess));
  flow->other_offsets = g_array_new (FALSE, FALSE, sizeof (gint64));
  flow->locked_calls = g_hash_table_new (NULL, NULL);
  flow->unlocked_calls = g_hash_table_new (NULL, NULL);
  return flow;
}

ScanFlow *
scan_flow_follow (const ModuleElf *module, const ScanCode *code)
{
  g_autoptr (ScanFlow) flow = flow_new ();
  g_auto (Follower) f = { .stepper = { .module = module, .code = code, .escaped = G_MAXINT64 }, .n_insns = code->insns->len };

  f.stepper.places = g_array_new (FALSE, FALSE, sizeof (ScanPlace));
  f.stepper.locks = g_hash_table_new (NULL, NULL);
  find_blocks (&f);
  if (f.n_insns == 0 || f.n_blocks > BLOCKS_MAX)
    return g_steal_pointer (&flow);
  f.known = g_new0 (ScanState, f.n_blocks);
  f.waiting = g_new0 (gboolean, f.n_blocks);
  scan_state_begin (&f.known[0]);
  f.waiting[0] = TRUE;
  if (!run_until_known (&f))
    return g_steal_pointer (&flow);
  f.stepper.out = flow;
  for (guint b = 0; b < f.n_blocks; b++)
    if (f.known[b].reached)
      run_block (&f, b);
  return g_steal_pointer (&flow);
}

void
scan_flow_free (ScanFlow *flow)
{
  if (flow == NULL)
    return;
  g_array_unref (flow->accesses);
  g_array_unref (flow->other_offsets);
  g_hash_table_unref (flow->locked_calls);
  g_hash_table_unref (flow->unlocked_calls);
  g_free (flow);
}

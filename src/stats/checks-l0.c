/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The emulator's own exit log against the records: as many exits, of each reason as many, and in the same order,
 * each with the same reason, information fields and RIP. No L1 kernel can touch that log.
 */
#include "stats/checks.h"
#include "timeline/cursor.h"

#define BASIC_REASON 0xffffu /* SDM vol. 3, 25.9.1 */

static guint32
l0_code (Isa isa, const L0Exit *exit)
{
  return isa == ISA_VMX ? exit->reason & BASIC_REASON : exit->reason;
}

/* Of how many leading exits each field agrees. */
typedef struct {
  guint64 compared, reason, info1, info2, rip;
} Agreement;

static void
agree_on (guint64 *leading, guint64 seq, gboolean equal)
{
  if (*leading == seq && equal)
    (*leading)++;
}

static Agreement
compare_sequences (const Timeline *t, const GArray *l0)
{
  Agreement a = { 0 };
  const struct kvm_exit_log_record *exit;
  ExitCursor cursor;

  exit_cursor_init (&cursor, t);
  for (; a.compared < l0->len && (exit = exit_cursor_next (&cursor, NULL)) != NULL; a.compared++)
    {
      const L0Exit *told = &g_array_index (l0, L0Exit, a.compared);

      agree_on (&a.reason, a.compared, l0_code (t->isa, told) == exit->reason);
      agree_on (&a.info1, a.compared, told->info1 == exit->info1);
      agree_on (&a.info2, a.compared, t->isa == ISA_VMX || told->info2 == exit->info2);
      agree_on (&a.rip, a.compared, told->rip == 0 || told->rip == exit->rip);
    }
  return a;
}

static guint64
count_code (Isa isa, const GArray *l0, guint from, guint32 code)
{
  guint64 n = 0;
  for (guint i = from; i < l0->len; i++)
    if (l0_code (isa, &g_array_index (l0, L0Exit, i)) == code)
      n++;
  return n;
}

/* The codes that either of the two has, each once, ascending. */
static GArray *
all_codes (const CheckInputs *in)
{
  GArray *codes = g_array_new (FALSE, FALSE, sizeof (guint32));
  g_autoptr (GHashTable) seen = g_hash_table_new (NULL, NULL);

  for (guint i = 0; i < in->summary->codes->len + in->l0->len; i++)
    {
      const guint32 code = i < in->summary->codes->len
                               ? g_array_index (in->summary->codes, guint32, i)
                               : l0_code (in->timeline->isa, &g_array_index (in->l0, L0Exit, i - in->summary->codes->len));
      if (g_hash_table_add (seen, GUINT_TO_POINTER (code)))
        g_array_append_val (codes, code);
    }
  return codes;
}

static gint
compare_codes (gconstpointer a, gconstpointer b)
{
  const guint32 x = *(const guint32 *) a, y = *(const guint32 *) b;
  return x < y ? -1 : x > y;
}

#define CODES_MAX 1024u /* of a log that is none */

static void
compare_reasons (const CheckInputs *in, Checks *checks, gboolean tail_allowed)
{
  const Timeline *t = in->timeline;
  g_autoptr (GArray) codes = all_codes (in);

  g_array_sort (codes, compare_codes);
  for (guint i = 0; i < MIN (codes->len, CODES_MAX); i++)
    {
      const guint32 code = g_array_index (codes, guint32, i);
      const guint index = timeline_reason (t, code);
      const guint64 recorded = index < TIMELINE_REASONS ? t->reason_exits[index] : 0;
      const guint64 told = count_code (t->isa, in->l0, 0, code);
      const gboolean in_tail = tail_allowed && told == recorded + count_code (t->isa, in->l0, (guint) t->exits, code);

      checks_compare (checks, told, recorded, in_tail ? "after-last-record" : NULL, "l0-exits:reason=%u", code);
    }
}

void
check_l0 (const CheckInputs *in, Checks *checks)
{
  const Timeline *t = in->timeline;

  if (in->l0 == NULL)
    {
      checks_not_run (checks, "l0-exits");
      return;
    }
  const gboolean tail_allowed = in->l0->len > t->exits && in->l0->len - t->exits <= t->n_vcpus;
  checks_compare (checks, in->l0->len, t->exits, tail_allowed ? "after-last-record" : NULL, "l0-exits");
  compare_reasons (in, checks, tail_allowed);

  const Agreement a = compare_sequences (t, in->l0);
  checks_compare (checks, a.compared, a.reason, NULL, "l0-sequence:reason");
  checks_compare (checks, a.compared, a.info1, NULL, "l0-sequence:info1");
  if (t->isa == ISA_SVM)
    checks_compare (checks, a.compared, a.info2, NULL, "l0-sequence:info2");
  checks_compare (checks, a.compared, a.rip, NULL, "l0-sequence:rip");
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Do the accounts agree? */
#include "report/answers-parts.h"

#include <string.h>

#include "report/words.h"

static guint
count_verdicts (const Checks *checks, const char *verdict)
{
  guint n = 0;
  for (guint i = 0; i < checks->rows->len; i++)
    n += strcmp (((const CheckRow *) g_ptr_array_index (checks->rows, i))->verdict, verdict) == 0 ? 1 : 0;
  return n;
}

static void
put_lab (GString *out, const AnswersLab *lab)
{
  const Checks *c = lab->checks;

  answers_begin (out, lab);
  g_string_append (out, c->failed == 0 ? "yes: of " : "no: of ");
  words_amount (out, c->rows->len, "check", "checks");
  g_string_append_printf (out, " %u agree; differ for a reason that a rule names: %u; surprises: %u; not run: %u; failed: %u", count_verdicts (c, "ok"),
                          c->explained, count_verdicts (c, "surprise"), c->not_run, c->failed);
  answers_cite (out, lab, "checks.csv", "all rows");
  g_string_append_c (out, '.');
  if (c->first_failure != NULL)
    {
      g_string_append (out, " The first to fail: ");
      answers_text (out, c->first_failure);
      answers_cite (out, lab, "checks.csv", "verdict=fail");
      g_string_append_c (out, '.');
    }
  g_string_append_c (out, '\n');
}

void
answer_accounts (GString *out, const AnswersLab *labs, gsize n)
{
  gboolean of_ours = FALSE;

  for (gsize i = 0; i < n; i++)
    of_ours = of_ours || answers_of_ours (&labs[i]);
  g_string_append_printf (out, "The exit log, the patch's counters, %sKVM's own statistics and, in an emulated lab, the emulator's log count the same "
                               "exits; each comparison is a row of checks.csv. A surprise is no error: a number that is usual, but that nothing promises.\n\n",
                          of_ours ? "what L2 read by CPUID, " : "");
  for (gsize i = 0; i < n; i++)
    put_lab (out, &labs[i]);
}

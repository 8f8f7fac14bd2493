/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which exit types are most and least frequent, and which never occur? */
#include "report/answers-parts.h"

#include "report/words.h"

#define SHOWN 5u /* types that are listed at either end */

static void
put_type (GString *out, const AnswersLab *lab, const ReasonSummary *reason)
{
  g_string_append (out, "  - ");
  answers_reason (out, lab, reason->code);
  g_string_append (out, ": ");
  words_amount (out, reason->exits, "exit", "exits");
  g_string_append (out, ", ");
  words_percent (out, reason->exits, lab->summary->windows[WINDOW_BOOT].exits);
  answers_cite (out, lab, "reasons.csv", "window=boot, reason=%u", reason->code);
  g_string_append_c (out, '\n');
}

static void
put_90 (GString *out, const AnswersLab *lab)
{
  const LabSummary *s = lab->summary;

  if (s->types_90 == 0)
    return;
  g_string_append (out, s->types_90 == 1 ? " The first alone makes " : " The first ");
  if (s->types_90 > 1)
    g_string_append_printf (out, "%u make ", s->types_90);
  words_percent (out, s->types_90_exits, s->windows[WINDOW_BOOT].exits);
  g_string_append (out, " of the exits, ");
  words_count (out, s->types_90_exits);
  g_string_append (out, " of ");
  words_count (out, s->windows[WINDOW_BOOT].exits);
  answers_cite (out, lab, "reasons.csv", "window=boot, first %u rows", s->types_90);
  g_string_append_c (out, '.');
}

static void
put_frequent (GString *out, const AnswersLab *lab)
{
  const GArray *reasons = lab->summary->reasons[WINDOW_BOOT];
  const guint shown = MIN (SHOWN, reasons->len);

  answers_begin (out, lab);
  g_string_append (out, "in window boot ");
  words_amount (out, reasons->len, "type occurs.", "types occur.");
  put_90 (out, lab);
  g_string_append (out, reasons->len > 0 ? " Most frequent:\n" : "\n");
  for (guint i = 0; i < shown; i++)
    put_type (out, lab, &g_array_index (reasons, ReasonSummary, i));
  if (reasons->len <= SHOWN)
    return;
  g_string_append (out, "\n  Least frequent of those that occur:\n");
  for (guint i = MAX (shown, reasons->len - SHOWN); i < reasons->len; i++)
    put_type (out, lab, &g_array_index (reasons, ReasonSummary, i));
}

static void
put_never (GString *out, const AnswersLab *lab)
{
  const GArray *codes = reason_codes (lab->names);
  g_autoptr (GString) list = g_string_new (NULL);
  guint never = 0;

  for (guint i = 0; i < codes->len; i++)
    {
      const guint32 code = g_array_index (codes, guint32, i);
      if (lab_summary_reason (lab->summary, WINDOW_ALL, code) != NULL)
        continue;
      g_string_append (list, never++ > 0 ? ", " : ": ");
      answers_reason (list, lab, code);
    }
  answers_begin (out, lab);
  g_string_append_printf (out, "in window all %u of %u defined types never occur", never, codes->len);
  answers_cite (out, lab, "reasons.csv", "window=all, no row");
  g_string_append_printf (out, "%s.\n", list->str);
}

void
answer_types (GString *out, const AnswersLab *labs, gsize n)
{
  for (gsize i = 0; i < n; i++)
    put_frequent (out, &labs[i]);
  g_string_append_c (out, '\n');
  for (gsize i = 0; i < n; i++)
    put_never (out, &labs[i]);
}

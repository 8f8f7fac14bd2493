/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What do the two vendors do differently for the same guest? The boot window by kind, side by side. */
#include "report/answers-parts.h"

#include <string.h>

#include "report/csv.h"
#include "report/words.h"

#define SHOWN 4u

typedef struct {
  const AnswersLab *vmx, *svm;
} Pair;

static guint64
apart (const Pair *pair, const char *kind)
{
  const guint64 a = answers_kind_exits (pair->vmx, kind), b = answers_kind_exits (pair->svm, kind);
  return MAX (a, b) - MIN (a, b);
}

static gint
compare_apart (gconstpointer a, gconstpointer b, gpointer pair)
{
  const char *x = *(const char *const *) a, *y = *(const char *const *) b;
  const guint64 of_x = apart (pair, x), of_y = apart (pair, y);
  if (of_x != of_y)
    return of_x > of_y ? -1 : 1;
  return strcmp (x, y);
}

/* "1.3 times as many on vmx" */
static void
put_factor (GString *out, const Pair *pair, guint64 on_vmx, guint64 on_svm)
{
  if (on_vmx == on_svm)
    {
      g_string_append (out, "as many on both");
      return;
    }
  if (on_vmx == 0 || on_svm == 0)
    g_string_append (out, "only on ");
  else
    {
      words_factor (out, MAX (on_vmx, on_svm), MIN (on_vmx, on_svm));
      g_string_append (out, " times as many on ");
    }
  answers_text (out, on_vmx > on_svm ? pair->vmx->name : pair->svm->name);
}

static void
cite_kind (GString *out, const AnswersLab *lab, const char *kind)
{
  g_autofree char *name = markdown_text (kind);

  if (answers_kind_exits (lab, kind) > 0)
    answers_cite (out, lab, "kinds.csv", "kind=%s, window=boot", name);
}

static void
put_difference (GString *out, const Pair *pair, const char *kind)
{
  g_autoptr (GString) words = g_string_new (NULL);

  words_kind (words, kind);
  g_string_append (out, "- ");
  answers_text (out, words->str);
  g_string_append (out, ": ");
  words_count (out, answers_kind_exits (pair->vmx, kind));
  g_string_append (out, " against ");
  words_count (out, answers_kind_exits (pair->svm, kind));
  g_string_append (out, ", ");
  put_factor (out, pair, answers_kind_exits (pair->vmx, kind), answers_kind_exits (pair->svm, kind));
  cite_kind (out, pair->vmx, kind);
  cite_kind (out, pair->svm, kind);
  g_string_append (out, ".\n");
}

static void
put_totals (GString *out, const Pair *pair)
{
  const guint64 on_vmx = pair->vmx->summary->windows[WINDOW_BOOT].exits, on_svm = pair->svm->summary->windows[WINDOW_BOOT].exits;

  g_string_append (out, "The boot takes ");
  words_amount (out, on_vmx, "exit", "exits");
  g_string_append (out, " on ");
  answers_text (out, pair->vmx->name);
  answers_cite_boot (out, pair->vmx);
  g_string_append (out, " and ");
  words_count (out, on_svm);
  g_string_append (out, " on ");
  answers_text (out, pair->svm->name);
  answers_cite_boot (out, pair->svm);
  g_string_append (out, ": ");
  put_factor (out, pair, on_vmx, on_svm);
  g_string_append_c (out, '.');
}

static void
put_differences (GString *out, const Pair *pair, GPtrArray *kinds)
{
  g_ptr_array_sort_with_data (kinds, compare_apart, (gpointer) pair);
  if (apart (pair, g_ptr_array_index (kinds, 0)) == 0)
    {
      g_string_append (out, " No kind has another number of exits.\n");
      return;
    }
  g_string_append (out, " The kinds that are furthest apart:\n\n");
  for (guint i = 0; i < MIN (SHOWN, kinds->len) && apart (pair, g_ptr_array_index (kinds, i)) > 0; i++)
    put_difference (out, pair, g_ptr_array_index (kinds, i));
}

/* The kinds that one lab has alone. */
static void
put_alone (GString *out, const AnswersLab *lab, const AnswersLab *other, const GPtrArray *kinds)
{
  g_autoptr (GString) list = g_string_new (NULL), rows = g_string_new (NULL);

  for (guint i = 0; i < kinds->len; i++)
    {
      const char *kind = g_ptr_array_index (kinds, i);
      if (answers_kind_exits (lab, kind) == 0 || answers_kind_exits (other, kind) > 0)
        continue;
      g_autofree char *name = markdown_text (kind);
      g_string_append_printf (rows, "%skind=%s, window=boot", list->len > 0 ? "; " : "", name);
      g_string_append_printf (list, "%s%s", list->len > 0 ? ", " : "", name);
    }
  if (list->len == 0)
    return;
  g_string_append (out, "- Only ");
  answers_text (out, lab->name);
  g_string_append (out, " has ");
  g_string_append (out, list->str);
  answers_cite (out, lab, "kinds.csv", "%s", rows->str);
  g_string_append (out, ".\n");
}

static void
put_reasons (GString *out, const AnswersLab *lab, const char *kind)
{
  const GArray *reasons = lab->summary->reasons[WINDOW_BOOT];
  guint n = 0;

  for (guint i = 0; i < reasons->len && answers_kind_exits (lab, kind) > 0; i++)
    {
      const guint32 code = g_array_index (reasons, ReasonSummary, i).code;
      if (!reason_may_be_of_kind (lab->names, lab->summary->isa, code, kind))
        continue;
      g_string_append (out, n++ > 0 ? ", " : " ");
      answers_reason (out, lab, code);
    }
  g_string_append (out, " |");
}

static void
put_row (GString *out, const Pair *pair, const char *kind)
{
  const guint64 on_vmx = answers_kind_exits (pair->vmx, kind), on_svm = answers_kind_exits (pair->svm, kind);

  g_string_append (out, "| ");
  answers_text (out, kind);
  g_string_append_printf (out, " | %" G_GUINT64_FORMAT " | %" G_GUINT64_FORMAT " | ", on_vmx, on_svm);
  if (on_vmx > 0 && on_svm > 0)
    {
      csv_fixed (out, arith_ratio (on_vmx, 100, on_svm), 2);
      g_string_append_c (out, ' ');
    }
  g_string_append_c (out, '|');
  put_reasons (out, pair->vmx, kind);
  put_reasons (out, pair->svm, kind);
  g_string_append_c (out, '\n');
}

static void
put_head (GString *out, const Pair *pair)
{
  g_string_append (out, "\n| kind | ");
  answers_text (out, pair->vmx->name);
  g_string_append (out, " exits | ");
  answers_text (out, pair->svm->name);
  g_string_append (out, " exits | ratio | ");
  answers_text (out, pair->vmx->name);
  g_string_append (out, " reasons | ");
  answers_text (out, pair->svm->name);
  g_string_append (out, " codes |\n|---|---:|---:|---:|---|---|\n");
}

void
answer_vendors (GString *out, const AnswersLab *vmx, const AnswersLab *svm)
{
  const Pair pair = { vmx, svm };
  const AnswersLab both[] = { *vmx, *svm };
  g_autoptr (GPtrArray) kinds = answers_kind_names (both, 2);
  g_autoptr (GPtrArray) furthest = answers_kind_names (both, 2);

  put_totals (out, &pair);
  if (kinds->len == 0)
    {
      g_string_append (out, " Their exits were not told apart by kind.\n");
      return;
    }
  put_differences (out, &pair, furthest);
  put_alone (out, vmx, svm, kinds);
  put_alone (out, svm, vmx, kinds);
  if (strcmp (vmx->accel, "emulated") == 0 && strcmp (svm->accel, "emulated") == 0)
    g_string_append (out, "\nAn emulated lab's clock runs at its emulator's own scale, so what comes with time (interrupts, the timer, halts) differs for that reason too.\n");
  put_head (out, &pair);
  for (guint k = 0; k < kinds->len; k++)
    put_row (out, &pair, g_ptr_array_index (kinds, k));
  answers_sources (out, both, 2, "kinds.csv", "window=boot");
}

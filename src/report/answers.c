/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The page: which labs there are, then the questions. What answers them stands in answers-*.c. */
#include "report/answers.h"

#include "report/answers-parts.h"

static void
put_labs (GString *out, const AnswersLab *labs, gsize n)
{
  g_string_append (out, "| lab | machine | acceleration | determinism | fingerprint |\n|---|---|---|---|---|\n");
  for (gsize i = 0; i < n; i++)
    {
      g_string_append (out, "| ");
      answers_text (out, labs[i].name);
      g_string_append (out, " | ");
      answers_text (out, labs[i].machine);
      g_string_append_printf (out, " | %s | %s | %s |\n", labs[i].accel, labs[i].determinism, labs[i].fingerprint != NULL ? labs[i].fingerprint : "none");
    }
  g_string_append_c (out, '\n');
  for (gsize i = 0; i < n; i++)
    if (labs[i].failure != NULL)
      {
        g_string_append (out, "**");
        answers_text (out, labs[i].name);
        g_string_append (out, " failed**: ");
        answers_text (out, labs[i].failure);
        g_string_append (out, "\n\n");
      }
}

static const AnswersLab *
first_of (const AnswersLab *labs, gsize n, Isa isa)
{
  for (gsize i = 0; i < n; i++)
    if (labs[i].summary->isa == isa)
      return &labs[i];
  return NULL;
}

static void
put_question (GString *out, const char *question)
{
  g_string_append_printf (out, "\n## %s\n\n", question);
}

/* Only of some labs: `wanted` says of which. */
static void
put_question_of (GString *out, const char *question, const AnswersLab *labs, gsize n, gboolean (*wanted) (const AnswersLab *lab),
                 void (*answer) (GString *out, const AnswersLab *labs, gsize n))
{
  g_autoptr (GArray) some = g_array_new (FALSE, FALSE, sizeof (AnswersLab));

  for (gsize i = 0; i < n; i++)
    if (wanted (&labs[i]))
      g_array_append_val (some, labs[i]);
  if (some->len == 0)
    return;
  put_question (out, question);
  answer (out, (const AnswersLab *) (gpointer) some->data, some->len);
}

static void
put_questions (GString *out, const AnswersLab *labs, gsize n)
{
  const AnswersLab *vmx = first_of (labs, n, ISA_VMX), *svm = first_of (labs, n, ISA_SVM);

  put_question (out, "Is the rate of exits stable?");
  answer_rate (out, labs, n);
  put_question_of (out, "Which operations cause more exits, and how many each?", labs, n, answers_of_ours, answer_operations);
  put_question (out, "How many exits does a full boot take?");
  answer_boot (out, labs, n);
  put_question_of (out, "Which unit's start caused which exits?", labs, n, answers_have_units, answer_units);
  put_question (out, "Which exit types are most and least frequent, and which never occur?");
  answer_types (out, labs, n);
  put_question (out, "What share of the boot's time is spent in exits?");
  answer_share (out, labs, n);
  if (vmx != NULL && svm != NULL)
    {
      put_question (out, "What do the two vendors do differently for the same guest?");
      answer_vendors (out, vmx, svm);
    }
  put_question (out, "Do the accounts agree?");
  answer_accounts (out, labs, n);
}

GString *
answers_make (const AnswersLab *labs, gsize n)
{
  GString *out = g_string_new ("# Answers\n\nTimes are guest time from L2's first VM entry. A citation names a file of this folder and the rows in it.\n\n");
  g_autoptr (GArray) good = g_array_new (FALSE, FALSE, sizeof (AnswersLab));

  put_labs (out, labs, n);
  for (gsize i = 0; i < n; i++)
    if (labs[i].summary != NULL)
      g_array_append_val (good, labs[i]);
  if (good->len > 0)
    put_questions (out, (const AnswersLab *) (gpointer) good->data, good->len);
  return out;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A batch in short; see batch.h. */
#include "grade/batch.h"
#include "grade/grade-md.h"

#define PAIRS 20u
#define LOOKS 40u

static void
put_counts (GString *out, const BatchSummary *summary)
{
  g_autofree char *mean = grade_points_text (summary->mean), *median = grade_points_text (summary->median);
  const char *before = "";

  for (guint i = 0; i < G_N_ELEMENTS (summary->verdicts); i++)
    {
      if (summary->verdicts[i] == 0)
        continue;
      g_string_append_printf (out, "%s%u %s", before, summary->verdicts[i], verdict_name ((Verdict) i));
      before = ", ";
    }
  g_string_append (out, ".");
  if (summary->scored > 0)
    g_string_append_printf (out, " Mean %s, median %s points of those that are scored.", mean, median);
  g_string_append_c (out, '\n');
}

static void
put_mistakes (GString *out, const BatchSummary *summary)
{
  if (summary->mistakes->len > 0)
    g_string_append (out, "\n## The commonest mistakes\n\n| row | lost points | commonest reason |\n|---|---:|---|\n");
  for (guint i = 0; i < summary->mistakes->len; i++)
    {
      const BatchMistake *mistake = g_ptr_array_index (summary->mistakes, i);
      const BatchReason *reason = g_ptr_array_index (mistake->reasons, 0);
      g_string_append_printf (out, "| %s | %u of %u |", row_name (mistake->kind), mistake->lost, mistake->judged);
      md_format (out, " %s |\n", reason->text);
    }
}

static void
put_looks (GString *out, const BatchSummary *summary, const Batch *batch)
{
  if (summary->looks->len > 0)
    g_string_append (out, "\n## Who needs a look\n\n");
  for (guint i = 0; i < MIN (summary->looks->len, LOOKS); i++)
    {
      const BatchLook *look = g_ptr_array_index (summary->looks, i);
      md_format (out, "- %s: %s: %s\n", batch->entries[look->entry].grade->submission, look->kind, look->why);
    }
  if (summary->looks->len > LOOKS)
    g_string_append_printf (out, "- … and %u more\n", summary->looks->len - LOOKS);
}

static void
put_pairs (GString *out, const BatchSummary *summary, const Batch *batch)
{
  if (summary->pairs->len > 0)
    g_string_append (out, "\n## Near-identical submissions\n\n");
  for (guint i = 0; i < MIN (summary->pairs->len, PAIRS); i++)
    {
      const SimilarPair *pair = &g_array_index (summary->pairs, SimilarPair, i);
      g_string_append_printf (out, "- %u %%: ", (guint) (pair->value * 100 + 0.5));
      md_format (out, "%s and %s\n", batch->entries[pair->a].grade->submission, batch->entries[pair->b].grade->submission);
    }
  if (summary->pairs->len > PAIRS)
    g_string_append_printf (out, "- … and %u more pairs\n", summary->pairs->len - PAIRS);
}

GString *
batch_md (const Batch *batch)
{
  GString *out = g_string_new (NULL);
  g_autoptr (BatchSummary) summary = batch_summary (batch);

  md_format (out, "# %s\n\n", batch->title);
  g_string_append_printf (out, "%u %s: ", batch->n, batch->n == 1 ? "submission" : "submissions");
  put_counts (out, summary);
  put_mistakes (out, summary);
  put_looks (out, summary, batch);
  put_pairs (out, summary, batch);
  return out;
}

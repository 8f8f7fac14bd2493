/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Counting over a batch; see batch.h. */
#include "grade/batch.h"

#include <string.h>

#include "grade/grade-words.h"

/* --- freeing ---------------------------------------------------------------------------------- */

static void
reason_free (gpointer data)
{
  BatchReason *reason = data;
  g_free (reason->text);
  g_free (reason);
}

static void
mistake_free (gpointer data)
{
  BatchMistake *mistake = data;
  g_ptr_array_unref (mistake->reasons);
  g_free (mistake);
}

static void
look_free (gpointer data)
{
  BatchLook *look = data;
  g_free (look->why);
  g_free (look);
}

void
batch_summary_free (BatchSummary *summary)
{
  if (summary == NULL)
    return;
  g_array_unref (summary->order);
  g_ptr_array_unref (summary->mistakes);
  g_ptr_array_unref (summary->looks);
  g_array_unref (summary->pairs);
  g_free (summary);
}

/* --- scores ----------------------------------------------------------------------------------- */

static guint
bin_of (const Grade *grade)
{
  if (grade->points >= grade->max_points || grade->max_points <= 0)
    return BATCH_BINS - 1;
  return (guint) (MAX (grade->points, 0) * (BATCH_BINS - 1) / grade->max_points);
}

static int
compare_entries (gconstpointer a, gconstpointer b, gpointer data)
{
  const Batch *batch = data;
  const guint i = *(const guint *) a, j = *(const guint *) b;
  const Grade *x = batch->entries[i].grade, *y = batch->entries[j].grade;
  const gint64 points_x = grade_is_scored (x) ? x->points : -1, points_y = grade_is_scored (y) ? y->points : -1;
  const int by_name = strcmp (x->submission, y->submission);

  if (points_x != points_y)
    return points_x > points_y ? -1 : 1;
  return by_name != 0 ? by_name : i < j ? -1 : i > j;
}

/* The order begins with those that are scored, highest first. */
static void
count_scores (BatchSummary *summary, const Batch *batch)
{
  gint64 sum = 0;

  for (guint i = 0; i < batch->n; i++)
    {
      const Grade *grade = batch->entries[i].grade;
      g_array_append_val (summary->order, i);
      summary->verdicts[grade->verdict]++;
      if (!grade_is_scored (grade))
        continue;
      summary->scored++;
      summary->bins[bin_of (grade)]++;
      sum += grade->points;
    }
  g_array_sort_with_data (summary->order, compare_entries, (gpointer) batch);
  if (summary->scored == 0)
    return;
  const Grade *upper = batch->entries[g_array_index (summary->order, guint, (summary->scored - 1) / 2)].grade;
  const Grade *lower = batch->entries[g_array_index (summary->order, guint, summary->scored / 2)].grade;
  summary->mean = sum / summary->scored;
  summary->median = (upper->points + lower->points) / 2;
}

/* --- mistakes --------------------------------------------------------------------------------- */

/* Numbers, also hexadecimal ones, become "#". */
static char *
without_numbers (const char *text)
{
  GString *out = g_string_new (NULL);

  while (*text != '\0')
    {
      const gboolean hex = text[0] == '0' && text[1] == 'x';
      if (!g_ascii_isdigit (*text))
        {
          g_string_append_c (out, *text++);
          continue;
        }
      g_string_append_c (out, '#');
      text += hex ? 2 : 0;
      while (hex ? g_ascii_isxdigit (*text) : g_ascii_isdigit (*text) || (*text == ',' && g_ascii_isdigit (text[1])))
        text++;
    }
  return g_string_free (out, FALSE);
}

/* reasons: table of BatchReason by what they are without numbers. */
static void
add_reason (BatchMistake *mistake, GHashTable *reasons, const char *text)
{
  char *key = without_numbers (text);
  BatchReason *reason = g_hash_table_lookup (reasons, key);

  if (reason == NULL)
    {
      reason = g_new0 (BatchReason, 1);
      reason->text = g_strdup (text);
      g_ptr_array_add (mistake->reasons, reason);
    }
  reason->n++;
  g_hash_table_replace (reasons, key, reason);
}

static int
compare_reasons (gconstpointer a, gconstpointer b)
{
  const BatchReason *x = *(BatchReason *const *) a, *y = *(BatchReason *const *) b;
  return x->n != y->n ? (x->n > y->n ? -1 : 1) : strcmp (x->text, y->text);
}

static BatchMistake *
mistake_of (const Batch *batch, RowKind kind)
{
  BatchMistake *mistake = g_new0 (BatchMistake, 1);
  g_autoptr (GHashTable) reasons = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

  mistake->kind = kind;
  mistake->reasons = g_ptr_array_new_with_free_func (reason_free);
  for (guint i = 0; i < batch->n; i++)
    {
      const GradeRow *row = grade_is_scored (batch->entries[i].grade) ? grade_find_row (batch->entries[i].grade, kind) : NULL;
      if (row == NULL || row->status == ROW_SKIPPED)
        continue;
      mistake->judged++;
      if (!words_row_lost (row))
        continue;
      mistake->lost++;
      mistake->points_lost += row->max_points - row->points;
      add_reason (mistake, reasons, row->reason);
    }
  g_ptr_array_sort (mistake->reasons, compare_reasons);
  return mistake;
}

static int
compare_mistakes (gconstpointer a, gconstpointer b)
{
  const BatchMistake *x = *(BatchMistake *const *) a, *y = *(BatchMistake *const *) b;

  if (x->lost != y->lost)
    return x->lost > y->lost ? -1 : 1;
  return x->kind < y->kind ? -1 : x->kind > y->kind;
}

static void
find_mistakes (BatchSummary *summary, const Batch *batch)
{
  for (guint kind = 0; kind < GRADE_ROWS; kind++)
    {
      BatchMistake *mistake = mistake_of (batch, (RowKind) kind);
      if (mistake->lost > 0)
        g_ptr_array_add (summary->mistakes, mistake);
      else
        mistake_free (mistake);
    }
  g_ptr_array_sort (summary->mistakes, compare_mistakes);
}

/* --- whom to look at -------------------------------------------------------------------------- */

static void
add_look (BatchSummary *summary, guint entry, const char *kind, char *why)
{
  BatchLook *look = g_new0 (BatchLook, 1);

  look->entry = entry;
  look->kind = kind;
  look->why = why;
  g_ptr_array_add (summary->looks, look);
}

static void
look_for_verdict (BatchSummary *summary, const Batch *batch, Verdict verdict)
{
  for (guint i = 0; i < batch->n; i++)
    {
      const guint entry = g_array_index (summary->order, guint, i);
      const Grade *grade = batch->entries[entry].grade;
      if (grade->verdict == verdict)
        add_look (summary, entry, verdict_name (verdict), g_strdup (grade->reason));
    }
}

static void
look_for_stage (BatchSummary *summary, const Batch *batch, Stage stage)
{
  for (guint i = 0; i < batch->n; i++)
    {
      const guint entry = g_array_index (summary->order, guint, i);
      const Grade *grade = batch->entries[entry].grade;
      if (grade_is_scored (grade) && grade->stage == stage)
        add_look (summary, entry, stage_name (stage), g_strdup (grade->reason));
    }
}

static void
look_for_rest (BatchSummary *summary, const Batch *batch)
{
  for (guint i = 0; i < batch->n; i++)
    {
      const guint entry = g_array_index (summary->order, guint, i);
      if (batch->entries[entry].retried && batch->entries[entry].grade->verdict != VERDICT_INFRASTRUCTURE)
        add_look (summary, entry, "retried", g_strdup ("its lab failed once and was run again"));
    }
  for (guint i = 0; i < batch->n; i++)
    {
      const guint entry = g_array_index (summary->order, guint, i);
      const GPtrArray *warnings = batch->entries[entry].grade->warnings;
      if (warnings->len == 0)
        continue;
      summary->warned++;
      add_look (summary, entry, "warnings", g_strdup_printf (warnings->len == 1 ? "%u compiler warning" : "%u compiler warnings", warnings->len));
    }
}

static void
find_looks (BatchSummary *summary, const Batch *batch)
{
  look_for_verdict (summary, batch, VERDICT_INFRASTRUCTURE);
  look_for_verdict (summary, batch, VERDICT_NEEDS_BASE);
  look_for_verdict (summary, batch, VERDICT_NEEDS_LOOK);
  for (Stage stage = STAGE_INGEST; stage < STAGE_CHECKS; stage++)
    look_for_stage (summary, batch, stage);
  look_for_rest (summary, batch);
}

/* --- all together ----------------------------------------------------------------------------- */

static GArray *
find_pairs (const Batch *batch)
{
  g_autofree const char **diffs = g_new0 (const char *, batch->n + 1);

  for (guint i = 0; i < batch->n; i++)
    {
      const Grade *grade = batch->entries[i].grade;
      diffs[i] = grade->carried[0] != '\0' ? grade->carried : grade->own_lines;
    }
  return similar_pairs (diffs, batch->n);
}

BatchSummary *
batch_summary (const Batch *batch)
{
  BatchSummary *summary = g_new0 (BatchSummary, 1);

  summary->order = g_array_new (FALSE, FALSE, sizeof (guint));
  summary->mistakes = g_ptr_array_new_with_free_func (mistake_free);
  summary->looks = g_ptr_array_new_with_free_func (look_free);
  summary->pairs = find_pairs (batch);
  count_scores (summary, batch);
  find_mistakes (summary, batch);
  find_looks (summary, batch);
  return summary;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Two grades beside each other; see moved.h. */
#include "grade/moved.h"

#include <string.h>

#include "report/csv.h"

static void
row_free (gpointer data)
{
  MovedRow *row = data;

  g_free (row->before);
  g_free (row->now);
  g_free (row);
}

void
moved_free (Moved *moved)
{
  if (!moved)
    return;
  g_free (moved->why);
  g_free (moved->before);
  g_free (moved->now);
  g_ptr_array_unref (moved->rows);
  g_free (moved);
}

/* --- why -------------------------------------------------------------------------------------- */

static void
add_sentence (GString *text, char *sentence)
{
  g_string_append_printf (text, "%s%s", text->len > 0 ? " " : "", sentence);
  g_free (sentence);
}

static void
tell_harness (GString *text, const JudgedBy *before, const JudgedBy *now)
{
  if (strcmp (before->harness, now->harness) != 0)
    add_sentence (text, g_strdup_printf ("The harness is %s, and was %s.", now->harness, before->harness));
  else if (strcmp (before->build, now->build) != 0)
    add_sentence (text, g_strdup_printf ("The harness is another build of %s.", now->harness));
}

static void
tell_rubric (GString *text, const Grade *before, const JudgedBy *by_before, const Grade *now,
             const JudgedBy *by_now)
{
  if (strcmp (by_before->rubric, by_now->rubric) == 0)
    return;
  if (before && strcmp (before->assignment, now->assignment) != 0)
    add_sentence (text,
                  g_strdup_printf ("The rubric is %s, and was %s.", now->assignment, before->assignment));
  else
    add_sentence (text, g_strdup_printf ("The rubric %s was changed.", now->assignment));
}

static char *
why (const Grade *before, const JudgedBy *by_before, const Grade *now, const JudgedBy *by_now)
{
  g_autoptr (GString) text = g_string_new (NULL);

  if (!by_before)
    return g_strdup ("By what it was judged before was not kept.");
  tell_rubric (text, before, by_before, now, by_now);
  if (strcmp (by_before->leaf_maps, by_now->leaf_maps) != 0)
    add_sentence (text, g_strdup ("The leaf maps were changed."));
  if (strcmp (by_before->leaf_map, by_now->leaf_map) != 0)
    add_sentence (text,
                  g_strdup_printf ("--leaf-map is %s, and was %s.", by_now->leaf_map, by_before->leaf_map));
  if (strcmp (by_before->reasons, by_now->reasons) != 0)
    add_sentence (text, g_strdup ("The tables of exit reasons were changed."));
  tell_harness (text, by_before, by_now);
  if (text->len == 0)
    g_string_append (text, "Rubric, leaf maps and harness are the same.");
  return g_string_free (g_steal_pointer (&text), FALSE);
}

/* --- what ------------------------------------------------------------------------------------- */

static char *
whole_text (const Grade *grade)
{
  g_autofree char *points = grade_is_scored (grade) ? grade_points_text (grade->points) : g_strdup ("none");
  g_autofree char *max_points = grade_points_text (grade->max_points);

  return g_strdup_printf ("%s of %s, %s%s%s", points, max_points, verdict_name (grade->verdict),
                          grade->leaf_map[0] ? ", map " : "", grade->leaf_map);
}

static char *
row_text (const GradeRow *row)
{
  g_autofree char *points = row ? grade_points_text (row->points) : NULL;
  g_autofree char *max_points = row ? grade_points_text (row->max_points) : NULL;

  return row ? g_strdup_printf ("%s of %s, %s", points, max_points, row_status_name (row->status))
             : g_strdup ("not asked");
}

/* Its cases or words, where its points are the same. */
static gboolean
reads_otherwise (const GradeRow *before, const GradeRow *now)
{
  return before && now &&
         (before->cases_ok != now->cases_ok || before->cases_total != now->cases_total ||
          strcmp (before->reason, now->reason) != 0);
}

static void
compare_row (const Grade *before, const Grade *now, RowKind kind, GPtrArray *rows)
{
  const GradeRow *old = grade_find_row (before, kind), *new = grade_find_row (now, kind);
  g_autofree char *old_text = row_text (old), *new_text = row_text (new);
  const gboolean same = strcmp (old_text, new_text) == 0;
  MovedRow *row;

  if (same && !reads_otherwise (old, new))
    return;
  row = g_new0 (MovedRow, 1);
  row->kind = kind;
  row->before = g_steal_pointer (&old_text);
  row->now = same ? g_strconcat (new_text, ", for another reason", NULL) : g_steal_pointer (&new_text);
  g_ptr_array_add (rows, row);
}

Moved *
moved_new (const Grade *before, const JudgedBy *by_before, const Grade *now, const JudgedBy *by_now)
{
  Moved *moved = g_new0 (Moved, 1);

  moved->why = why (before, by_before, now, by_now);
  moved->before = before ? whole_text (before) : g_strdup ("");
  moved->now = whole_text (now);
  moved->rows = g_ptr_array_new_with_free_func (row_free);
  for (guint kind = 0; before && kind < GRADE_ROWS; kind++)
    compare_row (before, now, (RowKind) kind, moved->rows);
  return moved;
}

gboolean
moved_nothing (const Moved *moved)
{
  return moved->rows->len == 0 && strcmp (moved->before, moved->now) == 0;
}

char **
moved_sentences (const Moved *moved)
{
  char **sentences = g_new0 (char *, 3);

  sentences[0] = g_strdup_printf ("Judged again from what was kept when it was built and run. %s",
                                  moved->why);
  if (moved->before[0] == '\0')
    sentences[1] = g_strdup_printf ("The earlier grade is not there any more. Now: %s.", moved->now);
  else if (moved_nothing (moved))
    sentences[1] = g_strdup_printf ("Nothing moved: %s.", moved->now);
  else
    sentences[1] = g_strdup_printf ("Before: %s. Now: %s.", moved->before, moved->now);
  return sentences;
}

char *
moved_rows_text (const Moved *moved)
{
  g_autoptr (GString) text = g_string_new (NULL);

  for (guint i = 0; i < moved->rows->len; i++)
    {
      const MovedRow *row = g_ptr_array_index (moved->rows, i);

      g_string_append_printf (text, "%s%s: %s -> %s", i > 0 ? "; " : "", row_name (row->kind), row->before,
                              row->now);
    }
  return g_string_free (g_steal_pointer (&text), FALSE);
}

/* --- regrade.csv ------------------------------------------------------------------------------ */

static void
put_text (GString *out, const char *text)
{
  g_autofree char *valid = g_utf8_make_valid (text, -1);

  g_string_append_c (out, ',');
  csv_text (out, valid);
}

/* score, max_score, verdict */
static void
put_grade (GString *out, const Grade *grade)
{
  g_autofree char *points = grade && grade_is_scored (grade) ? grade_points_text (grade->points)
                                                             : g_strdup ("");
  g_autofree char *max_points = grade ? grade_points_text (grade->max_points) : g_strdup ("");

  put_text (out, points);
  put_text (out, max_points);
  put_text (out, grade ? verdict_name (grade->verdict) : "");
}

static void
put_entry (GString *out, const MovedEntry *entry)
{
  const Moved *moved = entry->not_judged || !entry->now ? NULL : entry->now->moved;
  g_autofree char *submission = g_utf8_make_valid (entry->submission, -1);
  g_autofree char *rows = moved ? moved_rows_text (moved) : g_strdup ("");

  csv_text (out, submission);
  put_text (out, entry->not_judged ? "no" : "yes");
  put_text (out, !moved ? "" : moved_nothing (moved) ? "no" : "yes");
  put_grade (out, entry->before);
  put_grade (out, entry->now);
  put_text (out, rows);
  put_text (out, entry->not_judged ? entry->not_judged : moved ? moved->why : "");
  g_string_append_c (out, '\n');
}

GString *
moved_csv (const MovedEntry *entries, guint n)
{
  GString *out = g_string_new ("submission,judged_again,moved,score_before,max_score_before,verdict_before,"
                               "score,max_score,verdict,rows,why\n");

  for (guint i = 0; i < n; i++)
    put_entry (out, &entries[i]);
  return out;
}

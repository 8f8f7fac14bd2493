/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Grades as data; see grade.h. */
#include "grade/grade.h"

#include <string.h>

#include "grade/moved.h"

/* --- names ------------------------------------------------------------------------------------ */

static const char *const row_names[GRADE_ROWS] = {
  [ROW_TOTAL_EXITS] = "total-exits",
  [ROW_TOTAL_CYCLES] = "total-cycles",
  [ROW_EXITS_PER_REASON] = "exits-per-reason",
  [ROW_CYCLES_PER_REASON] = "cycles-per-reason",
  [ROW_SUMS] = "sums",
  [ROW_UNDEFINED_REASONS] = "undefined-reasons",
  [ROW_NOT_ENABLED] = "not-enabled",
  [ROW_REGISTERS] = "registers",
  [ROW_CONCURRENCY] = "concurrency",
  [ROW_OTHER_LEAVES] = "other-leaves",
  [ROW_LOG_VOLUME] = "log-volume",
  [ROW_PLACEMENT] = "placement",
  [ROW_COST] = "cost",
  [ROW_STABILITY] = "stability",
  [ROW_LOG_INTERVAL] = "log-interval",
  [ROW_LOG_TOTALS] = "log-totals",
  [ROW_LOG_COUNTS] = "log-counts",
  [ROW_LOG_TYPES] = "log-types",
  [ROW_LOG_NAMES] = "log-names",
  [ROW_LOG_RAW_REASON] = "log-raw-reason",
};

const char *
row_name (RowKind kind)
{
  return (guint) kind < GRADE_ROWS ? row_names[kind] : "?";
}

gboolean
row_parse (const char *name, RowKind *kind)
{
  for (guint i = 0; i < GRADE_ROWS; i++)
    {
      if (strcmp (name, row_names[i]) != 0)
        continue;
      *kind = (RowKind) i;
      return TRUE;
    }
  return FALSE;
}

const char *
row_status_name (RowStatus status)
{
  static const char *const names[] = { [ROW_PASSED] = "passed", [ROW_FAILED] = "failed", [ROW_SKIPPED] = "skipped" };
  return (guint) status < G_N_ELEMENTS (names) ? names[status] : "?";
}

const char *
verdict_name (Verdict verdict)
{
  static const char *const names[] = {
    [VERDICT_PASSED] = "passed",         [VERDICT_PARTIAL] = "partial",
    [VERDICT_FAILED] = "failed",         [VERDICT_NEEDS_BASE] = "needs-base",
    [VERDICT_NEEDS_LOOK] = "needs-look",   [VERDICT_INFRASTRUCTURE] = "infrastructure",
  };
  return (guint) verdict < G_N_ELEMENTS (names) ? names[verdict] : "?";
}

const char *
blame_name (Blame blame)
{
  static const char *const names[] = { [BLAME_NONE] = "none", [BLAME_STUDENT] = "student", [BLAME_INFRASTRUCTURE] = "infrastructure" };
  return (guint) blame < G_N_ELEMENTS (names) ? names[blame] : "?";
}

char *
grade_points_text (gint64 hundredths)
{
  return g_strdup_printf ("%" G_GINT64_FORMAT ".%02d", hundredths / 100, (int) (hundredths % 100));
}

gboolean
grade_is_scored (const Grade *grade)
{
  return grade->verdict != VERDICT_NEEDS_BASE && grade->verdict != VERDICT_NEEDS_LOOK && grade->verdict != VERDICT_INFRASTRUCTURE;
}

/* --- making and freeing ----------------------------------------------------------------------- */

static void
case_free (gpointer data)
{
  GradeCase *one = data;
  g_free (one->what);
  g_free (one->expected);
  g_free (one->seen);
  g_free (one);
}

static void
row_free (gpointer data)
{
  GradeRow *row = data;
  g_free (row->reason);
  g_ptr_array_unref (row->where);
  g_ptr_array_unref (row->cases);
  g_free (row);
}

GradeRow *
grade_row_new (RowKind kind)
{
  GradeRow *row = g_new0 (GradeRow, 1);
  row->kind = kind;
  row->reason = g_strdup ("");
  row->where = g_ptr_array_new_with_free_func (g_free);
  row->cases = g_ptr_array_new_with_free_func (case_free);
  return row;
}

void
grade_case_add (GradeRow *row, gboolean ok, char *what, char *expected, char *seen)
{
  GradeCase *one = g_new0 (GradeCase, 1);
  *one = (GradeCase){ .what = what, .expected = expected, .seen = seen, .ok = ok };
  row->cases_total++;
  row->cases_ok += ok ? 1 : 0;
  /* Failed ones stand first, and push right ones out. */
  if (ok && row->cases->len >= GRADE_CASES_MAX)
    {
      case_free (one);
      return;
    }
  g_ptr_array_insert (row->cases, ok ? -1 : (gint) MIN (row->cases_total - row->cases_ok - 1, row->cases->len), one);
  if (row->cases->len > GRADE_CASES_MAX)
    g_ptr_array_remove_index (row->cases, row->cases->len - 1);
}

Grade *
grade_new (void)
{
  Grade *grade = g_new0 (Grade, 1);
  char **const texts[] = {
    &grade->submission, &grade->sha256, &grade->assignment, &grade->reason, &grade->leaf_map, &grade->leaf_map_how,
    &grade->isa, &grade->kernel, &grade->fingerprint, &grade->carried, &grade->left_out, &grade->given, &grade->own_lines, &grade->sandbox,
  };
  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    *texts[i] = g_strdup ("");
  grade->rows = g_ptr_array_new_with_free_func (row_free);
  grade->notes = g_ptr_array_new_with_free_func (g_free);
  grade->warnings = g_ptr_array_new_with_free_func (g_free);
  return grade;
}

void
grade_set_text (char **member, const char *text)
{
  char *copy = g_strdup (text);
  g_free (*member);
  *member = copy;
}

void
grade_end (Grade *grade, Stage stage, Verdict verdict, Blame blame, const char *reason, const char *details)
{
  grade->stage = stage;
  grade->verdict = verdict;
  grade->blame = blame;
  grade_set_text (&grade->reason, reason);
  grade_set_text (&grade->details, details);
}

static void
copy_list (GPtrArray *list, const GPtrArray *from)
{
  for (guint i = 0; i < from->len; i++)
    g_ptr_array_add (list, g_strdup (g_ptr_array_index (from, i)));
}

Grade *
grade_copy_unjudged (const Grade *grade)
{
  Grade *copy = grade_new ();
  struct {
    char **to;
    const char *from;
  } texts[] = {
    { &copy->submission, grade->submission }, { &copy->given, grade->given }, { &copy->sha256, grade->sha256 }, { &copy->assignment, grade->assignment },
    { &copy->leaf_map, grade->leaf_map }, { &copy->leaf_map_how, grade->leaf_map_how }, { &copy->isa, grade->isa }, { &copy->kernel, grade->kernel },
    { &copy->fingerprint, grade->fingerprint }, { &copy->carried, grade->carried }, { &copy->own_lines, grade->own_lines }, { &copy->left_out, grade->left_out },
    { &copy->sandbox, grade->sandbox },
  };
  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    grade_set_text (texts[i].to, texts[i].from);
  grade_end (copy, grade->stage, grade->verdict, grade->blame, grade->reason, grade->details);
  copy_list (copy->notes, grade->notes);
  copy_list (copy->warnings, grade->warnings);
  copy->points = grade->points;
  copy->max_points = grade->max_points;
  copy->build_ms = grade->build_ms;
  copy->lab_ms = grade->lab_ms;
  copy->total_ms = grade->total_ms;
  copy->begun = grade->begun;
  return copy;
}

char *
grade_text_head (const char *text, gsize bytes)
{
  const gsize size = strlen (text);
  const char *end = size <= bytes ? text + size : g_utf8_find_prev_char (text, text + bytes + 1);
  return g_strndup (text, end != NULL ? (gsize) (end - text) : 0);
}

void
grade_free (Grade *grade)
{
  if (grade == NULL)
    return;
  char *const texts[] = {
    grade->submission, grade->sha256, grade->assignment, grade->reason, grade->details, grade->leaf_map, grade->leaf_map_how,
    grade->isa, grade->kernel, grade->fingerprint, grade->carried, grade->left_out, grade->given, grade->own_lines, grade->sandbox, grade->unread,
  };
  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    g_free (texts[i]);
  g_ptr_array_unref (grade->rows);
  g_ptr_array_unref (grade->notes);
  g_ptr_array_unref (grade->warnings);
  moved_free (grade->moved);
  g_free (grade);
}

const GradeRow *
grade_find_row (const Grade *grade, RowKind kind)
{
  for (guint i = 0; i < grade->rows->len; i++)
    {
      const GradeRow *row = g_ptr_array_index (grade->rows, i);
      if (row->kind == kind)
        return row;
    }
  return NULL;
}

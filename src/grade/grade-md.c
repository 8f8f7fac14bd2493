/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Feedback in Markdown; see grade-md.h. */
#include "grade/grade-md.h"

#include <string.h>

#include "grade/grade-words.h"
#include "grade/moved.h"
#include "report/answers-parts.h"

/* --- escaping --------------------------------------------------------------------------------- */

static char *
without_controls (const char *text)
{
  g_autofree char *valid = g_utf8_make_valid (text, -1);
  GString *out = g_string_new (NULL);

  for (const char *at = valid; *at != '\0'; at = g_utf8_next_char (at))
    {
      const gunichar c = g_utf8_get_char (at);
      const gboolean turns = (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
      g_string_append_unichar (out, c == '\n' || c == '\t' ? ' ' : g_unichar_iscntrl (c) || turns ? 0xfffd : c);
    }
  return g_string_free (out, FALSE);
}

void
md_text (GString *out, const char *text)
{
  g_autofree char *harmless = without_controls (text);
  answers_text (out, harmless);
}

void
md_format (GString *out, const char *format, ...)
{
  va_list arguments;
  const char *at;

  va_start (arguments, format);
  while ((at = strstr (format, "%s")) != NULL)
    {
      g_string_append_len (out, format, at - format);
      md_text (out, va_arg (arguments, const char *));
      format = at + 2;
    }
  va_end (arguments);
  g_string_append (out, format);
}

/* One more backtick than any run of them has, at least three. */
static guint
fence_of (char *const *lines)
{
  guint longest = 2;

  for (; *lines != NULL; lines++)
    for (const char *at = *lines; *at != '\0';)
      {
        const guint run = (guint) strspn (at, "`");
        longest = MAX (longest, run);
        at += run > 0 ? run : 1;
      }
  return longest + 1;
}

void
md_fenced (GString *out, const char *info, const char *text, guint max)
{
  guint more;
  g_auto (GStrv) lines = words_lines (text, max, &more);
  g_autofree char *fence = g_strnfill (fence_of (lines), '`');

  g_string_append_printf (out, "\n%s%s\n", fence, info);
  for (char **line = lines; *line != NULL; line++)
    {
      g_autofree char *harmless = without_controls (*line);
      g_string_append_printf (out, "%s\n", harmless);
    }
  if (more > 0)
    g_string_append_printf (out, "… and %u more lines\n", more);
  g_string_append_printf (out, "%s\n", fence);
}

/* --- parts ------------------------------------------------------------------------------------ */

static void
put_verdict (GString *out, const Grade *grade)
{
  g_autofree char *points = grade_points_text (grade->points), *max_points = grade_points_text (grade->max_points);
  const char *unscored = words_unscored (grade);
  g_autofree char *name = words_name (grade);

  md_format (out, "# %s\n\n", name);
  if (unscored == NULL)
    md_format (out, "**%s of %s points.** ", points, max_points);
  md_format (out, "%s: %s\n", words_verdict (grade), grade->reason);
  if (unscored != NULL)
    md_format (out, "\n%s\n", unscored);
  if (grade->stage != STAGE_CHECKS)
    md_format (out, "\nIt ended at the stage *%s*.\n", stage_name (grade->stage));
  if (grade->details != NULL && grade->details[0] != '\0')
    md_fenced (out, "", grade->details, WORDS_DETAILS);
}

static void
put_moved (GString *out, const Moved *moved)
{
  g_auto (GStrv) sentences = moved ? moved_sentences (moved) : NULL;

  if (!moved)
    return;
  g_string_append (out, "\n## What moved\n");
  for (char **sentence = sentences; *sentence; sentence++)
    md_format (out, "\n%s\n", *sentence);
  if (moved->rows->len > 0)
    g_string_append (out, "\n| row | before | now |\n|---|---|---|\n");
  for (guint i = 0; i < moved->rows->len; i++)
    {
      const MovedRow *row = g_ptr_array_index (moved->rows, i);

      md_format (out, "| %s | %s | %s |\n", row_name (row->kind), row->before, row->now);
    }
}

static void
put_total (GString *out, const Grade *grade)
{
  const gint64 cost = words_warnings_cost (grade);
  g_autofree char *points = grade_points_text (grade->points), *max_points = grade_points_text (grade->max_points), *cost_text = grade_points_text (cost);

  if (!grade_is_scored (grade))
    return;
  if (cost > 0)
    md_format (out, "| compiler warnings | −%s | | | | |\n", cost_text);
  md_format (out, "| **together** | **%s** | **%s** | | | |\n", points, max_points);
}

static void
put_rows (GString *out, const Grade *grade)
{
  if (grade->rows->len == 0)
    return;
  g_string_append (out, "\n## Rows\n\n| row | points | of | status | cases | why |\n|---|---:|---:|---|---:|---|\n");
  for (guint i = 0; i < grade->rows->len; i++)
    {
      const GradeRow *row = g_ptr_array_index (grade->rows, i);
      g_autofree char *points = grade_points_text (row->points), *max_points = grade_points_text (row->max_points);

      md_format (out, "| %s | %s | %s | %s |", row_name (row->kind), points, max_points, row_status_name (row->status));
      if (row->cases_total > 0)
        g_string_append_printf (out, " %u of %u |", row->cases_ok, row->cases_total);
      else
        g_string_append (out, " |");
      md_format (out, " %s |\n", row->reason);
    }
  put_total (out, grade);
}

static void
put_cases (GString *out, const GradeRow *row)
{
  const guint failed = row->cases_total - row->cases_ok;
  guint shown = 0;

  for (guint i = 0; i < row->cases->len && shown < WORDS_CASES; i++)
    {
      const GradeCase *one = g_ptr_array_index (row->cases, i);
      if (one->ok)
        continue;
      if (shown++ == 0)
        g_string_append (out, "\n| case | expected | seen |\n|---|---|---|\n");
      md_format (out, "| %s | %s | %s |\n", one->what, one->expected, one->seen);
    }
  if (failed > shown)
    g_string_append_printf (out, "\n… and %u more cases that differ.\n", failed - shown);
}

static void
put_lost (GString *out, const Grade *grade, const GradeRow *row)
{
  const GradeRow *same = words_same_windows (grade, row);
  g_autofree char *lost = grade_points_text (row->max_points - row->points), *max_points = grade_points_text (row->max_points);

  md_format (out, "\n### %s: %s of %s points lost\n\n", row_name (row->kind), lost, max_points);
  md_format (out, "%s\n\n**%s**\n", words_row_about (row->kind), row->reason[0] != '\0' ? row->reason : "No reason was noted.");
  if (same != NULL)
    md_format (out, "\nIn the same windows as %s, whose table tells them.\n", row_name (same->kind));
  else
    put_cases (out, row);
  if (row->where->len > 0)
    g_string_append (out, "\nLines of yours to look at:\n\n");
  for (guint i = 0; i < MIN (row->where->len, WORDS_WHERE); i++)
    md_format (out, "- %s\n", (const char *) g_ptr_array_index (row->where, i));
  if (row->where->len > WORDS_WHERE)
    g_string_append_printf (out, "- … and %u more\n", row->where->len - WORDS_WHERE);
}

static void
put_all_lost (GString *out, const Grade *grade)
{
  guint lost = 0;

  for (guint i = 0; i < grade->rows->len; i++)
    {
      const GradeRow *row = g_ptr_array_index (grade->rows, i);
      if (!words_row_lost (row))
        continue;
      if (lost++ == 0)
        g_string_append (out, "\n## Where points were lost\n");
      put_lost (out, grade, row);
    }
}

static void
put_list (GString *out, const char *title, const GPtrArray *texts, guint max)
{
  if (texts->len == 0)
    return;
  md_format (out, "\n## %s\n\n", title);
  for (guint i = 0; i < MIN (texts->len, max); i++)
    md_format (out, "- %s\n", (const char *) g_ptr_array_index (texts, i));
  if (texts->len > max)
    g_string_append_printf (out, "- … and %u more\n", texts->len - max);
}

static void
put_built (GString *out, const Grade *grade)
{
  if (grade->left_out[0] != '\0')
    {
      g_string_append (out, "\n## What was left out\n\nThis was taken for another kernel version's own or has no place in the lab's kernel. It was not built. If lines of your change are in it, say so:\n");
      md_fenced (out, "diff", grade->left_out, WORDS_DIFF);
    }
  if (grade->carried[0] != '\0')
    {
      g_string_append (out, "\n## Your change on the lab's kernel\n");
      md_fenced (out, "diff", grade->carried, WORDS_DIFF);
    }
}

static void
put_again (GString *out, const Grade *grade)
{
  const struct {
    const char *name, *value;
  } facts[] = {
    { "assignment", grade->assignment },   { "leaf map", grade->leaf_map },    { "why this map", grade->leaf_map_how },
    { "lab", grade->isa },                 { "kernel", grade->kernel },        { "content (SHA-256)", grade->sha256 },
    { "sandbox", grade->sandbox },         { "fingerprint", grade->fingerprint },
  };
  g_autofree char *command = words_command (grade);

  g_string_append (out, "\n## The same grading again\n\nThe random numbers are drawn from the content of the submission and the rubric's secret, so the same files give the "
                        "same grade and the same fingerprint, on any machine:\n");
  md_fenced (out, "", command, 1);
  g_string_append_c (out, '\n');
  for (guint i = 0; i < G_N_ELEMENTS (facts); i++)
    if (facts[i].value[0] != '\0')
      md_format (out, "- %s: %s\n", facts[i].name, facts[i].value);
}

GString *
grade_md (const Grade *grade)
{
  GString *out = g_string_new (NULL);

  put_verdict (out, grade);
  put_moved (out, grade->moved);
  put_rows (out, grade);
  put_all_lost (out, grade);
  put_list (out, "Compiler warnings", grade->warnings, WORDS_WARNINGS);
  put_list (out, "Notes", grade->notes, WORDS_NOTES);
  put_built (out, grade);
  put_again (out, grade);
  return out;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Feedback as a page; see grade-html.h. */
#include "grade/grade-html.h"

#include <string.h>

#include "grade/grade-words.h"
#include "grade/moved.h"
#include "report/chart.h"
#include "report/html-page.h"
#include "report/html-parts.h"
#include "report/svg.h"

/* --- what pages share ------------------------------------------------------------------------- */

void
grade_html_begin (GString *out, const char *title, const char *const *scripts)
{
  g_autofree char *pictures = svg_style (), *page = html_resource ("report.css"), *own = html_resource ("grade.css");
  const char *const styles[] = { pictures, page, own, NULL };

  html_page_head (out, &(HtmlPageHead) { title, HARNESS_VERSION, styles, scripts });
  g_string_append (out, "<body>\n");
}

void
grade_html_end (GString *out, const char *footer)
{
  g_string_append (out, "<footer>\n");
  html_element (out, "p", NULL, footer);
  g_string_append (out, "\n</footer>\n</body>\n</html>\n");
}

void
grade_html_bar (GString *out, guint64 part, guint64 whole, const char *what)
{
  g_string_append (out, "<svg class=\"cases\" role=\"img\" viewBox=\"0 0 100 6\" preserveAspectRatio=\"none\">");
  html_format (out, "<title>%s</title><rect class=\"all\" width=\"100\" height=\"6\"/><rect class=\"part\" height=\"6\" width=\"", what);
  chart_number (out, whole > 0 ? 100.0 * (double) MIN (part, whole) / (double) whole : 0);
  g_string_append (out, "\"/></svg>");
}

static const char *
line_class (const char *line)
{
  if (g_str_has_prefix (line, "+++ ") || g_str_has_prefix (line, "--- "))
    return "file";
  return *line == '+' ? "add" : *line == '-' ? "del" : g_str_has_prefix (line, "@@") ? "hunk" : NULL;
}

/* Each line is escaped by itself: a line feed is a control character to the escaper. */
void
grade_html_pre (GString *out, const char *text, gboolean diff, guint max_lines)
{
  guint more;
  g_auto (GStrv) lines = words_lines (text, max_lines, &more);

  g_string_append (out, "<pre tabindex=\"0\">");
  for (char **line = lines; *line != NULL; line++)
    {
      const char *class_name = diff ? line_class (*line) : NULL;
      if (class_name != NULL)
        html_element (out, "span", class_name, *line);
      else
        svg_text (out, *line);
      g_string_append_c (out, '\n');
    }
  if (more > 0)
    g_string_append_printf (out, "… and %u more lines\n", more);
  g_string_append (out, "</pre>\n");
}

const char *
grade_html_class (Verdict verdict)
{
  static const char *const classes[] = { [VERDICT_PASSED] = "good", [VERDICT_PARTIAL] = "so-so", [VERDICT_FAILED] = "bad",
                                         [VERDICT_NEEDS_BASE] = "none", [VERDICT_NEEDS_LOOK] = "none", [VERDICT_INFRASTRUCTURE] = "none" };
  return classes[verdict];
}

/* --- the verdict ------------------------------------------------------------------------------ */

static void
put_fact (GString *out, const char *name, const char *value, gboolean print)
{
  if (value[0] == '\0')
    return;
  html_format (out, "<div><dt>%s</dt>", name);
  html_element (out, "dd", print ? "print" : NULL, value);
  g_string_append (out, "</div>\n");
}

static void
put_score (GString *out, const Grade *grade)
{
  g_autofree char *points = grade_points_text (grade->points), *max_points = grade_points_text (grade->max_points);
  g_autofree char *what = g_strdup_printf ("%s of %s points", points, max_points);

  if (!grade_is_scored (grade))
    return;
  html_format (out, "<p class=\"score\"><strong>%s</strong> of %s points</p>\n", points, max_points);
  grade_html_bar (out, (guint64) MAX (grade->points, 0), (guint64) MAX (grade->max_points, 0), what);
}

static void
put_verdict (GString *out, const Grade *grade)
{
  const char *unscored = words_unscored (grade);

  html_format (out, "<article class=\"lab verdict %s\">\n", grade_html_class (grade->verdict));
  put_score (out, grade);
  html_element (out, "p", "verdict", words_verdict (grade));
  html_element (out, "p", "why", grade->reason);
  if (unscored != NULL)
    html_element (out, "p", "unscored", unscored);
  if (grade->stage != STAGE_CHECKS)
    html_format (out, "<p class=\"stage\">It ended at the stage <b>%s</b>.</p>\n", stage_name (grade->stage));
  if (grade->details != NULL && grade->details[0] != '\0')
    grade_html_pre (out, grade->details, FALSE, WORDS_DETAILS);
  g_string_append (out, "<dl>\n");
  put_fact (out, "Leaf map", grade->leaf_map, FALSE);
  put_fact (out, "Why this map", grade->leaf_map_how, FALSE);
  put_fact (out, "Lab", grade->isa, FALSE);
  put_fact (out, "Kernel", grade->kernel, FALSE);
  g_string_append (out, "</dl>\n</article>\n");
}

static void
put_header (GString *out, const Grade *grade)
{
  g_autofree char *name = words_name (grade);

  g_string_append (out, "<header class=\"top\">\n<div class=\"title\">\n");
  if (grade->assignment[0] != '\0')
    html_format (out, "<p class=\"run\">Assignment <b>%s</b></p>\n", grade->assignment);
  html_format (out, "<h1>%s</h1>\n</div>\n</header>\n", name);
}

/* --- rows ------------------------------------------------------------------------------------- */

static const char *
row_class (const GradeRow *row)
{
  if (row->status == ROW_SKIPPED)
    return "none";
  return !words_row_lost (row) ? "good" : row->points > 0 ? "so-so" : "bad";
}

static void
put_row (GString *out, const GradeRow *row)
{
  g_autofree char *points = grade_points_text (row->points), *max_points = grade_points_text (row->max_points);
  g_autofree char *what = g_strdup_printf ("%u of %u cases are right", row->cases_ok, row->cases_total);
  const gboolean lost = words_row_lost (row);

  g_string_append (out, "<tr><th scope=\"row\">");
  if (lost)
    html_format (out, "<a href=\"#%s\">%s</a>", row_name (row->kind), words_row_title (row->kind));
  else
    svg_text (out, words_row_title (row->kind));
  html_format (out, " <code>%s</code><p>%s</p></th>", row_name (row->kind), row->reason);
  html_format (out, "<td class=\"n\">%s <span class=\"of\">of %s</span></td>", points, max_points);
  html_format (out, "<td class=\"status %s\">%s</td><td class=\"cases\">", row_class (row), row_status_name (row->status));
  if (row->cases_total > 0)
    {
      g_string_append_printf (out, "<span>%u of %u</span>", row->cases_ok, row->cases_total);
      grade_html_bar (out, row->cases_ok, row->cases_total, what);
    }
  g_string_append (out, "</td></tr>\n");
}

/* The rows together, less what warnings cost. */
static void
put_total (GString *out, const Grade *grade)
{
  const gint64 cost = words_warnings_cost (grade);
  g_autofree char *points = grade_points_text (grade->points), *max_points = grade_points_text (grade->max_points), *cost_text = grade_points_text (cost);

  if (!grade_is_scored (grade))
    return;
  if (cost > 0)
    html_format (out, "<tr><th scope=\"row\"><a href=\"#warnings\">Compiler warnings</a></th><td class=\"n\">−%s</td><td></td><td></td></tr>\n", cost_text);
  html_format (out, "<tr class=\"total\"><th scope=\"row\">Together</th><td class=\"n\">%s <span class=\"of\">of %s</span></td><td></td><td></td></tr>\n", points, max_points);
}

static void
put_moved (GString *out, const Moved *moved)
{
  static const HtmlColumn columns[] = { { "Row", FALSE }, { "Before", FALSE }, { "Now", FALSE } };
  g_auto (GStrv) sentences = moved ? moved_sentences (moved) : NULL;

  if (!moved)
    return;
  g_string_append (out, "<section id=\"moved\">\n<h2>What moved</h2>\n");
  for (char **sentence = sentences; *sentence; sentence++)
    html_element (out, "p", NULL, *sentence);
  if (moved->rows->len > 0)
    html_table_begin (out, "Rows that moved", columns, G_N_ELEMENTS (columns));
  for (guint i = 0; i < moved->rows->len; i++)
    {
      const MovedRow *row = g_ptr_array_index (moved->rows, i);

      html_format (out, "<tr><th scope=\"row\">%s</th><td>%s</td><td>%s</td></tr>\n", words_row_title (row->kind), row->before, row->now);
    }
  if (moved->rows->len > 0)
    html_table_end (out);
  g_string_append (out, "</section>\n");
}

static void
put_rows (GString *out, const Grade *grade)
{
  static const HtmlColumn columns[] = { { "Row", FALSE }, { "Points", TRUE }, { "Status", FALSE }, { "Cases that are right", FALSE } };

  if (grade->rows->len == 0)
    return;
  g_string_append (out, "<section id=\"rows\" class=\"rows\">\n<h2>Row by row</h2>\n");
  html_table_begin (out, "What was looked at, and what it is worth", columns, G_N_ELEMENTS (columns));
  for (guint i = 0; i < grade->rows->len; i++)
    put_row (out, g_ptr_array_index (grade->rows, i));
  put_total (out, grade);
  html_table_end (out);
  g_string_append (out, "</section>\n");
}

static void
put_cases (GString *out, const GradeRow *row)
{
  static const HtmlColumn columns[] = { { "Case", FALSE }, { "Expected", FALSE }, { "Seen", FALSE } };
  const guint failed = row->cases_total - row->cases_ok;
  guint shown = 0;

  for (guint i = 0; i < row->cases->len && shown < WORDS_CASES; i++)
    {
      const GradeCase *one = g_ptr_array_index (row->cases, i);
      if (one->ok)
        continue;
      if (shown++ == 0)
        html_table_begin (out, "Cases that are not right", columns, G_N_ELEMENTS (columns));
      html_format (out, "<tr><th scope=\"row\">%s</th><td>%s</td><td class=\"seen\">%s</td></tr>\n", one->what, one->expected, one->seen);
    }
  if (shown > 0)
    html_table_end (out);
  if (failed > shown)
    g_string_append_printf (out, "<p class=\"note\">… and %u more cases that are not right.</p>\n", failed - shown);
}

static void
put_lost (GString *out, const Grade *grade, const GradeRow *row)
{
  const GradeRow *same = words_same_windows (grade, row);
  g_autofree char *lost = grade_points_text (row->max_points - row->points), *max_points = grade_points_text (row->max_points);

  html_format (out, "<article class=\"lost\" id=\"%s\">\n<h3>%s <span class=\"minus\">−%s of %s</span></h3>\n", row_name (row->kind),
               words_row_title (row->kind), lost, max_points);
  html_element (out, "p", "about", words_row_about (row->kind));
  html_element (out, "p", "reason", row->reason);
  if (same != NULL)
    html_format (out, "<p class=\"note\">In the same windows as <a href=\"#%s\">%s</a>, whose table tells them.</p>\n", row_name (same->kind), words_row_title (same->kind));
  else
    put_cases (out, row);
  if (row->where->len > 0)
    g_string_append (out, "<p class=\"look\">Lines of yours to look at</p>\n<ul class=\"where\">\n");
  for (guint i = 0; i < MIN (row->where->len, WORDS_WHERE); i++)
    html_format (out, "<li><code>%s</code></li>\n", (const char *) g_ptr_array_index (row->where, i));
  if (row->where->len > WORDS_WHERE)
    g_string_append_printf (out, "<li>… and %u more</li>\n", row->where->len - WORDS_WHERE);
  g_string_append (out, row->where->len > 0 ? "</ul>\n</article>\n" : "</article>\n");
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
        g_string_append (out, "<section id=\"lost\">\n<h2>Where points were lost</h2>\n");
      put_lost (out, grade, row);
    }
  if (lost > 0)
    g_string_append (out, "</section>\n");
}

/* --- the rest --------------------------------------------------------------------------------- */

static void
put_list (GString *out, const char *id, const char *title, const GPtrArray *texts, gboolean code, guint max)
{
  if (texts->len == 0)
    return;
  html_format (out, "<section id=\"%s\">\n<h2>%s</h2>\n<ul class=\"texts\">\n", id, title);
  for (guint i = 0; i < MIN (texts->len, max); i++)
    html_format (out, code ? "<li><code>%s</code></li>\n" : "<li>%s</li>\n", (const char *) g_ptr_array_index (texts, i));
  if (texts->len > max)
    g_string_append_printf (out, "<li>… and %u more</li>\n", texts->len - max);
  g_string_append (out, "</ul>\n</section>\n");
}

static void
put_built (GString *out, const Grade *grade)
{
  if (grade->carried[0] == '\0' && grade->left_out[0] == '\0')
    return;
  g_string_append (out, "<section id=\"built\">\n<h2>Your change on the lab’s kernel</h2>\n");
  if (grade->left_out[0] != '\0')
    {
      g_string_append (out, "<details open><summary>What was left out</summary>\n<p>This was taken for another kernel version’s own or has no place in the lab’s kernel. "
                            "It was not built. If lines of your change are in it, say so.</p>\n");
      grade_html_pre (out, grade->left_out, TRUE, WORDS_DIFF);
      g_string_append (out, "</details>\n");
    }
  if (grade->carried[0] != '\0')
    {
      g_string_append (out, "<details><summary>As a diff</summary>\n");
      grade_html_pre (out, grade->carried, TRUE, WORDS_DIFF);
      g_string_append (out, "</details>\n");
    }
  g_string_append (out, "</section>\n");
}

static void
put_again (GString *out, const Grade *grade)
{
  g_autofree char *command = words_command (grade);

  g_string_append (out, "<section id=\"again\">\n<h2>The same grading again</h2>\n<p>The random numbers are drawn from the content of the submission and the rubric’s "
                        "secret, so the same files give the same grade and the same fingerprint, on any machine.</p>\n");
  grade_html_pre (out, command, FALSE, 1);
  g_string_append (out, "<dl class=\"facts\">\n");
  put_fact (out, "Content, SHA-256", grade->sha256, TRUE);
  put_fact (out, "Fingerprint", grade->fingerprint, TRUE);
  g_string_append (out, "</dl>\n</section>\n");
}

GString *
grade_html (const Grade *grade)
{
  GString *out = g_string_new (NULL);
  g_autofree char *name = words_name (grade);
  g_autofree char *title = g_strconcat ("Grade of ", name, NULL);

  grade_html_begin (out, title, NULL);
  put_header (out, grade);
  g_string_append (out, "<main>\n");
  put_verdict (out, grade);
  put_moved (out, grade->moved);
  put_rows (out, grade);
  put_all_lost (out, grade);
  put_list (out, "warnings", "Compiler warnings", grade->warnings, TRUE, WORDS_WARNINGS);
  put_list (out, "notes", "Notes", grade->notes, FALSE, WORDS_NOTES);
  put_built (out, grade);
  put_again (out, grade);
  g_string_append (out, "</main>\n");
  grade_html_end (out, "This page fetches nothing and runs no script.");
  return out;
}

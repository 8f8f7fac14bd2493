/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The instructor's page; see batch.h. */
#include "grade/batch.h"

#include "grade/grade-html.h"
#include "grade/grade-words.h"
#include "report/chart.h"
#include "report/html-page.h"
#include "report/html-parts.h"
#include "report/svg.h"

#define REASONS 3u /* of a row */
#define PAIRS 200u

/* --- the histogram ---------------------------------------------------------------------------- */

#define PLOT_Y0 84.0
#define PLOT_Y1 250.0

static char *
bin_text (guint bin, guint n)
{
  if (bin == BATCH_BINS - 1)
    return g_strdup_printf ("full marks: %u", n);
  return g_strdup_printf ("%u %% to less than %u %%: %u", bin * 10, bin * 10 + 10, n);
}

static void
put_bin (GString *out, const BatchSummary *summary, guint bin, guint most)
{
  const double step = (CHART_X1 - CHART_X0) / BATCH_BINS, x = CHART_X0 + bin * step;
  const guint n = summary->bins[bin];
  const double height = (PLOT_Y1 - PLOT_Y0) * n / MAX (most, 1);
  g_autofree char *tooltip = bin_text (bin, n), *count = g_strdup_printf ("%u", n);
  g_autofree char *label = bin == BATCH_BINS - 1 ? g_strdup ("full") : g_strdup_printf (bin == 0 ? "%u %%" : "%u", bin * 10);

  chart_rect (out, bin == BATCH_BINS - 1 ? "score-full" : "score-bar", x + 4, PLOT_Y1 - height, step - 8, height, NULL);
  if (n > 0)
    chart_text (out, "m", x + step / 2, PLOT_Y1 - height - 7, count);
  /* A bin's lower end stands below its left edge; full marks have no extent. */
  chart_text (out, bin == BATCH_BINS - 1 ? "m a" : "a", bin == BATCH_BINS - 1 ? x + step / 2 : x + 4, PLOT_Y1 + 21, label);
  chart_rect (out, "hit", x, PLOT_Y0 - 18, step, PLOT_Y1 - PLOT_Y0 + 18, tooltip);
}

GString *
batch_picture (const BatchSummary *summary)
{
  GString *out = g_string_new (NULL);
  g_autoptr (GString) desc = g_string_new (NULL);
  guint most = 0;

  for (guint i = 0; i < BATCH_BINS; i++)
    {
      g_autofree char *text = bin_text (i, summary->bins[i]);
      g_string_append_printf (desc, "%s%s", i > 0 ? "; " : "", text);
      most = MAX (most, summary->bins[i]);
    }
  chart_begin (out, PLOT_Y1 + 36, "Distribution of the scores", "Submissions by their share of the points: 70 is 70 % or more, below 80 %", desc->str);
  chart_line (out, "axis", CHART_X0, PLOT_Y1, CHART_X1, PLOT_Y1);
  for (guint i = 0; i < BATCH_BINS; i++)
    put_bin (out, summary, i, most);
  chart_end (out);
  return out;
}

/* --- parts ------------------------------------------------------------------------------------ */

/* A path for an attribute: what is no letter, digit or one of these is %XX, so it can be neither a scheme nor a quote. */
static void
put_link (GString *out, const BatchEntry *entry)
{
  if (entry->href == NULL)
    {
      svg_text (out, entry->grade->submission);
      return;
    }
  g_autofree char *escaped = g_uri_escape_string (entry->href, "/", FALSE);
  html_format (out, "<a href=\"./%s\">%s</a>", escaped, entry->grade->submission);
}

static void
put_count (GString *out, guint n, const char *class_name, const char *what)
{
  g_string_append_printf (out, "<li class=\"%s\"><strong>%u</strong> ", class_name, n);
  svg_text (out, what);
  g_string_append (out, "</li>\n");
}

static void
put_counts (GString *out, const BatchSummary *summary)
{
  static const char *const what[] = { "full marks", "partly right", "not working", "need their base", "need a look", "failed by the infrastructure" };

  g_string_append (out, "<ul class=\"counts\">\n");
  for (guint i = 0; i < G_N_ELEMENTS (what); i++)
    put_count (out, summary->verdicts[i], grade_html_class ((Verdict) i), what[i]);
  g_string_append (out, "</ul>\n");
}

static void
put_distribution (GString *out, const BatchSummary *summary)
{
  g_autofree char *mean = grade_points_text (summary->mean), *median = grade_points_text (summary->median);

  if (summary->scored == 0)
    return;
  html_figure (out, batch_picture (summary), "static scores");
  g_string_append_printf (out, "<p class=\"note\">%u submissions are scored; mean %s points, median %s points.", summary->scored, mean, median);
  if (summary->verdicts[VERDICT_NEEDS_BASE] + summary->verdicts[VERDICT_NEEDS_LOOK] + summary->verdicts[VERDICT_INFRASTRUCTURE] > 0)
    g_string_append (out, " Those that were not judged are in none of these numbers.");
  g_string_append (out, "</p>\n");
}

static void
put_look_rows (GString *out, const char *caption, const BatchSummary *summary, const Batch *batch, guint first, guint end)
{
  static const HtmlColumn columns[] = { { "Submission", FALSE }, { "What", FALSE }, { "Why", FALSE } };

  html_table_begin (out, caption, columns, G_N_ELEMENTS (columns));
  for (guint i = first; i < end; i++)
    {
      const BatchLook *look = g_ptr_array_index (summary->looks, i);
      g_string_append (out, "<tr><td class=\"name\">");
      put_link (out, &batch->entries[look->entry]);
      html_format (out, "</td><td>%s</td><td class=\"why\">%s</td></tr>\n", look->kind, look->why);
    }
  html_table_end (out);
}

/* Warnings come last and are many: they are folded. */
static void
put_looks (GString *out, const BatchSummary *summary, const Batch *batch)
{
  const guint n = summary->looks->len, urgent = n - summary->warned;

  if (n == 0)
    return;
  g_string_append (out, "<section id=\"look\" class=\"look\">\n<h2>Who needs a look</h2>\n");
  if (urgent > 0)
    put_look_rows (out, "Not judged, not judged whole, or judged at the second try", summary, batch, 0, urgent);
  if (summary->warned > 0)
    {
      g_string_append_printf (out, "<details><summary>Compiler warnings: %u</summary>\n", summary->warned);
      put_look_rows (out, "Submissions that the compiler warned of", summary, batch, urgent, n);
      g_string_append (out, "</details>\n");
    }
  g_string_append (out, "</section>\n");
}

static void
put_mistake (GString *out, const BatchMistake *mistake)
{
  g_autofree char *points = grade_points_text (mistake->points_lost / MAX (mistake->lost, 1));
  g_autofree char *what = g_strdup_printf ("%u of %u lost points", mistake->lost, mistake->judged);

  html_format (out, "<tr><th scope=\"row\">%s</th>", row_name (mistake->kind));
  g_string_append_printf (out, "<td class=\"cases\"><span>%u of %u</span>", mistake->lost, mistake->judged);
  grade_html_bar (out, mistake->lost, mistake->judged, what);
  html_format (out, "</td><td class=\"n\">%s</td><td><ul>", points);
  for (guint i = 0; i < MIN (mistake->reasons->len, REASONS); i++)
    {
      const BatchReason *reason = g_ptr_array_index (mistake->reasons, i);
      g_string_append_printf (out, "<li><b>%u×</b>", reason->n);
      html_format (out, "%s</li>", reason->text);
    }
  if (mistake->reasons->len > REASONS)
    g_string_append_printf (out, "<li>… and %u other</li>", mistake->reasons->len - REASONS);
  g_string_append (out, "</ul></td></tr>\n");
}

static void
put_mistakes (GString *out, const BatchSummary *summary)
{
  static const HtmlColumn columns[] = { { "Row", FALSE }, { "Lost points", FALSE }, { "Points lost each", TRUE }, { "Commonest reasons", FALSE } };

  if (summary->mistakes->len == 0)
    return;
  g_string_append (out, "<section id=\"mistakes\" class=\"mistakes\">\n<h2>The commonest mistakes</h2>\n");
  html_table_begin (out, "Rows in which points were lost, of the submissions that were judged in them", columns, G_N_ELEMENTS (columns));
  for (guint i = 0; i < summary->mistakes->len; i++)
    put_mistake (out, g_ptr_array_index (summary->mistakes, i));
  html_table_end (out);
  g_string_append (out, "</section>\n");
}

static void
put_pairs (GString *out, const BatchSummary *summary, const Batch *batch)
{
  static const HtmlColumn columns[] = { { "Alike", TRUE }, { "Submission", FALSE }, { "and", FALSE } };

  if (summary->pairs->len == 0)
    return;
  g_string_append (out, "<section id=\"alike\" class=\"alike\">\n<h2>Near-identical submissions</h2>\n<p>Of what is rare in this batch and stands in either, how much "
                        "stands in both. Names of their own, layout and comments make no difference. A reason to look, not a finding.</p>\n");
  html_table_begin (out, "Pairs whose changes are nearly the same", columns, G_N_ELEMENTS (columns));
  for (guint i = 0; i < MIN (summary->pairs->len, PAIRS); i++)
    {
      const SimilarPair *pair = &g_array_index (summary->pairs, SimilarPair, i);
      g_string_append_printf (out, "<tr><td class=\"n\">%u\u202f%%</td><td>", (guint) (pair->value * 100 + 0.5));
      put_link (out, &batch->entries[pair->a]);
      g_string_append (out, "</td><td>");
      put_link (out, &batch->entries[pair->b]);
      g_string_append (out, "</td></tr>\n");
    }
  html_table_end (out);
  if (summary->pairs->len > PAIRS)
    g_string_append_printf (out, "<p class=\"note\">… and %u more pairs.</p>\n", summary->pairs->len - PAIRS);
  g_string_append (out, "</section>\n");
}

/* --- all of them ------------------------------------------------------------------------------ */

static void
put_lost_rows (GString *out, const Grade *grade)
{
  const char *before = "";

  if (grade->stage != STAGE_CHECKS || !grade_is_scored (grade))
    {
      html_format (out, "%s: %s", stage_name (grade->stage), grade->reason);
      return;
    }
  for (guint i = 0; i < grade->rows->len; i++)
    {
      const GradeRow *row = g_ptr_array_index (grade->rows, i);
      if (!words_row_lost (row))
        continue;
      html_format (out, "%s%s", before, row_name (row->kind));
      before = ", ";
    }
}

static void
put_entry (GString *out, const BatchEntry *entry)
{
  const Grade *grade = entry->grade;
  const gboolean scored = grade_is_scored (grade);
  g_autofree char *points = scored ? grade_points_text (grade->points) : g_strdup ("–");

  g_string_append (out, "<tr><td class=\"name\">");
  put_link (out, entry);
  g_string_append_printf (out, "</td><td class=\"n\" data-v=\"%" G_GINT64_FORMAT "\">%s</td>", scored ? grade->points : -1, points);
  html_format (out, "<td class=\"status %s\">%s</td>", grade_html_class (grade->verdict), verdict_name (grade->verdict));
  html_format (out, "<td>%s</td><td>%s</td><td class=\"lost\">", grade->leaf_map, grade->isa);
  put_lost_rows (out, grade);
  g_string_append (out, "</td></tr>\n");
}

static void
put_all (GString *out, const BatchSummary *summary, const Batch *batch)
{
  static const HtmlColumn columns[] = { { "Submission", FALSE }, { "Score", TRUE }, { "Verdict", FALSE },
                                        { "Map", FALSE },        { "Lab", FALSE },  { "Lost, or where it ended", FALSE } };

  g_string_append (out, "<section id=\"all\" class=\"all\">\n<h2>All submissions</h2>\n"
                        "<p><input id=\"filter\" type=\"search\" placeholder=\"Filter: a name, a verdict, a row\" aria-label=\"Filter\" hidden></p>\n");
  html_table_begin (out, "By score, then by name; grades.csv has the same to be worked with", columns, G_N_ELEMENTS (columns));
  for (guint i = 0; i < summary->order->len; i++)
    put_entry (out, &batch->entries[g_array_index (summary->order, guint, i)]);
  html_table_end (out);
  g_string_append (out, "</section>\n");
}

static void
put_header (GString *out, const Batch *batch)
{
  g_string_append_printf (out, "<header class=\"top\">\n<div class=\"title\">\n<p class=\"run\"><b>%u</b> %s", batch->n, batch->n == 1 ? "submission" : "submissions");
  if (batch->elapsed_ms > 0)
    g_string_append_printf (out, ", graded in %" G_GINT64_FORMAT " min %02d s", batch->elapsed_ms / 60000, (int) (batch->elapsed_ms / 1000 % 60));
  html_format (out, "</p>\n<h1>%s</h1>\n</div>\n</header>\n", batch->title);
}

GString *
batch_html (const Batch *batch)
{
  GString *out = g_string_new (NULL);
  g_autoptr (BatchSummary) summary = batch_summary (batch);
  g_autofree char *own = html_resource ("batch.js"), *script = html_inlined (own), *title = g_strconcat ("Grades: ", batch->title, NULL);
  const char *const scripts[] = { script, NULL };

  grade_html_begin (out, title, scripts);
  put_header (out, batch);
  g_string_append (out, "<main>\n");
  put_counts (out, summary);
  put_distribution (out, summary);
  put_looks (out, summary, batch);
  put_mistakes (out, summary);
  put_pairs (out, summary, batch);
  put_all (out, summary, batch);
  g_string_append_printf (out, "</main>\n<script>%s</script>\n", script);
  grade_html_end (out, "This page fetches nothing. Its script sorts and filters the table and does nothing else.");
  return out;
}

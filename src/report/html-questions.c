/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The questions about one lab's boot: a sentence a lab, pictures, tables. */
#include "report/html-parts.h"

#include "report/pictures.h"

#define BURSTS_SHOWN 40u

static const SpanSummary *
phase_of (const LabSummary *s, guint i)
{
  return &g_array_index (s->phases, SpanSummary, i);
}

static const SpanSummary *
boot_of (const AnswersLab *lab)
{
  return &lab->summary->windows[WINDOW_BOOT];
}

static const ReasonSummary *
reason_of (const AnswersLab *lab, Window window, guint i)
{
  return &g_array_index (lab->summary->reasons[window], ReasonSummary, i);
}

static const char *
kind_name (const LabSummary *s, guint i)
{
  return i < s->kinds->len ? g_array_index (s->kinds, KindSummary, i).name : "unknown";
}

static void
begin_sentence (GString *out, const AnswersLab *lab)
{
  html_format (out, "<p class=\"answer\"><b class=\"of\">%s</b> ", lab->name);
}

static void
end_sentence (GString *out)
{
  g_string_append (out, "</p>\n");
}

/* "48 EPT_VIOLATION" */
static char *
reason_label (const AnswersLab *lab, guint32 code)
{
  return g_strdup_printf ("%u %s", code, reason_name (lab->names, code));
}

/* 1. The rate. */

static void
rate_dispersion (GString *out, const AnswersLab *lab)
{
  const gint64 dispersion = dispersion_micro (&boot_of (lab)->dispersion);

  if (dispersion < 0)
    {
      g_string_append (out, "The boot is too short to tell.");
      return;
    }
  g_string_append (out, lab->summary->stability.even ? "<strong>Stable.</strong>" : "<strong>Not stable.</strong>");
  g_string_append (out, " Counted in bins of 10\u202fms, the variance of the boot’s exits is ");
  html_put_fixed (out, arith_ratio ((guint64) dispersion, 100, 1000000), 2);
  g_string_append (out, " times their mean; chance alone would make it 1.");
}

static void
rate_extremes (GString *out, const AnswersLab *lab)
{
  const Stability *stability = &lab->summary->stability;

  if (!stability->has_rates)
    return;
  const SpanSummary *fast = phase_of (lab->summary, stability->fastest), *slow = phase_of (lab->summary, stability->slowest);
  html_format (out, " Phase %s is the fastest with ", fast->name);
  html_put_count (out, arith_ratio (span_rate_milli (fast), 1, 1000));
  html_format (out, " exits a second, %s the slowest with ", slow->name);
  html_put_count (out, arith_ratio (span_rate_milli (slow), 1, 1000));
  g_string_append_c (out, '.');
}

static void
rate_bursts (GString *out, const AnswersLab *lab)
{
  const LabSummary *s = lab->summary;
  const BurstSummary *bursts = &s->bursts;

  if (s->segments->len == 0)
    return;
  g_string_append_printf (out, " The boot falls into %u %s of steady rate", s->segments->len, s->segments->len == 1 ? "stretch" : "stretches");
  if (bursts->segments == 0)
    {
      g_string_append (out, ", none of them a burst.");
      return;
    }
  g_string_append_printf (out, ", %u of them %s: at twice the mean rate or more, ", bursts->segments, bursts->segments == 1 ? "a burst" : "bursts");
  html_put_percent (out, (guint64) bursts->duration_ns, (guint64) MAX (boot_of (lab)->end_ns, 1));
  g_string_append (out, " of the time holds ");
  html_put_percent (out, bursts->exits, boot_of (lab)->exits);
  html_format (out, " of the exits, most often of kind %s.", kind_name (s, bursts->top_kind));
}

/* report.js shows its chart in place of the picture; printed, the picture stands. */
static void
rate_picture (GString *out, const HtmlLab *html, gboolean interactive)
{
  const AnswersLab *lab = &html->lab;

  if (interactive && html->exits != NULL && html->exits_packed < lab->summary->windows[WINDOW_ALL].exits)
    {
      g_string_append (out, "<p class=\"note\">This page has the first ");
      html_put_count (out, html->exits_packed);
      g_string_append (out, " of ");
      html_put_count (out, lab->summary->windows[WINDOW_ALL].exits);
      html_format (out, " single exits; all of them are in %s/exits.csv.gz.</p>\n", lab->name);
    }
  if (interactive)
    html_format (out, "<div class=\"chart\" data-lab=\"%s\" hidden></div>\n", lab->name);
  html_figure (out, picture_rate (lab), "static");
}

static void
phase_row (GString *out, const AnswersLab *lab, guint i)
{
  const SpanSummary *phase = phase_of (lab->summary, i);
  const gint64 dispersion = dispersion_micro (&phase->dispersion);
  g_autofree char *key = g_strconcat ("phase=", phase->name, NULL);

  html_row_begin (out, lab, "phases.csv", key);
  g_string_append (out, "<th scope=\"row\" data-column=\"phase\">");
  html_put_zoom (out, lab, phase->name, phase->start_ns, phase->end_ns);
  g_string_append (out, "</th>");
  html_seconds (out, NULL, "start_ns", phase->start_ns);
  html_seconds (out, NULL, "duration_ns", phase->end_ns - phase->start_ns);
  html_unsigned (out, NULL, "exits", phase->exits);
  html_fixed (out, NULL, "exits_per_s", span_rate_milli (phase), 3);
  if (dispersion >= 0)
    html_fixed (out, NULL, "dispersion", (guint64) dispersion, 6);
  else
    html_empty (out, 1);
  html_row_end (out);
}

static void
rate_phases (GString *out, const AnswersLab *lab)
{
  static const HtmlColumn columns[] = {
    { "Phase", FALSE }, { "Begins at", TRUE }, { "Lasts", TRUE }, { "Exits", TRUE }, { "Exits/s", TRUE }, { "Dispersion", TRUE },
  };
  g_autofree char *caption = g_strdup_printf ("%s: the rate by phase (%s/phases.csv)", lab->name, lab->name);

  html_table_begin (out, caption, columns, G_N_ELEMENTS (columns));
  for (guint i = 0; i < lab->summary->phases->len; i++)
    phase_row (out, lab, i);
  html_table_end (out);
}

static void
burst_row (GString *out, const AnswersLab *lab, const SegmentSummary *segment, guint number)
{
  g_autofree char *name = g_strdup_printf ("Burst %u", number);
  g_autofree char *top = reason_label (lab, segment->top_code);
  g_autofree char *key = g_strdup_printf ("start_ns=%" G_GINT64_FORMAT, segment->start_ns);
  const guint64 span = (guint64) MAX (segment->end_ns - segment->start_ns, 1);

  html_row_begin (out, lab, "segments.csv", key);
  g_string_append (out, "<th scope=\"row\">");
  html_put_zoom (out, lab, name, segment->start_ns, segment->end_ns);
  g_string_append (out, "</th>");
  html_seconds (out, NULL, "start_ns", segment->start_ns);
  html_seconds (out, NULL, NULL, segment->end_ns - segment->start_ns);
  html_unsigned (out, NULL, "exits", segment->exits);
  html_fixed (out, NULL, "exits_per_s", arith_ratio (segment->exits, G_GUINT64_CONSTANT (1000000000000), span), 3);
  html_text (out, NULL, "top_kind", kind_name (lab->summary, segment->top_kind));
  html_text (out, NULL, NULL, top);
  html_row_end (out);
}

static void
rate_burst_table (GString *out, const AnswersLab *lab)
{
  static const HtmlColumn columns[] = {
    { "Burst", FALSE }, { "Begins at", TRUE }, { "Lasts", TRUE }, { "Exits", TRUE }, { "Exits/s", TRUE }, { "Mostly of kind", FALSE }, { "Mostly", FALSE },
  };
  const GArray *segments = lab->summary->segments;
  g_autofree char *caption = g_strdup_printf ("%s: bursts, stretches of the boot with at least twice its mean rate%s (%s/segments.csv)", lab->name,
                                              lab->summary->bursts.segments > BURSTS_SHOWN ? ", the first of them" : "", lab->name);
  guint number = 0;

  if (lab->summary->bursts.segments == 0)
    return;
  html_format (out, "<details><summary>The bursts of %s, one by one</summary>\n", lab->name);
  html_table_begin (out, caption, columns, G_N_ELEMENTS (columns));
  for (guint i = 0; i < segments->len && number < BURSTS_SHOWN; i++)
    if (g_array_index (segments, SegmentSummary, i).burst)
      burst_row (out, lab, &g_array_index (segments, SegmentSummary, i), ++number);
  html_table_end (out);
  g_string_append (out, "</details>\n");
}

void
html_question_rate (GString *out, const HtmlPage *page)
{
  for (gsize i = 0; i < page->n_with; i++)
    {
      begin_sentence (out, page->with[i]);
      rate_dispersion (out, page->with[i]);
      rate_extremes (out, page->with[i]);
      rate_bursts (out, page->with[i]);
      end_sentence (out);
    }
  for (gsize i = 0; i < page->n_with; i++)
    {
      html_format (out, "<h3>%s</h3>\n", page->with[i]->name);
      rate_picture (out, page->with_html[i], page->inputs->chart_library != NULL);
      rate_phases (out, page->with[i]);
      rate_burst_table (out, page->with[i]);
    }
}

/* 2. Operations. */

/* The one that exits most often a repetition; NULL if none was performed. */
static const OperationSummary *
most_exits (const AnswersLab *lab)
{
  const GArray *operations = lab->summary->operations;
  const OperationSummary *most = NULL;

  for (guint i = 0; i < operations->len; i++)
    {
      const OperationSummary *o = &g_array_index (operations, OperationSummary, i);
      if (o->repetitions > 0 && !operation_is_calibration (o->number) &&
          (most == NULL || (unsigned __int128) o->exits * most->repetitions > (unsigned __int128) most->exits * o->repetitions))
        most = o;
    }
  return most;
}

/* "18 062 exits", "10.400 exits", "1 exit" */
static void
put_exits_each (GString *out, const OperationSummary *o)
{
  if (o->exits % o->repetitions == 0)
    html_put_count (out, o->exits / o->repetitions);
  else
    html_put_fixed (out, arith_ratio (o->exits, 1000, o->repetitions), 3);
  g_string_append (out, o->exits == o->repetitions ? " exit" : " exits");
}

static void
operations_sentence (GString *out, const AnswersLab *lab)
{
  const OperationSummary *most = most_exits (lab);
  guint without = 0, n = 0;

  for (guint i = 0; i < lab->summary->operations->len; i++)
    {
      const OperationSummary *o = &g_array_index (lab->summary->operations, OperationSummary, i);
      n += operation_is_calibration (o->number) ? 0 : 1;
      without += !operation_is_calibration (o->number) && o->exits == 0 ? 1 : 0;
    }
  begin_sentence (out, lab);
  if (most == NULL)
    g_string_append (out, "The guest performed no operations in this run.");
  else if (most->exits == 0)
    g_string_append_printf (out, "None of the %u operations that the guest performed takes an exit.", n);
  else
    {
      html_format (out, "<strong>%s</strong> exits most: ", record_operations[most->number].name);
      put_exits_each (out, most);
      g_string_append_printf (out, " each time. Of the %u operations that the guest performed, %u %s no exit at all.", n, without,
                              without == 1 ? "takes" : "take");
    }
  end_sentence (out);
}

static void
operation_cells (GString *out, const AnswersLab *lab, guint number)
{
  const OperationSummary *o = lab_summary_operation (lab->summary, number);
  g_autofree char *key = g_strconcat ("operation=", record_operations[number].name, NULL);
  const HtmlSource source = { lab->name, "operations.csv", key };

  if (o == NULL || o->repetitions == 0)
    {
      html_empty (out, 3);
      html_no_text (out);
      return;
    }
  html_unsigned (out, &source, "repetitions", o->repetitions);
  html_fixed (out, &source, "exits_per_op", arith_ratio (o->exits, 1000, o->repetitions), 3);
  html_fixed (out, &source, "cycles_per_op", arith_ratio (o->cycles, 1000, o->repetitions), 3);
  if (o->reasons->len == 0)
    html_no_text (out);
  else
    html_text (out, NULL, NULL, reason_name (lab->names, g_array_index (o->reasons, OperationReason, 0).code));
}

static gboolean
any_performed (const HtmlPage *page, guint number)
{
  for (gsize i = 0; i < page->n_with; i++)
    if (lab_summary_operation (page->with[i]->summary, number) != NULL)
      return TRUE;
  return FALSE;
}

static void
operations_table (GString *out, const HtmlPage *page)
{
  static const HtmlColumn first[] = { { "Operation", FALSE }, { "Once is", FALSE } };
  static const HtmlColumn per_lab[] = { { "Times", TRUE }, { "Exits each", TRUE }, { "Cycles each", TRUE }, { "Mostly", FALSE } };

  html_table_begin_labs (out, "Exits and cycles in exits of one repetition (operations.csv of each lab)", first, G_N_ELEMENTS (first), per_lab,
                         G_N_ELEMENTS (per_lab), page->with, page->n_with);
  for (guint number = 0; number < OPERATIONS; number++)
    if (any_performed (page, number))
      {
        html_row_begin (out, NULL, NULL, NULL);
        html_head (out, NULL, record_operations[number].name);
        html_text (out, NULL, NULL, record_operations[number].what);
        for (gsize i = 0; i < page->n_with; i++)
          operation_cells (out, page->with[i], number);
        html_row_end (out);
      }
  html_table_end (out);
}

gboolean
html_has_guests_of_ours (const HtmlPage *page)
{
  for (gsize i = 0; i < page->n_with; i++)
    if (page->with[i]->summary->distribution == NULL)
      return TRUE;
  return FALSE;
}

void
html_question_operations (GString *out, const HtmlPage *page)
{
  gboolean any = FALSE;

  for (gsize i = 0; i < page->n_with; i++)
    {
      if (page->with[i]->summary->distribution != NULL)
        continue;
      operations_sentence (out, page->with[i]);
      any = any || page->with[i]->summary->operations->len > 0;
    }
  if (!any)
    return;
  html_figure (out, picture_operations (page->labs, page->n), "wide");
  operations_table (out, page);
}

/* 3. Types. */

static void
types_sentence (GString *out, const AnswersLab *lab)
{
  const GArray *reasons = lab->summary->reasons[WINDOW_BOOT];

  begin_sentence (out, lab);
  if (reasons->len == 0)
    g_string_append (out, "No exit occurred.");
  else
    {
      const ReasonSummary *most = reason_of (lab, WINDOW_BOOT, 0), *least = reason_of (lab, WINDOW_BOOT, reasons->len - 1);
      html_format (out, "Most frequent is <strong>%s</strong> with ", reason_name (lab->names, most->code));
      html_put_percent (out, most->exits, boot_of (lab)->exits);
      html_format (out, " of the boot’s exits; least frequent of those that occur <strong>%s</strong> with ", reason_name (lab->names, least->code));
      html_put_count (out, least->exits);
      g_string_append_printf (out, " %s. %u types occur", least->exits == 1 ? "exit" : "exits", reasons->len);
      if (lab->summary->types_90 > 0)
        {
          g_string_append_printf (out, ", %u of them make ", lab->summary->types_90);
          html_put_percent (out, lab->summary->types_90_exits, boot_of (lab)->exits);
        }
      g_string_append_c (out, '.');
    }
  end_sentence (out);
}

static void
type_row (GString *out, const AnswersLab *lab, Window window, const ReasonSummary *r)
{
  g_autofree char *key = g_strdup_printf ("window=%s;reason=%u", window_name (window), r->code);

  html_row_begin (out, lab, "reasons.csv", key);
  html_head (out, "name", reason_name (lab->names, r->code));
  html_unsigned (out, NULL, "reason", r->code);
  html_text (out, NULL, NULL, reason_kind (lab->names, r->code));
  html_unsigned (out, NULL, "exits", r->exits);
  html_percent (out, NULL, "share", r->exits, lab->summary->windows[window].exits);
  html_seconds (out, NULL, "first_ns", r->first_ns);
  html_seconds (out, NULL, "last_ns", r->last_ns);
  html_row_end (out);
}

static void
types_table (GString *out, const AnswersLab *lab, Window window, const char *of_what)
{
  static const HtmlColumn columns[] = {
    { "Type", FALSE }, { "Code", TRUE }, { "Kind", FALSE }, { "Exits", TRUE }, { "Share", TRUE }, { "First at", TRUE }, { "Last at", TRUE },
  };
  g_autofree char *caption = g_strdup_printf ("%s: the types of exits of %s, most frequent first (%s/reasons.csv)", lab->name, of_what, lab->name);

  html_table_begin (out, caption, columns, G_N_ELEMENTS (columns));
  for (guint i = 0; i < lab->summary->reasons[window]->len; i++)
    type_row (out, lab, window, reason_of (lab, window, i));
  html_table_end (out);
}

static void
types_never (GString *out, const AnswersLab *lab)
{
  const GArray *codes = reason_codes (lab->names);
  g_autoptr (GString) list = g_string_new (NULL);
  guint never = 0;

  for (guint i = 0; i < codes->len; i++)
    {
      const guint32 code = g_array_index (codes, guint32, i);
      g_autofree char *number = g_strdup_printf ("%u", code);
      if (lab_summary_reason (lab->summary, WINDOW_ALL, code) != NULL)
        continue;
      html_format (list, "<li><b>%s</b> %s</li>\n", number, reason_name (lab->names, code));
      never++;
    }
  html_format (out, "<details><summary>%s: ", lab->name);
  g_string_append_printf (out, "%u of %u defined types never occur</summary>\n<ul class=\"tags\">\n%s</ul></details>\n", never, codes->len, list->str);
}

void
html_question_types (GString *out, const HtmlPage *page)
{
  for (gsize i = 0; i < page->n_with; i++)
    types_sentence (out, page->with[i]);
  for (gsize i = 0; i < page->n_with; i++)
    {
      const AnswersLab *lab = page->with[i];
      html_format (out, "<h3>%s</h3>\n", lab->name);
      html_figure (out, picture_heat (lab), "wide");
      types_table (out, lab, WINDOW_BOOT, "the boot");
      html_format (out, "<details><summary>The whole run of %s, to the power-off</summary>\n", lab->name);
      types_table (out, lab, WINDOW_ALL, "the whole run");
      g_string_append (out, "</details>\n");
      types_never (out, lab);
    }
}

/* 4. The share of time. */

static void
share_sentence (GString *out, const AnswersLab *lab)
{
  const gint64 inside = lab_summary_ns (lab->summary, boot_of (lab)->cycles);

  begin_sentence (out, lab);
  g_string_append (out, "<strong>");
  html_put_percent (out, (guint64) MAX (inside, 0), (guint64) MAX (boot_of (lab)->end_ns, 1));
  g_string_append (out, "</strong> of the boot: ");
  html_put_seconds (out, inside);
  g_string_append (out, " of ");
  html_put_seconds (out, boot_of (lab)->end_ns);
  g_string_append (out, " passed inside of exits, ");
  html_put_count (out, arith_ratio (boot_of (lab)->cycles, 1, MAX (boot_of (lab)->exits, 1)));
  g_string_append (out, " cycles in the mean.");
  end_sentence (out);
}

static void
share_phase_cells (GString *out, const AnswersLab *lab, const char *name)
{
  const SpanSummary *phase = lab_summary_phase (lab->summary, name);
  g_autofree char *key = g_strconcat ("phase=", name, NULL);
  const HtmlSource source = { lab->name, "phases.csv", key };

  if (phase == NULL)
    {
      html_empty (out, 4);
      return;
    }
  const gint64 span = phase->end_ns - phase->start_ns, inside = lab_summary_ns (lab->summary, phase->cycles);
  html_seconds (out, &source, "duration_ns", span);
  html_unsigned (out, &source, "cycles", phase->cycles);
  html_seconds (out, NULL, NULL, inside);
  html_percent (out, NULL, NULL, (guint64) MAX (inside, 0), (guint64) MAX (span, 1));
}

/* The phases of all labs in the order of the first that has them. */
static GPtrArray *
phase_names (const HtmlPage *page)
{
  GPtrArray *names = g_ptr_array_new ();

  for (gsize i = 0; i < page->n_with; i++)
    for (guint p = 0; p < page->with[i]->summary->phases->len; p++)
      {
        const char *name = phase_of (page->with[i]->summary, p)->name;
        if (!g_ptr_array_find_with_equal_func (names, name, g_str_equal, NULL))
          g_ptr_array_add (names, (gpointer) name);
      }
  return names;
}

static void
share_phases (GString *out, const HtmlPage *page)
{
  static const HtmlColumn first[] = { { "Phase", FALSE } };
  static const HtmlColumn per_lab[] = { { "Lasts", TRUE }, { "Cycles in exits", TRUE }, { "Time in exits", TRUE }, { "Share", TRUE } };
  g_autoptr (GPtrArray) names = phase_names (page);

  html_table_begin_labs (out, "Time inside of exits by phase (phases.csv of each lab)", first, G_N_ELEMENTS (first), per_lab, G_N_ELEMENTS (per_lab),
                         page->with, page->n_with);
  for (guint p = 0; p < names->len; p++)
    {
      const char *name = g_ptr_array_index (names, p);
      html_row_begin (out, NULL, NULL, NULL);
      html_head (out, NULL, name);
      for (gsize i = 0; i < page->n_with; i++)
        share_phase_cells (out, page->with[i], name);
      html_row_end (out);
    }
  html_table_end (out);
}

static int
by_cycles (gconstpointer a, gconstpointer b)
{
  const ReasonSummary *one = *(const ReasonSummary *const *) a, *other = *(const ReasonSummary *const *) b;

  if (one->cycles != other->cycles)
    return one->cycles < other->cycles ? 1 : -1;
  return one->code > other->code ? 1 : one->code < other->code ? -1 : 0;
}

static void
cost_row (GString *out, const AnswersLab *lab, const ReasonSummary *r)
{
  g_autofree char *key = g_strdup_printf ("window=boot;reason=%u", r->code);

  html_row_begin (out, lab, "reasons.csv", key);
  html_head (out, "name", reason_name (lab->names, r->code));
  html_unsigned (out, NULL, "cycles", r->cycles);
  html_percent (out, NULL, NULL, r->cycles, boot_of (lab)->cycles);
  html_fixed (out, NULL, "cycles_mean", arith_ratio (r->cycles, 1000, r->exits), 3);
  html_unsigned (out, NULL, "cycles_p50", r->cycles_p50);
  html_unsigned (out, NULL, "cycles_p99", r->cycles_p99);
  html_row_end (out);
}

static void
cost_table (GString *out, const AnswersLab *lab)
{
  static const HtmlColumn columns[] = {
    { "Type", FALSE }, { "Cycles", TRUE }, { "Of all", TRUE }, { "Mean", TRUE }, { "Median", TRUE }, { "99th percentile", TRUE },
  };
  g_autofree char *caption = g_strdup_printf ("%s: what the types of exits cost in the boot, dearest first (%s/reasons.csv)", lab->name, lab->name);
  g_autoptr (GPtrArray) sorted = g_ptr_array_new ();

  for (guint i = 0; i < lab->summary->reasons[WINDOW_BOOT]->len; i++)
    g_ptr_array_add (sorted, (gpointer) reason_of (lab, WINDOW_BOOT, i));
  g_ptr_array_sort (sorted, by_cycles);
  html_table_begin (out, caption, columns, G_N_ELEMENTS (columns));
  for (guint i = 0; i < sorted->len; i++)
    cost_row (out, lab, g_ptr_array_index (sorted, i));
  html_table_end (out);
}

void
html_question_share (GString *out, const HtmlPage *page)
{
  for (gsize i = 0; i < page->n_with; i++)
    share_sentence (out, page->with[i]);
  html_figure (out, picture_share (page->labs, page->n), "wide");
  share_phases (out, page);
  for (gsize i = 0; i < page->n_with; i++)
    {
      const AnswersLab *lab = page->with[i];
      html_format (out, "<h3>%s</h3>\n", lab->name);
      html_figure (out, picture_costs (lab), "wide");
      cost_table (out, lab);
    }
}

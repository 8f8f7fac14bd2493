/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What labs and accounts say of each other: kinds side by side, and the checks. */
#include "report/html-parts.h"

#include <string.h>

typedef struct {
  const char *name;
  guint64 exits[WINDOWS]; /* of all labs */
} KindRow;

static int
by_exits (gconstpointer a, gconstpointer b)
{
  const KindRow *one = a, *other = b;

  for (Window w = 0; w < WINDOWS; w++)
    if (one->exits[w] != other->exits[w])
      return one->exits[w] < other->exits[w] ? 1 : -1;
  return strcmp (one->name, other->name);
}

static void
add_kind (GArray *rows, const KindSummary *kind)
{
  KindRow *row = NULL;

  for (guint r = 0; r < rows->len && row == NULL; r++)
    if (strcmp (g_array_index (rows, KindRow, r).name, kind->name) == 0)
      row = &g_array_index (rows, KindRow, r);
  if (row == NULL)
    {
      const KindRow fresh = { .name = kind->name };
      g_array_append_val (rows, fresh);
      row = &g_array_index (rows, KindRow, rows->len - 1);
    }
  for (Window w = 0; w < WINDOWS; w++)
    row->exits[w] += kind->exits[w];
}

/* The kinds of all labs, most exits of the boots first. Array of KindRow. */
static GArray *
kind_rows (const HtmlPage *page)
{
  GArray *rows = g_array_new (FALSE, FALSE, sizeof (KindRow));

  for (gsize i = 0; i < page->n_with; i++)
    for (guint k = 0; k < page->with[i]->summary->kinds->len; k++)
      add_kind (rows, &g_array_index (page->with[i]->summary->kinds, KindSummary, k));
  g_array_sort (rows, by_exits);
  return rows;
}

GPtrArray *
html_kinds (const HtmlPage *page)
{
  g_autoptr (GArray) rows = kind_rows (page);
  GPtrArray *names = g_ptr_array_new ();

  for (guint r = 0; r < rows->len; r++)
    g_ptr_array_add (names, (gpointer) g_array_index (rows, KindRow, r).name);
  return names;
}

static void
put_codes (GString *out, const AnswersLab *lab, const char *kind)
{
  const GArray *reasons = lab->summary->reasons[WINDOW_BOOT];
  guint n = 0;

  g_string_append (out, "<td class=\"codes\">");
  for (guint i = 0; i < reasons->len; i++)
    {
      const ReasonSummary *r = &g_array_index (reasons, ReasonSummary, i);
      if (!reason_may_be_of_kind (lab->names, lab->summary->isa, r->code, kind))
        continue;
      g_string_append_printf (out, "%s%u ", n++ > 0 ? "<br>" : "", r->code);
      html_element (out, "span", NULL, reason_name (lab->names, r->code));
    }
  g_string_append (out, n > 0 ? "</td>" : "–</td>");
}

static void
kind_cells (GString *out, const AnswersLab *lab, const char *name)
{
  const KindSummary *kind = lab_summary_kind (lab->summary, name);
  g_autofree char *key = g_strdup_printf ("kind=%s;window=boot", name);
  const HtmlSource source = { lab->name, "kinds.csv", key };

  if (kind == NULL || kind->exits[WINDOW_BOOT] == 0)
    {
      html_empty (out, 2);
      html_no_text (out);
      return;
    }
  html_unsigned (out, &source, "exits", kind->exits[WINDOW_BOOT]);
  html_percent (out, &source, "share", kind->exits[WINDOW_BOOT], lab->summary->windows[WINDOW_BOOT].exits);
  put_codes (out, lab, name);
}

static void
vendors_table (GString *out, const HtmlPage *page, const GArray *rows)
{
  static const HtmlColumn first[] = { { "Kind", FALSE } };
  static const HtmlColumn per_lab[] = { { "Exits", TRUE }, { "Share", TRUE }, { "Types that it comes as", FALSE } };

  html_table_begin_labs (out, "The boot’s exits by what they mean to the guest; beside each kind the vendor’s own types (kinds.csv of each lab)", first, G_N_ELEMENTS (first), per_lab,
                         G_N_ELEMENTS (per_lab), page->with, page->n_with);
  for (guint r = 0; r < rows->len; r++)
    {
      const char *name = g_array_index (rows, KindRow, r).name;
      if (g_array_index (rows, KindRow, r).exits[WINDOW_BOOT] == 0)
        continue;
      html_row_begin (out, NULL, NULL, NULL);
      html_head (out, NULL, name);
      for (gsize i = 0; i < page->n_with; i++)
        kind_cells (out, page->with[i], name);
      html_row_end (out);
    }
  html_table_end (out);
}

static guint64
kind_exits (const AnswersLab *lab, const char *name)
{
  const KindSummary *kind = lab_summary_kind (lab->summary, name);
  return kind != NULL ? kind->exits[WINDOW_BOOT] : 0;
}

/* The kind whose counts are furthest apart in two labs, and those that one of them has alone. */
static void
vendors_sentence (GString *out, const AnswersLab *a, const AnswersLab *b, const GArray *rows)
{
  const char *furthest = NULL;
  guint64 most = 0;

  for (guint r = 0; r < rows->len; r++)
    {
      const char *name = g_array_index (rows, KindRow, r).name;
      const guint64 one = kind_exits (a, name), other = kind_exits (b, name), apart = MAX (one, other) - MIN (one, other);
      if (furthest == NULL || apart > most)
        {
          furthest = name;
          most = apart;
        }
    }
  if (furthest == NULL)
    return;
  g_string_append (out, "<p class=\"answer\">The same guest boots with ");
  html_put_count (out, a->summary->windows[WINDOW_BOOT].exits);
  html_format (out, " exits on %s and ", a->name);
  html_put_count (out, b->summary->windows[WINDOW_BOOT].exits);
  html_format (out, " on %s. They are furthest apart in <strong>%s</strong>: ", b->name, furthest);
  html_put_count (out, kind_exits (a, furthest));
  g_string_append (out, " against ");
  html_put_count (out, kind_exits (b, furthest));
  g_string_append (out, ".</p>\n");
}

void
html_question_vendors (GString *out, const HtmlPage *page)
{
  g_autoptr (GArray) rows = kind_rows (page);

  if (rows->len == 0)
    {
      g_string_append (out, "<p class=\"answer\">The exits of this run were not told apart by kind.</p>\n");
      return;
    }
  if (page->n_with == 1)
    html_format (out, "<p class=\"answer\">Only <b>%s</b> was run: there is nothing to compare it with.</p>\n", page->with[0]->name);
  for (gsize i = 1; i < page->n_with; i++)
    vendors_sentence (out, page->with[0], page->with[i], rows);
  vendors_table (out, page, rows);
}

/* 7. The accounts. */

static void
accounts_sentence (GString *out, const AnswersLab *lab)
{
  const Checks *c = lab->checks;

  html_format (out, "<p class=\"answer\"><b class=\"of\">%s</b> ", lab->name);
  g_string_append (out, c->failed == 0 ? "<strong>They agree.</strong>" : "<strong>They do not agree.</strong>");
  g_string_append_printf (out, " Of %u checks %u agree, %u differ for a reason that was verified, %u could not be run, %u fail.</p>\n", c->rows->len,
                          c->rows->len - c->failed - c->explained - c->not_run, c->explained, c->not_run, c->failed);
}

static const char *
verdict_class (const CheckRow *row)
{
  if (strcmp (row->verdict, "ok") == 0)
    return "good";
  return strcmp (row->verdict, "fail") == 0 ? "bad" : "so-so";
}

static void
check_row (GString *out, const AnswersLab *lab, const CheckRow *row)
{
  g_autofree char *key = g_strconcat ("check=", row->check, NULL);

  html_row_begin (out, lab, "checks.csv", key);
  html_head (out, "check", row->check);
  g_string_append (out, "<td class=\"n\" data-column=\"expected\">");
  html_format (out, "%s</td><td class=\"n\" data-column=\"actual\">%s</td>", row->expected, row->actual);
  g_string_append_printf (out, "<td class=\"%s\" data-column=\"verdict\">", verdict_class (row));
  html_format (out, "%s</td>", row->verdict);
  html_row_end (out);
}

static gboolean
is_surprise (const CheckRow *row)
{
  return strcmp (row->verdict, "ok") != 0 && strcmp (row->verdict, "not-run") != 0;
}

static void
checks_table (GString *out, const AnswersLab *lab, gboolean surprises_only)
{
  static const HtmlColumn columns[] = { { "Check", FALSE }, { "Expected", TRUE }, { "Actual", TRUE }, { "Verdict", FALSE } };
  g_autofree char *caption = g_strdup_printf ("%s: %s (%s/checks.csv)", lab->name, surprises_only ? "what differs" : "every check", lab->name);

  html_table_begin (out, caption, columns, G_N_ELEMENTS (columns));
  for (guint i = 0; i < lab->checks->rows->len; i++)
    {
      const CheckRow *row = g_ptr_array_index (lab->checks->rows, i);
      if (!surprises_only || is_surprise (row))
        check_row (out, lab, row);
    }
  html_table_end (out);
}

void
html_question_accounts (GString *out, const HtmlPage *page)
{
  g_string_append (out, "<p>The patch’s counters, the exit log, KVM’s own statistics and, where the machine is emulated, the emulator’s log each "
                        "count the same exits.</p>\n");
  for (gsize i = 0; i < page->n_with; i++)
    accounts_sentence (out, page->with[i]);
  for (gsize i = 0; i < page->n_with; i++)
    {
      const AnswersLab *lab = page->with[i];
      if (lab->checks->failed + lab->checks->explained > 0)
        checks_table (out, lab, TRUE);
      html_format (out, "<details><summary>Every check of %s</summary>\n", lab->name);
      checks_table (out, lab, FALSE);
      g_string_append (out, "</details>\n");
    }
}

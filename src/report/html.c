/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The page around the questions: head, policy, what each lab is and says, scripts. */
#include "report/html.h"

#include <string.h>

#include "report/html-page.h"
#include "report/html-parts.h"
#include "report/svg.h"
#include "report/verdict.h"

#define HEADLINE_MAX 24 /* letters */

static void
page_free (HtmlPage *page)
{
  g_free (page->labs);
  g_free (page->with);
  g_free (page->with_html);
  g_ptr_array_unref (page->kinds);
  g_free (page);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC (HtmlPage, page_free)

static HtmlPage *
page_new (const HtmlInputs *in)
{
  HtmlPage *page = g_new0 (HtmlPage, 1);

  page->inputs = in;
  page->n = in->n_labs;
  page->labs = g_new0 (AnswersLab, in->n_labs);
  page->with = g_new0 (const AnswersLab *, in->n_labs);
  page->with_html = g_new0 (const HtmlLab *, in->n_labs);
  for (gsize i = 0; i < in->n_labs; i++)
    {
      page->labs[i] = in->labs[i].lab;
      if (page->labs[i].summary == NULL)
        continue;
      page->with_html[page->n_with] = &in->labs[i];
      page->with[page->n_with++] = &page->labs[i];
    }
  page->kinds = html_kinds (page);
  return page;
}

typedef struct {
  char *library, *script; /* as they are inlined; NULL: the page has none */
} Scripts;

static void
put_head (GString *out, const HtmlInputs *in, const Scripts *scripts)
{
  g_autofree char *own = in->style != NULL ? g_strdup (in->style) : html_resource ("report.css");
  g_autofree char *pictures = svg_style (), *title = g_strconcat ("VM exits of a boot, run ", in->run, NULL);
  const gboolean interactive = scripts->library != NULL;
  const char *const styles[] = { pictures, interactive && in->chart_library_css != NULL ? in->chart_library_css : own,
                                 interactive && in->chart_library_css != NULL ? own : NULL, NULL };
  const char *const inlined_scripts[] = { scripts->library, scripts->script, NULL };

  html_page_head (out, &(HtmlPageHead) { title, in->harness, styles, interactive ? inlined_scripts : NULL });
}

static void
put_fact (GString *out, const char *name, const char *value, const char *class_name)
{
  html_format (out, "<div><dt>%s</dt>", name);
  html_element (out, "dd", class_name, value);
  g_string_append (out, "</div>\n");
}

/* "Not stable: the rate …" in large letters up to the colon; what follows, if that is short, as a sentence of its own. */
static void
put_verdict (GString *out, const char *verdict)
{
  const char *colon = strstr (verdict, ": ");

  if (colon == NULL || colon - verdict > HEADLINE_MAX)
    {
      html_element (out, "p", "verdict", verdict);
      return;
    }
  g_autofree char *headline = g_strndup (verdict, (gsize) (colon - verdict));
  g_autofree char *why = g_strdup (colon + 2);
  why[0] = g_ascii_toupper (why[0]);
  html_element (out, "p", "verdict", headline);
  html_element (out, "p", "why", why);
}

static void
put_figures (GString *out, const AnswersLab *lab)
{
  const SpanSummary *boot = &lab->summary->windows[WINDOW_BOOT];
  g_autoptr (GString) verdict = verdict_stability (lab);
  const Checks *c = lab->checks;

  put_verdict (out, verdict->str);
  g_string_append (out, "<p class=\"figure\"><strong>");
  html_put_count (out, boot->exits);
  g_string_append (out, "</strong> exits in a boot of ");
  html_put_seconds (out, boot->end_ns);
  g_string_append (out, "</p>\n");
  if (c->failed > 0)
    g_string_append_printf (out, "<p class=\"bad\">%u of %u checks fail: <a href=\"#accounts\">which</a></p>\n", c->failed, c->rows->len);
  else
    g_string_append_printf (out, "<p class=\"good\">%u checks, none fails</p>\n", c->rows->len);
}

static void
put_lab (GString *out, const AnswersLab *lab)
{
  g_string_append (out, "<article class=\"lab\">\n");
  html_element (out, "h2", NULL, lab->name);
  if (lab->summary != NULL)
    put_figures (out, lab);
  else
    {
      g_string_append (out, "<p class=\"verdict\">This lab failed.</p>\n");
      html_element (out, "p", "bad", lab->failure != NULL ? lab->failure : "It says no reason.");
    }
  g_string_append (out, "<dl>\n");
  put_fact (out, "Machine", lab->machine, NULL);
  put_fact (out, "Acceleration", lab->accel, NULL);
  put_fact (out, "Determinism", lab->determinism, NULL);
  put_fact (out, "Fingerprint", lab->fingerprint != NULL ? lab->fingerprint : "none", "print");
  g_string_append (out, "</dl>\n</article>\n");
}

static const struct {
  const char *id, *question, *brief;
  void (*put) (GString *out, const HtmlPage *page);
  gboolean (*asked) (const HtmlPage *page); /* NULL: always */
} questions[] = {
  { "rate", "Is the exit rate stable?", "Rate", html_question_rate, NULL },
  { "operations", "Which operations exit more, and how often each?", "Operations", html_question_operations, html_has_guests_of_ours },
  { "boot", "How many exits does a full boot take?", "Boot", html_question_boot, NULL },
  { "units", "Which unit’s start caused which exits?", "Units", html_question_units, html_has_units },
  { "types", "Which exit types are most and least frequent?", "Types", html_question_types, NULL },
  { "share", "How much of the boot’s time is spent in exits?", "Time", html_question_share, NULL },
  { "vendors", "What do the two vendors do differently for the same guest?", "Vendors", html_question_vendors, NULL },
  { "accounts", "Do the accounts agree?", "Accounts", html_question_accounts, NULL },
};

static gboolean
is_asked (const HtmlPage *page, guint question)
{
  return questions[question].asked == NULL || questions[question].asked (page);
}

static void
put_header (GString *out, const HtmlPage *page, gboolean interactive)
{
  g_string_append (out, "<header class=\"top\">\n<div class=\"title\">\n<p class=\"run\">");
  html_format (out, "Run <b>%s</b>, harness %s</p>\n", page->inputs->run, page->inputs->harness);
  g_string_append (out, "<h1>Where a boot’s VM exits come from</h1>\n"
                        "<p class=\"intro\">An L2 guest boots under a KVM that logs each of its exits. All times are guest time from L2’s first entry; "
                        "<i>boot</i> is the window from there to ");
  g_string_append (out, page->n_with == 0 || html_has_guests_of_ours (page) ? "its ready mark.</p>\n</div>\n" : "when its system is ready.</p>\n</div>\n");
  if (interactive)
    g_string_append (out, "<button type=\"button\" id=\"theme\" hidden>Dark</button>\n");
  g_string_append (out, "</header>\n<div class=\"labs\">\n");
  for (gsize i = 0; i < page->n; i++)
    put_lab (out, &page->labs[i]);
  g_string_append (out, "</div>\n");
  if (page->n_with == 0)
    return;
  g_string_append (out, "<nav aria-label=\"Questions\"><ol>\n");
  for (guint i = 0; i < G_N_ELEMENTS (questions); i++)
    if (is_asked (page, i))
      g_string_append_printf (out, "<li><a href=\"#%s\">%s</a></li>\n", questions[i].id, questions[i].brief);
  g_string_append (out, "</ol></nav>\n");
}

static void
put_questions (GString *out, const HtmlPage *page)
{
  guint number = 0;

  g_string_append (out, "<main id=\"answers\">\n");
  for (guint i = 0; page->n_with > 0 && i < G_N_ELEMENTS (questions); i++)
    {
      if (!is_asked (page, i))
        continue;
      g_string_append_printf (out, "<section id=\"%s\" aria-labelledby=\"%s-title\">\n", questions[i].id, questions[i].id);
      g_string_append_printf (out, "<h2 id=\"%s-title\"><span class=\"number\">%u</span>%s</h2>\n", questions[i].id, ++number, questions[i].question);
      questions[i].put (out, page);
      g_string_append (out, "</section>\n");
    }
  g_string_append (out, "</main>\n");
}

/* Each line is escaped by itself: a line feed is a control character to the escaper. */
static void
put_licence (GString *out, const char *text)
{
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);

  g_string_append (out, "<details><summary>Licence of dygraphs</summary><pre>");
  for (char **line = lines; *line != NULL; line++)
    {
      html_format (out, "%s", g_strchomp (*line));
      g_string_append_c (out, '\n');
    }
  g_string_append (out, "</pre></details>\n");
}

static void
put_footer (GString *out, const HtmlInputs *in)
{
  g_string_append (out, "<footer>\n<p>The numbers are those of the CSV files beside this page, each table’s caption says which. "
                        "This page fetches nothing.</p>\n");
  if (in->chart_library == NULL)
    g_string_append (out, "<p id=\"no-charts\">The interactive charts are left out: the charting library (Debian’s libjs-dygraphs) was not there "
                          "when the page was made. The pictures and tables are complete.</p>\n");
  else
    g_string_append (out, "<noscript><p>JavaScript is off: the pictures and tables are complete, the interactive charts are left out.</p></noscript>\n"
                          "<p>Interactive charts by dygraphs, under the MIT licence.</p>\n");
  if (in->chart_library != NULL && in->chart_library_licence != NULL)
    put_licence (out, in->chart_library_licence);
  g_string_append (out, "</footer>\n");
}

static void
put_scripts (GString *out, const HtmlPage *page, const Scripts *scripts)
{
  if (scripts->library == NULL)
    return;
  for (gsize i = 0; i < page->n_with; i++)
    html_put_lab_data (out, page, page->with_html[i]);
  g_string_append_printf (out, "<script>%s</script>\n<script>%s</script>\n", scripts->library, scripts->script);
}

GString *
html_make (const HtmlInputs *in)
{
  GString *out = g_string_new (NULL);
  g_autoptr (HtmlPage) page = page_new (in);
  g_autofree char *library = in->chart_library != NULL ? html_inlined (in->chart_library) : NULL;
  g_autofree char *own = in->script != NULL ? g_strdup (in->script) : html_resource ("report.js");
  g_autofree char *script = html_inlined (own);
  const Scripts scripts = { library, script };

  put_head (out, in, &scripts);
  g_string_append (out, "<body>\n<a class=\"skip\" href=\"#answers\">Skip to the answers</a>\n");
  put_header (out, page, library != NULL);
  put_questions (out, page);
  put_footer (out, in);
  put_scripts (out, page, &scripts);
  g_string_append (out, "</body>\n</html>\n");
  return out;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The page around the questions: head, policy, what each lab is and says, scripts. */
#include "report/html.h"

#include <string.h>

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

static char *
resource (const char *name)
{
  g_autofree char *path = g_strconcat ("/harness/report/", name, NULL);
  g_autoptr (GBytes) bytes = g_resource_lookup_data (html_resources_get_resource (), path, G_RESOURCE_LOOKUP_FLAGS_NONE, NULL);
  gsize size;

  g_assert (bytes != NULL); /* it was built in */
  const char *text = g_bytes_get_data (bytes, &size);
  return g_strndup (text, size);
}

/*
 * Text as the content of a <script> or <style> element: nothing in it ends the element or begins a comment in which the
 * parser would look for a nested one. In JavaScript's and CSS's strings the backslash changes nothing; elsewhere neither text
 * can stand. Carriage returns go: the parser would turn them into line feeds, and the hash would be another's.
 */
static char *
inlined (const char *text)
{
  g_autofree char *valid = g_utf8_make_valid (text, -1);
  GString *out = g_string_sized_new (strlen (valid));

  for (const char *at = valid; *at != '\0'; at++)
    if (g_ascii_strncasecmp (at, "</script", 8) == 0 || g_ascii_strncasecmp (at, "</style", 7) == 0)
      g_string_append (out, "<\\");
    else if (strncmp (at, "<!--", 4) == 0)
      {
        g_string_append (out, "<\\!");
        at++;
      }
    else if (*at != '\r')
      g_string_append_c (out, *at);
  return g_string_free (out, FALSE);
}

/* 'sha256-…' as a Content-Security-Policy takes it. */
static char *
policy_hash (const char *text)
{
  g_autoptr (GChecksum) sum = g_checksum_new (G_CHECKSUM_SHA256);
  guint8 digest[32];
  gsize size = sizeof digest;

  g_checksum_update (sum, (const guchar *) text, (gssize) strlen (text));
  g_checksum_get_digest (sum, digest, &size);
  g_autofree char *base64 = g_base64_encode (digest, size);
  return g_strdup_printf ("'sha256-%s'", base64);
}

typedef struct {
  char *library, *script; /* as they are inlined; NULL: the page has none */
} Scripts;

/* Nothing is fetched, and only the two scripts run. Styles need no hash: without a fetch they can harm nobody. */
static void
put_policy (GString *out, const Scripts *scripts)
{
  g_string_append (out, "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; img-src data:");
  if (scripts->library != NULL)
    {
      g_autofree char *library = policy_hash (scripts->library), *script = policy_hash (scripts->script);
      g_string_append_printf (out, "; script-src %s %s", library, script);
    }
  g_string_append (out, "; base-uri 'none'; form-action 'none'\">\n");
}

static void
put_style (GString *out, const char *text)
{
  g_autofree char *style = inlined (text);
  g_string_append_printf (out, "<style>\n%s</style>\n", style);
}

static void
put_head (GString *out, const HtmlInputs *in, const Scripts *scripts)
{
  g_autofree char *own = in->style != NULL ? g_strdup (in->style) : resource ("report.css");
  g_autofree char *pictures = svg_style ();

  g_string_append (out, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n");
  put_policy (out, scripts);
  g_string_append (out, "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<meta name=\"color-scheme\" content=\"light dark\">\n");
  html_format (out, "<meta name=\"generator\" content=\"harness %s\">\n<title>VM exits of a boot, run %s</title>\n", in->harness, in->run);
  put_style (out, pictures);
  if (scripts->library != NULL && in->chart_library_css != NULL)
    put_style (out, in->chart_library_css);
  put_style (out, own);
  g_string_append (out, "</head>\n");
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
} questions[] = {
  { "rate", "Is the exit rate stable?", "Rate", html_question_rate },
  { "operations", "Which operations exit more, and how often each?", "Operations", html_question_operations },
  { "boot", "How many exits does a full boot take?", "Boot", html_question_boot },
  { "types", "Which exit types are most and least frequent?", "Types", html_question_types },
  { "share", "How much of the boot’s time is spent in exits?", "Time", html_question_share },
  { "vendors", "What do the two vendors do differently for the same guest?", "Vendors", html_question_vendors },
  { "accounts", "Do the accounts agree?", "Accounts", html_question_accounts },
};

static void
put_header (GString *out, const HtmlPage *page, gboolean interactive)
{
  g_string_append (out, "<header class=\"top\">\n<div class=\"title\">\n<p class=\"run\">");
  html_format (out, "Run <b>%s</b>, harness %s</p>\n", page->inputs->run, page->inputs->harness);
  g_string_append (out, "<h1>Where a boot’s VM exits come from</h1>\n"
                        "<p class=\"intro\">An L2 guest boots under a KVM that logs each of its exits. All times are guest time from L2’s first entry; "
                        "<i>boot</i> is the window from there to its ready mark.</p>\n</div>\n");
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
    g_string_append_printf (out, "<li><a href=\"#%s\">%s</a></li>\n", questions[i].id, questions[i].brief);
  g_string_append (out, "</ol></nav>\n");
}

static void
put_questions (GString *out, const HtmlPage *page)
{
  g_string_append (out, "<main id=\"answers\">\n");
  for (guint i = 0; page->n_with > 0 && i < G_N_ELEMENTS (questions); i++)
    {
      g_string_append_printf (out, "<section id=\"%s\" aria-labelledby=\"%s-title\">\n", questions[i].id, questions[i].id);
      g_string_append_printf (out, "<h2 id=\"%s-title\"><span class=\"number\">%u</span>%s</h2>\n", questions[i].id, i + 1, questions[i].question);
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
  g_autofree char *library = in->chart_library != NULL ? inlined (in->chart_library) : NULL;
  g_autofree char *own = in->script != NULL ? g_strdup (in->script) : resource ("report.js");
  g_autofree char *script = inlined (own);
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

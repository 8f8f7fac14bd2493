/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A batch as a whole: figures worked out by hand, its page and its summary to the byte, hostile names. */
#include "unit/golden.h"
#include "unit/grade-fixture.h"
#include "unit/similar-fixture.h"

#include <libxml/HTMLparser.h>

#include "grade/batch.h"

#define ENTRIES 8u

typedef struct {
  GPtrArray *grades;
  BatchEntry entries[ENTRIES];
  Batch batch;
} Fixture;

/* The six of the fixture; then one that is like the second but for its name and a number in a reason, and has its code with names changed; and one of few points. */
static int
setup (void **state)
{
  Fixture *f = g_new0 (Fixture, 1);
  static const char *const hrefs[ENTRIES] = { "alice/grade.html", "bob smith/grade.html", "carol/grade.html", NULL, "erin/grade.html", "javascript:alert(1)\"'<>", "x/grade.html",
                                              "y/grade.html" };

  f->grades = fixture_grades ();
  Grade *like = fixture_partial (), *few = fixture_partial (), *bob = g_ptr_array_index (f->grades, 1);
  fixture_text (&like->submission, "frank.zip");
  fixture_text (&few->submission, "adam.zip");
  few->points = 999;
  fixture_text (&few->carried, "");
  g_ptr_array_set_size (few->warnings, 0);
  GradeRow *row = (GradeRow *) grade_find_row (like, ROW_REGISTERS);
  fixture_text (&row->reason, "edx holds what the guest had in it before: an answer must set all 4 registers");
  row = (GradeRow *) grade_find_row (few, ROW_REGISTERS);
  fixture_text (&row->reason, "edx holds what the guest had in it before: an answer must set all 0xfe registers");
  g_free (like->carried);
  g_free (bob->carried);
  like->carried = answer (5, "mine", TRUE);
  bob->carried = answer (5, "own", TRUE);
  g_ptr_array_add (f->grades, like);
  g_ptr_array_add (f->grades, few);
  for (guint i = 0; i < ENTRIES; i++)
    f->entries[i] = (BatchEntry) { g_ptr_array_index (f->grades, i), hrefs[i], i == 6 };
  f->batch = (Batch) { "Assignment 3: exits <and> cycles", f->entries, ENTRIES, 83000 };
  *state = f;
  return 0;
}

static int
teardown (void **state)
{
  Fixture *f = *state;
  g_ptr_array_unref (f->grades);
  g_free (f);
  return 0;
}

/* Who was not judged is compared by what was read. */
static void
test_pairs_unjudged (void **state)
{
  const Fixture *f = *state;
  Grade *bob = g_ptr_array_index (f->grades, 1);
  g_autoptr (BatchSummary) before = batch_summary (&f->batch);
  assert_int_equal (before->pairs->len, 2);
  bob->verdict = VERDICT_NEEDS_BASE;
  g_free (bob->own_lines);
  bob->own_lines = g_steal_pointer (&bob->carried);
  bob->carried = g_strdup ("");
  g_autoptr (BatchSummary) after = batch_summary (&f->batch);
  assert_int_equal (after->pairs->len, 2);
  assert_memory_equal (after->pairs->data, before->pairs->data, 2 * sizeof (SimilarPair));
}

static void
test_scores (void **state)
{
  const Fixture *f = *state;
  g_autoptr (BatchSummary) summary = batch_summary (&f->batch);
  static const guint verdicts[] = { 1, 3, 2, 1, 0, 1 }, bins[BATCH_BINS] = { 3, 0, 0, 0, 0, 0, 2, 0, 0, 0, 1 }, order[ENTRIES] = { 0, 6, 1, 7, 2, 5, 3, 4 };

  assert_memory_equal (summary->verdicts, verdicts, sizeof verdicts);
  assert_memory_equal (summary->bins, bins, sizeof bins);
  assert_memory_equal (summary->order->data, order, sizeof order);
  assert_int_equal (summary->scored, 6);
  assert_int_equal (summary->mean, (10000 + 6500 + 6500 + 999) / 6);
  assert_int_equal (summary->median, (6500 + 999) / 2);
}

static void
test_mistakes (void **state)
{
  const Fixture *f = *state;
  g_autoptr (BatchSummary) summary = batch_summary (&f->batch);

  assert_int_equal (summary->mistakes->len, 3);
  const BatchMistake *cycles = g_ptr_array_index (summary->mistakes, 0), *registers = g_ptr_array_index (summary->mistakes, 1),
                     *sums = g_ptr_array_index (summary->mistakes, 2);
  assert_int_equal (cycles->kind, ROW_TOTAL_CYCLES);
  assert_int_equal (cycles->lost, 3);
  assert_int_equal (cycles->judged, 4);
  assert_int_equal (cycles->points_lost, 4500);
  assert_int_equal (registers->kind, ROW_REGISTERS);
  assert_int_equal (registers->reasons->len, 2); /* "four" is no number; 4 and 0xfe are one reason */
  const BatchReason *reason = g_ptr_array_index (registers->reasons, 0);
  assert_int_equal (reason->n, 2);
  assert_int_equal (sums->kind, ROW_SUMS);
}

static void
test_looks (void **state)
{
  const Fixture *f = *state;
  g_autoptr (BatchSummary) summary = batch_summary (&f->batch);
  static const struct {
    guint entry;
    const char *kind;
  } looks[] = { { 4, "infrastructure" }, { 3, "needs-base" }, { 2, "build" }, { 5, "l2-boot" }, { 6, "retried" }, { 6, "warnings" }, { 1, "warnings" }, { 5, "warnings" } };

  assert_int_equal (summary->looks->len, G_N_ELEMENTS (looks));
  assert_int_equal (summary->warned, 3);
  for (guint i = 0; i < G_N_ELEMENTS (looks); i++)
    {
      const BatchLook *look = g_ptr_array_index (summary->looks, i);
      assert_int_equal (look->entry, looks[i].entry);
      assert_string_equal (look->kind, looks[i].kind);
    }
  assert_int_equal (summary->pairs->len, 2); /* the first and the third have the fixture's own diff */
  assert_int_equal (g_array_index (summary->pairs, SimilarPair, 0).a, 0);
  assert_int_equal (g_array_index (summary->pairs, SimilarPair, 0).b, 2);
  assert_int_equal (g_array_index (summary->pairs, SimilarPair, 1).a, 1);
  assert_int_equal (g_array_index (summary->pairs, SimilarPair, 1).b, 6);
}

static void
test_golden (void **state)
{
  const Fixture *f = *state;
  g_autoptr (GString) page = batch_html (&f->batch), text = batch_md (&f->batch);
  const char *body = strstr (page->str, "<body>"), *script = strstr (page->str, "<script>");

  assert_non_null (script);
  g_autofree char *shown = g_strndup (body, (gsize) (script - body));
  assert_golden ("grade/batch.html", shown, strlen (shown));
  assert_golden ("grade/batch.md", text->str, text->len);
}

/* As a parser of HTML sees it: one script, no handler, no link that leads out. */
static void
assert_harmless (const xmlNode *node, guint *scripts)
{
  for (; node != NULL; node = node->next)
    {
      if (node->type != XML_ELEMENT_NODE)
        continue;
      *scripts += strcmp ((const char *) node->name, "script") == 0 ? 1 : 0;
      for (const xmlAttr *attribute = node->properties; attribute != NULL; attribute = attribute->next)
        {
          const char *name = (const char *) attribute->name, *value = attribute->children != NULL ? (const char *) attribute->children->content : "";
          if (g_str_has_prefix (name, "on") || (strcmp (name, "href") == 0 && !g_str_has_prefix (value, "./") && *value != '#'))
            fail_msg ("%s=\"%s\"", name, value);
        }
      assert_harmless (node->children, scripts);
    }
}

static void
test_hostile (void **state)
{
  const Fixture *f = *state;
  g_autoptr (GString) page = batch_html (&f->batch);
  xmlDoc *document = htmlReadMemory (page->str, (int) page->len, NULL, "UTF-8", HTML_PARSE_NOERROR | HTML_PARSE_NOWARNING | HTML_PARSE_NONET);
  guint scripts = 0;

  assert_non_null (document);
  assert_harmless (xmlDocGetRootElement (document), &scripts);
  xmlFreeDoc (document);
  assert_int_equal (scripts, 1);
  assert_text_has (page->str, "default-src 'none'; style-src 'unsafe-inline'; img-src data:; script-src 'sha256-");
}

static void
test_empty (void **state)
{
  const Batch batch = { .title = "none" };
  g_autoptr (GString) page = batch_html (&batch), text = batch_md (&batch);

  (void) state;
  assert_text_has (page->str, "<b>0</b> submissions");
  assert_text_has (text->str, "0 submissions");
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown (test_pairs_unjudged, setup, teardown),
    cmocka_unit_test_setup_teardown (test_scores, setup, teardown), cmocka_unit_test_setup_teardown (test_mistakes, setup, teardown),
    cmocka_unit_test_setup_teardown (test_looks, setup, teardown),  cmocka_unit_test_setup_teardown (test_golden, setup, teardown),
    cmocka_unit_test_setup_teardown (test_hostile, setup, teardown), cmocka_unit_test (test_empty),
  };
  return cmocka_run_group_tests (tests, NULL, NULL);
}

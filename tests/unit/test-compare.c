/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Comparing two labs: verdicts and figures by hand, tables read, and the texts against their golden files. */
#include "unit/golden.h"

#include "report/compare-read.h"
#include "report/compare-report.h"

static void
add (CompareSide *side, CompareWhat what, const char *name, guint64 repetitions, guint64 exits, Interval interval)
{
  g_autofree char *metric = g_strdup_printf ("exits:%s=%s", compare_what_name (what), name);
  const CompareFigure figure = { what, metric, (char *) name, repetitions, exits, interval };

  assert_true (compare_side_add (side, &figure));
}

static const Interval once = { 0 };

/* The one row of two sides that have one figure each. */
static CompareRow
row_of (gboolean exact_a, guint64 exits_a, Interval interval_a, gboolean exact_b, guint64 exits_b, Interval interval_b)
{
  g_autoptr (CompareSide) a = compare_side_new (exact_a);
  g_autoptr (CompareSide) b = compare_side_new (exact_b);
  CompareRow copy;

  add (a, COMPARE_WINDOW, "boot", 0, exits_a, interval_a);
  add (b, COMPARE_WINDOW, "boot", 0, exits_b, interval_b);
  g_autoptr (GPtrArray) rows = compare_sides (a, b);
  assert_int_equal (rows->len, 1);
  copy = *(CompareRow *) g_ptr_array_index (rows, 0);
  copy.name = NULL;
  return copy;
}

static void
test_verdicts (void **state)
{
  const Interval low = { 5, 100, 90, 110 }, touching = { 5, 120, 110, 130 }, high = { 5, 120, 111, 130 }, single = { 1, 100, 100, 100 };

  (void) state;
  assert_int_equal (row_of (TRUE, 7, once, TRUE, 7, once).verdict, COMPARE_IDENTICAL);
  assert_int_equal (row_of (TRUE, 7, once, TRUE, 8, once).verdict, COMPARE_EXACT);
  assert_int_equal (row_of (FALSE, 7, once, FALSE, 7, once).verdict, COMPARE_UNKNOWN);
  assert_int_equal (row_of (FALSE, 7, once, TRUE, 8, once).verdict, COMPARE_UNKNOWN);
  assert_int_equal (row_of (FALSE, 7, single, FALSE, 8, low).verdict, COMPARE_UNKNOWN);
  assert_int_equal (row_of (FALSE, 7, low, FALSE, 8, touching).verdict, COMPARE_NOISE);
  assert_int_equal (row_of (FALSE, 7, low, FALSE, 8, high).verdict, COMPARE_SIGNIFICANT);
  assert_int_equal (row_of (FALSE, 7, high, FALSE, 8, low).verdict, COMPARE_SIGNIFICANT);
  /* An exact lab's figure is a point: within the interval, and outside. */
  assert_int_equal (row_of (TRUE, 110, once, FALSE, 8, low).verdict, COMPARE_NOISE);
  assert_int_equal (row_of (TRUE, 111, once, FALSE, 8, low).verdict, COMPARE_SIGNIFICANT);
  /* Repeated: the median is told, not the one run's count. */
  assert_int_equal (row_of (FALSE, 7, low, FALSE, 8, high).a, 100);
  assert_int_equal (row_of (FALSE, 7, low, FALSE, 8, high).difference, 20);
}

static void
test_percent (void **state)
{
  static const struct {
    guint64 a, b;
    gboolean defined;
    gint64 hundredths;
  } cases[] = {
    { 100, 105, TRUE, 500 },  { 100, 95, TRUE, -500 }, { 3, 4, TRUE, 3333 },   { 3, 5, TRUE, 6667 },   { 20000, 20001, TRUE, 1 }, { 20001, 20000, TRUE, 0 },
    { 20000, 19999, TRUE, -1 }, { 7, 7, TRUE, 0 },     { 0, 5, FALSE, 0 },     { 5, 0, TRUE, -10000 }, { 1, G_MAXINT64, TRUE, G_MAXINT64 },
  };

  (void) state;
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      const CompareRow row = row_of (TRUE, cases[i].a, once, TRUE, cases[i].b, once);
      gint64 hundredths = 0;

      assert_int_equal (compare_percent (&row, &hundredths), cases[i].defined);
      assert_true (hundredths == cases[i].hundredths);
    }
}

static void
test_grew (void **state)
{
  const Interval low = { 5, 100, 90, 110 }, high = { 5, 200, 190, 210 };
  const CompareRow five = row_of (TRUE, 100, once, TRUE, 105, once), above = row_of (TRUE, 10000, once, TRUE, 10501, once), less = row_of (TRUE, 105, once, TRUE, 100, once);
  const CompareRow nothing = row_of (TRUE, 0, once, TRUE, 1, once), unknown = row_of (FALSE, 1, once, FALSE, 100, once);
  const CompareRow certain = row_of (FALSE, 1, low, FALSE, 1, high), huge = row_of (TRUE, G_MAXINT64 - 1, once, TRUE, G_MAXINT64, once);

  (void) state;
  assert_false (compare_grew (&five, 500));
  assert_true (compare_grew (&five, 499));
  assert_true (compare_grew (&above, 500));
  assert_false (compare_grew (&less, 0));
  assert_true (compare_grew (&nothing, 1000000));
  assert_false (compare_grew (&unknown, 0));
  assert_true (compare_grew (&certain, 9999));
  assert_false (compare_grew (&certain, 10000));
  assert_true (compare_grew (&huge, 0));
  assert_false (compare_grew (&huge, 1));
}

static void
assert_row (const GPtrArray *rows, guint i, CompareWhat what, const char *name, guint64 a, guint64 b, CompareVerdict verdict)
{
  const CompareRow *row = g_ptr_array_index (rows, i);

  assert_int_equal (row->what, what);
  assert_string_equal (row->name, name);
  assert_int_equal (row->a, a);
  assert_int_equal (row->b, b);
  assert_int_equal (row->verdict, verdict);
}

/* Reasons that are absent count as none; phases and operations that are absent were not there; other repetitions are another figure. */
static void
test_absent_and_order (void **state)
{
  g_autoptr (CompareSide) a = compare_side_new (TRUE);
  g_autoptr (CompareSide) b = compare_side_new (TRUE);

  (void) state;
  add (a, COMPARE_REASON, "CPUID", 0, 10, once);
  add (a, COMPARE_REASON, "HLT", 0, 5, once);
  add (a, COMPARE_REASON, "MSR", 0, 5, once);
  add (a, COMPARE_PHASE, "kernel", 0, 50, once);
  add (a, COMPARE_PHASE, "early", 0, 1, once);
  add (a, COMPARE_OPERATION, "cpuid", 100, 100, once);
  add (b, COMPARE_PHASE, "late", 0, 2, once);
  add (b, COMPARE_PHASE, "kernel", 0, 51, once);
  add (b, COMPARE_REASON, "IO", 0, 7, once);
  add (b, COMPARE_REASON, "CPUID", 0, 10, once);
  add (b, COMPARE_REASON, "MSR", 0, 10, once);
  add (b, COMPARE_OPERATION, "cpuid", 200, 200, once);
  g_autoptr (GPtrArray) rows = compare_sides (a, b);
  assert_int_equal (rows->len, 9);
  assert_row (rows, 0, COMPARE_PHASE, "kernel", 50, 51, COMPARE_EXACT);
  assert_row (rows, 1, COMPARE_PHASE, "early", 1, 0, COMPARE_ONLY_A);
  assert_row (rows, 2, COMPARE_PHASE, "late", 0, 2, COMPARE_ONLY_B);
  assert_row (rows, 3, COMPARE_REASON, "IO", 0, 7, COMPARE_EXACT);
  assert_row (rows, 4, COMPARE_REASON, "HLT", 5, 0, COMPARE_EXACT);
  assert_row (rows, 5, COMPARE_REASON, "MSR", 5, 10, COMPARE_EXACT);
  assert_row (rows, 6, COMPARE_REASON, "CPUID", 10, 10, COMPARE_IDENTICAL);
  assert_row (rows, 7, COMPARE_OPERATION, "cpuid (200 times)", 0, 200, COMPARE_ONLY_B);
  assert_row (rows, 8, COMPARE_OPERATION, "cpuid (100 times)", 100, 0, COMPARE_ONLY_A);
  assert_true (compare_row_changed (g_ptr_array_index (rows, 1)));
  assert_false (compare_row_changed (g_ptr_array_index (rows, 6)));
}

/* Only a distribution has these windows: a guest that has not did not take 0 exits in them. */
static void
test_windows_of_distributions (void **state)
{
  static const char with[] = "reason,name,window,exits\n1,X,boot,9\n1,X,all,12\n1,X,login,5\n", without[] = "reason,name,window,exits\n1,X,boot,9\n1,X,all,12\n";
  g_autoptr (CompareSide) a = compare_side_new (TRUE), b = compare_side_new (TRUE);

  (void) state;
  assert_true (compare_read_reasons (a, with, strlen (with), WINDOW_BOOT, NULL));
  assert_true (compare_read_reasons (b, without, strlen (without), WINDOW_BOOT, NULL));
  g_autoptr (GPtrArray) rows = compare_sides (a, b);
  assert_int_equal (rows->len, 4);
  assert_row (rows, 0, COMPARE_WINDOW, "boot", 9, 9, COMPARE_IDENTICAL);
  assert_row (rows, 1, COMPARE_WINDOW, "all", 12, 12, COMPARE_IDENTICAL);
  assert_row (rows, 2, COMPARE_WINDOW, "login", 5, 0, COMPARE_ONLY_A);
}

#define TEXT(literal) literal, sizeof (literal) - 1

static CompareSide *
read_side (gboolean exact, const char *name_of_30, const char *exits_of_48, const char *repeats)
{
  CompareSide *side = compare_side_new (exact);
  g_autofree char *reasons = g_strdup_printf ("reason,name,window,exits,share\n48,EPT_VIOLATION,boot,%s,0.5\n30,%s,boot,20,0.5\n30,IO,all,400,1\n7,X,later,9,1\n", exits_of_48, name_of_30);
  g_autoptr (GError) error = NULL;

  compare_read_reasons (side, reasons, strlen (reasons), WINDOW_BOOT, &error);
  assert_no_failure (error);
  compare_read_phases (side, TEXT ("phase,start_ns,end_ns,exits\nfirmware,0,10,6\nkernel,10,100,24\nidle,100,200,370\n"), WINDOW_BOOT, 100, &error);
  assert_no_failure (error);
  compare_read_operations (side, TEXT ("operation,repetitions,exits\ncpuid,10,10\n"), &error);
  assert_no_failure (error);
  if (repeats != NULL)
    compare_read_repeats (side, repeats, strlen (repeats), WINDOW_BOOT, &error);
  assert_no_failure (error);
  return side;
}

static void
assert_figure (const CompareSide *side, const char *metric, guint64 repetitions, guint64 exits)
{
  const CompareFigure *figure = compare_side_find (side, metric, repetitions);

  assert_non_null (figure);
  assert_int_equal (figure->exits, exits);
}

static void
test_reading (void **state)
{
  g_autoptr (CompareSide) side = read_side (FALSE, "IO", "10", "metric,n,median,low,high\nexits:window=boot,5,31,30,33\nexits:operation=cpuid,5,10,10,11\nexits:reason=99,5,1,1,1\n");
  g_autoptr (CompareSide) kinds = compare_side_new (TRUE);

  (void) state;
  assert_int_equal (side->figures->len, 7);
  assert_figure (side, "exits:window=boot", 0, 30);
  assert_figure (side, "exits:window=all", 0, 400);
  assert_figure (side, "exits:reason=48", 0, 10);
  assert_figure (side, "exits:phase=kernel", 0, 24);
  assert_figure (side, "exits:operation=cpuid", 10, 10);
  assert_null (compare_side_find (side, "exits:phase=idle", 0));
  assert_int_equal (compare_side_find (side, "exits:window=boot", 0)->interval.high, 33);
  assert_int_equal (compare_side_find (side, "exits:operation=cpuid", 10)->interval.n, 5);
  assert_int_equal (compare_side_find (side, "exits:reason=48", 0)->interval.n, 0);
  assert_true (compare_read_kinds (kinds, TEXT ("kind,window,exits,share,cycles\nmemory,boot,12,0,0\nmemory,all,15,0,0\nio,all,1,0,0\n"), WINDOW_ALL, NULL));
  assert_int_equal (kinds->figures->len, 2);
  assert_figure (kinds, "exits:kind=memory", 0, 15);
  assert_true (compare_read_phases (kinds, TEXT ("phase,end_ns,exits\nidle,200,370\n"), WINDOW_ALL, 100, NULL));
  assert_figure (kinds, "exits:phase=idle", 0, 370);
}

static void
test_bad_tables (void **state)
{
  static const struct {
    const char *repeats, *message;
  } cases[] = {
    { "metric,n,median,low\n", "no column \"high\"" },
    { "metric,n,median,low,high\nx,0,1,1,1\n", "no interval" },
    { "metric,n,median,low,high\nx,5,1,2,3\n", "no interval" },
    { "metric,n,median,low,high\nx,5,4,2,3\n", "no interval" },
    { "metric,n,median,low,high\nx,5,2,2,many\n", "line 2: high is \"many\"" },
    { "metric,n,median,low,high\nx,5,2,2,2\nx,5,2,2,2\n", "metric \"x\" is there twice" },
  };
  g_autoptr (CompareSide) side = compare_side_new (FALSE);
  g_autoptr (GError) twice = NULL;
  g_autoptr (GError) large = NULL;

  (void) state;
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GError) error = NULL;
      assert_false (compare_read_repeats (side, cases[i].repeats, strlen (cases[i].repeats), WINDOW_BOOT, &error));
      assert_failed (error, HARNESS_ERROR_FAILED, cases[i].message);
    }
  assert_false (compare_read_reasons (side, TEXT ("reason,name,window,exits\n1,X,boot,1\n1,X,boot,2\n"), WINDOW_BOOT, &twice));
  assert_failed (twice, HARNESS_ERROR_FAILED, "reason \"1\" is there twice");
  assert_false (compare_read_reasons (side, TEXT ("reason,name,window,exits\n2,X,all,9223372036854775807\n3,X,all,9223372036854775807\n4,X,all,9223372036854775807\n"), WINDOW_BOOT, &large));
  assert_failed (large, HARNESS_ERROR_FAILED, "more exits than can be counted");
}

/* What is told of a reason over several runs is of window boot: it is not held against window all. */
static void
test_repeats_of_windows (void **state)
{
  static const char reasons[] = "reason,name,window,exits\n10,CPUID,boot,20\n10,CPUID,all,400\n";
  static const char repeats[] = "metric,n,median,low,high\nexits:window=all,5,410,400,420\nexits:reason=10,5,21,20,22\n";
  static const struct { Window window; guint n; } cases[] = { { WINDOW_BOOT, 5 }, { WINDOW_ALL, 0 } };

  (void) state;
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (CompareSide) side = compare_side_new (FALSE);
      assert_true (compare_read_reasons (side, TEXT (reasons), cases[i].window, NULL));
      assert_true (compare_read_repeats (side, TEXT (repeats), cases[i].window, NULL));
      assert_int_equal (compare_side_find (side, "exits:reason=10", 0)->interval.n, cases[i].n);
      assert_int_equal (compare_side_find (side, "exits:window=all", 0)->interval.median, 410);
    }
}

/* A file of more metrics than a lab can have is refused before each is looked for. */
static void
test_too_many_repeats (void **state)
{
  g_autoptr (CompareSide) side = compare_side_new (FALSE);
  g_autoptr (GString) text = g_string_new ("metric,n,median,low,high\n");
  g_autoptr (GError) error = NULL;

  (void) state;
  for (guint i = 0; i <= COMPARE_FIGURES_MAX; i++)
    g_string_append_printf (text, "exits:reason=%u,5,1,1,1\n", i);
  assert_false (compare_read_repeats (side, text->str, text->len, WINDOW_BOOT, &error));
  assert_failed (error, HARNESS_ERROR_FAILED, "more than 4096 metrics");
}

static void
test_texts (void **state)
{
  g_autoptr (CompareSide) a = read_side (TRUE, "IO", "10", NULL);
  g_autoptr (CompareSide) b = read_side (TRUE, "IO", "13", NULL);
  g_autoptr (CompareSide) hostile = read_side (FALSE, "\"<b>&amp;\"\"'\"", "0", "metric,n,median,low,high\nexits:window=boot,5,50,45,55\nexits:reason=30,5,50,20,55\n");
  g_autoptr (GPtrArray) rows = NULL;
  g_autoptr (GPtrArray) statistical = NULL;

  (void) state;
  add (b, COMPARE_PHASE, "extra", 0, 3, once);
  rows = compare_sides (a, b);
  statistical = compare_sides (a, hostile);
  const CompareLab labs[] = {
    { "vmx", "one/vmx, exact", "two/vmx, exact", NULL, rows },
    { "vmx/svm", "one/vmx, exact", "two/<svm>, statistical", "reasons are compared, for the test's sake", statistical },
  };
  const CompareReport report = { labs, G_N_ELEMENTS (labs) };
  g_autoptr (GString) text = compare_text (&report, FALSE, FALSE);
  g_autoptr (GString) all = compare_text (&report, TRUE, TRUE);
  g_autoptr (GString) csv = compare_csv (&report);
  g_autoptr (GString) html = compare_html (&report);

  assert_golden ("compare/changed.txt", text->str, text->len);
  assert_golden ("compare/all-coloured.txt", all->str, all->len);
  assert_golden ("compare/compare.csv", csv->str, csv->len);
  assert_golden ("compare/compare.html", html->str, html->len);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_verdicts), cmocka_unit_test (test_percent),    cmocka_unit_test (test_grew),  cmocka_unit_test (test_absent_and_order),
    cmocka_unit_test (test_windows_of_distributions),
    cmocka_unit_test (test_reading),  cmocka_unit_test (test_bad_tables), cmocka_unit_test (test_repeats_of_windows), cmocka_unit_test (test_too_many_repeats), cmocka_unit_test (test_texts),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Near-identical submissions: copies renamed, reformatted and padded are found; answers that share what all must write are not. */
#include <time.h>

#include "unit/similar-fixture.h"

#include "grade/similar-tokens.h"
#include "grade/similar.h"

/* --- shingles --------------------------------------------------------------------------------- */

static GArray *
shingles_of (const char *lines)
{
  g_autofree char *diff = answer_diff (lines);
  return similar_shingles (diff);
}

static void
assert_same_shingles (const char *a, const char *b, gboolean same)
{
  g_autoptr (GArray) x = shingles_of (a), y = shingles_of (b);

  assert_true (x->len > 0);
  assert_int_equal (x->len == y->len && memcmp (x->data, y->data, x->len * sizeof (guint64)) == 0, same);
}

#define PLAIN "static u64 total;\nvoid count(u64 start)\n{\n\tu64 end = rdtsc();\n\ttotal += end - start;\n}\n"

static void
test_what_makes_no_difference (void **state)
{
  (void) state;
  assert_same_shingles (PLAIN, PLAIN, TRUE);
  assert_same_shingles (PLAIN, "static   u64 total ; // mine\nvoid count( u64 start ) { /* a\n b */ u64 end=rdtsc( ); total+=end-start; }", TRUE);
  assert_same_shingles (PLAIN, "static u64 sum;\nvoid add_up(u64 before)\n{\n\tu64 after = rdtsc();\n\tsum += after - before;\n}\n", TRUE);
  assert_same_shingles ("int a[0X1F]; f(\"one\", a, a, a);", "int q[0x1f]; f(\"two\", q, q, q);", TRUE);
}

static void
test_what_makes_a_difference (void **state)
{
  (void) state;
  /* Other names of the kernel's, other operators, own names that change places. */
  assert_same_shingles (PLAIN, "static u64 total;\nvoid count(u64 start)\n{\n\tu64 end = ktime();\n\ttotal += end - start;\n}\n", FALSE);
  assert_same_shingles (PLAIN, "static u64 total;\nvoid count(u64 start)\n{\n\tu64 end = rdtsc();\n\ttotal -= end - start;\n}\n", FALSE);
  assert_same_shingles (PLAIN, "static u64 total;\nvoid count(u64 start)\n{\n\tu64 end = rdtsc();\n\ttotal += start - end;\n}\n", FALSE);
}

/* Only what a hunk adds. */
static void
test_added_lines (void **state)
{
  static const char diff[] = "From: somebody\n+not a hunk: a b c d e f g h i j k l\n--- a/x.c\n+++ b/x.c\n@@ -1,2 +1,2 @@ a b c d e f g h i j k\n"
                             " context a b c d e f g h i j\n-removed a b c d e f g h i j k\n+++i; a b c d e f g\n\\ No newline at end of file\n+a b c d e f g h i j k\n";
  g_autoptr (GArray) some = similar_shingles (diff), none = similar_shingles ("");

  (void) state;
  assert_int_equal (some->len, 2); /* "++i; a … g" is 11 tokens */
  assert_int_equal (none->len, 0);
}

static void
test_hostile (void **state)
{
  static const char *const diffs[] = {
    "@@ -1 +1 @@\n+/* never ends", "@@ -1 +1 @@\n+\"never ends\\", "@@ -1 +1 @@\n+'", "@@ -1,99999999999999999999 +1,99999999999999999999 @@\n+a\n", "@@ -", "@@ -1,1 +",
    "@@ -0,0 +1,1 @@\n+\\", "@@ -0,0 +1,1 @@\n+\xff\xfe\x01 #define", "@@ -0,0 +1,1 @@\n+/", "+++", "\n\n\n", "@@ -1 +1,3 @@\n\n\n\n",
  };
  g_autoptr (GString) large = g_string_new ("@@ -0,0 +1,1000000 @@\n");

  (void) state;
  g_autoptr (GArray) pairs = similar_pairs (diffs, G_N_ELEMENTS (diffs));
  assert_int_equal (pairs->len, 0);
  for (guint i = 0; i < 100000; i++)
    g_string_append_printf (large, "+int v%u = %u;\n", i, i);
  g_autoptr (GArray) shingles = similar_shingles (large->str);
  assert_true (shingles->len <= SHINGLE_TOKENS);
}

/* --- pairs ------------------------------------------------------------------------------------ */

/* A batch whose answers have their own seeds; some are replaced by the test. */
static GPtrArray *
batch_of (guint n, gboolean own)
{
  GPtrArray *diffs = g_ptr_array_new_with_free_func (g_free);

  for (guint i = 0; i < n; i++)
    {
      g_autofree char *name = g_strdup_printf ("n%u", i);
      g_ptr_array_add (diffs, answer (i + 1, name, own));
    }
  return diffs;
}

static GArray *
pairs_of (const GPtrArray *diffs)
{
  return similar_pairs ((const char *const *) diffs->pdata, diffs->len);
}

static void
replace (GPtrArray *diffs, guint i, char *diff)
{
  g_free (diffs->pdata[i]);
  diffs->pdata[i] = diff;
}

static void
assert_pair (const GArray *pairs, guint i, guint a, guint b, double at_least)
{
  assert_true (i < pairs->len);
  const SimilarPair *pair = &g_array_index (pairs, SimilarPair, i);
  assert_int_equal (pair->a, a);
  assert_int_equal (pair->b, b);
  if (pair->value < at_least || pair->value > 1.000001)
    fail_msg ("alike by %g in place of %g", pair->value, at_least);
}

static void
test_independent (void **state)
{
  g_autoptr (GPtrArray) diffs = batch_of (60, TRUE), few = batch_of (2, TRUE);
  g_autoptr (GArray) pairs = pairs_of (diffs), of_few = pairs_of (few);

  (void) state;
  assert_int_equal (pairs->len, 0);
  assert_int_equal (of_few->len, 0);
}

/* Answers that are the same but for names, half of them with nothing else: that is the assignment. */
static void
test_obligatory (void **state)
{
  g_autoptr (GPtrArray) diffs = batch_of (60, FALSE);

  (void) state;
  for (guint i = 0; i < 60; i++)
    {
      g_autofree char *name = g_strdup_printf ("m%u", i), *exits = g_strconcat (name, "_exits", NULL);
      g_autoptr (GString) lines = g_string_new (NULL);
      answer_obligatory (lines, exits, name);
      for (guint reason = 0; reason < 20; reason++)
        g_string_append_printf (lines, "\tif (ecx == %u) {\n\t\teax = ebx = ecx = 0;\n\t\tedx = 0xffffffff;\n\t}\n", reason * 7);
      if (i < 30)
        answer_own (lines, 100 + i, name);
      replace (diffs, i, answer_diff (lines->str));
    }
  g_autoptr (GArray) pairs = pairs_of (diffs);
  assert_int_equal (pairs->len, 0);
}

static void
test_renamed (void **state)
{
  g_autoptr (GPtrArray) diffs = batch_of (60, TRUE), few = batch_of (2, TRUE);

  (void) state;
  replace (diffs, 41, answer (8, "quite_other", TRUE)); /* the seed of place 7 */
  replace (few, 1, answer (1, "quite_other", TRUE));
  g_autoptr (GArray) pairs = pairs_of (diffs), of_few = pairs_of (few);
  assert_int_equal (pairs->len, 1);
  assert_pair (pairs, 0, 7, 41, 0.999);
  assert_int_equal (of_few->len, 1);
  assert_pair (of_few, 0, 0, 1, 0.999);
}

/* Other names, other layout, a comment in every line, every eighth line a new one. */
static void
test_disguised (void **state)
{
  g_autoptr (GPtrArray) diffs = batch_of (60, TRUE);
  g_autoptr (GString) lines = g_string_new (NULL), changed = g_string_new (NULL);

  (void) state;
  answer_obligatory (lines, "other_exits", "other_cycles");
  answer_own (lines, 8, "other");
  g_auto (GStrv) all = g_strsplit (lines->str, "\n", -1);
  for (guint i = 0; all[i] != NULL; i++)
    {
      g_string_append_printf (changed, "    %s  /* line %u */\n", g_strstrip (all[i]), i);
      if (i % 8 == 7)
        g_string_append_printf (changed, "padding_%u();\n", i);
    }
  replace (diffs, 3, answer_diff (changed->str));
  g_autoptr (GArray) pairs = pairs_of (diffs);
  assert_int_equal (pairs->len, 1);
  assert_pair (pairs, 0, 3, 7, 0.6);
}

static void
test_order (void **state)
{
  g_autoptr (GPtrArray) diffs = batch_of (40, TRUE);

  (void) state;
  replace (diffs, 20, answer (6, "a", TRUE));
  replace (diffs, 30, answer (6, "b", TRUE));
  replace (diffs, 2, g_strdup (""));
  g_autoptr (GArray) pairs = pairs_of (diffs);
  assert_int_equal (pairs->len, 3);
  assert_pair (pairs, 0, 5, 20, 0.999);
  assert_pair (pairs, 1, 5, 30, 0.999);
  assert_pair (pairs, 2, 20, 30, 0.999);
}

static void
test_fast (void **state)
{
  g_autoptr (GPtrArray) diffs = batch_of (300, TRUE);
  const clock_t begun = clock ();

  (void) state;
  /* A third has copied from one: they share everything, and it is not rare any more, nor in all. */
  for (guint i = 0; i < 100; i++)
    replace (diffs, 3 * i, answer (1, "copied", TRUE));
  g_autoptr (GArray) pairs = pairs_of (diffs);
  assert_int_equal (pairs->len, 100 * 99 / 2);
  assert_true (clock () - begun < 20 * CLOCKS_PER_SEC); /* 0.1 s without sanitizers */
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_what_makes_no_difference), cmocka_unit_test (test_what_makes_a_difference), cmocka_unit_test (test_added_lines),
    cmocka_unit_test (test_hostile),                  cmocka_unit_test (test_independent),             cmocka_unit_test (test_obligatory),
    cmocka_unit_test (test_renamed),                  cmocka_unit_test (test_disguised),               cmocka_unit_test (test_order),
    cmocka_unit_test (test_fast),
  };
  return cmocka_run_group_tests (tests, NULL, NULL);
}

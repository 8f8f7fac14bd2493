/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Statements of C: their keys, their texts, their partners, and merges of three versions with what proves them. */
#include "unit.h"

#include <time.h>

#include "submission/statement-match.h"
#include "submission/statement-merge.h"

typedef struct
{
  CSource *source;
  Statement *tree;
} Parsed;

static void
parsed_clear (Parsed *parsed)
{
  statement_free (parsed->tree);
  c_source_free (parsed->source);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Parsed, parsed_clear)

static Parsed
parse_item (const char *text)
{
  Parsed parsed = { .source = c_source_new (text) };
  assert_int_equal (parsed.source->items->len, 1);
  parsed.tree = statement_of_item (parsed.source, g_ptr_array_index (parsed.source->items, 0));
  assert_non_null (parsed.tree);
  return parsed;
}

static Parsed
parse_body (const char *body)
{
  g_autofree char *text = g_strconcat ("int f(void)\n{\n", body, "}\n", NULL);
  return parse_item (text);
}

/* --- keys ------------------------------------------------------------------------------------- */

static void
test_same (void **state)
{
  (void) state;
  static const struct
  {
    const char *a, *b;
    gboolean same;
  } cases[] = {
    { "\tif (a)\n\t\tb();\n", "if(a){b();}\n", TRUE },
    { "\tif (a) {\n\t\tb(); /* why */\n\t} else {\n\t\tc();\n\t}\n", "  if ( a )\n  b( ) ; else c();\n", TRUE },
    { "\tx(\"one two\");\n", "\tx(\"one \"\n\t  \"two\");\n", TRUE },
    { "\tfor (i = 0; i < 3; i++)\n\t\tb();\n", "\tfor (i=0;\n i<3;i++) {\n\t\tb();\n\t}\n", TRUE },
    { "\ta <<= 1;\n", "\ta<<=1;\n", TRUE },
    { "\ta < b;\n", "\ta <= b;\n", FALSE },
    { "\tif (a)\n\t\tb();\n\tc();\n", "\tif (a) {\n\t\tb();\n\t\tc();\n\t}\n", FALSE },
    { "\tif (a)\n\t\tb();\n\telse\n\t\tc();\n", "\tif (a)\n\t\tc();\n\telse\n\t\tb();\n", FALSE },
    { "\tx(\"one two\");\n", "\tx(\"onetwo\");\n", FALSE },
    { "\tab;\n", "\ta b;\n", FALSE },
    { "\ta();\n\tb();\n", "\tb();\n\ta();\n", FALSE },
    { "\twhile (a)\n\t\tb();\n", "\tif (a)\n\t\tb();\n", FALSE },
    { "\tif (a)\n\t\t;\n", "\tif (a) {\n\t}\n", FALSE },
    { "\tdo {\n\t\ta();\n\t} while (0);\n", "\tdo\n\t\ta();\n\twhile (0);\n", TRUE },
  };
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_auto (Parsed) a = parse_body (cases[i].a);
      g_auto (Parsed) b = parse_body (cases[i].b);
      if (statement_same (a.tree, b.tree) != cases[i].same)
        fail_msg ("%s\n%s\n", cases[i].a, cases[i].b);
    }
}

static void
test_members (void **state)
{
  (void) state;
  g_auto (Parsed) comma = parse_item ("enum e {\n\tA,\n\tB = 2,\n};\n");
  g_auto (Parsed) none = parse_item ("enum e { A, B = 2 };\n");
  g_auto (Parsed) other = parse_item ("enum e { A, B = 3 };\n");
  assert_true (statement_same (comma.tree, none.tree));
  assert_false (statement_same (comma.tree, other.tree));
  assert_int_equal (none.tree->children->len, 2);
  g_auto (Parsed) fields = parse_item ("struct s {\n\tint a;\n\tstruct { int b; } c;\n#ifdef X\n\tint d;\n#endif\n};\n");
  assert_int_equal (fields.tree->children->len, 5);
}

/* --- texts ------------------------------------------------------------------------------------ */

static void
add_text (const Statement *statement, GString *out)
{
  if (statement->children == NULL)
    {
      g_autofree char *text = statement_text (statement);
      g_string_append (out, text);
      return;
    }
  GString *inner = g_string_new (NULL);
  g_autofree char *whole = statement_text (statement);
  for (guint i = 0; i < statement->children->len; i++)
    add_text (g_ptr_array_index (statement->children, i), inner);
  g_autofree char *children = g_string_free (inner, FALSE);
  if (statement->open != 0)
    {
      g_autofree char *before = statement_text_before (statement);
      g_autofree char *after = statement_text_after (statement);
      g_autofree char *all = g_strconcat (before, children, after, NULL);
      assert_string_equal (all, whole);
    }
  g_string_append (out, whole);
}

static const char *const nasty[] = {
  "int f(void)\n{\n}\n",
  "int f(void) { return 0; }",
  "int f(void) { if (a) b(); else if (c) { d(); } else { } /* end */ } // more\n",
  "/* lead */\nint f(void)\n{\n\n\n\t/* first */\n\ta(); /* behind */ b(); // c\n\n\t/* last */\n}\n\n\n",
  "int f(void)\n{\n#if A\n\tif (x) {\n#else\n\tif (y) {\n#endif\n\t\tz();\n\t}\n}\n",
  "int f(void)\n{\n\tdo { a(); } while (0);\n\tfor (;;)\n\t\tif (x)\n\t\t\twhile (y)\n\t\t\t\tz();\nout:\n\treturn 1;\n}\n",
  "int f(void)\n{\n\tswitch (x) {\n\tcase A: case B:\n\t\ta();\n\t\tbreak;\n\tcase 1 ... 3: {\n\t\tb();\n\t}\n\tdefault:\n\t\t;\n\t}\n}\n",
  "int f(void)\r\n{\r\n\ta();\r\n\tif (b)\r\n\t\tc();\r\n}\r\n",
  "struct s {\n\tint a; /* one */\n\tint b, c;\n#ifdef X\n\tint d;\n#endif\n\tunion {\n\t\tint e;\n\t};\n} __packed;\n",
  "static int (*const t[])(int) = {\n\t[A] = a,\n\t[B] = b, /* two */\n\t[C] = c\n};\n",
  "enum { A, B = 2, C };int g(void) { ( a ) ; ] ; }\n",
  "int f(void)\n{\n\tstruct s x = { .a = 1, .b = { 2, 3 } };\n\tlist_for_each_entry(a, b, c)\n\t\td();\n\tlist_for_each_entry(a, b, c) { d(); }\n}\n",
  "int f(void)\n{\n\tasm volatile(\"a\"\n\t\t     : \"=r\" (x) : : \"memory\");\n\tx = ({ int y = 1; y; });\n}\n",
};

/* All texts in a row are the file, and those of a statement's parts the statement. */
static void
test_texts (void **state)
{
  (void) state;
  for (guint n = 0; n < G_N_ELEMENTS (nasty); n++)
    {
      g_autoptr (CSource) source = c_source_new (nasty[n]);
      g_autoptr (GString) all = g_string_new (NULL);
      gboolean complete = TRUE;
      for (guint i = 0; i < source->items->len; i++)
        {
          g_autoptr (Statement) tree = statement_of_item (source, g_ptr_array_index (source->items, i));
          complete &= tree != NULL;
          if (tree != NULL)
            add_text (tree, all);
        }
      if (complete && !g_str_has_prefix (nasty[n], all->str))
        fail_msg ("%s\nis not\n%s", all->str, nasty[n]);
      /* What is left over is blank. */
      for (const char *rest = complete ? nasty[n] + all->len : ""; *rest != '\0'; rest++)
        assert_true (g_ascii_isspace (*rest));
    }
}

/* --- partners --------------------------------------------------------------------------------- */

static void
assert_partners (const char *a_body, const char *b_body, const char *expected)
{
  g_auto (Parsed) a = parse_body (a_body);
  g_auto (Parsed) b = parse_body (b_body);
  g_autofree gint *partner = g_new (gint, a.tree->children->len + 1);
  g_autoptr (GString) got = g_string_new (NULL);
  guint budget = STATEMENT_MATCH_BUDGET;
  assert_true (statement_match (a.tree->children, b.tree->children, NULL, &budget, partner));
  for (guint i = 0; i < a.tree->children->len; i++)
    g_string_append_printf (got, "%s%d", i > 0 ? " " : "", partner[i]);
  assert_string_equal (got->str, expected);
}

static void
test_partners (void **state)
{
  (void) state;
  assert_partners ("a(); b(); c();\n", "a(); x(); c();\n", "0 -1 2");
  assert_partners ("a();\n", "\n", "-1");
  assert_partners ("\n", "a();\n", "");
  /* Of two conditions of the same words the one with the same below it. */
  assert_partners ("if (a) { b(); c(); }\n", "if (a) { x(); }\nif (a) { b(); c(); d(); }\n", "1");
  assert_partners ("if (a) x();\nif (a) y();\n", "if (a) y();\n", "-1 0");
  /* In order: what was turned around has one partner. */
  assert_partners ("a(); if (b) { c(); d(); }\n", "if (b) { c(); d(); } a();\n", "-1 0");
  /* A statement is no head. */
  assert_partners ("for (;;) a();\n", "for (;;) ;\n", "0");
}

/* --- merges ----------------------------------------------------------------------------------- */

static StatementMerge *
merge_bodies (const char *base_body, const char *theirs_body, const char *lab_body, GHashTable *known)
{
  g_auto (Parsed) base = parse_body (base_body);
  g_auto (Parsed) theirs = parse_body (theirs_body);
  g_auto (Parsed) lab = parse_body (lab_body);
  g_autoptr (KvmRewriter) rewriter = kvm_rewriter_new (theirs.source, lab.source);
  const StatementMergeSpec spec = { .base = base.tree, .theirs = theirs.tree, .lab = lab.tree, .known = known, .rewriter = rewriter, .function = "f" };
  StatementMerge *merge = statement_merge (&spec);
  g_ptr_array_set_size (merge->own, 0); /* they go with their trees */
  return merge;
}

/* expected: the body, or NULL for a doubt. */
static void
assert_merge (const char *base, const char *theirs, const char *lab, const char *expected)
{
  g_autoptr (StatementMerge) merge = merge_bodies (base, theirs, lab, NULL);
  g_autofree char *text = expected != NULL ? g_strconcat ("int f(void)\n{\n", expected, "}\n", NULL) : NULL;
  if (expected == NULL)
    {
      assert_true (merge->doubts->len > 0);
      assert_null (merge->text);
      return;
    }
  if (merge->doubts->len > 0)
    fail_msg ("doubt: %s", (const char *) g_ptr_array_index (merge->doubts, 0));
  assert_non_null (merge->text);
  assert_string_equal (merge->text, text);
}

static void
test_merge (void **state)
{
  (void) state;
  assert_merge ("\ta();\n\tb();\n", "\ta();\n\tmine();\n\tb();\n", "\ta();\n\tb();\n\tc();\n", "\ta();\n\tmine();\n\tb();\n\tc();\n");
  /* Into a body that has no braces yet. */
  assert_merge ("\tif (a)\n\t\tb();\n\tc();\n", "\tif (a) {\n\t\tmine();\n\t\tb();\n\t}\n\tc();\n", "\tif (a)\n\t\tb();\n\td();\n\tc();\n",
                "\tif (a) {\n\t\tmine();\n\t\tb();\n\t}\n\td();\n\tc();\n");
  /* A whole condition of the student's, with its else. */
  assert_merge ("\ta();\n", "\tif (x)\n\t\tmine();\n\telse\n\t\ta();\n", "\ta();\n", "\tif (x)\n\t\tmine();\n\telse\n\t\ta();\n");
  /* The lab's own chain of conditions has the preprocessor in it. */
  assert_merge ("\tif (a)\n\t\tb();\n\treturn d();\n", "\tif (a)\n\t\tb();\n\tmine();\n\treturn d();\n",
                "\tif (a)\n\t\tb();\n#ifdef C\n\telse if (c)\n\t\te();\n#endif\n\treturn d();\n",
                "\tif (a)\n\t\tb();\n#ifdef C\n\telse if (c)\n\t\te();\n#endif\n\tmine();\n\treturn d();\n");
  /* What stands in place of a statement goes where the lab has that one, whatever is new before it. */
  assert_merge ("\tif (a)\n\t\tb();\n\treturn d();\n", "\tif (a)\n\t\tb();\n\tret = d();\n\tmine();\n\treturn ret;\n", "\tif (a)\n\t\tb();\n\tif (x)\n\t\tgoto y;\n\treturn d();\ny:\n\tz();\n",
                "\tif (a)\n\t\tb();\n\tif (x)\n\t\tgoto y;\n\tret = d();\n\tmine();\n\treturn ret;\ny:\n\tz();\n");
  /* What the student took out, of what the lab has unchanged. */
  assert_merge ("\ta();\n\tb();\n\tc();\n", "\ta();\n\tc();\n", "\ta();\n\tb();\n\tc();\n\td();\n", "\ta();\n\tc();\n\td();\n");
}

/* A kernel's variables that the student's lines need and the lab has not, also through each other; a chain without end is given up in no time. */
static void
test_merge_needed (void **state)
{
  (void) state;
  assert_merge ("\tlong a = v->a;\n\tlong b = a;\n\tint c = 1;\n\tg();\n", "\tlong a = v->a;\n\tlong b = a;\n\tint c = 1;\n\tcount(b);\n\tg();\n", "\tg();\n",
                "\tlong a = v->a;\n\tlong b = a;\n\tcount(b);\n\tg();\n");
  /* One that the kernel sets once more, one that has no value yet, one that the lab has as a field alone. */
  assert_merge ("\tlong a = 1;\n\ta = 2;\n\tg();\n", "\tlong a = 1;\n\ta = 2;\n\tcount(a);\n\tg();\n", "\tg();\n", "\tcount(a);\n\tg();\n");
  assert_merge ("\tlong a;\n\tg();\n", "\tlong a;\n\tcount(a);\n\tg();\n", "\tg();\n", "\tcount(a);\n\tg();\n");
  assert_merge ("\tlong a = v->a;\n\tg();\n", "\tlong a = v->a;\n\tcount(a);\n\tg();\n", "\tg(v->a);\n\tg();\n", "\tg(v->a);\n\tlong a = v->a;\n\tcount(a);\n\tg();\n");
  g_autoptr (GString) chain = g_string_new (NULL);
  for (guint i = 1; i <= 2000; i++)
    g_string_append_printf (chain, "\tlong a%u = a%u;\n", i, i - 1);
  g_autofree char *base = g_strconcat (chain->str, "\tg();\n", NULL), *theirs = g_strconcat (chain->str, "\tcount(a2000);\n\tg();\n", NULL);
  g_autoptr (StatementMerge) merge = merge_bodies (base, theirs, "\tg();\n", NULL);
  assert_non_null (merge);
}

/* What the lab has changed and the student took out; what the student did twice and what twice stands in the lab. */
static void
test_doubts (void **state)
{
  (void) state;
  assert_merge ("\tif (a) {\n\t\tb();\n\t}\n\tc();\n", "\tc();\n", "\tif (a) {\n\t\tb();\n\t\td();\n\t}\n\tc();\n", NULL);
}

static char *
repeat (const char *text, guint times)
{
  GString *out = g_string_new (NULL);
  for (guint i = 0; i < times; i++)
    g_string_append_printf (out, text, i);
  return g_string_free (out, FALSE);
}

/* Too much to compare is a doubt, and comes soon. */
static void
test_budget (void **state)
{
  (void) state;
  g_autofree char *many = repeat ("\ta%u();\n", 20000);
  g_autofree char *others = repeat ("\tb%u();\n", 20000);
  const clock_t begin = clock ();
  assert_merge (many, others, many, NULL);
  assert_true (clock () - begin < 20 * CLOCKS_PER_SEC);
}

/* Hostile items: a tree or none, soon, and no deeper than the stack. */
static void
test_hostile (void **state)
{
  (void) state;
  static const char *const pieces[] = { "if (a) ", "{", "do ", "else ", "for (;;) ", "a: ", "x = {", "(", "case 1: ", "a ", ";", "#if\n", "list_for_each(" };
  for (guint i = 0; i < G_N_ELEMENTS (pieces); i++)
    {
      g_autofree char *many = repeat (pieces[i], 100000);
      g_autofree char *text = g_strconcat ("int f(void)\n{\n", many, "\n}\n", NULL);
      const clock_t begin = clock ();
      g_autoptr (CSource) source = c_source_new (text);
      for (guint k = 0; k < source->items->len; k++)
        statement_free (statement_of_item (source, g_ptr_array_index (source->items, k)));
      if (clock () - begin > 20 * CLOCKS_PER_SEC)
        fail_msg ("100000 of \"%s\" take too long", pieces[i]);
    }
}

/* Balanced ones, deep and deeper. */
static void
test_deep (void **state)
{
  (void) state;
  for (guint depth = 100; depth <= 100000; depth *= 10)
    {
      g_autofree char *open = repeat ("{", depth);
      g_autofree char *close = repeat ("}", depth);
      g_autofree char *text = g_strconcat ("int f(void)\n{\n", open, "a();", close, "}\n", NULL);
      g_autoptr (CSource) source = c_source_new (text);
      assert_int_equal (source->items->len, 1);
      g_autoptr (Statement) tree = statement_of_item (source, g_ptr_array_index (source->items, 0));
      assert_int_equal (tree != NULL, depth == 100);
    }
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_same),   cmocka_unit_test (test_members), cmocka_unit_test (test_texts),   cmocka_unit_test (test_partners), cmocka_unit_test (test_merge), cmocka_unit_test (test_merge_needed),
    cmocka_unit_test (test_doubts), cmocka_unit_test (test_budget),  cmocka_unit_test (test_hostile), cmocka_unit_test (test_deep),
  };
  return cmocka_run_group_tests (tests, NULL, NULL);
}

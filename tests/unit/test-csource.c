/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The scanner of C: top-level items, their names and lines, and what cannot be C. */
#include <time.h>

#include "unit.h"

#include "submission/csource.h"

static const CItem *
item (const CSource *source, guint index)
{
  assert_true (index < source->items->len);
  return g_ptr_array_index (source->items, index);
}

static void
assert_item (const CSource *source, guint index, CItemKind kind, const char *name, guint lead, guint end)
{
  assert_string_equal (item (source, index)->name, name);
  assert_int_equal (item (source, index)->kind, kind);
  assert_int_equal (item (source, index)->lead + 1, lead);
  assert_int_equal (item (source, index)->end, end);
}

static void
test_items (void **state)
{
  (void) state;
  g_autoptr (CSource) source = c_source_new ("// SPDX\n"                                            /* 1 */
                                             "#include <linux/kvm_host.h>\n"                        /* 2 */
                                             "\n"                                                   /* 3 */
                                             "/* how many */\n"                                     /* 4 */
                                             "static u64 total __read_mostly = 1, other[3] = { 1 };\n" /* 5 */
                                             "EXPORT_SYMBOL_GPL(total);\n"                          /* 6 */
                                             "extern u32 far_away;\n"                               /* 7 */
                                             "#define TWICE(x) \\\n"                                /* 8 */
                                             "\t((x) + (x))\n"                                      /* 9 */
                                             "struct counts {\n\tu64 n;\n} __packed;\n"             /* 10-12 */
                                             "int f(int a);\n"                                      /* 13 */
                                             "static __always_inline struct counts *g(int a,\n"     /* 14 */
                                             "\t\tint b)\n"                                         /* 15 */
                                             "{\n"                                                  /* 16 */
                                             "\tif (a) {\n\t\treturn \"}\" + '{';\n\t}\n"           /* 17-19 */
                                             "}\n"                                                  /* 20 */
                                             "module_exit(g)\n"                                     /* 21 */
                                             "enum { RED, BLUE = 2 };\n");                          /* 22 */
  assert_null (source->problem);
  assert_int_equal (source->items->len, 10);
  assert_item (source, 0, C_INCLUDE, "# include < linux / kvm_host . h >", 1, 2);
  assert_item (source, 1, C_VARIABLE, "total", 4, 5);
  assert_int_equal (item (source, 1)->names->len, 2);
  assert_string_equal (g_ptr_array_index (item (source, 1)->names, 1), "other");
  assert_item (source, 2, C_CALL, "EXPORT_SYMBOL_GPL ( total ) ;", 6, 6);
  assert_item (source, 3, C_DECLARATION, "declare far_away", 7, 7);
  assert_item (source, 4, C_DEFINE, "define TWICE", 8, 9);
  assert_item (source, 5, C_TYPE, "type counts", 10, 12);
  assert_item (source, 6, C_DECLARATION, "declare f", 13, 13);
  assert_item (source, 7, C_FUNCTION, "g", 14, 20);
  assert_int_equal (item (source, 7)->body + 1, 16);
  assert_item (source, 8, C_CALL, "module_exit ( g )", 21, 21);
  assert_string_equal (g_ptr_array_index (item (source, 9)->names, 1), "BLUE");
}

static void
test_conditions (void **state)
{
  (void) state;
  g_autoptr (CSource) source = c_source_new ("#ifdef A\n"
                                             "int f(void)\n{\n"
                                             "#if B\n\tif (x) {\n#else\n\tif (y) {\n#endif\n\t\tz();\n\t}\n"
                                             "}\n"
                                             "#else\n"
                                             "int f(void) { return 0; }\n"
                                             "#endif\n"
                                             "int v;\n");
  assert_null (source->problem);
  assert_int_equal (source->items->len, 6);
  assert_item (source, 1, C_FUNCTION, "f", 2, 11);
  assert_int_equal (item (source, 1)->conditions, 1);
  assert_string_equal (item (source, 3)->key, "f #2");
  assert_int_equal (item (source, 5)->conditions, 0);
}

static void
test_lines (void **state)
{
  (void) state;
  g_autoptr (CSource) source = c_source_new ("int  a; /* one\n two */ int b;\n\n\tx->y =\"a b\";");
  assert_int_equal (source->line_count, 4);
  g_autofree char *raw = c_source_lines (source, 2, 4);
  assert_string_equal (raw, "\n\tx->y =\"a b\";");
}

static void
test_problems (void **state)
{
  (void) state;
  static const struct
  {
    const char *text, *problem;
  } cases[] = {
    { "int f(void)\n{\n\tif (x) {\n}\n", "line 1: a brace is never closed" },
    { "int f(void)\n{\n\tif (a) {\n\t\tif (b) {\n\t\t} else {\n\t\t}\n\t\telse {\n\t\t}\n}\n", "line 7: an else without an if: a brace above it is missing, or one too many" },
    { "int f(void)\n{\n}\n}\n", "line 4: a brace closes nothing" },
    { "int a = 3\n", "line 1: what begins here never ends" },
    { "", NULL },
    { "/* never closed", NULL },
    { "int f(void)\n{\n\tx(\"}\", '\\'', '\"'); // }\n\t/* } */\n}\n", NULL },
  };
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (CSource) source = c_source_new (cases[i].text);
      if (cases[i].problem == NULL)
        assert_null (source->problem);
      else
        assert_string_equal (source->problem, cases[i].problem);
    }
}

static void
test_stray (void **state)
{
  (void) state;
  g_autoptr (CSource) source = c_source_new ("int a;\nif (a)\n\ta = 1;\nint b;\n");
  assert_int_equal (item (source, 1)->kind, C_STRAY);
}

/* What a reformatter cannot part is one token. */
static void
test_operators (void **state)
{
  (void) state;
  g_autoptr (CSource) source = c_source_new ("a<<=b>>=c...d->e++--<<>><=>===!=&&||+=-=*=/=%=&=^=|=##f+ +=x-- -y");
  static const char *const tokens[] = { "a", "<<=", "b", ">>=", "c", "...", "d", "->", "e", "++", "--", "<<", ">>", "<=", ">=", "==", "!=", "&&", "||", "+=", "-=", "*=",
                                        "/=", "%=", "&=", "^=", "|=", "##", "f", "+", "+=", "x", "--", "-", "y" };
  assert_int_equal (source->tokens->len, G_N_ELEMENTS (tokens));
  for (guint i = 0; i < G_N_ELEMENTS (tokens); i++)
    {
      g_autofree char *text = c_token_text (source, &g_array_index (source->tokens, CToken, i));
      assert_string_equal (text, tokens[i]);
    }
}

/* Four MiB of what makes scanners slow: in seconds, whatever it is. */
static void
test_hostile (void **state)
{
  (void) state;
  static const char *const pieces[] = { "(", "{", "}", "#if\n", "\"", "/*", "a ", "a\n", "f();", "enum{a,", "\\\n", "#define x\n", "__a " };
  for (guint i = 0; i < G_N_ELEMENTS (pieces); i++)
    {
      g_autoptr (GString) text = g_string_new (NULL);
      while (text->len < 1024 * 1024)
        g_string_append (text, pieces[i]);
      const clock_t begin = clock (); /* processor time: others may keep the machine busy */
      g_autoptr (CSource) source = c_source_new (text->str);
      if (clock () - begin > 20 * CLOCKS_PER_SEC)
        fail_msg ("a MiB of \"%s\" takes too long", pieces[i]);
      assert_non_null (source->items);
    }
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_items), cmocka_unit_test (test_conditions), cmocka_unit_test (test_lines), cmocka_unit_test (test_operators),
    cmocka_unit_test (test_problems), cmocka_unit_test (test_stray), cmocka_unit_test (test_hostile),
  };
  return cmocka_run_group_tests (tests, NULL, NULL);
}

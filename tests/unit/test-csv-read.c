/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The CSV reader: RFC 4180's cases, each refusal by its message, and what the writer writes. */
#include "unit/unit.h"

#include "report/csv-read.h"
#include "report/csv.h"

static CsvTable *
read_text (const char *text)
{
  g_autoptr (GError) error = NULL;
  CsvTable *table = NULL;

  csv_read (text, strlen (text), &table, &error);
  assert_no_failure (error);
  return table;
}

static void
assert_fields (const char *text, guint columns, const char *const *wanted)
{
  g_autoptr (CsvTable) table = read_text (text);
  guint n = 0;

  for (; wanted[n] != NULL; n++)
    assert_string_equal (csv_field (table, n / columns, n % columns), wanted[n]);
  assert_int_equal (csv_rows (table), n / columns);
}

static void
test_fields (void **state)
{
  (void) state;
  assert_fields ("a,b\n1,2\n3,4\n", 2, (const char *const[]){ "1", "2", "3", "4", NULL });
  assert_fields ("a,b\r\n1,2\r\n", 2, (const char *const[]){ "1", "2", NULL });
  assert_fields ("a,b\n,\n", 2, (const char *const[]){ "", "", NULL });
  assert_fields ("a\n\n", 1, (const char *const[]){ "", NULL });
  assert_fields ("a,b\n\"x,y\",\"say \"\"hi\"\"\"\n", 2, (const char *const[]){ "x,y", "say \"hi\"", NULL });
  assert_fields ("a,b\n\"two\nlines\",\"\"\n", 2, (const char *const[]){ "two\nlines", "", NULL });
  assert_fields ("\"a\",\"b\"\n\"\"\"\",µ\n", 2, (const char *const[]){ "\"", "µ", NULL });
  assert_fields ("a,b\n", 2, (const char *const[]){ NULL });
}

static void
test_refusals (void **state)
{
  static const struct {
    const char *text, *message;
  } cases[] = {
    { "", "empty" },
    { "a,b", "line 1: the last line is not ended" },
    { "a,b\n1,2", "line 2: the last line is not ended" },
    { "a,b\n1\n", "line 2: 1 fields in place of 2" },
    { "a,b\n1,2,3\n", "line 2: too many fields" },
    { "a,b\n\n", "line 2: 1 fields in place of 2" },
    { "a,a\n", "line 1: column 2: \"a\"" },
    { "a,\n", "line 1: column 2: \"\"" },
    { "a\nx\"y\n", "line 2: a quote within a field that is not quoted" },
    { "a\n\"x\"y\n", "line 2: text after a closing quote" },
    { "a\n\"x\n\n", "line 4: the text ends within quotes" },
    { "a\nx\ry\n", "line 2: a control character" },
    { "a\nx\033[31m\n", "line 2: a control character" },
    { "a\n\"\t\"\n", "line 2: a control character" },
    { "a\n\302\233\n", "line 2: a control character" },
    { "a\n\377\n", "not UTF-8" },
  };

  (void) state;
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GError) error = NULL;
      CsvTable *table = NULL;

      assert_false (csv_read (cases[i].text, strlen (cases[i].text), &table, &error));
      assert_null (table);
      assert_failed (error, HARNESS_ERROR_FAILED, cases[i].message);
    }
}

/* One more than there may be, of each. */
static void
test_bounds (void **state)
{
  g_autoptr (GString) wide = g_string_new ("c0");
  g_autoptr (GString) long_field = g_string_new ("a\n");
  CsvTable *table = NULL;
  g_autoptr (GError) too_wide = NULL;
  g_autoptr (GError) too_long = NULL;
  g_autoptr (GError) zero = NULL;

  (void) state;
  for (guint i = 1; i < CSV_COLUMNS_MAX; i++)
    g_string_append_printf (wide, ",c%u", i);
  g_string_append_c (wide, '\n');
  csv_table_free (read_text (wide->str));
  g_string_insert (wide, 0, "x,");
  assert_false (csv_read (wide->str, wide->len, &table, &too_wide));
  assert_failed (too_wide, HARNESS_ERROR_FAILED, "too many fields");

  for (guint i = 0; i < CSV_FIELD_MAX; i++)
    g_string_append_c (long_field, 'x');
  g_string_append_c (long_field, '\n');
  csv_table_free (read_text (long_field->str));
  g_string_insert (long_field, 2, "x");
  assert_false (csv_read (long_field->str, long_field->len, &table, &too_long));
  assert_failed (too_long, HARNESS_ERROR_FAILED, "a field is too long");

  assert_false (csv_read ("a\n\0\n", 4, &table, &zero));
  assert_failed (zero, HARNESS_ERROR_FAILED, "not UTF-8");
  assert_null (table);
}

static void
test_columns_and_numbers (void **state)
{
  static const char *const bad[] = { "", " 1", "1 ", "+1", "-1", "1.0", "0x1", "9223372036854775808" };
  g_autoptr (CsvTable) table = read_text ("name,exits\nx,0\ny,9223372036854775807\n");
  g_autoptr (GError) error = NULL;
  guint column = 7;
  guint64 value = 7;

  (void) state;
  assert_true (csv_column (table, "exits", &column, NULL));
  assert_int_equal (column, 1);
  assert_true (csv_field_number (table, 0, column, &value, NULL));
  assert_int_equal (value, 0);
  assert_true (csv_field_number (table, 1, column, &value, NULL));
  assert_true (value == G_MAXINT64);
  assert_false (csv_column (table, "cycles", &column, &error));
  assert_failed (error, HARNESS_ERROR_FAILED, "no column \"cycles\"");
  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_autofree char *text = g_strdup_printf ("n\n%s\n", bad[i]);
      g_autoptr (CsvTable) numbers = read_text (text);
      g_autoptr (GError) why = NULL;

      assert_false (csv_field_number (numbers, 0, 0, &value, &why));
      assert_failed (why, HARNESS_ERROR_FAILED, "line 2: n is ");
    }
  assert_true (value == G_MAXINT64);
}

/* What csv.h writes comes back as it was. */
static void
test_round_trip (void **state)
{
  static const char *const texts[] = { "plain", "a,b", "\"", "\"\"", "x\ny", "", "µ\"," };
  g_autoptr (GString) out = g_string_new ("text,n\n");

  (void) state;
  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      csv_text (out, texts[i]);
      g_string_append_c (out, ',');
      csv_unsigned (out, i);
      g_string_append_c (out, '\n');
    }
  g_autoptr (CsvTable) table = read_text (out->str);
  assert_int_equal (csv_rows (table), G_N_ELEMENTS (texts));
  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      guint64 n = 99;

      assert_string_equal (csv_field (table, i, 0), texts[i]);
      assert_true (csv_field_number (table, i, 1, &n, NULL));
      assert_int_equal (n, i);
    }
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_fields),
    cmocka_unit_test (test_refusals),
    cmocka_unit_test (test_bounds),
    cmocka_unit_test (test_columns_and_numbers),
    cmocka_unit_test (test_round_trip),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Statistics in a kernel log: each shape is read and gets full marks, each mistake loses its own rows, in any shape; what cannot be read is told. */
#include "unit/log-shapes.h"

static LogLab *both[2];

static const struct {
  const char *name;
  LogShapeFunc print;
  const char *lost; /* by the shape alone */
} shapes[] = {
  { "lines", shape_lines, "" },
  { "footer", shape_footer, "" },
  { "pairs", shape_pairs, "" },
  { "table", shape_table, "" },
  { "columns", shape_columns, "" },
  { "hex", shape_hex, "" },
  { "bare_hex", shape_bare_hex, "" },
  { "prefix", shape_prefix, "" },
  { "total_each", shape_total_each, "" },
  { "name_first", shape_name_first, "" },
  { "count_first", shape_count_first, "" },
  { "percent", shape_percent, "" },
  { "vcpu", shape_vcpu, "" },
  { "banner", shape_banner, "" },
  { "joined", shape_joined, "" },
  { "both_ends", shape_both_ends, "" },
  { "long_prefix", shape_long_prefix, "" },
  { "one_line", shape_one_line, "" },
  { "one_line_commas", shape_one_line_commas, "" },
  { "one_message", shape_one_message, "" },
  { "other_messages", shape_other_messages, "" },
  { "callbacks", shape_callbacks, "" },
  { "numbers_only", shape_numbers_only, "log-names" },
  { "bare", shape_bare, "log-names" },
  { "name_alone", shape_name_alone, "log-names" },
};

static GPtrArray *
printed (const LogLab *lab, LogMistake mistake, LogShapeFunc print)
{
  return print_log (lab->world, lab->fixture->exits, lab->refused, lab->other, mistake, print);
}

static void
expect_rows (const Grade *grade, const GPtrArray *log, const char *what, const char *lost)
{
  g_autofree char *failed = rows_with (grade, ROW_FAILED);
  check_sums (grade);
  if (grade->unread == NULL && strcmp (failed, lost) == 0)
    return;
  print_failures (grade);
  for (guint i = 0; i < MIN (log->len, 24); i++)
    print_message ("   %.160s\n", (const char *) g_ptr_array_index (log, i));
  for (guint i = 0; i < grade->notes->len; i++)
    print_message ("%s\n", (const char *) g_ptr_array_index (grade->notes, i));
  print_message ("%s\n", what);
  fail_msg ("%s: lost [%s], not [%s]%s", what, failed, lost, grade->unread != NULL ? "; it was not read" : "");
}

static void
test_shapes (void **state)
{
  (void) state;
  for (guint svm = 0; svm < 2; svm++)
    for (guint i = 0; i < G_N_ELEMENTS (shapes); i++)
      {
        g_autoptr (GPtrArray) log = printed (both[svm], LOG_RIGHT, shapes[i].print);
        g_autoptr (Grade) grade = judge_log (both[svm], log, NULL, FALSE);
        g_autofree char *what = g_strdup_printf ("%s, %s", shapes[i].name, svm ? "svm" : "vmx");
        expect_rows (grade, log, what, shapes[i].lost);
      }
}

static void
test_mistakes (void **state)
{
  (void) state;
  static const struct {
    LogMistake mistake;
    const char *lost;
  } cases[] = {
    { LOG_PER_VM, "" },
    { LOG_REFUSED_LEFT_OUT, "" },
    { LOG_AT_FIRST, "" },
    { LOG_SILENT, "concurrency,log-interval,log-totals,log-counts,log-types,log-names,log-raw-reason" },
    { LOG_INTERVAL_1000, "log-interval" },
    { LOG_ONE_VCPU, "log-interval" },
    { LOG_TOTAL_ONE_MORE, "log-totals" },
    { LOG_NO_TOTAL, "log-totals" },
    { LOG_TABLE_ONLY, "log-totals,log-types" },
    { LOG_TYPES_TABLE_ONLY, "log-types" },
    { LOG_LOST, "log-counts" },
    { LOG_TWICE, "log-totals,log-counts" },
    { LOG_TYPE_LEFT_OUT, "log-types" },
    { LOG_TYPE_BEHIND, "log-counts" },
    { LOG_NAMES_SHIFTED, "log-names" },
    { LOG_NAME_WRONG, "log-names" },
    { LOG_NAMES_UNKNOWN, "log-names" },
    { LOG_OTHER_WORDS, "" },
    { LOG_RAW, "log-raw-reason" },
    { LOG_DEAD_AFTER, "log-totals,log-raw-reason" },
    { LOG_ASKING_ONLY, "concurrency,log-totals,log-counts" },
  };
  static const LogShapeFunc prints[] = { shape_lines, shape_footer, shape_pairs, shape_one_line, shape_table };
  for (guint svm = 0; svm < 2; svm++)
    for (guint i = 0; i < G_N_ELEMENTS (cases) * G_N_ELEMENTS (prints); i++)
      {
        const guint mistake = i / G_N_ELEMENTS (prints), shape = i % G_N_ELEMENTS (prints);
        g_autoptr (GPtrArray) log = printed (both[svm], cases[mistake].mistake, prints[shape]);
        g_autoptr (Grade) grade = judge_log (both[svm], log, NULL, FALSE);
        g_autofree char *what = g_strdup_printf ("mistake %d, shape %u, %s", cases[mistake].mistake, shape, svm ? "svm" : "vmx");
        expect_rows (grade, log, what, cases[mistake].lost);
      }
}

int
main (void)
{
  const struct CMUnitTest tests[] = { cmocka_unit_test (test_shapes), cmocka_unit_test (test_mistakes) };
  both[0] = log_lab_new (FALSE);
  both[1] = log_lab_new (TRUE);
  const int status = cmocka_run_group_tests (tests, NULL, NULL);
  log_lab_free (both[0]);
  log_lab_free (both[1]);
  return status;
}

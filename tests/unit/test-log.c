/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Statistics in a kernel log: each shape is read and gets full marks, each mistake loses its own rows, in any shape; what cannot be read is told. */
#include "unit/log-shapes.h"

#include "grade/log-names.h"

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
  { "labels", shape_labels, "" },
  { "number_first", shape_number_first, "" },
  { "dashes", shape_dashes, "" },
  { "commas", shape_commas, "" },
  { "hashes", shape_hashes, "" },
  { "both_bases", shape_both_bases, "" },
  { "process", shape_process, "" },
  { "interval", shape_interval, "" },
  { "of_total", shape_of_total, "" },
  { "three_lines", shape_three_lines, "" },
  { "semicolons", shape_semicolons, "" },
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
    { LOG_OTHER_GOES_ON, "" },
    { LOG_SUMS_GO_ON, "log-totals" },
    { LOG_FIRST_GOES_ON, "" },
    { LOG_FIRST_SUMS, "log-totals" },
    { LOG_WRONG_GOES_ON, "log-totals" },
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
    { LOG_SINCE_LAST, "log-counts,log-types" },
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

/* What nobody can say is nobody's zero: the rows that ask for it are not judged, and the grade says why. */
static void
test_unreadable (void **state)
{
  (void) state;
  for (guint svm = 0; svm < 2; svm++)
    {
      g_autoptr (GPtrArray) log = printed (both[svm], LOG_RIGHT, shape_unreadable);
      g_autoptr (Grade) grade = judge_log (both[svm], log, NULL, FALSE);
      g_autofree char *failed = rows_with (grade, ROW_FAILED), *left = rows_with (grade, ROW_SKIPPED);
      assert_non_null (grade->unread);
      assert_string_equal (failed, "");
      assert_string_equal (left, "concurrency,log-interval,log-totals,log-counts,log-types,log-names,log-raw-reason");
    }
}

/* A few words, without a number: nothing was printed. Unless the change tells elsewhere. */
static void
test_elsewhere (void **state)
{
  (void) state;
  for (guint told = 0; told < 2; told++)
    {
      g_autoptr (GPtrArray) log = printed (both[1], LOG_SILENT, shape_lines);
      both[1]->judged.change = told ? "diff --git a/arch/x86/kvm/svm/svm.c b/arch/x86/kvm/svm/svm.c\n--- a/arch/x86/kvm/svm/svm.c\n+++ b/arch/x86/kvm/svm/svm.c\n"
                                      "@@ -1,1 +1,2 @@\n a\n+seq_printf (m, 1);\n"
                                    : NULL;
      g_autoptr (Grade) grade = judge_log (both[1], log, NULL, FALSE);
      assert_int_equal (grade->unread != NULL, told);
      both[1]->judged.change = NULL;
    }
}

static void
test_traced (void **state)
{
  (void) state;
  g_autoptr (GPtrArray) silent = printed (both[0], LOG_SILENT, shape_lines), log = printed (both[0], LOG_RIGHT, shape_lines);
  g_autoptr (Grade) grade = judge_log (both[0], silent, log, FALSE);
  expect_rows (grade, log, "traced", "");
}

static void
test_findings (void **state)
{
  (void) state;
  g_autoptr (GPtrArray) log = printed (both[1], LOG_RIGHT, shape_lines);
  g_autoptr (Grade) grade = judge_log (both[1], log, NULL, TRUE);
  expect_rows (grade, log, "an update that could get lost", "concurrency");
}

static void
test_volume (void **state)
{
  (void) state;
  g_autoptr (GPtrArray) log = printed (both[1], LOG_RIGHT, shape_lines);
  for (guint i = 0; i < 5000; i++)
    g_ptr_array_add (log, g_strdup ("here we are again"));
  g_autoptr (Grade) grade = judge_log (both[1], log, NULL, FALSE);
  expect_rows (grade, log, "many messages", "log-volume");
}

/* Words that show what the reader made of a line, and of a name. */
static void
test_words (void **state)
{
  (void) state;
  static const struct {
    LogMistake mistake;
    RowKind row;
    const char *seen;
  } cases[] = {
    { LOG_NAMES_SHIFTED, ROW_LOG_NAMES, "\"GETSEC\", which is GETSEC (11): shifted by one" },
    { LOG_NAME_WRONG, ROW_LOG_NAMES, "\"HLT\", which is HLT (12)" },
    { LOG_NAMES_UNKNOWN, ROW_LOG_NAMES, "no name" },
    { LOG_OTHER_WORDS, ROW_LOG_NAMES, "\"red lamp\", which no table has: see whether it will do" },
    { LOG_RAW, ROW_LOG_RAW_REASON, "2147483681 (0x80000021)" },
    { LOG_TOTAL_ONE_MORE, ROW_LOG_TOTALS, "10001" },
    { LOG_SILENT, ROW_LOG_INTERVAL, "none" },
  };
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GPtrArray) log = printed (both[0], cases[i].mistake, shape_lines);
      g_autoptr (Grade) grade = judge_log (both[0], log, NULL, FALSE);
      const GradeRow *row = grade_find_row (grade, cases[i].row);
      gboolean found = FALSE;
      for (guint j = 0; j < row->cases->len; j++)
        found |= strcmp (((const GradeCase *) g_ptr_array_index (row->cases, j))->seen, cases[i].seen) == 0;
      if (!found)
        fail_msg ("nowhere: %s; first: %s", cases[i].seen, ((const GradeCase *) g_ptr_array_index (row->cases, 0))->seen);
    }
  g_autoptr (GPtrArray) log = printed (both[0], LOG_RIGHT, shape_lines);
  g_autoptr (Grade) grade = judge_log (both[0], log, NULL, FALSE);
  assert_string_equal (g_ptr_array_index (grade->notes, 0), "From the kernel log 7 prints were read: \"Exit 1 (EXTERNAL_INTERRUPT): 66\" was read as type 1 (0x1), count 66.");
}

/* As much as L1 can say, made to be long to read. */
static void
test_hostile (void **state)
{
  (void) state;
  static const char *const pieces[] = { "10 CPUID 4 ", "exit 10: 7 ", "1:2,", "total 10000 ", "[48] (9) = 5 " };
  for (guint i = 0; i < G_N_ELEMENTS (pieces); i++)
    {
      g_autoptr (GPtrArray) log = g_ptr_array_new_with_free_func (g_free);
      g_autoptr (GString) line = g_string_new (NULL);
      while (line->len < 1150)
        g_string_append (line, pieces[i]);
      for (guint j = 0; j < 1500; j++)
        g_ptr_array_add (log, g_strdup (line->str));
      g_autoptr (Grade) grade = judge_log (both[0], log, NULL, FALSE);
      check_sums (grade);
    }
}

static void
test_names (void **state)
{
  (void) state;
  static const struct {
    guint svm;
    guint32 code;
    const char *name;
    LogNameKind kind;
  } cases[] = {
    { 0, 48, "EXIT_REASON_EPT_VIOLATION", LOG_NAME_RIGHT }, { 0, 48, "EptViolation", LOG_NAME_RIGHT },   { 0, 48, "ept violations", LOG_NAME_RIGHT },
    { 0, 48, "EPT", LOG_NAME_RIGHT },                       { 0, 48, "EPT_MISCONFIG", LOG_NAME_OTHERS }, { 0, 28, "Control-register accesses", LOG_NAME_RIGHT },
    { 0, 30, "I/O instruction", LOG_NAME_RIGHT },           { 0, 32, "WRMSR", LOG_NAME_RIGHT },          { 0, 32, "RDMSR", LOG_NAME_OTHERS },
    { 0, 1, "EXT_INTR", LOG_NAME_RIGHT },                   { 0, 1, "", LOG_NAME_NONE },                 { 0, 1, "Unknown exit reason", LOG_NAME_NONE },
    { 0, 1, "a knock at the door", LOG_NAME_FREE },         { 0, 54, "WBINVD instruction executed", LOG_NAME_RIGHT },
    { 1, 0x400, "npf", LOG_NAME_RIGHT },                    { 1, 0x400, "Nested page fault (NPF)", LOG_NAME_RIGHT },
    { 1, 0x14, "WRITE_CR0", LOG_NAME_OTHERS },              { 1, 0x65, "write cr0", LOG_NAME_OTHERS },   { 1, 0xffffffff, "INVALID", LOG_NAME_RIGHT },
    { 1, 0x60, "SVM_EXIT_INTR", LOG_NAME_RIGHT },           { 1, 0x7b, "io", LOG_NAME_RIGHT },           { 1, 0x81, "hypercall", LOG_NAME_RIGHT },
  };
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (LogNames) names = log_names_new (both[cases[i].svm]->world->names);
      guint32 other;
      if (log_names_judge (names, cases[i].code, cases[i].name, &other) != cases[i].kind)
        fail_msg ("%s of %u", cases[i].name, cases[i].code);
    }
}

int
main (void)
{
  const struct CMUnitTest tests[] = { cmocka_unit_test (test_shapes), cmocka_unit_test (test_mistakes), cmocka_unit_test (test_unreadable), cmocka_unit_test (test_elsewhere),
                                     cmocka_unit_test (test_traced), cmocka_unit_test (test_findings), cmocka_unit_test (test_volume), cmocka_unit_test (test_words),
                                     cmocka_unit_test (test_names), cmocka_unit_test (test_hostile) };
  both[0] = log_lab_new (FALSE);
  both[1] = log_lab_new (TRUE);
  const int status = cmocka_run_group_tests (tests, NULL, NULL);
  log_lab_free (both[0]);
  log_lab_free (both[1]);
  return status;
}

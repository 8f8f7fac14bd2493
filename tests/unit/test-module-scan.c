/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the scan finds in compiled modules, and what it does not: each fixture of tests/data/scan is compiled as the base's and, with SUBMISSION, as a
 * submission's module, by gcc and clang, with and without a frame pointer.
 */
#include "unit/unit.h"

#include "base/run.h"
#include "grade/module-scan.h"

#define FIXTURES "tests/data/scan"

/* NULL if there is no such compiler. */
static char *
compile (const char *folder, const char *compiler, const char *fixture, const char *frame, gboolean submission)
{
  g_autofree char *source = g_strdup_printf ("%s/%s.c", FIXTURES, fixture);
  g_autofree char *object = g_strdup_printf ("%s/%s-%s.ko", folder, fixture, submission ? "submission" : "base");
  g_autofree char *program = run_find_program (compiler);
  g_autoptr (GError) error = NULL;

  if (program == NULL)
    return NULL;
  g_autoptr (Run) run = run_new (program, "-O2", "-c", "-mcmodel=kernel", "-fno-pie", "-mno-red-zone", "-mno-sse", "-ffreestanding", "-fno-strict-aliasing",
                                 "-fno-asynchronous-unwind-tables", "-fno-stack-protector", "-fno-common", frame, "-o", object, source, NULL);
  if (submission)
    run_add (run, "-DSUBMISSION");
  run_wait (run, &error);
  assert_no_failure (error);
  return g_steal_pointer (&object);
}

/* Sorted: compilers order functions as they like. */
static char *
say_findings (const GPtrArray *findings)
{
  g_autoptr (GPtrArray) lines = g_ptr_array_new_with_free_func (g_free);

  for (guint i = 0; i < findings->len; i++)
    {
      const ScanFinding *f = g_ptr_array_index (findings, i);
      assert_string_equal (f->module, "kvm");
      assert_non_null (f->instruction);
      g_ptr_array_add (lines, g_strdup_printf ("%s %s %s\n", f->kind == SCAN_NARROW_CYCLES ? "narrow" : "unlocked", f->function, f->symbol));
    }
  files_sort_names (lines);
  g_ptr_array_add (lines, NULL);
  return g_strjoinv (NULL, (char **) lines->pdata);
}

static GPtrArray *
scan (const char *base, const char *module)
{
  GPtrArray *findings = g_ptr_array_new_with_free_func ((GDestroyNotify) scan_finding_free);
  g_autoptr (GError) error = NULL;

  module_scan (base, module, "kvm", findings, &error);
  assert_no_failure (error);
  return findings;
}

/* The same whoever compiled it; and nothing in what is the base's, or in a submission that is compared with itself. */
static void
check_fixture (const char *folder, const char *fixture, const char *expected)
{
  static const char *const compilers[] = { "gcc", "clang" };
  static const char *const frames[] = { "-fno-omit-frame-pointer", "-fomit-frame-pointer" };

  for (guint i = 0; i < 4; i++)
    {
      g_autofree char *base = compile (folder, compilers[i % 2], fixture, frames[i / 2], FALSE);
      g_autofree char *module = compile (folder, compilers[i % 2], fixture, frames[i / 2], TRUE);
      if (base == NULL)
        continue;
      g_autoptr (GPtrArray) findings = scan (base, module);
      g_autofree char *said = say_findings (findings);
      assert_string_equal (said, expected);
      g_autoptr (GPtrArray) none = scan (module, module), nor = scan (base, base);
      assert_int_equal (none->len + nor->len, 0);
    }
}

static void
test_updates (void **state)
{
  check_fixture (*state, "updates",
                 "unlocked after_the_inlined_unlock hidden_total\n"
                 "unlocked after_the_lock hidden_total\n"
                 "unlocked helper exits\n"
                 "unlocked in_a_loop loop_total\n"
                 "unlocked in_an_array exits\n"
                 "unlocked load_add_store total_exits\n"
                 "unlocked load_call_store total_exits\n"
                 "unlocked load_spill_store total_exits\n"
                 "unlocked load_store_of_an_entry seen\n"
                 "unlocked of_a_register hidden_total\n"
                 "unlocked of_a_static times\n"
                 "unlocked of_another_module elsewhere\n"
                 "unlocked of_bits flags\n"
                 "unlocked one_instruction total_exits\n"
                 "unlocked through_a_pointer stats\n");
}

static void
test_members (void **state)
{
  check_fixture (*state, "members",
                 "unlocked beside_an_old_member vcpu->kvm + 0x210\n"
                 "unlocked new_member vcpu->kvm + 0x208\n");
}

static void
test_innocent (void **state)
{
  check_fixture (*state, "innocent", "");
}

static void
test_cycles (void **state)
{
  check_fixture (*state, "cycles",
                 "narrow copy_of_32_bits last_cycles\n"
                 "narrow sum_of_32_bits narrow_total\n"
                 "narrow sums_by_reason narrow_by_reason\n");
}

/* Everything is the submission's where the base has nothing of it: its locks and atomics still count. */
static void
test_innocent_alone (void **state)
{
  g_autofree char *base = compile (*state, "gcc", "cycles", "-fno-omit-frame-pointer", FALSE);
  g_autofree char *module = compile (*state, "gcc", "innocent", "-fno-omit-frame-pointer", TRUE);

  if (base == NULL)
    skip ();
  g_autoptr (GPtrArray) findings = scan (base, module);
  g_autofree char *said = say_findings (findings);
  assert_string_equal (said, "unlocked the_bases_own old_hidden\n"
                             "unlocked the_bases_own old_total\n"
                             "unlocked with_a_table old_hidden\n");
}

static const char *
instruction_in (const GPtrArray *findings, const char *function)
{
  for (guint i = 0; i < findings->len; i++)
    {
      const ScanFinding *f = g_ptr_array_index (findings, i);
      if (strcmp (f->function, function) == 0)
        return f->instruction;
    }
  return "nothing found";
}

static void
test_instruction (void **state)
{
  g_autofree char *base = compile (*state, "gcc", "updates", "-fno-omit-frame-pointer", FALSE);
  g_autofree char *module = compile (*state, "gcc", "updates", "-fno-omit-frame-pointer", TRUE);

  if (base == NULL)
    skip ();
  g_autoptr (GPtrArray) findings = scan (base, module);
  assert_string_equal (instruction_in (findings, "one_instruction"), "addq $1, total_exits(%rip)");
  assert_string_equal (instruction_in (findings, "in_an_array"), "addq $1, exits(, %rax, 8)");
  assert_string_equal (instruction_in (findings, "after_the_lock"), "subq $1, hidden_total(%rip)");
}

/* --- what is no module ------------------------------------------------------------------------ */

static void
assert_refused (const char *base, const char *module, HarnessError code, const char *part)
{
  g_autoptr (GPtrArray) findings = g_ptr_array_new ();
  g_autoptr (GError) error = NULL;

  assert_false (module_scan (base, module, "kvm", findings, &error));
  assert_failed (error, code, part);
  assert_int_equal (findings->len, 0);
}

static void
test_refused (void **state)
{
  g_autofree char *base = compile (*state, "gcc", "cycles", "-fno-omit-frame-pointer", FALSE);
  g_autofree char *empty = put_file (*state, "empty.ko", "");
  g_autofree char *text = put_file (*state, "text.ko", "int main;");
  g_autofree char *missing = g_build_filename (*state, "missing.ko", NULL);

  if (base == NULL)
    skip ();
  assert_refused (base, missing, HARNESS_ERROR_FAILED, "missing.ko");
  assert_refused (base, empty, HARNESS_ERROR_FAILED, "empty.ko: not a 64-bit ELF file");
  assert_refused (text, base, HARNESS_ERROR_FAILED, "text.ko: not a 64-bit ELF file");
  assert_refused (base, "/proc/self/exe", HARNESS_ERROR_FAILED, "not a relocatable of x86-64");
}

/* Cut off anywhere, it is an error: the section headers stand at the end. */
static void
test_cut_off (void **state)
{
  g_autofree char *base = compile (*state, "gcc", "cycles", "-fno-omit-frame-pointer", FALSE);
  g_autofree char *cut = g_build_filename (*state, "cut.ko", NULL);
  g_autofree char *data = NULL;
  gsize size;

  if (base == NULL)
    skip ();
  assert_true (g_file_get_contents (base, &data, &size, NULL));
  for (gsize length = 0; length < size; length += 1 + size / 50)
    {
      assert_true (g_file_set_contents (cut, data, (gssize) length, NULL));
      assert_refused (base, cut, HARNESS_ERROR_FAILED, "cut.ko: ");
    }
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown (test_updates, folder_setup, folder_teardown),
    cmocka_unit_test_setup_teardown (test_members, folder_setup, folder_teardown),
    cmocka_unit_test_setup_teardown (test_innocent, folder_setup, folder_teardown),
    cmocka_unit_test_setup_teardown (test_cycles, folder_setup, folder_teardown),
    cmocka_unit_test_setup_teardown (test_innocent_alone, folder_setup, folder_teardown),
    cmocka_unit_test_setup_teardown (test_instruction, folder_setup, folder_teardown),
    cmocka_unit_test_setup_teardown (test_refused, folder_setup, folder_teardown),
    cmocka_unit_test_setup_teardown (test_cut_off, folder_setup, folder_teardown),
  };
  return cmocka_run_group_tests (tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Configuration: the committed files load, and each kind of mistake is told with file and line. */
#include "unit.h"

#include "config/config.h"

#define LAB_TEXT \
  "[lab]\nisa = svm\n" \
  "[l1]\nmemory_mib = 512\ncpus = 1\ncpu_model = EPYC\ncmdline = quiet a=\"b c\"\n" \
  "[l2]\nmemory_mib = 128\ncpus = 2\n" \
  "cmdline =\nidle_ms = 0\noperations = 1\n" \
  "[kvm]\nleaf_map = A\nexit_log_records = 4096\n" \
  "[limits]\nsample_ms = 10\nl2_deadline_s = 60\nmachine_deadline_s = 300\nrecord_mib = 64\n"

static void
test_committed_labs (void **state)
{
  (void) state;
  static const char *const names[] = { "vmx", "svm" };
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autofree char *path = g_strdup_printf ("configs/labs/%s.conf", names[i]);
      g_autoptr (LabConfig) lab = NULL;
      g_autoptr (GError) error = NULL;
      const gboolean ok = lab_config_load (path, &lab, &error);
      assert_no_failure (error);
      assert_true (ok);
      assert_string_equal (lab->name, names[i]);
      assert_string_equal (isa_name (lab->isa), names[i]);
      assert_int_equal (lab->l1_memory_mib, 512);
      assert_int_equal (lab->exit_log_records, 65536);
    }
}

static void
test_lab_values (void **state)
{
  g_autofree char *path = put_file (*state, "my.conf", LAB_TEXT);
  g_autoptr (LabConfig) lab = NULL;
  assert_true (lab_config_load (path, &lab, NULL));
  assert_string_equal (lab->name, "my");
  assert_int_equal (lab->isa, ISA_SVM);
  assert_int_equal (lab->l2_cpus, 2);
  assert_string_equal (lab->emulated_cpu_model, "EPYC");
  assert_string_equal (lab->l1_cmdline, "quiet a=\"b c\"");
  assert_string_equal (lab->l2_cmdline, "");
  assert_string_equal (lab->kvm_params, "");
  assert_int_equal (lab->record_mib, 64);
}

/* Puts `with` in the place of `what` and expects the error. */
static void
lab_mistake (const char *dir, const char *what, const char *with, const char *expected)
{
  g_autoptr (GString) text = g_string_new (LAB_TEXT);
  assert_int_equal (g_string_replace (text, what, with, 1), 1);
  g_autofree char *path = put_file (dir, "x.conf", text->str);
  LabConfig *lab = NULL;
  g_autoptr (GError) error = NULL;
  assert_false (lab_config_load (path, &lab, &error));
  assert_failed (error, HARNESS_ERROR_USAGE, expected);
  assert_null (lab);
}

static void
test_lab_mistakes (void **state)
{
  lab_mistake (*state, "cpu_model", "foo", "x.conf:6: unknown key \"foo\" in [l1]; try: one of memory_mib, cpus, cpu_model, cmdline");
  lab_mistake (*state, "[kvm]", "[xen]", "x.conf:14: unknown group [xen]; try: one of [lab], [l1], [l2], [kvm], [limits]");
  lab_mistake (*state, "[kvm]", "[kvm", "x.conf:14: unknown group [kvm;");
  lab_mistake (*state, "[lab]", "# ", "x.conf:2: a key before the first [group]");
  lab_mistake (*state, "idle_ms = 0", "idle_ms 0", "x.conf:12: neither \"key = value\", [group] nor # comment");
  lab_mistake (*state, "idle_ms = 0\n", "", "x.conf:8: no \"idle_ms\" in [l2]; try: add the line \"idle_ms = …\"");
  lab_mistake (*state, "cpus = 2", "cpus = 9", "x.conf:10: cpus is \"9\"; try: a whole number from 1 to 8");
  lab_mistake (*state, "cpus = 2", "cpus = -1", "x.conf:10: cpus is \"-1\"");
  lab_mistake (*state, "cpus = 2", "cpus = two", "x.conf:10: cpus is \"two\"");
  lab_mistake (*state, "cpus = 2", "cpus =", "x.conf:10: cpus is \"\"");
  lab_mistake (*state, "cpus = 2", "memory_mib = 3", "x.conf:10: \"memory_mib\" is there already, in line 9");
  lab_mistake (*state, "idle_ms = 0\n", "idle_ms = 0\n[l1]\n", "x.conf:13: \"l1\" is there already, in line 3");
  lab_mistake (*state, "isa = svm", "isa = tdx", "x.conf:2: isa is \"tdx\"; try: vmx or svm");
  lab_mistake (*state, "memory_mib = 128", "memory_mib = 512", "x.conf:9: L2's 512 MiB do not fit into L1's 512 MiB");
  lab_mistake (*state, "leaf_map = A", "leaf_map = ../A", "x.conf:15: leaf_map is \"../A\"");
  lab_mistake (*state, "records = 4096", "records = 4095", "x.conf:16: exit_log_records is 4095; try: a power of two");
  lab_mistake (*state, "EPYC", "\xff", "x.conf: not UTF-8");
}

static void
test_lab_unreadable (void **state)
{
  g_autofree char *path = g_build_filename (*state, "none.conf", NULL);
  LabConfig *lab = NULL;
  g_autoptr (GError) error = NULL;
  assert_false (lab_config_load (path, &lab, &error));
  assert_failed (error, HARNESS_ERROR_USAGE, "none.conf: opening: no such file");
}

/* --- leaf maps -------------------------------------------------------------------------------- */

static void
expect_spec (const char *dir, const char *text, const char *spec)
{
  g_autofree char *path = put_file (dir, "m.conf", text);
  g_autoptr (LeafMap) map = NULL;
  g_autoptr (GError) error = NULL;
  const gboolean ok = leaf_map_load (path, &map, &error);
  assert_no_failure (error);
  assert_true (ok);
  g_autofree char *got = leaf_map_kernel_spec (map);
  assert_string_equal (got, spec);
}

/* The committed maps are what kernel-patches/6.1 knows by the same names. */
static void
test_committed_leaf_maps (void **state)
{
  (void) state;
  static const char *const specs[][2] = {
    { "A", "0x4fffffff:exits,0x4ffffffe:cycles,0x4ffffffd:reason-exits,0x4ffffffc:reason-cycles" },
    { "B", "0x4ffffffc:exits,0x4ffffffd:cycles,0x4ffffffe:reason-exits,0x4fffffff:reason-cycles" },
    { "C", "0x4fffffff:exits+cycles,0x4ffffffe:reason-exits" },
  };
  for (guint i = 0; i < G_N_ELEMENTS (specs); i++)
    {
      g_autofree char *path = g_strdup_printf ("configs/leaf-maps/%s.conf", specs[i][0]);
      g_autoptr (LeafMap) map = NULL;
      g_autoptr (GError) error = NULL;
      const gboolean ok = leaf_map_load (path, &map, &error);
      assert_no_failure (error);
      assert_true (ok);
      assert_string_equal (map->name, specs[i][0]);
      g_autofree char *spec = leaf_map_kernel_spec (map);
      assert_string_equal (spec, specs[i][1]);
    }
}

static void
test_leaf_maps (void **state)
{
  expect_spec (*state,
               "[leaf-map]\nname = A\ntotal-exits = 0x4FFFFFFF\ntotal-cycles = 0x4ffffffe\nreason-exits = 0x4ffffffd\n"
               "reason-cycles = 0x4ffffffc\n[undefined]\nvmx = 35,38,42,0x45-79\nsvm = none\nvmx-edition = x, May 2024\n",
               "0x4fffffff:exits,0x4ffffffe:cycles,0x4ffffffd:reason-exits,0x4ffffffc:reason-cycles");
  expect_spec (*state, "[leaf-map]\nname=C\ntotal-exits=0x4fffffff\ntotal-cycles=0x4fffffff\nreason-exits=0x4ffffffe\n",
               "0x4fffffff:exits+cycles,0x4ffffffe:reason-exits");
  expect_spec (*state, "[leaf-map]\nname=D\nreason-exits=0x40001000\n", "0x40001000:reason-exits");
}

static void
leaf_mistake (const char *dir, const char *text, const char *expected)
{
  g_autofree char *path = put_file (dir, "m.conf", text);
  LeafMap *map = NULL;
  g_autoptr (GError) error = NULL;
  assert_false (leaf_map_load (path, &map, &error));
  assert_failed (error, HARNESS_ERROR_USAGE, expected);
}

static void
test_leaf_map_mistakes (void **state)
{
  leaf_mistake (*state, "[leaf-map]\nname=X\n", "m.conf:2: the map has no leaf for exits");
  leaf_mistake (*state, "[leaf-map]\ntotal-exits=0x4\n", "m.conf:1: no \"name\"");
  leaf_mistake (*state, "[leaf-map]\nname=X\ntotal-exits=1234\n", "m.conf:3: total-exits is \"1234\"; try: 0x");
  leaf_mistake (*state, "[leaf-map]\nname=X\ntotal-exits=0x100000000\n", "m.conf:3: total-exits");
  leaf_mistake (*state, "[leaf-map]\nname=X\ntotal-exits=0x4\nreason-exits=0x4\n", "m.conf:4: reason-exits is the leaf of a total");
  leaf_mistake (*state, "[leaf-map]\nname=X\nreason-cycles=0x4\nreason-exits=0x4\n", "m.conf:3: reason-cycles is the leaf of reason-exits");
  static const char *const bad_ranges[] = { "35, 38", "35,", "a", "5-3", "35-", "4294967296", "1-2-3" };
  for (guint i = 0; i < G_N_ELEMENTS (bad_ranges); i++)
    {
      g_autofree char *text = g_strdup_printf ("[leaf-map]\nname=X\ntotal-exits=0x4\n[undefined]\nvmx=%s\n", bad_ranges[i]);
      leaf_mistake (*state, text, "m.conf:5: vmx is ");
    }
}

/* --- exit reasons ----------------------------------------------------------------------------- */

static ReasonNames *
load_reasons (const char *path)
{
  ReasonNames *names = NULL;
  g_autoptr (GError) error = NULL;
  const gboolean ok = reason_names_load (path, &names, &error);
  assert_no_failure (error);
  assert_true (ok);
  return names;
}

static void
test_committed_reasons (void **state)
{
  (void) state;
  g_autoptr (ReasonNames) vmx = load_reasons ("configs/reasons/vmx.csv");
  assert_string_equal (reason_name (vmx, 48), "EPT_VIOLATION");
  assert_string_equal (reason_name (vmx, 10), "CPUID");
  assert_string_equal (reason_kind (vmx, 49), "mmio");
  assert_string_equal (reason_name (vmx, 35), "REASON_35");
  assert_string_equal (reason_name (vmx, 1234), "REASON_1234");
  assert_ptr_equal (reason_name (vmx, 1234), reason_name (vmx, 1234));
  assert_string_equal (reason_kind (vmx, 1234), "other");
  const GArray *codes = reason_codes (vmx);
  assert_int_equal (codes->len, 80 - 4); /* 0 to 79 without 35, 38, 42, 71 */
  for (guint i = 1; i < codes->len; i++)
    assert_true (g_array_index (codes, guint32, i - 1) < g_array_index (codes, guint32, i));

  g_autoptr (ReasonNames) svm = load_reasons ("configs/reasons/svm.csv");
  assert_string_equal (reason_name (svm, 0x72), "CPUID");
  assert_string_equal (reason_name (svm, 0x7b), "IOIO");
  assert_string_equal (reason_name (svm, 0x8d), "XSETBV");
  assert_string_equal (reason_name (svm, 0x400), "NPF");
  assert_string_equal (reason_name (svm, 0xffffffff), "INVALID");
  assert_string_equal (reason_kind (svm, 0x400), reason_kind (vmx, 48));
  const GArray *svm_codes = reason_codes (svm);
  assert_int_equal (g_array_index (svm_codes, guint32, svm_codes->len - 1), 0xffffffff);
}

static void
reason_mistake (const char *dir, const char *rows, const char *expected)
{
  g_autofree char *text = g_strconcat ("# c\ncode,name,kind,defined\n", rows, NULL);
  g_autofree char *path = put_file (dir, "r.csv", text);
  ReasonNames *names = NULL;
  g_autoptr (GError) error = NULL;
  assert_false (reason_names_load (path, &names, &error));
  assert_failed (error, HARNESS_ERROR_USAGE, expected);
}

static void
test_reason_mistakes (void **state)
{
  reason_mistake (*state, "1,A,x\n", "r.csv:3: not 4 fields");
  reason_mistake (*state, "x,A,x,yes\n", "r.csv:3: the code is no number");
  reason_mistake (*state, "4294967296,A,x,yes\n", "r.csv:3: the code is no number");
  reason_mistake (*state, "1,A<b>,x,yes\n", "r.csv:3: bad name");
  reason_mistake (*state, "1,A,X,yes\n", "r.csv:3: bad kind");
  reason_mistake (*state, "1,A,x,maybe\n", "r.csv:3: defined is neither");
  reason_mistake (*state, "1,A,x,yes\n0x1,B,x,yes\n", "r.csv:4: the code is there already");
  reason_mistake (*state, "1,A,x,no\n", "no exit reason is defined");
  g_autofree char *path = put_file (*state, "h.csv", "1,A,x,yes\n");
  ReasonNames *names = NULL;
  g_autoptr (GError) error = NULL;
  assert_false (reason_names_load (path, &names, &error));
  assert_failed (error, HARNESS_ERROR_USAGE, "h.csv:1: no header row");
}

/* Another reason's own name, however it is spelt, is no alias. */
static void
test_alias_mistakes (void **state)
{
  g_autofree char *reasons = put_file (*state, "r.csv", "code,name,kind,defined\n1,WRITE_CR0,x,yes\n2,CR0_SEL_WRITE,x,yes\n");
  g_autofree char *good = put_file (*state, "good.csv", "code,alias\n2,CR0 SELECTIVE WRITE\n1,write cr0\n");
  g_autofree char *bad = put_file (*state, "bad.csv", "code,alias\n2,Write-CR0\n");
  g_autoptr (ReasonNames) names = NULL;
  g_autoptr (GError) error = NULL;
  assert_true (reason_names_load (reasons, &names, NULL));
  assert_true (reason_aliases_load (good, names, NULL));
  assert_false (reason_aliases_load (bad, names, &error));
  assert_failed (error, HARNESS_ERROR_USAGE, "bad.csv:2: the alias is another reason's own name");
}

/* --- packages --------------------------------------------------------------------------------- */

static void
test_packages (void **state)
{
  g_auto (GStrv) committed = NULL;
  g_autoptr (GError) error = NULL;
  assert_true (package_list_load ("configs/packages/debian-12.list", &committed, &error));
  assert_true (g_strv_contains ((const char *const *) committed, "linux-source-6.1"));
  assert_true (g_strv_contains ((const char *const *) committed, "libglib2.0-dev"));

  g_autofree char *path = put_file (*state, "p.list", "# c\n[group]\n\n a-b # why\ng++\n");
  g_auto (GStrv) packages = NULL;
  assert_true (package_list_load (path, &packages, NULL));
  assert_int_equal (g_strv_length (packages), 2);
  assert_string_equal (packages[0], "a-b");
  assert_string_equal (packages[1], "g++");

  g_autofree char *bad = put_file (*state, "bad.list", "make\n--allow-unauthenticated\n");
  char **none = NULL;
  assert_false (package_list_load (bad, &none, &error));
  assert_failed (error, HARNESS_ERROR_USAGE, "bad.list:2: \"--allow-unauthenticated\" is no package name");
}

#define FOLDER_TEST(f) cmocka_unit_test_setup_teardown (f, folder_setup, folder_teardown)

/* Runs in the top folder, as `make check` does. */
int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_committed_labs),
    FOLDER_TEST (test_lab_values),
    FOLDER_TEST (test_lab_mistakes),
    FOLDER_TEST (test_lab_unreadable),
    cmocka_unit_test (test_committed_leaf_maps),
    FOLDER_TEST (test_leaf_maps),
    FOLDER_TEST (test_leaf_map_mistakes),
    cmocka_unit_test (test_committed_reasons),
    FOLDER_TEST (test_alias_mistakes),
    FOLDER_TEST (test_reason_mistakes),
    FOLDER_TEST (test_packages),
  };
  return cmocka_run_group_tests (tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How kept runs are told: list and show as text and JSON, sizes, ages, aligned tables. */
#include "unit/golden.h"

#include "report/run-list.h"
#include "report/text-table.h"

static ManifestLab *
add_lab (Manifest *m, const char *name, const char *outcome)
{
  ManifestLab *lab = manifest_add_lab (m, name);

  lab->isa = g_strdup (name);
  lab->machine = g_strdup ("bochs");
  lab->accel = g_strdup ("emulated");
  lab->determinism = g_strdup ("exact");
  lab->reason = g_strdup ("asked for");
  lab->outcome = g_strdup (outcome);
  return lab;
}

static Manifest *
example (const char *status)
{
  Manifest *m = manifest_new ();
  ManifestLab *lab = add_lab (m, "vmx", "ok");

  m->run = g_strdup ("2026-01-31T12-00-00Z");
  m->status = g_strdup (status);
  g_ptr_array_add (m->command, g_strdup ("./harness"));
  g_ptr_array_add (m->command, g_strdup ("full-run\033[2J"));
  manifest_add (m->versions, "harness", "0.1.0");
  manifest_add (m->inputs, "vmx.conf", "00ff");
  lab->fingerprint = g_strdup ("22dd");
  lab->boot_exits = 13912;
  lab->all_exits = 15000;
  lab->boot_ns = 2500000000;
  if (strcmp (status, "failed") == 0)
    add_lab (m, "svm", "l2-hang")->failure = g_strdup ("svm: l2-hang: still running at its deadline");
  return m;
}

static void
test_list (void **state)
{
  g_autoptr (Manifest) complete = example ("complete");
  g_autoptr (Manifest) failed = example ("failed");
  const RunListRow rows[] = {
    { "2026-01-31T12-00-00Z-2", failed, NULL, 1769860800, 1536, FALSE },
    { "2026-01-31T12-00-00Z", complete, NULL, 1769860800, 5 << 20, TRUE },
    { "notes", NULL, "notes: no file manifest.json\nat all", 1769774400, 3, FALSE },
  };
  g_autoptr (GString) text = run_list_text (rows, G_N_ELEMENTS (rows), 1769860800 + 7200);
  g_autoptr (GString) json = run_list_json (rows, G_N_ELEMENTS (rows));
  g_autoptr (GString) none = run_list_text (NULL, 0, 0);

  (void) state;
  assert_golden ("runs/list.txt", text->str, text->len);
  assert_golden ("runs/list.json", json->str, json->len);
  assert_string_equal (none->str, "there is no run yet; try: harness full-run\n");
}

static void
test_show (void **state)
{
  g_autoptr (Manifest) m = example ("failed");
  const RunChecks checks[] = { { 134, 2, 3, 1, 0, NULL }, { 0, 0, 0, 0, 0, "none" } };
  const RunFile files[] = { { "answers.md", "ok", 8500 }, { "vmx/records.bin", "changed", 1429504 }, { "vmx/notes", "not in the manifest", 1 } };
  const RunStatus run = { "results/2026-01-31T12-00-00Z", m, checks, files, G_N_ELEMENTS (files) };
  g_autoptr (GString) text = run_show_text (&run);
  g_autoptr (GString) json = run_show_json (&run);

  (void) state;
  assert_golden ("runs/show.txt", text->str, text->len);
  assert_golden ("runs/show.json", json->str, json->len);
}

static void
assert_size (guint64 bytes, const char *wanted)
{
  g_autofree char *text = text_size (bytes);
  assert_string_equal (text, wanted);
}

static void
assert_age (gint64 seconds, const char *wanted)
{
  g_autofree char *text = text_age (seconds);
  assert_string_equal (text, wanted);
}

static void
test_sizes_and_ages (void **state)
{
  (void) state;
  assert_size (0, "0 bytes");
  assert_size (1023, "1023 bytes");
  assert_size (1024, "1.0 KiB");
  assert_size (1536, "1.5 KiB");
  assert_size (1048575, "1023.9 KiB");
  assert_size (1048576, "1.0 MiB");
  assert_size (5ull << 30, "5.0 GiB");
  assert_size (3ull << 50, "3072.0 TiB");
  assert_age (-5, "now");
  assert_age (59, "now");
  assert_age (60, "1 minute");
  assert_age (7199, "1 hour");
  assert_age (7200, "2 hours");
  assert_age (86400 * 3 + 5, "3 days");
}

/* Widths are of characters, not of bytes; no line ends in blanks; control characters do not reach the terminal. */
static void
test_table (void **state)
{
  static const TextColumn columns[] = { { "name", FALSE }, { "n", TRUE }, { "", FALSE }, { NULL, FALSE } };
  g_autoptr (TextTable) table = text_table_new (columns);
  g_autoptr (GString) plain = g_string_new (NULL);
  g_autoptr (GString) coloured = g_string_new (NULL);

  (void) state;
  text_table_add (table, (const char *const[]){ "µµµs", "1234", "", NULL }, TEXT_PLAIN);
  text_table_add (table, (const char *const[]){ "a\033b\n\302\233", "5", "x", NULL }, TEXT_RED);
  text_table_put (table, plain, 1, FALSE);
  text_table_put (table, coloured, 1, TRUE);
  assert_string_equal (plain->str, " name      n\n µµµs   1234\n a?b??     5  x\n");
  assert_string_equal (coloured->str, " name      n\n µµµs   1234\n\033[31m a?b??     5  x\033[0m\n");
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_list), cmocka_unit_test (test_show), cmocka_unit_test (test_sizes_and_ages), cmocka_unit_test (test_table),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}

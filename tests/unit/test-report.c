/* SPDX-License-Identifier: GPL-2.0-or-later */
/* CSV fields, the fingerprint's definition, the manifest there and back. */
#include "unit/golden.h"

#include "report/answers.h"
#include "report/csv.h"
#include "report/fingerprint.h"
#include "report/manifest.h"

static void
assert_csv (GString *out, const char *wanted)
{
  assert_string_equal (out->str, wanted);
  g_string_truncate (out, 0);
}

static void
test_csv_text (void **state)
{
  g_autoptr (GString) out = g_string_new (NULL);

  (void) state;
  csv_text (out, "plain text");
  assert_csv (out, "plain text");
  csv_text (out, "a,b");
  assert_csv (out, "\"a,b\"");
  csv_text (out, "say \"hi\"");
  assert_csv (out, "\"say \"\"hi\"\"\"");
  csv_text (out, "two\nlines");
  assert_csv (out, "\"two\nlines\"");
  csv_text (out, "");
  assert_csv (out, "");
}

/* What a spreadsheet would run is told to be text; numbers stay numbers. */
static void
test_csv_formulas (void **state)
{
  static const char *const cases[][2] = {
    { "=1+1", "'=1+1" },   { "@SUM(A1)", "'@SUM(A1)" },     { "+cmd|' /C x'!A0", "'+cmd|' /C x'!A0" }, { "-x.zip", "'-x.zip" },
    { "\t=1", "\"'\t=1\"" }, { "=a,b", "\"'=a,b\"" },         { "\xef\xbc\x9d" "1", "'\xef\xbc\x9d" "1" }, { "a;=1", "\"a;=1\"" },
    { "-3", "-3" },        { "+0.5 %", "+0.5 %" },          { "-", "-" },                              { "a=b", "a=b" },
    { "'x", "'x" },        { "\r=1", "\"'\r=1\"" },         { "-1-1a", "'-1-1a" },                     { "x@y", "x@y" },
  };
  (void) state;
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GString) out = g_string_new (NULL);
      csv_text (out, cases[i][0]);
      assert_string_equal (out->str, cases[i][1]);
    }
}

static void
test_csv_numbers (void **state)
{
  g_autoptr (GString) out = g_string_new (NULL);

  (void) state;
  for (guint64 value = 1; value != 0 && value < G_MAXUINT64 / 7; value = value * 7 + 3)
    {
      g_autofree char *wanted = g_strdup_printf ("%" G_GUINT64_FORMAT, value);
      csv_unsigned (out, value);
      assert_csv (out, wanted);
    }
  csv_unsigned (out, 0);
  assert_csv (out, "0");
  csv_unsigned (out, 100);
  assert_csv (out, "100");
  csv_unsigned (out, 100000000);
  assert_csv (out, "100000000");
  csv_unsigned (out, 10000000200000030u);
  assert_csv (out, "10000000200000030");
  csv_unsigned (out, G_MAXUINT64);
  assert_csv (out, "18446744073709551615");
  csv_number (out, G_MININT64);
  assert_csv (out, "-9223372036854775808");
  csv_number (out, -1);
  assert_csv (out, "-1");
  csv_fixed (out, 1234567, 6);
  assert_csv (out, "1.234567");
  csv_fixed (out, 7, 3);
  assert_csv (out, "0.007");
  csv_fixed (out, 7, 0);
  assert_csv (out, "7");
  csv_fixed (out, G_MAXUINT64, 3);
  assert_csv (out, "18446744073709551.615");
}

/* sha256sum of the text that sha256sum prints, worked out with that program. */
static void
test_fingerprint (void **state)
{
  static const char text[] = "aa  timeline.csv\nbb  exits.csv\ncc  reasons.csv\n";
  const FingerprintFile files[] = { { "reasons.csv", "cc" }, { "exits.csv", "bb" }, { "checks.csv", "zz" }, { "operations.csv", NULL }, { "timeline.csv", "aa" } };
  g_autofree char *wanted = g_compute_checksum_for_string (G_CHECKSUM_SHA256, text, -1);
  g_autofree char *got = fingerprint_make (files, G_N_ELEMENTS (files));

  (void) state;
  assert_string_equal (got, wanted);
}

static Manifest *
example (void)
{
  Manifest *m = manifest_new ();
  ManifestLab *lab = manifest_add_lab (m, "vmx");

  m->run = g_strdup ("2026-01-01-001");
  m->status = g_strdup ("complete");
  g_ptr_array_add (m->command, g_strdup ("./harness"));
  g_ptr_array_add (m->command, g_strdup ("full-run"));
  manifest_add (m->versions, "qemu", "QEMU 7.2.22 (Debian \"1:7.2\")");
  manifest_add (m->inputs, "kernel-patches/6.1/0001.patch", "00ff");
  manifest_add (m->files, "vmx/timeline.csv", "11ee");
  lab->isa = g_strdup ("vmx");
  lab->machine = g_strdup ("bochs");
  lab->accel = g_strdup ("emulated");
  lab->determinism = g_strdup ("exact");
  lab->reason = g_strdup ("no vmx flag in /proc/cpuinfo");
  lab->fingerprint = g_strdup ("22dd");
  lab->exits_csv_sha256 = g_strdup ("33cc");
  lab->outcome = g_strdup ("ok");
  manifest_add (lab->parameters, "l2.memory_mib", "128");
  lab->boot_exits = 13912;
  lab->all_exits = 15000;
  lab->boot_ns = 2500000000;
  lab = manifest_add_lab (m, "svm");
  lab->outcome = g_strdup ("l2-hang");
  lab->failure = g_strdup ("svm: l2-hang: still running");
  return m;
}

static void
test_manifest (void **state)
{
  g_autoptr (Manifest) m = example ();
  g_autofree char *json = manifest_to_json (m);
  g_autoptr (Manifest) again = NULL;
  g_autoptr (GError) error = NULL;

  (void) state;
  assert_golden ("analysis/manifest.json", json, strlen (json));
  manifest_parse (json, -1, &again, &error);
  assert_no_failure (error);
  g_autofree char *twice = manifest_to_json (again);
  assert_string_equal (json, twice);
  assert_string_equal (manifest_get (again->files, "vmx/timeline.csv"), "11ee");
  assert_null (manifest_get (again->files, "no"));
  assert_int_equal (manifest_lab (again, "vmx")->boot_exits, 13912);
  assert_null (manifest_lab (again, "svm")->fingerprint);
  assert_null (manifest_lab (again, "vmx")->failure);
  assert_string_equal (manifest_lab (again, "svm")->failure, "svm: l2-hang: still running");
  manifest_set (again->files, "vmx/timeline.csv", "33ff");
  manifest_set (again->files, "vmx/phases.csv", "44aa");
  assert_int_equal (again->files->len, 2);
  assert_string_equal (manifest_get (again->files, "vmx/timeline.csv"), "33ff");
  assert_string_equal (manifest_get (again->files, "vmx/phases.csv"), "44aa");
}

static void
test_bad_manifests (void **state)
{
  static const struct {
    const char *from, *to, *message;
  } cases[] = {
    { "\"schema\" : 1", "\"schema\" : 2", "schema 2 is not known" },
    { "\"schema\" : 1", "\"schema\" : \"1\"", "\"schema\" is missing or of the wrong type" },
    { "\"labs\" : [", "\"labz\" : [", "\"labs\" is missing" },
    { "\"name\" : \"vmx\"", "\"name\" : null", "without a name" },
    { "\"full-run\"", "7", "something else than strings" },
    { "\"11ee\"", "[]", "wrong type" },
    { "{", "", "manifest: " },
    { "\"totals\" : {", "\"totalz\" : {", "\"totals\" is missing" },
    { "\"svm: l2-hang: still running\"", "7", "\"failure\" is missing or of the wrong type" },
    { "\"11ee\"", "/* \" */ \"11ee\"", "not JSON" },
    { "\"11ee\"", "'11ee'", "not JSON" },
  };
  g_autoptr (Manifest) m = example ();
  g_autofree char *json = manifest_to_json (m);

  (void) state;
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      char *at = strstr (json, cases[i].from);
      assert_non_null (at);
      g_autofree char *before = g_strndup (json, (gsize) (at - json));
      g_autofree char *bad = g_strconcat (before, cases[i].to, at + strlen (cases[i].from), NULL);
      g_autoptr (Manifest) none = NULL;
      g_autoptr (GError) error = NULL;
      assert_false (manifest_parse (bad, -1, &none, &error));
      assert_failed (error, HARNESS_ERROR_FAILED, cases[i].message);
      assert_null (none);
    }
}

/* json-glib would follow it to the end of the stack; brackets within strings are none. */
static void
test_deep_manifest (void **state)
{
  g_autoptr (GString) deep = g_string_new (NULL);
  g_autoptr (GString) text = g_string_new ("{ \"x\" : \"");
  g_autoptr (Manifest) none = NULL;
  g_autoptr (GError) too_deep = NULL;
  g_autoptr (GError) missing = NULL;

  (void) state;
  for (guint i = 0; i < 1000000; i++)
    {
      g_string_append_c (deep, '[');
      g_string_append (text, i % 2 ? "[" : "\\\"{");
    }
  g_string_append (text, "\" }");
  assert_false (manifest_parse (deep->str, -1, &none, &too_deep));
  assert_failed (too_deep, HARNESS_ERROR_FAILED, "nested too deep");
  assert_false (manifest_parse (text->str, -1, &none, &missing));
  assert_failed (missing, HARNESS_ERROR_FAILED, "\"schema\" is missing");
}

static void
test_markdown (void **state)
{
  g_autofree char *text = markdown_text ("<b>[x](y)</b> & `c` *d* a_b | e\nf 1.5-2 !");
  g_autofree char *names = markdown_text ("> __init a__b _c d_ &amp; &#3; x > y");

  (void) state;
  assert_string_equal (text, "&lt;b>\\[x\\](y)&lt;/b> & \\`c\\` \\*d\\* a_b \\| e f 1.5-2 !");
  assert_string_equal (names, "\\> \\_\\_init a__b \\_c d\\_ &amp;amp; &amp;\\#3; x > y");
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_csv_text), cmocka_unit_test (test_csv_formulas), cmocka_unit_test (test_csv_numbers),   cmocka_unit_test (test_fingerprint),
    cmocka_unit_test (test_manifest), cmocka_unit_test (test_bad_manifests), cmocka_unit_test (test_markdown),
    cmocka_unit_test (test_deep_manifest),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}

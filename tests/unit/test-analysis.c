/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A whole generated run of each ISA through analysis: every file against its golden one, all checks agreeing. */
#include "unit/golden.h"
#include "unit/citations.h"
#include "unit/gen-distribution.h"
#include "unit/gunzip.h"
#include "unit/kinds.h"

#include "report/answers.h"
#include "report/fingerprint.h"
#include "report/html.h"
#include "report/results.h"

#define STEP_NS (10 * 1000 * 1000)

static LabResults *
analyse (Isa isa, const ReasonNames *names, guint64 exits)
{
  g_autoptr (Gen) g = gen_new (isa, 1);
  g_autoptr (GError) error = NULL;
  LabResults *results = NULL;

  g->trace = TRUE;
  gen_boot (g, exits);
  g_autoptr (GBytes) records = gen_end (g);
  const ResultsInputs inputs = {
    .records = records, .isa = isa, .l0 = g->l0, .names = names, .leaf_map = &gen_leaf_map, .sample_ns = STEP_NS, .kinds = committed_kinds (isa),
  };
  results_lab (&inputs, &results, &error);
  assert_no_failure (error);
  return results;
}

static const ResultsFile *
find_file (const LabResults *results, const char *name)
{
  for (guint i = 0; i < results->files->len; i++)
    {
      const ResultsFile *file = g_ptr_array_index (results->files, i);
      if (strcmp (file->name, name) == 0)
        return file;
    }
  return NULL;
}

static void
compare_files (Isa isa, const LabResults *results)
{
  for (guint i = 0; i < results->files->len; i++)
    {
      const ResultsFile *file = g_ptr_array_index (results->files, i);
      const gboolean gz = strcmp (file->name, "exits.csv.gz") == 0;
      g_autofree char *name = g_strdup_printf ("analysis/%s/%s", isa_name (isa), gz ? "exits.csv" : file->name);
      gsize size;
      const char *data = g_bytes_get_data (file->content, &size);
      g_autoptr (GString) content = gz ? gunzip (file->content, NULL) : g_string_new_len (data, (gssize) size);

      if (gz)
        {
          g_autofree char *sha256 = g_compute_checksum_for_string (G_CHECKSUM_SHA256, content->str, (gssize) content->len);
          assert_string_equal (sha256, results->exits_sha256);
        }
      assert_golden (name, content->str, content->len);
    }
}

static void
test_golden (Isa isa)
{
  const ReasonNames *names = committed_names (isa);
  g_autoptr (LabResults) results = analyse (isa, names, 400);

  assert_int_equal (results->outcome, OUTCOME_OK);
  if (results->checks->failed > 0)
    fail_msg ("%s", results->checks->first_failure);
  assert_int_equal (results->checks->explained, 0);
  assert_int_equal (results->checks->not_run, 0);
  compare_files (isa, results);
}

static void
test_golden_vmx (void **state)
{
  (void) state;
  test_golden (ISA_VMX);
}

static void
test_golden_svm (void **state)
{
  (void) state;
  test_golden (ISA_SVM);
}

static char *
cited_file (const char *lab, const char *name, gpointer user)
{
  const LabResults *const *both = user;
  const ResultsFile *file = find_file (both[strcmp (lab, "svm") == 0 ? 1 : 0], name);
  gsize size;

  if (file == NULL || g_str_has_suffix (name, ".gz"))
    return file != NULL ? g_strdup ("") : NULL;
  const char *data = g_bytes_get_data (file->content, &size);
  return g_strndup (data, size);
}

/* The words are pinned by test-answers.c; here every one of them rests on a row that there is. */
static void
test_answers (void **state)
{
  const ReasonNames *vmx_names = committed_names (ISA_VMX);
  const ReasonNames *svm_names = committed_names (ISA_SVM);
  g_autoptr (LabResults) vmx = analyse (ISA_VMX, vmx_names, 400);
  g_autoptr (LabResults) svm = analyse (ISA_SVM, svm_names, 400);
  const LabResults *both[] = { vmx, svm };
  const AnswersLab labs[] = {
    { "vmx", "Bochs 2.7", "emulated", "exact", vmx->fingerprint, NULL, vmx->summary, vmx->checks, vmx_names, NULL },
    { "svm", "QEMU 7.2.22 (Debian 1:7.2+dfsg-7)", "emulated", "exact", svm->fingerprint, NULL, svm->summary, svm->checks, svm_names, NULL },
  };
  g_autoptr (GString) text = answers_make (labs, 2);

  (void) state;
  assert_true (assert_citations (text->str, cited_file, both) > 40);
  assert_text_has (text->str, "- **vmx**: 481 exits in window boot");
}

/* The fingerprint of what was just made is that of the folder it was written to, with and without exits.csv.gz. */
static void
test_fingerprint_of_folder (void **state)
{
  const char *dir = *state;
  const ReasonNames *names = committed_names (ISA_VMX);
  g_autoptr (LabResults) results = analyse (ISA_VMX, names, 400);
  g_autoptr (GError) error = NULL;
  g_autofree char *again = NULL, *without = NULL, *changed = NULL;

  for (guint i = 0; i < results->files->len; i++)
    {
      const ResultsFile *file = g_ptr_array_index (results->files, i);
      g_autofree char *path = g_build_filename (dir, file->name, NULL);
      gsize size;
      const char *data = g_bytes_get_data (file->content, &size);
      assert_true (g_file_set_contents (path, data, (gssize) size, NULL));
    }
  assert_true (fingerprint_of_folder (dir, NULL, &again, &error));
  assert_string_equal (again, results->fingerprint);

  g_autofree char *zeroes = g_strnfill (64, '0');
  assert_false (fingerprint_of_folder (dir, zeroes, &changed, &error));
  assert_failed (error, HARNESS_ERROR_FAILED, "was changed");
  g_clear_error (&error);

  g_autofree char *exits = g_build_filename (dir, "exits.csv.gz", NULL);
  assert_true (g_file_set_contents (exits, "\x1f\x8b\x08\x00truncated", -1, NULL));
  assert_false (fingerprint_of_folder (dir, NULL, &changed, &error));
  assert_failed (error, HARNESS_ERROR_FAILED, "exits.csv.gz: damaged");
  g_clear_error (&error);

  assert_int_equal (g_remove (exits), 0);
  assert_true (fingerprint_of_folder (dir, results->exits_sha256, &without, &error));
  assert_string_equal (without, results->fingerprint);
  assert_false (fingerprint_of_folder (dir, NULL, &changed, &error));
  assert_failed (error, HARNESS_ERROR_FAILED, "absent");
  g_clear_error (&error);

  g_free (put_file (dir, "phases.csv", "edited\n"));
  assert_true (fingerprint_of_folder (dir, results->exits_sha256, &changed, &error));
  assert_string_not_equal (changed, results->fingerprint);
}

static LabResults *
analyse_distribution (Isa isa, GBytes **made)
{
  g_autoptr (Gen) g = gen_new (isa, 1);
  g_autoptr (GenBoot) b = gen_boot_new (g);
  g_autoptr (GError) error = NULL;
  LabResults *results = NULL;

  g->trace = TRUE;
  gen_distribution (b);
  g_autoptr (GBytes) records = gen_end (g);
  const ResultsInputs inputs = {
    .records = records, .isa = isa, .l0 = g->l0, .names = committed_names (isa), .leaf_map = &gen_leaf_map, .sample_ns = STEP_NS, .kinds = committed_kinds (isa),
  };
  results_lab (&inputs, &results, &error);
  assert_no_failure (error);
  if (made != NULL)
    *made = g_steal_pointer (&records);
  return results;
}

static void
assert_text_lacks (const char *text, const char *part)
{
  if (strstr (text, part) != NULL)
    fail_msg ("\"%s\" is in: %s", part, text);
}

/* Nothing of what only guests of ours do. */
static void
assert_speaks_of_a_distribution (const char *text)
{
  static const char *const others[] = { "ready mark", "peration", "LEAVES", "eaves", "init process" };

  for (guint i = 0; i < G_N_ELEMENTS (others); i++)
    assert_text_lacks (text, others[i]);
}

/* A distribution's boot: its tables, and that it is told of as one. */
static void
test_distribution (void **state)
{
  static const char *const tables[] = { "phases.csv", "reasons.csv", "kinds.csv", "units.csv", "checks.csv" };
  g_autoptr (LabResults) vmx = analyse_distribution (ISA_VMX, NULL), svm = analyse_distribution (ISA_SVM, NULL);
  const LabResults *both[] = { vmx, svm };
  const HtmlLab labs[] = {
    { { "vmx", "Bochs 2.7", "emulated", "exact", vmx->fingerprint, NULL, vmx->summary, vmx->checks, committed_names (ISA_VMX), NULL }, vmx->page_exits, vmx->page_exits_packed },
    { { "svm", "QEMU 7.2.22", "emulated", "exact", svm->fingerprint, NULL, svm->summary, svm->checks, committed_names (ISA_SVM), NULL }, svm->page_exits, svm->page_exits_packed },
  };
  const AnswersLab answers[] = { labs[0].lab, labs[1].lab };

  (void) state;
  assert_int_equal (svm->outcome, OUTCOME_OK);
  if (svm->checks->failed > 0)
    fail_msg ("%s", svm->checks->first_failure);
  assert_int_equal (svm->checks->surprises, 0);
  for (guint i = 0; i < G_N_ELEMENTS (tables); i++)
    {
      g_autofree char *name = g_strconcat ("analysis/distribution/", tables[i], NULL);
      gsize size;
      const char *data = g_bytes_get_data (find_file (svm, tables[i])->content, &size);
      assert_golden (name, data, size);
    }
  g_autoptr (GString) text = answers_make (answers, 2);
  assert_citations (text->str, cited_file, both);
  assert_text_has (text->str, "## Which unit's start caused which exits?");
  assert_speaks_of_a_distribution (text->str);
  assert_golden ("analysis/distribution/answers.md", text->str, text->len);
  g_autoptr (GString) page = html_make (&(HtmlInputs) { .run = "run", .harness = "0", .labs = labs, .n_labs = 2, .style = "", .script = "" });
  assert_text_has (page->str, "<section id=\"units\"");
  assert_text_has (page->str, "data-file=\"svm/units.csv\" data-row=\"unit=cloud-final.service\"");
  assert_text_lacks (page->str, "<section id=\"operations\"");
  assert_speaks_of_a_distribution (page->str);
}

/* Without the patch's leaves and without L0's log the rest is as it was; units take part in the fingerprint where they are told. */
static void
test_distribution_bare (void **state)
{
  g_autoptr (GBytes) records = NULL;
  g_autoptr (LabResults) whole = analyse_distribution (ISA_SVM, &records), bare = NULL;
  g_autoptr (GError) error = NULL;
  const ResultsInputs inputs = { .records = records, .isa = ISA_SVM, .names = committed_names (ISA_SVM), .sample_ns = STEP_NS, .kinds = committed_kinds (ISA_SVM) };
  const char *dir = *state;

  assert_true (results_lab (&inputs, &bare, &error));
  assert_int_equal (bare->checks->failed, 0);
  assert_string_equal (bare->fingerprint, whole->fingerprint);
  for (guint i = 0; i < bare->files->len; i++)
    {
      const ResultsFile *file = g_ptr_array_index (bare->files, i);
      g_autofree char *path = g_build_filename (dir, file->name, NULL);
      gsize size;
      const char *data = g_bytes_get_data (file->content, &size);
      assert_true (g_file_set_contents (path, data, (gssize) size, NULL));
    }
  g_autofree char *again = NULL, *without = NULL;
  assert_true (fingerprint_of_folder (dir, NULL, &again, &error));
  assert_string_equal (again, whole->fingerprint);
  g_autofree char *units = g_build_filename (dir, "units.csv", NULL);
  assert_int_equal (g_remove (units), 0);
  assert_true (fingerprint_of_folder (dir, NULL, &without, &error));
  assert_string_not_equal (without, whole->fingerprint);
}

/* More pieces than one, and a sink that gives up. */
static gboolean
full_disk (const void *data, gsize size, gpointer user, GError **error)
{
  gsize *room = user;
  (void) data;
  if (size > *room)
    return (fail) (error, HARNESS_ERROR_FAILED, "no space left");
  *room -= size;
  return TRUE;
}

static void
test_large_and_full (void **state)
{
  const ReasonNames *names = committed_names (ISA_VMX);
  g_autoptr (LabResults) results = analyse (ISA_VMX, names, 100000);
  g_autoptr (GString) content = gunzip (find_file (results, "exits.csv.gz")->content, NULL);
  g_autofree char *sha256 = g_compute_checksum_for_string (G_CHECKSUM_SHA256, content->str, (gssize) content->len);
  guint64 lines = 0;

  (void) state;
  assert_string_equal (sha256, results->exits_sha256);
  for (gsize i = 0; i < content->len; i++)
    lines += content->str[i] == '\n' ? 1 : 0;
  assert_int_equal (lines, results->exits + 1);

  g_autoptr (Gen) g = gen_new (ISA_VMX, 1);
  gen_boot (g, 100000);
  g_autoptr (GBytes) records = gen_end (g);
  g_autoptr (GError) error = NULL;
  g_autoptr (LabResults) none = NULL;
  gsize room = 100000;
  const ResultsInputs inputs = { .records = records, .isa = ISA_VMX, .names = names, .sample_ns = STEP_NS, .kinds = committed_kinds (ISA_VMX), .exits_sink = full_disk, .exits_user = &room };
  assert_false (results_lab (&inputs, &none, &error));
  assert_failed (error, HARNESS_ERROR_FAILED, "no space left");
  assert_null (none);
}

static void
test_other_isa (void **state)
{
  const ReasonNames *names = committed_names (ISA_SVM);
  g_autoptr (Gen) g = gen_new (ISA_VMX, 1);
  g_autoptr (GError) error = NULL;
  g_autoptr (LabResults) results = NULL;

  (void) state;
  gen_boot (g, 10);
  g_autoptr (GBytes) records = gen_end (g);
  const ResultsInputs inputs = { .records = records, .isa = ISA_SVM, .names = names, .sample_ns = STEP_NS, .kinds = committed_kinds (ISA_SVM) };
  assert_false (results_lab (&inputs, &results, &error));
  assert_failed (error, HARNESS_ERROR_FAILED, "of vmx, not of svm");
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_golden_vmx),
    cmocka_unit_test (test_golden_svm),
    cmocka_unit_test (test_answers),
    cmocka_unit_test (test_distribution),
    cmocka_unit_test_setup_teardown (test_distribution_bare, folder_setup, folder_teardown),
    cmocka_unit_test_setup_teardown (test_fingerprint_of_folder, folder_setup, folder_teardown),
    cmocka_unit_test (test_large_and_full),
    cmocka_unit_test (test_other_isa),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}

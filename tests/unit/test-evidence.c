/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Evidence kept in a file and read back: it gives the same grade to the byte; what was cut,
 * damaged, edited or blown up is refused.
 */
#include "unit/evidence-fixture.h"

#include "grade/grade-json.h"

static GBytes *
written (const Evidence *evidence)
{
  g_autoptr (GError) error = NULL;
  GBytes *file = NULL;
  assert_true (evidence_write (evidence, &file, &error));
  assert_no_failure (error);
  assert_non_null (file);
  return file;
}

static Evidence *
read_back (GBytes *file)
{
  g_autoptr (GError) error = NULL;
  Evidence *evidence = NULL;
  evidence_read (g_bytes_get_data (file, NULL), g_bytes_get_size (file), &evidence, &error);
  assert_no_failure (error);
  return evidence;
}

static void
assert_same_grade (const Bench *bench, const Evidence *one, const Evidence *other)
{
  g_autoptr (Grade) left = bench_judge (bench, one), right = bench_judge (bench, other);
  g_autoptr (GString) left_text = grade_json (left), right_text = grade_json (right);
  assert_string_equal (left_text->str, right_text->str);
  assert_string_equal (right->sandbox, "landlock");
}

static void
test_round_trip (void **state)
{
  (void) state;
  static const struct {
    Subject subject;
    const char *rubric;
  } cases[] = {
    { { .mistake = RIGHT, .both = TRUE }, "a3" },
    { { .mistake = TABLE_ONLY, .svm = TRUE }, "a3" },
    { { .mistake = READ_UNCHECKED }, "a2" },
    { { .mistake = RIGHT, .rounds = TRUE, .rubric = "a4" }, "a4" },
  };
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_auto (Bench) bench = bench_new (cases[i].rubric);
      g_autoptr (Evidence) evidence = evidence_of (&cases[i].subject, bench.rubric);
      g_autoptr (GBytes) file = written (evidence);
      g_autoptr (Evidence) back = read_back (file);
      g_autoptr (GBytes) again = written (back);
      assert_same_grade (&bench, evidence, back);
      assert_true (g_bytes_equal (file, again));
      assert_true (g_bytes_get_size (file) < 200 * 1024);
    }
}

/* All that a lab gives beside its log. */
static void
test_particulars (void **state)
{
  (void) state;
  g_auto (Bench) bench = bench_new ("a3");
  g_autoptr (GArray) leaves = g_array_new (FALSE, FALSE, sizeof (guint32));
  const guint32 killer = 0x4ffffffc;
  g_array_append_val (leaves, killer);
  const ProgramLess less = { leaves, 1u << CHALLENGE_OP_CR0 };
  const Subject subject = { .mistake = RIGHT, .svm = TRUE, .less = &less };
  g_autoptr (Evidence) evidence = evidence_of (&subject, bench.rubric);
  EvidenceLab *lab = g_ptr_array_index (evidence->labs, 0);
  EvidenceBoot *boot = g_ptr_array_index (lab->boots, 0);
  ScanFinding *finding = g_new0 (ScanFinding, 1);
  *finding = (ScanFinding){ SCAN_NARROW_CYCLES, g_strdup ("kvm"), g_strdup ("f"), g_strdup ("total"), NULL,
                            g_strdup ("addl") };
  g_ptr_array_add (lab->findings, finding);
  boot->end = (MachineResult){ MACHINE_END_PANIC, g_strdup ("a \"panic\"\n"), 0 };
  boot->resolved = g_strdup ("f\n/lab/linux/arch/x86/kvm/cpuid.c:7\n");
  evidence->last_try = TRUE;
  g_autoptr (GBytes) file = written (evidence);
  g_autoptr (Evidence) back = read_back (file);
  const EvidenceLab *lab_back = g_ptr_array_index (back->labs, 0);
  const EvidenceBoot *boot_back = g_ptr_array_index (lab_back->boots, 0);
  const ScanFinding *finding_back = g_ptr_array_index (lab_back->findings, 0);
  assert_memory_equal (&lab_back->baseline, &lab->baseline, sizeof lab->baseline);
  assert_int_equal (finding_back->kind, SCAN_NARROW_CYCLES);
  assert_null (finding_back->source);
  assert_string_equal (finding_back->symbol, "total");
  assert_int_equal (boot_back->end.end, MACHINE_END_PANIC);
  assert_string_equal (boot_back->end.detail, "a \"panic\"\n");
  assert_string_equal (boot_back->resolved, boot->resolved);
  assert_int_equal (boot_back->less.ops, less.ops);
  assert_int_equal (boot_back->less.leaves->len, 1);
  assert_string_equal (boot_back->log_sha256, boot->log_sha256);
  assert_true (back->last_try && !back->ended);
  assert_string_equal (back->collected->submission, "alice.zip");
  assert_string_equal (back->asked.leaf_map, "auto");
}

/* One that ended before a lab had run. */
static void
test_ended (void **state)
{
  (void) state;
  g_auto (Bench) bench = bench_new ("a3");
  g_autoptr (Evidence) evidence = evidence_new ();
  const guint32 leaf = 0x4fffffff;
  evidence_ask (evidence, bench.rubric, "A");
  g_array_append_val (evidence->leaves, leaf);
  evidence->ended = TRUE;
  grade_end (evidence->collected, STAGE_BUILD, VERDICT_FAILED, BLAME_STUDENT, "It does not compile.",
             "cpuid.c:1: error");
  g_autoptr (GBytes) file = written (evidence);
  g_autoptr (Evidence) back = read_back (file);
  g_autoptr (Grade) grade = bench_judge (&bench, back);
  assert_int_equal (grade->verdict, VERDICT_FAILED);
  assert_int_equal (grade->stage, STAGE_BUILD);
  assert_string_equal (grade->details, "cpuid.c:1: error");
  assert_int_equal (grade->max_points, 10000);
}

/* --- what is no evidence ---------------------------------------------------------------------- */

static void
assert_refused (const void *data, gsize size, const char *part)
{
  g_autoptr (GError) error = NULL;
  Evidence *evidence = NULL;
  assert_false (evidence_read (data, size, &evidence, &error));
  assert_null (evidence);
  assert_failed (error, HARNESS_ERROR_FAILED, part);
}

static void
test_damaged (void **state)
{
  (void) state;
  g_auto (Bench) bench = bench_new ("a3");
  const Subject subject = { .mistake = RIGHT, .svm = TRUE };
  g_autoptr (Evidence) evidence = evidence_of (&subject, bench.rubric);
  g_autoptr (GBytes) file = written (evidence);
  gsize size;
  const guint8 *data = g_bytes_get_data (file, &size);
  assert_refused (data, 0, "damaged");
  assert_refused ("no archive", 10, "damaged");
  for (gsize cut = 1; cut < size; cut += size / 23)
    assert_refused (data, cut, "damaged");
  for (gsize at = 0; at < size; at += size / 37)
    {
      g_autofree guint8 *copy = g_memdup2 (data, size);
      g_autoptr (Evidence) back = NULL;
      copy[at] ^= 0x10;
      if (evidence_read (copy, size, &back, NULL))
        assert_same_grade (&bench, evidence, back); /* a bit that nothing depends on, in a frame's head */
    }
}

/*
 * With some pieces taken out, or others in their place: its manifest is right, for who edits a
 * folder can make one.
 */
static GBytes *
edited (const Evidence *evidence, const char *name, const char *text, gsize size)
{
  static const char *const names[] = { EVIDENCE_JSON,        EVIDENCE_COLLECTED, "svm-1-program",
                                       "svm-1-last-program", "svm-1-log",        "svm-1-report",
                                       "svm-1-console" };
  g_autoptr (Bundle) bundle = evidence_bundle (evidence), other = bundle_new ();
  GBytes *file = NULL;
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autoptr (GBytes) bytes = text != NULL ? g_bytes_new (text, size) : NULL;
      if (strcmp (names[i], name) != 0)
        bundle_add (other, names[i], bundle_find (bundle, names[i]));
      else if (bytes != NULL)
        bundle_add (other, name, bytes);
    }
  assert_true (bundle_write (other, &file, NULL));
  return file;
}

static void
assert_edit_refused (const Evidence *evidence, const char *name, const char *text, gsize size,
                     const char *part)
{
  g_autoptr (GBytes) file = edited (evidence, name, text, size);
  assert_refused (g_bytes_get_data (file, NULL), g_bytes_get_size (file), part);
}

/* The JSON with one text in place of another. */
static void
assert_json_refused (const Evidence *evidence, const char *from, const char *to, const char *part)
{
  g_autoptr (Bundle) bundle = evidence_bundle (evidence);
  gsize size;
  const char *data = g_bytes_get_data (bundle_find (bundle, EVIDENCE_JSON), &size);
  g_autoptr (GString) text = g_string_new_len (data, (gssize) size);
  assert_int_not_equal (g_string_replace (text, from, to, 1), 0);
  assert_edit_refused (evidence, EVIDENCE_JSON, text->str, text->len, part);
}

static void
test_edited (void **state)
{
  (void) state;
  g_auto (Bench) bench = bench_new ("a3");
  const Subject subject = { .mistake = RIGHT, .svm = TRUE };
  g_autoptr (Evidence) evidence = evidence_of (&subject, bench.rubric);
  static const char *const pieces[] = { EVIDENCE_JSON,        EVIDENCE_COLLECTED, "svm-1-program",
                                        "svm-1-last-program", "svm-1-log",        "svm-1-report",
                                        "svm-1-console" };
  for (guint i = 0; i < G_N_ELEMENTS (pieces); i++)
    assert_edit_refused (evidence, pieces[i], NULL, 0, "damaged");
  assert_edit_refused (evidence, "svm-1-log", "vmexit(none)!\n", 14,
                       "not a line of this emulator's exit log");
  assert_edit_refused (evidence, "svm-1-report", "\xff", 1, "text that is none");
  assert_edit_refused (evidence, "svm-1-program", "HPY1", 4, "a program is cut");
  assert_json_refused (evidence, "evidence-1", "evidence-9", "another version of the harness wrote it");
  assert_json_refused (evidence, "\"isa\": \"svm\",\n      \"baseline\"",
                       "\"isa\": \"arm\",\n      \"baseline\"", "isa is \"arm\"");
  assert_json_refused (evidence, "\"end\": \"poweroff\"", "\"end\": \"well\"", "end is \"well\"");
  assert_json_refused (evidence, "\"unknown\": [", "\"unknown\": [7, ", "more elements");
  assert_json_refused (evidence, "\"op_ticks\": [", "\"op_ticks\": [-1, ", "damaged");
  assert_json_refused (evidence, "\"leaves\": [",
                       "\"leaves\": [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, ", "more elements");
  assert_json_refused (evidence, "\"program\": [", "\"program\": [1, ", "cut");
  assert_json_refused (evidence, "\"last_try\": false", "\"last_try\": 0", "neither true nor false");
}

/* Ranges and steps that no program has: the judge would look beyond its ends. */
static void
test_programs (void **state)
{
  (void) state;
  g_autoptr (World) world = world_new (ISA_VMX);
  g_autoptr (Program) program = world_program (world, "seed");
  ProgramWindow *window = &g_array_index (program->windows, ProgramWindow, 3);
  const ProgramWindow kept = *window;
  struct challenge_step *steps = (struct challenge_step *) (void *) program->steps->data;
  assert_true (evidence_program_is_sound (program, FALSE));
  guint *const numbers[] = { &window->before.first,  &window->before.count, &window->between.first,
                             &window->between.count, &window->after.first,  &window->after.count };
  for (guint i = 0; i < G_N_ELEMENTS (numbers); i++)
    for (guint j = 0; j < 3; j++)
      {
        *numbers[i] += j == 0 ? 1 : j == 1 ? program->steps->len : G_MAXUINT / 2;
        assert_false (evidence_program_is_sound (program, FALSE));
        *window = kept;
      }
  window->concurrent = TRUE;
  assert_false (evidence_program_is_sound (program, FALSE));
  *window = kept;
  steps[window->between.first].op = CHALLENGE_OPS;
  assert_false (evidence_program_is_sound (program, FALSE));
  steps[window->between.first].op = 0;
  steps[window->after.first].a ^= 1;
  assert_false (evidence_program_is_sound (program, FALSE));
  steps[window->after.first].a ^= 1;
  program->undefined = (ProgramRange){ program->steps->len - 1, 2 };
  assert_false (evidence_program_is_sound (program, FALSE));
  program->undefined = (ProgramRange){ 0 };
  assert_true (evidence_program_is_sound (program, FALSE));
  g_array_set_size (program->windows, 0);
  assert_false (evidence_program_is_sound (program, FALSE));
}

/* Mebibytes of nothing, well packed. */
static void
test_too_large (void **state)
{
  (void) state;
  const gsize size = 3 << 20;
  g_autofree char *zeroes = g_malloc0 (size);
  g_autoptr (Bundle) bundle = bundle_new (), back = NULL;
  g_autoptr (GBytes) bytes = g_bytes_new_static (zeroes, size), file = NULL;
  g_autoptr (GError) error = NULL;
  bundle_add (bundle, EVIDENCE_JSON, bytes);
  assert_true (bundle_write (bundle, &file, NULL));
  assert_true (g_bytes_get_size (file) < 10000);
  assert_false (
    bundle_read (g_bytes_get_data (file, NULL), g_bytes_get_size (file), 2 << 20, &back, &error));
  assert_failed (error, HARNESS_ERROR_FAILED, "damaged: it: more than 2 MiB");
  assert_true (bundle_read (g_bytes_get_data (file, NULL), g_bytes_get_size (file), 4 << 20, &back, NULL));
  assert_int_equal (bundle_count (back), 1);
}

/* A log that is too long is not kept, and that is no error. */
static void
test_flood (void **state)
{
  (void) state;
  g_auto (Bench) bench = bench_new ("a3");
  const Subject subject = { .mistake = RIGHT, .svm = TRUE };
  g_autoptr (Evidence) evidence = evidence_of (&subject, bench.rubric);
  EvidenceBoot *boot = g_ptr_array_index (((EvidenceLab *) g_ptr_array_index (evidence->labs, 0))->boots,
                                          0);
  g_autoptr (GBytes) file = NULL;
  g_bytes_unref (boot->log);
  boot->log = g_bytes_new_static ("only its size is looked at", EVIDENCE_BYTES_MAX / 3 * 2);
  assert_true (evidence_write (evidence, &file, NULL));
  assert_null (file);
}

/* --- what fits -------------------------------------------------------------------------------- */

static void
assert_misfit (const Evidence *evidence, const VerdictSpec *spec, const char *part)
{
  g_autofree char *misfit = verdict_misfit (evidence, spec);
  if (part == NULL)
    assert_null (misfit);
  else
    assert_text_has (misfit != NULL ? misfit : "it fits", part);
}

static void
test_misfit (void **state)
{
  (void) state;
  g_auto (Bench) a3 = bench_new ("a3");
  g_auto (Bench) a4 = bench_new ("a4");
  g_auto (Bench) log = bench_new ("a2-log");
  g_auto (Bench) a2 = bench_new ("a2");
  const Subject subject = { .mistake = RIGHT };
  g_autoptr (Evidence) evidence = evidence_of (&subject, a3.rubric);
  assert_misfit (evidence, &a3.spec, NULL);
  assert_misfit (evidence, &a2.spec, NULL);
  assert_misfit (evidence, &a4.spec, "the rubric's again_vmx is another");
  assert_misfit (evidence, &log.spec, "the rubric's told_by is another");
  a3.rubric->points[ROW_COST] = 0;
  assert_misfit (evidence, &a3.spec, NULL);
  evidence->early = TRUE;
  assert_misfit (evidence, &a3.spec, "thought to have ended early");
  evidence->early = FALSE;
  g_array_set_size (evidence->leaves, 1);
  assert_misfit (evidence, &a3.spec, "leaf map A has a leaf that the guest was not told to read");
  g_free (a3.rubric->allowed[0]);
  a3.rubric->allowed[0] = g_strdup ("drivers/");
  assert_misfit (evidence, &a3.spec, "the rubric's allowed is another");
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_round_trip), cmocka_unit_test (test_particulars),
    cmocka_unit_test (test_ended),      cmocka_unit_test (test_damaged),
    cmocka_unit_test (test_edited),     cmocka_unit_test (test_programs),
    cmocka_unit_test (test_too_large),  cmocka_unit_test (test_flood),
    cmocka_unit_test (test_misfit),
  };
  return cmocka_run_group_tests (tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From evidence to a grade: labs that ended early and whose doing that was, hangs and their second try, warnings, maps. */
#include "unit/evidence-fixture.h"

typedef struct {
  const char *report;
  MachineEnd end;
  guint exits;        /* so many are left of the log; G_MAXUINT: all */
  gboolean last_try;
  Stage stage;
  Verdict verdict;
  Blame blame;
  gboolean doubtful;
  const char *reason; /* a part of it */
} Early;

#define BEGAN "event begin 0 \n"
#define LOADED BEGAN "event modules-loaded 0 \n"
#define OOPS "kernel 2 4 BUG: unable to handle page fault\n"

/* In each a right kernel was run; what is changed is how it ended. */
static const Early early[] = {
  { "", MACHINE_END_RESET, 0, TRUE, STAGE_L1_BOOT, VERDICT_INFRASTRUCTURE, BLAME_INFRASTRUCTURE, TRUE,
    "L1 did not come up: it ended by a reset." },
  { BEGAN, MACHINE_END_KILLED, 0, TRUE, STAGE_LOAD, VERDICT_INFRASTRUCTURE, BLAME_INFRASTRUCTURE, TRUE,
    "it was ended by the emulator's death." },
  { LOADED, MACHINE_END_KILLED, 1000, TRUE, STAGE_L2_BOOT, VERDICT_INFRASTRUCTURE, BLAME_INFRASTRUCTURE, TRUE,
    "it was ended by the emulator's death." },
  { BEGAN "event module-failed 2 kvm.ko\n", MACHINE_END_POWEROFF, 0, FALSE, STAGE_LOAD, VERDICT_FAILED, BLAME_STUDENT,
    FALSE, "A module does not load: kvm.ko: a symbol" },
  { BEGAN, MACHINE_END_DEADLINE, 0, FALSE, STAGE_LOAD, VERDICT_FAILED, BLAME_STUDENT, TRUE,
    "L1 or its guest hung while the modules were loaded." },
  { LOADED, MACHINE_END_POWEROFF, 0, FALSE, STAGE_L2_BOOT, VERDICT_FAILED, BLAME_STUDENT, FALSE,
    "it does not boot on this KVM." },
  { LOADED, MACHINE_END_FLOOD, 0, FALSE, STAGE_L2_BOOT, VERDICT_FAILED, BLAME_STUDENT, FALSE,
    "L1 ended by writing without end when the guest was started." },
  { LOADED OOPS, MACHINE_END_PANIC, 0, FALSE, STAGE_L2_BOOT, VERDICT_FAILED, BLAME_STUDENT, FALSE,
    "L1's kernel came to an oops when the guest was started" },
  { LOADED, MACHINE_END_DEADLINE, 5000, FALSE, STAGE_CHECKS, VERDICT_INFRASTRUCTURE, BLAME_INFRASTRUCTURE, TRUE,
    "hung in the middle of the challenge: it was ended by its deadline." },
  { LOADED, MACHINE_END_DEADLINE, 5000, TRUE, STAGE_CHECKS, VERDICT_PARTIAL, BLAME_STUDENT, FALSE,
    "the guest did not come to its end" },
  { LOADED "event end 0 \n", MACHINE_END_POWEROFF, G_MAXUINT, FALSE, STAGE_CHECKS, VERDICT_PASSED, BLAME_NONE, FALSE,
    "rows passed." },
};

static void
set_end (Evidence *evidence, const Early *as)
{
  EvidenceBoot *boot = g_ptr_array_index (((EvidenceLab *) g_ptr_array_index (evidence->labs, 0))->boots, 0);
  grade_set_text (&boot->report, as->report);
  boot->end.end = as->end;
  g_array_set_size (boot->exits, MIN (boot->exits->len, as->exits));
  evidence->last_try = as->last_try;
}

static void
test_early (void **state)
{
  (void) state;
  g_auto (Bench) bench = bench_new ("a3");
  const Subject subject = { .mistake = RIGHT, .svm = TRUE };
  for (guint i = 0; i < G_N_ELEMENTS (early); i++)
    {
      const Early *expected = &early[i];
      g_autoptr (Evidence) evidence = evidence_of (&subject, bench.rubric);
      gboolean doubtful;
      set_end (evidence, expected);
      g_autoptr (Grade) grade = verdict_of (evidence, &bench.spec, &doubtful);
      if (grade->stage != expected->stage || grade->verdict != expected->verdict || grade->blame != expected->blame
          || doubtful != expected->doubtful)
        fail_msg ("case %u: %s at %s, blame %s%s: %s", i, verdict_name (grade->verdict), stage_name (grade->stage),
                  blame_name (grade->blame), doubtful ? ", doubtful" : "", grade->reason);
      assert_text_has (grade->reason, expected->reason);
      assert_int_equal (grade->rows->len > 0, expected->exits > 0 && expected->verdict != VERDICT_INFRASTRUCTURE);
      assert_int_equal (verdict_is_early (evidence, &bench.spec, g_ptr_array_index (evidence->labs, 0)), grade->rows->len == 0);
      assert_int_equal (grade->fingerprint[0] != '\0', grade->rows->len > 0);
    }
}

/* What was settled before a lab had run stays, whatever ran. */
static void
test_ended (void **state)
{
  (void) state;
  g_auto (Bench) bench = bench_new ("a3");
  const Subject subject = { .mistake = RIGHT };
  g_autoptr (Evidence) evidence = evidence_of (&subject, bench.rubric);
  evidence->ended = TRUE;
  grade_end (evidence->collected, STAGE_BUILD, VERDICT_FAILED, BLAME_STUDENT, "too large", NULL);
  bench.rubric->points[ROW_COST] += 1000;
  g_autoptr (Grade) grade = bench_judge (&bench, evidence);
  assert_string_equal (grade->reason, "too large");
  assert_int_equal (grade->rows->len, 0);
  assert_int_equal (grade->max_points, 11000);
  assert_string_equal (grade->assignment, "a3");
}

/* Each costs what the rubric says, and all of them no more than it says. */
static void
test_warnings (void **state)
{
  (void) state;
  g_auto (Bench) bench = bench_new ("a3");
  const Subject subject = { .mistake = RIGHT };
  g_autoptr (Evidence) evidence = evidence_of (&subject, bench.rubric);
  bench.rubric->warning_cost = 150;
  bench.rubric->warning_cost_max = 400;
  static const gint64 points[] = { 10000, 9850, 9700, 9600, 9600 };
  for (guint i = 0; i < G_N_ELEMENTS (points); i++)
    {
      g_autoptr (Grade) grade = bench_judge (&bench, evidence);
      assert_int_equal (grade->points, points[i]);
      assert_int_equal (grade->verdict, i == 0 ? VERDICT_PASSED : VERDICT_PARTIAL);
      assert_int_equal (grade->notes->len, i == 0 ? 1 : 2);
      assert_int_equal (evidence->collected->notes->len, 1);
      g_ptr_array_add (evidence->collected->warnings, g_strdup ("cpuid.c:1: warning"));
    }
}

static void
test_maps (void **state)
{
  (void) state;
  g_auto (Bench) bench = bench_new ("a3");
  const Subject subject = { .mistake = RIGHT, .map = "B" };
  g_autoptr (Evidence) evidence = evidence_of (&subject, bench.rubric);
  g_autoptr (Grade) found = bench_judge (&bench, evidence);
  assert_string_equal (found->leaf_map, "B");
  assert_int_equal (found->points, 10000);
  bench.spec.map = world_map (bench.worlds[0], "A");
  g_autoptr (Grade) asked = bench_judge (&bench, evidence);
  assert_string_equal (asked->leaf_map, "A");
  assert_string_equal (asked->leaf_map_how, "as asked");
  assert_true (asked->points < 5000);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_early),
    cmocka_unit_test (test_ended),
    cmocka_unit_test (test_warnings),
    cmocka_unit_test (test_maps),
  };
  return cmocka_run_group_tests (tests, NULL, NULL);
}

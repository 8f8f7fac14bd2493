/* SPDX-License-Identifier: GPL-2.0-or-later */
/* answers.md and the verdict over labs made by hand; figures in words. */
#include "unit/golden.h"
#include "unit/hand-labs.h"

#include "report/verdict.h"
#include "report/words.h"

static void
clear_hand (HandLab *hand)
{
  hand_clear (hand);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (HandLab, clear_hand)

/* Words. */

static void
assert_words (GString *out, const char *wanted)
{
  assert_string_equal (out->str, wanted);
  g_string_truncate (out, 0);
}

static void
test_counts (void **state)
{
  g_autoptr (GString) out = g_string_new (NULL);

  (void) state;
  words_count (out, 0);
  assert_words (out, "0");
  words_count (out, 999);
  assert_words (out, "999");
  words_count (out, 1000);
  assert_words (out, "1,000");
  words_count (out, 1234567);
  assert_words (out, "1,234,567");
  words_count (out, G_MAXUINT64);
  assert_words (out, "18,446,744,073,709,551,615");
  words_fixed (out, 1234567, 3);
  assert_words (out, "1,234.567");
  words_fixed (out, 1234567, 0);
  assert_words (out, "1,234,567");
  words_fixed (out, 1000005, 6);
  assert_words (out, "1.000005");
  words_amount (out, 1, "exit", "exits");
  assert_words (out, "1 exit");
  words_amount (out, 0, "exit", "exits");
  assert_words (out, "0 exits");
  words_amount (out, 1200, "exit", "exits");
  assert_words (out, "1,200 exits");
}

static void
test_percent (void **state)
{
  static const struct {
    guint64 part, whole;
    const char *wanted;
  } cases[] = {
    { 0, 10, "0 %" },       { 10, 10, "100 %" },       { 5, 0, "0 %" },          { 1, 10000, "less than 0.1 %" }, { 5, 10000, "0.1 %" },
    { 61, 1000, "6.1 %" },  { 9949, 100000, "9.9 %" }, { 9950, 100000, "10 %" }, { 614, 1000, "61 %" },           { 994, 1000, "99 %" },
    { 995, 1000, "more than 99 %" }, { 134, 100, "134 %" }, { 12345, 10, "123,450 %" },
  };
  g_autoptr (GString) out = g_string_new (NULL);

  (void) state;
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      words_percent (out, cases[i].part, cases[i].whole);
      assert_words (out, cases[i].wanted);
    }
}

static void
test_units (void **state)
{
  g_autoptr (GString) out = g_string_new (NULL);

  (void) state;
  words_seconds (out, G_GINT64_CONSTANT (10657800000));
  assert_words (out, "10.658 s");
  words_seconds (out, 1000000);
  assert_words (out, "0.001 s");
  words_seconds (out, 1550);
  assert_words (out, "1.6 µs");
  words_seconds (out, 0);
  assert_words (out, "0.000 s");
  words_seconds (out, -5);
  assert_words (out, "0.000 s");
  words_factor (out, 38707, 276);
  assert_words (out, "140");
  words_factor (out, 18, 10);
  assert_words (out, "1.8");
  words_factor (out, 1000000, 1);
  assert_words (out, "1,000,000");
  words_rate (out, 38707400);
  assert_words (out, "38,707 exits/s");
  words_rate (out, 1500);
  assert_words (out, "1.5 exits/s");
  words_rate (out, 49);
  assert_words (out, "less than 0.1 exits/s");
  words_rate (out, 0);
  assert_words (out, "no exits");
  words_kind (out, "memory");
  assert_words (out, "memory (EPT/NPT violations)");
  words_kind (out, "of-a-user");
  assert_words (out, "of-a-user");
}

/* The verdict. */

static void
assert_verdict (const AnswersLab *lab, const char *wanted)
{
  g_autoptr (GString) verdict = verdict_stability (lab);
  assert_string_equal (verdict->str, wanted);
}

static void
test_verdict_unstable (void **state)
{
  g_auto (HandLab) hand = { 0 };
  BurstSummary *bursts;

  (void) state;
  hand_vmx (&hand);
  bursts = &hand.summary->bursts;
  assert_verdict (&hand.lab, "Not stable: the rate varies 30-fold between phases (early-kernel 6,000 exits/s, firmware 200 exits/s); "
                             "88 % of the boot's exits fall in 20 % of its time, most of them memory (EPT/NPT violations).");
  bursts->top_kind_exits = 60;
  assert_verdict (&hand.lab, "Not stable: the rate varies 30-fold between phases (early-kernel 6,000 exits/s, firmware 200 exits/s); "
                             "88 % of the boot's exits fall in 20 % of its time, more of them than of any other kind memory (EPT/NPT violations).");
  bursts->top_kind_exits = 120;
  assert_verdict (&hand.lab, "Not stable: the rate varies 30-fold between phases (early-kernel 6,000 exits/s, firmware 200 exits/s); "
                             "88 % of the boot's exits fall in 20 % of its time, all of them memory (EPT/NPT violations).");
  *bursts = (BurstSummary) { 0 };
  assert_verdict (&hand.lab, "Not stable: the rate varies 30-fold between phases (early-kernel 6,000 exits/s, firmware 200 exits/s); "
                             "the rate changes 2 times, but nowhere reaches twice its mean.");
  g_array_set_size (hand.summary->segments, 1);
  assert_verdict (&hand.lab, "Not stable: the rate varies 30-fold between phases (early-kernel 6,000 exits/s, firmware 200 exits/s); "
                             "no lasting change of the rate was found.");
  g_array_index (hand.summary->phases, SpanSummary, 0).exits = 0;
  g_array_set_size (hand.summary->segments, 0);
  assert_verdict (&hand.lab, "Not stable: the rate varies between phases (early-kernel 6,000 exits/s, firmware no exits).");
  hand.summary->stability.slowest = 1;
  assert_verdict (&hand.lab, "Not stable: counts of 10 ms vary 44 times as much as by chance, though the mean rate is about the same in all phases "
                             "(early-kernel 6,000 exits/s, early-kernel 6,000 exits/s).");
  hand.summary->stability.has_rates = FALSE;
  assert_verdict (&hand.lab, "Not stable: counts of 10 ms vary 44 times as much as by chance.");
}

static void
test_verdict_stable (void **state)
{
  g_auto (HandLab) hand = { 0 };
  static const guint64 one[] = { 136 }, none[] = { 0, 0, 0 };

  (void) state;
  hand_svm (&hand);
  assert_verdict (&hand.lab, "Stable: counts of 10 ms vary no more than by chance; the mean rate is about the same in all phases (user-space 1,367 exits/s, "
                             "firmware 1,350 exits/s); no lasting change of the rate was found.");
  hand.summary->stability.has_rates = FALSE;
  g_array_set_size (hand.summary->segments, 0);
  assert_verdict (&hand.lab, "Stable: counts of 10 ms vary no more than by chance.");
  hand_segment (&hand, 0, 50, 60, FALSE, 0x400, 40, 0);
  hand_segment (&hand, 50, 100, 76, FALSE, 0x400, 40, 0);
  assert_verdict (&hand.lab, "Stable: counts of 10 ms vary no more than by chance; the rate changes 1 time, but nowhere reaches twice its mean.");
  hand_bins (hand.summary, none, 3);
  assert_verdict (&hand.lab, "Stable: there are no exits in the whole bins of 10 ms of the boot window.");
  hand_bins (hand.summary, one, 1);
  assert_verdict (&hand.lab, "Too short to tell: the boot window has 1 whole bin of 10 ms.");
  hand_bins (hand.summary, one, 0);
  assert_verdict (&hand.lab, "Too short to tell: the boot window has 0 whole bins of 10 ms.");
}

/* The page. */

static guint
count_borders (const char *line)
{
  guint n = 0;
  for (const char *at = line; *at != '\0'; at++)
    n += *at == '|' && (at == line || at[-1] != '\\') ? 1 : 0;
  return n;
}

/* All rows of a table have as many cells as its head. */
static void
assert_tables (const char *text)
{
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);
  guint wanted = 0, tables = 0;

  for (guint i = 0; lines[i] != NULL; i++)
    {
      const guint borders = lines[i][0] == '|' ? count_borders (lines[i]) : 0;
      if (borders > 0 && wanted > 0 && borders != wanted)
        fail_msg ("%u borders in place of %u: %s", borders, wanted, lines[i]);
      tables += borders > 0 && wanted == 0 ? 1 : 0;
      wanted = borders;
    }
  assert_true (tables > 0);
}

static void
assert_answers (const char *name, const AnswersLab *labs, gsize n)
{
  g_autoptr (GString) text = answers_make (labs, n);

  assert_golden (name, text->str, text->len);
  assert_tables (text->str);
}

static void
test_both (void **state)
{
  g_auto (HandLab) vmx = { 0 };
  g_auto (HandLab) svm = { 0 };

  (void) state;
  hand_vmx (&vmx);
  hand_svm (&svm);
  const AnswersLab labs[] = { vmx.lab, svm.lab };
  assert_answers ("answers/both.md", labs, 2);
}

/* On hardware, without operations, stretches and kinds; more than the whole time in exits. */
static void
test_one (void **state)
{
  g_auto (HandLab) vmx = { 0 };

  (void) state;
  hand_vmx (&vmx);
  g_array_set_size (vmx.summary->operations, 0);
  g_array_set_size (vmx.summary->segments, 0);
  g_array_set_size (vmx.summary->kinds, 0);
  g_array_set_size (vmx.summary->rows, 1);
  g_ptr_array_set_size (vmx.checks->rows, 1);
  vmx.checks->explained = vmx.checks->not_run = 0;
  vmx.summary->tsc_khz = 100000;
  vmx.summary->types_90 = 0;
  vmx.lab.accel = "kvm";
  vmx.lab.machine = "kvm";
  vmx.lab.determinism = "statistical";
  assert_answers ("answers/one.md", &vmx.lab, 1);
}

static void
test_failed (void **state)
{
  g_auto (HandLab) svm = { 0 };

  (void) state;
  hand_svm (&svm);
  const AnswersLab labs[] = {
    { "vmx", "Bochs 2.7", "emulated", "exact", NULL, "L2's kernel panicked: VFS", NULL, NULL, NULL, NULL },
    svm.lab,
  };
  assert_answers ("answers/failed-and-good.md", labs, 2);
  assert_answers ("answers/failed.md", labs, 1);
}

/* Operations in one lab alone. */
static void
test_operations_of_one (void **state)
{
  g_auto (HandLab) vmx = { 0 };
  g_auto (HandLab) svm = { 0 };

  (void) state;
  hand_vmx (&vmx);
  hand_svm (&svm);
  g_array_set_size (svm.summary->operations, 0);
  const AnswersLab labs[] = { vmx.lab, svm.lab };
  g_autoptr (GString) text = answers_make (labs, 2);
  assert_text_has (text->str, "\n- **svm**: no operations were performed.\n");
  assert_text_has (text->str, "| rdtsc | RDTSC | 0.000 | 0.000 | none | | | |\n");
}

/* What configs, guests and logs name is only ever text. */
static void
test_hostile (void **state)
{
  static const char evil[] = "<script>|*x*\n\n# [y](z)\\";
  g_auto (HandLab) vmx = { 0 };
  g_auto (HandLab) svm = { 0 };

  (void) state;
  hand_vmx (&vmx);
  hand_svm (&svm);
  vmx.lab.name = evil;
  vmx.lab.machine = evil;
  vmx.lab.failure = evil;
  g_array_index (vmx.summary->kinds, KindSummary, 0).name = evil;
  g_array_index (vmx.summary->kinds, KindSummary, 4).name = "\"><img src=x>";
  hand_check (&vmx, "operation:<script>|", evil, evil, "surprise");
  vmx.checks->failed = 1;
  vmx.checks->first_failure = g_strdup (evil);
  const AnswersLab labs[] = { vmx.lab, svm.lab };
  g_autoptr (GString) text = answers_make (labs, 2);
  assert_tables (text->str);
  assert_null (strstr (text->str, "<script"));
  assert_null (strstr (text->str, "<img"));
  assert_null (strstr (text->str, "\n# ["));
  assert_null (strstr (text->str, "*x*"));
  assert_null (strstr (text->str, "[y]"));
  assert_text_has (text->str, "surprise: &lt;script>\\|: expected &lt;script>\\|\\*x\\*  \\# \\[y\\](z)\\\\ exits");
}

/* Thirty stretches of 1 to 30 exits: the last twelve are told, in order of time; of thirty checks the first twenty. */
static void
test_many (void **state)
{
  g_auto (HandLab) vmx = { 0 };

  (void) state;
  hand_vmx (&vmx);
  g_array_set_size (vmx.summary->segments, 0);
  for (guint i = 0; i < 30; i++)
    {
      g_autofree char *check = g_strdup_printf ("operation:op-%u", i);
      hand_segment (&vmx, i * 10, i * 10 + 10, i + 1, FALSE, 48, i + 1, 0);
      hand_check (&vmx, check, "0", "1", "surprise");
    }
  g_autoptr (GString) text = answers_make (&vmx.lab, 1);
  assert_text_has (text->str, "The 12 fastest of 30 stretches of vmx:");
  assert_null (strstr (text->str, "start_ns=170000000]"));
  assert_text_has (text->str, "start_ns=180000000] |\n| 0.190 s | 0.010 s | 20 | 2000.000 | no |");
  assert_text_has (text->str, "start_ns=290000000] |\n\n");
  assert_text_has (text->str, "check=operation:op-18]\n  - and more\n");
  assert_null (strstr (text->str, "op-19"));
}

/* Nothing happened in the boot: nothing to divide by. */
static void
test_empty (void **state)
{
  g_auto (HandLab) vmx = { 0 };
  g_auto (HandLab) svm = { 0 };

  (void) state;
  hand_vmx (&vmx);
  hand_svm (&svm);
  for (guint i = 0; i < 2; i++)
    {
      LabSummary *s = i == 0 ? vmx.summary : svm.summary;
      s->windows[WINDOW_BOOT] = (SpanSummary) { .name = "boot" };
      g_array_set_size (s->reasons[WINDOW_BOOT], 0);
      g_array_set_size (s->kinds, 0);
      g_array_set_size (s->segments, 0);
      s->stability = (Stability) { 0 };
      s->boot_phases = 0;
      s->types_90 = 0;
    }
  const AnswersLab labs[] = { vmx.lab, svm.lab };
  g_autoptr (GString) text = answers_make (labs, 2);
  assert_text_has (text->str, "0 exits in window boot");
  assert_text_has (text->str, "in window boot 0 types occur.\n");
  assert_text_has (text->str, "as many on both. Their exits were not told apart by kind.");
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_counts),          cmocka_unit_test (test_percent), cmocka_unit_test (test_units),  cmocka_unit_test (test_verdict_unstable),
    cmocka_unit_test (test_verdict_stable),  cmocka_unit_test (test_both),    cmocka_unit_test (test_one),    cmocka_unit_test (test_failed),
    cmocka_unit_test (test_hostile),         cmocka_unit_test (test_many),    cmocka_unit_test (test_empty),
    cmocka_unit_test (test_operations_of_one),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}

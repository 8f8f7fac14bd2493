/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading the account of a challenge from the emulator's log: whole, cut at any place, damaged, another program's, twice. */
#include "challenge-fixture.h"

#define BEGAN_TOO_LATE G_MAXUINT

typedef struct {
  World *world;
  Program *program;
  Fixture *fixture; /* ran once, under a kernel that is right */
} Run;

static Run
run_new (Isa isa, Mistake mistake)
{
  Run run = { .world = world_new (isa) };
  run.program = world_program (run.world, "account");
  run.fixture = fixture_new (run.world, run.program, world_map (run.world, "A"), mistake);
  fixture_run (run.fixture);
  return run;
}

static void
run_clear (Run *run)
{
  fixture_free (run->fixture);
  program_free (run->program);
  world_free (run->world);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Run, run_clear)

/* Fewer reasons: for what reads the same log a thousand times. */
static Run
small_run_new (Isa isa)
{
  static const guint32 codes[] = { 10, 28, 0x72 };
  Run run = { .world = world_new (isa) };
  g_array_set_size (run.world->codes, 0);
  g_array_append_vals (run.world->codes, codes, G_N_ELEMENTS (codes));
  ProgramSpec spec = world_spec (run.world, "small");
  spec.undefined = "69-72,0x80000000-0xffffffff";
  g_array_unref (run.world->undefined);
  run.world->undefined = ranges_parse (spec.undefined);
  run.program = program_draw (&spec);
  run.fixture = fixture_new (run.world, run.program, world_map (run.world, "A"), RIGHT);
  fixture_run (run.fixture);
  return run;
}

/* What is done is what was; how many are. */
static guint
check_done (const Account *account, const Run *run)
{
  guint done = 0;
  for (guint i = 0; i < run->program->steps->len; i++)
    {
      const AccountStep *found = account_step (account, i), *truth = &g_array_index (run->fixture->truth, AccountStep, i);
      if (!found->done)
        continue;
      done++;
      if (found->at != truth->at || found->end != truth->end)
        fail_msg ("step %u is at %u to %u, not %u to %u", i, truth->at, truth->end, found->at, found->end);
      if (program_step (run->program, i)->kind == CHALLENGE_FLUSH)
        continue;
      assert_memory_equal (found->registers, truth->registers, sizeof found->registers);
      assert_true (found->tsc == truth->tsc);
    }
  return done;
}

static Account *
read_part (const Run *run, const GArray *exits)
{
  return account_read (run->program, exits, 0);
}

static void
test_whole (void **state)
{
  (void) state;
  for (Isa isa = ISA_VMX; isa <= ISA_SVM; isa++)
    {
      g_auto (Run) run = run_new (isa, RIGHT);
      g_autoptr (Account) account = read_part (&run, run.fixture->exits);
      assert_null (account->stopped);
      assert_true (account->began && account->complete);
      assert_int_equal (check_done (account, &run), run.program->steps->len);
      assert_int_equal (account->last, run.fixture->exits->len - 1);
      assert_in_range (account->first, 41, 60);
    }
}

static void
test_count (void **state)
{
  (void) state;
  g_auto (Run) run = run_new (ISA_VMX, RIGHT);
  g_autoptr (GArray) exits = g_array_new (FALSE, TRUE, sizeof (L0Exit));
  static const guint32 reasons[] = { 10, 1, 10, 30, 10, 10 };
  for (guint i = 0; i < G_N_ELEMENTS (reasons); i++)
    {
      const L0Exit one = { .reason = reasons[i] };
      g_array_append_val (exits, one);
    }
  g_autoptr (Account) account = read_part (&run, exits);
  assert_int_equal (account_count (account, 0, 4, ACCOUNT_ALL_REASONS), 4);
  assert_int_equal (account_count (account, 0, 4, 10), 2);
  assert_int_equal (account_count (account, 1, 4, 10), 2);
  assert_int_equal (account_count (account, 0, 1, 10), 0);
  assert_int_equal (account_count (account, 0, 5, 30), 1);
  assert_int_equal (account_count (account, 4, 4, 10), 0);
  assert_int_equal (account_count (account, 4, 0, 10), 0);
  assert_int_equal (account_count (account, 4, 0, ACCOUNT_ALL_REASONS), 0);
}

/* --- what is not whole ------------------------------------------------------------------------ */

static void
test_cut (void **state)
{
  (void) state;
  for (Isa isa = ISA_VMX; isa <= ISA_SVM; isa++)
    {
      g_auto (Run) run = small_run_new (isa);
      const guint whole = run.fixture->exits->len;
      guint before = 0;
      for (guint length = 0; length < whole; length += 1 + length % 3)
        {
          g_autoptr (GArray) part = g_array_new (FALSE, TRUE, sizeof (L0Exit));
          g_array_append_vals (part, run.fixture->exits->data, length);
          g_autoptr (Account) account = read_part (&run, part);
          const guint done = check_done (account, &run);
          assert_false (account->complete);
          assert_string_equal (account->stopped, account->began ? "the guest did not go on" : "the guest never began");
          assert_in_range (done, before, run.program->steps->len);
          before = done;
        }
      assert_in_range (before, run.program->steps->len - 10, run.program->steps->len);
    }
}

static gboolean
is_mark (const Run *run, const L0Exit *one, guint low, guint high)
{
  const gboolean vmx = run->world->isa == ISA_VMX;
  const guint port = (guint) (one->info1 >> 16);
  return one->reason == (vmx ? 30 : 0x7b) && (one->info1 & (vmx ? 8 : 1)) == 0 && port >= low && port <= high;
}

/* Reads the log without exit `index`. */
static Account *
read_without (const Run *run, guint index, GArray *part)
{
  g_array_set_size (part, 0);
  g_array_append_vals (part, run->fixture->exits->data, index);
  g_array_append_vals (part, &g_array_index (run->fixture->exits, L0Exit, index + 1), run->fixture->exits->len - index - 1);
  return read_part (run, part);
}

/* Whatever mark is lost: it is not complete, and what is done before it stands. */
static void
test_marks_missing (void **state)
{
  (void) state;
  g_auto (Run) run = small_run_new (ISA_VMX);
  g_autoptr (GArray) part = g_array_new (FALSE, TRUE, sizeof (L0Exit));
  guint marks = 0;
  for (guint i = 0; i < run.fixture->exits->len; i++)
    {
      if (!is_mark (&run, &g_array_index (run.fixture->exits, L0Exit, i), CHALLENGE_STEP_PORT, CHALLENGE_END_PORT))
        continue;
      g_autoptr (Account) account = read_without (&run, i, part);
      assert_false (account->complete);
      assert_non_null (account->stopped);
      check_done (account, &run);
      marks++;
    }
  assert_in_range (marks, 60, 500);
}

/* A report that lacks a symbol, or has another in its place, is told by nothing but itself. */
static void
test_reports_damaged (void **state)
{
  (void) state;
  g_auto (Run) run = small_run_new (ISA_SVM);
  g_autoptr (GArray) part = g_array_new (FALSE, TRUE, sizeof (L0Exit));
  guint symbols = 0;
  for (guint i = 0; i < run.fixture->exits->len; i++)
    {
      if (!is_mark (&run, &g_array_index (run.fixture->exits, L0Exit, i), CHALLENGE_SYMBOL_PORT, CHALLENGE_STEP_PORT - 1) || symbols++ % 5 != 0)
        continue;
      g_autoptr (Account) account = read_without (&run, i, part);
      assert_false (account->complete);
      check_done (account, &run);
    }
  assert_in_range (symbols, 2000, 100000);
}

/* What no mask is: a bit that means nothing, a register told in two ways, a time where none was asked for; and a third symbol of more than 8 bits. */
static void
test_no_reports (void **state)
{
  (void) state;
  static const struct {
    guint behind, symbol; /* the flush's begin */
  } cases[] = { { 1, 0x200 }, { 1, 0x11 }, { 1, 0x100 }, { 4, 0x100 } };
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_auto (Run) run = small_run_new (ISA_SVM);
      guint left = cases[i].behind, at = g_array_index (run.fixture->truth, AccountStep, run.program->other.count).at;
      assert_int_equal (program_step (run.program, run.program->other.count)->kind, CHALLENGE_FLUSH);
      while (left > 0)
        left -= is_mark (&run, &g_array_index (run.fixture->exits, L0Exit, ++at), CHALLENGE_SYMBOL_PORT, CHALLENGE_STEP_PORT - 1) ? 1 : 0;
      g_array_index (run.fixture->exits, L0Exit, at).info1 = (guint64) (CHALLENGE_SYMBOL_PORT + cases[i].symbol) << 16;
      g_autoptr (Account) account = read_part (&run, run.fixture->exits);
      assert_string_equal (account->stopped, "the guest's report is damaged");
      assert_int_equal (check_done (account, &run), 0);
    }
}

static void
test_reads_missing (void **state)
{
  (void) state;
  g_auto (Run) run = small_run_new (ISA_VMX);
  g_autoptr (GArray) part = g_array_new (FALSE, TRUE, sizeof (L0Exit));
  for (guint i = 0; i < run.program->steps->len; i += 11)
    {
      if (program_step (run.program, i)->kind != CHALLENGE_READ)
        continue;
      g_autoptr (Account) account = read_without (&run, g_array_index (run.fixture->truth, AccountStep, i).at, part);
      assert_string_equal (account->stopped, "a CPUID of the guest is missing in the log");
      check_done (account, &run);
    }
}

/* A guest that takes an exception in the middle says so. */
static void
test_exception (void **state)
{
  (void) state;
  g_auto (Run) run = small_run_new (ISA_SVM);
  const ProgramWindow *window = &g_array_index (run.program->windows, ProgramWindow, 3);
  const guint at = g_array_index (run.fixture->truth, AccountStep, window->between.first).at;
  g_array_index (run.fixture->exits, L0Exit, at + 5) = (L0Exit){ .reason = 0x7b, .info1 = (CHALLENGE_EXCEPTION_PORT + 13) << 16 };
  g_autoptr (Account) account = read_part (&run, run.fixture->exits);
  assert_string_equal (account->stopped, "the guest took exception 13");
  assert_false (account->complete);
  assert_in_range (check_done (account, &run), run.program->other.count + 3 * 17, window->before.first);
  assert_false (account_step (account, window->between.first)->done);
}

/* IN from a port of the challenge's, and OUT to others, are no marks. */
static void
test_no_marks (void **state)
{
  (void) state;
  static const struct {
    Isa isa;
    L0Exit one;
  } cases[] = {
    { ISA_VMX, { .reason = 30, .info1 = CHALLENGE_BEGIN_PORT << 16 | 8 } },
    { ISA_SVM, { .reason = 0x7b, .info1 = CHALLENGE_BEGIN_PORT << 16 | 1 } },
    { ISA_VMX, { .reason = 0x7b, .info1 = CHALLENGE_BEGIN_PORT << 16 } },
    { ISA_SVM, { .reason = 30, .info1 = CHALLENGE_BEGIN_PORT << 16 } },
    { ISA_VMX, { .reason = 30, .info1 = (guint64) (CHALLENGE_EXCEPTION_PORT + 0x100) << 16 } },
    { ISA_VMX, { .reason = 30, .info1 = (guint64) (CHALLENGE_SYMBOL_PORT - 1) << 16 } },
  };
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_auto (Run) run = small_run_new (cases[i].isa);
      g_array_insert_val (run.fixture->exits, 3, cases[i].one);
      g_autoptr (Account) account = read_part (&run, run.fixture->exits);
      assert_true (account->complete);
    }
}

/* --- programs --------------------------------------------------------------------------------- */

static void
test_other_program (void **state)
{
  (void) state;
  g_auto (Run) run = small_run_new (ISA_VMX), other = run_new (ISA_VMX, RIGHT);
  g_autoptr (Account) account = account_read (other.program, run.fixture->exits, 0);
  assert_false (account->complete);
  assert_non_null (account->stopped);
  g_autoptr (Account) back = account_read (run.program, other.fixture->exits, 0);
  assert_false (back->complete);
  g_auto (Run) svm = small_run_new (ISA_SVM);
  g_autoptr (Account) none = account_read (svm.program, run.fixture->exits, 0);
  assert_false (none->began);
  assert_string_equal (none->stopped, "the guest never began");
}

/* A guest that begins again in the middle left its program. */
static void
test_begun_again (void **state)
{
  (void) state;
  g_auto (Run) run = small_run_new (ISA_VMX);
  const ProgramWindow *window = &g_array_index (run.program->windows, ProgramWindow, 1);
  const L0Exit begin = { .reason = 30, .info1 = CHALLENGE_BEGIN_PORT << 16 };
  const guint at = g_array_index (run.fixture->truth, AccountStep, window->between.first).at + 2;
  g_array_insert_val (run.fixture->exits, at, begin);
  g_autoptr (Account) account = read_part (&run, run.fixture->exits);
  assert_false (account->complete);
  assert_text_has (account->stopped, "the guest left its program (port 0x6000 in place of 0x6001)");
  check_done (account, &run);
}

static void
test_second_round (void **state)
{
  (void) state;
  g_auto (Run) run = small_run_new (ISA_VMX);
  const guint first = run.fixture->exits->len;
  run.fixture->shadow = TRUE;
  fixture_run (run.fixture);
  g_autoptr (Account) one = read_part (&run, run.fixture->exits);
  assert_true (one->complete);
  assert_int_equal (one->last, first - 1);
  g_autoptr (Account) two = account_read (run.program, run.fixture->exits, one->last + 1);
  assert_true (two->complete);
  assert_in_range (two->first, first, run.fixture->exits->len);
  assert_int_equal (check_done (two, &run), run.program->steps->len);
  g_autoptr (Account) three = account_read (run.program, run.fixture->exits, two->last + 1);
  assert_false (three->began);
}

/* Behind the end of the log, and in an empty one. */
static void
test_nothing (void **state)
{
  (void) state;
  g_auto (Run) run = small_run_new (ISA_VMX);
  g_autoptr (GArray) empty = g_array_new (FALSE, TRUE, sizeof (L0Exit));
  static const guint places[] = { 0, 1, BEGAN_TOO_LATE };
  for (guint i = 0; i < G_N_ELEMENTS (places); i++)
    {
      g_autoptr (Account) account = account_read (run.program, empty, places[i]);
      assert_false (account->began);
      assert_int_equal (account->last, 0);
      assert_int_equal (check_done (account, &run), 0);
    }
  g_autoptr (Account) behind = account_read (run.program, run.fixture->exits, BEGAN_TOO_LATE);
  assert_string_equal (behind->stopped, "the guest never began");
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_whole),
    cmocka_unit_test (test_count),
    cmocka_unit_test (test_cut),
    cmocka_unit_test (test_marks_missing),
    cmocka_unit_test (test_reports_damaged),
    cmocka_unit_test (test_no_reports),
    cmocka_unit_test (test_reads_missing),
    cmocka_unit_test (test_exception),
    cmocka_unit_test (test_no_marks),
    cmocka_unit_test (test_other_program),
    cmocka_unit_test (test_begun_again),
    cmocka_unit_test (test_second_round),
    cmocka_unit_test (test_nothing),
  };
  return cmocka_run_group_tests_name ("account", tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The challenge's program: the same for the same secret and seed, within what the guest can hold, and every part where it belongs. */
#include "unit/challenge-world.h"

#include "grade/draw.h"

#define TOUCHED_MAX 6000u /* pages of the guest that are new */

static const Isa isas[] = { ISA_VMX, ISA_SVM };

static char *
digest (const Program *program)
{
  g_autoptr (GBytes) bytes = program_bytes (program);
  return g_compute_checksum_for_bytes (G_CHECKSUM_SHA256, bytes);
}

/* --- random numbers --------------------------------------------------------------------------- */

static void
test_draw (void **state)
{
  (void) state;
  Draw draw = { { 1, 2, 3, 4 } };
  /* The first of xoshiro256** for this state, by hand: rotl (2 * 5, 7) * 9 = 1280 * 9; then s[1] is 0. */
  assert_int_equal (draw_bits (&draw), 11520);
  assert_int_equal (draw_bits (&draw), 0);
  assert_int_equal (draw_bits (&draw), 1509978240);
  assert_int_equal (draw_bits (&draw), 1215971899390074240);
  guint seen[3] = { 0 };
  for (guint i = 0; i < 1000; i++)
    seen[draw_between (&draw, 7, 9) - 7]++;
  for (guint i = 0; i < 3; i++)
    assert_in_range (seen[i], 250, 420);
  assert_int_equal (draw_between (&draw, 5, 5), 5);
  draw_between (&draw, 0, G_MAXUINT32);
}

static void
test_seed (void **state)
{
  (void) state;
  /* HMAC-SHA-256, RFC 4231, test case 2. */
  Draw draw;
  draw_seed (&draw, "Jefe", "what do ya want for nothing?");
  assert_true (draw.state[0] == GUINT64_FROM_BE (0x5bdcc146bf60754e));
  assert_true (draw.state[3] == GUINT64_FROM_BE (0x9dec58b964ec3843));
}

/* --- ranges ----------------------------------------------------------------------------------- */

static void
test_ranges (void **state)
{
  (void) state;
  g_autoptr (GArray) ranges = ranges_parse ("35,38,69-79,0x100-0x1ff,4294967295");
  assert_int_equal (ranges->len, 5);
  static const struct {
    guint32 number;
    gboolean in;
  } cases[] = { { 34, FALSE }, { 35, TRUE }, { 36, FALSE }, { 69, TRUE }, { 79, TRUE }, { 80, FALSE }, { 255, FALSE }, { 256, TRUE }, { 511, TRUE }, { 512, FALSE }, { G_MAXUINT32, TRUE }, { G_MAXUINT32 - 1, FALSE } };
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    assert_int_equal (ranges_have (ranges, cases[i].number), cases[i].in);
  static const char *const none[] = { "", "none", "x", "-3" };
  for (guint i = 0; i < G_N_ELEMENTS (none); i++)
    {
      g_autoptr (GArray) empty = ranges_parse (none[i]);
      assert_int_equal (empty->len, 0);
    }
}

/* --- the program ------------------------------------------------------------------------------ */

static void
test_same_and_other (void **state)
{
  (void) state;
  g_autoptr (World) world = world_new (ISA_VMX);
  g_autoptr (Program) one = world_program (world, "a"), same = world_program (world, "a"), other = world_program (world, "b");
  ProgramSpec spec = world_spec (world, "a");
  spec.secret = "another secret";
  g_autoptr (Program) secret = program_draw (&spec);
  g_autofree char *digests[] = { digest (one), digest (same), digest (other), digest (secret) };
  assert_string_equal (digests[0], digests[1]);
  assert_string_not_equal (digests[0], digests[2]);
  assert_string_not_equal (digests[0], digests[3]);
  for (guint i = 1; i < G_N_ELEMENTS (digests); i++)
    g_free (digests[i]);
  guint unequal = 0;
  for (guint i = 0; i < one->windows->len; i++)
    {
      const ProgramWindow *window = &g_array_index (one->windows, ProgramWindow, i);
      unequal += program_step (one, window->between.first)->a != program_step (secret, window->between.first)->a ? 1 : 0;
    }
  assert_in_range (unequal, 10, one->windows->len);
}

/* Programs must not change unseen: grades are compared over years. */
static void
test_golden (void **state)
{
  (void) state;
  static const char *const golden[] = { "93c6a0cdd93ea7ddda712c866cc9669b2dec2ccfc475c86d7ac0385bc7e79133", "0fe8481693603db129b8a03a40196377627ed5264735eb5fc80a87d5348411f3", "4972900e5d8c8a29319894c07596e120ce11b2d5edbe174013a3cf996e1b412d", "0fe8481693603db129b8a03a40196377627ed5264735eb5fc80a87d5348411f3" };
  for (guint i = 0; i < G_N_ELEMENTS (golden); i++)
    {
      g_autoptr (World) world = world_new (isas[i / 2]);
      ProgramSpec spec = world_spec (world, "seed");
      static const guint32 codes[] = { 0, 10, 28 };
      g_autoptr (GArray) defined = g_array_new (FALSE, FALSE, sizeof (guint32));
      g_array_append_vals (defined, codes, G_N_ELEMENTS (codes));
      spec.defined = defined;
      spec.undefined = "35,38,69-4294967295";
      spec.last = (i & 1) != 0;
      g_autoptr (Program) program = program_draw (&spec);
      g_autofree char *sum = digest (program);
      assert_string_equal (sum, golden[i]);
    }
}

static void
test_bytes (void **state)
{
  (void) state;
  g_autoptr (World) world = world_new (ISA_SVM);
  g_autoptr (Program) program = world_program (world, "a");
  g_autoptr (GBytes) bytes = program_bytes (program);
  const guint8 *data = g_bytes_get_data (bytes, NULL);
  struct challenge_header header;
  memcpy (&header, data, sizeof header);
  assert_memory_equal (data, "CHL1", 4);
  assert_int_equal (header.steps, program->steps->len);
  assert_int_equal (g_bytes_get_size (bytes), sizeof header + header.steps * 16);
  assert_memory_equal (data + sizeof header + 16 * 7, program_step (program, 7), 16);
}

static void
check_bounds (const Program *program)
{
  guint answers = 0, most = 0, pages = 0;
  assert_in_range (program->steps->len, 1, CHALLENGE_STEPS_MAX);
  for (guint i = 0; i < program->steps->len; i++)
    {
      const struct challenge_step *step = program_step (program, i);
      answers = step->kind == CHALLENGE_FLUSH ? 0 : answers + 1;
      most = MAX (most, answers);
      if (step->kind != CHALLENGE_READ && step->kind != CHALLENGE_FLUSH && step->op == CHALLENGE_OP_FIRST_TOUCH)
        pages += step->a + (step->kind == CHALLENGE_CONCURRENT ? step->b : 0);
    }
  assert_int_equal (answers, 0); /* the last step tells */
  assert_in_range (most, 1, CHALLENGE_ANSWERS_MAX);
  assert_in_range (pages, 1, TOUCHED_MAX);
}

static void
test_bounds (void **state)
{
  (void) state;
  for (guint i = 0; i < G_N_ELEMENTS (isas); i++)
    {
      g_autoptr (World) world = world_new (isas[i]);
      for (guint seed = 0; seed < 50; seed++)
        {
          g_autofree char *text = g_strdup_printf ("%u", seed);
          g_autoptr (Program) program = world_program (world, text);
          check_bounds (program);
        }
    }
}

/* As many leaves as leaf maps may have in all, as many reasons, as many ranges. */
static void
test_bounds_of_many_leaves (void **state)
{
  (void) state;
  for (guint i = 0; i < G_N_ELEMENTS (isas); i++)
    {
      g_autoptr (World) world = world_new (isas[i]);
      ProgramSpec spec = world_spec (world, "a");
      guint32 leaves[PROGRAM_LEAVES_MAX];
      for (guint j = 0; j < PROGRAM_LEAVES_MAX; j++)
        leaves[j] = 0x4fffff00 + j;
      spec.leaves = leaves;
      spec.nr_leaves = PROGRAM_LEAVES_MAX;
      g_autoptr (GArray) defined = g_array_new (FALSE, FALSE, sizeof (guint32));
      for (guint32 j = 0; j < PROGRAM_REASONS_MAX; j++)
        g_array_append_val (defined, j);
      g_autoptr (GString) undefined = g_string_new ("0x7fff0000-0xffffffff");
      for (guint j = 1; j < PROGRAM_RANGES_MAX; j++)
        g_string_append_printf (undefined, ",%u-%u", j * 10000, j * 10000 + 9000);
      spec.defined = defined;
      spec.undefined = undefined->str;
      g_autoptr (Program) program = program_draw (&spec);
      check_bounds (program);
    }
}

static void
check_side (const Program *program, const ProgramWindow *window)
{
  assert_int_equal (window->before.count, window->after.count);
  for (guint i = 0; i < window->before.count; i++)
    {
      const struct challenge_step *before = program_step (program, window->before.first + i), *after = program_step (program, window->after.first + i);
      assert_int_equal (before->kind, CHALLENGE_READ);
      assert_int_equal (after->kind, CHALLENGE_READ);
      assert_int_equal (before->a, after->a);
      assert_int_equal (before->b, after->b);
      assert_int_equal (before->flags, after->flags);
    }
  assert_true (window->before.first + window->before.count <= window->between.first);
  assert_true (window->between.first + window->between.count <= window->after.first);
}

/* Each operation once alone, two on both processors; the leaves for reason 0 and for the operation's own, with the time. */
static void
test_windows (void **state)
{
  (void) state;
  for (guint i = 0; i < G_N_ELEMENTS (isas); i++)
    {
      g_autoptr (World) world = world_new (isas[i]);
      g_autoptr (Program) program = world_program (world, "a");
      guint alone[CHALLENGE_OPS] = { 0 }, both = 0;
      for (guint j = 0; j < program->windows->len; j++)
        {
          const ProgramWindow *window = &g_array_index (program->windows, ProgramWindow, j);
          const struct challenge_step *step = program_step (program, window->between.first);
          const guint32 own = isas[i] == ISA_VMX ? challenge_ops[step->op].vmx_reason : challenge_ops[step->op].svm_code;
          check_side (program, window);
          assert_int_equal (window->between.count, 1);
          assert_int_equal (step->kind, window->concurrent ? CHALLENGE_CONCURRENT : CHALLENGE_PERFORM);
          for (guint k = 0; k < window->before.count; k++)
            {
              const struct challenge_step *read = program_step (program, window->before.first + k);
              assert_int_equal (read->a, g_array_index (world->leaves, guint32, k % 4));
              assert_int_equal (read->b, k < 4 ? 0 : own);
              assert_int_equal (read->flags, CHALLENGE_FLAG_TIME);
            }
          if (window->concurrent)
            both++;
          else
            alone[step->op]++;
        }
      for (guint op = 0; op < CHALLENGE_OPS; op++)
        assert_int_equal (alone[op], 1);
      assert_int_equal (both, 2);
      check_side (program, &program->snapshot);
      assert_int_equal (program->snapshot.before.count, world->codes->len * 4);
    }
}

static gboolean
reads (const Program *program, guint32 reason)
{
  for (guint i = program->undefined.first; i < program->undefined.first + program->undefined.count; i++)
    {
      const struct challenge_step *step = program_step (program, i);
      if (step->kind == CHALLENGE_READ && step->b == reason)
        return TRUE;
    }
  return FALSE;
}

static void
test_undefined (void **state)
{
  (void) state;
  for (guint i = 0; i < G_N_ELEMENTS (isas); i++)
    {
      g_autoptr (World) world = world_new (isas[i]);
      g_autoptr (Program) program = world_program_without (world, "a", NULL, TRUE);
      assert_int_equal (program->undefined.first + program->undefined.count, program->steps->len);
      for (guint j = program->undefined.first; j < program->steps->len; j++)
        {
          const struct challenge_step *step = program_step (program, j);
          assert_true (step->kind == CHALLENGE_FLUSH || (step->kind == CHALLENGE_READ && ranges_have (world->undefined, step->b)));
        }
      for (guint j = 0; j < world->undefined->len; j++)
        {
          const NumberRange *range = &g_array_index (world->undefined, NumberRange, j);
          assert_true (reads (program, range->first));
          if (range->last - range->first < 2048)
            assert_true (reads (program, range->last));
        }
      assert_true (reads (program, 0x7fffffff));
      assert_true (reads (program, 0x80000000));
    }
  g_autoptr (World) world = world_new (ISA_VMX);
  g_autoptr (Program) program = world_program_without (world, "a", NULL, TRUE);
  assert_true (reads (program, G_MAXUINT32));
}

static guint
performs (const Program *program, guint op)
{
  guint count = 0;
  for (guint i = 0; i < program->steps->len; i++)
    {
      const struct challenge_step *step = program_step (program, i);
      count += (step->kind == CHALLENGE_PERFORM || step->kind == CHALLENGE_CONCURRENT) && step->op == op ? 1 : 0;
    }
  return count;
}

static gboolean
asks (const Program *program, guint32 leaf)
{
  for (guint i = 0; i < program->steps->len; i++)
    if (program_step (program, i)->kind == CHALLENGE_READ && program_step (program, i)->a == leaf)
      return TRUE;
  return FALSE;
}

/* What killed L1 is not asked again, in either program; all else is. */
static void
test_left_out (void **state)
{
  (void) state;
  g_autoptr (World) world = world_new (ISA_VMX);
  g_autoptr (GArray) leaves = g_array_new (FALSE, FALSE, sizeof (guint32));
  static const guint32 killers[] = { 0x4ffffffc, 4 };
  g_array_append_vals (leaves, killers, G_N_ELEMENTS (killers));
  const ProgramLess less = { leaves, 1u << CHALLENGE_OP_CR0 | 1u << CHALLENGE_OP_HYPERCALL };
  for (guint last = 0; last < 2; last++)
    {
      g_autoptr (Program) whole = world_program_without (world, "a", NULL, last != 0);
      g_autoptr (Program) program = world_program_without (world, "a", &less, last != 0);
      assert_true (asks (whole, 0x4ffffffc) && asks (program, 0x4ffffffd) && asks (whole, 4) == (last == 0));
      assert_false (asks (program, 0x4ffffffc) || asks (program, 4));
      assert_int_equal (performs (program, CHALLENGE_OP_CR0) + performs (program, CHALLENGE_OP_HYPERCALL), 0);
      assert_int_equal (performs (whole, CHALLENGE_OP_CR0) > 0, last == 0);
      assert_int_equal (performs (program, CHALLENGE_OP_RDMSR), performs (whole, CHALLENGE_OP_RDMSR));
    }
}

/* A range that ends with the last 32-bit number, which nothing is added to. */
static void
test_undefined_at_the_end (void **state)
{
  (void) state;
  static const char *const texts[] = { "4294967280-4294967295", "4294967295", "0xfffffff0-0xffffffff" };
  g_autoptr (World) world = world_new (ISA_VMX);
  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      ProgramSpec spec = world_spec (world, "a");
      spec.undefined = texts[i];
      spec.last = TRUE;
      g_autoptr (Program) program = program_draw (&spec);
      g_autoptr (GArray) ranges = ranges_parse (texts[i]);
      for (guint j = program->undefined.first; j < program->steps->len; j++)
        assert_true (program_step (program, j)->kind == CHALLENGE_FLUSH || ranges_have (ranges, program_step (program, j)->b));
      assert_true (reads (program, G_MAXUINT32));
    }
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_draw),
    cmocka_unit_test (test_seed),
    cmocka_unit_test (test_ranges),
    cmocka_unit_test (test_same_and_other),
    cmocka_unit_test (test_golden),
    cmocka_unit_test (test_bytes),
    cmocka_unit_test (test_bounds),
    cmocka_unit_test (test_bounds_of_many_leaves),
    cmocka_unit_test (test_windows),
    cmocka_unit_test (test_undefined),
    cmocka_unit_test (test_left_out),
    cmocka_unit_test (test_undefined_at_the_end),
  };
  return cmocka_run_group_tests_name ("program", tests, NULL, NULL);
}

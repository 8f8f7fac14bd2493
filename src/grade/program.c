/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Drawing a challenge's program; see program.h. */
#include "grade/program.h"

#include <string.h>

#include "grade/draw.h"
#include "grade/ranges.h"

#define LOG_ROUNDS 2u
#define LOG_FACTOR 10u
#define LOG_OTHER_LOW 10500u /* exits of the second processor: one of the prints falls on it */
#define LOG_OTHER_HIGH 11500u
#define LOG_AFTER 12000u     /* after a refused VM entry: one more print */

typedef struct {
  const ProgramSpec *spec;
  Program *program;
  Draw draw;
} Writer;

/* How often an operation is performed in a window. What QEMU handles takes long; a page is new only once. */
static const struct {
  guint32 low, high;
} repetitions[CHALLENGE_OPS] = {
  [CHALLENGE_OP_CPUID] = { 150, 450 },       [CHALLENGE_OP_RDMSR] = { 100, 300 },     [CHALLENGE_OP_WRMSR] = { 100, 300 },
  [CHALLENGE_OP_ICR] = { 100, 300 },         [CHALLENGE_OP_PORT_OUT] = { 30, 90 },    [CHALLENGE_OP_PORT_IN] = { 30, 90 },
  [CHALLENGE_OP_PORT_KERNEL] = { 80, 240 },  [CHALLENGE_OP_MMIO_USER] = { 30, 90 },   [CHALLENGE_OP_MMIO_KERNEL] = { 80, 240 },
  [CHALLENGE_OP_CR0] = { 80, 240 },          [CHALLENGE_OP_CR4] = { 60, 180 },        [CHALLENGE_OP_DR7] = { 60, 180 },
  [CHALLENGE_OP_XSETBV] = { 60, 180 },       [CHALLENGE_OP_HYPERCALL] = { 150, 450 }, [CHALLENGE_OP_WBINVD] = { 60, 180 },
  [CHALLENGE_OP_FIRST_TOUCH] = { 120, 360 },
};

/* CPUID leaves that are not the course's: the basic, KVM's and the extended ones, and the numbers beside the maps' leaves. */
static const struct {
  guint32 leaf, input;
} others[] = {
  { 0, 0 },          { 1, 0 },          { 2, 0 },          { 4, 0 },          { 4, 1 },          { 6, 0 },          { 7, 0 },
  { 0xa, 0 },        { 0xd, 0 },        { 0x16, 0 },       { 0x40000000, 0 }, { 0x40000001, 0 }, { 0x40000100, 0 }, { 0x4fffff00, 0 },
  { 0x4fffffee, 0 }, { 0x4ffffffb, 0 }, { 0x50000000, 0 }, { 0x5fffffff, 0 }, { 0x80000000, 0 }, { 0x80000001, 0 }, { 0x80000002, 0 },
  { 0x80000008, 0 }, { 0x8fffffff, 0 }, { 0xcfffffff, 0 }, { 0xffffffff, 0 },
};

static guint
add_step (Writer *writer, enum challenge_step_kind kind, guint8 op, guint8 flags, guint32 a, guint32 b)
{
  const struct challenge_step step = { .kind = (guint8) kind, .op = op, .flags = flags, .a = a, .b = b, .noise = (guint32) draw_bits (&writer->draw) };
  g_array_append_val (writer->program->steps, step);
  return writer->program->steps->len - 1;
}

static void
begin (const Writer *writer, ProgramRange *range)
{
  range->first = writer->program->steps->len;
}

static void
end (const Writer *writer, ProgramRange *range)
{
  range->count = writer->program->steps->len - range->first;
}

static void
add_reads (Writer *writer, guint32 input, guint8 flags)
{
  for (guint i = 0; !writer->spec->log && i < writer->spec->nr_leaves; i++)
    if (!program_less_leaf (writer->spec->less, writer->spec->leaves[i]))
      add_step (writer, CHALLENGE_READ, 0, flags, writer->spec->leaves[i], input);
}

static void
add_flush (Writer *writer)
{
  add_step (writer, CHALLENGE_FLUSH, 0, 0, 0, 0);
}

/* Where the kernel log tells, ten thousands of exits are wanted: of what L1's kernel completes by itself, and is not limited by memory. */
static guint
repetitions_factor (const Writer *writer, guint op)
{
  const gboolean dear = op == CHALLENGE_OP_PORT_OUT || op == CHALLENGE_OP_PORT_IN || op == CHALLENGE_OP_MMIO_USER || op == CHALLENGE_OP_FIRST_TOUCH;
  return writer->spec->log && !dear ? LOG_FACTOR : 1;
}

static void
add_operation (Writer *writer, guint op)
{
  const guint factor = repetitions_factor (writer, op);
  add_step (writer, CHALLENGE_PERFORM, (guint8) op, 0, draw_between (&writer->draw, factor * repetitions[op].low, factor * repetitions[op].high), 0);
}

gboolean
program_less_leaf (const ProgramLess *less, guint32 leaf)
{
  for (guint i = 0; less != NULL && less->leaves != NULL && i < less->leaves->len; i++)
    if (g_array_index (less->leaves, guint32, i) == leaf)
      return TRUE;
  return FALSE;
}

gboolean
program_less_op (const ProgramLess *less, guint op)
{
  return less != NULL && (less->ops & 1u << op) != 0;
}

/* --- parts ------------------------------------------------------------------------------------ */

static void
add_others (Writer *writer)
{
  begin (writer, &writer->program->other);
  for (guint i = 0; i < G_N_ELEMENTS (others); i++)
    if (!program_less_leaf (writer->spec->less, others[i].leaf))
      add_step (writer, CHALLENGE_READ, 0, 0, others[i].leaf, others[i].input);
  end (writer, &writer->program->other);
  add_flush (writer);
}

/* The reads on one side of a window. */
static void
add_side (Writer *writer, guint op, ProgramRange *range)
{
  const struct challenge_op_info *info = &challenge_ops[op];
  begin (writer, range);
  add_reads (writer, 0, CHALLENGE_FLAG_TIME);
  add_reads (writer, writer->spec->isa == ISA_VMX ? info->vmx_reason : info->svm_code, CHALLENGE_FLAG_TIME);
  end (writer, range);
}

static void
add_window (Writer *writer, guint op)
{
  ProgramWindow window = { 0 };
  add_side (writer, op, &window.before);
  begin (writer, &window.between);
  add_operation (writer, op);
  end (writer, &window.between);
  add_side (writer, op, &window.after);
  add_flush (writer);
  g_array_append_val (writer->program->windows, window);
}

/* The other processor does most of the work in one window, half of it in the other. */
static void
add_concurrent_window (Writer *writer, guint op, guint32 here, guint32 there)
{
  ProgramWindow window = { .concurrent = TRUE };
  if (program_less_op (writer->spec->less, op))
    return;
  add_side (writer, op, &window.before);
  begin (writer, &window.between);
  add_step (writer, CHALLENGE_CONCURRENT, (guint8) op, 0, here, there);
  end (writer, &window.between);
  add_side (writer, op, &window.after);
  add_flush (writer);
  g_array_append_val (writer->program->windows, window);
}

static void
add_windows (Writer *writer)
{
  guint order[CHALLENGE_OPS];
  for (guint i = 0; i < CHALLENGE_OPS; i++)
    order[i] = i;
  for (guint i = CHALLENGE_OPS - 1; i > 0; i--)
    {
      const guint j = draw_between (&writer->draw, 0, i);
      const guint kept = order[i];
      order[i] = order[j];
      order[j] = kept;
    }
  for (guint i = 0; i < CHALLENGE_OPS; i++)
    if (!program_less_op (writer->spec->less, order[i]))
      add_window (writer, order[i]);
}

static void
add_snapshot_side (Writer *writer, ProgramRange *range)
{
  const GArray *defined = writer->spec->defined;
  begin (writer, range);
  for (guint i = 0; i < defined->len; i++)
    add_reads (writer, g_array_index (defined, guint32, i), i == 0 || i + 1 == defined->len ? CHALLENGE_FLAG_TIME : 0);
  end (writer, range);
}

static void
add_snapshots (Writer *writer)
{
  static const guint mixed[] = { CHALLENGE_OP_FIRST_TOUCH, CHALLENGE_OP_MMIO_KERNEL, CHALLENGE_OP_RDMSR, CHALLENGE_OP_WRMSR, CHALLENGE_OP_CR0, CHALLENGE_OP_FIRST_TOUCH };
  ProgramWindow *snapshot = &writer->program->snapshot;
  add_snapshot_side (writer, &snapshot->before);
  add_flush (writer); /* both sides at once may be more than the guest can keep */
  begin (writer, &snapshot->between);
  for (guint i = 0; i < G_N_ELEMENTS (mixed); i++)
    if (!program_less_op (writer->spec->less, mixed[i]))
      add_operation (writer, mixed[i]);
  end (writer, &snapshot->between);
  add_snapshot_side (writer, &snapshot->after);
  add_flush (writer);
}

static void
add_concurrent (Writer *writer)
{
  add_concurrent_window (writer, CHALLENGE_OP_CPUID, 1, draw_between (&writer->draw, 200, 500));
  add_concurrent_window (writer, CHALLENGE_OP_HYPERCALL, draw_between (&writer->draw, 200, 500), draw_between (&writer->draw, 200, 500));
}

/* Edges of each range, and some in between; then the edges of 32 bits and of signed numbers. One that L1 does not survive ends the guest: what was read before is told by then. */
static void
add_undefined (Writer *writer)
{
  static const guint32 wild[] = { 0x8000, 0xffff, 0x10000, 0xfffff, 0x1000000, 0x7fffffff, 0x80000000, 0x80000021, 0xffff0000, 0xfffffff0, 0xffffffff };
  g_autoptr (GArray) ranges = ranges_parse (writer->spec->undefined);
  guint told = writer->program->steps->len;
  begin (writer, &writer->program->undefined);
  for (guint i = 0; i < ranges->len; i++)
    {
      const NumberRange *range = &g_array_index (ranges, NumberRange, i);
      const guint32 near_end = (guint32) MIN ((guint64) range->last, (guint64) range->first + 2048);
      add_reads (writer, range->first, 0);
      for (guint64 step = 1; range->first + step < near_end; step *= 2)
        add_reads (writer, (guint32) (range->first + step), 0);
      if (near_end > range->first)
        add_reads (writer, near_end, 0);
      for (guint j = 0; range->first < range->last && j < 4; j++)
        add_reads (writer, draw_between (&writer->draw, range->first, near_end), 0);
      if (writer->program->steps->len - told > CHALLENGE_ANSWERS_MAX / 2)
        {
          add_flush (writer);
          told = writer->program->steps->len;
        }
    }
  add_flush (writer);
  for (guint i = 0; i < G_N_ELEMENTS (wild) + 6; i++)
    {
      const guint32 code = i < G_N_ELEMENTS (wild) ? wild[i] : (guint32) draw_bits (&writer->draw);
      if (!ranges_have (ranges, code))
        continue;
      add_reads (writer, code, 0);
      add_flush (writer);
    }
  end (writer, &writer->program->undefined);
}

/* --- where the kernel log tells ------------------------------------------------------------------ */

static void
add_log_main (Writer *writer)
{
  for (guint i = 0; i < LOG_ROUNDS; i++)
    add_windows (writer);
  add_concurrent_window (writer, CHALLENGE_OP_CPUID, 1, draw_between (&writer->draw, LOG_OTHER_LOW, LOG_OTHER_HIGH));
  add_concurrent_window (writer, CHALLENGE_OP_HYPERCALL, 1, draw_between (&writer->draw, LOG_OTHER_LOW, LOG_OTHER_HIGH));
}

static void
add_log_last (Writer *writer)
{
  begin (writer, &writer->program->undefined);
  add_step (writer, CHALLENGE_PERFORM, CHALLENGE_OP_CPUID, 0, LOG_AFTER + draw_between (&writer->draw, 0, LOG_AFTER / 10), 0);
  add_flush (writer);
  end (writer, &writer->program->undefined);
}

static void
add_main (Writer *writer)
{
  add_others (writer);
  add_windows (writer);
  add_snapshots (writer);
  add_concurrent (writer);
}

Program *
program_draw (const ProgramSpec *spec)
{
  Writer writer = { .spec = spec, .program = g_new0 (Program, 1) };
  g_autofree char *seed = g_strconcat (spec->seed, spec->last ? " last" : "", NULL);
  g_assert (spec->nr_leaves > 0 && spec->nr_leaves <= PROGRAM_LEAVES_MAX);
  writer.program->isa = spec->isa;
  writer.program->steps = g_array_new (FALSE, TRUE, sizeof (struct challenge_step));
  writer.program->windows = g_array_new (FALSE, TRUE, sizeof (ProgramWindow));
  draw_seed (&writer.draw, spec->secret, seed);
  if (spec->log)
    (spec->last ? add_log_last : add_log_main) (&writer);
  else
    (spec->last ? add_undefined : add_main) (&writer);
  g_assert (writer.program->steps->len <= CHALLENGE_STEPS_MAX);
  return writer.program;
}

void
program_free (Program *program)
{
  if (program == NULL)
    return;
  g_array_unref (program->steps);
  g_array_unref (program->windows);
  g_free (program);
}

/* --- for the guest ---------------------------------------------------------------------------- */

/* x86 writes as x86 reads: the host is x86-64 too. */
GBytes *
program_bytes (const Program *program)
{
  const struct challenge_header header = { .magic = CHALLENGE_MAGIC, .steps = program->steps->len };
  GByteArray *bytes = g_byte_array_new ();
  g_byte_array_append (bytes, (const guint8 *) &header, sizeof header);
  g_byte_array_append (bytes, (const guint8 *) program->steps->data, program->steps->len * (guint) sizeof (struct challenge_step));
  return g_byte_array_free_to_bytes (bytes);
}

const struct challenge_step *
program_step (const Program *program, guint number)
{
  return &g_array_index (program->steps, struct challenge_step, number);
}

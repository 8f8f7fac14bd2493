/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reading a challenge's account; see account.h. One pass over the log with a cursor; whatever does not fit ends it there. Between
 * the marks of steps other exits may lie (L1's own interrupts, the other processor's): they are passed over, but not a mark out of place.
 */
#include "grade/account.h"

#include "machine/machine.h"

#define VMX_CPUID 10u /* SDM volume 3, appendix C */
#define VMX_IO 30u
#define SVM_CPUID 0x72u /* APM volume 2, appendix C */
#define SVM_IOIO 0x7bu

typedef struct {
  Account *account;
  guint at; /* the next exit */
  guint flushed; /* the first step whose answer was not told yet */
} Cursor;

static gboolean
stop (Cursor *cursor, const char *format, ...) G_GNUC_PRINTF (2, 3);
static gboolean
stop (Cursor *cursor, const char *format, ...)
{
  va_list args;
  va_start (args, format);
  cursor->account->stopped = g_strdup_vprintf (format, args);
  va_end (args);
  return FALSE;
}

static const L0Exit *
exit_at (const Account *account, guint index)
{
  return &g_array_index (account->exits, L0Exit, index);
}

static gboolean
is_cpuid (const Account *account, guint index)
{
  return exit_at (account, index)->reason == (account->program->isa == ISA_VMX ? VMX_CPUID : SVM_CPUID);
}

/* The port of an OUT that is one of the challenge's, else 0. Both vendors have the port in bits 31:16; VMX has the direction in bit 3, SVM in bit 0. */
static guint
mark_at (const Account *account, guint index)
{
  const L0Exit *one = exit_at (account, index);
  const gboolean vmx = account->program->isa == ISA_VMX;
  const guint port = (guint) (one->info1 >> 16) & 0xffff;
  if (one->reason != (vmx ? VMX_IO : SVM_IOIO) || (one->info1 & (vmx ? 8 : 1)))
    return 0;
  return port >= CHALLENGE_SYMBOL_PORT && port < CHALLENGE_EXCEPTION_PORT + 0x100 ? port : 0;
}

/* Moves behind the next mark, which is *port and stands at *index. */
static gboolean
next_mark (Cursor *cursor, guint *port, guint *index)
{
  for (; cursor->at < cursor->account->exits->len; cursor->at++)
    {
      *port = mark_at (cursor->account, cursor->at);
      if (*port == 0)
        continue;
      *index = cursor->at++;
      if (*port >= CHALLENGE_EXCEPTION_PORT)
        return stop (cursor, "the guest took exception %u", *port - CHALLENGE_EXCEPTION_PORT);
      return TRUE;
    }
  return stop (cursor, "the guest did not go on");
}

static gboolean
expect_mark (Cursor *cursor, guint expected, guint *index)
{
  guint port;
  if (!next_mark (cursor, &port, index))
    return FALSE;
  return port == expected || stop (cursor, "the guest left its program (port 0x%x in place of 0x%x)", port, expected);
}

static AccountStep *
step_of (const Account *account, guint number)
{
  return &g_array_index (account->steps, AccountStep, number);
}

/* --- reports ---------------------------------------------------------------------------------- */

static gboolean
take_symbol (Cursor *cursor, guint32 *value)
{
  guint port, index;
  if (!next_mark (cursor, &port, &index))
    return FALSE;
  if (port >= CHALLENGE_STEP_PORT)
    return stop (cursor, "the guest's report ends early");
  *value = port - CHALLENGE_SYMBOL_PORT;
  return TRUE;
}

static gboolean
take_register (Cursor *cursor, guint32 *value)
{
  guint32 low, middle, high;
  if (!take_symbol (cursor, &low) || !take_symbol (cursor, &middle) || !take_symbol (cursor, &high))
    return FALSE;
  *value = low | middle << 12 | high << 24;
  return high <= 0xff || stop (cursor, "the guest's report is damaged");
}

static gboolean
take_time (Cursor *cursor, guint32 mask, gint64 *tsc)
{
  guint32 low, high;
  *tsc = -1;
  if ((mask & CHALLENGE_MASK_TIME) == 0)
    return TRUE;
  if (!take_register (cursor, &low) || !take_register (cursor, &high))
    return FALSE;
  *tsc = (gint64) (((guint64) high << 32 | low) & G_MAXINT64);
  return TRUE;
}

/* No register is told in two ways, and the time where it was asked for alone. */
static gboolean
is_mask (guint32 mask, const struct challenge_step *step)
{
  const gboolean timed = step->kind == CHALLENGE_READ && (step->flags & CHALLENGE_FLAG_TIME) != 0;
  return (mask & ~(CHALLENGE_MASK_TIME | 0xffu)) == 0 && (mask & mask >> 4 & 0xf) == 0 && ((mask & CHALLENGE_MASK_TIME) != 0) == timed;
}

static gboolean
take_answer (Cursor *cursor, guint number)
{
  AccountStep *step = step_of (cursor->account, number);
  guint32 mask;
  if (!take_symbol (cursor, &mask))
    return FALSE;
  if (!is_mask (mask, program_step (cursor->account->program, number)))
    return stop (cursor, "the guest's report is damaged");
  for (guint i = 0; i < G_N_ELEMENTS (step->registers); i++)
    {
      step->registers[i] = (mask & 0x10u << i) != 0 ? G_MAXUINT32 : 0;
      if ((mask & 1u << i) != 0 && !take_register (cursor, &step->registers[i]))
        return FALSE;
    }
  return take_time (cursor, mask, &step->tsc);
}

/* The answers of all steps before `number` that were not told yet. Done they are when the report is over: one that lacks a symbol is wrong from there on. */
static gboolean
take_report (Cursor *cursor, guint number)
{
  for (guint i = cursor->flushed; i < number; i++)
    {
      if (program_step (cursor->account->program, i)->kind != CHALLENGE_FLUSH && !take_answer (cursor, i))
        return FALSE;
    }
  return TRUE;
}

/* --- steps ------------------------------------------------------------------------------------ */

/* Reads that follow each other: their CPUIDs are the next exits of that reason, and no mark lies between them. */
static gboolean
take_reads (Cursor *cursor, guint *number)
{
  const Program *program = cursor->account->program;
  while (*number < program->steps->len && program_step (program, *number)->kind == CHALLENGE_READ)
    {
      if (cursor->at >= cursor->account->exits->len)
        return stop (cursor, "the guest did not go on");
      if (mark_at (cursor->account, cursor->at) != 0)
        return stop (cursor, "a CPUID of the guest is missing in the log");
      if (is_cpuid (cursor->account, cursor->at))
        {
          step_of (cursor->account, *number)->at = cursor->at;
          cursor->account->reached = ++*number;
        }
      cursor->at++;
    }
  return TRUE;
}

/*
 * L1 could rewrite the guest's program in its memory, say to make nothing but the exits that it counts. What an operation cannot be performed
 * without shows in the log. (Others exit, or can be performed, only where the processor or KVM is set up so.)
 */
static gboolean
check_performed (Cursor *cursor, guint number)
{
  static const guint certain[] = { CHALLENGE_OP_CPUID, CHALLENGE_OP_RDMSR, CHALLENGE_OP_WRMSR, CHALLENGE_OP_ICR, CHALLENGE_OP_PORT_OUT, CHALLENGE_OP_PORT_IN, CHALLENGE_OP_PORT_KERNEL, CHALLENGE_OP_WBINVD };
  const Account *account = cursor->account;
  const struct challenge_step *step = program_step (account->program, number);
  const struct challenge_op_info *info = &challenge_ops[step->op];
  for (guint i = 0; i < G_N_ELEMENTS (certain); i++)
    {
      if (step->op == certain[i]
          && account_count (account, step_of (account, number)->at, step_of (account, number)->end, account->program->isa == ISA_VMX ? info->vmx_reason : info->svm_code) < step->a)
        return stop (cursor, "the guest did not perform what its program says (%s)", info->what);
    }
  return TRUE;
}

static gboolean
take_marked (Cursor *cursor, guint number)
{
  AccountStep *step = step_of (cursor->account, number);
  const gboolean flush = program_step (cursor->account->program, number)->kind == CHALLENGE_FLUSH;
  if (!expect_mark (cursor, CHALLENGE_STEP_PORT + (number & 0xfff), &step->at))
    return FALSE;
  cursor->account->reached = number + 1;
  if ((flush && !take_report (cursor, number)) || !expect_mark (cursor, CHALLENGE_STEP_END_PORT, &step->end))
    return FALSE;
  if (!flush && !check_performed (cursor, number))
    return FALSE;
  for (; flush && cursor->flushed <= number; cursor->flushed++)
    step_of (cursor->account, cursor->flushed)->done = TRUE;
  return TRUE;
}

static gboolean
find_begin (Cursor *cursor)
{
  while (cursor->at < cursor->account->exits->len)
    {
      if (mark_at (cursor->account, cursor->at++) == CHALLENGE_BEGIN_PORT)
        return TRUE;
    }
  return stop (cursor, "the guest never began");
}

static gboolean
take_all (Cursor *cursor)
{
  Account *account = cursor->account;
  guint number = 0;
  if (!find_begin (cursor))
    return FALSE;
  account->began = TRUE;
  account->first = cursor->at - 1;
  while (number < account->program->steps->len)
    {
      if (!take_reads (cursor, &number))
        return FALSE;
      if (number < account->program->steps->len && !take_marked (cursor, number++))
        return FALSE;
    }
  return expect_mark (cursor, CHALLENGE_END_PORT, &account->last);
}

void
account_free (Account *account)
{
  if (account == NULL)
    return;
  g_array_unref (account->steps);
  g_free (account->stopped);
  g_free (account);
}

Account *
account_read (const Program *program, const GArray *exits, guint from)
{
  Account *account = g_new0 (Account, 1);
  Cursor cursor = { .account = account, .at = from };
  account->program = program;
  account->exits = exits;
  account->steps = g_array_sized_new (FALSE, TRUE, sizeof (AccountStep), program->steps->len);
  g_array_set_size (account->steps, program->steps->len);
  account->complete = take_all (&cursor);
  if (!account->complete)
    account->last = exits->len > 0 ? exits->len - 1 : 0;
  return account;
}

const AccountStep *
account_step (const Account *account, guint number)
{
  return step_of (account, number);
}

guint64
account_count (const Account *account, guint from, guint to, guint64 reason)
{
  guint64 count = 0;
  if (reason == ACCOUNT_ALL_REASONS)
    return to > from ? to - from : 0;
  for (guint i = from + 1; i <= to; i++)
    count += exit_at (account, i)->reason == reason ? 1 : 0;
  return count;
}

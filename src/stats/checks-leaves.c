/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the CPUID leaves told L2 against the exit log at that very exit. The k-th exit of reason CPUID between the marks
 * LEAVES and LEAVES_END is the k-th answer in L2's report, so each number is known exactly: exits
 * count those begun, this CPUID's own included; cycles are of those ended, this one not included.
 */
#include <string.h>

#include "stats/checks.h"
#include "timeline/cursor.h"
#include "timeline/phases.h"
#include "timeline/text.h"

#define VMX_REASON_CPUID 10u
#define SVM_CODE_CPUID 0x72u
#define ALL_REASONS G_MAXUINT

/* A line of the report: `count` answers that were equal, to inputs that ascend. */
typedef struct {
  guint32 leaf, input, eax, ebx, ecx, edx;
  guint64 count;
} LeafRun;

typedef struct {
  guint64 exits, cycles;
} Sum;

typedef struct {
  const Timeline *timeline;
  const LeafMap *map;
  Checks *checks;
  ExitCursor cursor;
  Sum total, by_reason[TIMELINE_REASONS];
  const struct kvm_exit_log_record *last[TIMELINE_VCPUS_MAX]; /* of each vCPU */
  TextLines lines;
  LeafRun run;
  guint64 answers, undefined_asked, undefined_told, zeroes_expected, zeroes_told;
} LeafWalk;

typedef enum { RANGE_NO, RANGE_YES, RANGE_UNKNOWN } InRange;

/* "35,38,69-79", decimal, octal or hexadecimal as the kernel parameter has it; "none"; empty: the kernel's default. */
static InRange
in_ranges (const char *ranges, guint32 code)
{
  if (ranges == NULL || *ranges == '\0')
    return RANGE_UNKNOWN;
  for (const char *at = ranges; g_ascii_isdigit (*at);)
    {
      char *end;
      const guint64 first = g_ascii_strtoull (at, &end, 0);
      const guint64 last = *end == '-' ? g_ascii_strtoull (end + 1, &end, 0) : first;
      if (code >= first && code <= last)
        return RANGE_YES;
      at = *end == ',' ? end + 1 : end;
    }
  return RANGE_NO;
}

static gboolean
parse_run (TextLines *lines, LeafRun *run)
{
  char word[8];

  return text_name (lines, word, sizeof word) && strcmp (word, "leaf") == 0 && text_hex32 (lines, &run->leaf) &&
         text_hex32 (lines, &run->input) && text_hex32 (lines, &run->eax) && text_hex32 (lines, &run->ebx) && text_hex32 (lines, &run->ecx) &&
         text_hex32 (lines, &run->edx) && text_decimal (lines, &run->count) && text_newline (lines) && run->count > 0;
}

/* The next answer, out of the runs. FALSE at the report's end or at a line that is none. */
static gboolean
next_answer (LeafWalk *w, LeafRun *answer)
{
  if (w->run.count == 0 && (text_lines_end (&w->lines) || !parse_run (&w->lines, &w->run)))
    return FALSE;
  *answer = w->run;
  w->run.input++;
  w->run.count--;
  w->answers++;
  return TRUE;
}

static const Sum *
sum_of (const LeafWalk *w, guint index)
{
  return index == ALL_REASONS ? &w->total : &w->by_reason[index];
}

/* What others vCPUs added until the CPUID ended, and what they have not ended when it began. */
static void
widen (const LeafWalk *w, const struct kvm_exit_log_record *cpuid, guint vcpu, guint index, Sum *low, Sum *high)
{
  const Timeline *t = w->timeline;
  const struct kvm_exit_log_record *exit;
  ExitCursor ahead = w->cursor;

  for (guint v = 0; v < t->n_vcpus; v++)
    {
      exit = w->last[v];
      if (v != vcpu && exit != NULL && (index == ALL_REASONS || timeline_reason (t, exit->reason) == index) &&
          exit->tsc + exit->cycles > cpuid->tsc)
        low->cycles -= exit->cycles;
    }
  while ((exit = exit_cursor_next (&ahead, NULL)) != NULL && exit->tsc <= cpuid->tsc + cpuid->cycles)
    if (index == ALL_REASONS || timeline_reason (t, exit->reason) == index)
      {
        high->exits++;
        high->cycles += exit->cycles;
      }
}

static void
compare_value (LeafWalk *w, const char *what, guint index, guint32 code, guint64 low, guint64 high, guint64 actual)
{
  const char *rule = w->timeline->guests[0].n_vcpus > 1 && actual >= low && actual <= high ? "other-vcpus" : NULL;

  if (index == ALL_REASONS)
    checks_compare (w->checks, low, actual, rule, "leaves:%s", what);
  else
    checks_compare (w->checks, low, actual, rule, "leaves:%s:reason=%u", what, code);
}

/* An answer to a question of which nothing was counted, or which has no meaning: told in sums, unless it is wrong. */
static void
compare_nothing (LeafWalk *w, const LeafRun *a, InRange undefined)
{
  const gboolean says_undefined = a->edx == G_MAXUINT32;

  if (undefined == RANGE_YES || (undefined == RANGE_UNKNOWN && says_undefined))
    w->undefined_asked++;
  else
    w->zeroes_expected++;
  if ((a->eax | a->ebx | a->ecx) != 0)
    checks_compare (w->checks, 0, a->eax != 0 ? a->eax : (guint64) a->ebx << 32 | a->ecx, NULL, "leaves:nothing:leaf=0x%x:reason=%u", a->leaf, a->input);
  else if (says_undefined)
    w->undefined_told++;
  else if (a->edx == 0)
    w->zeroes_told++;
}

static void
compare_sums (LeafWalk *w, const LeafRun *a, const struct kvm_exit_log_record *cpuid, guint vcpu, guint index, guint content)
{
  Sum low = *sum_of (w, index), high;
  const gboolean counts_own = index == ALL_REASONS || timeline_reason (w->timeline, cpuid->reason) == index;

  low.cycles -= counts_own ? cpuid->cycles : 0;
  high = low;
  if (w->timeline->guests[0].n_vcpus > 1)
    widen (w, cpuid, vcpu, index, &low, &high);
  if (content & 1)
    compare_value (w, "exits", index, a->input, low.exits & G_MAXUINT32, high.exits & G_MAXUINT32, a->eax);
  if (content & 2)
    compare_value (w, "cycles", index, a->input, low.cycles, high.cycles, (guint64) a->ebx << 32 | a->ecx);
  if (a->edx != 0 || (!(content & 1) && a->eax != 0) || (!(content & 2) && (a->ebx | a->ecx) != 0))
    checks_fail_text (w->checks, "leaves:unused-registers", "0", "not 0");
}

/* What a leaf holds: 1 exits, 2 cycles, both; 0: it is not in the map. */
static guint
leaf_content (const LeafMap *map, guint32 leaf, gboolean *by_reason)
{
  const guint totals = (leaf == map->total_exits ? 1 : 0) | (leaf == map->total_cycles ? 2 : 0);
  const guint reasons = (leaf == map->reason_exits ? 1 : 0) | (leaf == map->reason_cycles ? 2 : 0);

  *by_reason = reasons != 0;
  return leaf == 0 ? 0 : totals | reasons;
}

static void
compare_answer (LeafWalk *w, const LeafRun *a, const struct kvm_exit_log_record *cpuid, guint vcpu)
{
  const Timeline *t = w->timeline;
  gboolean by_reason;
  const guint content = leaf_content (w->map, a->leaf, &by_reason);

  if (content == 0)
    {
      checks_compare (w->checks, 0, a->leaf, NULL, "leaves:not-in-the-map");
      return;
    }
  if (!by_reason)
    {
      compare_sums (w, a, cpuid, vcpu, ALL_REASONS, content);
      return;
    }
  const InRange undefined = in_ranges (t->isa == ISA_VMX ? w->map->undefined_vmx : w->map->undefined_svm, a->input);
  const guint index = timeline_reason (t, a->input);
  if (undefined == RANGE_YES || index >= TIMELINE_OTHER_FIRST || w->by_reason[index].exits == 0)
    compare_nothing (w, a, undefined);
  else
    compare_sums (w, a, cpuid, vcpu, index, content);
}

static void
take_exit (LeafWalk *w, const struct kvm_exit_log_record *exit, guint vcpu)
{
  Sum *by_reason = &w->by_reason[timeline_reason (w->timeline, exit->reason)];

  w->total.exits++;
  w->total.cycles += exit->cycles;
  by_reason->exits++;
  by_reason->cycles += exit->cycles;
  w->last[vcpu] = exit;
}

/* Counts to the mark LEAVES, then compares at each CPUID to LEAVES_END. Returns the CPUIDs met. */
static guint64
walk_leaves (LeafWalk *w)
{
  const Timeline *t = w->timeline;
  const guint64 first = t->marks[RECORD_MARK_LEAVES].seq, end = t->marks[RECORD_MARK_LEAVES_END].seq;
  const guint32 cpuid = t->isa == ISA_VMX ? VMX_REASON_CPUID : SVM_CODE_CPUID;
  const struct kvm_exit_log_record *exit;
  guint64 met = 0;
  guint vcpu;
  LeafRun answer;

  exit_cursor_init (&w->cursor, t);
  for (guint64 seq = 0; seq < end && (exit = exit_cursor_next (&w->cursor, &vcpu)) != NULL; seq++)
    {
      take_exit (w, exit, vcpu);
      if (seq <= first || exit->reason != cpuid)
        continue;
      met++;
      if (next_answer (w, &answer))
        compare_answer (w, &answer, exit, vcpu);
    }
  return met;
}

static gboolean
is_reboot_line (TextLines *lines)
{
  TextLines ahead = *lines;
  char name[2];

  if (!text_name (&ahead, name, sizeof name) || name[0] != RECORD_REPORT_REBOOT || !text_newline (&ahead))
    return FALSE;
  *lines = ahead;
  return TRUE;
}

/* What the report holds beyond the CPUIDs met; a broken line ends it. */
static guint64
left_over (LeafWalk *w)
{
  guint64 sum = w->run.count;
  LeafRun run;

  while (!text_lines_end (&w->lines))
    {
      if (is_reboot_line (&w->lines))
        continue;
      if (!parse_run (&w->lines, &run))
        {
          checks_fail_text (w->checks, "leaves:report", "lines \"leaf …\"", "a line that is none");
          break;
        }
      if (__builtin_add_overflow (sum, run.count, &sum))
        break;
    }
  return sum;
}

void
check_leaves (const CheckInputs *in, Checks *checks)
{
  const Timeline *t = in->timeline;

  if (t->boot != NULL) /* a distribution reads none */
    return;
  if (in->leaf_map == NULL || !t->marks[RECORD_MARK_LEAVES_END].seen)
    {
      checks_not_run (checks, "leaves");
      return;
    }
  g_autofree LeafWalk *w = g_new0 (LeafWalk, 1);
  w->timeline = t;
  w->map = in->leaf_map;
  w->checks = checks;
  w->lines = text_lines (t->l2_report->str, t->l2_report->len);

  const guint64 met = walk_leaves (w);
  checks_compare (checks, met, w->answers + left_over (w), NULL, "leaves:answers");
  checks_compare (checks, w->undefined_asked, w->undefined_told, NULL, "leaves:undefined-reasons");
  checks_compare (checks, w->zeroes_expected, w->zeroes_told, NULL, "leaves:reasons-at-zero");
}

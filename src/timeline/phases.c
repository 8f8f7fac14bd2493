/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Marks are found in the exits, phases between the marks. */
#include "timeline/phases.h"

#include "timeline/cursor.h"

#define VMX_REASON_IO 30u
#define SVM_CODE_IOIO 0x7bu

static gboolean
is_byte_out (Isa isa, guint64 info1)
{
  if (isa == ISA_VMX)
    return (info1 & 0x1f) == 0; /* size 1, OUT, not string */
  return (info1 & 0x0d) == 0 && (info1 & 0x70) == 0x10; /* OUT, not string or REP, size 1 */
}

guint
exit_mark (Isa isa, const struct kvm_exit_log_record *exit)
{
  if (exit->reason != (isa == ISA_VMX ? VMX_REASON_IO : SVM_CODE_IOIO))
    return 0;
  const guint64 port = exit->info1 >> 16;
  if (port <= RECORD_MARK_PORT || port >= RECORD_MARK_PORT + RECORD_MARK_COUNT || !is_byte_out (isa, exit->info1))
    return 0;
  return (guint) (port - RECORD_MARK_PORT);
}

/* Marks come in ascending order, each once; USER_SPACE and READY first, an end only after its beginning. */
static gboolean
may_follow (const Timeline *t, guint last, guint mark)
{
  if (mark > RECORD_MARK_POWEROFF || mark <= last)
    return FALSE;
  if (mark <= RECORD_MARK_READY)
    return mark == last + 1;
  if (!t->marks[RECORD_MARK_READY].seen)
    return FALSE;
  if (mark == RECORD_MARK_LEAVES_END || mark == RECORD_MARK_IDLE_END)
    return last == mark - 1;
  return TRUE;
}

typedef struct {
  guint last_mark;
  gboolean in_kernel;
  TimelineMark kernel;
} Search;

static void
look_at (Timeline *t, Search *search, guint64 seq, const struct kvm_exit_log_record *exit)
{
  if (!search->in_kernel && exit->rip >= PHASE_KERNEL_RIP && search->last_mark == 0)
    {
      search->in_kernel = TRUE;
      search->kernel = (TimelineMark) { TRUE, seq, timeline_ns (t, exit->tsc) };
    }
  const guint mark = exit_mark (t->isa, exit);
  if (mark == 0)
    return;
  if (!may_follow (t, search->last_mark, mark))
    {
      t->stray_marks++;
      return;
    }
  t->marks[mark] = (TimelineMark) { TRUE, seq, timeline_ns (t, exit->tsc) };
  search->last_mark = mark;
}

static void
add_phase (Timeline *t, const char *name, const TimelineMark *from)
{
  if (!from->seen)
    return;
  if (t->phases->len > 0)
    {
      TimelinePhase *before = &g_array_index (t->phases, TimelinePhase, t->phases->len - 1);
      before->end = from->seq;
      before->end_ns = from->t_ns;
    }
  const TimelinePhase phase = { name, from->seq, t->exits, from->t_ns, t->end_ns };
  g_array_append_val (t->phases, phase);
}

void
timeline_find_phases (Timeline *t)
{
  const TimelineMark first_entry = { t->exits > 0, 0, 0 };
  Search search = { 0 };
  ExitCursor cursor;
  const struct kvm_exit_log_record *exit;

  exit_cursor_init (&cursor, t);
  for (guint64 seq = 0; (exit = exit_cursor_next (&cursor, NULL)) != NULL; seq++)
    look_at (t, &search, seq, exit);

  const TimelineMark *marks = t->marks;
  add_phase (t, "firmware", &first_entry);
  add_phase (t, "kernel", &search.kernel);
  add_phase (t, "user-space", &marks[RECORD_MARK_USER_SPACE]);
  add_phase (t, "post-ready", &marks[RECORD_MARK_READY]);
  add_phase (t, "leaves", &marks[RECORD_MARK_LEAVES]);
  add_phase (t, "report", &marks[RECORD_MARK_LEAVES_END]);
  add_phase (t, "idle", &marks[RECORD_MARK_IDLE]);
  add_phase (t, "shutdown", &marks[marks[RECORD_MARK_IDLE_END].seen ? RECORD_MARK_IDLE_END : RECORD_MARK_POWEROFF]);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Marks and operations are found in the exits, phases between the marks; before the first mark the exits tell by themselves. */
#include "timeline/phases.h"

#include "record/operations.h"
#include "timeline/boot.h"
#include "timeline/cursor.h"

#define VMX_REASON_IO 30u
#define SVM_CODE_IOIO 0x7bu
#define PORT_FW_CFG 0x510u
#define PORT_FW_CFG_LAST 0x51bu
#define PORT_PCI_PROBE 0xcfbu
#define REAL_MODE_RIP_END 0x10000u
#define KERNEL_ENTRY_RIP 0x100000u

/* The parts of the boot that have no mark, in order. */
enum { CUT_FIRMWARE, CUT_LOADER, CUT_DECOMPRESSOR, CUT_EARLY_KERNEL, CUT_DEVICES, CUTS };

typedef struct {
  guint last_mark;
  guint cut;
  TimelineMark cuts[CUTS];
  TimelineMark known_answer, reboot;
  guint guest; /* that exits now */
  gboolean in_round;
  TimelineOperation round;
  BootFind *boot; /* of a distribution, instead of cuts and marks; NULL: L2 marks its boot */
} Search;

static gboolean
is_byte_out (Isa isa, guint64 info1)
{
  if (isa == ISA_VMX)
    return (info1 & 0x1f) == 0; /* size 1, OUT, not string */
  return (info1 & 0x0d) == 0 && (info1 & 0x70) == 0x10; /* OUT, not string or REP, size 1 */
}

gboolean
exit_port (Isa isa, const struct kvm_exit_log_record *exit, guint *port)
{
  if (exit->reason != (isa == ISA_VMX ? VMX_REASON_IO : SVM_CODE_IOIO))
    return FALSE;
  *port = (guint) (exit->info1 >> 16 & 0xffff);
  return TRUE;
}

guint
exit_byte_out (Isa isa, const struct kvm_exit_log_record *exit)
{
  guint port;
  return exit_port (isa, exit, &port) && is_byte_out (isa, exit->info1) ? port : 0;
}

/* The part of the boot that an exit begins, CUT_FIRMWARE if none. */
static guint
cut_of (Isa isa, guint now, const struct kvm_exit_log_record *exit)
{
  guint port = 0;

  if (exit->rip >= PHASE_KERNEL_RIP)
    return now < CUT_EARLY_KERNEL ? CUT_EARLY_KERNEL : exit_byte_out (isa, exit) == PORT_PCI_PROBE ? CUT_DEVICES : CUT_FIRMWARE;
  if (now == CUT_FIRMWARE && exit_port (isa, exit, &port) && port >= PORT_FW_CFG && port <= PORT_FW_CFG_LAST && exit->rip < REAL_MODE_RIP_END)
    return CUT_LOADER;
  return now == CUT_LOADER && exit->rip >= KERNEL_ENTRY_RIP ? CUT_DECOMPRESSOR : CUT_FIRMWARE;
}

/* Marks of the boot come in ascending order, each once; USER_SPACE and READY first, an end only after its beginning. */
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

static gboolean
take_mark (Timeline *t, Search *search, guint mark, const TimelineMark *here)
{
  if (!may_follow (t, search->last_mark, mark))
    return FALSE;
  t->marks[mark] = *here;
  search->last_mark = mark;
  return TRUE;
}

/* Rounds do not overlap; each guest performs only operations of its own. */
static gboolean
begin_round (Search *search, guint number, guint guest_kind, const TimelineMark *here)
{
  if (search->in_round || number >= OPERATIONS || record_operations[number].guest != guest_kind ||
      (guest_kind == RECORD_GUEST_LINUX && search->last_mark != RECORD_MARK_OPERATIONS))
    return FALSE;
  search->in_round = TRUE;
  search->round = (TimelineOperation) { .number = number, .first = here->seq + 1, .start_ns = here->t_ns };
  if (number == OPERATION_REBOOT && !search->reboot.seen)
    search->reboot = *here;
  return TRUE;
}

static gboolean
end_round (Timeline *t, Search *search, const TimelineMark *here)
{
  if (!search->in_round)
    return FALSE;
  search->in_round = FALSE;
  search->round.end = here->seq;
  search->round.end_ns = here->t_ns;
  g_array_append_val (t->operations, search->round);
  return TRUE;
}

static void
look_at_port (Timeline *t, Search *search, guint guest_kind, guint port, const TimelineMark *here)
{
  gboolean taken = TRUE;

  if (port == RECORD_MARK_PORT + RECORD_MARK_OPERATION_END)
    taken = end_round (t, search, here);
  else if (port >= RECORD_OPERATION_PORT && port < RECORD_OPERATION_PORT + RECORD_OPERATION_MAX)
    taken = begin_round (search, port - RECORD_OPERATION_PORT, guest_kind, here);
  else if (port > RECORD_MARK_PORT && port < RECORD_MARK_PORT + RECORD_MARK_COUNT)
    taken = guest_kind == RECORD_GUEST_LINUX && take_mark (t, search, port - RECORD_MARK_PORT, here);
  t->stray_marks += taken ? 0 : 1;
}

/* The guest has ended. */
static void
give_up_round (Timeline *t, Search *search)
{
  t->unended_rounds += search->in_round ? 1 : 0;
  search->in_round = FALSE;
}

/* At the first exit of a guest; the run begins with the first, which is Linux's. */
static void
change_guest (Timeline *t, Search *search, guint guest, const TimelineMark *here)
{
  give_up_round (t, search);
  search->guest = guest;
  if (t->guests[guest].kind == RECORD_GUEST_KNOWN_ANSWER && !search->known_answer.seen)
    search->known_answer = *here;
}

static void
look_at (Timeline *t, Search *search, guint64 seq, guint vcpu, const struct kvm_exit_log_record *exit)
{
  const guint guest = t->n_guests == 1 ? 0 : timeline_guest (t, vcpu), guest_kind = t->guests[guest].kind;

  if (search->boot != NULL && guest == 0)
    {
      t->stray_marks += boot_find_exit (search->boot, seq, exit) ? 0 : 1;
      return;
    }
  const guint port = exit_byte_out (t->isa, exit);
  const gboolean unmarked = search->last_mark == 0 && guest_kind == RECORD_GUEST_LINUX && search->boot == NULL;

  /* Most exits begin nothing. */
  if (port == 0 && guest == search->guest && !unmarked)
    return;
  const TimelineMark here = { TRUE, seq, timeline_ns (t, exit->tsc) };
  if (guest != search->guest)
    change_guest (t, search, guest, &here);
  if (unmarked)
    {
      const guint cut = cut_of (t->isa, search->cut, exit);
      if (cut > search->cut)
        search->cuts[search->cut = cut] = here;
    }
  if (port != 0)
    look_at_port (t, search, guest_kind, port, &here);
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

/* When the last exit of the guests before the known-answer guest ended: from then on no L2 runs. */
static TimelineMark
off_mark (const Timeline *t, const TimelineMark *known_answer)
{
  guint64 end_tsc = t->first_entry_tsc;

  for (guint i = 0; i < t->n_vcpus; i++)
    if (timeline_guest_kind (t, i) != RECORD_GUEST_KNOWN_ANSWER)
      end_tsc = MAX (end_tsc, t->vcpus[i].end_tsc);
  return (TimelineMark) { known_answer->seen && known_answer->seq > 0, known_answer->seq, timeline_ns (t, end_tsc) };
}

/* What L2's marks and the exits before them tell. */
static void
add_marked_phases (Timeline *t, const Search *search)
{
  static const char *const cut_names[CUTS] = {
    [CUT_LOADER] = "loader", [CUT_DECOMPRESSOR] = "decompressor", [CUT_EARLY_KERNEL] = "early-kernel", [CUT_DEVICES] = "devices",
  };
  const TimelineMark *marks = t->marks, *idle_end = &marks[RECORD_MARK_IDLE_END], *operations = &marks[RECORD_MARK_OPERATIONS];

  for (guint cut = CUT_LOADER; cut < CUTS; cut++)
    add_phase (t, cut_names[cut], &search->cuts[cut]);
  add_phase (t, "user-space", &marks[RECORD_MARK_USER_SPACE]);
  add_phase (t, "ready", &marks[RECORD_MARK_READY]);
  add_phase (t, "leaves", &marks[RECORD_MARK_LEAVES]);
  add_phase (t, "report", &marks[RECORD_MARK_LEAVES_END]);
  add_phase (t, "idle", &marks[RECORD_MARK_IDLE]);
  if (operations->seen)
    add_phase (t, "operations", idle_end->seen ? idle_end : operations);
  add_phase (t, "reboot", &search->reboot);
  add_phase (t, "shutdown", idle_end->seen && !operations->seen ? idle_end : &marks[RECORD_MARK_POWEROFF]);
}

static void
add_boot_phases (Timeline *t, const BootFind *find, guint64 end_seq)
{
  BootPhase phases[BOOT_PHASES_MAX];
  const guint n = boot_find_phases (find, phases);

  for (guint i = 0; i < n; i++)
    if (phases[i].from.seq < end_seq)
      add_phase (t, phases[i].name, &phases[i].from);
}

static void
add_phases (Timeline *t, const Search *search)
{
  const TimelineMark off = off_mark (t, &search->known_answer);
  const TimelineMark first_entry = { t->exits > 0, 0, 0 };

  add_phase (t, "firmware", &first_entry);
  if (search->boot != NULL)
    add_boot_phases (t, search->boot, search->known_answer.seen ? search->known_answer.seq : G_MAXUINT64);
  else
    add_marked_phases (t, search);
  add_phase (t, "off", &off);
  add_phase (t, "known-answer", &search->known_answer);
}

void
timeline_find_phases (Timeline *t)
{
  g_autoptr (BootFind) boot = t->boot != NULL ? boot_find_new (t) : NULL;
  Search search = { .boot = boot };
  ExitCursor cursor;
  const struct kvm_exit_log_record *exit;
  guint vcpu = 0;

  exit_cursor_init (&cursor, t);
  for (guint64 seq = 0; (exit = exit_cursor_next (&cursor, &vcpu)) != NULL; seq++)
    look_at (t, &search, seq, vcpu, exit);
  give_up_round (t, &search);
  if (boot != NULL)
    boot_find_end (boot);
  add_phases (t, &search);
}

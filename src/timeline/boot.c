/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Instants of a distribution's boot: by its console, its report and its exits; see boot.h. */
#include "timeline/boot.h"

#include <string.h>

#include "base/error.h"
#include "timeline/cursor.h"
#include "timeline/phases.h"
#include "timeline/text.h"

#define PORT_CONSOLE 0x3f8u
#define PORT_REPORT 0x2f8u
#define LOW_RIP_END 0x100000u
/* UEFI firmware has a few exits below 1 MiB, at the reset vector and where it starts processors; SeaBIOS alone has thousands. */
#define LOW_EXITS_OF_A_BIOS 256u
#define CLOCK_MARKS_MAX 1024u
#define INIT_MESSAGE "Run /init as init process"
#define TSC_MESSAGE "tsc: Detected "
#define TSC_MESSAGE_MAX 64u
#define CLOUD_INIT_LAST "cloud-final.service"
#define VMX_REASON_CPUID 10u
#define SVM_CODE_CPUID 0x72u

typedef struct {
  gboolean seen;
  guint64 seq, tsc;
} At;

/* Something written to a serial port in a piece that was read at `tsc`, the piece before at `after_tsc`. */
typedef struct {
  guint port;
  guint64 after_tsc, tsc;
  gsize behind; /* bytes of the piece behind its end */
  At *outs;     /* the last behind + 1 byte-OUTs; NULL: it was not written */
  guint64 n_outs;
  At last;      /* exit before tsc */
  gboolean done;
} Written;

/* Not ready texts alone. */
enum { WRITTEN_UEFI, WRITTEN_BIOS, WRITTEN_INIT, WRITTEN_REPORT, WRITTEN_READY, WRITTEN_ALL = WRITTEN_READY + L2_VOLUME_READY_MAX };

/* Instants that are sought by time, after the walk: the first exit at or after it. */
enum { TIME_INIT, TIME_SYSTEMD, TIME_CLOUD_INIT, TIME_CLOUD_INIT_END, TIME_REPORTED, TIME_POWERDOWN, TIMES };

struct BootFind {
  Timeline *timeline;
  Written written[WRITTEN_ALL];
  guint open; /* of written, up to here some are not done */
  guint64 clock_rip; /* see boot-report.h */
  GArray *clock_ns; /* of gint64: t_ns of the marks */
  At loader, after_low, kernel_rip;
  guint64 low_exits; /* before the kernel's */
  gint64 times_ns[TIMES]; /* negative: not told */
  TimelineMark times[TIMES];
};

void
timeline_boot_free (TimelineBoot *boot)
{
  if (boot == NULL)
    return;
  boot_report_free (boot->report);
  g_free (boot->report_error);
  g_array_unref (boot->units);
  g_free (boot);
}

gboolean
timeline_boot_take_text (Timeline *t, const char *bytes, gsize size, GError **error)
{
  if (t->boot == NULL)
    {
      t->boot = g_new0 (TimelineBoot, 1);
      t->boot->units = g_array_new (FALSE, FALSE, sizeof (TimelineUnit));
    }
  if (size == 0 || size > L2_VOLUME_READY_BYTES_MAX)
    return fail (error, HARNESS_ERROR_FAILED, "a text of %" G_GSIZE_FORMAT " bytes that L2 is ready with: 1 to %u may be", size, L2_VOLUME_READY_BYTES_MAX);
  if (t->boot->n_ready == L2_VOLUME_READY_MAX)
    return fail (error, HARNESS_ERROR_FAILED, "more than %u texts that L2 is ready with", L2_VOLUME_READY_MAX);
  BootText *text = &t->boot->ready[t->boot->n_ready++];
  memcpy (text->bytes, bytes, size);
  text->size = size;
  return TRUE;
}

static const TimelineConsolePiece *
piece_at (const Timeline *t, guint i)
{
  return &g_array_index (t->console_pieces, TimelineConsolePiece, i);
}

/* The piece that the console's byte `at` came in. Pieces without bytes are passed over. */
static guint
piece_of (const Timeline *t, gsize at)
{
  guint low = 0, high = t->console_pieces->len;

  while (high - low > 1)
    {
      const guint middle = low + (high - low) / 2;
      if (piece_at (t, middle)->offset <= at)
        low = middle;
      else
        high = middle;
    }
  return low;
}

/* The first time that the text stands on the console. */
static gboolean
find_text (const Timeline *t, const char *bytes, gsize size, Written *written)
{
  const char *found = memmem (t->console->str, t->console->len, bytes, size);

  if (found == NULL)
    return FALSE;
  const gsize last = (gsize) (found - t->console->str) + size - 1;
  const guint piece = piece_of (t, last);
  const gsize end = piece + 1 < t->console_pieces->len ? piece_at (t, piece + 1)->offset : t->console->len;

  *written = (Written) {
    .port = PORT_CONSOLE,
    .after_tsc = piece > 0 ? piece_at (t, piece - 1)->tsc : 0,
    .tsc = piece_at (t, piece)->tsc,
    .behind = end - 1 - last,
  };
  written->outs = g_new0 (At, written->behind + 1);
  return TRUE;
}

/* Before the walk: it says what marks look like. */
static void
parse_report (BootFind *f)
{
  const Timeline *t = f->timeline;
  g_autoptr (GError) error = NULL;

  if (boot_report_parse (t->l2_report->str, t->l2_report->len, &t->boot->report, &error))
    f->clock_rip = t->boot->report->clock_rip;
  else
    t->boot->report_error = g_strdup (error->message);
}

BootFind *
boot_find_new (Timeline *t)
{
  static const char *const texts[] = { [WRITTEN_UEFI] = "BdsDxe: starting", [WRITTEN_BIOS] = "Booting from ", [WRITTEN_INIT] = INIT_MESSAGE };
  BootFind *f = g_new0 (BootFind, 1);

  f->timeline = t;
  f->clock_ns = g_array_new (FALSE, FALSE, sizeof (gint64));
  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    find_text (t, texts[i], strlen (texts[i]), &f->written[i]);
  for (guint i = 0; i < t->boot->n_ready; i++)
    t->boot->ready[i].on_console = find_text (t, t->boot->ready[i].bytes, t->boot->ready[i].size, &f->written[WRITTEN_READY + i]);
  if (t->l2_report->len > 0)
    f->written[WRITTEN_REPORT] = (Written) { .port = PORT_REPORT, .after_tsc = t->l2_report_before_tsc, .tsc = t->l2_report_tsc, .outs = g_new0 (At, 1) };
  f->open = WRITTEN_ALL;
  parse_report (f);
  return f;
}

void
boot_find_free (BootFind *f)
{
  if (f == NULL)
    return;
  for (guint i = 0; i < WRITTEN_ALL; i++)
    g_free (f->written[i].outs);
  g_array_unref (f->clock_ns);
  g_free (f);
}

static inline void
look_at_written (Written *written, guint port, const At *here)
{
  if (here->tsc > written->tsc)
    {
      written->done = TRUE;
      return;
    }
  written->last = *here;
  if (port == written->port && here->tsc > written->after_tsc)
    written->outs[written->n_outs++ % (written->behind + 1)] = *here;
}

/* Where the kernel begins: see boot.h. */
static inline void
look_at_rip (BootFind *f, guint64 rip, const At *here)
{
  if (rip >= PHASE_KERNEL_RIP)
    f->kernel_rip = *here;
  else if (rip < LOW_RIP_END)
    {
      f->after_low.seen = FALSE;
      f->low_exits++;
    }
  else if (!f->after_low.seen)
    f->after_low = *here;
}

static void
take_clock_mark (BootFind *f, const At *here)
{
  const gint64 t_ns = timeline_ns (f->timeline, here->tsc);

  f->timeline->boot->clock_marks++;
  if (f->clock_ns->len < CLOCK_MARKS_MAX)
    g_array_append_val (f->clock_ns, t_ns);
}

static gboolean
look_at_port (BootFind *f, guint port, const At *here)
{
  if (port == RECORD_MARK_PORT + RECORD_MARK_CLOCK && f->clock_rip == 0)
    {
      take_clock_mark (f, here);
      return TRUE;
    }
  if (port != RECORD_MARK_PORT + RECORD_MARK_LOADER || f->loader.seen || f->kernel_rip.seen)
    return FALSE;
  f->loader = *here;
  return TRUE;
}

gboolean
boot_find_exit (BootFind *f, guint64 seq, const struct kvm_exit_log_record *exit)
{
  const At here = { TRUE, seq, exit->tsc };
  const guint port = exit_byte_out (f->timeline->isa, exit);
  guint open = 0;

  for (guint i = 0; i < f->open; i++)
    {
      Written *written = &f->written[i];
      if (written->outs == NULL || written->done)
        continue;
      look_at_written (written, port, &here);
      open = i + 1;
    }
  f->open = open;
  if (!f->kernel_rip.seen)
    look_at_rip (f, exit->rip, &here);
  else if (f->clock_rip != 0 && exit->rip == f->clock_rip && exit->reason == (f->timeline->isa == ISA_VMX ? VMX_REASON_CPUID : SVM_CODE_CPUID))
    take_clock_mark (f, &here);
  return port <= RECORD_MARK_PORT || port >= RECORD_OPERATION_PORT + RECORD_OPERATION_MAX || look_at_port (f, port, &here);
}

static TimelineMark
mark_of (const BootFind *f, const At *at)
{
  return at->seen ? (TimelineMark) { TRUE, at->seq, timeline_ns (f->timeline, at->tsc) } : (TimelineMark) { 0 };
}

/* The exit that wrote its last byte. */
static TimelineMark
mark_of_written (const BootFind *f, const Written *written, gboolean *by_byte)
{
  const guint64 wanted = written->behind + 1;

  *by_byte = written->outs != NULL && written->n_outs >= wanted;
  return mark_of (f, *by_byte ? &written->outs[written->n_outs % wanted] : &written->last);
}

/* An offset that lies between low and high. */
typedef struct {
  gint64 low, high;
} Bounds;

static BootClock
clock_of (const Bounds *bounds, guint n)
{
  BootClock clock = { .brackets = n, .known = n > 0, .from_khz = 1, .to_khz = 1 };
  guint best = 0;

  for (guint i = 1; i < n; i++)
    if (bounds[i].high - bounds[i].low < bounds[best].high - bounds[best].low)
      best = i;
  for (guint i = 0; i < n; i++)
    clock.agree += bounds[i].low <= bounds[best].high && bounds[i].high >= bounds[best].low ? 1 : 0;
  if (n > 0)
    {
      clock.error_ns = (bounds[best].high - bounds[best].low + 1) / 2;
      clock.offset_ns = bounds[best].low + clock.error_ns;
    }
  return clock;
}

/* "tsc: Detected 999.951 MHz processor", as kHz. */
static gboolean
read_tsc_khz (const char *text, gsize size, guint32 *khz)
{
  TextLines rest = text_lines (text, size);
  guint64 mhz, thousandths;

  if (size < strlen (TSC_MESSAGE))
    return FALSE;
  rest.at += strlen (TSC_MESSAGE);
  if (!text_decimal (&rest, &mhz) || text_lines_end (&rest) || *rest.at++ != '.')
    return FALSE;
  const char *from = rest.at;
  if (!text_decimal (&rest, &thousandths) || rest.at - from != 3 || mhz > 1000000)
    return FALSE;
  *khz = (guint32) (mhz * 1000 + thousandths);
  return TRUE;
}

/* L2's own figure of its TSC, by its report or on its console; of what is far off the run's own, that. */
static guint32
find_tsc_khz (const Timeline *t)
{
  const GArray *messages = t->boot->report->messages;
  const char *seen = memmem (t->console->str, t->console->len, TSC_MESSAGE, strlen (TSC_MESSAGE));
  guint32 khz = 0;
  gboolean found = FALSE;

  for (guint i = 0; i < messages->len && !found; i++)
    {
      const char *text = g_array_index (messages, BootMessage, i).text;
      found = g_str_has_prefix (text, TSC_MESSAGE) && read_tsc_khz (text, strlen (text), &khz);
    }
  if (!found && seen != NULL)
    found = read_tsc_khz (seen, MIN (TSC_MESSAGE_MAX, (gsize) (t->console->str + t->console->len - seen)), &khz);
  const guint32 off = khz > t->tsc_khz ? khz - t->tsc_khz : t->tsc_khz - khz;
  return found && off <= t->tsc_khz / 100 ? khz : t->tsc_khz;
}

/* A time of L2's at the run's rate, from the same zero. */
static gint64
scaled (const BootClock *clock, gint64 ns)
{
  return (gint64) ((__int128) ns * clock->from_khz / clock->to_khz);
}

/* CLOCK_MONOTONIC to t_ns. */
static gint64
ns_of (const TimelineBoot *boot, gint64 monotonic_ns)
{
  return scaled (&boot->clock, monotonic_ns) + boot->clock.offset_ns;
}

/* Times are of a week at most in L2 and of two days in the run: no difference overflows. */
static void
map_clocks (BootFind *f)
{
  TimelineBoot *boot = f->timeline->boot;
  const BootClock rate = { .from_khz = find_tsc_khz (f->timeline), .to_khz = f->timeline->tsc_khz };
  const GArray *clocks = boot->report->clocks, *printks = boot->report->printks;
  g_autofree Bounds *bounds = g_new (Bounds, MAX (clocks->len, printks->len) + 1);
  const guint n = MIN (clocks->len, f->clock_ns->len);

  for (guint i = 0; i < n; i++)
    {
      const BootBracket *line = &g_array_index (clocks, BootBracket, i);
      const gint64 mark_ns = g_array_index (f->clock_ns, gint64, i);
      bounds[i] = (Bounds) { mark_ns - scaled (&rate, line->after_ns), mark_ns - scaled (&rate, line->before_ns) };
    }
  boot->clock = clock_of (bounds, n);
  boot->clock.from_khz = rate.from_khz;
  boot->clock.to_khz = rate.to_khz;
  for (guint i = 0; i < printks->len; i++)
    {
      const BootBracket *line = &g_array_index (printks, BootBracket, i);
      /* The kernel tells its log's times to the microsecond, cut off. */
      const gint64 cut_ns = line->printk_ns % 1000 == 0 ? 999 : 0;
      bounds[i] = (Bounds) { line->before_ns - line->printk_ns - cut_ns, line->after_ns - line->printk_ns };
    }
  boot->printk = clock_of (bounds, printks->len);
}

static gboolean
is_of_cloud_init (const char *name)
{
  return (g_str_has_prefix (name, "cloud-init") || g_str_has_prefix (name, "cloud-config") || g_str_has_prefix (name, "cloud-final")) &&
         g_str_has_suffix (name, ".service");
}

static void
take_units (BootFind *f)
{
  TimelineBoot *boot = f->timeline->boot;

  for (guint i = 0; i < boot->report->units->len; i++)
    {
      const BootUnit *from = &g_array_index (boot->report->units, BootUnit, i);
      const TimelineUnit unit = { from->name, ns_of (boot, from->start_us * 1000), from->active_us > 0 ? ns_of (boot, from->active_us * 1000) : -1 };
      if (unit.start_ns < 0) /* before L2 was first entered: L2's clock is not what it says */
        continue;
      g_array_append_val (boot->units, unit);
      if (is_of_cloud_init (unit.name) && f->times_ns[TIME_CLOUD_INIT] < 0)
        f->times_ns[TIME_CLOUD_INIT] = unit.start_ns;
      if (strcmp (unit.name, CLOUD_INIT_LAST) == 0 && unit.active_ns >= unit.start_ns)
        f->times_ns[TIME_CLOUD_INIT_END] = unit.active_ns;
    }
}

static void
take_report (BootFind *f)
{
  TimelineBoot *boot = f->timeline->boot;

  map_clocks (f);
  if (!boot->clock.known)
    return;
  take_units (f);
  if (boot->report->userspace_us > 0)
    f->times_ns[TIME_SYSTEMD] = ns_of (boot, boot->report->userspace_us * 1000);
  for (guint i = 0; i < boot->report->messages->len && boot->printk.known && f->times_ns[TIME_INIT] < 0; i++)
    {
      const BootMessage *message = &g_array_index (boot->report->messages, BootMessage, i);
      if (g_str_has_prefix (message->text, INIT_MESSAGE))
        f->times_ns[TIME_INIT] = ns_of (boot, message->printk_ns + boot->printk.offset_ns);
    }
}

static void
read_report (BootFind *f)
{
  const Timeline *t = f->timeline;
  gboolean by_byte;

  for (guint i = 0; i < TIMES; i++)
    f->times_ns[i] = -1;
  if (t->boot->report != NULL)
    take_report (f);
  for (guint i = 0; i < t->events->len; i++)
    {
      const TimelineEvent *event = &g_array_index (t->events, TimelineEvent, i);
      if (event->code == RECORD_EVENT_L2_POWERDOWN && f->times_ns[TIME_POWERDOWN] < 0)
        f->times_ns[TIME_POWERDOWN] = MIN (timeline_ns (t, event->tsc), G_MAXINT64 - 1);
    }
  const TimelineMark last = mark_of_written (f, &f->written[WRITTEN_REPORT], &by_byte);
  if (last.seen)
    f->times_ns[TIME_REPORTED] = last.t_ns + 1; /* the exit behind the one by which its last byte was written */
}

/* The first exit of L2's at or after each time, in one walk. What is before its first entry or after its last exit was not told. */
static void
find_times (BootFind *f)
{
  ExitCursor cursor;
  const struct kvm_exit_log_record *exit;
  guint left = 0, vcpu = 0;
  gint64 next_ns = G_MAXINT64;

  for (guint i = 0; i < TIMES; i++)
    if (f->times_ns[i] >= 0)
      {
        left++;
        next_ns = MIN (next_ns, f->times_ns[i]);
      }
  exit_cursor_init (&cursor, f->timeline);
  for (guint64 seq = 0; left > 0 && (exit = exit_cursor_next (&cursor, &vcpu)) != NULL && timeline_guest (f->timeline, vcpu) == 0; seq++)
    {
      const gint64 t_ns = timeline_ns (f->timeline, exit->tsc);
      if (t_ns < next_ns)
        continue;
      next_ns = G_MAXINT64;
      for (guint i = 0; i < TIMES; i++)
        if (f->times_ns[i] >= 0 && !f->times[i].seen)
          {
            if (f->times_ns[i] <= t_ns)
              {
                f->times[i] = (TimelineMark) { TRUE, seq, t_ns };
                left--;
              }
            else
              next_ns = MIN (next_ns, f->times_ns[i]);
          }
    }
}

static void
find_ready (BootFind *f)
{
  Timeline *t = f->timeline;
  TimelineBoot *boot = t->boot;
  TimelineMark ready = { 0 };
  guint seen = 0;

  for (guint i = 0; i < boot->n_ready; i++)
    {
      BootText *text = &boot->ready[i];
      text->mark = mark_of_written (f, &f->written[WRITTEN_READY + i], &text->by_byte);
      seen += text->mark.seen ? 1 : 0;
      if (text->mark.seen && (!ready.seen || text->mark.seq > ready.seq))
        ready = text->mark;
    }
  boot->login = boot->ready[0].mark;
  boot->cloud_init = f->times[TIME_CLOUD_INIT_END];
  boot->systemd = f->times[TIME_SYSTEMD];
  if (seen < boot->n_ready)
    ready = (TimelineMark) { 0 };
  else
    ready = boot->cloud_init.seen && boot->cloud_init.seq > ready.seq ? boot->cloud_init : ready;
  t->marks[RECORD_MARK_READY] = ready;
}

/* The only instant far from the brackets that two accounts have. */
static void
compare_init (BootFind *f)
{
  gboolean by_byte;
  const TimelineMark seen = mark_of_written (f, &f->written[WRITTEN_INIT], &by_byte);

  f->timeline->boot->init_twice = seen.seen && f->times_ns[TIME_INIT] >= 0;
  if (f->timeline->boot->init_twice)
    f->timeline->boot->init_delay_ns = seen.t_ns - f->times_ns[TIME_INIT];
}

void
boot_find_end (BootFind *f)
{
  read_report (f);
  compare_init (f);
  find_times (f);
  find_ready (f);
  f->timeline->marks[RECORD_MARK_LOADER] = mark_of (f, &f->loader);
}

static TimelineMark
grub_of (const BootFind *f)
{
  gboolean by_byte;
  TimelineMark from = mark_of (f, &f->loader);

  for (guint i = WRITTEN_UEFI; i <= WRITTEN_BIOS && !from.seen; i++)
    from = mark_of_written (f, &f->written[i], &by_byte);
  return from.seen && f->kernel_rip.seen && from.seq >= f->kernel_rip.seq ? (TimelineMark) { 0 } : from;
}

static TimelineMark
kernel_of (const BootFind *f, const TimelineMark *grub)
{
  const gboolean is_bios = f->loader.seen || f->low_exits >= LOW_EXITS_OF_A_BIOS;
  const gboolean after_grub = f->after_low.seen && (!grub->seen || f->after_low.seq > grub->seq);

  if (!f->kernel_rip.seen)
    return (TimelineMark) { 0 };
  return mark_of (f, is_bios && after_grub ? &f->after_low : &f->kernel_rip);
}

static TimelineMark
earlier (const TimelineMark *a, const TimelineMark *b)
{
  if (!a->seen || !b->seen)
    return a->seen ? *a : *b;
  return a->seq <= b->seq ? *a : *b;
}

/* Only what begins after the one before, and `before` an end. */
static void
add (BootPhase *phases, guint *n, const char *name, const TimelineMark *from, guint64 before_seq)
{
  const guint64 after = *n > 0 ? phases[*n - 1].from.seq : 0;

  if (from->seen && from->seq > after && from->seq < before_seq)
    phases[(*n)++] = (BootPhase) { name, *from };
}

/* What follows READY. */
static void
add_last (const BootFind *f, const TimelineMark *ready, BootPhase *phases, guint *n)
{
  const TimelineMark end = f->times[TIME_REPORTED], button = f->times[TIME_POWERDOWN];
  const gboolean reports = end.seen && end.seq > ready->seq, idles = !reports && button.seen && button.seq > ready->seq;

  add (phases, n, reports ? "report" : idles ? "idle" : "shutdown", ready, G_MAXUINT64);
  if (reports || idles)
    add (phases, n, "shutdown", reports ? &end : &button, G_MAXUINT64);
}

guint
boot_find_phases (const BootFind *f, BootPhase phases[BOOT_PHASES_MAX])
{
  const Timeline *t = f->timeline;
  const TimelineBoot *boot = t->boot;
  const TimelineMark *ready = &t->marks[RECORD_MARK_READY];
  const guint64 end = ready->seen ? ready->seq : G_MAXUINT64;
  gboolean by_byte;
  const TimelineMark grub = grub_of (f), kernel = kernel_of (f, &grub);
  const TimelineMark init = f->times[TIME_INIT].seen ? f->times[TIME_INIT] : mark_of_written (f, &f->written[WRITTEN_INIT], &by_byte);
  const TimelineMark login = earlier (&boot->login, &boot->cloud_init);
  guint n = 0;

  add (phases, &n, "grub", &grub, end);
  add (phases, &n, "kernel", &kernel, end);
  add (phases, &n, "initramfs", &init, end);
  add (phases, &n, "systemd", &boot->systemd, end);
  add (phases, &n, "cloud-init", &f->times[TIME_CLOUD_INIT], end);
  add (phases, &n, "login", &login, end);
  if (ready->seen)
    add_last (f, ready, phases, &n);
  return n;
}

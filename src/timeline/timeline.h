/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a run's records tell, in order: the exits of all vCPUs merged by time, samples, marks,
 * phases, consoles. Built once, then read-only; it borrows nothing but the bytes it holds a reference on.
 *
 * Exits are numbered from 0 in merged order: by TSC, then by vCPU. Times are guest nanoseconds from L2's first
 * entry: t_ns = (tsc - first_entry_tsc) * 1000000 / tsc_khz, rounded down.
 */
#pragma once
#include <glib.h>

#include "base/isa.h"
#include "record/operations.h"
#include "record/record.h"

#define TIMELINE_VCPUS_MAX 64u
#define TIMELINE_OTHER_MAX 64u
#define TIMELINE_OTHER_FIRST KVM_EXIT_LOG_NR_SLOTS
#define TIMELINE_REASONS (TIMELINE_OTHER_FIRST + TIMELINE_OTHER_MAX)

/* A run of exits of one vCPU, as it lies in the records. */
typedef struct {
  const struct kvm_exit_log_record *exits;
  gsize n;
} TimelineChunk;

typedef struct {
  gboolean attached;
  guint id; /* within its guest */
  struct kvm_exit_log_header log; /* the last copy told; all zero for tracepoints */
  GArray *chunks;                 /* of TimelineChunk */
  GArray *slots;                  /* of struct kvm_exit_log_slot: the final counters */
  gboolean has_final;             /* the header was told again after the slots: `log` and `slots` are final */
  guint64 exits, cycles;          /* of the exits recorded */
  guint64 end_tsc;                /* when the last one ended */
} TimelineVcpu;

/* The L2 guests of a run, one after the other; each has vCPUs of its own. The first is the one whose boot is measured; kinds ascend. */
#define TIMELINE_GUESTS_MAX 8u

typedef struct {
  guint kind; /* enum record_guest_kind */
  guint first_vcpu, n_vcpus;
} TimelineGuest;

typedef struct {
  guint vcpu;
  const struct record_sample *sample;
  const struct record_sample_reason *reasons;
  guint n_reasons;
} TimelineSample;

typedef struct {
  gboolean seen;
  guint64 seq; /* of the exit that is the mark */
  gint64 t_ns;
} TimelineMark;

/* Exits [first, end) and times [start_ns, end_ns). A mark's own exit belongs to the phase that it begins. */
typedef struct {
  const char *name;
  guint64 first, end;
  gint64 start_ns, end_ns;
} TimelinePhase;

/* One round of an operation (record/operations.h): exits [first, end), strictly between its marks; times of the marks. */
typedef struct {
  guint number; /* into record_operations */
  guint64 first, end;
  gint64 start_ns, end_ns;
} TimelineOperation;

typedef struct {
  guint64 tsc;
  guint32 code; /* enum record_event_code */
  gint32 value;
  char *text; /* printable UTF-8 */
} TimelineEvent;

typedef struct {
  guint64 tsc;
  gsize offset; /* into console */
} TimelineConsolePiece;

typedef struct {
  guint32 reason;
  guint64 count;
} TimelineHist;

typedef struct TimelineBoot TimelineBoot; /* boot.h */

typedef struct {
  GBytes *bytes;
  Isa isa;
  enum record_source source;
  char *l1_release; /* L1's kernel release */
  guint32 tsc_khz;
  guint64 first_entry_tsc;
  gboolean first_entry_told; /* else first_entry_tsc is the first exit's */

  TimelineVcpu vcpus[TIMELINE_VCPUS_MAX];
  guint n_vcpus; /* of all guests together: highest attached + 1 */
  TimelineGuest guests[TIMELINE_GUESTS_MAX];
  guint n_guests; /* at least 1 */
  guint64 exits, cycles;
  gint64 end_ns; /* when the last exit ended */

  /* Reasons by index, see timeline_reason(): what code each stands for and how many exits it has. */
  guint32 reason_codes[TIMELINE_REASONS];
  guint64 reason_exits[TIMELINE_REASONS];
  guint n_others;

  TimelineMark marks[RECORD_MARK_COUNT];
  guint stray_marks; /* exits that look like a mark but are not at a place where one may be */
  GArray *phases;    /* of TimelinePhase: they follow each other without a gap and cover every exit */
  GArray *operations; /* of TimelineOperation, in order; rounds that were begun and ended */
  guint unended_rounds;

  GArray *samples;         /* of TimelineSample */
  GArray *events;          /* of TimelineEvent */
  GHashTable *kvm_stats;   /* char * -> guint64 *: the last value of each statistic, summed over the guests */
  GHashTable *kvm_stats_before; /* the same of the guests before the current one; used while loading */
  GArray *trace_hist;      /* of TimelineHist; NULL if the run had none */
  GString *console;        /* of L2, raw bytes */
  GArray *console_pieces;  /* of TimelineConsolePiece */
  GString *l2_report;      /* raw bytes */
  guint64 l2_report_tsc, l2_report_before_tsc; /* when its last piece was read, and the piece before */
  TimelineBoot *boot;      /* of an L2 that is no guest of ours; NULL: L2 marks its boot */
  gboolean whole;          /* the end record was read */
  struct record_end end;
  const void *mapped;      /* where the records are mapped from a file; NULL: they are plain memory */
} Timeline;

void timeline_free (Timeline *timeline);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Timeline, timeline_free)

/*
 * Reads the records of one run. FALSE if they are damaged or impossible ("records: …"); a run that merely
 * ended early gives a timeline, of which timeline_check_complete() (outcome.h) says what is missing.
 */
gboolean timeline_load (GBytes *records, Timeline **timeline, GError **error);
/*
 * The same for records that are a file's mapping (g_mapped_file_get_bytes() of one that is not writable): every walk
 * gives back the pages it left behind (base/pages.h), so that memory does not grow with them.
 */
gboolean timeline_load_mapped (GBytes *records, Timeline **timeline, GError **error);

/* The guest that a vCPU is of, into guests; its kind: enum record_guest_kind. */
guint timeline_guest (const Timeline *timeline, guint vcpu);
guint timeline_guest_kind (const Timeline *timeline, guint vcpu);

/* Guest nanoseconds of a TSC value; negative before the first entry. */
static inline gint64
timeline_ns (const Timeline *t, guint64 tsc)
{
  const gboolean before = tsc < t->first_entry_tsc;
  const guint64 ticks = before ? t->first_entry_tsc - tsc : tsc - t->first_entry_tsc;
  const guint64 ns = ticks <= G_MAXUINT64 / 1000000 ? ticks * 1000000 / t->tsc_khz
                                                    : (guint64) ((unsigned __int128) ticks * 1000000 / t->tsc_khz);
  return (gint64) (before ? 0 - ns : ns);
}

/* The kernel's slot of an exit code, see exit-log-abi.h. 255: it has none of its own. */
static inline guint
timeline_slot (Isa isa, guint32 code)
{
  if (isa == ISA_VMX)
    return code < 255 ? code : 255;
  if (code < 0xe0)
    return code;
  if (code >= 0x400 && code < 0x410)
    return 0xe0 + (code - 0x400);
  return code == 0xffffffff ? 0xf0 : 255;
}

/* The index of an exit code that occurs in the exits; TIMELINE_REASONS if it does not. */
static inline guint
timeline_reason (const Timeline *t, guint32 code)
{
  const guint slot = timeline_slot (t->isa, code);
  if (slot != 255)
    return slot;
  for (guint i = 0; i < t->n_others; i++)
    if (t->reason_codes[TIMELINE_OTHER_FIRST + i] == code)
      return TIMELINE_OTHER_FIRST + i;
  return TIMELINE_REASONS;
}

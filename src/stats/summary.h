/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A timeline in figures. All are integers; a field says its unit. Windows: `boot` is L2's first entry to the
 * READY mark, that mark's own exit not counted; `all` is every recorded exit. The boot of a distribution (timeline/boot.h) has two more, where
 * these can be told: `login` ends with the first text that it is ready with, `cloud-init` when cloud-init's last unit was active.
 */
#pragma once
#include <glib.h>

#include "base/isa.h"
#include "config/config.h"
#include "record/operations.h"
#include "stats/arith.h"
#include "timeline/timeline.h"

#define SUMMARY_BIN_NS (10 * 1000 * 1000) /* of the index of dispersion */

typedef enum { WINDOW_BOOT, WINDOW_ALL, WINDOW_LOGIN, WINDOW_CLOUD_INIT, WINDOWS } Window;
const char *window_name (Window window); /* "boot", "all", "login", "cloud-init" */

#define SUMMARY_COST_BUCKETS 48u

typedef struct {
  guint32 code;
  guint64 exits, cycles;
  guint64 cycles_p50, cycles_p99; /* nearest rank */
  gint64 first_ns, last_ns;
  /* Exits by cost: bucket b holds those of 2^(b-1) up to 2^b - 1 cycles, bucket 0 those of none, the last all above. */
  guint32 costs[SUMMARY_COST_BUCKETS];
} ReasonSummary;

/* Exits of one kind: reasons that mean the same for both vendors, I/O by the device behind the port. */
typedef struct {
  const char *name; /* "memory", "io-serial"; owned by the kinds that the summary was made with */
  guint64 exits[WINDOWS], cycles[WINDOWS];
} KindSummary;

/* A stretch of the run: a phase or a window. Counts are of whole bins from its start; the last, cut one is left out. */
typedef struct {
  const char *name;
  gint64 start_ns, end_ns;
  guint64 exits, cycles;
  guint32 top_code; /* the most frequent reason; of equals the lowest code */
  guint64 top_exits;
  Dispersion dispersion;
} SpanSummary;

typedef struct {
  gint64 t_ns;
  guint phase; /* into phases */
  guint64 exits, cycles; /* cumulative: exits begun at or before t_ns, and the cycles that these took */
} SeriesRow;

typedef struct {
  guint64 exits, cycles;
} SeriesCell;

typedef struct {
  gboolean even;          /* the boot window's counts vary no more than a Poisson process's */
  gboolean has_rates;     /* at least two phases of the boot window have a whole bin: */
  guint fastest, slowest; /* those with the highest and lowest rate, into phases */
} Stability;

/*
 * A stretch of the boot window within which the rate does not change, see segments.h. Borders are multiples of
 * segment_bin_ns; the last stretch ends with the window.
 */
typedef struct {
  gint64 start_ns, end_ns;
  guint64 exits;
  gboolean burst; /* at least twice the window's mean rate */
  guint32 top_code;
  guint64 top_exits;
  guint top_kind; /* into kinds */
  guint64 top_kind_exits;
} SegmentSummary;

/* All bursts of the boot window together. */
typedef struct {
  guint segments;
  gint64 duration_ns;
  guint64 exits;
  guint top_kind; /* into kinds */
  guint64 top_kind_exits;
} BurstSummary;

typedef struct {
  guint32 code;
  guint64 exits, cycles;
} OperationReason;

/* An operation of operations.h over all its rounds. */
typedef struct {
  guint number; /* into record_operations */
  guint rounds;
  guint64 repetitions;    /* in all */
  guint64 exits, cycles;  /* what lies between the marks, less the median of what the guest's calibration found there in a round; not below 0 */
  guint64 raw_exits, raw_cycles;       /* what lies between the marks */
  guint64 round_exits_min, round_exits_max; /* raw, of one round */
  gint64 duration_ns;     /* between the marks */
  GArray *reasons;        /* of OperationReason, raw: most exits first, of equals the lowest code */
} OperationSummary;

/* A unit of systemd's and the exits while it was being started, from start_ns to active_ns. active_ns < start_ns: it never was, and there are none. */
typedef struct {
  char *name;
  gint64 start_ns, active_ns;
  guint64 exits, cycles;
  guint64 alone;       /* of the exits: while no other unit was being started */
  guint64 share_milli; /* each exit divided evenly among the units being started then; thousandths */
  guint32 top_code;    /* the most frequent reason; of equals the lowest code */
  guint64 top_exits;
  gint64 idle_ns;      /* of no_unit alone: how long no unit was being started */
} UnitSummary;

#define UNIT_NONE "(none)" /* no_unit's name, which no unit can have */

typedef struct {
  Isa isa;
  guint32 tsc_khz; /* cycles a millisecond */
  gint64 end_ns;
  SpanSummary windows[WINDOWS];
  GArray *reasons[WINDOWS]; /* of ReasonSummary: most exits first, of equals the lowest code */
  GArray *phases;           /* of SpanSummary, in order */
  guint boot_phases;        /* the first so many phases make the boot window */
  GArray *rows;             /* of SeriesRow: every step from 0 until the end is covered */
  GArray *codes;            /* of guint32, ascending: the columns of cells */
  GArray *cells;            /* of SeriesCell, rows x codes, cumulative */
  Stability stability;

  GArray *kinds;        /* of KindSummary, those that occur: most exits of window all first, of equals by name */
  GArray *kind_cells;   /* of guint64, rows x kinds: exits, cumulative as the cells */
  gint64 segment_bin_ns;
  GArray *segments;     /* of SegmentSummary: they cover the boot window */
  BurstSummary bursts;
  guint types_90;       /* so many types make 90 % of the boot window's exits */
  guint64 types_90_exits;
  GArray *operations;   /* of OperationSummary, in order of their first round; empty if none were performed */

  char *distribution;   /* what L2 is, if it is no guest of ours: "debian 12"; "" if it does not say; else NULL */
  char *ready_text;     /* of such a guest: the first text that it is ready with, printable */
  GArray *units;        /* of UnitSummary, by start, of equals by name; empty if none are told */
  UnitSummary no_unit;  /* from systemd's start to READY, all that fell into no unit's start */
} LabSummary;

/* All arrays are there and empty; all else is 0. */
LabSummary *lab_summary_new (Isa isa);
void lab_summary_free (LabSummary *summary);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LabSummary, lab_summary_free)

/* The timeline must be complete (timeline_check_complete); the kinds must outlive the summary. step_ns: between rows, more than 0. */
gboolean lab_summary_make (const Timeline *timeline, const ExitKinds *kinds, gint64 step_ns, LabSummary **summary, GError **error);

/* Exits per second in thousandths; 0 for an empty span. */
guint64 span_rate_milli (const SpanSummary *span);
/* Cycles as nanoseconds of the guest. */
gint64 lab_summary_ns (const LabSummary *summary, guint64 cycles);
/* Windows of a distribution need not be there; then they have no reasons. */
gboolean lab_summary_has_window (const LabSummary *summary, Window window);
/* The window's reason by code, or NULL. */
const ReasonSummary *lab_summary_reason (const LabSummary *summary, Window window, guint32 code);
/* The window's reasons, those with the most cycles first, of equals the lowest code. Of const ReasonSummary *. */
GPtrArray *lab_summary_by_cycles (const LabSummary *summary, Window window);
/* By name, or NULL. */
const KindSummary *lab_summary_kind (const LabSummary *summary, const char *name);
const SpanSummary *lab_summary_phase (const LabSummary *summary, const char *name);
/* By number in record_operations, or NULL: it was not performed. */
const OperationSummary *lab_summary_operation (const LabSummary *summary, guint number);
/* Units with exits that were active before the boot was over, the largest fair share first, of equals by start. Of const UnitSummary *. */
GPtrArray *lab_summary_top_units (const LabSummary *summary);
/* What the others are already less by: it is measured, and told nowhere. */
gboolean operation_is_calibration (guint number);

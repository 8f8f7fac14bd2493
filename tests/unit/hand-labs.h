/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Two labs made by hand, of figures that one can follow. TSC 1 GHz: a cycle is a nanosecond. The boot takes 100 ms and 136 exits, 13.6 a bin
 * of 10 ms. vmx: 2 a bin, but 60 in the fifth and sixth; svm: 14 and 13 in turn, but 14 at the end.
 */
#pragma once
#include "unit/unit.h"

#include "report/answers.h"

#define HAND_MS G_GINT64_CONSTANT (1000000)

typedef struct {
  LabSummary *summary;
  Checks *checks;
  ReasonNames *names;
  AnswersLab lab; /* of the three above */
} HandLab;

static inline ReasonNames *
hand_names (const char *text)
{
  g_autofree char *dir = g_dir_make_tmp ("harness-unit-XXXXXX", NULL);
  g_autofree char *path = put_file (dir, "names.csv", text);
  g_autoptr (GError) error = NULL;
  ReasonNames *names = NULL;

  reason_names_load (path, &names, &error);
  assert_no_failure (error);
  assert_true (files_remove_tree (dir, NULL));
  return names;
}

static inline void
hand_check (HandLab *hand, const char *check, const char *expected, const char *actual, const char *verdict)
{
  CheckRow *row = g_new0 (CheckRow, 1);
  *row = (CheckRow) { g_strdup (check), g_strdup (expected), g_strdup (actual), g_strdup (verdict) };
  g_ptr_array_add (hand->checks->rows, row);
}

static inline void
hand_reason (HandLab *hand, guint32 code, guint64 exits, guint64 cycles, guint64 p50, guint64 p99)
{
  const ReasonSummary reason = { .code = code, .exits = exits, .cycles = cycles, .cycles_p50 = p50, .cycles_p99 = p99 };
  g_array_append_val (hand->summary->reasons[WINDOW_BOOT], reason);
  g_array_append_val (hand->summary->reasons[WINDOW_ALL], reason);
}

static inline void
hand_kind (HandLab *hand, const char *name, guint64 exits, guint64 cycles)
{
  const KindSummary kind = { name, { exits, exits }, { cycles, cycles } };
  g_array_append_val (hand->summary->kinds, kind);
}

static inline void
hand_phase (HandLab *hand, const char *name, gint64 start_ms, gint64 end_ms, guint64 exits, guint64 cycles)
{
  const SpanSummary phase = { .name = name, .start_ns = start_ms * HAND_MS, .end_ns = end_ms * HAND_MS, .exits = exits, .cycles = cycles };
  g_array_append_val (hand->summary->phases, phase);
}

static inline void
hand_segment (HandLab *hand, gint64 start_ms, gint64 end_ms, guint64 exits, gboolean burst, guint32 top_code, guint64 top_exits, guint top_kind)
{
  const SegmentSummary segment = {
    start_ms * HAND_MS, end_ms * HAND_MS, exits, burst, top_code, top_exits, top_kind, top_exits,
  };
  g_array_append_val (hand->summary->segments, segment);
}

/* reason_exits: of its one reason; 0: it has none. */
static inline void
hand_operation (HandLab *hand, guint number, guint64 repetitions, guint64 exits, guint64 cycles, guint32 code, guint64 reason_exits, guint64 raw_exits)
{
  const OperationSummary operation = {
    .number = number, .rounds = 1, .repetitions = repetitions, .exits = exits, .cycles = cycles, .raw_exits = raw_exits, .raw_cycles = cycles,
    .reasons = g_array_new (FALSE, FALSE, sizeof (OperationReason)),
  };
  const OperationReason reason = { code, reason_exits, cycles };
  if (reason_exits > 0)
    g_array_append_val (operation.reasons, reason);
  g_array_append_val (hand->summary->operations, operation);
}

static inline void
hand_bins (LabSummary *s, const guint64 *counts, guint n)
{
  s->windows[WINDOW_BOOT].dispersion = (Dispersion) { 0 };
  for (guint i = 0; i < n; i++)
    dispersion_add (&s->windows[WINDOW_BOOT].dispersion, counts[i]);
  s->stability.even = dispersion_is_even (&s->windows[WINDOW_BOOT].dispersion);
}

static inline LabSummary *
hand_summary (Isa isa)
{
  LabSummary *s = lab_summary_new (isa);

  s->tsc_khz = 1000000;
  s->end_ns = 130 * HAND_MS;
  s->windows[WINDOW_BOOT] = (SpanSummary) { .name = "boot", .end_ns = 100 * HAND_MS, .exits = 136, .cycles = 15000000 };
  s->windows[WINDOW_ALL] = (SpanSummary) { .name = "all", .end_ns = 130 * HAND_MS, .exits = 20136, .cycles = 25000000 };
  s->segment_bin_ns = 10 * HAND_MS;
  for (gint64 t = 0; t <= 130; t += 10)
    {
      const SeriesRow row = { .t_ns = t * HAND_MS };
      g_array_append_val (s->rows, row);
    }
  return s;
}

static inline void
hand_vmx_operations (HandLab *h)
{
  hand_operation (h, OPERATION_CALIBRATION, 8, 0, 0, 1, 8, 8);
  hand_operation (h, OPERATION_REBOOT, 1, 18100, 9000000, 48, 9050, 18100);
  hand_operation (h, OPERATION_CPUID, 1500, 1500, 3000000, 10, 1500, 1503);
  hand_operation (h, OPERATION_RDTSC, 1500, 0, 0, 0, 0, 0);
  hand_operation (h, OPERATION_PAUSE, 3000, 0, 0, 1, 1, 1);
  hand_operation (h, OPERATION_PORT_IN, 300, 300, 6000000, 30, 300, 300);
  hand_operation (h, OPERATION_FIRST_TOUCH, 384, 400, 3840100, 48, 400, 400);
  hand_check (h, "records:whole", "1", "1", "ok");
  hand_check (h, "operation:cpuid:reason=10", "1500", "1500", "ok");
  hand_check (h, "operation:rdtsc:reason=16", "0", "0", "ok");
  hand_check (h, "operation:pause:reason=40", "0", "0", "ok");
  hand_check (h, "operation:port-in:reason=30", "300", "300", "ok");
  hand_check (h, "operation:first-touch:reason=48", "384", "400", "surprise");
  hand_check (h, "l0:reason=1", "7", "8", "explained:after-last-record");
  hand_check (h, "trace-hist", "", "", "not-run");
  h->checks->explained = h->checks->not_run = 1;
}

static inline void
hand_vmx (HandLab *h)
{
  static const guint64 bins[] = { 2, 2, 2, 2, 60, 60, 2, 2, 2, 2 };

  h->names = hand_names ("code,name,kind,defined\n0,EXCEPTION_NMI,exception,yes\n1,EXTERNAL_INTERRUPT,interrupt,yes\n10,CPUID,cpuid,yes\n"
                         "12,HLT,hlt,yes\n16,RDTSC,rdtsc,yes\n30,IO_INSTRUCTION,io,yes\n35,REASON_35,other,no\n48,EPT_VIOLATION,memory,yes\n"
                         "49,EPT_MISCONFIG,mmio,yes\n");
  h->summary = hand_summary (ISA_VMX);
  h->checks = checks_new ();
  hand_bins (h->summary, bins, G_N_ELEMENTS (bins));
  hand_phase (h, "firmware", 0, 40, 8, 1000000);
  hand_phase (h, "early-kernel", 40, 60, 120, 13000000);
  hand_phase (h, "user-space", 60, 100, 8, 1000000);
  hand_phase (h, "ready", 100, 130, 20000, 10000000);
  h->summary->boot_phases = 3;
  h->summary->stability.has_rates = TRUE;
  h->summary->stability.fastest = 1;
  hand_reason (h, 48, 100, 10000000, 90000, 200000);
  hand_reason (h, 30, 30, 3000000, 99000, 180000);
  hand_reason (h, 10, 4, 40000, 10000, 10000);
  hand_reason (h, 12, 2, 1960000, 960000, 1000000);
  h->summary->types_90 = 2;
  h->summary->types_90_exits = 130;
  hand_kind (h, "memory", 100, 10000000);
  hand_kind (h, "io-serial", 20, 2000000);
  hand_kind (h, "io-pci", 10, 1000000);
  hand_kind (h, "cpuid", 4, 40000);
  hand_kind (h, "hlt", 2, 1960000);
  hand_segment (h, 0, 40, 8, FALSE, 30, 4, 1);
  hand_segment (h, 40, 60, 120, TRUE, 48, 95, 0);
  hand_segment (h, 60, 100, 8, FALSE, 48, 5, 0);
  h->summary->bursts = (BurstSummary) { 1, 20 * HAND_MS, 120, 0, 95 };
  hand_vmx_operations (h);
  h->lab = (AnswersLab) { "vmx", "Bochs 2.7", "emulated", "exact", "11ff", NULL, h->summary, h->checks, h->names, NULL };
}

static inline void
hand_svm_operations (HandLab *h)
{
  hand_operation (h, OPERATION_CPUID, 1500, 1500, 1500000, 114, 1500, 1500);
  hand_operation (h, OPERATION_RDTSC, 1500, 1500, 1500000, 110, 1500, 1500);
  hand_check (h, "operation:cpuid:reason=114", "1500", "1499", "fail");
  hand_check (h, "operation:rdtsc:reason=110", "0", "1500", "surprise");
  h->checks->failed = 1;
  h->checks->first_failure = g_strdup ("operation:cpuid:reason=114: expected 1500, actual 1499");
}

static inline void
hand_svm (HandLab *h)
{
  static const guint64 bins[] = { 14, 13, 14, 13, 14, 13, 14, 13, 14, 14 };

  h->names = hand_names ("code,name,kind,defined\n0x60,INTR,interrupt,yes\n0x6e,RDTSC,rdtsc,yes\n0x72,CPUID,cpuid,yes\n0x7b,IOIO,io,yes\n"
                         "0x7c,MSR,msr,yes\n0x400,NPF,memory,yes\n");
  h->summary = hand_summary (ISA_SVM);
  h->checks = checks_new ();
  hand_bins (h->summary, bins, G_N_ELEMENTS (bins));
  hand_phase (h, "firmware", 0, 40, 54, 6000000);
  hand_phase (h, "user-space", 40, 100, 82, 9000000);
  h->summary->boot_phases = 2;
  h->summary->stability.has_rates = TRUE;
  h->summary->stability.fastest = 1;
  hand_reason (h, 0x400, 80, 10000000, 90000, 200000);
  hand_reason (h, 0x7b, 30, 3000000, 99000, 180000);
  hand_reason (h, 0x7c, 22, 1900000, 10000, 10000);
  hand_reason (h, 0x72, 4, 100000, 25000, 25000);
  h->summary->types_90 = 3;
  h->summary->types_90_exits = 132;
  hand_kind (h, "memory", 60, 8000000);
  hand_kind (h, "io-serial", 30, 3000000);
  hand_kind (h, "msr", 22, 1900000);
  hand_kind (h, "mmio", 20, 2000000);
  hand_kind (h, "cpuid", 4, 100000);
  hand_segment (h, 0, 100, 136, FALSE, 0x400, 80, 0);
  hand_svm_operations (h);
  h->lab = (AnswersLab) { "svm", "QEMU 7.2.22 (Debian 1:7.2+dfsg-7)", "emulated", "exact", NULL, NULL, h->summary, h->checks, h->names, NULL };
}

static inline void
hand_clear (HandLab *hand)
{
  lab_summary_free (hand->summary);
  checks_free (hand->checks);
  reason_names_free (hand->names);
}

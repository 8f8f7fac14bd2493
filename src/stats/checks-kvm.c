/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel's own accounts: KVM's statistics at the end of the run, each against the exits of the
 * reason whose handler counts it (arch/x86/kvm/vmx/vmx.c, svm/svm.c), and the kvm_exit tracepoint's histogram.
 */
#include "stats/checks.h"

#define VMX_REASON_INTERRUPT_WINDOW 7u

static const struct {
  const char *statistic;
  guint32 reason[2]; /* by Isa */
} statistics[] = {
  { "io_exits", { 30, 0x7b } },
  { "irq_exits", { 1, 0x60 } },
  { "irq_window_exits", { VMX_REASON_INTERRUPT_WINDOW, 0x64 } },
  { "nmi_window_exits", { 8, 0x74 } },
};

/* Reasons that a fast path may handle and re-enter: MSR write, preemption timer. */
static const guint32 fastpath[2][2] = { { 32, 52 }, { 0x7c, 0x7c } };

static guint64
exits_of (const Timeline *t, guint32 code)
{
  const guint index = timeline_reason (t, code);
  return index < TIMELINE_REASONS ? t->reason_exits[index] : 0;
}

static guint64
fastpath_exits (const Timeline *t)
{
  const guint32 *codes = fastpath[t->isa];
  return exits_of (t, codes[0]) + (codes[0] != codes[1] ? exits_of (t, codes[1]) : 0);
}

static guint64
stat_of (const Timeline *t, const char *name)
{
  const guint64 *value = g_hash_table_lookup (t->kvm_stats, name);
  return value != NULL ? *value : 0;
}

/*
 * Without unrestricted guest (ept=0) KVM does not enter a guest whose state VMX refuses, as in real mode, but emulates it, and counts each
 * turn as an exit (vmx_vcpu_run() and handle_invalid_guest_state(), arch/x86/kvm/vmx/vmx.c); interrupt windows too. So many
 * turns at most as instructions were emulated.
 */
static gboolean
may_be_emulated (const Timeline *t, guint64 more)
{
  return t->isa == ISA_VMX && more <= stat_of (t, "insn_emulation");
}

static const char *
exits_rule (const Timeline *t, guint64 actual)
{
  guint64 failures = 0, in_flight = 0;

  for (guint v = 0; v < t->n_vcpus; v++)
    {
      failures += t->vcpus[v].log.entry_failures;
      in_flight += t->vcpus[v].log.exits == t->vcpus[v].exits + 1 ? 1 : 0;
    }
  if (in_flight > 0 && actual == t->exits + in_flight)
    return "in-flight";
  if (failures > 0 && actual == t->exits + failures)
    return "entry-failures";
  if (actual < t->exits && t->exits - actual <= fastpath_exits (t))
    return "fastpath";
  if (actual > t->exits && may_be_emulated (t, actual - t->exits))
    return "emulated-state";
  return NULL;
}

static const char *
window_rule (const Timeline *t, guint32 code, guint64 actual, guint64 total)
{
  const guint64 exits = exits_of (t, code);
  const gboolean is_window = t->isa == ISA_VMX && code == VMX_REASON_INTERRUPT_WINDOW;

  if (!is_window || actual <= exits || total <= t->exits || actual - exits > total - t->exits)
    return NULL;
  return may_be_emulated (t, total - t->exits) ? "emulated-state" : NULL;
}

void
check_kvm_stats (const CheckInputs *in, Checks *checks)
{
  const Timeline *t = in->timeline;
  const guint64 *total = g_hash_table_lookup (t->kvm_stats, "exits");

  if (total == NULL)
    {
      checks_not_run (checks, "kvm-stats");
      return;
    }
  checks_compare (checks, t->exits, *total, exits_rule (t, *total), "kvm-stats:exits");
  for (guint i = 0; i < G_N_ELEMENTS (statistics); i++)
    {
      const guint64 *value = g_hash_table_lookup (t->kvm_stats, statistics[i].statistic);
      const guint32 code = statistics[i].reason[t->isa];
      if (value != NULL)
        checks_compare (checks, exits_of (t, code), *value, window_rule (t, code, *value, *total), "kvm-stats:%s:reason=%u", statistics[i].statistic, code);
    }
}

static guint64
hist_of (const Timeline *t, guint32 code)
{
  guint64 sum = 0;
  for (guint i = 0; i < t->trace_hist->len; i++)
    {
      const TimelineHist *hist = &g_array_index (t->trace_hist, TimelineHist, i);
      if (hist->reason == code)
        sum += hist->count;
    }
  return sum;
}

void
check_trace_hist (const CheckInputs *in, Checks *checks)
{
  const Timeline *t = in->timeline;
  guint64 total = 0;

  if (t->trace_hist == NULL)
    {
      checks_not_run (checks, "trace-hist");
      return;
    }
  for (guint i = 0; i < t->trace_hist->len; i++)
    total += g_array_index (t->trace_hist, TimelineHist, i).count;
  checks_compare (checks, t->exits, total, NULL, "trace-hist:exits");
  for (guint i = 0; i < in->summary->codes->len; i++)
    {
      const guint32 code = g_array_index (in->summary->codes, guint32, i);
      checks_compare (checks, exits_of (t, code), hist_of (t, code), NULL, "trace-hist:reason=%u", code);
    }
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Makes records of runs that never happened, for tests, goldens and benchmarks: deterministic, and consistent in
 * every account, so that each test breaks just what it is about. All static: tests are one file each.
 *
 *   g_autoptr (Gen) g = gen_new (ISA_VMX, 1);     // hello, events, vCPUs
 *   gen_boot (g, 1000);                           // exits to the ready mark and beyond, samples, leaves, idle
 *   g_autoptr (GBytes) records = gen_end (g);     // counters, statistics, end
 */
#pragma once
#include <glib.h>
#include <string.h>

#include "config/config.h"
#include "machine/machine.h"
#include "record/operations.h"
#include "record/record.h"
#include "timeline/timeline.h"

#define GEN_TSC_KHZ 2000000u
#define GEN_FIRST_ENTRY 1000000000u
#define GEN_BATCH 1000u
#define GEN_VCPUS 4u

typedef struct {
  struct kvm_exit_log_header log;
  struct kvm_exit_log_slot slots[KVM_EXIT_LOG_NR_SLOTS];
  struct kvm_exit_log_record batch[GEN_BATCH];
  guint batched;
} GenVcpu;

typedef struct {
  Isa isa;
  guint n_vcpus;
  GByteArray *bytes;
  struct record_writer writer;
  unsigned char *block;
  GenVcpu vcpus[GEN_VCPUS];
  guint64 tsc; /* now */
  guint64 random;
  guint64 written;
  guint64 next_sample;
  GArray *l0;     /* of L0Exit */
  GString *report;
  struct { guint32 leaf, input, eax, ebx, ecx, edx; guint count; } run;
  gboolean trace, quiet_end; /* quiet_end: no counters, statistics and end record */
  guint64 stat_exits_less;   /* what KVM's `exits` statistic misses */
  guint64 stat_exits_more, stat_windows_more, insn_emulation; /* what it counts besides, and why it may */
  gint32 status;
} Gen;

static const LeafMap gen_leaf_map = {
  .name = (char *) "A",
  .total_exits = 0x4fffffff,
  .total_cycles = 0x4ffffffe,
  .reason_exits = 0x4ffffffd,
  .reason_cycles = 0x4ffffffc,
  .undefined_vmx = (char *) "35,38,42,65,69-79",
  .undefined_svm = (char *) "0xa7-0x3ff,0x404-0xfffffffb",
};

static inline void
gen_free (Gen *g)
{
  g_byte_array_unref (g->bytes);
  g_array_unref (g->l0);
  g_string_free (g->report, TRUE);
  g_free (g->block);
  g_free (g);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Gen, gen_free)

static int
gen_write_block (void *opaque, const void *block, size_t size)
{
  g_byte_array_append (opaque, block, (guint) size);
  return 0;
}

static inline void
gen_put (Gen *g, enum record_type type, guint vcpu, const void *head, gsize head_size, const void *body, gsize body_size)
{
  g_assert (record_put (&g->writer, type, (uint16_t) vcpu, head, (guint32) head_size, body, (guint32) body_size) == 0);
}

static inline void
gen_event (Gen *g, enum record_event_code code, gint32 value, const char *text)
{
  const struct record_event event = { .tsc = g->tsc, .code = code, .value = value };
  gen_put (g, RECORD_EVENT, 0, &event, sizeof event, text, strlen (text));
}

static inline void
gen_console (Gen *g, const char *text)
{
  gen_put (g, RECORD_CONSOLE, 0, &g->tsc, sizeof g->tsc, text, strlen (text));
}

/* The vCPUs of a guest that begins. */
static inline void
gen_attach (Gen *g)
{
  for (guint v = 0; v < g->n_vcpus; v++)
    {
      memset (&g->vcpus[v], 0, sizeof g->vcpus[v]);
      g->vcpus[v].log = (struct kvm_exit_log_header) {
        .magic = KVM_EXIT_LOG_MAGIC, .version = KVM_EXIT_LOG_VERSION, .isa = g->isa == ISA_VMX ? KVM_EXIT_LOG_ISA_VMX : KVM_EXIT_LOG_ISA_SVM,
        .vcpu_id = v, .nr_slots = KVM_EXIT_LOG_NR_SLOTS, .slot_size = sizeof (struct kvm_exit_log_slot), .nr_records = 65536,
        .record_size = sizeof (struct kvm_exit_log_record), .tsc_khz = GEN_TSC_KHZ,
      };
      gen_put (g, RECORD_VCPU, v, &g->vcpus[v].log, sizeof g->vcpus[v].log, NULL, 0);
      g->vcpus[v].log.first_entry_tsc = g->tsc + v;
    }
}

static inline Gen *
gen_new (Isa isa, guint n_vcpus)
{
  Gen *g = g_new0 (Gen, 1);
  const struct record_hello hello = { .isa = isa == ISA_VMX ? KVM_EXIT_LOG_ISA_VMX : KVM_EXIT_LOG_ISA_SVM, .agent_version = 1, .tsc = 500 };

  *g = (Gen) { .isa = isa, .n_vcpus = n_vcpus, .tsc = GEN_FIRST_ENTRY, .random = 42 };
  g->bytes = g_byte_array_new ();
  g->block = g_malloc0 (RECORD_BLOCK_MAX);
  g->l0 = g_array_new (FALSE, FALSE, sizeof (L0Exit));
  g->report = g_string_new (NULL);
  g->next_sample = g->tsc;
  record_writer_init (&g->writer, g->block, gen_write_block, g->bytes);
  gen_put (g, RECORD_HELLO, 0, &hello, sizeof hello, "6.1.0-lab", 9);
  gen_event (g, RECORD_EVENT_MODULES_LOADED, 0, "");
  gen_event (g, RECORD_EVENT_L2_STARTED, 77, "");
  gen_attach (g);
  return g;
}

static inline guint64
gen_draw (Gen *g, guint64 below)
{
  g->random = g->random * 6364136223846793005u + 1442695040888963407u;
  return (g->random >> 33) % below;
}

static inline void
gen_drain (Gen *g)
{
  for (guint v = 0; v < g->n_vcpus; v++)
    {
      if (g->vcpus[v].batched > 0)
        gen_put (g, RECORD_EXITS, v, g->vcpus[v].batch, g->vcpus[v].batched * sizeof (struct kvm_exit_log_record), NULL, 0);
      g->written += g->vcpus[v].batched;
      g->vcpus[v].batched = 0;
    }
}

static inline void
gen_sample_vcpu (Gen *g, guint v)
{
  const GenVcpu *vcpu = &g->vcpus[v];
  const struct record_sample sample = { .tsc = g->tsc, .exits = vcpu->log.exits, .cycles = vcpu->log.cycles };
  struct record_sample_reason reasons[KVM_EXIT_LOG_NR_SLOTS];
  guint n = 0;

  for (guint i = 0; i < KVM_EXIT_LOG_NR_SLOTS; i++)
    if (vcpu->slots[i].exits > 0)
      reasons[n++] = (struct record_sample_reason) { vcpu->slots[i].reason, 0, vcpu->slots[i].exits, vcpu->slots[i].cycles };
  gen_put (g, RECORD_SAMPLE, v, &sample, sizeof sample, reasons, n * sizeof *reasons);
}

/* Counters as the agent reads them every 10 ms. */
static inline void
gen_samples_due (Gen *g)
{
  if (g->tsc < g->next_sample)
    return;
  for (guint v = 0; v < g->n_vcpus; v++)
    gen_sample_vcpu (g, v);
  gen_drain (g);
  g->next_sample = g->tsc + GEN_TSC_KHZ * 10;
}

static inline void
gen_count (struct kvm_exit_log_slot *slot, guint32 code, guint64 cycles)
{
  slot->reason = code;
  slot->cycles_min = slot->exits == 0 ? cycles : MIN (slot->cycles_min, cycles);
  slot->cycles_max = MAX (slot->cycles_max, cycles);
  slot->exits++;
  slot->cycles += cycles;
  slot->buckets[MIN (63 - __builtin_clzll (cycles | 1), (int) KVM_EXIT_LOG_NR_BUCKETS - 1)]++;
}

/* `gap` TSC ticks after the exit before it ended, one that takes `cycles`. */
static inline void
gen_exit_on (Gen *g, guint v, guint32 code, guint64 info1, guint64 info2, guint64 rip, guint64 gap, guint64 cycles)
{
  GenVcpu *vcpu = &g->vcpus[v];
  const L0Exit told = { .reason = code, .info1 = info1, .info2 = g->isa == ISA_SVM ? info2 : 0, .rip = rip, .clock = -1 };

  g->tsc += gap;
  vcpu->batch[vcpu->batched++] = (struct kvm_exit_log_record) { .tsc = g->tsc, .cycles = cycles, .rip = rip, .info1 = info1, .info2 = info2, .reason = code };
  vcpu->log.exits++;
  vcpu->log.cycles += cycles;
  vcpu->log.head++;
  gen_count (&vcpu->slots[timeline_slot (g->isa, code)], code, cycles);
  g_array_append_val (g->l0, told);
  g->tsc += cycles;
  if (vcpu->batched == GEN_BATCH)
    gen_drain (g);
  gen_samples_due (g);
}

static inline void
gen_exit (Gen *g, guint32 code, guint64 info1, guint64 info2, guint64 rip, guint64 gap, guint64 cycles)
{
  gen_exit_on (g, 0, code, info1, info2, rip, gap, cycles);
}

#define GEN_KERNEL_RIP 0xffffffff81000000ull

static inline guint64
gen_out_info (Isa isa, guint port)
{
  return (guint64) port << 16 | (isa == ISA_VMX ? 0 : 0x210);
}

static inline void
gen_mark (Gen *g, guint mark)
{
  gen_exit (g, g->isa == ISA_VMX ? 30 : 0x7b, gen_out_info (g->isa, RECORD_MARK_PORT + mark), 0, 0x401000, 5000, 4000);
}

static inline void
gen_begin (Gen *g, enum record_operation_number number)
{
  gen_exit (g, g->isa == ISA_VMX ? 30 : 0x7b, gen_out_info (g->isa, RECORD_OPERATION_PORT + number), 0, 0x401000, 5000, 4000);
}

/* One round of an operation whose repetitions are exits of a reason. */
static inline void
gen_round (Gen *g, enum record_operation_number number, guint32 code, guint exits, guint64 cycles)
{
  gen_begin (g, number);
  for (guint i = 0; i < exits; i++)
    gen_exit (g, code, 0, 0, 0x401000, 1000, cycles);
  gen_mark (g, RECORD_MARK_OPERATION_END);
}

static inline void
gen_report_run (Gen *g)
{
  if (g->run.count > 0)
    g_string_append_printf (g->report, "leaf %x %x %x %x %x %x %u\n", g->run.leaf, g->run.input, g->run.eax, g->run.ebx, g->run.ecx, g->run.edx, g->run.count);
  g->run.count = 0;
}

static inline void
gen_answer (Gen *g, guint32 leaf, guint32 input, guint32 eax, guint64 cycles, guint32 edx)
{
  const guint32 ebx = (guint32) (cycles >> 32), ecx = (guint32) cycles;

  if (g->run.count > 0 && g->run.leaf == leaf && g->run.input + g->run.count == input && g->run.eax == eax && g->run.ebx == ebx &&
      g->run.ecx == ecx && g->run.edx == edx)
    {
      g->run.count++;
      return;
    }
  gen_report_run (g);
  g->run.leaf = leaf;
  g->run.input = input;
  g->run.eax = eax;
  g->run.ebx = ebx;
  g->run.ecx = ecx;
  g->run.edx = edx;
  g->run.count = 1;
}

static inline gboolean
gen_undefined (Isa isa, guint32 code)
{
  if (isa == ISA_SVM)
    return (code >= 0xa7 && code <= 0x3ff) || (code >= 0x404 && code <= 0xfffffffb);
  return code == 35 || code == 38 || code == 42 || code == 65 || (code >= 69 && code <= 79);
}

/* One CPUID in L2, answered as the patched kernel does: this exit counts, its cycles do not yet. */
static inline void
gen_cpuid (Gen *g, guint32 leaf, guint32 input)
{
  const guint32 cpuid = g->isa == ISA_VMX ? 10 : 0x72;
  const guint64 cycles = 1800 + gen_draw (g, 100);
  const gboolean by_reason = leaf == gen_leaf_map.reason_exits || leaf == gen_leaf_map.reason_cycles;
  guint64 exits = 0, before = 0;

  gen_exit (g, cpuid, 0, 0, 0x402000, 300, cycles);
  for (guint v = 0; v < g->n_vcpus; v++)
    {
      const struct kvm_exit_log_slot *slot = &g->vcpus[v].slots[timeline_slot (g->isa, input)];
      exits += by_reason ? slot->exits : g->vcpus[v].log.exits;
      before += by_reason ? slot->cycles : g->vcpus[v].log.cycles;
    }
  if (!by_reason || input == cpuid)
    before -= cycles;
  if (by_reason && gen_undefined (g->isa, input))
    gen_answer (g, leaf, input, 0, 0, 0xffffffff);
  else if (leaf == gen_leaf_map.total_exits || leaf == gen_leaf_map.reason_exits)
    gen_answer (g, leaf, input, (guint32) exits, 0, 0);
  else
    gen_answer (g, leaf, input, 0, before, 0);
}

static inline void
gen_leaves (Gen *g)
{
  const guint32 last = g->isa == ISA_VMX ? 79 : 0xb0;

  gen_mark (g, RECORD_MARK_LEAVES);
  gen_cpuid (g, gen_leaf_map.total_exits, 0);
  gen_cpuid (g, gen_leaf_map.total_cycles, 0);
  for (guint32 code = 0; code <= last; code++)
    gen_cpuid (g, gen_leaf_map.reason_exits, code);
  for (guint32 code = 0; code <= last; code++)
    gen_cpuid (g, gen_leaf_map.reason_cycles, code);
  gen_mark (g, RECORD_MARK_LEAVES_END);
  gen_report_run (g);
  gen_put (g, RECORD_L2_DATA, 0, &g->tsc, sizeof g->tsc, g->report->str, g->report->len);
}

/* An exit such as kernels have: many EPT violations and MSR writes, some I/O, few of the rest. */
static inline void
gen_kernel_exit (Gen *g)
{
  static const guint32 codes[2][8] = { { 48, 48, 48, 32, 32, 30, 1, 28 }, { 0x400, 0x400, 0x400, 0x7c, 0x7c, 0x7b, 0x60, 0x10 } };
  const guint kind = (guint) gen_draw (g, 8);
  const guint32 code = codes[g->isa][kind];
  const guint64 info1 = kind < 3 ? (g->isa == ISA_VMX ? 0x184 : 0x100000006) : kind == 5 ? gen_out_info (g->isa, 0x3f8) : kind == 3 ? 1 : 0;
  const guint64 info2 = kind < 3 ? gen_draw (g, 1 << 15) << 12 : 0;

  /* One after the other: the order of arguments is the compiler's. */
  const guint64 rip = GEN_KERNEL_RIP + gen_draw (g, 200) * 64;
  const guint64 gap = 20000 + gen_draw (g, 400000);
  const guint64 cycles = 1000 + 300 * kind + gen_draw (g, 2000);

  gen_exit (g, code, info1, info2, rip, gap, cycles);
}

static inline void
gen_boot_to_idle (Gen *g, guint64 kernel_exits)
{
  gen_console (g, "SeaBIOS\r\n");
  for (guint i = 0; i < 60; i++)
    gen_exit (g, g->isa == ISA_VMX ? 30 : 0x7b, gen_out_info (g->isa, 0x70), 0, 0xf0000 + i, 400000, 3000 + i);
  gen_console (g, "Linux version 6.1\r\n");
  for (guint64 i = 0; i < kernel_exits; i++)
    gen_kernel_exit (g);
  gen_mark (g, RECORD_MARK_USER_SPACE);
  for (guint i = 0; i < 20; i++)
    gen_kernel_exit (g);
  gen_console (g, "ready\r\n");
  gen_mark (g, RECORD_MARK_READY);
  gen_leaves (g);
  gen_mark (g, RECORD_MARK_IDLE);
  for (guint i = 0; i < 25; i++)
    gen_exit (g, g->isa == ISA_VMX ? 12 : 0x78, 0, 0, GEN_KERNEL_RIP, 20000, GEN_TSC_KHZ * 4);
  gen_mark (g, RECORD_MARK_IDLE_END);
}

static inline void
gen_poweroff (Gen *g)
{
  gen_mark (g, RECORD_MARK_POWEROFF);
  gen_exit (g, g->isa == ISA_VMX ? 30 : 0x7b, gen_out_info (g->isa, 0x604), 0, GEN_KERNEL_RIP, 9000, 7000);
}

static inline void
gen_boot (Gen *g, guint64 kernel_exits)
{
  gen_boot_to_idle (g, kernel_exits);
  gen_poweroff (g);
}

static inline guint64
gen_exits_of (const Gen *g, guint32 code)
{
  guint64 sum = 0;
  for (guint v = 0; v < g->n_vcpus; v++)
    sum += g->vcpus[v].slots[timeline_slot (g->isa, code)].exits;
  return sum;
}

static inline void
gen_put_texts (Gen *g, guint64 exits)
{
  g_autoptr (GString) text = g_string_new (NULL);

  g_string_append_printf (text, "exits %" G_GUINT64_FORMAT "\nio_exits %" G_GUINT64_FORMAT "\nirq_exits %" G_GUINT64_FORMAT "\nmmu_unsync 0\n",
                          exits - g->stat_exits_less + g->stat_exits_more, gen_exits_of (g, g->isa == ISA_VMX ? 30 : 0x7b), gen_exits_of (g, g->isa == ISA_VMX ? 1 : 0x60));
  if (g->insn_emulation > 0)
    g_string_append_printf (text, "irq_window_exits %" G_GUINT64_FORMAT "\ninsn_emulation %" G_GUINT64_FORMAT "\n",
                            gen_exits_of (g, g->isa == ISA_VMX ? 7 : 0x64) + g->stat_windows_more, g->insn_emulation);
  gen_put (g, RECORD_KVM_STATS, 0, &g->tsc, sizeof g->tsc, text->str, text->len);
  if (!g->trace)
    return;
  g_string_truncate (text, 0);
  for (guint i = 0; i < KVM_EXIT_LOG_NR_SLOTS; i++)
    if (g->vcpus[0].slots[i].exits > 0)
      g_string_append_printf (text, "%u %" G_GUINT64_FORMAT "\n", g->vcpus[0].slots[i].reason, gen_exits_of (g, g->vcpus[0].slots[i].reason));
  gen_put (g, RECORD_TRACE_HIST, 0, NULL, 0, text->str, text->len);
}

static inline void
gen_put_final (Gen *g, guint v)
{
  struct kvm_exit_log_slot slots[KVM_EXIT_LOG_NR_SLOTS];
  guint n = 0;

  for (guint i = 0; i < KVM_EXIT_LOG_NR_SLOTS; i++)
    if (g->vcpus[v].slots[i].exits > 0)
      slots[n++] = g->vcpus[v].slots[i];
  gen_put (g, RECORD_SLOTS, v, slots, n * sizeof *slots, NULL, 0);
  gen_put (g, RECORD_VCPU, v, &g->vcpus[v].log, sizeof g->vcpus[v].log, NULL, 0);
}

/* All accounts of the guest that ends; its exits are added to *exits. */
static inline void
gen_end_guest (Gen *g, guint64 *overruns)
{
  guint64 exits = 0;

  gen_drain (g);
  for (guint v = 0; v < g->n_vcpus; v++)
    {
      gen_put_final (g, v);
      exits += g->vcpus[v].log.exits;
      *overruns += g->vcpus[v].log.overruns;
    }
  gen_put_texts (g, exits);
  gen_event (g, RECORD_EVENT_L2_ENDED, 0, "");
}

/* The guest that was there ends, another begins. */
static inline void
gen_next_guest (Gen *g, enum record_guest_kind kind)
{
  const struct record_guest guest = { .tsc = g->tsc, .kind = kind };
  guint64 overruns = 0;

  gen_end_guest (g, &overruns);
  gen_put (g, RECORD_GUEST, 0, &guest, sizeof guest, NULL, 0);
  gen_attach (g);
}

/* The stream; the generator keeps its l0 log. */
static inline GBytes *
gen_end (Gen *g)
{
  struct record_end end = { .tsc = g->tsc, .status = g->status };

  gen_drain (g);
  if (!g->quiet_end)
    {
      gen_end_guest (g, &end.overruns);
      end.exits_written = g->written;
      gen_put (g, RECORD_END, 0, &end, sizeof end, NULL, 0);
    }
  g_assert (record_flush (&g->writer) == 0);
  return g_bytes_new (g->bytes->data, g->bytes->len);
}

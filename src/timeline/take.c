/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One function per record type. Whatever a guest may repeat for ever has a limit. */
#include "timeline/take.h"

#include <string.h>

#include "base/error.h"
#include "timeline/boot.h"
#include "timeline/text.h"

#define EVENTS_MAX 10000u
#define SAMPLES_MAX 10000000u
#define STATS_MAX 512u
#define HIST_MAX 4096u
#define CONSOLE_MAX_BYTES (64u << 20)
#define REPORT_MAX_BYTES (4u << 20)
#define TSC_KHZ_MIN 1000u
#define TSC_KHZ_MAX 100000000u

#define BAD(...) fail (error, HARNESS_ERROR_FAILED, __VA_ARGS__)

static gboolean
take_hello (Timeline *t, const struct record_header *header, const void *body, GError **error)
{
  const struct record_hello *hello = body;

  if (hello->isa > KVM_EXIT_LOG_ISA_SVM)
    return BAD ("unknown instruction set %u", hello->isa);
  if (hello->source > RECORD_SOURCE_TRACEPOINT)
    return BAD ("unknown source of exits %u", hello->source);
  if (hello->tsc_khz != 0 && (hello->tsc_khz < TSC_KHZ_MIN || hello->tsc_khz > TSC_KHZ_MAX))
    return BAD ("impossible TSC frequency %u kHz", hello->tsc_khz);
  t->isa = hello->isa == KVM_EXIT_LOG_ISA_VMX ? ISA_VMX : ISA_SVM;
  t->source = hello->source;
  t->tsc_khz = hello->tsc_khz;
  t->l1_release = text_printable ((const char *) (hello + 1), header->length - sizeof *hello, 128);
  return TRUE;
}

static gboolean
take_event (Timeline *t, const struct record_header *header, const void *body, GError **error)
{
  const struct record_event *in = body;

  if (t->events->len == EVENTS_MAX)
    return BAD ("more than %u events", EVENTS_MAX);
  if (in->code == RECORD_EVENT_NO_EXIT_LOG && t->exits == 0)
    t->source = RECORD_SOURCE_TRACEPOINT;
  if (in->code == RECORD_EVENT_L2_READY_TEXT && !timeline_boot_take_text (t, (const char *) (in + 1), header->length - sizeof *in, error))
    return FALSE;
  const TimelineEvent event = {
    .tsc = in->tsc,
    .code = in->code,
    .value = in->value,
    .text = text_printable ((const char *) (in + 1), header->length - sizeof *in, 2048),
  };
  g_array_append_val (t->events, event);
  return TRUE;
}

/* A vCPU of the current guest appears. */
static void
count_up_to (Timeline *t, guint vcpu)
{
  TimelineGuest *guest = &t->guests[t->n_guests - 1];

  t->vcpus[vcpu].id = vcpu - guest->first_vcpu;
  t->n_vcpus = MAX (t->n_vcpus, vcpu + 1u);
  guest->n_vcpus = t->n_vcpus - guest->first_vcpu;
}

static gboolean
check_log_header (const Timeline *t, guint vcpu, const struct kvm_exit_log_header *log, GError **error)
{
  if (log->magic != KVM_EXIT_LOG_MAGIC || log->version != KVM_EXIT_LOG_VERSION)
    return BAD ("vCPU %u: not an exit log of version %u", vcpu, KVM_EXIT_LOG_VERSION);
  if (log->vcpu_id != vcpu - t->guests[t->n_guests - 1].first_vcpu)
    return BAD ("vCPU %u: its exit log says it is vCPU %u", vcpu, log->vcpu_id);
  if (log->isa != (t->isa == ISA_VMX ? KVM_EXIT_LOG_ISA_VMX : KVM_EXIT_LOG_ISA_SVM))
    return BAD ("vCPU %u: its exit log is of another instruction set", vcpu);
  if (log->tsc_khz < TSC_KHZ_MIN || log->tsc_khz > TSC_KHZ_MAX)
    return BAD ("vCPU %u: impossible TSC frequency %u kHz", vcpu, log->tsc_khz);
  if (log->first_entry_tsc > G_MAXINT64)
    return BAD ("vCPU %u: impossible time of first entry", vcpu);
  return TRUE;
}

static gboolean
take_vcpu (Timeline *t, const struct record_header *header, const void *body, GError **error)
{
  const struct kvm_exit_log_header *log = &((const struct record_vcpu *) body)->log;
  TimelineVcpu *v = &t->vcpus[header->vcpu];

  if (!check_log_header (t, header->vcpu, log, error))
    return FALSE;
  if (v->attached && v->log.first_entry_tsc != 0 && v->log.first_entry_tsc != log->first_entry_tsc)
    return BAD ("vCPU %u: two different first entries", header->vcpu);
  t->tsc_khz = log->tsc_khz;
  v->has_final = v->attached;
  v->attached = TRUE;
  v->log = *log;
  count_up_to (t, header->vcpu);
  return TRUE;
}

static gboolean
take_exits (Timeline *t, const struct record_header *header, const void *body, GError **error)
{
  TimelineVcpu *v = &t->vcpus[header->vcpu];
  const TimelineChunk chunk = { body, header->length / sizeof (struct kvm_exit_log_record) };

  if (!v->attached && t->source == RECORD_SOURCE_EXIT_LOG)
    return BAD ("exits of vCPU %u, which was never announced", header->vcpu);
  if (chunk.n == 0)
    return TRUE;
  g_array_append_val (v->chunks, chunk);
  v->exits += chunk.n;
  t->exits += chunk.n;
  count_up_to (t, header->vcpu);
  return TRUE;
}

static gboolean
take_sample (Timeline *t, const struct record_header *header, const void *body, GError **error)
{
  const struct record_sample *sample = body;
  const TimelineSample taken = {
    .vcpu = header->vcpu,
    .sample = sample,
    .reasons = (const struct record_sample_reason *) (sample + 1),
    .n_reasons = (header->length - sizeof *sample) / sizeof (struct record_sample_reason),
  };

  if (t->samples->len == SAMPLES_MAX)
    return BAD ("more than %u samples", SAMPLES_MAX);
  if (taken.n_reasons > KVM_EXIT_LOG_NR_SLOTS)
    return BAD ("a sample of more than %u reasons", KVM_EXIT_LOG_NR_SLOTS);
  g_array_append_val (t->samples, taken);
  return TRUE;
}

static gboolean
take_slots (Timeline *t, const struct record_header *header, const void *body, GError **error)
{
  GArray *slots = t->vcpus[header->vcpu].slots;
  const guint n = header->length / sizeof (struct kvm_exit_log_slot);

  if (slots->len + n > KVM_EXIT_LOG_NR_SLOTS)
    return BAD ("vCPU %u: more than %u counters", header->vcpu, KVM_EXIT_LOG_NR_SLOTS);
  g_array_append_vals (slots, body, n);
  return TRUE;
}

static guint64
stat_value (GHashTable *stats, const char *name)
{
  const guint64 *value = g_hash_table_lookup (stats, name);
  return value != NULL ? *value : 0;
}

static gboolean
take_stat (Timeline *t, const char *name, guint64 value, GError **error)
{
  const guint64 sum = stat_value (t->kvm_stats_before, name) + value;

  if (g_hash_table_size (t->kvm_stats) == STATS_MAX && !g_hash_table_contains (t->kvm_stats, name))
    return BAD ("more than %u KVM statistics", STATS_MAX);
  g_hash_table_insert (t->kvm_stats, g_strdup (name), g_memdup2 (&sum, sizeof sum));
  return TRUE;
}

static gboolean
take_kvm_stats (Timeline *t, const struct record_header *header, const void *body, GError **error)
{
  TextLines lines = text_lines ((const char *) body + sizeof (guint64), header->length - sizeof (guint64));
  char name[64];
  guint64 value;

  while (!text_lines_end (&lines))
    {
      if (!text_name (&lines, name, sizeof name) || !text_decimal (&lines, &value) || !text_newline (&lines))
        return BAD ("KVM statistics: a line that is not \"name value\"");
      if (!take_stat (t, name, value, error))
        return FALSE;
    }
  return TRUE;
}

static gboolean
take_console (Timeline *t, const struct record_header *header, const void *body, GError **error)
{
  const TimelineConsolePiece piece = { *(const guint64 *) body, t->console->len };
  const gsize size = header->length - sizeof (guint64);

  if (t->console->len + size > CONSOLE_MAX_BYTES)
    return BAD ("L2 wrote more than %u bytes to its console", CONSOLE_MAX_BYTES);
  g_array_append_val (t->console_pieces, piece);
  g_string_append_len (t->console, (const char *) body + sizeof (guint64), (gssize) size);
  return TRUE;
}

static gboolean
take_l2_data (Timeline *t, const struct record_header *header, const void *body, GError **error)
{
  const gsize size = header->length - sizeof (guint64);

  if (t->l2_report->len + size > REPORT_MAX_BYTES)
    return BAD ("L2 reported more than %u bytes", REPORT_MAX_BYTES);
  t->l2_report_before_tsc = t->l2_report_tsc;
  t->l2_report_tsc = *(const guint64 *) body;
  g_string_append_len (t->l2_report, (const char *) body + sizeof (guint64), (gssize) size);
  return TRUE;
}

static gboolean
take_trace_hist (Timeline *t, const struct record_header *header, const void *body, GError **error)
{
  TextLines lines = text_lines (body, header->length);
  guint64 reason, count;

  if (t->trace_hist == NULL)
    t->trace_hist = g_array_new (FALSE, FALSE, sizeof (TimelineHist));
  while (!text_lines_end (&lines))
    {
      if (!text_decimal (&lines, &reason) || !text_decimal (&lines, &count) || !text_newline (&lines))
        return BAD ("tracepoint counts: a line that is not \"reason count\"");
      const TimelineHist hist = { (guint32) reason, count }; /* SVM's -1 comes as 64 bits */
      if (t->trace_hist->len == HIST_MAX)
        return BAD ("tracepoint counts: more than %u reasons", HIST_MAX);
      g_array_append_val (t->trace_hist, hist);
    }
  return TRUE;
}

/* The next guest's vCPUs follow those of the one before; its statistics begin anew. */
static gboolean
take_guest (Timeline *t, const struct record_header *header, const void *body, GError **error)
{
  const struct record_guest *in = body;
  GHashTableIter iter;
  gpointer name, value;

  if (header->vcpu != t->n_vcpus)
    return BAD ("a guest that begins on a vCPU");
  if (in->kind > RECORD_GUEST_KNOWN_ANSWER)
    return BAD ("unknown kind of guest %u", in->kind);
  if (in->kind < t->guests[t->n_guests - 1].kind)
    return BAD ("a guest of kind %u after one of kind %u: the phases have another order", in->kind, t->guests[t->n_guests - 1].kind);
  if (t->n_guests == TIMELINE_GUESTS_MAX)
    return BAD ("more than %u guests", TIMELINE_GUESTS_MAX);
  t->guests[t->n_guests++] = (TimelineGuest) { .kind = in->kind, .first_vcpu = t->n_vcpus };
  g_hash_table_iter_init (&iter, t->kvm_stats);
  while (g_hash_table_iter_next (&iter, &name, &value))
    g_hash_table_insert (t->kvm_stats_before, g_strdup (name), g_memdup2 (value, sizeof (guint64)));
  return TRUE;
}

static gboolean
take_end (Timeline *t, const struct record_header *header, const void *body, GError **error)
{
  (void) header;
  (void) error;
  t->whole = TRUE;
  t->end = *(const struct record_end *) body;
  return TRUE;
}

gboolean
timeline_take (Timeline *t, const struct record_header *told, const void *body, GError **error)
{
  static gboolean (*const takers[]) (Timeline *, const struct record_header *, const void *, GError **) = {
    [RECORD_HELLO] = take_hello,         [RECORD_EVENT] = take_event,           [RECORD_VCPU] = take_vcpu,
    [RECORD_EXITS] = take_exits,         [RECORD_SAMPLE] = take_sample,         [RECORD_SLOTS] = take_slots,
    [RECORD_KVM_STATS] = take_kvm_stats, [RECORD_CONSOLE] = take_console,       [RECORD_L2_DATA] = take_l2_data,
    [RECORD_TRACE_HIST] = take_trace_hist, [RECORD_END] = take_end,             [RECORD_GUEST] = take_guest,
  };
  struct record_header header = *told;

  /* Within the current guest, as the agent counts; within the run from here on. */
  const guint first = told->type == RECORD_GUEST ? t->n_vcpus : t->guests[t->n_guests - 1].first_vcpu;
  if (told->vcpu >= TIMELINE_VCPUS_MAX - MIN (first, TIMELINE_VCPUS_MAX))
    return BAD ("vCPU %u is beyond the %u that a run may have", told->vcpu, TIMELINE_VCPUS_MAX);
  header.vcpu = (guint16) (told->vcpu + first);
  return takers[header.type](t, &header, body, error);
}

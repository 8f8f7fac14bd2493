/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Loading records into a timeline: each record is taken apart by a small function of its type, then the whole is
 * checked for order, so that everything after may rely on it: the exits of a vCPU do not overlap, none
 * is before the first entry, no sum of cycles overflows.
 */
#include "timeline/timeline.h"

#include <string.h>

#include "base/error.h"
#include "base/pages.h"
#include "timeline/boot.h"
#include "timeline/phases.h"
#include "timeline/take.h"

void
timeline_free (Timeline *t)
{
  if (t == NULL)
    return;
  for (guint i = 0; i < TIMELINE_VCPUS_MAX; i++)
    {
      g_clear_pointer (&t->vcpus[i].chunks, g_array_unref);
      g_clear_pointer (&t->vcpus[i].slots, g_array_unref);
    }
  g_clear_pointer (&t->bytes, g_bytes_unref);
  g_clear_pointer (&t->phases, g_array_unref);
  g_clear_pointer (&t->operations, g_array_unref);
  g_clear_pointer (&t->samples, g_array_unref);
  g_clear_pointer (&t->events, g_array_unref);
  g_clear_pointer (&t->kvm_stats, g_hash_table_unref);
  g_clear_pointer (&t->kvm_stats_before, g_hash_table_unref);
  g_clear_pointer (&t->trace_hist, g_array_unref);
  g_clear_pointer (&t->console_pieces, g_array_unref);
  g_string_free (t->console, TRUE);
  g_string_free (t->l2_report, TRUE);
  timeline_boot_free (t->boot);
  g_free (t->l1_release);
  g_free (t);
}

static void
clear_event (gpointer event)
{
  g_free (((TimelineEvent *) event)->text);
}

static Timeline *
timeline_new (GBytes *records)
{
  Timeline *t = g_new0 (Timeline, 1);
  /* Bodies are cast to structs: they must be aligned, as a mapped file is. */
  t->bytes = (guintptr) g_bytes_get_data (records, NULL) % 8 == 0
                 ? g_bytes_ref (records)
                 : g_bytes_new (g_bytes_get_data (records, NULL), g_bytes_get_size (records));
  t->phases = g_array_new (FALSE, FALSE, sizeof (TimelinePhase));
  t->operations = g_array_new (FALSE, FALSE, sizeof (TimelineOperation));
  t->samples = g_array_new (FALSE, FALSE, sizeof (TimelineSample));
  t->events = g_array_new (FALSE, FALSE, sizeof (TimelineEvent));
  g_array_set_clear_func (t->events, clear_event);
  t->kvm_stats = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  t->kvm_stats_before = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  t->n_guests = 1;
  t->console_pieces = g_array_new (FALSE, FALSE, sizeof (TimelineConsolePiece));
  t->console = g_string_new (NULL);
  t->l2_report = g_string_new (NULL);
  for (guint i = 0; i < TIMELINE_VCPUS_MAX; i++)
    {
      t->vcpus[i].chunks = g_array_new (FALSE, FALSE, sizeof (TimelineChunk));
      t->vcpus[i].slots = g_array_new (FALSE, FALSE, sizeof (struct kvm_exit_log_slot));
    }
  return t;
}

static gboolean
read_records (Timeline *t, GError **error)
{
  struct record_reader reader;
  struct record_header header;
  const void *body;
  enum record_status status;
  gsize size;
  const void *data = g_bytes_get_data (t->bytes, &size);
  PagesWalk walk = { .data = t->mapped };

  record_reader_init (&reader, data, size);
  while ((status = record_next (&reader, &header, &body)) == RECORD_OK)
    {
      if (!timeline_take (t, &header, body, error))
        {
          g_prefix_error (error, "records: block at byte %" G_GSIZE_FORMAT ": ", reader.block);
          return FALSE;
        }
      pages_walked (&walk, body);
    }
  if (status != RECORD_EOF)
    return fail (error, HARNESS_ERROR_FAILED, "records: block after byte %" G_GSIZE_FORMAT ": %s", reader.block, reader.error);
  if (t->l1_release == NULL)
    return fail (error, HARNESS_ERROR_FAILED, "records: empty: L1's agent never wrote; L1's console tells how far it came");
  return TRUE;
}

/* The index of a reason, which is made one if it is new. */
static gboolean
add_reason (Timeline *t, guint32 code, guint64 *exits[], GError **error)
{
  guint index = timeline_reason (t, code);
  if (index == TIMELINE_REASONS)
    {
      if (t->n_others == TIMELINE_OTHER_MAX)
        return fail (error, HARNESS_ERROR_FAILED, "records: more than %u exit reasons that no manual knows", TIMELINE_OTHER_MAX);
      index = TIMELINE_OTHER_FIRST + t->n_others++;
    }
  t->reason_codes[index] = code;
  *exits = &t->reason_exits[index];
  return TRUE;
}

typedef struct {
  guint64 end_tsc;
  guint64 cycles;
} Order;

static gboolean
count_chunk (Timeline *t, guint vcpu, const TimelineChunk *chunk, Order *order, GError **error)
{
  for (gsize i = 0; i < chunk->n; i++)
    {
      const struct kvm_exit_log_record *exit = &chunk->exits[i];
      guint64 *exits = NULL;

      if (exit->tsc < order->end_tsc)
        return fail (error, HARNESS_ERROR_FAILED, "records: vCPU %u: an exit begins at TSC %" G_GUINT64_FORMAT ", before %" G_GUINT64_FORMAT
                     ", when the one before it ended or L2 was first entered", vcpu, exit->tsc, order->end_tsc);
      if (__builtin_add_overflow (exit->tsc, exit->cycles, &order->end_tsc) || order->end_tsc > G_MAXINT64)
        return fail (error, HARNESS_ERROR_FAILED, "records: vCPU %u: an exit ends beyond the end of time", vcpu);
      if (!add_reason (t, exit->reason, &exits, error))
        return FALSE;
      (*exits)++;
      order->cycles += exit->cycles; /* exits do not overlap: at most end_tsc */
    }
  return TRUE;
}

/* `after_tsc`: no exit may begin before. */
static gboolean
count_vcpu (Timeline *t, guint id, guint64 after_tsc, GError **error)
{
  TimelineVcpu *v = &t->vcpus[id];
  Order order = { .end_tsc = after_tsc };
  PagesWalk walk = { .data = t->mapped };

  for (guint i = 0; i < v->chunks->len; i++)
    {
      const TimelineChunk *chunk = &g_array_index (v->chunks, TimelineChunk, i);
      if (!count_chunk (t, id, chunk, &order, error))
        return FALSE;
      pages_walked (&walk, chunk->exits);
    }
  v->cycles = order.cycles;
  v->end_tsc = order.end_tsc;
  t->cycles += v->cycles; /* cannot wrap in a run of the length that count_exits admits */
  return TRUE;
}

static guint64
first_exit_tsc (const Timeline *t)
{
  guint64 first = G_MAXUINT64;
  for (guint i = 0; i < t->n_vcpus; i++)
    if (t->vcpus[i].chunks->len > 0)
      first = MIN (first, g_array_index (t->vcpus[i].chunks, TimelineChunk, 0).exits->tsc);
  return first;
}

/* L2's first entry over all vCPUs. Tracepoints do not tell it, nor an L1 that died early: the first exit then. */
static void
find_first_entry (Timeline *t)
{
  guint64 first = G_MAXUINT64;
  for (guint i = 0; i < t->n_vcpus; i++)
    if (t->vcpus[i].log.first_entry_tsc != 0)
      first = MIN (first, t->vcpus[i].log.first_entry_tsc);
  t->first_entry_told = first != G_MAXUINT64;
  if (!t->first_entry_told)
    first = first_exit_tsc (t);
  t->first_entry_tsc = first == G_MAXUINT64 ? 0 : first;
}

/* The length of the run bounds every sum and every table made of it. */
#define GUEST_TIME_MAX_NS (G_GINT64_CONSTANT (1000000000) * 86400 * 2)

/* The exits of one guest, which is entered when the one before it has ended. *end_tsc: that end, then its own. */
static gboolean
count_guest (Timeline *t, const TimelineGuest *guest, guint64 *end_tsc, GError **error)
{
  const guint64 after_tsc = *end_tsc;

  for (guint i = guest->first_vcpu; i < guest->first_vcpu + guest->n_vcpus; i++)
    {
      const guint64 entry_tsc = t->vcpus[i].log.first_entry_tsc;
      if (entry_tsc != 0 && entry_tsc < after_tsc)
        return fail (error, HARNESS_ERROR_FAILED, "records: vCPU %u: first entered at TSC %" G_GUINT64_FORMAT ", before the guest before it ended", i, entry_tsc);
      if (!count_vcpu (t, i, after_tsc, error))
        return FALSE;
      *end_tsc = MAX (*end_tsc, t->vcpus[i].end_tsc);
    }
  return TRUE;
}

/* One guest runs after the other. */
static gboolean
count_exits (Timeline *t, GError **error)
{
  guint64 end_tsc = t->first_entry_tsc;

  for (guint g = 0; g < t->n_guests; g++)
    if (!count_guest (t, &t->guests[g], &end_tsc, error))
      return FALSE;
  if ((end_tsc - t->first_entry_tsc) / t->tsc_khz > GUEST_TIME_MAX_NS / 1000000)
    return fail (error, HARNESS_ERROR_FAILED, "records: the exits span more than two days of guest time");
  t->end_ns = timeline_ns (t, end_tsc);
  return TRUE;
}

static gboolean
load (Timeline *t, GError **error)
{
  if (!read_records (t, error))
    return FALSE;
  find_first_entry (t);
  if (t->exits > 0 && t->tsc_khz == 0)
    return fail (error, HARNESS_ERROR_FAILED, "records: exits, but no TSC frequency");
  if (t->tsc_khz == 0)
    t->tsc_khz = 1; /* nothing to be told the time of */
  if (!count_exits (t, error))
    return FALSE;
  timeline_find_phases (t);
  return TRUE;
}

guint
timeline_guest (const Timeline *t, guint vcpu)
{
  guint guest = t->n_guests - 1;
  while (guest > 0 && vcpu < t->guests[guest].first_vcpu)
    guest--;
  return guest;
}

guint
timeline_guest_kind (const Timeline *t, guint vcpu)
{
  return t->guests[timeline_guest (t, vcpu)].kind;
}

gboolean
timeline_load (GBytes *records, Timeline **timeline, GError **error)
{
  g_autoptr (Timeline) t = timeline_new (records);

  if (!load (t, error))
    return FALSE;
  *timeline = g_steal_pointer (&t);
  return TRUE;
}

gboolean
timeline_load_mapped (GBytes *records, Timeline **timeline, GError **error)
{
  g_autoptr (Timeline) t = timeline_new (records);

  if (t->bytes == records) /* else it is a copy */
    t->mapped = g_bytes_get_data (records, NULL);
  if (!load (t, error))
    return FALSE;
  *timeline = g_steal_pointer (&t);
  return TRUE;
}

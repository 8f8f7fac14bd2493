/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The document, member by member; json-glib writes and escapes it. */
#include "report/export-json.h"

#include <string.h>

#include "record/operations.h"
#include "report/json-write.h"

static void
put_span (JsonBuilder *b, const SpanSummary *span)
{
  const gint64 dispersion = dispersion_micro (&span->dispersion);

  json_write_number (b, "start_ns", (guint64) span->start_ns);
  json_write_number (b, "end_ns", (guint64) span->end_ns);
  json_write_number (b, "exits", span->exits);
  json_write_number (b, "cycles", span->cycles);
  json_write_number (b, "top_reason", span->top_code);
  json_write_number (b, "top_exits", span->top_exits);
  if (dispersion >= 0)
    json_write_number (b, "dispersion_millionths", (guint64) dispersion);
  else
    json_write_text (b, "dispersion_millionths", NULL);
}

static void
put_windows (JsonBuilder *b, const LabSummary *s)
{
  json_write_object (b, "windows");
  for (Window w = 0; w < WINDOWS; w++)
    {
      if (!lab_summary_has_window (s, w))
        continue;
      json_write_object (b, window_name (w));
      put_span (b, &s->windows[w]);
      json_builder_end_object (b);
    }
  json_builder_end_object (b);
  json_write_flag (b, "stable", s->stability.even);
}

static void
put_phases (JsonBuilder *b, const LabSummary *s)
{
  json_write_array (b, "phases");
  for (guint i = 0; i < s->phases->len; i++)
    {
      const SpanSummary *phase = &g_array_index (s->phases, SpanSummary, i);
      json_builder_begin_object (b);
      json_write_text (b, "name", phase->name);
      json_write_flag (b, "boot", i < s->boot_phases);
      put_span (b, phase);
      json_builder_end_object (b);
    }
  json_builder_end_array (b);
}

static void
put_reason (JsonBuilder *b, Window window, const ReasonSummary *reason, const ReasonNames *names)
{
  json_builder_begin_object (b);
  json_write_text (b, "window", window_name (window));
  json_write_number (b, "reason", reason->code);
  json_write_text (b, "name", reason_name (names, reason->code));
  json_write_number (b, "exits", reason->exits);
  json_write_number (b, "cycles", reason->cycles);
  json_write_number (b, "cycles_p50", reason->cycles_p50);
  json_write_number (b, "cycles_p99", reason->cycles_p99);
  json_write_number (b, "first_ns", (guint64) reason->first_ns);
  json_write_number (b, "last_ns", (guint64) reason->last_ns);
  json_builder_end_object (b);
}

static void
put_reasons (JsonBuilder *b, const LabSummary *s, const ReasonNames *names)
{
  json_write_array (b, "reasons");
  for (Window w = 0; w < WINDOWS; w++)
    for (guint i = 0; lab_summary_has_window (s, w) && i < s->reasons[w]->len; i++)
      put_reason (b, w, &g_array_index (s->reasons[w], ReasonSummary, i), names);
  json_builder_end_array (b);
}

static void
put_kinds (JsonBuilder *b, const LabSummary *s)
{
  json_write_array (b, "kinds");
  for (guint i = 0; s->kinds != NULL && i < s->kinds->len; i++)
    {
      const KindSummary *kind = &g_array_index (s->kinds, KindSummary, i);
      json_builder_begin_object (b);
      json_write_text (b, "name", kind->name);
      json_write_number (b, "boot_exits", kind->exits[WINDOW_BOOT]);
      json_write_number (b, "boot_cycles", kind->cycles[WINDOW_BOOT]);
      json_write_number (b, "all_exits", kind->exits[WINDOW_ALL]);
      json_write_number (b, "all_cycles", kind->cycles[WINDOW_ALL]);
      json_builder_end_object (b);
    }
  json_builder_end_array (b);
}

static const char *
kind_name (const LabSummary *s, guint kind)
{
  return s->kinds != NULL && kind < s->kinds->len ? g_array_index (s->kinds, KindSummary, kind).name : NULL;
}

static void
put_bursts (JsonBuilder *b, const LabSummary *s)
{
  json_write_object (b, "bursts");
  json_write_number (b, "segments", s->bursts.segments);
  json_write_number (b, "duration_ns", (guint64) s->bursts.duration_ns);
  json_write_number (b, "exits", s->bursts.exits);
  json_write_text (b, "top_kind", s->bursts.segments > 0 ? kind_name (s, s->bursts.top_kind) : NULL);
  json_write_number (b, "top_kind_exits", s->bursts.top_kind_exits);
  json_builder_end_object (b);
}

static void
put_segments (JsonBuilder *b, const LabSummary *s)
{
  json_write_number (b, "types_90", s->types_90);
  json_write_number (b, "types_90_exits", s->types_90_exits);
  json_write_array (b, "segments");
  for (guint i = 0; s->segments != NULL && i < s->segments->len; i++)
    {
      const SegmentSummary *segment = &g_array_index (s->segments, SegmentSummary, i);
      json_builder_begin_object (b);
      json_write_number (b, "start_ns", (guint64) segment->start_ns);
      json_write_number (b, "end_ns", (guint64) segment->end_ns);
      json_write_number (b, "exits", segment->exits);
      json_write_flag (b, "burst", segment->burst);
      json_write_number (b, "top_reason", segment->top_code);
      json_write_number (b, "top_exits", segment->top_exits);
      json_write_text (b, "top_kind", kind_name (s, segment->top_kind));
      json_write_number (b, "top_kind_exits", segment->top_kind_exits);
      json_builder_end_object (b);
    }
  json_builder_end_array (b);
}

static void
put_operation_reasons (JsonBuilder *b, const GArray *reasons, const ReasonNames *names)
{
  json_write_array (b, "reasons");
  for (guint i = 0; reasons != NULL && i < reasons->len; i++)
    {
      const OperationReason *reason = &g_array_index (reasons, OperationReason, i);
      json_builder_begin_object (b);
      json_write_number (b, "reason", reason->code);
      json_write_text (b, "name", reason_name (names, reason->code));
      json_write_number (b, "exits", reason->exits);
      json_write_number (b, "cycles", reason->cycles);
      json_builder_end_object (b);
    }
  json_builder_end_array (b);
}

static void
put_operation (JsonBuilder *b, const OperationSummary *operation, const ReasonNames *names)
{
  json_builder_begin_object (b);
  json_write_text (b, "name", record_operations[operation->number].name);
  json_write_text (b, "what", record_operations[operation->number].what);
  json_write_number (b, "rounds", operation->rounds);
  json_write_number (b, "repetitions", operation->repetitions);
  json_write_number (b, "exits", operation->exits);
  json_write_number (b, "cycles", operation->cycles);
  json_write_number (b, "raw_exits", operation->raw_exits);
  json_write_number (b, "raw_cycles", operation->raw_cycles);
  json_write_number (b, "duration_ns", (guint64) operation->duration_ns);
  put_operation_reasons (b, operation->reasons, names);
  json_builder_end_object (b);
}

static void
put_operations (JsonBuilder *b, const LabSummary *s, const ReasonNames *names)
{
  json_write_array (b, "operations");
  for (guint i = 0; s->operations != NULL && i < s->operations->len; i++)
    {
      const OperationSummary *operation = &g_array_index (s->operations, OperationSummary, i);
      if (export_knows_operation (operation->number))
        put_operation (b, operation, names);
    }
  json_builder_end_array (b);
}

static void
put_checks (JsonBuilder *b, const Checks *checks)
{
  json_write_array (b, "checks");
  for (guint i = 0; checks != NULL && i < checks->rows->len; i++)
    {
      const CheckRow *row = g_ptr_array_index (checks->rows, i);
      json_builder_begin_object (b);
      json_write_text (b, "check", row->check);
      json_write_text (b, "expected", row->expected);
      json_write_text (b, "actual", row->actual);
      json_write_text (b, "verdict", row->verdict);
      json_builder_end_object (b);
    }
  json_builder_end_array (b);
}

static void
put_identity (JsonBuilder *b, const ExportLab *lab)
{
  json_write_text (b, "name", lab->about->name);
  json_write_text (b, "isa", isa_name (lab->timeline->isa));
  json_write_text (b, "machine", lab->about->machine);
  json_write_text (b, "accel", lab->about->accel);
  json_write_text (b, "determinism", lab->about->determinism);
  json_write_text (b, "outcome", lab->about->outcome);
  json_write_text (b, "fingerprint", lab->about->fingerprint);
  json_write_text (b, "l1_release", lab->timeline->l1_release);
  json_write_number (b, "exits", lab->timeline->exits);
  json_write_number (b, "tsc_khz", lab->timeline->tsc_khz);
  json_write_number (b, "end_ns", (guint64) lab->timeline->end_ns);
  json_write_flag (b, "complete", lab->summary != NULL);
}

static void
put_lab (JsonBuilder *b, const ExportLab *lab)
{
  json_builder_begin_object (b);
  put_identity (b, lab);
  if (lab->summary != NULL)
    {
      put_windows (b, lab->summary);
      put_phases (b, lab->summary);
      put_reasons (b, lab->summary, lab->names);
      put_kinds (b, lab->summary);
      put_segments (b, lab->summary);
      put_bursts (b, lab->summary);
      put_operations (b, lab->summary, lab->names);
      put_checks (b, lab->checks);
    }
  json_builder_end_object (b);
}

gboolean
export_json (const Manifest *manifest, const ExportLab *labs, gsize n, ExitsSink sink, gpointer user, GError **error)
{
  g_autoptr (JsonBuilder) b = json_builder_new ();

  json_builder_begin_object (b);
  json_write_number (b, "schema", EXPORT_JSON_SCHEMA);
  json_write_text (b, "run", manifest->run);
  json_write_text (b, "status", manifest->status);
  json_write_pairs (b, "versions", manifest->versions);
  json_write_pairs (b, "inputs", manifest->inputs);
  json_write_array (b, "labs");
  for (gsize i = 0; i < n; i++)
    put_lab (b, &labs[i]);
  json_builder_end_array (b);
  json_builder_end_object (b);
  g_autofree char *json = json_write_finish (b);
  return sink (json, strlen (json), user, error);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The document, member by member; json-glib writes and escapes it. */
#include "report/export-json.h"

#include <json-glib/json-glib.h>
#include <string.h>

#include "record/operations.h"

static void
put_text (JsonBuilder *b, const char *name, const char *value)
{
  g_autofree char *valid = value != NULL ? g_utf8_make_valid (value, -1) : NULL;

  json_builder_set_member_name (b, name);
  if (valid != NULL)
    json_builder_add_string_value (b, valid);
  else
    json_builder_add_null_value (b);
}

static void
put_number (JsonBuilder *b, const char *name, guint64 value)
{
  json_builder_set_member_name (b, name);
  json_builder_add_int_value (b, (gint64) MIN (value, (guint64) G_MAXINT64));
}

static void
put_boolean (JsonBuilder *b, const char *name, gboolean value)
{
  json_builder_set_member_name (b, name);
  json_builder_add_boolean_value (b, value);
}

static void
begin_object (JsonBuilder *b, const char *name)
{
  json_builder_set_member_name (b, name);
  json_builder_begin_object (b);
}

static void
begin_array (JsonBuilder *b, const char *name)
{
  json_builder_set_member_name (b, name);
  json_builder_begin_array (b);
}

static void
put_pairs (JsonBuilder *b, const char *name, const GPtrArray *pairs)
{
  begin_object (b, name);
  for (guint i = 0; i < pairs->len; i++)
    {
      const ManifestPair *pair = g_ptr_array_index (pairs, i);
      put_text (b, pair->name, pair->value);
    }
  json_builder_end_object (b);
}

static void
put_span (JsonBuilder *b, const SpanSummary *span)
{
  const gint64 dispersion = dispersion_micro (&span->dispersion);

  put_number (b, "start_ns", (guint64) span->start_ns);
  put_number (b, "end_ns", (guint64) span->end_ns);
  put_number (b, "exits", span->exits);
  put_number (b, "cycles", span->cycles);
  put_number (b, "top_reason", span->top_code);
  put_number (b, "top_exits", span->top_exits);
  if (dispersion >= 0)
    put_number (b, "dispersion_millionths", (guint64) dispersion);
  else
    put_text (b, "dispersion_millionths", NULL);
}

static void
put_windows (JsonBuilder *b, const LabSummary *s)
{
  begin_object (b, "windows");
  for (Window w = 0; w < WINDOWS; w++)
    {
      begin_object (b, window_name (w));
      put_span (b, &s->windows[w]);
      json_builder_end_object (b);
    }
  json_builder_end_object (b);
  put_boolean (b, "stable", s->stability.even);
}

static void
put_phases (JsonBuilder *b, const LabSummary *s)
{
  begin_array (b, "phases");
  for (guint i = 0; i < s->phases->len; i++)
    {
      const SpanSummary *phase = &g_array_index (s->phases, SpanSummary, i);
      json_builder_begin_object (b);
      put_text (b, "name", phase->name);
      put_boolean (b, "boot", i < s->boot_phases);
      put_span (b, phase);
      json_builder_end_object (b);
    }
  json_builder_end_array (b);
}

static void
put_reason (JsonBuilder *b, Window window, const ReasonSummary *reason, const ReasonNames *names)
{
  json_builder_begin_object (b);
  put_text (b, "window", window_name (window));
  put_number (b, "reason", reason->code);
  put_text (b, "name", reason_name (names, reason->code));
  put_number (b, "exits", reason->exits);
  put_number (b, "cycles", reason->cycles);
  put_number (b, "cycles_p50", reason->cycles_p50);
  put_number (b, "cycles_p99", reason->cycles_p99);
  put_number (b, "first_ns", (guint64) reason->first_ns);
  put_number (b, "last_ns", (guint64) reason->last_ns);
  json_builder_end_object (b);
}

static void
put_reasons (JsonBuilder *b, const LabSummary *s, const ReasonNames *names)
{
  begin_array (b, "reasons");
  for (Window w = 0; w < WINDOWS; w++)
    for (guint i = 0; i < s->reasons[w]->len; i++)
      put_reason (b, w, &g_array_index (s->reasons[w], ReasonSummary, i), names);
  json_builder_end_array (b);
}

static void
put_kinds (JsonBuilder *b, const LabSummary *s)
{
  begin_array (b, "kinds");
  for (guint i = 0; s->kinds != NULL && i < s->kinds->len; i++)
    {
      const KindSummary *kind = &g_array_index (s->kinds, KindSummary, i);
      json_builder_begin_object (b);
      put_text (b, "name", kind->name);
      put_number (b, "boot_exits", kind->exits[WINDOW_BOOT]);
      put_number (b, "boot_cycles", kind->cycles[WINDOW_BOOT]);
      put_number (b, "all_exits", kind->exits[WINDOW_ALL]);
      put_number (b, "all_cycles", kind->cycles[WINDOW_ALL]);
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
  begin_object (b, "bursts");
  put_number (b, "segments", s->bursts.segments);
  put_number (b, "duration_ns", (guint64) s->bursts.duration_ns);
  put_number (b, "exits", s->bursts.exits);
  put_text (b, "top_kind", s->bursts.segments > 0 ? kind_name (s, s->bursts.top_kind) : NULL);
  put_number (b, "top_kind_exits", s->bursts.top_kind_exits);
  json_builder_end_object (b);
}

static void
put_segments (JsonBuilder *b, const LabSummary *s)
{
  put_number (b, "types_90", s->types_90);
  put_number (b, "types_90_exits", s->types_90_exits);
  begin_array (b, "segments");
  for (guint i = 0; s->segments != NULL && i < s->segments->len; i++)
    {
      const SegmentSummary *segment = &g_array_index (s->segments, SegmentSummary, i);
      json_builder_begin_object (b);
      put_number (b, "start_ns", (guint64) segment->start_ns);
      put_number (b, "end_ns", (guint64) segment->end_ns);
      put_number (b, "exits", segment->exits);
      put_boolean (b, "burst", segment->burst);
      put_number (b, "top_reason", segment->top_code);
      put_number (b, "top_exits", segment->top_exits);
      put_text (b, "top_kind", kind_name (s, segment->top_kind));
      put_number (b, "top_kind_exits", segment->top_kind_exits);
      json_builder_end_object (b);
    }
  json_builder_end_array (b);
}

static void
put_operation_reasons (JsonBuilder *b, const GArray *reasons, const ReasonNames *names)
{
  begin_array (b, "reasons");
  for (guint i = 0; reasons != NULL && i < reasons->len; i++)
    {
      const OperationReason *reason = &g_array_index (reasons, OperationReason, i);
      json_builder_begin_object (b);
      put_number (b, "reason", reason->code);
      put_text (b, "name", reason_name (names, reason->code));
      put_number (b, "exits", reason->exits);
      put_number (b, "cycles", reason->cycles);
      json_builder_end_object (b);
    }
  json_builder_end_array (b);
}

static void
put_operation (JsonBuilder *b, const OperationSummary *operation, const ReasonNames *names)
{
  json_builder_begin_object (b);
  put_text (b, "name", record_operations[operation->number].name);
  put_text (b, "what", record_operations[operation->number].what);
  put_number (b, "rounds", operation->rounds);
  put_number (b, "repetitions", operation->repetitions);
  put_number (b, "exits", operation->exits);
  put_number (b, "cycles", operation->cycles);
  put_number (b, "raw_exits", operation->raw_exits);
  put_number (b, "raw_cycles", operation->raw_cycles);
  put_number (b, "duration_ns", (guint64) operation->duration_ns);
  put_operation_reasons (b, operation->reasons, names);
  json_builder_end_object (b);
}

static void
put_operations (JsonBuilder *b, const LabSummary *s, const ReasonNames *names)
{
  begin_array (b, "operations");
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
  begin_array (b, "checks");
  for (guint i = 0; checks != NULL && i < checks->rows->len; i++)
    {
      const CheckRow *row = g_ptr_array_index (checks->rows, i);
      json_builder_begin_object (b);
      put_text (b, "check", row->check);
      put_text (b, "expected", row->expected);
      put_text (b, "actual", row->actual);
      put_text (b, "verdict", row->verdict);
      json_builder_end_object (b);
    }
  json_builder_end_array (b);
}

static void
put_identity (JsonBuilder *b, const ExportLab *lab)
{
  put_text (b, "name", lab->about->name);
  put_text (b, "isa", isa_name (lab->timeline->isa));
  put_text (b, "machine", lab->about->machine);
  put_text (b, "accel", lab->about->accel);
  put_text (b, "determinism", lab->about->determinism);
  put_text (b, "outcome", lab->about->outcome);
  put_text (b, "fingerprint", lab->about->fingerprint);
  put_text (b, "l1_release", lab->timeline->l1_release);
  put_number (b, "exits", lab->timeline->exits);
  put_number (b, "tsc_khz", lab->timeline->tsc_khz);
  put_number (b, "end_ns", (guint64) lab->timeline->end_ns);
  put_boolean (b, "complete", lab->summary != NULL);
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
  g_autoptr (JsonGenerator) generator = json_generator_new ();

  json_builder_begin_object (b);
  put_number (b, "schema", EXPORT_JSON_SCHEMA);
  put_text (b, "run", manifest->run);
  put_text (b, "status", manifest->status);
  put_pairs (b, "versions", manifest->versions);
  put_pairs (b, "inputs", manifest->inputs);
  begin_array (b, "labs");
  for (gsize i = 0; i < n; i++)
    put_lab (b, &labs[i]);
  json_builder_end_array (b);
  json_builder_end_object (b);
  g_autoptr (JsonNode) root = json_builder_get_root (b);
  json_generator_set_root (generator, root);
  json_generator_set_pretty (generator, TRUE);
  g_autofree char *json = json_generator_to_data (generator, NULL);
  return sink (json, strlen (json), user, error) && sink ("\n", 1, user, error);
}

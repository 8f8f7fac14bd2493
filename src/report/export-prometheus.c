/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One family after the other, each with the samples of all labs: the format wants them together. */
#include "report/export-prometheus.h"

#include "record/operations.h"
#include "report/csv.h"

/* The value of a label: backslash, quote and line feed escaped; what is no UTF-8, or steers a terminal, becomes U+FFFD. */
static void
put_label_value (GString *out, const char *text)
{
  g_autofree char *valid = g_utf8_make_valid (text != NULL ? text : "", -1);

  g_string_append_c (out, '"');
  for (const char *c = valid; *c != '\0'; c++)
    switch (*c)
      {
      case '\n':
        g_string_append (out, "\\n");
        break;
      case '\\':
      case '"':
        g_string_append_c (out, '\\');
        G_GNUC_FALLTHROUGH;
      default:
        if (g_ascii_iscntrl (*c))
          g_string_append (out, "\xef\xbf\xbd");
        else
          g_string_append_c (out, *c);
      }
  g_string_append_c (out, '"');
}

static void
put_family (GString *out, const char *name, const char *type, const char *help)
{
  g_string_append_printf (out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

/* NAME{label="value",…} and a blank; labels: pairs of name and value, up to a NULL name. */
static void put_series (GString *out, const char *name, ...) G_GNUC_NULL_TERMINATED;
static void
put_series (GString *out, const char *name, ...)
{
  char separator = '{';
  const char *label;
  va_list labels;

  g_string_append (out, name);
  va_start (labels, name);
  while ((label = va_arg (labels, const char *)) != NULL)
    {
      g_string_append_c (out, separator);
      g_string_append (out, label);
      g_string_append_c (out, '=');
      put_label_value (out, va_arg (labels, const char *));
      separator = ',';
    }
  va_end (labels);
  g_string_append (out, "} ");
}

static void
put_value (GString *out, guint64 value)
{
  csv_unsigned (out, value);
  g_string_append_c (out, '\n');
}

static void
put_seconds (GString *out, gint64 ns)
{
  csv_fixed (out, (guint64) MAX (ns, 0), 9);
  g_string_append_c (out, '\n');
}

/* What of a thing a family tells. */
typedef enum { FIELD_NONE, FIELD_EXITS, FIELD_CYCLES, FIELD_SECONDS, FIELD_REPETITIONS } Field;

typedef struct {
  const char *name, *type, *help;
  void (*put) (GString *out, const char *name, const ExportLab *lab, Field field);
  Field field;
  gboolean any; /* also of a lab without a summary */
} Family;

static void
put_run (GString *out, const Manifest *m)
{
  put_family (out, "harness_run_info", "gauge", "The run; always 1.");
  put_series (out, "harness_run_info", "run", m->run, "status", m->status, "version", manifest_get (m->versions, "harness"), NULL);
  put_value (out, 1);
}

static void
put_info (GString *out, const char *name, const ExportLab *lab, Field field)
{
  const ManifestLab *about = lab->about;

  (void) field;
  put_series (out, name, "lab", about->name, "isa", isa_name (lab->timeline->isa), "machine", about->machine, "accel", about->accel, "determinism",
              about->determinism, "outcome", about->outcome, "fingerprint", about->fingerprint, NULL);
  put_value (out, 1);
}

static void
put_complete (GString *out, const char *name, const ExportLab *lab, Field field)
{
  (void) field;
  put_series (out, name, "lab", lab->about->name, NULL);
  put_value (out, lab->summary != NULL);
}

static void
put_reasons (GString *out, const char *name, const ExportLab *lab, Field field)
{
  for (Window w = 0; w < WINDOWS; w++)
    for (guint i = 0; lab_summary_has_window (lab->summary, w) && i < lab->summary->reasons[w]->len; i++)
      {
        const ReasonSummary *reason = &g_array_index (lab->summary->reasons[w], ReasonSummary, i);
        g_autofree char *code = g_strdup_printf ("%u", reason->code);
        put_series (out, name, "lab", lab->about->name, "window", window_name (w), "reason", code, "name", reason_name (lab->names, reason->code), NULL);
        put_value (out, field == FIELD_EXITS ? reason->exits : reason->cycles);
      }
}

static void
put_kinds (GString *out, const char *name, const ExportLab *lab, Field field)
{
  const GArray *kinds = lab->summary->kinds;

  for (Window w = 0; w < WINDOWS; w++)
    for (guint i = 0; lab_summary_has_window (lab->summary, w) && kinds != NULL && i < kinds->len; i++)
      {
        const KindSummary *kind = &g_array_index (kinds, KindSummary, i);
        put_series (out, name, "lab", lab->about->name, "window", window_name (w), "kind", kind->name, NULL);
        put_value (out, field == FIELD_EXITS ? kind->exits[w] : kind->cycles[w]);
      }
}

static void
put_span (GString *out, const SpanSummary *span, Field field)
{
  if (field == FIELD_SECONDS)
    put_seconds (out, span->end_ns - span->start_ns);
  else
    put_value (out, field == FIELD_EXITS ? span->exits : span->cycles);
}

static void
put_windows (GString *out, const char *name, const ExportLab *lab, Field field)
{
  for (Window w = 0; w < WINDOWS; w++)
    {
      if (!lab_summary_has_window (lab->summary, w))
        continue;
      put_series (out, name, "lab", lab->about->name, "window", window_name (w), NULL);
      put_span (out, &lab->summary->windows[w], field);
    }
}

static void
put_phases (GString *out, const char *name, const ExportLab *lab, Field field)
{
  for (guint i = 0; i < lab->summary->phases->len; i++)
    {
      const SpanSummary *phase = &g_array_index (lab->summary->phases, SpanSummary, i);
      put_series (out, name, "lab", lab->about->name, "phase", phase->name, NULL);
      put_span (out, phase, field);
    }
}

static guint64
operation_field (const OperationSummary *operation, Field field)
{
  if (field == FIELD_REPETITIONS)
    return operation->repetitions;
  return field == FIELD_EXITS ? operation->exits : operation->cycles;
}

static void
put_operations (GString *out, const char *name, const ExportLab *lab, Field field)
{
  const GArray *operations = lab->summary->operations;

  for (guint i = 0; operations != NULL && i < operations->len; i++)
    {
      const OperationSummary *operation = &g_array_index (operations, OperationSummary, i);
      if (!export_knows_operation (operation->number))
        continue;
      put_series (out, name, "lab", lab->about->name, "operation", record_operations[operation->number].name, NULL);
      put_value (out, operation_field (operation, field));
    }
}

static void
put_checks (GString *out, const char *name, const ExportLab *lab, Field field)
{
  const Checks *checks = lab->checks;

  (void) field;
  if (checks == NULL)
    return;
  const guint ok = checks->rows->len - checks->failed - checks->explained - checks->surprises - checks->not_run;
  const struct { const char *verdict; guint n; } verdicts[] = {
    { "ok", ok }, { "explained", checks->explained }, { "surprise", checks->surprises }, { "not-run", checks->not_run }, { "fail", checks->failed },
  };
  for (guint i = 0; i < G_N_ELEMENTS (verdicts); i++)
    {
      put_series (out, name, "lab", lab->about->name, "verdict", verdicts[i].verdict, NULL);
      put_value (out, verdicts[i].n);
    }
}

static const Family families[] = {
  { "harness_lab_info", "gauge", "The lab; always 1.", put_info, FIELD_NONE, TRUE },
  { "harness_lab_complete", "gauge", "1 if L2 booted and powered off and all was recorded, else 0.", put_complete, FIELD_NONE, TRUE },
  { "harness_exits_total", "counter", "VM exits by reason; the window all holds the window boot.", put_reasons, FIELD_EXITS, FALSE },
  { "harness_exit_cycles_total", "counter", "TSC cycles spent in VM exits by reason.", put_reasons, FIELD_CYCLES, FALSE },
  { "harness_kind_exits", "gauge", "VM exits by kind, the same kinds for both vendors.", put_kinds, FIELD_EXITS, FALSE },
  { "harness_kind_exit_cycles", "gauge", "TSC cycles spent in VM exits by kind.", put_kinds, FIELD_CYCLES, FALSE },
  { "harness_window_duration_seconds", "gauge", "Guest time of a window.", put_windows, FIELD_SECONDS, FALSE },
  { "harness_phase_duration_seconds", "gauge", "Guest time of a phase.", put_phases, FIELD_SECONDS, FALSE },
  { "harness_phase_exits", "gauge", "VM exits of a phase.", put_phases, FIELD_EXITS, FALSE },
  { "harness_phase_exit_cycles", "gauge", "TSC cycles spent in the VM exits of a phase.", put_phases, FIELD_CYCLES, FALSE },
  { "harness_operation_repetitions", "gauge", "How often an operation was performed.", put_operations, FIELD_REPETITIONS, FALSE },
  { "harness_operation_exits", "gauge", "VM exits of all repetitions of an operation, calibrated.", put_operations, FIELD_EXITS, FALSE },
  { "harness_operation_exit_cycles", "gauge", "TSC cycles of all repetitions of an operation, calibrated.", put_operations, FIELD_CYCLES, FALSE },
  { "harness_checks", "gauge", "Cross-checks by verdict.", put_checks, FIELD_NONE, FALSE },
};

/* A family nobody has a sample of is left out. */
static void
put_all_of (GString *out, const Family *family, const ExportLab *labs, gsize n)
{
  g_autoptr (GString) samples = g_string_new (NULL);

  for (gsize i = 0; i < n; i++)
    if (family->any || labs[i].summary != NULL)
      family->put (samples, family->name, &labs[i], family->field);
  if (samples->len == 0)
    return;
  put_family (out, family->name, family->type, family->help);
  g_string_append_len (out, samples->str, (gssize) samples->len);
}

gboolean
export_prometheus (const Manifest *manifest, const ExportLab *labs, gsize n, ExitsSink sink, gpointer user, GError **error)
{
  g_auto (ExportOut) out = { 0 };

  export_out_init (&out, sink, user);
  put_run (out.text, manifest);
  for (guint i = 0; i < G_N_ELEMENTS (families); i++)
    {
      put_all_of (out.text, &families[i], labs, n);
      if (!export_out_spill (&out, error))
        return FALSE;
    }
  return export_out_flush (&out, error);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The JSON Trace Event Format, event by event. */
#include "report/export-perfetto.h"

#include "record/operations.h"
#include "report/csv.h"
#include "report/json-write.h"
#include "timeline/cursor.h"
#include "timeline/phases.h"

/* Numbers of processes and threads are the same space for some readers: a lab's all lie in a range of their own. */
#define LAB_IDS 1000u
enum { THREAD_PHASES = 1, THREAD_OPERATIONS, THREAD_CONSOLE, THREAD_VCPU };

#define CONSOLE_TEXT_MAX 400u

typedef struct {
  const ExportLab *lab;
  guint pid;
  guint64 *events; /* so far, of all processes */
  ExportOut *out;
} Process;

static void
put_hex (GString *out, const char *name, guint64 value)
{
  static const char digits[] = "0123456789abcdef";
  char text[16];
  guint n = sizeof text;

  do
    text[--n] = digits[value & 15];
  while ((value >>= 4) != 0);
  g_string_append (out, name);
  g_string_append (out, "\"0x");
  g_string_append_len (out, text + n, sizeof text - n);
  g_string_append_c (out, '"');
}

static void
put_number (GString *out, const char *name, guint64 value)
{
  g_string_append (out, name);
  csv_unsigned (out, value);
}

/* The head of an event, up to where its time would stand. */
static GString *
begin (const Process *p, char kind, guint thread)
{
  GString *out = p->out->text;

  g_string_append (out, (*p->events)++ > 0 ? ",\n{\"ph\":\"" : "\n{\"ph\":\"");
  g_string_append_c (out, kind);
  put_number (out, "\",\"pid\":", p->pid);
  put_number (out, ",\"tid\":", p->pid + thread);
  return out;
}

/* Nothing is before the first entry but what L1 wrote for L2 meanwhile: it counts as of then. */
static void
put_time (GString *out, gint64 ns)
{
  g_string_append (out, ",\"ts\":");
  csv_fixed (out, (guint64) MAX (ns, 0), 3);
}

static void
put_span (GString *out, gint64 start_ns, gint64 end_ns)
{
  put_time (out, start_ns);
  g_string_append (out, ",\"dur\":");
  csv_fixed (out, (guint64) (end_ns - start_ns), 3);
}

static void
put_name (GString *out, const char *category, const char *name)
{
  g_string_append_printf (out, ",\"cat\":\"%s\",\"name\":", category);
  json_write_string (out, name, -1);
  g_string_append (out, ",\"args\":{");
}

static void
name_process (const Process *p)
{
  const ManifestLab *about = p->lab->about;
  g_autofree char *name = g_strdup_printf ("%s on %s (%s)", about->name, about->machine != NULL ? about->machine : "an unknown machine",
                                           about->determinism != NULL ? about->determinism : "?");
  GString *out = begin (p, 'M', 0);

  g_string_append (out, ",\"name\":\"process_name\",\"args\":{\"name\":");
  json_write_string (out, name, -1);
  g_string_append (out, "}}");
  begin (p, 'M', 0);
  put_number (out, ",\"name\":\"process_sort_index\",\"args\":{\"sort_index\":", p->pid);
  g_string_append (out, "}}");
}

static void
name_thread (const Process *p, guint thread, const char *name)
{
  GString *out = begin (p, 'M', thread);

  g_string_append (out, ",\"name\":\"thread_name\",\"args\":{\"name\":");
  json_write_string (out, name, -1);
  g_string_append (out, "}}");
  begin (p, 'M', thread);
  put_number (out, ",\"name\":\"thread_sort_index\",\"args\":{\"sort_index\":", thread);
  g_string_append (out, "}}");
}

static void
name_all (const Process *p)
{
  const Timeline *t = p->lab->timeline;

  name_process (p);
  name_thread (p, THREAD_PHASES, "phases");
  if (t->operations->len > 0)
    name_thread (p, THREAD_OPERATIONS, "operations");
  if (t->console_pieces->len > 0)
    name_thread (p, THREAD_CONSOLE, "L2 console");
  for (guint v = 0; v < t->n_vcpus; v++)
    if (t->vcpus[v].exits > 0)
      {
        g_autofree char *name = g_strdup_printf ("%svCPU %u", timeline_guest_kind (t, v) == RECORD_GUEST_KNOWN_ANSWER ? "known-answer " : "", t->vcpus[v].id);
        name_thread (p, THREAD_VCPU + v, name);
      }
}

static gboolean
put_phases (const Process *p, GError **error)
{
  const Timeline *t = p->lab->timeline;

  for (guint i = 0; i < t->phases->len; i++)
    {
      const TimelinePhase *phase = &g_array_index (t->phases, TimelinePhase, i);
      GString *out = begin (p, 'X', THREAD_PHASES);
      put_span (out, phase->start_ns, phase->end_ns);
      put_name (out, "phase", phase->name);
      put_number (out, "\"exits\":", phase->end - phase->first);
      g_string_append (out, "}}");
    }
  return export_out_spill (p->out, error);
}

static gboolean
put_operations (const Process *p, GError **error)
{
  const Timeline *t = p->lab->timeline;

  for (guint i = 0; i < t->operations->len; i++)
    {
      const TimelineOperation *round = &g_array_index (t->operations, TimelineOperation, i);
      if (!export_knows_operation (round->number))
        continue;
      const struct record_operation *operation = &record_operations[round->number];
      GString *out = begin (p, 'X', THREAD_OPERATIONS);
      put_span (out, round->start_ns, round->end_ns);
      put_name (out, "operation", operation->name);
      g_string_append (out, "\"what\":");
      json_write_string (out, operation->what, -1);
      put_number (out, ",\"repetitions\":", operation->repetitions);
      put_number (out, ",\"exits\":", round->end - round->first);
      g_string_append (out, "}}");
      if (!export_out_spill (p->out, error))
        return FALSE;
    }
  return TRUE;
}

/* What L2 wrote, as instants named by their text. */
static gboolean
put_console (const Process *p, GError **error)
{
  const Timeline *t = p->lab->timeline;

  for (guint i = 0; i < t->console_pieces->len; i++)
    {
      const TimelineConsolePiece *piece = &g_array_index (t->console_pieces, TimelineConsolePiece, i);
      const gsize end = i + 1 < t->console_pieces->len ? piece[1].offset : t->console->len;
      const gsize size = MIN (end - piece->offset, CONSOLE_TEXT_MAX);
      GString *out = begin (p, 'i', THREAD_CONSOLE);
      put_time (out, timeline_ns (t, piece->tsc));
      g_string_append (out, ",\"s\":\"t\",\"cat\":\"console\",\"name\":");
      json_write_string (out, t->console->str + piece->offset, (gssize) size);
      g_string_append (out, "}");
      if (!export_out_spill (p->out, error))
        return FALSE;
    }
  return TRUE;
}

typedef struct {
  guint64 bin, exits; /* so far in it */
  guint64 told;       /* the value that the counter has */
} Rate;

/* A counter keeps its value until the next is told. */
static void
tell_rate (const Process *p, Rate *rate, guint64 bin, guint64 exits)
{
  if (exits == rate->told)
    return;
  GString *out = begin (p, 'C', 0);
  put_time (out, (gint64) bin * SUMMARY_BIN_NS);
  put_number (out, ",\"name\":\"exits/s\",\"args\":{\"exits/s\":", exits * (1000000000 / SUMMARY_BIN_NS));
  g_string_append (out, "}}");
  rate->told = exits;
}

/* The bin is over, and up to `next` there is none with exits. */
static void
end_bin (const Process *p, Rate *rate, guint64 next)
{
  tell_rate (p, rate, rate->bin, rate->exits);
  if (next > rate->bin + 1)
    tell_rate (p, rate, rate->bin + 1, 0);
  rate->bin = next;
  rate->exits = 0;
}

static gboolean
put_rates (const Process *p, GError **error)
{
  const Timeline *t = p->lab->timeline;
  const struct kvm_exit_log_record *exit;
  Rate rate = { .told = G_MAXUINT64 };
  ExitCursor cursor;

  exit_cursor_init (&cursor, t);
  while ((exit = exit_cursor_next (&cursor, NULL)) != NULL)
    {
      const guint64 bin = (guint64) timeline_ns (t, exit->tsc) / SUMMARY_BIN_NS;
      if (bin != rate.bin)
        end_bin (p, &rate, bin);
      rate.exits++;
      if (!export_out_spill (p->out, error))
        return FALSE;
    }
  end_bin (p, &rate, G_MAXUINT64);
  return TRUE;
}

static void
put_exit (const Process *p, guint64 number, guint vcpu, const struct kvm_exit_log_record *exit)
{
  const Timeline *t = p->lab->timeline;
  const gint64 t_ns = timeline_ns (t, exit->tsc);
  GString *out = begin (p, 'X', THREAD_VCPU + vcpu);
  guint port;

  put_span (out, t_ns, timeline_ns (t, exit->tsc + exit->cycles));
  put_name (out, "exit", reason_name (p->lab->names, exit->reason));
  put_number (out, "\"exit\":", number);
  put_number (out, ",\"t_ns\":", (guint64) t_ns);
  put_number (out, ",\"reason\":", exit->reason);
  put_hex (out, ",\"rip\":", exit->rip);
  put_hex (out, ",\"info1\":", exit->info1);
  put_hex (out, ",\"info2\":", exit->info2);
  put_number (out, ",\"cycles\":", exit->cycles);
  if (exit_port (t->isa, exit, &port))
    put_hex (out, ",\"port\":", port);
  if (exit->flags & KVM_EXIT_LOG_F_TO_USER)
    g_string_append (out, ",\"to_user_space\":true");
  if (exit->flags & KVM_EXIT_LOG_F_FAILED_ENTRY)
    g_string_append (out, ",\"failed_entry\":true");
  g_string_append (out, "}}");
}

static gboolean
put_exits (const Process *p, GError **error)
{
  const struct kvm_exit_log_record *exit;
  ExitCursor cursor;
  guint vcpu = 0;

  exit_cursor_init (&cursor, p->lab->timeline);
  for (guint64 number = 1; (exit = exit_cursor_next (&cursor, &vcpu)) != NULL; number++)
    {
      put_exit (p, number, vcpu, exit);
      if (!export_out_spill (p->out, error))
        return FALSE;
    }
  return TRUE;
}

static gboolean
put_lab (const Process *p, GError **error)
{
  name_all (p);
  return put_phases (p, error) && put_operations (p, error) && put_console (p, error) && put_rates (p, error) && put_exits (p, error);
}

gboolean
export_perfetto (const char *run, const ExportLab *labs, gsize n, ExitsSink sink, gpointer user, GError **error)
{
  g_auto (ExportOut) out = { 0 };
  guint64 events = 0;

  export_out_init (&out, sink, user);
  g_string_append (out.text, "{\"otherData\":{\"run\":");
  json_write_string (out.text, run != NULL ? run : "", -1);
  g_string_append (out.text, "},\"traceEvents\":[");
  for (gsize i = 0; i < n; i++)
    {
      const Process process = { &labs[i], (guint) (i + 1) * LAB_IDS, &events, &out };
      if (!put_lab (&process, error))
        return FALSE;
    }
  g_string_append (out.text, "\n]}\n");
  return export_out_flush (&out, error);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Writing evidence; see evidence-file.h. */
#include "grade/evidence-file.h"

#include <string.h>

#include "grade/evidence-private.h"
#include "grade/grade-json.h"
#include "grade/json-put.h"
#include "grade/module-scan.h"

char *
evidence_item_name (Isa isa, guint boot, const char *what)
{
  return g_strdup_printf ("%s-%u-%s", isa_name (isa), boot + 1, what);
}

/* --- programs --------------------------------------------------------------------------------- */

static void
put_range (JsonPut *json, const ProgramRange *range)
{
  json_put_number (json, NULL, range->first);
  json_put_number (json, NULL, range->count);
}

static void
put_window (JsonPut *json, const ProgramWindow *window)
{
  put_range (json, &window->before);
  put_range (json, &window->between);
  put_range (json, &window->after);
  json_put_number (json, NULL, window->concurrent ? 1 : 0);
}

/* What the steps are for: [other, undefined, snapshot, windows …], one number after the other. */
static void
put_program (JsonPut *json, const char *name, const Program *program)
{
  json_put_begin_flat (json, name, '[');
  put_range (json, &program->other);
  put_range (json, &program->undefined);
  put_window (json, &program->snapshot);
  for (guint i = 0; i < program->windows->len; i++)
    put_window (json, &g_array_index (program->windows, ProgramWindow, i));
  json_put_end (json, ']');
}

/* --- labs ------------------------------------------------------------------------------------- */

static void
put_leaves (JsonPut *json, const char *name, const GArray *leaves)
{
  json_put_begin_flat (json, name, '[');
  for (guint i = 0; leaves && i < leaves->len; i++)
    json_put_number (json, NULL, g_array_index (leaves, guint32, i));
  json_put_end (json, ']');
}

static void
put_boot (JsonPut *json, const EvidenceBoot *boot)
{
  json_put_begin (json, NULL, '{');
  json_put_text (json, "end", machine_end_name (boot->end.end));
  json_put_text (json, "detail", boot->end.detail);
  put_leaves (json, "less_leaves", boot->less.leaves);
  json_put_number (json, "less_ops", boot->less.ops);
  json_put_text (json, "resolved", boot->resolved);
  put_program (json, "program", boot->program);
  put_program (json, "last_program", boot->last_program);
  json_put_end (json, '}');
}

static void
put_others (JsonPut *json, const Baseline *baseline)
{
  json_put_begin_flat (json, "others", '[');
  for (guint i = 0; i < baseline->nr_others; i++)
    {
      json_put_number (json, NULL, baseline->others[i].leaf);
      json_put_number (json, NULL, baseline->others[i].input);
      for (guint j = 0; j < G_N_ELEMENTS (baseline->others[i].registers); j++)
        json_put_number (json, NULL, baseline->others[i].registers[j]);
    }
  json_put_end (json, ']');
}

static void
put_unknown (JsonPut *json, const Baseline *baseline, guint nr_leaves)
{
  json_put_begin_flat (json, "unknown", '[');
  for (guint op = 0; op < CHALLENGE_OPS; op++)
    for (guint leaf = 0; leaf < nr_leaves; leaf++)
      for (guint i = 0; i < 8; i++)
        json_put_number (json, NULL, baseline->unknown[op][leaf][i / 4][i % 4]);
  json_put_end (json, ']');
}

static void
put_baseline (JsonPut *json, const Baseline *baseline, guint nr_leaves)
{
  json_put_begin (json, "baseline", '{');
  put_others (json, baseline);
  put_unknown (json, baseline, nr_leaves);
  json_put_begin_flat (json, "op_ticks", '[');
  for (guint op = 0; op < CHALLENGE_OPS; op++)
    json_put_number (json, NULL, (gint64) MIN (baseline->op_ticks[op], (guint64) G_MAXINT64));
  json_put_end (json, ']');
  json_put_number (json, "kernel_lines", (gint64) MIN (baseline->kernel_lines, (guint64) G_MAXINT64));
  json_put_end (json, '}');
}

static void
put_finding (JsonPut *json, const ScanFinding *finding)
{
  json_put_begin (json, NULL, '{');
  json_put_flag (json, "narrow_cycles", finding->kind == SCAN_NARROW_CYCLES);
  json_put_text (json, "module", finding->module);
  json_put_text (json, "function", finding->function);
  json_put_text (json, "symbol", finding->symbol);
  json_put_text (json, "source", finding->source);
  json_put_text (json, "instruction", finding->instruction);
  json_put_end (json, '}');
}

static void
put_lab (JsonPut *json, const EvidenceLab *lab, guint nr_leaves)
{
  json_put_begin (json, NULL, '{');
  json_put_text (json, "isa", isa_name (lab->isa));
  put_baseline (json, &lab->baseline, nr_leaves);
  json_put_begin (json, "findings", '[');
  for (guint i = 0; i < lab->findings->len; i++)
    put_finding (json, g_ptr_array_index (lab->findings, i));
  json_put_end (json, ']');
  json_put_begin (json, "boots", '[');
  for (guint i = 0; i < lab->boots->len; i++)
    put_boot (json, g_ptr_array_index (lab->boots, i));
  json_put_end (json, ']');
  json_put_end (json, '}');
}

/* --- the document ----------------------------------------------------------------------------- */

static void
put_asked (JsonPut *json, const EvidenceAsked *asked)
{
  json_put_begin (json, "asked", '{');
  json_put_flag (json, "told_by_log", asked->told_by_log);
  json_put_text (json, "isa", isa_name (asked->isa));
  json_put_text (json, "again_vmx", asked->again[ISA_VMX]);
  json_put_text (json, "again_svm", asked->again[ISA_SVM]);
  json_put_text (json, "names", asked->names);
  json_put_text (json, "allowed", asked->allowed);
  json_put_text (json, "leaf_map", asked->leaf_map);
  json_put_end (json, '}');
}

static GString *
evidence_json (const Evidence *evidence)
{
  JsonPut json = { .out = g_string_new (NULL) };

  json_put_begin (&json, NULL, '{');
  json_put_text (&json, "schema", EVIDENCE_SCHEMA);
  json_put_flag (&json, "ended", evidence->ended);
  json_put_flag (&json, "early", evidence->early);
  json_put_flag (&json, "last_try", evidence->last_try);
  put_asked (&json, &evidence->asked);
  put_leaves (&json, "leaves", evidence->leaves);
  json_put_begin (&json, "labs", '[');
  for (guint i = 0; i < evidence->labs->len; i++)
    put_lab (&json, g_ptr_array_index (evidence->labs, i), evidence->leaves->len);
  json_put_end (&json, ']');
  json_put_end (&json, '}');
  return json.out;
}

/* --- the bundle ------------------------------------------------------------------------------- */

static void
add_item (Bundle *bundle, Isa isa, guint number, const char *what, GBytes *bytes)
{
  g_autofree char *name = evidence_item_name (isa, number, what);

  bundle_add (bundle, name, bytes);
}

static void
add_boot (Bundle *bundle, Isa isa, guint number, const EvidenceBoot *boot)
{
  g_autoptr (GBytes) program = program_bytes (boot->program), last = program_bytes (boot->last_program);
  g_autoptr (GBytes) report = g_bytes_new (boot->report, strlen (boot->report)),
                     console = g_bytes_new (boot->console, strlen (boot->console));

  add_item (bundle, isa, number, "program", program);
  add_item (bundle, isa, number, "last-program", last);
  add_item (bundle, isa, number, "log", boot->log);
  add_item (bundle, isa, number, "report", report);
  add_item (bundle, isa, number, "console", console);
}

Bundle *
evidence_bundle (const Evidence *evidence)
{
  Bundle *bundle = bundle_new ();
  g_autoptr (GString) json = evidence_json (evidence), collected = grade_json (evidence->collected);

  bundle_add_text (bundle, EVIDENCE_JSON, json->str);
  bundle_add_text (bundle, EVIDENCE_COLLECTED, collected->str);
  for (guint i = 0; i < evidence->labs->len; i++)
    {
      const EvidenceLab *lab = g_ptr_array_index (evidence->labs, i);

      for (guint j = 0; j < lab->boots->len; j++)
        add_boot (bundle, lab->isa, j, g_ptr_array_index (lab->boots, j));
    }
  return bundle;
}

static gsize
log_bytes (const Evidence *evidence)
{
  gsize bytes = 0;

  for (guint i = 0; i < evidence->labs->len; i++)
    {
      const EvidenceLab *lab = g_ptr_array_index (evidence->labs, i);

      for (guint j = 0; j < lab->boots->len; j++)
        bytes += g_bytes_get_size (((const EvidenceBoot *) g_ptr_array_index (lab->boots, j))->log);
    }
  return bytes;
}

gboolean
evidence_write (const Evidence *evidence, GBytes **file, GError **error)
{
  g_autoptr (Bundle) bundle = NULL;
  g_autoptr (GBytes) bytes = NULL;

  /* A third is for the rest: programs, reports, the change. */
  if (log_bytes (evidence) < EVIDENCE_BYTES_MAX / 3 * 2)
    {
      bundle = evidence_bundle (evidence);
      if (!bundle_write (bundle, &bytes, error))
        return FALSE;
    }
  *file = bytes && g_bytes_get_size (bytes) <= EVIDENCE_FILE_MAX ? g_steal_pointer (&bytes) : NULL;
  return TRUE;
}

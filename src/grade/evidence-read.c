/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reading evidence; see evidence-file.h. Whatever stands in it: what is given to the judge is what
 * the harness itself could have collected.
 */
#include "grade/evidence-file.h"

#include <string.h>

#include "base/error.h"
#include "base/hash.h"
#include "grade/evidence-private.h"
#include "grade/grade-json.h"
#include "grade/json-take.h"
#include "grade/module-scan.h"

#define DEPTH_MAX 7u
#define JSON_MAX (16u << 20)
#define WINDOWS_MAX 256u
#define WINDOW_NUMBERS 7u
#define HEAD_NUMBERS (4u + WINDOW_NUMBERS)
#define OTHER_NUMBERS 6u
#define FINDINGS_MAX 2000u /* of two modules */
#define TEXT_MAX (4 << 20) /* a report's MiB, whose invalid bytes may have become three each */

static gboolean
damaged (const char *what, GError **error)
{
  return fail (error, HARNESS_ERROR_FAILED, "damaged: %s", what);
}

static const char *
name_of_isa (guint value)
{
  return isa_name ((Isa) value);
}

static const char *
name_of_end (guint value)
{
  return machine_end_name ((MachineEnd) value);
}

static gboolean
take_isa (JsonObject *object, Isa *isa, GError **error)
{
  guint value;

  if (!json_take_name (object, "isa", name_of_isa, 2, &value, error))
    return FALSE;
  *isa = (Isa) value;
  return TRUE;
}

static GArray *
new_numbers (void)
{
  return g_array_new (FALSE, FALSE, sizeof (gint64));
}

static gint64
number_at (const GArray *numbers, guint index)
{
  return g_array_index (numbers, gint64, index);
}

/* Leaves, appended. */
static gboolean
take_leaves (JsonObject *object, const char *name, GArray *leaves, GError **error)
{
  g_autoptr (GArray) numbers = new_numbers ();

  if (!json_take_numbers (object, name, PROGRAM_LEAVES_MAX, G_MAXUINT32, numbers, error))
    return FALSE;
  for (guint i = 0; i < numbers->len; i++)
    {
      const guint32 leaf = (guint32) number_at (numbers, i);

      g_array_append_val (leaves, leaf);
    }
  return TRUE;
}

/* --- programs --------------------------------------------------------------------------------- */

static ProgramRange
range_at (const GArray *numbers, guint at)
{
  return (ProgramRange){ (guint) number_at (numbers, at), (guint) number_at (numbers, at + 1) };
}

static ProgramWindow
window_at (const GArray *numbers, guint at)
{
  return (ProgramWindow){
    .before = range_at (numbers, at),
    .between = range_at (numbers, at + 2),
    .after = range_at (numbers, at + 4),
    .concurrent = number_at (numbers, at + 6) != 0,
  };
}

static gboolean
take_steps (GBytes *bytes, Program *program, GError **error)
{
  struct challenge_header header;
  gsize size;
  const char *data = g_bytes_get_data (bytes, &size);

  if (size < sizeof header)
    return damaged ("a program is cut", error);
  memcpy (&header, data, sizeof header);
  if (header.magic != CHALLENGE_MAGIC || header.steps == 0 || header.steps > CHALLENGE_STEPS_MAX ||
      size != sizeof header + header.steps * sizeof (struct challenge_step))
    return damaged ("a program is none", error);
  g_array_append_vals (program->steps, data + sizeof header, header.steps);
  return TRUE;
}

static gboolean
take_program (JsonObject *boot, const char *name, GBytes *bytes, Isa isa, gboolean last, Program **program,
              GError **error)
{
  g_autoptr (GArray) numbers = new_numbers ();
  g_autoptr (Program) made = g_new0 (Program, 1);

  made->isa = isa;
  made->steps = g_array_new (FALSE, TRUE, sizeof (struct challenge_step));
  made->windows = g_array_new (FALSE, TRUE, sizeof (ProgramWindow));
  if (!take_steps (bytes, made, error) ||
      !json_take_numbers (boot, name, HEAD_NUMBERS + WINDOWS_MAX * WINDOW_NUMBERS, CHALLENGE_STEPS_MAX,
                          numbers, error))
    return FALSE;
  if (numbers->len < HEAD_NUMBERS || (numbers->len - HEAD_NUMBERS) % WINDOW_NUMBERS != 0)
    return damaged ("a program's ranges are cut", error);
  made->other = range_at (numbers, 0);
  made->undefined = range_at (numbers, 2);
  made->snapshot = window_at (numbers, 4);
  for (guint i = HEAD_NUMBERS; i < numbers->len; i += WINDOW_NUMBERS)
    {
      const ProgramWindow window = window_at (numbers, i);

      g_array_append_val (made->windows, window);
    }
  if (!evidence_program_is_sound (made, last))
    return damaged ("a program is none that is drawn", error);
  *program = g_steal_pointer (&made);
  return TRUE;
}

/* --- boots ------------------------------------------------------------------------------------ */

static GBytes *
item_of (const Bundle *bundle, Isa isa, guint number, const char *what, GError **error)
{
  g_autofree char *name = evidence_item_name (isa, number, what);
  GBytes *bytes = bundle_find (bundle, name);

  if (!bytes)
    fail (error, HARNESS_ERROR_FAILED, "damaged: %s is missing", name);
  return bytes;
}

/* Text as it was written: valid UTF-8 without NUL. */
static gboolean
take_words (const Bundle *bundle, Isa isa, guint number, const char *what, char **text, GError **error)
{
  GBytes *bytes = item_of (bundle, isa, number, what, error);
  gsize size;
  const char *data = bytes ? g_bytes_get_data (bytes, &size) : NULL;

  if (!bytes)
    return FALSE;
  if (size > TEXT_MAX || !g_utf8_validate_len (data ? data : "", size, NULL))
    return damaged ("text that is none", error);
  *text = g_strndup (data ? data : "", size);
  return TRUE;
}

static gboolean
take_log (const Bundle *bundle, Isa isa, guint number, EvidenceBoot *boot, GError **error)
{
  GBytes *bytes = item_of (bundle, isa, number, "log", error);
  gsize size;
  const char *data = bytes ? g_bytes_get_data (bytes, &size) : NULL;

  if (!bytes || !l0_log_parse (data, size, "damaged: log", isa == ISA_VMX ? MACHINE_BOCHS : MACHINE_LIBVIRT,
                               &boot->exits, error))
    return FALSE;
  boot->log = g_bytes_ref (bytes);
  boot->log_sha256 = hash_data (data, size);
  return TRUE;
}

static gboolean
take_end (JsonObject *object, EvidenceBoot *boot, GError **error)
{
  guint end;

  if (!json_take_name (object, "end", name_of_end, MACHINE_END_FLOOD + 1, &end, error))
    return FALSE;
  boot->end.end = (MachineEnd) end;
  return json_take_text_or_null (object, "detail", &boot->end.detail, error) &&
         json_take_text_or_null (object, "resolved", &boot->resolved, error);
}

static gboolean
take_less (JsonObject *object, ProgramLess *less, GError **error)
{
  gint64 ops;

  less->leaves = g_array_new (FALSE, FALSE, sizeof (guint32));
  if (!take_leaves (object, "less_leaves", less->leaves, error) ||
      !json_take_number (object, "less_ops", G_MAXUINT32, &ops, error))
    return FALSE;
  less->ops = (guint32) ops;
  return TRUE;
}

static gboolean
take_programs (JsonObject *object, const Bundle *bundle, Isa isa, guint number, EvidenceBoot *boot,
               GError **error)
{
  GBytes *program = item_of (bundle, isa, number, "program", error);
  GBytes *last = program ? item_of (bundle, isa, number, "last-program", error) : NULL;

  return last && take_program (object, "program", program, isa, FALSE, &boot->program, error) &&
         take_program (object, "last_program", last, isa, TRUE, &boot->last_program, error);
}

static gboolean
take_boot (JsonObject *object, const Bundle *bundle, EvidenceLab *lab, GError **error)
{
  const guint number = lab->boots->len;
  EvidenceBoot *boot = evidence_boot_new ();

  g_ptr_array_add (lab->boots, boot);
  return take_end (object, boot, error) && take_less (object, &boot->less, error) &&
         take_programs (object, bundle, lab->isa, number, boot, error) &&
         take_log (bundle, lab->isa, number, boot, error) &&
         take_words (bundle, lab->isa, number, "report", &boot->report, error) &&
         take_words (bundle, lab->isa, number, "console", &boot->console, error);
}

/* --- baselines -------------------------------------------------------------------------------- */

static gboolean
take_others (JsonObject *object, Baseline *baseline, GError **error)
{
  g_autoptr (GArray) numbers = new_numbers ();

  if (!json_take_numbers (object, "others", G_N_ELEMENTS (baseline->others) * OTHER_NUMBERS, G_MAXUINT32,
                          numbers, error))
    return FALSE;
  if (numbers->len % OTHER_NUMBERS != 0)
    return damaged ("a baseline is cut", error);
  baseline->nr_others = numbers->len / OTHER_NUMBERS;
  for (guint i = 0; i < baseline->nr_others; i++)
    {
      baseline->others[i].leaf = (guint32) number_at (numbers, i * OTHER_NUMBERS);
      baseline->others[i].input = (guint32) number_at (numbers, i * OTHER_NUMBERS + 1);
      for (guint j = 0; j < G_N_ELEMENTS (baseline->others[i].registers); j++)
        baseline->others[i].registers[j] = (guint32) number_at (numbers, i * OTHER_NUMBERS + 2 + j);
    }
  return TRUE;
}

static gboolean
take_unknown (JsonObject *object, guint nr_leaves, Baseline *baseline, GError **error)
{
  const guint n = CHALLENGE_OPS * nr_leaves * 8;
  g_autoptr (GArray) numbers = new_numbers ();

  if (!json_take_numbers (object, "unknown", n, G_MAXUINT32, numbers, error))
    return FALSE;
  if (numbers->len != n)
    return damaged ("a baseline is cut", error);
  for (guint i = 0; i < n; i++)
    baseline->unknown[i / (nr_leaves * 8)][i / 8 % nr_leaves][i / 4 % 2][i % 4] = (guint32) number_at (
      numbers, i);
  return TRUE;
}

static gboolean
take_ticks (JsonObject *object, Baseline *baseline, GError **error)
{
  g_autoptr (GArray) numbers = new_numbers ();

  if (!json_take_numbers (object, "op_ticks", CHALLENGE_OPS, G_MAXINT64, numbers, error))
    return FALSE;
  if (numbers->len != CHALLENGE_OPS)
    return damaged ("a baseline is cut", error);
  for (guint i = 0; i < numbers->len; i++)
    baseline->op_ticks[i] = (guint64) number_at (numbers, i);
  return TRUE;
}

static gboolean
take_baseline (JsonObject *lab, Isa isa, guint nr_leaves, Baseline *baseline, GError **error)
{
  JsonNode *node = json_take_member (lab, "baseline", JSON_NODE_OBJECT, error);
  JsonObject *object = node ? json_node_get_object (node) : NULL;
  gint64 lines;

  baseline->isa = isa;
  if (!object || !take_others (object, baseline, error) ||
      !take_unknown (object, nr_leaves, baseline, error) || !take_ticks (object, baseline, error) ||
      !json_take_number (object, "kernel_lines", G_MAXINT64, &lines, error))
    return FALSE;
  baseline->kernel_lines = (guint64) lines;
  return TRUE;
}

/* --- labs ------------------------------------------------------------------------------------- */

static gboolean
take_finding (JsonObject *object, EvidenceLab *lab, GError **error)
{
  ScanFinding *finding = g_new0 (ScanFinding, 1);
  gboolean narrow;

  g_ptr_array_add (lab->findings, finding);
  if (!json_take_flag (object, "narrow_cycles", &narrow, error))
    return FALSE;
  finding->kind = narrow ? SCAN_NARROW_CYCLES : SCAN_UNLOCKED_UPDATE;
  return json_take_text (object, "module", &finding->module, error) &&
         json_take_text (object, "function", &finding->function, error) &&
         json_take_text (object, "symbol", &finding->symbol, error) &&
         json_take_text_or_null (object, "source", &finding->source, error) &&
         json_take_text (object, "instruction", &finding->instruction, error);
}

static gboolean
take_parts (JsonObject *object, const Bundle *bundle, EvidenceLab *lab, GError **error)
{
  g_autoptr (GPtrArray) findings = g_ptr_array_new (), boots = g_ptr_array_new ();

  if (!json_take_objects (object, "findings", FINDINGS_MAX, findings, error) ||
      !json_take_objects (object, "boots", EVIDENCE_BOOTS_MAX, boots, error))
    return FALSE;
  for (guint i = 0; i < findings->len; i++)
    if (!take_finding (g_ptr_array_index (findings, i), lab, error))
      return FALSE;
  for (guint i = 0; i < boots->len; i++)
    if (!take_boot (g_ptr_array_index (boots, i), bundle, lab, error))
      return FALSE;
  return boots->len > 0 || damaged ("a lab without a boot", error);
}

static gboolean
take_lab (JsonObject *object, const Bundle *bundle, Evidence *evidence, GError **error)
{
  EvidenceLab *lab;
  Isa isa;

  if (!take_isa (object, &isa, error))
    return FALSE;
  for (guint i = 0; i < evidence->labs->len; i++)
    if (((const EvidenceLab *) g_ptr_array_index (evidence->labs, i))->isa == isa)
      return damaged ("a lab is there twice", error);
  lab = evidence_lab_new (isa);
  g_ptr_array_add (evidence->labs, lab);
  return take_baseline (object, isa, evidence->leaves->len, &lab->baseline, error) &&
         take_parts (object, bundle, lab, error);
}

static gboolean
take_labs (JsonObject *root, const Bundle *bundle, Evidence *evidence, GError **error)
{
  g_autoptr (GPtrArray) labs = g_ptr_array_new ();

  if (!take_leaves (root, "leaves", evidence->leaves, error) ||
      !json_take_objects (root, "labs", 2, labs, error))
    return FALSE;
  if (evidence->leaves->len == 0 || (labs->len == 0 && !evidence->ended))
    return damaged ("nothing was asked, or nothing was run", error);
  for (guint i = 0; i < labs->len; i++)
    if (!take_lab (g_ptr_array_index (labs, i), bundle, evidence, error))
      return FALSE;
  return TRUE;
}

/* --- the document ----------------------------------------------------------------------------- */

static gboolean
take_asked (JsonObject *root, EvidenceAsked *asked, GError **error)
{
  JsonNode *node = json_take_member (root, "asked", JSON_NODE_OBJECT, error);
  JsonObject *object = node ? json_node_get_object (node) : NULL;

  return object && json_take_flag (object, "told_by_log", &asked->told_by_log, error) &&
         take_isa (object, &asked->isa, error) &&
         json_take_text (object, "again_vmx", &asked->again[ISA_VMX], error) &&
         json_take_text (object, "again_svm", &asked->again[ISA_SVM], error) &&
         json_take_text (object, "names", &asked->names, error) &&
         json_take_text (object, "allowed", &asked->allowed, error) &&
         json_take_text (object, "leaf_map", &asked->leaf_map, error);
}

static gboolean
take_schema (JsonObject *root, GError **error)
{
  g_autofree char *schema = NULL;

  if (!json_take_text (root, "schema", &schema, error))
    return FALSE;
  if (strcmp (schema, EVIDENCE_SCHEMA) != 0)
    return fail (error, HARNESS_ERROR_FAILED,
                 "schema \"%s\" is not %s: another version of the harness wrote it", schema,
                 EVIDENCE_SCHEMA);
  return TRUE;
}

static gboolean
take_collected (const Bundle *bundle, Evidence *evidence, GError **error)
{
  GBytes *bytes = bundle_find (bundle, EVIDENCE_COLLECTED);
  g_autoptr (Grade) collected = NULL;
  gsize size;
  const char *data = bytes ? g_bytes_get_data (bytes, &size) : NULL;

  if (!data)
    return damaged (EVIDENCE_COLLECTED " is missing", error);
  if (!grade_json_read (data, size, &collected, error))
    return FALSE;
  grade_free (evidence->collected);
  evidence->collected = g_steal_pointer (&collected);
  return TRUE;
}

gboolean
evidence_of_bundle (const Bundle *bundle, Evidence **evidence, GError **error)
{
  GBytes *bytes = bundle_find (bundle, EVIDENCE_JSON);
  g_autoptr (JsonParser) parser = NULL;
  g_autoptr (Evidence) read = evidence_new ();
  gsize size = 0;
  const char *data = bytes ? g_bytes_get_data (bytes, &size) : NULL;
  JsonObject *root;

  if (!json_take_open (data, size, JSON_MAX, DEPTH_MAX, &parser, error))
    return FALSE;
  root = json_take_root (parser);
  if (!take_schema (root, error) || !json_take_flag (root, "ended", &read->ended, error) ||
      !json_take_flag (root, "early", &read->early, error) ||
      !json_take_flag (root, "last_try", &read->last_try, error) ||
      !take_asked (root, &read->asked, error) || !take_collected (bundle, read, error) ||
      !take_labs (root, bundle, read, error))
    return FALSE;
  *evidence = g_steal_pointer (&read);
  return TRUE;
}

gboolean
evidence_read (const void *data, gsize size, Evidence **evidence, GError **error)
{
  g_autoptr (Bundle) bundle = NULL;

  if (size > EVIDENCE_FILE_MAX)
    return damaged ("it is larger than any that is written", error);
  return bundle_read (data, size, EVIDENCE_BYTES_MAX, &bundle, error) &&
         evidence_of_bundle (bundle, evidence, error);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The stages in a row: timeline, summary, checks, tables, fingerprint. */
#include "report/results.h"

#include <string.h>

#include "base/error.h"
#include "base/hash.h"
#include "report/fingerprint.h"
#include "report/html-pack.h"
#include "report/tables.h"
#include "timeline/timeline.h"

static void
file_free (gpointer data)
{
  ResultsFile *file = data;
  g_free (file->name);
  g_bytes_unref (file->content);
  g_free (file);
}

void
lab_results_free (LabResults *r)
{
  if (r == NULL)
    return;
  g_clear_pointer (&r->timeline, timeline_free);
  g_free (r->detail);
  g_free (r->l1_release);
  lab_summary_free (r->summary);
  checks_free (r->checks);
  g_free (r->fingerprint);
  g_free (r->exits_sha256);
  g_clear_pointer (&r->page_exits, g_bytes_unref);
  g_ptr_array_unref (r->files);
  g_free (r);
}

static void
add_file (LabResults *r, const char *name, GBytes *content)
{
  ResultsFile *file = g_new0 (ResultsFile, 1);
  *file = (ResultsFile) { g_strdup (name), content };
  g_ptr_array_add (r->files, file);
}

static void
add_table (LabResults *r, const char *name, GString *content)
{
  add_file (r, name, g_string_free_to_bytes (content));
}

static gboolean
collect (const void *data, gsize size, gpointer user, GError **error)
{
  GByteArray *bytes = user;
  if (bytes->len + size > G_MAXUINT / 2)
    return fail (error, HARNESS_ERROR_FAILED, "exits.csv.gz: too large to be kept in memory");
  g_byte_array_append (bytes, data, (guint) size);
  return TRUE;
}

static gboolean
add_exits (LabResults *r, const ResultsInputs *in, const Timeline *t, GError **error)
{
  if (in->exits_sink != NULL)
    return exits_write_gz (t, in->names, in->exits_sink, in->exits_user, &r->exits_sha256, error);
  g_autoptr (GByteArray) bytes = g_byte_array_new ();
  if (!exits_write_gz (t, in->names, collect, bytes, &r->exits_sha256, error))
    return FALSE;
  add_file (r, "exits.csv.gz", g_byte_array_free_to_bytes (g_steal_pointer (&bytes)));
  return TRUE;
}

static const ResultsFile *
find_file (const LabResults *r, const char *name)
{
  for (guint i = 0; i < r->files->len; i++)
    {
      const ResultsFile *file = g_ptr_array_index (r->files, i);
      if (strcmp (file->name, name) == 0)
        return file;
    }
  return NULL;
}

static void
make_fingerprint (LabResults *r)
{
  FingerprintFile files[FINGERPRINT_FILES + 1];
  g_autoptr (GPtrArray) digests = g_ptr_array_new_with_free_func (g_free);
  gsize n = 0;

  for (guint i = 0; i < FINGERPRINT_FILES; i++)
    {
      const ResultsFile *file = find_file (r, fingerprint_names[i]);
      gsize size;
      if (file == NULL)
        continue;
      const void *data = g_bytes_get_data (file->content, &size);
      g_ptr_array_add (digests, hash_data (data, size));
      files[n++] = (FingerprintFile) { file->name, g_ptr_array_index (digests, digests->len - 1) };
    }
  files[n++] = (FingerprintFile) { "exits.csv", r->exits_sha256 };
  r->fingerprint = fingerprint_make (files, n);
}

static void
add_operations (LabResults *r, const ReasonNames *names)
{
  if (r->summary->operations->len == 0)
    return;
  add_table (r, "operations.csv", table_operations (r->summary));
  add_table (r, "operations-reasons.csv", table_operation_reasons (r->summary, names));
}

static gboolean
add_tables (LabResults *r, const ResultsInputs *in, GError **error)
{
  add_table (r, "timeline.csv", table_timeline (r->summary));
  add_table (r, "timeline-reasons.csv", table_timeline_reasons (r->summary, in->names));
  if (!add_exits (r, in, r->timeline, error))
    return FALSE;
  add_table (r, "phases.csv", table_phases (r->summary));
  add_table (r, "reasons.csv", table_reasons (r->summary, in->names));
  add_table (r, "kinds.csv", table_kinds (r->summary));
  add_table (r, "segments.csv", table_segments (r->summary));
  add_operations (r, in->names);
  if (r->summary->units->len > 0)
    add_table (r, "units.csv", table_units (r->summary));
  add_table (r, "checks.csv", table_checks (r->checks));
  make_fingerprint (r);
  html_pack_exits (r->timeline, in->names, in->kinds, RESULTS_PAGE_EXITS, &r->page_exits, &r->page_exits_packed);
  return TRUE;
}

static gboolean
add_results (LabResults *r, const ResultsInputs *in, GError **error)
{
  if (!lab_summary_make (r->timeline, in->kinds, in->sample_ns, &r->summary, error))
    return FALSE;
  const CheckInputs checks = { r->timeline, r->summary, in->l0, in->leaf_map };
  r->checks = checks_new ();
  lab_checks_run (&checks, r->checks);
  return in->without_files || add_tables (r, in, error);
}

/* Raw bytes, whatever they are: logs are for people's pagers, nothing here reads them again. */
static void
add_logs (LabResults *r, const Timeline *t)
{
  add_file (r, "l2-console.log", g_bytes_new (t->console->str, t->console->len));
  if (t->l2_report->len > 0)
    add_file (r, "l2-report.log", g_bytes_new (t->l2_report->str, t->l2_report->len));
}

gboolean
results_lab (const ResultsInputs *in, LabResults **results, GError **error)
{
  g_autoptr (LabResults) r = g_new0 (LabResults, 1);

  r->files = g_ptr_array_new_with_free_func (file_free);
  if (!(in->records_are_mapped ? timeline_load_mapped : timeline_load) (in->records, &r->timeline, error))
    return FALSE;
  const Timeline *t = r->timeline;
  if (t->isa != in->isa)
    return fail (error, HARNESS_ERROR_FAILED, "records: of %s, not of %s", isa_name (t->isa), isa_name (in->isa));
  r->outcome = timeline_outcome (t, &r->detail);
  r->l1_release = g_strdup (t->l1_release);
  r->exits = t->exits;
  if (r->outcome == OUTCOME_OK && !add_results (r, in, error))
    return FALSE;
  if (!in->without_files)
    add_logs (r, t);
  *results = g_steal_pointer (&r);
  return TRUE;
}

void
results_fill_manifest (const LabResults *r, ManifestLab *lab)
{
  g_free (lab->outcome);
  g_free (lab->fingerprint);
  g_free (lab->exits_csv_sha256);
  lab->outcome = g_strdup (outcome_name (r->outcome));
  lab->fingerprint = g_strdup (r->fingerprint);
  lab->exits_csv_sha256 = g_strdup (r->exits_sha256);
  if (r->summary == NULL)
    return;
  lab->boot_exits = r->summary->windows[WINDOW_BOOT].exits;
  lab->all_exits = r->summary->windows[WINDOW_ALL].exits;
  lab->boot_ns = (guint64) r->summary->windows[WINDOW_BOOT].end_ns;
}

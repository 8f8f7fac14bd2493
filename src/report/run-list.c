/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Kept runs as text and JSON; see run-list.h. */
#include "report/run-list.h"

#include <string.h>

#include "report/json-write.h"
#include "report/text-table.h"

static const char *
or_none (const char *text)
{
  return text != NULL ? text : "none";
}

/* "vmx 13284 exact, svm 12031 exact"; a lab that did not complete with its outcome. */
static char *
labs_text (const Manifest *m)
{
  GString *out = g_string_new (NULL);

  for (guint i = 0; i < m->labs->len; i++)
    {
      const ManifestLab *lab = g_ptr_array_index (m->labs, i);
      g_string_append_printf (out, "%s%s ", i > 0 ? ", " : "", lab->name);
      if (lab->fingerprint != NULL)
        g_string_append_printf (out, "%" G_GUINT64_FORMAT " %s", lab->boot_exits, or_none (lab->determinism));
      else
        g_string_append (out, or_none (lab->outcome));
    }
  return g_string_free (out, FALSE);
}

static const char *
status_of (const RunListRow *row)
{
  return row->manifest != NULL ? or_none (row->manifest->status) : "broken";
}

static TextColour
colour_of (const RunListRow *row)
{
  return row->manifest == NULL || strcmp (status_of (row), "complete") != 0 ? TEXT_RED : TEXT_PLAIN;
}

GString *
run_list_text (const RunListRow *rows, gsize n, gint64 now_s)
{
  static const TextColumn columns[] = { { "run", FALSE }, { "", FALSE }, { "age", TRUE }, { "status", FALSE }, { "size", TRUE }, { "exits of window boot, by lab", FALSE }, { NULL, FALSE } };
  g_autoptr (TextTable) table = text_table_new (columns);
  GString *out = g_string_new (NULL);

  for (gsize i = 0; i < n; i++)
    {
      g_autofree char *age = text_age (now_s - rows[i].begun_s);
      g_autofree char *size = text_size (rows[i].bytes);
      g_autofree char *labs = rows[i].manifest != NULL ? labs_text (rows[i].manifest) : g_strdup (rows[i].problem);
      const char *cells[] = { rows[i].name, rows[i].latest ? "latest" : "", age, status_of (&rows[i]), size, labs, NULL };

      text_table_add (table, cells, colour_of (&rows[i]));
    }
  if (n == 0)
    g_string_append (out, "there is no run yet; try: harness full-run\n");
  else
    text_table_put (table, out, 0, FALSE);
  return out;
}

/* --- JSON ------------------------------------------------------------------------------------- */

static GString *
finish (JsonBuilder *b)
{
  g_autofree char *json = json_write_finish (b);
  return g_string_new (json);
}

/* checks: NULL if they are not to be told. */
static void
put_lab (JsonBuilder *b, const ManifestLab *lab, const RunChecks *checks)
{
  json_builder_begin_object (b);
  json_write_text (b, "name", lab->name);
  json_write_text (b, "isa", lab->isa);
  json_write_text (b, "determinism", lab->determinism);
  json_write_text (b, "outcome", lab->outcome);
  json_write_text (b, "failure", lab->failure);
  json_write_text (b, "fingerprint", lab->fingerprint);
  json_write_number (b, "boot_exits", lab->boot_exits);
  json_write_number (b, "all_exits", lab->all_exits);
  json_write_number (b, "boot_ns", lab->boot_ns);
  if (checks != NULL)
    {
      json_write_object (b, "checks");
      json_write_number (b, "ok", checks->ok);
      json_write_number (b, "explained", checks->explained);
      json_write_number (b, "surprises", checks->surprises);
      json_write_number (b, "not_run", checks->not_run);
      json_write_number (b, "failed", checks->failed);
      json_write_text (b, "problem", checks->problem);
      json_builder_end_object (b);
    }
  json_builder_end_object (b);
}

static void
put_labs (JsonBuilder *b, const Manifest *m, const RunChecks *checks)
{
  json_write_array (b, "labs");
  for (guint i = 0; m != NULL && i < m->labs->len; i++)
    put_lab (b, g_ptr_array_index (m->labs, i), checks != NULL ? &checks[i] : NULL);
  json_builder_end_array (b);
}

static void
put_row (JsonBuilder *b, const RunListRow *row)
{
  g_autoptr (GDateTime) begun = g_date_time_new_from_unix_utc (row->begun_s);
  g_autofree char *iso = begun != NULL ? g_date_time_format_iso8601 (begun) : NULL;

  json_builder_begin_object (b);
  json_write_text (b, "run", row->name);
  json_write_text (b, "status", status_of (row));
  json_write_flag (b, "latest", row->latest);
  json_write_text (b, "begun", iso);
  json_write_number (b, "bytes", row->bytes);
  put_labs (b, row->manifest, NULL);
  json_write_text (b, "problem", row->problem);
  json_builder_end_object (b);
}

GString *
run_list_json (const RunListRow *rows, gsize n)
{
  g_autoptr (JsonBuilder) b = json_builder_new ();

  json_builder_begin_array (b);
  for (gsize i = 0; i < n; i++)
    put_row (b, &rows[i]);
  json_builder_end_array (b);
  return finish (b);
}

static void
put_files (JsonBuilder *b, const RunStatus *run)
{
  json_write_array (b, "files");
  for (gsize i = 0; i < run->n_files; i++)
    {
      json_builder_begin_object (b);
      json_write_text (b, "path", run->files[i].path);
      json_write_text (b, "state", run->files[i].state);
      json_write_number (b, "bytes", run->files[i].bytes);
      json_builder_end_object (b);
    }
  json_builder_end_array (b);
}

GString *
run_show_json (const RunStatus *run)
{
  g_autoptr (JsonBuilder) b = json_builder_new ();
  const Manifest *m = run->manifest;

  json_builder_begin_object (b);
  json_write_text (b, "path", run->path);
  json_write_text (b, "run", m->run);
  json_write_text (b, "status", m->status);
  json_write_array (b, "command");
  for (guint i = 0; i < m->command->len; i++)
    json_builder_add_string_value (b, g_ptr_array_index (m->command, i));
  json_builder_end_array (b);
  json_write_pairs (b, "versions", m->versions);
  json_write_pairs (b, "inputs", m->inputs);
  put_labs (b, m, run->checks);
  put_files (b, run);
  json_builder_end_object (b);
  return finish (b);
}

/* --- one run, as text ------------------------------------------------------------------------- */

static void
put_pairs_text (GString *out, const char *title, const GPtrArray *pairs)
{
  static const TextColumn columns[] = { { "", FALSE }, { "", FALSE }, { NULL, FALSE } };
  g_autoptr (TextTable) table = text_table_new (columns);

  for (guint i = 0; i < pairs->len; i++)
    {
      const ManifestPair *pair = g_ptr_array_index (pairs, i);
      const char *cells[] = { pair->name, or_none (pair->value), NULL };
      text_table_add (table, cells, TEXT_PLAIN);
    }
  g_string_append_printf (out, "\n%s", title);
  text_table_put (table, out, 2, FALSE);
}

static void
put_lab_text (GString *out, const ManifestLab *lab, const RunChecks *checks)
{
  static const TextColumn columns[] = { { "", FALSE }, { "", FALSE }, { NULL, FALSE } };
  g_autoptr (TextTable) table = text_table_new (columns);
  g_autofree char *machine = g_strdup_printf ("%s, %s, %s (%s)", lab->machine, lab->accel, lab->determinism, or_none (lab->reason));
  g_autofree char *exits = g_strdup_printf ("%" G_GUINT64_FORMAT " from L2's first entry to ready in %.3f s of guest time, %" G_GUINT64_FORMAT " in all",
                                            lab->boot_exits, (double) lab->boot_ns / 1e9, lab->all_exits);
  g_autofree char *verdicts = checks->problem != NULL ? g_strdup (checks->problem)
                                                      : g_strdup_printf ("%u ok, %u explained, %u surprising, %u not run, %u failed", checks->ok, checks->explained, checks->surprises, checks->not_run, checks->failed);
  const char *rows[][3] = {
    { "machine", machine, NULL },
    { "outcome", lab->failure != NULL ? lab->failure : lab->outcome, NULL },
    { "fingerprint", or_none (lab->fingerprint), NULL },
    { "exits", lab->fingerprint != NULL ? exits : "none", NULL },
    { "checks", verdicts, NULL },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    text_table_add (table, rows[i], TEXT_PLAIN);
  g_string_append_printf (out, "\nLab %s", lab->name);
  text_table_put (table, out, 2, FALSE);
}

static void
put_files_text (GString *out, const RunStatus *run)
{
  static const TextColumn columns[] = { { "", FALSE }, { "", TRUE }, { "", FALSE }, { NULL, FALSE } };
  g_autoptr (TextTable) table = text_table_new (columns);
  guint wrong = 0;

  for (gsize i = 0; i < run->n_files; i++)
    {
      g_autofree char *size = text_size (run->files[i].bytes);
      const char *cells[] = { run->files[i].path, size, run->files[i].state, NULL };

      text_table_add (table, cells, TEXT_PLAIN);
      wrong += strcmp (run->files[i].state, "ok") != 0 ? 1 : 0;
    }
  g_string_append_printf (out, "\nFiles: %" G_GSIZE_FORMAT ", of which %u are not what the manifest says", run->n_files, wrong);
  text_table_put (table, out, 2, FALSE);
}

GString *
run_show_text (const RunStatus *run)
{
  static const TextColumn columns[] = { { "", FALSE }, { "", FALSE }, { NULL, FALSE } };
  g_autoptr (TextTable) table = text_table_new (columns);
  const Manifest *m = run->manifest;
  g_autoptr (GPtrArray) words = g_ptr_array_copy (m->command, NULL, NULL);
  g_autofree char *command = NULL;
  GString *out = g_string_new ("Run");

  g_ptr_array_set_free_func (words, NULL);
  g_ptr_array_add (words, NULL);
  command = g_strjoinv (" ", (char **) words->pdata);
  const char *rows[][3] = { { "folder", run->path, NULL }, { "begun", m->run, NULL }, { "status", m->status, NULL }, { "command", command, NULL } };
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    text_table_add (table, rows[i], TEXT_PLAIN);
  text_table_put (table, out, 2, FALSE);
  for (guint i = 0; i < m->labs->len; i++)
    put_lab_text (out, g_ptr_array_index (m->labs, i), &run->checks[i]);
  put_pairs_text (out, "Versions", m->versions);
  put_pairs_text (out, "Inputs", m->inputs);
  put_files_text (out, run);
  return out;
}

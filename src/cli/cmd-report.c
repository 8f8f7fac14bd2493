/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * harness report: the derived files of a kept run, made again from its raw ones.
 *
 * All is made in a scratch folder first; only when every lab has been analysed are the files that differ renamed into place and
 * the manifest written anew. Whoever interrupts it in between leaves a run whose manifest tells, and that it mends next time.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/cancel.h"
#include "base/error.h"
#include "base/files.h"
#include "base/hash.h"
#include "cli/command.h"
#include "cli/kept-run.h"
#include "cli/run-files.h"
#include "cli/terminal.h"
#include "report/repeats-read.h"

/* Who analysed the run, if not the version that ran it. */
#define VERSION_OF_REPORT "report"

const GOptionEntry report_options[] = { { 0 } };

typedef struct {
  LabTerms terms;
  GPtrArray *repeated; /* of RepeatedMetric; NULL if the lab ran once */
  LabResults *results; /* NULL: the lab recorded nothing, as its run knew */
} Lab;

typedef struct {
  KeptRun *run;
  Lab *labs;
  guint n_labs;
  Scratch *scratch;
  gboolean other_version; /* than the one that analysed the run last */
  GHashTable *known;      /* files that belong to the run: those of its manifest, and those made now */
  guint changed;
} Report;

static void
report_clear (Report *report)
{
  for (guint i = 0; i < report->n_labs; i++)
    {
      g_clear_pointer (&report->labs[i].repeated, g_ptr_array_unref);
      lab_results_free (report->labs[i].results);
      lab_terms_clear (&report->labs[i].terms);
    }
  g_free (report->labs);
  g_clear_pointer (&report->scratch, scratch_free);
  g_clear_pointer (&report->known, g_hash_table_unref);
  g_clear_pointer (&report->run, kept_run_free);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Report, report_clear)

static const char *
last_version (const Manifest *m)
{
  const char *version = manifest_get (m->versions, VERSION_OF_REPORT);

  if (!version)
    version = manifest_get (m->versions, "harness");
  return version ? version : "unknown";
}

/* The same version must find what the manifest says; another may analyse otherwise, and is told apart. */
static gboolean
check_fingerprint (const Report *report, const ManifestLab *told, const LabResults *results, GError **error)
{
  if (g_strcmp0 (told->fingerprint, results->fingerprint) == 0)
    return TRUE;
  if (!report->other_version && strcmp (told->determinism, "exact") == 0)
    return fail (error, HARNESS_ERROR_FAILED,
                 "%s: the raw records give the fingerprint %s, the manifest has %s; both were made by version %s: its code or configs/reasons was changed in between; "
                 "nothing was written; try: harness full-run",
                 told->name, results->fingerprint ? results->fingerprint : "none", told->fingerprint ? told->fingerprint : "none", last_version (report->run->manifest));
  printf ("%s: another fingerprint: this version (%s) analyses otherwise than %s, which wrote the manifest\n", told->name, HARNESS_VERSION,
          last_version (report->run->manifest));
  return TRUE;
}

/* The intervals of a lab that ran more than once are taken as they are: its other runs are not analysed again. */
static gboolean
load_repeats (const Report *report, guint i, GPtrArray **repeated, GError **error)
{
  g_autofree char *text = NULL;
  gsize size;

  if (!kept_run_has (report->run, i, "repeats.csv"))
    return TRUE;
  if (!kept_run_read (report->run, i, "repeats.csv", &text, &size, error))
    return FALSE;
  if (repeats_read (text, size, repeated, error))
    return TRUE;
  g_prefix_error (error, "%s/%s/repeats.csv: ", report->run->path, kept_run_lab (report->run, i)->name);
  return FALSE;
}

static gboolean
load_lab (Report *report, guint i, GError **error)
{
  const ManifestLab *told = kept_run_lab (report->run, i);
  const gboolean nothing = strcmp (told->outcome, "no-records") == 0;
  g_autofree char *prefix = g_strconcat (told->name, "/", NULL);
  g_autofree char *into = scratch_file (report->scratch, told->name);
  Lab *lab = &report->labs[i];
  g_autoptr (GError) failed = NULL;

  if (!files_make_dir (into, error) || (nothing && !kept_run_need_raw (report->run, prefix, error)))
    return FALSE;
  if (kept_run_load_lab (report->run, i, into, &lab->terms, &lab->results, &failed))
    return check_fingerprint (report, told, lab->results, error);
  /* Records that were damaged when the run was made are so still. */
  if (nothing)
    return TRUE;
  g_propagate_error (error, g_steal_pointer (&failed));
  return FALSE;
}

/* What the results say now, said in the manifest; a failure that its run found is left as it is. */
static void
update_lab (Report *report, guint i)
{
  ManifestLab *told = g_ptr_array_index (report->run->manifest->labs, i);
  const LabResults *results = report->labs[i].results;
  g_autoptr (GError) failed = NULL;

  if (!results)
    return;
  results_fill_manifest (results, told);
  if (told->failure || lab_judge (results, &failed))
    return;
  told->failure = g_strdup_printf ("%s: %s", told->name, failed->message);
  g_free (report->run->manifest->status);
  report->run->manifest->status = g_strdup ("failed");
}

static HtmlLab
story_lab (const Report *report, guint i)
{
  const LabResults *results = report->labs[i].results;
  AnswersLab lab = kept_run_answers_lab (report->run, i, &report->labs[i].terms, results);

  lab.repeats = report->labs[i].repeated;
  return (HtmlLab){ lab, results ? results->page_exits : NULL, results ? results->page_exits_packed : 0 };
}

/* All derived files, in the scratch folder. */
static gboolean
write_scratch (Report *report, GError **error)
{
  g_autofree HtmlLab *labs = g_new0 (HtmlLab, report->n_labs);
  const Manifest *m = report->run->manifest;
  const char *harness = manifest_get (m->versions, "harness");
  const RunStory story = { .run = m->run, .harness = harness ? harness : "unknown", .labs = labs, .n_labs = report->n_labs };

  for (guint i = 0; i < report->n_labs; i++)
    {
      g_autofree char *dir = scratch_file (report->scratch, kept_run_lab (report->run, i)->name);

      if (report->labs[i].results && !lab_write_files (report->labs[i].results, dir, error))
        return FALSE;
      labs[i] = story_lab (report, i);
    }
  return run_files_write (scratch_path (report->scratch), &story, error) && run_files_settle_modes (scratch_path (report->scratch), error);
}

static void
tell_extra (const KeptFile *file)
{
  g_autofree char *path = terminal_text (file->path); /* whoever put it there named it */
  printf ("%s: %s: left as it is\n", path, kept_state_name (file->state));
}

/* What is derived, was not made now, and is not what it was, is lost: a repeated lab's intervals, say. */
static gboolean
check_others (const Report *report, const GPtrArray *made, GError **error)
{
  g_autoptr (GPtrArray) files = NULL;

  if (!kept_run_verify (report->run, "", &files, error))
    return FALSE;
  for (guint i = 0; i < files->len; i++)
    {
      const KeptFile *file = g_ptr_array_index (files, i);

      if (file->state == KEPT_EXTRA && !manifest_get (made, file->path))
        tell_extra (file);
      else if ((file->state == KEPT_CHANGED || file->state == KEPT_MISSING) && !manifest_get (made, file->path))
        return fail (error, HARNESS_ERROR_FAILED, "%s/%s: %s, and cannot be made again from what the run kept; nothing was written; try: put back a copy of it",
                     report->run->path, file->path, kept_state_name (file->state));
    }
  return TRUE;
}

/* Puts one file in its place unless the very same is there. */
static gboolean
place (Report *report, const ManifestPair *made, GError **error)
{
  g_autofree char *from = scratch_file (report->scratch, made->name);
  g_autofree char *to = g_build_filename (report->run->path, made->name, NULL);
  g_autofree char *sha256 = NULL;

  g_hash_table_add (report->known, g_strdup (made->name));
  if (g_file_test (to, G_FILE_TEST_IS_REGULAR) && !g_file_test (to, G_FILE_TEST_IS_SYMLINK) && hash_file (to, &sha256, NULL) && strcmp (sha256, made->value) == 0)
    return TRUE;
  if (rename (from, to) < 0)
    return fail_errno (error, errno, "%s: putting the new file there", to);
  printf ("%s: %s\n", made->name, sha256 ? "made again: it was another" : "made: it was not there");
  report->changed++;
  return TRUE;
}

/* The manifest of what is there now: its own files and those made; what somebody else put there is not taken in. */
static gboolean
write_manifest (Report *report, const char *before, GError **error)
{
  Manifest *m = report->run->manifest;
  g_autofree char *after = NULL;

  g_ptr_array_set_size (m->files, 0);
  if (!run_files_hash (report->run->path, report->known, m->files, error))
    return FALSE;
  if (report->other_version)
    manifest_set (m->versions, VERSION_OF_REPORT, HARNESS_VERSION);
  after = manifest_to_json (m);
  if (strcmp (before, after) == 0)
    return TRUE;
  report->changed++;
  printf (RUN_MANIFEST ": written anew\n");
  return run_files_write_manifest (report->run->path, m, error);
}

static gboolean
settle (Report *report, const char *before, GError **error)
{
  g_autoptr (GPtrArray) made = manifest_pairs_new ();

  for (guint i = 0; i < report->run->manifest->files->len; i++)
    g_hash_table_add (report->known, g_strdup (((const ManifestPair *) g_ptr_array_index (report->run->manifest->files, i))->name));
  if (!write_scratch (report, error) || !run_files_hash (scratch_path (report->scratch), NULL, made, error) || !check_others (report, made, error))
    return FALSE;
  for (guint i = 0; i < made->len; i++)
    if (!place (report, g_ptr_array_index (made, i), error))
      return FALSE;
  return write_manifest (report, before, error);
}

/* A lab that was fine by the version that ran it and is not by this one. */
static gboolean
verdict (const Report *report, const char *status, GError **error)
{
  const Manifest *m = report->run->manifest;

  if (report->changed)
    printf ("%s: %u file%s changed\n", report->run->path, report->changed, report->changed == 1 ? "" : "s");
  else
    printf ("%s: nothing to change: every file is what the raw records give\n", report->run->path);
  if (strcmp (status, m->status) == 0)
    return TRUE;
  for (guint i = 0; i < m->labs->len; i++)
    if (kept_run_lab (report->run, i)->failure)
      return fail (error, HARNESS_ERROR_FAILED, "%s: the run was complete, and is not by this version: %s", report->run->path, kept_run_lab (report->run, i)->failure);
  return TRUE;
}

gboolean
cmd_report (App *app, char **arguments, GError **error)
{
  g_auto (Report) report = { 0 };
  g_autofree char *before = NULL;
  g_autofree char *status = NULL;

  if (arguments[0] && arguments[1])
    return fail (error, HARNESS_ERROR_USAGE, "report takes one run, not \"%s\" too; try: harness report --help", arguments[1]);
  if (!kept_run_open (app, arguments[0] ? arguments[0] : "latest", &report.run, error))
    return FALSE;
  report.n_labs = report.run->manifest->labs->len;
  report.labs = g_new0 (Lab, report.n_labs);
  report.known = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  report.other_version = strcmp (last_version (report.run->manifest), HARNESS_VERSION) != 0;
  before = manifest_to_json (report.run->manifest);
  status = g_strdup (report.run->manifest->status);
  files_sweep (report.run->path);
  report.scratch = scratch_new (report.run->path, "report", error);
  if (!report.scratch)
    return FALSE;
  for (guint i = 0; i < report.n_labs; i++)
    if (!cancel_check (error) || !load_lab (&report, i, error) || !load_repeats (&report, i, &report.labs[i].repeated, error))
      return FALSE;
  for (guint i = 0; i < report.n_labs; i++)
    update_lab (&report, i);
  return settle (&report, before, error) && verdict (&report, status, error);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* harness show: what a kept run was, and whether its files are still what they were. */
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "cli/command.h"
#include "cli/kept-run.h"
#include "report/csv-read.h"
#include "report/run-list.h"

static struct {
  gboolean json;
} options;

const GOptionEntry show_options[] = {
  { "json", 0, 0, G_OPTION_ARG_NONE, &options.json, "for programs", NULL },
  { 0 },
};

static gboolean
count_verdicts (const char *text, gsize size, RunChecks *checks, GError **error)
{
  g_autoptr (CsvTable) table = NULL;
  guint column;

  if (!csv_read (text, size, &table, error) || !csv_column (table, "verdict", &column, error))
    return FALSE;
  for (guint i = 0; i < csv_rows (table); i++)
    {
      const char *verdict = csv_field (table, i, column);

      if (strcmp (verdict, "ok") == 0)
        checks->ok++;
      else if (strcmp (verdict, "not-run") == 0)
        checks->not_run++;
      else if (g_str_has_prefix (verdict, "explained:"))
        checks->explained++;
      else if (strcmp (verdict, "surprise") == 0)
        checks->surprises++;
      else
        checks->failed++;
    }
  return TRUE;
}

/* What is wrong is shown in its place, and not fatal. *problem: newly allocated, or NULL. */
static void
read_checks (const KeptRun *run, guint lab, RunChecks *checks, char **problem)
{
  g_autofree char *text = NULL;
  g_autoptr (GError) failed = NULL;
  gsize size;

  if (!kept_run_has (run, lab, "checks.csv"))
    *problem = g_strdup ("none");
  else if (!kept_run_read (run, lab, "checks.csv", &text, &size, &failed) || !count_verdicts (text, size, checks, &failed))
    *problem = g_strdup (failed->message);
  checks->problem = *problem;
}

static void
print_run (const KeptRun *run, const GPtrArray *files)
{
  const guint n_labs = run->manifest->labs->len;
  g_autofree RunFile *shown = g_new0 (RunFile, files->len + 1);
  g_autofree RunChecks *checks = g_new0 (RunChecks, n_labs);
  const RunStatus status = { .path = run->path, .manifest = run->manifest, .checks = checks, .files = shown, .n_files = files->len };
  g_autoptr (GPtrArray) texts = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GString) text = NULL;

  for (guint i = 0; i < n_labs; i++)
    {
      char *problem = NULL;

      read_checks (run, i, &checks[i], &problem);
      g_ptr_array_add (texts, problem);
    }
  for (guint i = 0; i < files->len; i++)
    {
      const KeptFile *file = g_ptr_array_index (files, i);

      shown[i] = (RunFile){ file->path, kept_state_name (file->state), file->bytes };
    }
  text = options.json ? run_show_json (&status) : run_show_text (&status);
  printf ("%s", text->str);
}

gboolean
cmd_show (App *app, char **arguments, GError **error)
{
  g_autoptr (KeptRun) run = NULL;
  g_autoptr (GPtrArray) files = NULL;

  if (arguments[0] && arguments[1])
    return fail (error, HARNESS_ERROR_USAGE, "show takes one run, not \"%s\" too; try: harness list", arguments[1]);
  if (!kept_run_open (app, arguments[0] ? arguments[0] : "latest", &run, error) || !kept_run_verify (run, "", &files, error))
    return FALSE;
  print_run (run, files);
  return TRUE;
}

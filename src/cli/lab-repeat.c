/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The other runs of a lab; see lab-repeat.h. */
#include "cli/lab-repeat.h"

#include <string.h>

#include "base/cancel.h"
#include "base/error.h"
#include "base/files.h"
#include "report/tables.h"
#include "stats/repeats.h"

static void
free_run (gpointer run)
{
  lab_run_free (run);
}

static gboolean
run_again (const LabRun *run, guint number, GPtrArray *others, GError **error)
{
  g_autofree char *name = g_strdup_printf ("repeat-%u", number);
  LabRun *again = lab_run_again (run, error);

  if (!again)
    return FALSE;
  g_ptr_array_add (others, again);
  again->dir = g_build_filename (run->dir, name, NULL);
  progress_say (&run->app->progress, run->name, "run %u of %u", number, run->repeats);
  lab_run_execute (again);
  if (again->error)
    {
      g_propagate_prefixed_error (error, g_steal_pointer (&again->error), "run %u of %u: ", number, run->repeats);
      return FALSE;
    }
  if (!run->exact || strcmp (run->results->fingerprint, again->results->fingerprint) == 0)
    return TRUE;
  return fail (error, HARNESS_ERROR_FAILED, "run %u of %u has the fingerprint %.16s…, the first has %.16s…: the lab did not repeat itself", number, run->repeats,
               again->results->fingerprint, run->results->fingerprint);
}

static gboolean
write_repeats (const LabRun *run, GError **error)
{
  g_autofree char *path = g_build_filename (run->dir, "repeats.csv", NULL);
  g_autoptr (GString) csv = table_repeats (run->repeated);

  return files_write (path, csv->str, (gssize) csv->len, error);
}

gboolean
lab_repeat (LabRun *run, GError **error)
{
  g_autoptr (GPtrArray) others = g_ptr_array_new_with_free_func (free_run);
  g_autofree const LabSummary **summaries = g_new0 (const LabSummary *, run->repeats);

  summaries[0] = run->results->summary;
  for (guint i = 1; i < run->repeats; i++)
    {
      if (!cancel_check (error) || !run_again (run, i + 1, others, error))
        return FALSE;
      summaries[i] = ((const LabRun *) g_ptr_array_index (others, i - 1))->results->summary;
    }
  run->repeated = repeats_measure (summaries, run->repeats);
  return write_repeats (run, error);
}

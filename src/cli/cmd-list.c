/* SPDX-License-Identifier: GPL-2.0-or-later */
/* harness list: the runs that are kept. */
#include <stdio.h>

#include "base/error.h"
#include "cli/command.h"
#include "cli/kept-runs.h"
#include "report/run-list.h"

static struct {
  gboolean json;
} options;

const GOptionEntry list_options[] = {
  { "json", 0, 0, G_OPTION_ARG_NONE, &options.json, "for programs", NULL },
  { 0 },
};

gboolean
cmd_list (App *app, char **arguments, GError **error)
{
  g_autoptr (GPtrArray) entries = NULL;
  g_autofree RunListRow *rows = NULL;
  g_autoptr (GString) text = NULL;

  if (arguments[0])
    return fail (error, HARNESS_ERROR_USAGE, "list takes no argument \"%s\"; try: harness show %s", arguments[0], arguments[0]);
  if (!kept_runs_scan (app, &entries, error))
    return FALSE;
  rows = g_new0 (RunListRow, entries->len + 1);
  for (guint i = 0; i < entries->len; i++)
    {
      const KeptEntry *entry = g_ptr_array_index (entries, i);

      rows[i] = (RunListRow){
        .name = entry->name,
        .manifest = entry->run ? entry->run->manifest : NULL,
        .problem = entry->problem,
        .begun_s = entry->begun_s,
        .bytes = entry->bytes,
        .latest = entry->latest,
      };
    }
  text = options.json ? run_list_json (rows, entries->len) : run_list_text (rows, entries->len, g_get_real_time () / G_USEC_PER_SEC);
  printf ("%s", text->str);
  return TRUE;
}

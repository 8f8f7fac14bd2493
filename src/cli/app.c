/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The tree and the start of every command; see app.h. */
#include "cli/app.h"

#include <errno.h>
#include <stdarg.h>

#include "base/error.h"
#include "base/files.h"
#include "cli/progress-view.h"
#include "machine/embed-root.h"

static gboolean
is_tree (const char *path)
{
  g_autofree char *labs = g_build_filename (path, "configs", "labs", NULL);
  g_autofree char *patches = g_build_filename (path, "kernel-patches", NULL);

  return g_file_test (labs, G_FILE_TEST_IS_DIR) && g_file_test (patches, G_FILE_TEST_IS_DIR);
}

static char *
find_tree (void)
{
  const char *named = g_getenv ("HARNESS_TREE");
  g_autofree char *program = g_file_read_link ("/proc/self/exe", NULL);
  g_autofree char *dir = g_path_get_dirname (program ? program : ".");

  if (named)
    return is_tree (named) ? g_canonicalize_filename (named, NULL) : NULL;
  for (int up = 0; up < 3; up++)
    {
      g_autofree char *parent = NULL;

      if (is_tree (dir))
        return g_steal_pointer (&dir);
      parent = g_path_get_dirname (dir);
      g_free (dir);
      dir = g_steal_pointer (&parent);
    }
  return NULL;
}

gboolean
app_init (App *app, int verbosity, GError **error)
{
  guint swept, killed;

  app->tree = find_tree ();
  if (!app->tree)
    return fail (error, HARNESS_ERROR_USAGE,
                 "the folder with configs/ and kernel-patches/ is not above this program; try: HARNESS_TREE=FOLDER harness …");
  app->verbosity = verbosity;
  app->cache = app_path (app, "images", "cache", NULL);
  app->results = app_path (app, "results", NULL);
  progress_view_init (&app->progress, app->cache, verbosity);
  killed = machine_sweep ();
  if (killed)
    progress_say (&app->progress, "", "ended %u virtual machine%s of commands that were killed", killed, killed == 1 ? "" : "s");
  swept = files_sweep (app->cache) + files_sweep (app->results);
  if (swept)
    progress_say (&app->progress, "", "removed %u unfinished folder%s of commands that were killed", swept, swept == 1 ? "" : "s");
  return TRUE;
}

void
app_clear (App *app)
{
  progress_view_end (&app->progress);
  g_clear_pointer (&app->tree, g_free);
  g_clear_pointer (&app->cache, g_free);
  g_clear_pointer (&app->results, g_free);
}

char *
app_path (const App *app, const char *first, ...)
{
  g_autoptr (GStrvBuilder) parts = g_strv_builder_new ();
  g_auto (GStrv) strv = NULL;
  va_list args;

  g_strv_builder_add (parts, app->tree);
  va_start (args, first);
  for (const char *part = first; part; part = va_arg (args, const char *))
    g_strv_builder_add (parts, part);
  va_end (args);
  strv = g_strv_builder_end (parts);
  return g_build_filenamev (strv);
}

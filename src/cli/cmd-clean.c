/* SPDX-License-Identifier: GPL-2.0-or-later */
/* harness clean: removes runs, and what is old in the cache. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cancel.h"
#include "base/error.h"
#include "cli/cache-trim.h"
#include "cli/command.h"
#include "cli/kept-runs.h"
#include "cli/run-folder.h"
#include "report/text-table.h"

#define REFERENCE "reference"
#define DAY_S 86400
#define NOT_GIVEN G_MININT
#define LINK_AGE_S 60 /* the link is renamed right after it is made: one that is older was left behind */

static struct {
  int keep, older_than;
  gboolean failed, cache, dry_run;
} options = { .keep = NOT_GIVEN, .older_than = NOT_GIVEN };

const GOptionEntry clean_options[] = {
  { "keep", 0, 0, G_OPTION_ARG_INT, &options.keep, "remove runs but for the newest N", "N" },
  { "older-than", 0, 0, G_OPTION_ARG_INT, &options.older_than, "remove runs that began more than DAYS days ago; with --cache, entries unused for that long", "DAYS" },
  { "failed", 0, 0, G_OPTION_ARG_NONE, &options.failed, "of these, only runs that failed", NULL },
  { "cache", 0, 0, G_OPTION_ARG_NONE, &options.cache, "trim images/cache too", NULL },
  { "dry-run", 'n', 0, G_OPTION_ARG_NONE, &options.dry_run, "only say what would be removed", NULL },
  { 0 },
};

static gboolean
check_usage (char **arguments, GError **error)
{
  if ((options.keep < 0 && options.keep != NOT_GIVEN) || (options.older_than < 0 && options.older_than != NOT_GIVEN))
    return fail (error, HARNESS_ERROR_USAGE, "--keep and --older-than take numbers that are not negative");
  if (arguments[0] && (options.keep >= 0 || options.failed || (options.older_than >= 0 && !options.cache)))
    return fail (error, HARNESS_ERROR_USAGE, "either runs are named, or --keep, --older-than and --failed choose them");
  return TRUE;
}

/* rank: how many runs are newer. */
static gboolean
is_chosen (const KeptEntry *entry, guint rank, gint64 now_s)
{
  const gboolean failed_only = options.failed || (options.keep < 0 && options.older_than < 0);

  if (entry->latest || (failed_only && strcmp (entry->run->manifest->status, "failed") != 0))
    return FALSE;
  if (options.keep >= 0 && rank < (guint) options.keep)
    return FALSE;
  return options.older_than < 0 || now_s - entry->begun_s > (gint64) options.older_than * DAY_S;
}

/* What cannot be opened is nobody's but the user's: it goes only by name. */
static void
choose (const GPtrArray *entries, GPtrArray *chosen)
{
  const gint64 now_s = g_get_real_time () / G_USEC_PER_SEC;
  guint rank = 0;

  for (guint i = 0; i < entries->len; i++)
    {
      KeptEntry *entry = g_ptr_array_index (entries, i);

      if (entry->run && strcmp (entry->name, REFERENCE) != 0 && is_chosen (entry, rank++, now_s))
        g_ptr_array_add (chosen, entry);
    }
}

/* A name in results/, or its path. */
static KeptEntry *
find_named (const App *app, const GPtrArray *entries, const char *given)
{
  g_autofree char *below = g_build_filename (app->results, given, NULL);
  const char *tried[] = { strchr (given, '/') ? NULL : below, given };

  for (guint t = 0; t < G_N_ELEMENTS (tried); t++)
    for (guint i = 0; tried[t] && i < entries->len; i++)
      {
        KeptEntry *entry = g_ptr_array_index (entries, i);
        struct stat a, b;

        if (stat (tried[t], &a) == 0 && lstat (entry->path, &b) == 0 && a.st_ino == b.st_ino && a.st_dev == b.st_dev)
          return entry;
      }
  return NULL;
}

static gboolean
choose_named (const App *app, const GPtrArray *entries, char **names, GPtrArray *chosen, GError **error)
{
  for (; *names; names++)
    {
      KeptEntry *entry = find_named (app, entries, *names);

      if (!entry)
        return fail (error, HARNESS_ERROR_USAGE, "there is no run \"%s\" in %s; try: harness list", *names, app->results);
      if (strcmp (entry->name, REFERENCE) == 0)
        return fail (error, HARNESS_ERROR_USAGE, "%s belongs to the source tree: it is never removed", entry->path);
      if (!g_ptr_array_find (chosen, entry, NULL))
        g_ptr_array_add (chosen, entry);
    }
  return TRUE;
}

/* To the newest complete run that stays; without one there is no latest run. */
static gboolean
repoint_latest (const App *app, const GPtrArray *entries, const GPtrArray *chosen, GError **error)
{
  g_autofree char *link = g_build_filename (app->results, "latest", NULL);

  for (guint i = 0; i < entries->len; i++)
    {
      KeptEntry *entry = g_ptr_array_index (entries, i);

      if (!entry->run || strcmp (entry->name, REFERENCE) == 0 || strcmp (entry->run->manifest->status, "complete") != 0 || g_ptr_array_find ((GPtrArray *) chosen, entry, NULL))
        continue;
      printf ("results/latest points to %s now\n", entry->name);
      return run_folder_point_latest (app, entry->name, error);
    }
  printf ("results/latest is gone: no complete run is left\n");
  return unlink (link) == 0 || errno == ENOENT || fail_errno (error, errno, "%s: removing", link);
}

static gboolean
remove_run (const KeptEntry *entry, guint64 *bytes, GError **error)
{
  g_autofree char *size = text_size (entry->bytes);

  if (!options.dry_run && !cache_remove_whole (entry->path, error))
    return FALSE;
  printf ("%s %s (%s): %s\n", options.dry_run ? "would remove" : "removed", entry->path, entry->run ? entry->run->manifest->status : "broken", size);
  *bytes += entry->bytes;
  return TRUE;
}

/* The link moves first: it never points to what is gone. */
static gboolean
remove_runs (const App *app, const GPtrArray *entries, const GPtrArray *chosen, guint64 *bytes, GError **error)
{
  for (guint i = 0; i < chosen->len; i++)
    if (((const KeptEntry *) g_ptr_array_index (chosen, i))->latest && !options.dry_run && !repoint_latest (app, entries, chosen, error))
      return FALSE;
  for (guint i = 0; i < chosen->len; i++)
    if (!cancel_check (error) || !remove_run (g_ptr_array_index (chosen, i), bytes, error))
      return FALSE;
  return TRUE;
}

/* Links that a command made and did not live to rename. */
static void
remove_links (const App *app)
{
  g_autoptr (GDir) dir = g_dir_open (app->results, 0, NULL);
  const gint64 now_s = g_get_real_time () / G_USEC_PER_SEC;

  for (const char *name; dir && (name = g_dir_read_name (dir));)
    {
      g_autofree char *path = g_build_filename (app->results, name, NULL);
      struct stat st;

      if (!g_str_has_prefix (name, ".latest-") || lstat (path, &st) < 0 || !S_ISLNK (st.st_mode) || now_s - st.st_mtime < LINK_AGE_S)
        continue;
      if (options.dry_run || unlink (path) == 0)
        printf ("%s %s\n", options.dry_run ? "would remove" : "removed", path);
    }
}

gboolean
cmd_clean (App *app, char **arguments, GError **error)
{
  g_autoptr (GPtrArray) entries = NULL;
  g_autoptr (GPtrArray) chosen = g_ptr_array_new ();
  g_autofree char *size = NULL;
  guint64 bytes = 0;

  if (!check_usage (arguments, error) || !kept_runs_scan (app, &entries, error))
    return FALSE;
  if (!arguments[0])
    choose (entries, chosen);
  else if (!choose_named (app, entries, arguments, chosen, error))
    return FALSE;
  if (!remove_runs (app, entries, chosen, &bytes, error))
    return FALSE;
  remove_links (app);
  if (options.cache && !cache_trim (app, options.older_than, options.dry_run, &bytes, error))
    return FALSE;
  size = text_size (bytes);
  printf ("%s %s\n", options.dry_run ? "would free" : "freed", size);
  return TRUE;
}

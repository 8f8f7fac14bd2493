/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The folders in results/; see kept-runs.h. */
#include "cli/kept-runs.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define DEPTH_MAX 64u

static void
entry_free (gpointer data)
{
  KeptEntry *entry = data;

  g_free (entry->name);
  g_free (entry->path);
  kept_run_free (entry->run);
  g_free (entry->problem);
  g_free (entry);
}

static guint64
bytes_below (const char *path, guint depth)
{
  g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);
  guint64 sum = 0;

  for (const char *name; dir && (name = g_dir_read_name (dir));)
    {
      g_autofree char *full = g_build_filename (path, name, NULL);
      struct stat st;

      if (lstat (full, &st) < 0)
        continue;
      if (S_ISDIR (st.st_mode) && depth < DEPTH_MAX)
        sum += bytes_below (full, depth + 1);
      else if (S_ISREG (st.st_mode))
        sum += (guint64) st.st_size;
    }
  return sum;
}

guint64
kept_runs_bytes (const char *path)
{
  struct stat st;

  if (lstat (path, &st) < 0)
    return 0;
  return S_ISDIR (st.st_mode) ? bytes_below (path, 0) : (guint64) st.st_size;
}

/* "2026-01-31T12-00-00Z", as run ids are. FALSE if it is something else. */
static gboolean
parse_id (const char *id, gint64 *unix_s)
{
  int year, month, day, hour, minute, second, end = 0;
  g_autoptr (GDateTime) time = NULL;

  if (sscanf (id, "%4d-%2d-%2dT%2d-%2d-%2dZ%n", &year, &month, &day, &hour, &minute, &second, &end) != 6 || end != 20)
    return FALSE;
  time = g_date_time_new_utc (year, month, day, hour, minute, second);
  if (time)
    *unix_s = g_date_time_to_unix (time);
  return time != NULL;
}

static KeptEntry *
read_entry (const App *app, const char *name, const struct stat *st)
{
  g_autoptr (GError) problem = NULL;
  KeptEntry *entry = g_new0 (KeptEntry, 1);

  entry->name = g_strdup (name);
  entry->path = g_build_filename (app->results, name, NULL);
  entry->bytes = kept_runs_bytes (entry->path);
  if (!kept_run_open (app, entry->path, &entry->run, &problem))
    entry->problem = g_strdup (problem->message);
  if (!parse_id (entry->run ? entry->run->manifest->run : name, &entry->begun_s))
    entry->begun_s = st->st_mtime;
  return entry;
}

static gint
newest_first (gconstpointer a, gconstpointer b)
{
  const KeptEntry *left = *(KeptEntry *const *) a, *right = *(KeptEntry *const *) b;

  if (left->begun_s != right->begun_s)
    return left->begun_s > right->begun_s ? -1 : 1;
  return -strcmp (left->name, right->name);
}

gboolean
kept_runs_scan (const App *app, GPtrArray **entries, GError **error)
{
  g_autoptr (GPtrArray) found = g_ptr_array_new_with_free_func (entry_free);
  g_autofree char *link = g_build_filename (app->results, "latest", NULL);
  struct stat latest;
  const gboolean has_latest = stat (link, &latest) == 0;
  g_autoptr (GDir) dir = NULL;

  if (!g_file_test (app->results, G_FILE_TEST_EXISTS))
    {
      *entries = g_steal_pointer (&found);
      return TRUE;
    }
  dir = g_dir_open (app->results, 0, error);
  for (const char *name; dir && (name = g_dir_read_name (dir));)
    {
      g_autofree char *path = g_build_filename (app->results, name, NULL);
      struct stat st;
      KeptEntry *entry;

      if (name[0] == '.' || strcmp (name, KEPT_GRADES) == 0 || lstat (path, &st) < 0 || !S_ISDIR (st.st_mode))
        continue;
      entry = read_entry (app, name, &st);
      entry->latest = has_latest && st.st_ino == latest.st_ino && st.st_dev == latest.st_dev;
      g_ptr_array_add (found, entry);
    }
  g_ptr_array_sort (found, newest_first);
  if (dir)
    *entries = g_steal_pointer (&found);
  return dir != NULL;
}

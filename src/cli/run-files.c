/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The files of a run as a whole; see run-files.h. */
#include "cli/run-files.h"

#include <errno.h>
#include <ftw.h>
#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/files.h"
#include "base/hash.h"

/* The Debian package libjs-dygraphs. */
#define LIBRARY "/usr/share/javascript/dygraphs"
#define LIBRARY_LICENCE "/usr/share/doc/libjs-dygraphs/copyright"
#define LIBRARY_BYTES_MAX (1u << 20)

static gboolean
write_text (const char *dir, const char *name, const GString *text, GError **error)
{
  g_autofree char *path = g_build_filename (dir, name, NULL);

  return files_write (path, text->str, (gssize) text->len, error);
}

static gboolean
write_answers (const char *dir, const RunStory *story, GError **error)
{
  g_autofree AnswersLab *labs = g_new0 (AnswersLab, story->n_labs);
  g_autoptr (GString) text = NULL;

  for (gsize i = 0; i < story->n_labs; i++)
    labs[i] = story->labs[i].lab;
  text = answers_make (labs, story->n_labs);
  return write_text (dir, "answers.md", text, error);
}

/* A file of the chart library's; NULL if this host does not have it. */
static char *
read_library (const char *path)
{
  char *text = NULL;

  return files_read (path, LIBRARY_BYTES_MAX, &text, NULL, NULL) ? text : NULL;
}

static gboolean
write_page (const char *dir, const RunStory *story, GError **error)
{
  g_autofree char *library = read_library (LIBRARY "/dygraph.min.js");
  g_autofree char *css = read_library (LIBRARY "/dygraph.min.css");
  g_autofree char *licence = read_library (LIBRARY_LICENCE);
  const HtmlInputs inputs = {
    .run = story->run,
    .harness = story->harness,
    .labs = story->labs,
    .n_labs = story->n_labs,
    .chart_library = library,
    .chart_library_css = css,
    .chart_library_licence = licence,
  };
  g_autoptr (GString) page = html_make (&inputs);

  return write_text (dir, "report.html", page, error);
}

/* Every file of a run as a whole has one line here. */
gboolean
run_files_write (const char *dir, const RunStory *story, GError **error)
{
  return write_answers (dir, story, error) && write_page (dir, story, error);
}

static int
settle_one (const char *path, const struct stat *st, int type, struct FTW *ftw)
{
  const mode_t mode = (type == FTW_D ? 0755 : 0644) & ~files_umask ();

  (void) ftw;
  if ((type != FTW_D && type != FTW_F) || (st->st_mode & 07777) == mode)
    return 0;
  return chmod (path, mode) < 0 ? errno : 0;
}

gboolean
run_files_settle_modes (const char *dir, GError **error)
{
  const int errnum = nftw (dir, settle_one, 16, FTW_PHYS);

  return errnum == 0 || fail_errno (error, errnum > 0 ? errnum : errno, "%s: setting the files' modes", dir);
}

static gboolean
hash_one (const char *root, const char *relative, GPtrArray *files, GError **error)
{
  g_autofree char *path = g_build_filename (root, relative, NULL);
  g_autofree char *sha256 = NULL;

  if (!hash_file (path, &sha256, error))
    return FALSE;
  manifest_add (files, relative, sha256);
  return TRUE;
}

/* The names in a folder, sorted. NULL if it cannot be read. */
static GPtrArray *
list_folder (const char *root, const char *prefix, GError **error)
{
  g_autofree char *path = g_build_filename (root, prefix, NULL);
  g_autoptr (GDir) dir = g_dir_open (path, 0, error);
  g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);
  const char *name;

  if (!dir)
    return NULL;
  while ((name = g_dir_read_name (dir)))
    if (!g_str_has_prefix (name, ".tmp-") && (*prefix || strcmp (name, RUN_MANIFEST) != 0))
      g_ptr_array_add (names, g_build_filename (prefix, name, NULL));
  files_sort_names (names);
  return g_steal_pointer (&names);
}

/* A file of `only` is below this folder. */
static gboolean
leads_to (GHashTable *only, const char *folder)
{
  g_autofree char *prefix = g_strconcat (folder, "/", NULL);
  GHashTableIter iter;
  gpointer path;

  g_hash_table_iter_init (&iter, only);
  while (g_hash_table_iter_next (&iter, &path, NULL))
    if (g_str_has_prefix (path, prefix))
      return TRUE;
  return FALSE;
}

static gboolean
hash_below (const char *root, const char *prefix, GHashTable *only, GPtrArray *files, GError **error)
{
  g_autoptr (GPtrArray) names = list_folder (root, prefix, error);

  if (!names)
    return FALSE;
  for (guint i = 0; i < names->len; i++)
    {
      const char *relative = g_ptr_array_index (names, i);
      g_autofree char *full = g_build_filename (root, relative, NULL);
      struct stat st;

      if (lstat (full, &st) < 0)
        return fail_errno (error, errno, "%s: looking at", full);
      if (S_ISDIR (st.st_mode) && (!only || leads_to (only, relative)) && !hash_below (root, relative, only, files, error))
        return FALSE;
      if (S_ISREG (st.st_mode) && (!only || g_hash_table_contains (only, relative)) && !hash_one (root, relative, files, error))
        return FALSE;
    }
  return TRUE;
}

gboolean
run_files_hash (const char *dir, GHashTable *only, GPtrArray *files, GError **error)
{
  return hash_below (dir, "", only, files, error);
}

gboolean
run_files_write_manifest (const char *dir, const Manifest *manifest, GError **error)
{
  g_autofree char *path = g_build_filename (dir, RUN_MANIFEST, NULL);
  g_autofree char *json = manifest_to_json (manifest);

  if (!files_write (path, json, -1, error))
    return FALSE;
  return chmod (path, 0644 & ~files_umask ()) == 0 || fail_errno (error, errno, "%s: setting its mode", path);
}

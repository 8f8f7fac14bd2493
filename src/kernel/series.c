/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads patches only so far as to know which files they touch; patch(1) applies them. */
#include "kernel/series.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/files.h"
#include "base/hash.h"
#include "base/run.h"

#define SERIES_LIMIT (1024 * 1024)
#define PATCH_LIMIT (64 * 1024 * 1024)

static void
series_patch_free (gpointer data)
{
  SeriesPatch *patch = data;
  g_free (patch->name);
  g_free (patch->path);
  g_free (patch->sha256);
  g_ptr_array_unref (patch->files);
  g_free (patch);
}

/* --- which files a patch touches -------------------------------------------------------------- */

typedef struct
{
  SeriesPatch *patch;
  guint line;
  guint old_left, new_left; /* lines of the hunk still to come */
} Scan;

static gboolean
add_file (Scan *scan, const char *path, GError **error)
{
  g_auto (GStrv) parts = g_strsplit (path, "/", -1);
  const char *const *components = (const char *const *) parts;
  if (path[0] == '/' || path[0] == '\0' || g_strv_contains (components, "..") || g_strv_contains (components, ".git"))
    return fail (error, HARNESS_ERROR_USAGE, "%s:%u: \"%s\" is no path inside the kernel", scan->patch->path, scan->line, path);
  g_ptr_array_add (scan->patch->files, g_strdup (path));
  return TRUE;
}

/* "a/PATH<TAB>date", which has a '/', without the first component, as patch -p1 takes it; /dev/null is no file. */
static gboolean
add_header (Scan *scan, const char *text, GError **error)
{
  g_autofree char *path = g_strndup (text, strcspn (text, "\t\r"));
  if (strcmp (path, "/dev/null") == 0)
    return TRUE;
  return add_file (scan, strchr (path, '/') + 1, error);
}

/* "@@ -1,2 +3,4 @@": a count that is not there is 1. */
static gboolean
begin_hunk (Scan *scan, const char *line)
{
  guint old_start, new_start;
  char old_part[32], new_part[32];
  if (sscanf (line, "@@ -%31[0-9,] +%31[0-9,] @@", old_part, new_part) != 2)
    return FALSE;
  scan->old_left = scan->new_left = 1;
  return sscanf (old_part, "%u,%u", &old_start, &scan->old_left) >= 1 && sscanf (new_part, "%u,%u", &new_start, &scan->new_left) >= 1;
}

static void
pass_hunk_line (Scan *scan, char first)
{
  if (first != '+' && first != '\\' && scan->old_left > 0)
    scan->old_left--;
  if (first != '-' && first != '\\' && scan->new_left > 0)
    scan->new_left--;
}

static gboolean
scan_line (Scan *scan, const char *line, GError **error)
{
  scan->line++;
  if (scan->old_left > 0 || scan->new_left > 0)
    {
      pass_hunk_line (scan, line[0]);
      return TRUE;
    }
  if (g_str_has_prefix (line, "--- ") || g_str_has_prefix (line, "+++ "))
    return strchr (line + 4, '/') == NULL || add_header (scan, line + 4, error);
  if (g_str_has_prefix (line, "rename from ") || g_str_has_prefix (line, "copy from "))
    return add_file (scan, strstr (line, " from ") + 6, error);
  if (g_str_has_prefix (line, "rename to ") || g_str_has_prefix (line, "copy to "))
    return add_file (scan, strstr (line, " to ") + 4, error);
  if (g_str_has_prefix (line, "new file mode ") && !g_str_has_prefix (line, "new file mode 100"))
    return fail (error, HARNESS_ERROR_USAGE, "%s:%u: makes something other than a file", scan->patch->path, scan->line);
  if (g_str_has_prefix (line, "GIT binary patch"))
    return fail (error, HARNESS_ERROR_USAGE, "%s:%u: a binary patch", scan->patch->path, scan->line);
  if (g_str_has_prefix (line, "@@ -") && !begin_hunk (scan, line))
    return fail (error, HARNESS_ERROR_USAGE, "%s:%u: a damaged hunk header", scan->patch->path, scan->line);
  return TRUE;
}

static gboolean
scan_patch (SeriesPatch *patch, const char *text, GError **error)
{
  Scan scan = { .patch = patch };
  for (const char *rest = text; *rest != '\0';)
    {
      const gsize length = strcspn (rest, "\n");
      g_autofree char *line = g_strndup (rest, length);
      if (!scan_line (&scan, line, error))
        return FALSE;
      rest += length + (rest[length] == '\n' ? 1 : 0);
    }
  if (scan.old_left > 0 || scan.new_left > 0)
    return fail (error, HARNESS_ERROR_USAGE, "%s: cut short: %u lines of its last hunk are missing", patch->path,
                 MAX (scan.old_left, scan.new_left));
  return patch->files->len > 0 || fail (error, HARNESS_ERROR_USAGE, "%s: touches no file", patch->path);
}

/* --- the series ------------------------------------------------------------------------------- */

static gboolean
load_patch (const char *dir, const char *name, GPtrArray *patches, GError **error)
{
  SeriesPatch *patch = g_new0 (SeriesPatch, 1);
  patch->name = g_strdup (name);
  patch->path = g_build_filename (dir, name, NULL);
  patch->files = g_ptr_array_new_with_free_func (g_free);
  g_ptr_array_add (patches, patch);

  g_autofree char *text = NULL;
  gsize size;
  if (!files_read (patch->path, PATCH_LIMIT, &text, &size, error))
    return FALSE;
  patch->sha256 = hash_data (text, size);
  return scan_patch (patch, text, error);
}

static gboolean
load_line (const char *dir, const char *series, guint number, char *line, GPtrArray *patches, GError **error)
{
  char *comment = strchr (line, '#');
  if (comment != NULL)
    *comment = '\0';
  g_strstrip (line);
  if (line[0] == '\0')
    return TRUE;
  if (strpbrk (line, " \t/") != NULL || line[0] == '.')
    return fail (error, HARNESS_ERROR_USAGE, "%s:%u: \"%s\"; try: the name of a patch in the same folder, without options", series, number, line);
  return load_patch (dir, line, patches, error);
}

gboolean
series_load (const char *dir, GPtrArray **patches, GError **error)
{
  g_autoptr (GPtrArray) loaded = g_ptr_array_new_with_free_func (series_patch_free);
  if (dir != NULL)
    {
      g_autofree char *path = g_build_filename (dir, "series", NULL);
      g_autofree char *text = NULL;
      if (!files_read (path, SERIES_LIMIT, &text, NULL, error))
        return FALSE;
      g_auto (GStrv) lines = g_strsplit (text, "\n", -1);
      for (guint i = 0; lines[i] != NULL; i++)
        {
          if (!load_line (dir, path, i + 1, lines[i], loaded, error))
            return FALSE;
        }
    }
  *patches = g_steal_pointer (&loaded);
  return TRUE;
}

GPtrArray *
series_files (const GPtrArray *patches)
{
  g_autoptr (GHashTable) seen = g_hash_table_new (g_str_hash, g_str_equal);
  GPtrArray *files = g_ptr_array_new_with_free_func (g_free);
  for (guint i = 0; i < patches->len; i++)
    {
      const SeriesPatch *patch = g_ptr_array_index (patches, i);
      for (guint j = 0; j < patch->files->len; j++)
        {
          if (g_hash_table_add (seen, g_ptr_array_index (patch->files, j)))
            g_ptr_array_add (files, g_strdup (g_ptr_array_index (patch->files, j)));
        }
    }
  files_sort_names (files);
  return files;
}

static gboolean
is_of_kvm (const char *file)
{
  static const char *const folders[] = { "arch/x86/kvm/", "virt/kvm/", "Documentation/" };
  static const char *const headers[] = { "arch/x86/include/asm/kvm_host.h", "include/linux/kvm_host.h", NULL };
  g_autofree char *name = g_path_get_basename (file);
  if (g_str_has_prefix (name, "Kconfig"))
    return FALSE;
  for (guint i = 0; i < G_N_ELEMENTS (folders); i++)
    {
      if (g_str_has_prefix (file, folders[i]))
        return TRUE;
    }
  return g_strv_contains (headers, file);
}

gboolean
series_is_of_kvm (const GPtrArray *patches)
{
  g_autoptr (GPtrArray) files = series_files (patches);
  for (guint i = 0; i < files->len; i++)
    {
      if (!is_of_kvm (g_ptr_array_index (files, i)))
        return FALSE;
    }
  return TRUE;
}

/* --- applying --------------------------------------------------------------------------------- */

/*
 * From what patch(1) says: "patching file F", then "Hunk #N FAILED at L." or "1 out of 2 hunks FAILED";
 * "can't find file to patch" for a file that is not there. Newly allocated; "" if it said nothing of the kind.
 */
static char *
first_failure (const char *output)
{
  g_auto (GStrv) lines = g_strsplit (output, "\n", -1);
  const char *file = "";
  for (char **line = lines; *line != NULL; line++)
    {
      guint hunk, at;
      if (g_str_has_prefix (*line, "patching file ") || g_str_has_prefix (*line, "checking file "))
        file = strstr (*line, "file ") + 5;
      else if (sscanf (*line, "Hunk #%u FAILED at %u", &hunk, &at) == 2)
        return g_strdup_printf ("%s, hunk %u (line %u)", file, hunk, at);
      else if (strstr (*line, "previously applied") != NULL || strstr (*line, "already exists!") != NULL)
        return g_strdup_printf ("%s: already there (\"%s\")", file, *line);
      else if (g_str_has_prefix (*line, "can't find file to patch"))
        return g_strdup ("a file that it changes is not in this kernel");
    }
  return g_strdup ("");
}

/* The file of a patch that is not in the tree, unless the patch makes it; NULL if all are. */
static const char *
missing_file (const SeriesPatch *patch, const char *tree, const char *output)
{
  if (strstr (output, "can't find file to patch") == NULL)
    return NULL;
  for (guint i = 0; i < patch->files->len; i++)
    {
      g_autofree char *path = g_build_filename (tree, g_ptr_array_index (patch->files, i), NULL);
      if (!g_file_test (path, G_FILE_TEST_EXISTS))
        return g_ptr_array_index (patch->files, i);
    }
  return NULL;
}

static gboolean
apply_failed (const SeriesPatch *patch, const char *tree, const Run *run, GError **error)
{
  const char *missing = missing_file (patch, tree, run_stdout (run));
  g_autofree char *where = missing != NULL ? g_strdup_printf ("%s is not in this kernel", missing) : first_failure (run_stdout (run));
  g_autofree char *said = g_strstrip (g_strdup (where[0] != '\0' ? "" : run_stderr_tail (run)));
  return fail (error, HARNESS_ERROR_FAILED, "%s: does not apply: %s%s; try: the kernel version that the series is for", patch->path, where, said);
}

static gboolean
apply_one (const SeriesPatch *patch, const char *tree, GError **error)
{
  g_autofree char *absolute = g_canonicalize_filename (patch->path, NULL);
  g_autoptr (Run) run = run_new ("patch", "-p1", "--unified", "--forward", "--fuzz=0", "--batch", "--no-backup-if-mismatch", "--reject-file=-", "-i",
                                 absolute, NULL);
  run_set_cwd (run, tree);
  run_set_env (run, "LC_ALL", "C");
  run_set_env (run, "POSIXLY_CORRECT", NULL);
  run_set_deadline_s (run, 120);
  int status;
  if (!run_wait_status (run, &status, error))
    return FALSE;
  return status == 0 || apply_failed (patch, tree, run, error);
}

gboolean
series_apply (const GPtrArray *patches, const char *tree, GError **error)
{
  for (guint i = 0; i < patches->len; i++)
    {
      if (!apply_one (g_ptr_array_index (patches, i), tree, error))
        return FALSE;
    }
  return TRUE;
}

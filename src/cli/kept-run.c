/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Kept runs; see kept-run.h. */
#include "cli/kept-run.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cancel.h"
#include "base/error.h"
#include "base/files.h"
#include "base/hash.h"
#include "cli/run-files.h"

#define MANIFEST_MAX (16u << 20)
#define READ_MAX (16u << 20)
#define LABS_MAX 64u
#define FILES_MAX 10000u
#define DEPTH_MAX 8u
#define SAMPLE_MS_MAX 3600000u

void
kept_run_free (KeptRun *run)
{
  if (!run)
    return;
  manifest_free (run->manifest);
  g_free (run->path);
  g_free (run->name);
  g_free (run);
}

/* --- finding it ------------------------------------------------------------------------------- */

/* The folder that `given` means, without links; NULL if there is none. A name in results/ comes before one in the working directory. */
static char *
find_folder (const App *app, const char *given)
{
  g_autofree char *kept = g_build_filename (app->results, given, NULL);
  const gboolean below = !g_path_is_absolute (given) && given[0] != '.' && g_file_test (kept, G_FILE_TEST_IS_DIR);
  const char *found = below ? kept : given;
  char *real = *given && g_file_test (found, G_FILE_TEST_IS_DIR) ? realpath (found, NULL) : NULL;
  char *path = g_strdup (real);

  free (real);
  return path;
}

gboolean
kept_run_is_there (const App *app, const char *given)
{
  g_autofree char *path = find_folder (app, given);
  g_autofree char *manifest = path ? g_build_filename (path, RUN_MANIFEST, NULL) : NULL;

  return manifest && g_file_test (manifest, G_FILE_TEST_EXISTS);
}

static gboolean
not_there (const char *given, GError **error)
{
  if (strcmp (given, "latest") == 0)
    return fail (error, HARNESS_ERROR_USAGE, "there is no complete run yet that \"latest\" could mean; try: harness full-run");
  return fail (error, HARNESS_ERROR_USAGE, "there is no run \"%s\", neither in results/ nor as a folder; try: harness list", given);
}

/* --- what a manifest may say ------------------------------------------------------------------ */

/* Part of a path that stays where it is put: printable, not hidden, not above. */
static gboolean
is_plain_name (const char *name)
{
  if (!name || !*name || *name == '.' || strlen (name) > 200)
    return FALSE;
  for (const char *c = name; *c; c++)
    if (!g_ascii_isgraph (*c) || *c == '/' || *c == '\\')
      return FALSE;
  return TRUE;
}

static gboolean
is_plain_path (const char *path)
{
  g_auto (GStrv) parts = g_strsplit (path, "/", DEPTH_MAX + 1);

  if (g_strv_length (parts) > DEPTH_MAX)
    return FALSE;
  for (char **part = parts; *part; part++)
    if (!is_plain_name (*part))
      return FALSE;
  return parts[0] != NULL;
}

static gboolean
is_sha256 (const char *text)
{
  return text && strlen (text) == 64 && strspn (text, "0123456789abcdef") == 64;
}

static gboolean
check_files (const Manifest *m, GError **error)
{
  if (m->files->len > FILES_MAX)
    return fail (error, HARNESS_ERROR_FAILED, "files: more than %u", FILES_MAX);
  for (guint i = 0; i < m->files->len; i++)
    {
      const ManifestPair *file = g_ptr_array_index (m->files, i);

      if (!is_plain_path (file->name) || strcmp (file->name, RUN_MANIFEST) == 0)
        return fail (error, HARNESS_ERROR_FAILED, "files: \"%s\" is no path of a file in the run's folder", file->name);
      if (!is_sha256 (file->value))
        return fail (error, HARNESS_ERROR_FAILED, "files: \"%s\" has no SHA-256", file->name);
    }
  return TRUE;
}

static gboolean
is_one_of (const char *text, const char *const *words)
{
  return text && g_strv_contains (words, text);
}

static gboolean
check_lab (const Manifest *m, const ManifestLab *lab, GError **error)
{
  static const char *const determinisms[] = { "exact", "statistical", NULL };
  static const char *const accels[] = { "kvm", "emulated", NULL };
  Isa isa;

  if (!is_plain_name (lab->name) || manifest_lab (m, lab->name) != lab)
    return fail (error, HARNESS_ERROR_FAILED, "labs: \"%s\" is no name of a lab, or there twice", lab->name);
  if (!lab->isa || !isa_parse (lab->isa, &isa) || !is_one_of (lab->determinism, determinisms) || !is_one_of (lab->accel, accels) || !lab->machine || !lab->outcome)
    return fail (error, HARNESS_ERROR_FAILED, "labs: %s: isa, machine, accel, determinism or outcome is not what it may be", lab->name);
  if ((lab->fingerprint && !is_sha256 (lab->fingerprint)) || (lab->exits_csv_sha256 && !is_sha256 (lab->exits_csv_sha256)))
    return fail (error, HARNESS_ERROR_FAILED, "labs: %s: fingerprint or exits_csv_sha256 is no SHA-256", lab->name);
  if (lab->boot_exits > G_MAXINT64 || lab->all_exits > G_MAXINT64 || lab->boot_ns > G_MAXINT64)
    return fail (error, HARNESS_ERROR_FAILED, "labs: %s: totals are not what they may be", lab->name);
  return TRUE;
}

static gboolean
check_status (const Manifest *m, GError **error)
{
  static const char *const statuses[] = { "complete", "failed", NULL };

  if (!is_plain_name (m->run))
    return fail (error, HARNESS_ERROR_FAILED, "\"run\" is not what it may be");
  if (g_strcmp0 (m->status, "incomplete") == 0)
    return fail (error, HARNESS_ERROR_FAILED, "the run is incomplete: it was not finished; try: harness full-run, and harness clean to remove this one");
  if (!is_one_of (m->status, statuses))
    return fail (error, HARNESS_ERROR_FAILED, "\"status\" is not what it may be");
  if (m->labs->len == 0 || m->labs->len > LABS_MAX)
    return fail (error, HARNESS_ERROR_FAILED, "labs: none, or more than %u", LABS_MAX);
  return TRUE;
}

static gboolean
check_manifest (const Manifest *m, GError **error)
{
  if (!check_status (m, error) || !check_files (m, error))
    return FALSE;
  for (guint i = 0; i < m->labs->len; i++)
    if (!check_lab (m, g_ptr_array_index (m->labs, i), error))
      return FALSE;
  return TRUE;
}

static gboolean
read_manifest (const char *folder, Manifest **manifest, GError **error)
{
  g_autofree char *path = g_build_filename (folder, RUN_MANIFEST, NULL);
  g_autofree char *json = NULL;
  g_autoptr (Manifest) m = NULL;
  struct stat st;
  gsize size;

  if (lstat (path, &st) < 0 || !S_ISREG (st.st_mode))
    return fail (error, HARNESS_ERROR_FAILED, "%s: no file " RUN_MANIFEST ": no run's folder, or a run that was not finished", folder);
  if (!files_read (path, MANIFEST_MAX, &json, &size, error))
    return FALSE;
  if (!manifest_parse (json, (gssize) size, &m, error) || !check_manifest (m, error))
    {
      g_prefix_error (error, "%s: ", path);
      return FALSE;
    }
  *manifest = g_steal_pointer (&m);
  return TRUE;
}

gboolean
kept_run_open (const App *app, const char *given, KeptRun **run, GError **error)
{
  g_autoptr (KeptRun) opened = g_new0 (KeptRun, 1);

  opened->app = app;
  opened->path = find_folder (app, given);
  if (!opened->path)
    return not_there (given, error);
  opened->name = g_path_get_basename (opened->path);
  if (g_str_has_prefix (opened->name, ".tmp-"))
    return fail (error, HARNESS_ERROR_FAILED, "%s: a run that is not finished, or was left behind by a command that was killed; try: harness clean", opened->path);
  if (!read_manifest (opened->path, &opened->manifest, error))
    return FALSE;
  *run = g_steal_pointer (&opened);
  return TRUE;
}

/* --- labs and files --------------------------------------------------------------------------- */

const ManifestLab *
kept_run_lab (const KeptRun *run, guint lab)
{
  return g_ptr_array_index (run->manifest->labs, lab);
}

gboolean
kept_run_find_lab (const KeptRun *run, const char *name, guint *lab, GError **error)
{
  g_autoptr (GString) names = g_string_new (NULL);

  for (guint i = 0; i < run->manifest->labs->len; i++)
    {
      const char *one = kept_run_lab (run, i)->name;

      if (strcmp (one, name) == 0)
        {
          *lab = i;
          return TRUE;
        }
      g_string_append_printf (names, "%s%s", i ? ", " : "", one);
    }
  return fail (error, HARNESS_ERROR_USAGE, "%s: has no lab \"%s\"; it has %s", run->path, name, names->str);
}

gboolean
kept_run_has (const KeptRun *run, guint lab, const char *name)
{
  g_autofree char *relative = g_build_filename (kept_run_lab (run, lab)->name, name, NULL);

  return manifest_get (run->manifest->files, relative) != NULL;
}

static gboolean
is_raw (const char *path)
{
  static const char *const derived_names[] = { "l2-console.log", "l2-report.log", NULL };
  static const char *const derived_suffixes[] = { ".csv", ".csv.gz", ".md", ".html", ".svg", NULL };
  g_autofree char *name = g_path_get_basename (path);

  if (g_strv_contains (derived_names, name))
    return FALSE;
  for (const char *const *suffix = derived_suffixes; *suffix; suffix++)
    if (g_str_has_suffix (name, *suffix))
      return FALSE;
  return TRUE;
}

const char *
kept_state_name (KeptState state)
{
  static const char *const names[] = { [KEPT_SAME] = "ok", [KEPT_CHANGED] = "changed", [KEPT_MISSING] = "missing", [KEPT_EXTRA] = "not in the manifest" };

  return names[state];
}

static void
kept_file_free (gpointer data)
{
  KeptFile *file = data;

  g_free (file->path);
  g_free (file);
}

/* A plain file below root that no link leads to. */
static gboolean
is_plain_file (const char *root, const char *relative, guint64 *bytes)
{
  g_auto (GStrv) parts = g_strsplit (relative, "/", -1);
  g_autofree char *path = g_strdup (root);
  struct stat st = { 0 };

  for (char **part = parts; *part; part++)
    {
      g_autofree char *parent = g_steal_pointer (&path);

      path = g_build_filename (parent, *part, NULL);
      if (lstat (path, &st) < 0 || !(part[1] ? S_ISDIR (st.st_mode) : S_ISREG (st.st_mode)))
        return FALSE;
    }
  *bytes = (guint64) st.st_size;
  return TRUE;
}

static gboolean
verify_one (const KeptRun *run, const ManifestPair *pair, KeptFile *file, GError **error)
{
  g_autofree char *path = g_build_filename (run->path, pair->name, NULL);
  g_autofree char *sha256 = NULL;
  struct stat st;

  file->path = g_strdup (pair->name);
  file->raw = is_raw (pair->name);
  file->state = KEPT_CHANGED;
  if (!is_plain_file (run->path, pair->name, &file->bytes))
    {
      if (lstat (path, &st) < 0)
        file->state = KEPT_MISSING;
      return TRUE;
    }
  if (!hash_file (path, &sha256, error))
    return FALSE;
  if (strcmp (sha256, pair->value) == 0)
    file->state = KEPT_SAME;
  return TRUE;
}

/* What the manifest does not name: told, so that nobody takes it for a part of the run. */
static void
add_extra (const KeptRun *run, const char *below, guint depth, GPtrArray *files)
{
  g_autofree char *path = g_build_filename (run->path, below, NULL);
  g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);

  for (const char *name; dir && depth < DEPTH_MAX && files->len < 2 * FILES_MAX && (name = g_dir_read_name (dir));)
    {
      g_autofree char *relative = g_build_filename (below, name, NULL);
      g_autofree char *full = g_build_filename (run->path, relative, NULL);
      struct stat st;

      if (lstat (full, &st) < 0 || g_str_has_prefix (name, ".tmp-") || strcmp (relative, RUN_MANIFEST) == 0 || manifest_get (run->manifest->files, relative))
        continue;
      if (S_ISDIR (st.st_mode))
        {
          add_extra (run, relative, depth + 1, files);
          continue;
        }
      KeptFile *file = g_new0 (KeptFile, 1);
      *file = (KeptFile){ .path = g_steal_pointer (&relative), .raw = TRUE, .state = KEPT_EXTRA, .bytes = (guint64) st.st_size };
      g_ptr_array_add (files, file);
    }
}

static gint
compare_files (gconstpointer a, gconstpointer b)
{
  return strcmp ((*(KeptFile *const *) a)->path, (*(KeptFile *const *) b)->path);
}

gboolean
kept_run_verify (const KeptRun *run, const char *prefix, GPtrArray **files, GError **error)
{
  g_autoptr (GPtrArray) found = g_ptr_array_new_with_free_func (kept_file_free);
  g_autoptr (GPtrArray) extra = g_ptr_array_new_with_free_func (kept_file_free);

  for (guint i = 0; i < run->manifest->files->len; i++)
    {
      const ManifestPair *pair = g_ptr_array_index (run->manifest->files, i);
      KeptFile *file;

      if (!g_str_has_prefix (pair->name, prefix))
        continue;
      file = g_new0 (KeptFile, 1);
      g_ptr_array_add (found, file);
      if (!cancel_check (error) || !verify_one (run, pair, file, error))
        return FALSE;
    }
  add_extra (run, prefix, 0, extra);
  g_ptr_array_sort (extra, compare_files);
  g_ptr_array_extend_and_steal (found, g_steal_pointer (&extra));
  *files = g_steal_pointer (&found);
  return TRUE;
}

static const char *
harm (KeptState state)
{
  return state == KEPT_MISSING ? "is missing" : "was changed: its SHA-256 is not the manifest's";
}

gboolean
kept_run_need_raw (const KeptRun *run, const char *prefix, GError **error)
{
  g_autoptr (GPtrArray) files = NULL;

  if (!kept_run_verify (run, prefix, &files, error))
    return FALSE;
  for (guint i = 0; i < files->len; i++)
    {
      const KeptFile *file = g_ptr_array_index (files, i);

      if (file->state == KEPT_EXTRA && (g_str_has_suffix (file->path, "/l0-exits.log") || g_str_has_suffix (file->path, "/records.bin")))
        return fail (error, HARNESS_ERROR_FAILED, "%s/%s: the run's manifest does not name it: it was put there later; try: remove it", run->path, file->path);
      if (file->raw && (file->state == KEPT_CHANGED || file->state == KEPT_MISSING))
        return fail (error, HARNESS_ERROR_FAILED, "%s/%s: %s; nothing can make it again; try: put back a copy of it, or run the lab again: harness full-run",
                     run->path, file->path, harm (file->state));
    }
  return TRUE;
}

/* What to do about a derived file that is not what it was. */
static char *
remedy (const KeptRun *run, guint lab)
{
  if (kept_run_has (run, lab, "records.bin"))
    return g_strdup_printf ("harness report %s", run->path);
  return g_strdup ("put back a copy of it; the raw records, from which it could be made again, were not kept");
}

gboolean
kept_run_read (const KeptRun *run, guint lab, const char *name, char **data, gsize *size, GError **error)
{
  g_autofree char *relative = g_build_filename (kept_run_lab (run, lab)->name, name, NULL);
  g_autofree char *path = g_build_filename (run->path, relative, NULL);
  const char *wanted = manifest_get (run->manifest->files, relative);
  g_autofree char *how = remedy (run, lab);
  g_autofree char *read = NULL;
  g_autofree char *sha256 = NULL;
  guint64 bytes;
  gsize length;

  if (!wanted)
    return fail (error, HARNESS_ERROR_FAILED, "%s: the run's manifest does not name it", path);
  if (!is_plain_file (run->path, relative, &bytes))
    return fail (error, HARNESS_ERROR_FAILED, "%s: is missing, or no plain file; try: %s", path, how);
  if (!files_read (path, READ_MAX, &read, &length, error))
    return FALSE;
  sha256 = hash_data (read, length);
  if (strcmp (sha256, wanted) != 0)
    return fail (error, HARNESS_ERROR_FAILED, "%s: %s; try: %s", path, harm (KEPT_CHANGED), how);
  *data = g_steal_pointer (&read);
  *size = length;
  return TRUE;
}

/* --- analysing it anew ------------------------------------------------------------------------ */

/* Runs of earlier versions do not say whether L1's kernel was patched: all of theirs were. */
static gboolean
read_parameters (const ManifestLab *lab, const char **leaf_map, LabAnalysis *analysis, GError **error)
{
  const char *sample_ms = manifest_get (lab->parameters, "sample_ms");
  const char *patched = manifest_get (lab->parameters, "kernel_patched");
  guint64 ms;

  *leaf_map = manifest_get (lab->parameters, "leaf_map");
  if (!sample_ms || !g_ascii_string_to_unsigned (sample_ms, 10, 1, SAMPLE_MS_MAX, &ms, NULL))
    return fail (error, HARNESS_ERROR_FAILED, RUN_MANIFEST ": labs: %s: parameters: sample_ms is no number of milliseconds", lab->name);
  if (!is_plain_name (*leaf_map))
    return fail (error, HARNESS_ERROR_FAILED, RUN_MANIFEST ": labs: %s: parameters: leaf_map is no name", lab->name);
  analysis->sample_ms = (guint) ms;
  analysis->patched = g_strcmp0 (patched, "no") != 0;
  return isa_parse (lab->isa, &analysis->isa);
}

gboolean
kept_run_load_lab (const KeptRun *run, guint lab, const char *into, LabTerms *terms, LabResults **results, GError **error)
{
  const ManifestLab *told = kept_run_lab (run, lab);
  g_autofree char *prefix = g_strconcat (told->name, "/", NULL);
  g_autofree char *dir = g_build_filename (run->path, told->name, NULL);
  LabAnalysis analysis = { .terms = terms };
  const char *leaf_map;

  if (!kept_run_has (run, lab, "records.bin"))
    return fail (error, HARNESS_ERROR_FAILED, "%s: the raw records (records.bin) were not kept: without them nothing can be made again, nor exported", dir);
  if (!kept_run_need_raw (run, prefix, error))
    return FALSE;
  if (read_parameters (told, &leaf_map, &analysis, error) && lab_terms_load (run->app, analysis.isa, leaf_map, terms, error) &&
      lab_analyse (dir, &analysis, into, results, error))
    return TRUE;
  g_prefix_error (error, "%s: ", dir);
  return FALSE;
}

AnswersLab
kept_run_answers_lab (const KeptRun *run, guint lab, const LabTerms *terms, const LabResults *results)
{
  const ManifestLab *told = kept_run_lab (run, lab);
  const char *emulator = manifest_get (run->manifest->versions, told->name);

  return (AnswersLab){
    .name = told->name,
    .machine = emulator ? emulator : told->machine,
    .accel = told->accel,
    .determinism = told->determinism,
    .fingerprint = results ? results->fingerprint : NULL,
    .failure = told->failure ? told->failure : results ? NULL : "nothing was recorded",
    .summary = results ? results->summary : NULL,
    .checks = results ? results->checks : NULL,
    .names = terms->names,
  };
}

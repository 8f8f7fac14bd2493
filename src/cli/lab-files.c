/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A lab's folder, analysed and written; see lab-files.h. */
#include "cli/lab-files.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/files.h"
#include "machine/machine.h"

void
lab_terms_clear (LabTerms *terms)
{
  g_clear_pointer (&terms->kinds, exit_kinds_free);
  g_clear_pointer (&terms->names, reason_names_free);
  g_clear_pointer (&terms->map, leaf_map_free);
}

gboolean
lab_terms_load (const App *app, Isa isa, const char *leaf_map, LabTerms *terms, GError **error)
{
  g_auto (LabTerms) loaded = { 0 };
  g_autofree char *map_file = g_strconcat (leaf_map, ".conf", NULL);
  g_autofree char *map = app_path (app, "configs", "leaf-maps", map_file, NULL);
  g_autofree char *names_file = g_strconcat (isa_name (isa), ".csv", NULL);
  g_autofree char *names = app_path (app, "configs", "reasons", names_file, NULL);
  g_autofree char *ports = app_path (app, "configs", "reasons", "ports.csv", NULL);

  if (!leaf_map_load (map, &loaded.map, error))
    {
      g_prefix_error (error, "leaf_map: ");
      return FALSE;
    }
  if (!reason_names_load (names, &loaded.names, error) || !exit_kinds_load (ports, isa, loaded.names, &loaded.kinds, error))
    return FALSE;
  *terms = loaded;
  loaded = (LabTerms){ 0 };
  return TRUE;
}

/* exits.csv.gz goes straight to its file, which is made when there is something to write: without a boot there is none. */
typedef struct {
  char *path;
  int fd; /* -1: not made yet */
} ExitsFile;

static void
exits_file_clear (ExitsFile *file)
{
  fd_close (&file->fd);
  g_free (file->path);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (ExitsFile, exits_file_clear)

static gboolean
write_exits (const void *data, gsize size, gpointer user, GError **error)
{
  ExitsFile *file = user;

  if (file->fd < 0)
    file->fd = open (file->path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (file->fd < 0)
    return fail_errno (error, errno, "%s: opening", file->path);
  return files_write_fd (file->fd, file->path, data, size, error);
}

static gboolean
make_results (const ResultsInputs *without_exits, const char *into, LabResults **results, GError **error)
{
  g_auto (ExitsFile) exits = { g_build_filename (into, "exits.csv.gz", NULL), -1 };
  ResultsInputs inputs = *without_exits;

  inputs.exits_sink = write_exits;
  inputs.exits_user = &exits;
  if (results_lab (&inputs, results, error))
    return TRUE;
  if (exits.fd >= 0)
    unlink (exits.path);
  return FALSE;
}

gboolean
lab_analyse (const char *dir, const LabAnalysis *analysis, const char *into, LabResults **results, GError **error)
{
  g_autofree char *records = g_build_filename (dir, "records.bin", NULL);
  g_autofree char *l0_path = g_build_filename (dir, "l0-exits.log", NULL);
  g_autoptr (GMappedFile) file = g_mapped_file_new (records, FALSE, error);
  g_autoptr (GBytes) bytes = file ? g_mapped_file_get_bytes (file) : NULL;
  g_autoptr (GArray) l0 = NULL;
  ResultsInputs inputs = {
    .records = bytes,
    .isa = analysis->isa,
    .names = analysis->terms->names,
    .leaf_map = analysis->patched ? analysis->terms->map : NULL,
    .sample_ns = (gint64) analysis->sample_ms * 1000000,
    .kinds = analysis->terms->kinds,
    .records_are_mapped = TRUE,
    .without_files = into == NULL,
  };

  if (!bytes)
    return FALSE;
  if (g_file_test (l0_path, G_FILE_TEST_EXISTS) && !l0_log_read (l0_path, analysis->isa == ISA_VMX ? MACHINE_BOCHS : MACHINE_LIBVIRT, &l0, error))
    return FALSE;
  inputs.l0 = l0;
  return into ? make_results (&inputs, into, results, error) : results_lab (&inputs, results, error);
}

gboolean
lab_write_files (const LabResults *results, const char *dir, GError **error)
{
  for (guint i = 0; i < results->files->len; i++)
    {
      const ResultsFile *file = g_ptr_array_index (results->files, i);
      g_autofree char *path = g_build_filename (dir, file->name, NULL);

      if (!files_write (path, g_bytes_get_data (file->content, NULL), (gssize) g_bytes_get_size (file->content), error))
        return FALSE;
    }
  return TRUE;
}

gboolean
lab_judge (const LabResults *results, GError **error)
{
  if (results->outcome != OUTCOME_OK)
    return fail (error, HARNESS_ERROR_FAILED, "%s: %s", outcome_name (results->outcome), results->detail ? results->detail : "no detail");
  if (results->checks->failed)
    return fail (error, HARNESS_ERROR_FAILED, "%u cross-checks disagree (checks.csv), the first: %s", results->checks->failed, results->checks->first_failure);
  return TRUE;
}

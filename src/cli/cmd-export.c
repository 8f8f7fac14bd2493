/* SPDX-License-Identifier: GPL-2.0-or-later */
/* harness export: a run handed to other people's tools. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cancel.h"
#include "base/error.h"
#include "base/files.h"
#include "cli/command.h"
#include "machine/machine.h"
#include "report/export-json.h"
#include "report/export-perfetto.h"
#include "report/export-prometheus.h"
#include "report/export-trace-dat.h"
#include "timeline/outcome.h"

#define MANIFEST_MAX (16u << 20)
#define SAMPLE_MS_DEFAULT 10u
#define SAMPLE_MS_MAX 60000u

static char *format_name, *lab_name, *output;

const GOptionEntry export_options[] = {
  { "to", 0, 0, G_OPTION_ARG_STRING, &format_name, "perfetto, trace-dat, csv, json or prometheus", "FORMAT" },
  { "lab", 0, 0, G_OPTION_ARG_STRING, &lab_name, "only this lab of the run; trace-dat and csv take one", "LAB" },
  { "output", 0, 0, G_OPTION_ARG_FILENAME, &output, "written whole or not at all; default: standard output", "FILE" },
  { 0 },
};

/* --- the run ---------------------------------------------------------------------------------- */

typedef struct {
  Timeline *timeline;
  ReasonNames *names;
  ExitKinds *kinds; /* the summary borrows their names */
  LabSummary *summary;
  Checks *checks;
} Loaded;

typedef struct {
  Manifest *manifest;
  GArray *loaded; /* of Loaded */
  GArray *labs;   /* of ExportLab: what the exporters see of them */
} ExportRun;

static void
loaded_clear (gpointer data)
{
  Loaded *loaded = data;

  timeline_free (loaded->timeline);
  checks_free (loaded->checks);
  lab_summary_free (loaded->summary);
  exit_kinds_free (loaded->kinds);
  reason_names_free (loaded->names);
}

static void
export_run_clear (ExportRun *run)
{
  manifest_free (run->manifest);
  g_clear_pointer (&run->loaded, g_array_unref);
  g_clear_pointer (&run->labs, g_array_unref);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (ExportRun, export_run_clear)

static gboolean
read_manifest (const char *dir, Manifest **manifest, GError **error)
{
  g_autofree char *path = g_build_filename (dir, "manifest.json", NULL);
  g_autofree char *json = NULL;
  gsize size;

  if (!files_read (path, MANIFEST_MAX, &json, &size, error))
    return FALSE;
  if (manifest_parse (json, (gssize) size, manifest, error))
    return TRUE;
  g_prefix_error (error, "%s: ", path);
  return FALSE;
}

/* A lab's name and what it names in configs/ become paths: the manifest may be anybody's. */
static gboolean
check_name (const char *name, const char *what, GError **error)
{
  const gsize n = strspn (name, G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS "_-");

  if (n > 0 && name[n] == '\0')
    return TRUE;
  return fail (error, HARNESS_ERROR_FAILED, "manifest: \"%s\" is no name of a %s", name, what);
}

static gboolean
map_records (const char *dir, GBytes **records, GError **error)
{
  g_autofree char *path = g_build_filename (dir, "records.bin", NULL);
  g_autoptr (GError) why = NULL;
  GMappedFile *file = g_mapped_file_new (path, FALSE, &why);

  if (!file)
    return fail (error, HARNESS_ERROR_FAILED, "%s; try: a run whose raw records were kept", why->message);
  *records = g_mapped_file_get_bytes (file);
  g_mapped_file_unref (file);
  return TRUE;
}

static gboolean
load_leaf_map (const App *app, const ManifestLab *about, LeafMap **map, GError **error)
{
  const char *name = manifest_get (about->parameters, "leaf_map");
  g_autofree char *file = name ? g_strconcat (name, ".conf", NULL) : NULL;
  g_autofree char *path = name ? app_path (app, "configs", "leaf-maps", file, NULL) : NULL;

  return !name || (check_name (name, "leaf map", error) && leaf_map_load (path, map, error));
}

static gint64
step_ns (const ManifestLab *about)
{
  const char *text = manifest_get (about->parameters, "sample_ms");
  guint64 ms = 0;

  if (!text || !g_ascii_string_to_unsigned (text, 10, 1, SAMPLE_MS_MAX, &ms, NULL))
    ms = SAMPLE_MS_DEFAULT;
  return (gint64) ms * 1000000;
}

/* Summary and checks as full-run makes them; none if L2 did not boot. */
static gboolean
summarise (const App *app, const char *dir, const ManifestLab *about, Loaded *lab, GError **error)
{
  g_autofree char *l0_path = g_build_filename (dir, "l0-exits.log", NULL);
  g_autofree char *ports = app_path (app, "configs", "reasons", "ports.csv", NULL);
  g_autofree char *detail = NULL;
  g_autoptr (GArray) l0 = NULL;
  g_autoptr (LeafMap) map = NULL;

  if (timeline_outcome (lab->timeline, &detail) != OUTCOME_OK)
    return TRUE;
  if (!exit_kinds_load (ports, lab->timeline->isa, lab->names, &lab->kinds, error) ||
      !lab_summary_make (lab->timeline, lab->kinds, step_ns (about), &lab->summary, error) || !load_leaf_map (app, about, &map, error))
    return FALSE;
  if (g_file_test (l0_path, G_FILE_TEST_EXISTS) &&
      !l0_log_read (l0_path, lab->timeline->isa == ISA_VMX ? MACHINE_BOCHS : MACHINE_LIBVIRT, &l0, error))
    return FALSE;
  const CheckInputs inputs = { lab->timeline, lab->summary, l0, map };
  lab->checks = checks_new ();
  lab_checks_run (&inputs, lab->checks);
  return TRUE;
}

/* From a lab's raw records to what exporters take. *lab is filled as far as it goes: the caller clears it. */
static gboolean
load_lab (const App *app, const char *run_dir, const ManifestLab *about, gboolean with_summary, Loaded *lab, GError **error)
{
  g_autofree char *dir = g_build_filename (run_dir, about->name, NULL);
  g_autoptr (GBytes) records = NULL;
  g_autofree char *names_path = NULL, *names_file = NULL;

  if (!map_records (dir, &records, error))
    return FALSE;
  if (!timeline_load_mapped (records, &lab->timeline, error))
    {
      g_prefix_error (error, "%s: ", dir);
      return FALSE;
    }
  names_file = g_strconcat (isa_name (lab->timeline->isa), ".csv", NULL);
  names_path = app_path (app, "configs", "reasons", names_file, NULL);
  if (!reason_names_load (names_path, &lab->names, error))
    return FALSE;
  return !with_summary || summarise (app, dir, about, lab, error);
}

static gboolean
add_lab (const App *app, const char *run_dir, const ManifestLab *about, gboolean with_summary, ExportRun *run, GError **error)
{
  Loaded lab = { 0 };

  if (!check_name (about->name, "lab", error) || !load_lab (app, run_dir, about, with_summary, &lab, error))
    {
      loaded_clear (&lab);
      return FALSE;
    }
  const ExportLab view = { about, lab.timeline, lab.names, lab.summary, lab.checks };
  g_array_append_val (run->loaded, lab);
  g_array_append_val (run->labs, view);
  return TRUE;
}

static gboolean
load_run (const App *app, const char *dir, gboolean with_summary, ExportRun *run, GError **error)
{
  run->loaded = g_array_new (FALSE, FALSE, sizeof (Loaded));
  g_array_set_clear_func (run->loaded, loaded_clear);
  run->labs = g_array_new (FALSE, FALSE, sizeof (ExportLab));
  if (!read_manifest (dir, &run->manifest, error))
    return FALSE;
  for (guint i = 0; i < run->manifest->labs->len; i++)
    {
      const ManifestLab *about = g_ptr_array_index (run->manifest->labs, i);
      if (lab_name && strcmp (lab_name, about->name) != 0)
        continue;
      if (!add_lab (app, dir, about, with_summary, run, error))
        return FALSE;
    }
  if (run->labs->len > 0)
    return TRUE;
  if (!lab_name)
    return fail (error, HARNESS_ERROR_FAILED, "%s: the manifest tells of no lab", dir);
  return fail (error, HARNESS_ERROR_USAGE, "%s has no lab \"%s\"", dir, lab_name);
}

/* --- the formats ------------------------------------------------------------------------------ */

static const ExportLab *
labs_of (const ExportRun *run)
{
  return (const ExportLab *) (gconstpointer) run->labs->data;
}

static gboolean
to_perfetto (const ExportRun *run, ExitsSink sink, gpointer user, GError **error)
{
  return export_perfetto (run->manifest->run, labs_of (run), run->labs->len, sink, user, error);
}

static gboolean
to_trace_dat (const ExportRun *run, ExitsSink sink, gpointer user, GError **error)
{
  return export_trace_dat (labs_of (run), sink, user, error);
}

static gboolean
to_csv (const ExportRun *run, ExitsSink sink, gpointer user, GError **error)
{
  return exits_write_csv (labs_of (run)->timeline, labs_of (run)->names, sink, user, error);
}

static gboolean
to_json (const ExportRun *run, ExitsSink sink, gpointer user, GError **error)
{
  return export_json (run->manifest, labs_of (run), run->labs->len, sink, user, error);
}

static gboolean
to_prometheus (const ExportRun *run, ExitsSink sink, gpointer user, GError **error)
{
  return export_prometheus (run->manifest, labs_of (run), run->labs->len, sink, user, error);
}

typedef struct {
  const char *name;
  gboolean one_lab, summary, binary;
  gboolean (*write) (const ExportRun *run, ExitsSink sink, gpointer user, GError **error);
} Format;

static const Format formats[] = {
  { "perfetto", FALSE, FALSE, FALSE, to_perfetto }, { "trace-dat", TRUE, FALSE, TRUE, to_trace_dat },
  { "csv", TRUE, FALSE, FALSE, to_csv },            { "json", FALSE, TRUE, FALSE, to_json },
  { "prometheus", FALSE, TRUE, FALSE, to_prometheus },
};

static const Format *
find_format (const char *name, GError **error)
{
  for (guint i = 0; i < G_N_ELEMENTS (formats); i++)
    if (name && strcmp (formats[i].name, name) == 0)
      return &formats[i];
  fail (error, HARNESS_ERROR_USAGE, "export: %s%s%s; try: --to perfetto, trace-dat, csv, json or prometheus", name ? "there is no format \"" : "--to is missing",
        name ? name : "", name ? "\"" : "");
  return NULL;
}

/* --- the output ------------------------------------------------------------------------------- */

typedef struct {
  int fd;
  const char *name;
  gboolean may_block; /* no plain file: somebody else takes the bytes, when he likes */
} Sink;

/* Until some bytes can be written, or the user does not want to wait. */
static gboolean
wait_writable (const Sink *sink, GError **error)
{
  struct pollfd fds[] = { { .fd = sink->fd, .events = POLLOUT }, { .fd = cancel_fd (), .events = POLLIN } };

  while (sink->may_block && poll (fds, G_N_ELEMENTS (fds), -1) < 0)
    if (errno != EINTR)
      return fail_errno (error, errno, "%s: poll", sink->name);
  return cancel_check (error);
}

static gboolean
write_piece (const void *data, gsize size, gpointer user, GError **error)
{
  const Sink *sink = user;
  const char *at = data;

  while (size > 0)
    {
      if (!wait_writable (sink, error))
        return FALSE;
      /* A pipe that poll() calls writable takes so much without blocking. */
      const gssize n = write (sink->fd, at, sink->may_block ? MIN (size, PIPE_BUF) : size);
      if (n < 0 && errno != EINTR && errno != EAGAIN)
        return fail_errno (error, errno, "%s: writing", sink->name);
      at += MAX (n, 0);
      size -= (gsize) MAX (n, 0);
    }
  return TRUE;
}

static gboolean
write_stdout (const ExportRun *run, const Format *format, GError **error)
{
  struct stat st;
  Sink sink = { STDOUT_FILENO, "standard output", fstat (STDOUT_FILENO, &st) == 0 && !S_ISREG (st.st_mode) };

  if (format->binary && isatty (STDOUT_FILENO))
    return fail (error, HARNESS_ERROR_USAGE, "export: %s is not for a terminal; try: --output FILE", format->name);
  return format->write (run, write_piece, &sink, error);
}

static gboolean
write_path (const ExportRun *run, const Format *format, const char *path, gboolean may_block, GError **error)
{
  Sink sink = { open (path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOCTTY, 0666), path, may_block };

  if (sink.fd < 0)
    return fail_errno (error, errno, "%s: writing", path);
  gboolean ok = format->write (run, write_piece, &sink, error);
  if (ok && !may_block && fsync (sink.fd) < 0)
    ok = fail_errno (error, errno, "%s: writing", path);
  if (close (sink.fd) < 0 && ok)
    ok = fail_errno (error, errno, "%s: writing", path);
  return ok;
}

/* Beside its final place, then renamed. What is there and no plain file (a pipe, a device) is written to as it is. */
static gboolean
write_output (const ExportRun *run, const Format *format, GError **error)
{
  struct stat st;

  if (stat (output, &st) == 0 && !S_ISREG (st.st_mode))
    return write_path (run, format, output, TRUE, error);
  g_autofree char *real = realpath (output, NULL);
  g_autofree char *target = g_strdup (real ? real : output);
  g_autofree char *parent = g_path_get_dirname (target);
  g_autofree char *scratch_name = NULL;
  if (access (parent, W_OK) < 0)
    return fail_errno (error, errno, "%s: writing into %s", output, parent);
  g_autoptr (Scratch) scratch = scratch_new (parent, "export", error);
  if (!scratch)
    return FALSE;
  scratch_name = scratch_file (scratch, "export");
  if (!write_path (run, format, scratch_name, FALSE, error))
    {
      g_prefix_error (error, "%s: ", output);
      return FALSE;
    }
  if (rename (scratch_name, target) < 0)
    return fail_errno (error, errno, "%s: renaming to it", target);
  return TRUE;
}

gboolean
cmd_export (App *app, char **arguments, GError **error)
{
  g_autofree char *latest = g_build_filename (app->results, "latest", NULL);
  const char *dir = arguments[0] ? arguments[0] : latest;
  const Format *format = find_format (format_name, error);
  g_auto (ExportRun) run = { 0 };

  if (!format)
    return FALSE;
  if (arguments[0] && arguments[1])
    return fail (error, HARNESS_ERROR_USAGE, "export: one run at a time, and \"%s\" is another", arguments[1]);
  if (!load_run (app, dir, format->summary, &run, error))
    return FALSE;
  if (format->one_lab && run.labs->len > 1)
    return fail (error, HARNESS_ERROR_USAGE, "export: %s takes one lab and the run has %u; try: --lab %s", format->name, run.labs->len,
                 labs_of (&run)->about->name);
  return output ? write_output (&run, format, error) : write_stdout (&run, format, error);
}

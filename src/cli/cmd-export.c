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
#include "cli/kept-run.h"
#include "report/export-json.h"
#include "report/export-perfetto.h"
#include "report/export-prometheus.h"
#include "report/export-trace-dat.h"
#include "report/pictures.h"

static char *format_name, *lab_name, *output, *picture_name;

const GOptionEntry export_options[] = {
  { "to", 0, 0, G_OPTION_ARG_STRING, &format_name, "perfetto, trace-dat, csv, json, prometheus or svg", "FORMAT" },
  { "picture", 0, 0, G_OPTION_ARG_STRING, &picture_name, "with svg: rate, cumulative, heat, costs, operations, share or units (default: rate)", "NAME" },
  { "lab", 0, 0, G_OPTION_ARG_STRING, &lab_name, "only this lab of the run; trace-dat, csv and some pictures take one", "LAB" },
  { "output", 0, 0, G_OPTION_ARG_FILENAME, &output, "written whole or not at all; default: standard output", "FILE" },
  { 0 },
};

/* --- the run ---------------------------------------------------------------------------------- */

typedef struct {
  guint lab; /* in the manifest */
  LabTerms terms;
  LabResults *results;
} Loaded;

typedef struct {
  KeptRun *run;
  GArray *loaded; /* of Loaded */
  GArray *labs;   /* of ExportLab: what the exporters see of them */
} ExportRun;

static void
loaded_clear (gpointer data)
{
  Loaded *loaded = data;

  lab_results_free (loaded->results);
  lab_terms_clear (&loaded->terms);
}

static void
export_run_clear (ExportRun *run)
{
  g_clear_pointer (&run->loaded, g_array_unref);
  g_clear_pointer (&run->labs, g_array_unref);
  g_clear_pointer (&run->run, kept_run_free);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (ExportRun, export_run_clear)

static gboolean
add_lab (ExportRun *run, guint i, GError **error)
{
  Loaded lab = { .lab = i };

  if (!kept_run_load_lab (run->run, i, NULL, &lab.terms, &lab.results, error))
    {
      loaded_clear (&lab);
      return FALSE;
    }
  const ExportLab view = { kept_run_lab (run->run, i), lab.results->timeline, lab.terms.names, lab.results->summary, lab.results->checks };
  g_array_append_val (run->loaded, lab);
  g_array_append_val (run->labs, view);
  return TRUE;
}

static gboolean
load_run (const App *app, const char *given, ExportRun *run, GError **error)
{
  run->loaded = g_array_new (FALSE, FALSE, sizeof (Loaded));
  g_array_set_clear_func (run->loaded, loaded_clear);
  run->labs = g_array_new (FALSE, FALSE, sizeof (ExportLab));
  if (!kept_run_open (app, given, &run->run, error))
    return FALSE;
  if (lab_name)
    {
      guint lab;
      return kept_run_find_lab (run->run, lab_name, &lab, error) && add_lab (run, lab, error);
    }
  for (guint i = 0; i < run->run->manifest->labs->len; i++)
    if (!add_lab (run, i, error))
      return FALSE;
  return run->labs->len > 0 || fail (error, HARNESS_ERROR_FAILED, "%s: the manifest tells of no lab", run->run->path);
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
  return export_perfetto (run->run->manifest->run, labs_of (run), run->labs->len, sink, user, error);
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
  return export_json (run->run->manifest, labs_of (run), run->labs->len, sink, user, error);
}

static gboolean
to_prometheus (const ExportRun *run, ExitsSink sink, gpointer user, GError **error)
{
  return export_prometheus (run->run->manifest, labs_of (run), run->labs->len, sink, user, error);
}

/* A picture as a file of its own. */
static gboolean
to_svg (const ExportRun *run, ExitsSink sink, gpointer user, GError **error)
{
  g_autofree AnswersLab *labs = g_new0 (AnswersLab, run->labs->len);

  for (guint i = 0; i < run->labs->len; i++)
    {
      const Loaded *loaded = &g_array_index (run->loaded, Loaded, i);

      labs[i] = kept_run_answers_lab (run->run, loaded->lab, &loaded->terms, loaded->results);
    }
  GString *picture = picture_by_name (picture_name ? picture_name : "rate", labs, run->labs->len, lab_name);
  if (!picture)
    return fail (error, HARNESS_ERROR_USAGE, "export: there is no picture \"%s\"; try: rate, cumulative, heat, costs, operations, share or units", picture_name);
  g_autofree char *svg = picture_standalone (picture);
  g_string_free (picture, TRUE);
  return sink (svg, strlen (svg), user, error);
}

typedef struct {
  const char *name;
  gboolean one_lab, binary;
  gboolean (*write) (const ExportRun *run, ExitsSink sink, gpointer user, GError **error);
} Format;

static const Format formats[] = {
  { "perfetto", FALSE, FALSE, to_perfetto }, { "trace-dat", TRUE, TRUE, to_trace_dat },
  { "csv", TRUE, FALSE, to_csv },     { "json", FALSE, FALSE, to_json },
  { "prometheus", FALSE, FALSE, to_prometheus },    { "svg", FALSE, FALSE, to_svg },
};

static const Format *
find_format (const char *name, GError **error)
{
  for (guint i = 0; i < G_N_ELEMENTS (formats); i++)
    if (name && strcmp (formats[i].name, name) == 0)
      return &formats[i];
  fail (error, HARNESS_ERROR_USAGE, "export: %s%s%s; try: --to perfetto, trace-dat, csv, json, prometheus or svg", name ? "there is no format \"" : "--to is missing",
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
  const Format *format = find_format (format_name, error);
  g_auto (ExportRun) run = { 0 };

  if (!format)
    return FALSE;
  if (arguments[0] && arguments[1])
    return fail (error, HARNESS_ERROR_USAGE, "export: one run at a time, and \"%s\" is another", arguments[1]);
  if (picture_name && format->write != to_svg)
    return fail (error, HARNESS_ERROR_USAGE, "export: --picture is for svg; try: --to svg");
  if (!load_run (app, arguments[0] ? arguments[0] : "latest", &run, error))
    return FALSE;
  if (format->one_lab && run.labs->len > 1)
    return fail (error, HARNESS_ERROR_USAGE, "export: %s takes one lab and the run has %u; try: --lab %s", format->name, run.labs->len,
                 labs_of (&run)->about->name);
  return output ? write_output (&run, format, error) : write_stdout (&run, format, error);
}

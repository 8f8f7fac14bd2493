/* SPDX-License-Identifier: GPL-2.0-or-later */
/* harness compare: what changed between two runs, or two labs, from their CSV files. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/files.h"
#include "cli/command.h"
#include "cli/kept-run.h"
#include "report/compare-read.h"
#include "report/compare-report.h"

static struct {
  char *fail_over, *csv, *html, *window;
  gboolean all;
} options;

const GOptionEntry compare_options[] = {
  { "fail-over", 0, 0, G_OPTION_ARG_STRING, &options.fail_over, "exit with 1 if a lab's exits from L2's first entry to ready grew by more than PCT percent", "PCT" },
  { "window", 0, 0, G_OPTION_ARG_STRING, &options.window, "boot: up to ready (default); all: the whole run", "boot|all" },
  { "all", 0, 0, G_OPTION_ARG_NONE, &options.all, "print unchanged rows too", NULL },
  { "csv", 0, 0, G_OPTION_ARG_FILENAME, &options.csv, "write every row to FILE", "FILE" },
  { "html", 0, 0, G_OPTION_ARG_FILENAME, &options.html, "write a page with every row to FILE", "FILE" },
  { 0 },
};

/* One argument: a run, or one lab of it. */
typedef struct {
  KeptRun *run;
  gboolean one;
  guint lab; /* if one */
} Side;

static void
side_clear (Side *side)
{
  g_clear_pointer (&side->run, kept_run_free);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Side, side_clear)

/* Two labs held against each other. */
typedef struct {
  char *name, *a, *b, *note;
  GPtrArray *rows;
} Pair;

static void
pair_free (gpointer data)
{
  Pair *pair = data;

  g_free (pair->name);
  g_free (pair->a);
  g_free (pair->b);
  g_free (pair->note);
  g_clear_pointer (&pair->rows, g_ptr_array_unref);
  g_free (pair);
}

typedef struct {
  Side a, b;
  Window window;
  gboolean limited;
  guint64 limit; /* hundredths of a percent */
  GPtrArray *pairs;
  GString *left_out; /* what could not be compared, a line each */
} Work;

static void
work_clear (Work *work)
{
  side_clear (&work->a);
  side_clear (&work->b);
  g_clear_pointer (&work->pairs, g_ptr_array_unref);
  if (work->left_out)
    g_string_free (work->left_out, TRUE);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Work, work_clear)

/* "5" or "2.5", with at most two digits after the point. */
static gboolean
parse_percent (const char *text, guint64 *hundredths, GError **error)
{
  g_auto (GStrv) parts = g_strsplit (text, ".", 3);
  const guint n = g_strv_length (parts);
  guint64 whole = 0, part = 0;

  if (n >= 1 && n <= 2 && g_ascii_string_to_unsigned (parts[0], 10, 0, 1000000, &whole, NULL) &&
      (n == 1 || (strlen (parts[1]) <= 2 && g_ascii_string_to_unsigned (parts[1], 10, 0, 99, &part, NULL))))
    {
      *hundredths = whole * 100 + (n == 2 && strlen (parts[1]) == 1 ? part * 10 : part);
      return TRUE;
    }
  return fail (error, HARNESS_ERROR_USAGE, "--fail-over is \"%s\"; try: a percentage such as 5 or 2.5", text);
}

static gboolean
parse_options (Work *work, GError **error)
{
  work->window = WINDOW_BOOT;
  if (options.window && strcmp (options.window, window_name (WINDOW_ALL)) == 0)
    work->window = WINDOW_ALL;
  else if (options.window && strcmp (options.window, window_name (WINDOW_BOOT)) != 0)
    return fail (error, HARNESS_ERROR_USAGE, "--window is \"%s\"; try: boot or all", options.window);
  work->limited = options.fail_over != NULL;
  return !work->limited || parse_percent (options.fail_over, &work->limit, error);
}

/* RUN, or RUN/LAB if RUN/LAB is no run itself. */
static gboolean
open_side (const App *app, const char *given, Side *side, GError **error)
{
  g_autofree char *whole = g_strdup (given);
  g_autofree char *parent = NULL;
  g_autofree char *lab = NULL;

  for (gsize n = strlen (whole); n > 1 && whole[n - 1] == '/'; n--)
    whole[n - 1] = '\0';
  parent = g_path_get_dirname (whole);
  lab = g_path_get_basename (whole);
  side->one = !kept_run_is_there (app, whole) && strchr (whole, '/') && kept_run_is_there (app, parent);
  if (!kept_run_open (app, side->one ? parent : whole, &side->run, error))
    return FALSE;
  return !side->one || kept_run_find_lab (side->run, lab, &side->lab, error);
}

typedef gboolean (*ReadFile) (CompareSide *side, const char *text, gsize size, Window window, gint64 boot_ns, GError **error);

static gboolean
take_reasons (CompareSide *side, const char *text, gsize size, Window window, gint64 boot_ns, GError **error)
{
  (void) boot_ns;
  return compare_read_reasons (side, text, size, window, error);
}

static gboolean
take_kinds (CompareSide *side, const char *text, gsize size, Window window, gint64 boot_ns, GError **error)
{
  (void) boot_ns;
  return compare_read_kinds (side, text, size, window, error);
}

static gboolean
take_operations (CompareSide *side, const char *text, gsize size, Window window, gint64 boot_ns, GError **error)
{
  (void) window;
  (void) boot_ns;
  return compare_read_operations (side, text, size, error);
}

static gboolean
take_repeats (CompareSide *side, const char *text, gsize size, Window window, gint64 boot_ns, GError **error)
{
  (void) boot_ns;
  return compare_read_repeats (side, text, size, window, error);
}

/* The intervals come last: they belong to figures. */
static const struct {
  const char *name;
  gboolean required;
  ReadFile read;
} tables[] = {
  { "reasons.csv", TRUE, take_reasons },          { "phases.csv", TRUE, compare_read_phases },    { "kinds.csv", FALSE, take_kinds },
  { "operations.csv", FALSE, take_operations }, { "repeats.csv", FALSE, take_repeats },
};

static gboolean
read_table (const KeptRun *run, guint lab, guint table, Window window, CompareSide *figures, GError **error)
{
  const ManifestLab *told = kept_run_lab (run, lab);
  g_autofree char *text = NULL;
  gsize size;

  if (!tables[table].required && !kept_run_has (run, lab, tables[table].name))
    return TRUE;
  if (!kept_run_read (run, lab, tables[table].name, &text, &size, error))
    return FALSE;
  if (tables[table].read (figures, text, size, window, (gint64) told->boot_ns, error))
    return TRUE;
  g_prefix_error (error, "%s/%s/%s: ", run->path, told->name, tables[table].name);
  return FALSE;
}

static CompareSide *
read_lab (const KeptRun *run, guint lab, Window window, GError **error)
{
  g_autoptr (CompareSide) figures = compare_side_new (strcmp (kept_run_lab (run, lab)->determinism, "exact") == 0);

  for (guint i = 0; i < G_N_ELEMENTS (tables); i++)
    if (!read_table (run, lab, i, window, figures, error))
      return NULL;
  return g_steal_pointer (&figures);
}

static void
drop (CompareSide *side, CompareWhat what)
{
  for (guint i = side->figures->len; i-- > 0;)
    if (((const CompareFigure *) g_ptr_array_index (side->figures, i))->what == what)
      g_ptr_array_remove_index (side->figures, i);
}

static gboolean
has (const CompareSide *side, CompareWhat what)
{
  for (guint i = 0; i < side->figures->len; i++)
    if (((const CompareFigure *) g_ptr_array_index (side->figures, i))->what == what)
      return TRUE;
  return FALSE;
}

/* Figures that would be held against something else than themselves, or against nothing. Returns what is to be said of it. */
static const char *
drop_incomparable (const ManifestLab *lab_a, CompareSide *a, const ManifestLab *lab_b, CompareSide *b)
{
  const gboolean kinds = has (a, COMPARE_KIND) && has (b, COMPARE_KIND);

  if (!kinds)
    {
      drop (a, COMPARE_KIND);
      drop (b, COMPARE_KIND);
    }
  if (strcmp (lab_a->isa, lab_b->isa) == 0)
    return NULL;
  drop (a, COMPARE_REASON);
  drop (b, COMPARE_REASON);
  return kinds ? "vmx and svm number their exit reasons differently: these are compared by kind"
               : "vmx and svm number their exit reasons differently: these are not compared";
}

static char *
describe (const KeptRun *run, guint lab)
{
  const ManifestLab *told = kept_run_lab (run, lab);

  const char *kernel = manifest_get (run->manifest->versions, "kernel");
  const char *l1 = manifest_get (told->parameters, "l1"), *l2 = manifest_get (told->parameters, "l2"), *devices = manifest_get (told->parameters, "l2_devices"),
             *firmware = manifest_get (told->parameters, "l2_firmware");
  GString *text = g_string_new (NULL);

  g_string_printf (text, "%s/%s, %s", run->name, told->name, told->determinism);
  if (kernel)
    g_string_append_printf (text, ", Linux %s", kernel);
  if (l1)
    g_string_append_printf (text, ", L1 %s", l1);
  if (l2 && devices && firmware)
    g_string_append_printf (text, ", L2 %s (%s, %s)", l2, devices, firmware);
  return g_string_free (text, FALSE);
}

static gboolean
add_pair (Work *work, guint lab_a, guint lab_b, GError **error)
{
  const ManifestLab *told_a = kept_run_lab (work->a.run, lab_a), *told_b = kept_run_lab (work->b.run, lab_b);
  g_autoptr (CompareSide) a = read_lab (work->a.run, lab_a, work->window, error);
  g_autoptr (CompareSide) b = a ? read_lab (work->b.run, lab_b, work->window, error) : NULL;
  Pair *pair;

  if (!b)
    return FALSE;
  pair = g_new0 (Pair, 1);
  g_ptr_array_add (work->pairs, pair);
  pair->name = strcmp (told_a->name, told_b->name) == 0 ? g_strdup (told_a->name) : g_strdup_printf ("%s/%s", told_a->name, told_b->name);
  pair->a = describe (work->a.run, lab_a);
  pair->b = describe (work->b.run, lab_b);
  pair->note = g_strdup (drop_incomparable (told_a, a, told_b, b));
  pair->rows = compare_sides (a, b);
  return TRUE;
}

static gboolean
is_whole (const KeptRun *run, guint lab)
{
  return kept_run_lab (run, lab)->fingerprint && kept_run_has (run, lab, "reasons.csv");
}

static gboolean
need_whole (const KeptRun *run, guint lab, GError **error)
{
  const ManifestLab *told = kept_run_lab (run, lab);

  return is_whole (run, lab) || fail (error, HARNESS_ERROR_FAILED, "%s/%s: the lab did not complete (%s): there is nothing to compare", run->path, told->name, told->outcome);
}

/* Labs of the same name; whichever has no match is told. */
static gboolean
add_common (Work *work, GError **error)
{
  const Manifest *a = work->a.run->manifest, *b = work->b.run->manifest;

  for (guint i = 0; i < a->labs->len; i++)
    {
      const char *name = kept_run_lab (work->a.run, i)->name;
      guint k;

      if (!kept_run_find_lab (work->b.run, name, &k, NULL))
        g_string_append_printf (work->left_out, "%s: only A (%s) has this lab\n", name, work->a.run->name);
      else if (!is_whole (work->a.run, i) || !is_whole (work->b.run, k))
        g_string_append_printf (work->left_out, "%s: did not complete in %s\n", name, is_whole (work->a.run, i) ? work->b.run->name : work->a.run->name);
      else if (!add_pair (work, i, k, error))
        return FALSE;
    }
  for (guint i = 0; i < b->labs->len; i++)
    if (!manifest_lab (a, kept_run_lab (work->b.run, i)->name))
      g_string_append_printf (work->left_out, "%s: only B (%s) has this lab\n", kept_run_lab (work->b.run, i)->name, work->b.run->name);
  return work->pairs->len || fail (error, HARNESS_ERROR_FAILED, "%s and %s have no complete lab in common%s%s", work->a.run->path, work->b.run->path,
                                   work->left_out->len ? ":\n" : "", work->left_out->str);
}

static gboolean
compare (Work *work, GError **error)
{
  if (work->a.one != work->b.one)
    return fail (error, HARNESS_ERROR_USAGE, "one is a lab and the other a run: %s/%s; try: name a lab of each", work->a.one ? work->a.run->path : work->b.run->path,
                 work->a.one ? kept_run_lab (work->a.run, work->a.lab)->name : kept_run_lab (work->b.run, work->b.lab)->name);
  if (!work->a.one)
    return add_common (work, error);
  return need_whole (work->a.run, work->a.lab, error) && need_whole (work->b.run, work->b.lab, error) && add_pair (work, work->a.lab, work->b.lab, error);
}

static gboolean
write_file (const char *path, GString *text, GError **error)
{
  return files_write (path, text->str, (gssize) text->len, error);
}

static gboolean
show (const Work *work, GError **error)
{
  g_autofree CompareLab *labs = g_new0 (CompareLab, work->pairs->len);
  const CompareReport report = { labs, work->pairs->len };
  g_autoptr (GString) text = NULL;
  g_autoptr (GString) csv = NULL;
  g_autoptr (GString) html = NULL;

  for (guint i = 0; i < work->pairs->len; i++)
    {
      const Pair *pair = g_ptr_array_index (work->pairs, i);

      labs[i] = (CompareLab){ .name = pair->name, .a = pair->a, .b = pair->b, .note = pair->note, .rows = pair->rows };
    }
  csv = compare_csv (&report);
  html = compare_html (&report);
  if ((options.csv && !write_file (options.csv, csv, error)) || (options.html && !write_file (options.html, html, error)))
    return FALSE;
  text = compare_text (&report, options.all, isatty (STDOUT_FILENO) == 1);
  printf ("%s", text->str);
  fprintf (stderr, "%s", work->left_out->str);
  return TRUE;
}

static const CompareRow *
boot_row (const Pair *pair)
{
  for (guint i = 0; i < pair->rows->len; i++)
    {
      const CompareRow *row = g_ptr_array_index (pair->rows, i);

      if (row->what == COMPARE_WINDOW && strcmp (row->name, window_name (WINDOW_BOOT)) == 0)
        return row;
    }
  return NULL;
}

/* What cannot be judged has not passed, but for noise: a lab that is not there, and a statistical lab that was run once is told. */
static gboolean
judge (const Work *work, GError **error)
{
  g_autoptr (GString) grown = g_string_new (NULL);

  for (guint i = 0; i < work->pairs->len; i++)
    {
      const Pair *pair = g_ptr_array_index (work->pairs, i);
      const CompareRow *row = boot_row (pair);

      if (!row)
        continue;
      if (row->verdict == COMPARE_UNKNOWN)
        fprintf (stderr, "%s: not judged by --fail-over: a statistical lab that was run once\n", pair->name);
      if (compare_grew (row, work->limit))
        g_string_append_printf (grown, "%s%s from %" G_GUINT64_FORMAT " to %" G_GUINT64_FORMAT, grown->len ? ", " : "", pair->name, row->a, row->b);
    }
  if (grown->len)
    return fail (error, HARNESS_ERROR_FAILED, "exits of window boot grew by more than %s %%: %s", options.fail_over, grown->str);
  return !work->left_out->len || fail (error, HARNESS_ERROR_FAILED, "--fail-over: not every lab could be compared (see above)");
}

gboolean
cmd_compare (App *app, char **arguments, GError **error)
{
  g_auto (Work) work = { 0 };

  if (g_strv_length (arguments) != 2)
    return fail (error, HARNESS_ERROR_USAGE, "compare takes two runs or two labs; try: harness compare results/reference latest");
  if (!parse_options (&work, error) || !open_side (app, arguments[0], &work.a, error) || !open_side (app, arguments[1], &work.b, error))
    return FALSE;
  work.pairs = g_ptr_array_new_with_free_func (pair_free);
  work.left_out = g_string_new (NULL);
  return compare (&work, error) && show (&work, error) && (!work.limited || judge (&work, error));
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* harness grade: submissions in, grades out; several side by side. */
#include <stdio.h>
#include <string.h>

#include "base/cancel.h"
#include "base/error.h"
#include "base/files.h"
#include "cli/artefacts.h"
#include "cli/command.h"
#include "cli/grade-files.h"
#include "cli/grade-group.h"
#include "cli/grade-one.h"
#include "cli/grade-session.h"
#include "cli/grade-regrade.h"
#include "cli/grade-similarity.h"
#include "cli/kept-runs.h"
#include "cli/pace.h"
#include "cli/terminal.h"
#include "grade/grade-words.h"

#define JOBS_MAX 64
#define AUTO_TITLE "Exits of virtual machines, told by CPUID leaves or in the kernel log"

static GradeOptions options = { .jobs = JOBS_NOT_GIVEN };
static char *output, *format, *group, *regrade;

const GOptionEntry grade_options[] = {
  { "assignment", 'a', 0, G_OPTION_ARG_STRING, &options.assignment, "a2, a3, a4 or a2-log: a file in configs/rubrics (default: a3); auto: a3, or a2-log for what tells its counts in the kernel log", "NAME" },
  { "rubric", 0, 0, G_OPTION_ARG_FILENAME, &options.rubric, "a rubric of your own instead", "FILE" },
  { "leaf-map", 0, 0, G_OPTION_ARG_STRING, &options.leaf_map, "the leaf map to judge by: A, B, C …; auto: the one that the answers fit (default)", "MAP" },
  { "isa", 0, 0, G_OPTION_ARG_STRING, &options.isa, "judge in this lab only, vmx or svm (default: as the submission's files tell)", "ISA" },
  { "base", 0, 0, G_OPTION_ARG_STRING, &options.base, "what submissions began from: a folder with that kernel's source, or a revision in the submission's own repository", "SRC" },
  { "kernel", 0, 0, G_OPTION_ARG_STRING, &options.kernel,
    "the labs' kernel to grade on, a version of kernel-patches/ (default: " LAB_KERNEL_DEFAULT "); auto: of those whose source is here the nearest to what "
    "each submission was made from", "VERSION" },
  { "source", 0, 0, G_OPTION_ARG_FILENAME, &options.source,
    "that kernel's source: a folder, a tarball or a git work tree (default: what build source fetched, or Debian's linux-source-VERSION)", "PATH" },
  { "group", 0, 0, G_OPTION_ARG_STRING, &group, "what is one student's in a course's download: canvas, moodle, gradescope, blackboard, auto; none: each path is one (default)", "PLATFORM" },
  { "regrade", 0, 0, G_OPTION_ARG_FILENAME, &regrade,
    "judge again what an earlier grade kept in its folder DIR, by a changed rubric or a newer harness, without building or running; what moved is told",
    "DIR" },
  { "jobs", 'j', 0, G_OPTION_ARG_INT, &options.jobs, "submissions side by side (default: one per CPU)", "N" },
  { "output", 'o', 0, G_OPTION_ARG_FILENAME, &output, "folder for the results (default: results/grades/TIME)", "DIR" },
  { "format", 0, 0, G_OPTION_ARG_STRING, &format, "what to write besides grades.csv: json, md, html, junit, sarif, gradescope, classroom50, canvas, moodle, similarity, with commas (default: the first four)", "LIST" },
  { 0 },
};

/* --- a batch ------------------------------------------------------------------------------------------- */

typedef struct {
  GradeSession *session;
  GPtrArray *entries;   /* of GradeEntry */
  const char *dir;
  guint formats;
  GMutex lock;          /* of all below, and of the files of the batch */
  guint next, done, graded;
  gint64 begin_us;
  GError *error;        /* the first that ends the batch */
  gboolean lanes[JOBS_MAX];
} Batched;

static gboolean
take_next (Batched *batch, guint *number, guint *lane)
{
  G_GNUC_UNUSED g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&batch->lock);

  if (batch->error || batch->next >= batch->entries->len)
    return FALSE;
  *number = batch->next++;
  *lane = 0;
  while (batch->lanes[*lane])
    ++*lane;
  batch->lanes[*lane] = TRUE;
  return TRUE;
}

static void
end_batch (Batched *batch, GError *error)
{
  if (batch->error)
    g_error_free (error);
  else
    batch->error = error;
}

/* "[12 of 150, 4.2 a minute, about 33 min left] alice.zip …"; a terminal's line has it too. */
static char *
position (const Batched *batch)
{
  const double elapsed_s = (double) (g_get_monotonic_time () - batch->begin_us) / 1e6;
  g_autofree char *pace = NULL;

  if (batch->entries->len == 1)
    return g_strdup ("");
  pace = pace_text (batch->done, batch->entries->len, batch->graded, elapsed_s);
  progress_overall (&batch->session->app->progress, batch->done < batch->entries->len ? pace : "");
  return g_strdup_printf ("[%s] ", pace);
}

/* What it was judged by: with --assignment auto that may be the log form's. */
static const Rubric *
rubric_of (const Batched *batch, const Grade *grade)
{
  const GradeSession *log_form = batch->session->log_form;

  return log_form && strcmp (grade->assignment, log_form->rubric->name) == 0 ? log_form->rubric : batch->session->rubric;
}

/* Each grade is on disk before the next one is begun: a batch that is stopped loses what is under way, no more. */
static void
take_grade (Batched *batch, GradeEntry *entry, Grade *grade, gboolean from_cache, guint lane)
{
  G_GNUC_UNUSED g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&batch->lock);
  g_autofree char *line = grade_summary_line (grade);
  g_autofree char *where = NULL;
  GError *error = NULL;

  entry->grade = grade;
  entry->from_cache = from_cache;
  batch->done++;
  batch->graded += from_cache ? 0 : 1;
  batch->lanes[lane] = FALSE;
  where = position (batch);
  progress_say (&batch->session->app->progress, "", "%s%s%s", where, line, from_cache ? "  (cached)" : "");
  if (!grade_files_write_one (batch->dir, entry, rubric_of (batch, grade), batch->formats, &error) || !grade_files_write_csv (batch->dir, batch->entries, &error))
    end_batch (batch, error);
}

/* Gradescope's time may run out: what is known so far is there at any time. */
static void
write_so_far (const Grade *so_far, gpointer user)
{
  const Batched *batch = user;

  grade_files_write_gradescope (batch->dir, so_far, rubric_of (batch, so_far), TRUE, NULL);
}

static void
work_one (Batched *batch, guint number, guint lane)
{
  GradeEntry *entry = g_ptr_array_index (batch->entries, number);
  g_autofree char *lane_name = batch->entries->len > 1 ? g_strdup_printf ("%u", lane + 1) : g_strdup ("");
  g_autofree char *logs = g_build_filename (batch->dir, entry->name, "logs", NULL);
  const GradeWatch watch = { .stage = batch->formats & GRADE_FORMAT_GRADESCOPE ? write_so_far : NULL, .user = batch };
  GError *error = NULL;
  Grade *grade;
  gboolean from_cache;

  if (files_make_dir (logs, &error) && grade_one (batch->session, entry, lane_name, logs, &watch, &grade, &from_cache, &error))
    {
      take_grade (batch, entry, grade, from_cache, lane);
      return;
    }
  /* What ends a batch is no submission's: none is named. */
  g_mutex_lock (&batch->lock);
  end_batch (batch, error);
  g_mutex_unlock (&batch->lock);
}

static gpointer
worker (gpointer data)
{
  Batched *batch = data;
  guint number, lane;

  while (take_next (batch, &number, &lane))
    work_one (batch, number, lane);
  return NULL;
}

static void
run_workers (Batched *batch, guint jobs)
{
  g_autoptr (GPtrArray) threads = g_ptr_array_new ();

  for (guint i = 0; i < jobs; i++)
    g_ptr_array_add (threads, g_thread_new ("grade", worker, batch));
  for (guint i = 0; i < threads->len; i++)
    g_thread_join (g_ptr_array_index (threads, i));
}

/* --- the command ------------------------------------------------------------------------------------------ */

/* A platform's sheet is of submissions that bear its names, and of no other's. */
static gboolean
has_names (guint formats, GradeFormats sheet, GroupKind kind, GroupKind wanted)
{
  return !(formats & sheet) || kind == wanted;
}

static gboolean
check_options (guint *formats, GroupKind *kind, GError **error)
{
  Isa isa;

  if (options.jobs != JOBS_NOT_GIVEN && (options.jobs < 1 || options.jobs > JOBS_MAX))
    return fail (error, HARNESS_ERROR_USAGE, "--jobs is %d; try: a number from 1 to %d", options.jobs, JOBS_MAX);
  if (options.isa && !isa_parse (options.isa, &isa))
    return fail (error, HARNESS_ERROR_USAGE, "--isa is \"%s\"; try: vmx or svm", options.isa);
  if (options.assignment && options.rubric)
    return fail (error, HARNESS_ERROR_USAGE, "--assignment and --rubric name two rubrics; try: one of them");
  if (!grade_formats_parse (format, formats, error) || !group_parse (group, kind, error))
    return FALSE;
  if (!has_names (*formats, GRADE_FORMAT_CANVAS, *kind, GROUP_CANVAS) || !has_names (*formats, GRADE_FORMAT_MOODLE, *kind, GROUP_MOODLE))
    return fail (error, HARNESS_ERROR_USAGE, "--format canvas and moodle tell students by the names of the platform's own download; try: --group canvas or --group moodle, the same word, with it");
  return TRUE;
}

static gboolean
check_usage (char **arguments, guint *formats, GroupKind *kind, GError **error)
{
  if (!arguments[0])
    return fail (error, HARNESS_ERROR_USAGE, "grade wants submissions; try: harness grade FILE-OR-FOLDER…");
  if (!check_options (formats, kind, error))
    return FALSE;
  for (char **path = arguments; *path; path++)
    if (!g_file_test (*path, G_FILE_TEST_EXISTS))
      return fail (error, HARNESS_ERROR_USAGE, "%s: there is no such file or folder", *path);
  if ((*formats & GRADE_FORMATS_OF_ONE) && (arguments[1] || *kind != GROUP_NONE))
    return fail (error, HARNESS_ERROR_USAGE, "--format gradescope and classroom50 are for one submission: their files hold one");
  if (!options.leaf_map)
    options.leaf_map = g_strdup ("auto");
  return TRUE;
}

/* Nothing is built or run: what is for that alone has no place. */
static gboolean
check_regrade_usage (char **arguments, guint *formats, GroupKind *kind, GError **error)
{
  const struct {
    const char *name, *value;
  } others[] = {
    { "isa", options.isa }, { "base", options.base }, { "kernel", options.kernel }, { "source", options.source },
  };

  if (arguments[0])
    return fail (error, HARNESS_ERROR_USAGE, "--regrade takes the submissions of its folder, and \"%s\" is one more; try: without it", arguments[0]);
  for (guint i = 0; i < G_N_ELEMENTS (others); i++)
    if (others[i].value)
      return fail (error, HARNESS_ERROR_USAGE, "--%s is for building and running, and --regrade does neither; try: grade the submissions afresh", others[i].name);
  if (!check_options (formats, kind, error))
    return FALSE;
  return !(*formats & GRADE_FORMATS_OF_ONE) || fail (error, HARNESS_ERROR_USAGE, "--format gradescope and classroom50 are for one submission, which its container grades; try: json, md, html, junit");
}

static gboolean
run_regrade (App *app, char **arguments, GError **error)
{
  RegradeSpec spec = { .dir = regrade, .output = output ? output : regrade, .options = &options };
  GroupKind kind;

  if (!check_regrade_usage (arguments, &spec.formats, &kind, error))
    return FALSE;
  spec.students = kind != GROUP_NONE;
  spec.formats |= GRADE_FORMAT_JSON; /* what the next one compares with */
  return grade_regrade (app, &spec, error);
}

static char *
choose_output (const App *app)
{
  g_autoptr (GDateTime) now = g_date_time_new_now_utc ();
  g_autofree char *time = g_date_time_format (now, "%Y-%m-%dT%H-%M-%SZ");

  return output ? g_strdup (output) : g_build_filename (app->results, KEPT_GRADES, time, NULL);
}

static void
say_where (const Batched *batch)
{
  const GradeEntry *first = g_ptr_array_index (batch->entries, 0);
  g_autofree char *line = NULL;

  if (batch->entries->len == 1)
    {
      line = grade_summary_line (first->grade);
      printf ("%s\n", line);
      if (batch->formats & GRADE_FORMAT_HTML)
        printf ("Feedback: %s/%s/grade.html\n", batch->dir, first->name);
    }
  printf ("Grades:   %s/grades.csv\n", batch->dir);
  if (batch->formats & GRADE_FORMAT_HTML && batch->entries->len > 1)
    printf ("Overview: %s/index.html\n", batch->dir);
}

static gboolean
verdict (const Batched *batch, GError **error)
{
  guint failed = 0;

  for (guint i = 0; i < batch->entries->len; i++)
    failed += ((const GradeEntry *) g_ptr_array_index (batch->entries, i))->grade->verdict == VERDICT_INFRASTRUCTURE;
  return !failed || fail (error, HARNESS_ERROR_FAILED, "%u of %u submissions could not be graded for what is not their doing; try: look at them in %s, and run the same command again", failed, batch->entries->len, batch->dir);
}

static gboolean
write_summary (const Batched *batch, gint64 elapsed_ms, GError **error)
{
  const GradeSession *session = batch->session;
  const char *title = session->log_form ? AUTO_TITLE : session->rubric->title;
  g_autofree char *told = NULL;

  if (!grade_files_write_summary (batch->dir, title, session->rubric, batch->entries, batch->formats, elapsed_ms, error))
    return FALSE;
  if (!(batch->formats & GRADE_FORMAT_SIMILARITY))
    return TRUE;
  if (!grade_similarity_write (batch->dir, batch->entries, &told, error))
    return FALSE;
  progress_say (&session->app->progress, "", "%s", told);
  return TRUE;
}

/* A batch's jobs have one compiler each, so that they do not stand in each other's way; one submission has all processors. */
static gboolean
grade_batch (Batched *batch, GError **error)
{
  GradeSession *session = batch->session;
  const guint jobs = MIN (MIN (session->jobs, JOBS_MAX), batch->entries->len);
  gint64 elapsed_ms;

  session->compilers = batch->entries->len == 1 ? g_get_num_processors () : 1;
  if (session->log_form)
    session->log_form->compilers = session->compilers;
  batch->begin_us = g_get_monotonic_time ();
  run_workers (batch, jobs);
  elapsed_ms = (g_get_monotonic_time () - batch->begin_us) / 1000;
  if (batch->error)
    {
      if (batch->done > 0)
        progress_say (&session->app->progress, "", "%u of %u are graded, see %s/grades.csv; the same command goes on from there", batch->done, batch->entries->len, batch->dir);
      g_propagate_error (error, g_steal_pointer (&batch->error));
      return FALSE;
    }
  return write_summary (batch, elapsed_ms, error);
}

/* One submission per path, or per student. */
static gboolean
group_submissions (App *app, char **arguments, GroupKind kind, GPtrArray **groups, GError **error)
{
  const char *suspect = kind == GROUP_NONE ? group_suspect (arguments) : NULL;
  guint left;

  if (!group_paths (kind, arguments, groups, &left, error))
    return FALSE;
  if (suspect && !group)
    progress_say (&app->progress, "", "warning: these are named as %s names what it lets you download, and each path is taken for one submission; try: --group auto; --group none if that is meant", suspect);
  if (left > 0)
    progress_say (&app->progress, "", "left out, as nobody's by their names: %u file%s", left, left == 1 ? "" : "s");
  if (kind != GROUP_NONE)
    progress_say (&app->progress, "", "%u submissions by their names", (*groups)->len);
  return TRUE;
}

gboolean
cmd_grade (App *app, char **arguments, GError **error)
{
  g_autoptr (GPtrArray) groups = NULL;
  GroupKind kind;
  g_autoptr (GradeSession) session = NULL;
  g_autoptr (GPtrArray) entries = NULL;
  g_autofree char *dir = NULL;
  Batched batch = { 0 };

  if (regrade)
    return run_regrade (app, arguments, error);
  if (!check_usage (arguments, &batch.formats, &kind, error) || !group_submissions (app, arguments, kind, &groups, error) ||
      !grade_session_open (app, &options, &session, error))
    return FALSE;
  dir = choose_output (app);
  if (!files_make_dir (dir, error) || !grade_files_remove_old (dir, batch.formats, error))
    return FALSE;
  entries = grade_entries_of_groups (groups);
  batch.session = session;
  batch.entries = entries;
  batch.dir = dir;
  g_mutex_init (&batch.lock);
  const gboolean ok = grade_batch (&batch, error);
  g_mutex_clear (&batch.lock);
  if (!ok)
    return FALSE;
  say_where (&batch);
  return verdict (&batch, error);
}

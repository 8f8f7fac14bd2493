/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Judging again; see grade-regrade.h. */
#include "cli/grade-regrade.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cancel.h"
#include "base/error.h"
#include "base/files.h"
#include "cli/grade-keep.h"
#include "cli/grade-similarity.h"
#include "cli/pace.h"
#include "cli/regrade-entries.h"
#include "cli/regrade-rubrics.h"
#include "grade/grade-words.h"

#define SHEET_OF_MOVES "regrade.csv"
#define TITLE "Judged again"

typedef struct {
  App *app;
  const RegradeSpec *spec;
  GPtrArray *entries; /* of RegradeEntry */
  RegradeRubrics *rubrics;
  gboolean elsewhere; /* the output is another folder */
  gint64 begin_us;
  GMutex lock; /* of all below */
  guint done;
  GError *error; /* the first that ends it */
} Regrade;

/* --- one -------------------------------------------------------------------------------------- */

/* By what name it goes, and the times, which are those of building and running. */
static void
take_names (const RegradeEntry *entry, Grade *grade)
{
  const Grade *before = entry->before;
  const JudgedBy *by = entry->by_before;

  if (before || by)
    {
      grade_set_text (&grade->submission, before ? before->submission : by->submission);
      grade_set_text (&grade->given, before ? before->given : by->given);
    }
  else
    grade_set_text (&grade->submission, entry->entry.name);
  if (!before)
    return;
  grade->begun = before->begun;
  grade->build_ms = before->build_ms;
  grade->lab_ms = before->lab_ms;
  grade->total_ms = before->total_ms;
}

/* NULL, or why it cannot be judged so. */
static char *
choose_map (const GradeSession *session, const Evidence *evidence, const char *leaf_map, VerdictSpec *spec)
{
  *spec = grade_session_verdict (session);
  spec->map = grade_session_map (session, leaf_map);
  if (!spec->map && strcmp (leaf_map, "auto") != 0)
    return g_strdup_printf (
      "it was judged by leaf map %s, which is not in configs/leaf-maps; try: --leaf-map", leaf_map);
  return verdict_misfit (evidence, spec);
}

/* NULL, or why not. */
static char *
judge_by (RegradeEntry *entry, const GradeSession *session, const Evidence *evidence, const char *asked_map)
{
  const char *leaf_map = asked_map ? asked_map : evidence->asked.leaf_map;
  VerdictSpec spec;
  g_autoptr (Grade) grade = NULL;
  gboolean doubtful;
  char *why_not = choose_map (session, evidence, leaf_map, &spec);

  if (why_not)
    return why_not;
  grade = verdict_of (evidence, &spec, &doubtful);
  take_names (entry, grade);
  entry->by = grade_session_judged_by (session, grade, leaf_map);
  grade->moved = moved_new (entry->before, entry->by_before, grade, entry->by);
  entry->entry.grade = g_steal_pointer (&grade);
  return NULL;
}

static void
judge_again (const Regrade *regrade, RegradeEntry *entry)
{
  g_autoptr (Evidence) evidence = regrade_entry_evidence (entry, &entry->why_not);
  g_autoptr (GError) failure = NULL;
  const GradeSession *session = evidence ? regrade_rubrics_find (regrade->rubrics,
                                                                 evidence->collected->assignment, &failure)
                                         : NULL;

  if (session)
    entry->why_not = judge_by (entry, session, evidence, regrade->spec->options->leaf_map);
  else if (evidence)
    entry->why_not = g_strdup (failure->message);
  if (entry->why_not)
    entry->entry.grade = entry->before;
}

/*
 * One that was not judged again stays what it is, to the byte; elsewhere the earlier grade is
 * written.
 */
static gboolean
write_entry (const Regrade *regrade, const RegradeEntry *entry, GError **error)
{
  const char *output = regrade->spec->output;
  g_autofree char *logs = g_build_filename (output, entry->entry.name, "logs", NULL);

  if (entry->why_not && (!regrade->elsewhere || !entry->before))
    return TRUE;
  return files_make_dir (logs, error) && grade_files_remove_stale (output, entry->entry.name, regrade->spec->formats, error) &&
         grade_files_write_one (output, &entry->entry, NULL, regrade->spec->formats, error) &&
         (!regrade->elsewhere || (grade_keep_clear (logs, error) && grade_keep_copy (entry->logs, logs, error))) &&
         (entry->why_not || grade_keep_judged (logs, entry->by, error));
}

/* --- all of them ------------------------------------------------------------------------------ */

static void
say (const Regrade *regrade, const RegradeEntry *entry)
{
  const Grade *grade = entry->entry.grade;
  g_autofree char *line = grade ? grade_summary_line (grade) : g_strdup (regrade_entry_name (entry));

  if (entry->why_not)
    progress_say (&regrade->app->progress, "", "%s  NOT judged again: %s", line, entry->why_not);
  else if (grade->moved->before[0] != '\0' && !moved_nothing (grade->moved))
    progress_say (&regrade->app->progress, "", "%s  before: %s", line, grade->moved->before);
}

static void
take_result (Regrade *regrade, const RegradeEntry *entry, GError *error)
{
  const double elapsed_s = (double) (g_get_monotonic_time () - regrade->begin_us) / 1e6;
  G_GNUC_UNUSED g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&regrade->lock);
  g_autofree char *pace = NULL;

  regrade->done++;
  pace = pace_text (regrade->done, regrade->entries->len, regrade->done, elapsed_s);
  progress_overall (&regrade->app->progress, regrade->done < regrade->entries->len ? pace : "");
  if (!error)
    say (regrade, entry);
  else if (regrade->error)
    g_error_free (error);
  else
    regrade->error = error;
}

static gboolean
has_failed (Regrade *regrade)
{
  G_GNUC_UNUSED g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&regrade->lock);

  return regrade->error != NULL;
}

static void
work_one (gpointer data, gpointer user)
{
  RegradeEntry *entry = data;
  Regrade *regrade = user;
  GError *error = NULL;

  if (has_failed (regrade))
    return;
  if (cancel_check (&error))
    judge_again (regrade, entry);
  take_result (regrade, entry, error);
}

static gboolean
judge_all (Regrade *regrade, GError **error)
{
  const int asked = regrade->spec->options->jobs;
  GThreadPool *pool = g_thread_pool_new (work_one, regrade,
                                         asked > 0 ? asked : (int) g_get_num_processors (), FALSE, error);

  if (!pool)
    return FALSE;
  for (guint i = 0; i < regrade->entries->len; i++)
    g_thread_pool_push (pool, g_ptr_array_index (regrade->entries, i), NULL);
  g_thread_pool_free (pool, FALSE, TRUE);
  if (!regrade->error)
    return TRUE;
  g_propagate_error (error, g_steal_pointer (&regrade->error));
  return FALSE;
}

/* --- sheets ----------------------------------------------------------------------------------- */

static gboolean
write_moves (const Regrade *regrade, GError **error)
{
  g_autofree MovedEntry *rows = g_new0 (MovedEntry, regrade->entries->len);
  g_autofree char *path = g_build_filename (regrade->spec->output, SHEET_OF_MOVES, NULL);
  g_autoptr (GString) text = NULL;

  for (guint i = 0; i < regrade->entries->len; i++)
    {
      const RegradeEntry *entry = g_ptr_array_index (regrade->entries, i);

      rows[i] = (MovedEntry){ regrade_entry_name (entry), entry->before, entry->entry.grade,
                              entry->why_not };
    }
  text = moved_csv (rows, regrade->entries->len);
  return files_write (path, text->str, (gssize) text->len, error);
}

/* What a batch was judged by is its first's; NULL: none was, or by none that is at hand. */
static const Rubric *
find_rubric (const Regrade *regrade)
{
  for (guint i = 0; i < regrade->entries->len; i++)
    {
      const RegradeEntry *entry = g_ptr_array_index (regrade->entries, i);
      const Grade *grade = entry->entry.grade;
      const GradeSession *session = grade ? regrade_rubrics_find (regrade->rubrics, grade->assignment, NULL) : NULL;

      if (session)
        return session->rubric;
    }
  return NULL;
}

static gboolean
write_similarity (const Regrade *regrade, const GPtrArray *entries, GError **error)
{
  g_autofree char *told = NULL;

  if (!(regrade->spec->formats & GRADE_FORMAT_SIMILARITY))
    return TRUE;
  if (!grade_similarity_write (regrade->spec->output, entries, &told, error))
    return FALSE;
  progress_say (&regrade->app->progress, "", "%s", told);
  return TRUE;
}

/* A sheet in the old one's place has no row for a grade that is not known. */
static gboolean
check_known (const Regrade *regrade, GError **error)
{
  for (guint i = 0; i < regrade->entries->len && !regrade->elsewhere; i++)
    {
      const RegradeEntry *entry = g_ptr_array_index (regrade->entries, i);

      if (entry->why_not && !entry->before)
        return fail (error, HARNESS_ERROR_USAGE,
                     "--regrade: %s/%s: it cannot be judged again (%s), and grade.json, which has the grade that it keeps, is not there or damaged; "
                     "try: --output with another folder",
                     regrade->spec->dir, entry->entry.name, entry->why_not);
    }
  return TRUE;
}

/* When all are judged, what moved first: who is interrupted here finds it told, and whoever was before finds nothing changed. */
static gboolean
write_entries (const Regrade *regrade, GError **error)
{
  if (!check_known (regrade, error) || !write_moves (regrade, error))
    return FALSE;
  for (guint i = 0; i < regrade->entries->len; i++)
    if (!write_entry (regrade, g_ptr_array_index (regrade->entries, i), error))
      return FALSE;
  return TRUE;
}

static gboolean
write_sheets (const Regrade *regrade, GError **error)
{
  const RegradeSpec *spec = regrade->spec;
  g_autoptr (GPtrArray) entries = g_ptr_array_new ();
  const gint64 elapsed_ms = (g_get_monotonic_time () - regrade->begin_us) / 1000;
  const Rubric *rubric = find_rubric (regrade);
  const guint formats = rubric ? spec->formats : spec->formats & ~GRADE_FORMATS_OF_POINTS;

  for (guint i = 0; i < regrade->entries->len; i++)
    {
      GradeEntry *entry = &((RegradeEntry *) g_ptr_array_index (regrade->entries, i))->entry;

      entry->is_student = spec->students;
      g_ptr_array_add (entries, entry);
    }
  return grade_files_remove_stale (spec->output, NULL, formats, error) && grade_files_write_csv (spec->output, entries, error) &&
         grade_files_write_summary (spec->output, rubric ? rubric->title : TITLE, rubric, entries, formats,
                                    elapsed_ms, error) &&
         write_similarity (regrade, entries, error);
}

/* What became of it, in figures; the error names the first that was not judged again. */
static gboolean
tell (const Regrade *regrade, GError **error)
{
  const char *output = regrade->spec->output;
  const RegradeEntry *left = NULL;
  guint moved = 0, judged = 0;

  for (guint i = 0; i < regrade->entries->len; i++)
    {
      const RegradeEntry *entry = g_ptr_array_index (regrade->entries, i);

      judged += !entry->why_not;
      moved += !entry->why_not && entry->entry.grade->moved->before[0] != '\0' &&
               !moved_nothing (entry->entry.grade->moved);
      left = entry->why_not && !left ? entry : left;
    }
  printf ("Judged again: %u of %u; %u moved\n", judged, regrade->entries->len, moved);
  printf ("Grades:       %s/grades.csv\nWhat moved:   %s/%s\n", output, output, SHEET_OF_MOVES);
  return !left || fail (error, HARNESS_ERROR_FAILED,
                        "%u of %u submissions were not judged again and keep their grades: %s/%s says why "
                        "of each; of %s: %s",
                        regrade->entries->len - judged, regrade->entries->len, output, SHEET_OF_MOVES,
                        regrade_entry_name (left), left->why_not);
}

static gboolean
is_elsewhere (const RegradeSpec *spec)
{
  g_autofree char *dir = realpath (spec->dir, NULL), *output = realpath (spec->output, NULL);

  return g_strcmp0 (dir, output) != 0;
}

gboolean
grade_regrade (App *app, const RegradeSpec *spec, GError **error)
{
  g_autoptr (GPtrArray) entries = NULL;
  g_autoptr (RegradeRubrics) rubrics = NULL;
  Regrade regrade = { .app = app, .spec = spec, .begin_us = g_get_monotonic_time () };

  if (!regrade_entries_read (spec->dir, &app->progress, &entries, error))
    return FALSE;
  rubrics = regrade_rubrics_open (app, spec->options, error);
  if (!rubrics || !files_make_dir (spec->output, error))
    return FALSE;
  regrade.entries = entries;
  regrade.rubrics = rubrics;
  regrade.elsewhere = is_elsewhere (spec);
  g_mutex_init (&regrade.lock);
  const gboolean ok = judge_all (&regrade, error);
  g_mutex_clear (&regrade.lock);
  return ok && write_entries (&regrade, error) && write_sheets (&regrade, error) && tell (&regrade, error);
}

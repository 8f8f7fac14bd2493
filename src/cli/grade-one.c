/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The way of one submission; see grade-one.h. */
#include "cli/grade-one.h"

#include "base/cancel.h"
#include "base/error.h"
#include "base/files.h"
#include "base/hash.h"
#include "cli/grade-build.h"
#include "cli/grade-keep.h"
#include "cli/grade-kernel.h"
#include "cli/grade-labs.h"
#include "cli/grade-way.h"
#include "grade/evidence-file.h"
#include "grade/grade-json.h"
#include "grade/verdict.h"
#include "kernel/at-hand.h"
#include "submission/own-lines.h"
#include "submission/told.h"

#define KIND "grade"

/* --- all of it -------------------------------------------------------------------------------------------- */

static void
told (Way *way)
{
  if (way->watch && way->watch->stage)
    way->watch->stage (way->judged ? way->judged : way->grade, way->watch->user);
}

static gboolean
choose_kernel (Way *way, GError **error)
{
  g_autofree char *note = NULL;

  way->hopeless = !grade_kernel_for (way->session, way->submission, &way->kernel, &note, error);
  if (way->hopeless)
    return FALSE;
  grade_set_text (&way->grade->kernel, way->kernel->kit->kernel->release);
  if (note)
    g_ptr_array_add (way->grade->notes, g_steal_pointer (&note));
  return TRUE;
}

static gboolean
go (Way *way, GError **error)
{
  g_autoptr (Scratch) scratch = scratch_new (way->session->app->cache, "grading", error);
  g_autofree char *modules = scratch ? scratch_file (scratch, "modules") : NULL;
  g_autofree char *work = scratch ? scratch_file (scratch, "work") : NULL;

  if (!scratch || !files_make_dir (modules, error) || !files_make_dir (work, error))
    return FALSE;
  if (!choose_kernel (way, error))
    return FALSE;
  way_name_labs (way);
  if (!way_carry (way, work, error))
    return FALSE;
  way_name_labs (way);
  told (way);
  way->stage = STAGE_BUILD;
  if (!way->ended && !way_build (way, modules, error))
    return FALSE;
  told (way);
  return way->ended || way_run_labs (way, scratch, modules, error);
}

static void
name_grade (const Way *way, Grade *grade)
{
  const char *base = way->session->options->base;
  g_autofree char *files = way->entry->group ? group_given (way->entry->group) : g_strdup ("");
  g_autofree char *path = files[0] != '\0' ? g_strdup (files) : g_shell_quote (way->entry->path);
  g_autofree char *quoted = base ? g_shell_quote (base) : NULL;
  g_autofree char *given = base ? g_strdup_printf ("%s --base %s", path, quoted) : g_strdup (files);

  grade_set_text (&grade->submission, way->entry->path);
  grade_set_text (&grade->given, given);
}

/* A grade as far as it is known before anything was done. */
static void
begin_grade (Way *way)
{
  g_clear_pointer (&way->evidence, evidence_free);
  g_clear_pointer (&way->judged, grade_free);
  way->evidence = evidence_new ();
  way->evidence->last_try = way->tries == 2;
  evidence_ask (way->evidence, way->session->rubric, way->session->options->leaf_map);
  g_array_append_vals (way->evidence->leaves, way->session->leaves->data, way->session->leaves->len);
  way->grade = way->evidence->collected;
  name_grade (way, way->grade);
  grade_set_text (&way->grade->assignment, way->session->assignment);
  way->grade->max_points = rubric_points (way->session->rubric);
  way->grade->begun = g_get_real_time () / G_USEC_PER_SEC;
  if (way->submission)
    {
      grade_set_text (&way->grade->sha256, way->submission->sha256);
      way_take_notes (way, way->submission->notes);
    }
  way->ended = way->retry = way->hopeless = FALSE;
  way->stage = STAGE_CARRY;
  g_clear_pointer (&way->carried, carried_free);
  changed_code_clear (&way->code);
}

/* Also of what was not judged it can be told whether it is like another's. */
static void
tell_own_lines (Way *way)
{
  g_autofree char *lines = NULL;

  if (way->grade->carried[0] != '\0')
    return;
  lines = submission_own_lines (way->submission, way->session->index);
  grade_set_text (&way->grade->own_lines, lines);
}

/* The grade, from what was collected, however far that is. */
static void
conclude (Way *way)
{
  const VerdictSpec spec = grade_session_verdict (way->session);
  gboolean doubtful;

  if (way->submission && way->session->index)
    tell_own_lines (way);
  way->evidence->ended = way->ended;
  way->judged = verdict_of (way->evidence, &spec, &doubtful);
  way->retry |= doubtful;
  told (way);
}

/* What the host lacks it lacks for all others too. Once more all the same: an evening's batch should not end by what passes. */
static gboolean
is_final (const Way *way, const GError *error)
{
  return g_error_matches (error, HARNESS_ERROR, HARNESS_ERROR_INTERRUPTED) || way->hopeless || (way->tries == 2 && g_error_matches (error, HARNESS_ERROR, HARNESS_ERROR_HOST));
}

/* Infrastructure is tried twice; so is what looks like a hang, which a machine under load can fake. */
static gboolean
go_twice (Way *way, GError **error)
{
  for (way->tries = 1; way->tries <= 2; way->tries++)
    {
      g_autoptr (GError) failure = NULL;

      begin_grade (way);
      if (way->tries == 2)
        g_ptr_array_add (way->grade->notes, g_strdup ("The first try failed for what may not have been the submission's doing; this is the second."));
      if (!go (way, &failure))
        {
          if (!cancel_check (error))
            return FALSE;
          if (is_final (way, failure))
            {
              g_propagate_error (error, g_steal_pointer (&failure));
              return FALSE;
            }
          way_end (way, way->stage, VERDICT_INFRASTRUCTURE, BLAME_INFRASTRUCTURE, failure->message, NULL);
          way->retry = TRUE;
        }
      conclude (way);
      if (!way->retry)
        return TRUE;
    }
  return TRUE;
}

/* --- the cache -------------------------------------------------------------------------------------------- */

/* Names of files and what was normalised stand in the notes and reasons of a grade: the same content, packed otherwise, is graded by itself. */
static char *
cache_key (const Way *way)
{
  const Submission *submission = way->submission;
  g_autoptr (InputHash) hash = input_hash_new ("grade");

  input_hash_add (hash, "session", way->session->key);
  input_hash_add (hash, "submission", submission->sha256);
  for (guint i = 0; i < submission->notes->len; i++)
    input_hash_add (hash, "note", g_ptr_array_index (submission->notes, i));
  for (guint i = 0; i < submission->files->len; i++)
    input_hash_add (hash, "file", ((const SubmissionFile *) g_ptr_array_index (submission->files, i))->from);
  for (guint i = 0; i < submission->patches->len; i++)
    input_hash_add (hash, "patch", ((const SubmissionPatch *) g_ptr_array_index (submission->patches, i))->from);
  return input_hash_end (hash);
}

/* Beside the grade, for --regrade. evidence: NULL: none. */
static gboolean
keep_beside (const Way *way, GBytes *evidence, GError **error)
{
  g_autoptr (JudgedBy) by = grade_session_judged_by (way->session, way->judged, way->session->options->leaf_map);

  return !way->logs || (grade_keep_clear (way->logs, error) && grade_keep_write (way->logs, evidence, &way->code, error) &&
                        grade_keep_judged (way->logs, by, error));
}

/* Of a cached grade. */
static gboolean
copy_beside (const Way *way, const Grade *grade, const char *entry, GError **error)
{
  g_autoptr (JudgedBy) by = grade_session_judged_by (way->session, grade, way->session->options->leaf_map);

  return !way->logs || (grade_keep_clear (way->logs, error) && grade_keep_copy (entry, way->logs, error) &&
                        grade_keep_judged (way->logs, by, error));
}

/* A damaged entry is graded again. */
static gboolean
find_kept (Way *way, const char *key, Grade **grade, GError **error)
{
  g_autofree char *entry = NULL;
  g_autofree char *file = NULL;
  g_autofree char *text = NULL;
  gsize size;

  if (!cache_lookup (way->session->app->cache, KIND, key, &entry, NULL, error))
    return FALSE;
  file = entry ? g_build_filename (entry, "grade.json", NULL) : NULL;
  if (!file || !files_read (file, GRADE_JSON_MAX, &text, &size, NULL) || !grade_json_read (text, size, grade, NULL))
    return TRUE;
  name_grade (way, *grade);
  return copy_beside (way, *grade, entry, error);
}

static gboolean
fill_entry (const Way *way, const Scratch *scratch, GBytes *evidence, GError **error)
{
  g_autoptr (GString) text = grade_json (way->judged);
  g_autofree char *file = scratch_file (scratch, "grade.json");

  return files_write (file, text->str, (gssize) text->len, error) && grade_keep_write (scratch_path (scratch), evidence, &way->code, error);
}

/* Beside the grade; and, with a key, in the cache. What the infrastructure spoilt is neither judged again nor answered from the cache. */
static gboolean
keep (const Way *way, const char *key, GError **error)
{
  g_autoptr (Scratch) scratch = NULL;
  g_autoptr (GBytes) evidence = NULL;
  g_autofree char *entry = NULL;

  if (way->judged->verdict == VERDICT_INFRASTRUCTURE)
    return keep_beside (way, NULL, error);
  /* Equal submissions share it: whose a grade is stands beside it. */
  grade_set_text (&way->evidence->collected->submission, "");
  grade_set_text (&way->evidence->collected->given, "");
  if (!evidence_write (way->evidence, &evidence, error) || !keep_beside (way, evidence, error))
    return FALSE;
  if (!key)
    return TRUE;
  scratch = scratch_new (way->session->app->cache, KIND, error);
  return scratch && fill_entry (way, scratch, evidence, error) && cache_seal (way->session->app->cache, KIND, key, scratch, &entry, error);
}

/* --- the way in -------------------------------------------------------------------------------------------- */

static SubmissionPart *
parts_of (const Group *group)
{
  SubmissionPart *parts = g_new0 (SubmissionPart, group->parts->len + 1);

  for (guint i = 0; i < group->parts->len; i++)
    {
      const GroupPart *part = g_ptr_array_index (group->parts, i);

      parts[i] = (SubmissionPart){ part->path, part->shown };
    }
  return parts;
}

/* What cannot be read is this submission's trouble and no other's: it is told in its row, for a person to look at. */
static gboolean
read_submission (Way *way, const Scratch *scratch, GError **error)
{
  const GradeOptions *options = way->session->options;
  const Group *group = way->entry->group;
  g_autofree SubmissionPart *parts = group ? parts_of (group) : NULL;
  g_autoptr (Fault) fault = NULL;
  g_autoptr (GError) failure = NULL;
  const SubmissionSpec spec = {
    .path = way->entry->path,
    .parts = parts,
    .n_parts = group ? group->parts->len : 0,
    .scratch_dir = scratch_path (scratch),
    .base = options->base && !way->session->given_base ? options->base : NULL,
    .names = way->session->log_form ? NULL : (const char *const *) way->session->rubric->names,
    .allowed = (const char *const *) way->session->rubric->allowed,
  };

  begin_grade (way);
  if (!submission_read (&spec, &way->submission, &fault, &failure))
    {
      if (!cancel_check (error))
        return FALSE;
      if (g_error_matches (failure, HARNESS_ERROR, HARNESS_ERROR_HOST))
        {
          g_propagate_error (error, g_steal_pointer (&failure));
          return FALSE;
        }
      way_end (way, STAGE_INGEST, VERDICT_INFRASTRUCTURE, BLAME_INFRASTRUCTURE, failure->message, NULL);
    }
  else if (fault)
    way_end_with_fault (way, fault);
  else if (group && group->late)
    g_ptr_array_add (way->submission->notes, g_strdup ("The platform's name of a file says that it came late."));
  return TRUE;
}

/* --assignment auto: by the one rubric or the other. */
static void
choose_form (Way *way)
{
  GradeSession *session = way->session;

  if (way->ended || !session->log_form || !submission_tells_by_log (way->submission, (const guint32 *) (const void *) session->leaves->data, session->leaves->len))
    return;
  way->session = session->log_form;
  begin_grade (way);
}

static gboolean
grade_fresh (Way *way, const char *key, GError **error)
{
  return grade_session_prepare (way->session, error) && go_twice (way, error) && keep (way, key, error);
}

gboolean
grade_one (GradeSession *session, const GradeEntry *entry, const char *lane, const char *logs, const GradeWatch *watch, Grade **grade, gboolean *from_cache, GError **error)
{
  g_auto (Way) way = { .session = session, .entry = entry, .lane = lane, .logs = logs, .watch = watch };
  g_autoptr (Scratch) scratch = files_make_dir (session->app->cache, error) ? scratch_new (session->app->cache, "submission", error) : NULL;
  const gint64 begin_us = g_get_monotonic_time ();
  g_autofree char *key = NULL;

  *from_cache = FALSE;
  if (!scratch || !read_submission (&way, scratch, error))
    return FALSE;
  choose_form (&way);
  if (!way.ended)
    {
      g_autoptr (Grade) kept = NULL;

      key = cache_key (&way);
      if (!find_kept (&way, key, &kept, error))
        return FALSE;
      *from_cache = kept != NULL;
      if (kept)
        *grade = g_steal_pointer (&kept);
      if (*from_cache)
        return TRUE;
      if (!grade_fresh (&way, key, error))
        return FALSE;
    }
  else
    {
      conclude (&way);
      if (!keep (&way, NULL, error))
        return FALSE;
    }
  way.judged->total_ms = (g_get_monotonic_time () - begin_us) / 1000;
  *grade = g_steal_pointer (&way.judged);
  return TRUE;
}

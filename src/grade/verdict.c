/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From evidence to a grade; see verdict.h. */
#include "grade/verdict.h"

#include <string.h>

#include "base/hash.h"
#include "grade/early-end.h"
#include "grade/reading.h"
#include "grade/where.h"

/* --- maps ------------------------------------------------------------------------------------- */

static gboolean
was_read (const Evidence *evidence, guint32 leaf)
{
  for (guint i = 0; i < evidence->leaves->len; i++)
    if (g_array_index (evidence->leaves, guint32, i) == leaf)
      return TRUE;
  return leaf == 0;
}

/* The programs read all leaves of it. */
static gboolean
map_was_read (const Evidence *evidence, const LeafMap *map)
{
  return was_read (evidence, map->total_exits) && was_read (evidence, map->total_cycles) &&
         was_read (evidence, map->reason_exits) && was_read (evidence, map->reason_cycles);
}

/* Of LeafMap, borrowed. */
static GPtrArray *
maps_that_were_read (const Evidence *evidence, const GPtrArray *maps)
{
  GPtrArray *found = g_ptr_array_new ();

  for (guint i = 0; i < maps->len; i++)
    if (map_was_read (evidence, g_ptr_array_index (maps, i)))
      g_ptr_array_add (found, g_ptr_array_index (maps, i));
  return found;
}

/* --leaf-map's, or the rubric's. */
static const LeafMap *
preferred_map (const VerdictSpec *spec)
{
  for (guint i = 0; i < spec->maps->len && !spec->map; i++)
    {
      const LeafMap *map = g_ptr_array_index (spec->maps, i);

      if (strcmp (map->name, spec->rubric->leaf_map) == 0)
        return map;
    }
  return spec->map;
}

/* By what was explained otherwise when it ended, more would have been looked at. */
static gboolean
goes_on (const Evidence *evidence, const VerdictSpec *spec)
{
  const guint labs = evidence->labs->len;
  const EvidenceLab *last = labs > 0 ? g_ptr_array_index (evidence->labs, labs - 1) : NULL;

  return evidence->early && !(last && verdict_is_early (evidence, spec, last));
}

char *
verdict_misfit (const Evidence *evidence, const VerdictSpec *spec)
{
  const LeafMap *map = preferred_map (spec);
  char *misfit = evidence_misfit (evidence, spec->rubric);

  if (misfit)
    return misfit;
  if (evidence->labs->len > 0 && !spec->rubric->told_by_log && !map_was_read (evidence, map))
    return g_strdup_printf ("leaf map %s has a leaf that the guest was not told to read", map->name);
  if (goes_on (evidence, spec))
    return g_strdup ("the lab was thought to have ended early, and other things were not looked at");
  return NULL;
}

/* --- rows ------------------------------------------------------------------------------------- */

static const LeafMap *
find_map (const GPtrArray *maps, const char *name)
{
  for (guint i = 0; i < maps->len; i++)
    if (strcmp (((const LeafMap *) g_ptr_array_index (maps, i))->name, name) == 0)
      return g_ptr_array_index (maps, i);
  return NULL;
}

/* The map that the rows were made by. labs: of JudgedLab. */
static const LeafMap *
make_rows (const Evidence *evidence, const VerdictSpec *spec, const GPtrArray *labs, Grade *grade)
{
  g_autoptr (GPtrArray) maps = maps_that_were_read (evidence, spec->maps);

  if (!spec->rubric->told_by_log && !spec->map)
    {
      judge_by_best_map (labs, maps, spec->rubric, grade);
      return find_map (maps, grade->leaf_map);
    }
  judge_labs (labs, spec->rubric, preferred_map (spec), grade);
  if (!spec->rubric->told_by_log)
    {
      grade_set_text (&grade->leaf_map, spec->map->name);
      grade_set_text (&grade->leaf_map_how, "as asked");
    }
  return preferred_map (spec);
}

/*
 * A row that the boot which got furthest says nothing of, as its leaf killed an earlier one, is
 * judged by what that one did before it died.
 */
static void
judge_other_boots (const GPtrArray *readings, GPtrArray *labs, const VerdictSpec *spec, const LeafMap *map,
                   Grade *grade)
{
  for (guint i = 0; i < readings->len; i++)
    {
      const LabReading *lab = g_ptr_array_index (readings, i);

      for (guint j = 0; j < lab->boots->len; j++)
        {
          g_autoptr (Grade) other = grade_new ();
          JudgedLab boot = lab_reading_boot (lab, g_ptr_array_index (lab->boots, j));

          if (g_ptr_array_index (lab->boots, j) == lab->best)
            continue;
          g_ptr_array_index (labs, i) = &boot;
          judge_labs (labs, spec->rubric, map, other);
          judge_take_unjudged (grade, other);
          g_ptr_array_index (labs, i) = (gpointer) &lab->judged;
        }
    }
}

static void
judge_rows (const Evidence *evidence, const VerdictSpec *spec, const GPtrArray *readings, Grade *grade)
{
  g_autoptr (GPtrArray) labs = g_ptr_array_new ();
  const LeafMap *map;

  for (guint i = 0; i < readings->len; i++)
    g_ptr_array_add (labs, &((LabReading *) g_ptr_array_index (readings, i))->judged);
  map = make_rows (evidence, spec, labs, grade);
  judge_other_boots (readings, labs, spec, map, grade);
  for (guint i = 0; i < readings->len; i++)
    {
      const LabReading *lab = g_ptr_array_index (readings, i);

      where_add_crash (grade, lab->crash);
      where_fill (grade, lab->lab->findings);
    }
}

/* --- the end ---------------------------------------------------------------------------------- */

static void
take_warnings (const Rubric *rubric, Grade *grade)
{
  const gint64 off = MIN ((gint64) grade->warnings->len * rubric->warning_cost,
                          (gint64) rubric->warning_cost_max);
  g_autofree char *text = grade_points_text (off);

  if (off == 0)
    return;
  grade->points = MAX (grade->points - off, 0);
  g_ptr_array_add (grade->notes,
                   g_strdup_printf ("%s points off for %u compiler warning%s.", text, grade->warnings->len,
                                    grade->warnings->len == 1 ? "" : "s"));
}

static const LabReading *
find_incomplete (const GPtrArray *readings)
{
  for (guint i = 0; i < readings->len; i++)
    {
      const LabReading *lab = g_ptr_array_index (readings, i);

      if (!lab_reading_is_complete (lab) || lab->crash)
        return lab;
    }
  return NULL;
}

/* The one cause, told once: what L1's kernel came to, where, and whose line that is. */
static char *
cause_text (const LabReading *broken)
{
  const Crash *crash = broken ? broken->crash : NULL;

  if (!broken)
    return g_strdup ("");
  if (!crash)
    return g_strdup ("; the guest did not come to its end");
  return g_strdup_printf ("; L1's kernel came to %s%s%s%s", crash->name, crash->place ? " at " : "",
                          crash->place ? crash->place : "",
                          crash->theirs ? "" : ", which is no line of the submission's own");
}

static Verdict
choose (const Grade *grade, gboolean all, gboolean unjudged)
{
  if (all && !unjudged && grade->points == grade->max_points)
    return VERDICT_PASSED;
  return grade->points > 0 || unjudged ? VERDICT_PARTIAL : VERDICT_FAILED;
}

static void
settle (const GPtrArray *readings, const Rubric *rubric, Grade *grade)
{
  const LabReading *broken = find_incomplete (readings);
  g_autofree char *cause = cause_text (broken);
  g_autofree char *reason = NULL;
  const gboolean nobodys = broken && broken->crash && !broken->crash->theirs &&
                           !lab_reading_is_complete (broken);
  guint passed = 0, judged = 0;

  for (guint i = 0; i < grade->rows->len; i++)
    {
      const GradeRow *row = g_ptr_array_index (grade->rows, i);

      passed += row->status == ROW_PASSED;
      judged += row->status != ROW_SKIPPED;
    }
  if (grade->unread)
    {
      grade->max_points = rubric_points (rubric);
      grade_end (grade, STAGE_CHECKS, VERDICT_NEEDS_LOOK, BLAME_NONE, grade->unread, NULL);
      return;
    }
  reason = g_strdup_printf ("%u of %u rows passed%s.", passed, judged, cause);
  grade_end (grade, STAGE_CHECKS, choose (grade, passed == judged, nobodys),
             passed == judged ? BLAME_NONE : BLAME_STUDENT, reason,
             broken && broken->crash ? broken->crash->words : NULL);
}

static char *
fingerprint (const Evidence *evidence)
{
  g_autoptr (InputHash) hash = input_hash_new ("grade labs");

  for (guint i = 0; i < evidence->labs->len; i++)
    {
      const EvidenceLab *lab = g_ptr_array_index (evidence->labs, i);

      for (guint j = 0; j < lab->boots->len; j++)
        input_hash_add (hash, isa_name (lab->isa),
                        ((const EvidenceBoot *) g_ptr_array_index (lab->boots, j))->log_sha256);
    }
  return input_hash_end (hash);
}

/* --- all of it -------------------------------------------------------------------------------- */

static LabReading *
read_lab (const Evidence *evidence, const VerdictSpec *spec, const EvidenceLab *lab)
{
  return lab_reading_new (evidence, lab, spec->names[lab->isa]);
}

/* FALSE: one of them ended the grade. readings: of LabReading. */
static gboolean
read_labs (const Evidence *evidence, const VerdictSpec *spec, GPtrArray *readings, Grade *grade,
           gboolean *doubtful)
{
  for (guint i = 0; i < evidence->labs->len; i++)
    {
      LabReading *reading = read_lab (evidence, spec, g_ptr_array_index (evidence->labs, i));

      g_ptr_array_add (readings, reading);
      if (early_end (reading, evidence->last_try, grade, doubtful))
        return FALSE;
    }
  return TRUE;
}

gboolean
verdict_is_early (const Evidence *evidence, const VerdictSpec *spec, const EvidenceLab *lab)
{
  g_autoptr (LabReading) reading = read_lab (evidence, spec, lab);
  g_autoptr (Grade) grade = grade_new ();
  gboolean doubtful;

  return early_end (reading, evidence->last_try, grade, &doubtful);
}

Grade *
verdict_of (const Evidence *evidence, const VerdictSpec *spec, gboolean *doubtful)
{
  Grade *grade = grade_copy_unjudged (evidence->collected);
  g_autoptr (GPtrArray) readings = g_ptr_array_new_with_free_func ((GDestroyNotify) lab_reading_free);

  *doubtful = FALSE;
  grade_set_text (&grade->assignment, spec->assignment);
  grade->max_points = rubric_points (spec->rubric);
  if (evidence->ended || !read_labs (evidence, spec, readings, grade, doubtful))
    return grade;
  g_free (grade->fingerprint);
  grade->fingerprint = fingerprint (evidence);
  judge_rows (evidence, spec, readings, grade);
  take_warnings (spec->rubric, grade);
  settle (readings, spec->rubric, grade);
  return grade;
}

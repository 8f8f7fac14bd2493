/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a batch writes into its folder; see docs/grading.md for the files. */
#pragma once
#include <glib.h>

#include "cli/grade-group.h"
#include "config/config.h"
#include "grade/grade.h"

typedef enum {
  GRADE_FORMAT_JSON = 1 << 0,
  GRADE_FORMAT_MD = 1 << 1,
  GRADE_FORMAT_HTML = 1 << 2,
  GRADE_FORMAT_JUNIT = 1 << 3,
  GRADE_FORMAT_GRADESCOPE = 1 << 4,
  GRADE_FORMAT_SARIF = 1 << 5,
  GRADE_FORMAT_CLASSROOM50 = 1 << 6,
  GRADE_FORMAT_CANVAS = 1 << 7,
  GRADE_FORMAT_MOODLE = 1 << 8,
  GRADE_FORMAT_SIMILARITY = 1 << 9, /* of the batch: grade-similarity.h */
} GradeFormats;
/* One file for a batch, which is to be of one submission. */
#define GRADE_FORMATS_OF_ONE (GRADE_FORMAT_GRADESCOPE | GRADE_FORMAT_CLASSROOM50)
/* Sheets with a row of the rubric's points. */
#define GRADE_FORMATS_OF_POINTS (GRADE_FORMAT_CANVAS | GRADE_FORMAT_MOODLE)
#define GRADE_FORMATS_DEFAULT (GRADE_FORMAT_JSON | GRADE_FORMAT_MD | GRADE_FORMAT_HTML | GRADE_FORMAT_JUNIT)

/* "json,html": USAGE for a name that is none. NULL: the default. grades.csv is always written. */
gboolean grade_formats_parse (const char *text, guint *formats, GError **error);

/* One submission of a batch, in the order given. */
typedef struct {
  const char *path;   /* as given; of a group: what it is called */
  const Group *group; /* NULL: it is one path */
  gboolean is_student; /* its name is what a platform calls the student */
  char *name;     /* of its folder, below the batch's: plain characters, unique in the batch */
  Grade *grade;   /* NULL: not graded yet */
  gboolean from_cache;
} GradeEntry;
void grade_entry_free (GradeEntry *entry);
/* of GradeEntry; the paths and groups are borrowed */
GPtrArray *grade_entries_new (char **paths);
GPtrArray *grade_entries_of_groups (const GPtrArray *groups);

/* Before grading: what an earlier try left and would be taken for this one's, where this one has no score. */
gboolean grade_files_remove_old (const char *dir, guint formats, GError **error);
/* What has earlier points and is of none of the formats: DIR/NAME/grade.html …; name NULL: the batch's, DIR/canvas.csv …. */
gboolean grade_files_remove_stale (const char *dir, const char *name, guint formats, GError **error);
/* DIR/NAME/grade.json …, and of a batch of one DIR/results.json for Gradescope, DIR/result.json for Classroom 50. rubric: who may see a row at Gradescope; NULL without that format. */
gboolean grade_files_write_one (const char *dir, const GradeEntry *entry, const Rubric *rubric, guint formats, GError **error);
gboolean grade_files_write_gradescope (const char *dir, const Grade *grade, const Rubric *rubric, gboolean unfinished, GError **error);
/* DIR/grades.csv, of what is graded. */
gboolean grade_files_write_csv (const char *dir, const GPtrArray *entries, GError **error);
/* DIR/index.html, summary.md, junit.xml, canvas.csv, moodle.csv. */
gboolean grade_files_write_summary (const char *dir, const char *title, const Rubric *rubric, const GPtrArray *entries, guint formats, gint64 elapsed_ms, GError **error);

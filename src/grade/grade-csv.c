/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The grade sheet; see grade-csv.h. */
#include "grade/grade-csv.h"

#include "report/csv.h"

/* The file is UTF-8 whatever a name was. */
static void
put_text (GString *out, const char *text)
{
  g_autofree char *valid = g_utf8_make_valid (text, -1);
  g_string_append_c (out, ',');
  csv_text (out, valid);
}

static void
put_row (GString *out, const Grade *grade)
{
  g_autofree char *submission = g_utf8_make_valid (grade->submission, -1);
  g_autofree char *score = grade_is_scored (grade) ? grade_points_text (grade->points) : g_strdup ("");
  g_autofree char *max_score = grade_points_text (grade->max_points);
  const char *const fields[] = {
    score,           max_score,  verdict_name (grade->verdict), stage_name (grade->stage), blame_name (grade->blame),
    grade->leaf_map, grade->isa, grade->kernel,                 grade->fingerprint,
  };

  csv_text (out, submission);
  for (guint i = 0; i < G_N_ELEMENTS (fields); i++)
    put_text (out, fields[i]);
  g_string_append_c (out, '\n');
}

GString *
grades_csv (const GPtrArray *grades)
{
  GString *out = g_string_new ("submission,score,max_score,verdict,stage,blame,leaf_map,isa,kernel,fingerprint\n");

  for (guint i = 0; i < grades->len; i++)
    put_row (out, g_ptr_array_index (grades, i));
  return out;
}

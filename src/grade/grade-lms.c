/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lines of the platforms' sheets; see grade-lms.h. */
#include "grade/grade-lms.h"

#include <string.h>

#include "grade/grade-words.h"
#include "report/csv.h"

#define NEVER "-" /* what Moodle writes for a time that there is none of */

/* Who handed it in. */
typedef struct {
  char *name;
  const char *number; /* at the end of the submission's name */
} Who;

static void
who_clear (Who *who)
{
  g_free (who->name);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Who, who_clear)

/* "Jane Doe_1234567" */
static gboolean
read_who (const Grade *grade, Who *who)
{
  const char *line = strrchr (grade->submission, '_');

  if (!line || line == grade->submission || line[1] == '\0' || line[1 + strspn (line + 1, G_CSET_DIGITS)] != '\0')
    return FALSE;
  g_autofree char *name = g_strndup (grade->submission, (gsize) (line - grade->submission));
  who->name = g_utf8_make_valid (name, -1);
  who->number = line + 1;
  return TRUE;
}

static void
put_line (GString *out, const char *const *fields, guint n)
{
  for (guint i = 0; i < n; i++)
    {
      if (i > 0)
        g_string_append_c (out, ',');
      csv_text (out, fields[i]);
    }
  g_string_append_c (out, '\n');
}

static char *
scaled_points (const Grade *grade, gint64 most)
{
  return grade_points_text (grade->max_points > 0 ? (grade->points * most + grade->max_points / 2) / grade->max_points : 0);
}

GString *
grades_canvas (const GPtrArray *grades, const char *title, gint64 most)
{
  GString *out = g_string_new (NULL);
  g_autofree char *most_text = grade_points_text (most);
  const char *const head[] = { "Student", "ID", "SIS Login ID", "Section", title };
  const char *const possible[] = { "    Points Possible", "", "", "", most_text };

  put_line (out, head, G_N_ELEMENTS (head));
  put_line (out, possible, G_N_ELEMENTS (possible));
  for (guint i = 0; i < grades->len; i++)
    {
      const Grade *grade = g_ptr_array_index (grades, i);
      g_autofree char *points = scaled_points (grade, most);
      g_auto (Who) who = { 0 };

      if (!grade_is_scored (grade) || !read_who (grade, &who))
        continue;
      const char *const fields[] = { who.name, who.number, "", "", points };
      put_line (out, fields, G_N_ELEMENTS (fields));
    }
  return out;
}

GString *
grades_moodle (const GPtrArray *grades, gint64 most)
{
  static const char *const head[] = { "Identifier", "Full name", "Grade", "Maximum grade", "Last modified (grade)", "Feedback comments" };
  GString *out = g_string_new (NULL);
  g_autofree char *most_text = grade_points_text (most);

  put_line (out, head, G_N_ELEMENTS (head));
  for (guint i = 0; i < grades->len; i++)
    {
      const Grade *grade = g_ptr_array_index (grades, i);
      g_autofree char *points = scaled_points (grade, most);
      g_autofree char *reason = g_utf8_make_valid (grade->reason, -1);
      g_autofree char *identifier = NULL;
      g_auto (Who) who = { 0 };

      if (!grade_is_scored (grade) || !read_who (grade, &who))
        continue;
      identifier = g_strconcat ("Participant ", who.number, NULL);
      const char *const fields[] = { identifier, who.name, points, most_text, NEVER, reason };
      put_line (out, fields, G_N_ELEMENTS (fields));
    }
  return out;
}

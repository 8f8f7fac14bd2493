/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SARIF's members; see grade-sarif.h. */
#include "grade/grade-sarif.h"

#include <string.h>

#include "grade/diff-lines.h"
#include "grade/grade-words.h"
#include "grade/json-put.h"
#include "kernel/said-place.h"

#define SCHEMA "https://json.schemastore.org/sarif-2.1.0.json"
#define PLACES_MAX 100u   /* of a build's messages */

/* A place in the student's files; line 0: the file. */
typedef struct {
  char *path;
  guint64 line;
} Place;

static void
place_clear (Place *place)
{
  g_free (place->path);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Place, place_clear)

/* "arch/x86/kvm/cpuid.c:1510: …", as rows and compilers say it. *rest: behind the line's number. */
static gboolean
parse_place (const char *text, Place *place, const char **rest)
{
  return said_place (text, &place->path, &place->line, rest) && !strchr (place->path, ' ') && place->line > 0 && place->line < G_MAXINT32 && **rest == ':';
}

static void
put_place (JsonPut *json, const Place *place)
{
  /* A path with letters that a URI has not is written as a URI writes them. */
  g_autofree char *uri = g_uri_escape_string (place->path, "/", FALSE);

  json_put_begin (json, NULL, '{');
  json_put_begin (json, "physicalLocation", '{');
  json_put_begin_flat (json, "artifactLocation", '{');
  json_put_text (json, "uri", uri);
  json_put_end (json, '}');
  if (place->line > 0)
    {
      json_put_begin_flat (json, "region", '{');
      json_put_number (json, "startLine", (gint64) place->line);
      json_put_end (json, '}');
    }
  json_put_end (json, '}');
  json_put_end (json, '}');
}

/* A result without a place makes GitHub refuse the whole file: places is not empty. The first is where it is shown. */
static void
put_result (JsonPut *json, const char *rule, const char *level, const char *message, const GArray *places)
{
  json_put_begin (json, NULL, '{');
  json_put_text (json, "ruleId", rule);
  json_put_text (json, "level", level);
  json_put_begin_flat (json, "message", '{');
  json_put_text (json, "text", message);
  json_put_end (json, '}');
  json_put_begin (json, "locations", '[');
  put_place (json, &g_array_index (places, Place, 0));
  json_put_end (json, ']');
  if (places->len > 1)
    json_put_begin (json, "relatedLocations", '[');
  for (guint i = 1; i < places->len; i++)
    put_place (json, &g_array_index (places, Place, i));
  if (places->len > 1)
    json_put_end (json, ']');
  json_put_end (json, '}');
}

/* What is no place is not added. Returns what stands behind it; NULL: nothing was added. */
static const char *
add_place (GArray *places, const char *text)
{
  g_auto (Place) place = { 0 };
  const char *rest;

  if (!parse_place (text, &place, &rest))
    return NULL;
  g_array_append_val (places, place);
  place.path = NULL; /* the array's now */
  return rest;
}

static GArray *
places_new (void)
{
  GArray *places = g_array_new (FALSE, FALSE, sizeof (Place));

  g_array_set_clear_func (places, (GDestroyNotify) place_clear);
  return places;
}

/* Where no line is known: the change's first file, if there is one. */
static gboolean
need_place (GArray *places, const Grade *grade)
{
  if (places->len > 0)
    return TRUE;
  g_autoptr (GPtrArray) lines = diff_lines (grade->carried);
  Place place = { 0 };
  if (lines->len == 0)
    return FALSE;
  place.path = g_strdup (((const DiffLine *) g_ptr_array_index (lines, 0))->path);
  g_array_append_val (places, place);
  return TRUE;
}

static void
put_row (JsonPut *json, const Grade *grade, const GradeRow *row)
{
  g_autofree char *points = grade_points_text (row->points), *max_points = grade_points_text (row->max_points);
  g_autofree char *message = g_strdup_printf ("%s, %s of %s points: %s", words_row_title (row->kind), points, max_points, row->reason);
  g_autoptr (GArray) places = places_new ();

  for (guint i = 0; i < row->where->len; i++)
    add_place (places, g_ptr_array_index (row->where, i));
  if (need_place (places, grade))
    put_result (json, row_name (row->kind), "warning", message, places);
}

/* Of "cpuid.c:17:5: error: …" what comes behind the line and the column. */
static const char *
message_of (const char *rest)
{
  while (*rest == ':' || g_ascii_isdigit (*rest))
    rest++;
  return rest + strspn (rest, " ");
}

/* What the compiler said, line by line, each where it said it; else the one sentence that ended the grading. */
static void
put_stage (JsonPut *json, const Grade *grade)
{
  const char *level = grade_is_scored (grade) ? "error" : "note";
  guint more, found = 0;
  g_auto (GStrv) lines = words_lines (grade->details ? grade->details : "", PLACES_MAX, &more);

  for (char **line = lines; *line; line++)
    {
      g_autoptr (GArray) places = places_new ();
      const char *rest = add_place (places, *line);

      if (!rest)
        continue;
      put_result (json, stage_name (grade->stage), level, message_of (rest), places);
      found++;
    }
  g_autoptr (GArray) places = places_new ();
  if (found == 0 && need_place (places, grade))
    put_result (json, stage_name (grade->stage), level, grade->reason, places);
}

static void
put_rule (JsonPut *json, const char *id, const char *about)
{
  json_put_begin (json, NULL, '{');
  json_put_text (json, "id", id);
  json_put_begin_flat (json, "shortDescription", '{');
  json_put_text (json, "text", about);
  json_put_end (json, '}');
  json_put_end (json, '}');
}

/* That it ended before the rows, with the reason, is told even where no line can be. */
static void
put_invocation (JsonPut *json, const Grade *grade)
{
  json_put_begin (json, "invocations", '[');
  json_put_begin (json, NULL, '{');
  json_put_flag (json, "executionSuccessful", grade_is_scored (grade));
  json_put_begin (json, "toolExecutionNotifications", '[');
  json_put_begin (json, NULL, '{');
  json_put_text (json, "level", "note");
  json_put_begin_flat (json, "message", '{');
  json_put_text (json, "text", grade->reason);
  json_put_end (json, '}');
  json_put_end (json, '}');
  json_put_end (json, ']');
  json_put_end (json, '}');
  json_put_end (json, ']');
}

static void
put_tool (JsonPut *json, const Grade *grade)
{
  json_put_begin (json, "tool", '{');
  json_put_begin (json, "driver", '{');
  json_put_text (json, "name", "harness grade");
  json_put_text (json, "version", HARNESS_VERSION);
  json_put_begin (json, "rules", '[');
  if (grade->stage != STAGE_CHECKS || !grade_is_scored (grade))
    put_rule (json, stage_name (grade->stage), "The stage of grading at which it ended.");
  for (guint i = 0; i < grade->rows->len; i++)
    {
      const GradeRow *row = g_ptr_array_index (grade->rows, i);

      put_rule (json, row_name (row->kind), words_row_about (row->kind));
    }
  json_put_end (json, ']');
  json_put_end (json, '}');
  json_put_end (json, '}');
}

GString *
grade_sarif (const Grade *grade)
{
  JsonPut json = { .out = g_string_new (NULL) };

  json_put_begin (&json, NULL, '{');
  json_put_text (&json, "$schema", SCHEMA);
  json_put_text (&json, "version", "2.1.0");
  json_put_begin (&json, "runs", '[');
  json_put_begin (&json, NULL, '{');
  put_tool (&json, grade);
  put_invocation (&json, grade);
  json_put_begin (&json, "results", '[');
  if (grade->stage != STAGE_CHECKS || !grade_is_scored (grade))
    put_stage (&json, grade);
  for (guint i = 0; grade_is_scored (grade) && i < grade->rows->len; i++)
    if (words_row_lost (g_ptr_array_index (grade->rows, i)))
      put_row (&json, grade, g_ptr_array_index (grade->rows, i));
  json_put_end (&json, ']');
  json_put_end (&json, '}');
  json_put_end (&json, ']');
  json_put_end (&json, '}');
  return json.out;
}

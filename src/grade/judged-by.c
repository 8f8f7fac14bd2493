/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a grade was judged by, as JSON and back; see moved.h. */
#include <string.h>

#include "base/error.h"
#include "grade/json-put.h"
#include "grade/json-take.h"
#include "grade/moved.h"

#define SCHEMA "judged-1"
#define DEPTH_MAX 1u

/* The members, in the order of the file. */
#define MEMBERS 9u
typedef struct {
  const char *name;
  char **text;
} Member;

static void
members_of (JudgedBy *by, Member members[MEMBERS])
{
  const Member all[MEMBERS] = {
    { "submission", &by->submission }, { "given", &by->given },     { "sha256", &by->sha256 },
    { "harness", &by->harness },       { "build", &by->build },     { "rubric", &by->rubric },
    { "leaf_maps", &by->leaf_maps },   { "reasons", &by->reasons }, { "leaf_map", &by->leaf_map },
  };

  memcpy (members, all, sizeof all);
}

JudgedBy *
judged_by_new (void)
{
  JudgedBy *by = g_new0 (JudgedBy, 1);
  Member members[MEMBERS];

  members_of (by, members);
  for (guint i = 0; i < MEMBERS; i++)
    *members[i].text = g_strdup ("");
  return by;
}

void
judged_by_free (JudgedBy *by)
{
  Member members[MEMBERS];

  if (!by)
    return;
  members_of (by, members);
  for (guint i = 0; i < MEMBERS; i++)
    g_free (*members[i].text);
  g_free (by);
}

JudgedBy *
judged_by_copy (const JudgedBy *by)
{
  JudgedBy *copy = judged_by_new ();
  Member from[MEMBERS], to[MEMBERS];

  members_of ((JudgedBy *) by, from);
  members_of (copy, to);
  for (guint i = 0; i < MEMBERS; i++)
    grade_set_text (to[i].text, *from[i].text);
  return copy;
}

GString *
judged_by_json (const JudgedBy *by)
{
  JsonPut json = { .out = g_string_new (NULL) };
  Member members[MEMBERS];

  members_of ((JudgedBy *) by, members);
  json_put_begin (&json, NULL, '{');
  json_put_text (&json, "schema", SCHEMA);
  for (guint i = 0; i < MEMBERS; i++)
    json_put_text (&json, members[i].name, *members[i].text);
  json_put_end (&json, '}');
  return json.out;
}

gboolean
judged_by_read (const char *text, gsize size, JudgedBy **by, GError **error)
{
  g_autoptr (JsonParser) parser = NULL;
  g_autoptr (JudgedBy) read = judged_by_new ();
  g_autofree char *schema = NULL;
  Member members[MEMBERS];

  if (!json_take_open (text, size, JUDGED_JSON_MAX, DEPTH_MAX, &parser, error) ||
      !json_take_text (json_take_root (parser), "schema", &schema, error))
    return FALSE;
  if (strcmp (schema, SCHEMA) != 0)
    return fail (error, HARNESS_ERROR_FAILED,
                 "schema \"%s\" is not %s: another version of the harness wrote it", schema, SCHEMA);
  members_of (read, members);
  for (guint i = 0; i < MEMBERS; i++)
    if (!json_take_text (json_take_root (parser), members[i].name, members[i].text, error))
      return FALSE;
  *by = g_steal_pointer (&read);
  return TRUE;
}

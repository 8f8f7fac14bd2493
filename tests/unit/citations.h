/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The citations of answers.md (src/report/answers-parts.h says how they read) against the files that they name. */
#pragma once
#include "unit/unit.h"

/* The content of LAB/FILE, newly allocated, or NULL if there is no such file; "" for one that is not to be looked into. */
typedef char *(*CitedFile) (const char *lab, const char *file, gpointer user);

/* "column=value", "column<=value" or "first N rows", for a row (its place counted from 0 in the file). */
static inline gboolean
citation_holds (const char *condition, char **head, char **fields, guint place)
{
  g_auto (GStrv) sides = g_strsplit (condition, "=", 2);
  guint first;

  if (sscanf (condition, "first %u rows", &first) == 1)
    return place < first;
  if (g_strv_length (sides) != 2)
    fail_msg ("\"%s\" is no condition", condition);
  if (g_str_has_suffix (sides[0], "<"))
    return TRUE;
  for (guint i = 0; head[i] != NULL && fields[i] != NULL; i++)
    if (strcmp (head[i], sides[0]) == 0)
      return g_str_has_suffix (sides[1], "…") ? strncmp (fields[i], sides[1], strlen (sides[1]) - strlen ("…")) == 0
                                              : strcmp (fields[i], sides[1]) == 0;
  return FALSE;
}

static inline gboolean
citation_picks (const char *rows, const char *csv)
{
  g_auto (GStrv) lines = g_strsplit (csv, "\n", -1);
  g_auto (GStrv) head = g_strsplit (lines[0], ",", -1);
  g_auto (GStrv) conditions = g_strsplit (rows, ", ", -1);

  for (guint i = 1; lines[i] != NULL && lines[i][0] != '\0'; i++)
    {
      g_auto (GStrv) fields = g_strsplit (lines[i], ",", -1);
      gboolean all = TRUE;
      for (guint c = 0; conditions[c] != NULL; c++)
        all = all && citation_holds (conditions[c], head, fields, i - 1);
      if (all)
        return TRUE;
    }
  return FALSE;
}

static inline void
assert_citation (const char *lab, const char *file, const char *rows, CitedFile cited, gpointer user)
{
  g_autofree char *csv = cited (lab, file, user);
  g_auto (GStrv) picks = g_strsplit (rows, "; ", -1);

  if (csv == NULL)
    fail_msg ("%s/%s is cited, and is not there", lab, file);
  if (csv[0] == '\0' || strcmp (rows, "all rows") == 0 || strcmp (rows, "last row") == 0 || g_str_has_suffix (rows, "no row"))
    return;
  for (guint i = 0; picks[i] != NULL; i++)
    if (!citation_picks (picks[i], csv))
      fail_msg ("%s/%s has no row with %s", lab, file, picks[i]);
}

/* Every citation is of a row that is there. Returns how many there are. */
static inline guint
assert_citations (const char *text, CitedFile cited, gpointer user)
{
  g_autoptr (GRegex) regex = g_regex_new ("\\[([a-z]+)/([a-z.-]+): ([^]]+)\\]", 0, 0, NULL);
  g_autoptr (GMatchInfo) match = NULL;
  guint n = 0;

  for (g_regex_match (regex, text, 0, &match); g_match_info_matches (match); g_match_info_next (match, NULL))
    {
      g_autofree char *lab = g_match_info_fetch (match, 1), *file = g_match_info_fetch (match, 2), *rows = g_match_info_fetch (match, 3);
      assert_citation (lab, file, rows, cited, user);
      n++;
    }
  return n;
}

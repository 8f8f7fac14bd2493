/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Assignments by name; see asked.h. A name is read as words: runs of letters and of digits, in lower case, numbers without leading zeros. */
#include "submission/asked.h"

#include <string.h>

#define NUMBER_MAX_DIGITS 2u /* more are a course's, a year or an id */

static const char *const markers[] = {
  "a", "as", "asg", "asgn", "asn", "assgn", "assign", "assignment", "assignments", "assigment", "assignement", "hw", "homework", "lab", "labwork",
  "prog", "proj", "project", "task", "ex", "exercise", "pa", "ps", "pset", "problem", "milestone", NULL,
};
static const char *const numerals[][2] = { { "one", "1" }, { "two", "2" }, { "three", "3" }, { "four", "4" }, { "five", "5" }, { "six", "6" },
                                           { "i", "1" },   { "ii", "2" },  { "iii", "3" },   { "iv", "4" },   { "v", "5" },    { "vi", "6" } };

/* --- words ------------------------------------------------------------------------------------ */

static gboolean
is_number (const char *word)
{
  return g_ascii_isdigit (word[0]);
}

static gboolean
is_small (const char *word)
{
  return is_number (word) && strlen (word) <= NUMBER_MAX_DIGITS;
}

static gboolean
is_marker (const char *word)
{
  return g_strv_contains (markers, word);
}

static char *
lower_word (const char *text, gsize length)
{
  g_autofree char *word = g_ascii_strdown (text, (gssize) length);
  if (!is_number (word))
    return g_steal_pointer (&word);
  const char *digits = word + strspn (word, "0");
  return g_strdup (*digits != '\0' ? digits : "0");
}

/* "Assignment Two" is "assignment", "2". */
static void
read_numerals (GPtrArray *words)
{
  for (guint i = 1; i < words->len; i++)
    {
      char **word = (char **) &g_ptr_array_index (words, i);
      for (guint n = 0; n < G_N_ELEMENTS (numerals) && is_marker (g_ptr_array_index (words, i - 1)); n++)
        {
          if (strcmp (*word, numerals[n][0]) != 0)
            continue;
          g_free (*word);
          *word = g_strdup (numerals[n][1]);
        }
    }
}

static GPtrArray *
words_of (const char *name)
{
  GPtrArray *words = g_ptr_array_new_with_free_func (g_free);
  while (*name != '\0')
    {
      const char *end = name;
      const gboolean digit = g_ascii_isdigit (*name);
      while (digit ? g_ascii_isdigit (*end) : g_ascii_isalpha (*end))
        end++;
      if (end > name)
        g_ptr_array_add (words, lower_word (name, (gsize) (end - name)));
      name = end > name ? end : name + 1;
    }
  read_numerals (words);
  return words;
}

/* --- numbers ---------------------------------------------------------------------------------- */

/* The number of the assignment that a name speaks of: after a marker ("hw-2"), after a course's number ("cmpe283-2"), or a folder that is a number. */
static const char *
number_of (const GPtrArray *words, gboolean is_file)
{
  for (guint i = words->len; i > 1; i--)
    {
      const char *word = g_ptr_array_index (words, i - 1), *before = g_ptr_array_index (words, i - 2);
      if (is_small (word) && (is_marker (before) || (is_number (before) && strlen (before) == 3 && !is_file)))
        return word;
    }
  if (is_file)
    return NULL;
  return words->len == 1 && is_small (g_ptr_array_index (words, 0)) ? g_ptr_array_index (words, 0) : NULL;
}

/* Do the words of `name` stand in a row among them? */
static gboolean
has_words (const GPtrArray *words, const GPtrArray *name)
{
  for (guint at = 0; name->len > 0 && at + name->len <= words->len; at++)
    {
      guint same = 0;
      while (same < name->len && strcmp (g_ptr_array_index (words, at + same), g_ptr_array_index (name, same)) == 0)
        same++;
      if (same == name->len)
        return TRUE;
    }
  return FALSE;
}

/* Of one folder's or file's name. */
static Asked
asked_of_part (const char *part, gboolean is_file, const char *const *names)
{
  g_autoptr (GPtrArray) words = words_of (part);
  const char *number = number_of (words, is_file);
  for (; *names != NULL; names++)
    {
      g_autoptr (GPtrArray) name = words_of (*names);
      const char *last = name->len > 0 ? g_ptr_array_index (name, name->len - 1) : "";
      if (has_words (words, name) || (number != NULL && is_small (last) && strcmp (number, last) == 0))
        return ASKED_THIS;
    }
  return number != NULL ? ASKED_OTHER : ASKED_UNSAID;
}

Asked
asked_of (const char *path, const char *const *names)
{
  g_auto (GStrv) parts = g_strsplit (path, "/", -1);
  const guint n = g_strv_length (parts);
  Asked asked = ASKED_UNSAID;
  for (guint i = n; i > 0 && asked == ASKED_UNSAID && names != NULL; i--)
    {
      /* "0002-hw3.patch" is the second of a series. */
      const gboolean in_series = i == n && strspn (parts[i - 1], "0123456789") == 4;
      if (!in_series)
        asked = asked_of_part (parts[i - 1], i == n, names);
    }
  return asked;
}

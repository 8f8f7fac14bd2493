/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Myers' greedy algorithm (An O(ND) difference algorithm and its variations, 1986); see line-match.h. */
#include "submission/line-match.h"

#include <string.h>

#include "submission/csource.h"

#define LINES_MAX 20000
#define EDITS_MAX 2000 /* its square, in 4-byte words, is the memory that is needed */

typedef struct
{
  const guint *a, *b;
  gint a_count, b_count;
  GPtrArray *trace; /* of gint *: the furthest ends after d edits, diagonals -d…d */
} Match;

static guint *
intern (GHashTable *numbers, const char *const *lines, guint count)
{
  guint *out = g_new (guint, count + 1);
  for (guint i = 0; i < count; i++)
    {
      guint number = GPOINTER_TO_UINT (g_hash_table_lookup (numbers, lines[i]));
      if (number == 0)
        {
          number = g_hash_table_size (numbers) + 1;
          g_hash_table_insert (numbers, (gpointer) lines[i], GUINT_TO_POINTER (number));
        }
      out[i] = number;
    }
  return out;
}

static gint
follow_diagonal (const Match *match, gint x, gint y)
{
  while (x < match->a_count && y < match->b_count && match->a[x] == match->b[y])
    {
      x++;
      y++;
    }
  return x;
}

/* Where one may come from on diagonal k: TRUE if downwards, by a line of b. */
static gboolean
comes_down (const gint *before, gint d, gint k)
{
  return k == -d || (k != d && before[k - 1 + d - 1] < before[k + 1 + d - 1]);
}

static gboolean
search (Match *match)
{
  for (gint d = 0; d <= EDITS_MAX; d++)
    {
      gint *ends = g_new (gint, 2 * (gsize) d + 1);
      const gint *before = d > 0 ? g_ptr_array_index (match->trace, d - 1) : NULL;
      gboolean done = FALSE;
      g_ptr_array_add (match->trace, ends);
      for (gint k = -d; k <= d; k += 2)
        {
          /* Of diagonals in between nothing was set: only those of d's parity are looked at. */
          gint x = d == 0 ? 0 : comes_down (before, d, k) ? before[k + 1 + d - 1] : before[k - 1 + d - 1] + 1;
          x = x - k > match->b_count || x > match->a_count ? x : follow_diagonal (match, x, x - k);
          ends[k + d] = x;
          done |= x >= match->a_count && x - k >= match->b_count;
        }
      if (done)
        return TRUE;
    }
  return FALSE;
}

static void
walk_back (const Match *match, gint offset_a, gint offset_b, gint *partner_a)
{
  gint x = match->a_count, y = match->b_count;
  for (gint d = (gint) match->trace->len - 1; d >= 0; d--)
    {
      const gint *before = d > 0 ? g_ptr_array_index (match->trace, d - 1) : NULL;
      const gint k = x - y;
      const gboolean down = d > 0 && comes_down (before, d, k);
      const gint from = d == 0 ? 0 : down ? before[k + 1 + d - 1] : before[k - 1 + d - 1] + 1;
      for (; x > from && x > 0 && y > 0; x--, y--)
        partner_a[offset_a + x - 1] = offset_b + y - 1;
      if (d > 0 && down)
        y--;
      else if (d > 0)
        x--;
    }
}

static gboolean
match_middle (const guint *a, guint a_count, const guint *b, guint b_count, gint offset, gint *partner_a)
{
  Match match = { .a = a, .b = b, .a_count = (gint) a_count, .b_count = (gint) b_count, .trace = g_ptr_array_new_with_free_func (g_free) };
  const gboolean found = search (&match);
  if (found)
    walk_back (&match, offset, offset, partner_a);
  g_ptr_array_unref (match.trace);
  return found;
}

gboolean
line_match (const char *const *a, guint a_count, const char *const *b, guint b_count, gint *partner_a)
{
  if (a_count > LINES_MAX || b_count > LINES_MAX)
    return FALSE;
  g_autoptr (GHashTable) numbers = g_hash_table_new (c_word_hash, g_str_equal);
  g_autofree guint *na = intern (numbers, a, a_count);
  g_autofree guint *nb = intern (numbers, b, b_count);
  guint head = 0, tail = 0;
  while (head < a_count && head < b_count && na[head] == nb[head])
    head++;
  while (tail < a_count - head && tail < b_count - head && na[a_count - 1 - tail] == nb[b_count - 1 - tail])
    tail++;
  for (guint i = 0; i < a_count; i++)
    partner_a[i] = i < head ? (gint) i : i >= a_count - tail ? (gint) (i + b_count - a_count) : LINE_MATCH_NONE;
  return match_middle (na + head, a_count - head - tail, nb + head, b_count - head - tail, (gint) head, partner_a);
}

/* --- likeness --------------------------------------------------------------------------------- */

static void
add_words (const char *line, gboolean keywords, GHashTable *words)
{
  g_auto (GStrv) parts = g_strsplit (line, " ", -1);
  for (char **part = parts; *part != NULL; part++)
    {
      if ((g_ascii_isalnum (**part) || **part == '_') && c_is_keyword (*part) == keywords)
        g_hash_table_add (words, g_strdup (*part));
    }
}

guint
line_likeness (const char *a, const char *b)
{
  g_autoptr (GHashTable) have = c_words_new ();
  g_autoptr (GHashTable) want = c_words_new ();
  GHashTableIter iter;
  gpointer word;
  guint common = 0;
  add_words (b, FALSE, want);
  if (g_hash_table_size (want) == 0)
    return strcmp (a, b) == 0 ? 100 : 0;
  add_words (a, FALSE, have);
  g_hash_table_iter_init (&iter, want);
  while (g_hash_table_iter_next (&iter, &word, NULL))
    common += g_hash_table_contains (have, word) ? 1 : 0;
  return common * 100 / g_hash_table_size (want);
}

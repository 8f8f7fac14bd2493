/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The longest common subsequence of statements, by weight; see statement-match.h. */
#include "submission/statement-match.h"

#include <string.h>

#define SAME 40u       /* a statement that is the same */
#define SAME_BELOW 4u  /* and all below it */
#define LIKE_MIN 50u   /* percent, of tokens */
#define LIKE_WEIGHT 30u

typedef struct
{
  const GPtrArray *a, *b;
  const Statement *const *like;
  guint *budget;
  guint32 *scores; /* of pairs, a->len * b->len */
  guint32 *best;   /* of the rest of both from a pair on, (a->len + 1) * (b->len + 1) */
} Table;

static guint32 list_score (const GPtrArray *a, const GPtrArray *b, guint *budget);

static const Statement *
at (const GPtrArray *list, guint index)
{
  return g_ptr_array_index (list, index);
}

static guint
token_count (const Statement *statement, const CToken *wanted, const CSource *source)
{
  guint count = 0;
  for (guint i = statement->first; i < statement->head_end; i++)
    {
      const CToken *token = &g_array_index (statement->source->tokens, CToken, i);
      const guint length = token->end - token->start;
      count += length == wanted->end - wanted->start
                   && memcmp (statement->source->text + token->start, source->text + wanted->start, length) == 0
                 ? 1 : 0;
    }
  return count;
}

guint
statement_likeness (const Statement *a, const Statement *b)
{
  const guint all = (a->head_end - a->first) + (b->head_end - b->first);
  guint common = 0, words = 0;
  if (all == 0 || all > 400)
    return 0;
  for (guint i = a->first; i < a->head_end; i++)
    {
      const CToken *token = &g_array_index (a->source->tokens, CToken, i);
      guint before = 0;
      for (guint j = a->first; j < i; j++)
        {
          const CToken *other = &g_array_index (a->source->tokens, CToken, j);
          before += other->end - other->start == token->end - token->start
                        && memcmp (a->source->text + other->start, a->source->text + token->start, token->end - token->start) == 0
                      ? 1 : 0;
        }
      if (token_count (b, token, a->source) <= before)
        continue;
      common++;
      words += token->kind != C_PUNCTUATION ? 1 : 0;
    }
  return words > 0 ? common * 200 / all : 0;
}

static guint32
pair_score (const Statement *a, const Statement *b, const Statement *like, guint *budget)
{
  if (a->key == b->key && (a->children == NULL) == (b->children == NULL))
    {
      if (statement_same (a, b))
        return SAME * statement_count (a) + SAME_BELOW;
      return SAME + list_score (a->children, b->children, budget);
    }
  if (like == NULL || (a->children == NULL) != (b->children == NULL) || statement_is_declaration (like) != statement_is_declaration (b))
    return 0;
  const guint likeness = statement_likeness (like, b);
  return likeness >= LIKE_MIN ? likeness * LIKE_WEIGHT / 100 : 0;
}

static gboolean
spend (guint *budget, gsize amount)
{
  if (amount > *budget)
    {
      *budget = 0;
      return FALSE;
    }
  *budget -= (guint) amount;
  return TRUE;
}

static gboolean
fill (Table *table)
{
  const guint n = table->a->len, m = table->b->len;
  if (!spend (table->budget, ((gsize) n + 1) * (m + 1)))
    return FALSE;
  table->scores = g_new0 (guint32, (gsize) n * m + 1);
  table->best = g_new0 (guint32, ((gsize) n + 1) * (m + 1));
  for (guint i = n; i-- > 0;)
    for (guint j = m; j-- > 0;)
      {
        const guint32 score = pair_score (at (table->a, i), at (table->b, j), table->like != NULL ? table->like[i] : NULL, table->budget);
        const guint32 skip = MAX (table->best[(i + 1) * (m + 1) + j], table->best[i * (m + 1) + j + 1]);
        table->scores[i * m + j] = score;
        table->best[i * (m + 1) + j] = MAX (skip, score > 0 ? score + table->best[(i + 1) * (m + 1) + j + 1] : 0);
      }
  return TRUE;
}

static void
table_clear (Table *table)
{
  g_free (table->scores);
  g_free (table->best);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Table, table_clear)

static guint32
list_score (const GPtrArray *a, const GPtrArray *b, guint *budget)
{
  g_auto (Table) table = { .a = a, .b = b, .budget = budget };
  return fill (&table) ? table.best[0] : 0;
}

gboolean
statement_match (const GPtrArray *a, const GPtrArray *b, const Statement *const *like, guint *budget, gint *partner)
{
  g_auto (Table) table = { .a = a, .b = b, .like = like, .budget = budget };
  const guint n = a->len, m = b->len;
  for (guint i = 0; i < n; i++)
    partner[i] = -1;
  if (!fill (&table))
    return FALSE;
  for (guint i = 0, j = 0; i < n && j < m;)
    {
      const guint32 here = table.best[i * (m + 1) + j], score = table.scores[i * m + j];
      if (score > 0 && here == score + table.best[(i + 1) * (m + 1) + j + 1])
        partner[i++] = (gint) j++;
      else if (here == table.best[(i + 1) * (m + 1) + j])
        i++;
      else
        j++;
    }
  return *budget > 0;
}

/* All below, of those lists' statements that are not matched, and of those below matched ones. */
static gboolean
lists_distance (const GPtrArray *a, const GPtrArray *b, guint *budget, guint *only_a, guint *only_b)
{
  g_autofree gint *partner = g_new (gint, a->len + 1);
  g_autofree gboolean *taken = g_new0 (gboolean, b->len + 1);
  if (!statement_match (a, b, NULL, budget, partner))
    return FALSE;
  for (guint i = 0; i < a->len; i++)
    {
      if (partner[i] < 0)
        {
          *only_a += statement_count (at (a, i));
          continue;
        }
      taken[partner[i]] = TRUE;
      const Statement *other = at (b, (guint) partner[i]);
      if (!statement_same (at (a, i), other) && !lists_distance (at (a, i)->children, other->children, budget, only_a, only_b))
        return FALSE;
    }
  for (guint j = 0; j < b->len; j++)
    *only_b += taken[j] ? 0 : statement_count (at (b, j));
  return TRUE;
}

gboolean
statement_distance (const Statement *a, const Statement *b, guint *budget, guint *only_a, guint *only_b)
{
  *only_a = *only_b = 0;
  if (a->children == NULL || b->children == NULL)
    {
      *only_a = *only_b = statement_same (a, b) ? 0 : 1;
      return TRUE;
    }
  return lists_distance (a->children, b->children, budget, only_a, only_b);
}

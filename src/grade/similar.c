/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Weighted Jaccard over shingles, by an inverted index: all postings in one sorted array, and for each submission one walk over what it shares.
 *
 * A shingle weighs log2 (N / df) bits: N submissions, df of which have it. What the assignment makes everybody write (the test of the leaf, the four registers)
 * is in most of them and weighs next to nothing, so that short answers do not look alike for being answers; the odd name of a helper's
 * sequence of statements, in two of 150, weighs six. In a small batch rarity is not known: N is at least BATCH_MIN.
 *
 * THRESHOLD: one token changed spoils SHINGLE shingles of the copy and as many of the original. Of a common answer of 60 lines, some 600 tokens, 20 changes that lie
 * apart spoil 200 shingles: 400 / (400 + 200 + 200) = 0.5. Who changes more than every third line, names and layout not counted, has done work of their own. Answers
 * written independently share what is obligatory, that is, little of the weight: in the tests' batch of such ones the likest pair has below 0.2.
 * SHARED_MIN: and there must be enough to be alike at all. 100 bits are 17 shingles that only two of 64 have, some three lines; a pair below that may be chance.
 */
#include "grade/similar.h"

#include <math.h>

#include "grade/similar-tokens.h"

#define BATCH_MIN 32u
#define THRESHOLD 0.5
#define SHARED_MIN 100.0

typedef struct {
  guint64 hash;
  guint place; /* in the batch */
  guint end;   /* of those with this hash, in the sorted array */
  float bits;
} Posting;

static int
compare_postings (gconstpointer a, gconstpointer b)
{
  const Posting *x = a, *y = b;

  if (x->hash != y->hash)
    return x->hash < y->hash ? -1 : 1;
  return x->place < y->place ? -1 : x->place > y->place;
}

static GArray *
collect (const char *const *diffs, guint n)
{
  GArray *postings = g_array_new (FALSE, FALSE, sizeof (Posting));

  for (guint i = 0; i < n; i++)
    {
      g_autoptr (GArray) shingles = similar_shingles (diffs[i]);
      for (guint s = 0; s < shingles->len; s++)
        {
          const Posting posting = { .hash = g_array_index (shingles, guint64, s), .place = i };
          g_array_append_val (postings, posting);
        }
    }
  g_array_sort (postings, compare_postings);
  return postings;
}

/* Fills in where each hash's postings end and what it weighs; *totals: of each submission. */
static void
weigh (GArray *postings, guint n, double *totals)
{
  const double batch = MAX (n, BATCH_MIN);

  for (guint i = 0, end; i < postings->len; i = end)
    {
      for (end = i + 1; end < postings->len && g_array_index (postings, Posting, end).hash == g_array_index (postings, Posting, i).hash; end++)
        ;
      const float bits = (float) log2 (batch / (end - i));
      for (guint p = i; p < end; p++)
        {
          Posting *posting = &g_array_index (postings, Posting, p);
          posting->end = end;
          posting->bits = bits;
          totals[posting->place] += bits;
        }
    }
}

/* The postings of each submission, one after the other; starts has n + 1 elements. */
static guint *
by_place (const GArray *postings, guint n, guint *starts)
{
  guint *order = g_new (guint, postings->len + 1);
  g_autofree guint *next = g_new0 (guint, n + 1);

  for (guint i = 0; i < postings->len; i++)
    starts[g_array_index (postings, Posting, i).place + 1]++;
  for (guint i = 0; i < n; i++)
    {
      starts[i + 1] += starts[i];
      next[i] = starts[i];
    }
  for (guint i = 0; i < postings->len; i++)
    order[next[g_array_index (postings, Posting, i).place]++] = i;
  return order;
}

static int
compare_pairs (gconstpointer a, gconstpointer b)
{
  const SimilarPair *x = a, *y = b;

  if (x->value != y->value)
    return x->value > y->value ? -1 : 1;
  if (x->a != y->a)
    return x->a < y->a ? -1 : 1;
  return x->b < y->b ? -1 : x->b > y->b;
}

GArray *
similar_pairs (const char *const *diffs, guint n)
{
  GArray *pairs = g_array_new (FALSE, FALSE, sizeof (SimilarPair));
  g_autoptr (GArray) postings = collect (diffs, n);
  g_autofree double *totals = g_new0 (double, n + 1), *shared = g_new0 (double, n + 1);
  g_autofree guint *starts = g_new0 (guint, n + 2);

  weigh (postings, n, totals);
  g_autofree guint *order = by_place (postings, n, starts);
  for (guint a = 0; a < n; a++)
    {
      for (guint b = a + 1; b < n; b++)
        shared[b] = 0;
      for (guint i = starts[a]; i < starts[a + 1]; i++)
        {
          const Posting *posting = &g_array_index (postings, Posting, order[i]);
          for (guint p = order[i] + 1; posting->bits > 0 && p < posting->end; p++)
            shared[g_array_index (postings, Posting, p).place] += (double) posting->bits;
        }
      for (guint b = a + 1; b < n; b++)
        {
          const SimilarPair pair = { a, b, shared[b] > 0 ? shared[b] / (totals[a] + totals[b] - shared[b]) : 0 };
          if (pair.value >= THRESHOLD && shared[b] >= SHARED_MIN)
            g_array_append_val (pairs, pair);
        }
    }
  g_array_sort (pairs, compare_pairs);
  return pairs;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What an item of the student's may have been made from: the lab's, the base's, all versions'; see transplant-private.h. */
#include <string.h>

#include "submission/kvm-changes.h"
#include "submission/statement-match.h"
#include "submission/transplant-private.h"

#define BETWEEN_EXACT_MIN 2u /* statements: one alone may be the student's, in a file that is of a version otherwise */

void
origins_clear (Origins *origins)
{
  g_clear_pointer (&origins->trees, g_ptr_array_unref);
  g_clear_pointer (&origins->owned, g_ptr_array_unref);
  g_clear_pointer (&origins->of_version, g_ptr_array_unref);
  g_clear_pointer (&origins->known, g_hash_table_unref);
}

static void
count_keys (GHashTable *counts, const Statement *statement)
{
  const gpointer key = GUINT_TO_POINTER (statement->key);
  g_hash_table_insert (counts, key, GUINT_TO_POINTER (GPOINTER_TO_UINT (g_hash_table_lookup (counts, key)) + 1));
  for (guint i = 0; statement->children != NULL && i < statement->children->len; i++)
    count_keys (counts, g_ptr_array_index (statement->children, i));
}

/* Of each key how often one version has it at most. */
static void
learn_keys (GHashTable *known, const Statement *statement)
{
  g_autoptr (GHashTable) counts = g_hash_table_new (g_direct_hash, g_direct_equal);
  GHashTableIter iter;
  gpointer key, count;
  count_keys (counts, statement);
  g_hash_table_iter_init (&iter, counts);
  while (g_hash_table_iter_next (&iter, &key, &count))
    {
      const guint most = GPOINTER_TO_UINT (g_hash_table_lookup (known, key));
      g_hash_table_insert (known, key, GUINT_TO_POINTER (MAX (most, GPOINTER_TO_UINT (count))));
    }
}

static void
add_origin (Origins *origins, Statement *tree)
{
  g_ptr_array_add (origins->trees, tree);
  if (origins->known != NULL)
    learn_keys (origins->known, tree);
}

/* Of the versions in `of`. */
static void
add_bodies (const Transplanting *work, Origins *origins, const char *name, guint64 of)
{
  const GPtrArray *bodies = kernel_index_bodies (work->spec->index, name);
  for (guint i = 0; bodies != NULL && i < bodies->len; i++)
    {
      const KernelBody *body = g_ptr_array_index (bodies, i);
      if ((body->versions & of) == 0)
        continue;
      add_origin (origins, body->tree);
      if ((body->versions & work->versions) != 0)
        g_ptr_array_add (origins->of_version, body->tree);
    }
}

static guint64
versions_with (const Transplanting *work, const char *name)
{
  const GPtrArray *bodies = name != NULL ? kernel_index_bodies (work->spec->index, name) : NULL;
  guint64 versions = 0;
  for (guint i = 0; bodies != NULL && i < bodies->len; i++)
    versions |= ((const KernelBody *) g_ptr_array_index (bodies, i))->versions;
  return versions;
}

/*
 * A function that was split: what one of its name was before is of the other part, and what is in that part may have been under this
 * name. A version between may have lines of both.
 */
static void
add_same_name (const Transplanting *work, Origins *origins, const char *name)
{
  const char *before = kvm_changes_before (name), *after = kvm_changes_after (name);
  const guint64 split = versions_with (work, after);
  add_bodies (work, origins, name, split != 0 ? split : G_MAXUINT64);
  if (before != NULL)
    add_bodies (work, origins, before, ~versions_with (work, name));
}

void
origins_find (const Transplanting *work, const CItem *item, const CItem *lab, Origins *origins)
{
  Statement *tree = statement_of_item (work->lab, lab);
  origins->trees = g_ptr_array_new ();
  origins->of_version = g_ptr_array_new ();
  origins->owned = g_ptr_array_new_with_free_func ((GDestroyNotify) statement_free);
  origins->known = work->base == NULL ? g_hash_table_new (g_direct_hash, g_direct_equal) : NULL;
  if (tree == NULL)
    return;
  g_ptr_array_add (origins->owned, tree);
  if (work->base == NULL)
    {
      add_origin (origins, tree);
      if (strcmp (item->name, lab->name) == 0)
        add_same_name (work, origins, item->name);
      else
        {
          add_bodies (work, origins, item->name, G_MAXUINT64);
          add_bodies (work, origins, lab->name, G_MAXUINT64);
        }
      return;
    }
  g_autoptr (GHashTable) names = transplant_names (work->base);
  const gint index = transplant_find_name (names, item->key);
  Statement *base = index >= 0 ? statement_of_item (work->base, item_at (work->base, (guint) index)) : NULL;
  g_ptr_array_add (origins->trees, tree);
  if (base != NULL)
    {
      g_ptr_array_add (origins->owned, base);
      g_ptr_array_add (origins->trees, base);
    }
}

void
origins_find_gone (const Transplanting *work, const char *name, Origins *origins)
{
  origins->trees = g_ptr_array_new ();
  origins->of_version = g_ptr_array_new ();
  add_bodies (work, origins, name, G_MAXUINT64);
}

gboolean
origins_is_of_version (const Origins *origins, const Statement *tree)
{
  return g_ptr_array_find (origins->of_version, tree, NULL);
}

/* How many statements of theirs another version has, and the base has not. */
static guint
count_of_another (const Statement *theirs, GHashTable *base, GHashTable *another)
{
  const gpointer key = GUINT_TO_POINTER (theirs->key);
  guint count = 0;
  for (guint i = 0; theirs->children != NULL && i < theirs->children->len; i++)
    count += count_of_another (g_ptr_array_index (theirs->children, i), base, another);
  const gboolean of_another = g_hash_table_contains (another, key) && !g_hash_table_contains (base, key);
  return count + (of_another && !statement_is_jump (theirs) ? 1 : 0);
}

static gboolean
lacks_any (GHashTable *theirs, GHashTable *base)
{
  GHashTableIter iter;
  gpointer key;
  g_hash_table_iter_init (&iter, base);
  while (g_hash_table_iter_next (&iter, &key, NULL))
    {
      if (!g_hash_table_contains (theirs, key))
        return TRUE;
    }
  return FALSE;
}

static GHashTable *
keys_of (const Statement *tree)
{
  GHashTable *keys = g_hash_table_new (g_direct_hash, g_direct_equal);
  count_keys (keys, tree);
  return keys;
}

/* In place of some of the base's, theirs has at least so many statements that another version has. */
static gboolean
is_between (const Origins *origins, const Statement *theirs, const Statement *base, guint least)
{
  g_autoptr (GHashTable) keys = keys_of (theirs);
  g_autoptr (GHashTable) base_keys = keys_of (base);
  if (!lacks_any (keys, base_keys))
    return FALSE;
  for (guint i = 0; i < origins->trees->len; i++)
    {
      g_autoptr (GHashTable) another = keys_of (g_ptr_array_index (origins->trees, i));
      if (count_of_another (theirs, base_keys, another) >= least)
        return TRUE;
    }
  return FALSE;
}

/* TRUE if the file's version has the item, and the tree is not of it. */
static gboolean
is_of_another (const Transplanting *work, const Origins *origins, const Statement *tree)
{
  return work->version_is_exact && origins->of_version->len > 0 && !origins_is_of_version (origins, tree);
}

/* The nearest, of equals that of the file's version, and how many of its statements theirs has, in percent; NULL if nothing can be compared. */
const Statement *
origins_nearest (const Transplanting *work, const Origins *origins, const Statement *theirs, guint *percent)
{
  const Statement *best = NULL;
  guint least = G_MAXUINT, budget = STATEMENT_MATCH_BUDGET;
  for (guint i = work->base != NULL && origins->trees->len > 1 ? 1 : 0; i < origins->trees->len; i++)
    {
      const Statement *tree = g_ptr_array_index (origins->trees, i);
      guint only_theirs, only_tree;
      if ((tree->children == NULL) != (theirs->children == NULL)
          || !statement_distance (theirs, tree, &budget, &only_theirs, &only_tree))
        continue;
      if (only_tree > 0 && is_of_another (work, origins, tree)) /* else theirs has all of it: the function alone may be another's */
        continue;
      if (only_theirs + only_tree > least || (only_theirs + only_tree == least && !origins_is_of_version (origins, tree)))
        continue;
      least = only_theirs + only_tree;
      best = tree;
      *percent = 100 - 100 * MIN (only_tree, statement_count (tree)) / statement_count (tree);
    }
  return best;
}

const Statement *
origins_base (const Transplanting *work, Origins *origins, const Statement *theirs)
{
  guint percent;
  const Statement *base = origins_nearest (work, origins, theirs, &percent);
  if (base == NULL || !origins_is_of_version (origins, base) || !is_between (origins, theirs, base, work->version_is_exact ? BETWEEN_EXACT_MIN : 1))
    return base;
  g_ptr_array_set_size (origins->of_version, 0);
  return origins_nearest (work, origins, theirs, &percent);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Variables that went with another version's lines; see merge-locals.h. */
#include "submission/merge-locals.h"

#include <string.h>

#include "submission/statements.h"

static const CItem *
find_function (const CSource *source, const char *name)
{
  for (guint i = 0; i < source->items->len; i++)
    {
      const CItem *item = g_ptr_array_index (source->items, i);
      if (item->kind == C_FUNCTION && strcmp (item->name, name) == 0)
        return item;
    }
  return NULL;
}

static GHashTable *
names_in (const CSource *source, const CItem *item)
{
  GHashTable *names = c_words_new ();
  c_source_add_names (source, item->first_token, item->end_token, names);
  return names;
}

/* The names that its outermost statements declare. */
static GHashTable *
locals_of (const CSource *source, const CItem *item)
{
  g_autoptr (Statement) tree = statement_of_item (source, item);
  GHashTable *names = c_words_new ();
  for (guint i = 0; tree != NULL && tree->children != NULL && i < tree->children->len; i++)
    {
      const Statement *statement = g_ptr_array_index (tree->children, i);
      const guint at = statement_declared_name (statement);
      if (at < statement->end)
        g_hash_table_add (names, c_token_text (source, &g_array_index (source->tokens, CToken, at)));
    }
  return names;
}

static gboolean
lacks_locals (const CSource *merged, const CItem *item, const CSource *theirs, const CSource *lab)
{
  const CItem *their_item = find_function (theirs, item->name), *lab_item = find_function (lab, item->name);
  GHashTableIter iter;
  gpointer name;
  if (their_item == NULL || lab_item == NULL)
    return FALSE;
  g_autoptr (GHashTable) wanted = locals_of (theirs, their_item), declared = locals_of (merged, item);
  g_autoptr (GHashTable) used = names_in (merged, item), known = names_in (lab, lab_item);
  g_hash_table_iter_init (&iter, wanted);
  while (g_hash_table_iter_next (&iter, &name, NULL))
    {
      if (g_hash_table_contains (used, name) && !g_hash_table_contains (declared, name) && !g_hash_table_contains (known, name))
        return TRUE;
    }
  return FALSE;
}

gboolean
merge_lacks_locals (const char *merged, const char *theirs, const char *lab)
{
  g_autoptr (CSource) merged_source = c_source_new (merged), theirs_source = c_source_new (theirs), lab_source = c_source_new (lab);
  for (guint i = 0; i < merged_source->items->len; i++)
    {
      const CItem *item = g_ptr_array_index (merged_source->items, i);
      if (item->kind == C_FUNCTION && lacks_locals (merged_source, item, theirs_source, lab_source))
        return TRUE;
    }
  return FALSE;
}

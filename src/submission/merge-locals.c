/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Variables that went with another version's lines; see merge-locals.h. */
#include "submission/merge-locals.h"

#include "submission/statements.h"

/* name -> CItem, the first of each name. */
static GHashTable *
functions_of (const CSource *source)
{
  GHashTable *functions = g_hash_table_new (c_word_hash, g_str_equal);
  for (guint i = 0; i < source->items->len; i++)
    {
      CItem *item = g_ptr_array_index (source->items, i);
      if (item->kind == C_FUNCTION && !g_hash_table_contains (functions, item->name))
        g_hash_table_insert (functions, item->name, item);
    }
  return functions;
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
lacks_locals (const CSource *merged, const CItem *item, const CSource *theirs, const CItem *their_item, const CSource *lab, const CItem *lab_item)
{
  GHashTableIter iter;
  gpointer name;
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
  g_autoptr (GHashTable) merged_functions = functions_of (merged_source), their_functions = functions_of (theirs_source),
                         lab_functions = functions_of (lab_source);
  GHashTableIter iter;
  gpointer name, item;
  g_hash_table_iter_init (&iter, merged_functions);
  while (g_hash_table_iter_next (&iter, &name, &item))
    {
      const CItem *their_item = g_hash_table_lookup (their_functions, name), *lab_item = g_hash_table_lookup (lab_functions, name);
      if (their_item != NULL && lab_item != NULL && lacks_locals (merged_source, item, theirs_source, their_item, lab_source, lab_item))
        return TRUE;
    }
  return FALSE;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A function of the kernel under another name, and a new one under its name that calls it; see transplant-private.h. */
#include <string.h>

#include "submission/transplant-private.h"

#define RENAMED_MIN 60u /* percent of the kernel's function that the one under the new name has */
#define EMPTIED_MAX 30u /* and the one under the old name at most */

/* "vcpu , exit_fastpath": the names of a function's parameters, as a call that hands them on has them. */
static char *
parameters (const CSource *source, const CItem *item)
{
  GString *out = g_string_new (NULL);
  guint depth = 0;
  for (guint i = item->first_token; i + 1 < item->end_token; i++)
    {
      const CToken *token = &g_array_index (source->tokens, CToken, i), *next = &g_array_index (source->tokens, CToken, i + 1);
      depth += c_token_is (source, token, "(") ? 1 : 0;
      if (c_token_is (source, token, ")") && --depth == 0)
        break;
      if (depth != 1 || token->kind != C_WORD || !(c_token_is (source, next, ",") || c_token_is (source, next, ")")))
        continue;
      g_autofree char *name = c_token_text (source, token);
      g_string_append_printf (out, "%s%s", out->len > 0 ? " , " : "", name);
    }
  return g_string_free (out, FALSE);
}

/* Calls of `name` that hand on the parameters of the student's kernel hand on those of the lab's. */
static char *
hand_on (const char *text, const char *name, const char *from, const char *to)
{
  g_autoptr (CSource) source = c_source_new (text);
  GString *out = g_string_new (NULL);
  guint done = 0;
  for (guint i = 0; i + 1 < source->tokens->len; i++)
    {
      const CToken *token = &g_array_index (source->tokens, CToken, i), *open = &g_array_index (source->tokens, CToken, i + 1);
      guint end = i + 2;
      g_autoptr (GString) handed = g_string_new (NULL);
      if (!c_token_is (source, token, name) || !c_token_is (source, open, "("))
        continue;
      for (; end < source->tokens->len && !c_token_is (source, &g_array_index (source->tokens, CToken, end), ")"); end++)
        {
          g_autofree char *word = c_token_text (source, &g_array_index (source->tokens, CToken, end));
          g_string_append_printf (handed, "%s%s", handed->len > 0 ? " " : "", word);
        }
      if (end == source->tokens->len || strcmp (handed->str, from) != 0)
        continue;
      g_string_append_len (out, text + done, open->end - done);
      g_string_append (out, to);
      g_string_replace (out, " , ", ", ", 0);
      done = g_array_index (source->tokens, CToken, end).start;
    }
  g_string_append (out, text + done);
  return g_string_free (out, FALSE);
}

/* The wrapper's lines in the lab's terms. Its head is the kernel's own, and so becomes this kernel's, which may take more. */
static char *
wrapper_text (Transplanting *work, guint wrapper, const char *new_name)
{
  const CItem *item = item_at (work->theirs, wrapper), *lab = item_at (work->lab, (guint) their (work, wrapper)->lab);
  g_autofree char *from = parameters (work->theirs, item);
  g_autofree char *to = parameters (work->lab, lab);
  g_autoptr (GString) body = g_string_new (NULL);
  const gboolean same_head = strcmp (from, to) == 0 && strcmp (item->name, lab->name) == 0;
  g_autofree char *head = same_head ? c_source_lines (work->theirs, item->lead, item->body) : c_source_lines (work->lab, lab->first, lab->body);
  for (guint line = item->body; line < item->end; line++)
    {
      g_autofree char *text = c_source_lines (work->theirs, line, line + 1);
      g_autofree char *rewritten = kvm_rewriter_line (work->rewriter, NULL, text);
      g_string_append (body, rewritten);
    }
  g_autofree char *called = hand_on (body->str, new_name, from, to);
  return g_strconcat (head, called, NULL);
}

static void
add_wrapper (Transplanting *work, guint wrapper, guint renamed)
{
  TheirItem *own = their (work, renamed);
  g_autofree char *wrapping = wrapper_text (work, wrapper, item_at (work->theirs, renamed)->name);
  char *text = g_strconcat (own->text, "\n", wrapping, NULL);
  g_free (own->text);
  own->text = text;
  GHashTableIter iter;
  gpointer word;
  g_hash_table_iter_init (&iter, their (work, wrapper)->words);
  while (g_hash_table_iter_next (&iter, &word, NULL))
    g_hash_table_add (own->words, g_strdup (word));
}

/* The kernel's function `wrapper` has little of what it was, and the new function `index` has it: it was renamed, and wrapped. */
static gboolean
take_renamed (Transplanting *work, guint wrapper, guint index)
{
  const CItem *item = item_at (work->theirs, wrapper), *lab = item_at (work->lab, (guint) their (work, wrapper)->lab);
  TheirItem *own = their (work, index);
  g_auto (Origins) origins = { 0 };
  guint percent = 0;
  if (own->tree == NULL || own->tree->children == NULL)
    return FALSE;
  origins_find (work, item, lab, &origins);
  const Statement *base = origins.trees->len > 0 ? origins_nearest (work, &origins, own->tree, &percent) : NULL;
  if (base == NULL || base->children == NULL || percent < RENAMED_MIN)
    return FALSE;
  const StatementMergeSpec spec = { .base = base, .theirs = own->tree, .lab = g_ptr_array_index (origins.trees, 0), .known = origins.known,
                                    .rewriter = work->rewriter, .function = lab->name, .new_name = item_at (work->theirs, index)->name };
  g_autoptr (StatementMerge) merge = statement_merge (&spec);
  transplant_take_merge (work, index, merge);
  if (own->text == NULL)
    return TRUE;
  own->lab = their (work, wrapper)->lab;
  add_wrapper (work, wrapper, index);
  transplant_learn (work, item_at (work->theirs, index)->name);
  transplant_want (work, own->words);
  own->taken = TRUE;
  their (work, wrapper)->state = ITEM_KERNELS;
  own->state = ITEM_CHANGED;
  return TRUE;
}

void
transplant_find_renamed (Transplanting *work)
{
  for (guint i = 0; i < work->items->len; i++)
    {
      const CItem *item = item_at (work->theirs, i);
      const TheirItem *own = their (work, i);
      g_auto (Origins) origins = { 0 };
      guint percent = 0;
      if (own->state != ITEM_CHANGED || item->kind != C_FUNCTION || own->tree == NULL || own->tree->children == NULL)
        continue;
      origins_find (work, item, item_at (work->lab, (guint) own->lab), &origins);
      if (origins.trees->len == 0 || origins_nearest (work, &origins, own->tree, &percent) == NULL || percent > EMPTIED_MAX)
        continue;
      for (guint k = 0; k < work->items->len; k++)
        {
          if (their (work, k)->state == ITEM_NEW && item_at (work->theirs, k)->kind == C_FUNCTION && take_renamed (work, i, k))
            break;
        }
    }
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The dispatch of 5.4 and before, in the form that it has since: what the student did around the call then has a place; see transplant-private.h. */
#include <string.h>

#include "submission/transplant-private.h"

#define HEAD "if ( exit_reason < kvm_vmx_max_exit_handlers && kvm_vmx_exit_handlers [ exit_reason ] )"
#define CALL "return kvm_vmx_exit_handlers [ exit_reason ] ( vcpu ) ;"
#define CHECKS \
  "if (exit_reason >= kvm_vmx_max_exit_handlers)\n\t\tgoto unexpected_vmexit;\n" \
  "\texit_reason = array_index_nospec(exit_reason, kvm_vmx_max_exit_handlers);\n" \
  "\tif (!kvm_vmx_exit_handlers[exit_reason])\n\t\tgoto unexpected_vmexit;\n\n\t"

/* Tokens [first, end), are they these? */
static gboolean
reads (const CSource *source, guint first, guint end, const char *tokens)
{
  g_auto (GStrv) words = g_strsplit (tokens, " ", -1);
  const guint count = g_strv_length (words);
  if (end - first != count)
    return FALSE;
  for (guint i = 0; i < count; i++)
    {
      if (!c_token_is (source, &g_array_index (source->tokens, CToken, first + i), words[i]))
        return FALSE;
    }
  return TRUE;
}

static guint
start_of (const CSource *source, guint token)
{
  return g_array_index (source->tokens, CToken, token).start;
}

static guint
end_of (const CSource *source, guint token)
{
  return g_array_index (source->tokens, CToken, token).end;
}

/* The student has something of theirs around the call, and both ways have their braces. */
static gboolean
is_changed_dispatch (const Statement *condition, const Statement *otherwise)
{
  const CSource *source = condition->source;
  return condition->children != NULL && condition->open != 0 && otherwise->children != NULL && otherwise->open != 0
         && reads (source, condition->first, condition->head_end, HEAD) && reads (source, otherwise->first, otherwise->head_end, "else")
         && !reads (source, condition->open + 1, condition->close, CALL);
}

static char *
unfold (const CSource *source, const Statement *condition, const Statement *otherwise)
{
  const char *text = source->text;
  const guint from = start_of (source, condition->first), open = start_of (source, condition->open), close = end_of (source, condition->close);
  const guint else_open = end_of (source, otherwise->open), else_close = start_of (source, otherwise->close);
  GString *out = g_string_new_len (text, from);
  g_string_append (out, CHECKS);
  g_string_append_len (out, text + open, close - open);
  g_string_append (out, "\n\nunexpected_vmexit:");
  g_string_append_len (out, text + else_open, else_close - else_open);
  g_string_append (out, text + else_close + 1);
  return g_string_free (out, FALSE);
}

gboolean
transplant_is_folded (const Statement *function)
{
  static guint32 key;
  if (key == 0)
    {
      g_autoptr (CSource) source = c_source_new ("void f(void)\n{\n" HEAD "\n;\n}\n");
      g_autoptr (Statement) tree = statement_of_item (source, item_at (source, 0));
      key = ((const Statement *) g_ptr_array_index (tree->children, 0))->key;
    }
  for (guint i = 0; function->children != NULL && i < function->children->len; i++)
    {
      if (((const Statement *) g_ptr_array_index (function->children, i))->key == key)
        return TRUE;
    }
  return FALSE;
}

char *
transplant_unfold_dispatch (const char *text)
{
  g_autoptr (CSource) source = c_source_new (text);
  for (guint i = 0; i < source->items->len; i++)
    {
      const CItem *item = item_at (source, i);
      g_autoptr (Statement) tree = item->kind == C_FUNCTION && strcmp (item->name, "vmx_handle_exit") == 0 ? statement_of_item (source, item) : NULL;
      for (guint k = 1; tree != NULL && tree->children != NULL && k < tree->children->len; k++)
        {
          const Statement *before = g_ptr_array_index (tree->children, k - 1), *here = g_ptr_array_index (tree->children, k);
          if (is_changed_dispatch (before, here))
            return unfold (source, before, here);
        }
    }
  return NULL;
}

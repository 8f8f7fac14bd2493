/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tokens to top-level items; see csource.h. */
#include "submission/csource-items.h"

#include <string.h>

#define ANNOTATION_TOKENS 16

/* Where an #if began: what its #else goes back to. */
typedef struct
{
  guint depth, parens;
} Condition;

/* What was seen of an item so far. */
typedef struct
{
  guint depth, parens;
  gboolean assigned;    /* a '=' outside of all brackets */
  gboolean called;      /* a word before '(', outside of all brackets and before any body */
  gboolean is_function;
  guint body_token;     /* of its first '{' outside of all brackets */
} Shape;

typedef struct
{
  CSource *source;
  GArray *conditions; /* of Condition */
} Parser;

static const CToken *
token_at (const CSource *source, guint index)
{
  return &g_array_index (source->tokens, CToken, index);
}

static gboolean
is_at (const CSource *source, guint index, const char *text)
{
  return index < source->tokens->len && c_token_is (source, token_at (source, index), text);
}

static void
complain (CSource *source, guint token, const char *what)
{
  if (source->problem == NULL)
    source->problem = g_strdup_printf ("line %u: %s", token_at (source, token)->line + 1, what);
}

static guint
directive_end (const CSource *source, guint index)
{
  for (index++; index < source->tokens->len; index++)
    {
      const CToken *token = token_at (source, index);
      if (!token->in_directive || token->begins_directive)
        break;
    }
  return index;
}

/* #if and the like: the braces of one branch count alone. TRUE if it was such a directive. */
static gboolean
follow_condition (Parser *parser, guint index, guint *depth, guint *parens)
{
  const CSource *source = parser->source;
  GArray *stack = parser->conditions;
  const Condition here = { *depth, *parens };
  if (is_at (source, index + 1, "if") || is_at (source, index + 1, "ifdef") || is_at (source, index + 1, "ifndef"))
    g_array_append_val (stack, here);
  else if (is_at (source, index + 1, "endif"))
    g_array_set_size (stack, stack->len > 0 ? stack->len - 1 : 0);
  else if (is_at (source, index + 1, "else") || is_at (source, index + 1, "elif"))
    {
      if (stack->len > 0)
        {
          *depth = g_array_index (stack, Condition, stack->len - 1).depth;
          *parens = g_array_index (stack, Condition, stack->len - 1).parens;
        }
    }
  else
    return FALSE;
  return TRUE;
}

/* --- the end of an item ----------------------------------------------------------------------- */

/* TRUE if the item ends with this token. */
static gboolean
take_token (CSource *source, guint index, Shape *shape)
{
  const gboolean outside = shape->depth == 0 && shape->parens == 0;
  const CToken *token = token_at (source, index);
  const char c = token->kind == C_PUNCTUATION && token->end - token->start == 1 ? source->text[token->start] : '\0';
  switch (c)
    {
    case '(':
    case '[':
      shape->parens++;
      break;
    case ')':
    case ']':
      shape->parens -= shape->parens > 0 ? 1 : 0;
      break;
    case '{':
      if (outside && shape->body_token == 0)
        {
          shape->body_token = index;
          shape->is_function = shape->called && !shape->assigned;
        }
      shape->depth++;
      break;
    case '}':
      if (shape->depth == 0)
        {
          complain (source, index, "a brace closes nothing");
          return TRUE;
        }
      shape->depth--;
      return shape->depth == 0 && shape->parens == 0 && shape->is_function;
    case ';':
      return outside;
    case '=':
      shape->assigned |= outside;
      break;
    default:
      shape->called |= outside && shape->body_token == 0 && token->kind == C_WORD && is_at (source, index + 1, "(");
      break;
    }
  return FALSE;
}

/* A macro's use that has no semicolon: "module_exit (f)", and the next line begins something else. */
static gboolean
ends_bare_call (const CSource *source, guint first, guint index, const Shape *shape)
{
  if (!shape->called || shape->depth > 0 || shape->parens > 0 || shape->body_token != 0 || shape->assigned || index < first + 3
      || !is_at (source, first + 1, "(") || !is_at (source, index - 1, ")"))
    return FALSE;
  const CToken *name = token_at (source, first);
  if (name->kind != C_WORD || g_str_has_prefix (source->text + name->start, "__"))
    return FALSE;
  if (index >= source->tokens->len)
    return TRUE;
  const CToken *next = token_at (source, index);
  return next->begins_directive || (next->kind == C_WORD && next->line > token_at (source, index - 1)->line);
}

/* An else behind a "}" whose block no condition has: where a compiler says that the braces are wrong. 0: there is none. */
static guint
lonely_else (const CSource *source, guint first)
{
  g_autoptr (GArray) opened = g_array_new (FALSE, FALSE, sizeof (gboolean)); /* whether an else may follow the block */
  gboolean may_follow = FALSE;
  for (guint i = first; i < source->tokens->len; i++)
    {
      if (is_at (source, i, "else") && is_at (source, i - 1, "}") && !may_follow)
        return i;
      if (is_at (source, i, "{"))
        {
          const gboolean of_if = i > first && is_at (source, i - 1, ")");
          g_array_append_val (opened, of_if);
        }
      if (!is_at (source, i, "}"))
        continue;
      may_follow = opened->len > 0 && g_array_index (opened, gboolean, opened->len - 1);
      g_array_set_size (opened, opened->len > 0 ? opened->len - 1 : 0);
    }
  return 0;
}

static guint
find_end (Parser *parser, guint index, Shape *shape)
{
  CSource *source = parser->source;
  const guint first = index;
  while (index < source->tokens->len)
    {
      if (ends_bare_call (source, first, index, shape))
        return index;
      if (token_at (source, index)->begins_directive)
        {
          follow_condition (parser, index, &shape->depth, &shape->parens);
          index = directive_end (source, index);
        }
      else if (take_token (source, index++, shape))
        return index;
    }
  if (ends_bare_call (source, first, index, shape))
    return index;
  const guint lonely = shape->depth > 0 ? lonely_else (source, first) : 0;
  complain (source, lonely > 0 ? lonely : first,
            lonely > 0 ? "an else without an if: a brace above it is missing, or one too many"
                       : shape->depth > 0 ? "a brace is never closed" : "what begins here never ends");
  return index;
}

/* --- names ------------------------------------------------------------------------------------ */

static gboolean
is_storage (const CSource *source, guint index)
{
  static const char *const words[] = { "static", "extern", "inline", "const", "__always_inline", "noinline", "noinstr" };
  for (guint i = 0; i < G_N_ELEMENTS (words); i++)
    {
      if (is_at (source, index, words[i]))
        return TRUE;
    }
  return FALSE;
}

static gboolean
is_attribute (const CSource *source, guint index)
{
  static const char *const words[] = { "__attribute__", "__acquires", "__releases", "__must_hold", "__printf", "__section", "__aligned", "typeof" };
  for (guint i = 0; i < G_N_ELEMENTS (words); i++)
    {
      if (is_at (source, index, words[i]))
        return TRUE;
    }
  return FALSE;
}

static void
add_name (CItem *item, const CSource *source, guint index)
{
  g_ptr_array_add (item->names, c_token_text (source, token_at (source, index)));
}

/* The last word before a '(' outside of all brackets. */
static void
name_function (CItem *item, const CSource *source, guint end)
{
  guint parens = 0;
  guint found = G_MAXUINT;
  for (guint i = item->first_token; i < end; i++)
    {
      if (is_at (source, i, "("))
        parens++;
      else if (is_at (source, i, ")"))
        parens -= parens > 0 ? 1 : 0;
      else if (parens == 0 && token_at (source, i)->kind == C_WORD && is_at (source, i + 1, "(") && !is_attribute (source, i))
        found = i;
    }
  if (found != G_MAXUINT)
    add_name (item, source, found);
}

/* "__read_mostly", "__aligned (8)": from it on, the token after all of them; looks no further than a few tokens. */
static guint
skip_annotations (const CSource *source, guint index)
{
  const guint last = MIN (index + ANNOTATION_TOKENS, source->tokens->len);
  while (index < last && g_str_has_prefix (source->text + token_at (source, index)->start, "__"))
    {
      index++;
      if (!is_at (source, index, "("))
        continue;
      while (index < last && !is_at (source, index, ")"))
        index++;
      index++;
    }
  return index;
}

/* A word that a declarator ends with, but for annotations. */
static gboolean
ends_declarator (const CSource *source, guint index)
{
  static const char *const ends[] = { "=", "[", ",", ";", "{" };
  if (skip_annotations (source, index) != index || is_at (source, index, "enum") || is_at (source, index, "struct") || is_at (source, index, "union"))
    return FALSE;
  const guint next = skip_annotations (source, index + 1);
  for (guint i = 0; i < G_N_ELEMENTS (ends); i++)
    {
      if (is_at (source, next, ends[i]))
        return TRUE;
    }
  return FALSE;
}

/* Of functions: "int (*const handlers[]) (struct kvm_vcpu *vcpu)". */
static void
name_pointer (CItem *item, const CSource *source, guint index)
{
  while (is_storage (source, index))
    index++;
  if (index < item->end_token && token_at (source, index)->kind == C_WORD)
    add_name (item, source, index);
}

/* Words that stand before '=', '[', ',' or ';' outside of all brackets and of initialisers; of an enum, all in its braces. */
static void
name_declarators (CItem *item, const CSource *source)
{
  gboolean in_value = FALSE;
  gint depth = 0;
  const gboolean is_enum = is_at (source, item->first_token, "enum") || is_at (source, item->first_token + 1, "enum");
  for (guint i = item->first_token; i < item->end_token; i++)
    {
      if (depth == 0 && !in_value && is_at (source, i, "(") && is_at (source, i + 1, "*"))
        name_pointer (item, source, i + 2);
      if (is_at (source, i, "(") || is_at (source, i, "{") || is_at (source, i, "["))
        depth++;
      else if (is_at (source, i, ")") || is_at (source, i, "}") || is_at (source, i, "]"))
        depth--;
      else if (depth == 0 && is_at (source, i, "="))
        in_value = TRUE;
      else if (depth == 0 && is_at (source, i, ","))
        in_value = FALSE;
      else if (token_at (source, i)->kind != C_WORD || in_value)
        continue;
      else if (depth == 0 ? ends_declarator (source, i) : is_enum && (is_at (source, i - 1, "{") || is_at (source, i - 1, ",")))
        add_name (item, source, i);
    }
}

static void
name_call (CItem *item, const CSource *source)
{
  for (guint i = item->first_token + 1; i < item->end_token; i++)
    {
      if (token_at (source, i)->kind == C_WORD && !c_token_is (source, token_at (source, i), "static"))
        add_name (item, source, i);
    }
}

/* "exits", or "declare exits": the same thing may be declared and defined. */
static void
finish_name (CItem *item, const CSource *source)
{
  const char *first = item->names->len > 0 ? g_ptr_array_index (item->names, 0) : NULL;
  if (item->kind == C_CALL || item->kind == C_STRAY || item->kind == C_INCLUDE || item->kind == C_CONDITION || item->kind == C_DIRECTIVE || first == NULL)
    item->name = c_source_normal_item (source, item);
  else if (item->kind == C_DECLARATION || item->kind == C_DEFINE || item->kind == C_TYPE)
    item->name = g_strdup_printf ("%s %s", item->kind == C_DEFINE ? "define" : item->kind == C_TYPE ? "type" : "declare", first);
  else
    item->name = g_strdup (first);
}

gboolean
c_is_keyword_of_statement (const CSource *source, guint token)
{
  static const char *const words[] = { "if", "else", "for", "while", "do", "switch", "return", "goto", "case" };
  for (guint i = 0; i < G_N_ELEMENTS (words); i++)
    {
      if (is_at (source, token, words[i]))
        return TRUE;
    }
  return FALSE;
}

static CItemKind
classify (const CSource *source, const CItem *item, const Shape *shape)
{
  guint first = item->first_token;
  if (c_is_keyword_of_statement (source, first) || token_at (source, first)->kind != C_WORD)
    return C_STRAY;
  const gboolean is_extern = is_at (source, first, "extern");
  while (is_storage (source, first))
    first++;
  if (shape->is_function)
    return C_FUNCTION;
  if (shape->called && !shape->assigned && is_at (source, first + 1, "("))
    return C_CALL;
  if (shape->body_token != 0 && !shape->assigned)
    return C_TYPE;
  return (shape->called && !shape->assigned) || is_extern || is_at (source, first, "typedef") ? C_DECLARATION : C_VARIABLE;
}

static void
name_item (CItem *item, const CSource *source, const Shape *shape)
{
  if (item->kind == C_FUNCTION)
    name_function (item, source, shape->body_token);
  else if (item->kind == C_CALL)
    name_call (item, source);
  else if (item->kind == C_DECLARATION && shape->called)
    name_function (item, source, item->end_token);
  else if (item->kind != C_STRAY)
    name_declarators (item, source);
  finish_name (item, source);
}

/* --- items ------------------------------------------------------------------------------------ */

/* The first line of the comment that ends right above a line; that line if there is none. No blank line lies between. */
static guint
lead_of (const CSource *source, guint line, guint not_before)
{
  guint lead = line;
  while (lead > not_before)
    {
      const guint above = lead - 1;
      const guint from = g_array_index (source->line_starts, guint, above);
      const guint to = g_array_index (source->line_starts, guint, above + 1);
      guint at = from;
      while (at < to && g_ascii_isspace (source->text[at]))
        at++;
      if (at == to || g_array_index (source->line_tokens, guint, above) != g_array_index (source->line_tokens, guint, above + 1))
        break;
      lead = above;
    }
  return lead;
}

static CItem *
item_new (Parser *parser, guint first, guint end)
{
  CSource *source = parser->source;
  CItem *item = g_new0 (CItem, 1);
  const CItem *before = source->items->len > 0 ? g_ptr_array_index (source->items, source->items->len - 1) : NULL;
  item->names = g_ptr_array_new_with_free_func (g_free);
  item->first_token = first;
  item->end_token = end;
  item->first = token_at (source, first)->line;
  item->end = token_at (source, end - 1)->line + 1;
  item->body = item->end;
  item->lead = lead_of (source, item->first, before != NULL ? MIN (before->end, item->first) : 0);
  item->conditions = parser->conditions->len;
  g_ptr_array_add (source->items, item);
  return item;
}

static guint
take_directive (Parser *parser, guint index)
{
  CSource *source = parser->source;
  guint depth = 0, parens = 0;
  const guint end = directive_end (source, index);
  CItem *item = item_new (parser, index, end);
  if (follow_condition (parser, index, &depth, &parens))
    item->kind = C_CONDITION;
  else
    item->kind = is_at (source, index + 1, "include") ? C_INCLUDE : is_at (source, index + 1, "define") ? C_DEFINE : C_DIRECTIVE;
  if (item->kind == C_DEFINE && index + 2 < end)
    add_name (item, source, index + 2);
  finish_name (item, source);
  return end;
}

static guint
take_item (Parser *parser, guint index)
{
  CSource *source = parser->source;
  const guint conditions = parser->conditions->len;
  Shape shape = { 0 };
  const guint end = find_end (parser, index, &shape);
  CItem *item = item_new (parser, index, end);
  item->conditions = conditions;
  item->kind = classify (source, item, &shape);
  if (shape.body_token != 0)
    item->body = token_at (source, shape.body_token)->line;
  name_item (item, source, &shape);
  return end;
}

/* Two definitions of one name, as #if and #else have them, are told apart by their order. */
static void
make_keys (CSource *source)
{
  g_autoptr (GHashTable) counts = g_hash_table_new (c_word_hash, g_str_equal);
  for (guint i = 0; i < source->items->len; i++)
    {
      CItem *item = g_ptr_array_index (source->items, i);
      const guint count = GPOINTER_TO_UINT (g_hash_table_lookup (counts, item->name)) + 1;
      g_hash_table_insert (counts, item->name, GUINT_TO_POINTER (count));
      item->key = count == 1 ? g_strdup (item->name) : g_strdup_printf ("%s #%u", item->name, count);
    }
}

void
c_source_make_items (CSource *source)
{
  Parser parser = { .source = source, .conditions = g_array_new (FALSE, FALSE, sizeof (Condition)) };
  for (guint index = 0; index < source->tokens->len;)
    {
      if (token_at (source, index)->begins_directive)
        index = take_directive (&parser, index);
      else if (is_at (source, index, ";"))
        index++;
      else
        index = take_item (&parser, index);
    }
  g_array_unref (parser.conditions);
  make_keys (source);
}
